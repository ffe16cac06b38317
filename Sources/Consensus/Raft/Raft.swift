// Raft.swift: how can several machines behave like one that does not fail? START HERE.
//
// They keep the same list of commands, the log, and each carries the commands out in order. Then they all
// compute the same state, and any majority of them can go on when the others are gone. What remains is
// to agree on the list, and that is Raft (Ongaro and Ousterhout, "In search of an understandable
// consensus algorithm", the extended paper; Ongaro's thesis has the details; sections are cited below).
//
//     1 somebody leads       (Elections)     members vote; a term is an election, with at most one winner
//     2 the leader's log is  (Replication)   it only appends; followers copy it, and throw away what
//       the log                              does not match
//     3 a majority has it:   (Replication)   then it is committed, and every later leader will have it,
//       committed                            because nobody wins an election without it
//
//                  candidate --- won a majority ---> leader
//                   ^    |                             |
//        nobody     |    | somebody else leads         | a higher term is heard of,
//        leads      |    v                             | or no quorum answers
//                  follower <--------------------------+        (pre-candidates: Elections.swift)
//
// THIS MEMBER IS A VALUE. It has no clock, no disk, no network and no dice: time comes as `tick`, what was
// read or received comes as input, and what should happen in the world is appended to `effects`, in the
// order in which it must be done. So a whole cluster can live in one test, and any history can be had
// again from its seed.
//
//        Input                         +--------+                   Effect
//     tick ------------------------->  |        |  ---> persist     to the log's writer
//     received(message) ------------>  |  Raft  |  ---> send        at once
//     propose(entries) ------------->  |        |  ---> promise     once a write is durable
//     durable(ticket) -------------->  |  pure  |  ---> apply       to the state machine
//     applied(through) ------------->  |        |  ---> answerRead  to whoever asked
//                                      +--------+
//
// HOW TO DRIVE IT. Step inputs one after another and collect their effects; carry the effects out in array
// order; whatever the world answers is the next input. Writes and promises are explained in
// Durability.swift: with them a leader sends before its own disk is done, and still nobody is told
// anything that a crash could take back.
//
// READ IN THIS ORDER
//     Configuration  who decides                 Replication   copying the log, committing
//     Log            where entries live          Durability    what must be on disk before what is said
//     Output         effects without copies      Options       what may differ
//     Progress       what a leader knows         Reads         reading without writing
//     Elections      who leads                   Transfer      handing leadership over
//     Proposals      how entries come in         Snapshots     when the log is not enough
//     Membership, Changes   other members        Invariants    every rule, with its check
//
// COST     a proposal through three members in one process, with everything that all three compute: about
//          1.4 us at one entry a proposal and 0.13 us an entry at 64 (BenchmarkTests). A step that changes
//          nothing allocates nothing.

package import Bytes
package import Identifiers
package import RaftMessages
package import Trace

/// One member's part in the agreement.
package struct Raft {
    /// Who we are.
    package let id: MemberID
    /// What was fixed at the start.
    package let options: Options

    // What a crash must not take (thesis 3.8): term and vote here, commit and entries in the log.

    /// The latest election that we know of.
    package internal(set) var term: Term
    /// Whom we voted for in it.
    package internal(set) var vote: MemberID
    /// The entries.
    package internal(set) var log: Log

    // What every member knows for now.

    /// What we are doing.
    package internal(set) var role = Role.follower
    /// Who leads in this term, as far as we know.
    package internal(set) var leader = MemberID.none
    /// Who belongs to the cluster, and what a leader knows of them.
    package internal(set) var roster: Roster

    // Time, in ticks (Elections.swift).

    /// Since a leader was heard, or, at a leader, since the quorum was checked.
    package internal(set) var electionElapsed = 0
    /// Since the last heartbeat was sent.
    var heartbeatElapsed = 0
    /// When patience ends: drawn anew for each term and role.
    package internal(set) var electionTimeout: Int
    var lottery: Lottery

    // A candidate's.

    var tally = Tally()
    /// The write after which our own vote counts.
    var ownVoteAfter: Ticket?

    // A leader's.

    /// To whom leadership is being handed.
    package internal(set) var transferee = MemberID.none
    /// No change of membership is taken before this entry is applied.
    var pendingChange = LogIndex.zero
    /// Bytes that were proposed in this term and are not applied yet.
    package internal(set) var uncommittedBytes = 0
    var reads = Reads()
    /// The entries proposed last, to be sent to several followers without being copied for each.
    var latest = LatestBatch()

    // What is on its way to the world (Durability.swift).

    var writes = Writes()
    var persisted: HardState
    var unwritten: [Entry] = []
    var refusedReads: [ByteSlice] = []
    /// Where a step writes to that is to answer values (Output.swift).
    var scratch = Output()
    var restoring = Restoring()
    var applyingBytes = 0
    var announced: Leadership
    /// What the last step left, for the rules about change (Invariants.swift).
    var sighting: Sighting
    /// The first rule that was seen broken; only set where flaws are planted, a trap everywhere else.
    package internal(set) var violation: Violation?

    /// Who listens to what happens here. Nobody costs a branch.
    package var trace = Tracer.off { didSet { isTraced = trace.isOn } }
    private(set) var isTraced = false
    /// The entries that were reported last: memory to be used again.
    var reported: [TraceEntry] = []

    /// What an entry counts for besides its data, where memory is limited.
    static let entryOverhead = 16
}

extension Raft {
    /// What a member is doing.
    package enum Role: String, Hashable, Sendable, CaseIterable {
        /// Copies the leader's log.
        case follower
        /// Asks whether it would be elected, without disturbing anybody.
        case preCandidate
        /// Asks for votes.
        case candidate
        /// Decides what the log is.
        case leader
    }

    /// Who leads, as far as this member knows.
    package struct Leadership: Hashable, Sendable {
        /// What this member is doing.
        package var role: Role
        /// Who leads, or nobody.
        package var leader: MemberID
        /// In which term.
        package var term: Term
        /// All three.
        package init(role: Role, leader: MemberID, term: Term) {
            self.role = role
            self.leader = leader
            self.term = term
        }
    }

    /// What may happen to a member.
    package enum Input: Hashable, Sendable {
        /// Time has passed.
        case tick
        /// Another member says something. The shell has checked that it is for us and from whom it says.
        case received(Message)
        /// A client wants these in the log; only their type and data count.
        case propose([Entry])
        /// Somebody wants to change who belongs to the cluster.
        case proposeChange(Change)
        /// Somebody wants to read what is true now. `context` comes back with the answer.
        case readIndex(context: ByteSlice)
        /// An operator wants another leader.
        case transferLeadership(to: MemberID)
        /// Do not wait for the election timeout.
        case campaign
        /// We have reason to believe that our leader is gone (a follower only).
        case forgetLeader
        /// The log's writer: everything up to this ticket would survive a crash.
        case durable(Ticket)
        /// The state machine has done everything up to here, a restored snapshot included.
        case applied(through: LogIndex)
        /// The state machine has come to the change of membership at this index, and means to do this. A
        /// change that it vetoes comes with members `.none`.
        case appliedChange(ConfChangeV2, at: LogIndex)
        /// The snapshot for this follower was delivered, or was lost.
        case snapshotReported(to: MemberID, delivered: Bool)
        /// What we sent to this follower was probably lost.
        case unreachable(MemberID)
        /// Forget the log up to here: the state machine's own snapshot covers it.
        case compact(through: LogIndex)
    }

    /// What a member may ask of the world. To be carried out in array order.
    package enum Effect: Hashable, Sendable {
        /// Hand this to the log's writer, and step `.durable` when it is synced (not synced is enough where
        /// `mustSync` is false).
        indirect case persist(Write)
        /// Send this now; it may overtake every write.
        indirect case send(Message)
        /// Send this when the write with this ticket is durable, and never if it will not be.
        indirect case promise(Message, after: Ticket)
        /// Send this with the state machine's data, as of `snapshot.metadata.index` or later; correct the
        /// metadata if it is later. Report what became of it with `.snapshotReported`.
        indirect case sendSnapshot(Message)
        /// Apply these entries, which are committed and durable here; read them from `log`. Step
        /// `.appliedChange` for each change of membership, and `.applied` when done.
        case apply(from: LogIndex, through: LogIndex)
        /// Replace the whole state machine by this snapshot, which is durable, and step `.applied`.
        indirect case restore(Snapshot)
        /// Whoever asked with this context may read once everything up to `index` is applied.
        case answerRead(index: LogIndex, context: ByteSlice)
        /// The read with this context will not be answered: ask again.
        case refusedRead(context: ByteSlice)
        /// These entries did not get into the log.
        case refused(Refusal, [Entry])
        /// Another role, leader or term than before.
        case leadership(Leadership)
        /// Something is wrong that this member cannot mend. The shell should stop and say so.
        case alarm(Alarm)
    }

    /// What a peer or an operator has broken.
    package enum Alarm: Hashable, Sendable, CustomStringConvertible {
        /// A leader says that we hold entries that we do not hold: our disk has lost what it had synced.
        case logLost(committedElsewhere: LogIndex, last: LogIndex, leader: MemberID)
        /// A committed change of membership contradicts the configuration.
        case badChange(ChangeError, at: LogIndex)
        /// A message that no correct member sends.
        case badMessage(MessageType, from: MemberID, why: String)

        /// What happened, where, what it means, what to do.
        package var description: String {
            switch self {
            case .logLost(let committed, let last, let leader):
                "member \(leader) leads and says entry \(committed) is committed and on our disk, but our log ends at "
                    + "\(last): data that was synced is gone. Remove this member and add it again with an empty "
                    + "directory; do not let it vote."
            case .badChange(let error, let index):
                "the change of membership at entry \(index) cannot be applied and was skipped: \(error)"
            case .badMessage(let type, let from, let why):
                "member \(from) sent a \(type) that no correct member sends: \(why). It was ignored."
            }
        }
    }

    /// What a member remembers of its former life, as read back from its disk.
    package struct Memory: Hashable, Sendable {
        /// Term, vote and commit index.
        package var hardState = HardState()
        /// Where the log begins and who were the members then.
        package var snapshot = SnapshotMetadata()
        /// The entries behind the snapshot.
        package var entries: [Entry] = []
        /// How far the state machine had come; it is not told to apply anything up to here again. The
        /// configuration of `confState` is the one at this index.
        package var applied = LogIndex.zero
        /// Who are the members at `applied`.
        package var confState = ConfState()
        /// A member without a past.
        package init() {}
    }

    /// Wakes up. Traps on options that contradict themselves or a memory that no writer can have left.
    package init(id: MemberID, options: Options = Options(), memory: Memory = Memory()) {
        precondition(id != .none, "a member needs a name")
        if let complaint = options.complaint { preconditionFailure(complaint) }
        self.id = id
        self.options = options
        term = memory.hardState.term
        vote = memory.hardState.vote
        log = Log(
            base: Position(index: memory.snapshot.index, term: memory.snapshot.term), entries: memory.entries,
            committed: memory.hardState.commit, applied: memory.applied)
        let limits = Inflights.Limits(messages: options.maxInflightMessages, bytes: options.maxInflightBytes)
        do {
            roster = try Roster(memory.confState, next: log.last.index.next, limits: limits)
        } catch {
            preconditionFailure("the configuration on disk contradicts itself: \(error)")
        }
        lottery = Lottery(seed: options.seed &+ id.rawValue &* 0x9E37_79B9_7F4A_7C15)
        electionTimeout = options.electionTicks
        persisted = memory.hardState
        announced = Leadership(role: .follower, leader: .none, term: memory.hardState.term)
        sighting = Sighting()
        persisted.commit = log.committed
        drawTimeout()
        sighting = sight()
    }

    /// Takes one input and appends what follows from it.
    package mutating func step(_ input: Input, into output: inout Output) {
        switch input {
        case .received(let message): receive(message, into: &output)
        case .propose(let entries): propose(entries, into: &output)
        case .durable(let ticket): durable(ticket, into: &output)
        case .applied(let index): applied(through: index, into: &output)
        case .tick: tick(into: &output)
        default:
            stepSeldom(input, into: &output)
            finish(into: &output)
        }
    }

    /// What happens a few times a day.
    private mutating func stepSeldom(_ input: Input, into output: inout Output) {
        switch input {
        case .proposeChange(let change): handlePropose([change.entry], into: &output)
        case .readIndex(let context): read(context, for: id, into: &output)
        case .transferLeadership(let target): transfer(to: target, into: &output)
        case .campaign: campaign(into: &output)
        case .forgetLeader: forgetLeader()
        case .appliedChange(let change, let index): apply(change, at: index, into: &output)
        case .snapshotReported(let member, let delivered): snapshotReported(to: member, delivered: delivered)
        case .unreachable(let member): unreachable(member)
        case .compact(let index): compact(through: index)
        case .received, .propose, .durable, .applied, .tick: break
        }
    }

    // MARK: The same without making an Input
    //
    // What happens for each entry has a door of its own: a message is large, and putting it into an input and
    // taking it out again would copy it twice.

    /// Another member says something.
    package mutating func receive(_ message: Message, into output: inout Output) {
        handle(message, into: &output)
        finish(into: &output)
    }

    /// A client wants these in the log.
    package mutating func propose(_ entries: [Entry], into output: inout Output) {
        handlePropose(entries, into: &output)
        finish(into: &output)
    }

    /// The log's writer: everything up to this ticket would survive a crash.
    package mutating func durable(_ ticket: Ticket, into output: inout Output) {
        handleDurable(ticket, into: &output)
        finish(into: &output)
    }

    /// The state machine has done everything up to here.
    package mutating func applied(through index: LogIndex, into output: inout Output) {
        handleApplied(through: index, into: &output)
        finish(into: &output)
    }

    /// Time has passed.
    package mutating func tick(into output: inout Output) {
        handleTick(into: &output)
        finish(into: &output)
    }

    /// What a crash must not take.
    package var hardState: HardState {
        var state = HardState()
        state.term = term
        state.vote = vote
        state.commit = log.committed
        return state
    }

    /// Who belongs to the cluster.
    package var configuration: Configuration { roster.configuration }

    // MARK: Speaking

    /// A message from us, of our term.
    @inline(__always)
    func message(_ type: MessageType, to member: MemberID) -> Message {
        var message = Message()
        message.type = type
        message.to = member
        message.from = id
        message.term = term
        return message
    }

    /// Sends now.
    @inline(__always)
    func send(_ message: __owned Message, into output: inout Output) {
        if isTraced { reportSent(message) }
        let place = output.messages.count
        output.messages.append(message)
        output.send(place)
    }

    // MARK: Listening

    /// A message's term comes first (extended paper 5.1): an older one is ignored, a newer one means that
    /// somebody else is right.
    private mutating func handle(_ message: Message, into output: inout Output) {
        if isTraced { reportReceived(message) }
        if let why = absurdity(of: message) {
            alarm(.badMessage(message.type, from: message.from, why: why), into: &output)
            return
        }
        if message.term > term {
            guard adopt(message) else { return }
        } else if message.term < term, message.term != .zero {
            answerFromThePast(message, into: &output)
            return
        }
        switch message.type {
        case .vote, .preVote: answerVote(message, into: &output)
        case .voteResp: receiveVote(message, asked: .candidate, into: &output)
        case .preVoteResp: receiveVote(message, asked: .preCandidate, into: &output)
        case .app: if followSender(of: message, into: &output) { append(message, into: &output) }
        case .heartbeat: if followSender(of: message, into: &output) { hearHeartbeat(message, into: &output) }
        case .snap: if followSender(of: message, into: &output) { receiveSnapshot(message, into: &output) }
        case .appResp: receiveAppendAnswer(message, into: &output)
        case .heartbeatResp: receiveHeartbeatAnswer(message, into: &output)
        case .prop: handlePropose(message.entries, from: message.from, into: &output)
        case .readIndex: receiveReadRequest(message, into: &output)
        case .readIndexResp: receiveReadAnswer(message, into: &output)
        case .transferLeader: transfer(to: message.from, into: &output)
        case .timeoutNow: timeoutNow(into: &output)
        // These never leave a member; a peer that sends one is broken.
        case .hup, .beat, .unreachable, .snapStatus, .checkQuorum, .forgetLeader, .storageAppend, .storageAppendResp,
            .storageApply, .storageApplyResp, .unrecognized:
            alarm(.badMessage(message.type, from: message.from, why: "it is for inside a member only"), into: &output)
        }
    }

    /// Entries, heartbeats and snapshots come from the leader of their term: whoever gets one follows it.
    /// False where the term has two leaders, which no correct cluster has.
    private mutating func followSender(of message: Message, into output: inout Output) -> Bool {
        switch role {
        case .follower:
            electionElapsed = 0
            if leader != message.from { follow(message.from) }
        case .preCandidate, .candidate:
            becomeFollower(in: term, of: message.from)
        case .leader:
            alarm(.badMessage(message.type, from: message.from, why: "we lead term \(term) ourselves"), into: &output)
            return false
        }
        return true
    }

    /// Why no correct member can have sent this, if so. What passes cannot make any sum here overflow: a
    /// cluster that counts a million entries a second needs 146,000 years to come to 2^62.
    @inline(__always)
    private func absurdity(of message: Message) -> String? {
        if message.term.rawValue >> 62 != 0 || message.index.rawValue >> 62 != 0 { return "its numbers are too large" }
        if message.from == id || message.from == .none {
            switch message.type {
            // These may come back to where they were first said.
            case .prop, .readIndex, .transferLeader: return nil
            default: return "it names no other member as its sender"
            }
        }
        return nil
    }

    func alarm(_ alarm: Alarm, into output: inout Output) { output.append(.alarm(alarm)) }
}
