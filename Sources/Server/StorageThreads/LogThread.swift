// LogThread.swift: the thread that syncs the log.
//
// Group commit: while a sync is under way, whatever is submitted gathers in one batch, and the next sync takes all
// of it. Nobody decides how large a group is; a slower disk or more clients make larger groups by themselves.
//
//     submit   1 2 3 4 5 6 7 8 9
//     sync     |--1--|-2.3.4-|--5.6.7--|-8.9-|
//     report         1       4         7     9
//
// TWO BUFFERS go round: the owner fills one, the thread writes the other. They are swapped under the lock, so the
// lock is held for nanoseconds and no byte is copied, unless the thread is behind: then a batch is appended to the
// one that waits.
//
// A SNAPSHOT has to come between the records before it and those after it, and nothing after it may be reported
// before its file is safe. So while one waits, later batches gather behind it. Only one may wait at a time: the
// member makes the next one after it heard of this one.
//
//     waiting:   batch  |  snapshot  |  batch behind it
//
// READ NEXT PageThread.swift.

package import Files
package import RaftMessages
internal import Synchronization
package import WriteAheadLog

/// Appends and syncs the log of one member, in a thread of its own.
package final class LogThread: Sendable {
    private let work: LogWork
    private let thread: WorkerThread

    /// Takes over an open log. `snapshotDirectory` is where snapshot files go.
    package init(
        _ log: consuming sending WriteAheadLog<FileSystem>, snapshotDirectory: String,
        report: @escaping StorageReporter
    ) {
        let work = LogWork(log, snapshotDirectory: snapshotDirectory, report: report)
        self.work = work
        thread = WorkerThread(named: "etcd-wal") { work.run() }
    }

    /// Takes everything in `batch` and leaves it empty. `ticket` comes back when it is durable; tickets go up.
    package func submit(_ batch: inout LogBatch, ticket: UInt64) {
        work.waiting.withLock { waiting in
            precondition(ticket > waiting.lastTicket, "H1: ticket \(ticket) after \(waiting.lastTicket)")
            waiting.lastTicket = ticket
            if waiting.snapshot == nil {
                waiting.before.take(&batch, ticket: ticket)
            } else {
                waiting.behind.take(&batch, ticket: ticket)
            }
        }
        work.bell.ring()
    }

    /// Writes a snapshot file and then the log's record of it. The B+tree file must be durable up to it already.
    package func submit(_ snapshot: Snapshot) {
        work.waiting.withLock { waiting in
            precondition(waiting.snapshot == nil, "H1: a second snapshot while one waits")
            waiting.snapshot = snapshot
        }
        work.bell.ring()
    }

    /// Deletes files of the log and snapshot files that are no longer needed, keeping the newest of each.
    package func purge(keepingLogs logs: Int, snapshots: Int) {
        work.waiting.withLock { $0.purge = (logs, snapshots) }
        work.bell.ring()
    }

    /// How many bytes wait to be written: what the owner measures a slow disk by.
    package var backlogBytes: Int {
        work.waiting.withLock { $0.before.batch.sizeBytes + $0.behind.batch.sizeBytes }
    }

    /// Carries out what was submitted, then ends the thread and closes the log. Once.
    package func stop() {
        work.waiting.withLock { $0.isStopping = true }
        work.bell.ring()
        thread.join()
    }
}

/// A batch and the last ticket in it.
private struct TicketedBatch: ~Copyable, Sendable {
    var batch = LogBatch()
    var ticket: UInt64 = 0

    mutating func take(_ other: inout LogBatch, ticket: UInt64) {
        // The usual case: the thread has taken what was here, and left an empty buffer with its memory.
        if batch.isEmpty { swap(&batch, &other) } else { batch.add(other) }
        other.removeAll()
        self.ticket = ticket
    }
}

/// What the owner has submitted and the thread has not taken.
private struct WaitingWork: ~Copyable, Sendable {
    var before = TicketedBatch()
    var snapshot: Snapshot?
    var behind = TicketedBatch()
    var purge: (logs: Int, snapshots: Int)?
    var lastTicket: UInt64 = 0
    var isStopping = false
}

/// What both sides share, and the thread's side of it.
private final class LogWork: Sendable {
    let waiting = Mutex(WaitingWork())
    let bell = Bell()
    /// Where the log waits until the thread takes it. From then on the thread owns it, and its end closes it.
    private let handover: Mutex<WriteAheadLog<FileSystem>?>
    private let logDirectory: String
    private let snapshotDirectory: String
    private let report: StorageReporter

    init(
        _ log: consuming sending WriteAheadLog<FileSystem>, snapshotDirectory: String, report: @escaping StorageReporter
    ) {
        logDirectory = log.directory
        handover = Mutex(log)
        self.snapshotDirectory = snapshotDirectory
        self.report = report
    }

    /// One round of what there is to do.
    private struct Round: ~Copyable {
        var work = TicketedBatch()
        var snapshot: Snapshot?
        var purge: (logs: Int, snapshots: Int)?
        var isStopping = false
        var isIdle: Bool { work.batch.isEmpty && work.ticket == 0 && snapshot == nil && purge == nil }
    }

    /// The body of the thread.
    func run() {
        guard var log = handover.withLock({ $0.take() }) else { preconditionFailure("H1: a second thread for one log") }
        var round = Round()
        do throws(StorageFailure) {
            while true {
                take(&round)
                if round.isIdle {
                    if round.isStopping { return }
                    // Nothing waits, so a file may be reserved that the next cut then finds ready.
                    log.prepareNextSegment()
                    bell.wait()
                    continue
                }
                try carryOut(&round, on: &log)
            }
        } catch {
            report(.failed(error))
        }
    }

    private func take(_ round: inout Round) {
        waiting.withLock { waiting in
            swap(&round.work, &waiting.before)
            round.snapshot = waiting.snapshot
            round.purge = waiting.purge
            round.isStopping = waiting.isStopping
            waiting.purge = nil
            if waiting.snapshot != nil {
                // What waits behind the snapshot is the next round's.
                waiting.snapshot = nil
                swap(&waiting.before, &waiting.behind)
            }
        }
    }

    private func carryOut(
        _ round: inout Round, on log: inout WriteAheadLog<FileSystem>
    ) throws(StorageFailure) {
        if round.work.ticket > 0 { try store(&round.work, in: &log) }
        if let snapshot = round.snapshot { try store(snapshot, in: &log) }
        if let purge = round.purge { try carryOut(purge) }
    }

    private func store(
        _ work: inout TicketedBatch, in log: inout WriteAheadLog<FileSystem>
    ) throws(StorageFailure) {
        let (records, bytes) = (work.batch.count, work.batch.sizeBytes)
        var spent: UInt64?
        do throws(LogError) {
            try log.append(work.batch)
            if log.needsSync {
                let start = SystemClock.monotonicNanoseconds
                try log.sync()
                spent = SystemClock.monotonicNanoseconds - start
            }
        } catch { throw .log(error) }
        let ticket = work.ticket
        work.batch.removeAll()
        work.ticket = 0
        report(
            .stored(
                StoredBatch(
                    ticket: ticket, durable: log.durable, records: records, dataBytes: bytes, syncNanoseconds: spent)))
    }

    /// The file first, then the record: a record without its file would be a promise without the goods.
    private func store(
        _ snapshot: Snapshot, in log: inout WriteAheadLog<FileSystem>
    ) throws(StorageFailure) {
        do {
            try SnapshotFiles.write(snapshot, in: snapshotDirectory, on: FileSystem())
        } catch { throw .disk(error) }
        let position = LogPosition(term: snapshot.metadata.term, index: snapshot.metadata.index)
        do throws(LogError) {
            var batch = LogBatch()
            batch.add(
                SnapshotRecord(index: position.index, term: position.term, confState: snapshot.metadata.confState))
            try log.append(batch)
            try log.sync()
            log.release(upTo: position.index)
        } catch { throw .log(error) }
        report(.snapshotStored(position))
    }

    private func carryOut(_ purge: (logs: Int, snapshots: Int)) throws(StorageFailure) {
        let disk = FileSystem()
        do {
            var removed = try Purge.files(endingIn: ".wal", keeping: purge.logs, in: logDirectory, on: disk)
            removed += try Purge.files(endingIn: ".snap", keeping: purge.snapshots, in: snapshotDirectory, on: disk)
            removed += try Purge.files(endingIn: ".snap.db", keeping: purge.snapshots, in: snapshotDirectory, on: disk)
            if !removed.isEmpty { report(.purged(removed)) }
        } catch { throw .disk(error) }
    }
}
