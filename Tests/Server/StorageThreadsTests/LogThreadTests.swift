// LogThreadTests.swift: batches go in, reports come out, in order and only when it is true.

import Bytes
import Disk
import Files
import Foundation
import Identifiers
import RaftMessages
import StorageThreads
import Testing
import WriteAheadLog

extension OnRealFiles {
    @Suite("The log's thread")
    struct LogThreadTests {
        private func start(
            in folder: Folder, segmentBytes: Int = 1 << 20, _ inbox: Inbox
        ) throws -> LogThread {
            let log = try WriteAheadLog.create(
                folder["wal"], on: FileSystem(), metadata: "thread test", segmentBytes: segmentBytes)
            return LogThread(log, snapshotDirectory: folder.path, report: inbox.reporter)
        }

        @Test("every ticket comes back once it is durable, in order")
        func tickets() throws {
            let folder = try Folder()
            let inbox = Inbox()
            let thread = try start(in: folder, inbox)
            for ticket in 1...200 as ClosedRange<UInt64> {
                var batch = LogBatch.entries((ticket * 3 - 2)...(ticket * 3))
                thread.submit(&batch, ticket: ticket)
                let isEmpty = batch.isEmpty
                #expect(isEmpty, "the thread took everything")
            }
            let last = try inbox.stored(200)
            #expect(last.durable == LogPosition(term: 1, index: 600))
            thread.stop()
            var records = 0
            var before: UInt64 = 0
            for report in inbox.all {
                guard case .stored(let batch) = report else { continue }
                #expect(batch.ticket > before && batch.durable.index.rawValue == batch.ticket * 3)
                #expect(batch.syncNanoseconds != nil)
                before = batch.ticket
                records += batch.records
            }
            #expect(records == 600)
            // Two hundred tickets, far fewer syncs: whatever came during one went with the next.
            #expect(inbox.all.count < 200, "\(inbox.all.count) syncs for 200 batches")
            #expect(try LogReader.read(folder["wal"], on: FileSystem()).entries.count == 600)
        }

        @Test("a commit index alone is written without a sync")
        func commitOnly() throws {
            let folder = try Folder()
            let inbox = Inbox()
            let thread = try start(in: folder, inbox)
            var batch = LogBatch.entries(1...2)
            batch.add(HardState(term: 1, vote: 1, commit: 0))
            thread.submit(&batch, ticket: 1)
            _ = try inbox.stored(1)
            batch.add(HardState(term: 1, vote: 1, commit: 2))
            thread.submit(&batch, ticket: 2)
            #expect(try inbox.stored(2).syncNanoseconds == nil)
            thread.stop()
            #expect(try LogReader.read(folder["wal"], on: FileSystem()).state?.commit == 2)
        }

        @Test("a snapshot comes between what was before it and what is behind it; then old files go")
        func snapshot() throws {
            let folder = try Folder()
            let inbox = Inbox()
            let thread = try start(in: folder, segmentBytes: 4096, inbox)
            for ticket in 1...40 as ClosedRange<UInt64> {
                var batch = LogBatch.entries((ticket * 10 - 9)...(ticket * 10))
                batch.add(HardState(term: 1, vote: 1, commit: LogIndex(rawValue: ticket * 10)))
                thread.submit(&batch, ticket: ticket)
                _ = try inbox.stored(ticket)
            }
            var snapshot = Snapshot()
            snapshot.data = "{}"
            snapshot.metadata.index = 350
            snapshot.metadata.term = 1
            snapshot.metadata.confState.voters = [1]
            thread.submit(snapshot)
            var batch = LogBatch.entries(401...402)
            thread.submit(&batch, ticket: 41)
            _ = try inbox.stored(41)
            thread.purge(keepingLogs: 2, snapshots: 1)
            let removed: [String] = try inbox.wait { if case .purged(let names) = $0 { names } else { nil } }
            #expect(removed.count > 2 && removed[0] == "0000000000000000-0000000000000000.wal")
            thread.stop()
            let order = inbox.all.compactMap { report -> String? in
                switch report {
                case .stored(let batch): batch.ticket >= 40 ? "\(batch.ticket)" : nil
                case .snapshotStored(let position): "snapshot \(position)"
                default: nil
                }
            }
            #expect(order == ["40", "snapshot 350@1", "41"])
            let recorded = try LogReader.survey(folder["wal"], on: FileSystem())
            let newest = try SnapshotFiles.newest(among: recorded, in: folder.path, on: FileSystem())
            #expect(newest == snapshot)
            let start = LogPosition(term: 1, index: 350)
            #expect(try LogReader.read(folder["wal"], on: FileSystem(), from: start).entries.count == 52)
        }

        @Test("when the disk refuses, it is reported once, and nothing is reported durable after")
        func failure() throws {
            let folder = try Folder()
            let inbox = Inbox()
            let thread = try start(in: folder, segmentBytes: 4096, inbox)
            var batch = LogBatch.entries(1...10)
            thread.submit(&batch, ticket: 1)
            _ = try inbox.stored(1)
            // Without its directory, the log cannot give the next file a name.
            try FileManager.default.moveItem(atPath: folder["wal"], toPath: folder["elsewhere"])
            for ticket in 2...30 as ClosedRange<UInt64> {
                batch = LogBatch.entries((ticket * 10 - 9)...(ticket * 10))
                thread.submit(&batch, ticket: ticket)
            }
            let failure = try inbox.failure()
            #expect("\(failure)".contains("there is no such file or directory"))
            thread.submit(&batch, ticket: 31)
            thread.stop()
            let reports = inbox.all
            guard case .failed? = reports.last else { return #expect(Bool(false), "\(reports)") }
            #expect(reports.dropLast().allSatisfy { if case .stored = $0 { true } else { false } })
            // What was reported is there.
            let contents = try LogReader.read(folder["elsewhere"], on: FileSystem())
            guard case .stored(let last)? = reports.dropLast().last else { return }
            #expect(contents.last.index >= last.durable.index)
        }

        @Test("stopping carries out what was submitted")
        func stopping() throws {
            let folder = try Folder()
            let inbox = Inbox()
            let thread = try start(in: folder, inbox)
            for ticket in 1...50 as ClosedRange<UInt64> {
                var batch = LogBatch.entries(ticket...ticket)
                thread.submit(&batch, ticket: ticket)
            }
            thread.stop()
            #expect(try LogReader.read(folder["wal"], on: FileSystem()).entries.count == 50)
            // The locks are gone with the log.
            _ = try WriteAheadLog.open(folder["wal"], on: FileSystem())
        }
    }
}
