// Troubles.swift: what may be wrong with traces, and is said instead of hidden.
//
// A trace may have lost lines, two files may contradict each other, and a file that somebody has edited may say
// anything at all. A picture of such a history is still worth drawing, but it must say what it does not know.
//
// COST     a bound: the first thousand are kept, the rest is counted. A damaged file of a gigabyte makes no
//          gigabyte of complaints.

package import Identifiers
package import Trace

/// One thing that is wrong with the traces.
package enum Trouble: Hashable, Sendable, CustomStringConvertible {
    /// Numbers are missing in a life; `isAdmitted`: the trace itself says so, with a `gap` event.
    case gap(MemberID, BootEpoch, first: EventSequence, last: EventSequence, isAdmitted: Bool)
    /// Two traces say different things about the same event. The first is believed.
    case contradiction(MemberID, BootEpoch, EventSequence)
    /// An event names a cause that is no earlier one. The cause is left out.
    case badCause(MemberID, BootEpoch, EventSequence, cause: EventSequence)
    /// A message was received that its sender, who was traced, has not sent.
    case receivedUnsent(MemberID, BootEpoch, EventSequence)
    /// The same name was given to two messages.
    case nameTwice(MemberID, BootEpoch, EventSequence)
    /// An event would be its own cause. The arrow of the message that it receives is left out.
    case cycle(MemberID, BootEpoch, EventSequence)
    /// A line of a source is no event.
    case unreadable(source: String, line: Int, why: String)
    /// A source ends in the middle of a line, as a crash leaves it.
    case unfinished(source: String, bytes: Int)

    /// For people.
    package var description: String {
        switch self {
        case .gap(let member, let epoch, let first, let last, let isAdmitted):
            "member \(member), life \(epoch.rawValue): events \(first.rawValue) to \(last.rawValue) are missing"
                + (isAdmitted ? "; the trace says that it lost them" : "; perhaps a file was not given")
        case .contradiction(let member, let epoch, let sequence):
            "member \(member), life \(epoch.rawValue): two traces disagree about event \(sequence.rawValue)"
        case .badCause(let member, let epoch, let sequence, let cause):
            "member \(member), life \(epoch.rawValue): event \(sequence.rawValue) names \(cause.rawValue) as its cause, "
                + "which is no earlier event"
        case .receivedUnsent(let member, let epoch, let sequence):
            "member \(member), life \(epoch.rawValue): event \(sequence.rawValue) received a message that its sender "
                + "does not know of; perhaps a file was not given"
        case .nameTwice(let member, let epoch, let sequence):
            "member \(member), life \(epoch.rawValue): event \(sequence.rawValue) gives a message the name of another"
        case .cycle(let member, let epoch, let sequence):
            "member \(member), life \(epoch.rawValue): event \(sequence.rawValue) would be its own cause; the arrow of "
                + "its message is left out"
        case .unreadable(let source, let line, let why): "\(source), line \(line): \(why)"
        case .unfinished(let source, let bytes): "\(source) ends with \(bytes) bytes of an unfinished line"
        }
    }
}

/// What is wrong, up to a bound.
package struct Troubles: Hashable, Sendable {
    /// How many are kept.
    package static let limit = 1000
    /// The first ones.
    package private(set) var list: [Trouble] = []
    /// How many there were in all.
    package private(set) var count = 0

    /// Nothing is wrong.
    package init() {}

    mutating func note(_ trouble: Trouble) {
        count += 1
        if list.count < Self.limit { list.append(trouble) }
    }
}
