// Snapshots.swift: what if a follower needs entries that nobody has any more?
//
// A log that only grows fills every disk. So a member whose state machine has saved itself forgets the log
// up to there (`compact`). A follower that was away longer than that, or is new, cannot be given the
// missing entries; it is given the state machine itself, as of some index, and the log from there on
// (extended paper, section 7).
//
//     leader's log              [base 500 | 501 ... 812]        follower asks for 17
//     leader -> follower        snapshot: state as of 810 (applied), members as of 810
//     follower                  [base 810 |]                    "I have everything up to 810"
//     leader -> follower        811, 812
//
// THE LEADER SAYS WHAT, THE SHELL SENDS IT. A snapshot may be gigabytes, so its bytes never pass through
// here: `.sendSnapshot` names index, term and members as of what our state machine has applied, the shell
// adds the data (a newer state is as good) and reports how it went.
//
// THE FOLLOWER replaces its whole log, unless it has the snapshot's last entry anyway: then everything up
// to there is committed, and nothing else need change.
//
// WHO IS GIVEN ONE? Only a follower that was heard lately; a dead one would be sent gigabytes in vain.
//
// RULES    S1  a snapshot is acknowledged only when it is durable.
//          S2  the state machine is replaced only after that, and nothing is applied in between.
//          S3  whoever is restoring does not campaign.
// READ NEXT  Reads.swift

import Identifiers
import RaftMessages
import Trace

extension Raft {
    /// A snapshot that is being written, or that the state machine is taking over.
    struct Restoring: Hashable, Sendable {
        /// Where it stands; zero when there is none.
        var index = LogIndex.zero
        /// The write that makes it durable.
        var ticket = Ticket.zero
        /// What the state machine will be told to take over, until it is told.
        var waiting: [Snapshot] = []

        /// Whether this step must still write it.
        var isUnwritten = false

        var isActive: Bool { index > .zero }
    }

    /// The state machine has saved itself up to here: what led to it may be forgotten.
    mutating func compact(through index: LogIndex) {
        log.compact(through: index)
        if isTraced { trace.emit(LogCompacted(first: log.first, baseTerm: log.base.term)) }
    }

    // MARK: - The leader

    mutating func sendSnapshot(to place: Int, into output: inout Output) -> Bool {
        guard roster.peers.entries[place].isActive, !restoring.isActive else { return false }
        guard let applied = log.term(at: log.applied), log.applied > .zero else { return false }
        var snapshot = Snapshot()
        snapshot.metadata.index = log.applied
        snapshot.metadata.term = applied
        snapshot.metadata.confState = configuration.confState
        var offer = message(.snap, to: roster.peers.members[place])
        offer.snapshot = snapshot
        roster.peers.entries[place].becomeSnapshot(at: log.applied)
        if isTraced { trace.emit(progressChanged(place)) }
        if isTraced { trace.emit(RaftMessageSent(message: TraceMessage(offer), afterTicket: 0)) }
        output.append(.sendSnapshot(offer))
        return true
    }

    /// The shell says how the transfer went.
    mutating func snapshotReported(to member: MemberID, delivered: Bool) {
        guard role == .leader, let place = roster.peers.place(of: member) else { return }
        guard case .snapshot = roster.peers.entries[place].mode else { return }
        // A failed one is as if never sent: ask again from where the logs are known to agree.
        if !delivered { roster.peers.entries[place].mode = .snapshot(.zero) }
        roster.peers.entries[place].becomeProbe()
        // Delivered: wait for its answer. Lost: do not send gigabytes again before the next heartbeat.
        roster.peers.entries[place].isWaiting = true
        if isTraced { trace.emit(progressChanged(place)) }
    }

    // MARK: - The follower

    mutating func receiveSnapshot(_ message: Message, into output: inout Output) {
        let snapshot = message.snapshot ?? Snapshot()
        let isTaken = restore(snapshot, of: message, into: &output)
        var answer = self.message(.appResp, to: message.from)
        answer.index = isTaken ? log.last.index : log.committed
        promise(answer, into: &output)
    }

    private mutating func restore(_ snapshot: Snapshot, of message: Message, into output: inout Output) -> Bool {
        let metadata = snapshot.metadata
        guard metadata.index > log.committed else { return false }
        let position = Position(index: metadata.index, term: metadata.term)
        let members = Configuration(metadata.confState)
        guard metadata.term <= message.term, metadata.index.rawValue >> 62 == 0, !members.voters.incoming.isEmpty else {
            alarm(
                .badMessage(.snap, from: message.from, why: "its term, its index or its members cannot be"),
                into: &output)
            return false
        }
        // A cluster that does not know us sends us nothing; this was meant for somebody else.
        guard members.contains(id) else { return false }
        if log.contains(position) {
            log.commit(through: metadata.index)
            if isTraced { trace.emit(CommitAdvanced(commit: metadata.index, term: term)) }
            return false
        }
        let limits = Inflights.Limits(messages: options.maxInflightMessages, bytes: options.maxInflightBytes)
        do {
            roster = try Roster(metadata.confState, next: metadata.index.next, limits: limits)
        } catch {
            alarm(
                .badMessage(.snap, from: message.from, why: "its members contradict themselves: \(error)"),
                into: &output)
            return false
        }
        writes.truncate(from: log.committed.next)
        log.restore(position)
        applyingBytes = 0
        unwritten = []
        restoring = Restoring(
            index: position.index, ticket: writes.issued.next, waiting: [snapshot], isUnwritten: true)
        if isTraced {
            trace.emit(
                SnapshotRestored(
                    index: position.index, term: position.term, configuration: TraceConfiguration(configuration)))
        }
        return true
    }
}
