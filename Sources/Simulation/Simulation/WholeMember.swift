// WholeMember.swift: a whole member of etcd, with its log and its database on a disk that forgets.
//
// SimulatedMember.swift drives Raft and a handful of registers. This one drives everything that the server is made of:
// keys, watchers, transactions, compaction, and both files. The shell here does what EtcdServer does with threads
// and sockets, with an agenda and a simulated disk instead.
//
//     input --> Member --> orders:   persist    --> the log on the disk; a sync is planned
//                                    pages      --> a queue; each of its five steps is planned, one after the other
//                                    send       --> the network
//                                    answer     --> a client (WholeClients.swift)
//                                    watch      --> a watching client
//                                    saveSnapshot --> snapshot file, record in the log, sync
//
// FIVE STEPS OF A BATCH. The database's file grows, its pages are written, synced, the meta is written, synced. Between
// any two of them other things happen, and the power may fail: this is where a commit that is not
// one commit would show.
//
// BUGS ON PURPOSE, so that the proofs can be seen to fail:
//
//     acknowledgesEarly     the log is reported durable when it is only written
//     pagesDurableEarly     the database's batch is reported durable before its meta is synced
//     readsLocally          a linearizable read is served as if it were a serializable one
//     losesWatchMessage     now and then a message to a watcher is dropped
//
// READ NEXT  WholeCluster.swift, WholeClients.swift, WholeChaos.swift.

import Backend
import BoltFile
import Bytes
import Disk
package import Identifiers
import Member
import Membership
import Raft
import RaftMessages
import Trace
import WriteAheadLog

/// One whole member of a simulated cluster, running or not.
package final class WholeMember {
    /// What is done wrong on purpose in the shell of every member.
    package struct Flaws: OptionSet, Hashable, Sendable {
        /// The bits.
        package let rawValue: Int
        /// From bits.
        package init(rawValue: Int) { self.rawValue = rawValue }
        /// The log is reported durable when it is only written.
        package static let acknowledgesEarly = Flaws(rawValue: 1)
        /// A batch of pages is reported durable before its meta is synced.
        package static let pagesDurableEarly = Flaws(rawValue: 2)
        /// A linearizable read asks nobody.
        package static let readsLocally = Flaws(rawValue: 4)
        /// Now and then a message to a watcher is lost.
        package static let losesWatchMessage = Flaws(rawValue: 8)

        /// All of them with their names.
        package static let all: [(flaw: Flaws, name: String)] = [
            (.acknowledgesEarly, "the log reported durable before its sync"),
            (.pagesDurableEarly, "pages reported durable before their meta is synced"),
            (.readsLocally, "linearizable reads that ask nobody"),
            (.losesWatchMessage, "a message to a watcher lost"),
        ]
    }

    /// Its number.
    package let id: MemberID
    /// Its member; nil while it is down.
    var member: Member?
    /// Its disk, also between two lives.
    var disk: SimulatedDisk
    /// How many of its ticks fit into a thousand of the world's.
    package internal(set) var ticksPerMille = 1000
    /// How long a sync takes.
    package internal(set) var syncTime = 1...3
    /// Counts lives: what was planned in one is not done in another.
    var life = 0
    /// Whether a turn is planned, and for when.
    var turnPlannedFor: Int?

    private var log: WriteAheadLog<SimulatedDisk>?
    private var batch = LogBatch()
    var isSyncing = false
    /// The last ticket that was appended, and the last that is durable.
    private(set) var appended = Raft.Ticket.zero
    private var durable = Raft.Ticket.zero
    /// A snapshot that waits for the sync of the log before it.
    private var snapshots: [Snapshot] = []

    private var database: SimulatedFile?
    private var mapping: SimulatedMapping?
    private var batches: [PageBatch] = []
    private var pageStep = PageStep.grow
    var isWritingPages = false

    private enum PageStep { case grow, pages, sync, meta, syncMeta }

    private let bootstrap: Bootstrap
    private let segmentBytes = 16 * 4096
    private let flaws: Flaws

    init(_ id: MemberID, bootstrap: Bootstrap, disk: SimulatedDisk, flaws: Flaws) {
        self.id = id
        self.bootstrap = bootstrap
        self.disk = disk
        self.flaws = flaws
    }

    /// Whether its process exists.
    package var isUp: Bool { member != nil }
    /// Its store's revision; 0 while it is down.
    var revision: Int64 { member?.revision.rawValue ?? 0 }

    // MARK: Lives

    /// Opens whatever the disk has, as the server does, and hands out a member that wants to be started.
    func wake(_ options: Member.Options, requestSeed: UInt64, trace: Tracer) throws(StorageStop) {
        let directory = DataDirectory("/data", on: disk, segmentBytes: segmentBytes)
        try Self.stopping { () throws in
            try directory.makeDirectories()
            let backend = try openDatabase(directory.databasePath)
            let found =
                try directory.hasLog() ? directory.recover(bootstrap: bootstrap) : directory.begin(bootstrap)
            let memory = found.memory
            let membership = found.membership
            log = found.takeLog()
            member = try Member(
                id: id, cluster: membership.clusterID, options: options, memory: memory, backend: backend,
                membership: membership, requestSeed: requestSeed, trace: trace)
        }
        life += 1
    }

    private func openDatabase(_ path: String) throws -> Backend {
        if try disk.status(of: path) == nil {
            let empty = BoltFile.newFile(pageSize: 4096)
            try disk.replace(path, with: empty.view)
        }
        let file = try disk.open(path, .writing)
        let mapping = try file.map(reserving: 8 << 20)
        database = file
        self.mapping = mapping
        var limits = Backend.Limits()
        limits.changes = 40
        return try Backend(BoltFile(mapping: mapping.reserved, fileLength: try file.size()), limits: limits)
    }

    /// Forgets everything but what the disk keeps.
    func die(_ survival: Survival, dice: inout Dice) {
        member = nil
        life += 1
        log = nil
        batch.removeAll()
        isSyncing = false
        isWritingPages = false
        appended = .zero
        durable = .zero
        snapshots = []
        batches = []
        pageStep = .grow
        database = nil
        mapping = nil
        turnPlannedFor = nil
        disk = disk.afterCrash(survival, dice: &dice)
    }

    // MARK: The log

    /// Appends a write; nothing of it is durable yet.
    func append(_ write: Raft.Write) throws(StorageStop) {
        precondition(write.snapshot == nil, "a cluster without laggards sends no snapshot")
        batch.removeAll()
        for entry in write.entries { batch.add(entry) }
        if let state = write.hardState { batch.add(state) }
        try Self.stopping { () throws in try log?.append(batch) }
        if write.mustSync { appended = max(appended, write.ticket) }
    }

    /// Remembers to write a snapshot when the log before it is synced.
    func plan(_ snapshot: Snapshot) { snapshots.append(snapshot) }

    /// Whether something waits for a sync.
    var needsSync: Bool { durable < appended || !snapshots.isEmpty }

    /// Syncs, and tells the member.
    func finishSync(of member: inout Member, into output: inout Member.Output) throws(StorageStop) {
        let ticket = appended
        if !flaws.contains(.acknowledgesEarly) { try Self.stopping { () throws in _ = try log?.sync() } }
        durable = ticket
        member.logDurable(ticket, into: &output)
        for snapshot in snapshots {
            try save(snapshot)
            member.snapshotStored(snapshot.metadata.index, into: &output)
        }
        snapshots = []
    }

    private func save(_ snapshot: Snapshot) throws(StorageStop) {
        let directory = DataDirectory("/data", on: disk, segmentBytes: segmentBytes)
        let metadata = snapshot.metadata
        try Self.stopping { () throws in
            try SnapshotFiles.write(snapshot, in: directory.snapshotDirectory, on: disk)
            batch.removeAll()
            batch.add(SnapshotRecord(index: metadata.index, term: metadata.term, confState: metadata.confState))
            try log?.append(batch)
            _ = try log?.sync()
            log?.release(upTo: metadata.index)
            try Purge.files(endingIn: ".wal", keeping: 2, in: directory.logDirectory, on: disk)
            try Purge.files(endingIn: ".snap", keeping: 2, in: directory.snapshotDirectory, on: disk)
        }
    }

    // MARK: The database's file

    /// Takes a batch; its steps are carried out one by one.
    func queue(_ batch: PageBatch) { batches.append(batch) }

    /// Whether a step is to be done.
    var hasPages: Bool { !batches.isEmpty }

    /// One of the five steps; tells the member when the last is done.
    func stepPages(of member: inout Member, into output: inout Member.Output) throws(StorageStop) {
        guard let batch = batches.first, let database, let mapping else { return }
        try Self.stopping { () throws in
            switch pageStep {
            case .grow:
                if let length = batch.fileLength {
                    try database.truncate(to: length)
                    _ = try mapping.extend()
                }
                pageStep = .pages
            case .pages:
                for page in batch.pages { try database.write(page.bytes, at: page.offset) }
                pageStep = .sync
            case .sync:
                try database.syncData()
                pageStep = .meta
            case .meta:
                try database.write(batch.meta.view, at: batch.metaOffset)
                pageStep = .syncMeta
                if flaws.contains(.pagesDurableEarly) { finish(batch, of: &member, into: &output) }
            case .syncMeta:
                try database.syncData()
                finish(batch, of: &member, into: &output)
            }
        }
    }

    private func finish(_ batch: PageBatch, of member: inout Member, into output: inout Member.Output) {
        batches.removeFirst()
        pageStep = .grow
        member.pagesDurable(batch.transaction, into: &output)
    }

    private static func stopping<Result>(_ body: () throws -> Result) throws(StorageStop) -> Result {
        do { return try body() } catch { throw StorageStop(reason: "\(error)") }
    }
}
