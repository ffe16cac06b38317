// GatewayWalk.swift: walking along JSON that is known to be good.
//
// GatewaySyntax has checked every byte, so here nothing can go wrong: members and elements are found by
// counting brackets, a text is unescaped on the fly. Nothing is copied but texts with escapes.
//
// RULES    K1  every view given to this file is (part of) a value that GatewaySyntax accepted.
//          K2  bytes that are not UTF-8 and halves of surrogate pairs become U+FFFD, as in etcd.

import Bytes

/// Finding one's way in checked JSON (K1).
enum GatewayWalk {
    /// What kind of value begins with this byte, in Go's word for it.
    static func kind(of value: ByteView) -> String {
        switch value[0] {
        case UInt8(ascii: "{"): "object"
        case UInt8(ascii: "["): "array"
        case UInt8(ascii: "\""): "string"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): "bool"
        case UInt8(ascii: "n"): "null"
        default: "number"
        }
    }

    /// Calls `body` with each member of an object: the name between its quotes, and the value.
    static func members(of object: ByteView, _ body: (_ name: ByteView, _ value: ByteView) -> Void) {
        var place = skipBlanks(object, from: 1)
        while object[place] != UInt8(ascii: "}") {
            let nameEnd = endOfValue(object, from: place)
            let name = object[(place + 1)..<(nameEnd - 1)]
            // Past blanks, the colon, and blanks.
            let start = skipBlanks(object, from: skipBlanks(object, from: nameEnd) + 1)
            let end = endOfValue(object, from: start)
            body(name, object[start..<end])
            place = skipBlanks(object, from: end)
            if object[place] == UInt8(ascii: ",") { place = skipBlanks(object, from: place + 1) }
        }
    }

    /// The elements of an array.
    static func elements(of array: ByteView) -> [ByteView] {
        var elements: [ByteView] = []
        var place = skipBlanks(array, from: 1)
        while array[place] != UInt8(ascii: "]") {
            let end = endOfValue(array, from: place)
            elements.append(array[place..<end])
            place = skipBlanks(array, from: end)
            if array[place] == UInt8(ascii: ",") { place = skipBlanks(array, from: place + 1) }
        }
        return elements
    }

    /// Where the value that begins at `start` ends.
    private static func endOfValue(_ bytes: ByteView, from start: Int) -> Int {
        var place = start
        var depth = 0
        repeat {
            switch bytes[place] {
            case UInt8(ascii: "\""): place = endOfString(bytes, from: place)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                place += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                place += 1
            case _ where depth > 0: place += 1
            default: return endOfScalar(bytes, from: place)
            }
        } while depth > 0
        return place
    }

    private static func endOfString(_ bytes: ByteView, from start: Int) -> Int {
        var place = start + 1
        while bytes[place] != UInt8(ascii: "\"") { place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1 }
        return place + 1
    }

    private static func endOfScalar(_ bytes: ByteView, from start: Int) -> Int {
        var place = start
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 0x20, 0x09, 0x0A, 0x0D: return place
            default: place += 1
            }
        }
        return place
    }

    /// The first place from `start` on that is not blank.
    static func skipBlanks(_ bytes: ByteView, from start: Int) -> Int {
        var place = start
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x09, 0x0A, 0x0D: place += 1
            default: return place
            }
        }
        return place
    }

    // MARK: Texts

    /// The UTF-8 of what stands between two quotes (K2).
    static func unescape(_ raw: ByteView) -> ByteSlice {
        guard raw.firstIndex(of: UInt8(ascii: "\\")) != nil else { return replacingStrayBytes(raw) }
        var text = ByteBuffer(capacity: raw.count)
        var place = 0
        while place < raw.count {
            if raw[place] != UInt8(ascii: "\\") {
                text.append(raw[place])
                place += 1
            } else if raw[place + 1] == UInt8(ascii: "u") {
                place += appendUnit(raw, at: place, to: &text)
            } else {
                text.append(character(after: raw[place + 1]))
                place += 2
            }
        }
        return replacingStrayBytes(text.view)
    }

    /// The bytes, each of them that is no part of a character replaced by U+FFFD. (Swift's own repair puts one
    /// U+FFFD for a row of them.)
    private static func replacingStrayBytes(_ bytes: ByteView) -> ByteSlice {
        if bytes.utf8Text != nil { return ByteSlice(copying: bytes) }
        var text = String.UnicodeScalarView()
        for character in characters(bytes) { text.append(character ?? "\u{FFFD}") }
        return ByteSlice(utf8: String(text))
    }

    /// The characters of a text, with nil for each byte that is no part of one.
    static func characters(_ bytes: ByteView) -> [Unicode.Scalar?] {
        var characters: [Unicode.Scalar?] = []
        var rest = bytes
        while !rest.isEmpty {
            let scalar = (1...min(4, rest.count)).lazy.compactMap { rest.prefix($0).utf8Text }.first?.unicodeScalars
                .first
            characters.append(scalar)
            rest = rest.dropFirst(scalar.map { UTF8.width($0) } ?? 1)
        }
        return characters
    }

    private static func character(after escape: UInt8) -> UInt8 {
        switch escape {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: escape
        }
    }

    /// Appends what `\u20ac`, or two of them in a row, stand for; returns how many bytes they took.
    private static func appendUnit(_ raw: ByteView, at place: Int, to text: inout ByteBuffer) -> Int {
        let first = unit(raw, at: place) ?? 0xFFFD
        if let scalar = Unicode.Scalar(first) {
            text.append(String(Character(scalar)))
            return 6
        }
        // Half of a pair. The other half must follow at once; otherwise this half alone is replaced.
        if first < 0xDC00, let second = unit(raw, at: place + 6), (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10 | (second - 0xDC00)))
        {
            text.append(String(Character(scalar)))
            return 12
        }
        text.append("\u{FFFD}")
        return 6
    }

    /// The number of a `\u20ac` at `place`; nil if there is none.
    private static func unit(_ raw: ByteView, at place: Int) -> UInt32? {
        guard raw.count - place >= 6, raw[place] == UInt8(ascii: "\\"), raw[place + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt32 = 0
        for index in (place + 2)..<(place + 6) {
            guard let digit = hexDigit(raw[index]) else { return nil }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The value of a hex digit; nil if it is none.
    static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
