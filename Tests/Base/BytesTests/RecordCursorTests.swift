// RecordCursorTests.swift: fields of every length come back, and no record is ever written outside its block.

import Bytes
import Testing

@Suite("Records in a block")
struct RecordCursorTests {
    /// Numbers of every length in bytes, and their neighbours.
    static let numbers: [UInt64] = {
        var numbers: [UInt64] = [0, .max, .max - 1]
        for bit in 0..<64 {
            let power: UInt64 = 1 << UInt64(bit)
            numbers += [power - 1, power, power + 1]
        }
        return numbers
    }()

    /// Writes until it fits, as everybody who has a block does; returns how often that was tried.
    private func write(_ block: inout RecordBlock, _ fields: (inout RecordCursor) -> Void) -> Int {
        var tries = 1
        while true {
            var cursor = block.cursor
            fields(&cursor)
            if block.keep(cursor) { return tries }
            tries += 1
        }
    }

    @Test("numbers of every length come back, whatever lies behind them")
    func numbers() throws {
        var block = RecordBlock(capacity: 8192)
        let tries = write(&block) { cursor in for number in Self.numbers { cursor.append(number: number) } }
        #expect(tries == 1)
        var place = 0
        for number in Self.numbers { #expect(block.view.number(at: &place) == number) }
        #expect(place == block.count && block.view.number(at: &place) == nil)
        // Alone, at the end of the memory that may be looked at.
        for number in Self.numbers {
            _ = write(&block) { $0.append(number: number) }
            #expect(block.count == 1 + (64 - number.leadingZeroBitCount + 7) / 8)
            var place = 0
            #expect(block.view.number(at: &place) == number && place == block.count)
            for shorter in 0..<block.count {
                var place = 0
                #expect(block.view.prefix(shorter).number(at: &place) == nil && place == 0, "half a number is none")
            }
        }
        let tooLong = ByteSlice([9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
        place = 0
        #expect(tooLong.view.number(at: &place) == nil)
        place = -1
        #expect(tooLong.view.number(at: &place) == nil)
    }

    @Test(
        "a record that does not fit makes the block grow, and is the same then",
        arguments: [0, 1, 7, 64, 129, 1000, 5000])
    func grows(length: Int) {
        let text = ByteSlice((0..<length).map { UInt8(truncatingIfNeeded: $0) })
        var block = RecordBlock(capacity: 1)
        let tries = write(&block) { cursor in
            cursor.append(byte: 7)
            cursor.append(text.view)
            for number in 0..<UInt64(length) { cursor.append(number: number) }
            cursor.append(fixed: 0x0102_0304_0506_0708)
            cursor.append(0x4847_4645_4443_4241, 0x4A49, 0, 0, 0, count: 10)
            cursor.append(byte: 1)
        }
        #expect(length < 64 ? tries <= 2 : tries > 1)
        var place = 1
        #expect(block.view[0] == 7)
        #expect(block.view.number(at: &place) == UInt64(length))
        #expect(block.view[place..<(place + length)] == text.view)
        place += length
        for number in 0..<UInt64(length) { #expect(block.view.number(at: &place) == number) }
        #expect(block.view.littleEndian(at: place, as: UInt64.self) == 0x0102_0304_0506_0708)
        place += 8
        #expect(block.view.number(at: &place) == 10)
        #expect(block.view.dropFirst(place).lossyText == "ABCDEFGHIJ\u{1}")
        #expect(block.view.count == place + 11)
    }

    @Test("a cursor that is full stores nothing more, however much is appended")
    func full() {
        var block = RecordBlock(capacity: 128)
        var cursor = block.cursor
        for _ in 0..<10_000 {
            cursor.append(number: .max)
            cursor.append(byte: 1)
            cursor.append(fixed: 2)
            cursor.append(1, 2, 3, 4, 5, count: 40)
            cursor.append("text that is longer than the slack, so that it would be seen if it were written")
        }
        #expect(cursor.isFull)
        let isKept = block.keep(cursor)
        #expect(!isKept)
        #expect(block.count == 0)
    }

    @Test("views of every length are copied whole, and nothing behind them is touched but the slack")
    func views() {
        let text = ByteSlice((0..<200).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) })
        for count in 0...200 {
            let memory = StableBytes(zeros: 512)
            var cursor = memory.cursor(8..<(8 + 2 + count + 64))
            cursor.append(text.view[0..<count])
            #expect(!cursor.isFull && memory.length(of: cursor, from: 8) == (count == 0 ? 1 : 2) + count)
            var place = 0
            let written = memory[8..<(8 + memory.length(of: cursor, from: 8))]
            #expect(written.number(at: &place) == UInt64(count))
            #expect(written.dropFirst(place) == text.view.prefix(count))
            #expect(memory.view.dropFirst(8 + 2 + count + 64).array.allSatisfy { $0 == 0 })
            // One byte less of room, and it does not fit.
            var narrow = memory.cursor(8..<(8 + 1 + count + 64))
            narrow.append(text.view[0..<count])
            #expect(narrow.isFull == (count > 0))
        }
    }

    @Test("records one behind the other in memory that somebody else gave, until it is full")
    func oneAfterTheOther() async {
        let memory = StableBytes(zeros: 1024)
        var cursor = memory.cursor(16..<512)
        var start = 16
        var ends: [Int] = []
        while !cursor.isFull {
            for number in 0..<UInt64(ends.count) { cursor.append(number: number, bytes: 0x0201) }
            if cursor.isFull { break }
            ends.append(start + memory.length(of: cursor, from: start))
            memory.write(UInt64(ends.count), 7, at: start - 16)
            cursor = cursor.next(header: 16)
            start = (ends.last! + 7) / 8 * 8 + 16
        }
        #expect(ends.count > 5)
        start = 16
        for (record, end) in ends.enumerated() {
            #expect(memory.view.littleEndian(at: start - 16, as: UInt64.self) == UInt64(record + 1))
            var place = start
            for number in 0..<UInt64(record) {
                #expect(memory.view.number(at: &place) == number)
                #expect(memory.view[place] == 1 && memory.view[place + 1] == 2)
                place += 2
            }
            #expect(place == end)
            start = (end + 7) / 8 * 8 + 16
        }
        #expect(memory.view.dropFirst(512).array.allSatisfy { $0 == 0 })
        await #expect(processExitsWith: .failure) {
            let memory = StableBytes(zeros: 1024)
            let other = StableBytes(zeros: 1024)
            _ = memory.length(of: other.cursor(0..<512), from: 0)
        }
        await #expect(processExitsWith: .failure) { _ = StableBytes(zeros: 64).cursor(0..<64) }
    }

    @Test("five words hold forty bytes and not one more")
    func words() async {
        await #expect(processExitsWith: .failure) {
            var block = RecordBlock(capacity: 128)
            var cursor = block.cursor
            cursor.append(1, 2, 3, 4, 5, count: 41)
            _ = block.keep(cursor)
        }
    }
}
