// Removing.swift: what is a picture drawn from? Whatever makes it another one when it is not there.
//
// One kind of events is taken out of a story, and each leaves an event of a kind that nobody draws: a timeout that was drawn
// by lot. So numbers, names and the order of everything else stay as they are, and what changes in a picture changes because of
// what the missing events said. (That events which are missing altogether are reported, by the gap in the numbers of their
// life, is a test of its own.)

import Identifiers
import Trace
import TraceModel

/// Stories without some of their events.
enum Removing {
    /// The name of an event's kind.
    static func kind(_ record: TraceRecord) -> String { "\(type(of: record.event.payload).kind.name)" }

    /// A story without one kind of events.
    static func without(_ kind: String, _ records: [TraceRecord]) -> [TraceRecord] {
        records.map { record in
            guard self.kind(record) == kind else { return record }
            var record = record
            record.message = nil
            record.event = .timeoutDrawn(TimeoutDrawn(ticks: 1))
            return record
        }
    }
}
