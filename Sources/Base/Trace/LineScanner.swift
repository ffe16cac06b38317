// LineScanner.swift: a line that we wrote ourselves, read without looking up a single name.
//
// A trace of a million events is a quarter of a gigabyte of JSON. Read as JSON it becomes a million trees, each field looked
// up by its name: 10 us a line. But nearly every line was written by LineTranscoder, so we know what comes next:
//
//     line         ... "event":"gap","first":31,"last":40}
//     expected          ,"first":   ^ a number, ,"last":   ^ a number, }
//
// The scanner is a visitor that is shown the fields of a blank event, expects their names one after the other and takes the
// values between. WHERE IT FINDS ANYTHING ELSE (members in another order, unknown ones, spaces, escapes that we do not
// write) it gives up the line, and TraceLine.swift reads it as JSON: slower, and with the reason if it is no event. So the
// scanner decides nothing, and a line means the same whoever reads it.
//
// COST     TraceModelTests, `bench: a million events`.
// RULES    N1  what the scanner takes, the JSON reader takes too, and gives the same record.
//          N2  it never traps and looks at each byte once, whatever the line says.
// SHOWN BY  TraceRoundTripTests; the fuzzer (Tests/Fuzzing, `trace-line`)

package import Bytes
import Identifiers

/// What stands in a line before the facts.
package struct TraceHead: Hashable, Sendable {
    /// Whose event.
    package var origin = TraceOrigin(member: .none, epoch: BootEpoch(rawValue: 0))
    /// Its number.
    package var sequence = EventSequence.none
    /// Its causes.
    package var causes: [EventSequence] = []
    /// The message that it sends or receives.
    package var message: MessageName?
    /// When the sink saw it.
    package var time: TraceTime?
    /// The number of its kind.
    package var kind: UInt8 = 0

    /// Blank.
    package init() {}
}

/// Takes values from a line that is spelled as we spell it.
package struct LineScanner {
    private let bytes: ByteView
    private var position = 0
    /// Whether something else was found than was expected.
    private(set) var isLost = false
    private var needsComma = true
    /// The last second that was read, and what it means: most lines are of the same.
    private var clock: WallClockMemory

    /// Reads one line, without its newline.
    private init(_ line: ByteView, _ clock: WallClockMemory) {
        bytes = line
        self.clock = clock
    }

    /// Reads a line and writes it compactly; nil when it is not spelled as we spell it. Then nothing is said of it.
    package static func read(
        _ line: ByteView, into writer: inout CompactWriter, _ clock: inout WallClockMemory
    ) -> TraceHead? {
        var scanner = LineScanner(line, clock)
        var head = TraceHead()
        guard let row = scanner.head(&head) else { return nil }
        clock = scanner.clock
        guard head.causes.allSatisfy({ $0 < head.sequence }) else { return nil }
        row.rewrite(&scanner, &writer, head)
        guard scanner.take("}"), !scanner.isLost, scanner.position == line.count else { return nil }
        return head
    }

    private mutating func head(_ head: inout TraceHead) -> EventRow? {
        guard take("{") else { return nil }
        if take("\"wall\":\"") {
            guard let wall = clock.wall(in: bytes, at: position) else { return nil }
            position += 30
            guard take("\",\"mono\":") else { return nil }
            head.time = TraceTime(monotonic: digits(), wall: wall)
            guard take(",") else { return nil }
        }
        guard take("\"member\":\"") else { return nil }
        head.origin.member.rawValue = hexDigits()
        guard take("\",\"epoch\":") else { return nil }
        head.origin.epoch.rawValue = digits()
        guard take(",\"seq\":") else { return nil }
        head.sequence.rawValue = digits()
        if take(",\"causes\":[") {
            repeat { head.causes.append(EventSequence(rawValue: digits())) } while take(",") && !isLost
            guard take("]") else { return nil }
        }
        if take(",\"conn\":\"") {
            let connection = ConnectionID(rawValue: hexDigits())
            guard take("\",\"ord\":") else { return nil }
            head.message = MessageName(connection, digits())
        }
        guard take(",\"event\":\""), !isLost else { return nil }
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += 1 }
        guard let row = Event.table.row(spelled: bytes[start..<position]), take("\"") else { return nil }
        head.kind = row.kind.number
        return row
    }

    /// Goes on behind a text if it stands here.
    private mutating func take(_ text: ByteView) -> Bool {
        let end = position + text.count
        guard end <= bytes.count, bytes[position..<end] == text else { return false }
        position = end
        return true
    }

    private mutating func expect(_ text: ByteView) { if !take(text) { isLost = true } }

    private mutating func expect(_ byte: UInt8) {
        if position < bytes.count, bytes[position] == byte { position += 1 } else { isLost = true }
    }

    /// What stands before a value.
    private mutating func begin(_ name: StaticString?) {
        if needsComma { expect(UInt8(ascii: ",")) }
        needsComma = true
        guard let name else { return }
        expect(UInt8(ascii: "\""))
        expect(ByteView(stringLiteral: name))
        expect("\":")
    }

    /// A number as we write it: no sign, no leading zeroes.
    private mutating func digits() -> UInt64 {
        let start = position
        var number: UInt64 = 0
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            let (tens, over) = number.multipliedReportingOverflow(by: 10)
            let (sum, more) = tens.addingReportingOverflow(UInt64(digit))
            if over || more { isLost = true }
            number = sum
            position += 1
        }
        let length = position - start
        if length == 0 || length > 1 && bytes[start] == UInt8(ascii: "0") { isLost = true }
        return number
    }

    private mutating func hexDigits() -> UInt64 {
        let start = position
        var number: UInt64 = 0
        while position < bytes.count, position - start < 17 {
            guard let digit = hexValue(bytes[position]) else { break }
            number = number << 4 | UInt64(digit)
            position += 1
        }
        if position == start || position - start > 16 { isLost = true }
        return number
    }

    /// The bytes that a text with `\xNN` stands for, up to its quote.
    private mutating func unescaped() -> ByteView? {
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return bytes[start..<(position - 1)]
            case UInt8(ascii: "\\"): return nil
            case 0x20..<0x7F: position += 1
            default:
                isLost = true
                return ByteView()
            }
        }
        isLost = true
        return ByteView()
    }

    /// The same where something is escaped: one backslash of ours is two of JSON.
    private mutating func escaped(from start: Int) -> ByteSlice {
        var buffer = ByteBuffer(capacity: 64)
        buffer.append(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return buffer.slice()
            case UInt8(ascii: "\\"):
                if take("\"") {
                    buffer.append(UInt8(ascii: "\""))
                } else if take("\\\\\\") {
                    buffer.append(UInt8(ascii: "\\"))
                } else if take("\\x"), position + 2 <= bytes.count, let high = hexValue(bytes[position]),
                    let low = hexValue(bytes[position + 1])
                {
                    buffer.append(high << 4 | low)
                    position += 2
                } else {
                    isLost = true
                    return ByteSlice()
                }
            case 0x20..<0x7F: buffer.append(byte)
            default:
                isLost = true
                return ByteSlice()
            }
        }
        isLost = true
        return ByteSlice()
    }
}

/// The value of a lowercase digit.
private func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
}

/// The last second of a wall clock that was read: lines that follow each other are mostly of the same.
package struct WallClockMemory: Sendable {
    private var text = ByteSlice()
    private var nanoseconds: Int64 = 0

    /// Nothing was read yet.
    package init() {}

    /// The time that stands at a place of a line: `2026-11-20T10:14:16.000000250Z`.
    mutating func wall(in line: ByteView, at position: Int) -> Int64? {
        guard position + 30 <= line.count else { return nil }
        let seconds = line[position..<(position + 20)]
        if seconds != text.view {
            let whole = line[position..<(position + 30)]
            guard let time = wallClock(parsing: whole.lossyText) else { return nil }
            let fraction = ((time % nanosecondsPerSecond) + nanosecondsPerSecond) % nanosecondsPerSecond
            // The earliest second that fits has no beginning that fits.
            let (start, over) = time.subtractingReportingOverflow(fraction)
            if over { return time }
            text = ByteSlice(copying: seconds)
            nanoseconds = start
        }
        var fraction: Int64 = 0
        for place in (position + 20)..<(position + 29) {
            let digit = line[place] &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            fraction = fraction * 10 + Int64(digit)
        }
        let (sum, over) = nanoseconds.addingReportingOverflow(fraction)
        return over || line[position + 29] != UInt8(ascii: "Z") ? nil : sum
    }
}

extension LineScanner: FieldVisiting {
    /// A number.
    package mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) {
        if isLost { return }
        begin(name)
        value = digits()
    }
    /// A number.
    package mutating func signed(_ name: StaticString?, _ value: inout Int64) {
        if isLost { return }
        begin(name)
        let isNegative = take("-")
        let magnitude = digits()
        if !isNegative, magnitude <= UInt64(Int64.max) {
            value = Int64(magnitude)
        } else if isNegative, magnitude > 0, magnitude <= UInt64(Int64.max) + 1 {
            value = Int64(truncatingIfNeeded: 0 &- magnitude)
        } else {
            isLost = true
        }
    }
    /// Hex between quotes.
    package mutating func identifier(_ name: StaticString?, _ value: inout UInt64) {
        if isLost { return }
        begin(name)
        expect(UInt8(ascii: "\""))
        value = hexDigits()
        expect(UInt8(ascii: "\""))
    }
    /// `true` or `false`.
    package mutating func bool(_ name: StaticString?, _ value: inout Bool) {
        if isLost { return }
        begin(name)
        value = take("true")
        if !value { expect("false") }
    }
    /// Text with `\xNN`.
    package mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) {
        if isLost { return }
        begin(name)
        expect(UInt8(ascii: "\""))
        let start = position
        value = unescaped().map(ByteSlice.init(copying:)) ?? escaped(from: start)
    }
    /// The same.
    package mutating func short(_ name: StaticString?, _ value: inout TraceBytes) {
        if isLost { return }
        begin(name)
        expect(UInt8(ascii: "\""))
        let start = position
        value = unescaped().map { TraceBytes($0) } ?? TraceBytes(escaped(from: start))
    }
    /// A text, as long as nothing in it is escaped.
    package mutating func text(_ name: StaticString?, _ value: inout String) {
        if isLost { return }
        begin(name)
        expect(UInt8(ascii: "\""))
        guard let plain = unescaped() else {
            isLost = true
            return
        }
        value = plain.lossyText
    }
    /// The name of a case.
    package mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
        if isLost { return }
        begin(name)
        expect(UInt8(ascii: "\""))
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") { position += 1 }
        if let word = Word(spelled: bytes[start..<position]) { value = word } else { isLost = true }
        expect(UInt8(ascii: "\""))
    }
    /// An array.
    package mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element, _ element: (inout Element, inout Self) -> Void
    ) {
        if isLost { return }
        begin(name)
        expect(UInt8(ascii: "["))
        needsComma = false
        values = []
        while !isLost, !take("]") {
            var one = blank
            element(&one, &self)
            values.append(one)
        }
        needsComma = true
    }
    /// An object.
    package mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) {
        if isLost { return }
        begin(name)
        expect(UInt8(ascii: "{"))
        needsComma = false
        body(&self)
        expect(UInt8(ascii: "}"))
        needsComma = true
    }
}
