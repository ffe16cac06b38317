// Event+Watches.swift: what a member reports about those who want to hear of changes.
//
//     watcher-created --(synced)-------------------------------> watch-events-sent, watch-events-sent, ...
//         |                                                          |
//         | it starts in the past                                    | its stream takes no more
//         v                                                          v
//     (reads history in slices) <------------------------------- watcher-fell-behind
//         |
//         v
//     watcher-caught-up ------------------------------------> watch-events-sent, ...
//
// A watcher is named by its stream and its number there. `watch-events-sent` is because of the write whose changes it carries
// when the watcher is synced; one that catches up is sent what it has read.
//
// NUMBERS  shared with Event+Store.swift, 130-199.

package import Identifiers

/// A client wants to hear of changes.
package struct WatcherCreated: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(139, "watcher-created")
    /// The stream of watches.
    package var stream: UInt64 = 0
    /// The number of the watcher on it.
    package var watcher = 0
    /// The first key.
    package var key = TraceBytes()
    /// The end of the range; empty: one key only.
    package var rangeEnd = TraceBytes()
    /// From which revision on; 0: from now on.
    package var start = Revision.zero
    /// Whether it has missed nothing and hears of changes as they happen.
    package var synced = false

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(stream: UInt64, watcher: Int, key: TraceBytes, rangeEnd: TraceBytes, start: Revision, synced: Bool) {
        self.stream = stream
        self.watcher = watcher
        self.key = key
        self.rangeEnd = rangeEnd
        self.start = start
        self.synced = synced
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("stream", &stream)
        visitor.field("watcher", &watcher)
        visitor.field("key", &key)
        visitor.field("range_end", &rangeEnd)
        visitor.field("start", &start)
        visitor.field("synced", &synced)
    }
}

/// A watcher hears nothing any more.
package struct WatcherCancelled: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(140, "watcher-cancelled")
    /// The stream.
    package var stream: UInt64 = 0
    /// The watcher.
    package var watcher = 0
    /// Why, in words.
    package var why = ""
    /// The revision that it would have needed and that is forgotten; 0: for another reason.
    package var compacted = Revision.zero

    /// Blank, for readers.
    package init() {}
    /// All facts; what is left out is blank.
    package init(stream: UInt64, watcher: Int, why: String, compacted: Revision = .zero) {
        self.stream = stream
        self.watcher = watcher
        self.why = why
        self.compacted = compacted
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("stream", &stream)
        visitor.field("watcher", &watcher)
        visitor.field("why", &why)
        visitor.field("compacted", &compacted)
    }
}

/// A watcher is sent changes.
package struct WatchEventsSent: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(141, "watch-events-sent")
    /// The stream.
    package var stream: UInt64 = 0
    /// The watcher.
    package var watcher = 0
    /// The newest revision that it was told of.
    package var revision = Revision.zero
    /// How many changes.
    package var events = 0
    /// How long the message is.
    package var sizeBytes = 0
    /// Whether more of the same revision follows in another message.
    package var fragment = false

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(stream: UInt64, watcher: Int, revision: Revision, events: Int, sizeBytes: Int, fragment: Bool) {
        self.stream = stream
        self.watcher = watcher
        self.revision = revision
        self.events = events
        self.sizeBytes = sizeBytes
        self.fragment = fragment
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("stream", &stream)
        visitor.field("watcher", &watcher)
        visitor.field("revision", &revision)
        visitor.field("events", &events)
        visitor.field("size_bytes", &sizeBytes)
        visitor.field("fragment", &fragment)
    }
}

/// A watcher is told that it has missed nothing, though nothing has happened.
package struct WatchProgressSent: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(142, "watch-progress-sent")
    /// The stream.
    package var stream: UInt64 = 0
    /// The watcher.
    package var watcher = 0
    /// Up to here.
    package var revision = Revision.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(stream: UInt64, watcher: Int, revision: Revision) {
        self.stream = stream
        self.watcher = watcher
        self.revision = revision
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("stream", &stream)
        visitor.field("watcher", &watcher)
        visitor.field("revision", &revision)
    }
}

/// A watcher's stream takes no more, so it misses changes and will read them from the file later.
package struct WatcherFellBehind: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(143, "watcher-fell-behind")
    /// The stream.
    package var stream: UInt64 = 0
    /// The watcher.
    package var watcher = 0
    /// The first revision that it still needs.
    package var next = Revision.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(stream: UInt64, watcher: Int, next: Revision) {
        self.stream = stream
        self.watcher = watcher
        self.next = next
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("stream", &stream)
        visitor.field("watcher", &watcher)
        visitor.field("next", &next)
    }
}

/// A watcher that was behind has been sent everything and hears of changes as they happen again.
package struct WatcherCaughtUp: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(144, "watcher-caught-up")
    /// The stream.
    package var stream: UInt64 = 0
    /// The watcher.
    package var watcher = 0
    /// Up to here.
    package var revision = Revision.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(stream: UInt64, watcher: Int, revision: Revision) {
        self.stream = stream
        self.watcher = watcher
        self.revision = revision
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("stream", &stream)
        visitor.field("watcher", &watcher)
        visitor.field("revision", &revision)
    }
}

/// The client does not read: nothing more is sent on its stream.
package struct WatchStreamBlocked: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(145, "watch-stream-blocked")
    /// The stream.
    package var stream: UInt64 = 0
    /// How much waits to be read.
    package var waitingBytes = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(stream: UInt64, waitingBytes: Int) {
        self.stream = stream
        self.waitingBytes = waitingBytes
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("stream", &stream)
        visitor.field("waiting_bytes", &waitingBytes)
    }
}

/// The client reads again.
package struct WatchStreamDrained: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(146, "watch-stream-drained")
    /// The stream.
    package var stream: UInt64 = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(stream: UInt64) {
        self.stream = stream
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("stream", &stream)
    }
}
