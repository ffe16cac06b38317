// GatewaySyntax.swift: what etcd's gateway takes for JSON, and how it complains.
//
// Why is there a second reader of JSON beside the one in Base? That one is strict and ours: it refuses what
// is not UTF-8, and says at which byte. The gateway is an interface that exists: clients have been talking to
// it for years, and it must judge every text exactly as the real one does. That one is written in Go, so:
//
//     the text                         etcd 3.5
//     {"key":"YQ=="} and more          takes the first value and does not look at the rest
//     nothing, or blanks only          takes it as {}
//     a string that is not UTF-8,
//     half of a surrogate pair         takes U+FFFD in its place
//     10,000 brackets                  takes them; one more is too deep
//     {"key":"YQ==",}                  400: invalid character '}' looking for beginning of object key string
//
// The last column includes the words: scripts match on them, and the same request sent to a real etcd and
// to ours must get the same answer.
//
// HOW  A value is first checked from end to end by a machine that looks at one byte at a time and remembers
// only which brackets are open. What passed is then walked along without checks (GatewayWalk.swift).
//
// COST     one look at each byte, one byte of memory for each open bracket.
// SHOWN BY  GatewayTextTests (a table recorded from a real 3.5.1), GatewayLiveTests (random damage, side by side).

import Bytes

/// Why the gateway refuses a text, in the words of etcd 3.5. It travels as InvalidArgument in a simple call and as
/// Unknown in a stream.
package struct GatewayRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the client is told.
    package let description: String

    /// A refusal with these words.
    init(_ description: String) { self.description = description }
}

/// A machine that checks one JSON value, byte by byte.
struct GatewaySyntax {
    /// How deep brackets may be nested.
    static let depthLimit = 10_000

    private let bytes: ByteView
    private var position: Int
    /// The open brackets, outermost first: `{` or `[`.
    private var open: [UInt8] = []
    /// What to read at the end of the text: nothing (a stream of values that may go on), or a blank (a text
    /// that is known to be whole).
    private let isWhole: Bool

    private init(_ bytes: ByteView, from start: Int, isWhole: Bool) {
        self.bytes = bytes
        position = start
        self.isWhole = isWhole
    }

    /// Where the first value of `bytes` after `start` lies; nil if there are only blanks.
    static func firstValue(in bytes: ByteView, from start: Int = 0) throws(GatewayRefusal) -> Range<Int>? {
        var syntax = GatewaySyntax(bytes, from: start, isWhole: false)
        syntax.skipBlanks()
        guard syntax.position < bytes.count else { return nil }
        let begin = syntax.position
        try syntax.readValue()
        return begin..<syntax.position
    }

    /// Where the value of a text lies that must hold one value and nothing else.
    static func onlyValue(in bytes: ByteView) throws(GatewayRefusal) -> Range<Int> {
        var syntax = GatewaySyntax(bytes, from: 0, isWhole: true)
        syntax.skipBlanks()
        guard syntax.position < bytes.count else { throw GatewayRefusal("unexpected end of JSON input") }
        let begin = syntax.position
        try syntax.readValue()
        let end = syntax.position
        syntax.skipBlanks()
        if syntax.position < bytes.count { throw syntax.invalid("after top-level value") }
        return begin..<end
    }

    // MARK: The machine

    /// Reads a value with all that is in it. Brackets are remembered in `open`, so depth costs no recursion.
    private mutating func readValue() throws(GatewayRefusal) {
        var isValueNext = true
        repeat {
            if isValueNext {
                isValueNext = try beginValue()
            } else {
                isValueNext = try continueBracket()
            }
        } while isValueNext || !open.isEmpty
    }

    /// Reads a whole scalar, or the beginning of an object or array. True when a value must come next.
    private mutating func beginValue() throws(GatewayRefusal) -> Bool {
        skipBlanks()
        switch try peek("looking for beginning of value") {
        case UInt8(ascii: "{"):
            try push(UInt8(ascii: "{"))
            return try firstMember()
        case UInt8(ascii: "["):
            try push(UInt8(ascii: "["))
            skipBlanks()
            return try !closes(UInt8(ascii: "]"), else: "looking for beginning of value")
        case UInt8(ascii: "\""): try readString()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
        case UInt8(ascii: "t"): try readWord("true")
        case UInt8(ascii: "f"): try readWord("false")
        case UInt8(ascii: "n"): try readWord("null")
        default: throw invalid("looking for beginning of value")
        }
        return false
    }

    /// After a value inside a bracket: a comma and more, or the end of the bracket. True when a value must come.
    private mutating func continueBracket() throws(GatewayRefusal) -> Bool {
        guard let bracket = open.last else { return false }
        skipBlanks()
        let isObject = bracket == UInt8(ascii: "{")
        let place = isObject ? "after object key:value pair" : "after array element"
        if try closes(isObject ? UInt8(ascii: "}") : UInt8(ascii: "]"), else: place) { return false }
        guard bytes[position] == UInt8(ascii: ",") else { throw invalid(place) }
        position += 1
        if isObject {
            skipBlanks()
            try readKey()
        }
        return true
    }

    private mutating func push(_ bracket: UInt8) throws(GatewayRefusal) {
        guard open.count < Self.depthLimit else { throw invalid("exceeded max depth") }
        open.append(bracket)
        position += 1
    }

    /// Takes the bracket if it stands here.
    private mutating func closes(_ bracket: UInt8, else place: String) throws(GatewayRefusal) -> Bool {
        guard try peek(place) == bracket else { return false }
        open.removeLast()
        position += 1
        return true
    }

    private mutating func firstMember() throws(GatewayRefusal) -> Bool {
        skipBlanks()
        if try closes(UInt8(ascii: "}"), else: "looking for beginning of object key string") { return false }
        try readKey()
        return true
    }

    private mutating func readKey() throws(GatewayRefusal) {
        let place = "looking for beginning of object key string"
        guard try peek(place) == UInt8(ascii: "\"") else { throw invalid(place) }
        try readString()
        skipBlanks()
        guard try peek("after object key") == UInt8(ascii: ":") else { throw invalid("after object key") }
        position += 1
    }

    private mutating func readWord(_ word: String) throws(GatewayRefusal) {
        for expected in word.utf8 {
            let place = "in literal \(word) (expecting '\(Character(UnicodeScalar(expected)))')"
            guard try peek(place) == expected else { throw invalid(place) }
            position += 1
        }
    }

    private mutating func readString() throws(GatewayRefusal) {
        position += 1
        while true {
            switch try peek("in string literal") {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                position += 1
                try readEscape()
            case 0..<0x20: throw invalid("in string literal")
            default: position += 1
            }
        }
    }

    private mutating func readEscape() throws(GatewayRefusal) {
        switch try peek("in string escape code") {
        case UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"),
            UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "\""):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                let place = "in \\u hexadecimal character escape"
                guard GatewayWalk.hexDigit(try peek(place)) != nil else { throw invalid(place) }
                position += 1
            }
        default: throw invalid("in string escape code")
        }
    }

    // MARK: Numbers

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func readNumber() throws(GatewayRefusal) {
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let isZero = try peek("in numeric literal") == UInt8(ascii: "0")
        if isZero { position += 1 } else { try readDigits("in numeric literal") }
        if has(UInt8(ascii: ".")) {
            position += 1
            try readDigits("after decimal point in numeric literal")
        }
        if has(UInt8(ascii: "e")) || has(UInt8(ascii: "E")) {
            position += 1
            if has(UInt8(ascii: "+")) || has(UInt8(ascii: "-")) { position += 1 }
            try readDigits("in exponent of numeric literal")
        }
    }

    /// At least one digit.
    private mutating func readDigits(_ place: String) throws(GatewayRefusal) {
        guard isDigit(try peek(place)) else { throw invalid(place) }
        while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private func has(_ byte: UInt8) -> Bool { position < bytes.count && bytes[position] == byte }

    // MARK: The next byte

    private mutating func skipBlanks() { position = GatewayWalk.skipBlanks(bytes, from: position) }

    /// The byte that comes next. At the end of the text the refusal depends on whether more might have come.
    private func peek(_ place: String) throws(GatewayRefusal) -> UInt8 {
        if position < bytes.count { return bytes[position] }
        guard isWhole else { throw GatewayRefusal("unexpected EOF") }
        // A whole text is read as if a blank followed: it ends a number or word, and is no part of one. Where a
        // blank would be passed over or belongs to a string, the text simply ends too early.
        let isInside = ["in numeric", "in literal", "after decimal", "in exponent", "in string escape", "in \\u"]
        guard isInside.contains(where: place.hasPrefix) else { throw GatewayRefusal("unexpected end of JSON input") }
        throw GatewayRefusal("invalid character ' ' \(place)")
    }

    private func invalid(_ place: String) -> GatewayRefusal {
        GatewayRefusal("invalid character \(Self.quote(bytes[position])) \(place)")
    }

    /// One byte in single quotes, as Go prints the character with that number.
    static func quote(_ byte: UInt8) -> String {
        let inside =
            switch byte {
            case UInt8(ascii: "'"): "\\'"
            case UInt8(ascii: "\\"): "\\\\"
            case 0x07: "\\a"
            case 0x08: "\\b"
            case 0x0C: "\\f"
            case 0x0A: "\\n"
            case 0x0D: "\\r"
            case 0x09: "\\t"
            case 0x0B: "\\v"
            case 0..<0x20: "\\x" + hex(byte)
            // Delete, the second row of control characters, the blank that does not break, the hyphen that hides.
            case 0x7F..<0xA1, 0xAD: "\\u00" + hex(byte)
            default: String(Character(UnicodeScalar(byte)))
            }
        return "'\(inside)'"
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }
}
