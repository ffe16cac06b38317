// Event+Raft.swift: what a member reports about its part in the agreement.
//
// Each event is one transition of Raft with the state after it. Replaying them gives, at any moment, the
// member's role, term and vote, its log with all its marks, and, at a leader, what it knows of each follower:
//
//     role      RoleChanged, LeaderKnown, TimeoutDrawn, TimeoutFired, QuorumLost
//     votes     VoteAnswered (Event.swift), VoteIgnored, VoteCounted
//     log       EntriesAppended, EntriesTruncated, CommitAdvanced, WriteIssued, WriteDurable, EntriesHanded,
//               EntriesApplied, LogCompacted, SnapshotRestored
//     others    Event+RaftTraffic.swift: followers, messages, clients, changes of membership
//
// `raft-started` comes first in each epoch and carries everything that the member remembers.
//
// THE PUBLIC TLA+ SPECIFICATION of etcd's raft reads traces with names of its own. Its facts are all here: its
// InitState is raft-started, its BecomeX are role-changed, its Replicate is entries-appended at a leader, its
// ChangeConf and ApplyConfChange are change-proposed and configuration-changed, its Send and Receive events
// are the messages, its Ready is write-issued.
//
// NUMBERS  20-79. Each is given once and for ever.
// READ NEXT  RaftWords.swift, the words and groups of fields of which these events are made.

package import Identifiers

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
