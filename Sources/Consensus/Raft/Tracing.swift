// Tracing.swift: what has happened, for those who draw it?
//
// Every transition is reported with the state after it, so a run can be replayed from its events alone:
// by the visualizer, by tests, and by the checker of the public TLA+ specification of etcd's raft.
//
// COST     with nobody listening a trace point is one branch; the event is not even built.

package import Identifiers
package import RaftMessages

/// A transition of a member, with the state after it.
package enum RaftEvent: Hashable, Sendable {
    /// Another role, leader or term.
    case role(after: Raft.Leadership)
    /// A follower has found its leader, or forgotten it.
    case leaderKnown(after: Raft.Leadership)
    /// The election timeout was drawn.
    case timeoutDrawn(ticks: Int)
    /// Patience has ended.
    case timeoutFired(term: Term)
    /// A leader found that it hears no quorum.
    case quorumLost(term: Term)
    /// A vote was given or refused; `log` is where the candidate's log ends.
    case voted(term: Term, for: MemberID, granted: Bool, log: Raft.Position, isReal: Bool = true)
    /// A candidate was ignored because we have a leader.
    case voteIgnored(candidate: MemberID, term: Term)
    /// A candidate counts.
    case tally(term: Term, from: MemberID, granted: Bool, yes: Int, no: Int, isReal: Bool)
    /// Entries are in the log; `term` is that of the last.
    case appended(from: LogIndex, through: LogIndex, term: Term)
    /// Entries from here on were thrown away.
    case truncated(from: LogIndex, last: Raft.Position)
    /// Up to here it will never change.
    case committed(through: LogIndex, term: Term)
    /// Up to here the disk has it.
    case durable(ticket: Raft.Ticket, through: LogIndex)
    /// Up to here the state machine has done it.
    case applied(through: LogIndex)
    /// What the leader knows of a follower.
    case progress(of: MemberID, after: Raft.Progress)
    /// A message leaves (or will, when it is durable).
    case sent(Message)
    /// A message has come.
    case received(Message)
    /// Proposals were refused.
    case refused(entries: Int, why: Raft.Refusal)
    /// A round of heartbeats asks whether we still lead.
    case readRound(round: UInt64, reads: Int, index: LogIndex)
    /// A majority says so.
    case readConfirmed(round: UInt64)
    /// A read may go on at this index.
    case readAnswered(index: LogIndex, for: MemberID)
    /// Leadership is being handed over, or not any more.
    case transfer(to: MemberID, term: Term)
    /// A change of membership is in the leader's log.
    case changeProposed(at: LogIndex)
    /// A change of membership has taken effect.
    case configuration(at: LogIndex, after: Raft.Configuration)
    /// A snapshot has replaced the log.
    case restored(snapshot: Raft.Position, configuration: Raft.Configuration)
}

extension Raft {
    @inline(__always)
    func emit(_ event: @autoclosure () -> RaftEvent) {
        if let listener { listener(event()) }
    }
}
