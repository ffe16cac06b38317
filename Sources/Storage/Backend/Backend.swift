// Backend.swift: start here. Where a member keeps everything that must survive, in etcd's own buckets.
//
// The log says what was decided; the backend is what came of it: keys and their history, leases, users,
// members. It is one B+tree file with ten buckets, and one more promise than the file gives: how far the
// log has been applied stands in the same transaction as the data that came of it.
//
//     log      ... 566   567   568   569   570
//                               |
//     apply                     v                     put, put, setApplied(568)
//     backend  one transaction: [ key: ..., lease: ..., meta: consistent_index = 568, term = 2 ]
//
// THE CRASH THAT EXPLAINS IT: suppose data and index were committed apart. If the data comes first, entry
// 568 is applied again after a restart, and a key's version counts twice. If the index comes first,
// entry 568 is never applied. Either way this member now differs from the others for ever, and nobody
// notices before a hash is compared. (etcd 3.5.0 to 3.5.2 had that bug.) In one transaction a crash may
// go back a few entries, which are then applied again, never half of one.
//
// BATCHES. A commit costs two syncs, an entry must not; and it need not wait for one, because the log has it
// already. So entries gather until 100 ms have passed or 10,000 changes have come, as in etcd. Time
// comes in as an argument: nothing here has a clock. Reads see the changes of the open batch at once.
//
//     put put put | put ... put | put          <- open batch, in memory, readable
//       batch 31      batch 32
//       durable       on its way               at most two on their way; then changes go on gathering, and
//                                              `isCongested` asks the owner for less
//
// RULES    B1  what is applied from one entry is put before the owner lets a commit happen, and `setApplied`
//              belongs to it: `commit` is called between entries only.
//          B2  the applied index never goes back.
//          B3  a value that was read is true until the next change or `becameDurable`: copy what stays.
//
// READ NEXT  BackendBucket.swift (what is where), AppliedState.swift, WholeHash.swift.

package import BoltFile
package import Bytes
package import Identifiers
package import RaftMessages

/// A member's durable state: etcd's buckets, and how far the log has been applied to them.
package struct Backend: ~Copyable {
    /// When a batch is closed.
    package struct Limits: Hashable, Sendable {
        /// How old the first change of a batch may become.
        package var intervalMilliseconds: Int64 = 100
        /// How many changes a batch may have.
        package var changes = 10_000
        /// How many batches may be on their way to the disk.
        package var batchesInFlight = 2
        /// How much memory changed pages may take before the owner should take less work.
        package var residentBytes = 256 << 20

        /// etcd's.
        package init() {}
    }

    /// The file under it.
    package private(set) var file: BoltFile
    /// When batches are closed.
    package let limits: Limits
    /// How many changes the open batch has.
    package private(set) var changes: Int
    /// How far the log has been applied, the open batch included.
    package private(set) var applied: AppliedState
    /// How far it had been applied in the newest batch that is on the disk.
    package private(set) var durableApplied: AppliedState

    private let handles: [BucketHandle]
    /// What the file says of `applied`: a commit writes only what differs.
    private var written: AppliedState
    /// When the open batch's first change was noticed.
    private var openSince: Int64?
    /// What each batch on its way will make durable.
    private var inFlight: [AppliedState] = []

    /// Opens the backend in a file. Buckets that are missing are made; they are part of the first batch.
    package init(_ file: consuming BoltFile, limits: Limits = Limits()) throws(BackendError) {
        let handles = try Self.makeBuckets(in: &file)
        let state = try AppliedState(readingFrom: file, handles[BackendBucket.meta.rawValue])
        changes = file.dirtyNodeCount > 0 ? 1 : 0
        self.file = file
        self.limits = limits
        self.handles = handles
        applied = state
        written = state
        durableApplied = state
    }

    private static func makeBuckets(in file: inout BoltFile) throws(BackendError) -> [BucketHandle] {
        var handles: [BucketHandle] = []
        do throws(BoltError) {
            for bucket in BackendBucket.allCases {
                let name = bucket.name
                handles.append(try file.createBucket(name.view))
            }
        } catch {
            throw .file(error)
        }
        return handles
    }

    // MARK: Reading

    /// The value under `key`; nil when there is none. True until the next change (B3).
    package func get(_ key: ByteView, in bucket: BackendBucket) throws(BoltError) -> ByteView? {
        try file.get(key, in: handles[bucket.rawValue])
    }

    /// The bucket as it is now, the open batch included. True until the next change (B3).
    package func tree(_ bucket: BackendBucket) throws(BoltError) -> Tree {
        try file.tree(of: handles[bucket.rawValue])
    }

    // MARK: Changing

    /// Stores a value. The bytes must not lie in this backend's own pages.
    package mutating func put(_ key: ByteView, _ value: ByteView, in bucket: BackendBucket) throws(BoltError) {
        try file.put(key, value, in: handles[bucket.rawValue])
        changes += 1
    }

    /// Takes a key out; false when it was not there.
    @discardableResult
    package mutating func delete(_ key: ByteView, in bucket: BackendBucket) throws(BoltError) -> Bool {
        guard try file.delete(key, in: handles[bucket.rawValue]) else { return false }
        changes += 1
        return true
    }

    /// Notes that everything up to this entry is in the backend (B1).
    package mutating func setApplied(_ index: LogIndex, term: Term) {
        precondition(index >= applied.index, "B2: the applied index goes back from \(applied.index) to \(index)")
        applied.index = index
        applied.term = term
    }

    /// Notes who the members are as of the applied index.
    package mutating func setConfState(_ confState: ConfState) { applied.confState = confState }

    // MARK: Batches

    /// Closes the batch if it is old or large enough; the answer goes to whoever writes pages. Call it
    /// once in each turn of the loop, between entries.
    package mutating func commitIfDue(nowMilliseconds now: Int64) throws(BoltError) -> PageBatch? {
        guard changes > 0 else { return nil }
        let since = openSince ?? now
        openSince = since
        guard now - since >= limits.intervalMilliseconds || changes >= limits.changes else { return nil }
        guard file.batchesInFlight < limits.batchesInFlight else { return nil }
        return try commit()
    }

    /// Closes the batch now, with the applied index even if nothing else has changed: before a snapshot,
    /// after a compaction's first mark, at the end. Nil when the file already says all this.
    package mutating func commit() throws(BoltError) -> PageBatch? {
        if changes == 0, applied == written { return nil }
        try applied.write(ifDifferentFrom: written, to: &file, handles[BackendBucket.meta.rawValue])
        written = applied
        changes = 0
        openSince = nil
        guard let batch = try file.freeze() else { return nil }
        inFlight.append(applied)
        return batch
    }

    /// The oldest batch on its way is on the disk. Views of values become untrue (B3).
    package mutating func becameDurable(_ transaction: UInt64) {
        file.becameDurable(transaction)
        durableApplied = inFlight.removeFirst()
    }

    /// When `commitIfDue` wants to be called, if nothing happens before.
    package var nextCommitMilliseconds: Int64? { openSince.map { $0 + limits.intervalMilliseconds } }

    /// Whether the disk is so far behind that the owner should accept less until it has caught up.
    package var isCongested: Bool {
        file.batchesInFlight >= limits.batchesInFlight && file.residentBytes > limits.residentBytes
    }

    // MARK: Versions

    /// The newest state on the disk, kept true until `unpin`: for snapshots and hashes.
    package mutating func pin() -> FrozenVersion { file.pin() }

    /// Gives a pinned version back.
    package mutating func unpin(_ version: FrozenVersion) { file.unpin(version) }

    /// How many bytes the file's pages take: what etcd reports as the size of the database.
    package var byteCount: Int { file.byteCount }

    /// How many of them hold something.
    package var usedByteCount: Int { file.usedByteCount }
}
