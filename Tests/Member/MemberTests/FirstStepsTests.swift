// FirstStepsTests.swift: a member alone: its first start, and what it says to clients.

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

@Suite("One member")
struct FirstStepsTests {
    /// A member that is ready for clients.
    static func ready(_ options: Member.Options = Desk.options) throws -> Desk {
        let desk = try Desk(MemoryDisks(founding: 1), options: options)
        desk.settle()
        #expect(desk.news() == ["ready"])
        return desk
    }

    @Test("A first start: it leads at once, says its name and the version, and is ready")
    func firstStart() throws {
        let desk = try Desk(MemoryDisks(founding: 1))
        // It has voted for itself; nobody may count on that before the vote is on disk.
        #expect(!desk.isLeader)
        #expect(desk.news() == [])
        desk.get("a")
        #expect(desk.news() == ["#1 refused: etcdserver: not capable"])
        desk.settle()
        #expect(desk.isLeader && desk.member.term == 2)
        #expect(desk.news() == ["ready"])
        // The founding, the term's first entry, the name, the version: as in a real etcd's log.
        let entries = desk.disks.entries
        #expect(entries.map(\.index) == [1, 2, 3, 4])
        #expect(entries.map(\.type) == [.confChange, .normal, .normal, .normal])
        #expect(entries[1].data.isEmpty)
        guard case .v2(let name) = try EntryCommand(decoding: entries[2].data),
            case .v2(let version) = try EntryCommand(decoding: entries[3].data)
        else {
            Issue.record("the name and the version are not requests of the old tree")
            return
        }
        #expect(name.path == "/0/members/1/attributes")
        #expect(name.val == #"{"name":"m1","clientURLs":["http://127.0.0.1:2379"]}"#)
        #expect(version.path == "/0/version" && version.val == "3.5.0")
    }

    @Test("A disk that is slow at the first vote: no second campaign, the term stays 2")
    func slowFirstVote() throws {
        let desk = try Desk(MemoryDisks(founding: 1))
        desk.wait(milliseconds: 5000)
        #expect(desk.writes.count == 1)
        desk.settle()
        #expect(desk.isLeader && desk.member.term.rawValue == 2)
    }

    @Test("A new database has what every database of etcd has: the count of changes of users")
    func authRevision() throws {
        let desk = try FirstStepsTests.ready()
        let key: ByteSlice = "authRevision"
        let one: ByteSlice = [0, 0, 0, 0, 0, 0, 0, 1]
        #expect(try desk.member.backend.get(key.view, in: .auth) == one.view)
    }

    @Test("Keys: written, read, compared, deleted, forgotten")
    func keys() throws {
        let desk = try Self.ready()
        desk.put("a", "1")
        desk.put("b", "2")
        #expect(desk.news() == [], "nothing is answered before the log is on disk")
        desk.settle()
        #expect(desk.news() == ["#1 put at 2", "#2 put at 3"])

        desk.get("a")
        desk.get("a", end: "c", serializable: true)
        #expect(desk.news() == ["#3 [a=1] at 3", "#4 [a=1 b=2] at 3"], "reads of a member alone are answered at once")

        let isOne = Compare(key: "a", targetUnion: .value("1"))
        var equal = isOne
        equal.target = .value
        let put = RequestOp(request: .requestPut(PutRequest(key: "c", value: "3")))
        let get = RequestOp(request: .requestRange(RangeRequest(key: "a")))
        desk.ask(.txn, TxnRequest(compare: [equal], success: [put, get], failure: []))
        desk.ask(.txn, TxnRequest(compare: [equal], success: [get], failure: [get]))
        #expect(desk.news() == ["#6 txn yes, 1 at 3"], "a transaction that only reads is a read")
        desk.ask(.deleteRange, DeleteRangeRequest(key: "a", rangeEnd: "c"))
        desk.settle()
        #expect(desk.news() == ["#5 txn yes, 2 at 4", "#7 deleted 2 at 5"])

        desk.ask(.compact, CompactionRequest(revision: 4))
        desk.settle()
        desk.ask(.range, RangeRequest(key: "a", revision: 3))
        desk.ask(.range, RangeRequest(key: "a", revision: 4))
        desk.ask(.range, RangeRequest(key: "a", revision: 9))
        #expect(
            desk.news() == [
                "#8 compacted, at 5",
                "#9 refused: etcdserver: mvcc: required revision has been compacted",
                "#10 [a=1] at 5",
                "#11 refused: etcdserver: mvcc: required revision is a future revision",
            ])
    }

    @Test("A physical compaction is answered when the file holds nothing of it any more")
    func physicalCompaction() throws {
        let desk = try Self.ready()
        for _ in 0..<5 { desk.put("a", "1") }
        desk.settle()
        _ = desk.news()
        desk.ask(.compact, CompactionRequest(revision: 5, physical: true))
        desk.turn()
        desk.syncLog()
        for _ in 0..<5 { desk.turn() }
        #expect(desk.news() == [], "applied, removed, and not on the disk yet")
        #expect(!desk.batches.isEmpty)
        desk.syncPages()
        #expect(desk.news() == ["#6 compacted, at 6"])
    }

    @Test("Refused at the door: etcd's errors, in etcd's order")
    func refusals() throws {
        var options = Desk.options
        options.requestLimitBytes = 200
        options.txnOperations = 2
        let desk = try Self.ready(options)
        desk.put("", "1")
        desk.ask(.put, PutRequest(key: "a", value: "1", ignoreValue: true))
        desk.get("")
        desk.put("a", String(repeating: "x", count: 200))
        let get = RequestOp(request: .requestRange(RangeRequest(key: "a")))
        desk.ask(.txn, TxnRequest(compare: [], success: [get, get, get], failure: []))
        desk.ask(.alarm, AlarmRequest(action: .activate, alarm: .nospace))
        let broken = ByteSlice([0x0a, 0x05, 0x61])
        desk.member.request(.put, broken.view, as: RequestID(rawValue: 77), into: &desk.output)
        #expect(
            desk.news() == [
                "#1 refused: etcdserver: key is not provided", "#2 refused: etcdserver: value is provided",
                "#3 refused: etcdserver: key is not provided", "#4 refused: etcdserver: request is too large",
                "#5 refused: etcdserver: too many operations in txn request", "#6 unimplemented",
                "#77 malformed: at byte 1, in field 1: the input ends in the middle of the value",
            ])
        // At apply: the store's own refusals reach the client, and change nothing.
        desk.ask(.put, PutRequest(key: "a", lease: 7))
        desk.ask(.put, PutRequest(key: "nothing", ignoreLease: true))
        desk.settle()
        #expect(
            desk.news() == [
                "#7 refused: etcdserver: requested lease not found", "#8 refused: etcdserver: key not found",
            ])
        #expect(desk.member.revision == 1)
    }

    @Test("The limit of a request's size is exact")
    func sizeLimit() throws {
        var options = Desk.options
        options.requestLimitBytes = 1000
        let desk = try Self.ready(options)
        // Key and value with tags and lengths, the put's own, and the header with a number of nine bytes or so.
        var accepted = 0
        for count in 940...1000 {
            desk.put("k", String(repeating: "v", count: count))
            desk.settle()
            if desk.news().first?.contains("put at") == true { accepted = max(accepted, count) }
        }
        #expect((desk.disks.entries.map(\.data.count).max() ?? 0) == 1000, "the largest entry is as large as allowed")
        #expect(accepted < 1000)
    }

    @Test("Status, members, hashes, alarms")
    func maintenance() throws {
        let desk = try Self.ready()
        desk.put("a", "1")
        desk.settle()
        _ = desk.news()
        desk.ask(.status, StatusRequest())
        desk.ask(.memberList, MemberListRequest(linearizable: true))
        #expect(desk.news() == ["#2 status leader=1 index=5 applied=5 errors=[]", "#3 members 1:m1"])
        desk.ask(.hash, HashRequest())
        desk.ask(.hashKV, HashKVRequest())
        desk.ask(.alarm, AlarmRequest())
        desk.settle()
        let answers = desk.news().sorted()
        #expect(answers.count == 3)
        #expect(answers[0] == "#4 hash true" && answers[2] == "#6 alarms 0")
        #expect(answers[1].hasPrefix("#5 hashKV ") && answers[1].hasSuffix("compacted -1"))
    }

    @Test("Answers of a turn come in the order of the log, one write for all of them")
    func oneWrite() throws {
        let desk = try Self.ready()
        let before = desk.counts["persist"] ?? 0
        for number in 0..<256 { desk.put("k\(number)", "v") }
        desk.turn()
        #expect(desk.writes.count == 1 && desk.writes[0].entries.count == 256)
        desk.settle()
        #expect(desk.news() == (0..<256).map { "#\($0 + 1) put at \($0 + 2)" })
        // One for the entries, one for the commit index, which need not be synced.
        #expect((desk.counts["persist"] ?? 0) - before <= 3)
    }

    @Test("A client that has gone is not answered; what it asked for happens all the same")
    func cancelled() throws {
        let desk = try Self.ready()
        let gone = desk.put("a", "1")
        desk.put("b", "2")
        desk.member.cancel(gone)
        desk.settle()
        #expect(desk.news() == ["#2 put at 3"])
        desk.get("a")
        #expect(desk.news() == ["#3 [a=1] at 3"])
    }
}
