// Support.swift: a file in memory that carries batches out, and the golden files.
//
// The tests need what the server's threads and the simulator's disk are for the real thing: somebody who
// keeps a mapping at a stable address and writes batches into it.

import BoltFile
import Bytes
import Foundation
import JSON
import Simulation
import Testing

/// A file that is nothing but its mapping: every write is at once on the disk.
final class MemoryFile {
    let image: StableBytes
    var length: Int

    init(_ bytes: ByteSlice, reserve: Int = 64 << 20, length: Int? = nil) {
        image = StableBytes(zeros: reserve)
        image.write(bytes.view, at: 0)
        self.length = length ?? bytes.count
    }

    convenience init(pageSize: Int = 4096, reserve: Int = 64 << 20) {
        self.init(BoltFile.newFile(pageSize: pageSize), reserve: reserve)
    }

    var mapping: ByteView { image.view }

    func open() throws -> BoltFile { try BoltFile(mapping: mapping, fileLength: length) }
    func version() throws -> FrozenVersion { try FrozenVersion(mapping: mapping, fileLength: length) }

    /// Steps 1 to 5 of a batch.
    func carryOut(_ batch: PageBatch) {
        if let fileLength = batch.fileLength { length = max(length, fileLength) }
        var end = 0
        for write in batch.pages {
            precondition(write.offset >= end && write.offset + write.bytes.count <= length, "a page outside the file")
            image.write(write.bytes, at: write.offset)
            end = write.offset + write.bytes.count
        }
        image.write(batch.meta.view, at: batch.metaOffset)
    }
}

extension BoltFile {
    /// Commits and waits for the disk.
    mutating func commit(to file: MemoryFile) throws {
        if let batch = try freeze() {
            file.carryOut(batch)
            becameDurable(batch.transaction)
        }
    }
}

extension Tree {
    /// Everything in the bucket, front to back.
    func everything() throws -> [(key: [UInt8], value: [UInt8])] {
        var found: [(key: [UInt8], value: [UInt8])] = []
        var cursor = cursor()
        try cursor.first()
        while cursor.isValid {
            found.append((cursor.key.array, cursor.value.array))
            try cursor.next()
        }
        return found
    }
}

/// The files of real servers, beside this folder.
enum Golden {
    static let versions = ["3.4.23", "3.5.1", "3.6.14"]
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Golden/Bolt")

    static func bytes(_ name: String) throws -> ByteSlice {
        ByteSlice([UInt8](try Data(contentsOf: folder.appendingPathComponent(name))))
    }

    static func json(_ name: String) throws -> JSONValue {
        let text = try bytes(name)
        return try withExtendedLifetime(text) { try JSONValue(parsing: text.view) }
    }

    static func file(_ version: String) throws -> MemoryFile {
        let expect = try json("etcd-\(version)-expect.json")
        return MemoryFile(try bytes("etcd-\(version).db"), length: expect["fileLength"]?.integer(Int.self))
    }
}

/// Which seeds the random tests walk: a few, thousands on request (Tests/long.sh), or one to replay.
enum Seeds {
    static func range(_ usual: Int) -> Range<UInt64> {
        let environment = ProcessInfo.processInfo.environment
        let first = environment["ETCD_TEST_FIRST_SEED"].flatMap(UInt64.init) ?? 1
        return first..<(first + (environment["ETCD_TEST_SEEDS"].flatMap(UInt64.init) ?? UInt64(usual)))
    }

    /// Runs `body` for each seed and stops at the first that fails, which is printed.
    static func each(_ usual: Int, _ body: (UInt64) throws -> Void) throws {
        for seed in range(usual) {
            do {
                try body(seed)
            } catch {
                Issue.record("seed \(seed) fails (replay: ETCD_TEST_FIRST_SEED=\(seed) ETCD_TEST_SEEDS=1): \(error)")
                return
            }
        }
    }
}

/// Something does not hold. Thrown, so that a run stops at its first finding and names its seed.
struct Finding: Error, CustomStringConvertible {
    let description: String
}

/// `#expect` for random tests: the first failure ends the run.
func must(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw Finding(description: what()) }
}

/// A structural check found nothing; a thousand findings are told by the first.
func mustBeWhole(_ problems: [BoltError], _ note: String) throws {
    guard let first = problems.first else { return }
    throw Finding(description: "\(note): \(problems.count) problems, the first: \(first)")
}
