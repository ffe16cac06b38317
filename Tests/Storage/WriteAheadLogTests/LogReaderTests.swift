// LogReaderTests.swift: what a member remembers, from records in every order that history can write.

import Bytes
import Disk
import Identifiers
import RaftMessages
import Simulation
import Testing
import WriteAheadLog

@Suite("Reading the log back")
struct LogReaderTests {
    private func read(
        from start: LogPosition = LogPosition(), _ batches: (inout WriteAheadLog<SimulatedDisk>) throws -> Void
    ) throws -> LogContents {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk)
        try batches(&log)
        try log.sync()
        return try LogReader.read(Workshop.directory, on: disk, from: start)
    }

    private func summary(_ contents: LogContents) -> String {
        contents.entries.map { "\($0.index)@\($0.term)" }.joined(separator: " ")
    }

    @Test("a new log holds its metadata and nothing else")
    func empty() throws {
        let contents = try read { _ in }
        #expect(contents.metadata == Workshop.metadata)
        #expect(contents.state == nil && contents.entries.isEmpty && contents.last == LogPosition())
        #expect(contents.end.records == 3)
    }

    @Test("a later entry replaces the one with its index, and all behind it")
    func replaced() throws {
        let contents = try read { log in
            try log.append(
                Workshop.batch((1...5).map { Workshop.entry($0) }, state: Workshop.state(term: 1, vote: 1, commit: 2)))
            try log.append(
                Workshop.batch([Workshop.entry(3, term: 2)], state: Workshop.state(term: 2, vote: 3, commit: 2)))
        }
        #expect(summary(contents) == "1@1 2@1 3@2")
        #expect(contents.state == Workshop.state(term: 2, vote: 3, commit: 2))
        #expect(contents.last == Workshop.position(3, 2))
    }

    @Test("entries up to the snapshot are left out")
    func fromSnapshot() throws {
        let contents = try read(from: Workshop.position(3, 1)) { log in
            try log.append(
                Workshop.batch((1...5).map { Workshop.entry($0) }, state: Workshop.state(term: 1, commit: 3)))
            try log.append(Workshop.batch(snapshot: Workshop.snapshot(3, term: 1)))
        }
        #expect(summary(contents) == "4@1 5@1")
    }

    @Test("what follows a snapshot from a leader on a dead branch is forgotten")
    func deadBranch() throws {
        let contents = try read(from: Workshop.position(4, 5)) { log in
            try log.append(
                Workshop.batch((1...8).map { Workshop.entry($0, term: 3) }, state: Workshop.state(term: 3, commit: 2)))
            // The leader of term 5 has another entry 4; ours are from a branch that died.
            try log.append(
                Workshop.batch(state: Workshop.state(term: 5, commit: 4), snapshot: Workshop.snapshot(4, term: 5)))
        }
        #expect(summary(contents) == "")
        #expect(contents.last == Workshop.position(4, 5))
    }

    @Test("a snapshot beyond the end of the log stands alone")
    func snapshotBeyondEnd() throws {
        let contents = try read(from: Workshop.position(100, 5)) { log in
            try log.append(
                Workshop.batch((1...3).map { Workshop.entry($0, term: 3) }, state: Workshop.state(term: 3, commit: 2)))
            try log.append(
                Workshop.batch(state: Workshop.state(term: 5, commit: 100), snapshot: Workshop.snapshot(100, term: 5)))
            try log.append(Workshop.batch([Workshop.entry(101, term: 5)]))
        }
        #expect(summary(contents) == "101@5")
    }

    @Test("snapshots count up to the last commit index")
    func survey() throws {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk)
        try log.append(Workshop.batch((1...9).map { Workshop.entry($0) }, state: Workshop.state(term: 1, commit: 6)))
        try log.append(Workshop.batch(snapshot: Workshop.snapshot(4, term: 1)))
        try log.append(Workshop.batch(snapshot: Workshop.snapshot(6, term: 1)))
        try log.append(Workshop.batch(snapshot: Workshop.snapshot(8, term: 1)))
        try log.sync()
        let found = try LogReader.survey(Workshop.directory, on: disk)
        #expect(found == [LogPosition(), Workshop.position(4, 1), Workshop.position(6, 1)])
    }

    @Test("valid records that are no log are refused, and named")
    func disorder() throws {
        func refusal(_ start: LogPosition = LogPosition(), _ body: (inout WriteAheadLog<SimulatedDisk>) throws -> Void)
            -> Disorder?
        {
            do { _ = try read(from: start, body) } catch LogError.disordered(let disorder, _, _) {
                return disorder
            } catch {}
            return nil
        }
        #expect(refusal { try $0.append(Workshop.batch([Workshop.entry(2)])) } == .entryGap(expected: 1, found: 2))
        #expect(refusal(Workshop.position(7, 1)) { _ in } == .snapshotMissing(Workshop.position(7, 1)))
        #expect(
            refusal(Workshop.position(7, 1)) { log in
                try log.append(
                    Workshop.batch(state: Workshop.state(term: 2, commit: 7), snapshot: Workshop.snapshot(7, term: 2)))
            } == .snapshotDiffers(wanted: Workshop.position(7, 1), found: Workshop.position(7, 2)))
        #expect(
            refusal { try $0.append(Workshop.batch([Workshop.entry(1)], state: Workshop.state(term: 1, commit: 2))) }
                == .commitBeyondEnd(commit: 2, last: 1))
    }

    @Test("a directory without a log, and one with a missing file, are named")
    func missingFiles() throws {
        let disk = try Workshop.disk()
        try disk.createDirectory(Workshop.directory, permissions: .privateDirectory)
        #expect(throws: LogError.self) { try LogReader.read(Workshop.directory, on: disk) }
        try disk.removeDirectory(Workshop.directory)

        var log = try Workshop.create(on: disk, segmentBytes: 4096)
        for index in 1...12 {
            try log.append(
                Workshop.batch([Workshop.entry(UInt64(index), data: ByteSlice([UInt8](repeating: 1, count: 2000)))]))
            try log.sync()
        }
        let names = try SegmentName.list(in: Workshop.directory, on: disk)
        #expect(names.count > 3)
        try disk.remove(joinPath(Workshop.directory, names[2].description))
        let error = #expect(throws: LogError.self) { try LogReader.read(Workshop.directory, on: disk) }
        guard case .disordered(.fileMissing(sequence: 2), _, _)? = error else {
            return #expect(Bool(false), "\(error!)")
        }
    }

    @Test("files of two logs are not mixed")
    func mixed() throws {
        let disk = try Workshop.disk()
        var log = try Workshop.create(on: disk, segmentBytes: 4096)
        try log.append(Workshop.batch([Workshop.entry(1, data: ByteSlice([UInt8](repeating: 1, count: 5000)))]))
        try log.sync()
        // The second file continues the first one's checksum, but names somebody else.
        var checksum = try LogReader.read(Workshop.directory, on: disk).end.checksum
        let names = try SegmentName.list(in: Workshop.directory, on: disk)
        let first = try SegmentNameScan.endChecksum(of: names[0], on: disk)
        var bytes = ByteBuffer()
        checksum = first
        bytes.appendFrame(.checksum, nil, continuing: &checksum)
        let stranger: ByteSlice = "member 9 of cluster 9"
        bytes.appendFrame(.metadata, stranger.view, continuing: &checksum)
        try Workshop.replace(names[1].description, with: bytes.view.array, on: disk)
        let error = #expect(throws: LogError.self) { try LogReader.read(Workshop.directory, on: disk) }
        guard case .disordered(.metadataDiffers, _, _)? = error else { return #expect(Bool(false), "\(error!)") }
    }

    @Test(
        "names of files",
        arguments: [
            ("0000000000000000-0000000000000000.wal", true), ("000000000000000a-ffffffffffffffff.wal", true),
            ("000000000000000A-0000000000000000.wal", false), ("0.tmp", false),
            ("0000000000000000-0000000000000000.wal.broken", false), ("0000000000000000_0000000000000000.wal", false),
            ("é00000000000000-0000000000000000.wal", false), ("", false),
        ])
    func names(text: String, valid: Bool) {
        #expect((SegmentName(text) != nil) == valid)
        if valid { #expect(SegmentName(text)?.description == text) }
    }
}

/// Where the chain of checksums stands at the end of one file.
enum SegmentNameScan {
    static func endChecksum(of name: SegmentName, on disk: SimulatedDisk) throws -> UInt32 {
        try LogReader.walk([name], in: Workshop.directory, on: disk) { (_, _) throws(LogError) in }.checksum
    }
}
