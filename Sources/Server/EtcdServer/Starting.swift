// Starting.swift: from an empty directory, or a full one, to a server.
//
//     1  listeners        an address that is taken is the operator's mistake: it is found before a file is touched
//     2  database         opened, locked, mapped; a second server on the same directory waits here
//     3  log              begun with the cluster's first entries, or read back
//     4  member           rebuilds its index, and refuses what it could not apply
//     5  threads          take over the log and the pages
//     6  start            one member alone leads at once; it need not wait out an election's time for anybody
//     7  ready            its name and the cluster's version are decided: connections that waited are served (E4)
//
// WHAT IS REFUSED, and says why: a database without its log (the member would begin again as somebody else, over the old
// keys); a cluster of several members, which this version cannot join; a directory of a later version; leases, users and
// alarms, which it could not carry out (Member, Waking.swift).
//
// FAST. Everything durable that a first start needs is: the directories, an empty database, the log with its first entries,
// then four entries through the log. TLS is read only where a flag asks for it, files of the log are reserved
// without being written.
//
// READ NEXT  EtcdServer.swift for the parts, Ending.swift for the other end

internal import Backend
internal import BoltFile
internal import Bytes
internal import Disk
internal import EtcdAPI
internal import EventLoop
internal import Files
internal import GRPC
internal import HTTP
internal import Identifiers
internal import MVCC
internal import Member
internal import Membership
internal import Raft
internal import RaftMessages
internal import StorageThreads
internal import TLS
internal import Trace
internal import TraceFiles
internal import WriteAheadLog

/// Why a server does not start.
package struct StartFailure: Error, CustomStringConvertible {
    /// What happened, what it means, what to do.
    package let description: String

    init(_ description: String) { self.description = description }
}

/// What a start brings together.
struct StartedParts: ~Copyable {
    var member: Member
    let database: DatabaseFile
    let logThread: LogThread
    let pageThread: PageThread
    let reports: Mailbox<StorageReport>
    let clients: HTTPServer
    let peers: HTTPServer
    let grpc: GRPCServer
    let trace: TraceFiles?

    consuming func takeMember() -> Member { member }
}

extension EtcdServer {
    /// How many addresses are set aside for the database: as etcd does, and more where its quota is larger.
    private static let reservedBytes = 10 << 30

    /// Starts a server. It serves while `run` runs.
    package static func start(_ settings: Settings, log: ServerLog) throws(StartFailure) -> EtcdServer {
        let loop = EventLoop()
        let doors = try Doors(settings, log, on: loop)
        let directory = DataDirectory(settings.directory, on: FileSystem())
        let relay = ReportRelay()
        let reports = Mailbox<StorageReport>(on: loop) { batch in
            for report in batch { relay.server?.take(report) }
        }
        let parts = try wake(directory, settings, log, doors, reports)
        let server = EtcdServer(parts, settings: settings, log: log, loop: loop)
        relay.server = server
        doors.clientPages.server = server
        doors.peerPages.server = server
        server.begin()
        return server
    }

    /// Where reports of the threads go. The mailbox is older than the server.
    private final class ReportRelay {
        weak var server: EtcdServer?
    }

    // MARK: Waking the member

    private static func wake(
        _ directory: DataDirectory<FileSystem>, _ settings: Settings, _ log: ServerLog, _ doors: Doors,
        _ reports: Mailbox<StorageReport>
    ) throws(StartFailure) -> StartedParts {
        let isNew = !(try onDisk { () throws(DiskError) in try directory.hasLog() })
        // Flags about the first members mean nothing once there is a log; before that they must be right.
        var bootstrap: Bootstrap?
        do throws(SettingsError) {
            bootstrap = try settings.bootstrap { Digest.sha1.of($0) }
        } catch { if isNew { throw StartFailure(error.description) } }
        log.announceStart(settings, isInitialized: !isNew)
        try onDisk { () throws(DiskError) in try directory.makeDirectories() }
        try onDisk { () throws(DiskError) in
            _ = try Purge.leftovers(in: directory.snapshotDirectory, on: FileSystem())
        }
        let database = try openDatabase(directory.databasePath, settings, log)
        let backend = try openBackend(database, settings)
        let applied = backend.applied.index
        if isNew, applied > .zero {
            throw StartFailure(
                "\(settings.directory): the database has everything up to entry \(applied), but there is no log. A member that "
                    + "began again would forget its votes and be taken for another. Put the log (member/wal) back, or "
                    + "remove the directory and restore it from a snapshot.")
        }
        try refuseLaterVersion(backend)
        let recovered = try recover(directory, isNew: isNew, bootstrap)
        return try assemble(recovered, backend, database, directory, settings, log, doors, reports)
    }

    private static func assemble(
        _ recovered: consuming sending RecoveredMember<FileSystem>, _ backend: consuming Backend,
        _ database: DatabaseFile,
        _ directory: DataDirectory<FileSystem>, _ settings: Settings, _ log: ServerLog, _ doors: Doors,
        _ reports: Mailbox<StorageReport>
    ) throws(StartFailure) -> StartedParts {
        for file in recovered.setAside { log.warn("set a damaged snapshot aside") { $0.error(file) } }
        let membership = recovered.membership
        let (id, cluster) = (membership.ownID, membership.clusterID)
        log.info("starting local member") {
            $0.text("local-member-id", "\(id)")
            $0.text("cluster-id", "\(cluster)")
        }
        let (trace, tracer) = try openTrace(settings, id)
        let member: Member
        do throws(StartRefusal) {
            member = try Member(
                id: id, cluster: cluster, options: settings.memberOptions, memory: recovered.memory, backend: backend,
                membership: membership, requestSeed: UInt64(SystemClock.wallNanoseconds / 1_000_000), trace: tracer
            ) { count in log.info("restoring the key index") { $0.number("revisions", count) } }
        } catch { throw StartFailure("\(error)") }
        let logThread = LogThread(recovered.takeLog(), snapshotDirectory: directory.snapshotDirectory) {
            reports.post($0)
        }
        let pageThread = PageThread(database) { reports.post($0) }
        return StartedParts(
            member: member, database: database, logThread: logThread, pageThread: pageThread, reports: reports,
            clients: doors.clients, peers: doors.peers, grpc: doors.grpc, trace: trace)
    }

    private static func recover(
        _ directory: DataDirectory<FileSystem>, isNew: Bool, _ bootstrap: Bootstrap?
    ) throws(StartFailure) -> sending RecoveredMember<FileSystem> {
        do throws(DataDirectoryError) {
            guard isNew, let bootstrap else { return try directory.recover(bootstrap: bootstrap) }
            return try directory.begin(bootstrap)
        } catch { throw StartFailure("\(error)") }
    }

    /// Another process may still be ending: its lock is waited for, as etcd does, and an operator is told why.
    private static func openDatabase(
        _ path: String, _ settings: Settings, _ log: ServerLog
    ) throws(StartFailure) -> DatabaseFile {
        let reservation = max(reservedBytes, 2 * settings.quotaBytes)
        let bell = Bell()
        var tries = 0
        while true {
            let opened = try onDisk { () throws(DiskError) in
                try DatabaseFile.open(path, reserving: reservation)
            }
            switch opened {
            case .success(let database): return database
            case .failure(let inUse):
                if tries % 100 == 10 { log.warn("the database is locked; waiting for it") { $0.error(inUse) } }
                tries += 1
                _ = bell.wait(upTo: 100_000_000)
            }
        }
    }

    private static func openBackend(
        _ database: DatabaseFile, _ settings: Settings
    ) throws(StartFailure) -> Backend {
        do {
            let file = try BoltFile(mapping: database.mapping.reserved, fileLength: database.mapping.count)
            return try Backend(file, limits: settings.backendLimits)
        } catch { throw StartFailure("\(database.file.path): \(error)") }
    }

    private static func refuseLaterVersion(_ backend: borrowing Backend) throws(StartFailure) {
        let stored: ClusterVersion?
        do throws(BoltError) {
            stored = try Membership.storedVersion(in: backend)
        } catch { throw StartFailure("the cluster's version cannot be read: \(error)") }
        guard let stored, stored > .ours else { return }
        throw StartFailure(
            "invalid downgrade; server version is lower than determined cluster version: this is \(ServerVersion.text), "
                + "and the cluster is \(stored). Start a server of at least that version, or downgrade the cluster with it."
        )
    }

    private static func openTrace(
        _ settings: Settings, _ id: MemberID
    ) throws(StartFailure) -> (TraceFiles?, Tracer) {
        guard !settings.traceDirectory.isEmpty else { return (nil, .off) }
        var wanted = TraceSettings(directory: settings.traceDirectory)
        wanted.fileLimitBytes = Int(settings.traceFileBytes)
        wanted.totalLimitBytes = Int(settings.traceTotalBytes)
        let files = try onDisk { () throws(DiskError) in
            try FileSystem().createDirectories(wanted.directory)
            return try TraceFiles(wanted, member: id)
        }
        return (files, Tracer(to: TraceRecorder(files.origin, sink: files)))
    }

    private static func onDisk<Result>(
        _ body: () throws(DiskError) -> Result
    ) throws(StartFailure) -> Result {
        do throws(DiskError) { return try body() } catch { throw StartFailure("\(error)") }
    }

    // MARK: Beginning

    /// Everything is there: services, timers, and the member's first turn.
    private func begin() {
        registerServices()
        let tick = Timer(on: loop) { [unowned self] in
            enter()
            member.tick(into: &output)
            // A commit index that found no entry to ride with.
            if state != nil, tickets.gathered == nil { handOverRecords() }
        }
        tick.start(
            after: settings.heartbeatMilliseconds * 1_000_000, repeating: settings.heartbeatMilliseconds * 1_000_000)
        tickTimer = tick
        let purge = Timer(on: loop) { [unowned self] in
            logThread.purge(keepingLogs: Int(settings.maxLogs), snapshots: Int(settings.maxSnapshots))
        }
        purge.start(after: 30_000_000_000, repeating: 30_000_000_000)
        purgeTimer = purge
        signals = [Signal.terminate, .interrupt].map { signal in
            SignalWatch(signal, on: loop) { [unowned self] in end(because: signal) }
        }
        enter()
        member.start(into: &output)
        refuseCompany()
    }

    /// A cluster of several members cannot be joined yet.
    private func refuseCompany() {
        let others = member.membership.peers.filter { $0.id != member.id }
        guard !others.isEmpty || member.membership.own == nil else { return }
        stopNow(
            "the cluster of this directory has other members (\(others.map { "\($0.id)" }.joined(separator: ", "))) or does "
                + "not have this one, and this version runs clusters of one member only. Nothing was changed: start it with etcd 3.5."
        )
    }

    /// The cluster knows us: whoever has waited is served.
    func becomeReady() {
        log.info("published local member to cluster through raft") {
            $0.text("local-member-id", "\(member.id)")
            $0.text("cluster-id", "\(member.cluster)")
        }
        if let version = member.membership.version {
            log.info("cluster version is known") { $0.text("cluster-version", "\(version.major).\(version.minor)") }
        }
        log.info("ready to serve client requests")
        for url in settings.listenClients {
            log.info(
                url.isTLS
                    ? "serving client traffic securely"
                    : "serving client traffic insecurely; this is strongly discouraged!"
            ) { $0.text("address", url.place) }
        }
        clients.isHolding = false
    }
}

extension ServerLog {
    fileprivate func announceStart(_ settings: Settings, isInitialized: Bool) {
        info("starting an etcd server") {
            $0.text("etcd-version", ServerVersion.text)
            $0.number("max-cpu-available", ThisProcess.processors)
            $0.truth("member-initialized", isInitialized)
            $0.text("name", settings.name)
            $0.text("data-dir", settings.directory)
            $0.number("heartbeat-interval-ms", settings.heartbeatMilliseconds)
            $0.number("election-timeout-ms", settings.electionMilliseconds)
            $0.number("snapshot-count", settings.snapshotCount)
            $0.texts("initial-advertise-peer-urls", settings.advertisePeers.map(\.description))
            $0.texts("listen-peer-urls", settings.listenPeers.map(\.description))
            $0.texts("advertise-client-urls", settings.advertiseClients.map(\.description))
            $0.texts("listen-client-urls", settings.listenClients.map(\.description))
            $0.number("quota-backend-bytes", settings.quotaBytes)
        }
    }
}

extension Settings {
    /// Where the files are.
    package var directory: String { dataDirectory.isEmpty ? name + ".etcd" : dataDirectory }

    fileprivate var memberOptions: Member.Options {
        var options = Member.Options()
        options.raft.electionTicks = electionTicks
        options.raft.preVote = preVote
        options.raft.seed = UInt64(bitPattern: SystemClock.wallNanoseconds)
        options.tickMilliseconds = Int64(heartbeatMilliseconds)
        options.requestLimitBytes = Int(maxRequestBytes)
        options.txnOperations = Int(maxTxnOperations)
        options.snapshotCount = Int(snapshotCount)
        options.keptEntries = Int(keptEntries)
        options.serverVersion = ServerVersion.text
        // etcd, too, does not report more often than ten times a second.
        options.watches.progressMilliseconds = max(100, watchProgressInterval / 1_000_000)
        options.name = name
        options.clientURLs = advertiseClients.map(\.description)
        return options
    }

    fileprivate var backendLimits: Backend.Limits {
        var limits = Backend.Limits()
        if batchInterval > 0 { limits.intervalMilliseconds = max(1, batchInterval / 1_000_000) }
        if batchLimit > 0 { limits.changes = batchLimit }
        return limits
    }
}
