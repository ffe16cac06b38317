// Tracing.swift: what has happened, for those who draw it?
//
// Every transition is reported with the state after it, so a run can be replayed from its events alone: by
// the visualizer, by tests, and by the checker of the public TLA+ specification of etcd's raft. The events
// themselves stand in Trace/Event+Raft.swift; here is only how this room's values are put into them.
//
// COST     with nobody listening a trace point is one branch; the event is not even built.

import Bytes
import Identifiers
package import RaftMessages
package import Trace

extension Raft {
    // A trace point takes a closure, and a closure that captures a member or a message may copy it before
    // anybody knows whether somebody listens. So each trace point asks first: `if isTraced { ... }`.

    @inline(never)
    func reportSent(_ message: Message, after ticket: Ticket = .zero) {
        trace.emit(RaftMessageSent(message: TraceMessage(message), afterTicket: ticket.rawValue))
    }

    @inline(never)
    func reportReceived(_ message: Message) { trace.emit(RaftMessageReceived(message: TraceMessage(message))) }

    /// Reports what this member remembers. Whoever listens calls it once, before the first step.
    package func traceStart() {
        if isTraced {
            trace.emit(
                RaftStarted(
                    term: term, vote: vote, commit: log.committed, applied: log.applied, first: log.first,
                    baseTerm: log.base.term, entries: log.all.map(TraceEntry.init),
                    configuration: TraceConfiguration(configuration)))
        }
    }

    var roleChanged: RoleChanged {
        RoleChanged(
            role: TraceRole(role), term: term, vote: vote, leader: leader, commit: log.committed,
            last: log.last.index)
    }

    func progressChanged(_ place: Int) -> ProgressChanged {
        let progress = roster.peers.entries[place]
        var event = ProgressChanged()
        event.peer = roster.peers.members[place]
        switch progress.mode {
        case .probe: event.mode = .probe
        case .replicate: event.mode = .replicate
        case .snapshot(let index):
            event.mode = .snapshot
            event.pendingSnapshot = index
        }
        event.match = progress.match
        event.next = progress.next
        event.inflight = progress.inflights.count
        event.paused = progress.isPaused
        event.active = progress.isActive
        event.learner = progress.isLearner
        return event
    }

    /// The entries of a batch from a place on are at the end of the log now. The batch is at hand, where the log would have to
    /// give out each entry again; and the list is kept for the next batch, because a new one for each is an allocation of
    /// kilobytes.
    @inline(never)
    mutating func reportAppended(_ batch: [Entry], from place: Int = 0) {
        reported.removeAll(keepingCapacity: true)
        for place in place..<batch.count { reported.append(TraceEntry(batch[place])) }
        let event = EntriesAppended(first: batch[place].index, last: log.last.index, entries: reported)
        trace.emit(event)
    }

    func changeProposed(at index: LogIndex, _ change: ConfChangeV2) -> ChangeProposed {
        let kinds: [ConfChangeType: TraceChangeKind] = [
            .addNode: .addVoter, .addLearnerNode: .addLearner, .removeNode: .remove, .updateNode: .update,
        ]
        return ChangeProposed(
            index: index,
            changes: change.changes.map { TraceChange(member: $0.nodeID, kind: kinds[$0.type] ?? .update) },
            joint: change.entersJoint != nil)
    }

    func writeIssued(_ write: Write) -> WriteIssued {
        WriteIssued(
            ticket: write.ticket.rawValue, term: term, vote: vote, commit: log.committed,
            first: write.entries.first?.index ?? .zero, last: write.entries.last?.index ?? .zero,
            snapshot: write.snapshot?.metadata.index ?? .zero, mustSync: write.mustSync)
    }
}

extension TraceRole {
    init(_ role: Raft.Role) {
        switch role {
        case .follower: self = .follower
        case .preCandidate: self = .preCandidate
        case .candidate: self = .candidate
        case .leader: self = .leader
        }
    }
}

extension TraceEntry {
    init(_ entry: Entry) {
        let kind: TraceEntryKind =
            switch entry.type {
            case .confChange: .change
            case .confChangeV2: .changes
            case .normal, .unrecognized: .normal
            }
        self.init(term: entry.term, kind: kind, sizeBytes: entry.data.count)
    }
}

extension TraceConfiguration {
    init(_ configuration: Raft.Configuration) {
        self.init()
        voters = configuration.voters.incoming.members
        outgoing = configuration.voters.outgoing.members
        learners = configuration.learners.members
        learnersNext = configuration.learnersNext.members
        autoLeave = configuration.autoLeave
    }
}

extension TraceMessageType {
    init(_ type: MessageType) {
        switch type {
        case .app: self = .app
        case .appResp: self = .appResp
        case .vote: self = .vote
        case .voteResp: self = .voteResp
        case .preVote: self = .preVote
        case .preVoteResp: self = .preVoteResp
        case .heartbeat: self = .heartbeat
        case .heartbeatResp: self = .heartbeatResp
        case .snap: self = .snap
        case .prop: self = .prop
        case .transferLeader: self = .transferLeader
        case .timeoutNow: self = .timeoutNow
        case .readIndex: self = .readIndex
        case .readIndexResp: self = .readIndexResp
        default: self = .other
        }
    }
}

extension TraceMessage {
    /// A message without the data it carries.
    package init(_ message: Message) {
        self.init()
        type = TraceMessageType(message.type)
        from = message.from
        to = message.to
        term = message.term
        logTerm = message.logTerm
        index = message.index
        entries = message.entries.count
        sizeBytes = message.entries.reduce(0) { $0 + $1.data.count }
        commit = message.commit
        reject = message.reject
        rejectHint = message.rejectHint
        snapshotIndex = message.snapshot?.metadata.index ?? .zero
        isTransfer = message.type == .vote && message.context == Raft.campaignTransfer
        if message.type == .heartbeat || message.type == .heartbeatResp { round = Raft.Reads.round(message.context) }
    }
}
