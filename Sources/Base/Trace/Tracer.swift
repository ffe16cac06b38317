// Tracer.swift: how does a room report an event, and what does it cost when nobody listens?
//
//     trace.emit(VoteAnswered(candidate: candidate, term: hard.term, vote: hard.vote, granted: granted))
//       |
//       |  nobody listens: one branch. The event is not even built: it is an autoclosure.
//       v
//     TraceRecorder     counts, adds causes, writes the compact form
//       v
//     TraceSink         the ring of TraceFiles, the memory of a test, a subscriber
//
// WHERE IS A RECORD WRITTEN? Where the sink says. The ring of TraceFiles gives out a part of itself, so that a record is
// written once, at the place where the other thread will read it. All other sinks are shown a block that is used again.
//
// CAUSES. While a member handles an input, everything it reports was caused by that input. So whoever takes the
// input in emits an event for it, and makes it the current cause until the input is handled:
//
//     let received = trace.emit(MessageReceived(...), message: name)
//     trace.cause = received              // everything below is because of it
//     ...
//     trace.cause = .none
//
// Emitting returns the event's number, so that it can be kept (with a waiting request, say) and given later as
// a further cause: `emit(RequestAnswered(...), because: proposed)`.
//
// ONE TRACER A MEMBER. All rooms of a member hold the same recorder, for there is one sequence. It belongs to
// the thread that owns the member and is not `Sendable`; what happens on other threads is reported by the owner
// when it is told.
//
// COST     off: one branch; `emit` is public because the compiler inlines nothing less into another module.
//          On: tens of nanoseconds; `bench: a trace point` says how many. For the five events of every put (`FrequentEvent`) all
//          but the beginning and the end of a record is inlined too.
// RULES    E1  numbers and names of kinds are unique.
//          E2  a sink never emits.
//          E3  a cause is an earlier event of this epoch.

public import Bytes
public import Identifiers

/// Whose events these are.
@frozen
public struct TraceOrigin: Hashable, Sendable {
    /// The member.
    public var member: MemberID
    /// Which of its lives.
    public var epoch: BootEpoch

    /// Both.
    public init(member: MemberID, epoch: BootEpoch) {
        self.member = member
        self.epoch = epoch
    }
}

/// Where events go. It takes each at once, on the owner's thread, and copies what it wants to keep. One recorder reports to it,
/// or several whose events it keeps apart by their origin.
public protocol TraceSink: AnyObject {
    /// One compact record; the view is true during the call only. `sequence` is also in the record.
    func accept(_ record: ByteView, sequence: EventSequence, from origin: TraceOrigin)

    /// Where the first record goes. A sink that has no memory of its own for it lends the block.
    func room(in block: inout RecordBlock) -> RecordCursor

    /// Takes the record that was written where `room`, or the last call of this, has said, and says where the next one goes. Nil:
    /// it did not fit; it is to be written again, into the block.
    func take(
        _ cursor: RecordCursor, sequence: EventSequence, from origin: TraceOrigin, in block: inout RecordBlock
    ) -> RecordCursor?
}

extension TraceSink {
    /// In the block.
    public func room(in block: inout RecordBlock) -> RecordCursor { block.cursor }

    /// Shows it where it lies.
    public func take(
        _ cursor: RecordCursor, sequence: EventSequence, from origin: TraceOrigin, in block: inout RecordBlock
    ) -> RecordCursor? {
        guard block.keep(cursor) else { return nil }
        accept(block.view, sequence: sequence, from: origin)
        return block.cursor
    }
}

/// What every room of a member holds to report events. A copy reports to the same recorder.
@frozen
public struct Tracer {
    /// Nil: nobody listens.
    @usableFromInline let recorder: TraceRecorder?

    /// Reports to `recorder`.
    @inlinable public init(to recorder: TraceRecorder?) { self.recorder = recorder }

    /// Reports to nobody.
    @inlinable public static var off: Tracer { Tracer(to: nil) }

    /// Whether somebody listens, for facts that are expensive to gather.
    @inlinable public var isOn: Bool { recorder != nil }

    /// Reports an event and returns its number. Its causes are the current one and `because`; `message` names the
    /// message that it sends or receives.
    @inlinable @inline(__always) @discardableResult
    public func emit<Payload: EventPayload>(
        _ event: @autoclosure () -> Payload, because: EventSequence = .none, message: MessageName? = nil
    ) -> EventSequence {
        guard let recorder else { return .none }
        var payload = event()
        return recorder.record(&payload, because: because, message: message)
    }

    /// The same for an event of every request, whose fields are stored here and now.
    ///
    /// WHY `recorder?` EACH TIME, and not once with a name? Whoever names the recorder holds it: a retain and a release for each
    /// event, some fifty instructions of five hundred.
    @inlinable @inline(__always) @discardableResult
    public func emit<Payload: FrequentEvent>(
        _ event: @autoclosure () -> Payload, because: EventSequence = .none
    ) -> EventSequence {
        guard isOn else { return .none }
        var payload = event()
        while var cursor = recorder?.begin(Payload.number, because: because) {
            payload.fields(&cursor)
            if let sequence = recorder?.end(cursor), sequence != .none { return sequence }
        }
        return .none
    }

    /// The same with several causes beside the current one: a commit is because of all acknowledgements.
    @inlinable @inline(__always) @discardableResult
    public func emit<Payload: EventPayload>(
        _ event: @autoclosure () -> Payload, because causes: [EventSequence], message: MessageName? = nil
    ) -> EventSequence {
        guard let recorder else { return .none }
        var payload = event()
        return recorder.record(&payload, because: causes, message: message)
    }

    /// The event that everything emitted now is because of.
    @inlinable public var cause: EventSequence {
        get { recorder?.cause ?? .none }
        nonmutating set { recorder?.cause = newValue }
    }
}

/// Counts the events of one member's life and hands them to a sink.
public final class TraceRecorder {
    /// Whose events.
    public let origin: TraceOrigin
    /// The current cause.
    public var cause = EventSequence.none
    /// The last event's number.
    public private(set) var sequence = EventSequence.none
    private let sink: any TraceSink
    /// Where records are written for which the sink has no room.
    private var block = RecordBlock(capacity: 1024)
    /// Where the next record goes.
    private var room: RecordCursor

    /// Begins a life. The caller has counted the epoch up, and synced it.
    public init(_ origin: TraceOrigin, sink: any TraceSink) {
        self.origin = origin
        self.sink = sink
        room = sink.room(in: &block)
    }

    // What depends on the payload is one call of `encode`; everything around it is not generic, because generic code that is
    // not specialised looks up at run time what it does.

    /// Records one event with at most one cause beside the current one.
    public func record<Payload: EventPayload>(
        _ payload: inout Payload, because other: EventSequence, message: MessageName?
    ) -> EventSequence {
        check(Payload.self)
        let number = Payload.kind.number
        while true {
            var cursor = message == nil ? begin(number, because: other) : begin(number, cause, other, [], message)
            payload.encode(into: &cursor)
            let sequence = end(cursor)
            if sequence != .none { return sequence }
        }
    }

    /// Records one event with any number of causes beside the current one.
    public func record<Payload: EventPayload>(
        _ payload: inout Payload, because others: [EventSequence], message: MessageName?
    ) -> EventSequence {
        check(Payload.self)
        var more: [EventSequence] = []
        for other in others where other != .none && other != cause && !more.contains(other) { more.append(other) }
        while true {
            var cursor = begin(Payload.kind.number, cause, .none, more, message)
            payload.encode(into: &cursor)
            let sequence = end(cursor)
            if sequence != .none { return sequence }
        }
    }

    /// In debug builds: the kind stands in the table.
    @inline(__always)
    private func check<Payload: EventPayload>(_ type: Payload.Type) {
        assert(
            Event.table.row(Payload.kind.number)?.type == Payload.self,
            "E1: \(Payload.kind.name) is not in the table of Event.swift, or another event has its number")
    }

    /// Begins the next event and writes everything before its fields. An event that is twice because of the same has one cause.
    @usableFromInline
    func begin(_ number: UInt8, because other: EventSequence) -> CompactCursor {
        let next = EventSequence(rawValue: sequence.rawValue + 1)
        let first = cause == .none ? other : cause
        let second = other == first ? .none : other
        precondition(first < next && second < next, "E3: a cause comes before its effect")
        var cursor = CompactCursor(room)
        cursor.begin(next, number, first, second)
        return cursor
    }

    /// The same with any causes, and a message.
    @inline(never)
    private func begin(
        _ number: UInt8, _ cause: EventSequence, _ second: EventSequence, _ more: [EventSequence],
        _ message: MessageName?
    ) -> CompactCursor {
        let next = EventSequence(rawValue: sequence.rawValue + 1)
        let second = second == cause ? .none : second
        precondition(
            cause < next && second < next && more.allSatisfy { $0 < next }, "E3: a cause comes before its effect")
        var cursor = CompactCursor(room)
        cursor.begin(next, number, causes: cause, second: second, more, message: message)
        return cursor
    }

    /// Counts the event and hands its record on. `.none`: it did not fit, and is to be written again.
    @usableFromInline
    func end(_ cursor: CompactCursor) -> EventSequence {
        let next = EventSequence(rawValue: sequence.rawValue + 1)
        guard let room = sink.take(cursor.fields, sequence: next, from: origin, in: &block) else {
            room = block.cursor
            return .none
        }
        self.room = room
        sequence = next
        return next
    }
}
