// TraceLine.swift: one event as one line of JSON.
//
// This is the form that is kept, merged, drawn and piped into jq. Envelope and fields stand side by side, so
// that `jq 'select(.event == "vote-answered") | .term'` is all that it takes:
//
//     {"wall":"2026-11-20T10:14:16.000000250Z","mono":812,"member":"8e9e05c52164694d","epoch":3,"seq":17,
//      "causes":[15],"conn":"5c1f0a8b7d3e2f10","ord":4,
//      "event":"vote-answered","candidate":"fd422379fda50e48","term":5,"vote":"0","granted":false}
//
// `wall` and `mono` are absent where there is no clock (simulation), `causes` where there are none, `conn` and
// `ord` where no message is sent or received. Everything else is always there. Bytes that are not printable
// ASCII are spelled `\xNN` inside the text, and a backslash is doubled, so that any key survives the journey.
//
// RULES    L1  a line is one JSON object and a newline; `event` comes before the event's fields.
//          L2  a reader takes members in any order and ignores those that it does not know.
//          L3  reading a line gives the record that was written, exactly.
//
// Described for users in Tutorials/trace-format.md. SHOWN BY  TraceTests

package import Bytes
import Identifiers
package import JSON

/// The names of the envelope; no field of an event may have one of them.
package let envelopeNames = ["wall", "mono", "member", "epoch", "seq", "causes", "conn", "ord", "event"]

// MARK: - Writing

extension JSONWriter {
    /// A record as a line, the newline included.
    package mutating func traceLine(_ record: TraceRecord) {
        beginObject()
        envelope(
            TraceOrigin(member: record.member, epoch: record.epoch), record.sequence, record.causes, record.message,
            record.time)
        key("event")
        var payload = record.event.payload
        string(literal: type(of: payload).kind.name)
        payload.fields(&self)
        endObject()
        buffer.append(UInt8(ascii: "\n"))
    }

    private mutating func envelope(
        _ origin: TraceOrigin, _ sequence: EventSequence, _ causes: [EventSequence], _ message: MessageName?,
        _ time: TraceTime?
    ) {
        if let time {
            key("wall")
            string(wallClock: time.wall)
            key("mono")
            number(time.monotonic)
        }
        key("member")
        string(hex: origin.member.rawValue)
        key("epoch")
        number(origin.epoch.rawValue)
        key("seq")
        number(sequence.rawValue)
        if !causes.isEmpty {
            key("causes")
            array { json in for cause in causes { json.number(cause.rawValue) } }
        }
        if let message {
            key("conn")
            string(hex: message.connection.rawValue)
            key("ord")
            number(message.ordinal)
        }
    }

    private mutating func name(_ name: StaticString?) {
        if let name { key(name) }
    }
}

extension JSONWriter: FieldVisiting {
    /// A number.
    package mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) {
        self.name(name)
        number(value)
    }
    /// A number.
    package mutating func signed(_ name: StaticString?, _ value: inout Int64) {
        self.name(name)
        number(value)
    }
    /// Hex between quotes.
    package mutating func identifier(_ name: StaticString?, _ value: inout UInt64) {
        self.name(name)
        string(hex: value)
    }
    /// `true` or `false`.
    package mutating func bool(_ name: StaticString?, _ value: inout Bool) {
        self.name(name)
        bool(value)
    }
    /// Printable ASCII, everything else as `\xNN`.
    package mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) {
        self.name(name)
        string(escape(value))
    }
    /// The same.
    package mutating func short(_ name: StaticString?, _ value: inout TraceBytes) {
        self.name(name)
        string(escape(value.slice))
    }
    /// A text.
    package mutating func text(_ name: StaticString?, _ value: inout String) {
        self.name(name)
        string(value)
    }
    /// The name of the case.
    package mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
        self.name(name)
        string(literal: value.name)
    }
    /// An array.
    package mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element, _ element: (inout Element, inout Self) -> Void
    ) {
        self.name(name)
        beginArray()
        for place in values.indices { element(&values[place], &self) }
        endArray()
    }
    /// An object.
    package mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) {
        self.name(name)
        beginObject()
        body(&self)
        endObject()
    }
}

// MARK: - Reading

extension TraceRecord {
    /// Reads one line.
    package init(line: ByteView) throws(TraceLineError) {
        let object: JSONValue
        do {
            object = try JSONValue(parsing: line)
        } catch {
            throw .notJSON(error)
        }
        do {
            self = try TraceRecord(object: object)
        } catch {
            throw .notARecord(error)
        }
    }

    private init(object: JSONValue) throws(TraceError) {
        var reader = LineReader(object)
        var (member, epoch, sequence): (UInt64, UInt64, UInt64) = (0, 0, 0)
        var name = ""
        reader.identifier("member", &member)
        reader.unsigned("epoch", &epoch)
        reader.unsigned("seq", &sequence)
        reader.text("event", &name)
        var causes: [UInt64] = []
        if object["causes"] != nil { reader.field("causes", &causes) }
        var message: MessageName?
        if object["conn"] != nil {
            var (connection, ordinal): (UInt64, UInt64) = (0, 0)
            reader.identifier("conn", &connection)
            reader.unsigned("ord", &ordinal)
            message = MessageName(ConnectionID(rawValue: connection), ordinal)
        }
        var time: TraceTime?
        if object["mono"] != nil {
            var (monotonic, wall): (UInt64, String) = (0, "")
            reader.unsigned("mono", &monotonic)
            reader.text("wall", &wall)
            guard let nanoseconds = wallClock(parsing: wall) else { throw .badField("wall") }
            time = TraceTime(monotonic: monotonic, wall: nanoseconds)
        }
        try reader.finish()
        guard let row = Event.table.row(named: name) else { throw .unknownEvent(name) }
        let event = row.read(&reader)
        try reader.finish()
        self.init(
            member: MemberID(rawValue: member), epoch: BootEpoch(rawValue: epoch),
            sequence: EventSequence(rawValue: sequence), causes: causes.map(EventSequence.init(rawValue:)),
            message: message, time: time, event: event)
    }
}

/// Why a line is not a trace record.
package enum TraceLineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is no JSON at all; perhaps the file was cut in the middle of a line.
    case notJSON(JSONError)
    /// It is JSON, but no event that we know.
    case notARecord(TraceError)

    /// For people.
    package var description: String {
        switch self {
        case .notJSON(let error): "\(error)"
        case .notARecord(let error): "\(error)"
        }
    }
}

/// Reads fields from a JSON object. After an error every further field keeps its default.
package struct LineReader {
    private var object: JSONValue
    /// The element of a list that is being read.
    private var element: JSONValue?
    private var badField: String?

    /// Reads the members of an object.
    package init(_ object: JSONValue) { self.object = object }

    /// The value for a name, made into what `convert` wants; nil, and an error, when that fails.
    private mutating func take<Value>(_ name: StaticString?, _ convert: (JSONValue) -> Value?) -> Value? {
        guard badField == nil else { return nil }
        let found = if let name { object["\(name)"] } else { element }
        guard let found, let value = convert(found) else {
            badField = if let name { "\(name)" } else { "element of a list" }
            return nil
        }
        return value
    }

    /// After the fields: throws if one could not be read.
    package func finish() throws(TraceError) {
        if let badField { throw .badField(badField) }
    }
}

extension LineReader: FieldVisiting {
    /// A number.
    package mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) {
        value = take(name) { $0.integer(UInt64.self) } ?? value
    }
    /// A number.
    package mutating func signed(_ name: StaticString?, _ value: inout Int64) {
        value = take(name) { $0.integer(Int64.self) } ?? value
    }
    /// Hex between quotes.
    package mutating func identifier(_ name: StaticString?, _ value: inout UInt64) {
        value = take(name) { $0.string.flatMap { UInt64($0, radix: 16) } } ?? value
    }
    /// `true` or `false`.
    package mutating func bool(_ name: StaticString?, _ value: inout Bool) { value = take(name) { $0.bool } ?? value }
    /// Text with `\xNN`.
    package mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) {
        value = take(name) { $0.string.flatMap(unescape) } ?? value
    }
    /// The same.
    package mutating func short(_ name: StaticString?, _ value: inout TraceBytes) {
        value = take(name) { $0.string.flatMap(unescape).map { TraceBytes($0) } } ?? value
    }
    /// A text.
    package mutating func text(_ name: StaticString?, _ value: inout String) {
        value = take(name) { $0.string } ?? value
    }
    /// The name of a case.
    package mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
        let word: Word? = take(name) { found in
            found.string.flatMap { text in Word.names.firstIndex { "\($0)" == text } }.flatMap {
                Word(rawValue: UInt8($0))
            }
        }
        value = word ?? value
    }
    /// An array.
    package mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element, _ element: (inout Element, inout Self) -> Void
    ) {
        guard let elements = take(name, { $0.elements }) else { return }
        values = Array(repeating: blank, count: elements.count)
        let outer = self.element
        for place in values.indices {
            self.element = elements[place]
            element(&values[place], &self)
        }
        self.element = outer
    }
    /// An object.
    package mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) {
        guard let inner = take(name, { $0.members == nil ? nil : $0 }) else { return }
        let outer = object
        object = inner
        body(&self)
        object = outer
    }
}
