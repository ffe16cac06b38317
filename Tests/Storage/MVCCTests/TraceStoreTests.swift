// TraceStoreTests.swift: what the store reports is what it did.

import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Testing
import Trace

@Suite("The trace of the store")
struct TraceStoreTests {
    private func bytes(_ text: String) -> TraceBytes { TraceBytes(ByteSlice(utf8: text)) }

    @Test("each change, range, decision and step of a compaction is one event, in order, with its cause")
    func events() throws {
        let fixture = try Fixture()
        let memory = TraceMemory()
        fixture.store.trace = Tracer(
            to: TraceRecorder(TraceOrigin(member: 8, epoch: BootEpoch(rawValue: 1)), sink: memory))
        try fixture.put("a", "1")
        try fixture.delete("a")
        try fixture.txn(
            TxnRequest(
                compare: [Compare(result: .equal, target: .create, key: "a")],
                success: [RequestOp(request: .requestPut(PutRequest(key: "a", value: "3")))]))
        _ = try fixture.range(RangeRequest(key: "a", rangeEnd: ByteSlice([0])))
        try fixture.compact(3)
        let hash = try fixture.hash()

        let records = memory.records
        let expected: [Trace.Event] = [
            .revisionWritten(
                RevisionWritten(
                    key: bytes("a"), change: .put, main: 2, sub: 0, create: 2, version: 1, generation: 1,
                    value: bytes("1"), valueBytes: 1)),
            .revisionWritten(
                RevisionWritten(key: bytes("a"), change: .delete, main: 3, sub: 0, create: 0, version: 0, generation: 1)
            ),
            .txnDecided(TxnDecided(compares: 1, succeeded: true, operations: 1)),
            .revisionWritten(
                RevisionWritten(
                    key: bytes("a"), change: .put, main: 4, sub: 0, create: 4, version: 1, generation: 2,
                    value: bytes("3"), valueBytes: 1)),
            .rangeEvaluated(
                RangeEvaluated(
                    key: bytes("a"), rangeEnd: TraceBytes(ByteSlice([0])), revision: 4, found: 1, returned: 1)),
            .compactionScheduled(CompactionScheduled(revision: 3, before: -1, current: 4)),
            .compactionIndexDone(CompactionIndexDone(revision: 3, keys: 1, kept: 1)),
            .compactionStep(CompactionStep(revision: 3, examined: 2, removed: [TraceRevision(main: 2, sub: 0)])),
            .compactionDone(CompactionDone(revision: 3, removed: 1)),
            .hashComputed(HashComputed(revision: 4, compacted: 3, hash: UInt64(hash.hash))),
        ]
        #expect(records.map(\.event) == expected)
        // Everything that a compaction does later is because of its decision.
        for record in records[6...8] { #expect(record.causes == [records[5].sequence]) }
    }

    /// What is known of one key: whether each of its changes was a deletion, and when, the oldest first.
    private struct KnownChanges {
        var all: [(main: Int64, isDelete: Bool)] = []

        /// The life that the last change belongs to, as its event should say.
        var generation: Int {
            let older = all.dropLast()
            return older.count < 8 ? 1 + older.count(where: \.isDelete) : 0
        }

        /// What a compaction leaves: the newest change that is not after it, unless that is an older deletion, and all after it.
        mutating func compact(_ revision: Int64) {
            guard let newest = all.lastIndex(where: { $0.main <= revision }) else { return }
            let isGone = all[newest].isDelete && all[newest].main < revision
            all.removeFirst(isGone ? newest + 1 : newest)
        }
    }

    @Test(
        "which life of its key a change belongs to, as far as history is known and short", arguments: Settings.seeds(40)
    )
    func generations(seed: UInt64) throws {
        var dice = StoreDice(seed: seed)
        let fixture = try Fixture()
        let memory = TraceMemory()
        fixture.store.trace = Tracer(
            to: TraceRecorder(TraceOrigin(member: 8, epoch: BootEpoch(rawValue: 1)), sink: memory))
        var known: [String: KnownChanges] = [:]
        var expected: [Int] = []
        for _ in 0..<200 {
            let key = dice.pick(["a", "b", "c"])
            let revision = fixture.store.revision.rawValue
            if dice.once(in: 12) {
                let target = max(fixture.store.compacted.rawValue + 1, revision - Int64(dice.below(12)))
                guard target <= revision else { continue }
                try fixture.compact(target)
                for key in known.keys { known[key]?.compact(target) }
                continue
            }
            let isDelete = dice.once(in: 4)
            if isDelete {
                guard let last = known[key]?.all.last, !last.isDelete else { continue }
                try fixture.delete(key)
            } else {
                try fixture.put(key, "v")
            }
            known[key, default: KnownChanges()].all.append((revision + 1, isDelete))
            expected.append(known[key]?.generation ?? -1)
        }
        let reported = memory.events.compactMap {
            if case .revisionWritten(let written) = $0 { written.generation } else { nil }
        }
        #expect(reported == expected)
        #expect(
            expected.contains(0) && expected.contains { $0 > 1 }, "histories were never long, or never had a deletion")
    }

    @Test("a start reports what it found, and a compaction that it takes up again")
    func start() throws {
        let fixture = try Fixture()
        for number in 0..<5 { try fixture.put("k", "\(number)") }
        try fixture.beginCompaction(4)
        try fixture.commit()
        let memory = TraceMemory()
        let tracer = Tracer(to: TraceRecorder(TraceOrigin(member: 8, epoch: BootEpoch(rawValue: 2)), sink: memory))
        let backend = try fixture.file.open()
        let store = try Store(restoring: backend, trace: tracer)
        #expect(store.isCompacting == true)
        #expect(
            memory.events == [
                .storeRestored(StoreRestored(revision: 6, compacted: 4, keys: 1, revisions: 5)),
                .compactionScheduled(CompactionScheduled(revision: 4, before: -1, current: 6)),
            ])
    }
}
