// WakingTests.swift: directories with which a member rather does not start, and what it says.

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

@Suite("Starts that are refused")
struct WakingTests {
    /// Why these disks are refused; nil when they are not.
    private func refusal(_ disks: MemoryDisks) -> String? {
        do {
            _ = try Desk(disks)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// Disks whose log ends with a command.
    private func disks(endingIn command: InternalRaftRequest.Command) -> MemoryDisks {
        let disks = MemoryDisks(founding: 1)
        let data = InternalRaftRequest(command: command, header: RequestHeader(id: 7)).encoded()
        disks.entries.append(Entry(term: 1, index: 2, data: data))
        return disks
    }

    @Test("A log with commands that nobody here carries out yet")
    func commands() {
        let rows: [(InternalRaftRequest.Command, String)] = [
            (.leaseGrant(LeaseGrantRequest()), "a command about a lease"),
            (.leaseRevoke(LeaseRevokeRequest()), "a command about a lease"),
            (.alarm(AlarmRequest(action: .activate, alarm: .nospace)), "an alarm"),
            (.authEnable(AuthEnableRequest()), "a command about the check of users"),
            (.authUserAdd(AuthUserAddRequest(name: "root")), "a command about a user"),
            (.authRoleAdd(AuthRoleAddRequest(name: "root")), "a command about a role"),
        ]
        for (command, what) in rows {
            let said = refusal(disks(endingIn: command))
            #expect(said?.hasPrefix("\(what) in entry 2 of the log cannot be carried out by this program yet") == true)
        }
        #expect(
            refusal(disks(endingIn: .alarm(AlarmRequest()))) == nil,
            "which alarms are there? None: a question is harmless")
        #expect(refusal(disks(endingIn: .put(PutRequest(key: "a", value: "b")))) == nil)
    }

    @Test("An entry that cannot be decoded, and a change of several members at once")
    func unreadable() {
        let garbled = MemoryDisks(founding: 1)
        garbled.entries.append(Entry(term: 1, index: 2, data: [0xff, 0xff]))
        #expect(refusal(garbled)?.contains("a command that cannot be decoded") == true)
        let joint = MemoryDisks(founding: 1)
        joint.entries.append(Entry(type: .confChangeV2, term: 1, index: 2))
        #expect(refusal(joint)?.contains("a change of several members at once in entry 2") == true)
    }

    @Test(
        "A database that holds a lease, an alarm, a user, a role",
        arguments: [
            (BackendBucket.lease, "a lease in bucket \"lease\""), (.alarm, "an alarm in bucket \"alarm\""),
            (.authUsers, "a user in bucket \"authUsers\""), (.authRoles, "a role in bucket \"authRoles\""),
        ])
    func buckets(bucket: BackendBucket, said: String) throws {
        let disks = MemoryDisks(founding: 1)
        try change(disks) { backend in
            let key: ByteSlice = "12345678"
            try backend.put(key.view, key.view, in: bucket)
        }
        #expect(refusal(disks)?.hasPrefix(said) == true)
    }

    @Test("A database in which users are checked; one in which they never were")
    func auth() throws {
        let key: ByteSlice = "authEnabled"
        for (byte, isRefused) in [(UInt8(1), true), (0, false)] {
            let disks = MemoryDisks(founding: 1)
            let value: ByteSlice = [byte]
            try change(disks) { backend in try backend.put(key.view, value.view, in: .auth) }
            #expect((refusal(disks)?.hasPrefix("the check of users in bucket \"auth\"") == true) == isRefused)
        }
    }

    @Test("Log and database of different members")
    func mismatch() throws {
        let ahead = MemoryDisks(founding: 1)
        try change(ahead) { backend in backend.setApplied(9, term: 1) }
        #expect(refusal(ahead)?.contains("the database has applied entry 9, and the log ends at 1") == true)
        let behind = MemoryDisks(founding: 1)
        behind.snapshot.metadata.index = 5
        behind.snapshot.metadata.term = 1
        behind.hardState.commit = 5
        behind.snapshot.data = Membership(clusterID: Desk.cluster, ownID: 1).snapshotData
        let said = refusal(behind)
        #expect(said?.contains("the database has applied entries up to 0 only") == true, "\(said ?? "nothing")")
    }

    /// Changes a database that nobody has opened.
    private func change(_ disks: MemoryDisks, _ body: (inout Backend) throws -> Void) throws {
        var backend = try Backend(try BoltFile(mapping: disks.image.view, fileLength: disks.length))
        try body(&backend)
        if let batch = try backend.commit() {
            disks.write(batch)
            backend.becameDurable(batch.transaction)
        }
    }

    @Test("In a running member: an entry that another member proposed and that cannot be carried out stops it")
    func running() throws {
        let desk = try FirstStepsTests.ready()
        let data = InternalRaftRequest(command: .leaseGrant(LeaseGrantRequest()), header: RequestHeader(id: 7))
            .encoded()
        var proposal = Message()
        proposal.type = .prop
        proposal.from = 9
        proposal.to = 1
        proposal.entries = [Entry(data: data)]
        desk.member.received(proposal, into: &desk.output)
        desk.settle()
        #expect(desk.stopped?.hasPrefix("a command about a lease in entry 5 of the log cannot be carried out") == true)
    }
}
