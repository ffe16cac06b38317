// Cuts.swift: what did everybody know at one moment, when there is no common moment?
//
// A cut says of each lane how far it is looked at. It is CONSISTENT when it has no effect without its cause: whatever was
// received inside was also sent inside. Only such a cut could have been seen by somebody who looked at all members at once.
//
//     n1    1 ---> 2 ---> 3 -|-> 4             the cut | is consistent: 3 was sent and is on its way
//                          \ |
//     n2    1 ---> 2 --|->  3 '--> 4
//
//     a prefix of `order`         a moment of the run as it may have been
//     the past of an event        everything that may have influenced it, and nothing else: the smallest cut that has it
//
// STATE AT A CUT is each member's events replayed up to there: Raft (Replica.swift) and keys (Keyspace.swift). Somebody who
// wants many cuts one after the other walks once, with `StateWalk`.
//
// RULES    U1  a cut that is asked for here is consistent.

package import Identifiers
package import Trace

/// How far each lane is looked at.
package struct Cut: Hashable, Sendable {
    /// For each lane the place behind the last event that belongs to the cut.
    package var ends: [Int]

    /// With an end for each lane.
    package init(ends: [Int]) { self.ends = ends }

    /// Whether an event of a lane belongs to it.
    package func contains(_ event: Int, inLane lane: Int) -> Bool { event < ends[lane] }
}

/// What all members know at a cut.
package struct ClusterState: Hashable, Sendable {
    /// Raft's part, by member: roles, terms, logs, commit and applied, a leader's view of the others.
    package internal(set) var replicas: [MemberID: Replica] = [:]
    /// The keys of each member.
    package internal(set) var keyspaces: [MemberID: Keyspace] = [:]

    /// Nothing has happened yet.
    package init() {}

    /// The members, in the order of their numbers.
    package var members: [MemberID] { replicas.keys.sorted() }

    /// Takes the next event of a member. Order between members does not matter, order within one does.
    package mutating func apply(_ record: TraceRecord) {
        replicas[record.member, default: Replica(record.member)].apply(record.event)
        if Keyspace.speaks(of: record.event) {
            keyspaces[record.member, default: Keyspace()].apply(record.event)
        }
    }
}

extension CausalHistory {
    /// The first events of the causal order.
    package func cut(prefix count: Int) -> Cut {
        var ends = lanes.map(\.events.lowerBound)
        for event in order.prefix(count) {
            let lane = self.lane(of: Int(event))
            ends[lane] = max(ends[lane], Int(event) + 1)
        }
        return Cut(ends: ends)
    }

    /// An event and everything that may have influenced it.
    package func past(of event: Int) -> Cut {
        var ends = lanes.map(\.events.lowerBound)
        var waiting = [event]
        while let next = waiting.popLast() {
            let lane = self.lane(of: next)
            guard next >= ends[lane] else { continue }
            // Everything between what is known and this comes with it, and what that depends on.
            for known in ends[lane]...next where arrows[known] >= 0 { waiting.append(Int(arrows[known])) }
            ends[lane] = next + 1
        }
        return Cut(ends: ends)
    }

    /// Everything.
    package var wholeCut: Cut { Cut(ends: lanes.map(\.events.upperBound)) }

    /// Whether a cut has no effect without its cause.
    package func isConsistent(_ cut: Cut) -> Bool {
        for (lane, end) in zip(lanes, cut.ends) {
            for event in lane.events.lowerBound..<end where arrows[event] >= 0 {
                let cause = Int(arrows[event])
                if !cut.contains(cause, inLane: self.lane(of: cause)) { return false }
            }
        }
        return true
    }

    /// What all members know at a cut.
    package func state(at cut: Cut) -> ClusterState {
        precondition(isConsistent(cut), "U1: a cut has an effect without its cause")
        var state = ClusterState()
        for (lane, end) in zip(lanes, cut.ends) {
            for event in lane.events.lowerBound..<end { state.apply(record(at: event)) }
        }
        return state
    }
}

/// Walks along the causal order, with the state after each event.
package struct StateWalk: Sendable {
    private let history: CausalHistory
    /// How many events of the order were taken.
    package private(set) var position = 0
    /// What everybody knows now.
    package private(set) var state = ClusterState()

    /// Before the first event.
    package init(_ history: CausalHistory) { self.history = history }

    /// Takes the next event and answers with its place; nil at the end.
    package mutating func next() -> Int? {
        guard position < history.order.count else { return nil }
        let event = Int(history.order[position])
        position += 1
        state.apply(history.record(at: event))
        return event
    }
}
