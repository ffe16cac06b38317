// BackendTests.swift: etcd's buckets, batches, and how far the log was applied.

import Backend
import BoltFile
import Bytes
import Foundation
import Identifiers
import JSON
import RaftMessages
import Testing

/// A file in memory that carries batches out.
final class MemoryFile {
    let image = StableBytes(zeros: 32 << 20)
    var length: Int

    init(_ bytes: ByteSlice = BoltFile.newFile(pageSize: 4096)) {
        image.write(bytes.view, at: 0)
        length = bytes.count
    }

    func open() throws -> Backend { try Backend(try BoltFile(mapping: image.view, fileLength: length)) }
    func version() throws -> FrozenVersion { try FrozenVersion(mapping: image.view, fileLength: length) }

    func carryOut(_ batch: PageBatch) {
        if let fileLength = batch.fileLength { length = fileLength }
        for write in batch.pages { image.write(write.bytes, at: write.offset) }
        image.write(batch.meta.view, at: batch.metaOffset)
    }

    static func golden(_ name: String) throws -> ByteSlice {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return ByteSlice([UInt8](try Data(contentsOf: folder.appendingPathComponent("Golden/Bolt/" + name))))
    }
}

extension Backend {
    mutating func commit(to file: MemoryFile) throws {
        if let batch = try commit() {
            file.carryOut(batch)
            becameDurable(batch.transaction)
        }
    }
}

@Suite("Databases of real etcd")
struct GoldenBackendTests {
    @Test("hash, revision, keys and size are what etcdutl said", arguments: ["3.4.23", "3.5.1"])
    func status(version: String) throws {
        let file = MemoryFile(try MemoryFile.golden("etcd-\(version).db"))
        defer { withExtendedLifetime(file) {} }
        let text = try MemoryFile.golden("etcd-\(version)-expect.json")
        let expect = try JSONValue(parsing: text.view)
        let frozen = try file.version()
        var hash = try WholeHash(of: frozen, .file)
        try hash.finish()
        #expect(hash.hash == expect["status"]?["hash"]?.integer())
        #expect(hash.keyCount == expect["status"]?["totalKey"]?.integer())
        #expect(hash.revision.rawValue == expect["status"]?["revision"]?.integer())
        #expect(frozen.byteCount == expect["status"]?["totalSize"]?.integer())
        // In small steps it is the same number.
        var slow = try WholeHash(of: frozen, .server)
        while try slow.step(limit: 3) {}
        #expect(slow.hash == expect["maintenanceHash"]?.integer())
    }

    @Test("how far each version had applied its log")
    func applied() throws {
        for (version, index, term) in [("3.5.1", 572, 2), ("3.4.23", 568, 0), ("3.6.14", 572, 2)]
            as [(String, UInt64, UInt64)]
        {
            let file = MemoryFile(try MemoryFile.golden("etcd-\(version).db"))
            defer { withExtendedLifetime(file) {} }
            let backend = try file.open()
            #expect(backend.applied.index.rawValue == index)
            #expect(backend.applied.term.rawValue == term)
            #expect((backend.applied.confState == nil) == (version == "3.4.23"))
            #expect(backend.changes == 0)
            // The configuration is written back byte for byte.
            if let state = backend.applied.confState {
                let key: ByteSlice = "confState"
                let json = state.json
                #expect(try backend.get(key.view, in: .meta) == json.view)
            }
        }
    }
}

@Suite("Batches")
struct BatchTests {
    private let key: ByteSlice = "k"
    private let value: ByteSlice = "v"

    @Test("a new database has etcd's ten buckets after its first batch")
    func buckets() throws {
        let file = MemoryFile()
        var backend = try file.open()
        #expect(backend.changes == 1)
        try backend.commit(to: file)
        let root = try file.version().root
        for bucket in BackendBucket.allCases { #expect(try root.bucket(bucket.name.view) != nil, "\(bucket)") }
        #expect(try file.open().changes == 0)
        withExtendedLifetime(file) {}
    }

    @Test("a batch closes 100 ms after its first change, or at 10,000 changes, and reads see it before")
    func due() throws {
        let file = MemoryFile()
        var backend = try file.open()
        try backend.commit(to: file)
        #expect(try backend.commitIfDue(nowMilliseconds: 0) == nil)
        try backend.put(key.view, value.view, in: .key)
        #expect(try backend.get(key.view, in: .key) == value.view)
        #expect(try backend.commitIfDue(nowMilliseconds: 1000) == nil)
        #expect(backend.nextCommitMilliseconds == 1100)
        #expect(try backend.commitIfDue(nowMilliseconds: 1099) == nil)
        let first = try #require(try backend.commitIfDue(nowMilliseconds: 1100))
        file.carryOut(first)
        backend.becameDurable(first.transaction)
        for number in 0..<10_000 {
            #expect(try backend.commitIfDue(nowMilliseconds: 2000) == nil)
            let many = ByteSlice(utf8: "key \(number)")
            try backend.put(many.view, value.view, in: .key)
        }
        let second = try #require(try backend.commitIfDue(nowMilliseconds: 2000))
        file.carryOut(second)
        backend.becameDurable(second.transaction)
        #expect(backend.nextCommitMilliseconds == nil)
        withExtendedLifetime(file) {}
    }

    @Test("the applied index is durable together with the data, and only with it")
    func appliedTogether() throws {
        let file = MemoryFile()
        var backend = try file.open()
        try backend.commit(to: file)
        try backend.put(key.view, value.view, in: .key)
        backend.setApplied(7, term: 2)
        backend.setConfState(ConfState(voters: [11_810_759_541_557_361_439], learners: [77]))
        let batch = try #require(try backend.commit())
        // The owner goes on while the batch is on its way.
        let later: ByteSlice = "later"
        try backend.put(later.view, value.view, in: .key)
        backend.setApplied(8, term: 2)
        #expect(backend.durableApplied.index == 0)
        let before = try file.open()
        #expect(before.applied == AppliedState())
        #expect(try before.get(key.view, in: .key) == nil)

        file.carryOut(batch)
        backend.becameDurable(batch.transaction)
        #expect(backend.durableApplied.index == 7)
        let after = try file.open()
        #expect(after.applied.index == 7)
        #expect(after.applied.term == 2)
        #expect(after.applied.confState?.learners == [77])
        #expect(try after.get(key.view, in: .key) == value.view)
        #expect(try after.get(later.view, in: .key) == nil)
        let text: ByteSlice = "{\"voters\":[11810759541557361439],\"learners\":[77],\"auto_leave\":false}"
        let confState: ByteSlice = "confState"
        #expect(try after.get(confState.view, in: .meta) == text.view)
        withExtendedLifetime(file) {}
    }

    @Test("an index alone is committed when asked for, and nothing twice")
    func indexAlone() throws {
        let file = MemoryFile()
        var backend = try file.open()
        try backend.commit(to: file)
        backend.setApplied(5, term: 1)
        #expect(try backend.commitIfDue(nowMilliseconds: 1 << 40) == nil)
        try backend.commit(to: file)
        #expect(try file.open().applied.index == 5)
        #expect(try backend.commit() == nil)
        withExtendedLifetime(file) {}
    }

    @Test("no more than two batches are on their way")
    func bounded() throws {
        let file = MemoryFile()
        var backend = try file.open()
        try backend.commit(to: file)
        var waiting: [PageBatch] = []
        for now in 0..<50 as Range<Int64> {
            let one = ByteSlice(utf8: "\(now)")
            try backend.put(one.view, value.view, in: .lease)
            if let batch = try backend.commitIfDue(nowMilliseconds: now * 200) { waiting.append(batch) }
        }
        #expect(waiting.count == 2)
        for batch in waiting {
            file.carryOut(batch)
            backend.becameDurable(batch.transaction)
        }
        try backend.commit(to: file)
        let lease = BackendBucket.lease.name
        #expect(try #require(try file.version().root.bucket(lease.view)).count() == 50)
        withExtendedLifetime(file) {}
    }

    @Test("the applied index never goes back")
    func backwards() async {
        await #expect(processExitsWith: .failure) {
            let file = MemoryFile()
            var backend = try file.open()
            backend.setApplied(5, term: 1)
            backend.setApplied(4, term: 1)
        }
    }

    @Test(
        "a number of a wrong length stops the start with a remedy",
        arguments: ["consistent_index", "term", "confState"])
    func unreadable(name: String) throws {
        let file = MemoryFile()
        var backend = try file.open()
        let (key, bad) = (ByteSlice(utf8: name), ByteSlice(utf8: "[1]"))
        try backend.put(key.view, bad.view, in: .meta)
        try backend.commit(to: file)
        #expect {
            _ = try file.open()
        } throws: { error in
            "\(error)".contains(name) && "\(error)".contains("restore")
        }
    }
}
