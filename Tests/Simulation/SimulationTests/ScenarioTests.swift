// ScenarioTests.swift: the stories, told again and compared word by word.
//
// Each file of Scenarios/ is a script; beside it lies the transcript that it had (NAME.transcript). To write the
// transcripts anew after a change, run with ETCD_TEST_REWRITE=1 and read the difference.

import Foundation
import Simulation
import Testing
import Trace

@Suite("Scenarios")
struct ScenarioTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Scenarios")
    static let stories: [String] =
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
        .filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
    static let rewrites = ProcessInfo.processInfo.environment["ETCD_TEST_REWRITE"] == "1"

    @Test("there are stories for every part of the thesis that we build")
    func present() { #expect(Self.stories.count >= 13) }

    @Test("a story is told as it was", arguments: stories)
    func story(name: String) throws {
        let script = try String(contentsOf: Self.folder.appendingPathComponent(name + ".txt"), encoding: .utf8)
        let scenario = Scenario()
        do { _ = try scenario.run(script) } catch {
            Issue.record("\(name): \(error)\n\(scenario.transcript.joined(separator: "\n"))")
            return
        }
        let told = scenario.transcript.joined(separator: "\n") + "\n"
        let file = Self.folder.appendingPathComponent(name + ".transcript")
        if Self.rewrites { try told.write(to: file, atomically: true, encoding: .utf8) }
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(told == expected, "\(name) is told in other words than before")
    }

    @Test("the same events go to a trace")
    func traced() throws {
        let memory = TraceMemory()
        _ = try Scenario(tracingTo: memory).run("members n1 n2 n3; elect n1; run 20")
        let leads = memory.events.contains { event in
            if case .roleChanged(let change) = event { return change.role == .leader }
            return false
        }
        #expect(leads && memory.events.count > 20)
    }

    @Test(
        "a story that is not true ends there and says what is true",
        arguments: [
            ("tick 3", "nobody is there yet"), ("members n1; expect leader n1", "nobody leads"),
            ("members n1; elect n2", "nobody is called `n2`"),
            ("members n1; elect n1; expect x=1 on n1", "x is nothing"),
            ("members n1; elect n1; expect follower n1", "n1 is leader"), ("members n1; seed 3", "before `members`"),
            ("members n1; members n2", "there already"), ("members n1; lose 1 gossip", "not a type"),
            ("members n1 n2; elect n1; crash n2; expect no leader", "n1 leads"),
            ("members n1 n2; elect n1; expect voters n1", "the voters are n1 n2"),
            ("members n1; restart n1", "is up already"),
            ("members n1; elect n1; expect commit 9 on n1", "has committed"),
        ])
    func untrue(script: String, part: String) {
        do {
            _ = try Scenario().run(script)
            Issue.record("`\(script)` went well")
        } catch {
            #expect(error.reason.contains(part), "\(error)")
        }
    }
}
