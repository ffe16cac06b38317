// Proposals.swift: how does a client's wish become an entry?
//
// Only the leader appends, so a follower passes proposals on. The leader gives each entry its term and
// index, puts it at the end of its log, hands it to its own disk and sends it to everybody at the same
// time. From here on the entry will be committed or be lost; the client learns which when the entry is
// applied, and not before.
//
//     client ---> follower ---MsgProp---> leader ---> log[last + 1]
//
// A PROPOSAL MAY BE REFUSED, at once and with a reason: nobody leads; leadership is being handed over; too
// much is already on its way. A proposal that a leader accepted may still be lost with that leader. In
// both cases the client does not know more than "perhaps not": it must be ready to ask twice.
//
// HOW MUCH MAY BE ON ITS WAY? If followers are slow the leader's log would grow as fast as clients can
// write. `maxUncommittedBytes` bounds what is proposed and not yet applied. One proposal is always taken
// if nothing else is waiting, and entries without data (a leader's first, the end of a joint
// configuration) always, or the cluster could lock itself.
//
// READ NEXT  Replication.swift

import Bytes
package import Identifiers
import RaftMessages
import Trace

extension Raft {
    /// Why entries did not get into the log.
    package enum Refusal: Hashable, Sendable, CustomStringConvertible {
        /// Nobody leads this term, as far as we know.
        case noLeader
        /// We are not the leader and may not pass it on.
        case notForwarded(leader: MemberID)
        /// The leader is about to be another.
        case transferring(to: MemberID)
        /// The leader was removed and has not stepped down yet.
        case removed
        /// Too much is proposed and not yet applied.
        case tooMuchUncommitted(bytes: Int)
        /// The change of membership has to wait for another one. An empty entry took its place.
        case changePending(at: LogIndex)
        /// The change must wait until the joint configuration is left. An empty entry took its place.
        case mustLeaveJointFirst
        /// There is no joint configuration to leave. An empty entry took its place.
        case notJoint
        /// The change cannot be read. An empty entry took its place.
        case unreadableChange

        /// What happened and what to do.
        package var description: String {
            switch self {
            case .noLeader: "nobody leads now: try again after an election"
            case .notForwarded(let leader): "this member may not pass proposals on: ask \(leader)"
            case .transferring(let target): "leadership is being handed to \(target): try again soon"
            case .removed: "this leader was removed from the cluster: ask another member"
            case .tooMuchUncommitted(let bytes): "\(bytes) bytes wait to be committed: try again later"
            case .changePending(let index): "another change of membership at entry \(index) is not applied yet"
            case .mustLeaveJointFirst: "must transition out of joint config first"
            case .notJoint: "not in joint state; refusing empty conf change"
            case .unreadableChange: "the change of membership cannot be decoded"
            }
        }
    }

    mutating func handlePropose(_ entries: [Entry], from: MemberID? = nil, into output: inout Output) {
        guard !entries.isEmpty else { return }
        if role != .leader {
            passOn(entries, from: from, into: &output)
            return
        }
        if let refusal {
            refuse(entries, refusal, from: from, into: &output)
            return
        }
        var entries = entries
        screenChanges(in: &entries, from: from, into: &output)
        if appendOwn(entries) {
            broadcastAppends(into: &output)
        } else {
            refuse(entries, .tooMuchUncommitted(bytes: uncommittedBytes), from: from, into: &output)
        }
    }

    /// Why a leader takes nothing now.
    private var refusal: Refusal? {
        if roster.peers.place(of: id) == nil { return .removed }
        return transferee == .none ? nil : .transferring(to: transferee)
    }

    private mutating func passOn(_ entries: [Entry], from: MemberID?, into output: inout Output) {
        guard role == .follower, leader != .none else {
            refuse(entries, .noLeader, from: from, into: &output)
            return
        }
        guard options.forwardsProposals else {
            refuse(entries, .notForwarded(leader: leader), from: from, into: &output)
            return
        }
        var proposal = message(.prop, to: leader)
        proposal.from = from ?? id
        // A proposal belongs to no term: whoever leads when it arrives decides.
        proposal.term = .zero
        proposal.entries = entries
        send(proposal, into: &output)
    }

    /// Whoever proposed here is told; a proposal that another member passed on is only dropped, because
    /// the protocol has no answer for it.
    private func refuse(_ entries: [Entry], _ refusal: Refusal, from: MemberID?, into output: inout Output) {
        if isTraced { trace.emit(ProposalRefused(entries: entries.count, why: refusal.description)) }
        if from == nil || from == id { output.append(.refused(refusal, entries)) }
    }

    /// Puts entries of our own at the end of the log; false when there is no room for them.
    mutating func appendOwn(_ proposed: [Entry]) -> Bool {
        var bytes = 0
        for entry in proposed { bytes += entry.data.count }
        let room = options.maxUncommittedBytes - min(uncommittedBytes, options.maxUncommittedBytes)
        if bytes > 0, uncommittedBytes > 0, bytes > room { return false }
        uncommittedBytes += bytes
        var entries = proposed
        for place in entries.indices {
            entries[place].term = term
            entries[place].index = log.last.index + (place + 1)
        }
        log.append(entries)
        latest = LatestBatch(entries: entries, bytes: bytes)
        write(entries)
        if isTraced { reportAppended(entries) }
        return true
    }

    /// Entries for this step's write. Mostly there are none yet, and the array is shared, not copied.
    mutating func write(_ entries: [Entry]) {
        if unwritten.isEmpty { unwritten = entries } else { unwritten += entries }
    }

    /// The state machine has come further.
    mutating func handleApplied(through index: LogIndex, into output: inout Output) {
        advanceApplied(through: index)
        leaveJointIfDue(into: &output)
    }

    /// Gives back the room that applied entries took.
    mutating func advanceApplied(through index: LogIndex) {
        if restoring.isActive, index >= restoring.index { restoring = Restoring() }
        var next = log.applied.next
        while next <= index, next <= log.handed {
            // What a snapshot brought was never counted.
            if next > log.base.index {
                let size = log.size(at: next)
                applyingBytes = max(0, applyingBytes - size - Raft.entryOverhead)
                uncommittedBytes = max(0, uncommittedBytes - size)
                next = next.next
            } else {
                next = log.first
            }
        }
        log.markApplied(through: index)
        if isTraced { trace.emit(EntriesApplied(applied: log.applied)) }
    }
}
