// Tracing.swift: what the store reports about itself.
//
//     range     range-evaluated                       what was looked for, how many were found
//     write     txn-decided, revision-written         each change as it enters history
//     compact   compaction-scheduled -> -index-done -> -step ... -> -done, each because of the first
//     start     store-restored          hash   hash-computed
//
// Facts are gathered only when somebody listens: each function here begins behind one branch of its caller, `trace.isOn`.

import Bytes
import EtcdAPI
import Identifiers
import Protobuf
import Trace

extension Store {
    /// How many changes of a key are looked through to say which of its lives this is. A counter that is put all day has a
    /// history of millions, and a thousand of them looked through for each put doubled the price of a put.
    private static let historyLimit = 8

    /// A change has entered history. Mutating, although it changes nothing: a store that is only lent is copied to the stack first,
    /// which costs as much as all the rest here.
    @inline(never)
    mutating func report(_ change: Change, created: Int64, version: Int64, value: ByteView) {
        trace.emit(
            RevisionWrittenOf(
                key: index.key(change.entry), change: change.isDelete ? .delete : .put,
                main: change.revision.main, sub: Int(change.revision.sub), create: Revision(rawValue: created),
                version: Int(version), generation: generation(of: change.entry),
                lease: change.lease, value: value.prefix(min(value.count, 32)), valueBytes: value.count))
    }

    /// The how-manieth life of its key a change belongs to; 0 when that cannot be said cheaply.
    @inline(__always)
    private func generation(of entry: UInt32) -> Int {
        index.table.lives(entry, limit: Self.historyLimit, compacted: compacted.rawValue)
    }

    /// A range was answered.
    @inline(never)
    func report(_ progress: RangeProgress, _ plan: RangePlan) {
        let end: ByteView =
            switch plan.end {
            case .point: ByteView()
            case .open: "\u{0}\u{0}"
            case .before(let key): key
            }
        // An open end is one zero byte; a literal of one has no address of its own, so it is cut from two.
        let rangeEnd = if case .open = plan.end { end.prefix(1) } else { end }
        trace.emit(
            RangeEvaluated(
                key: TraceBytes(plan.key), rangeEnd: TraceBytes(rangeEnd), revision: Revision(rawValue: plan.at),
                found: progress.count, returned: progress.taken))
    }

    /// A transaction has chosen its branch.
    @inline(never)
    func report(_ request: TxnRequest.View, holds: Bool) {
        trace.emit(
            TxnDecided(
                compares: request.compare.count, succeeded: holds,
                operations: holds ? request.success.count : request.failure.count))
    }

    /// A compaction is decided.
    @inline(never)
    mutating func reportCompaction(before: Revision) {
        compaction.event = trace.emit(
            CompactionScheduled(revision: compacted, before: before, current: revision))
        compaction.kept = 0
        compaction.removed = 0
    }

    /// The index is cut.
    @inline(never)
    func reportIndexDone() {
        trace.emit(
            CompactionIndexDone(revision: compacted, keys: index.count, kept: compaction.kept),
            because: compaction.event)
    }

    /// A step has removed something from the file.
    @inline(never)
    mutating func reportStep(examined: Int, _ gone: [StoredKey]) {
        compaction.removed += gone.count
        trace.emit(
            CompactionStep(
                revision: compacted, examined: examined,
                removed: gone.map { TraceRevision(main: $0.revision.main, sub: Int($0.revision.sub)) }),
            because: compaction.event)
    }

    /// A compaction is done.
    @inline(never)
    func reportCompactionDone() {
        trace.emit(CompactionDone(revision: compacted, removed: compaction.removed), because: compaction.event)
    }
}
