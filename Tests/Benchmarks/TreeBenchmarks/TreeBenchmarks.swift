// TreeBenchmarks.swift: our tree and LMDB, the same work, the same disk, one run.
//
// Small in every test run, so that it cannot rot; with ETCD_BENCH=1 a million keys, and ten million for the
// scale. What is compared is a ratio of two times from the same minutes on the same machine; both sync each
// batch twice (data, then meta), both have pages of 4 KiB, both read from a warm page cache.
//
//     insert, waiting   ours as a program without threads: the next batch begins when one is durable
//     insert            ours as the server does it: a thread writes one batch while the next is made
//     get, scan         best of three, all keys

import BoltFile
import Bytes
import Files
import Foundation
import LMDBReference
import Testing

private let full = ProcessInfo.processInfo.environment["ETCD_BENCH"] == "1"

/// Prints a line and keeps it in ETCD_BENCH_DIR, with the load of the machine.
private func report(_ line: String) {
    let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8))?.prefix { $0 != "\n" } ?? ""
    print("\(line)   (load \(load))")
    guard let folder = ProcessInfo.processInfo.environment["ETCD_BENCH_DIR"] else { return }
    let path = folder + "/trees.txt"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    try? (old + line + "   (load \(load))\n").write(toFile: path, atomically: true, encoding: .utf8)
}

@Suite("Benchmarks of the tree", .serialized)
struct TreeBenchmarks {
    private struct Times {
        var waiting: UInt64 = 0
        var insert: UInt64 = 0
        var get = UInt64.max
        var scan = UInt64.max
        var digests: Set<UInt64> = []
    }

    private func ours(_ count: UInt64, random: Bool) throws -> Times {
        var times = Times()
        times.waiting = try TreeWorkload().insert(count, batch: 10_000, random: random)
        let work = try TreeWorkload()
        times.insert = try work.insertPipelined(count, batch: 10_000, random: random)
        for _ in 0..<3 {
            times.get = min(times.get, try work.get(count, reads: count, random: random))
            times.digests.insert(work.digest)
            times.scan = min(times.scan, try work.scan())
            times.digests.insert(work.digest)
        }
        return times
    }

    private func theirs(_ count: UInt64, random: Bool) throws -> Times {
        var times = Times()
        try #require(lmdb_reference_open(16 << 30), "LMDB makes no database in \(TreeWorkload.folder)")
        defer { lmdb_reference_close() }
        times.insert = lmdb_reference_insert(0, count, 10_000, random)
        for _ in 0..<3 {
            times.get = min(times.get, lmdb_reference_get(count, count, random))
            times.digests.insert(lmdb_reference_digest())
            times.scan = min(times.scan, lmdb_reference_scan())
            times.digests.insert(lmdb_reference_digest())
        }
        return times
    }

    @Test(
        "a million keys: no slower than twice LMDB's inserts, one and a half times its reads", arguments: [false, true])
    func sideBySide(random: Bool) throws {
        try FileManager.default.createDirectory(atPath: TreeWorkload.folder, withIntermediateDirectories: true)
        let count: UInt64 = full ? 1_000_000 : 20_000
        let (mine, reference) = (try ours(count, random: random), try theirs(count, random: random))
        // Both read all keys, by look-ups and by scanning; random look-ups may meet a key twice.
        #expect(mine.digests == reference.digests)
        #expect(mine.digests.count <= 2)
        let name = random ? "random" : "sequential"
        func compare(_ what: String, _ ours: UInt64, _ theirs: UInt64, limit: Double) {
            let ratio = Double(ours) / Double(max(theirs, 1))
            report(
                "\(name) \(what): ours \(ours / count) ns, LMDB \(theirs / count) ns a key, "
                    + "ratio \((ratio * 100).rounded() / 100)")
            if full { #expect(ratio <= limit, "\(name) \(what)") }
        }
        compare("insert, waiting", mine.waiting, reference.insert, limit: 2)
        compare("insert", mine.insert, reference.insert, limit: 2)
        compare("get", mine.get, reference.get, limit: 1.5)
        compare("scan", mine.scan, reference.scan, limit: 1.5)
    }

    /// How much memory of the process is its own and in no file, in bytes.
    private func anonymousBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
        return (Int(line.filter(\.isNumber)) ?? 0) << 10
    }

    @Test("ten million keys: anonymous memory stays under a tenth of the file, opening reads it once")
    func scale() throws {
        let count: UInt64 = full ? 10_000_000 : 50_000
        let before = try anonymousBytes()
        let work = try TreeWorkload(reserving: 64 << 30)
        let built = try work.insertPipelined(count, batch: 10_000, random: false)
        let atEnd = try anonymousBytes()
        let start = SystemClock.monotonicNanoseconds
        try work.reopen()
        let opened = SystemClock.monotonicNanoseconds - start
        let afterOpening = try anonymousBytes()
        let reads = count / 10
        let time = try work.get(count, reads: reads, random: false)
        let changed = try work.rewrite(count / 100, of: count)
        let atWork = try anonymousBytes()
        let file = work.fileBytes
        report(
            "\(count) keys, file \(file >> 20) MiB: built in \(built / 1_000_000) ms, opened in \(opened / 1_000_000) ms, "
                + "get \(time / max(reads, 1)) ns, random replacement \(changed / max(count / 100, 1)) ns")
        let own = [atEnd, afterOpening, atWork].map { max(0, $0 - before) }
        report(
            "RssAnon: \(before >> 20) MiB before; on top of it \(own[0] >> 20) MiB after building, \(own[1] >> 20) MiB "
                + "after opening again, \(own[2] >> 20) MiB after random work; a tenth of the file is \((file / 10) >> 20) MiB"
        )
        if full { for bytes in [atEnd, afterOpening, atWork] { #expect(bytes < file / 10) } }
    }
}
