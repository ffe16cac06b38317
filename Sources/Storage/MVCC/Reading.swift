// Reading.swift: a get, answered from the index and the pages.
//
//     request -> RangePlan -> index: which keys, and which put of each is the one     -> file: the pairs -> answer
//                             (found, counted)                                           one look-up each
//
// THREE SHORT CUTS. A point needs no order: the hash finds it. A count, and a list of keys without values, need no file:
// the index knows creation, version and revision of every newest put (an older put, or one with a lease, is
// fetched after all). And a pair is stored exactly as it is sent, so fetching is copying.
//
// NEVER LONG. The owner of the store serves everybody; a range over a million keys would keep the others waiting for
// a second. So a range looks at `budget` keys, and if that was not all it becomes a `RangeCursor`, which the owner
// steps between other work. It goes on at its own revision, so nobody can tell. Large values end a slice too.
//
// `count` IS HONEST and therefore costs: it counts all keys of the range, however small the limit is.

package import Backend
package import BoltFile
package import Bytes
package import EtcdAPI
package import Identifiers
import Protobuf
import Trace

/// How far a range has come.
struct RangeProgress {
    var position = OrderPosition.end
    /// How many keys of the range there are.
    var count = 0
    /// How many pairs were written, or gathered for sorting.
    var taken = 0
    /// Whether there were more than the limit allows.
    var hasMore = false
    /// What was gathered for sorting.
    var gathered: [FoundKey] = []
    /// The parts of it that are in order, and of which nothing is written yet (Sorting.swift).
    var runs: [Range<Int>] = []
    /// Whether all that is to be sorted is gathered.
    var isGathered = false
}

extension Store {
    /// How much one slice of a range writes before it lets others go on.
    static var sliceBytes: Int { 1 << 20 }

    // MARK: Ranges

    /// Answers a range: appends the whole `RangeResponse`. One that needs to look at more than `budget` keys appends
    /// nothing and gives a cursor, to be stepped until it is finished.
    package mutating func range(
        _ request: RangeRequest.View, from backend: borrowing Backend, header: HeaderFields, budget: Int = 1000,
        into buffer: inout ByteBuffer
    ) throws(StoreError) -> RangeCursor? {
        let plan = try RangePlan(request, current: revision, compacted: compacted)
        let start = buffer.count
        buffer.append(header: header, revision: revision)
        do throws(StoreError) {
            var progress = RangeProgress()
            if try advance(&progress, plan, from: backend, budget: budget, isFirst: true, into: &buffer) {
                close(progress, plan, &buffer)
                return nil
            }
            let cursor = RangeCursor(
                request, plan, progress, revision: revision, header: header, written: buffer.view.dropFirst(start),
                resumeAt: progress.isGathered ? ByteView() : index.key(index.entry(at: progress.position)))
            readers.append(plan.at)
            buffer.truncate(to: start)
            return cursor
        } catch {
            buffer.truncate(to: start)
            throw error
        }
    }

    /// Writes a range as part of a transaction, at its moment, in one go.
    func range(
        _ request: RangeRequest.View, at current: Revision, from backend: borrowing Backend,
        into buffer: inout ByteBuffer
    ) throws(StoreError) {
        let plan = try RangePlan(request, current: current, compacted: compacted)
        buffer.append(header: HeaderFields(), revision: current)
        var progress = RangeProgress()
        _ = try advance(&progress, plan, from: backend, budget: Int.max, isFirst: true, into: &buffer)
        close(progress, plan, &buffer)
    }

    /// What stands after the pairs.
    @inline(__always)
    func close(_ progress: RangeProgress, _ plan: RangePlan, _ buffer: inout ByteBuffer) {
        buffer.append(field: 3, progress.hasMore ? 1 : 0)
        buffer.append(field: 4, Int64(progress.count))
        if trace.isOn { report(progress, plan) }
    }

    /// Looks at up to `budget` more keys, or writes as many that were sorted; true when that was all.
    func advance(
        _ progress: inout RangeProgress, _ plan: RangePlan, from backend: borrowing Backend, budget: Int, isFirst: Bool,
        into buffer: inout ByteBuffer
    ) throws(StoreError) -> Bool {
        if case .point = plan.end {
            if let found = index.find(plan.key, at: plan.at) {
                try take(found, &progress, plan, from: backend, into: &buffer)
            }
            return true
        }
        let most = budget == Int.max ? Int.max : buffer.count + Self.sliceBytes
        if progress.isGathered {
            return try writeSorted(&progress, plan, from: backend, budget: budget, until: most, into: &buffer)
        }
        if isFirst, plan.isEmpty { return true }
        if isFirst { progress.position = index.position(notBelow: plan.key) }
        let end = index.position(of: plan.end)
        var left = budget
        while progress.position != end, !progress.position.isEnd {
            if left == 0 || buffer.count >= most {
                try endRun(&progress, plan, from: backend)
                return false
            }
            left -= 1
            if let found = index.table.find(index.entry(at: progress.position), at: plan.at) {
                try take(found, &progress, plan, from: backend, into: &buffer)
            }
            progress.position = index.next(progress.position)
        }
        guard plan.sortTarget != nil else { return true }
        try endRun(&progress, plan, from: backend)
        progress.isGathered = true
        return try writeSorted(&progress, plan, from: backend, budget: budget, until: most, into: &buffer)
    }

    /// Counts a key, and writes or gathers it if it belongs into the answer.
    @inline(__always)
    private func take(
        _ found: FoundKey, _ progress: inout RangeProgress, _ plan: RangePlan, from backend: borrowing Backend,
        into buffer: inout ByteBuffer
    ) throws(StoreError) {
        progress.count += 1
        if plan.countOnly { return }
        if plan.sortTarget != nil, progress.count > plan.fetchLimit { return }
        if progress.hasMore { return }
        if !plan.filters.isEmpty, !(try passes(found, plan.filters, from: backend)) { return }
        if case .point = plan.end {
            // One pair is in order.
            progress.taken += 1
            try write(found, keysOnly: plan.keysOnly, from: backend, into: &buffer)
        } else if plan.sortTarget != nil {
            progress.gathered.append(found)
        } else if progress.taken == plan.limit {
            progress.hasMore = true
        } else {
            progress.taken += 1
            try write(found, keysOnly: plan.keysOnly, from: backend, into: &buffer)
        }
    }

    private func passes(
        _ found: FoundKey, _ filters: RangePlan.Filters, from backend: borrowing Backend
    ) throws(StoreError) -> Bool {
        // Creation is asked only where somebody filters by it, because it may have to be fetched.
        var created = found.created
        if found.version == 0, filters.minimumCreated != 0 || filters.maximumCreated != 0 {
            created = try pair(found, from: backend).createRevision.rawValue
        }
        return filters.pass(modified: found.main, created: created)
    }

    // MARK: Pairs

    /// Appends a pair as field 2 of a RangeResponse.
    @inline(__always)
    func write(
        _ found: FoundKey, keysOnly: Bool, from backend: borrowing Backend, into buffer: inout ByteBuffer
    ) throws(StoreError) {
        guard keysOnly else { return buffer.append(field: 2, try storedPair(found.revision, from: backend)) }
        var fields = PairFields(
            key: index.key(found.entry), created: found.created, modified: found.main, version: found.version)
        if found.version == 0 || found.place.hasLease {
            let pair = try pair(found, from: backend)
            fields.created = pair.createRevision.rawValue
            fields.version = pair.version
            fields.lease = pair.lease.rawValue
        }
        buffer.append(0x12)
        buffer.append(varint: UInt64(fields.encodedSize))
        fields.encode(into: &buffer)
    }

    /// The encoded pair of a put.
    @inline(__always)
    func storedPair(_ revision: KeyRevision, from backend: borrowing Backend) throws(StoreError) -> ByteView {
        let stored: ByteView?
        do throws(BoltError) {
            let bytes = StoredKey(revision).bytes
            stored = try bytes.withView { (key) throws(BoltError) in try backend.get(key, in: .key) }
        } catch {
            throw .file(error)
        }
        guard let stored else { throw .damaged(revision: revision, why: "the index knows it and the file does not") }
        return stored
    }

    /// The pair of a put, decoded where it lies.
    func pair(_ found: FoundKey, from backend: borrowing Backend) throws(StoreError) -> KeyValue.View {
        let stored = try storedPair(found.revision, from: backend)
        do throws(WireError) {
            return try KeyValue.View(decoding: stored)
        } catch {
            throw .damaged(revision: found.revision, why: "its value is no key-value: \(error)")
        }
    }

    /// The encoded pair of a key as it was at the end of `revision`, where it lies; nil when the key did not exist
    /// then, or that revision is compacted.
    package func keyValue(
        _ key: ByteView, at revision: Revision, in backend: borrowing Backend
    ) throws(BoltError) -> ByteView? {
        guard revision >= compacted, let found = index.find(key, at: revision.rawValue) else { return nil }
        let bytes = StoredKey(found.revision).bytes
        return try bytes.withView { (key) throws(BoltError) in try backend.get(key, in: .key) }
    }

    /// The key of a change; true until the next write or step of a compaction.
    package func key(of change: Change) -> ByteView { index.key(change.entry) }

    /// The encoded pair that a change has put; nil for a deletion.
    package func keyValue(of change: Change, in backend: borrowing Backend) throws(StoreError) -> ByteView? {
        change.isDelete ? nil : try storedPair(change.revision, from: backend)
    }
}
