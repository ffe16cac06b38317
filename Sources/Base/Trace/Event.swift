// Event.swift: everything that a member can report. The one vocabulary of all traces.
//
// An event names a transition, not a place in the code, and it carries the state AFTER the transition: so a
// run can be replayed from its events alone, and a diagram can show the state at any moment. The visualizer,
// the tests and the check against the specification all read these events and no others.
//
// TO ADD ONE, stay in this file (or, for a long list, in Event+<Room>.swift beside it) and write
//
//     1. its payload: a struct with defaults, a kind (a number never used before and a name), and `fields`
//     2. a case of `Event`, with its line in `payload`          (the compiler insists)
//     3. a row of the table                                     (the first emission in a debug build insists)
//
// The lists: Event+Raft.swift, Event+RaftTraffic.swift (agreement), Event+Requests.swift (clients), Event+Store.swift (keys
// and disks), Event+Watches.swift (who wants to hear of changes), Event+Faults.swift (what an experimenter does).
//
// Compact encoding, JSON in both directions and the tests that round-trip every row follow from that.
//
// THE NUMBER of a kind is for the compact form, which lives only between the owner's thread and the writer's.
// What is kept is NDJSON, where the name counts. A field that is removed or renamed makes old traces
// unreadable for that event, so fields are added only, and readers ignore what they do not know.
//
// NUMBERS   1-9 the trace itself    10-19 a member's life    20-79 raft    80-129 storage    130-199 MVCC and
//           the state machines above it    200-255 clients and network
//
// FIELD NAMES are lowercase words, joined by `_`; none may be a name of the envelope (see TraceLine.swift).
// SHOWN BY  TraceTests

package import Identifiers

/// What an event's payload is called.
public struct EventKind: Sendable {
    /// In the compact form.
    public let number: UInt8
    /// In NDJSON: `vote-answered`.
    public let name: StaticString

    /// Both.
    public init(_ number: UInt8, _ name: StaticString) {
        self.number = number
        self.name = name
    }
}

/// The facts of one kind of event.
public protocol EventPayload: FieldGroup {
    /// Its number and name; a `static let`.
    static var kind: EventKind { get }
    /// Writes the fields compactly, and changes none. Everybody uses the default, which the compiler specialises for each
    /// payload here, in this module; so emitting costs one call through a table and no generic code.
    mutating func encode(into cursor: inout CompactCursor)
}

extension EventPayload {
    /// Visits the fields.
    public mutating func encode(into cursor: inout CompactCursor) { fields(&cursor) }
}

/// An event that every request reports, so often that even the call through a table is too much.
///
/// Such a payload is `public` and `@inlinable`, all of it, so that the room that reports it builds it, and stores its fields, in
/// one piece of code without a call. With that, and with RecordCursor.swift in Bytes, the events of a put cost its owner 2,000
/// instructions instead of 7,000. There are five, one for each step of a put; any other is too rare to be worth the code.
public protocol FrequentEvent: EventPayload {
    /// The number of its kind, known where the code is compiled.
    static var number: UInt8 { get }
}

// MARK: - The list

/// Something that happened to a member.
package enum Event: Hashable, Sendable {
    // The trace itself.

    /// Events were lost.
    case gap(Gap)

    // A member's life.

    /// The first event of an epoch.
    case memberStarted(MemberStarted)
    /// The last event of an epoch that ended well.
    case memberStopped(MemberStopped)
    /// An experimenter has done something to the member.
    case faultInjected(FaultInjected)

    // Raft.

    /// An answer to a candidate.
    case voteAnswered(VoteAnswered)
    /// The member begins, with what it remembers; the first event of Raft in every epoch.
    case raftStarted(RaftStarted)
    /// The member has another role, or another term.
    case roleChanged(RoleChanged)
    /// A follower has found its leader, or has forgotten it.
    case leaderKnown(LeaderKnown)
    /// The member has drawn how long it will wait for a leader.
    case timeoutDrawn(TimeoutDrawn)
    /// The member has waited long enough.
    case timeoutFired(TimeoutFired)
    /// A leader has not heard from a quorum for an election timeout, and will step down.
    case quorumLost(QuorumLost)
    /// A candidate is not answered, because the member has a leader.
    case voteIgnored(VoteIgnored)
    /// A candidate counts an answer.
    case voteCounted(VoteCounted)
    /// Entries are at the end of the log.
    case entriesAppended(EntriesAppended)
    /// Entries were thrown away, because a leader has others there.
    case entriesTruncated(EntriesTruncated)
    /// More is committed.
    case commitAdvanced(CommitAdvanced)
    /// Something is handed to the log's writer.
    case writeIssued(WriteIssued)
    /// The log's writer says that a crash cannot take this away any more.
    case writeDurable(WriteDurable)
    /// The state machine is told to apply entries.
    case entriesHanded(EntriesHanded)
    /// The state machine has applied entries.
    case entriesApplied(EntriesApplied)
    /// A leader knows more about a follower, or has sent it something.
    case progressChanged(ProgressChanged)
    /// A message leaves, or may leave when a write is durable.
    case raftMessageSent(RaftMessageSent)
    /// A message has come and is looked at; nothing has changed yet.
    case raftMessageReceived(RaftMessageReceived)
    /// Entries did not get into the log.
    case proposalRefused(ProposalRefused)
    /// A leader asks whether it still leads, so that reads can be answered.
    case readRoundBegun(ReadRoundBegun)
    /// A quorum says that it still leads.
    case readRoundConfirmed(ReadRoundConfirmed)
    /// A read may go on when everything up to an index is applied.
    case readAnswered(ReadAnswered)
    /// Leadership is being handed over, or not any more.
    case transferChanged(TransferChanged)
    /// A change of membership is about to be appended by the leader.
    case changeProposed(ChangeProposed)
    /// A change of membership has taken effect.
    case configurationChanged(ConfigurationChanged)
    /// A snapshot replaces the log.
    case snapshotRestored(SnapshotRestored)
    /// The log has forgotten its beginning.
    case logCompacted(LogCompacted)

    // Storage.

    /// The log is durable up to an entry.
    case logSynced(LogSynced)
    /// A transaction of the backend is closed and its changed pages are on their way to the disk; the next has begun.
    case pagesIssued(PagesIssued)
    /// The pages of a transaction are on the disk, and so is the page that says so.
    case pagesDurable(PagesDurable)
    /// A snapshot of the state machine is durable.
    case snapshotStored(SnapshotStored)

    // Keys, and those who watch them.

    /// The store has read its keys from the file.
    case storeRestored(StoreRestored)
    /// A key has another value, or none any more.
    case revisionWritten(RevisionWritten)
    /// Keys were looked up, at one revision.
    case rangeEvaluated(RangeEvaluated)
    /// A transaction has compared, and goes one of its two ways.
    case txnDecided(TxnDecided)
    /// Everything in the store has one number.
    case hashComputed(HashComputed)
    /// History up to a revision is to be forgotten; from now on nobody can read it.
    case compactionScheduled(CompactionScheduled)
    /// The key index has forgotten what nobody can ask for any more.
    case compactionIndexDone(CompactionIndexDone)
    /// Records of forgotten revisions were removed from the file.
    case compactionStep(CompactionStep)
    /// The file holds nothing any more that the compaction has forgotten.
    case compactionDone(CompactionDone)
    /// A client wants to hear of changes.
    case watcherCreated(WatcherCreated)
    /// A watcher hears nothing any more.
    case watcherCancelled(WatcherCancelled)
    /// A watcher is sent changes.
    case watchEventsSent(WatchEventsSent)
    /// A watcher is told that it has missed nothing, though nothing has happened.
    case watchProgressSent(WatchProgressSent)
    /// A watcher's stream takes no more, so it misses changes and will read them from the file later.
    case watcherFellBehind(WatcherFellBehind)
    /// A watcher that was behind has been sent everything and hears of changes as they happen again.
    case watcherCaughtUp(WatcherCaughtUp)
    /// The client does not read.
    case watchStreamBlocked(WatchStreamBlocked)
    /// The client reads again.
    case watchStreamDrained(WatchStreamDrained)

    // Clients.

    /// A client, or a peer, has connected.
    case connectionOpened(ConnectionOpened)
    /// A connection has ended.
    case connectionClosed(ConnectionClosed)
    /// A client's request has arrived whole.
    case requestReceived(RequestReceived)
    /// A request gets an error instead of an answer.
    case requestRefused(RequestRefused)
    /// The client does not wait any longer.
    case requestCancelled(RequestCancelled)
    /// A request has passed the checks and is an entry of the leader's log, or is on its way to the leader.
    case requestProposed(RequestProposed)
    /// The state machine has applied one entry.
    case entryApplied(EntryApplied)
    /// A read waits until this member knows how much was committed when it came.
    case readParked(ReadParked)
    /// A group of reads asks.
    case readIndexAsked(ReadIndexAsked)
    /// A group of reads has its answer.
    case readIndexKnown(ReadIndexKnown)
    /// The member has answered; the answer goes out with the others of this turn.
    case requestAnswered(RequestAnswered)
    /// What a turn has answered was handed to the kernel.
    case answersFlushed(AnswersFlushed)

    /// The facts, for code that treats all events alike.
    package var payload: any EventPayload {
        switch self {
        case .gap(let payload): payload
        case .memberStarted(let payload): payload
        case .memberStopped(let payload): payload
        case .faultInjected(let payload): payload
        case .voteAnswered(let payload): payload
        case .raftStarted(let payload): payload
        case .roleChanged(let payload): payload
        case .leaderKnown(let payload): payload
        case .timeoutDrawn(let payload): payload
        case .timeoutFired(let payload): payload
        case .quorumLost(let payload): payload
        case .voteIgnored(let payload): payload
        case .voteCounted(let payload): payload
        case .entriesAppended(let payload): payload
        case .entriesTruncated(let payload): payload
        case .commitAdvanced(let payload): payload
        case .writeIssued(let payload): payload
        case .writeDurable(let payload): payload
        case .entriesHanded(let payload): payload
        case .entriesApplied(let payload): payload
        case .progressChanged(let payload): payload
        case .raftMessageSent(let payload): payload
        case .raftMessageReceived(let payload): payload
        case .proposalRefused(let payload): payload
        case .readRoundBegun(let payload): payload
        case .readRoundConfirmed(let payload): payload
        case .readAnswered(let payload): payload
        case .transferChanged(let payload): payload
        case .changeProposed(let payload): payload
        case .configurationChanged(let payload): payload
        case .snapshotRestored(let payload): payload
        case .logCompacted(let payload): payload
        case .logSynced(let payload): payload
        case .pagesIssued(let payload): payload
        case .pagesDurable(let payload): payload
        case .snapshotStored(let payload): payload
        case .storeRestored(let payload): payload
        case .revisionWritten(let payload): payload
        case .rangeEvaluated(let payload): payload
        case .txnDecided(let payload): payload
        case .hashComputed(let payload): payload
        case .compactionScheduled(let payload): payload
        case .compactionIndexDone(let payload): payload
        case .compactionStep(let payload): payload
        case .compactionDone(let payload): payload
        case .watcherCreated(let payload): payload
        case .watcherCancelled(let payload): payload
        case .watchEventsSent(let payload): payload
        case .watchProgressSent(let payload): payload
        case .watcherFellBehind(let payload): payload
        case .watcherCaughtUp(let payload): payload
        case .watchStreamBlocked(let payload): payload
        case .watchStreamDrained(let payload): payload
        case .connectionOpened(let payload): payload
        case .connectionClosed(let payload): payload
        case .requestReceived(let payload): payload
        case .requestRefused(let payload): payload
        case .requestCancelled(let payload): payload
        case .requestProposed(let payload): payload
        case .entryApplied(let payload): payload
        case .readParked(let payload): payload
        case .readIndexAsked(let payload): payload
        case .readIndexKnown(let payload): payload
        case .requestAnswered(let payload): payload
        case .answersFlushed(let payload): payload
        }
    }

    /// Every kind, with what readers need to know about it.
    package static let table = EventTable([
        .row(Event.gap),
        .row(Event.memberStarted),
        .row(Event.memberStopped),
        .row(Event.faultInjected),
        .row(Event.voteAnswered),
        .row(Event.raftStarted),
        .row(Event.roleChanged),
        .row(Event.leaderKnown),
        .row(Event.timeoutDrawn),
        .row(Event.timeoutFired),
        .row(Event.quorumLost),
        .row(Event.voteIgnored),
        .row(Event.voteCounted),
        .row(Event.entriesAppended),
        .row(Event.entriesTruncated),
        .row(Event.commitAdvanced),
        .row(Event.writeIssued),
        .row(Event.writeDurable),
        .row(Event.entriesHanded),
        .row(Event.entriesApplied),
        .row(Event.progressChanged),
        .row(Event.raftMessageSent),
        .row(Event.raftMessageReceived),
        .row(Event.proposalRefused),
        .row(Event.readRoundBegun),
        .row(Event.readRoundConfirmed),
        .row(Event.readAnswered),
        .row(Event.transferChanged),
        .row(Event.changeProposed),
        .row(Event.configurationChanged),
        .row(Event.snapshotRestored),
        .row(Event.logCompacted),
        .row(Event.logSynced),
        .row(Event.pagesIssued),
        .row(Event.pagesDurable),
        .row(Event.snapshotStored),
        .row(Event.storeRestored),
        .row(Event.revisionWritten),
        .row(Event.rangeEvaluated),
        .row(Event.txnDecided),
        .row(Event.hashComputed),
        .row(Event.compactionScheduled),
        .row(Event.compactionIndexDone),
        .row(Event.compactionStep),
        .row(Event.compactionDone),
        .row(Event.watcherCreated),
        .row(Event.watcherCancelled),
        .row(Event.watchEventsSent),
        .row(Event.watchProgressSent),
        .row(Event.watcherFellBehind),
        .row(Event.watcherCaughtUp),
        .row(Event.watchStreamBlocked),
        .row(Event.watchStreamDrained),
        .row(Event.connectionOpened),
        .row(Event.connectionClosed),
        .row(Event.requestReceived),
        .row(Event.requestRefused),
        .row(Event.requestCancelled),
        .row(Event.requestProposed),
        .row(Event.entryApplied),
        .row(Event.readParked),
        .row(Event.readIndexAsked),
        .row(Event.readIndexKnown),
        .row(Event.requestAnswered),
        .row(Event.answersFlushed),
    ])
}

// MARK: - The trace itself

/// Events were dropped, because the reader of the ring did not keep up, or a file could not be written. Nothing
/// may be concluded from their absence. It is not an event of the member: it has the number of the last one lost.
package struct Gap: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(1, "gap")
    /// The first event that is missing.
    package var first = EventSequence.none
    /// The last event that is missing.
    package var last = EventSequence.none

    /// Blank, for readers.
    package init() {}
    /// Everything from `first` to `last` is missing.
    package init(first: EventSequence, last: EventSequence) {
        self.first = first
        self.last = last
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("first", &first)
        visitor.field("last", &last)
    }
}

// MARK: - A member's life

/// The member begins to compute; the first event of every epoch.
package struct MemberStarted: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(10, "member-started")
    /// Its name, as the operator gave it.
    package var name = ""
    /// Its cluster; "0" while unknown.
    package var cluster = ClusterID.none
    /// What it runs.
    package var version = ""

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(name: String, cluster: ClusterID, version: String) {
        self.name = name
        self.cluster = cluster
        self.version = version
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("name", &name)
        visitor.field("cluster", &cluster)
        visitor.field("version", &version)
    }
}

/// The member stops on purpose. A crash leaves no such event.
package struct MemberStopped: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(11, "member-stopped")
    /// Why, in words.
    package var reason = ""

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(reason: String) { self.reason = reason }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) { visitor.field("reason", &reason) }
}

// MARK: - Raft

/// The member answers a candidate (Raft, section 5.2).
package struct VoteAnswered: EventPayload {
    /// Its number and name.
    package static let kind = EventKind(20, "vote-answered")
    /// Who asked.
    package var candidate = MemberID.none
    /// The member's term after it heard of the candidate's.
    package var term = Term.zero
    /// For whom the member votes in this term; nobody is "0".
    package var vote = MemberID.none
    /// Whether the candidate has the vote.
    package var granted = false
    /// Whether it was only a question (pre-vote).
    package var pre = false
    /// Where the candidate's log ends.
    package var lastIndex = LogIndex.zero
    /// The term of that entry.
    package var lastTerm = Term.zero

    /// Blank, for readers.
    package init() {}
    /// All facts.
    package init(
        candidate: MemberID, term: Term, vote: MemberID, granted: Bool, pre: Bool = false,
        lastIndex: LogIndex = .zero, lastTerm: Term = .zero
    ) {
        self.candidate = candidate
        self.term = term
        self.vote = vote
        self.granted = granted
        self.pre = pre
        self.lastIndex = lastIndex
        self.lastTerm = lastTerm
    }

    /// Its fields, in order.
    package mutating func fields(_ visitor: inout some FieldVisitor) {
        visitor.field("candidate", &candidate)
        visitor.field("term", &term)
        visitor.field("vote", &vote)
        visitor.field("granted", &granted)
        visitor.field("pre", &pre)
        visitor.field("last_index", &lastIndex)
        visitor.field("last_term", &lastTerm)
    }
}
