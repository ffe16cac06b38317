// ChecksumTests.swift: published sums, and the instruction against the table.

import Bytes
import Testing

@Suite("Checksums")
struct ChecksumTests {
    /// The examples of RFC 3720, appendix B.4, and the usual check string.
    static let published: [(bytes: [UInt8], sum: UInt32)] = [
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        ((0..<32).map { UInt8($0) }, 0x46DD_794E),
        ((0..<32).reversed().map { UInt8($0) }, 0x113F_DB5C),
        (Array("123456789".utf8), 0xE306_9283),
        ([], 0),
    ]

    @Test("CRC-32C of published examples", arguments: published)
    func crc(bytes: [UInt8], sum: UInt32) {
        let slice = ByteSlice(bytes)
        #expect(CRC32C.checksum(slice.view) == sum)
        #expect(CRC32C.checksumByTable(slice.view) == sum)
    }

    @Test("instruction and table agree at every length and offset, and chains join")
    func agreement() {
        var dice = ByteBufferTests.Dice(state: 7)
        let bytes = ByteSlice((0..<600).map { _ in UInt8(dice.roll(256)) })
        for length in 0..<560 {
            let part = bytes[(length % 17)..<(length % 17 + length)].view
            let whole = CRC32C.checksum(part)
            #expect(whole == CRC32C.checksumByTable(part))
            let cut = dice.roll(length + 1)
            let joined = CRC32C.checksum(part.dropFirst(cut), continuing: CRC32C.checksum(part.prefix(cut)))
            #expect(joined == whole)
        }
    }

    @Test(
        "FNV-1a of published examples",
        arguments: [
            ("", 0xCBF2_9CE4_8422_2325 as UInt64), ("a", 0xAF63_DC4C_8601_EC8C), ("foobar", 0x8594_4171_F739_67E8),
        ])
    func fnv(text: String, sum: UInt64) {
        let bytes = ByteSlice(utf8: text)
        #expect(FNV1a.checksum64(bytes.view) == sum)
    }
}
