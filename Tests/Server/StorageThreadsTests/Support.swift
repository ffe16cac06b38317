// Support.swift: folders, inboxes, programs.

import BoltFile
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

/// All tests of this folder, one after the other. Some start processes, and between `fork` and `exec` a child holds every
/// lock that this process holds: a file that another test has just closed would still be locked.
@Suite("On real files", .serialized)
enum OnRealFiles {}

/// How much is done: see Tests/long.sh.
enum Settings {
    static let environment = ProcessInfo.processInfo.environment
    static let first = UInt64(environment["ETCD_TEST_FIRST_SEED"] ?? "") ?? 1
    static let long = environment["ETCD_TEST_LONG"] != nil

    static func seeds(usually count: UInt64) -> Range<UInt64> {
        first..<(first + (environment["ETCD_TEST_SEEDS"].flatMap(UInt64.init) ?? count))
    }
}

/// A folder of the real disk that is gone when the test is.
final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("storage-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }
}

/// Where reports arrive, and where a test waits for one.
final class Inbox: Sendable {
    private let reports = Mutex<[StorageReport]>([])
    private let bell = Bell()

    var reporter: StorageReporter {
        { [self] report in
            reports.withLock { $0.append(report) }
            bell.ring()
        }
    }

    // Copied one by one, into memory of its own. `$0` alone would share the array's memory with the thread that appends to
    // it, which is right (the count of owners orders them) and which no sanitizer can see.
    var all: [StorageReport] { reports.withLock { reports in reports.map { $0 } } }

    /// Waits until some report is what is wanted; a test that waits in vain fails after 20 seconds.
    func wait<Result: Sendable>(for wanted: (StorageReport) -> Result?) throws -> Result {
        let end = SystemClock.monotonicNanoseconds + 20_000_000_000
        while true {
            // Looked for under the lock: most reports are none of ours, and a copy of all would be made for nothing.
            let found = reports.withLock { reports -> Result? in
                for report in reports { if let result = wanted(report) { return result } }
                return nil
            }
            if let found { return found }
            try #require(SystemClock.monotonicNanoseconds < end, "waited in vain; reports: \(all)")
            _ = bell.wait(upTo: 100_000_000)
        }
    }

    func stored(_ ticket: UInt64) throws -> StoredBatch {
        try wait { if case .stored(let batch) = $0, batch.ticket >= ticket { batch } else { nil } }
    }

    func durable(_ transaction: UInt64) throws {
        try wait { if case .pagesDurable(let pages) = $0, pages.transaction >= transaction { () } else { nil } }
    }

    func failure() throws -> StorageFailure {
        try wait { if case .failed(let failure) = $0 { failure } else { nil } }
    }
}

enum Programs {
    /// A program of this package: it lies where the tests do.
    static func path(_ name: String) -> String {
        // Tests/Server/StorageThreadsTests/Support.swift is four below the checkout.
        var checkout = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { checkout.deleteLastPathComponent() }
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let beside = bundle.deletingLastPathComponent().appendingPathComponent(name).path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        #if DEBUG
            return checkout.appendingPathComponent(".build/debug/\(name)").path
        #else
            return checkout.appendingPathComponent(".build/release/\(name)").path
        #endif
    }

    /// Runs a program to its end.
    @discardableResult
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = Settings.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}

extension LogBatch {
    /// Entries with a payload that says their index.
    static func entries(_ range: ClosedRange<UInt64>, term: UInt64 = 1) -> LogBatch {
        var batch = LogBatch()
        for index in range {
            batch.add(
                Entry(
                    term: Term(rawValue: term), index: LogIndex(rawValue: index),
                    data: ByteSlice(utf8: "entry \(index)")))
        }
        return batch
    }
}
