// Keyspace.swift: which keys does a member have, in all revisions that it remembers? Its events, replayed.
//
//     revision           2      3      4      5      6
//     key x              put    .      put    .      .          revision-written adds a record
//     key y              .      put    .      delete put        a delete ends a generation, the next put begins another
//     compaction of 4    gone          kept                     compaction-step removes records that nobody can ask for
//
// Nothing here knows etcd's rules of what a compaction keeps: a record is gone when an event says that it was removed.
// What the rules promise can then be compared with what happened.
//
// A LIFE BEGINS with what the file has: `store-restored` says up to which revision. Later records were in memory only, are
// forgotten here too, and come again when the log is replayed. A trace that begins in the middle of a member's story knows
// how many keys there are, but not which: `unknownKeys` says so.
//
// RULES    H2  whatever the events say, nothing here traps.

package import Bytes
package import Identifiers
package import Trace

/// All records of the keys of one member.
package struct Keyspace: Hashable, Sendable {
    /// One change of one key.
    package struct Record: Hashable, Sendable {
        /// What was said when it was written.
        package let written: RevisionWritten
        /// Whether a compaction has removed it from the file.
        package internal(set) var isRemoved = false

        /// Its name in the bucket `key`.
        package var revision: TraceRevision { TraceRevision(main: written.main, sub: written.sub) }
        /// Its key.
        package var key: ByteSlice { written.key.slice }
    }

    /// In the order of revisions, the removed ones included.
    package private(set) var records: [Record] = []
    /// The store's revision.
    package private(set) var revision = Revision.zero
    /// Up to where history is forgotten; 0: nothing is.
    package private(set) var compacted = Revision.zero
    /// How many keys the store found in its file that no event of this trace has told of.
    package private(set) var unknownKeys = 0

    /// Nothing yet.
    package init() {}

    /// Whether an event changes keys.
    package static func speaks(of event: Event) -> Bool {
        switch event {
        case .storeRestored, .revisionWritten, .compactionScheduled, .compactionStep: true
        default: false
        }
    }

    /// Takes the next event of the member.
    package mutating func apply(_ event: Event) {
        switch event {
        case .storeRestored(let restored): restore(restored)
        case .revisionWritten(let written): write(written)
        case .compactionScheduled(let scheduled): compacted = max(compacted, scheduled.revision)
        case .compactionStep(let step): remove(step.removed)
        default: break
        }
    }

    private mutating func restore(_ restored: StoreRestored) {
        records.removeAll { $0.written.main > restored.revision }
        revision = restored.revision
        compacted = max(.zero, restored.compacted)
        unknownKeys = max(0, restored.keys - Set(records.lazy.filter { !$0.isRemoved }.map(\.written.key)).count)
    }

    private mutating func write(_ written: RevisionWritten) {
        let record = Record(written: written)
        let place = place(of: record.revision)
        if place < records.count, records[place].revision == record.revision {
            records[place] = record
        } else {
            records.insert(record, at: place)
        }
        revision = max(revision, written.main)
    }

    private mutating func remove(_ removed: [TraceRevision]) {
        for revision in removed {
            let place = place(of: revision)
            if place < records.count, records[place].revision == revision { records[place].isRemoved = true }
        }
    }

    /// Where a revision stands, or would. Mostly at the end.
    private func place(of revision: TraceRevision) -> Int {
        if let last = records.last?.revision, (last.main, last.sub) < (revision.main, revision.sub) {
            return records.count
        }
        var (low, high) = (0, records.count)
        while low < high {
            let middle = (low + high) / 2
            let other = records[middle].revision
            if (other.main, other.sub) < (revision.main, revision.sub) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// All keys that any record speaks of, in their order.
    package var keys: [ByteSlice] { Set(records.map(\.key)).sorted { $0.view < $1.view } }

    /// The records of a key, oldest first.
    package func records(of key: ByteSlice) -> [Record] { records.filter { $0.key == key } }

    /// What a reader sees at a revision: the newest record of the key that is not newer; nil when there is none, or when it
    /// is a deletion.
    package func record(of key: ByteSlice, at revision: Revision) -> Record? {
        let newest = records.last { $0.key == key && $0.written.main <= revision }
        return newest?.written.change == .put ? newest : nil
    }
}
