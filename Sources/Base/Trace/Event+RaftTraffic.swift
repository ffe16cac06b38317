// Event+RaftTraffic.swift: what a member reports about its dealings with others.
//
// Event+Raft.swift tells of the member's own state; here is what passes between it and the rest of the world,
// again each with the state after it:
//
//     peers     ProgressChanged, RaftMessageSent, RaftMessageReceived
//     clients   ProposalRefused, ReadRoundBegun, ReadRoundConfirmed, ReadAnswered, TransferChanged
//     members   ChangeProposed, ConfigurationChanged
//
// A message is named by its connection and ordinal in the envelope, so that both ends of an arrow can be found.
//
// NUMBERS  shared with Event+Raft.swift, 20-79. Each is given once and for ever.

package import Identifiers

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
