// Log.swift: where do the entries live, and how far has each of them come?
//
// Everything that a cluster agrees on is one list of entries. A member holds the list in memory from its
// last compaction on (the disk has it too, but a leader answers followers from memory), and five marks
// say how far things have come:
//
//        base            applied   handed       committed       last
//         |                 |        |             |              |
//     ....[######################################################]
//                                          |
//                                       durable   (may lie before or behind committed)
//
//     base        everything up to here is only in a snapshot: compacted
//     applied     the state machine has done it
//     handed      the state machine was told to do it
//     committed   a quorum has it; it will never change
//     durable     our own disk has exactly this, so we may say that we have it
//     last        the end; between committed and last entries may still be replaced
//
// An entry is handed out when it is committed AND durable here: a state machine that runs ahead of its
// own log would, after a crash, remember what its log has forgotten.
//
// WHY CHUNKS? One large array would be copied whole each time it outgrows itself, and front removal
// moves everything. So the list is an array of small arrays; appending touches the last, compaction
// drops whole ones from the front, and two copies of a log share all chunks but the last:
//
//     chunks  [ 64 entries ] [ 64 entries ] [ 17 entries ]
//               ^ origin: the index of the first slot; slots up to `base` are dead
//
// RULES    L1  base <= committed <= last, applied <= handed <= min(committed, durable) (while no snapshot is
//              being restored), durable <= last.
//          L2  entry i stands at index i, and terms never fall from one entry to the next.
//          L3  nothing at or below committed is ever replaced.
//          L4  committed and applied never go back.
// COST     append and lookup O(1); truncation and compaction O(entries removed / 64).
// READ NEXT  Durability.swift, for the mark that lags behind.

import Bytes
package import Identifiers
package import RaftMessages

extension Raft {
    /// An entry's place and the term in which it was made; two entries with equal positions are equal
    /// and so is everything before them (log matching, extended paper 5.3).
    package struct Position: Hashable, Sendable {
        /// Where.
        package var index: LogIndex
        /// When.
        package var term: Term
        /// Both.
        package init(index: LogIndex, term: Term) {
            self.index = index
            self.term = term
        }

        /// Whether a log that ends here is at least as recent as one that ends there: the later term
        /// wins, and within a term the longer log (extended paper 5.4.1).
        package func isAtLeastAsRecent(as other: Position) -> Bool {
            term != other.term ? term > other.term : index >= other.index
        }
    }

    /// The replicated log as this member has it.
    package struct Log: Hashable, Sendable {
        static let chunkSize = 64
        private var chunks: [[Entry]] = []
        private var origin: LogIndex

        /// The last compacted entry; the log goes on behind it.
        package private(set) var base: Position
        /// The end.
        package private(set) var last: Position
        /// Up to where a quorum has it.
        package private(set) var committed: LogIndex
        /// Up to where our disk has exactly what we hold.
        package private(set) var durable: LogIndex
        /// Up to where the state machine was told.
        package private(set) var handed: LogIndex
        /// Up to where the state machine has come.
        package private(set) var applied: LogIndex

        /// A log that goes on behind `base`, of which everything up to `applied` was applied before.
        package init(base: Position, entries: [Entry] = [], committed: LogIndex, applied: LogIndex) {
            self.base = base
            origin = base.index.next
            last = base
            self.committed = max(committed, base.index)
            handed = max(applied, base.index)
            self.applied = handed
            durable = base.index
            append(entries)
            durable = last.index
            precondition(self.committed <= last.index, "L1: committed \(committed) is behind the end \(last.index)")
            precondition(handed <= self.committed, "L1: applied \(handed) is not committed \(self.committed)")
        }

        /// The first entry that is still there, or the place for it.
        package var first: LogIndex { base.index.next }
        /// How many entries are there.
        package var count: Int { last.index - base.index }

        /// An entry that is there.
        package subscript(index: LogIndex) -> Entry {
            @inline(__always) get {
                precondition(index > base.index && index <= last.index, "L1: entry \(index) is not in this log")
                let slot = index - origin
                return chunks[slot / Log.chunkSize][slot % Log.chunkSize]
            }
        }

        /// The term of an entry, of the last compacted one, or nil for what was compacted or is to come.
        @inline(__always)
        package func term(at index: LogIndex) -> Term? {
            if index == last.index { return last.term }
            if index == base.index { return base.term }
            guard index > base.index, index < last.index else { return nil }
            let slot = index - origin
            return chunks[slot / Log.chunkSize][slot % Log.chunkSize].term
        }

        /// How many bytes of data an entry has.
        @inline(__always)
        func size(at index: LogIndex) -> Int {
            let slot = index - origin
            return chunks[slot / Log.chunkSize][slot % Log.chunkSize].data.count
        }

        /// Whether the log has exactly this entry (and therefore everything before it).
        @inline(__always)
        package func contains(_ position: Position) -> Bool { term(at: position.index) == position.term }

        /// The entries from `from` on, as many as fit into `limit` bytes of data, at least one.
        package func entries(from: LogIndex, through end: LogIndex, limit: Int) -> [Entry] {
            guard from <= end else { return [] }
            var taken: [Entry] = []
            var bytes = 0
            var index = from
            while index <= end {
                let slot = index - origin
                let entry = chunks[slot / Log.chunkSize][slot % Log.chunkSize]
                bytes += entry.data.count
                if !taken.isEmpty, bytes > limit { break }
                if taken.isEmpty { taken.reserveCapacity(min(end - from + 1, 64)) }
                taken.append(entry)
                index = index.next
            }
            return taken
        }

        /// Everything that is there, for tests and pictures.
        package var all: [Entry] { entries(from: first, through: last.index, limit: .max) }

        // MARK: Growing and shrinking

        /// Puts entries at the end; they must follow it (L2).
        package mutating func append(_ entries: [Entry], from start: Int = 0) {
            for place in start..<entries.count {
                let entry = entries[place]
                precondition(
                    entry.index == last.index.next && entry.term >= last.term,
                    "L2: entry \(entry.index) of term \(entry.term) cannot follow \(last.index) of \(last.term)")
                if let tail = chunks.indices.last, chunks[tail].count < Log.chunkSize {
                    chunks[tail].append(entry)
                } else {
                    var chunk: [Entry] = []
                    chunk.reserveCapacity(Log.chunkSize)
                    chunk.append(entry)
                    chunks.append(chunk)
                }
                last = Position(index: entry.index, term: entry.term)
            }
        }

        /// Removes the entry at `index` and all behind it, to make room for what the leader has there.
        package mutating func truncate(from index: LogIndex) {
            precondition(index > committed, "L3: entry \(index) is committed (\(committed)) and cannot be replaced")
            let keep = index - origin
            while let tail = chunks.indices.last, tail * Log.chunkSize >= keep { chunks.removeLast() }
            if let tail = chunks.indices.last {
                chunks[tail].removeLast(max(0, tail * Log.chunkSize + chunks[tail].count - keep))
            }
            last = Position(
                index: index.previous, term: index.previous == base.index ? base.term : chunkTerm(index.previous))
            durable = min(durable, last.index)
        }

        private func chunkTerm(_ index: LogIndex) -> Term {
            let slot = index - origin
            return chunks[slot / Log.chunkSize][slot % Log.chunkSize].term
        }

        /// Forgets everything up to `index`, which must be applied; it lives on in snapshots.
        package mutating func compact(through index: LogIndex) {
            guard index > base.index else { return }
            precondition(index <= applied, "L1: cannot compact \(index), only \(applied) is applied")
            base = Position(index: index, term: chunkTerm(index))
            let whole = min((index.next - origin) / Log.chunkSize, chunks.count)
            chunks.removeFirst(whole)
            origin += whole * Log.chunkSize
        }

        /// Replaces everything by a snapshot. Its content is committed, and neither durable nor applied yet.
        package mutating func restore(_ snapshot: Position) {
            precondition(snapshot.index > committed, "L4: a snapshot at \(snapshot.index) is older than \(committed)")
            chunks = []
            origin = snapshot.index.next
            durable = min(durable, committed)
            base = snapshot
            last = snapshot
            committed = snapshot.index
        }

        // MARK: Moving the marks

        /// A quorum has everything up to `index`.
        package mutating func commit(through index: LogIndex) {
            precondition(
                index >= committed && index <= last.index, "L1: commit \(index) of \(committed)...\(last.index)")
            committed = index
        }

        /// Our disk has everything up to `index`.
        package mutating func markDurable(through index: LogIndex) { durable = max(durable, min(index, last.index)) }

        /// The state machine is told to apply up to `index`.
        package mutating func handOut(through index: LogIndex) { handed = max(handed, index) }

        /// The state machine has come to `index`.
        package mutating func markApplied(through index: LogIndex) {
            precondition(index <= handed, "L1: applied \(index), but only \(handed) was handed out")
            applied = max(applied, index)
        }

        // MARK: Comparing logs

        /// The first of a leader's entries that this log does not have: its place in `entries`, or nil when
        /// the log has them all.
        @inline(__always)
        func firstMissing(of entries: [Entry]) -> Int? {
            if entries.isEmpty { return nil }
            // Mostly everything is new.
            return entries[0].index > last.index ? 0 : firstConflict(with: entries)
        }

        @inline(never)
        private func firstConflict(with entries: [Entry]) -> Int? {
            entries.indices.first { term(at: entries[$0].index) != entries[$0].term }
        }

        /// The last place at or before `index` whose term is at most `limit`: where two logs may still agree
        /// when they do not at `index`. The term is zero where it is no longer known.
        ///
        ///     index    1  2  3  4  5  6  7  8  9
        ///     leader   1  3  3  3  5  5  5  5  5      The leader asks about 9 (term 5). The follower's last
        ///     follower 1  1  1  1  2  2               is 6 of term 2, and it answers "6, term 2". The leader
        ///              ^                              has no term 2; its last entry of a term <= 2 is 1, so
        ///              +-- next probe here            one round trip skips whole terms.
        package func agreement(notAfter index: LogIndex, termAtMost limit: Term) -> Position {
            var index = index
            while index > .zero {
                guard let term = term(at: index) else { return Position(index: index, term: .zero) }
                if term <= limit { return Position(index: index, term: term) }
                index = index.previous
            }
            return Position(index: .zero, term: .zero)
        }

        /// Equal when they hold the same, however the chunks are cut.
        package static func == (left: Log, right: Log) -> Bool {
            left.base == right.base && left.last == right.last && left.committed == right.committed
                && left.durable == right.durable && left.handed == right.handed && left.applied == right.applied
                && left.all == right.all
        }

        /// By its ends.
        package func hash(into hasher: inout Hasher) {
            hasher.combine(base)
            hasher.combine(last)
        }
    }
}
