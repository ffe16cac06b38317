// Waiters.swift: who waits for which entry, at a price that nobody notices.
//
// At tens of thousands of writes in a second each write waits for a few milliseconds: its number is put in, and soon
// after it is taken out, in almost the same order. A hash table would be right and would cost 30 ns twice. But the
// numbers follow each other, so the table can be a row, and a number is a place in it:
//
//     numbers      ...41  42  43  44  45  46
//     ring        [     |   | w | - | w | w |        ]       w: somebody waits    -: nobody (answered, or gone)
//                         ^ first             ^ end
//     place of 45 = 45 - first
//
// THE SAME ROW IS THE LIST OF DEADLINES: everybody waits equally long (Deadlines.swift), so whoever came first gives up
// first, and looking at the front is enough.
//
// A number that was drawn for something else (a round of reads) leaves a gap, which is dropped when it comes
// to the front.
//
// COST     adding and taking: a few nanoseconds, no allocation but when the row must grow. Forgetting a client who has
//          gone walks along the row: that is seldom, and saves a number for each client.

import Bytes
import Identifiers
import Trace

/// The requests whose entries are on their way.
struct Waiters {
    /// What is known of one of them.
    struct Waiter {
        /// What the shell calls it; not read unless `purpose` is `client`.
        var request: RequestID
        /// For whom the answer is.
        var purpose: Purpose
        /// When it began to wait.
        var since: Int64
        /// The event that names the request.
        var name: EventSequence
        /// The event that reported its entry.
        var proposed: EventSequence
    }

    /// For whom an answer is.
    enum Purpose: UInt8 {
        /// A place where nobody waits.
        case nobody
        /// For a client.
        case client
        /// For the member itself: its name and addresses.
        case attributes
        /// For the member itself: the cluster's version.
        case version
    }

    private static let vacant = Waiter(
        request: RequestID(rawValue: 0), purpose: .nobody, since: 0, name: .none, proposed: .none)

    /// As long as a power of two, so that a place is found by masking.
    private var ring: [Waiter]
    private var head = 0
    /// How many places there are from the first to the last number, gaps included.
    private var span = 0
    private var first: UInt64 = 0
    /// How many wait.
    private(set) var count = 0

    init() { ring = Array(repeating: Self.vacant, count: 64) }

    /// Somebody waits for the entry with this number, which must be larger than all before.
    mutating func add(_ number: UInt64, _ waiter: Waiter) {
        if span == 0 { first = number }
        precondition(number >= first + UInt64(span), "request numbers are given out in order")
        while first + UInt64(span) < number { push(Self.vacant) }
        push(waiter)
        count += 1
    }

    private mutating func push(_ waiter: Waiter) {
        if span == ring.count { grow() }
        ring[(head + span) & (ring.count - 1)] = waiter
        span += 1
    }

    private mutating func grow() {
        var larger = Array(repeating: Self.vacant, count: ring.count * 2)
        for place in 0..<span { larger[place] = ring[(head + place) & (ring.count - 1)] }
        ring = larger
        head = 0
    }

    /// Whoever waits for this number waits no longer. Nil when nobody does: it is another member's, or one that gave up.
    mutating func take(_ number: UInt64) -> Waiter? {
        guard span > 0, number >= first, number - first < UInt64(span) else { return nil }
        let slot = (head + Int(number - first)) & (ring.count - 1)
        let waiter = ring[slot]
        guard waiter.purpose != .nobody else { return nil }
        ring[slot].purpose = .nobody
        count -= 1
        dropGaps()
        return waiter
    }

    /// The entry of this number is in the log, or on its way to the leader.
    mutating func note(_ number: UInt64, proposed event: EventSequence) {
        guard span > 0, number >= first, number - first < UInt64(span) else { return }
        ring[(head + Int(number - first)) & (ring.count - 1)].proposed = event
    }

    /// The event that names the request with this number.
    func name(of number: UInt64) -> EventSequence {
        guard span > 0, number >= first, number - first < UInt64(span) else { return .none }
        return ring[(head + Int(number - first)) & (ring.count - 1)].name
    }

    /// Takes out whoever has waited longest, if that began at `limit` or before.
    mutating func takeFirst(ifSince limit: Int64) -> (number: UInt64, waiter: Waiter)? {
        guard count > 0 else { return nil }
        let (number, waiter) = (first, ring[head])
        guard waiter.since <= limit else { return nil }
        _ = take(number)
        return (number, waiter)
    }

    /// When whoever has waited longest began.
    var oldest: Int64? { count > 0 ? ring[head].since : nil }

    /// The client is gone; answers the event that names its request. Nil when it did not wait here.
    mutating func forget(_ request: RequestID) -> EventSequence? {
        for place in 0..<span {
            let slot = (head + place) & (ring.count - 1)
            guard ring[slot].purpose == .client, ring[slot].request == request else { continue }
            ring[slot].purpose = .nobody
            count -= 1
            let name = ring[slot].name
            dropGaps()
            return name
        }
        return nil
    }

    /// The front is always somebody who waits.
    private mutating func dropGaps() {
        while span > 0, ring[head].purpose == .nobody {
            head = (head + 1) & (ring.count - 1)
            first += 1
            span -= 1
        }
    }
}
