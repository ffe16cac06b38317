// TLAExportTests.swift: what the exporter writes is what the specification reads, and a checker of our own follows it.

import Bytes
import Foundation
import Identifiers
import JSON
import Simulation
import Testing
import TraceModel

private func parse(_ view: ByteView) throws -> [JSONValue] {
    var found: [JSONValue] = []
    var rest = view
    while !rest.isEmpty {
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.count
        found.append(try JSONValue(parsing: rest.prefix(end)))
        rest = rest.dropFirst(min(end + 1, rest.count))
    }
    return found
}

/// Follows a story to its end; answers with the checker, the lines and what could not be said.
private func follow(_ story: Story, named name: String) throws -> (SpecificationChecker, [JSONValue], [String]) {
    #expect(story.cluster.broken == nil)
    let history = story.history()
    #expect(history.troubles.count == 0, "\(history.troubles.list)")
    let export = TLAExport(history)
    if let directory = ProcessInfo.processInfo.environment["ETCD_TLA_DIR"] {
        let bytes = (0..<export.text.count).map { export.text[$0] }
        try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/\(name).ndjson"))
    }
    let lines = try parse(export.text)
    #expect(lines.count == export.lineCount)
    return (try SpecificationChecker.follow(lines), lines, export.remarks.map(\.description))
}

@Suite struct TLAExportTests {
    @Test("an election: one candidate, a majority, one leader")
    func election() throws {
        let (checker, _, remarks) = try follow(.election(), named: "election")
        #expect(remarks.isEmpty)
        #expect(checker.leaders.count >= 1)
        for name in [
            "InitState", "BecomeFollower", "ApplyConfChange", "BecomeCandidate", "BecomeLeader", "Replicate", "Commit",
            "Ready", "SendRequestVoteRequest", "ReceiveRequestVoteRequest", "SendRequestVoteResponse",
            "ReceiveRequestVoteResponse", "SendAppendEntriesRequest", "ReceiveAppendEntriesRequest",
            "SendAppendEntriesResponse", "ReceiveAppendEntriesResponse",
        ] {
            #expect(checker.names[name, default: 0] > 0, "\(name)")
        }
        #expect(checker.names["InitState"] == 3)
        #expect(checker.names["ApplyConfChange"] == 9)
    }

    @Test("replication while messages are lost: every log ends where the leader's does")
    func replication() throws {
        let story = Story.replicationUnderLoss()
        let (checker, _, remarks) = try follow(story, named: "replication")
        #expect(remarks.isEmpty)
        #expect(story.cluster.network.counts.dropped > 0)
        #expect(story.history().lostMessages.count >= story.cluster.network.counts.dropped)
        #expect(Set(checker.nodes.values.map(\.log.count)).count == 1)
        #expect(checker.names["Replicate", default: 0] >= 13)
    }

    @Test("a restart: what the last Ready kept comes back")
    func restart() throws {
        let (checker, _, remarks) = try follow(.restart(), named: "restart")
        #expect(remarks.isEmpty, "\(remarks)")
        #expect(checker.names["InitState"] == 4)
        #expect(Set(checker.nodes.values.map(\.log.count)).count == 1)
    }

    @Test("single changes of membership: a fourth member comes, another goes")
    func single() throws {
        let (checker, lines, remarks) = try follow(.singleChange(), named: "single-change")
        #expect(remarks.isEmpty, "\(remarks)")
        #expect(checker.names["ChangeConf"] == 2)
        let actions = lines.compactMap { $0["event"]?["prop"]?["cc"]?["changes"]?.elements?.first?["action"]?.string }
        #expect(actions == ["AddNewServer", "RemoveServer"])
        #expect(checker.nodes["4"]?.voters.contains("4") == true)
        #expect(checker.nodes.values.contains { $0.role == "StateLeader" && $0.voters.count == 3 })
    }

    @Test("a joint change: the outgoing half is there until the end, and the export says that the specification cannot")
    func joint() throws {
        let (checker, lines, remarks) = try follow(.jointChange(), named: "joint-change")
        #expect(!remarks.isEmpty)
        #expect(remarks.allSatisfy { $0.contains("joint") }, "\(remarks)")
        #expect(lines.contains { $0["event"]?["conf"]?.elements?.last?.elements?.isEmpty == false })
        #expect(checker.names["ChangeConf"] == 2)
        #expect(
            checker.nodes.values.contains { $0.role == "StateLeader" && $0.voters.count == 4 && $0.outgoing.isEmpty })
    }

    @Test("a snapshot: a laggard gets the state instead of the log")
    func snapshot() throws {
        let story = Story.snapshot()
        let (checker, lines, remarks) = try follow(story, named: "snapshot")
        #expect(remarks.count == 1 && remarks[0].contains("snapshot"), "\(remarks)")
        #expect(story.cluster.counts.restores > 0)
        let snapshots = lines.filter { $0["event"]?["msg"]?["type"]?.string == "MsgSnap" }
        #expect(snapshots.contains { $0["event"]?["name"]?.string == "ReceiveAppendEntriesRequest" })
        #expect(Set(checker.nodes.values.map(\.log.count)).count == 1)
    }

    @Test("loss, crashes and elections of any seed: our checker follows wherever the exporter has no remark")
    func seeds() throws {
        let environment = ProcessInfo.processInfo.environment
        let first = Int(environment["ETCD_TEST_FIRST_SEED"] ?? "") ?? 1
        let count = Int(environment["ETCD_TEST_SEEDS"] ?? "") ?? 20
        var (followed, lines) = (0, 0)
        for seed in first..<(first + count) {
            let story = Story(seed: UInt64(seed)) {
                $0.voters = seed % 2 == 0 ? [1, 2, 3] : [1, 2, 3, 4, 5]
                $0.weather = Weather(
                    dropPerMille: 60, doublePerMille: 0, delay: 1...30, latePerMille: 20, lateDelay: 50...400)
                $0.syncTime = 1...20
            }
            story.write(6, at: story.elect())
            let victim = story.leader ?? 1
            story.cluster.crash(victim, .everything)
            story.cluster.run(for: 3000)
            story.cluster.start(victim)
            story.write(4, at: story.elect())
            story.cluster.run(for: 1000)
            #expect(story.cluster.broken == nil)
            let history = story.history()
            #expect(history.troubles.count == 0, "ETCD_TEST_FIRST_SEED=\(seed): \(history.troubles.list)")
            let export = TLAExport(history)
            guard export.remarks.isEmpty else { continue }
            do {
                _ = try SpecificationChecker.follow(try parse(export.text))
                followed += 1
                lines += export.lineCount
            } catch {
                Issue.record("ETCD_TEST_FIRST_SEED=\(seed) ETCD_TEST_SEEDS=1: \(error)")
            }
        }
        print("tla: \(followed) of \(count) seeds followed to the end, \(lines) lines")
        #expect(followed * 2 >= count)
    }

    @Test("the same story is the same file, to the byte")
    func repeatable() {
        let first = TLAExport(Story.restart().history())
        let second = TLAExport(Story.restart().history())
        let isSame = first.text == second.text
        #expect(isSame)
    }

    /// Each changes or removes one thing, and names the words of the rule that must notice.
    @Test(
        "the checker notices a wrong trace",
        arguments: [
            "no vote", "no acknowledgement", "no Ready", "early receipt", "term back", "shorter log", "forgotten vote",
            "another commit", "received twice", "wrong voters", "unknown name", "missing field",
        ])
    func planted(_ flaw: String) throws {
        let text = TLAExport(Story.restart().history()).text.lossyText
        var rows = text.split(separator: "\n").map(String.init)
        let first = { (part: String) in rows.firstIndex { $0.contains(part) }! }
        let last = { (part: String) in rows.lastIndex { $0.contains(part) }! }
        switch flaw {
        case "no vote": rows.removeAll { $0.contains("ReceiveRequestVoteResponse") }
        case "no acknowledgement": rows.removeAll { $0.contains("ReceiveAppendEntriesResponse") }
        case "no Ready": rows.removeAll { $0.contains("\"Ready\"") }
        case "early receipt":
            let receipt = rows.remove(at: first("ReceiveRequestVoteRequest"))
            rows.insert(receipt, at: first("SendRequestVoteRequest"))
        case "term back":
            let place = last("\"Ready\"")
            rows[place] = rows[place].replacing("\"term\":", with: "\"term\":1")
        case "shorter log":
            let place = last("InitState")
            rows[place] = rows[place].replacing("\"log\":", with: "\"log\":1")
        case "forgotten vote":
            let place = last("InitState")
            rows[place] = rows[place].replacing(#/"vote":"\d+"/#, with: "\"vote\":\"0\"")
        case "another commit":
            let place = first("\"Commit\"")
            rows[place] = rows[place].replacing(#/"commit":\d+/#, with: "\"commit\":3")
        case "received twice":
            let place = first("ReceiveRequestVoteRequest")
            rows.insert(rows[place], at: place)
        case "wrong voters":
            let place = last("\"Ready\"")
            rows[place] = rows[place].replacing("\"conf\":[[\"1\",", with: "\"conf\":[[\"9\",")
        case "unknown name":
            let place = last("\"Ready\"")
            rows[place] = rows[place].replacing("\"Ready\"", with: "\"Rest\"")
        default:
            let place = last("\"Ready\"")
            rows[place] = rows[place].replacing("\"role\"", with: "\"roll\"")
        }
        let changed = try rows.map { row in
            let bytes = ByteSlice(utf8: row)
            return try JSONValue(parsing: bytes.view)
        }
        #expect(throws: (any Error).self) { try SpecificationChecker.follow(changed) }
    }
}
