// Base64.swift: bytes in a text.
//
// JSON has texts but no bytes, so the gateway spells keys and values in base64: three bytes become four of
// 64 characters, and what is missing to three is marked by `=` at the end.
//
//     f  o  o            66 6f 6f              011001 100110 111101 101111            Z m 9 v
//     f  o               66 6f                 011001 100110 1111(00)                 Z m 8 =
//     f                  66                    011001 10(0000)                        Z g = =
//
// WHAT IS TAKEN  The standard alphabet (`+`, `/`), with padding. Line ends anywhere are passed over, since
// mail once needed them. Bits that are left over in the last character need not be zero. The alphabet for
// URLs and unpadded texts are refused, as etcd 3.5 does; 3.6 takes them.
// SHOWN BY  GatewayTextTests, and GatewayLiveTests against a real etcd, the places of errors included.

package import Bytes

/// Base64 in the standard alphabet.
package enum Base64 {
    /// The byte at which a text stops being base64.
    package struct Malformed: Error, Hashable, Sendable {
        /// Counted from the beginning of the text. For a text that is too short: where its last, incomplete
        /// group of four began.
        package let offset: Int
    }

    private static let padding = UInt8(ascii: "=")

    /// The character for six bits.
    private static func character(_ bits: UInt8) -> UInt8 {
        switch bits {
        case 0..<26: UInt8(ascii: "A") + bits
        case 26..<52: UInt8(ascii: "a") + bits - 26
        case 52..<62: UInt8(ascii: "0") + bits - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    /// The six bits that a character stands for; nil if for none.
    private static func bits(_ character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// Appends the spelling of some bytes.
    package static func encode(_ bytes: ByteView, into text: inout ByteBuffer) {
        text.reserve((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let length = min(3, bytes.count - index)
            var group: UInt32 = 0
            for place in 0..<3 {
                group = group << 8 | (place < length ? UInt32(bytes[index + place]) : 0)
            }
            for place in 0..<4 {
                let six = UInt8(truncatingIfNeeded: group >> (18 - 6 * place)) & 63
                // n bytes fill n + 1 characters.
                text.append(place <= length ? character(six) : padding)
            }
            index += length
        }
    }

    /// The bytes that a text spells.
    package static func decode(_ text: ByteSlice) throws(Malformed) -> ByteSlice {
        var bytes = ByteBuffer(capacity: text.count / 4 * 3 + 3)
        var group: UInt32 = 0
        var collected = 0
        for index in 0..<text.count where !isLineEnd(text[index]) {
            if text[index] == padding {
                try checkEnd(of: text, paddingAt: index, after: collected)
                // Two characters hold one byte, three hold two; the other bits are dropped.
                group <<= UInt32(6 * (4 - collected))
                for place in 0..<(collected - 1) {
                    bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * place)))
                }
                return bytes.slice()
            }
            guard let six = bits(text[index]) else { throw Malformed(offset: index) }
            group = group << 6 | six
            collected += 1
            if collected == 4 {
                for shift: UInt32 in [16, 8, 0] {
                    bytes.append(UInt8(truncatingIfNeeded: group >> shift))
                }
                (group, collected) = (0, 0)
            }
        }
        guard collected == 0 else { throw Malformed(offset: text.count - collected) }
        return bytes.slice()
    }

    /// Whether the text may end with the padding that begins at `first`, after so many characters of a group.
    private static func checkEnd(of text: ByteSlice, paddingAt first: Int, after collected: Int) throws(Malformed) {
        guard collected >= 2 else { throw Malformed(offset: first) }
        var index = skipLineEnds(text, from: first + 1)
        if collected == 2 {
            // One byte in two characters: a second padding must follow.
            guard index < text.count else { throw Malformed(offset: text.count) }
            guard text[index] == padding else { throw Malformed(offset: index - 1) }
            index = skipLineEnds(text, from: index + 1)
        }
        guard index == text.count else { throw Malformed(offset: index) }
    }

    private static func isLineEnd(_ character: UInt8) -> Bool {
        character == UInt8(ascii: "\n") || character == UInt8(ascii: "\r")
    }

    private static func skipLineEnds(_ text: ByteSlice, from start: Int) -> Int {
        var index = start
        while index < text.count, isLineEnd(text[index]) { index += 1 }
        return index
    }
}
