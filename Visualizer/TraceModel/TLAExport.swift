// TLAExport.swift: would the public specification of etcd's raft have allowed this history?
//
// The specification (TLA+, in the repository of etcd's raft) can follow a trace: it is given one file with the
// transitions of all members, causes before effects, and looks whether its own rules allow each next line. So a
// history of ours becomes such a file:
//
//     History.order  -->  event  -->  Replica (what the member knows)  -->  no line, one, or several
//
//     our event                        lines
//     raft-started   first life        InitState, BecomeFollower, and for a founder ApplyConfChange for each of the
//                                      changes that its log begins with
//                    later life        InitState
//     role-changed                     BecomeFollower | BecomeCandidate, SendRequestVoteResponse to itself | BecomeLeader
//     entries-appended at a leader     for each entry Replicate or ChangeConf, then SendAppendEntriesResponse to itself
//     write-durable at a leader        ReceiveAppendEntriesResponse from itself, for what is durable now
//     vote-counted of itself           ReceiveRequestVoteResponse from itself
//     commit-advanced at a leader      Commit
//     configuration-changed            ApplyConfChange
//     raft-message-sent, -received     Send..., Receive...
//
// WHERE DOES `Ready` STAND? In the specification a member's messages leave, and its state is durable, in one step,
// Ready. Our members write and send at the same time, in any order (Raft/Durability.swift). So a Ready is not
// copied from an event; it is put where the specification needs one:
//
//     n1    Send a   Send b  [Ready]  next input of n1                 before its next input, if something waits
//     n1    Send a  [Ready]                  Send b                    or earlier, right before somebody receives it
//     n2                     Receive a
//
// Why may it stand there? Ready does two things. (1) It releases messages. Between their Send and the next input
// nothing else happens to the member, so releasing them anywhere in between is the same to everybody else. (2) It
// makes the state durable. That a disk was faster than ours really was changes nothing, because durability has only
// one consequence, at a restart: what comes back. There we know what came back, and compare. A member that wakes up
// with what the last Ready kept, or with all it had (then one more Ready stands before InitState), is the
// specification's; one that has sent something and lost it again with its unsynced writes is not. That is legal for
// us: only promises wait for the disk, and entries that a leader sends are no promise. It is reported, as `remarks`.
//
// The other places where we know more than the specification does:
//   - our own vote and our own copy count only when they are durable. In the specification they are messages to
//     oneself, which Ready releases; we let them arrive when our writer has said so, which is later. Every message
//     may be late.
//   - a restarted member takes its committed changes of membership again. The specification keeps the configuration;
//     so do the lines, and the repetition has none. In between, a member without its changes neither campaigns nor
//     leads (Raft: `hasUnappliedChange`), so nobody could tell the difference.
//   - a founder has the first changes in its log and takes them in its first step; the specification's is born with
//     them, by the same argument.
//
// WHAT IT CANNOT SAY is in `Remark`: pre-votes, leases, handing leadership over, joint configurations, messages that
// arrive twice, and the answer to a snapshot (up to there its checker follows).
//
// READ NEXT  TLALine.swift (how a line looks). SHOWN BY  TLAExportTests, which have a small checker of their own.

package import Bytes
package import Identifiers
import JSON
package import Trace

/// Writes a history as the public specification reads it.
package struct TLAExport: ~Copyable {
    /// Something that happened and that the specification has no words for, so that its checker will not follow.
    package enum Remark: Hashable, Sendable, CustomStringConvertible {
        /// A pre-candidate asks whether it would be elected.
        case preVote(MemberID)
        /// A candidate was not answered because its voter has a leader, or a leader gave up for want of a quorum.
        case checkQuorum(MemberID)
        /// Leadership was handed over.
        case transfer(MemberID)
        /// Several changes of membership at once, or the end of a joint configuration.
        case joint(MemberID, LogIndex)
        /// A member that had said something came back without it.
        case lostWhatItSaid(MemberID, BootEpoch)
        /// A leader hears that its snapshot has arrived. The specification's follower marks that answer as one to a
        /// snapshot, and no line of a trace can say so.
        case snapshotAnswered(MemberID)
        /// A message arrived again.
        case arrivedTwice(MemberID)
        /// A message arrived that nobody in the traces has sent.
        case sentByNobody(MemberID)
        /// The trace of a member does not begin with its first life.
        case beganLater(MemberID)

        /// For people.
        package var description: String {
            switch self {
            case .preVote(let member): "member \(member) asked for pre-votes, which the specification does not have"
            case .checkQuorum(let member): "member \(member) used CheckQuorum, which the specification does not have"
            case .transfer(let member):
                "member \(member) took part in a transfer of leadership, which the "
                    + "specification does not have"
            case .joint(let member, let index):
                "member \(member) went through a joint configuration at entry \(index); the specification can follow one "
                    + "change at a time only"
            case .lostWhatItSaid(let member, let epoch):
                "member \(member) began life \(epoch.rawValue) without something that it had sent before it was "
                    + "durable; in the specification both are one step"
            case .snapshotAnswered(let member):
                "member \(member) was told that its snapshot had arrived; the lines of the specification have no word for "
                    + "that answer"
            case .arrivedTwice(let member):
                "member \(member) received a message twice; traces of the specification cannot"
            case .sentByNobody(let member): "member \(member) received a message that no trace has sent"
            case .beganLater(let member): "the trace of member \(member) begins in the middle of its life"
            }
        }
    }

    /// What the specification cannot follow, in the order in which it happened, each kind of it once a member.
    package private(set) var remarks: [Remark] = []
    /// How many lines there are.
    package private(set) var lineCount = 0

    private let history: CausalHistory
    private var json = JSONWriter()
    private var nodes: [MemberID: Node] = [:]
    /// For each sending its line, counted from 1.
    private var sentAt: [Int32]
    private var remarked: Set<Remark> = []
    /// Sendings that answer a snapshot.
    private var snapshotAnswers: Set<Int> = []

    /// What is known of a member beside its state.
    private struct Node {
        var replica: Replica
        /// The line of its last Ready.
        var readyAt = 0
        /// The line at which this life began.
        var bornAt = 0
        /// Whether something has changed or was said since then.
        var isWaiting = false
        /// What a restart would bring back, by the specification.
        var kept: Kept
        /// Whether what it received last was a snapshot.
        var heardSnapshot = false
        /// Changes that are about to be appended.
        var proposed: [LogIndex: ChangeProposed] = [:]
        /// Acknowledgements to itself that have not arrived: the index of each, in this term.
        var ownAcknowledgements: [LogIndex] = []
        /// Up to here changes of membership were told at its birth.
        var bornWith = LogIndex.zero
        /// Which life this is.
        var epoch = BootEpoch(rawValue: 0)

        struct Kept: Hashable {
            var term = Term.zero
            var vote = MemberID.none
            var commit = LogIndex.zero
            var last = LogIndex.zero
        }

        var now: Kept { Kept(term: replica.term, vote: replica.vote, commit: replica.commit, last: replica.last) }

        init(_ member: MemberID) {
            replica = Replica(member)
            kept = Kept()
        }
    }

    /// Writes everything.
    package init(_ history: CausalHistory) {
        self.history = history
        sentAt = Array(repeating: 0, count: history.count)
        for event in history.order { take(Int(event)) }
    }

    /// The file.
    package var text: ByteView { json.buffer.view }

    // MARK: - Lines

    private mutating func write(_ line: TLALine) {
        line.write(to: &json)
        lineCount += 1
    }

    private mutating func remark(_ remark: Remark) {
        if remarked.insert(remark).inserted { remarks.append(remark) }
    }

    /// A line about a member as it is now.
    private mutating func tell(_ name: TLAName, _ node: Node, _ message: TraceMessage? = nil) {
        var line = TLALine(name, of: node.replica)
        line.message = message
        write(line)
    }

    private mutating func ready(_ node: inout Node) {
        tell(.ready, node)
        node.readyAt = lineCount
        node.isWaiting = false
        node.kept = node.now
    }

    // MARK: - Events

    private mutating func take(_ event: Int) {
        let record = history.record(at: event)
        // The node is taken out, so that changing it copies nothing.
        var node = nodes.removeValue(forKey: record.member) ?? Node(record.member)
        take(record, event, &node)
        nodes[record.member] = node
    }

    private mutating func take(_ record: TraceRecord, _ event: Int, _ node: inout Node) {
        if isInput(record.event), node.isWaiting { ready(&node) }
        switch record.event {
        case .raftStarted(let started): start(started, record, event, &node)
        case .raftMessageReceived(let received): receive(received.message, event, &node)
        case .raftMessageSent(let sent): send(sent.message, event, &node)
        case .roleChanged(let changed): change(changed, &node)
        case .changeProposed(let change): propose(change, &node)
        case .entriesAppended(let appended): append(appended, &node)
        case .configurationChanged(let changed): reconfigure(changed.configuration, at: changed.index, record, &node)
        case .snapshotRestored(let snapshot):
            node.isWaiting = true
            restore(snapshot, record, &node)
        case .commitAdvanced:
            node.replica.apply(record.event)
            node.isWaiting = true
            if node.replica.role == .leader { tell(.commit, node) }
        case .writeDurable(let write):
            node.replica.apply(record.event)
            acknowledgeOwnCopy(through: write.index, &node)
        case .voteCounted(let vote):
            if vote.peer == record.member, node.replica.role == .candidate { hearOwnVote(vote, &node) }
        case .voteIgnored, .quorumLost: remark(.checkQuorum(record.member))
        case .transferChanged: remark(.transfer(record.member))
        case .voteAnswered, .entriesTruncated:
            node.replica.apply(record.event)
            node.isWaiting = true
        default: node.replica.apply(record.event)
        }
    }

    /// Whether a member was given something from outside: what it has said until now is complete.
    private func isInput(_ event: Event) -> Bool {
        switch event {
        case .raftMessageReceived, .writeDurable, .timeoutFired, .entriesApplied, .configurationChanged,
            .quorumLost:
            true
        default: false
        }
    }

    // MARK: Lives

    private mutating func start(_ started: RaftStarted, _ record: TraceRecord, _ event: Int, _ node: inout Node) {
        let isFirst = node.epoch.rawValue == 0
        node.epoch = record.epoch
        node.proposed = [:]
        node.ownAcknowledgements = []
        if isFirst {
            bear(started, record, event, &node)
        } else {
            let before = node.now
            var after = node
            after.replica.apply(record.event)
            // All that was written survived, also what came after the last Ready: then that was ready, too.
            if node.isWaiting, after.now == before { ready(&node) }
            if after.now != node.kept { remark(.lostWhatItSaid(record.member, record.epoch)) }
            node.replica = after.replica
            tell(.initState, node)
            node.bornAt = lineCount
        }
        node.isWaiting = false
        node.kept = node.now
    }

    private mutating func bear(_ started: RaftStarted, _ record: TraceRecord, _ event: Int, _ node: inout Node) {
        let founding = started.entries.count
        let isFounder =
            founding > 0 && started.applied == .zero && started.configuration.voters.isEmpty
            && started.entries.allSatisfy { $0.kind != .normal && $0.term == started.term }
            && started.commit.rawValue == UInt64(founding)
        if !isFounder, founding > 0 || started.term > .zero { remark(.beganLater(record.member)) }
        guard isFounder else {
            node.replica.apply(record.event)
            tell(.initState, node)
            tell(.becomeFollower, node)
            return
        }
        // Born without anything, into term 0; then into the term of its cluster's first configuration.
        tell(.initState, node)
        tell(.becomeFollower, node)
        var empty = TLALine(.becomeFollower, of: node.replica)
        empty.term = started.term
        write(empty)
        node.replica.apply(record.event)
        for (index, configuration) in firstConfigurations(after: event, through: started.commit) {
            var line = TLALine(.applyConfChange, of: node.replica)
            line.properties = .newMembers(configuration.voters)
            line.applied = .zero
            write(line)
            node.replica.apply(.configurationChanged(ConfigurationChanged(index: index, configuration: configuration)))
            node.bornWith = index
        }
    }

    /// The changes that a founder takes in its first steps.
    private func firstConfigurations(after event: Int, through last: LogIndex) -> [(LogIndex, TraceConfiguration)] {
        var found: [(LogIndex, TraceConfiguration)] = []
        let lane = history.lanes[history.lane(of: event)]
        for place in (event + 1)..<max(lane.events.upperBound, event + 1)
        where history.kind(of: place) == ConfigurationChanged.kind.number {
            guard case .configurationChanged(let changed) = history.record(at: place).event, changed.index <= last
            else {
                break
            }
            found.append((changed.index, changed.configuration))
        }
        return found
    }

    // MARK: Roles

    private mutating func change(_ changed: RoleChanged, _ node: inout Node) {
        let hadRole = node.replica.role
        node.replica.apply(.roleChanged(changed))
        node.isWaiting = true
        node.ownAcknowledgements = []
        switch changed.role {
        case .follower: tell(.becomeFollower, node)
        case .preCandidate: remark(.preVote(node.replica.member))
        case .candidate:
            tell(.becomeCandidate, node)
            tell(.sendRequestVoteResponse, node, ownMessage(.voteResp, node))
        case .leader:
            if hadRole != .leader { tell(.becomeLeader, node) }
        }
    }

    /// What a member says to itself, by the specification.
    private func ownMessage(_ type: TraceMessageType, _ node: Node) -> TraceMessage {
        var message = TraceMessage()
        message.type = type
        message.from = node.replica.member
        message.to = node.replica.member
        message.term = node.replica.term
        return message
    }

    private mutating func hearOwnVote(_ vote: VoteCounted, _ node: inout Node) {
        tell(.receiveRequestVoteResponse, node, ownMessage(.voteResp, node))
    }

    // MARK: The leader's log

    private mutating func propose(_ change: ChangeProposed, _ node: inout Node) {
        if change.joint || change.changes.count != 1 { remark(.joint(node.replica.member, change.index)) }
        node.proposed[change.index] = change
    }

    private mutating func append(_ appended: EntriesAppended, _ node: inout Node) {
        node.isWaiting = true
        guard node.replica.role == .leader else {
            node.replica.apply(.entriesAppended(appended))
            return
        }
        var index = appended.first
        for entry in appended.entries {
            if entry.kind == .normal {
                tell(.replicate, node)
            } else {
                var line = TLALine(.changeConf, of: node.replica)
                line.properties = .changes(node.proposed.removeValue(forKey: index)?.changes ?? [])
                write(line)
            }
            index = index.after
        }
        node.replica.apply(.entriesAppended(appended))
        var acknowledgement = ownMessage(.appResp, node)
        acknowledgement.index = node.replica.last
        tell(.sendAppendEntriesResponse, node, acknowledgement)
        node.ownAcknowledgements.append(node.replica.last)
    }

    private mutating func acknowledgeOwnCopy(through index: LogIndex, _ node: inout Node) {
        guard node.replica.role == .leader else { return }
        while let first = node.ownAcknowledgements.first, first <= index {
            var acknowledgement = ownMessage(.appResp, node)
            acknowledgement.index = first
            tell(.receiveAppendEntriesResponse, node, acknowledgement)
            node.ownAcknowledgements.removeFirst()
        }
    }

    // MARK: Members

    private mutating func reconfigure(
        _ configuration: TraceConfiguration, at index: LogIndex, _ record: TraceRecord, _ node: inout Node
    ) {
        guard index > node.bornWith, index > node.replica.newestChange else {
            // Told already: a founder's first ones, and those that a state machine takes again after a restart.
            if index > node.replica.newestChange || record.epoch.rawValue > 1 { node.replica.apply(record.event) }
            return
        }
        if !configuration.outgoing.isEmpty { remark(.joint(node.replica.member, index)) }
        var line = TLALine(.applyConfChange, of: node.replica)
        line.properties = .newMembers(configuration.voters)
        write(line)
        node.replica.apply(record.event)
        node.isWaiting = true
    }

    private mutating func restore(_ snapshot: SnapshotRestored, _ record: TraceRecord, _ node: inout Node) {
        let before = node.replica.newestConfiguration
        var after = node.replica
        after.apply(record.event)
        // The specification's follower takes the log first and its members then.
        var line = TLALine(.applyConfChange, of: after)
        line.voters = before.voters
        line.outgoing = before.outgoing
        line.properties = .newMembers(snapshot.configuration.voters)
        node.replica = after
        if before.voters != snapshot.configuration.voters || before.outgoing != snapshot.configuration.outgoing {
            write(line)
        }
    }

    // MARK: Messages

    private mutating func send(_ message: TraceMessage, _ event: Int, _ node: inout Node) {
        if message.isTransfer || message.type == .timeoutNow || message.type == .transferLeader {
            remark(.transfer(message.from))
        }
        if message.type == .preVote { remark(.preVote(message.from)) }
        guard let names = message.type.namesInTLA else { return }
        var message = message
        // The shell may have sent a newer snapshot than the member offered; whoever received it knows.
        if message.type == .snap, let receipt = history.partner(of: event),
            case .raftMessageReceived(let received) = history.record(at: receipt).event
        {
            message.snapshotIndex = received.message.snapshotIndex
        }
        var line = TLALine(names.send, of: node.replica)
        line.message = message
        if message.type == .app {
            let progress = node.replica.progress[message.to]
            line.properties = .progress(
                match: progress?.match ?? .zero, next: LogIndex(rawValue: message.index.rawValue &+ 1))
        }
        if message.type == .appResp, node.heardSnapshot { snapshotAnswers.insert(event) }
        write(line)
        node.isWaiting = true
        sentAt[event] = Int32(truncatingIfNeeded: lineCount)
    }

    private mutating func receive(_ message: TraceMessage, _ event: Int, _ node: inout Node) {
        node.heardSnapshot = message.type == .snap
        guard let names = message.type.namesInTLA else { return }
        if let sending = history.partner(of: event) {
            if snapshotAnswers.contains(sending) { remark(.snapshotAnswered(message.to)) }
            if history.partner(of: sending) != event { remark(.arrivedTwice(message.to)) }
            release(from: message.from, sentAt: Int(sentAt[sending]))
        } else {
            remark(.sentByNobody(message.to))
        }
        tell(names.receive, node, message)
    }

    /// Somebody is about to receive what a member said at a line: it must have been ready after it.
    private mutating func release(from member: MemberID, sentAt line: Int) {
        guard var sender = nodes.removeValue(forKey: member) else { return }
        if sender.readyAt < line {
            // Said in an earlier life, and not kept: a restart of the specification takes it back.
            if line <= sender.bornAt { remark(.lostWhatItSaid(member, sender.epoch)) } else { ready(&sender) }
        }
        nodes[member] = sender
    }
}
