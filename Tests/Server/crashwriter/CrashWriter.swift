// CrashWriter.swift: a member in miniature, made to be killed.
//
//     crashwriter DIRECTORY
//
// It writes entries into a log, applies what is durable to a B+tree file, takes snapshots, purges, and writes down
// what it could have promised to somebody: until it is killed. Started again on the same directory it goes on where it
// was. The tests beside it kill it again and again, and look at what is there each time (KillTests.swift).
//
//     DIRECTORY/wal, DIRECTORY/snap/*.snap, DIRECTORY/snap/db      as a member has them
//     DIRECTORY/promised                                           two numbers: the last durable entry of the log,
//                                                                  the last entry whose effect is durable in db
//
// A kill -9 takes the process but not the system: what was written is still read afterwards, synced or not. What this
// shows is the order of writes, the locks, the restart; lost sectors are the business of the simulated disk.

import BoltFile
import Bytes
import Disk
import Files
import Identifiers
import RaftMessages
import StorageThreads
import Synchronization
import WriteAheadLog

@main
struct CrashWriter {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else { fatalError("usage: crashwriter DIRECTORY") }
        var member = try Miniature(CommandLine.arguments[1])
        try member.run()
    }
}

/// What an entry says; the tests compute the same.
enum Contents {
    /// How many different keys there are.
    static let keys: UInt64 = 500

    static func data(_ index: UInt64, _ term: UInt64) -> ByteSlice {
        let text = "entry \(index) of term \(term) "
        return ByteSlice(Array(text.utf8) + [UInt8](repeating: UInt8(index & 0xFF), count: Int(index * 37 % 700)))
    }

    static func key(_ index: UInt64) -> ByteSlice { ByteSlice(utf8: "key \(index % keys)") }
}

/// The reports of both threads, and a bell.
final class Inbox: Sendable {
    private let reports = Mutex<[StorageReport]>([])
    let bell = Bell()

    func put(_ report: StorageReport) {
        reports.withLock { $0.append(report) }
        bell.ring()
    }

    func takeAll() -> [StorageReport] {
        reports.withLock { reports in
            defer { reports = [] }
            return reports
        }
    }
}

/// The owner: one thread that never calls the disk after the start.
struct Miniature: ~Copyable {
    private let inbox: Inbox
    private let log: LogThread
    private let pages: PageThread
    private let promised: OpenFile
    private var tree: BoltFile
    private let bucket: BucketHandle

    /// The term of this life, the last entry, the last one that is durable.
    private let term: UInt64
    private var last: UInt64
    private var durable: UInt64
    /// The last ticket given out, and the last that came back.
    private var ticket: UInt64 = 0
    private var stored: UInt64 = 0
    /// The terms of the entries since the snapshot.
    private var terms: [UInt64: UInt64]
    /// The highest commit index that the log was given.
    private var committed: UInt64 = 0
    /// The last entry that has its effect in the tree, and the last whose effect is on the disk.
    private var applied: UInt64
    private var appliedDurably: UInt64
    /// For each batch of pages in flight, up to which entry it has the effects.
    private var effects: [UInt64: UInt64] = [:]
    private var snapshot: UInt64
    private var snapshotWaits = false

    init(_ directory: String) throws {
        let inbox = Inbox()
        let (wal, snap) = (joinPath(directory, "wal"), joinPath(directory, "snap"))
        let disk = FileSystem()
        try disk.createDirectories(snap)
        let promised = try disk.open(joinPath(directory, "promised"), .creatingIfMissing)

        let opened = try Self.openLog(wal, snap)
        let contents = opened.contents
        let log = LogThread(opened.takeLog(), snapshotDirectory: snap) { inbox.put($0) }

        let database = try DatabaseFile.open(joinPath(snap, "db"), reserving: 1 << 30).get()
        var tree = try BoltFile(mapping: database.mapping.reserved, fileLength: database.mapping.count)
        let bucket = try Self.bucket(in: &tree)
        let key: ByteSlice = "applied"
        let applied = try tree.get(key.view, in: bucket).flatMap { UInt64($0.lossyText) } ?? 0
        let pages = PageThread(database) { inbox.put($0) }

        self.inbox = inbox
        self.log = log
        self.pages = pages
        self.promised = promised
        self.tree = tree
        self.bucket = bucket
        term = max(contents.state?.term.rawValue ?? 0, contents.last.term.rawValue) + 1
        last = contents.last.index.rawValue
        durable = last
        snapshot = contents.start.index.rawValue
        self.applied = applied
        appliedDurably = applied
        terms = [contents.start.index.rawValue: contents.start.term.rawValue]
        for entry in contents.entries { terms[entry.index.rawValue] = entry.term.rawValue }
    }

    private static func openLog(_ wal: String, _ snap: String) throws -> WriteAheadLog<FileSystem>.Opened {
        let disk = FileSystem()
        let bytes = 256 << 10
        if try disk.status(of: wal) == nil {
            _ = try WriteAheadLog.create(wal, on: disk, metadata: "crashwriter", segmentBytes: bytes).position
        }
        let newest = try SnapshotFiles.newest(among: try LogReader.survey(wal, on: disk), in: snap, on: disk)
        let start = newest.map { LogPosition(term: $0.metadata.term, index: $0.metadata.index) } ?? LogPosition()
        return try WriteAheadLog.open(wal, on: disk, from: start, segmentBytes: bytes)
    }

    private static func bucket(in tree: inout BoltFile) throws -> BucketHandle {
        let name: ByteSlice = "key"
        if let there = try tree.openBucket(name.view, in: .root) { return there }
        return try tree.createBucket(name.view, in: .root)
    }

    mutating func run() throws {
        var batch = LogBatch()
        while true {
            // Bounded: never more than so much that the disk has not taken.
            while ticket - stored < 16 {
                for _ in 0..<(1 + ticket % 5) {
                    last += 1
                    terms[last] = term
                    let data = Contents.data(last, term)
                    batch.add(Entry(term: Term(rawValue: term), index: LogIndex(rawValue: last), data: data))
                }
                batch.add(HardState(term: Term(rawValue: term), vote: 1, commit: LogIndex(rawValue: durable)))
                committed = durable
                ticket += 1
                log.submit(&batch, ticket: ticket)
            }
            inbox.bell.wait()
            for report in inbox.takeAll() { try take(report) }
            try apply()
            try commit()
            snapshotIfDue()
            // The promise is made after everything it rests on was reported.
            var bytes = ByteBuffer()
            bytes.append(littleEndian: durable)
            bytes.append(littleEndian: appliedDurably)
            try promised.write(bytes.view, at: 0)
        }
    }

    private mutating func take(_ report: StorageReport) throws {
        switch report {
        case .stored(let batch):
            stored = batch.ticket
            durable = batch.durable.index.rawValue
        case .pagesDurable(let written):
            tree.becameDurable(written.transaction)
            appliedDurably = effects.removeValue(forKey: written.transaction) ?? appliedDurably
        case .snapshotStored(let position):
            snapshot = position.index.rawValue
            snapshotWaits = false
            terms = terms.filter { $0.key > snapshot }
            log.purge(keepingLogs: 2, snapshots: 2)
        case .purged: break
        case .failed(let failure): throw failure
        }
    }

    /// What is durable in the log may have effects.
    private mutating func apply() throws {
        while applied < durable {
            applied += 1
            let (key, value) = (Contents.key(applied), Contents.data(applied, terms[applied] ?? 0))
            try tree.put(key.view, value.view, in: bucket)
        }
    }

    private mutating func commit() throws {
        guard effects.count < 2 else { return }
        let (key, value): (ByteSlice, ByteSlice) = ("applied", ByteSlice(utf8: "\(applied)"))
        try tree.put(key.view, value.view, in: bucket)
        if let batch = try tree.freeze() {
            effects[batch.transaction] = applied
            pages.submit(batch)
        }
    }

    private mutating func snapshotIfDue() {
        // A snapshot counts only up to the commit index in the log.
        guard !snapshotWaits, appliedDurably > snapshot + 700, appliedDurably <= committed else { return }
        snapshotWaits = true
        var file = Snapshot()
        file.data = "{}"
        file.metadata.index = LogIndex(rawValue: appliedDurably)
        file.metadata.term = Term(rawValue: terms[appliedDurably] ?? 0)
        file.metadata.confState.voters = [1]
        log.submit(file)
    }
}
