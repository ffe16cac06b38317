// Messages.swift: what members say to each other and keep in their logs.
//
// These are the shapes that consensus computes with; the encoding is generated beside them from
// raft.proto.

package import Bytes
package import Identifiers

/// What an entry of the log carries.
package enum EntryType: Int32, Hashable, Sendable {
    /// A command for the state machines, or nothing (a leader's first entry of its term).
    case normal = 0
    /// One change of membership, as etcd 3.x proposes it.
    case confChange = 1
    /// Several changes at once, by joint consensus. Never proposed to a real etcd, which aborts on it.
    case confChangeV2 = 2
}

/// One entry of the replicated log.
package struct Entry: Hashable, Sendable {
    package var type: EntryType = .normal
    package var term: Term = .zero
    package var index: LogIndex = .zero
    package var data = ByteSlice()
    package init(type: EntryType = .normal, term: Term = .zero, index: LogIndex = .zero, data: ByteSlice = ByteSlice()) {
        self.type = type
        self.term = term
        self.index = index
        self.data = data
    }
}

/// Who votes and who only listens.
package struct ConfState: Hashable, Sendable {
    package var voters: [MemberID] = []
    package var learners: [MemberID] = []
    package var votersOutgoing: [MemberID] = []
    package var learnersNext: [MemberID] = []
    package var autoLeave = false
    package init() {}
}

/// Where a snapshot stands.
package struct SnapshotMetadata: Hashable, Sendable {
    package var confState = ConfState()
    package var index: LogIndex = .zero
    package var term: Term = .zero
    package init() {}
}

/// The state machine at one index, in place of the log before it.
package struct Snapshot: Hashable, Sendable {
    package var data = ByteSlice()
    package var metadata = SnapshotMetadata()
    package init() {}
}

/// What a member must remember across a crash besides its log.
package struct HardState: Hashable, Sendable {
    package var term: Term = .zero
    package var vote: MemberID = .none
    package var commit: LogIndex = .zero
    package init() {}
}

/// What happens to one member in a change of membership.
package enum ConfChangeType: Int32, Hashable, Sendable {
    case addNode = 0
    case removeNode = 1
    case updateNode = 2
    case addLearnerNode = 3
}

/// One change of membership (the form in etcd's logs).
package struct ConfChange: Hashable, Sendable {
    package var id: UInt64 = 0
    package var type: ConfChangeType = .addNode
    package var nodeID: MemberID = .none
    package var context = ByteSlice()
    package init() {}
}

/// How a change of several members leaves the joint configuration.
package enum ConfChangeTransition: Int32, Hashable, Sendable {
    case auto = 0
    case jointImplicit = 1
    case jointExplicit = 2
}

/// One step of a ConfChangeV2.
package struct ConfChangeSingle: Hashable, Sendable {
    package var type: ConfChangeType = .addNode
    package var nodeID: MemberID = .none
    package init() {}
}

/// Any number of changes at once.
package struct ConfChangeV2: Hashable, Sendable {
    package var transition: ConfChangeTransition = .auto
    package var changes: [ConfChangeSingle] = []
    package var context = ByteSlice()
    package init() {}
}

/// The kinds of message, numbered as on the wire.
package enum MessageType: Int32, Hashable, Sendable {
    case hup = 0
    case beat = 1
    case prop = 2
    case app = 3
    case appResp = 4
    case vote = 5
    case voteResp = 6
    case snap = 7
    case heartbeat = 8
    case heartbeatResp = 9
    case unreachable = 10
    case snapStatus = 11
    case checkQuorum = 12
    case transferLeader = 13
    case timeoutNow = 14
    case readIndex = 15
    case readIndexResp = 16
    case preVote = 17
    case preVoteResp = 18
    case storageAppend = 19
    case storageAppendResp = 20
    case storageApply = 21
    case storageApplyResp = 22
    case forgetLeader = 23
}

/// A message between members.
package struct Message: Hashable, Sendable {
    package var type: MessageType = .hup
    package var to: MemberID = .none
    package var from: MemberID = .none
    package var term: Term = .zero
    package var logTerm: Term = .zero
    package var index: LogIndex = .zero
    package var entries: [Entry] = []
    package var commit: LogIndex = .zero
    package var snapshot: Snapshot?
    package var reject = false
    package var rejectHint: LogIndex = .zero
    package var context = ByteSlice()
    package init() {}
}
