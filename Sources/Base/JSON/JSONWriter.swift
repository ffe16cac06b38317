// JSONWriter.swift: JSON, written front to back into a buffer.
//
// Trace lines, gateway replies and the member list are JSON of known shape, so no tree is needed to write
// them: whoever knows the values says them in order, and the writer puts commas, colons and escapes.
//
//     var json = JSONWriter()                      {"term":5,"votes":[1,2]}
//     json.beginObject()                           ^ beginObject
//     json.key("term"); json.number(5)              ^~~~~~ key  ^ number
//     json.key("votes")
//     json.array { $0.number(1); $0.number(2) }
//     json.endObject()
//
// HOW CAN IT BE STRICT WITHOUT A STACK? One bit for each open bracket (object or array) fits into one
// 128-bit number, and two more facts are enough: is a comma due, and has a key been said. A call that
// would make invalid JSON is a mistake of ours, so it traps and says so.
//
// RULES    J1  a value in an object follows a key; a key stands in an object only.
//          J2  what was begun is ended, in order; at most 128 levels.
//          J3  the bytes written are valid UTF-8 and valid JSON: foreign bytes that are not UTF-8 become
//              U+FFFD, numbers that JSON cannot say (NaN, infinities) trap.
//
// COST     nothing is allocated but the buffer; a number or a key without escapes is one pass of bytes.
// READ NEXT  JSONReader.swift. SHOWN BY  JSONTests

package import Bytes

/// Writes one JSON value after the other into a buffer that it owns.
package struct JSONWriter: ~Copyable {
    /// Which characters of a text are escaped beyond those that must be.
    package enum Escaping: Hashable, Sendable {
        /// Quote, backslash and control characters only.
        case minimal
        /// As Go's `encoding/json` does it, so that our bytes equal those of a real etcd: also `<`, `>`, `&`,
        /// U+2028 and U+2029; backspace and form feed by number.
        case asGo
    }

    /// Where the bytes go. Between complete values it may be read, emptied or appended to.
    package var buffer: ByteBuffer
    private let escaping: Escaping
    /// Bit n: whether the bracket at depth n is an object's.
    private var objects: UInt128 = 0
    private var depth = 0
    private var needsComma = false
    private var hasKey = false

    /// Writes at the end of `buffer`.
    package init(into buffer: consuming ByteBuffer = ByteBuffer(), escaping: Escaping = .minimal) {
        self.buffer = buffer
        self.escaping = escaping
    }

    /// Gives the buffer back; every bracket must be closed.
    package consuming func finish() -> ByteBuffer {
        precondition(depth == 0, "J2: \(depth) brackets of JSON are still open")
        return buffer
    }

    /// Forgets everything written and keeps the memory.
    package mutating func removeAll() {
        buffer.removeAll()
        (objects, depth, needsComma, hasKey) = (0, 0, false, false)
    }

    // MARK: Structure

    /// What stands before a value: a comma in a list, nothing after a key.
    private mutating func beginValue() {
        if depth > 0 {
            let inObject = objects & 1 == 1
            precondition(inObject == hasKey, "J1: a value in an object needs a key")
            if needsComma, !inObject { buffer.append(UInt8(ascii: ",")) }
        }
        hasKey = false
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8, object: Bool) {
        beginValue()
        precondition(depth < 128, "J2: more than 128 levels of JSON")
        buffer.append(bracket)
        objects = objects << 1 | (object ? 1 : 0)
        depth += 1
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8, object: Bool) {
        precondition(depth > 0 && (objects & 1 == 1) == object && !hasKey, "J2: this bracket is not open")
        buffer.append(bracket)
        objects >>= 1
        depth -= 1
        needsComma = depth > 0
    }

    /// `{`
    package mutating func beginObject() { open(UInt8(ascii: "{"), object: true) }
    /// `}`
    package mutating func endObject() { close(UInt8(ascii: "}"), object: true) }
    /// `[`
    package mutating func beginArray() { open(UInt8(ascii: "["), object: false) }
    /// `]`
    package mutating func endArray() { close(UInt8(ascii: "]"), object: false) }

    /// An object whose members `body` writes.
    package mutating func object<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        beginObject()
        try body(&self)
        endObject()
    }

    /// An array whose elements `body` writes.
    package mutating func array<Failure: Error>(_ body: (inout JSONWriter) throws(Failure) -> Void) throws(Failure) {
        beginArray()
        try body(&self)
        endArray()
    }

    private mutating func beginKey() {
        precondition(depth > 0 && objects & 1 == 1 && !hasKey, "J1: a key stands in an object, before a value")
        if needsComma { buffer.append(UInt8(ascii: ",")) }
        hasKey = true
    }

    /// The name of the next value, known at compile time: ASCII that needs no escapes.
    package mutating func key(_ name: StaticString) {
        beginKey()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(literal: name)
        buffer.append(literal: "\":")
    }

    /// The name of the next value, any text.
    package mutating func key(text name: String) {
        beginKey()
        appendQuoted(name.utf8.span)
        buffer.append(UInt8(ascii: ":"))
    }

    // MARK: Values

    /// `null`
    package mutating func null() {
        beginValue()
        buffer.append(literal: "null")
    }

    /// `true` or `false`
    package mutating func bool(_ value: Bool) {
        beginValue()
        if value { buffer.append(literal: "true") } else { buffer.append(literal: "false") }
    }

    /// An integer, exactly. (A reader that keeps numbers as doubles loses those beyond 2^53; where that
    /// matters etcd's gateway writes them as strings: `string(number:)`.)
    package mutating func number<Number: FixedWidthInteger>(_ value: Number) {
        integer(UInt64(value.magnitude), isNegative: value < 0)
    }

    /// The same without generics, for whoever writes many.
    package mutating func number(_ value: UInt64) { integer(value, isNegative: false) }
    /// The same without generics, for whoever writes many.
    package mutating func number(_ value: Int64) { integer(value.magnitude, isNegative: value < 0) }

    private mutating func integer(_ magnitude: UInt64, isNegative: Bool) {
        beginValue()
        buffer.append(decimal: magnitude, isNegative: isNegative)
    }

    /// An integer between quotes, as the gateway writes 64-bit numbers.
    package mutating func string<Number: FixedWidthInteger>(number value: Number) {
        beginValue()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(decimal: UInt64(value.magnitude), isNegative: value < 0)
        buffer.append(UInt8(ascii: "\""))
    }

    /// A finite fraction, in the fewest digits that read back as the same number.
    package mutating func number(_ value: Double) {
        precondition(value.isFinite, "J3: JSON has no \(value)")
        beginValue()
        buffer.append(value.description)
    }

    /// A text.
    package mutating func string(_ value: String) {
        beginValue()
        appendQuoted(value.utf8.span)
    }

    /// A text known at compile time: ASCII that needs no escapes.
    package mutating func string(literal value: StaticString) {
        beginValue()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(literal: value)
        buffer.append(UInt8(ascii: "\""))
    }

    /// A number that names something: hex without leading zeroes, between quotes.
    package mutating func string(hex value: UInt64) {
        beginValue()
        let digitCount = max(1, (67 - value.leadingZeroBitCount) / 4)
        buffer.append(UInt8(ascii: "\""))
        var shift = 4 * digitCount
        while shift > 0 {
            shift -= 4
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        buffer.append(UInt8(ascii: "\""))
    }

    /// A text that the caller knows to be ASCII without quotes, backslashes and control characters.
    package mutating func string(plain text: Span<UInt8>) {
        beginValue()
        buffer.append(UInt8(ascii: "\""))
        buffer.append(text)
        buffer.append(UInt8(ascii: "\""))
    }

    /// Bytes that are meant to be UTF-8; what is not becomes U+FFFD (J3).
    package mutating func string(utf8 bytes: ByteView) {
        beginValue()
        appendQuoted(bytes.span)
    }

    /// A value that is JSON already, such as one that was read before.
    package mutating func raw(json: ByteView) {
        beginValue()
        buffer.append(json)
    }

    /// The same, from a text.
    package mutating func raw(json: String) {
        beginValue()
        buffer.append(json)
    }

    // MARK: Texts

    /// Quotes a text. Most characters stand for themselves, so runs of them are copied as they are.
    private mutating func appendQuoted(_ text: Span<UInt8>) {
        buffer.reserve(text.count + 2)
        buffer.append(UInt8(ascii: "\""))
        var index = 0
        var runStart = 0
        while index < text.count {
            let byte = text[index]
            if isPlain(byte) {
                index += 1
                continue
            }
            if runStart < index { buffer.append(text.extracting(runStart..<index)) }
            if byte < 0x80 {
                appendASCII(byte)
                index += 1
            } else {
                index += appendWide(text, at: index)
            }
            runStart = index
        }
        if runStart < index { buffer.append(text.extracting(runStart..<index)) }
        buffer.append(UInt8(ascii: "\""))
    }

    /// Whether a byte stands for itself.
    @inline(__always)
    private func isPlain(_ byte: UInt8) -> Bool {
        guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { return false }
        if escaping == .minimal { return true }
        return byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">") && byte != UInt8(ascii: "&")
    }

    private mutating func appendASCII(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): buffer.append(literal: "\\\"")
        case UInt8(ascii: "\\"): buffer.append(literal: "\\\\")
        case UInt8(ascii: "\n"): buffer.append(literal: "\\n")
        case UInt8(ascii: "\r"): buffer.append(literal: "\\r")
        case UInt8(ascii: "\t"): buffer.append(literal: "\\t")
        case 0x08 where escaping == .minimal: buffer.append(literal: "\\b")
        case 0x0C where escaping == .minimal: buffer.append(literal: "\\f")
        case 0..<0x20: appendEscape(UInt16(byte))
        case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
            if escaping == .asGo { appendEscape(UInt16(byte)) } else { buffer.append(byte) }
        default: buffer.append(byte)
        }
    }

    /// Writes the character that begins at `index` with a byte of 0x80 or more; returns its length.
    private mutating func appendWide(_ text: Span<UInt8>, at index: Int) -> Int {
        let length = utf8Length(text, at: index)
        guard length > 0 else {
            buffer.append(literal: "\u{FFFD}")
            return 1
        }
        let isSeparator =
            length == 3 && text[index] == 0xE2 && text[index + 1] == 0x80 && text[index + 2] & 0xFE == 0xA8
        if escaping == .asGo, isSeparator {
            appendEscape(0x2028 | UInt16(text[index + 2] & 1))
        } else {
            buffer.append(text.extracting(index..<(index + length)))
        }
        return length
    }

    /// `\u00e9`, lowercase as Go writes it.
    private mutating func appendEscape(_ unit: UInt16) {
        buffer.append(literal: "\\u")
        for shift in stride(from: 12, through: 0, by: -4) {
            let digit = UInt8(unit >> shift & 15)
            buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

/// How many bytes the character at `index` has, or 0 where the bytes are not UTF-8 (RFC 3629: no overlong
/// forms, no surrogates, nothing above U+10FFFF). The first byte is 0x80 or more.
func utf8Length(_ text: Span<UInt8>, at index: Int) -> Int {
    let first = text[index]
    let length: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    // The first byte says the length; for four of them, it also narrows the second byte.
    switch first {
    case 0xC2...0xDF: length = 2
    case 0xE0: (length, low) = (3, 0xA0)
    case 0xED: (length, high) = (3, 0x9F)
    case 0xE1...0xEF: length = 3
    case 0xF0: (length, low) = (4, 0x90)
    case 0xF1...0xF3: length = 4
    case 0xF4: (length, high) = (4, 0x8F)
    default: return 0
    }
    guard text.count - index >= length, text[index + 1] >= low, text[index + 1] <= high else { return 0 }
    for place in 2..<max(length, 2) where text[index + place] & 0xC0 != 0x80 { return 0 }
    return length
}

extension ByteBuffer {
    /// An integer in decimal digits.
    package mutating func append<Number: FixedWidthInteger>(decimal value: Number) {
        append(decimal: UInt64(value.magnitude), isNegative: value < 0)
    }

    /// The same without generics, which cost more than the digits where they are not specialised.
    package mutating func append(decimal magnitude: UInt64, isNegative: Bool) {
        if isNegative { append(UInt8(ascii: "-")) }
        append(decimal: magnitude)
    }
}
