// Event+Raft.swift: what a member reports about its part in the agreement.
//
// Each event is one transition of Raft with the state after it. Replaying them gives, at any moment, the
// member's role, term and vote, its log with all its marks, and, at a leader, what it knows of each follower:
//
//     role      RoleChanged, LeaderKnown, TimeoutDrawn, TimeoutFired, QuorumLost
//     votes     VoteAnswered (Event.swift), VoteIgnored, VoteCounted
//     log       EntriesAppended, EntriesTruncated, CommitAdvanced, WriteIssued, WriteDurable, EntriesHanded,
//               EntriesApplied, LogCompacted, SnapshotRestored
//     peers     ProgressChanged, RaftMessageSent, RaftMessageReceived
//     clients   ProposalRefused, ReadRoundBegun, ReadRoundConfirmed, ReadAnswered, TransferChanged
//     members   ChangeProposed, ConfigurationChanged
//
// `raft-started` comes first in each epoch and carries everything that the member remembers.
//
// THE PUBLIC TLA+ SPECIFICATION of etcd's raft reads traces with names of its own. Its facts are all here: its
// InitState is raft-started, its BecomeX are role-changed, its Replicate is entries-appended at a leader, its
// ChangeConf and ApplyConfChange are change-proposed and configuration-changed, its Send and Receive events
// are the messages, its Ready is write-issued.
//
// NUMBERS  20-79. Each is given once and for ever.

package import Identifiers

/// What a member is doing.
package enum TraceRole: UInt8, TraceWord {
    /// Copies a leader's log.
    case follower
    /// Asks whether it would be elected.
    case preCandidate
    /// Asks for votes.
    case candidate
    /// Decides what the log is.
    case leader
}

/// How a leader sends to a follower.
package enum TraceProgressMode: UInt8, TraceWord {
    /// One question at a time.
    case probe
    /// A stream.
    case replicate
    /// Nothing until a snapshot has arrived.
    case snapshot
}

/// Kinds of message between members, by their names in the protocol's own spelling.
package enum TraceMessageType: UInt8, TraceWord {
    /// Entries.
    case app
    /// The answer to entries.
    case appResp
    /// A request for a vote.
    case vote
    /// A vote.
    case voteResp
    /// A question whether one would vote.
    case preVote
    /// Its answer.
    case preVoteResp
    /// A leader lives.
    case heartbeat
    /// Its follower, too.
    case heartbeatResp
    /// A snapshot.
    case snap
    /// A proposal passed on.
    case prop
    /// A wish for another leader.
    case transferLeader
    /// "Campaign now".
    case timeoutNow
    /// A read passed on.
    case readIndex
    /// Its answer.
    case readIndexResp
    /// Anything else.
    case other
}

/// What an entry is for.
package enum TraceEntryKind: UInt8, TraceWord {
    /// A command, or nothing.
    case normal
    /// One change of membership.
    case change
    /// Several.
    case changes
}

/// What happens to one member in a change.
package enum TraceChangeKind: UInt8, TraceWord {
    /// Becomes a voter.
    case addVoter
    /// Becomes a learner.
    case addLearner
    /// Leaves.
    case remove
    /// Only its description changes.
    case update
}

/// An entry as pictures need it.
package struct TraceEntry: FieldGroup {
    /// The term in which it was made.
    package var term = Term.zero
    /// What it is for.
    package var kind = TraceEntryKind.normal
    /// How much it carries.
    package var sizeBytes = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(term: Term, kind: TraceEntryKind, sizeBytes: Int) {
        self.term = term
        self.kind = kind
        self.sizeBytes = sizeBytes
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("term", &term)
        visitor.field("kind", &kind)
        visitor.field("size_bytes", &sizeBytes)
    }
}

/// One part of a change of membership.
package struct TraceChange: FieldGroup {
    /// Whom it is about.
    package var member = MemberID.none
    /// What happens.
    package var kind = TraceChangeKind.addVoter

    /// Blank, for readers.
    package init() {}
    /// Both.
    package init(member: MemberID, kind: TraceChangeKind) {
        self.member = member
        self.kind = kind
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("peer", &member)
        visitor.field("kind", &kind)
    }
}

/// Who votes and who listens.
package struct TraceConfiguration: FieldGroup {
    /// The voters; the incoming half while joint.
    package var voters: [MemberID] = []
    /// The outgoing half; empty unless joint.
    package var outgoing: [MemberID] = []
    /// Who only listens.
    package var learners: [MemberID] = []
    /// Who will only listen when the joint configuration is left.
    package var learnersNext: [MemberID] = []
    /// Whether it is left automatically.
    package var autoLeave = false

    /// Blank, for readers.
    package init() {}

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("voters", &voters)
        visitor.field("outgoing", &outgoing)
        visitor.field("learners", &learners)
        visitor.field("learners_next", &learnersNext)
        visitor.field("auto_leave", &autoLeave)
    }
}

/// A message between members, without the data it carries.
package struct TraceMessage: FieldGroup {
    /// What it is.
    package var type = TraceMessageType.other
    /// From whom.
    package var from = MemberID.none
    /// To whom.
    package var to = MemberID.none
    /// Of which term.
    package var term = Term.zero
    /// The term of the entry at `index`.
    package var logTerm = Term.zero
    /// The entry before those it carries, the last one acknowledged, or the one refused.
    package var index = LogIndex.zero
    /// How many entries it carries.
    package var entries = 0
    /// How many bytes they are.
    package var sizeBytes = 0
    /// The leader's commit index, as far as this receiver may use it.
    package var commit = LogIndex.zero
    /// Whether it is a no.
    package var reject = false
    /// Where the logs may agree.
    package var rejectHint = LogIndex.zero
    /// Up to where its snapshot stands.
    package var snapshotIndex = LogIndex.zero
    /// The round of reads that a heartbeat asks about, or a heartbeat's answer confirms, if any.
    package var round: UInt64 = 0
    /// Whether a leader asked for this campaign.
    package var isTransfer = false

    /// Blank, for readers.
    package init() {}

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("type", &type)
        visitor.field("from", &from)
        visitor.field("to", &to)
        visitor.field("term", &term)
        visitor.field("log_term", &logTerm)
        visitor.field("index", &index)
        visitor.field("entries", &entries)
        visitor.field("size_bytes", &sizeBytes)
        visitor.field("commit", &commit)
        visitor.field("reject", &reject)
        visitor.field("reject_hint", &rejectHint)
        visitor.field("snapshot_index", &snapshotIndex)
        visitor.field("round", &round)
        visitor.field("is_transfer", &isTransfer)
    }
}

// MARK: - The events

/// The member begins, with what it remembers; the first event of Raft in every epoch.
package struct RaftStarted: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(21, "raft-started")
    /// The latest election it knew.
    package var term = Term.zero
    /// Whom it voted for in it.
    package var vote = MemberID.none
    /// Up to where it knew things to be committed.
    package var commit = LogIndex.zero
    /// How far its state machine is.
    package var applied = LogIndex.zero
    /// The first entry that it has, or the place for it.
    package var first = LogIndex.zero
    /// The term of the entry before the first.
    package var baseTerm = Term.zero
    /// The entries, from the first on.
    package var entries: [TraceEntry] = []
    /// Who are the members.
    package var configuration = TraceConfiguration()

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(
        term: Term, vote: MemberID, commit: LogIndex, applied: LogIndex, first: LogIndex, baseTerm: Term,
        entries: [TraceEntry], configuration: TraceConfiguration
    ) {
        self.term = term
        self.vote = vote
        self.commit = commit
        self.applied = applied
        self.first = first
        self.baseTerm = baseTerm
        self.entries = entries
        self.configuration = configuration
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("term", &term)
        visitor.field("vote", &vote)
        visitor.field("commit", &commit)
        visitor.field("applied", &applied)
        visitor.field("first", &first)
        visitor.field("base_term", &baseTerm)
        visitor.field("entries", &entries)
        visitor.field("configuration", &configuration)
    }
}

/// The member has another role, or another term.
package struct RoleChanged: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(22, "role-changed")
    /// What it does now.
    package var role = TraceRole.follower
    /// In which term.
    package var term = Term.zero
    /// Whom it votes for in this term.
    package var vote = MemberID.none
    /// Who leads, as far as it knows.
    package var leader = MemberID.none
    /// Up to where it knows things to be committed.
    package var commit = LogIndex.zero
    /// Where its log ends.
    package var last = LogIndex.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(role: TraceRole, term: Term, vote: MemberID, leader: MemberID, commit: LogIndex, last: LogIndex) {
        self.role = role
        self.term = term
        self.vote = vote
        self.leader = leader
        self.commit = commit
        self.last = last
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("role", &role)
        visitor.field("term", &term)
        visitor.field("vote", &vote)
        visitor.field("leader", &leader)
        visitor.field("commit", &commit)
        visitor.field("last", &last)
    }
}

/// A follower has found its leader, or has forgotten it.
package struct LeaderKnown: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(23, "leader-known")
    /// Who leads; nobody is "0".
    package var leader = MemberID.none
    /// In which term.
    package var term = Term.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(leader: MemberID, term: Term) {
        self.leader = leader
        self.term = term
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("leader", &leader)
        visitor.field("term", &term)
    }
}

/// The member has drawn how long it will wait for a leader.
package struct TimeoutDrawn: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(24, "timeout-drawn")
    /// So many ticks.
    package var ticks = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(ticks: Int) {
        self.ticks = ticks
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("ticks", &ticks)
    }
}

/// The member has waited long enough.
package struct TimeoutFired: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(25, "timeout-fired")
    /// The term that has no leader, as far as it knows.
    package var term = Term.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(term: Term) {
        self.term = term
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("term", &term)
    }
}

/// A leader has not heard from a quorum for an election timeout, and will step down.
package struct QuorumLost: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(26, "quorum-lost")
    /// The term that it led.
    package var term = Term.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(term: Term) {
        self.term = term
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("term", &term)
    }
}

/// A candidate is not answered, because the member has a leader.
package struct VoteIgnored: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(27, "vote-ignored")
    /// Who asked.
    package var candidate = MemberID.none
    /// For which term.
    package var term = Term.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(candidate: MemberID, term: Term) {
        self.candidate = candidate
        self.term = term
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("candidate", &candidate)
        visitor.field("term", &term)
    }
}

/// A candidate counts an answer.
package struct VoteCounted: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(28, "vote-counted")
    /// Who answered.
    package var peer = MemberID.none
    /// What.
    package var granted = false
    /// How many have agreed.
    package var yes = 0
    /// How many have not.
    package var no = 0
    /// The candidate's term.
    package var term = Term.zero
    /// Whether it was only a question.
    package var pre = false

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(peer: MemberID, granted: Bool, yes: Int, no: Int, term: Term, pre: Bool) {
        self.peer = peer
        self.granted = granted
        self.yes = yes
        self.no = no
        self.term = term
        self.pre = pre
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("peer", &peer)
        visitor.field("granted", &granted)
        visitor.field("yes", &yes)
        visitor.field("no", &no)
        visitor.field("term", &term)
        visitor.field("pre", &pre)
    }
}

/// Entries are at the end of the log.
package struct EntriesAppended: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(29, "entries-appended")
    /// The first of them.
    package var first = LogIndex.zero
    /// The last, now the end of the log.
    package var last = LogIndex.zero
    /// What they are.
    package var entries: [TraceEntry] = []

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(first: LogIndex, last: LogIndex, entries: [TraceEntry]) {
        self.first = first
        self.last = last
        self.entries = entries
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("first", &first)
        visitor.field("last", &last)
        visitor.field("entries", &entries)
    }
}

/// Entries were thrown away, because a leader has others there.
package struct EntriesTruncated: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(30, "entries-truncated")
    /// The first of them.
    package var first = LogIndex.zero
    /// Where the log ends now.
    package var last = LogIndex.zero
    /// The term of that entry.
    package var lastTerm = Term.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(first: LogIndex, last: LogIndex, lastTerm: Term) {
        self.first = first
        self.last = last
        self.lastTerm = lastTerm
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("first", &first)
        visitor.field("last", &last)
        visitor.field("last_term", &lastTerm)
    }
}

/// More is committed.
package struct CommitAdvanced: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(31, "commit-advanced")
    /// Up to here.
    package var commit = LogIndex.zero
    /// The member's term.
    package var term = Term.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(commit: LogIndex, term: Term) {
        self.commit = commit
        self.term = term
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("commit", &commit)
        visitor.field("term", &term)
    }
}

/// Something is handed to the log's writer.
package struct WriteIssued: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(32, "write-issued")
    /// The number of the write.
    package var ticket: UInt64 = 0
    /// The term it writes.
    package var term = Term.zero
    /// The vote.
    package var vote = MemberID.none
    /// The commit index.
    package var commit = LogIndex.zero
    /// The first entry it writes; 0: none.
    package var first = LogIndex.zero
    /// The last.
    package var last = LogIndex.zero
    /// The snapshot it writes; 0: none.
    package var snapshot = LogIndex.zero
    /// Whether it must survive a crash.
    package var mustSync = false

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(
        ticket: UInt64, term: Term, vote: MemberID, commit: LogIndex, first: LogIndex, last: LogIndex,
        snapshot: LogIndex, mustSync: Bool
    ) {
        self.ticket = ticket
        self.term = term
        self.vote = vote
        self.commit = commit
        self.first = first
        self.last = last
        self.snapshot = snapshot
        self.mustSync = mustSync
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("ticket", &ticket)
        visitor.field("term", &term)
        visitor.field("vote", &vote)
        visitor.field("commit", &commit)
        visitor.field("first", &first)
        visitor.field("last", &last)
        visitor.field("snapshot", &snapshot)
        visitor.field("must_sync", &mustSync)
    }
}

/// The log's writer says that a crash cannot take this away any more.
package struct WriteDurable: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(33, "write-durable")
    /// The last write that is durable.
    package var ticket: UInt64 = 0
    /// Up to where the log is durable as the member holds it.
    package var index = LogIndex.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(ticket: UInt64, index: LogIndex) {
        self.ticket = ticket
        self.index = index
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("ticket", &ticket)
        visitor.field("index", &index)
    }
}

/// The state machine is told to apply entries.
package struct EntriesHanded: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(34, "entries-handed")
    /// The first.
    package var first = LogIndex.zero
    /// The last.
    package var last = LogIndex.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(first: LogIndex, last: LogIndex) {
        self.first = first
        self.last = last
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("first", &first)
        visitor.field("last", &last)
    }
}

/// The state machine has applied entries.
package struct EntriesApplied: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(35, "entries-applied")
    /// Up to here.
    package var applied = LogIndex.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(applied: LogIndex) {
        self.applied = applied
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("applied", &applied)
    }
}

/// A leader knows more about a follower, or has sent it something.
package struct ProgressChanged: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(36, "progress-changed")
    /// Which.
    package var peer = MemberID.none
    /// How it is sent to.
    package var mode = TraceProgressMode.probe
    /// Up to where the logs agree.
    package var match = LogIndex.zero
    /// The next entry to send.
    package var next = LogIndex.zero
    /// How many messages with entries are on their way.
    package var inflight = 0
    /// The snapshot on its way; 0: none.
    package var pendingSnapshot = LogIndex.zero
    /// Whether nothing may be sent now.
    package var paused = false
    /// Whether it was heard lately.
    package var active = false
    /// Whether it only listens.
    package var learner = false

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(
        peer: MemberID, mode: TraceProgressMode, match: LogIndex, next: LogIndex, inflight: Int,
        pendingSnapshot: LogIndex, paused: Bool, active: Bool, learner: Bool
    ) {
        self.peer = peer
        self.mode = mode
        self.match = match
        self.next = next
        self.inflight = inflight
        self.pendingSnapshot = pendingSnapshot
        self.paused = paused
        self.active = active
        self.learner = learner
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("peer", &peer)
        visitor.field("mode", &mode)
        visitor.field("match", &match)
        visitor.field("next", &next)
        visitor.field("inflight", &inflight)
        visitor.field("pending_snapshot", &pendingSnapshot)
        visitor.field("paused", &paused)
        visitor.field("active", &active)
        visitor.field("learner", &learner)
    }
}

/// A message leaves, or may leave when a write is durable.
package struct RaftMessageSent: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(37, "raft-message-sent")
    /// The message.
    package var message = TraceMessage()
    /// The write that must be durable first; 0: none.
    package var afterTicket: UInt64 = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(message: TraceMessage, afterTicket: UInt64) {
        self.message = message
        self.afterTicket = afterTicket
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("message", &message)
        visitor.field("after_ticket", &afterTicket)
    }
}

/// A message has come and is looked at; nothing has changed yet.
package struct RaftMessageReceived: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(38, "raft-message-received")
    /// The message.
    package var message = TraceMessage()

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(message: TraceMessage) {
        self.message = message
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("message", &message)
    }
}

/// Entries did not get into the log.
package struct ProposalRefused: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(39, "proposal-refused")
    /// How many.
    package var entries = 0
    /// Why.
    package var why = ""

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(entries: Int, why: String) {
        self.entries = entries
        self.why = why
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("entries", &entries)
        visitor.field("why", &why)
    }
}

/// A leader asks whether it still leads, so that reads can be answered.
package struct ReadRoundBegun: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(40, "read-round-begun")
    /// The number of the round.
    package var round: UInt64 = 0
    /// How many reads wait for it.
    package var reads = 0
    /// What is committed now.
    package var commit = LogIndex.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(round: UInt64, reads: Int, commit: LogIndex) {
        self.round = round
        self.reads = reads
        self.commit = commit
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("round", &round)
        visitor.field("reads", &reads)
        visitor.field("commit", &commit)
    }
}

/// A quorum says that it still leads.
package struct ReadRoundConfirmed: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(41, "read-round-confirmed")
    /// The number of the round.
    package var round: UInt64 = 0

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(round: UInt64) {
        self.round = round
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("round", &round)
    }
}

/// A read may go on when everything up to an index is applied.
package struct ReadAnswered: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(42, "read-answered")
    /// The index.
    package var index = LogIndex.zero
    /// Who reads.
    package var peer = MemberID.none

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(index: LogIndex, peer: MemberID) {
        self.index = index
        self.peer = peer
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("index", &index)
        visitor.field("peer", &peer)
    }
}

/// Leadership is being handed over, or not any more.
package struct TransferChanged: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(43, "transfer-changed")
    /// To whom; nobody is "0".
    package var target = MemberID.none
    /// The leader's term.
    package var term = Term.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(target: MemberID, term: Term) {
        self.target = target
        self.term = term
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("target", &target)
        visitor.field("term", &term)
    }
}

/// A change of membership is about to be appended by the leader.
package struct ChangeProposed: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(44, "change-proposed")
    /// Where.
    package var index = LogIndex.zero
    /// What; nothing: leave the joint configuration.
    package var changes: [TraceChange] = []
    /// Whether it enters a joint configuration.
    package var joint = false

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(index: LogIndex, changes: [TraceChange], joint: Bool) {
        self.index = index
        self.changes = changes
        self.joint = joint
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("index", &index)
        visitor.field("changes", &changes)
        visitor.field("joint", &joint)
    }
}

/// A change of membership has taken effect.
package struct ConfigurationChanged: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(45, "configuration-changed")
    /// The entry that brought it.
    package var index = LogIndex.zero
    /// Who are the members now.
    package var configuration = TraceConfiguration()

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(index: LogIndex, configuration: TraceConfiguration) {
        self.index = index
        self.configuration = configuration
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("index", &index)
        visitor.field("configuration", &configuration)
    }
}

/// A snapshot replaces the log.
package struct SnapshotRestored: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(46, "snapshot-restored")
    /// Up to where it stands.
    package var index = LogIndex.zero
    /// The term of that entry.
    package var term = Term.zero
    /// Who are the members in it.
    package var configuration = TraceConfiguration()

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(index: LogIndex, term: Term, configuration: TraceConfiguration) {
        self.index = index
        self.term = term
        self.configuration = configuration
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("index", &index)
        visitor.field("term", &term)
        visitor.field("configuration", &configuration)
    }
}

/// The log has forgotten its beginning.
package struct LogCompacted: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(47, "log-compacted")
    /// The first entry that is left, or the place for it.
    package var first = LogIndex.zero
    /// The term of the entry before.
    package var baseTerm = Term.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(first: LogIndex, baseTerm: Term) {
        self.first = first
        self.baseTerm = baseTerm
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("first", &first)
        visitor.field("base_term", &baseTerm)
    }
}
