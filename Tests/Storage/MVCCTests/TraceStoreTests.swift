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
