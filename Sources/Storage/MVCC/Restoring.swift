// Restoring.swift: the index, from the file, at a start.
//
// The index is only in memory, so each start reads the history once, first to last, and does again what the writes did:
//
//     2_0   a=1        a is new: created 2, version 1              (what the pair itself says: after a compaction
//     3_0   b=1        b is new                                     the puts before it are gone)
//     4_0   a=2        a: version 2
//     5_0 t b          b is deleted
//
// Keys are found by their hash on the way; their order is made once, at the end, by sorting (KeySorting.swift).
//
// A COMPACTION THAT A CRASH INTERRUPTED shows in the two marks of bucket `meta`: scheduled is beyond finished. The store
// takes it up again: revisions before it stay refused, and its steps begin anew.
//
// THE NEWEST REVISION is that of the last change, or of the compaction if that deleted the last changes.
//
// COST     a million keys: under half a second, most of it waiting for memory; told in steps, since an operator who sees
//          nothing for ten seconds restarts the server.

package import Backend
import BoltFile
import Bytes
import EtcdAPI
import Identifiers
package import Trace

extension Store {
    /// Reads the history of `backend`. `progress` hears how many revisions were read, every 100,000. The seed spreads keys
    /// in memory; it changes no answer.
    package init(
        restoring backend: borrowing Backend, seed: UInt64 = 0x5EED, trace: Tracer = .off,
        progress: (_ revisions: Int) -> Void = { _ in }
    ) throws(StoreError) {
        let finished = try Self.mark(Compaction.finishedMark, in: backend)
        let scheduled = try Self.mark(Compaction.scheduledMark, in: backend)
        var index = KeyIndex(seed: seed)
        var last: Int64 = 1
        let count = try Self.read(backend, into: &index, last: &last, progress)
        index.restored()
        let compacted = max(finished, scheduled)
        self.init(
            index: index, revision: Revision(rawValue: max(last, compacted.rawValue)), compacted: compacted,
            finished: finished, trace: trace)
        self.trace.emit(
            StoreRestored(revision: revision, compacted: self.compacted, keys: self.index.count, revisions: count))
        // A crash came between the two marks.
        if compacted > finished {
            compaction.phase = .index(next: 0)
            if trace.isOn { reportCompaction(before: finished) }
        }
    }

    private static func mark(_ name: ByteView, in backend: borrowing Backend) throws(StoreError) -> Revision {
        let stored: ByteView?
        do throws(BoltError) {
            stored = try backend.get(name, in: .meta)
        } catch {
            throw .file(error)
        }
        guard let stored else { return Revision(rawValue: -1) }
        guard let key = StoredKey(stored) else {
            throw .damaged(revision: nil, why: "the mark \(name.lossyText) in bucket \"meta\" is no revision")
        }
        return key.revision.main
    }

    private static func read(
        _ backend: borrowing Backend, into index: inout KeyIndex, last: inout Int64, _ progress: (Int) -> Void
    ) throws(StoreError) -> Int {
        var history = try History(of: backend, from: KeyRevision(main: .zero, sub: 0))
        var count = 0
        while history.isValid {
            let stored = history.stored
            let pair = try history.pair()
            guard 1...KeyArena.maximumLength ~= pair.key.count else {
                throw .damaged(revision: stored.revision, why: "its key has \(pair.key.count) bytes")
            }
            if stored.isTombstone {
                index.restoreTombstone(pair.key, at: stored.revision)
            } else {
                guard pair.version > 0 else {
                    throw .damaged(revision: stored.revision, why: "its version is \(pair.version)")
                }
                index.restorePut(
                    pair.key, at: stored.revision, created: pair.createRevision.rawValue, version: pair.version,
                    hasLease: pair.lease != .none)
            }
            last = stored.revision.main.rawValue
            count += 1
            if count % 100_000 == 0 { progress(count) }
            try history.next()
        }
        return count
    }
}
