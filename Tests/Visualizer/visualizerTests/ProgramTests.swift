// ProgramTests.swift: the program as one types it: formats, filters, exit codes, traces there and back.

import Diagrams
import Foundation
import Simulation
import Testing

/// What a run gave.
private struct Result {
    var code: Int32
    var output: Data
    var errors: String
    var text: String { String(decoding: output, as: UTF8.self) }
}

private func visualizer(_ arguments: String...) throws -> Result {
    // Output goes to files: a pipe that nobody reads meanwhile could fill up and block it.
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("visualizer-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["output", "errors"].map { folder.appendingPathComponent($0) }
    for file in files { try Data().write(to: file) }
    let process = Process()
    process.executableURL = Bundle.main.executableURL!.deletingLastPathComponent().appendingPathComponent("visualizer")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    return Result(
        code: process.terminationStatus, output: try Data(contentsOf: files[0]),
        errors: try String(contentsOf: files[1], encoding: .utf8))
}

/// A file that is gone when the test is.
private func withFile(_ name: String, _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("traces-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appendingPathComponent(name).path)
}

@Suite("The visualizer", .serialized)
struct ProgramTests {
    @Test("the stories are listed, a line each, the name first")
    func list() throws {
        let result = try visualizer("demo", "--list")
        #expect(result.code == 0)
        let names = result.text.split(separator: "\n").map { $0.prefix { $0 != " " } }
        #expect(names.map(String.init) == KnownScenario.all.map(\.name))
    }

    @Test("every format begins as it should, and the same seed gives the same bytes")
    func formats() throws {
        for (format, start) in [
            ("svg", "<?xml"), ("png", "\u{89}PNG"), ("pdf", "%PDF"), ("dot", "digraph"), ("txt", "Election"),
            ("ndjson", "{\"member\""), ("tla", "{\"tag\""),
        ] {
            let result = try visualizer("demo", "plain-election", "--format", format)
            #expect(result.code == 0, "\(format): \(result.errors)")
            let head = format == "png" ? Data([0x89, 0x50, 0x4E, 0x47]) : Data(start.utf8)
            #expect(result.output.starts(with: head), "\(format): \(result.text.prefix(60))")
            if format == "pdf" { continue }  // A PDF has the date in it.
            #expect(try visualizer("demo", "plain-election", "--format", format, "--seed", "1").output == result.output)
        }
    }

    @Test("another seed is another run, where chance decides; the picture can be another one")
    func seeds() throws {
        let first = try visualizer("demo", "split-vote", "--format", "dot")
        let others = try (2...5).map { try visualizer("demo", "split-vote", "--format", "dot", "--seed", "\($0)") }
        #expect(others.contains { $0.code == 0 && $0.output != first.output })
        let timeline = try visualizer("demo", "split-vote", "--picture", "timeline")
        #expect(timeline.code == 0 && timeline.text.contains("step  n1"))
    }

    @Test("what the specification has no words for ends with 3, and says what that is")
    func specification() throws {
        for name in KnownScenario.all.map(\.name) {
            let result = try visualizer("demo", name, "--format", "tla")
            if result.code == 3 {
                #expect(result.output.isEmpty && result.errors.contains("specification"))
            } else {
                #expect(result.code == 0 && result.text.contains("InitState"))
            }
        }
        #expect(try visualizer("demo", "joint-consensus", "--format", "tla").errors.contains("joint"))
        #expect(try visualizer("demo", "replication", "--format", "tla").code == 0)
    }

    @Test("a trace that was written draws the same picture when it is read again, also from a directory")
    func there() throws {
        try withFile("all.ndjson") { file in
            #expect(try visualizer("demo", "leader-dies", "--format", "ndjson", "--output", file).code == 0)
            let title = KnownScenario.named("leader-dies")!.title
            let drawn = try visualizer("demo", "leader-dies", "--format", "dot")
            let read = try visualizer("election", "--from", file, "--format", "dot", "--title", title)
            #expect(read.output == drawn.output && !read.output.isEmpty)
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
            #expect(
                try visualizer("election", "--from", folder, "--format=dot", "--title", title).output == drawn.output)
            let again = try visualizer("export", "--from", file, "--format", "ndjson")
            #expect(
                try again.text.split(separator: "\n").sorted()
                    == String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").sorted())
            let late = try visualizer("timeline", "--from", file, "--terms", "3", "--members", "n2,n3")
            #expect(late.text.contains("n2 leads term 3") && !late.text.contains("leads term 2"))
            #expect(try visualizer("timeline", "--from", file, "--color", "always").text.contains("\u{1B}[32m"))
            #expect(try !visualizer("timeline", "--from", file).text.contains("\u{1B}"))
        }
    }

    @Test(
        "a trace becomes what the specification can follow, just as its story does; or ends with 3 and writes nothing")
    func translation() throws {
        try withFile("trace.ndjson") { file in
            for (name, code) in [("replication", 0), ("joint-consensus", 3), ("leader-dies", 3)] as [(String, Int32)] {
                #expect(try visualizer("demo", name, "--format", "ndjson", "-o", file).code == 0)
                let told = try visualizer("demo", name, "--format", "tla")
                let read = try visualizer("export", "--from", file, "--format", "tla")
                #expect(read.code == code && told.code == code, "\(name): \(read.errors)")
                #expect(read.output == told.output)
                #expect(code == 3 ? read.output.isEmpty : read.text.contains("InitState"))
                #expect(code == 0 || read.errors.contains("the public specification has no words for"))
                // With a file named, nothing is left there that could be taken for a result.
                let result = file + ".tla"
                #expect(try visualizer("export", "--from", file, "--format", "tla", "-o", result).code == code)
                #expect(FileManager.default.fileExists(atPath: result) == (code == 0))
                try? FileManager.default.removeItem(atPath: result)
            }
        }
    }

    @Test("traces of several members, in several files and directories, are one history")
    func severalSources() throws {
        try withFile("all.ndjson") { file in
            #expect(try visualizer("demo", "leader-dies", "--format", "ndjson", "-o", file).code == 0)
            let whole = try String(contentsOfFile: file, encoding: .utf8)
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
            var parts: [String] = []
            for member in 1...3 {
                // Each member's own machine, as a directory of two files; the second member's is a file alone.
                let lines = whole.split(separator: "\n").filter { $0.hasPrefix("{\"member\":\"\(member)\"") }
                #expect(lines.count > 40)
                let part = folder.appendingPathComponent("machine-\(member)")
                try FileManager.default.createDirectory(at: part, withIntermediateDirectories: true)
                for (number, half) in [lines.prefix(lines.count / 2), lines.suffix(lines.count - lines.count / 2)]
                    .enumerated()
                {
                    let text = half.joined(separator: "\n") + "\n"
                    try text.write(
                        to: part.appendingPathComponent("\(number).ndjson"), atomically: true, encoding: .utf8)
                }
                parts.append(part.path)
            }
            parts[1] = folder.appendingPathComponent("alone.ndjson").path
            let second = folder.appendingPathComponent("machine-2")
            let halves = try (0...1).map {
                try String(contentsOf: second.appendingPathComponent("\($0).ndjson"), encoding: .utf8)
            }
            try halves.joined().write(toFile: parts[1], atomically: true, encoding: .utf8)

            let expected = try visualizer("export", "--from", file, "--format", "ndjson")
            let merged = try visualizer("export", "--from", parts[2], parts[0], parts[1], "--format", "ndjson")
            #expect(merged.code == 0 && merged.errors.isEmpty && merged.output == expected.output)
            let title = KnownScenario.named("leader-dies")!.title
            let drawn = try visualizer(
                "election", "--from", parts[1], "--from", parts[0], parts[2], "--format=dot", "--title", title)
            #expect(try drawn.output == visualizer("demo", "leader-dies", "--format", "dot").output)

            // Where one machine's traces are not there, what is left is a history too, and what was lost with it is said.
            let two = try visualizer("export", "--from", parts[0], parts[2], "--format", "ndjson")
            #expect(two.code == 0 && two.text.split(separator: "\n").count < expected.text.split(separator: "\n").count)
            let gone = try visualizer("export", "--from", parts[0], folder.path + "/machine-9", "--format", "ndjson")
            #expect(gone.code == 1 && gone.output.isEmpty && gone.errors.contains("machine-9"))
        }
    }

    @Test("keys and requests are chosen in every picture; what nobody asked for is code 1, with the reason")
    func keys() throws {
        for kind in ["election", "replication", "timeline", "write"] {
            let chosen = try visualizer("demo", "leader-dies", "--picture", kind, "--keys", "x=1")
            #expect(chosen.code == 0 && !chosen.text.isEmpty, "\(kind): \(chosen.errors)")
            #expect(try chosen.output == visualizer("demo", "leader-dies", "--picture", kind, "--request", "39").output)
            let none = try visualizer("demo", "leader-dies", "--picture", kind, "--keys", "never")
            #expect(none.code == 1 && none.output.isEmpty && none.errors.contains("visualizer: no "), "\(kind)")
        }
        let both = try visualizer("demo", "leader-dies", "--picture", "timeline", "--keys", "x=1", "--request", "40")
        #expect(both.code == 1 && both.errors.contains("40") && both.errors.contains("`x=1`"))
    }

    @Test(
        "a command line that makes no sense is explained, with code 2",
        arguments: [
            ["elections"], ["demo"], ["demo", "no-such-story"], ["election"], ["election", "--from"],
            ["demo", "election", "--format", "gif"], ["demo", "election", "--seed", "x"],
            ["demo", "election", "--terms", "5-3"],
            ["demo", "election", "--from", "x"], ["export", "--from", "x", "--all"],
            ["demo", "election", "--width", "3"],
            ["demo", "election", "--picture", "sunset"], ["--format", "svg"],
            ["timeline", "--from", "x", "--seed", "3"],
            ["demo", "election", "--fromat", "svg"], ["demo", "read-index", "--terms", "2"],
            ["demo", "read-index", "--all"],
        ])
    func usage(arguments: [String]) throws {
        let process = try run(arguments)
        #expect(process.code == 2, "\(arguments): \(process.errors)")
        #expect(process.output.isEmpty && process.errors.hasPrefix("visualizer: "))
    }

    private func run(_ arguments: [String]) throws -> Result {
        switch arguments.count {
        case 1: try visualizer(arguments[0])
        case 2: try visualizer(arguments[0], arguments[1])
        case 3: try visualizer(arguments[0], arguments[1], arguments[2])
        case 4: try visualizer(arguments[0], arguments[1], arguments[2], arguments[3])
        default: try visualizer(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
        }
    }

    @Test("the pictures that the README shows are those that its commands make")
    func readme() throws {
        var checkout = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { checkout.deleteLastPathComponent() }
        let readme = try String(contentsOf: checkout.appendingPathComponent("README.md"), encoding: .utf8)
        for name in ["leader-dies", "follower-repair"] {
            let path = "Visualizer/Pictures/\(name).svg"
            #expect(readme.contains("(\(path))") && readme.contains("visualizer demo \(name) --format svg -o \(path)"))
            let shown = try String(contentsOf: checkout.appendingPathComponent(path), encoding: .utf8)
            let made = try visualizer("demo", name, "--format", "svg").text
            #expect(withoutLetterPlaces(made) == withoutLetterPlaces(shown), "\(path) is old")
        }
    }

    /// Where exactly letters stand depends on the fonts of the machine; nothing else does.
    private func withoutLetterPlaces(_ page: String) -> [Substring] {
        page.split(separator: "\n").map { line in
            line.hasPrefix("<text") ? line.drop { $0 != ">" } : line
        }
    }

    @Test("traces that are not there, are empty, or say nothing of what is asked are code 1, with the reason")
    func nothing() throws {
        let missing = try visualizer("election", "--from", "/no/such/file")
        #expect(missing.code == 1 && missing.errors.contains("/no/such/file"))
        try withFile("empty.ndjson") { file in
            try "not a line\n".write(toFile: file, atomically: true, encoding: .utf8)
            let empty = try visualizer("election", "--from", file)
            #expect(empty.code == 1 && empty.errors.contains("no event") && empty.errors.contains("line 1"))
        }
        let stranger = try visualizer("demo", "election", "--members", "n7")
        #expect(stranger.code == 1 && stranger.errors.contains("n1 n2 n3"))
        #expect(try visualizer("--help").text.contains("demo SCENARIO"))
    }
}
