// Hex.swift: bytes for people.
//
// Three ways to show bytes, each for one purpose: a hex string for tests and identifiers, a quoted
// string for keys that are usually text, and the dump with addresses that everybody knows from
// `hexdump -C` for pages and records.
//
//     00000000  68 65 6c 6c 6f 00 ff                              |hello..|
//     00000007

private let digits: [UInt8] = Array("0123456789abcdef".utf8)

extension ByteView {
    /// Lowercase hex, two digits a byte.
    public var hex: String {
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for index in 0..<count {
            text.append(digits[Int(self[index] >> 4)])
            text.append(digits[Int(self[index] & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Printable ASCII as it is; quotes, backslashes and everything else escaped, so that the result
    /// is unambiguous and fits on a line.
    public var quoted: String {
        var text: [UInt8] = [UInt8(ascii: "\"")]
        for index in 0..<count {
            switch self[index] {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), self[index]]
            case 0x20..<0x7F: text.append(self[index])
            case let byte:
                text += Array("\\x".utf8)
                text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        text.append(UInt8(ascii: "\""))
        return String(decoding: text, as: UTF8.self)
    }

    /// The dump that people expect: address, sixteen bytes in two groups, the same as ASCII. A run of
    /// equal lines is shown as one `*`. Addresses begin at `address`.
    public func hexDump(from address: Int = 0) -> String {
        var lines: [String] = []
        var previous: ByteView?
        var folded = false
        for offset in stride(from: 0, to: count, by: 16) {
            let row = self[offset..<min(offset + 16, count)]
            if row == previous, row.count == 16 {
                if !folded { lines.append("*") }
                folded = true
                continue
            }
            folded = false
            previous = row
            lines.append(row.dumpLine(address: address + offset))
        }
        lines.append(Self.padded(address + count))
        return lines.joined(separator: "\n") + "\n"
    }

    private func dumpLine(address: Int) -> String {
        var line = Self.padded(address) + " "
        for column in 0..<16 {
            if column == 8 { line += " " }
            line += column < count ? " " + self[column..<(column + 1)].hex : "   "
        }
        let text = array.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }
        return line + "  |" + String(decoding: text, as: UTF8.self) + "|"
    }

    private static func padded(_ number: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 8 - text.count)) + text
    }
}

extension ByteSlice {
    /// Lowercase hex, two digits a byte.
    public var hex: String { view.hex }

    /// The bytes that a hex string spells; nil when it is not one. Blanks between bytes are allowed.
    public init?(hex text: String) {
        var nibbles: [UInt8] = []
        for character in text.utf8 where character != UInt8(ascii: " ") && character != UInt8(ascii: "\n") {
            guard let value = Character(UnicodeScalar(character)).hexDigitValue else { return nil }
            nibbles.append(UInt8(value))
        }
        guard nibbles.count.isMultiple(of: 2) else { return nil }
        self.init(stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] })
    }
}
