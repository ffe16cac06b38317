// ConformanceTests.swift: do we behave like etcd's raft, message by message?
//
// The public repository of etcd's raft has scripts with the exact transcript of every command. They lie
// beside the checkout and are only read. A script counts if messages, states and indexes agree after each
// of its commands; what is Go's own wording is compared by its meaning (ConformanceWording.swift).

import Foundation
import Testing

@Suite("Conformance to the public scripts")
struct ConformanceTests {
    private struct Outcome {
        var name: String
        var difference: String?
    }

    @Test("the public scripts of etcd's raft")
    func scripts() throws {
        guard let folder = Settings.conformanceFolder else {
            print("SKIPPED: the public raft scripts are not beside the checkout (ETCD_RAFT_SCRIPTS names them)")
            return
        }
        var outcomes: [Outcome] = []
        var facts = 0
        for kind in ["quorum", "confchange", "interaction"] {
            let files = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: kind).path)
            for file in files.sorted() where file.hasSuffix(".txt") {
                let text = try String(contentsOf: folder.appending(path: "\(kind)/\(file)"), encoding: .utf8)
                outcomes.append(
                    Outcome(name: "\(kind)/\(file)", difference: difference(in: text, of: kind, counting: &facts)))
            }
        }
        let agreeing = outcomes.count { $0.difference == nil }
        print("conformance: \(agreeing) of \(outcomes.count) public scripts agree after every command (\(facts) facts)")
        for outcome in outcomes {
            if let difference = outcome.difference { print("  not \(outcome.name): \(difference)") }
        }
        #expect(outcomes.count >= 40, "scripts are missing from \(folder.path)")
        #expect(facts > 3_000, "what is left of the scripts is too little to prove anything")
        #expect(agreeing * 10 >= outcomes.count * 9)
    }

    /// The first command after which we differ, or nil.
    private func difference(in text: String, of kind: String, counting facts: inout Int) -> String? {
        let cluster = ScriptedCluster()
        var changes = ChangeConformance()
        for (_, _, step) in ScriptFile(text).steps {
            do {
                switch kind {
                case "quorum":
                    try QuorumConformance.run(step)
                    facts += step.expected.count
                case "confchange":
                    try changes.run(step)
                    facts += step.expected.count
                default:
                    let ours = try cluster.run(step)
                    let theirs = Wording.normalize(step.expected)
                    facts += theirs.count
                    if ours != theirs { return "line \(step.line), \(firstDifference(ours, theirs))" }
                }
            } catch {
                return "line \(step.line), \(step.command): \(error)"
            }
        }
        return nil
    }

    private func firstDifference(_ ours: [String], _ theirs: [String]) -> String {
        var place = 0
        while place < min(ours.count, theirs.count), ours[place] == theirs[place] { place += 1 }
        let our = place < ours.count ? ours[place] : "(end)"
        let their = place < theirs.count ? theirs[place] : "(end)"
        return "place \(place): \(our) instead of \(their)"
    }
}
