// PageThread.swift: the thread that writes the pages of the B+tree file.
//
// A commit is a batch of pages and one meta page. Carried out by the owner it would stop every client for as long as
// two syncs take; carried out here it costs the owner nothing but the handing over. The order is what makes it a
// commit:
//
//     grow the file if it must be longer
//     write the pages          no page that the old meta reaches is among them
//     sync                     now a meta may point to them
//     write the meta           one page: the commit point
//     sync
//     report                   the owner drops its memory of these pages, and reads them through the mapping
//
// WHO KEEPS THE BYTES? The owner: a batch has views of its memory, which stay true until it hears "durable" (rule B2
// of PageBatch.swift). So nothing is copied here.
//
// NEIGHBOURS TOGETHER. Pages of one commit often lie side by side; each run goes out in one call.
//
// A FILE THAT SHRANK. If another program cuts the file, a page that we think is durable may be gone. Before each
// batch the length is looked at: shorter than it ever was under us means that the member stops. (What a reader of
// the mapping sees in the meantime is described in DatabaseFile.swift.)
//
// READ NEXT DatabaseFile.swift.

package import BoltFile
internal import Bytes
package import Disk
internal import Files
internal import Synchronization

/// Writes the pages of one B+tree file, in a thread of its own.
package final class PageThread: Sendable {
    private let work: PageWork
    private let thread: WorkerThread

    /// Takes over the writing of a file.
    package init(_ database: DatabaseFile, report: @escaping StorageReporter) {
        let work = PageWork(database, report: report)
        self.work = work
        thread = WorkerThread(named: "etcd-pages") { work.run() }
    }

    /// Hands over the next batch. Its memory must stay true until its transaction is reported durable.
    package func submit(_ batch: PageBatch) {
        work.waiting.withLock { waiting in
            precondition(
                batch.transaction > waiting.last, "B1: transaction \(batch.transaction) after \(waiting.last)")
            waiting.last = batch.transaction
            waiting.batches.append(batch)
        }
        work.bell.ring()
    }

    /// Carries out what was submitted, then ends the thread. Once.
    package func stop() {
        work.waiting.withLock { $0.isStopping = true }
        work.bell.ring()
        thread.join()
    }
}

private final class PageWork: Sendable {
    struct Waiting: Sendable {
        var batches: [PageBatch] = []
        var last: UInt64 = 0
        var isStopping = false
    }

    let waiting = Mutex(Waiting())
    let bell = Bell()
    private let database: DatabaseFile
    private let report: StorageReporter

    init(_ database: DatabaseFile, report: @escaping StorageReporter) {
        self.database = database
        self.report = report
    }

    /// The body of the thread.
    func run() {
        // The longest that the file ever was under us.
        var length = database.mapping.count
        do throws(StorageFailure) {
            while true {
                let (batches, isStopping) = waiting.withLock { waiting in
                    defer { waiting.batches = [] }
                    return (waiting.batches, waiting.isStopping)
                }
                if batches.isEmpty {
                    if isStopping { return }
                    bell.wait()
                }
                for batch in batches {
                    try checkLength(length)
                    length = max(length, batch.fileLength ?? 0)
                    try carryOut(batch)
                }
            }
        } catch {
            report(.failed(error))
        }
    }

    private func checkLength(_ expected: Int) throws(StorageFailure) {
        let found: Int
        do throws(DiskError) { found = try database.file.size() } catch { throw .disk(error) }
        if found < expected || database.mapping.wasCut {
            throw .fileCut(path: database.file.path, length: found, expected: expected)
        }
    }

    private func carryOut(_ batch: PageBatch) throws(StorageFailure) {
        let start = SystemClock.monotonicNanoseconds
        do throws(DiskError) {
            try batch.carryOut(on: database.file)
            // The owner is about to drop its copy of the pages: from then on they are read through the mapping.
            if batch.fileLength != nil { _ = try database.mapping.extend() }
        } catch { throw .disk(error) }
        let spent = SystemClock.monotonicNanoseconds - start
        report(
            .pagesDurable(WrittenPages(transaction: batch.transaction, byteCount: batch.byteCount, nanoseconds: spent)))
    }
}

extension PageBatch {
    /// Makes the batch durable: the five steps of the head comment. Works on any disk, so that what the crash tests
    /// prove on the simulated one is this very code.
    package func carryOut<File: DiskFile>(on file: File) throws(DiskError) {
        if let fileLength { try file.truncate(to: fileLength) }
        var run: [ByteView] = []
        var start = 0
        var end = 0
        for page in pages {
            if page.offset != end {
                if !run.isEmpty { try file.write(gathering: run, at: start) }
                run.removeAll(keepingCapacity: true)
                start = page.offset
            }
            run.append(page.bytes)
            end = page.offset + page.bytes.count
        }
        if !run.isEmpty { try file.write(gathering: run, at: start) }
        try file.syncData()
        try file.write(meta.view, at: metaOffset)
        try file.syncData()
    }
}
