// TLALine.swift: one line for the checker of the public TLA+ specification of etcd's raft.
//
// The specification reads a file of JSON lines, each one transition of one member:
//
//     {"tag":"trace","event":{"name":"BecomeCandidate","nid":"2",
//      "state":{"term":2,"vote":"2","commit":3},"role":"StateCandidate","log":3,"applied":3,
//      "conf":[["1","2","3"],[]]}}
//
//     name       what happens; the whole list is `TLAName`
//     nid        who; all members are texts of decimal digits
//     state      term, vote ("0" is nobody) and commit index after it; at a receipt, before it
//     log        the index of the last entry (there is no snapshot in the specification's logs)
//     applied    how far the state machine is (read by newer editions of the specification)
//     conf       the voters, and the outgoing half while joint
//     msg        at every sending and receipt: the message
//     prop       at ChangeConf what is proposed, at ApplyConfChange who votes then, at a sent MsgApp the follower's
//                match and next index
//
// READ NEXT  TLAExport.swift, which decides what line an event becomes.

import Bytes
import Identifiers
import JSON
import Trace

/// What the specification calls a transition.
package enum TLAName: String, Hashable, Sendable, CaseIterable {
    /// A member begins, or begins again.
    case initState = "InitState"
    /// It is a follower.
    case becomeFollower = "BecomeFollower"
    /// It campaigns.
    case becomeCandidate = "BecomeCandidate"
    /// It has won.
    case becomeLeader = "BecomeLeader"
    /// A leader's commit index has moved.
    case commit = "Commit"
    /// A leader is about to append one ordinary entry.
    case replicate = "Replicate"
    /// A leader is about to append a change of membership.
    case changeConf = "ChangeConf"
    /// A change of membership takes effect.
    case applyConfChange = "ApplyConfChange"
    /// What has changed is kept, and what was said until now leaves.
    case ready = "Ready"
    /// A leader sends entries, a heartbeat or a snapshot.
    case sendAppendEntriesRequest = "SendAppendEntriesRequest"
    /// They arrive.
    case receiveAppendEntriesRequest = "ReceiveAppendEntriesRequest"
    /// A follower answers; a leader acknowledges its own copy.
    case sendAppendEntriesResponse = "SendAppendEntriesResponse"
    /// The answer arrives; the leader's own copy is durable.
    case receiveAppendEntriesResponse = "ReceiveAppendEntriesResponse"
    /// A candidate asks for a vote.
    case sendRequestVoteRequest = "SendRequestVoteRequest"
    /// The question arrives.
    case receiveRequestVoteRequest = "ReceiveRequestVoteRequest"
    /// A vote is given or refused; a candidate votes for itself.
    case sendRequestVoteResponse = "SendRequestVoteResponse"
    /// The answer arrives; the candidate's own vote is durable.
    case receiveRequestVoteResponse = "ReceiveRequestVoteResponse"
}

/// One line before it is text.
struct TLALine {
    var name: TLAName
    var node: MemberID
    var term: Term
    var vote: MemberID
    var commit: LogIndex
    var role: TraceRole
    var last: LogIndex
    var applied: LogIndex
    var voters: [MemberID]
    var outgoing: [MemberID]
    var message: TraceMessage?
    var properties = Properties.none

    /// What stands under `prop`.
    enum Properties {
        case none
        case progress(match: LogIndex, next: LogIndex)
        case changes([TraceChange])
        case newMembers([MemberID])
    }

    /// A line that says how a member is.
    init(_ name: TLAName, of replica: Replica) {
        self.name = name
        node = replica.member
        term = replica.term
        vote = replica.vote
        commit = replica.commit
        role = replica.role
        last = replica.last
        applied = replica.applied
        voters = replica.newestConfiguration.voters
        outgoing = replica.newestConfiguration.outgoing
    }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("tag")
            json.string(literal: "trace")
            json.key("event")
            json.object { json in writeEvent(to: &json) }
        }
        json.buffer.append(UInt8(ascii: "\n"))
    }

    private func writeEvent(to json: inout JSONWriter) {
        json.key("name")
        json.string(name.rawValue)
        json.key("nid")
        json.string(number: node.rawValue)
        json.key("state")
        json.object { json in
            json.key("term")
            json.number(term.rawValue)
            json.key("vote")
            json.string(number: vote.rawValue)
            json.key("commit")
            json.number(commit.rawValue)
        }
        json.key("role")
        json.string(role.nameInTLA)
        json.key("log")
        json.number(last.rawValue)
        json.key("applied")
        json.number(applied.rawValue)
        json.key("conf")
        json.array { json in
            json.members(voters)
            json.members(outgoing)
        }
        if let message { write(message, to: &json) }
        writeProperties(to: &json)
    }

    private func write(_ message: TraceMessage, to json: inout JSONWriter) {
        let isSnapshot = message.type == .snap
        // Of the leader's commit index a follower uses what it now has itself; only that is in the specification's
        // message.
        let reach = message.index.rawValue &+ UInt64(truncatingIfNeeded: message.entries)
        let commit = message.type == .app ? min(message.commit.rawValue, reach) : message.commit.rawValue
        json.key("msg")
        json.object { json in
            json.key("type")
            json.string(message.type.nameInTLA ?? "")
            json.key("term")
            json.number(message.term.rawValue)
            json.key("from")
            json.string(number: message.from.rawValue)
            json.key("to")
            json.string(number: message.to.rawValue)
            json.key("entries")
            if isSnapshot { json.number(message.snapshotIndex.rawValue) } else { json.number(message.entries) }
            json.key("logTerm")
            json.number(isSnapshot ? 0 : message.logTerm.rawValue)
            json.key("index")
            json.number(isSnapshot ? 0 : message.index.rawValue)
            json.key("commit")
            json.number(commit)
            json.key("vote")
            json.string(number: UInt64(0))
            json.key("reject")
            json.bool(message.reject)
            json.key("rejectHint")
            json.number(message.rejectHint.rawValue)
        }
    }

    private func writeProperties(to json: inout JSONWriter) {
        if case .none = properties { return }
        json.key("prop")
        json.object { json in
            switch properties {
            case .none: break
            case .progress(let match, let next):
                json.key("match")
                json.number(match.rawValue)
                json.key("next")
                json.number(next.rawValue)
            case .changes(let changes):
                json.key("cc")
                json.object { json in
                    // The end of a joint configuration has no changes, and no field for them.
                    if !changes.isEmpty { json.changes(changes) }
                }
            case .newMembers(let members):
                json.key("cc")
                json.object { json in
                    json.key("newconf")
                    json.members(members)
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func members(_ members: [MemberID]) {
        array { json in for member in members { json.string(number: member.rawValue) } }
    }

    fileprivate mutating func changes(_ changes: [TraceChange]) {
        key("changes")
        array { json in
            for change in changes {
                json.object { json in
                    json.key("nid")
                    json.string(number: change.member.rawValue)
                    json.key("action")
                    switch change.kind {
                    case .addVoter: json.string(literal: "AddNewServer")
                    case .remove: json.string(literal: "RemoveServer")
                    case .addLearner: json.string(literal: "AddLearner")
                    case .update: json.string(literal: "UpdateServer")
                    }
                }
            }
        }
    }
}

extension TraceRole {
    var nameInTLA: String {
        switch self {
        case .follower: "StateFollower"
        case .preCandidate: "StatePreCandidate"
        case .candidate: "StateCandidate"
        case .leader: "StateLeader"
        }
    }
}

extension TraceMessageType {
    /// Nil for messages that the specification does not know.
    var nameInTLA: String? {
        switch self {
        case .app: "MsgApp"
        case .appResp: "MsgAppResp"
        case .vote: "MsgVote"
        case .voteResp: "MsgVoteResp"
        case .heartbeat: "MsgHeartbeat"
        case .heartbeatResp: "MsgHeartbeatResp"
        case .snap: "MsgSnap"
        case .preVote, .preVoteResp, .prop, .transferLeader, .timeoutNow, .readIndex, .readIndexResp, .other: nil
        }
    }

    /// What the specification calls sending it and receiving it.
    var namesInTLA: (send: TLAName, receive: TLAName)? {
        switch self {
        case .app, .heartbeat, .snap: (.sendAppendEntriesRequest, .receiveAppendEntriesRequest)
        case .appResp, .heartbeatResp: (.sendAppendEntriesResponse, .receiveAppendEntriesResponse)
        case .vote: (.sendRequestVoteRequest, .receiveRequestVoteRequest)
        case .voteResp: (.sendRequestVoteResponse, .receiveRequestVoteResponse)
        default: nil
        }
    }
}
