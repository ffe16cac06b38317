// VarintTests.swift: numbers of every length go there and back, and bad ones say where they begin.

import Bytes
import Testing

@Suite("Varints and cursors")
struct VarintTests {
    static let numbers: [UInt64] = (0..<64).flatMap { bit in [(1 << bit) &- 1, 1 << bit, (1 << bit) &+ 1] } + [.max]

    @Test("each length there and back", arguments: numbers)
    func roundTrip(number: UInt64) throws {
        var buffer = ByteBuffer()
        buffer.append(varint: number)
        #expect(buffer.count == varintSize(number))
        var cursor = ByteCursor(buffer.view)
        #expect(try cursor.readVarint() == number)
        #expect(cursor.isAtEnd)
        // Every proper prefix is an unfinished number, and the error names its first byte.
        for length in 0..<buffer.count {
            var short = ByteCursor(buffer.view.prefix(length))
            #expect(throws: ByteError(.truncated, at: 0)) { try short.readVarint() }
        }
    }

    @Test(
        "the bytes are protobuf's",
        arguments: [
            (UInt64(1), "01"), (300, "ac02"), (UInt64(bitPattern: -1), "ffffffffffffffffff01"),
        ])
    func known(number: UInt64, hex: String) {
        var buffer = ByteBuffer()
        buffer.append(varint: number)
        #expect(buffer.view.hex == hex)
    }

    @Test("more than 64 bits are refused", arguments: ["ffffffffffffffffff02", "8080808080808080808001"])
    func tooLong(hex: String) throws {
        let bytes = try #require(ByteSlice(hex: "00" + hex))
        var cursor = ByteCursor(bytes.view)
        try cursor.skip(1)
        #expect(throws: ByteError(.oversizedVarint, at: 1)) { try cursor.readVarint() }
    }

    @Test("a cursor reads front to back and refuses to pass the end")
    func cursor() throws {
        let bytes: ByteSlice = [1, 0, 2, 0, 0, 3, 9, 9]
        var cursor = ByteCursor(bytes.view)
        #expect(try cursor.readByte() == 1)
        #expect(try cursor.readBigEndian(UInt16.self) == 2)
        #expect(try cursor.readLittleEndian(UInt16.self) == 0)
        #expect(try cursor.take(1)[0] == 3)
        #expect(cursor.rest.array == [9, 9])
        #expect(throws: ByteError(.truncated, at: 6)) { try cursor.take(3) }
        #expect(throws: ByteError(.truncated, at: 6)) { try cursor.take(-1) }
        #expect(throws: ByteError(.truncated, at: 6)) { try cursor.readBigEndian(UInt32.self) }
    }
}
