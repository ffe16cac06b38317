// LimitTests.swift: every queue has an end, and nobody waits behind somebody who reads a lot.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Member
import Membership
import Protobuf
import Raft
import RaftMessages
import Testing

@Suite("Backpressure")
struct LimitTests {
    @Test("A disk that cannot follow: applying stops, then writes are refused, then everything goes on")
    func congestion() throws {
        var options = Desk.options
        options.backlogEntries = 10
        var limits = Backend.Limits()
        limits.batchesInFlight = 1
        limits.changes = 1
        limits.residentBytes = 0
        let desk = try Desk(MemoryDisks(founding: 1), options: options, limits: limits)
        desk.settle()
        _ = desk.news()
        var refused = 0
        for number in 0..<30 {
            desk.put("k\(number)", "v")
            desk.turn()
            desk.syncLog()
            if desk.said.last?.hasSuffix("etcdserver: too many requests") == true { refused += 1 }
        }
        #expect(refused > 0 && refused < 30)
        #expect(desk.member.committed > desk.member.applied)
        let accepted = 30 - refused
        desk.settle()
        #expect(desk.news().filter { $0.contains("put at") }.count == accepted)
        #expect(desk.member.committed == desk.member.applied)
    }

    @Test("A start with many entries to apply, and a turn's share of them")
    func shareOfATurn() throws {
        var options = Desk.options
        options.entriesPerTurn = 10
        let desk = try FirstStepsTests.ready(options)
        for number in 0..<35 { desk.put("k\(number)", "v") }
        desk.turn()
        desk.syncLog()
        // The sync's own turn and its end.
        var shares: [Int] = [desk.news().count]
        while desk.member.hasWork {
            desk.turn()
            shares.append(desk.news().count)
        }
        #expect(shares.allSatisfy { $0 <= 20 } && shares.reduce(0, +) == 35)
    }

    @Test("A long range goes in slices, others are served in between, and it shows one moment")
    func longRange() throws {
        var options = Desk.options
        options.sliceKeys = 50
        let desk = try FirstStepsTests.ready(options)
        for number in 0..<1000 { desk.put("k\(1000 + number)", "v") }
        desk.settle()
        _ = desk.news()
        desk.get("k", end: "l")
        #expect(desk.news() == [] && desk.hasWork)
        var turns = 0
        var others = 0
        while desk.member.hasWork {
            turns += 1
            desk.put("k9999", "\(turns)")
            desk.get("k9999")
            desk.turn()
            desk.syncLog()
            let news = desk.news()
            others += news.filter { $0.contains("[k9999=") || $0.contains("put at") }.count
            if let answer = news.first(where: { $0.contains("keys at") }) {
                #expect(answer == "#1001 1000 keys at 1001", "k9999 came later than the range")
                break
            }
        }
        #expect(turns >= 10, "\(turns) turns")
        #expect(others >= turns)
    }

    @Test("Many long reads take turns; one that nobody waits for any more is given up")
    func fairness() throws {
        var options = Desk.options
        options.sliceKeys = 10
        let desk = try FirstStepsTests.ready(options)
        for number in 0..<200 { desk.put("k\(1000 + number)", "v") }
        desk.settle()
        _ = desk.news()
        var ids: [RequestID] = []
        for _ in 0..<12 { ids.append(desk.get("k", end: "l")) }
        for _ in 0..<3 { desk.ask(.hashKV, HashKVRequest()) }
        desk.member.cancel(ids[3])
        // While it is written and compacted under them.
        for number in 0..<40 { desk.put("k\(1000 + number)", "w") }
        desk.ask(.compact, CompactionRequest(revision: 220))
        desk.settle()
        let news = desk.news()
        #expect(news.filter { $0.contains("200 keys at 201") }.count == 11)
        let hashes = Set(news.filter { $0.contains("hashKV") }.map { $0.split(separator: " ").dropFirst().joined() })
        #expect(hashes.count == 1, "\(hashes)")
    }

    @Test("Hash of the whole file: what is written meanwhile is not in it")
    func wholeHash() throws {
        var options = Desk.options
        options.sliceKeys = 7
        let desk = try FirstStepsTests.ready(options)
        for number in 0..<100 { desk.put("k\(number)", "v") }
        desk.settle()
        _ = desk.news()
        desk.ask(.hash, HashRequest())
        desk.turn()
        desk.syncPages()
        for number in 0..<100 { desk.put("k\(number)", "w") }
        desk.settle()
        #expect(desk.news().contains("#101 hash true"))
    }
}

@Suite("Watch streams, copies, snapshots for followers")
struct PlumbingTests {
    @Test("A watcher hears of everything once, in order, also of what was before")
    func watches() throws {
        let desk = try FirstStepsTests.ready()
        desk.put("a", "1")
        desk.put("b", "1")
        desk.settle()
        _ = desk.news()
        desk.member.openWatch(WatchStreamID(rawValue: 3))
        desk.watch(3, WatchRequest(requestUnion: .createRequest(WatchCreateRequest(key: "a", startRevision: 1))))
        desk.watch(3, WatchRequest(requestUnion: .createRequest(WatchCreateRequest(key: "a", rangeEnd: "c"))))
        desk.settle()
        #expect(desk.news() == ["watch 3/0 created", "watch 3/1 created", "watch 3/0 put a@2"])
        desk.put("a", "2")
        desk.put("a", "3")
        desk.put("b", "2")
        desk.settle()
        let news = desk.news()
        #expect(news.filter { $0.hasPrefix("#") } == ["#3 put at 4", "#4 put at 5", "#5 put at 6"])
        let told = news.filter { $0.hasPrefix("watch 3/0") }.joined()
        #expect(told.contains("put a@4") && told.contains("put a@5") && !told.contains("b@"))
        desk.watch(3, WatchRequest(requestUnion: .cancelRequest(WatchCancelRequest(watchID: 0))))
        desk.member.closeWatch(WatchStreamID(rawValue: 3))
        desk.put("a", "4")
        desk.settle()
        #expect(desk.news().filter { $0.contains("a@") } == [])
    }

    @Test("A watch request that cannot be decoded ends its stream, and no other")
    func malformed() throws {
        let desk = try FirstStepsTests.ready()
        desk.member.openWatch(WatchStreamID(rawValue: 1))
        let broken = ByteSlice([0x0a, 0x05, 0x61])
        desk.member.watchRequest(WatchStreamID(rawValue: 1), broken.view, into: &desk.output)
        #expect(desk.news().count == 1)
    }

    @Test("What is compacted is told first")
    func beforeCompaction() throws {
        let desk = try FirstStepsTests.ready()
        desk.member.openWatch(WatchStreamID(rawValue: 1))
        desk.watch(1, WatchRequest(requestUnion: .createRequest(WatchCreateRequest(key: "a"))))
        desk.settle()
        _ = desk.news()
        // All in one turn.
        desk.put("a", "1")
        desk.put("a", "2")
        desk.ask(.compact, CompactionRequest(revision: 3))
        desk.settle()
        let told = desk.news().filter { $0.hasPrefix("watch") }.joined()
        #expect(told.contains("a@2") && told.contains("a@3"))
    }

    @Test("A copy shows what was applied when it was asked for, and is given back")
    func copies() throws {
        let desk = try FirstStepsTests.ready()
        desk.put("a", "1")
        desk.settle()
        desk.member.pin(as: RequestID(rawValue: 9))
        desk.turn()
        #expect(desk.pinned.isEmpty && desk.batches.count == 1, "the batch is closed for it, whatever its age")
        desk.syncPages()
        #expect(desk.pinned.count == 1 && desk.pinned[0].0 == RequestID(rawValue: 9))
        let version = desk.pinned[0].1
        for number in 0..<50 { desk.put("k\(number)", "v") }
        desk.settle()
        let key: ByteSlice = "key"
        #expect(try version.root.bucket(key.view)?.count() == 1)
        desk.member.unpin(version)
        // Nothing to write: at once.
        desk.wait(milliseconds: 200)
        desk.syncPages()
        desk.member.pin(as: RequestID(rawValue: 10))
        desk.turn()
        #expect(desk.pinned.count == 2)
        desk.member.unpin(desk.pinned[1].1)
    }

    @Test("A follower that needs more than the log gets the file, and goes on from there")
    func snapshotForFollower() throws {
        var options = Desk.options
        options.snapshotCount = 20
        options.keptEntries = 2
        let (group, leader, follower) = try ReadTests.three(options)
        let lost = follower.member.id.rawValue
        group.isolated = [lost]
        for number in 0..<100 {
            leader.put("k\(number % 7)", "\(number)")
            group.settle()
        }
        #expect(leader.member.raft.log.base.index > follower.member.raft.log.last.index)
        group.isolated = []
        var carried = 0
        for _ in 0..<30 where follower.member.applied < leader.member.applied {
            group.wait(milliseconds: 100)
            for offer in leader.offers {
                carried += 1
                try carry(offer, from: leader, to: follower)
            }
            leader.offers = []
            group.settle()
        }
        #expect(carried >= 1)
        #expect(follower.member.applied == leader.member.applied)
        #expect(follower.member.revision == leader.member.revision)
        leader.put("k0", "last")
        group.settle()
        for desk in group.desks.values { _ = desk.news() }
        for desk in group.desks.values { desk.ask(.hashKV, HashKVRequest()) }
        group.settle()
        let hashes = group.desks.values.map { $0.news()[0].split(separator: " ").dropFirst().joined() }
        #expect(Set(hashes).count == 1)
        #expect(follower.member.membership.list == leader.member.membership.list)
    }

    /// Copies the database and lets the follower adopt it when its log has the snapshot.
    private func carry(_ offer: Member.Output.Offer, from leader: Desk, to follower: Desk) throws {
        let disks = MemoryDisks()
        disks.length = leader.disks.length
        disks.image.write(leader.disks.image.view.prefix(leader.disks.length), at: 0)
        leader.member.unpin(offer.version)
        follower.member.received(offer.message, into: &follower.output)
        follower.settle()
        leader.member.snapshotReported(to: follower.member.id, delivered: true, into: &leader.output)
        leader.turn()
        guard let snapshot = follower.restores.popLast() else { return }
        follower.disks.image.write(disks.image.view.prefix(disks.length), at: 0)
        follower.disks.length = disks.length
        follower.adopt(snapshot)
    }
}
