// Settings.swift: what changes the size or the place of these tests (the same variables as everywhere).

import Foundation

/// What the environment says.
enum Settings {
    private static let environment = ProcessInfo.processInfo.environment
    /// Full size for benchmarks.
    static let isBenchmark = environment["ETCD_BENCH"] == "1"
    /// Where raw output of benchmarks is kept.
    static let benchmarkFolder = environment["ETCD_BENCH_DIR"]
    /// Whether transcripts are written anew instead of compared; a person then reads the difference.
    static let rewritesScripts = environment["ETCD_REWRITE_SCRIPTS"] == "1"
    /// How many seeds a property walks.
    static let seeds = Int(environment["ETCD_TEST_SEEDS"] ?? "") ?? 40
    /// The first of them.
    static let firstSeed = UInt64(environment["ETCD_TEST_FIRST_SEED"] ?? "") ?? 1

    /// The folder of this file, where the scripts lie beside it.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    /// The public conformance scripts: beside the checkout, or wherever the environment says.
    static let conformanceFolder: URL? = {
        if let path = environment["ETCD_RAFT_SCRIPTS"] { return existing(URL(filePath: path)) }
        var up = folder
        for _ in 0..<8 {
            up = up.deletingLastPathComponent()
            if let found = existing(up.appending(path: "shared/raft-scripts")) { return found }
        }
        return nil
    }()

    private static func existing(_ url: URL) -> URL? {
        FileManager.default.fileExists(atPath: url.path) ? url : nil
    }
}
