// KeyspaceHash.swift: do two members hold the same history?
//
// HashKV answers with one number: a CRC-32C over every stored revision up to R, key and value, in order. Equal members
// give equal numbers, if the question is put carefully: a member that has compacted holds less than one that has
// not, and one that is still deleting holds something in between. So the sum runs over what a member must hold at R once
// its compaction at C is done, and says C in the answer; only answers with the same C are compared.
//
//     0            C                          R
//     |  kept?     |  everything              |  nothing
//     +------------+--------------------------+----------
//
//     m > R                                               left out
//     C < m <= R                                          counts
//     m <= C    the pair that a reader of R would see     counts
//               else                                      left out: a compaction takes it, or will
//               a deletion exactly at C                   left out: only newer versions of etcd keep it
//
// ONE CORNER is etcd's and kept: if no key at all lives at R, then what compaction C has kept counts, seen at R or not.
//
// THE HASH AT C ITSELF could not be computed again after the compaction, if one wants it with the compact revision before; so
// the compaction computes it on its way, and the ten newest are remembered. That is how later versions of 3.5 let a
// leader check a member that compacted a moment before the question came.
//
// COST     about 0.4 ns a byte and 60 ns a revision; in steps, like everything long. A compaction beyond C waits.

package import Backend
import Bytes
package import EtcdAPI
package import Identifiers
import Trace

/// What a compaction left behind.
struct RememberedHash: Hashable, Sendable {
    var revision: Revision
    var compacted: Revision
    var hash: UInt32
}

/// A hash on its way.
package final class HashCursor {
    /// The sum so far; the answer when the steps are finished.
    package internal(set) var hash: UInt32
    /// Up to which revision.
    package let revision: Revision
    /// The compact revision that it counts from; -1: none.
    package let compacted: Revision

    enum Phase {
        /// Is there a key that lives at R? Entries below this number do not.
        case search(next: Int)
        case file(next: KeyRevision)
        case done
    }

    var phase = Phase.search(next: 0)
    var keepsAny = false
    var isOpen = true

    /// The sum of the bucket's name, with which etcd begins.
    static let start: UInt32 = CRC32C.checksum("key")

    init(revision: Revision, compacted: Revision) {
        self.revision = revision
        self.compacted = compacted
        hash = Self.start
    }

    /// The answer's message, without the header.
    package func response(header: ResponseHeader) -> HashKVResponse {
        HashKVResponse(header: header, hash: hash, compactRevision: compacted, hashRevision: revision)
    }
}

extension Store {
    /// Begins a hash up to a revision; 0: the newest.
    package mutating func openHash(at wanted: Revision) throws(StoreError) -> HashCursor {
        if wanted > revision { throw .refused(.futureRevision) }
        if wanted > .zero, wanted < compacted { throw .refused(.compacted) }
        if wanted > .zero, let known = rememberedHashes.first(where: { $0.revision == wanted }) {
            let cursor = HashCursor(revision: wanted, compacted: known.compacted)
            cursor.hash = known.hash
            cursor.phase = .done
            cursor.isOpen = false
            return cursor
        }
        // A compaction beyond C would take away what this hash counts: it waits for a reader at C (G1).
        readers.append(compacted.rawValue)
        return HashCursor(revision: wanted == .zero ? revision : wanted, compacted: compacted)
    }

    /// Goes on by up to `budget` revisions; true when finished.
    package mutating func step(
        _ cursor: HashCursor, in backend: borrowing Backend, budget: Int = 1000
    ) throws(StoreError) -> Bool {
        switch cursor.phase {
        case .done: break
        case .search(let next):
            searchLiving(cursor, from: next, budget: 4 * budget)
            return false
        case .file(let next):
            do throws(StoreError) {
                try hashFile(cursor, from: next, in: backend, budget: budget)
            } catch {
                abandon(cursor)
                throw error
            }
        }
        guard case .done = cursor.phase else { return false }
        abandon(cursor)
        trace.emit(HashComputed(revision: cursor.revision, compacted: cursor.compacted, hash: UInt64(cursor.hash)))
        return true
    }

    /// Gives a cursor back before its end. Once is enough, twice does no harm.
    package mutating func abandon(_ cursor: HashCursor) {
        guard cursor.isOpen else { return }
        cursor.isOpen = false
        release(reader: cursor.compacted.rawValue)
    }

    private func searchLiving(_ cursor: HashCursor, from first: Int, budget: Int) {
        let limit = min(index.entryLimit, first + budget)
        for entry in first..<max(first, limit) where index.lives(UInt32(entry), at: cursor.revision.rawValue) {
            cursor.keepsAny = true
            break
        }
        let isDone = cursor.keepsAny || limit == index.entryLimit
        cursor.phase = isDone ? .file(next: KeyRevision(main: .zero, sub: 0)) : .search(next: limit)
    }

    private func hashFile(
        _ hash: HashCursor, from first: KeyRevision, in backend: borrowing Backend, budget: Int
    ) throws(StoreError) {
        var history = try History(of: backend, from: first)
        var left = budget
        while history.isValid, history.stored.revision.main <= hash.revision {
            if left == 0 {
                hash.phase = .file(next: history.stored.revision)
                return
            }
            left -= 1
            if try counts(history, hash) {
                hash.hash = CRC32C.checksum(history.storedBytes, continuing: hash.hash)
                hash.hash = CRC32C.checksum(history.value, continuing: hash.hash)
            }
            try history.next()
        }
        hash.phase = .done
    }

    /// The table of the head comment.
    private func counts(_ history: History, _ hash: HashCursor) throws(StoreError) -> Bool {
        let stored = history.stored
        if stored.revision.main > hash.compacted { return true }
        if stored.isTombstone { return false }
        guard let entry = index.entry(of: try history.pair().key) else { return false }
        let at = hash.keepsAny ? hash.revision : hash.compacted
        return index.table.newestChange(entry, at: at.rawValue)?.revision == stored.revision
    }

    /// Keeps the hash that a compaction computed.
    mutating func remember(_ hash: RememberedHash) {
        rememberedHashes.append(hash)
        if rememberedHashes.count > 10 { rememberedHashes.removeFirst() }
    }
}
