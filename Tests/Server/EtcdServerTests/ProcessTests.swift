// ProcessTests.swift: the program as an operator meets it: how it starts, what it refuses, how it ends.

import Foundation
import Testing

extension Processes {
    @Suite("Starts and ends")
    struct ProcessTests {
        @Test("an empty directory: it serves, ends by the signal that asked for it, and remembers")
        func lifetime() throws {
            let folder = try Folder()
            let first = try Server(Program.ours, in: folder)
            try first.control("put", "a", "1")
            try first.control("put", "a", "2")
            let hash = try first.hash()
            #expect(try first.page("/version") == #"{"etcdserver":"3.5.33","etcdcluster":"3.5.0"}"#)
            let end = first.stop()
            #expect(end.bySignal && end.status == SIGTERM)
            for message in ["ready to serve client requests", "received signal; shutting down", "closed etcd server"] {
                #expect(first.text.contains("\"msg\":\"\(message)\""))
            }
            let second = try Server(Program.ours, in: folder)
            #expect(try second.control("get", "a", "--print-value-only") == "2\n")
            #expect(try second.hash() == hash)
            #expect(second.stop(SIGINT).status == SIGINT)
        }

        @Test("a signal that the parent held back ends it all the same")
        func blocked() throws {
            let server = try Server(
                Program.ours, in: try Folder(), through: "exec env --block-signal=TERM,INT \"$0\" \"$@\"")
            try server.control("put", "a", "1")
            #expect(server.stop().status == SIGTERM)
        }

        /// Command lines that end by themselves. A real etcd gives the same code and, for code 2, the same first line.
        static let endings: [[String]] = [
            ["--version"], ["--nosuch"], ["--name"], ["--snapshot-count", "abc"], ["--listen-client-urls", "foo"],
            ["--listen-client-urls", "http://localhost"], ["--initial-cluster-state", "foo"], ["--enable-v2=maybe"],
            ["extra"], ["--election-timeout", "100"], ["--auto-compaction-mode", "foo"], ["-h"],
            ["--listen-client-urls", "http://127.0.0.1:1"], ["--listen-peer-urls", "http://example.com:2380"],
        ]

        @Test("mistakes on the command line end as a real etcd's do", arguments: endings)
        func mistakes(arguments: [String]) throws {
            let folder = try Folder()
            let inFolder = ["-C", folder.path]
            let ours = try Program.run("env", inFolder + [Program.ours] + arguments)
            let real = try Program.run("env", inFolder + [Program.real351] + arguments)
            #expect(ours.status == real.status)
            if real.status == 2 {
                #expect(ours.errors.split(separator: "\n").first == real.errors.split(separator: "\n").first)
                #expect(ours.errors.contains("\nUsage:\n"))
            }
            if real.status == 1 {
                let reason = real.errors.split(separator: "\n").first { $0.contains("failed to verify flags") }
                let error = try #require(reason?.range(of: "\"error\":").map { reason![$0.lowerBound...] })
                #expect(ours.errors.contains(error), "\(ours.errors)")
            }
            #expect(folder.list("").isEmpty, "something was made: \(folder.list(""))")
        }

        @Test("an address that is taken: code 1, its name, and no file touched")
        func taken() throws {
            let (folder, other) = (try Folder(), try Folder())
            let first = try Server(Program.ours, in: folder)
            let result = try Program.run(
                Program.ours,
                [
                    "--data-dir", other["data"], "--listen-client-urls", first.endpoint, "--advertise-client-urls",
                    first.endpoint, "--listen-peer-urls", "http://127.0.0.1:0",
                ])
            #expect(result.status == 1)
            #expect(result.errors.contains("\"msg\":\"discovery failed\""))
            #expect(result.errors.contains("127.0.0.1:\(first.clientPort)"))
            #expect(other.list("").isEmpty)
        }

        @Test("two servers on one directory: the second waits until the first has ended")
        func locked() throws {
            let folder = try Folder()
            let first = try Server(Program.ours, in: folder)
            try first.control("put", "a", "1")
            let second = try Server(Program.ours, in: folder, waits: false)
            try second.wait("it does not say that it waits") { second.text.contains("waiting for it") }
            try first.control("put", "a", "2")
            first.stop()
            try second.waitUntilHealthy()
            #expect(try second.control("get", "a", "--print-value-only") == "2\n")
        }

        @Test("a database without its log is not begun again")
        func logIsGone() throws {
            let folder = try Folder()
            let first = try Server(Program.ours, in: folder)
            try first.control("put", "a", "1")
            first.stop()
            try FileManager.default.removeItem(atPath: folder["data/member/wal"])
            let second = try Server(Program.ours, in: folder, waits: false)
            #expect(second.waitForEnd().status == 1)
            #expect(second.text.contains("there is no log"))
        }

        @Test("the port for peers says who is in the cluster")
        func peers() throws {
            let server = try Server(Program.ours, in: try Folder())
            let members = try server.page("/members", peer: true, "-i")
            #expect(members.contains("\"peerURLs\":[\"http://127.0.0.1:28880\"],\"name\":\"m1\",\"clientURLs\":[\""))
            #expect(members.lowercased().contains("x-etcd-cluster-id: "))
            #expect(try server.page("/version", peer: true) == server.page("/version"))
            #expect(try server.page("/raft/probing", peer: true).hasPrefix(#"{"OK":true,"Now":"20"#))
            #expect(try server.page("/health", peer: true) == "404 page not found\n")
        }

        @Test("a trace of everything, within its limits, and a server that is no slower to end")
        func trace() throws {
            let folder = try Folder()
            let server = try Server(
                Program.ours, in: folder,
                more: ["--trace-dir", folder["trace"], "--trace-file-bytes", "65536", "--trace-total-bytes", "200000"])
            for number in 0..<40 { try server.control("put", "key\(number % 3)", String(repeating: "v", count: 100)) }
            #expect(server.stop().bySignal)
            let files = folder.list("trace").filter { $0.hasSuffix(".ndjson") }
            #expect(files.count > 1)
            var text = ""
            for file in files { text += try String(contentsOfFile: folder["trace/\(file)"], encoding: .utf8) }
            #expect(text.utf8.count < 300_000)
            for event in ["request-received", "entry-applied", "revision-written", "answers-flushed", "log-synced"] {
                #expect(text.contains("\"\(event)\""), "no \(event)")
            }
        }
    }

    @Suite("When the disk does not do what it should")
    struct DiskTests {
        @Test("a database at its limit takes no more puts, and still lets go of keys")
        func quota() throws {
            let server = try Server(Program.ours, in: try Folder(), more: ["--quota-backend-bytes", "400000"])
            let value = String(repeating: "q", count: 20_000)
            var taken = 0
            var refusal = ""
            while taken < 100, refusal.isEmpty {
                do { try server.control("put", "key\(taken)", value) } catch { refusal = "\(error)" }
                taken += 1
            }
            #expect(taken > 5 && taken < 25)
            #expect(refusal.contains("etcdserver: mvcc: database space exceeded"))
            let transaction = try Program.run(
                "bash",
                [
                    "-c", "printf '\\n\\nput a \(value)\\n\\n' | \(Program.control) --endpoints \(server.endpoint) txn",
                ])
            #expect(transaction.errors.contains("database space exceeded"))
            #expect(try server.control("del", "key1") == "1\n")
        }

        @Test("a database file that another program cuts: the process ends, and nobody is told zeros")
        func cut() throws {
            let folder = try Folder()
            let server = try Server(Program.ours, in: folder)
            let value = String(repeating: "x", count: 3000)
            for number in 0..<60 { try server.control("put", "key\(number)", value) }
            // What was written lately is still in memory: it must have reached the file first.
            usleep(400_000)
            let file = try #require(FileHandle(forUpdatingAtPath: folder["data/member/snap/db"]))
            try file.truncate(atOffset: 8192)
            for number in 0..<60 {
                guard let got = try? server.control("get", "key\(number)", "--print-value-only") else { break }
                #expect(got == value + "\n")
            }
            #expect(server.waitForEnd().status == 1)
            #expect(server.text.contains("another program has cut"))
        }

        @Test("a disk that takes no more: the process ends, and what was acknowledged is there")
        func full() throws {
            let folder = try Folder()
            // Files may not grow beyond 66 MB here; the signal that comes with it is ignored, so the call fails.
            let server = try Server(Program.ours, in: folder, through: "trap '' XFSZ; ulimit -f 66000")
            let value = String(repeating: "y", count: 1_000_000)
            try value.write(toFile: folder["value"], atomically: false, encoding: .utf8)
            var acknowledged = 0
            // Too long for a command line, so it comes from a file.
            func put(_ number: Int) throws -> Bool {
                let command = "\(Program.control) --endpoints \(server.endpoint) put key\(number) < \(folder["value"])"
                return try Program.run("bash", ["-c", command], environment: ["ETCDCTL_API": "3"]).status == 0
            }
            while acknowledged < 100, try put(acknowledged) { acknowledged += 1 }
            #expect(acknowledged > 20 && acknowledged < 100)
            #expect(server.waitForEnd().status == 1)
            #expect(server.text.contains("\"level\":\"fatal\""))
            let again = try Server(Program.ours, in: folder)
            for number in [0, acknowledged / 2, acknowledged - 1] {
                #expect(try again.control("get", "key\(number)", "--print-value-only") == value + "\n")
            }
            let count = try again.control("get", "key", "--prefix", "--count-only", "-w", "fields")
            #expect(count.contains("\"Count\" : \(acknowledged)") || count.contains("\"Count\" : \(acknowledged + 1)"))
        }
    }
}
