// Transfer.swift: how does a leader hand over without a gap?
//
// A machine is to be restarted and it leads. If it just stopped, nobody would lead for an election timeout.
// Instead it makes its successor campaign at once (thesis 3.10):
//
//     leader                                   successor
//       | takes no more proposals                 |
//       | brings its log up to date  MsgApp ----> |
//       |                            <---- "I have everything"
//       | MsgTimeoutNow ------------------------> |
//       |                     <----- MsgVote, "CampaignTransfer", next term
//       | votes for it; so do the others, although they have a leader: the context tells them that
//       | it agrees
//
// The successor's log is as long as the leader's, so it wins if anybody asks a majority. If it is not
// leader within an election timeout the leader gives up and takes proposals again. Nothing here is needed
// for safety: it is an election like any other, only at a good moment.
//
// READ NEXT  Snapshots.swift

import Identifiers
import RaftMessages
import Trace

extension Raft {
    mutating func transfer(to target: MemberID, into output: inout Output) {
        guard role == .leader else {
            // The wish travels to the leader in the name of the successor.
            guard role == .follower, leader != .none else { return }
            var wish = message(.transferLeader, to: leader)
            wish.from = target
            send(wish, into: &output)
            return
        }
        guard let place = roster.peers.place(of: target), !roster.peers.entries[place].isLearner else { return }
        guard target != transferee, target != id else { return }
        electionElapsed = 0
        transferee = target
        if isTraced { trace.emit(TransferChanged(target: target, term: term)) }
        if roster.peers.entries[place].match == log.last.index {
            send(message(.timeoutNow, to: target), into: &output)
        } else {
            sendAppend(to: place, evenIfEmpty: true, into: &output)
        }
    }

    mutating func abortTransfer() {
        guard transferee != .none else { return }
        transferee = .none
        if isTraced { trace.emit(TransferChanged(target: .none, term: term)) }
    }

    /// Our leader wants us to lead. There is no need to ask whether we may: it knows that our log is good
    /// and that it is not dead.
    mutating func timeoutNow(into output: inout Output) {
        guard role == .follower, mayLead, !hasUnappliedChange else { return }
        askForVotes(isTransfer: true, into: &output)
    }
}
