// TutorialTests.swift: what Tutorials/trace-format.md says about jq is what jq answers.

import Bytes
import Foundation
import Identifiers
import Testing
import Trace
import TraceFiles

@Suite("Tutorials/trace-format.md")
struct TutorialTests {
    /// A command and what the page says that it prints.
    struct Example: Sendable {
        var command: String
        var output: String
    }

    /// The pairs of blocks after `<!-- test -->`.
    static let examples: [Example] = {
        let page = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../Tutorials/trace-format.md")
            .standardized
        guard let text = try? String(contentsOf: page, encoding: .utf8) else { return [] }
        return text.components(separatedBy: "<!-- test -->\n").dropFirst().map { part in
            let blocks = part.components(separatedBy: "```")
            return Example(command: String(blocks[1].dropFirst(3)), output: String(blocks[3].dropFirst(1)))
        }
    }()

    /// The trace that the page speaks of.
    private func writeTrace(_ directory: String) throws {
        var files = try TraceFiles(TraceSettings(directory: directory), member: 0x8e9e_05c5_2164_694d)
        var tracer = Tracer(to: TraceRecorder(files.origin, sink: files))
        let (first, second): (MemberID, MemberID) = (0xfd42_2379_fda5_0e48, 0x91bc_3c39_8fb3_c146)
        tracer.emit(MemberStarted(name: "a", cluster: 0xef37_ad9d_c622_a7c4, version: "3.5.0"))
        tracer.emit(
            VoteAnswered(candidate: second, term: 4, vote: .none, granted: false),
            message: MessageName(ConnectionID(rawValue: 0x5c1f_0a8b_7d3e_2f10), 3))
        tracer.cause = EventSequence(rawValue: 2)
        tracer.emit(
            VoteAnswered(candidate: first, term: 5, vote: first, granted: true),
            message: MessageName(ConnectionID(rawValue: 0x5c1f_0a8b_7d3e_2f10), 4))
        tracer.emit(LogSynced(index: 7, term: 5, sizeBytes: 512))
        files.close()
        files = try TraceFiles(TraceSettings(directory: directory), member: 0x8e9e_05c5_2164_694d)
        tracer = Tracer(to: TraceRecorder(files.origin, sink: files))
        tracer.emit(MemberStarted(name: "a", cluster: 0xef37_ad9d_c622_a7c4, version: "3.5.0"))
        tracer.emit(VoteAnswered(candidate: second, term: 6, vote: second, granted: true))
        tracer.emit(LogSynced(index: 9, term: 6, sizeBytes: 512))
        tracer.emit(MemberStopped(reason: "the operator asked for it"))
        // A gap as a ring that was full would leave it.
        tracer.emit(Gap(first: EventSequence(rawValue: 5), last: EventSequence(rawValue: 5)))
        files.close()
    }

    @Test("the page has its examples")
    func hasExamples() { #expect(Self.examples.count == 5) }

    @Test("every event that there is stands on the page, and no other")
    func namesEveryEvent() throws {
        let page = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../Tutorials/trace-format.md")
            .standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let section = try #require(
            text.components(separatedBy: "## What is reported").last?.components(separatedBy: "The `seq` of").first)
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2)
        let named = rows.flatMap { row in
            row.split(separator: "|")[1].split(separator: "`").filter { !$0.contains(" ") }.map(String.init)
        }
        #expect(Set(named) == Set(Event.table.rows.map { "\($0.kind.name)" }))
        #expect(Set(named).count == named.count)
    }

    @Test("jq answers what the page says", arguments: examples)
    func example(example: Example) throws {
        let directory = try TraceDirectory()
        try writeTrace(directory.path)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "LC_ALL=C; export LC_ALL; " + example.command]
        process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(output == example.output)
    }

    @Test("the line shown on the page is the one that is written")
    func shownLine() throws {
        let page = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../Tutorials/trace-format.md")
            .standardized
        let text = try String(contentsOf: page, encoding: .utf8)
        let block = try #require(
            text.components(separatedBy: "```json\n").dropFirst().first?.components(separatedBy: "```").first)
        let line = ByteSlice(utf8: block)
        let record = try withExtendedLifetime(line) { try TraceRecord(line: line.view) }
        #expect(record.causes == [EventSequence(rawValue: 2)] && record.message?.ordinal == 4)
        #expect(
            record.event
                == .voteAnswered(
                    .init(
                        candidate: 0xfd42_2379_fda5_0e48, term: 5, vote: 0xfd42_2379_fda5_0e48, granted: true,
                        lastIndex: 7, lastTerm: 4)))
        #expect(record.time == TraceTime(monotonic: 812_000, wall: 1_795_169_656_000_000_250))
    }
}
