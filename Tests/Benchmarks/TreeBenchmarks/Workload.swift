// Workload.swift: the work that our tree and LMDB both do, on a real file, every batch synced.
//
// Keys of 16 bytes, values of 256, batches of 10,000. The keys are those of LMDBReference/reference.c: number n
// in order, or n behind eight stirred bytes. A digest over what was read says that both have read the same.

import BoltFile
import Bytes
import Disk
import Files
import Foundation
import StorageThreads

/// A file of ours and what is done to it.
final class TreeWorkload {
    private let database: DatabaseFile
    private var tree: BoltFile
    private var bucket: BucketHandle
    private let bytes = StableBytes(zeros: 16)
    private var values: [ByteSlice] = []
    private(set) var digest: UInt64 = 0
    private static let name: ByteSlice = "bench"

    static let folder: String = ProcessInfo.processInfo.environment["ETCD_BENCH_FILES"] ?? ".build/bench-files"
    static var path: String { folder + "/tree" }

    init(reserving reservation: Int = 16 << 30) throws {
        try FileManager.default.createDirectory(atPath: Self.folder, withIntermediateDirectories: true)
        if try FileSystem().status(of: Self.path) != nil { try FileSystem().remove(Self.path) }
        database = try DatabaseFile.open(Self.path, reserving: reservation).get()
        tree = try BoltFile(mapping: database.mapping.reserved, fileLength: database.mapping.count)
        bucket = try tree.createBucket(Self.name.view)
        for value in 0..<64 { values.append(ByteSlice((0..<256).map { UInt8(truncatingIfNeeded: value * 31 + $0) })) }
    }

    deinit { try? FileSystem().remove(Self.path) }

    var fileBytes: Int { tree.byteCount }

    static func stir(_ number: UInt64) -> UInt64 {
        var stirred = number &+ 0x9E37_79B9_7F4A_7C15
        stirred = (stirred ^ stirred >> 32) &* 0xD6E8_FEB8_6659_FD93
        stirred = (stirred ^ stirred >> 32) &* 0xD6E8_FEB8_6659_FD93
        return stirred ^ stirred >> 32
    }

    private func key(_ number: UInt64, random: Bool) -> ByteView {
        bytes.write(littleEndian: (random ? Self.stir(number) : 0).byteSwapped, at: 0)
        bytes.write(littleEndian: number.byteSwapped, at: 8)
        return bytes.view
    }

    private func put(_ range: Range<UInt64>, random: Bool) throws {
        for number in range {
            let value = values[Int(number % 64)]
            try tree.put(key(number, random: random), value.view, in: bucket)
        }
    }

    /// Each batch is carried out before the next begins: what a program without threads would do.
    func insert(_ count: UInt64, batch size: UInt64, random: Bool) throws -> UInt64 {
        let start = SystemClock.monotonicNanoseconds
        for first in stride(from: 0, to: count, by: Int(size)) {
            try put(first..<min(first + size, count), random: random)
            guard let batch = try tree.freeze() else { continue }
            try batch.carryOut(on: database.file)
            tree.becameDurable(batch.transaction)
        }
        return SystemClock.monotonicNanoseconds - start
    }

    /// The server's way: one batch is written by a thread while the next is made.
    func insertPipelined(_ count: UInt64, batch size: UInt64, random: Bool) throws -> UInt64 {
        let done = DispatchSemaphore(value: 0)
        let start = SystemClock.monotonicNanoseconds
        let thread = PageThread(database) { _ in done.signal() }
        var inFlight: [UInt64] = []
        for first in stride(from: 0, to: count, by: Int(size)) {
            try put(first..<min(first + size, count), random: random)
            guard let batch = try tree.freeze() else { continue }
            thread.submit(batch)
            inFlight.append(batch.transaction)
            if inFlight.count == 2 {
                done.wait()
                tree.becameDurable(inFlight.removeFirst())
            }
        }
        while !inFlight.isEmpty {
            done.wait()
            tree.becameDurable(inFlight.removeFirst())
        }
        let elapsed = SystemClock.monotonicNanoseconds - start
        thread.stop()
        return elapsed
    }

    /// Closes the tree and opens the file again, as a restart would find it.
    func reopen() throws {
        tree = try BoltFile(mapping: database.mapping.reserved, fileLength: database.mapping.count)
        bucket = try tree.createBucket(Self.name.view)
    }

    /// Replaces `changes` values at random places, in batches of 10,000.
    func rewrite(_ changes: UInt64, of count: UInt64) throws -> UInt64 {
        let start = SystemClock.monotonicNanoseconds
        for first in stride(from: 0, to: changes, by: 10_000) {
            for change in first..<min(first + 10_000, changes) {
                let value = values[Int(change % 64)]
                try tree.put(key(Self.stir(change) % count, random: false), value.view, in: bucket)
            }
            guard let batch = try tree.freeze() else { continue }
            try batch.carryOut(on: database.file)
            _ = try database.mapping.extend()
            tree.becameDurable(batch.transaction)
        }
        return SystemClock.monotonicNanoseconds - start
    }

    func get(_ count: UInt64, reads: UInt64, random: Bool) throws -> UInt64 {
        let start = SystemClock.monotonicNanoseconds
        let pinned = tree.pin()
        guard let bucket = try pinned.root.bucket(Self.name.view) else { return 0 }
        digest = 0
        for read in 0..<reads {
            guard let value = try bucket.get(key(Self.stir(read) % count, random: random)) else { return 0 }
            digest &+= value.littleEndian(at: 0, as: UInt64.self) &+ UInt64(value.count)
        }
        tree.unpin(pinned)
        return SystemClock.monotonicNanoseconds - start
    }

    func scan() throws -> UInt64 {
        let start = SystemClock.monotonicNanoseconds
        let pinned = tree.pin()
        guard let bucket = try pinned.root.bucket(Self.name.view) else { return 0 }
        digest = 0
        var cursor = bucket.cursor()
        var found = try cursor.first()
        while found {
            digest &+= cursor.value.littleEndian(at: 0, as: UInt64.self) &+ UInt64(cursor.value.count)
            found = try cursor.next()
        }
        tree.unpin(pinned)
        return SystemClock.monotonicNanoseconds - start
    }
}
