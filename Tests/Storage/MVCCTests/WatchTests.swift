// WatchTests.swift: what a client is answered, sentence by sentence.

import Bytes
import EtcdAPI
import Foundation
import Identifiers
import MVCC
import Protobuf
import Testing

@Suite("Watches")
struct WatchTests {
    @Test("a new watcher is answered before its events, and hears of everything after the revision it is told")
    func create() throws {
        let rig = try WatchRig()
        rig.open(1)
        try rig.put("a", "0")
        let created = try rig.watch(watching("a"))
        #expect(
            created
                == WatchResponse(
                    header: ResponseHeader(clusterID: 0xC1, memberID: 0x3E, revision: 2, raftTerm: 5), created: true))
        try rig.put("a", "1")
        try rig.put("b", "not watched")
        try rig.delete("a")
        let heard = rig.take().dropFirst()
        #expect(heard.map { $0.header?.revision } == [3, 5])
        #expect(
            heard.flatMap(\.events) == [
                Event(kv: KeyValue(key: "a", createRevision: 2, modRevision: 3, version: 2, value: "1")),
                // Of a deletion only key and revision are said.
                Event(type: .delete, kv: KeyValue(key: "a", modRevision: 5)),
            ])
    }

    @Test("single keys, ranges, prefixes, open ends, and the empty key")
    func ranges() throws {
        let rig = try WatchRig()
        rig.open(1)
        let watched: [(WatchCreateRequest, [ByteSlice])] = [
            (watching("b"), ["b"]), (watching("b", to: "d"), ["b", "bb", "c"]),
            (watching("b", to: [0]), ["b", "bb", "c", "d"]),
            (watching("", to: [0]), ["a", "b", "bb", "c", "d"]), (watching("bb", to: "c"), ["bb"]), (watching("x"), []),
            (watching(""), []),
        ]
        for (create, _) in watched { try rig.watch(create) }
        rig.received[1] = []
        for key: ByteSlice in ["a", "b", "bb", "c", "d"] { try rig.put(key) }
        for (id, (_, keys)) in watched.enumerated() {
            let heard = rig.received[1]!.filter { $0.watchID == id }.flatMap(\.events).compactMap { $0.kv?.key }
            #expect(heard == keys, "watcher \(id)")
        }
    }

    @Test("what cannot be watched is answered with created, canceled, id -1 and the reason")
    func refusals() throws {
        let rig = try WatchRig()
        rig.open(1)
        for _ in 0..<3 { try rig.put("a") }
        let header = ResponseHeader(clusterID: 0xC1, memberID: 0x3E, revision: 4, raftTerm: 5)
        for end: ByteSlice in ["b", "a"] {
            #expect(
                try rig.watch(watching("b", to: end))
                    == WatchResponse(
                        header: header, watchID: -1, created: true, canceled: true,
                        cancelReason: "mvcc: watcher range is empty"))
        }
        #expect(try rig.watch(watching("a", id: 7)).watchID == 7)
        #expect(
            try rig.watch(watching("a", id: 7))
                == WatchResponse(
                    header: header, watchID: -1, created: true, canceled: true,
                    cancelReason: "mvcc: duplicate watch ID provided on the WatchStream"))
        #expect(
            try rig.watch(watching("a", from: -1)).cancelReason
                == "etcdserver: mvcc: required revision has been compacted")
        #expect(rig.hub.watcherCount == 1)
    }

    @Test("ids count up from 0 and pass over those in use; other streams count by themselves")
    func ids() throws {
        let rig = try WatchRig()
        rig.open(1)
        rig.open(2)
        #expect(try rig.watch(watching("a")).watchID == 0)
        #expect(try rig.watch(watching("a", id: 1)).watchID == 1)
        #expect(try rig.watch(watching("a", id: 2)).watchID == 2)
        #expect(try rig.watch(watching("a")).watchID == 3)
        try rig.cancel(0)
        // A number that became free is not given again: the count goes on.
        #expect(try rig.watch(watching("a")).watchID == 4)
        #expect(try rig.watch(watching("a", id: -5)).watchID == -5)
        #expect(try rig.watch(watching("a"), on: 2).watchID == 0)
        #expect(rig.hub.watcherCount == 6 && rig.hub.streamCount == 2)
        rig.close(1)
        #expect(rig.hub.watcherCount == 1 && rig.hub.streamCount == 1)
        rig.hub.checkRules()
    }

    @Test("a cancelled watcher is answered once and hears of nothing more; unknown ids get no answer")
    func cancel() throws {
        let rig = try WatchRig()
        rig.open(1)
        try rig.watch(watching("a"))
        try rig.watch(watching("a"))
        rig.received[1] = []
        try rig.cancel(1)
        try rig.cancel(1)
        try rig.cancel(99)
        #expect(
            rig.take() == [
                WatchResponse(
                    header: ResponseHeader(clusterID: 0xC1, memberID: 0x3E, revision: 1, raftTerm: 5), watchID: 1,
                    canceled: true)
            ])
        try rig.put("a")
        #expect(rig.take().map(\.watchID) == [0])
    }

    @Test("filters drop kinds of events; a response of which nothing is left is not sent")
    func filters() throws {
        let rig = try WatchRig()
        rig.open(1)
        try rig.watch(watching("a", to: "c", filters: [.noput]))
        try rig.watch(watching("a", to: "c", filters: [.nodelete]))
        try rig.watch(watching("a", to: "c", filters: [.nodelete, .noput, .unrecognized(9)]))
        rig.received[1] = []
        try rig.put("a")
        try rig.write([.put("b", "1"), .delete("a", ByteSlice())])
        try rig.delete("b")
        let heard = rig.take()
        #expect(heard.filter { $0.watchID == 0 }.map { $0.events.map { $0.type } } == [[.delete], [.delete]])
        #expect(heard.filter { $0.watchID == 1 }.map { $0.events.map { $0.type } } == [[.put], [.put]])
        #expect(heard.allSatisfy { $0.watchID != 2 })
        // The same from history.
        try rig.watch(watching("a", to: "c", from: 2, filters: [.noput]))
        try rig.catchUp()
        #expect(rig.take().dropFirst().flatMap(\.events).map { $0.type } == [.delete, .delete])
    }

    @Test("the previous value comes with changes of a life, not with its beginning, and not from before a compaction")
    func previous() throws {
        let rig = try WatchRig()
        rig.open(1)
        try rig.watch(watching("a", to: "c", previous: true))
        try rig.watch(watching("a", to: "c"))
        rig.received[1] = []
        try rig.put("a", "1")
        try rig.put("a", "2")
        try rig.delete("a")
        try rig.put("a", "3")
        let heard = rig.take()
        #expect(
            heard.filter { $0.watchID == 0 }.flatMap(\.events).map { $0.prevKV } == [
                nil, KeyValue(key: "a", createRevision: 2, modRevision: 2, version: 1, value: "1"),
                KeyValue(key: "a", createRevision: 2, modRevision: 3, version: 2, value: "2"), nil,
            ])
        #expect(heard.filter { $0.watchID == 1 }.flatMap(\.events).allSatisfy { $0.prevKV == nil })
        // One transaction that ends a life and begins another.
        try rig.write([.delete("a", ByteSlice()), .put("a", "4")])
        let both = rig.take().first { $0.watchID == 0 }!.events
        #expect(both.map { $0.type } == [.delete, .put])
        #expect(both.map { $0.prevKV?.value } == ["3", nil])
        // The value before revision 7 was written at 6; history begins at 7 now.
        try rig.put("a", "5")
        try rig.compact(7)
        rig.received[1] = []
        try rig.watch(watching("a", from: 7, previous: true))
        try rig.catchUp()
        #expect(rig.take().flatMap(\.events).map { $0.prevKV } == [nil])
    }

    @Test("a revision in the past is told from history, and then everything as it happens")
    func past() throws {
        let rig = try WatchRig()
        rig.open(1)
        for value in 0..<5 { try rig.put("a", ByteSlice(utf8: "\(value)")) }
        try rig.watch(watching("a", from: 3))
        #expect(rig.hub.laggingCount == 1 && rig.hub.hasWork)
        // What is written meanwhile is not told before what came earlier.
        try rig.put("a", "5")
        try rig.catchUp()
        try rig.put("a", "6")
        let heard = rig.take().dropFirst()
        #expect(heard.map { $0.events.map { $0.kv!.modRevision } } == [[3, 4, 5, 6, 7], [8]])
        // Who reads history is told how far the store is.
        #expect(heard.map { $0.header?.revision } == [7, 8])
        #expect(rig.hub.laggingCount == 0 && !rig.hub.hasWork)
    }

    @Test("a revision in the future is waited for")
    func future() throws {
        let rig = try WatchRig()
        rig.open(1)
        try rig.watch(watching("a", from: 4))
        for _ in 0..<4 { try rig.put("a") }
        #expect(rig.take().dropFirst().flatMap(\.events).map { $0.kv!.modRevision } == [4, 5])
    }

    @Test("who begins before the compacted revision is created and then cancelled; at it, history is told")
    func compacted() throws {
        let rig = try WatchRig()
        rig.open(1)
        for _ in 0..<6 { try rig.put("a") }
        try rig.compact(5)
        try rig.watch(watching("a", from: 4))
        try rig.watch(watching("a", from: 5))
        try rig.catchUp()
        let heard = rig.take()
        #expect(heard[0].created && heard[0].header?.revision == 7 && heard[1].created)
        #expect(
            heard.first { $0.canceled }
                == WatchResponse(
                    header: ResponseHeader(clusterID: 0xC1, memberID: 0x3E, revision: 0, raftTerm: 5), canceled: true,
                    compactRevision: 5))
        #expect(heard.flatMap(\.events).map { $0.kv!.modRevision } == [5, 6, 7])
        #expect(rig.hub.watcherCount == 1)
        // The cancelled one's id is kept until its client cancels it too, as in etcd.
        #expect(try rig.watch(watching("a", id: 1)).canceled)
        rig.received[1] = []
        try rig.askProgress()
        try rig.cancel(0)
        try rig.cancel(0)
        #expect(rig.take().map(\.canceled) == [false, true])
        rig.hub.checkRules()
    }

    @Test("synced watchers do not mind compactions; one that fell behind is cancelled when it needs what is gone")
    func compactionOfTheSlow() throws {
        var limits = WatchHub.Limits()
        limits.streamBytes = 100
        let rig = try WatchRig(limits)
        rig.open(1)
        rig.open(2)
        try rig.watch(watching("a"), on: 1)
        try rig.watch(watching("a"), on: 2)
        rig.blocked = [2]
        for _ in 0..<10 { try rig.put("a", "0123456789012345678901234567890123456789") }
        try rig.compact(9)
        try rig.put("a")
        #expect(rig.take(1).dropFirst().flatMap(\.events).count == 11)
        let before = rig.take(2).dropFirst().flatMap(\.events).count
        #expect(before < 4)
        rig.unblock(2)
        try rig.catchUp()
        #expect(rig.take(2).map(\.compactRevision) == [9])
    }

    @Test("requests that cannot be read are an error, and empty ones are nothing")
    func unreadable() throws {
        let rig = try WatchRig()
        rig.open(1)
        var bytes = ByteBuffer()
        var replies: [WatchReply] = []
        let broken = ByteSlice([0x0A, 0x05, 0x0A])
        #expect(throws: (any Error).self) {
            try rig.hub.request(broken.view, on: 1, rig.store, rig.header, into: &bytes, &replies)
        }
        try rig.request(WatchRequest(), on: 1)
        // A stream that has just been closed may still have requests on their way.
        try rig.watch(watching("a"))
        rig.close(1)
        try rig.cancel(0)
        #expect(rig.received.isEmpty && replies.isEmpty)
    }
}

@Suite("Large responses")
struct WatchFragmentTests {
    /// Nine values of 400,000 bytes in one transaction, as they were put to a real server.
    private func nine(fragment: Bool) throws -> [WatchResponse] {
        let rig = try WatchRig()
        rig.open(1)
        try rig.watch(watching("k", to: "l", fragment: fragment))
        let value = ByteSlice([UInt8](repeating: 120, count: 400_000))
        try rig.write((0..<9).map { .put(ByteSlice(utf8: "k\($0)"), value) })
        return rig.take().filter { !$0.created }
    }

    @Test("are cut between events for those who allow it, and the last piece says so")
    func cut() throws {
        let pieces = try nine(fragment: true)
        #expect(pieces.map(\.events.count) == [5, 4])
        #expect(pieces.map(\.fragment) == [true, false])
        #expect(pieces.allSatisfy { $0.encodedSize < 2_097_152 })
        #expect(pieces.flatMap(\.events).map { $0.kv!.key } == (0..<9).map { ByteSlice(utf8: "k\($0)") })
    }

    @Test("come whole for everybody else")
    func whole() throws { #expect(try nine(fragment: false).map(\.events.count) == [9]) }

    @Test("pieces are as large as they may be and never larger", arguments: 90...130)
    func sizes(limit: Int) throws {
        var limits = WatchHub.Limits()
        limits.fragmentBytes = limit
        let rig = try WatchRig(limits)
        rig.open(1)
        try rig.watch(watching("a", to: "z", id: 300, fragment: true))
        rig.received[1] = []
        try rig.write((0..<12).map { .put(ByteSlice(utf8: "k\($0)"), ByteSlice([UInt8](repeating: 1, count: $0 * 3))) })
        let pieces = rig.take()
        #expect(pieces.flatMap(\.events).count == 12)
        for (index, piece) in pieces.enumerated() {
            #expect(piece.fragment == (index + 1 < pieces.count))
            #expect(piece.encodedSize < limit || piece.events.count == 1)
            // The next event would not have fitted.
            guard piece.fragment else { continue }
            var more = piece
            more.events.append(pieces[index + 1].events[0])
            #expect(more.encodedSize >= limit)
        }
    }
}

@Suite("Progress")
struct WatchProgressTests {
    @Test("on request: when all watchers of the stream have heard of everything, and have begun")
    func onRequest() throws {
        let rig = try WatchRig()
        rig.open(1)
        try rig.askProgress()
        #expect(rig.take().isEmpty)
        for _ in 0..<3 { try rig.put("a") }
        try rig.watch(watching("z"))
        rig.received[1] = []
        try rig.askProgress()
        #expect(
            rig.take() == [
                WatchResponse(
                    header: ResponseHeader(clusterID: 0xC1, memberID: 0x3E, revision: 4, raftTerm: 5), watchID: -1)
            ])
        try rig.watch(watching("z", from: 2))
        rig.received[1] = []
        try rig.askProgress()
        #expect(rig.take().isEmpty)
        try rig.catchUp()
        try rig.askProgress()
        #expect(rig.take().map(\.watchID) == [-1])
        // Beginning at 6 while the store is at 4: neither 4 nor 5 is progress for it.
        try rig.watch(watching("z", from: 6))
        rig.received[1] = []
        for expected in [0, 0, 1] {
            try rig.askProgress()
            #expect(rig.take().count == expected)
            try rig.put("a")
        }
    }

    @Test("from time to time: for those who asked, who are up to date, and who have heard nothing meanwhile")
    func fromTimeToTime() throws {
        var limits = WatchHub.Limits()
        limits.progressMilliseconds = 1000
        let rig = try WatchRig(limits)
        rig.open(1, at: 5000)
        try rig.watch(watching("a", progress: true))
        try rig.watch(watching("b"))
        try rig.watch(watching("c", from: 9, progress: true))
        rig.received[1] = []
        let due = try #require(rig.nextWake)
        #expect((6000...6100).contains(due))
        try rig.advance(due - 1)
        #expect(rig.take().isEmpty)
        try rig.advance(due)
        #expect(rig.take().map(\.watchID) == [0])
        // It hears of something, and so is left out once.
        try rig.put("a")
        rig.received[1] = []
        try rig.advance(#require(rig.nextWake))
        #expect(rig.take().isEmpty)
        try rig.put("other")
        try rig.advance(#require(rig.nextWake))
        let told = rig.take()
        #expect(told.map(\.watchID) == [0] && told.map { $0.header?.revision } == [3])
        rig.close(1)
        try rig.advance(1_000_000)
        #expect(rig.nextWake == nil)
    }

    @Test("clocks stop when nobody wants to hear of progress any more, and begin when somebody does")
    func clocks() throws {
        var limits = WatchHub.Limits()
        limits.progressMilliseconds = 1000
        let rig = try WatchRig(limits)
        rig.open(1, at: 0)
        try rig.watch(watching("a", progress: true))
        try rig.cancel(0)
        try rig.advance(#require(rig.nextWake))
        #expect(rig.nextWake == nil)
        // A stream that has been open for long does not begin with a tick.
        try rig.advance(50_000)
        try rig.watch(watching("a", progress: true))
        #expect(try #require(rig.nextWake) >= 51_000)
        // A compaction takes the watcher, and with it the clock.
        for _ in 0..<3 { try rig.put("b") }
        try rig.watch(watching("a", from: 1, progress: true))
        try rig.cancel(1)
        try rig.compact(3)
        try rig.catchUp()
        try rig.advance(#require(rig.nextWake))
        #expect(rig.nextWake == nil)
    }

    @Test("streams do not tick together")
    func spread() throws {
        let rig = try WatchRig()
        var ticks: Set<Int64> = []
        for stream in 1...50 as ClosedRange<UInt64> {
            let rig = try WatchRig()
            rig.open(WatchStreamID(rawValue: stream))
            try rig.watch(watching("a", progress: true), on: WatchStreamID(rawValue: stream))
            let due = try #require(rig.nextWake)
            #expect((600_000..<660_000).contains(due))
            ticks.insert(due)
        }
        #expect(ticks.count > 40)
        #expect(rig.nextWake == nil)
    }
}
