// CopyTests.swift: copying, defragmenting, reading from other threads, and describing: all of a file that lives.

import BoltFile
import Bytes
import Foundation
import JSON
import Simulation
import Testing

/// A file with some content and some history.
private func grownFile(seed: UInt64, pageSize: Int = 4096, rounds: Int = 8) throws -> (MemoryFile, Model) {
    var dice = Dice(seed: seed)
    let disk = MemoryFile(pageSize: pageSize)
    var file = try disk.open()
    var model = Model()
    var handles: [[String]: BucketHandle] = [[]: .root]
    for path in [["a"], ["b"], ["a", "inner"]] {
        let name = ByteSlice(utf8: path[path.count - 1])
        handles[path] = try file.createBucket(name.view, in: try #require(handles[Array(path.dropLast())]))
        model.buckets[path] = [:]
    }
    for _ in 0..<rounds {
        for _ in 0..<200 { try ModelTests.change(&file, &model, handles, Shape.all[2], &dice) }
        try file.commit(to: disk)
    }
    return (disk, model)
}

@Suite("A file that lives")
struct CopyTests {
    private let name: ByteSlice = "b"

    @Test("a copy is the pinned version, whatever is written meanwhile")
    func copying() throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            let (disk, model) = try grownFile(seed: seed)
            var dice = Dice(seed: seed)
            var file = try disk.open()
            let bucket = try #require(try file.bucketHandle(name))
            let pinned = file.pin()
            var stream = CopyStream(pinned)
            var bytes = ByteBuffer()
            while let piece = stream.next(upTo: dice.roll(1...9000)) {
                bytes.append(piece)
                // The writer goes on: it changes, commits, and would reuse pages if it might.
                let (key, value) = (ByteSlice(utf8: "k\(dice.roll(300))"), ByteSlice([UInt8](repeating: 9, count: 600)))
                try file.put(key.view, value.view, in: bucket)
                try file.commit(to: disk)
            }
            #expect(bytes.count == pinned.byteCount)
            let copy = MemoryFile(bytes.slice())
            let version = try copy.version()
            #expect(version.check() == [])
            #expect(version.metas.first?.transaction == pinned.meta.transaction)
            #expect(version.metas.second?.transaction == pinned.meta.transaction - 1)
            try model.compare(to: version.root, "seed \(seed)")
            file.unpin(pinned)
            #expect(file.check() == [])
            withExtendedLifetime((disk, copy)) {}
        }
    }

    @Test("a defragmented file has the same content, no free pages, and fewer bytes")
    func defragmenting() throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            let (disk, model) = try grownFile(seed: seed, pageSize: 1024)
            let old = try disk.version()
            let target = MemoryFile(pageSize: 1024)
            var work = try Defragmentation(of: old, into: target.mapping, fileLength: target.length)
            var batches = 0
            while let batch = try work.step(limit: 50) {
                target.carryOut(batch)
                work.target.becameDurable(batch.transaction)
                batches += 1
            }
            #expect(batches > 1)
            let new = try target.version()
            #expect(new.check() == [])
            try model.compare(to: new.root, "seed \(seed)")
            #expect(new.byteCount < old.byteCount, "seed \(seed)")
            withExtendedLifetime((disk, target)) {}
        }
    }

    @Test("keys that only grow fill their pages")
    func filling() throws {
        let disk = MemoryFile()
        var file = try disk.open()
        let bucket = try file.createBucket(name.view)
        let value = ByteSlice([UInt8](repeating: 1, count: 100))
        var payload = 0
        for number in 0..<20_000 {
            var key = ByteBuffer(capacity: 8)
            key.append(bigEndian: UInt64(number))
            try file.put(key.view, value.view, in: bucket)
            payload += 16 + key.count + value.count
            if number % 1000 == 999 { try file.commit(to: disk) }
        }
        #expect(Double(payload) / Double(file.usedByteCount) > 0.93)
        withExtendedLifetime(disk) {}
    }

    @Test("readers in other threads see their version, each its own, while the writer writes")
    func threads() async throws {
        let disk = MemoryFile(pageSize: 1024)
        var file = try disk.open()
        let bucket = try file.createBucket(name.view)
        let bucketName = name
        var expected: [UInt64: Int] = [:]
        try await withThrowingTaskGroup(of: (FrozenVersion, Int).self) { group in
            var running = 0
            for round in 0..<60 {
                for number in 0..<50 {
                    let key = ByteSlice(utf8: "key \((round * 17 + number * 7) % 900)")
                    let value = ByteSlice([UInt8](repeating: UInt8(round), count: number * 3))
                    try file.put(key.view, value.view, in: bucket)
                }
                try file.commit(to: disk)
                let version = file.pin()
                expected[version.meta.transaction] = try file.tree(of: bucket).count()
                group.addTask {
                    guard let tree = try version.root.bucket(bucketName.view) else { return (version, -1) }
                    for _ in 0..<20 { _ = try tree.count() }
                    return (version, version.check().isEmpty ? try tree.count() : -2)
                }
                running += 1
                if running > 4, let (version, count) = try await group.next() {
                    #expect(count == expected[version.meta.transaction])
                    file.unpin(version)
                    running -= 1
                }
            }
            for try await (version, count) in group {
                #expect(count == expected[version.meta.transaction])
                file.unpin(version)
            }
        }
        #expect(file.check() == [])
        withExtendedLifetime(disk) {}
    }

    @Test("a file that grows gets longer in steps")
    func growth() throws {
        let disk = MemoryFile()
        var file = try disk.open()
        let bucket = try file.createBucket(name.view)
        var lengths: [Int] = []
        let value = ByteSlice([UInt8](repeating: 1, count: 3000))
        for number in 0..<8000 {
            let key = ByteSlice(utf8: "key \(number + 100_000)")
            try file.put(key.view, value.view, in: bucket)
            if number % 10 == 9 { try file.commit(to: disk) }
            if lengths.last != disk.length { lengths.append(disk.length) }
            #expect(disk.length >= file.byteCount || number % 10 != 9)
        }
        #expect(Array(lengths.prefix(4)) == [16384, 65536, 131_072, 262_144])
        #expect(lengths.count < 14)
        #expect(try #require(lengths.last) >= (lengths[lengths.count - 2] + (16 << 20)))
        withExtendedLifetime(disk) {}
    }
}

extension BoltFile {
    fileprivate mutating func bucketHandle(_ name: ByteSlice) throws -> BucketHandle? { try openBucket(name.view) }
}

@Suite("The file, for people")
struct PageReportTests {
    @Test("every page has a line, and the free ones are those the server's file has")
    func pages() throws {
        let file = try Golden.file("3.5.1")
        defer { withExtendedLifetime(file) {} }
        let lines = try file.version().pagesReport()
        let free = lines.filter { $0.contains(" free ") }.compactMap { Int($0.prefix { $0.isNumber }) }
        let expect = try Golden.json("etcd-3.5.1-expect.json")
        #expect(free == expect["bbolt"]?["free_pages"]?.elements?.compactMap { $0.integer(Int.self) })
        #expect(lines[1] == "0         meta           -     0      -  transaction 30, root 24")
        #expect(lines[2].hasSuffix("transaction 31, root 24, the true one"))
        #expect(lines.count { $0.contains(" damaged ") } == 0)
    }

    @Test("a page, element by element")
    func page() throws {
        let file = try Golden.file("3.5.1")
        defer { withExtendedLifetime(file) {} }
        let version = try file.version()
        let root = version.pageReport(24)
        #expect(root.count == 11)
        #expect(root[0].hasPrefix("page 24: leaf, 10 elements, "))
        #expect(root[1] == "  \"alarm\": bucket, inline, 0 elements")
        #expect(root[6].hasPrefix("  \"key\": bucket, root page "))
        #expect(version.pageReport(0)[0] == "page 0: meta of transaction 30")
        #expect(version.pageReport(99)[0].contains("the file has pages 0...56"))
        #expect(version.pageReport(24, withBytes: true).contains { $0.contains("|alarm") || $0.contains("alarm") })
        #expect(version.pageReport(24, meaning: { key, _ in key.lossyText }).contains("  alarm"))
    }
}
