// Envelope.swift: which event is this, what made it happen, and when would a clock say it was?
//
// A picture of a cluster is drawn from the events of machines whose clocks disagree. So no clock orders
// them. What orders them is what could have influenced what:
//
//     member A    16 ---> 17 ---> 18            within a member: the sequence, and the causes
//                         |  (connection c, ordinal 4)
//                         v                     between members: the same message at both ends
//     member B            88 ---> 89
//
// AN EVENT'S NAME is three numbers: member, boot epoch, sequence. The epoch counts the starts of the member;
// it is counted up and synced before the first event, so that no name is ever given twice, not even after a
// crash that lost the end of the trace. The sequence counts events within the epoch from 1 and has no gaps:
// a reader who misses a number knows that something was lost (and a `gap` event says what).
//
// CAUSES are earlier events of the same member and epoch: the message that was being handled, the request
// that was waiting. Program order alone would make everything the cause of everything after it.
//
// A MESSAGE is matched by the connection it travelled on and its number on it, counted at both ends. Nothing
// is added to the message.
//
// TIMES are for display. The sink stamps them; in the pure rooms nobody knows what time it is.
//
// READ NEXT  Event.swift (what can be reported), Tracer.swift (how). Tutorials/trace-format.md

package import Identifiers

/// How often a member has started; part of every event's name. The first start is 1.
@frozen
public struct BootEpoch: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The number itself.
    public var rawValue: UInt64
    /// From a trace or the epoch file.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Later starts have larger numbers.
    @inlinable public static func < (left: BootEpoch, right: BootEpoch) -> Bool { left.rawValue < right.rawValue }
}

/// An event's number within its member's epoch, counted from 1 without gaps.
@frozen
public struct EventSequence: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The number itself.
    public var rawValue: UInt64
    /// From a trace.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// No event: what emitting gives when nobody listens. As a cause it means nothing.
    @inlinable public static var none: EventSequence { EventSequence(rawValue: 0) }
    /// Later events have larger numbers.
    @inlinable public static func < (left: EventSequence, right: EventSequence) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A connection between two members, in one direction, by the number that its opener drew for it.
@frozen
public struct ConnectionID: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The number itself.
    public var rawValue: UInt64
    /// From a header or a trace.
    @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// An order for lists.
    @inlinable public static func < (left: ConnectionID, right: ConnectionID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A message, as both its ends can name it.
@frozen
public struct MessageName: Hashable, Sendable, BitwiseCopyable {
    /// The connection it travels on.
    public var connection: ConnectionID
    /// The how-manieth message on it, counted from 1 by both ends.
    public var ordinal: UInt64

    /// Both.
    @inlinable
    public init(_ connection: ConnectionID, _ ordinal: UInt64) {
        self.connection = connection
        self.ordinal = ordinal
    }
}

/// When an event was recorded, as the clocks of its machine said. Nothing is ever ordered by it.
@frozen
public struct TraceTime: Hashable, Sendable, BitwiseCopyable {
    /// Nanoseconds of a clock that only goes forward, from an arbitrary beginning: for durations.
    public var monotonic: UInt64
    /// Nanoseconds since 1970 in UTC: for people.
    public var wall: Int64

    /// Both.
    @inlinable
    public init(monotonic: UInt64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// One event with everything that is known about it.
package struct TraceRecord: Hashable, Sendable {
    /// Who reports it.
    package var member: MemberID
    /// In which of the member's lives.
    package var epoch: BootEpoch
    /// Its number in that life.
    package var sequence: EventSequence
    /// Earlier events of the same life without which it would not have happened.
    package var causes: [EventSequence]
    /// The message that it sends or receives, if it does.
    package var message: MessageName?
    /// When the sink saw it; nil where there is no clock.
    package var time: TraceTime?
    /// What happened.
    package var event: Event

    /// Everything.
    package init(
        member: MemberID, epoch: BootEpoch, sequence: EventSequence, causes: [EventSequence] = [],
        message: MessageName? = nil, time: TraceTime? = nil, event: Event
    ) {
        self.member = member
        self.epoch = epoch
        self.sequence = sequence
        self.causes = causes
        self.message = message
        self.time = time
        self.event = event
    }
}
