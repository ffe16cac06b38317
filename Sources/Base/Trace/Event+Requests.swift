// Event+Requests.swift: what a member reports about its clients.
//
// A request comes in by one door and goes out by another; in between it is checked, proposed, agreed on, made durable and
// applied, together with others that came at the same time. These events are the marks of one request on that way:
//
//     write    request-received -> request-proposed -> (entries-appended, write-issued, log-synced, commit-advanced)
//                 -> entry-applied (its revision-written before it) -> request-answered -> answers-flushed
//     read     request-received -> read-parked -> read-index-asked -> (read-round-begun, ...) -> read-index-known
//                 -> range-evaluated -> request-answered -> answers-flushed
//     refused  request-received -> request-refused
//
// WHO REPORTS? The member reports everything but connections and the flush, which are the shell's. So the same events come
// out of a simulation.
//
// HOW DO THEY HANG TOGETHER? The number of `request-received` is the name of the request: whoever keeps the request while it
// waits keeps that number, gives it as a cause and writes it into the field `request`. An entry is recognised by its
// `index`, and by the `id` that it carries, which is the same on all members.
//
// NUMBERS  200-255. Each is given once and for ever.
// READ NEXT  Event+Store.swift (what an entry does to the keys), StoreWords.swift (the words).

public import Identifiers

// MARK: - Connections

/// A client, or a peer, has connected.
package struct ConnectionOpened: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(200, "connection-opened")
    /// The number of the connection in this life, counted from 1.
    package var connection: UInt64 = 0
    /// From where: an address and a port, or empty in a simulation.
    package var peer = ""

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(connection: UInt64, peer: String) {
        self.connection = connection
        self.peer = peer
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("connection", &connection)
        visitor.field("peer", &peer)
    }
}

/// A connection has ended.
package struct ConnectionClosed: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(201, "connection-closed")
    /// Which.
    package var connection: UInt64 = 0
    /// Why, in words.
    package var why = ""

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(connection: UInt64, why: String) {
        self.connection = connection
        self.why = why
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("connection", &connection)
        visitor.field("why", &why)
    }
}

// MARK: - A request's way

/// A request has arrived, as a reader of traces has it.
package typealias RequestReceived = RequestReceivedOf<TraceBytes>

/// A client's request has arrived whole. THE NUMBER OF THIS EVENT IS THE NAME OF THE REQUEST in all later events of this
/// life that speak of it, and what happens for its sake is because of it.
///
/// Whoever reports it shows its keys where they lie in the message (`ByteView`); whoever reads it owns them (`TraceBytes`).
@frozen
public struct RequestReceivedOf<Key: TraceKey>: FrequentEvent {
    /// Its number.
    @inlinable public static var number: UInt8 { 202 }
    /// Its number and name.
    public static var kind: EventKind { EventKind(number, "request-received") }
    /// What it asks for.
    public var method = TraceMethod.other
    /// What the shell calls it.
    public var call: UInt64 = 0
    /// The key, or the first key of a range or of a transaction's first operation.
    public var key = Key()
    /// The end of the range; empty: one key only.
    public var rangeEnd = Key()
    /// The revision that is asked for; 0: the newest.
    public var revision = Revision.zero
    /// Whether a read may be answered from what this member happens to know.
    public var serializable = false
    /// How long the message is.
    public var sizeBytes = 0

    /// Blank, for readers.
    @inlinable public init() {}
    /// All facts; what is left out is blank.
    @inlinable
    public init(
        method: TraceMethod, call: UInt64, key: Key = Key(), rangeEnd: Key = Key(),
        revision: Revision = .zero, serializable: Bool = false, sizeBytes: Int
    ) {
        self.method = method
        self.call = call
        self.key = key
        self.rangeEnd = rangeEnd
        self.revision = revision
        self.serializable = serializable
        self.sizeBytes = sizeBytes
    }

    /// Its fields, in order.
    @inlinable @inline(__always)
    public mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("method", &method)
        visitor.field(hex: "call", &call)
        visitor.field("key", &key)
        visitor.field("range_end", &rangeEnd)
        visitor.field("revision", &revision)
        visitor.field("serializable", &serializable)
        visitor.field("size_bytes", &sizeBytes)
    }
}

/// A request gets an error instead of an answer.
package struct RequestRefused: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(203, "request-refused")
    /// Which: the number of its `request-received`.
    package var request = EventSequence.none
    /// The error's number, as gRPC counts them.
    package var code: UInt64 = 0
    /// The error's text, as the client reads it.
    package var why = ""

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(request: EventSequence, code: UInt64, why: String) {
        self.request = request
        self.code = code
        self.why = why
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("request", &request)
        visitor.field("code", &code)
        visitor.field("why", &why)
    }
}

/// The client does not wait any longer. What was proposed may be applied all the same.
package struct RequestCancelled: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(204, "request-cancelled")
    /// Which: the number of its `request-received`.
    package var request = EventSequence.none

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(request: EventSequence) {
        self.request = request
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("request", &request)
    }
}

/// A request has passed the checks and is an entry of the leader's log, or is on its way to the leader.
@frozen
public struct RequestProposed: FrequentEvent {
    /// Its number.
    @inlinable public static var number: UInt8 { 205 }
    /// Its number and name.
    public static let kind = EventKind(number, "request-proposed")
    /// Which: the number of its `request-received`.
    public var request = EventSequence.none
    /// The name under which its entry is found again when it is applied.
    public var id: UInt64 = 0
    /// The entry; 0: the leader will say.
    public var index = LogIndex.zero
    /// The entry's term.
    public var term = Term.zero
    /// How long the entry is.
    public var sizeBytes = 0

    /// Blank, for readers.
    @inlinable public init() {}
    /// All facts.
    @inlinable
    public init(request: EventSequence, id: UInt64, index: LogIndex, term: Term, sizeBytes: Int) {
        self.request = request
        self.id = id
        self.index = index
        self.term = term
        self.sizeBytes = sizeBytes
    }

    /// Its fields, in order.
    @inlinable @inline(__always)
    public mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("request", &request)
        visitor.field(hex: "id", &id)
        visitor.field("index", &index)
        visitor.field("term", &term)
        visitor.field("size_bytes", &sizeBytes)
    }
}

/// The state machine has applied one entry: on every member, at its own time.
@frozen
public struct EntryApplied: FrequentEvent {
    /// Its number.
    @inlinable public static var number: UInt8 { 206 }
    /// Its number and name.
    public static let kind = EventKind(number, "entry-applied")
    /// The entry.
    public var index = LogIndex.zero
    /// Its term.
    public var term = Term.zero
    /// The name that its request has; 0: it has none.
    public var id: UInt64 = 0
    /// What it asks for.
    public var method = TraceMethod.other
    /// The store's revision after it.
    public var revision = Revision.zero
    /// The error's number that it ended with; 0: none.
    public var code: UInt64 = 0

    /// Blank, for readers.
    @inlinable public init() {}
    /// All facts; what is left out is blank.
    @inlinable
    public init(index: LogIndex, term: Term, id: UInt64, method: TraceMethod, revision: Revision, code: UInt64 = 0) {
        self.index = index
        self.term = term
        self.id = id
        self.method = method
        self.revision = revision
        self.code = code
    }

    /// Its fields, in order.
    @inlinable @inline(__always)
    public mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("index", &index)
        visitor.field("term", &term)
        visitor.field(hex: "id", &id)
        visitor.field("method", &method)
        visitor.field("revision", &revision)
        visitor.field("code", &code)
    }
}

// MARK: - Reads that want the newest

/// A read waits until this member knows how much was committed when it came.
package struct ReadParked: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(207, "read-parked")
    /// Which: the number of its `request-received`.
    package var request = EventSequence.none
    /// The group of reads that it waits with.
    package var batch: UInt64 = 0
    /// How far the state machine is now.
    package var applied = LogIndex.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(request: EventSequence, batch: UInt64, applied: LogIndex) {
        self.request = request
        self.batch = batch
        self.applied = applied
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("request", &request)
        visitor.field("batch", &batch)
        visitor.field("applied", &applied)
    }
}

/// A group of reads asks: how much is committed? A leader asks its followers whether it still leads.
package struct ReadIndexAsked: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(208, "read-index-asked")
    /// The group.
    package var batch: UInt64 = 0
    /// How many reads it has.
    package var reads = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(batch: UInt64, reads: Int) {
        self.batch = batch
        self.reads = reads
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("batch", &batch)
        visitor.field("reads", &reads)
    }
}

/// A group of reads has its answer: when `index` is applied here, they may be served. Group 0 is one read that did not have
/// to ask: its member is the only voter, leads, and has applied everything.
package struct ReadIndexKnown: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(209, "read-index-known")
    /// The group.
    package var batch: UInt64 = 0
    /// What was committed when they asked.
    package var index = LogIndex.zero
    /// How far the state machine is now; behind `index`, they go on waiting.
    package var applied = LogIndex.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(batch: UInt64, index: LogIndex, applied: LogIndex) {
        self.batch = batch
        self.index = index
        self.applied = applied
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("batch", &batch)
        visitor.field("index", &index)
        visitor.field("applied", &applied)
    }
}

// MARK: - Answers

/// The member has answered; the answer goes out with the others of this turn.
@frozen
public struct RequestAnswered: FrequentEvent {
    /// Its number.
    @inlinable public static var number: UInt8 { 210 }
    /// Its number and name.
    public static let kind = EventKind(number, "request-answered")
    /// Which: the number of its `request-received`.
    public var request = EventSequence.none
    /// The revision in the answer's header; 0: it has none.
    public var revision = Revision.zero
    /// The error's number, as gRPC counts them; 0: no error.
    public var code: UInt64 = 0
    /// How long the answer is.
    public var sizeBytes = 0

    /// Blank, for readers.
    @inlinable public init() {}
    /// All facts.
    @inlinable
    public init(request: EventSequence, revision: Revision, code: UInt64, sizeBytes: Int) {
        self.request = request
        self.revision = revision
        self.code = code
        self.sizeBytes = sizeBytes
    }

    /// Its fields, in order.
    @inlinable @inline(__always)
    public mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("request", &request)
        visitor.field("revision", &revision)
        visitor.field("code", &code)
        visitor.field("size_bytes", &sizeBytes)
    }
}

/// What a turn has answered was handed to the kernel: answers leave here, all at once.
package struct AnswersFlushed: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(211, "answers-flushed")
    /// How many answers and watch events.
    package var answers = 0
    /// How many bytes.
    package var sizeBytes = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(answers: Int, sizeBytes: Int) {
        self.answers = answers
        self.sizeBytes = sizeBytes
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("answers", &answers)
        visitor.field("size_bytes", &sizeBytes)
    }
}
