// StoreBenchmarks.swift: what the store itself costs, without network, log and disk.
//
// Small in every test run, so that it cannot rot; with ETCD_BENCH=1 a million keys. The file lies in memory, and batches
// are closed every 10,000 changes as in the server and "written" at once, so pages are copied on write as there.
//
//     put         keys of 16 bytes, values of 256: known keys and new ones
//     get         one key, serializable: index, one look-up in the file, the answer's bytes
//     memory      of the index, keys of 8 bytes
//     start       the index from the file
//     compaction  the longest step, which is how long anybody may have to wait

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Foundation
import Identifiers
import MVCC
import Protobuf
import Testing

private let full = ProcessInfo.processInfo.environment["ETCD_BENCH"] == "1"

/// Prints a line and keeps it in ETCD_BENCH_DIR, with the load of the machine.
private func report(_ line: String) {
    guard full else { return }
    let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.prefix { $0 != "\n" } ?? ""
    print("\(line)   (load \(load))")
    guard let folder = ProcessInfo.processInfo.environment["ETCD_BENCH_DIR"] else { return }
    let path = folder + "/store.txt"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    try? (old + line + "   (load \(load))\n").write(toFile: path, atomically: true, encoding: .utf8)
}

/// CPU time of this process, so that neighbours on the machine count less. To the microsecond.
private func cpuNanoseconds() -> Int { Int(clock()) * 1000 }

/// A store on a file in memory.
private final class Workload {
    let image: StableBytes
    var length: Int
    var backend: Backend
    var store: Store
    let header = HeaderFields(cluster: 0x74D6_63E0_11FF_DB78, member: 0xA3E8_3F3A_1A14_FB1F, term: 2)
    var buffer = ByteBuffer(capacity: 1 << 20)

    init(capacity: Int) throws {
        image = StableBytes(zeros: capacity)
        let empty = BoltFile.newFile(pageSize: 4096)
        image.write(empty.view, at: 0)
        length = empty.count
        let backend = try Backend(try BoltFile(mapping: image.view, fileLength: length))
        store = try Store(restoring: backend)
        self.backend = backend
    }

    func commit() throws {
        guard let batch = try backend.commit() else { return }
        if let fileLength = batch.fileLength { length = fileLength }
        for write in batch.pages { image.write(write.bytes, at: write.offset) }
        image.write(batch.meta.view, at: batch.metaOffset)
        backend.becameDurable(batch.transaction)
    }

    /// The key of a number, spread over the key space.
    static func key(_ number: Int, bytes: Int) -> ByteSlice {
        var buffer = ByteBuffer(capacity: bytes)
        let word = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        buffer.append(bigEndian: word)
        while buffer.count < bytes { buffer.append(UInt8(truncatingIfNeeded: word >> UInt64(buffer.count % 7))) }
        return buffer.slice()
    }

    func put(_ requests: [ByteSlice]) throws -> Int {
        let start = cpuNanoseconds()
        for request in requests {
            buffer.removeAll()
            try store.put(
                try PutRequest.View(decoding: request.view), to: &backend, header: header, hasLease: { _ in false },
                into: &buffer)
            if backend.changes >= 10_000 { try commit() }
        }
        return (cpuNanoseconds() - start) / max(requests.count, 1)
    }

    static func puts(_ numbers: Range<Int>, keyBytes: Int, valueBytes: Int, step: Int = 1) -> [ByteSlice] {
        let value = ByteSlice([UInt8](repeating: 118, count: valueBytes))
        return numbers.map { number in
            PutRequest(key: key(number &* step % numbers.upperBound, bytes: keyBytes), value: value).encoded()
        }
    }

    /// Nanoseconds for each of `requests`, and the bytes answered.
    func get(_ requests: [ByteSlice]) throws -> (nanoseconds: Int, bytes: Int) {
        var bytes = 0
        let start = cpuNanoseconds()
        for request in requests {
            buffer.removeAll()
            _ = try store.range(
                try RangeRequest.View(decoding: request.view), from: backend, header: header, into: &buffer)
            bytes += buffer.count
        }
        return ((cpuNanoseconds() - start) / max(requests.count, 1), bytes)
    }
}

@Suite("Benchmarks of the store", .serialized)
struct StoreBenchmarks {
    @Test("puts and gets: keys of 16 bytes, values of 256")
    func putsAndGets() throws {
        for count in full ? [10_000, 100_000, 1_000_000] : [2_000] {
            let work = try Workload(capacity: full ? 2 << 30 : 64 << 20)
            let fresh = try work.put(Workload.puts(0..<count, keyBytes: 16, valueBytes: 256))
            let again = try work.put(Workload.puts(0..<count, keyBytes: 16, valueBytes: 256, step: 7919))
            try work.commit()
            let all = (0..<count).map { number in
                RangeRequest(key: Workload.key(number &* 104_729 % count, bytes: 16), serializable: true).encoded()
            }
            let (one, bytes) = try work.get(all)
            #expect(bytes > count * 256)
            let hot = [ByteSlice](repeating: all[0], count: full ? 1_000_000 : 100)
            let (same, _) = try work.get(hot)
            report(
                "\(count) keys: put of a new key \(fresh) ns, of a known key \(again) ns; get \(one) ns, of the same key \(same) ns"
            )
            #expect(work.store.revision.rawValue == Int64(2 * count + 1))
        }
    }

    @Test("memory and start: keys of 8 bytes, values of 64")
    func memoryAndStart() throws {
        let count = full ? 1_000_000 : 5_000
        let work = try Workload(capacity: full ? 1 << 30 : 64 << 20)
        let puts = try work.put(Workload.puts(0..<count, keyBytes: 8, valueBytes: 64))
        try work.commit()
        let bytes = work.store.indexBytes
        let start = cpuNanoseconds()
        let backend = try Backend(try BoltFile(mapping: work.image.view, fileLength: work.length))
        let opened = cpuNanoseconds()
        let store = try Store(restoring: backend)
        let restored = cpuNanoseconds()
        #expect(store.revision == work.store.revision && store.keyCount == count && store.check() == nil)
        if full { #expect(store.indexBytes < 100_000_000) }
        report(
            "\(count) keys of 8 bytes: put \(puts) ns, index \(bytes / 1000) KB as written, \(store.indexBytes / 1000) KB as restored; "
                + "file opened in \((opened - start) / 1_000_000) ms, index restored in \((restored - opened) / 1_000_000) ms"
        )
    }

    @Test("ranges of a thousand, and counting")
    func ranges() throws {
        let count = full ? 1_000_000 : 5_000
        let work = try Workload(capacity: full ? 1 << 30 : 64 << 20)
        _ = try work.put(Workload.puts(0..<count, keyBytes: 8, valueBytes: 64))
        try work.commit()
        for (name, request) in [
            ("with values", RangeRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]))),
            ("keys only", RangeRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]), keysOnly: true)),
            ("count only", RangeRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]), countOnly: true)),
            ("limit 500", RangeRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]), limit: 500)),
            (
                "newest first",
                RangeRequest(
                    key: ByteSlice([0]), rangeEnd: ByteSlice([0]), sortOrder: .descend, sortTarget: .mod)
            ),
            (
                "by value",
                RangeRequest(
                    key: ByteSlice([0]), rangeEnd: ByteSlice([0]), sortOrder: .ascend, sortTarget: .value)
            ),
        ] {
            let bytes = request.encoded()
            work.buffer.removeAll()
            var longest = 0
            let start = cpuNanoseconds()
            let view = try RangeRequest.View(decoding: bytes.view)
            let cursor = try work.store.range(view, from: work.backend, header: work.header, into: &work.buffer)
            if let cursor {
                while true {
                    let before = cpuNanoseconds()
                    let isDone = try work.store.step(cursor, from: work.backend)
                    longest = max(longest, cpuNanoseconds() - before)
                    if isDone { break }
                }
                #expect(cursor.count == count)
            }
            let total = cpuNanoseconds() - start
            report("\(count) keys, \(name): \(total / count) ns a key, longest step \(longest / 1000) us")
        }
    }

    @Test("compaction: no step is long")
    func compaction() throws {
        let count = full ? 200_000 : 2_000
        let work = try Workload(capacity: full ? 1 << 30 : 64 << 20)
        for _ in 0..<3 { _ = try work.put(Workload.puts(0..<count, keyBytes: 16, valueBytes: 64)) }
        try work.commit()
        try work.store.compact(at: work.store.revision, in: &work.backend, header: work.header, into: &work.buffer)
        var (longest, total, steps) = (0, 0, 0)
        while work.store.isCompacting {
            let before = cpuNanoseconds()
            try work.store.compactionStep(in: &work.backend)
            let time = cpuNanoseconds() - before
            longest = max(longest, time)
            total += time
            steps += 1
            if work.backend.changes >= 10_000 { try work.commit() }
        }
        #expect(work.store.olderChangeCount == 0)
        report(
            "compaction of \(3 * count) revisions: \(total / (3 * count)) ns a revision, \(steps) steps, the longest \(longest / 1000) us"
        )
    }
}
