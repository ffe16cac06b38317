// Progress.swift: what does a leader know of a follower's log, and how fast may it send?
//
// For each follower the leader keeps two numbers (thesis 3.5): `match`, up to where the logs are known to
// agree, and `next`, the first entry to send. How daring the leader is depends on the mode:
//
//                    first ack                          needs an entry that we have compacted
//     +---------+  ------------>  +-------------+                     +------------+
//     |  probe  |                 |  replicate  |   ... any mode ---> |  snapshot  |
//     +---------+  <------------  +-------------+                     +------------+
//       |     ^     reject, lost                                            |
//       |     +-------------------------------------------------------------+
//       |                      snapshot arrived, or failed
//
//     probe      Where do our logs agree? One message at a time, and wait for its answer.
//     replicate  Logs agree up to match. Send at once, do not wait: next runs ahead of match, and
//                what lies between is in flight.
//                      match            next
//                   ....#################.......     # = in flight: bounded in messages and bytes
//     snapshot   The follower needs what we no longer have. Send nothing until the snapshot is there.
//
// WHY BOUND WHAT IS IN FLIGHT? A slow follower would otherwise make the leader queue its whole log. When
// the bound is reached the leader pauses, and lets one empty message through per heartbeat answer: if
// everything in flight was lost, the follower's rejection of it gets things moving again.
//
// RULES    P1  match < next.
//          P2  what is in flight is above match and below next, in ascending order, within the limits.
//          P3  only a follower in replicate mode has messages in flight.
// COST     one ring of (index, bytes) a follower, which grows to the limit and is then reused.
// READ NEXT  Replication.swift

package import Identifiers

extension Raft {
    /// The messages with entries that are on their way to one follower, oldest first.
    package struct Inflights: Hashable, Sendable {
        /// How much may be on its way.
        package struct Limits: Hashable, Sendable {
            /// Messages.
            package var messages: Int
            /// Bytes of entries; the message that passes the limit is still sent.
            package var bytes: Int
            /// Both.
            package init(messages: Int, bytes: Int = .max) {
                self.messages = messages
                self.bytes = bytes
            }
        }

        private struct Sent: Hashable, Sendable {
            var last: LogIndex
            var bytes: Int
        }

        private var ring: [Sent] = []
        private var start = 0
        /// How many messages are on their way.
        package private(set) var count = 0
        /// How many bytes of entries they carry.
        package private(set) var bytes = 0
        /// How many may be.
        package let limits: Limits

        /// Nothing on its way.
        package init(limits: Limits) { self.limits = limits }

        /// Whether the limits are reached.
        package var isFull: Bool { count >= limits.messages || bytes >= limits.bytes }

        /// A message is sent whose last entry is `last`.
        package mutating func add(last: LogIndex, bytes size: Int) {
            precondition(!isFull, "P2: sent to a follower whose window is full")
            if count == ring.count { grow() }
            var place = start + count
            if place >= ring.count { place -= ring.count }
            ring[place] = Sent(last: last, bytes: size)
            count += 1
            bytes += size
        }

        /// Everything up to `index` has arrived.
        package mutating func free(through index: LogIndex) {
            while count > 0, ring[start].last <= index {
                bytes -= ring[start].bytes
                count -= 1
                start += 1
                if start == ring.count { start = 0 }
            }
        }

        /// Forgets everything: it was lost, or does not matter any more.
        package mutating func reset() {
            start = 0
            count = 0
            bytes = 0
        }

        private mutating func grow() {
            let old = (0..<count).map { ring[(start + $0) % ring.count] }
            let size = min(max(8, ring.count * 2), max(8, limits.messages))
            ring = old + Array(repeating: Sent(last: .zero, bytes: 0), count: max(size, count + 1) - count)
            start = 0
        }

        /// The last index of each message on its way, oldest first.
        package var indexes: [LogIndex] { (0..<count).map { ring[(start + $0) % ring.count].last } }

        /// Equal when the same is on its way, wherever the ring happens to start.
        package static func == (left: Inflights, right: Inflights) -> Bool {
            left.limits == right.limits && left.bytes == right.bytes && left.indexes == right.indexes
        }

        /// By what is on its way.
        package func hash(into hasher: inout Hasher) { hasher.combine(indexes) }
    }

    /// What a leader knows of one follower.
    package struct Progress: Hashable, Sendable {
        /// How daring the leader is.
        package enum Mode: Hashable, Sendable {
            /// One question at a time.
            case probe
            /// A stream.
            case replicate
            /// Silence until the snapshot up to this index has arrived.
            case snapshot(LogIndex)
        }

        /// Up to where the logs are known to agree.
        package internal(set) var match: LogIndex = .zero
        /// The first entry to send.
        package internal(set) var next: LogIndex
        /// How daring the leader is.
        package internal(set) var mode = Mode.probe
        /// What is on its way.
        package internal(set) var inflights: Inflights
        /// Whether sending waits for a sign of life: a probe is unanswered, or the window is full.
        package internal(set) var isWaiting = false
        /// Whether anything was heard since the last check of the quorum.
        package internal(set) var isActive: Bool
        /// Whether it only listens.
        package internal(set) var isLearner: Bool
        /// The highest commit index that it was sent and can use.
        package internal(set) var sentCommit: LogIndex = .zero

        /// Nothing is known but where to begin asking.
        package init(next: LogIndex, limits: Inflights.Limits, isLearner: Bool, isActive: Bool = false) {
            self.next = next
            self.inflights = Inflights(limits: limits)
            self.isLearner = isLearner
            self.isActive = isActive
        }

        /// Whether nothing may be sent now.
        package var isPaused: Bool {
            if case .snapshot = mode { return true }
            return isWaiting
        }

        private mutating func enter(_ mode: Mode) {
            self.mode = mode
            isWaiting = false
            inflights.reset()
        }

        mutating func becomeProbe() {
            if case .snapshot(let pending) = mode {
                // The snapshot was delivered: ask from behind it.
                enter(.probe)
                next = max(match.next, pending.next)
            } else {
                enter(.probe)
                next = match.next
            }
            sentCommit = min(sentCommit, next.previous)
        }

        mutating func becomeReplicate() {
            enter(.replicate)
            next = match.next
        }

        mutating func becomeSnapshot(at index: LogIndex) {
            enter(.snapshot(index))
            next = index.next
            sentCommit = index
        }

        /// A message with `count` entries of `bytes` bytes was sent.
        @inline(__always)
        mutating func sent(_ count: Int, bytes: Int) {
            switch mode {
            case .replicate:
                if count > 0 {
                    next += count
                    inflights.add(last: next.previous, bytes: bytes)
                }
                // A message that fills the window is a probe of sorts: nothing more until an answer.
                isWaiting = inflights.isFull
            case .probe:
                if count > 0 { isWaiting = true }
            case .snapshot: preconditionFailure("P3: appended to a follower that waits for a snapshot")
            }
        }

        /// The follower's log agrees with ours up to `index`; false when that is no news.
        @inline(__always)
        mutating func acknowledge(_ index: LogIndex) -> Bool {
            guard index > match else { return false }
            match = index
            next = max(next, index.next)
            isWaiting = false
            return true
        }

        /// The follower refused entries after `asked` and suggests to look at `hint`; false when the
        /// refusal is an old one that has overtaken nothing.
        mutating func backOff(asked: LogIndex, hint: LogIndex) -> Bool {
            if mode == .replicate {
                // We know that it holds `match`, so a refusal of that or less was sent before.
                guard asked > match else { return false }
                next = match.next
            } else {
                // A probe asks about next - 1; any other refusal answers an earlier probe.
                guard next.rawValue > 0, next.previous == asked else { return false }
                next = max(min(asked, hint.next), match.next)
                isWaiting = false
            }
            sentCommit = min(sentCommit, next.previous)
            return true
        }

        /// Whether telling it this commit index lets it commit more than it was told before.
        func canUse(commit: LogIndex) -> Bool { commit > sentCommit && sentCommit < next.previous }
    }

    /// The progress of every member, in ascending order of members. With three to seven of them a walk
    /// through a short array beats a hash.
    package struct Peers: Hashable, Sendable {
        /// In ascending order.
        package private(set) var members: [MemberID] = []
        var entries: [Progress] = []

        /// Nobody.
        package init() {}

        /// Where a member stands in the arrays.
        @inline(__always)
        func place(of member: MemberID) -> Int? {
            for place in 0..<members.count where members[place] == member { return place }
            return nil
        }

        /// Up to where a member's log agrees with the leader's.
        @inline(__always)
        func match(of member: MemberID) -> LogIndex {
            for place in 0..<members.count where members[place] == member { return entries[place].match }
            return .zero
        }

        /// What is known of a member.
        package subscript(member: MemberID) -> Progress? {
            get { place(of: member).map { entries[$0] } }
            set {
                guard let place = place(of: member), let newValue else { return }
                entries[place] = newValue
            }
        }

        mutating func insert(_ progress: Progress, for member: MemberID) {
            if let place = place(of: member) {
                entries[place] = progress
            } else {
                let place = members.firstIndex { $0 > member } ?? members.count
                members.insert(member, at: place)
                entries.insert(progress, at: place)
            }
        }

        mutating func remove(_ member: MemberID) {
            guard let place = place(of: member) else { return }
            members.remove(at: place)
            entries.remove(at: place)
        }

        /// Everybody with what is known of them.
        package var all: Zip2Sequence<[MemberID], [Progress]> { zip(members, entries) }
    }
}
