// RaftWords.swift: the words that events of Raft are spelled with.
//
// `Trace` lies below `Raft` and `RaftMessages` and cannot use their types; nor should it, because a trace
// outlives the program that wrote it. So a trace has words of its own for roles, modes and kinds, each one
// byte in the compact form and its name in the line, and groups of fields for what appears in several events.
//
// READ NEXT  Event+Raft.swift and Event+RaftTraffic.swift, which use them.

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

    /// For lines.
    package static let names: [StaticString] = [
        "follower", "preCandidate", "candidate", "leader",
    ]
}

/// How a leader sends to a follower.
package enum TraceProgressMode: UInt8, TraceWord {
    /// One question at a time.
    case probe
    /// A stream.
    case replicate
    /// Nothing until a snapshot has arrived.
    case snapshot

    /// For lines.
    package static let names: [StaticString] = [
        "probe", "replicate", "snapshot",
    ]
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

    /// For lines.
    package static let names: [StaticString] = [
        "app", "appResp", "vote", "voteResp", "preVote", "preVoteResp", "heartbeat", "heartbeatResp", "snap",
        "prop", "transferLeader", "timeoutNow", "readIndex", "readIndexResp", "other",
    ]
}

/// What an entry is for.
package enum TraceEntryKind: UInt8, TraceWord {
    /// A command, or nothing.
    case normal
    /// One change of membership.
    case change
    /// Several.
    case changes

    /// For lines.
    package static let names: [StaticString] = [
        "normal", "change", "changes",
    ]
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

    /// For lines.
    package static let names: [StaticString] = [
        "addVoter", "addLearner", "remove", "update",
    ]
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
