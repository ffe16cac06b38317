// JSONReader.swift: JSON, read front to back, one token at a time.
//
// JSON comes from strangers (a client of the gateway, a file that somebody edited), so the reader believes
// nothing: it takes exactly the language of RFC 8259, says at which byte it gave up, and needs the same
// memory for any input. It is a machine that is always in one of six states:
//
//     [value] --{--> [key or }] --key--> [value] --value--> [, or }] --,--> [key]
//        |                                                      '-----}--> (up)
//        '-----[--> [value or ]] --value--> [, or ]] --,--> [value]
//
// One bit a level remembers which bracket to return to, so depth costs no recursion, and 128 levels fit
// into one number. A deeper input is refused.
//
// WHAT IT TAKES, AND WHERE WE ARE STRICTER THAN GO
//     numbers       kept as text, never through a Double: 2^63-1 arrives as such
//     escapes       checked; half of a surrogate pair is an error (Go: U+FFFD)
//     UTF-8         checked; an error where it is not (Go: U+FFFD)
//     duplicates    all are delivered in order; looking up a key in a tree gives the last, as Go does
//     nothing else  no comments, no trailing commas, no leading zeroes or plus signs, no NaN, no byte
//                   order mark, nothing after the value
//
// COST     one look at each byte; a token is a view of the input. Nothing is allocated until somebody asks
//          for a `String`.
// READ NEXT  JSONValue.swift (a tree, for shapes that are not known). SHOWN BY  JSONTests

package import Bytes

/// Why a text is not the JSON that was expected, and at which byte.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What can be wrong.
    package enum Kind: Hashable, Sendable {
        /// The text ends in the middle of something.
        case truncated
        /// A byte that cannot stand here.
        case unexpectedByte(UInt8)
        /// Something follows the value.
        case trailingBytes
        /// More levels than allowed.
        case tooDeep
        /// A number that JSON does not have, such as `01` or `1.`.
        case badNumber
        /// A backslash with something unknown after it, or half of a surrogate pair.
        case badEscape
        /// A control character in a text; it must be escaped.
        case controlCharacter
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// It is JSON, but of another type than the reader needs.
        case wrongType(expected: String)
        /// The number does not fit into the type that the reader needs.
        case outOfRange
        /// A member that must be there is not.
        case missing(String)
    }

    /// What is wrong.
    package let kind: Kind
    /// Where, counted in bytes from the start.
    package let offset: Int

    /// An error at a place.
    package init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// For people.
    package var description: String {
        let what =
            switch kind {
            case .truncated: "the text ends in the middle of a value"
            case .unexpectedByte(let byte): "unexpected \(ByteSlice([byte]))"
            case .trailingBytes: "there is more after the end of the value"
            case .tooDeep: "too many brackets inside each other"
            case .badNumber: "this is not a number as JSON writes it"
            case .badEscape: "this escape does not stand for a character"
            case .controlCharacter: "a control character in a text must be escaped"
            case .invalidUTF8: "these bytes are not UTF-8"
            case .wrongType(let expected): "expected \(expected)"
            case .outOfRange: "the number does not fit"
            case .missing(let name): "the member \"\(name)\" is missing"
            }
        return "JSON, byte \(offset): \(what)"
    }
}

/// One token. Texts and numbers are views of the input, true as long as the input is.
package enum JSONToken: Hashable, Sendable {
    /// The brackets.
    case beginObject, endObject, beginArray, endArray
    /// The name of the next value.
    case key(JSONText)
    /// A text.
    case string(JSONText)
    /// A number, as it was written.
    case number(JSONNumber)
    /// `true` or `false`.
    case bool(Bool)
    /// `null`.
    case null
    /// The text ended after one complete value.
    case end
}

/// A place in a JSON text, moving forward token by token.
package struct JSONReader: Sendable {
    private enum State { case value, firstElement, firstKey, key, commaInArray, commaInObject, done }

    private let bytes: ByteView
    private var state = State.value
    /// Bit n: whether the bracket at depth n is an object's.
    private var objects: UInt128 = 0
    private var depth = 0
    private let depthLimit: Int
    /// Where the next token will be looked for.
    package private(set) var position = 0
    /// Where the last token began: the place for errors about it.
    package private(set) var tokenStart = 0

    /// Reads one JSON text; brackets may be nested `depthLimit` deep, at most 128.
    package init(_ bytes: ByteView, depthLimit: Int = 128) {
        precondition((0...128).contains(depthLimit), "J2: the reader can remember 128 levels")
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// The next token.
    package mutating func next() throws(JSONError) -> JSONToken {
        skipBlanks()
        if state == .commaInArray || state == .commaInObject {
            switch try peek() {
            case UInt8(ascii: ","):
                position += 1
                state = state == .commaInObject ? .key : .value
                skipBlanks()
            case let other: return try close(other)
            }
        }
        tokenStart = position
        switch state {
        case .done:
            guard position == bytes.count else { throw JSONError(.trailingBytes, at: position) }
            return .end
        case .firstKey, .key:
            let byte = try peek()
            if byte == UInt8(ascii: "}"), state == .firstKey { return try close(byte) }
            return try readKey(byte)
        case .firstElement:
            let byte = try peek()
            return byte == UInt8(ascii: "]") ? try close(byte) : try readValue(byte)
        case .value, .commaInArray, .commaInObject:
            return try readValue(try peek())
        }
    }

    /// Passes over one whole value, with everything in it, and returns its text.
    package mutating func skipValue() throws(JSONError) -> ByteView {
        var level = 0
        var start: Int?
        repeat {
            switch try next() {
            case .beginObject, .beginArray: level += 1
            case .endObject, .endArray: level -= 1
            case .end: throw JSONError(.truncated, at: position)
            case .key, .string, .number, .bool, .null: break
            }
            if start == nil { start = tokenStart }
            // A bracket that closes what was open before us: there is no value here.
            guard level >= 0 else { throw JSONError(.wrongType(expected: "a value"), at: tokenStart) }
        } while level > 0
        return bytes[(start ?? position)..<position]
    }

    // MARK: The machine

    private func peek() throws(JSONError) -> UInt8 {
        guard position < bytes.count else { throw JSONError(.truncated, at: position) }
        return bytes[position]
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// After a complete value: what may come depends on the bracket around it.
    private mutating func valueEnded() {
        state = depth == 0 ? .done : objects & 1 == 1 ? .commaInObject : .commaInArray
    }

    private mutating func open(object: Bool) throws(JSONError) -> JSONToken {
        guard depth < depthLimit else { throw JSONError(.tooDeep, at: position) }
        position += 1
        depth += 1
        objects = objects << 1 | (object ? 1 : 0)
        state = object ? .firstKey : .firstElement
        return object ? .beginObject : .beginArray
    }

    private mutating func close(_ bracket: UInt8) throws(JSONError) -> JSONToken {
        let inObject = objects & 1 == 1
        guard bracket == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
            throw JSONError(.unexpectedByte(bracket), at: position)
        }
        tokenStart = position
        position += 1
        depth -= 1
        objects >>= 1
        valueEnded()
        return inObject ? .endObject : .endArray
    }

    private mutating func readKey(_ byte: UInt8) throws(JSONError) -> JSONToken {
        guard byte == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte(byte), at: position) }
        let key = try readText()
        skipBlanks()
        let colon = try peek()
        guard colon == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte(colon), at: position) }
        position += 1
        state = .value
        return .key(key)
    }

    private mutating func readValue(_ byte: UInt8) throws(JSONError) -> JSONToken {
        let token: JSONToken
        switch byte {
        case UInt8(ascii: "{"): return try open(object: true)
        case UInt8(ascii: "["): return try open(object: false)
        case UInt8(ascii: "\""): token = .string(try readText())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): token = .number(try readNumber())
        case UInt8(ascii: "t"): token = try readWord("true", .bool(true))
        case UInt8(ascii: "f"): token = try readWord("false", .bool(false))
        case UInt8(ascii: "n"): token = try readWord("null", .null)
        default: throw JSONError(.unexpectedByte(byte), at: position)
        }
        valueEnded()
        return token
    }

    private mutating func readWord(_ word: String, _ token: JSONToken) throws(JSONError) -> JSONToken {
        for expected in word.utf8 {
            let byte = try peek()
            guard byte == expected else { throw JSONError(.unexpectedByte(byte), at: position) }
            position += 1
        }
        return token
    }

    // MARK: Numbers

    /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`
    private mutating func readNumber() throws(JSONError) -> JSONNumber {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let whole = position
        try readDigits(from: start)
        guard bytes[whole] != UInt8(ascii: "0") || position == whole + 1 else { throw JSONError(.badNumber, at: start) }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try readDigits(from: start)
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try readDigits(from: start)
        }
        return JSONNumber(text: bytes[start..<position], offset: start)
    }

    private mutating func readDigits(from start: Int) throws(JSONError) {
        let first = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard position > first else { throw JSONError(position < bytes.count ? .badNumber : .truncated, at: start) }
    }

    // MARK: Texts

    /// Checks everything between the quotes, so that reading it later cannot fail.
    private mutating func readText() throws(JSONError) -> JSONText {
        position += 1
        let start = position
        var hasEscapes = false
        let text = bytes.span
        while position < bytes.count {
            let byte = text[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return JSONText(raw: bytes[start..<(position - 1)], hasEscapes: hasEscapes, offset: start)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape()
            case 0..<0x20: throw JSONError(.controlCharacter, at: position)
            case 0x20..<0x80: position += 1
            default:
                let length = utf8Length(text, at: position)
                guard length > 0 else { throw JSONError(.invalidUTF8, at: position) }
                position += length
            }
        }
        throw JSONError(.truncated, at: start - 1)
    }

    private mutating func skipEscape() throws(JSONError) {
        let start = position
        guard position + 1 < bytes.count else { throw JSONError(.truncated, at: start) }
        guard bytes[position + 1] == UInt8(ascii: "u") else {
            guard JSONText.character(escapedAs: bytes[position + 1]) != nil else {
                throw JSONError(.badEscape, at: start)
            }
            position += 2
            return
        }
        let unit = try readUnit()
        switch unit {
        case 0xD800..<0xDC00:
            // The first half of a pair: the second must follow at once.
            for expected in [UInt8(ascii: "\\"), UInt8(ascii: "u")].enumerated() {
                guard position + expected.offset < bytes.count else { throw JSONError(.truncated, at: start) }
                guard bytes[position + expected.offset] == expected.element else {
                    throw JSONError(.badEscape, at: start)
                }
            }
            guard (0xDC00..<0xE000).contains(try readUnit()) else { throw JSONError(.badEscape, at: start) }
        case 0xDC00..<0xE000: throw JSONError(.badEscape, at: start)
        default: break
        }
    }

    /// `\uNNNN`, of which the first two bytes are known to be there.
    private mutating func readUnit() throws(JSONError) -> UInt32 {
        guard bytes.count - position >= 6 else { throw JSONError(.truncated, at: position) }
        guard let unit = JSONText.unit(in: bytes, at: position + 2) else { throw JSONError(.badEscape, at: position) }
        position += 6
        return unit
    }
}
