// ByteViewTests.swift: what views and slices promise: the bytes decide, the bounds hold, nothing is copied.

import Bytes
import Testing

@Suite("Views and slices")
struct ByteViewTests {
    @Test(
        "order is that of the bytes, a prefix first",
        arguments: [
            ("", "", 0), ("", "a", -1), ("a", "", 1), ("a", "b", -1), ("ab", "a", 1), ("a", "ab", -1),
            ("\u{7F}", "\u{80}", -1), ("same", "same", 0),
        ])
    func order(left: String, right: String, expected: Int) {
        let (a, b) = (ByteSlice(utf8: left), ByteSlice(utf8: right))
        #expect(a.view.compare(b.view).signum() == expected)
        #expect((a < b) == (expected < 0))
        #expect((a == b) == (expected == 0))
        if expected == 0 { #expect(a.hashValue == b.hashValue) }
    }

    @Test("a slice of a slice shares the bytes")
    func sharing() {
        let whole: ByteSlice = "0123456789"
        let part = whole[2..<8][1..<4]
        #expect(part == "345")
        #expect(whole.slice(of: whole.view[3..<6]) == part)
        #expect(whole.dropFirst(10).isEmpty)
        let start: ByteSlice = "34"
        let longer: ByteSlice = "3456"
        #expect(part.view.starts(with: start.view))
        #expect(!part.view.starts(with: longer.view))
        #expect(part.view.firstIndex(of: UInt8(ascii: "5")) == 2)
    }

    @Test("a slice outlives what it was cut from")
    func lifetime() {
        func cut() -> ByteSlice { ByteSlice(utf8: String(repeating: "x", count: 1000) + "tail").dropFirst(1000) }
        #expect(cut() == "tail")
    }

    @Test("fixed numbers need no alignment")
    func numbers() {
        let bytes: ByteSlice = [0xFF, 1, 2, 3, 4, 5, 6, 7, 8]
        #expect(bytes.view.littleEndian(at: 1, as: UInt32.self) == 0x0403_0201)
        #expect(bytes.view.bigEndian(at: 1, as: UInt64.self) == 0x0102_0304_0506_0708)
        #expect(bytes.view.bigEndian(at: 0, as: Int16.self) == -255)
    }

    @Test("reading outside stops the process instead of reading a neighbour's bytes")
    func outside() async {
        await #expect(processExitsWith: .failure) { _ = ByteSlice("abc")[3] }
        await #expect(processExitsWith: .failure) {
            let slice: ByteSlice = "abc"
            _ = slice.view[1..<4]
        }
        await #expect(processExitsWith: .failure) {
            let slice: ByteSlice = "abc"
            _ = slice.view.bigEndian(at: 0, as: UInt32.self)
        }
        await #expect(processExitsWith: .failure) {
            let slice: ByteSlice = "abc"
            let other: ByteSlice = "abc"
            _ = slice.slice(of: other.view)
        }
    }

    @Test("text comes back, and what is not text is said to be none")
    func text() {
        #expect(ByteSlice("grüß").utf8Text == "grüß")
        #expect(ByteSlice([0xC3, 0x28]).utf8Text == nil)
        #expect(ByteSlice([0x41, 0xFF]).lossyText == "A\u{FFFD}")
    }
}
