// Compaction.swift: forgetting what nobody may ask for any more.
//
// History grows with every write. A compaction at revision C says: nobody will read before C again. For each key only
// the newest change at or before C is then needed, as that is what a reader of C sees; and if it is a deletion
// before C, not even that.
//
//     before C                                        C          after
//     a   12_0   30_0   44_0                          |   61_0        keep 44_0, 61_0
//     b   13_0   35_0 t                               |               nothing is left: the key is forgotten
//     c   14_0                                 50_0 t |               a deletion exactly at C stays for watchers from C
//
// DECIDED AT ONCE, DONE LATER. The entry of the log sets `compacted`, and from then on older revisions are refused, on
// every member alike. The work is each member's own affair and is done in steps of a fraction of a millisecond:
//
//     scheduled mark -> index, entry by entry -> file, from its beginning up to C, 1,000 revisions a step -> finished mark
//     (in the batch                                                                         (in the batch of
//      of the entry)                                                                         the last deletion)
//
// A CRASH IN BETWEEN leaves scheduled > finished: the next start does it again. What is gone already is gone; the
// index rebuilt from what is left decides the same about the rest, because each key's newest change at C is never
// deleted.
//
// WHY NO LIST OF WHAT TO KEEP, as etcd makes? Because the index, once cut, is that list: a revision at or before C is kept
// exactly if the index still has it.
//
// RULES    G1  no step takes anything away while a reader stands before C.
//          G2  `finished` is written only when nothing at or before C is left to delete.

package import Backend
import BoltFile
package import Bytes
import EtcdAPI
package import Identifiers
import Trace

/// Where the compaction under way is.
struct Compaction {
    enum Phase {
        case idle
        /// Entries below this number are cut.
        case index(next: Int)
        /// Revisions before this one are looked at.
        case file(next: KeyRevision)
    }

    var phase = Phase.idle
    /// The revision of the one that is finished, and of the one before the one under way.
    var finished: Revision
    var previous: Revision
    /// Whether the one under way began in this life: only then its hash is whole.
    var isWhole = false
    /// History cut off, which is given back step by step.
    var chain = KeyTable.none
    /// The hash of what the file's scan has read.
    var hash: UInt32 = 0
    /// Whether any key lives at C.
    var keepsAny = false
    /// For the trace: the event of its beginning, and what was counted since.
    var event = EventSequence.none
    var kept = 0
    var removed = 0

    static let scheduledMark: ByteView = "scheduledCompactRev"
    static let finishedMark: ByteView = "finishedCompactRev"
}

extension Store {
    /// Carries out a compaction's entry and appends the whole `CompactionResponse`. The work is left to
    /// `compactionStep`.
    package mutating func compact(
        at target: Revision, in backend: inout Backend, header: HeaderFields, into buffer: inout ByteBuffer
    ) throws(StoreError) {
        if target <= compacted { throw .refused(.compacted) }
        if target > revision { throw .refused(.futureRevision) }
        beginWrite()
        try mark(Compaction.scheduledMark, target, in: &backend)
        // One that is still under way is taken over: what it would have deleted, this one deletes too.
        let isFresh = !isCompacting
        if isFresh { compaction.previous = compacted }
        compaction.isWhole = isFresh
        let before = compacted
        compacted = target
        compaction.phase = .index(next: 0)
        if trace.isOn { reportCompaction(before: before) }
        compaction.hash = HashCursor.start
        compaction.keepsAny = false
        buffer.append(header: header, revision: revision)
    }

    /// Whether there is work for `compactionStep`.
    package var isCompacting: Bool {
        if case .idle = compaction.phase { return compaction.chain != KeyTable.none }
        return true
    }

    /// Whether a long reader keeps a compaction from going on (G1).
    package var isCompactionWaiting: Bool { readers.contains { $0 < compacted.rawValue } }

    /// The compaction that is entirely done; -1: none. Physical requests are answered when it has reached theirs, and the
    /// backend's batch is on the disk.
    package var finishedCompaction: Revision { compaction.finished }

    /// A slice of the work: at most `budget` entries, changes or revisions. Call it between entries of the log.
    package mutating func compactionStep(in backend: inout Backend, budget: Int = 1000) throws(StoreError) {
        if compaction.chain != KeyTable.none {
            compaction.chain = index.free(compaction.chain, limit: 4 * budget).rest
            return
        }
        if isCompactionWaiting { return }
        switch compaction.phase {
        case .idle: break
        case .index(let next): cutIndex(from: next, budget: 4 * budget)
        case .file(let next): try cutFile(from: next, in: &backend, budget: budget)
        }
    }

    private mutating func mark(_ name: ByteView, _ target: Revision, in backend: inout Backend) throws(StoreError) {
        let bytes = StoredKey(KeyRevision(main: target, sub: 0)).bytes
        do throws(BoltError) {
            try bytes.withView { (value) throws(BoltError) in try backend.put(name, value, in: .meta) }
        } catch {
            throw .file(error)
        }
    }

    // MARK: The index

    private mutating func cutIndex(from first: Int, budget: Int) {
        var left = budget
        var next = first
        while next < index.entryLimit, left > 0 {
            let chain = index.cut(UInt32(next), at: compacted.rawValue)
            if !compaction.keepsAny { compaction.keepsAny = index.lives(UInt32(next), at: compacted.rawValue) }
            if trace.isOn, index.table.isUsed(UInt32(next)),
                index.table.newestChange(UInt32(next), at: compacted.rawValue) != nil
            {
                compaction.kept += 1
            }
            next += 1
            left -= 1
            guard chain != KeyTable.none else { continue }
            let (rest, count) = index.free(chain, limit: left)
            left -= count
            if rest != KeyTable.none {
                // A key with a long history: the rest of it is given back in the steps to come.
                compaction.chain = rest
                break
            }
        }
        if next < index.entryLimit {
            compaction.phase = .index(next: next)
        } else {
            compaction.phase = .file(next: KeyRevision(main: .zero, sub: 0))
            if trace.isOn { reportIndexDone() }
        }
    }

    // MARK: The file

    /// Looks at the next revisions up to C and deletes those that the index does not have.
    private mutating func cutFile(from first: KeyRevision, in backend: inout Backend, budget: Int) throws(StoreError) {
        var gone: [StoredKey] = []
        var next: KeyRevision?
        var history = try History(of: backend, from: first)
        var left = budget
        while history.isValid, history.stored.revision.main <= compacted {
            if left == 0 {
                next = history.stored.revision
                break
            }
            left -= 1
            if try !keeps(history) { gone.append(history.stored) }
            try history.next()
        }
        do throws(BoltError) {
            for stored in gone {
                let key = stored.bytes
                _ = try key.withView { (key) throws(BoltError) in try backend.delete(key, in: .key) }
            }
        } catch {
            throw .file(error)
        }
        if trace.isOn { reportStep(examined: budget - left, gone) }
        if let next { compaction.phase = .file(next: next) } else { try finish(in: &backend) }
    }

    /// Whether a revision stays. On the way, what it adds to the hash.
    private mutating func keeps(_ history: History) throws(StoreError) -> Bool {
        let stored = history.stored
        let key = try history.pair().key
        var isKept = false
        if let entry = index.entry(of: key), let newest = index.table.newestChange(entry, at: compacted.rawValue) {
            isKept = newest.revision == stored.revision
        }
        // The hash at C, as etcd computes it during a compaction: by the rules of KeyspaceHash.swift, with the compact
        // revision before.
        let isOld = stored.revision.main <= compaction.previous
        if !isOld || !stored.isTombstone && (isKept || !compaction.keepsAny) {
            compaction.hash = CRC32C.checksum(history.storedBytes, continuing: compaction.hash)
            compaction.hash = CRC32C.checksum(history.value, continuing: compaction.hash)
        }
        return isKept
    }

    private mutating func finish(in backend: inout Backend) throws(StoreError) {
        try mark(Compaction.finishedMark, compacted, in: &backend)
        if compaction.isWhole {
            remember(RememberedHash(revision: compacted, compacted: compaction.previous, hash: compaction.hash))
        }
        compaction.finished = compacted
        compaction.phase = .idle
        if trace.isOn { reportCompactionDone() }
    }
}
