// RequestNumbers.swift: how does a member find out who waits for an entry?
//
// A client's request becomes an entry of the log, and the entry comes back when a quorum has it: a moment or an
// election later, perhaps behind entries of other members, perhaps never. So each request gets a number that is
// unique in the cluster; it lies in the entry, and whoever proposed it recognises it when it is applied.
//
//     63        48 47                               8 7        0
//     +-----------+----------------------------------+----------+
//     | member,   |  milliseconds since 1970         | counter  |        the next number is this one plus 1
//     | low 16 bit|  when the member started, 40 bit | 8 bit    |
//     +-----------+----------------------------------+----------+
//
// WHY THE TIME? A member that crashes forgets its counter, and old entries with its old numbers are still in the log.
// Were a number given twice, the answer to an old request would go to a new client. A restart takes longer than a
// millisecond, in which at most 256 numbers would have to be given to catch up: nobody lives so fast on average.
// (Two members whose low 16 bits agree and that start in the same millisecond would collide; etcd has it so, and
// the log's bytes are etcd's.)
//
// The member has no clock: the time comes in once, at the start.

import Bytes
import Identifiers

/// Gives out the numbers of one life of a member.
struct RequestNumbers {
    private let prefix: UInt64
    private var suffix: UInt64

    /// What belongs to the counter and the time; the rest says whose it is.
    private static let suffixMask: UInt64 = (1 << 48) - 1

    init(member: MemberID, startedAt milliseconds: UInt64) {
        prefix = member.rawValue << 48
        suffix = (milliseconds & ((1 << 40) - 1)) << 8
    }

    /// A number that was never given before.
    mutating func next() -> UInt64 {
        suffix = (suffix &+ 1) & Self.suffixMask
        return prefix | suffix
    }
}
