// LineTranscoder.swift: from the compact form to a line, in one pass, for the thread that writes traces.
//
// A busy member reports a million events a second, and every one becomes a line of 250 bytes. So this is the one place
// where a line is not written by the strict JSONWriter of TraceLine.swift but by hand:
//
//     compact     11  ca 01  02 01   ...                    one number after the other
//                  |    |     |
//     line        {"wall":"2026-11-20T10:14:16.123000250Z","mono":2487000812,"member":"8e9e05c52164694d","epoch":3,"seq":17, ...
//                                                 ^~~~~~              ^~~~~~
//                 the same for every event of a millisecond, but for these digits
//
// HOW DOES IT KNOW THE FIELDS? It is a visitor like the others: it is shown the fields of a blank event, and for each
// name it takes the next value of the record and writes both. No event is ever made.
//
// WHY MAY IT SKIP JSON'S RULES? Names are literals that need no escapes, brackets come from `group` and `list` in pairs.
// That it writes what JSONWriter would write, to the byte, is tested with random values for every kind of event.
//
// WHERE DID THE TIME GO? A quarter into digits, a fifth into bytes of keys, a sixth into names, a tenth into lists of causes. So
// the beginning of a line is kept for a millisecond, keys are looked at eight bytes at a time, causes are written as they are
// read, and every function that is given a field's name is inlined: the name is then known to the compiler, and putting it into
// the line is two or three stores.
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
    /// `"member":"8e9e05c52164694d","epoch":3,"seq":`
    private let identity: ByteSlice
    private var beginning = LineBeginning()

    /// For the events of one life.
    package init(_ origin: TraceOrigin, into buffer: consuming ByteBuffer = ByteBuffer(capacity: 1 << 16)) {
        self.buffer = buffer
        identity = ByteSlice(utf8: #""member":"\#(origin.member)","epoch":\#(origin.epoch.rawValue),"seq":"#)
    }

    /// Writes a record as a line, the newline included, and returns its number. After an error, what was written of the
    /// line is taken back.
    @discardableResult
    package mutating func line(_ record: ByteView, at time: TraceTime?) throws(TraceError) -> EventSequence {
        let start = buffer.count
        reader = CompactReader(record)
        let event = reader.beginning()
        guard let row = Event.table.row(event.number) else {
            throw reader.error.map(TraceError.damaged) ?? .unknownNumber(UInt64(event.number))
        }
        buffer.reserve(record.count + 400)
        begin(time)
        buffer.append(decimal: event.sequence.rawValue)
        let causes = reader.causes(event.shape)
        if causes > 0 { append(causes: causes, of: event.sequence) }
        if let message = reader.message(event.shape) { append(message) }
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
        return event.sequence
    }

    @inline(__always)
    private mutating func append(causes: Int, of sequence: EventSequence) {
        buffer.append(literal: ",\"causes\":[")
        buffer.append(decimal: reader.cause(of: sequence).rawValue)
        for _ in 1..<causes {
            buffer.append(UInt8(ascii: ","))
            buffer.append(decimal: reader.cause(of: sequence).rawValue)
        }
        buffer.append(UInt8(ascii: "]"))
    }

    @inline(never)
    private mutating func append(_ message: MessageName) {
        buffer.append(literal: ",\"conn\":\"")
        buffer.append(hex: message.connection.rawValue)
        buffer.append(literal: "\",\"ord\":")
        buffer.append(decimal: message.ordinal)
    }

    /// Everything before the event's number.
    @inline(__always)
    private mutating func begin(_ time: TraceTime?) {
        guard let time else {
            buffer.append(UInt8(ascii: "{"))
            buffer.append(identity.view)
            return
        }
        var (wall, wallRest) = time.wall.quotientAndRemainder(dividingBy: nanosecondsPerMillisecond)
        if wallRest < 0 { (wall, wallRest) = (wall - 1, wallRest + nanosecondsPerMillisecond) }
        let (monotonic, rest) = time.monotonic.quotientAndRemainder(dividingBy: UInt64(nanosecondsPerMillisecond))
        if wall != beginning.wall || monotonic != beginning.monotonic || monotonic == 0 {
            beginning.renew(time, wall, monotonic, identity)
        }
        let start = buffer.count
        buffer.append(beginning.text.view)
        buffer.overwrite(sixDigits: UInt32(truncatingIfNeeded: wallRest), at: start + LineBeginning.wallDigits)
        if monotonic > 0 {
            buffer.overwrite(sixDigits: UInt32(truncatingIfNeeded: rest), at: start + beginning.monotonicDigits)
        }
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

/// How the lines of one millisecond begin.
private struct LineBeginning {
    /// Which millisecond it is of, by both clocks.
    var wall = Int64.min
    var monotonic = UInt64.max
    /// `{"wall":"2026-11-20T10:14:16.123______Z","mono":2487______,"member":"8e9e05c52164694d","epoch":3,"seq":`
    var text = ByteSlice()
    /// Where the last six digits of the clocks stand in it. A date has always the same length.
    static let wallDigits = 32
    var monotonicDigits = 0

    @inline(never)
    mutating func renew(_ time: TraceTime, _ wall: Int64, _ monotonic: UInt64, _ identity: ByteSlice) {
        (self.wall, self.monotonic) = (wall, monotonic)
        var date = JSONWriter()
        date.string(wallClock: time.wall)
        let written = date.finish()
        var line = ByteBuffer(capacity: 128)
        line.append(literal: "{\"wall\":")
        line.append(written.view)
        line.append(literal: ",\"mono\":")
        line.append(decimal: monotonic > 0 ? monotonic : time.monotonic)
        monotonicDigits = line.count
        // In the first millisecond of a clock, which only tests see, there are no zeroes in front, and nothing is kept.
        if monotonic > 0 { line.append(literal: "______") }
        line.append(UInt8(ascii: ","))
        line.append(identity)
        text = line.slice()
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
