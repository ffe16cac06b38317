// WatchTraceTests.swift: what a trace tells of watchers: everything that a picture of one's life needs.

import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Testing
import Trace

@Suite("Traces of watchers")
struct WatchTraceTests {
    @Test("created, told, blocked, behind, drained, caught up, cancelled")
    func life() throws {
        var limits = WatchHub.Limits()
        limits.streamBytes = 100
        let rig = try WatchRig(limits)
        let memory = TraceMemory()
        let origin = TraceOrigin(member: 0x3E, epoch: BootEpoch(rawValue: 1))
        rig.hub.trace = Tracer(to: TraceRecorder(origin, sink: memory))
        rig.open(7)
        try rig.watch(watching("a", to: "b", previous: true), on: 7)
        rig.blocked = [7]
        let value = ByteSlice([UInt8](repeating: 1, count: 150))
        try rig.put("a1", value)
        try rig.put("a2", value)
        try rig.put("a3", value)
        rig.unblock(7)
        try rig.catchUp()
        try rig.askProgress(on: 7)
        try rig.cancel(0, on: 7)
        let sizes = rig.sizes
        #expect(
            memory.events == [
                .watcherCreated(
                    WatcherCreated(
                        stream: 7, watcher: 0, key: TraceBytes("a" as ByteSlice),
                        rangeEnd: TraceBytes("b" as ByteSlice),
                        start: .zero, synced: true)),
                .watchStreamBlocked(WatchStreamBlocked(stream: 7, waitingBytes: sizes[1])),
                .watchEventsSent(
                    WatchEventsSent(
                        stream: 7, watcher: 0, revision: 2, events: 1, sizeBytes: sizes[1], fragment: false)),
                .watcherFellBehind(WatcherFellBehind(stream: 7, watcher: 0, next: 3)),
                .watchStreamDrained(WatchStreamDrained(stream: 7)),
                .watchStreamBlocked(WatchStreamBlocked(stream: 7, waitingBytes: sizes[2])),
                .watchEventsSent(
                    WatchEventsSent(
                        stream: 7, watcher: 0, revision: 4, events: 2, sizeBytes: sizes[2], fragment: false)),
                .watcherCaughtUp(WatcherCaughtUp(stream: 7, watcher: 0, revision: 4)),
                .watchStreamDrained(WatchStreamDrained(stream: 7)),
                .watchProgressSent(WatchProgressSent(stream: 7, watcher: -1, revision: 4)),
                .watcherCancelled(
                    WatcherCancelled(stream: 7, watcher: 0, why: "the client asked for it", compacted: .zero)),
            ])
    }

    @Test("a compaction and a closed stream say why a watcher ended")
    func ends() throws {
        let rig = try WatchRig()
        let memory = TraceMemory()
        let origin = TraceOrigin(member: 0x3E, epoch: BootEpoch(rawValue: 1))
        rig.hub.trace = Tracer(to: TraceRecorder(origin, sink: memory))
        for _ in 0..<5 { try rig.put("a") }
        try rig.compact(4)
        rig.open(1)
        try rig.watch(watching("a", from: 2))
        try rig.watch(watching("a"))
        try rig.catchUp()
        rig.close(1)
        let ends = memory.events.compactMap { event -> WatcherCancelled? in
            if case .watcherCancelled(let payload) = event { payload } else { nil }
        }
        // The ended one has said its end already when the stream is closed.
        #expect(ends.map(\.watcher) == [0, 1])
        #expect(ends.map(\.compacted) == [4, .zero])
    }
}
