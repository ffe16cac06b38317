// Event.swift: everything that a member can report. The one vocabulary of all traces.
//
// An event names a transition, not a place in the code, and it carries the state AFTER the transition: so a
// run can be replayed from its events alone, and a diagram can show the state at any moment. The visualizer,
// the tests and the check against the specification all read these events and no others.
//
// TO ADD ONE, stay in this file (or, for a long list, in Event+<Room>.swift beside it) and write
//
//     1. its payload: a struct with defaults, a kind (a number never used before and a name), and `fields`
//     2. a case of `Event`, with its line in `payload`          (the compiler insists)
//     3. a row of the table                                     (the first emission in a debug build insists)
//
// Compact encoding, JSON in both directions and the tests that round-trip every row follow from that.
//
// THE NUMBER of a kind is for the compact form, which lives only between the owner's thread and the writer's.
// What is kept is NDJSON, where the name counts. A field that is removed or renamed makes old traces
// unreadable for that event, so fields are added only, and readers ignore what they do not know.
//
// NUMBERS   1-9 the trace itself    10-19 a member's life    20-79 raft    80-129 storage    130-199 MVCC and
//           the state machines above it    200-255 clients and network
//
// FIELD NAMES are lowercase words, joined by `_`; none may be a name of the envelope (see TraceLine.swift).
// SHOWN BY  TraceTests

package import Identifiers

/// What an event's payload is called.
package struct EventKind: Hashable, Sendable {
    /// In the compact form.
    package let number: UInt8
    /// In NDJSON: `vote-answered`.
    package let name: String

    /// Both.
    package init(_ number: UInt8, _ name: String) {
        self.number = number
        self.name = name
    }
}

/// The facts of one kind of event.
package protocol EventPayload: FieldGroup {
    /// Its number and name; a `static let`.
    static var kind: EventKind { get }
    /// Writes the fields compactly. Everybody uses the default, which the compiler specialises for each payload
    /// here, in this module; so emitting costs one call through a table and no generic code.
    func encode(into writer: inout CompactWriter)
}

extension EventPayload {
    /// Visits a copy of the fields.
    package func encode(into writer: inout CompactWriter) {
        var copy = self
        copy.fields(&writer)
    }
}

// MARK: - The list

/// Something that happened to a member.
package enum Event: Hashable, Sendable {
    // The trace itself.

    /// Events were lost.
    case gap(Gap)

    // A member's life.

    /// The first event of an epoch.
    case memberStarted(MemberStarted)
    /// The last event of an epoch that ended well.
    case memberStopped(MemberStopped)

    // Raft.

    /// An answer to a candidate.
    case voteAnswered(VoteAnswered)

    // Storage.

    /// The log is durable up to an entry.
    case logSynced(LogSynced)

    /// The facts, for code that treats all events alike.
    package var payload: any EventPayload {
        switch self {
        case .gap(let payload): payload
        case .memberStarted(let payload): payload
        case .memberStopped(let payload): payload
        case .voteAnswered(let payload): payload
        case .logSynced(let payload): payload
        }
    }

    /// Every kind, with what readers need to know about it.
    package static let table = EventTable([
        .row(Event.gap),
        .row(Event.memberStarted),
        .row(Event.memberStopped),
        .row(Event.voteAnswered),
        .row(Event.logSynced),
    ])
}

// MARK: - The trace itself

/// Events were dropped, because the reader of the ring did not keep up, or a file could not be written. Nothing
/// may be concluded from their absence. It is not an event of the member: it has the number of the last one lost.
package struct Gap: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(1, "gap")
    /// The first event that is missing.
    package var first = EventSequence.none
    /// The last event that is missing.
    package var last = EventSequence.none

    /// Blank, for readers.
    package init() {}
    /// Everything from `first` to `last` is missing.
    package init(first: EventSequence, last: EventSequence) {
        self.first = first
        self.last = last
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("first", &first)
        visitor.field("last", &last)
    }
}

// MARK: - A member's life

/// The member begins to compute; the first event of every epoch.
package struct MemberStarted: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(10, "member-started")
    /// Its name, as the operator gave it.
    package var name = ""
    /// Its cluster; "0" while unknown.
    package var cluster = ClusterID.none
    /// What it runs.
    package var version = ""

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(name: String, cluster: ClusterID, version: String) {
        self.name = name
        self.cluster = cluster
        self.version = version
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("name", &name)
        visitor.field("cluster", &cluster)
        visitor.field("version", &version)
    }
}

/// The member stops on purpose. A crash leaves no such event.
package struct MemberStopped: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(11, "member-stopped")
    /// Why, in words.
    package var reason = ""

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(reason: String) { self.reason = reason }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) { visitor.field("reason", &reason) }
}

// MARK: - Raft

/// The member answers a candidate (Raft, section 5.2).
package struct VoteAnswered: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(20, "vote-answered")
    /// Who asked.
    package var candidate = MemberID.none
    /// The member's term after it heard of the candidate's.
    package var term = Term.zero
    /// For whom the member votes in this term; nobody is "0".
    package var vote = MemberID.none
    /// Whether the candidate has the vote.
    package var granted = false

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(candidate: MemberID, term: Term, vote: MemberID, granted: Bool) {
        self.candidate = candidate
        self.term = term
        self.vote = vote
        self.granted = granted
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("candidate", &candidate)
        visitor.field("term", &term)
        visitor.field("vote", &vote)
        visitor.field("granted", &granted)
    }
}

// MARK: - Storage

/// The member learns that its log is durable up to an entry.
package struct LogSynced: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(80, "log-synced")
    /// The last entry that no crash can take away any more.
    package var index = LogIndex.zero
    /// Its term.
    package var term = Term.zero
    /// How many bytes this sync covered.
    package var sizeBytes = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(index: LogIndex, term: Term, sizeBytes: Int) {
        self.index = index
        self.term = term
        self.sizeBytes = sizeBytes
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("index", &index)
        visitor.field("term", &term)
        visitor.field("size_bytes", &sizeBytes)
    }
}
