// CausalHistory.swift: what happened to a cluster, and in which order? START HERE.
//
// Every member writes down what happens to it, and numbers it. No two machines agree about the time, so a merged
// history cannot be had by sorting. But some things must have come before others, whatever any clock says:
//
//     n1, first life    1 -> 2 -> 3 -> 4          within a life: in the order of the numbers
//                            |         \
//                   message  |          \         a later life of a member: after all earlier ones
//                            v           v
//     n2                1 -> 2 -> 3      n1, second life   1 -> 2
//
// A message was sent before it was received; both ends have counted it on the same connection. Whatever follows
// from these arrows is known (Lamport, "Time, clocks, and the ordering of events"); whatever does not is open, and
// may be drawn either way.
//
// THE LAMPORT NUMBER of an event is the length of the longest chain of arrows that leads to it. Sorted by it,
// and where it is equal by member, life and number, every event stands behind everything it may depend on, and the
// same traces always give the same order, in whatever order their files were read.
//
// A PREFIX of that order is a consistent cut: it never has an effect without its cause.
//
// HOW ARE A MILLION EVENTS KEPT? Not as a million objects. An event is its place in a few arrays, and its facts lie in
// one buffer in the compact form (some 30 bytes); they are decoded when somebody asks.
//
//     place        0   1   2   3 | 4   5   6 ...      lanes one after the other, each in the order of its numbers
//     sequences    1   2   3   4 | 1   2   3
//     kinds       21  24  22  37 |21  24  38          what is looked for, without decoding
//     partners     -   -   -   6 | -   -   3          the other end of a message
//     lamport      1   2   3   4 | 1   2   5
//
// COST     see TraceModelTests, `bench: a million events`.
// READ NEXT  Loading.swift (how records come in), CausalOrder.swift (the numbers), Cuts.swift (the state of all members at a
//            moment), RequestPaths.swift (what one request went through), TLAExport.swift (a history for the checker of the public specification)

import Bytes
package import Identifiers
package import Trace

/// One life of one member: a row of a drawing.
package struct Lane: Hashable, Sendable {
    /// Who.
    package let member: MemberID
    /// Which life; the first is 1.
    package let epoch: BootEpoch
    /// The places of its events.
    package let events: Range<Int>
}

/// All events of all members that were traced, and what must have come before what.
package struct CausalHistory: Sendable {
    /// All lives, by member and epoch.
    package let lanes: [Lane]
    /// The places of all events, causes before effects.
    package let order: [Int32]
    /// What is wrong with the traces; a drawing says so.
    package let troubles: Troubles
    /// How many messages arrived more than once.
    package let repeatedArrivals: Int

    let sequences: [UInt64]
    let kinds: [UInt8]
    /// Where the facts of each event begin; one more than there are events.
    let offsets: [Int]
    let facts: ByteSlice
    /// The other end of a message: at the receiver who sent it, at the sender who received it first; -1 is nobody.
    let partners: [Int32]
    /// What must come before an event beside the one before it in its lane: for a receipt the sending, or what released
    /// it; for a life's first event the end of the life before. -1 is nothing.
    let arrows: [Int32]
    let lamport: [UInt32]
    /// Empty when no event has a time.
    let times: [TraceTime?]
    /// The sendings that nobody has received.
    let unreceived: [Int32]

    /// How many events there are.
    package var count: Int { kinds.count }

    /// The lane of an event.
    package func lane(of event: Int) -> Int { CausalOrder.lane(of: event, in: lanes) }

    /// The number of an event's kind, without decoding it.
    package func kind(of event: Int) -> UInt8 { kinds[event] }

    /// The length of the longest chain of causes that leads to an event.
    package func lamport(of event: Int) -> Int { Int(lamport[event]) }

    /// The other end of a message: for a receipt who sent it, for a sending who received it first. Nil where that
    /// is not known.
    package func partner(of event: Int) -> Int? { partners[event] < 0 ? nil : Int(partners[event]) }

    /// Messages that were sent and that nobody has received, although the receiver was traced.
    package var lostMessages: [Int] { unreceived.map(Int.init) }

    /// When an event was recorded, as its machine's clocks said; nil in simulations without a clock.
    package func time(of event: Int) -> TraceTime? { times.isEmpty ? nil : times[event] }

    /// The event of a lane that has a number; nil when it is missing.
    package func event(_ sequence: EventSequence, inLane lane: Int) -> Int? {
        let events = lanes[lane].events
        // Numbers have no gaps as a rule, so the place is known; else it is looked for.
        var (low, high) = (events.lowerBound, events.upperBound)
        let guess = events.lowerBound + Int(clamping: sequence.rawValue) - 1
        if events.contains(guess), sequences[guess] == sequence.rawValue { return guess }
        while low < high {
            let middle = (low + high) / 2
            if sequences[middle] < sequence.rawValue { low = middle + 1 } else { high = middle }
        }
        return low < events.upperBound && sequences[low] == sequence.rawValue ? low : nil
    }

    /// Everything that is known about an event.
    package func record(at event: Int) -> TraceRecord {
        let lane = lanes[self.lane(of: event)]
        let record = facts[offsets[event]..<offsets[event + 1]]
        do {
            return try TraceRecord(
                compact: record.view, from: TraceOrigin(member: lane.member, epoch: lane.epoch),
                at: times.isEmpty ? nil : times[event])
        } catch {
            preconditionFailure("H1: an event that was kept cannot be read: \(error)")
        }
    }
}
