// BackwardWriterTests.swift: what is written from the end reads the same as what is written from the beginning.

import Bytes
import Testing

@Suite("Writing backward")
struct BackwardWriterTests {
    /// Numbers around every change of length.
    private static let numbers: [UInt64] =
        (0..<64).flatMap { bit in
            [(1 as UInt64) << bit &- 1, 1 << bit, 1 << bit &+ 1]
        } + [.max]

    @Test("a varint has the same bytes in both directions", arguments: numbers)
    func varint(number: UInt64) {
        var forward = ByteBuffer()
        forward.append(varint: number)
        var backward = ByteBuffer()
        backward.append(backward: varintSize(number)) { writer in writer.prepend(varint: number) }
        #expect(backward.view == forward.view)
        // With room before it, which is where the fast way stores.
        let room = ByteSlice(backward: 12 + varintSize(number)) { writer in
            writer.prepend(0xEE)
            writer.prepend(varint: number)
            for _ in 0..<11 { writer.prepend(0xDD) }
        }
        #expect(room.array == [UInt8](repeating: 0xDD, count: 11) + forward.view.array + [0xEE])
    }

    @Test("pieces come out in order, after what the buffer held")
    func pieces() {
        var buffer = ByteBuffer()
        buffer.append(literal: "head ")
        let slice: ByteSlice = "slice"
        buffer.append(backward: 16) { writer in
            writer.prepend(UInt8(ascii: "!"))
            writer.prepend(slice.view)
            writer.prepend(ByteView())
            #expect(writer.remaining == 10)
            writer.prepend(utf8: "text, ü ")
            writer.prepend(utf8: "")
            writer.prepend(UInt8(ascii: ">"))
        }
        #expect(buffer.view.lossyText == "head >text, ü slice!")
    }

    @Test("a block is filled in the same way; nothing asked, nothing allocated")
    func block() {
        let slice = ByteSlice(backward: 3) { writer in
            writer.prepend(varint: 300)
            writer.prepend(7)
        }
        #expect(slice.hex == "07ac02")
        #expect(ByteSlice(backward: 0) { _ in }.isEmpty)
    }

    @Test("W1: writing more or less than was measured stops the process")
    func measuredWrongly() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            buffer.append(backward: 1) { writer in writer.prepend(varint: 300) }
        }
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            buffer.append(backward: 2) { writer in writer.prepend(1) }
        }
    }
}
