// PurgeTests.swift: what is deleted, and what never is.

import Bytes
import Disk
import Identifiers
import RaftMessages
import Simulation
import Testing
import WriteAheadLog

@Suite("Purge")
struct PurgeTests {
    @Test("the log's files go oldest first, and never one that is needed")
    func log() throws {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk, segmentBytes: 4096)
        let data = ByteSlice([UInt8](repeating: 1, count: 5000))
        for index in 1...9 {
            try log.append(
                Workshop.batch(
                    [Workshop.entry(UInt64(index), data: data)], state: Workshop.state(term: 1, commit: UInt64(index))))
            try log.sync()
        }
        let names = try SegmentName.list(in: Workshop.directory, on: disk)
        #expect(names.count == 10)
        func purge(_ keep: Int) throws -> [String] {
            try Purge.files(endingIn: ".wal", keeping: keep, in: Workshop.directory, on: disk)
        }
        // All are locked: none may go.
        #expect(try purge(2) == [])
        try log.append(Workshop.batch(snapshot: Workshop.snapshot(4, term: 1)))
        try log.sync()
        log.release(upTo: 4)
        #expect(try purge(0) == [], "0 keeps all")
        #expect(try purge(8) == names.prefix(2).map(\.description))
        // The third is free too, but the fourth holds entry 4: it stays, however few were asked for.
        #expect(try purge(1) == [names[2].description])
        #expect(try purge(1) == [])
        #expect(try LogReader.read(Workshop.directory, on: disk, from: Workshop.position(4, 1)).entries.count == 5)
    }

    @Test("snapshot files and received databases are counted apart, strangers are left alone")
    func snapshots() throws {
        let disk = try Workshop.disk()
        let names = [
            "0000000000000001-0000000000000005.snap", "0000000000000001-0000000000000009.snap",
            "0000000000000002-000000000000000b.snap", "0000000000000007.snap.db", "000000000000000c.snap.db", "db",
            "tmp123", "db.tmp.77", "0000000000000001-0000000000000002.snap.broken",
        ]
        for name in names { _ = try disk.open("/member/\(name)", .creatingNew) }
        #expect(try Purge.files(endingIn: ".snap", keeping: 2, in: "/member", on: disk) == [names[0]])
        #expect(try Purge.files(endingIn: ".snap.db", keeping: 5, in: "/member", on: disk) == [])
        #expect(try Purge.receivedDatabases(below: 8, in: "/member", on: disk) == ["0000000000000007.snap.db"])
        #expect(try Purge.leftovers(in: "/member", on: disk) == ["db.tmp.77", "tmp123"])
        #expect(
            try disk.list("/member") == [
                "0000000000000001-0000000000000002.snap.broken", "0000000000000001-0000000000000009.snap",
                "0000000000000002-000000000000000b.snap", "000000000000000c.snap.db", "db",
            ])
    }
}
