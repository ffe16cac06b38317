// Deadlines.swift: who has waited long enough, and what is he told?
//
// A write that was proposed may be committed, or be lost with its leader; the member cannot know, and a client cannot
// wait for ever. etcd's limit is 5 s and two elections (7 s): an election in between must not fail a request.
//
// WHAT HE IS TOLD is a guess at the reason, because an operator will read it:
//
//     Raft has never seen the entry: nobody led all the time    context deadline exceeded
//     he began shortly before the present leader was found      ... possibly due to previous leader failure
//     no connection to the leader (a leader: to a quorum)       ... possibly due to connection lost
//       has stood since he began
//     none of these                                             request timed out
//
// None of them says that the write did not happen; only the first one knows it.

import Bytes
import EtcdAPI
import Identifiers
import Membership
import Raft
import Trace

extension Member {
    /// Time has passed: whoever has waited too long is told so.
    mutating func expireRequests(into output: inout Output) {
        let limit = now - options.requestMilliseconds
        while let (number, waiter) = waiters.takeFirst(ifSince: limit) {
            let wasNeverSeen = parked.drop(through: number)
            guard waiter.purpose == .client else {
                announcing.finished(waiter.purpose)
                continue
            }
            let error: APIError = wasNeverSeen ? .contextDeadline : timeout(of: waiter.since)
            refuse(waiter.request, error, name: waiter.name, into: &output)
        }
    }

    /// What a request that began then is told.
    private func timeout(of since: Int64) -> APIError {
        if let elected = leadership.since, since > elected - 2 * options.electionMilliseconds, since < elected {
            return .timeoutLeaderFail
        }
        let isReached: Bool
        switch raft.leader {
        case .none: return .timeout
        case id:
            let members = membership.peers.map(\.id)
            let reached = members.filter { $0 == id || isConnected(to: $0, since: since) }
            isReached = reached.count >= members.count / 2 + 1
        default: isReached = isConnected(to: raft.leader, since: since)
        }
        return isReached ? .timeout : .timeoutConnectionLost
    }

    private func isConnected(to peer: MemberID, since time: Int64) -> Bool {
        leadership.connectedSince[peer].map { $0 < time } ?? false
    }
}
