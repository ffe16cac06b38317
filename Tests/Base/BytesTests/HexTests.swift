// HexTests.swift: what people see of bytes.

import Bytes
import Testing

@Suite("Bytes for people")
struct HexTests {
    @Test("hex there and back")
    func hex() {
        #expect(ByteSlice([0, 0xAB, 0xFF]).hex == "00abff")
        #expect(ByteSlice(hex: "00 ab\nFF") == ByteSlice([0, 0xAB, 0xFF]))
        #expect(ByteSlice(hex: "0") == nil)
        #expect(ByteSlice(hex: "zz") == nil)
    }

    @Test("a quoted key is one unambiguous line")
    func quoted() {
        #expect(ByteSlice("a\"b\\c\n\u{0}").description == #""a\"b\\c\x0a\x00""#)
    }

    @Test("the dump looks like hexdump -C")
    func dump() {
        var bytes = [UInt8](repeating: 0, count: 64)
        bytes[63] = 0x41
        let expected = """
            00001000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
            *
            00001030  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 41  |...............A|
            00001040  68 69 0a                                          |hi.|
            00001043

            """
        let whole = ByteSlice(bytes + [0x68, 0x69, 0x0A])
        #expect(whole.view.hexDump(from: 0x1000) == expected)
    }
}
