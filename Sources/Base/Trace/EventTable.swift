// EventTable.swift: from a number or a name to the code that reads such an event.
//
// Writing an event needs no table: whoever emits it has it in hand. Reading one begins with a number (in the
// compact form) or a name (in NDJSON), and must find the type. Each row keeps that type inside three closures,
// made in one generic function from nothing but the enum's constructor: `.row(Event.voteAnswered)`.

import JSON

/// What readers know about one kind of event.
package struct EventRow: Sendable {
    /// Its number and name.
    package let kind: EventKind
    /// Its payload's type.
    package let type: any EventPayload.Type
    /// Reads the fields from the compact form.
    let decode: @Sendable (inout CompactReader) -> Event
    /// Reads the fields from the compact form and writes them as JSON, without making an event.
    let transcode: @Sendable (inout CompactReader, inout JSONWriter) -> Void
    /// Reads the fields from JSON.
    let read: @Sendable (inout LineReader) -> Event
    /// A payload of this kind with default fields, for tests that want every kind.
    package let blank: any EventPayload
    /// The event of a payload; nil when it is of another kind.
    package let event: @Sendable (any EventPayload) -> Event?

    /// The row of the payload that `wrap`, a case of `Event`, takes.
    package static func row<Payload: EventPayload>(_ wrap: @escaping @Sendable (Payload) -> Event) -> EventRow {
        EventRow(
            kind: Payload.kind, type: Payload.self,
            decode: { reader in
                var payload = Payload()
                payload.fields(&reader)
                return wrap(payload)
            },
            transcode: { reader, json in
                var payload = Payload()
                payload.fields(&reader)
                payload.fields(&json)
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

    init(_ rows: [EventRow]) {
        self.rows = rows
        var byNumber = [EventRow?](repeating: nil, count: 256)
        var byName: [String: EventRow] = [:]
        for row in rows {
            let number = Int(row.kind.number)
            precondition(byNumber[number] == nil, "E1: two events have the number \(number)")
            precondition(byName["\(row.kind.name)"] == nil, "E1: two events have the name \(row.kind.name)")
            byNumber[number] = row
            byName["\(row.kind.name)"] = row
        }
        self.byNumber = byNumber
        self.byName = byName
    }

    /// The row of a number, if there is one.
    func row(_ number: UInt64) -> EventRow? { number < 256 ? byNumber[Int(number)] : nil }
    /// The row of a name, if there is one.
    package func row(named name: String) -> EventRow? { byName[name] }
}
