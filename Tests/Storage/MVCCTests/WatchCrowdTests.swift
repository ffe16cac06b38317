// WatchCrowdTests.swift: many watchers, long histories, slow clients: what does it cost, and does anybody wait for ever?

import Bytes
import EtcdAPI
import Foundation
import Identifiers
import MVCC
import Protobuf
import Testing

@Suite("Crowds", .serialized)
struct WatchCrowdTests {
    @Test("history comes in responses of at most 1,000 revisions, as in etcd")
    func thousand() throws {
        let rig = try WatchRig()
        rig.open(1)
        for _ in 0..<2500 { try rig.put("a") }
        try rig.watch(watching("a", from: 1))
        try rig.catchUp()
        let heard = rig.take().dropFirst()
        #expect(heard.map(\.events.count) == [1000, 1000, 500])
        #expect(heard.flatMap(\.events).map { $0.kv!.modRevision.rawValue } == Array(2...2501))
        #expect(heard.allSatisfy { $0.header?.revision == 2501 })
    }

    @Test("a slice of history is short, and many watchers share it")
    func slices() throws {
        let rig = try WatchRig()
        rig.open(1)
        for number in 0..<10_000 { try rig.put(ByteSlice(utf8: "key\(number % 100)")) }
        for number in 0..<100 { try rig.watch(watching(ByteSlice(utf8: "key\(number)"), from: 2)) }
        rig.received[1] = []
        try rig.catchUpOnce()
        // 4,096 changes were looked at; every watcher heard of its hundredth.
        #expect(rig.take().map(\.events.count).reduce(0, +) == 4096)
        #expect(try rig.catchUp() == 2)
        #expect(rig.take().map(\.events.count).reduce(0, +) == 10_000 - 4096)
    }

    @Test("nobody waits for ever: those far behind and those nearly there take turns")
    func turns() throws {
        var limits = WatchHub.Limits()
        limits.changesInSlice = 10
        limits.cohort = 2
        let rig = try WatchRig(limits)
        for _ in 0..<1000 { try rig.put("a") }
        // Every stream begins elsewhere, so that no two can read together for long.
        for stream in 1...20 as ClosedRange<UInt64> {
            rig.open(WatchStreamID(rawValue: stream))
            try rig.watch(
                watching("a", from: Revision(rawValue: 1 + Int64(stream) * 49)), on: WatchStreamID(rawValue: stream))
        }
        for stream in rig.received.keys { rig.received[stream] = [] }
        // After three rounds each of them must have heard something.
        for _ in 0..<60 where rig.hub.hasWork { try rig.catchUpOnce() }
        for stream in 1...20 as ClosedRange<UInt64> {
            #expect(!(rig.received[WatchStreamID(rawValue: stream)] ?? []).isEmpty, "stream \(stream) waits")
        }
        try rig.catchUp()
        for stream in 1...20 as ClosedRange<UInt64> {
            let heard = rig.take(WatchStreamID(rawValue: stream)).flatMap(\.events).map { $0.kv!.modRevision.rawValue }
            #expect(heard == Array((1 + Int64(stream) * 49)...1001))
        }
    }

    @Test("two streams, one far behind: the other does not wait until it has read everything")
    func two() throws {
        var limits = WatchHub.Limits()
        limits.changesInSlice = 10
        let rig = try WatchRig(limits)
        for _ in 0..<1000 { try rig.put("a") }
        for (stream, start) in [(1, 2), (2, 900)] as [(WatchStreamID, Revision)] {
            rig.open(stream)
            try rig.watch(watching("a", from: start), on: stream)
            rig.received[stream] = []
        }
        for _ in 0..<4 { try rig.catchUpOnce() }
        #expect(rig.take(1).flatMap(\.events).count == 20 && rig.take(2).flatMap(\.events).count == 20)
    }

    @Test("a client that does not read costs its limit and one response, and then hears everything")
    func slow() throws {
        var limits = WatchHub.Limits()
        limits.streamBytes = 10_000
        let rig = try WatchRig(limits)
        let value = ByteSlice([UInt8](repeating: 7, count: 1000))
        rig.open(1)
        rig.open(2)
        try rig.watch(watching("a", to: "b"), on: 1)
        try rig.watch(watching("a", to: "b"), on: 2)
        rig.blocked = [1]
        for number in 0..<500 { try rig.put(ByteSlice(utf8: "a\(number)"), value) }
        let stuck = rig.take(1)
        #expect(stuck.map(\.encodedSize).reduce(0, +) < 10_000 + 1100)
        #expect(rig.take(2).flatMap(\.events).count == 500)
        #expect(rig.hub.laggingCount == 1 && !rig.hub.hasWork)
        rig.unblock(1)
        var heard = stuck.flatMap(\.events)
        // While it catches up it may stop reading again and again.
        while rig.hub.laggingCount > 0 {
            rig.blocked = [1]
            try rig.catchUp()
            heard += rig.take(1).flatMap(\.events)
            rig.unblock(1)
        }
        #expect(heard.map { $0.kv!.modRevision.rawValue } == Array(2...501))
    }

    @Test("one large value and many watchers: what is handed out at once is bounded, and all hear of it")
    func fanOut() throws {
        var limits = WatchHub.Limits()
        limits.totalBytes = 1 << 20
        limits.streamBytes = 100_000
        let rig = try WatchRig(limits)
        let streams = (1...100 as ClosedRange<UInt64>).map { WatchStreamID(rawValue: $0) }
        for stream in streams {
            rig.open(stream)
            for _ in 0..<5 { try rig.watch(watching("a"), on: stream) }
            rig.received[stream] = []
        }
        rig.blocked = Set(streams)
        rig.sizes = []
        try rig.put("a", ByteSlice([UInt8](repeating: 1, count: 60_000)))
        // 500 responses of 60 kB would be 30 MB.
        #expect(rig.sizes.reduce(0, +) <= 1 << 20 + 61_000)
        var rounds = 0
        while rig.hub.laggingCount > 0, rounds < 1000 {
            for stream in streams { rig.hub.drained(stream) }
            try rig.catchUp()
            rounds += 1
        }
        for stream in streams { #expect(rig.take(stream).flatMap(\.events).count == 5) }
    }

    @Test("a store that a leader replaced: everybody reads on from where he was, or is cancelled")
    func replaced() throws {
        let old = try WatchRig()
        for number in 0..<10 { try old.put("a", ByteSlice(utf8: "\(number)")) }
        // The same history goes on elsewhere, and some of it is compacted there.
        let new = try WatchRig()
        for number in 0..<20 { try new.put("a", ByteSlice(utf8: "\(number)")) }
        new.hub = WatchHub(notified: 11)
        new.open(1)
        var bytes = ByteBuffer()
        var replies: [WatchReply] = []
        let create = WatchRequest(requestUnion: .createRequest(watching("a"))).encoded()
        try new.hub.request(create.view, on: 1, old.store, new.header, into: &bytes, &replies)
        new.hub.storeReplaced(new.store)
        new.hub.checkRules()
        try new.catchUp()
        #expect(new.take().flatMap(\.events).map { $0.kv!.modRevision.rawValue } == Array(12...21))

        new.hub = WatchHub(notified: 11)
        new.open(1)
        try new.hub.request(create.view, on: 1, old.store, new.header, into: &bytes, &replies)
        try new.compactStore(15)
        new.hub.storeReplaced(new.store)
        try new.catchUp()
        #expect(new.take().map(\.compactRevision) == [15])
    }

    @Test("100,000 watchers: bytes of each, and the time of a change for one of them")
    func hundredThousand() throws {
        let count = 100_000
        let rig = try WatchRig()
        let requests = (0..<count).map { number -> ByteSlice in
            let key = ByteSlice(utf8: "/registry/pods/default/pod-\(100_000 + number)")
            return WatchRequest(requestUnion: .createRequest(watching(key))).encoded()
        }
        rig.open(1)
        var bytes = ByteBuffer()
        var replies: [WatchReply] = []
        let residentBefore = residentBytes()
        let created = try cpuTime {
            for request in requests {
                try rig.hub.request(request.view, on: 1, rig.store, rig.header, into: &bytes, &replies)
                rig.hub.drained(1)
                bytes.removeAll()
                replies.removeAll(keepingCapacity: true)
            }
        }
        let resident = (residentBytes() - residentBefore) / count
        let each = rig.hub.memoryBytes / count
        #expect(rig.hub.watcherCount == count)
        // etcd 3.5.1 takes 780 (one stream, keys of 23 bytes); a quarter of it is the promise. What is counted here is asked for;
        // the larger part of it is touched, and other tests of this process touch memory too.
        #expect((100..<195).contains(each), "\(each) bytes a watcher")
        let puts = 1000
        for number in 0..<puts {
            try rig.write(
                [.put(ByteSlice(utf8: "/registry/pods/default/pod-\(100_000 + number * 97)"), "v")], isQuiet: true)
        }
        let told = try cpuTime {
            try rig.hub.notify(rig.store, rig.backend, rig.header, into: &bytes, &replies)
        }
        #expect(replies.count == puts)
        rig.hub.checkRules()
        let closed = cpuTime { rig.hub.close(1) }
        #expect(rig.hub.watcherCount == 0)
        rig.hub.checkRules()
        guard WatchSettings.isBenchmark else { return }
        print(
            "100,000 watchers of a key each: \(each) bytes asked for, \(resident) touched; CPU time: created ",
            terminator: "")
        print("\(created / count) ns, a change for one of them \(told / puts) ns, closed \(closed / count) ns")
    }

    /// What this process spends on something, in nanoseconds of a processor: the machine may be busy with other things.
    private func cpuTime(_ body: () throws -> Void) rethrows -> Int {
        let start = clock()
        try body()
        return Int(clock() - start) * (1_000_000_000 / Int(CLOCKS_PER_SEC))
    }

    /// Memory of this process that is its own.
    private func residentBytes() -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) << 10
    }
}
