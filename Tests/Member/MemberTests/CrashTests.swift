// CrashTests.swift: what a crash may take, and what a start does with what is left.

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

@Suite("Crashes")
struct MemberCrashTests {
    /// Reads a key with everything that is known of it.
    static func look(_ desk: Desk, _ key: String) throws -> KeyValue? {
        let request = RangeRequest(key: ByteSlice(utf8: key), serializable: true).encoded()
        desk.carryOut()
        desk.member.request(.range, request.view, as: RequestID(rawValue: 1 << 40), into: &desk.output)
        var found: KeyValue?
        for order in desk.output.orders {
            guard case .answer(_, let from, let count) = order else { continue }
            found = try RangeResponse(decoding: desk.output.bytes.view[from..<from + count]).kvs.first
        }
        desk.output.removeAll()
        return found
    }

    @Test("M2: a write is answered only when the log is on disk; a crash before that may take it")
    func answeredIsDurable() throws {
        let desk = try FirstStepsTests.ready()
        desk.put("a", "1")
        for _ in 0..<10 { desk.turn() }
        #expect(desk.news() == [] && desk.writes.count == 1)
        let survivor = try desk.crashed()
        survivor.settle()
        _ = survivor.news()
        survivor.get("a")
        #expect(survivor.news() == ["#1 [] at 1"])

        survivor.put("a", "1")
        survivor.turn()
        survivor.syncLog()
        #expect(survivor.news() == ["#2 put at 2"])
        // The database knows nothing of it yet; the log does.
        #expect(survivor.member.backend.durableApplied.index < survivor.member.applied)
        let second = try survivor.crashed()
        second.settle()
        _ = second.news()
        second.get("a")
        #expect(second.news() == ["#1 [a=1] at 2"])
    }

    @Test("M1: wherever the database stands when it crashes, each entry has changed it once", arguments: 0..<24)
    func onceOnly(point: Int) throws {
        // One batch on its way at a time, of one change: so each crash finds the database at another entry.
        var limits = Backend.Limits()
        limits.changes = 1
        limits.intervalMilliseconds = 0
        var desk = try Desk(MemoryDisks(founding: 1), limits: limits)
        desk.settle()
        var expected: [String: Int64] = [:]
        var step = 0
        for round in 0..<8 {
            for key in ["a", "b", "a"] {
                desk.put(key, "\(round)")
                expected[key, default: 0] += 1
                desk.turn()
                desk.syncLog()
                step += 1
                // The pages follow now and then only.
                if (step + point) % 5 == 0 { desk.syncPages() }
                if step == point { desk = try desk.crashed(limits: limits) }
                if step == point { desk.settle() }
            }
        }
        desk = try desk.crashed(limits: limits)
        desk.settle()
        desk = try desk.crashed(limits: limits)
        desk.settle()
        for (key, version) in expected {
            let found = try Self.look(desk, key)
            #expect(found?.version == version, "\(key)")
        }
        #expect(desk.member.revision == 25)
        #expect(desk.member.membership.own?.name == "m1" && desk.member.membership.version != nil)
    }

    @Test("A member that was stopped in order has nothing to apply again")
    func orderlyEnd() throws {
        let desk = try FirstStepsTests.ready()
        desk.put("a", "1")
        desk.settle()
        desk.member.stop(into: &desk.output)
        desk.carryOut()
        #expect(!desk.isClosed)
        desk.syncPages()
        #expect(desk.isClosed)
        let next = try desk.crashed()
        #expect(next.member.backend.durableApplied.index == 5)
        next.settle()
        #expect(next.news() == ["ready"])
        #expect(try Self.look(next, "a")?.version == 1)
        // Name and version are known: nothing is said again.
        #expect(next.disks.entries.count == 6)
    }

    @Test("A disk that fails stops the member before anybody is told anything")
    func failingDisk() throws {
        let desk = try FirstStepsTests.ready()
        desk.put("a", "1")
        desk.turn()
        desk.member.storageFailed("wal/0.wal: fdatasync: Input/output error", into: &desk.output)
        desk.member.logDurable(desk.writes[0].ticket, into: &desk.output)
        desk.turn()
        #expect(desk.news() == ["stop: wal/0.wal: fdatasync: Input/output error"])
        desk.get("a", serializable: true)
        #expect(desk.news() == ["#2 refused: etcdserver: server stopped"])
    }

    @Test("Snapshots: pages first, then the file, then the log is cut; a start begins there")
    func snapshots() throws {
        var options = Desk.options
        options.snapshotCount = 20
        options.keptEntries = 5
        let desk = try FirstStepsTests.ready(options)
        for number in 0..<16 { desk.put("k", "\(number)") }
        desk.turn()
        desk.syncLog()
        #expect(desk.snapshots.isEmpty && desk.batches.isEmpty)
        _ = desk.news()
        desk.wait(milliseconds: 100)
        #expect(desk.batches.isEmpty == false, "nothing more than the batch of every 100 ms")
        desk.syncPages()
        #expect(desk.snapshots.isEmpty, "20 entries since the last snapshot are not more than 20")
        desk.put("k", "16")
        desk.turn()
        desk.syncLog()
        #expect(desk.batches.count == 1 && desk.snapshots.isEmpty, "the pages come first")
        desk.syncPages()
        #expect(desk.snapshots.count == 1)
        let snapshot = desk.snapshots[0]
        #expect(snapshot.metadata.index == 21 && snapshot.metadata.term == 2)
        #expect(snapshot.metadata.confState.voters == [1])
        #expect(desk.member.raft.log.base.index == 0, "and the log is cut last")
        desk.storeSnapshots()
        #expect(desk.member.raft.log.base.index == 16)
        #expect(desk.news().contains("release log up to 21"))

        let next = try desk.crashed(options: options)
        next.settle()
        #expect(next.news() == ["ready"])
        #expect(next.member.raft.log.base.index == 21)
        #expect(try Self.look(next, "k")?.version == 17)
        #expect(next.member.membership.own?.name == "m1")
    }

    @Test("A log is read again from its snapshot; what is in the database is passed over, the members are not")
    func replayFromSnapshot() throws {
        var options = Desk.options
        options.snapshotCount = 10
        let desk = try FirstStepsTests.ready(options)
        for number in 0..<100 {
            desk.put("k", "\(number)")
            if number % 7 == 0 { desk.settle() }
        }
        desk.settle()
        let saved = desk.disks.snapshot.metadata.index
        #expect(saved > 80)
        for number in 0..<5 { desk.put("k", "\(number)") }
        desk.settle()
        let next = try desk.crashed(options: options)
        next.settle()
        #expect(try Self.look(next, "k")?.version == 105)
        #expect(next.member.revision == 106)
    }
}
