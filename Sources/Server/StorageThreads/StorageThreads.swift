// StorageThreads.swift: start here. Who waits for the disk, so that the member never does?
//
// A member computes: it hands out "append these entries" and "write these pages" and goes on with the next request.
// Somebody must call the disk and wait, a tenth of a millisecond or a second. That somebody is here: two threads,
// because the two files have nothing to say to each other.
//
//     owner of the member (event loop)          this room                         disk
//
//     LogBatch  ---- submit(ticket 17) ---->   LogThread      append, sync   ---> wal/*.wal
//               <--- stored(ticket 17) -----                  snapshot files ---> snap/*.snap
//
//     PageBatch ---- submit --------------->   PageThread     pages, sync,
//               <--- durable(transaction) --                  meta, sync     ---> snap/db
//
//     reads     ------ views, no call at all ----------------- mapping  <-------- the same file
//
// REPORTS come back by calling a function that is given at the start. It is called on the thread, so it has to put
// the report where the owner finds it and wake the owner: in the server that is the event loop's inbox.
//
// WHEN THE DISK FAILS, the thread reports it once and does nothing more, whatever it is given: it never pretends.
// The owner gets the report as an input like any other, and stops the member. Nothing was told to a client that was
// not reported before, so a restart finds at least what was acknowledged.
//
// STOPPING. `stop` carries out what was submitted before, and returns when the thread has ended.
//
// RULES    H1  batches are carried out in the order in which they were submitted.
//          H2  a ticket or transaction is reported only when everything up to it is durable.
//          H3  after a failure nothing more is written and nothing more is reported.
//          H4  the owner never waits: `submit` takes a lock that nobody holds while calling the disk.
// COST     a submit: a lock, a swap of two buffers, a wake-up of a sleeping thread (about 5 us there, 1 us here).
// READ NEXT LogThread.swift, PageThread.swift, DatabaseFile.swift.
// SHOWN BY Tests/Server/StorageThreadsTests, which also kills real processes that write.

package import Disk
package import WriteAheadLog

/// What a storage thread has to say to the owner of the member.
package enum StorageReport: Sendable {
    /// Everything up to this ticket is in the log for good.
    case stored(StoredBatch)
    /// The snapshot file and the log's record of it are there for good, and older files of the log were given up.
    case snapshotStored(LogPosition)
    /// Files that were no longer needed are gone.
    case purged([String])
    /// A transaction of the B+tree file is on the disk.
    case pagesDurable(WrittenPages)
    /// The disk refused. Nothing more is written; the member has to stop.
    case failed(StorageFailure)
}

/// What one append and one sync carried to the log.
package struct StoredBatch: Hashable, Sendable {
    /// The last ticket that it covers.
    package let ticket: UInt64
    /// The last entry of the log.
    package let durable: LogPosition
    /// How many records were written.
    package let records: Int
    /// How many bytes of data they had.
    package let dataBytes: Int
    /// How long the sync took; nil when none was needed (a commit index alone may be lost).
    package let syncNanoseconds: UInt64?
}

/// What one commit carried to the B+tree file.
package struct WrittenPages: Hashable, Sendable {
    /// The transaction.
    package let transaction: UInt64
    /// How many bytes were written.
    package let byteCount: Int
    /// How long all of it took.
    package let nanoseconds: UInt64
}

/// Why a member has to stop.
package enum StorageFailure: Error, Sendable, CustomStringConvertible {
    /// The log.
    case log(LogError)
    /// The B+tree file or a snapshot file.
    case disk(DiskError)
    /// Another program cut the B+tree file.
    case fileCut(path: String, length: Int, expected: Int)

    /// What happened, what it means, what to do.
    package var description: String {
        switch self {
        case .log(let error): "\(error)"
        case .disk(let error):
            "database file: \(error). What was committed before is on the disk: stop the member, mend the disk, start again."
        case .fileCut(let path, let length, let expected):
            "\(path) is \(length) bytes long, but it was \(expected): another program has cut it while this member was "
                + "using it. What was in the missing part is lost: remove this member from the cluster and add it again "
                + "with an empty data directory, or restore it from a snapshot. Nothing but the server may write to this file."
        }
    }
}

/// What a thread calls with each report, on that thread.
package typealias StorageReporter = @Sendable (StorageReport) -> Void
