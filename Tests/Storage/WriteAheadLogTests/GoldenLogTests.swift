// GoldenLogTests.swift: logs that real members wrote, read to the last record.

import Bytes
import Disk
import Files
import Foundation
import Identifiers
import Protobuf
import RaftMessages
import Simulation
import Testing
import WriteAheadLog

@Suite("Logs of real members")
struct GoldenLogTests {
    /// Each record as the listing beside the log has it: place, lengths, checksum, type and its numbers.
    private func listing<Store: Disk>(_ directory: String, on disk: Store) throws -> [String] {
        var lines: [String] = []
        let segments = try LogReader.segments(in: directory, on: disk, reachingBackTo: nil)
        _ = try LogReader.walk(segments, in: directory, on: disk) { (segment, record) throws(LogError) in
            let place = "\(segment) @\(record.offset) len=\(record.recordBytes) pad=\(record.paddingBytes)"
            let sum = String(record.checksum, radix: 16)
            let head = "\(place) crc=\(String(repeating: "0", count: 8 - sum.count))\(sum) \(record.type.name)"
            lines.append((head + " " + numbers(record)).trimmingCharacters(in: .whitespaces))
        }
        return lines
    }

    private func numbers(_ record: LogRecord) -> String {
        switch record.type {
        case .checksum: return ""
        case .metadata:
            // Two varints behind their tags; nothing else is in there.
            var cursor = ByteCursor(record.data)
            guard (try? cursor.readByte()) == 0x08, let member = try? cursor.readVarint(),
                (try? cursor.readByte()) == 0x10,
                let cluster = try? cursor.readVarint(), cursor.isAtEnd
            else { return "?" }
            return "NodeID=\(String(member, radix: 16)) ClusterID=\(String(cluster, radix: 16))"
        case .snapshot:
            guard let snapshot = try? SnapshotRecord(decoding: record.data) else { return "?" }
            return "index=\(snapshot.index) term=\(snapshot.term)"
        case .state:
            guard let state = try? HardState(decoding: record.data) else { return "?" }
            return "term=\(state.term) vote=\(state.vote) commit=\(state.commit)"
        case .entry:
            guard let entry = try? Entry(decoding: record.data) else { return "?" }
            return "term=\(entry.term) index=\(entry.index)"
        }
    }

    /// The listings name the kind of request too, which is not this room's to know.
    private func expected(_ file: String) throws -> [String] {
        try Golden.lines(file).map { line in
            line.split(separator: " ").filter {
                !["ConfChange", "noop", "v2Request", "InternalRaftRequest"].contains($0)
            }
            .joined(separator: " ")
        }
    }

    @Test("one member of 3.4, 3.5 and 3.6", arguments: ["single", "single-3.4", "single-3.6"])
    func single(folder: String) throws {
        let disk = try Workshop.disk()
        try place(try Golden.bytes("\(folder)/log.bytes"), length: 64_000_000, on: disk)
        let lines = try listing(Workshop.directory, on: disk)
        let wanted = try expected("\(folder)/wal.txt")
        #expect(lines.count == wanted.count)
        for (line, want) in zip(lines, wanted) where line != want { #expect(line == want) }

        let contents = try LogReader.read(Workshop.directory, on: disk)
        #expect(contents.entries.count == 572 && contents.state?.commit == 572)
        // Its snapshots: every 121 entries.
        let snapshots = try LogReader.survey(Workshop.directory, on: disk)
        #expect(snapshots.map(\.index) == [0, 121, 242, 363, 484])
        let tail = try LogReader.read(Workshop.directory, on: disk, from: Workshop.position(484, 2))
        #expect(tail.entries.count == 88 && tail.entries.first?.index == 485)
    }

    /// Not for 3.4: its snapshot records lack the configuration, and 3.5 does not write such.
    @Test("what we write from the same records is the same file", arguments: ["single", "single-3.6"])
    func rewritten(folder: String) throws {
        let golden = try Golden.bytes("\(folder)/log.bytes")
        let source = try Workshop.disk()
        try place(golden, length: 64_000_000, on: source)
        let target = try Workshop.disk()
        let segments = try LogReader.segments(in: Workshop.directory, on: source, reachingBackTo: nil)
        let metadata = try LogReader.read(Workshop.directory, on: source).metadata
        var log = try WriteAheadLog.create(Workshop.directory, on: target, metadata: metadata)
        var batch = LogBatch()
        var seen = 0
        _ = try LogReader.walk(segments, in: Workshop.directory, on: source) { (_, record) throws(LogError) in
            seen += 1
            guard seen > 3 else { return }
            switch record.type {
            case .entry: batch.add(try! Entry(decoding: record.data))
            case .state: batch.add(try! HardState(decoding: record.data))
            case .snapshot: batch.add(try! SnapshotRecord(decoding: record.data))
            case .metadata, .checksum: Issue.record("a second head")
            }
            if seen.isMultiple(of: 7) {
                try log.append(batch)
                batch.removeAll()
            }
        }
        try log.append(batch)
        try log.sync()
        let name = segments[0].description
        let written = try target.contents(of: joinPath(Workshop.directory, name), limit: 1 << 30)
        #expect(written.count == 64_000_000)
        #expect(written.prefix(golden.count) == golden)
        #expect(log.position.offset >= golden.count)
    }

    @Test("a log that was cut by size")
    func twoSegments() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("wal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let archive = Golden.folder.appendingPathComponent("wal-two-segments/wal.tar.zst").path
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "--zstd", "-xf", archive, "-C", folder.path]
        try tar.run()
        tar.waitUntilExit()
        try #require(tar.terminationStatus == 0)

        let disk = FileSystem()
        let directory = folder.appendingPathComponent("member/wal").path
        for line in try Golden.table("wal-two-segments/files.txt") where line[0].hasSuffix(".wal") {
            #expect(try disk.status(of: joinPath(directory, line[0]))?.size == Int(line[1]))
        }
        let lines = try listing(directory, on: disk)
        let wanted = try expected("wal-two-segments/wal.txt").map { line in
            line.split(separator: " ").filter { !$0.hasPrefix("datalen") }.joined(separator: " ")
        }
        #expect(lines.count == wanted.count && lines.count > 100)
        for (line, want) in zip(lines, wanted) where line != want { #expect(line == want) }
    }

    /// Ten states of damage, and what a real 3.5.1 did with each.
    @Test("the verdicts of a real etcd", arguments: try! Golden.table("damaged/verdicts.txt"))
    func damaged(row: [String]) throws {
        let length = try #require(Int(row[1]))
        let (starts, repaired) = (row[2] == "true", row[3] == "true")
        let disk = try Workshop.disk()
        try place(try Golden.bytes("damaged/\(row[0]).bytes"), length: length, on: disk)
        var last = LogIndex.zero
        var records = 0
        var end = 0
        let segments = try LogReader.segments(in: Workshop.directory, on: disk, reachingBackTo: nil)
        _ = try? LogReader.walk(segments, in: Workshop.directory, on: disk) { (_, record) throws(LogError) in
            records += 1
            end = record.end
            if record.type == .entry { last = (try? Entry(decoding: record.data))?.index ?? .zero }
        }
        #expect(end == Int(row[4]))
        #expect(last.rawValue == UInt64(row[5]))
        #expect(records == Int(row[6]))

        let before = try Workshop.bytes(of: segments[0].description, on: disk)
        do {
            let opened = try Workshop.open(on: disk, segmentBytes: 16 << 10)
            #expect(starts, "a real etcd refuses this one")
            #expect((opened.contents.end.row.verdict == .repair) == repaired)
            #expect(opened.contents.last.index == last)
            #expect(try disk.list(Workshop.directory).contains(segments[0].description + ".broken") == repaired)
        } catch {
            #expect(!starts, "a real etcd starts on this one: \(error)")
            let reason = row[7...].joined(separator: " ")
            guard case .damaged(let found, let place)? = error as? LogError else { throw error }
            #expect(found.name == (reason.contains("crc mismatch") ? "changed-bytes" : "absurd-length"))
            #expect(place.offset == end)
            #expect(try Workshop.bytes(of: segments[0].description, on: disk) == before)
        }
    }

    /// Puts a log of one file on a disk, with its zeros behind it.
    private func place(_ bytes: ByteSlice, length: Int, on disk: SimulatedDisk) throws {
        try disk.createDirectory(Workshop.directory, permissions: .privateDirectory)
        let file = try disk.open(joinPath(Workshop.directory, "0000000000000000-0000000000000000.wal"), .creatingNew)
        try file.write(bytes.view, at: 0)
        try file.truncate(to: length)
        try file.sync()
        try disk.syncDirectory(Workshop.directory)
        try disk.syncDirectory("/member")
    }
}
