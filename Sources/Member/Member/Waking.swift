// Waking.swift: a member wakes up. What does it have to look at before it says a word?
//
// It is given what its disk has: the database, and what recovery found in the log. Three questions come first:
//
//     do they belong together?     the database must not know more than the log, and not less than the log's beginning
//     can everything be applied?   what lies in the database, and what waits in the log behind it (M5)
//     who are the others?          from the newest snapshot file, and then from the log itself
//
//     log         S ........... applied ........ committed ... last
//                 |             |                |             |
//     members     from the file of S, then every change again
//     keys        in the database up to here ^; from here on applied now
//     Raft        begins with nothing applied but S: it hands everything behind S out again
//
// A MEMBER WITHOUT OTHERS needs no election timeout: nobody else could lead, so it votes for itself at once and can
// serve its first client a few milliseconds later. (etcd waits up to a second here.)

package import Backend
import BoltFile
import Bytes
import EtcdAPI
package import Identifiers
import MVCC
package import Membership
import Protobuf
package import Raft
import RaftMessages
package import Trace

extension Member {
    /// Wakes up from what the disk has. `memory` is what recovery of the log found: its `applied` and `confState` are those
    /// of its snapshot. `membership` is from that snapshot's file, or empty where there is none. `requestSeed` is the
    /// time in milliseconds since 1970. `progress` hears now and then how many revisions the store has read.
    package init(
        id: MemberID, cluster: ClusterID, options: Options = Options(), memory: Raft.Memory,
        backend: consuming Backend, membership: Membership, requestSeed: UInt64, trace: Tracer = .off,
        progress: (Int) -> Void = { _ in }
    ) throws(StartRefusal) {
        trace.emit(MemberStarted(name: options.name, cluster: cluster, version: options.serverVersion))
        try Waking.checkFit(memory, backend.applied)
        try Waking.checkStore(backend)
        try Waking.checkLog(memory, behind: backend.applied.index)
        let store: Store
        do throws(StoreError) {
            store = try Store(
                restoring: backend, seed: options.raft.seed, trace: trace, progress: progress)
        } catch {
            throw .store("\(error)")
        }
        self.id = id
        self.cluster = cluster
        self.options = options
        var watches = options.watches
        watches.fragmentBytes = options.requestLimitBytes + 512 << 10
        hub = WatchHub(notified: store.revision, limits: watches, seed: options.raft.seed)
        hub.trace = trace
        self.store = store
        self.backend = backend
        self.membership = membership
        raft = Raft(id: id, options: options.raft, memory: memory)
        raft.trace = trace
        raft.traceStart()
        applied = memory.applied
        handed = memory.applied
        budget = options.entriesPerTurn
        saving.last = memory.snapshot.index
        numbers = RequestNumbers(member: id, startedAt: requestSeed)
        leadership = LeadershipTimes()
        isAlone = raft.configuration.isAlone(id)
        isLearner = membership[id]?.isLearner ?? false
        self.trace = trace
    }

    /// The first call, once: applies what is known to be committed, and leads at once if nobody else can.
    package mutating func start(into output: inout Output) {
        budget = .max
        raft.applied(through: raft.log.applied, into: &output.raft)
        settle(&output)
        budget = options.entriesPerTurn
        guard failure == nil else { return }
        prepareBuckets(into: &output)
        if isAlone {
            raft.step(.campaign, into: &output.raft)
            settle(&output)
        }
        finishTurn(into: &output)
    }

    /// What every database of etcd has: a count of changes of users, which begins at 1. And a database of etcd 3.5.1 may
    /// hold old addresses of members; the log knows better.
    private mutating func prepareBuckets(into output: inout Output) {
        let revision: ByteSlice = "authRevision"
        let first: ByteSlice = [0, 0, 0, 0, 0, 0, 0, 1]
        do throws(BoltError) {
            if try backend.get(revision.view, in: .auth) == nil {
                try backend.put(revision.view, first.view, in: .auth)
            }
            if applied >= backend.applied.index, !membership.peers.isEmpty { try membership.repair(&backend) }
        } catch {
            fail("the database cannot be prepared: \(error)", into: &output)
        }
    }
}

/// What is looked at before anything is served.
enum Waking {
    /// Whether log and database belong together.
    static func checkFit(_ memory: Raft.Memory, _ applied: AppliedState) throws(StartRefusal) {
        let last = memory.entries.last?.index ?? memory.snapshot.index
        if applied.index > last {
            throw .mismatch(
                "the database has applied entry \(applied.index), and the log ends at \(last)")
        }
        if applied.index < memory.snapshot.index {
            throw .mismatch(
                "the database has applied entries up to \(applied.index) only, and the log begins behind the snapshot at "
                    + "\(memory.snapshot.index)")
        }
    }

    /// Whether the database holds something that nobody here looks after yet.
    static func checkStore(_ backend: borrowing Backend) throws(StartRefusal) {
        let rows: [(bucket: BackendBucket, what: String)] = [
            (.lease, "a lease"), (.alarm, "an alarm"), (.authUsers, "a user"), (.authRoles, "a role"),
        ]
        for row in rows where try !isEmpty(row.bucket, backend) {
            throw .cannotApply(what: row.what, place: "bucket \"\(row.bucket.name.lossyText)\" of the database")
        }
        let key: ByteSlice = "authEnabled"
        do throws(BoltError) {
            guard let value = try backend.get(key.view, in: .auth), value.count == 1, value[0] == 1 else { return }
        } catch {
            throw .backend(.file(error))
        }
        throw .cannotApply(what: "the check of users", place: "bucket \"auth\" of the database")
    }

    private static func isEmpty(_ bucket: BackendBucket, _ backend: borrowing Backend) throws(StartRefusal) -> Bool {
        do throws(BoltError) {
            var cursor = try backend.tree(bucket).cursor()
            try cursor.first()
            return !cursor.isValid
        } catch {
            throw .backend(.file(error))
        }
    }

    /// Whether everything behind the database's index can be applied. What lies before it has been, by somebody.
    static func checkLog(_ memory: Raft.Memory, behind applied: LogIndex) throws(StartRefusal) {
        for entry in memory.entries where entry.index > applied {
            let place = "entry \(entry.index) of the log"
            switch entry.type {
            case .confChange: continue
            case .normal: break
            case .confChangeV2, .unrecognized:
                throw .cannotApply(what: "a change of several members at once", place: place)
            }
            if entry.data.isEmpty || KeyCommand.isAboutKeys(entry.data[0]) { continue }
            let command: EntryCommand
            do throws(WireError) {
                command = try EntryCommand(decoding: entry.data)
            } catch {
                throw .cannotApply(what: "a command that cannot be decoded (\(error))", place: place)
            }
            guard case .request(let request) = command, !canApply(request.command) else { continue }
            throw .cannotApply(what: name(of: request.command), place: place)
        }
    }

    private static func canApply(_ command: InternalRaftRequest.Command?) -> Bool {
        switch command {
        case .range, .put, .deleteRange, .txn, .compaction, .v2: true
        case .clusterVersionSet, .clusterMemberAttrSet, .downgradeInfoSet: true
        case .alarm(let alarm): alarm.action == .get
        default: false
        }
    }

    /// What an operator calls it.
    static func name(of command: InternalRaftRequest.Command?) -> String {
        switch command {
        case .leaseGrant, .leaseRevoke, .leaseCheckpoint: "a command about a lease"
        case .alarm: "an alarm"
        case .authEnable, .authDisable, .authenticate, .authStatus: "a command about the check of users"
        case .authUserAdd, .authUserDelete, .authUserGet, .authUserChangePassword, .authUserGrantRole,
            .authUserRevokeRole, .authUserList:
            "a command about a user"
        case .authRoleAdd, .authRoleDelete, .authRoleGet, .authRoleList, .authRoleGrantPermission,
            .authRoleRevokePermission:
            "a command about a role"
        case .downgradeVersionTest: "a test of a downgrade"
        default: "a command of a kind that is not known here"
        }
    }
}
