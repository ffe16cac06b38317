// Raft.swift: the messages of raft.proto as Swift.
//
// Made by MessageGenerator; change Protos/raft.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// What an entry of the log carries.
package enum EntryType: WireEnum {
    /// A command for the state machines; or nothing: a leader's first entry of its term has no data. It is
    /// there because a leader may count only entries of its own term as committed (Raft, section 5.4.2).
    case normal
    /// A `ConfChange`: one member comes, goes or changes.
    case confChange
    /// A `ConfChangeV2`: several at once, through a joint configuration. Every real etcd aborts when it
    /// applies one (and again at each start, since it stays in the log), so it is never proposed to them.
    case confChangeV2
    /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
    case unrecognized(Int32)

    /// The cases that have names.
    package static let named: [EntryType] = [
        .normal,
        .confChange,
        .confChangeV2,
    ]

    /// The case for a number of the wire; every number has one.
    @inlinable
    package init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .normal
        case 1: self = .confChange
        case 2: self = .confChangeV2
        default: self = .unrecognized(rawValue)
        }
    }

    /// The number on the wire.
    @inlinable package var rawValue: Int32 {
        switch self {
        case .normal: 0
        case .confChange: 1
        case .confChangeV2: 2
        case .unrecognized(let number): number
        }
    }

    /// Equal when the numbers are.
    @inlinable package static func == (left: EntryType, right: EntryType) -> Bool {
        left.rawValue == right.rawValue
    }

    /// Hashes the number.
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// What happens to one member in a change of membership.
package enum ConfChangeType: WireEnum {
    /// It becomes a voter: a new member, or a learner that is promoted.
    case addNode
    /// It leaves for ever: its identifier is never used again.
    case removeNode
    /// Its addresses change; for Raft nothing happens.
    case updateNode
    /// Since 3.4. It becomes a learner.
    case addLearnerNode
    /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
    case unrecognized(Int32)

    /// The cases that have names.
    package static let named: [ConfChangeType] = [
        .addNode,
        .removeNode,
        .updateNode,
        .addLearnerNode,
    ]

    /// The case for a number of the wire; every number has one.
    @inlinable
    package init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .addNode
        case 1: self = .removeNode
        case 2: self = .updateNode
        case 3: self = .addLearnerNode
        default: self = .unrecognized(rawValue)
        }
    }

    /// The number on the wire.
    @inlinable package var rawValue: Int32 {
        switch self {
        case .addNode: 0
        case .removeNode: 1
        case .updateNode: 2
        case .addLearnerNode: 3
        case .unrecognized(let number): number
        }
    }

    /// Equal when the numbers are.
    @inlinable package static func == (left: ConfChangeType, right: ConfChangeType) -> Bool {
        left.rawValue == right.rawValue
    }

    /// Hashes the number.
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// How a change of several members leaves the joint configuration.
package enum ConfChangeTransition: WireEnum {
    /// A single change is made directly; several go through a joint configuration that the leader leaves
    /// by itself.
    case auto
    /// Always through a joint configuration, which the leader leaves by itself.
    case jointImplicit
    /// Always through a joint configuration, which somebody has to leave by proposing an empty ConfChangeV2.
    case jointExplicit
    /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
    case unrecognized(Int32)

    /// The cases that have names.
    package static let named: [ConfChangeTransition] = [
        .auto,
        .jointImplicit,
        .jointExplicit,
    ]

    /// The case for a number of the wire; every number has one.
    @inlinable
    package init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .auto
        case 1: self = .jointImplicit
        case 2: self = .jointExplicit
        default: self = .unrecognized(rawValue)
        }
    }

    /// The number on the wire.
    @inlinable package var rawValue: Int32 {
        switch self {
        case .auto: 0
        case .jointImplicit: 1
        case .jointExplicit: 2
        case .unrecognized(let number): number
        }
    }

    /// Equal when the numbers are.
    @inlinable package static func == (left: ConfChangeTransition, right: ConfChangeTransition) -> Bool {
        left.rawValue == right.rawValue
    }

    /// Hashes the number.
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// The kinds of message. Some never leave a member: Raft takes every input as a message, and numbers them all.
package enum MessageType: WireEnum {
    /// Local: the election timeout passed, or somebody wants an election now.
    case hup
    /// Local: it is time for the leader to send heartbeats.
    case beat
    /// Follower to leader: please append these entries. Their term and index are 0, and so is the message's.
    case prop
    /// Leader to follower: append these entries after `index`, where your entry must be of `log_term`.
    case app
    /// The answer: my log equals yours up to `index`; or, with `reject`, it does not.
    case appResp
    /// Candidate to all: vote for me in this term; my log ends at (`log_term`, `index`).
    case vote
    /// The answer.
    case voteResp
    /// Leader to follower: a snapshot, in place of entries that the leader no longer has.
    case snap
    /// Leader to follower: I am still here. `commit` never exceeds what the follower is known to have.
    case heartbeat
    /// The answer; carries `context` back, which is how a leader learns that it is still one (ReadIndex).
    case heartbeatResp
    /// Local: a message could not be delivered. The leader stops sending ahead and probes.
    case unreachable
    /// Local: how the sending of a snapshot ended; `reject` says that it failed.
    case snapStatus
    /// Local: it is time for the leader to ask itself whether a majority still answers.
    case checkQuorum
    /// To the leader: hand leadership to `from`.
    case transferLeader
    /// Leader to its chosen successor: campaign at once, do not wait for your timeout.
    case timeoutNow
    /// Follower to leader: at which index may I answer a linearizable read? The first entry's data names the
    /// request (eight bytes). Its term is 0.
    case readIndex
    /// The answer: once you have applied `index`. The request's name comes back in the first entry.
    case readIndexResp
    /// Would you vote for me in this term? Asked before the term is raised, so that a member that was cut off
    /// does not disturb the others with ever higher terms when it comes back (Raft dissertation, section 9.6).
    case preVote
    /// The answer. Granted: in the term that was asked about.
    case preVoteResp
    /// Since 3.6, local: append to the log on disk.
    case storageAppend
    /// Since 3.6, local: the log is on disk.
    case storageAppendResp
    /// Since 3.6, local: apply these committed entries.
    case storageApply
    /// Since 3.6, local: they are applied.
    case storageApplyResp
    /// Since 3.6, local: forget who leads, without waiting for a timeout.
    case forgetLeader
    /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
    case unrecognized(Int32)

    /// The cases that have names.
    package static let named: [MessageType] = [
        .hup,
        .beat,
        .prop,
        .app,
        .appResp,
        .vote,
        .voteResp,
        .snap,
        .heartbeat,
        .heartbeatResp,
        .unreachable,
        .snapStatus,
        .checkQuorum,
        .transferLeader,
        .timeoutNow,
        .readIndex,
        .readIndexResp,
        .preVote,
        .preVoteResp,
        .storageAppend,
        .storageAppendResp,
        .storageApply,
        .storageApplyResp,
        .forgetLeader,
    ]

    /// The case for a number of the wire; every number has one.
    @inlinable
    package init(rawValue: Int32) {
        switch rawValue {
        case 0: self = .hup
        case 1: self = .beat
        case 2: self = .prop
        case 3: self = .app
        case 4: self = .appResp
        case 5: self = .vote
        case 6: self = .voteResp
        case 7: self = .snap
        case 8: self = .heartbeat
        case 9: self = .heartbeatResp
        case 10: self = .unreachable
        case 11: self = .snapStatus
        case 12: self = .checkQuorum
        case 13: self = .transferLeader
        case 14: self = .timeoutNow
        case 15: self = .readIndex
        case 16: self = .readIndexResp
        case 17: self = .preVote
        case 18: self = .preVoteResp
        case 19: self = .storageAppend
        case 20: self = .storageAppendResp
        case 21: self = .storageApply
        case 22: self = .storageApplyResp
        case 23: self = .forgetLeader
        default: self = .unrecognized(rawValue)
        }
    }

    /// The number on the wire.
    @inlinable package var rawValue: Int32 {
        switch self {
        case .hup: 0
        case .beat: 1
        case .prop: 2
        case .app: 3
        case .appResp: 4
        case .vote: 5
        case .voteResp: 6
        case .snap: 7
        case .heartbeat: 8
        case .heartbeatResp: 9
        case .unreachable: 10
        case .snapStatus: 11
        case .checkQuorum: 12
        case .transferLeader: 13
        case .timeoutNow: 14
        case .readIndex: 15
        case .readIndexResp: 16
        case .preVote: 17
        case .preVoteResp: 18
        case .storageAppend: 19
        case .storageAppendResp: 20
        case .storageApply: 21
        case .storageApplyResp: 22
        case .forgetLeader: 23
        case .unrecognized(let number): number
        }
    }

    /// Equal when the numbers are.
    @inlinable package static func == (left: MessageType, right: MessageType) -> Bool {
        left.rawValue == right.rawValue
    }

    /// Hashes the number.
    package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// One entry of the replicated log. (term, index) names it: two logs that agree on that pair at one place
/// agree on everything before it (Raft, section 5.3, the Log Matching Property).
package struct Entry: WireMessage {
    /// What `data` holds.
    package var type: EntryType = .normal
    /// The term of the leader that first wrote the entry. It never changes, also when a later leader passes
    /// the entry on. 0 in a proposal on its way to the leader, who fills it in.
    package var term: Term = .zero
    /// The entry's place in the log; the first is 1. 0 in a proposal, as for `term`.
    package var index: LogIndex = .zero
    /// The command. For a normal entry: nothing (a leader's first), an internal request of etcd, or a bare
    /// v2 request (as 3.4 and 3.5 write for member attributes and the cluster version). Absent when empty.
    package var data: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        type: EntryType = .normal,
        term: Term = .zero,
        index: LogIndex = .zero,
        data: ByteSlice = ByteSlice()
    ) {
        self.type = type
        self.term = term
        self.index = index
        self.data = data
    }
}

extension Entry {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, type)
        size.required(2, term)
        size.required(3, index)
        size.field(4, data)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(4, data)
        writer.required(3, index)
        writer.required(2, term)
        writer.required(1, type)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: type = try reader.number(field)
            case 2: term = try reader.number(field)
            case 3: index = try reader.number(field)
            case 4: data = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Who votes and who only listens. In plain times only the first two lists are filled. During a joint change
/// there are two sets of voters, `voters` coming and `voters_outgoing` going, and whatever is decided
/// needs a majority of each (Raft, section 6), so no moment exists in which old and new could decide apart.
package struct ConfState: WireMessage {
    /// The members with a vote; during a joint change, those of the configuration that is being entered.
    package var voters: [MemberID] = []
    /// Members that receive the log and do not count for any majority.
    package var learners: [MemberID] = []
    /// During a joint change: the voters of the configuration that is being left. Empty otherwise.
    package var votersOutgoing: [MemberID] = []
    /// During a joint change: members that are still voters of the outgoing configuration and become
    /// learners when it is left. (One cannot be voter and learner at once.)
    package var learnersNext: [MemberID] = []
    /// During a joint change: whether the leader leaves it by itself as soon as it is committed.
    package var autoLeave: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        voters: [MemberID] = [],
        learners: [MemberID] = [],
        votersOutgoing: [MemberID] = [],
        learnersNext: [MemberID] = [],
        autoLeave: Bool = false
    ) {
        self.voters = voters
        self.learners = learners
        self.votersOutgoing = votersOutgoing
        self.learnersNext = learnersNext
        self.autoLeave = autoLeave
    }
}

extension ConfState {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.repeated(1, voters)
        size.repeated(2, learners)
        size.repeated(3, votersOutgoing)
        size.repeated(4, learnersNext)
        size.required(5, autoLeave)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.required(5, autoLeave)
        writer.repeated(4, learnersNext)
        writer.repeated(3, votersOutgoing)
        writer.repeated(2, learners)
        writer.repeated(1, voters)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.append(field, to: &voters)
            case 2: try reader.append(field, to: &learners)
            case 3: try reader.append(field, to: &votersOutgoing)
            case 4: try reader.append(field, to: &learnersNext)
            case 5: autoLeave = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Where in the history a snapshot stands.
package struct SnapshotMetadata: WireMessage {
    /// The members as of `index`: the entries that say so are gone.
    package var confState: ConfState = ConfState()
    /// The last entry whose effect the snapshot contains. 0: this is no snapshot at all.
    package var index: LogIndex = .zero
    /// That entry's term. Needed because the first entry after the snapshot is checked against it.
    package var term: Term = .zero

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        confState: ConfState = ConfState(),
        index: LogIndex = .zero,
        term: Term = .zero
    ) {
        self.confState = confState
        self.index = index
        self.term = term
    }
}

extension SnapshotMetadata {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, confState)
        size.required(2, index)
        size.required(3, term)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.required(3, term)
        writer.required(2, index)
        writer.required(1, confState)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &confState, in: owner)
            case 2: index = try reader.number(field)
            case 3: term = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// The state at one index, in place of all entries up to it. A leader sends one to a follower that is so far
/// behind that the entries it needs are no longer in the leader's log.
package struct Snapshot: WireMessage {
    /// etcd puts the members and the cluster version here, as the JSON of its old v2 store. The key space is
    /// not in it: the backend file travels beside the message, and on disk it is already there.
    package var data: ByteSlice = ByteSlice()
    /// Where it stands.
    package var metadata: SnapshotMetadata = SnapshotMetadata()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        data: ByteSlice = ByteSlice(),
        metadata: SnapshotMetadata = SnapshotMetadata()
    ) {
        self.data = data
        self.metadata = metadata
    }
}

extension Snapshot {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, data)
        size.required(2, metadata)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.required(2, metadata)
        writer.field(1, data)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: data = try reader.bytes(field, in: owner)
            case 2: try reader.merge(field, into: &metadata, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// What a member must remember across a crash, besides its log. It is on disk before any message that
/// depends on it is sent: a member that forgot its vote could vote twice in one term.
package struct HardState: WireMessage {
    /// The newest term that the member has seen.
    package var term: Term = .zero
    /// Whom it voted for in that term; 0: nobody yet.
    package var vote: MemberID = .none
    /// The last entry that it knows to be committed. Allowed to be out of date: a leader will say it again.
    package var commit: LogIndex = .zero

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        term: Term = .zero,
        vote: MemberID = .none,
        commit: LogIndex = .zero
    ) {
        self.term = term
        self.vote = vote
        self.commit = commit
    }
}

extension HardState {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, term)
        size.required(2, vote)
        size.required(3, commit)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.required(3, commit)
        writer.required(2, vote)
        writer.required(1, term)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: term = try reader.number(field)
            case 2: vote = try reader.number(field)
            case 3: commit = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// One change of one member: the form in which etcd's logs hold it, and the only one that servers propose.
/// Changing one member at a time needs no joint configuration, because any majority of n members and any
/// majority of n+1 share a member.
package struct ConfChange: WireMessage {
    /// The request that asked for it, so that its proposer finds the waiting client; 0 in bootstrap entries.
    package var id: UInt64 = 0
    /// What happens.
    package var type: ConfChangeType = .addNode
    /// To whom. 0: the change turned out to be invalid when it was applied and has no effect.
    package var nodeID: MemberID = .none
    /// The member as JSON (identifier, URLs, name); `isPromote` marks a promotion. Absent for a removal.
    package var context: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        id: UInt64 = 0,
        type: ConfChangeType = .addNode,
        nodeID: MemberID = .none,
        context: ByteSlice = ByteSlice()
    ) {
        self.id = id
        self.type = type
        self.nodeID = nodeID
        self.context = context
    }
}

extension ConfChange {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, id)
        size.required(2, type)
        size.required(3, nodeID)
        size.field(4, context)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(4, context)
        writer.required(3, nodeID)
        writer.required(2, type)
        writer.required(1, id)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: id = try reader.number(field)
            case 2: type = try reader.number(field)
            case 3: nodeID = try reader.number(field)
            case 4: context = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// One of the changes of a ConfChangeV2.
package struct ConfChangeSingle: WireMessage {
    /// What happens.
    package var type: ConfChangeType = .addNode
    /// To whom.
    package var nodeID: MemberID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        type: ConfChangeType = .addNode,
        nodeID: MemberID = .none
    ) {
        self.type = type
        self.nodeID = nodeID
    }
}

extension ConfChangeSingle {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, type)
        size.required(2, nodeID)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.required(2, nodeID)
        writer.required(1, type)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: type = try reader.number(field)
            case 2: nodeID = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Any number of changes at once. Our simulation uses it; an etcd cluster must not (see EntryConfChangeV2).
package struct ConfChangeV2: WireMessage {
    /// How the joint configuration is left.
    package var transition: ConfChangeTransition = .auto
    /// The changes. None: leave the joint configuration.
    package var changes: [ConfChangeSingle] = []
    /// Whatever the proposer wants to find again when the change is applied.
    package var context: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        transition: ConfChangeTransition = .auto,
        changes: [ConfChangeSingle] = [],
        context: ByteSlice = ByteSlice()
    ) {
        self.transition = transition
        self.changes = changes
        self.context = context
    }
}

extension ConfChangeV2 {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, transition)
        size.repeated(2, changes)
        size.field(3, context)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, context)
        writer.repeated(2, changes)
        writer.required(1, transition)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: transition = try reader.number(field)
            case 2: try reader.append(field, to: &changes, in: owner)
            case 3: context = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// One message between members, whatever its kind: a flat record in which each kind uses what it needs.
/// The table says what a field means where; zero elsewhere.
///
///     type              term    log_term, index           entries    commit    others
///     prop              0       -                         to append  -
///     app               sender  the entry before them     to append  leader's
///     appResp           sender  last entry equal          -          -         reject: see reject_hint
///     vote, preVote     asked   last entry of the log     -          -         context "CampaignTransfer"
///     voteResp ...      see §   -                         -          -         reject
///     snap              sender  -                         -          -         snapshot
///     heartbeat         sender  -                         -          capped    context: read request
///     heartbeatResp     sender  -                         -          -         context: the same
///     timeoutNow        sender  -                         -          -
///     readIndex         0       -                         one: name  -
///     readIndexResp     sender  index: read from here     one: name  -
///
///     § a vote that is granted is answered in the term asked for; one that is refused, in the sender's own.
package struct Message: WireMessage {
    /// Which kind.
    package var type: MessageType = .hup
    /// To whom. 0 in the heartbeat that keeps an idle connection alive.
    package var to: MemberID = .none
    /// From whom.
    package var from: MemberID = .none
    /// The sender's term; the term asked for in votes; 0 in proposals and read requests.
    package var term: Term = .zero
    /// The term of the entry at `index`. In a rejection (since 3.5): the term of the entry at `reject_hint`.
    package var logTerm: Term = .zero
    /// A place in the log; which one depends on the kind (table above).
    package var index: LogIndex = .zero
    /// The entries that travel.
    package var entries: [Entry] = []
    /// Up to where the sender knows the log to be committed, capped in heartbeats.
    package var commit: LogIndex = .zero
    /// A snapshot. etcd up to 3.5 writes an empty one into every message, 3.6 leaves it out: here nil is
    /// written as the empty one, and one that stands at index 0 is read as nil.
    package var snapshot: Snapshot?
    /// Whether the answer is no.
    package var reject: Bool = false
    /// In a rejected append: where the leader should look next. The follower's last index, or (since 3.5) a
    /// better guess: the last entry whose term does not exceed the one asked about.
    package var rejectHint: LogIndex = .zero
    /// Bytes that the answer carries back, or "CampaignTransfer" in a vote that a leader asked for: such a
    /// vote is granted also by members that hear a leader.
    package var context: ByteSlice = ByteSlice()
    /// Since 3.6, in local storage messages only: the vote that has to be saved.
    package var vote: MemberID = .none
    /// Since 3.6, in local storage messages only: what to send once the disk has done its part.
    package var responses: [Message] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        type: MessageType = .hup,
        to: MemberID = .none,
        from: MemberID = .none,
        term: Term = .zero,
        logTerm: Term = .zero,
        index: LogIndex = .zero,
        entries: [Entry] = [],
        commit: LogIndex = .zero,
        snapshot: Snapshot? = nil,
        reject: Bool = false,
        rejectHint: LogIndex = .zero,
        context: ByteSlice = ByteSlice(),
        vote: MemberID = .none,
        responses: [Message] = []
    ) {
        self.type = type
        self.to = to
        self.from = from
        self.term = term
        self.logTerm = logTerm
        self.index = index
        self.entries = entries
        self.commit = commit
        self.snapshot = snapshot
        self.reject = reject
        self.rejectHint = rejectHint
        self.context = context
        self.vote = vote
        self.responses = responses
    }
}

extension Message {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.required(1, type)
        size.required(2, to)
        size.required(3, from)
        size.required(4, term)
        size.required(5, logTerm)
        size.required(6, index)
        size.repeated(7, entries)
        size.required(8, commit)
        size.required(9, snapshot ?? Snapshot())
        size.required(10, reject)
        size.required(11, rejectHint)
        size.field(12, context)
        size.field(13, vote)
        size.repeated(14, responses)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(14, responses)
        writer.field(13, vote)
        writer.field(12, context)
        writer.required(11, rejectHint)
        writer.required(10, reject)
        writer.required(9, snapshot ?? Snapshot())
        writer.required(8, commit)
        writer.repeated(7, entries)
        writer.required(6, index)
        writer.required(5, logTerm)
        writer.required(4, term)
        writer.required(3, from)
        writer.required(2, to)
        writer.required(1, type)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: type = try reader.number(field)
            case 2: to = try reader.number(field)
            case 3: from = try reader.number(field)
            case 4: term = try reader.number(field)
            case 5: logTerm = try reader.number(field)
            case 6: index = try reader.number(field)
            case 7: try reader.append(field, to: &entries, in: owner)
            case 8: commit = try reader.number(field)
            case 9:
                try reader.merge(field, into: &snapshot, in: owner)
                if snapshot?.isEmpty == true { snapshot = nil }
            case 10: reject = try reader.number(field)
            case 11: rejectHint = try reader.number(field)
            case 12: context = try reader.bytes(field, in: owner)
            case 13: vote = try reader.number(field)
            case 14: try reader.append(field, to: &responses, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
