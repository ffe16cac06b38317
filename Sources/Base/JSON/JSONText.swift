// JSONText.swift: what a token means, worked out only when somebody asks.
//
// The reader has checked a text's escapes and a number's grammar, but it has not computed anything: most
// keys are only compared, and most texts have no escapes at all. So a token is a view, and these two types
// turn it into what the caller needs.
//
// WHY NOT DOUBLE? Revisions and lease numbers have 64 bits and a double has 53. A JSON number is decimal
// text; it is turned into an integer digit by digit, and `1e3` or `2.0` (which protobuf's JSON allows for
// integers) are integers too, because they are.

package import Bytes

/// A text between quotes, checked, not yet decoded.
package struct JSONText: Hashable, Sendable {
    /// The bytes between the quotes, with their escapes.
    package let raw: ByteView
    /// Whether there are escapes; without them `raw` is the text.
    package let hasEscapes: Bool
    /// Where the text begins in the input.
    package let offset: Int

    init(raw: ByteView, hasEscapes: Bool, offset: Int) {
        self.raw = raw
        self.hasEscapes = hasEscapes
        self.offset = offset
    }

    /// The text.
    package var string: String {
        guard hasEscapes else { return raw.lossyText }
        var buffer = ByteBuffer(capacity: raw.count)
        append(to: &buffer)
        return buffer.view.lossyText
    }

    /// Whether the text is this one.
    package func equals(_ other: StaticString) -> Bool {
        hasEscapes ? string == "\(other)" : raw == ByteView(literal: other)
    }

    /// Appends the text's UTF-8.
    package func append(to buffer: inout ByteBuffer) {
        guard hasEscapes else { return buffer.append(raw) }
        var index = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\") else {
                buffer.append(raw[index])
                index += 1
                continue
            }
            if let character = Self.character(escapedAs: raw[index + 1]) {
                buffer.append(character)
                index += 2
            } else {
                index += appendUnit(at: index, to: &buffer)
            }
        }
    }

    /// Appends the character that `\uNNNN`, or two of them, stand for; returns how many bytes they took.
    private func appendUnit(at index: Int, to buffer: inout ByteBuffer) -> Int {
        guard let first = Self.unit(in: raw, at: index + 2) else { preconditionFailure("J4: the reader checked this") }
        var scalar = first
        var length = 6
        if (0xD800..<0xDC00).contains(first), let second = Self.unit(in: raw, at: index + 8) {
            scalar = 0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00))
            length = 12
        }
        guard let character = Unicode.Scalar(scalar) else { preconditionFailure("J4: the reader checked this") }
        for byte in UTF8.encode(character) ?? .init() { buffer.append(byte) }
        return length
    }

    /// The byte for `\n` and its like; nil for `u` and for what is no escape.
    static func character(escapedAs byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The number that four hex digits spell, or nil.
    static func unit(in bytes: ByteView, at index: Int) -> UInt32? {
        var unit: UInt32 = 0
        for place in index..<(index + 4) {
            let digit: UInt8
            switch bytes[place] {
            case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): digit = byte - UInt8(ascii: "0")
            case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20):
                digit = (byte | 0x20) - UInt8(ascii: "a") + 10
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}

/// A number as it was written, checked against the grammar, not yet computed.
package struct JSONNumber: Hashable, Sendable {
    /// The characters of the number.
    package let text: ByteView
    /// Where it begins in the input.
    package let offset: Int

    init(text: ByteView, offset: Int) {
        self.text = text
        self.offset = offset
    }

    /// The number as an integer type, exactly; nil when it has a fraction or does not fit.
    package func integer<Number: FixedWidthInteger>(_: Number.Type = Number.self) -> Number? {
        exactInteger(text)
    }

    /// The nearest double; infinite when it is too large.
    package var double: Double { Double(text.lossyText) ?? .nan }
}

/// The integer that a JSON number spells, exactly; nil when there is none or it does not fit. `1e3` and
/// `25e-1`'s neighbour `250e-1` are integers; `2.5` is not.
func exactInteger<Number: FixedWidthInteger>(_ text: ByteView) -> Number? {
    var magnitude: UInt64 = 0
    var isNegative = false
    // Digits after the point count down the power of ten that the exponent counts up.
    var power = 0
    var afterPoint = false
    // Zeroes are held back, so that the power absorbs those at the end: 100e-2 is 1.
    var heldZeroes = 0
    var index = 0
    scan: while index < text.count {
        switch text[index] {
        case UInt8(ascii: "-"): isNegative = true
        case UInt8(ascii: "."): afterPoint = true
        case UInt8(ascii: "0"):
            if magnitude != 0 { heldZeroes += 1 }
            if afterPoint { power -= 1 }
        case UInt8(ascii: "e"), UInt8(ascii: "E"):
            guard let exponent = exponent(text.dropFirst(index + 1)) else { return magnitude == 0 ? 0 : nil }
            power += exponent
            break scan
        case let digit:
            guard let scaled = multiply(magnitude, byTenTo: heldZeroes + 1) else { return nil }
            let (sum, overflow) = scaled.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
            guard !overflow else { return nil }
            magnitude = sum
            heldZeroes = 0
            if afterPoint { power -= 1 }
        }
        index += 1
    }
    if magnitude == 0 { return 0 }
    power += heldZeroes
    guard power >= 0, let value = multiply(magnitude, byTenTo: power) else { return nil }
    guard isNegative else { return Number(exactly: value) }
    return value <= UInt64(Int64.min.magnitude) ? Number(exactly: Int64(truncatingIfNeeded: 0 &- value)) : nil
}

/// The number after the `e`; nil when it is too large to matter.
private func exponent(_ text: ByteView) -> Int? {
    var value = 0
    var isNegative = false
    for index in 0..<text.count {
        switch text[index] {
        case UInt8(ascii: "-"): isNegative = true
        case UInt8(ascii: "+"): break
        case let digit:
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
            guard value < 1_000_000 else { return nil }
        }
    }
    return isNegative ? -value : value
}

private func multiply(_ number: UInt64, byTenTo power: Int) -> UInt64? {
    guard number != 0 else { return 0 }
    guard power <= 19 else { return nil }
    var product = number
    for _ in 0..<max(power, 0) {
        let (next, overflow) = product.multipliedReportingOverflow(by: 10)
        if overflow { return nil }
        product = next
    }
    return product
}
