// LineTranscoder.swift: from the compact form to a line, in one pass, for the thread that writes traces.
//
// A busy member reports a million events a second, and every one becomes a line of 250 bytes. So this is the one place
// where a line is not written by the strict JSONWriter of TraceLine.swift but by hand:
//
//     compact     11  ca 01  02 01   ...                    one number after the other
//                  |    |     |
//     line        {"wall":"2026-11-20T10:14:16.000000250Z","mono":812,"member":"8e9e05c52164694d","epoch":3,"seq":17, ...
//                         ^~~~~~~~~~~~~~~~~~~~ said once a second    ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ said once
//
// HOW DOES IT KNOW THE FIELDS? It is a visitor like the others: it is shown the fields of a blank event, and for each
// name it takes the next value of the record and writes both. No event is ever made.
//
// WHY MAY IT SKIP JSON'S RULES? Names are literals that need no escapes, brackets come from `group` and `list` in pairs.
// That it writes what JSONWriter would write, to the byte, is tested with random values for every kind of event.
//
// COST     see TraceFilesTests, `bench: a trace point into the ring, and the thread behind it`.
// SHOWN BY  TraceRoundTripTests

package import Bytes
import JSON

/// Writes compact records of one life as lines.
package struct LineTranscoder: ~Copyable {
    /// The lines. They may be taken, and the buffer emptied, between records.
    package var buffer: ByteBuffer
    private var reader = CompactReader(ByteView())
    /// Whether a comma stands before the next name or element.
    private var needsComma = true
    /// `,"member":"8e9e05c52164694d","epoch":3,"seq":`
    private let identity: ByteSlice
    /// `2026-11-20T10:14:16.`, and of which second that is.
    private var secondText = ByteSlice()
    private var second = Int64.min

    /// For the events of one life.
    package init(_ origin: TraceOrigin, into buffer: consuming ByteBuffer = ByteBuffer(capacity: 1 << 16)) {
        self.buffer = buffer
        identity = ByteSlice(
            utf8: #","member":"\#(origin.member)","epoch":\#(origin.epoch.rawValue),"seq":"#)
    }

    /// Writes a record as a line, the newline included, and returns its number. After an error, what was written of the
    /// line is taken back.
    @discardableResult
    package mutating func line(_ record: ByteView, at time: TraceTime?) throws(TraceError) -> EventSequence {
        let start = buffer.count
        reader = CompactReader(record)
        let header = try reader.header()
        guard let row = Event.table.row(header.number) else { throw .unknownNumber(header.number) }
        buffer.reserve(record.count + 400)
        buffer.append(UInt8(ascii: "{"))
        if let time { append(time) }
        // Without times the line begins with the member, and so without the comma.
        buffer.append(time == nil ? identity.dropFirst(1) : identity)
        buffer.append(decimal: header.sequence.rawValue)
        if header.hasCause { append(header) }
        if let message = header.message {
            buffer.append(literal: ",\"conn\":\"")
            append(hex: message.connection.rawValue)
            buffer.append(literal: "\",\"ord\":")
            buffer.append(decimal: message.ordinal)
        }
        buffer.append(literal: ",\"event\":\"")
        buffer.append(literal: row.kind.name)
        buffer.append(UInt8(ascii: "\""))
        needsComma = true
        row.transcode(&self)
        buffer.append(literal: "}\n")
        do {
            try reader.finish()
        } catch {
            buffer.truncate(to: start)
            throw error
        }
        return header.sequence
    }

    private mutating func append(_ header: CompactHeader) {
        buffer.append(literal: ",\"causes\":[")
        buffer.append(decimal: header.cause.rawValue)
        for cause in header.more {
            buffer.append(UInt8(ascii: ","))
            buffer.append(decimal: cause.rawValue)
        }
        buffer.append(UInt8(ascii: "]"))
    }

    private mutating func append(_ time: TraceTime) {
        var (whole, fraction) = time.wall.quotientAndRemainder(dividingBy: nanosecondsPerSecond)
        if fraction < 0 { (whole, fraction) = (whole - 1, fraction + nanosecondsPerSecond) }
        if whole != second {
            second = whole
            var text = JSONWriter()
            text.string(wallClock: whole * nanosecondsPerSecond)
            // "2026-11-20T10:14:16.000000000Z" with its quotes: 21 bytes up to the point.
            secondText = text.finish().slice().prefix(21)
        }
        buffer.append(literal: "\"wall\":")
        buffer.append(secondText)
        var digits = InlineArray<9, UInt8>(repeating: 0)
        var rest = UInt32(truncatingIfNeeded: fraction)
        for place in 1...9 {
            digits[9 - place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        buffer.append(digits.span)
        buffer.append(literal: "Z\",\"mono\":")
        buffer.append(decimal: time.monotonic)
    }

    private mutating func append(hex value: UInt64) {
        var shift = 4 * max(1, (67 - value.leadingZeroBitCount) / 4)
        while shift > 0 {
            shift -= 4
            buffer.append(hexDigit(UInt8(truncatingIfNeeded: value >> UInt64(shift))))
        }
    }

    /// What stands before a value.
    private mutating func begin(_ name: StaticString?) {
        if let name {
            buffer.append(jsonKey: name, comma: needsComma)
        } else if needsComma {
            buffer.append(UInt8(ascii: ","))
        }
        needsComma = true
    }
}

/// One digit, of the low four bits.
func hexDigit(_ value: UInt8) -> UInt8 {
    let digit = value & 15
    return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
}

extension LineTranscoder: FieldVisiting {
    /// A number.
    package mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) {
        begin(name)
        buffer.append(decimal: reader.varint())
    }
    /// A number.
    package mutating func signed(_ name: StaticString?, _ value: inout Int64) {
        begin(name)
        let number = reader.zigzag()
        buffer.append(decimal: number.magnitude, isNegative: number < 0)
    }
    /// Hex between quotes.
    package mutating func identifier(_ name: StaticString?, _ value: inout UInt64) {
        begin(name)
        buffer.append(UInt8(ascii: "\""))
        append(hex: reader.fixed())
        buffer.append(UInt8(ascii: "\""))
    }
    /// `true` or `false`.
    package mutating func bool(_ name: StaticString?, _ value: inout Bool) {
        begin(name)
        if reader.byte() != 0 { buffer.append(literal: "true") } else { buffer.append(literal: "false") }
    }
    /// Printable ASCII as it is, everything else as `\xNN`.
    package mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) { appendEscaped(name) }
    /// The same.
    package mutating func short(_ name: StaticString?, _ value: inout TraceBytes) { appendEscaped(name) }

    private mutating func appendEscaped(_ name: StaticString?) {
        begin(name)
        buffer.append(UInt8(ascii: "\""))
        let bytes = reader.run()
        for place in 0..<bytes.count {
            let byte = bytes[place]
            switch byte {
            case UInt8(ascii: "\""): buffer.append(literal: "\\\"")
            // Doubled for us, and each of the two once more for JSON.
            case UInt8(ascii: "\\"): buffer.append(literal: "\\\\\\\\")
            case 0x20..<0x7F: buffer.append(byte)
            default:
                buffer.append(literal: "\\\\x")
                buffer.append(hexDigit(byte >> 4))
                buffer.append(hexDigit(byte))
            }
        }
        buffer.append(UInt8(ascii: "\""))
    }

    /// A text.
    package mutating func text(_ name: StaticString?, _ value: inout String) {
        begin(name)
        // Texts are rare, and may be anything: JSON's own writer knows how.
        var text = JSONWriter()
        text.string(reader.run().lossyText)
        let written = text.finish()
        buffer.append(written.view)
    }
    /// The name of the case.
    package mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
        begin(name)
        reader.word(nil, &value)
        buffer.append(UInt8(ascii: "\""))
        buffer.append(literal: value.name)
        buffer.append(UInt8(ascii: "\""))
    }
    /// An array.
    package mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element, _ element: (inout Element, inout Self) -> Void
    ) {
        begin(name)
        buffer.append(UInt8(ascii: "["))
        needsComma = false
        for _ in 0..<reader.count() {
            var one = blank
            element(&one, &self)
        }
        buffer.append(UInt8(ascii: "]"))
        needsComma = true
    }
    /// An object.
    package mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) {
        begin(name)
        buffer.append(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        buffer.append(UInt8(ascii: "}"))
        needsComma = true
    }
}
