// ConformanceArithmetic.swift: the scripts about quorums and about changes of configuration.
//
// They have no members and no messages; they ask what a set of voters has decided, and what a list of
// changes makes of a configuration.

import Identifiers
import Raft
import RaftMessages

/// Where a script and we differ.
struct Difference: Error, CustomStringConvertible {
    var description: String
}

/// `quorum/*.txt`.
enum QuorumConformance {
    static func run(_ step: ScriptStep) throws {
        switch step.command {
        case "committed": try committed(step)
        case "vote": try vote(step)
        default: throw Difference(description: "unknown command \(step.command)")
        }
    }

    private static func voters(_ step: ScriptStep) -> (Raft.JointMajority, [MemberID], isJoint: Bool) {
        func members(_ key: String) -> [MemberID] {
            (step.list(key) ?? []).compactMap { UInt64($0) }.map { MemberID(rawValue: $0) }
        }
        let joint = Raft.JointMajority(
            incoming: Raft.Majority(members("cfg")), outgoing: Raft.Majority(members("cfgj")))
        var order: [MemberID] = []
        for member in members("cfg") + members("cfgj") where !order.contains(member) { order.append(member) }
        return (joint, order, step.value("cfgj") != nil)
    }

    private static func committed(_ step: ScriptStep) throws {
        let (joint, order, _) = voters(step)
        var known: [MemberID: LogIndex] = [:]
        for (member, text) in zip(order, step.list("idx") ?? []) {
            if let number = UInt64(text) { known[member] = LogIndex(rawValue: number) }
        }
        let result = joint.committed { known[$0] ?? .zero }
        let swapped = Raft.JointMajority(incoming: joint.outgoing, outgoing: joint.incoming)
        guard swapped.committed({ known[$0] ?? .zero }) == result else {
            throw Difference(description: "the halves of a joint quorum are not treated alike")
        }
        guard let last = step.expected.last else { throw Difference(description: "nothing is expected") }
        let decided = last.hasSuffix("∞") ? UInt64.max : UInt64(last.trimmingPrefix { !$0.isNumber })
        guard decided == result.rawValue else {
            throw Difference(description: "committed is \(result), the script says \(last)")
        }
        // The picture: a bar of as many x as members are behind, or a question mark.
        let standings = Raft.Majority(joint.all).standings { known[$0] }
        for line in step.expected.dropLast() where line.contains("(id=") {
            let id = MemberID(rawValue: UInt64(line.split(separator: "=").last!.dropLast())!)
            guard let ours = standings.first(where: { $0.member == id }) else {
                throw Difference(description: "\(id) is missing from our standings")
            }
            let bar = line.hasPrefix("?") ? nil : line.prefix { $0 == "x" }.count
            let index = UInt64(line.split(separator: " ").dropFirst().first ?? "")
            guard bar == ours.rank, index == known[id]?.rawValue ?? 0 else {
                throw Difference(
                    description: "\(id) has rank \(ours.rank.map(String.init) ?? "?"), the script: \(line)")
            }
        }
    }

    private static func vote(_ step: ScriptStep) throws {
        let (joint, order, _) = voters(step)
        var answers: [MemberID: Bool] = [:]
        for (member, text) in zip(order, step.list("votes") ?? []) where text != "_" { answers[member] = text == "y" }
        let result = joint.result { answers[$0] }
        let name = [Raft.VoteResult.won: "VoteWon", .lost: "VoteLost", .pending: "VotePending"][result]
        guard name == step.expected.last else {
            throw Difference(description: "the vote is \(result), the script says \(step.expected)")
        }
    }
}

/// `confchange/*.txt`: one configuration that each command changes.
struct ChangeConformance {
    private var roster = Raft.Roster()
    private var last = LogIndex.zero

    mutating func run(_ step: ScriptStep) throws {
        let changes = try ChangeConformance.changes(step.input.flatMap { $0.split(separator: " ").map(String.init) })
        let limits = Raft.Inflights.Limits(messages: 10)
        var ours: [String]
        do {
            switch step.command {
            case "simple": try roster.applySimple(changes, last: last, limits: limits)
            case "enter-joint":
                try roster.enterJoint(
                    changes, autoLeave: step.value("autoleave") == "true", last: last, limits: limits)
            case "leave-joint": try roster.leaveJoint()
            default: throw Difference(description: "unknown command \(step.command)")
            }
            ours = [Wording.configuration(roster.configuration)]
            for (member, progress) in roster.peers.all { ours.append("\(member): \(Wording.progress(progress))") }
        } catch let error as Raft.ChangeError {
            // Their sentence is the beginning of ours, which goes on with what to do.
            ours = [step.expected.first.map { error.description.hasPrefix($0) ? $0 : error.description } ?? ""]
        }
        last = last.next
        guard ours == step.expected else { throw Difference(description: "\(ours) instead of \(step.expected)") }
    }

    /// `v1 l2 r3 u4`: voter, learner, remove, update.
    static func changes(_ words: [String]) throws -> [ConfChangeSingle] {
        try words.map { word in
            let types: [Character: ConfChangeType] = [
                "v": .addNode, "l": .addLearnerNode, "r": .removeNode, "u": .updateNode,
            ]
            guard let type = types[word.first ?? " "], let id = UInt64(word.dropFirst()) else {
                throw Difference(description: "cannot read the change \(word)")
            }
            return ConfChangeSingle(type: type, nodeID: MemberID(rawValue: id))
        }
    }
}
