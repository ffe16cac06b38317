// LogBenchmarks.swift: what do frames, checksums and whole pages cost on top of the bare system calls?
//
// Two files on the same disk, reserved in the same way: one is a log, into the other go the same bytes by one
// `pwrite` and one `fdatasync` and nothing else. They take turns, operation by operation, so that whatever else the
// machine does hits both alike; medians are compared.
//
//     ETCD_BENCH=1        full size
//     ETCD_BENCH_DIR=DIR  every single time goes there, one line an operation, in nanoseconds

import Bytes
import Disk
import Files
import Foundation
import Identifiers
import RaftMessages
import StorageThreads
import Synchronization
import Testing
import WriteAheadLog

@Suite("The log's speed", .serialized)
struct LogBenchmarks {
    static let environment = ProcessInfo.processInfo.environment
    static let full = environment["ETCD_BENCH"] != nil

    struct Times {
        var samples: [UInt64] = []

        func quantile(_ share: Double) -> Double {
            let sorted = samples.sorted()
            return Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]) / 1000
        }

        var summary: String {
            let figures = [0.5, 0.9, 0.99].map { String(format: "%.1f", quantile($0)) }
            return "p50 \(figures[0]) us, p90 \(figures[1]) us, p99 \(figures[2]) us"
        }
    }

    private func folder() throws -> String {
        // Not /tmp, which may be memory: the disk that holds the checkout.
        let place = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        var checkout = place
        for _ in 0..<3 { checkout.deleteLastPathComponent() }
        let path = checkout.appendingPathComponent(".build/bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private func keep(_ name: String, _ ours: Times, _ bare: Times) throws {
        guard let directory = Self.environment["ETCD_BENCH_DIR"] else { return }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let lines = zip(ours.samples, bare.samples).map { "\($0) \($1)" }.joined(separator: "\n")
        let head = "# nanoseconds of an append and a sync: the log, and the bare calls\n"
        try (head + lines + "\n").write(toFile: "\(directory)/\(name).txt", atomically: true, encoding: .utf8)
    }

    @Test("append and sync against bare pwrite and fdatasync", arguments: [1, 64])
    func appendAndSync(records: Int) throws {
        // A busy machine can spoil a short run, not three of them.
        var ratio = Double.infinity
        for _ in 0..<3 where ratio > 1.2 { ratio = try run(records: records) }
        #expect(ratio <= 1.2, "\(records) records a batch take \(ratio) times as long as the bare calls")
    }

    private func run(records: Int) throws -> Double {
        let rounds = Self.full ? 4000 : 250
        let path = try folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let disk = FileSystem()
        var log = try WriteAheadLog.create(joinPath(path, "wal"), on: disk, metadata: "benchmark")
        let bare = try disk.open(joinPath(path, "bare"), .creatingNew)
        try bare.preallocate(64_000_000)
        try bare.sync()
        let data = ByteSlice([UInt8](repeating: 0x5A, count: 290))
        let frame = 312
        let block = ByteSlice([UInt8](repeating: 0xA5, count: frame * records))
        var (ours, theirs) = (Times(), Times())
        var (index, offset) = (UInt64(0), 0)
        var batch = LogBatch()
        for _ in 0..<rounds {
            let start = SystemClock.monotonicNanoseconds
            for _ in 0..<records {
                index += 1
                batch.add(Entry(term: 1, index: LogIndex(rawValue: index), data: data))
            }
            try log.append(batch)
            try log.sync()
            let middle = SystemClock.monotonicNanoseconds
            if offset + block.count > 64_000_000 { offset = 0 }
            try bare.write(block.view, at: offset)
            try bare.syncData()
            let end = SystemClock.monotonicNanoseconds
            offset += block.count
            batch.removeAll()
            ours.samples.append(middle - start)
            theirs.samples.append(end - middle)
        }
        let ratio = ours.quantile(0.5) / theirs.quantile(0.5)
        print(
            """
            log, \(records) records of 290 bytes a batch, \(rounds) batches, \(records * frame) bytes a write, digest \(index):
              append and sync         \(ours.summary)
              pwrite and fdatasync    \(theirs.summary)
              ratio of the medians    \(String(format: "%.3f", ratio))
            """)
        try keep("log-\(records)", ours, theirs)
        return ratio
    }

    /// What the owner pays while the disk is busy: the time of a `submit`, from one that finds the thread asleep to one
    /// that finds it in the middle of a sync.
    @Test("handing a batch to the thread costs the owner microseconds, whatever the disk does")
    func submit() throws {
        let rounds = Self.full ? 20_000 : 1000
        let path = try folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let stored = Atomic<UInt64>(0)
        let syncs = Atomic<Int>(0)
        try withExtendedLifetime(Counters()) { counters in
            let log = try WriteAheadLog.create(joinPath(path, "wal"), on: FileSystem(), metadata: "benchmark")
            let thread = LogThread(log, snapshotDirectory: path) { report in
                guard case .stored(let batch) = report else { return }
                counters.stored.store(batch.ticket, ordering: .releasing)
                counters.syncs.add(1, ordering: .relaxed)
            }
            let data = ByteSlice([UInt8](repeating: 0x5A, count: 290))
            var times = Times()
            var batch = LogBatch()
            let begin = SystemClock.monotonicNanoseconds
            for ticket in 1...UInt64(rounds) {
                batch.add(Entry(term: 1, index: LogIndex(rawValue: ticket), data: data))
                let start = SystemClock.monotonicNanoseconds
                thread.submit(&batch, ticket: ticket)
                times.samples.append(SystemClock.monotonicNanoseconds - start)
                // A client's worth of other work.
                while SystemClock.monotonicNanoseconds - start < 5000 {}
            }
            thread.stop()
            let spent = Double(SystemClock.monotonicNanoseconds - begin) / 1e9
            stored.store(counters.stored.load(ordering: .acquiring), ordering: .relaxed)
            syncs.store(counters.syncs.load(ordering: .relaxed), ordering: .relaxed)
            print(
                """
                log thread, \(rounds) batches of one record: submit \(times.summary)
                  \(counters.syncs.load(ordering: .relaxed)) syncs, \(Int(Double(rounds) / spent)) batches durable a second
                """)
            // A sync takes a hundred microseconds and more: an owner that waited for one would show here.
            #expect(times.quantile(0.5) < 50)
        }
        #expect(stored.load(ordering: .relaxed) == UInt64(rounds))
        #expect(syncs.load(ordering: .relaxed) < rounds)
    }

    final class Counters: Sendable {
        let stored = Atomic<UInt64>(0)
        let syncs = Atomic<Int>(0)
    }
}
