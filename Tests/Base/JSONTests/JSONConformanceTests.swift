// JSONConformanceTests.swift: which texts are JSON, and which are not. A table, row by row.
//
// The rows are what RFC 8259 says, sharpened by where real parsers disagree: leading zeroes, lonely
// surrogates, overlong UTF-8, control characters, brackets that close the wrong one.

import Bytes
import JSON
import Testing

@Suite("What is JSON")
struct JSONConformanceTests {
    static let valid: [String] = [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "1.5", "-0.25", "1e3", "1E+3", "2.5e-3", "0e0",
        "18446744073709551615", "-9223372036854775808", "123456789012345678901234567890", "1e999999999",
        #""""#, #""abc""#, #""\"\\\/\b\f\n\r\t""#, #""\u0041""#, #""\uD83D\uDE00""#, #""\ud83d\ude00""#, #""é€😀""#,
        #""\u0000""#, "\"\u{7F}\"", "[]", "{}", "[ ]", "{ }", "[1]", "[1,2]", "[ 1 , 2 ]", "[[[]]]", #"{"a":1}"#,
        #"{"a":{"b":[{"c":null}]}}"#, #"{"a":1,"a":2}"#, #"{"":0}"#, " \t\r\n1 \t\r\n", "[[],{}]",
        #"[true,false,null]"#,
    ]

    /// A text and where its error is.
    static let invalid: [(String, Int, JSONError.Kind)] = [
        ("", 0, .truncated), ("  ", 2, .truncated), ("[", 1, .truncated), ("{", 1, .truncated), ("[1", 2, .truncated),
        ("[1,", 3, .truncated), (#"{"a""#, 4, .truncated), (#"{"a":"#, 5, .truncated), (#"{"a":1"#, 6, .truncated),
        (#"{"a":1,"#, 7, .truncated), ("tru", 3, .truncated), ("nul", 3, .truncated), (#"""#, 0, .truncated),
        (#""abc"#, 0, .truncated), (#""\"#, 1, .truncated), (#""\u12"#, 1, .truncated), ("-", 0, .truncated),
        ("1.", 0, .truncated), ("1e", 0, .truncated), ("1e+", 0, .truncated),
        ("01", 0, .badNumber), ("-01", 0, .badNumber), ("00", 0, .badNumber), ("1.x", 0, .badNumber),
        ("-x", 0, .badNumber), ("1e]", 0, .badNumber), ("[1.]", 1, .badNumber),
        ("+1", 0, .unexpectedByte(0x2B)), (".5", 0, .unexpectedByte(0x2E)), ("NaN", 0, .unexpectedByte(0x4E)),
        ("Infinity", 0, .unexpectedByte(0x49)), ("nan", 1, .unexpectedByte(0x61)), ("True", 0, .unexpectedByte(0x54)),
        ("'a'", 0, .unexpectedByte(0x27)), ("[1 2]", 3, .unexpectedByte(0x32)), ("[,1]", 1, .unexpectedByte(0x2C)),
        ("[1,]", 3, .unexpectedByte(0x5D)), ("[1,,2]", 3, .unexpectedByte(0x2C)), ("]", 0, .unexpectedByte(0x5D)),
        ("}", 0, .unexpectedByte(0x7D)), ("[}", 1, .unexpectedByte(0x7D)), ("{]", 1, .unexpectedByte(0x5D)),
        ("[1}", 2, .unexpectedByte(0x7D)), (#"{"a":1]"#, 6, .unexpectedByte(0x5D)), ("{1:2}", 1, .unexpectedByte(0x31)),
        (#"{"a" 1}"#, 5, .unexpectedByte(0x31)), (#"{"a":}"#, 5, .unexpectedByte(0x7D)),
        (#"{"a":1,}"#, 7, .unexpectedByte(0x7D)), (#"{,}"#, 1, .unexpectedByte(0x2C)),
        (#"{"a","b"}"#, 4, .unexpectedByte(0x2C)),
        (#"{"a":1 "b":2}"#, 7, .unexpectedByte(0x22)), ("/* */1", 0, .unexpectedByte(0x2F)),
        ("\u{FEFF}1", 0, .unexpectedByte(0xEF)),
        ("1 1", 2, .trailingBytes), ("[] x", 3, .trailingBytes), ("1,", 1, .trailingBytes), ("{}}", 2, .trailingBytes),
        ("0x10", 1, .trailingBytes), ("1a", 1, .trailingBytes),
        (#""\x""#, 1, .badEscape), (#""\'""#, 1, .badEscape), (#""\u12G4""#, 1, .badEscape),
        (#""\uD800""#, 1, .badEscape),
        (#""\uDC00""#, 1, .badEscape), (#""\uD800\n""#, 1, .badEscape), (#""\uD800\u0041""#, 1, .badEscape),
        (#""\uD800x""#, 1, .badEscape), ("\"a\nb\"", 2, .controlCharacter), ("\"\t\"", 1, .controlCharacter),
        ("\"\u{0}\"", 1, .controlCharacter),
    ]

    /// Bytes that are not UTF-8, as the inside of a text.
    static let badUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x22], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
        [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xE2, 0x82], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xF0, 0x9F, 0x98],
    ]

    /// Characters at the borders of the lengths, and around the surrogates.
    static let goodUTF8: [[UInt8]] = [
        [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
        [0xEF, 0xBF, 0xBF],
        [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
    ]

    @Test("these texts are JSON", arguments: valid)
    func accepts(text: String) throws {
        let tree = try JSONValue(parsing: text)
        // And what we write of it reads back the same.
        var writer = JSONWriter()
        writer.value(tree)
        let text = writer.finish()
        #expect(try JSONValue(parsing: text.view) == tree)
    }

    @Test("these texts are not, and the error says where", arguments: invalid)
    func refuses(text: String, offset: Int, kind: JSONError.Kind) {
        #expect(throws: JSONError(kind, at: offset)) { try JSONValue(parsing: text) }
    }

    @Test("bytes that are not UTF-8 are refused where they stand", arguments: badUTF8)
    func refusesBadUTF8(bytes: [UInt8]) {
        let text = ByteSlice([0x22, 0x61] + bytes + [0x22])
        #expect(throws: JSONError(.invalidUTF8, at: 2)) { try JSONValue(parsing: text.view) }
    }

    @Test("every length of UTF-8 is taken at its borders", arguments: goodUTF8)
    func acceptsGoodUTF8(bytes: [UInt8]) throws {
        let text = ByteSlice([0x22] + bytes + [0x22])
        #expect(try JSONValue(parsing: text.view).string.map { Array($0.utf8) } == bytes)
    }

    @Test("every prefix of a valid text is refused or, for a number, another valid text")
    func everyPrefix() throws {
        let text = #"{"k\u0041":[1,-2.5e3,true,{"x":"é\n😀"},[],null]}"#
        let bytes = ByteSlice(utf8: text)
        _ = try JSONValue(parsing: bytes.view)
        for length in 0..<bytes.count {
            #expect(throws: JSONError.self) { try JSONValue(parsing: bytes.view.prefix(length)) }
        }
    }

    @Test("brackets may be 128 deep and no deeper; a lower limit holds too")
    func depth() throws {
        /// That many arrays inside each other.
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSONValue(parsing: nested(128))
        #expect(throws: JSONError(.tooDeep, at: 128)) { try JSONValue(parsing: nested(129)) }
        #expect(throws: JSONError(.tooDeep, at: 3)) { try JSONValue(parsing: nested(4), depthLimit: 3) }
        // A million brackets cost no stack and no memory.
        #expect(throws: JSONError(.tooDeep, at: 128)) { try JSONValue(parsing: nested(1_000_000)) }
    }
}
