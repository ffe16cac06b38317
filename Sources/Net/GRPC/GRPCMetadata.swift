// GRPCMetadata.swift: what travels beside the messages.
//
// Metadata are header fields. Two things about them are gRPC's own:
//
//     grpc-timeout: 4999m      how long the caller will wait: up to eight digits and a unit
//     trace-bin: AAECAw        a key that ends in -bin has any bytes as value, written in base64
//
// WHY A TIMEOUT AND NOT A TIME? Clocks of two machines disagree; how long is left is the same everywhere.
//
// Senders leave base64's padding out, readers must take both (and a proxy may have joined several values by
// commas).
//
// SHOWN BY  GRPCMetadataTests

package import Bytes
package import HTTP2Session

/// The field `grpc-timeout`.
package enum GRPCTimeout {
    /// The nanoseconds that a field means; nil if it is malformed.
    package static func parse(_ field: ByteView) -> UInt64? {
        guard field.count >= 2, field.count <= 9, let number = field.prefix(field.count - 1).decimal else { return nil }
        let unit: UInt64
        switch field[field.count - 1] {
        case UInt8(ascii: "H"): unit = 3_600_000_000_000
        case UInt8(ascii: "M"): unit = 60_000_000_000
        case UInt8(ascii: "S"): unit = 1_000_000_000
        case UInt8(ascii: "m"): unit = 1_000_000
        case UInt8(ascii: "u"): unit = 1_000
        case UInt8(ascii: "n"): unit = 1
        default: return nil
        }
        // Ninety-nine million hours do not fit into 64 bits of nanoseconds: as good as for ever.
        let (product, overflow) = UInt64(number).multipliedReportingOverflow(by: unit)
        return overflow ? UInt64.max >> 1 : product
    }

    /// The field for so many nanoseconds: the finest unit in which eight digits are enough.
    package static func format(_ nanoseconds: UInt64) -> String {
        let units: [(UInt64, String)] = [
            (1, "n"), (1_000, "u"), (1_000_000, "m"), (1_000_000_000, "S"), (60_000_000_000, "M"),
        ]
        for (unit, letter) in units {
            // Rounded up: a deadline that we send must not be shorter than the one that we keep.
            let number = nanoseconds / unit + (nanoseconds % unit == 0 ? 0 : 1)
            if number < 100_000_000 { return "\(number)\(letter)" }
        }
        return "\(min(nanoseconds / 3_600_000_000_000 + 1, 99_999_999))H"
    }
}

/// Base64 for the values of `-bin` fields.
package enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Without padding, as gRPC sends it.
    package static func encode(_ bytes: ByteView) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let left = bytes.count - index
            let word =
                UInt32(bytes[index]) << 16 | UInt32(left > 1 ? bytes[index + 1] : 0) << 8
                | UInt32(left > 2 ? bytes[index + 2] : 0)
            for place in 0..<min(left + 1, 4) { result.append(letters[Int(word >> (18 - 6 * UInt32(place)) & 63)]) }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// With or without padding; nil for anything that is not base64.
    package static func decode(_ text: ByteView) -> ByteSlice? {
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        guard end % 4 != 1 else { return nil }
        var result: [UInt8] = []
        var word: UInt32 = 0
        var bits = 0
        for index in 0..<end {
            guard let value = value(of: text[index]) else { return nil }
            word = word << 6 | value
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
            }
        }
        return ByteSlice(result)
    }

    private static func value(of letter: UInt8) -> UInt32? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - 65)
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - 97 + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - 48 + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

extension HeaderList {
    /// The bytes of the first `-bin` field of that name; nil if there is none, or it is not base64.
    package func binary(_ name: StaticString) -> ByteSlice? {
        guard let field = self[name] else { return nil }
        let first = field.firstIndex(of: UInt8(ascii: ",")).map { field.prefix($0) } ?? field
        return Base64.decode(first)
    }

    /// Adds a `-bin` field.
    package func append(binary name: String, _ bytes: ByteView) {
        precondition(name.hasSuffix("-bin"), "a field with bytes is named something-bin, not \(name)")
        append(name, Base64.encode(bytes))
    }
}
