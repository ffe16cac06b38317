// LineTranscoder.swift: from the compact form to a line, in one pass, for the thread that writes traces.
//
// A busy member reports a million events a second, and every one becomes a line of 250 bytes. So this is the one place
// where a line is not written by the strict JSONWriter of TraceLine.swift but by hand:
//
//     compact     11  ca 01  02 01   ...                    one number after the other
//                  |    |     |
//     line        {"wall":"2026-11-20T10:14:16.000000250Z","mono":2487000812,"member":"8e9e05c52164694d","epoch":3,"seq":17, ...
//                 ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~        ^~~~~~~~~~~~~      ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
//                 once a millisecond                   once a millisecond once
//
// HOW DOES IT KNOW THE FIELDS? It is a visitor like the others: it is shown the fields of a blank event, and for each
// name it takes the next value of the record and writes both. No event is ever made.
//
// WHY MAY IT SKIP JSON'S RULES? Names are literals that need no escapes, brackets come from `group` and `list` in pairs.
// That it writes what JSONWriter would write, to the byte, is tested with random values for every kind of event.
//
// WHERE DID THE TIME GO? A quarter into digits, a fifth into bytes of keys, a sixth into names. So the digits of clocks that stay
// the same are kept, keys are looked at eight bytes at a time, and every function that is given a field's name is inlined: the
// name is then known to the compiler, and putting it into the line is two or three stores.
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
    /// `,"member":"8e9e05c52164694d","epoch":3,"seq":`, and the same without its comma, for lines without times.
    private let identity: ByteSlice
    private let bareIdentity: ByteSlice
    /// `{"wall":"2026-11-20T10:14:16.123`, and of which millisecond that is.
    private var wallText = ByteSlice()
    private var wallMillisecond = Int64.min
    /// `Z","mono":2487`, and of which millisecond that is; the first has another form.
    private var monotonicText = ByteSlice()
    private var monotonicMillisecond: UInt64 = 0

    /// For the events of one life.
    package init(_ origin: TraceOrigin, into buffer: consuming ByteBuffer = ByteBuffer(capacity: 1 << 16)) {
        self.buffer = buffer
        identity = ByteSlice(
            utf8: #","member":"\#(origin.member)","epoch":\#(origin.epoch.rawValue),"seq":"#)
        bareIdentity = identity.dropFirst(1)
    }

    /// Writes a record as a line, the newline included, and returns its number. After an error, what was written of the
    /// line is taken back.
    @discardableResult
    package mutating func line(_ record: ByteView, at time: TraceTime?) throws(TraceError) -> EventSequence {
        let start = buffer.count
        reader = CompactReader(record)
        let header = try reader.header()
        guard let row = Event.table.row(header.number) else { throw .unknownNumber(UInt64(header.number)) }
        buffer.reserve(record.count + 400)
        if let time {
            append(time)
            buffer.append(identity.view)
        } else {
            buffer.append(UInt8(ascii: "{"))
            buffer.append(bareIdentity.view)
        }
        buffer.append(decimal: header.sequence.rawValue)
        if header.hasCause { append(header) }
        if let message = header.message {
            buffer.append(literal: ",\"conn\":\"")
            buffer.append(hex: message.connection.rawValue)
            buffer.append(literal: "\",\"ord\":")
            buffer.append(decimal: message.ordinal)
        }
        buffer.append(row.spelling.view)
        needsComma = true
        row.transcode(&self)
        // `}` and a newline.
        buffer.append(littleEndian: 0x0A7D as UInt16)
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
        var (whole, fraction) = time.wall.quotientAndRemainder(dividingBy: nanosecondsPerMillisecond)
        if fraction < 0 { (whole, fraction) = (whole - 1, fraction + nanosecondsPerMillisecond) }
        if whole != wallMillisecond { noteWall(whole, time.wall) }
        buffer.append(wallText.view)
        buffer.append(sixDigits: UInt32(truncatingIfNeeded: fraction))
        let (milliseconds, rest) = time.monotonic.quotientAndRemainder(
            dividingBy: UInt64(nanosecondsPerMillisecond))
        guard milliseconds > 0 else {
            buffer.append(literal: "Z\",\"mono\":")
            buffer.append(decimal: rest)
            return
        }
        if milliseconds != monotonicMillisecond { noteMonotonic(milliseconds) }
        buffer.append(monotonicText.view)
        buffer.append(sixDigits: UInt32(truncatingIfNeeded: rest))
    }

    @inline(never)
    private mutating func noteWall(_ millisecond: Int64, _ wall: Int64) {
        wallMillisecond = millisecond
        var text = JSONWriter()
        text.string(wallClock: wall)
        let written = text.finish()
        // "2026-11-20T10:14:16.123456789Z" with its quotes: 24 bytes up to the millisecond's last digit.
        var line = ByteBuffer(capacity: 64)
        line.append(literal: "{\"wall\":")
        line.append(written.view.prefix(24))
        wallText = line.slice()
    }

    @inline(never)
    private mutating func noteMonotonic(_ millisecond: UInt64) {
        monotonicMillisecond = millisecond
        var line = ByteBuffer(capacity: 64)
        line.append(literal: "Z\",\"mono\":")
        line.append(decimal: millisecond)
        monotonicText = line.slice()
    }

    /// What stands before a value.
    @inline(__always)
    private mutating func begin(_ name: StaticString?) {
        if let name {
            buffer.append(jsonKey: name, comma: needsComma)
        } else if needsComma {
            buffer.append(UInt8(ascii: ","))
        }
        needsComma = true
    }
}

private let nanosecondsPerMillisecond: Int64 = 1_000_000

/// One digit, of the low four bits.
func hexDigit(_ value: UInt8) -> UInt8 {
    let digit = value & 15
    return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
}

extension LineTranscoder: FieldVisiting {
    /// A number.
    @inline(__always)
    package mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) {
        begin(name)
        appendUnsigned()
    }
    /// A number.
    @inline(__always)
    package mutating func signed(_ name: StaticString?, _ value: inout Int64) {
        begin(name)
        appendSigned()
    }
    /// Hex between quotes.
    @inline(__always)
    package mutating func identifier(_ name: StaticString?, _ value: inout UInt64) {
        begin(name)
        appendIdentifier()
    }
    /// `true` or `false`.
    @inline(__always)
    package mutating func bool(_ name: StaticString?, _ value: inout Bool) {
        begin(name)
        appendBool()
    }
    /// Printable ASCII as it is, everything else as `\xNN`.
    @inline(__always)
    package mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) {
        begin(name)
        appendEscaped()
    }
    /// The same.
    @inline(__always)
    package mutating func short(_ name: StaticString?, _ value: inout TraceBytes) {
        begin(name)
        appendEscaped()
    }
    /// A text.
    @inline(__always)
    package mutating func text(_ name: StaticString?, _ value: inout String) {
        begin(name)
        appendText()
    }
    /// The name of the case.
    @inline(__always)
    package mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
        begin(name)
        reader.word(nil, &value)
        appendQuoted(value.name)
    }
    /// An array.
    @inline(__always)
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
    @inline(__always)
    package mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) {
        begin(name)
        buffer.append(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        buffer.append(UInt8(ascii: "}"))
        needsComma = true
    }
}

// The values alone. These are calls: there are hundreds of fields, and this much code for each would not fit a processor's cache.
extension LineTranscoder {
    @inline(never)
    private mutating func appendUnsigned() { buffer.append(decimal: reader.number()) }

    @inline(never)
    private mutating func appendSigned() {
        let number = reader.zigzag()
        if number < 0 { buffer.append(UInt8(ascii: "-")) }
        buffer.append(decimal: number.magnitude)
    }

    @inline(never)
    private mutating func appendIdentifier() {
        buffer.append(UInt8(ascii: "\""))
        buffer.append(hex: reader.fixed())
        buffer.append(UInt8(ascii: "\""))
    }

    @inline(never)
    private mutating func appendBool() {
        if reader.byte() != 0 { buffer.append(literal: "true") } else { buffer.append(literal: "false") }
    }

    @inline(never)
    private mutating func appendQuoted(_ text: StaticString) {
        buffer.append(UInt8(ascii: "\""))
        buffer.append(literal: text)
        buffer.append(UInt8(ascii: "\""))
    }

    @inline(never)
    private mutating func appendText() {
        // Texts are rare, and may be anything: JSON's own writer knows how.
        var text = JSONWriter()
        text.string(reader.run().lossyText)
        let written = text.finish()
        buffer.append(written.view)
    }

    @inline(never)
    private mutating func appendEscaped() {
        buffer.append(UInt8(ascii: "\""))
        let bytes = reader.run()
        buffer.reserve(bytes.count + 8)
        var place = 0
        // Most keys are plain, and eight plain bytes go over at once.
        while bytes.count - place >= 8 {
            let eight: UInt64 = bytes.littleEndian(at: place)
            if Self.isPlain(eight) {
                buffer.append(littleEndian: eight)
            } else {
                for byte in place..<(place + 8) { appendEscaped(bytes[byte]) }
            }
            place += 8
        }
        while place < bytes.count {
            appendEscaped(bytes[place])
            place += 1
        }
        buffer.append(UInt8(ascii: "\""))
    }

    /// Whether all eight bytes are printable ASCII, and none of them a quote or a backslash. It may say no where the answer is
    /// yes, never the other way round: a byte whose top bit is set by one of the subtractions is below what was subtracted, or
    /// stands above such a byte, or had the bit before.
    @inline(__always)
    static func isPlain(_ bytes: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // Below a space; equal to a quote, a backslash, or the last of ASCII, which is none that prints.
        let odd =
            (bytes &- ones &* 0x20) | ((bytes ^ ones &* 0x22) &- ones) | ((bytes ^ ones &* 0x5C) &- ones)
            | ((bytes ^ ones &* 0x7F) &- ones) | bytes
        return odd & (ones &* 0x80) == 0
    }

    @inline(__always)
    private mutating func appendEscaped(_ byte: UInt8) {
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
}
