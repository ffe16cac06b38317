// ConformanceWording.swift: how the public scripts spell what we know.
//
// Only facts are compared: messages, states, indexes, votes, configurations. What is Go's own way of
// speaking (its log wording, the messages between a member and its own storage threads) is turned on both
// sides into the same short form, or left out where it says nothing about the cluster:
//
//     theirs                                                   here
//     INFO 1 became candidate at term 2                        state 1 candidate 2
//     INFO 1 [...] cast MsgVote for 2 [...] at term 3          vote 1 cast MsgVote 2 at 3
//     1->1 MsgAppResp ..., AppendThread->1 ...                 one `durable(ticket)`; left out
//     DEBUG ... , starting, sent, newRaft, ...                 left out: the messages themselves are compared

import Bytes
import Foundation
import Identifiers
import Raft
import RaftMessages
import Trace

/// The words of the scripts.
enum Wording {
    static func configuration(_ configuration: Raft.Configuration) -> String { configuration.description }

    static func progress(_ progress: Raft.Progress) -> String {
        let mode =
            switch progress.mode {
            case .probe: "StateProbe"
            case .replicate: "StateReplicate"
            case .snapshot: "StateSnapshot"
            }
        var text = "\(mode) match=\(progress.match) next=\(progress.next)"
        if progress.isLearner { text += " learner" }
        if progress.isPaused { text += " paused" }
        if case .snapshot(let index) = progress.mode { text += " pendingSnap=\(index)" }
        if !progress.isActive { text += " inactive" }
        if progress.inflights.count > 0 {
            text += " inflight=\(progress.inflights.count)\(progress.inflights.isFull ? "[full]" : "")"
        }
        return text
    }

    static func role(_ role: Raft.Role) -> String {
        switch role {
        case .follower: "StateFollower"
        case .preCandidate: "StatePreCandidate"
        case .candidate: "StateCandidate"
        case .leader: "StateLeader"
        }
    }

    private static func type(_ type: MessageType) -> String {
        switch type {
        case .prop: "MsgProp"
        case .app: "MsgApp"
        case .appResp: "MsgAppResp"
        case .vote: "MsgVote"
        case .voteResp: "MsgVoteResp"
        case .preVote: "MsgPreVote"
        case .preVoteResp: "MsgPreVoteResp"
        case .snap: "MsgSnap"
        case .heartbeat: "MsgHeartbeat"
        case .heartbeatResp: "MsgHeartbeatResp"
        case .timeoutNow: "MsgTimeoutNow"
        case .transferLeader: "MsgTransferLeader"
        case .readIndex: "MsgReadIndex"
        case .readIndexResp: "MsgReadIndexResp"
        default: "Msg\(type.rawValue)"
        }
    }

    static func entry(_ entry: Entry) -> String {
        let place = "\(entry.term)/\(entry.index)"
        guard entry.type != .normal, let change = Raft.Change(entry) else {
            let data = entry.data.lossyText.replacingOccurrences(of: "\"", with: "\\\"")
            return "\(place) EntryNormal \"\(data)\""
        }
        let letters: [ConfChangeType: String] = [
            .addNode: "v", .addLearnerNode: "l", .removeNode: "r", .updateNode: "u",
        ]
        let words = change.meaning.changes.map { (letters[$0.type] ?? "?") + $0.nodeID.description }
        let kind = entry.type == .confChange ? "EntryConfChange" : "EntryConfChangeV2"
        return ([place, kind] + words).joined(separator: " ")
    }

    static func hardState(_ state: HardState) -> String {
        "HardState Term:\(state.term)" + (state.vote == .none ? "" : " Vote:\(state.vote)") + " Commit:\(state.commit)"
    }

    static func snapshot(_ snapshot: Snapshot) -> String {
        func list(_ members: [MemberID]) -> String { "[" + members.map(\.description).joined(separator: " ") + "]" }
        let state = snapshot.metadata.confState
        return "Index:\(snapshot.metadata.index) Term:\(snapshot.metadata.term) ConfState:Voters:\(list(state.voters))"
            + " VotersOutgoing:\(list(state.votersOutgoing)) Learners:\(list(state.learners))"
            + " LearnersNext:\(list(state.learnersNext)) AutoLeave:\(state.autoLeave)"
    }

    /// One line, or several where it carries several entries or a snapshot.
    static func message(_ message: Message) -> [String] {
        var line = "\(message.from)->\(message.to) \(type(message.type)) Term:\(message.term)"
        line += " Log:\(message.logTerm)/\(message.index)"
        if message.reject { line += " Rejected (Hint: \(message.rejectHint))" }
        if message.commit > .zero { line += " Commit:\(message.commit)" }
        var lines = withEntries(line, message.entries)
        if let snapshot = message.snapshot { lines.append("Snapshot: " + self.snapshot(snapshot)) }
        return lines
    }

    static func withEntries(_ line: String, _ entries: [Entry]) -> [String] {
        switch entries.count {
        case 0: [line]
        case 1: [line + " Entries:[\(entry(entries[0]))]"]
        default: [line + " Entries:["] + entries.map(entry) + ["]"]
        }
    }

    /// What we report, in the short form; nil for what the scripts do not say.
    static func event(_ event: Event, at member: MemberID) -> String? {
        switch event {
        case .roleChanged(let after): return "state \(member) \(roleName(after.role)) \(after.term)"
        case .voteAnswered(let vote):
            let answer = vote.granted ? "cast" : "rejected"
            return "vote \(member) \(answer) \(vote.pre ? "MsgPreVote" : "MsgVote") \(vote.candidate) \(vote.term)"
        case .voteIgnored(let vote): return "vote \(member) ignored \(vote.candidate)"
        case .voteCounted(let count):
            if count.peer == member { return nil }
            return "tally \(member) \(count.pre ? "pre" : "real") \(count.yes) \(count.no)"
        case .configurationChanged(let after): return "config \(member) \(configuration(after.configuration))"
        case .snapshotRestored(let after): return "config \(member) \(configuration(after.configuration))"
        default: return nil
        }
    }

    private static func roleName(_ role: TraceRole) -> String { role == .preCandidate ? "pre-candidate" : "\(role)" }

    private static func configuration(_ traced: TraceConfiguration) -> String {
        configuration(
            Raft.Configuration(
                voters: Raft.JointMajority(
                    incoming: Raft.Majority(traced.voters), outgoing: Raft.Majority(traced.outgoing)),
                learners: Raft.Majority(traced.learners), learnersNext: Raft.Majority(traced.learnersNext),
                autoLeave: traced.autoLeave))
    }

    // MARK: - Reading theirs

    /// An expected transcript in the short form.
    static func normalize(_ lines: [String]) -> [String] {
        let became = #/INFO (\d+) became ([a-z-]+) at term (\d+)/#
        let switched = #/INFO (\d+) switched to configuration (.*)/#
        let cast =
            #/INFO (\d+) \[.*\] (cast|rejected) (MsgVote|MsgPreVote) (?:for|from) (\d+) \[.*\] at term (\d+)/#
        let ignored = #/INFO (\d+) \[.*\] ignored (?:MsgVote|MsgPreVote) from (\d+) .*/#
        let received =
            #/INFO (\d+) received (?:MsgVoteResp|MsgPreVoteResp) (?:rejection )?from (\d+) at term \d+/#
        let tallied =
            #/INFO (\d+) has received (\d+) (MsgVoteResp|MsgPreVoteResp) votes and (\d+) vote rejections/#
        let new =
            #/INFO newRaft (\d+) \[peers: \[(.*)\], term: (\d+), commit: (\d+), applied: (\d+), lastindex: (\d+), lastterm: (\d+)\]/#
        var short: [String] = []
        var answersSelf = false
        for raw in lines {
            let line = raw.trimmingCharacters(in: .whitespaces)
            if let match = line.wholeMatch(of: became) {
                short.append("state \(match.1) \(match.2) \(match.3)")
            } else if let match = line.wholeMatch(of: switched) {
                short.append("config \(match.1) \(match.2)")
            } else if let match = line.wholeMatch(of: cast) {
                short.append("vote \(match.1) \(match.2) \(match.3) \(match.4) \(match.5)")
            } else if let match = line.wholeMatch(of: ignored) {
                short.append("vote \(match.1) ignored \(match.2)")
            } else if let match = line.wholeMatch(of: received) {
                answersSelf = match.1 == match.2
            } else if let match = line.wholeMatch(of: tallied) {
                if !answersSelf {
                    short.append("tally \(match.1) \(match.3 == "MsgVoteResp" ? "real" : "pre") \(match.2) \(match.4)")
                }
            } else if let match = line.wholeMatch(of: new) {
                short.append("new \(match.1) [\(match.2)] \(match.3) \(match.4) \(match.5) \(match.6) \(match.7)")
            } else if !isTheirsAlone(line) {
                short.append(line)
            }
        }
        return withoutEmptyHeads(short)
    }

    /// What says nothing about the cluster: log lines that are not understood above, and what a member
    /// says to itself and to its own threads, which is one `durable` or `applied` here.
    private static func isTheirsAlone(_ line: String) -> Bool {
        for level in ["INFO", "DEBUG", "WARN", "ERROR"] where line.hasPrefix(level + " ") { return true }
        if line.hasPrefix("AppendThread->") || line.hasPrefix("ApplyThread->") { return true }
        if line == "raft: cannot step as peer not found" || line == "Responses:" || line == "ok" { return true }
        if let match = line.wholeMatch(of: #/(\d+)->(\d+) Msg.*/#), match.1 == match.2 { return true }
        return line.isEmpty
    }

    /// An opening bracket of answers of which none is left, and headings of nothing.
    private static func withoutEmptyHeads(_ lines: [String]) -> [String] {
        var kept: [String] = []
        for line in lines {
            let cut = line.replacingOccurrences(of: " Responses:[", with: "")
            // A closing bracket without its opening one closed a list of answers.
            let opened = kept.count { $0.hasSuffix("Entries:[") }
            let closed = kept.count { $0 == "]" }
            if cut == "]", opened == closed { continue }
            kept.append(cut)
        }
        var result: [String] = []
        for (place, line) in kept.enumerated() {
            let isHead = line.hasPrefix("> ") && (line.hasSuffix("receiving messages"))
            let next = place + 1 < kept.count ? kept[place + 1] : "> "
            if isHead, next.hasPrefix("> ") { continue }
            result.append(line)
        }
        return result
    }
}
