// History.swift: what did clients ask, what were they told, and can it be true?
//
// A store is linearizable when every request seems to happen at one moment between its question and its
// answer (thesis 6.3). To check that in general one must search through orders; here nobody has to search,
// because the log IS the order. Each answer stands at a place in it: a write at its entry, a read at the
// last entry that was applied when it was served. So linearizability is one comparison of numbers:
//
//     place in the log        1    2    3    4    5    6
//     client A                     |--w--|                        answered at place 2
//     client B                              |--- r ---|           asked after A was answered:
//                                                                  its place must be at least 2
//
// `floor` is the highest place of everything that was answered before a question was asked; an answer below
// the floor of its question tells the past. A stale leader that still serves reads does just that.
//
// RULES    C1  no answer stands before an answer that was there when its question was asked.
//
// UNANSWERED REQUESTS may have happened or not; nobody was told, so they promise nothing.

package import Identifiers

/// Everything that clients asked and were told.
package struct History: Sendable {
    /// One request.
    package struct Request: Hashable, Sendable {
        /// Who was asked.
        package var member: MemberID
        /// The register.
        package var key: String
        /// What to write; nil for a read.
        package var value: String?
        /// Nothing answered later may stand before this place.
        package var floor: LogIndex
    }

    /// What became of requests.
    package struct Counts: Hashable, Sendable {
        /// Writes that clients asked for.
        package var writes = 0
        /// Reads that clients asked for.
        package var reads = 0
        /// Writes that were answered.
        package var written = 0
        /// Reads that were answered.
        package var read = 0
        /// Requests that a member refused.
        package var refused = 0
    }

    private var open: [UInt64: Request] = [:]
    private var nextNumber: UInt64 = 1
    /// The highest place of any answer.
    package private(set) var floor = LogIndex.zero
    /// What became of requests.
    package private(set) var counts = Counts()

    /// Nobody asked anything.
    package init() {}

    /// A question; its number finds it again.
    package mutating func ask(_ member: MemberID, key: String, value: String?) -> UInt64 {
        let number = nextNumber
        nextNumber += 1
        open[number] = Request(member: member, key: key, value: value, floor: floor)
        if value == nil { counts.reads += 1 } else { counts.writes += 1 }
        return number
    }

    /// An answer that stands at a place; nil when nobody waits for it. Throws when it tells the past.
    package mutating func answer(_ number: UInt64, at place: LogIndex) throws(BrokenPromise) -> Request? {
        guard let request = open.removeValue(forKey: number) else { return nil }
        if place < request.floor {
            let what = request.value == nil ? "a read of" : "a write of"
            throw BrokenPromise(
                .answersAreLinearizable,
                "\(what) \(request.key) at member \(request.member) was answered as of entry \(place), although an "
                    + "answer of entry \(request.floor) was there before it was asked")
        }
        floor = max(floor, place)
        if request.value == nil { counts.read += 1 } else { counts.written += 1 }
        return request
    }

    /// A member said no, or went away: the request may still happen, but nobody will be told.
    package mutating func refuse(_ number: UInt64) -> Request? {
        guard let request = open.removeValue(forKey: number) else { return nil }
        counts.refused += 1
        return request
    }

    /// Whoever waited for this member waits no longer.
    package mutating func forget(_ member: MemberID) {
        for (number, request) in open where request.member == member { open[number] = nil }
    }

    /// The request of a number, while it is open.
    package func request(_ number: UInt64) -> Request? { open[number] }
}
