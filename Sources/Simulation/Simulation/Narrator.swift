// Narrator.swift: the words in which a transcript tells what happened.
//
// One event, at most one line, always in the same words, so that a person learns to read them and a test can
// compare them. What is no news (a heartbeat, a message that was sent and arrives) is not told.

import Identifiers
import Raft
import RaftMessages
import Trace

/// Turns events into sentences.
struct Narrator {
    /// What members are called.
    var names: [MemberID: String] = [:]
    /// Before the story begins nothing is told.
    var isAwake = false
    private var roles: [MemberID: TraceRole] = [:]

    init() {}

    /// The types of message that a scenario can lose, by the words for them.
    static let types: [(word: String, type: MessageType)] = [
        ("app", .app), ("app-answer", .appResp), ("vote", .vote), ("vote-answer", .voteResp), ("prevote", .preVote),
        ("prevote-answer", .preVoteResp), ("heartbeat", .heartbeat), ("heartbeat-answer", .heartbeatResp),
        ("snapshot", .snap), ("proposal", .prop), ("read", .readIndex), ("read-answer", .readIndexResp),
        ("timeout-now", .timeoutNow),
    ]

    func name(_ id: MemberID) -> String { names[id] ?? (id == .none ? "nobody" : "\(id)") }

    private func list(_ ids: [MemberID]) -> String { ids.map(name).joined(separator: " ") }

    // MARK: What members report

    mutating func words(for record: TraceRecord) -> String? {
        let who = name(record.member)
        switch record.event {
        case .raftStarted:
            roles[record.member] = .follower
            return nil
        case .roleChanged(let event): return words(for: event, of: record.member)
        case .timeoutFired: return "\(who) loses patience"
        case .voteAnswered(let event): return words(for: event, of: who)
        case .voteIgnored(let event): return "\(who) ignores \(name(event.candidate)): it hears its leader"
        case .quorumLost(let event): return "\(who) hears no majority any more and gives up term \(event.term)"
        case .entriesAppended(let event):
            return "\(who) appends \(range(event.first, event.last)) \(terms(event.entries))"
        case .entriesTruncated(let event): return "\(who) throws its entries from \(event.first) on away"
        case .commitAdvanced(let event): return "\(who) commits up to \(event.commit)"
        case .snapshotRestored(let event): return "\(who) replaces its log by the snapshot at \(event.index)"
        case .configurationChanged(let event):
            return "\(who) now has the \(words(for: event.configuration))"
        case .changeProposed(let event): return "\(who) proposes a change of members as entry \(event.index)"
        case .transferChanged(let event):
            return event.target == .none ? nil : "\(who) hands leadership to \(name(event.target))"
        case .readAnswered(let event): return "\(who) lets \(name(event.peer)) read as of entry \(event.index)"
        case .proposalRefused(let event): return "\(who) refuses a proposal: \(event.why)"
        default: return nil
        }
    }

    private mutating func words(for event: RoleChanged, of member: MemberID) -> String? {
        let who = name(member)
        let before = roles[member] ?? .follower
        roles[member] = event.role
        switch event.role {
        case .preCandidate: return "\(who) asks whether it would be elected in term \(event.term.next)"
        case .candidate: return "\(who) campaigns in term \(event.term)"
        case .leader: return "\(who) leads term \(event.term)"
        case .follower:
            if before == .leader { return "\(who) steps down, in term \(event.term)" }
            return event.leader == .none
                ? "\(who) enters term \(event.term)" : "\(who) follows \(name(event.leader)) in term \(event.term)"
        }
    }

    private func words(for event: VoteAnswered, of who: String) -> String? {
        // A candidate's own vote is part of its campaign.
        guard name(event.candidate) != who else { return nil }
        let candidate = name(event.candidate)
        if event.pre { return "\(who) would \(event.granted ? "" : "not ")vote for \(candidate)" }
        if event.granted { return "\(who) votes for \(candidate) in term \(event.term)" }
        let reason =
            event.vote != .none && event.vote != event.candidate
            ? "in term \(event.term) it has given it to \(name(event.vote))"
            : "a log that ends at \(event.lastIndex) of term \(event.lastTerm) is not recent enough"
        return "\(who) refuses \(candidate) its vote: \(reason)"
    }

    private func range(_ first: LogIndex, _ last: LogIndex) -> String {
        first == last ? "entry \(first)" : "entries \(first) to \(last)"
    }

    private func terms(_ entries: [TraceEntry]) -> String {
        guard let first = entries.first, let last = entries.last else { return "" }
        return first.term == last.term ? "of term \(first.term)" : "of terms \(first.term) to \(last.term)"
    }

    private func words(for configuration: TraceConfiguration) -> String {
        let learners = configuration.learners.isEmpty ? "" : ", learners \(list(configuration.learners))"
        guard !configuration.outgoing.isEmpty else { return "voters \(list(configuration.voters))\(learners)" }
        return "joint voters \(list(configuration.outgoing)) and \(list(configuration.voters))\(learners)"
    }

    // MARK: What happens around them

    func words(for event: Cluster.WorldEvent) -> String? {
        switch event {
        case .lost(let message, _):
            guard let word = Self.types.first(where: { $0.type == message.type })?.word else { return nil }
            // Heartbeats are lost by the dozen.
            if message.type == .heartbeat || message.type == .heartbeatResp { return nil }
            return "lost: \(word) from \(name(message.from)) to \(name(message.to))"
        case .crashed(let id, let torn): return "\(name(id)) crashes" + (torn ? " in the middle of a write" : "")
        case .started(let id): return "\(name(id)) starts"
        case .applied(let id, let index, let command):
            return command.map { "\(name(id)) sets \($0.key)=\($0.value) (entry \(index))" }
        case .answered(let request, let value, let index):
            guard request.value == nil else {
                return "the client of \(name(request.member)) hears: \(request.key) is set"
            }
            return
                "the client of \(name(request.member)) reads \(request.key)=\(value ?? "nothing") as of entry \(index)"
        case .refused(let request, let why): return "the client of \(name(request.member)) hears: no, \(why)"
        case .snapshot(let id, let index): return "\(name(id)) makes a snapshot at \(index)"
        case .synced: return nil
        }
    }

    // MARK: States

    func role(of member: SimulatedMember) -> String {
        guard let raft = member.raft else { return "down" }
        if raft.configuration.learners.contains(member.id) { return "learner" }
        switch raft.role {
        case .follower: return "follower"
        case .preCandidate: return "pre-candidate"
        case .candidate: return "candidate"
        case .leader: return "leader"
        }
    }

    func words(for voters: Raft.JointMajority) -> String {
        voters.isJoint
            ? "\(list(voters.outgoing.members)) and \(list(voters.incoming.members))" : list(voters.incoming.members)
    }

    /// One line for `show`.
    func line(_ member: SimulatedMember) -> String {
        let who = name(member.id)
        guard let raft = member.raft else { return "\(who)  down" }
        let values = member.registers.values.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return "\(who)  \(role(of: member)), term \(raft.term), log \(raft.log.first)...\(raft.log.last.index), "
            + "committed \(raft.log.committed), applied \(member.registers.applied)"
            + (values.isEmpty ? "" : ": " + values.joined(separator: " "))
    }
}
