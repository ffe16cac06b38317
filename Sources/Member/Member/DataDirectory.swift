// DataDirectory.swift: what lies in a member's directory, and what does it remember when it wakes up?
//
//     <data dir>/member/wal/*.wal           the log: what was promised
//     <data dir>/member/snap/*.snap         who the members were, now and then: where the log may begin
//     <data dir>/member/snap/db             the database: what came of the log, up to some entry
//
// THE FIRST START AND EVERY OTHER are told apart by one thing, the log: it is made under another name and renamed when
// it is whole, so it is there or it is not. Everything else can be made again from nothing until then.
//
//     what is there                        it means                                       what is done
//     no log                               nothing was ever promised                      begin: log, then first entries
//     a log without any entry or state     a first start that a crash cut short           write the first entries again
//     a log                                a member with a past                           newest snapshot, then the log
//
// WHY IS THE SECOND ROW SAFE? The first entries are synced before the member says its first word, and they are a
// function of its flags: what was lost is exactly what will be written again. Their author is compared with the log's
// own head, so that other flags cannot turn the directory into another member.
//
// TWO MEMORIES. The log says what is decided, the database how much of it was carried out. Both are durable on their
// own and neither waits for the other, so after a crash the database lies behind; the member applies again
// what it has not (Member.swift). Here only the log's side is read: the database is memory that somebody must
// map, and how that is done differs between a real disk and a simulated one.
//
// The same code opens real directories and those of simulated members: what the simulator proves about crashes is
// proved for this file.
//
// COST     reading the log from the newest snapshot on, twice: once for the list of snapshots, once for the entries.
// READ NEXT Waking.swift. SHOWN BY  WholeChaosTests, and the real etcd that opens what we left.

import Bytes
package import Disk
package import Identifiers
package import Membership
internal import Protobuf
package import Raft
import RaftMessages
package import WriteAheadLog

/// The files of one member.
package struct DataDirectory<Store: Disk> {
    /// Where it lies.
    package let path: String
    private let disk: Store
    private let segmentBytes: Int

    /// The directory at `path`, there or not.
    package init(_ path: String, on disk: Store, segmentBytes: Int = WriteAheadLog<Store>.segmentBytes) {
        self.path = path
        self.disk = disk
        self.segmentBytes = segmentBytes
    }

    /// Where the log's files are.
    package var logDirectory: String { joinPath(memberDirectory, "wal") }
    /// Where snapshot files are, and the database.
    package var snapshotDirectory: String { joinPath(memberDirectory, "snap") }
    /// The database.
    package var databasePath: String { joinPath(snapshotDirectory, "db") }
    private var memberDirectory: String { joinPath(path, "member") }

    /// Whether a member lives here, or has begun to.
    package func hasLog() throws(DiskError) -> Bool { try disk.status(of: logDirectory) != nil }

    /// Makes what is missing above the log; a second time it changes nothing.
    package func makeDirectories() throws(DiskError) { try disk.createDirectories(snapshotDirectory) }
}

extension DataDirectory: Sendable where Store: Sendable {}

/// A log that was opened, and what it remembers.
package struct RecoveredMember<Store: Disk>: ~Copyable {
    /// To go on writing.
    package var log: WriteAheadLog<Store>
    /// For Raft.
    package let memory: Raft.Memory
    /// Who the members are as of `memory.snapshot`.
    package let membership: Membership
    /// Snapshot files that were damaged, and were set aside.
    package let setAside: [SnapshotFileError]

    /// Gives the log away.
    package consuming func takeLog() -> WriteAheadLog<Store> { log }
}

/// Why a directory cannot be opened.
package enum DataDirectoryError: Error, CustomStringConvertible {
    /// The log.
    case log(LogError)
    /// Another file.
    case disk(DiskError)
    /// The newest snapshot does not say who the members are.
    case membership(MembershipError)
    /// The log's head does not say whose it is.
    case headUnreadable(directory: String, why: String)
    /// The log's first start was cut short, and the flags of this one make another member.
    case otherMember(directory: String, found: MemberID, wanted: MemberID?)

    /// What happened, where, what it means, what to do.
    package var description: String {
        switch self {
        case .log(let error): "\(error)"
        case .disk(let error): "\(error)"
        case .membership(let error): error.description
        case .headUnreadable(let directory, let why):
            "\(directory): the head of the log does not say which member it belongs to: \(why). Either this is the log of "
                + "another program, or it is damaged: restore this member from a snapshot, or remove it and add it again "
                + "with an empty directory."
        case .otherMember(let directory, let found, let wanted):
            "\(directory): this directory was begun by member \(found), which crashed before its first entry was written, and "
                + "the flags of this start make \(wanted.map { "member \($0)" } ?? "no member of their own"). Nothing was "
                + "promised yet: start it with its first flags, or remove the directory."
        }
    }
}

extension DataDirectory {
    /// Begins a member: its log, with the cluster's first entries in it, durable.
    package func begin(_ bootstrap: Bootstrap) throws(DataDirectoryError) -> RecoveredMember<Store> {
        do throws(DiskError) { try makeDirectories() } catch { throw .disk(error) }
        let owner = Metadata(nodeID: bootstrap.membership.ownID, clusterID: bootstrap.membership.clusterID)
        let log = try ofLog { () throws(LogError) in
            try WriteAheadLog.create(logDirectory, on: disk, metadata: owner.encoded(), segmentBytes: segmentBytes)
        }
        return try writeFirstEntries(bootstrap, to: log)
    }

    private func writeFirstEntries(
        _ bootstrap: Bootstrap, to log: consuming WriteAheadLog<Store>
    ) throws(DataDirectoryError) -> RecoveredMember<Store> {
        var log = log
        var batch = LogBatch()
        for entry in bootstrap.entries { batch.add(entry) }
        batch.add(bootstrap.hardState)
        do throws(LogError) {
            try log.append(batch)
            try log.sync()
        } catch { throw .log(error) }
        var memory = Raft.Memory()
        memory.hardState = bootstrap.hardState
        memory.entries = bootstrap.entries
        return RecoveredMember(log: log, memory: memory, membership: bootstrap.membership, setAside: [])
    }

    /// Wakes a member up. `bootstrap` is what its flags would begin; it is needed only where a first start was cut short.
    package func recover(bootstrap: Bootstrap?) throws(DataDirectoryError) -> RecoveredMember<Store> {
        var setAside: [SnapshotFileError] = []
        let snapshot = try ofLog { () throws(LogError) in
            let known = try LogReader.survey(logDirectory, on: disk)
            return try SnapshotFiles.newest(among: known, in: snapshotDirectory, on: disk) { setAside.append($0) }
        }
        let metadata = snapshot?.metadata ?? SnapshotMetadata()
        let start = LogPosition(term: metadata.term, index: metadata.index)
        let opened = try ofLog { () throws(LogError) in
            try WriteAheadLog.open(logDirectory, on: disk, from: start, segmentBytes: segmentBytes)
        }
        let contents = opened.contents
        let owner = try owner(readingFrom: contents.metadata)
        if snapshot == nil, contents.entries.isEmpty, contents.state == nil {
            guard let bootstrap, bootstrap.membership.ownID == owner.nodeID else {
                throw .otherMember(
                    directory: path, found: owner.nodeID, wanted: bootstrap?.membership.ownID)
            }
            return try writeFirstEntries(bootstrap, to: opened.takeLog())
        }
        let membership = try members(of: snapshot, asKnownBy: owner)
        return RecoveredMember(
            log: opened.takeLog(), memory: Self.memory(of: contents, after: metadata), membership: membership,
            setAside: setAside)
    }

    /// The applied index is the snapshot's: what lies behind it in the log is handed out again, and whoever applies it
    /// knows from the database how much of it was carried out before.
    private static func memory(of contents: LogContents, after snapshot: SnapshotMetadata) -> Raft.Memory {
        var memory = Raft.Memory()
        memory.hardState = contents.state ?? HardState()
        // A snapshot is of committed entries, whatever the last state says.
        memory.hardState.commit = max(memory.hardState.commit, snapshot.index)
        memory.snapshot = snapshot
        memory.entries = contents.entries
        memory.applied = snapshot.index
        memory.confState = snapshot.confState
        return memory
    }

    private func owner(readingFrom head: ByteSlice) throws(DataDirectoryError) -> Metadata {
        do {
            let owner = try Metadata(decoding: head)
            if owner.nodeID == .none {
                throw DataDirectoryError.headUnreadable(directory: logDirectory, why: "it names no member")
            }
            return owner
        } catch let error as DataDirectoryError { throw error } catch {
            throw .headUnreadable(directory: logDirectory, why: "\(error)")
        }
    }

    /// Without a snapshot nobody is known: the log, which then begins with the first entry, says who is a member.
    private func members(of snapshot: Snapshot?, asKnownBy owner: Metadata) throws(DataDirectoryError) -> Membership {
        guard let snapshot else { return Membership(clusterID: owner.clusterID, ownID: owner.nodeID) }
        do throws(MembershipError) {
            return try Membership(clusterID: owner.clusterID, ownID: owner.nodeID, snapshot: snapshot.data.view)
        } catch { throw .membership(error) }
    }

    private func ofLog<Result: ~Copyable>(
        _ body: () throws(LogError) -> Result
    ) throws(DataDirectoryError) -> Result {
        do throws(LogError) { return try body() } catch { throw .log(error) }
    }
}
