// DirectoryTests.swift: data directories go back and forth between ours and real etcd.

import Foundation
import Testing

extension Processes {
    @Suite("One directory, several programs")
    struct DirectoryTests {
        /// Something of everything that this version has: versions, deletions, transactions by hand, a compaction.
        private func fill(_ server: Server, _ round: Int) throws {
            for number in 0..<30 { try server.control("put", "r\(round)/key\(number)", "value \(number)") }
            for number in 0..<10 { try server.control("put", "r\(round)/key\(number)", "newer \(number)") }
            try server.control("del", "r\(round)/key2", "r\(round)/key25")
            try server.control("put", "r\(round)/key20", "back again")
        }

        private func revision(_ server: Server) throws -> Int {
            let text = try server.control("get", "nothing", "-w", "json")
            let tail = try #require(text.range(of: "\"revision\":").map { text[$0.upperBound...] })
            return try #require(Int(tail.prefix { $0.isNumber }))
        }

        static let orders: [[String]] = [
            [Program.ours, Program.real351, Program.ours, Program.real351],
            [Program.real351, Program.ours, Program.real351, Program.ours],
            [Program.real34, Program.ours, Program.ours],
        ]

        @Test("each starts on what the other left, with the same hash, snapshots included", arguments: orders)
        func handedOver(programs: [String]) throws {
            let folder = try Folder()
            var hash: String?
            for (round, program) in programs.enumerated() {
                let server = try Server(program, in: folder, more: ["--snapshot-count", "40"])
                if let hash { #expect(try server.hash() == hash, "\(program)") }
                try fill(server, round)
                if round == 1 { try server.control("compact", "\(try revision(server) - 5)") }
                #expect(try server.control("get", "r\(round)/key20", "--print-value-only") == "back again\n")
                hash = try server.hash()
                #expect(server.stop().status == SIGTERM)
            }
            #expect(folder.list("data/member/snap").contains { $0.hasSuffix(".snap") })
        }

        @Test("the same after kill -9, when the database is behind the log", arguments: orders.prefix(2))
        func killed(programs: [String]) throws {
            let folder = try Folder()
            var hash: String?
            for (round, program) in programs.enumerated() {
                let server = try Server(program, in: folder, more: ["--snapshot-count", "40"])
                if let hash { #expect(try server.hash() == hash, "\(program)") }
                try fill(server, round)
                hash = try server.hash()
                #expect(server.stop(SIGKILL).bySignal)
            }
        }

        /// What a real etcd left that this version could not carry on, and the word by which it names it.
        static let beyondUs: [([String], String)] = [
            (["lease", "grant", "1000"], "lease"),
            (["user", "add", "root:x"], "auth"),
        ]

        @Test("what cannot be carried on is refused by its name, before and after a snapshot", arguments: beyondUs)
        func refused(command: [String], word: String) throws {
            for count in ["1000", "10"] {
                let folder = try Folder()
                let real = try Server(Program.real351, in: folder, more: ["--snapshot-count", count])
                _ = try Program.run(
                    Program.control, ["--endpoints", real.endpoint] + command, environment: ["ETCDCTL_API": "3"])
                for number in 0..<25 { try real.control("put", "a\(number)", "1") }
                real.stop()
                let ours = try Server(Program.ours, in: folder, more: ["--snapshot-count", count], waits: false)
                #expect(ours.waitForEnd().status == 1)
                #expect(ours.text.lowercased().contains(word), "\(ours.text)")
                // Nothing was spoiled: the real one goes on.
                let again = try Server(Program.real351, in: folder)
                #expect(try again.control("get", "a24", "--print-value-only") == "1\n")
            }
        }

        @Test("a saved snapshot is whole, and real etcdctl says so")
        func saved() throws {
            let folder = try Folder()
            let server = try Server(Program.ours, in: folder)
            let value = String(repeating: "z", count: 100_000)
            for number in 0..<20 { try server.control("put", "key\(number)", value) }
            try server.control("snapshot", "save", folder["saved.db"])
            let status = try server.control("snapshot", "status", folder["saved.db"], "-w", "json")
            #expect(status.contains("\"revision\":21"), "\(status)")
            let size = try FileManager.default.attributesOfItem(atPath: folder["saved.db"])[.size] as? Int ?? 0
            #expect(size > 2_000_000 && size % 512 == 32)
        }
    }
}
