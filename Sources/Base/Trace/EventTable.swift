// EventTable.swift: from a number or a name to the code that reads such an event.
//
// Writing an event needs no table: whoever emits it has it in hand. Reading one begins with a number (in the
// compact form) or a name (in NDJSON), and must find the type. Each row keeps that type inside three closures,
// made in one generic function from nothing but the enum's constructor: `.row(Event.voteAnswered)`.

import Bytes
import JSON

/// What readers know about one kind of event. One object, because copying six closures for every line costs more than
/// reading it.
package final class EventRow: Sendable {
    /// Its number and name.
    package let kind: EventKind
    /// How it stands in a line: `,"event":"vote-answered"`.
    let spelling: ByteSlice
    /// Its payload's type.
    package let type: any EventPayload.Type
    /// Reads the fields from the compact form.
    let decode: @Sendable (inout CompactReader) -> Event
    /// Shows the fields to whoever writes a line from the compact form, without making an event.
    let transcode: @Sendable (inout LineTranscoder) -> Void
    /// Reads the fields from a line that is spelled as we spell it, and writes the record compactly.
    let rewrite: @Sendable (inout LineScanner, inout CompactWriter, TraceHead) -> Void
    /// Reads the fields from JSON.
    let read: @Sendable (inout LineReader) -> Event
    /// A payload of this kind with default fields, for tests that want every kind.
    package let blank: any EventPayload
    /// The event of a payload; nil when it is of another kind.
    package let event: @Sendable (any EventPayload) -> Event?

    private init(
        kind: EventKind, type: any EventPayload.Type, decode: @escaping @Sendable (inout CompactReader) -> Event,
        transcode: @escaping @Sendable (inout LineTranscoder) -> Void,
        rewrite: @escaping @Sendable (inout LineScanner, inout CompactWriter, TraceHead) -> Void,
        read: @escaping @Sendable (inout LineReader) -> Event, blank: any EventPayload,
        event: @escaping @Sendable (any EventPayload) -> Event?
    ) {
        self.kind = kind
        spelling = ByteSlice(utf8: ",\"event\":\"\(kind.name)\"")
        self.type = type
        self.decode = decode
        self.transcode = transcode
        self.rewrite = rewrite
        self.read = read
        self.blank = blank
        self.event = event
    }

    /// The row of the payload that `wrap`, a case of `Event`, takes.
    package static func row<Payload: EventPayload>(_ wrap: @escaping @Sendable (Payload) -> Event) -> EventRow {
        EventRow(
            kind: Payload.kind, type: Payload.self,
            decode: { reader in
                var payload = Payload()
                payload.fields(&reader)
                return wrap(payload)
            },
            transcode: { transcoder in
                var blank = Payload()
                blank.fields(&transcoder)
            },
            rewrite: { scanner, writer, head in
                var payload = Payload()
                payload.fields(&scanner)
                guard !scanner.isLost else { return }
                writer.write(&payload, head)
            },
            read: { reader in
                var payload = Payload()
                payload.fields(&reader)
                return wrap(payload)
            },
            blank: Payload(),
            event: { payload in (payload as? Payload).map(wrap) })
    }
}

/// All rows, by number and by name.
package struct EventTable: Sendable {
    /// In the order of the source.
    package let rows: [EventRow]
    private let byNumber: [EventRow?]
    private let byName: [String: EventRow]
    private let bySpelling: [UInt64: EventRow]

    init(_ rows: [EventRow]) {
        self.rows = rows
        var byNumber = [EventRow?](repeating: nil, count: 256)
        var byName: [String: EventRow] = [:]
        var bySpelling: [UInt64: EventRow] = [:]
        for row in rows {
            let number = Int(row.kind.number)
            precondition(byNumber[number] == nil, "E1: two events have the number \(number)")
            precondition(byName["\(row.kind.name)"] == nil, "E1: two events have the name \(row.kind.name)")
            byNumber[number] = row
            byName["\(row.kind.name)"] = row
            bySpelling[ByteView(stringLiteral: row.kind.name).fingerprint] = row
        }
        self.byNumber = byNumber
        self.byName = byName
        self.bySpelling = bySpelling
    }

    /// The row of a number, if there is one.
    func row(_ number: UInt8) -> EventRow? { byNumber[Int(number)] }
    /// The row of a name as it stands in a line, if there is one.
    func row(spelled name: ByteView) -> EventRow? {
        bySpelling[name.fingerprint].flatMap { $0.isCalled(name) ? $0 : nil }
    }
    /// The row of a name, if there is one.
    package func row(named name: String) -> EventRow? { byName[name] }
}

extension EventRow {
    /// Whether this is the kind's name.
    fileprivate func isCalled(_ name: ByteView) -> Bool { name == ByteView(stringLiteral: kind.name) }
}

extension ByteView {
    /// A number for a short name, cheaper than Swift's hash, which must withstand attacks. Two names with the same number
    /// would only be read more slowly: whoever uses it compares.
    fileprivate var fingerprint: UInt64 {
        var number = UInt64(count)
        for place in 0..<count { number = (number &* 31) ^ UInt64(self[place]) }
        return number
    }
}
