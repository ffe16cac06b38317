// RequestPaths.swift: which of a million events were one request's? From its arrival to its answer.
//
// A request has a name (the number of its `request-received`), an entry (an index of the log), a write (a ticket of the log's
// writer) and a revision; each event on the way speaks of one of these and leads to the next:
//
//     request-received 17 ---name---> request-proposed --index--> entries-appended --index--> write-issued
//            |                                                                                    | ticket
//            | name                                                                               v
//            v                                  revision                        index          log-synced
//     request-answered <---- entry-applied <-------------- revision-written   entries-handed <-- commit-advanced
//            |
//            v
//     answers-flushed: the first after it
//
// The way is walked once, forward from the arrival, in the one lane of the member that was asked. What the other members did
// for it is found through the messages (see FollowerPath).
//
// THE CRITICAL PATH is what the client waited for. Several things happen side by side: the leader's own disk and each follower
// with its disk. Only one of them completed the quorum: the last event before the commit that could have caused it, an
// acknowledgement or our own sync. What came later nobody waited for.
//
// RULES    H2  whatever the events say, nothing here traps: what is missing is nil.

package import Identifiers
package import Trace

/// What one follower did for one entry.
package struct FollowerPath: Hashable, Sendable {
    /// Who.
    package let member: MemberID
    /// The leader's message with the entry.
    package let sent: Int
    /// Its arrival; nil: it was lost, or the follower was not traced.
    package internal(set) var received: Int?
    /// The follower hands the entry to its log's writer.
    package internal(set) var issued: Int?
    /// The follower's log is durable with the entry.
    package internal(set) var synced: Int?
    /// The follower's acknowledgement is ready; it leaves when what it promises is durable.
    package internal(set) var acknowledged: Int?
    /// It arrives at the leader.
    package internal(set) var heard: Int?

    /// When the acknowledgement left: when it was ready, and what it promises durable.
    package var left: Int? { acknowledged.map { max($0, synced ?? $0) } }
}

/// One write, from the arrival of the request to its answer; everything is a place in the history.
package struct WritePath: Hashable, Sendable {
    /// The lane of the member that was asked.
    package let lane: Int
    /// The arrival.
    package let received: Int
    /// What was asked.
    package let request: RequestReceived
    /// It was proposed.
    package internal(set) var proposed: Int?
    /// Its entry.
    package internal(set) var index = LogIndex.zero
    /// The entry's term.
    package internal(set) var term = Term.zero
    /// The name that the entry carries.
    package internal(set) var id: UInt64 = 0
    /// The entry is in the log in memory.
    package internal(set) var appended: Int?
    /// It is handed to the log's writer.
    package internal(set) var issued: Int?
    /// The log's writer has synced it.
    package internal(set) var synced: Int?
    /// It is committed.
    package internal(set) var committed: Int?
    /// What completed the quorum: `synced`, or the arrival of a follower's acknowledgement.
    package internal(set) var decided: Int?
    /// It is handed to the state machine.
    package internal(set) var handed: Int?
    /// The records that it has written.
    package internal(set) var written: [Int] = []
    /// The state machine has applied it.
    package internal(set) var applied: Int?
    /// Watchers were told.
    package internal(set) var watched: [Int] = []
    /// It is answered.
    package internal(set) var answered: Int?
    /// It is refused.
    package internal(set) var refused: Int?
    /// The answer has left.
    package internal(set) var flushed: Int?
    /// The backend's batch that holds its effects is closed, later.
    package internal(set) var pagesIssued: Int?
    /// That batch is durable.
    package internal(set) var pagesDurable: Int?
    /// What the others did.
    package internal(set) var followers: [FollowerPath] = []

    /// The follower whose acknowledgement completed the quorum; nil when it was our own disk.
    package var decidingFollower: FollowerPath? { followers.first { $0.heard != nil && $0.heard == decided } }
}

/// One read.
package struct ReadPath: Hashable, Sendable {
    /// The lane of the member that was asked.
    package let lane: Int
    /// The arrival.
    package let received: Int
    /// What was asked.
    package let request: RequestReceived
    /// It waits for the newest commit index.
    package internal(set) var parked: Int?
    /// The group that it waits with.
    package internal(set) var batch: UInt64 = 0
    /// The group asks.
    package internal(set) var asked: Int?
    /// The messages of the question and their answers, on all lanes: sendings whose arrival is known.
    package internal(set) var messages: [Int] = []
    /// The leader begins a round of heartbeats for it.
    package internal(set) var roundBegun: Int?
    /// A quorum has answered.
    package internal(set) var roundConfirmed: Int?
    /// The group knows its index; without a question when the member is alone and has applied everything.
    package internal(set) var known: Int?
    /// The index.
    package internal(set) var index = LogIndex.zero
    /// The state machine has got there; nil when it was there already.
    package internal(set) var caughtUp: Int?
    /// The keys were looked up.
    package internal(set) var evaluated: Int?
    /// It is answered.
    package internal(set) var answered: Int?
    /// It is refused.
    package internal(set) var refused: Int?
    /// The answer has left.
    package internal(set) var flushed: Int?
}

extension CausalHistory {
    /// All requests with certain methods, in causal order.
    package func requests(_ methods: Set<TraceMethod>) -> [Int] {
        order.map(Int.init).filter { event in
            guard kinds[event] == RequestReceived.kind.number,
                case .requestReceived(let request) = record(at: event).event
            else { return false }
            return methods.contains(request.method)
        }
    }

    // MARK: - A write

    /// Follows a write; nil when `received` is no request's arrival.
    package func writePath(from received: Int) -> WritePath? {
        let arrival = record(at: received)
        guard case .requestReceived(let request) = arrival.event else { return nil }
        let lane = self.lane(of: received)
        var path = WritePath(lane: lane, received: received, request: request)
        walkWrite(&path, arrival.sequence)
        if path.index != .zero { findFollowers(&path) }
        if let committed = path.committed {
            // The latest thing before the commit that can complete a quorum.
            let candidates = [path.synced].compactMap { $0 } + path.followers.compactMap(\.heard)
            path.decided = candidates.filter { $0 < committed }.max()
        }
        return path
    }

    private func walkWrite(_ path: inout WritePath, _ name: EventSequence) {
        var appends: [(event: Int, first: LogIndex, last: LogIndex)] = []
        var written: [(event: Int, main: Revision)] = []
        var writes: [(event: Int, write: WriteIssued)] = []
        var (ticket, revision): (UInt64, Revision) = (0, .zero)
        var transaction: UInt64 = 0
        for event in (path.received + 1)..<max(path.received + 1, lanes[path.lane].events.upperBound) {
            switch factsOfRequest(at: event) {
            case .entriesAppended(let entries) where path.proposed == nil:
                appends.append((event, entries.first, entries.last))
            case .requestProposed(let proposed) where proposed.request == name:
                path.proposed = event
                (path.index, path.term, path.id) = (proposed.index, proposed.term, proposed.id)
                path.appended = appends.last { $0.first <= path.index && path.index <= $0.last }?.event
                // Raft may have handed the entry out before the member has said which it was.
                if let write = writes.last(where: { $0.write.covers(path.index) }) {
                    (path.issued, ticket) = (write.event, write.write.ticket)
                }
            case .writeIssued(let write) where path.proposed == nil: writes.append((event, write))
            case .writeIssued(let write) where path.issued == nil && write.covers(path.index):
                (path.issued, ticket) = (event, write.ticket)
            case .logSynced(let sync) where path.synced == nil && path.issued != nil && sync.ticket >= ticket:
                path.synced = event
            case .writeDurable(let write) where path.synced == nil && path.issued != nil && write.ticket >= ticket:
                path.synced = event
            case .commitAdvanced(let commit)
            where path.committed == nil && path.index != .zero && commit.commit >= path.index:
                path.committed = event
            case .entriesHanded(let handed) where handed.first <= path.index && path.index <= handed.last:
                path.handed = path.handed ?? event
                written = []
            case .revisionWritten(let record): written.append((event, record.main))
            case .entryApplied(let entry) where path.isItself(entry):
                path.applied = path.applied ?? event
                revision = entry.revision
                path.written = written.filter { $0.main == revision }.map(\.event)
            case .watchEventsSent(let sent)
            where path.applied != nil && path.flushed == nil && sent.revision >= revision && !path.written.isEmpty:
                path.watched.append(event)
            case .requestRefused(let refused) where refused.request == name: path.refused = event
            case .requestAnswered(let answered) where answered.request == name: path.answered = event
            case .answersFlushed where path.answered != nil || path.refused != nil:
                path.flushed = path.flushed ?? event
            case .pagesIssued(let pages)
            where path.applied != nil && path.pagesIssued == nil && pages.applied >= path.index:
                (path.pagesIssued, transaction) = (event, pages.transaction)
            case .pagesDurable(let pages) where path.pagesIssued != nil && pages.transaction >= transaction:
                path.pagesDurable = event
                if path.flushed != nil { return }
            default: break
            }
            // Pages are closed within a tenth of a second; who looks further looks at other things.
            if path.flushed != nil, event - path.received > 200_000 { return }
        }
    }

    /// The facts of kinds that ways are made of; nothing is decoded for others.
    private func factsOfRequest(at event: Int) -> Event? {
        isOnTheWay[Int(kinds[event])] ? record(at: event).event : nil
    }

    private func findFollowers(_ path: inout WritePath) {
        guard let appended = path.appended ?? path.proposed else { return }
        var found: [MemberID: FollowerPath] = [:]
        let end = path.flushed ?? lanes[path.lane].events.upperBound
        for event in appended..<min(lanes[path.lane].events.upperBound, max(end, appended) + 5000)
        where kinds[event] == RaftMessageSent.kind.number {
            guard case .raftMessageSent(let sent) = record(at: event).event, sent.message.type == .app,
                sent.message.index < path.index,
                path.index.rawValue <= sent.message.index.rawValue &+ UInt64(clamping: sent.message.entries)
            else { continue }
            if found[sent.message.to]?.heard != nil { continue }
            if event >= end, found[sent.message.to] != nil { continue }
            found[sent.message.to] = follow(event, to: sent.message.to, path)
        }
        path.followers = found.values.sorted { $0.sent < $1.sent }
    }

    /// What a follower did with a message that carries the entry.
    private func follow(_ sent: Int, to member: MemberID, _ path: WritePath) -> FollowerPath {
        var follower = FollowerPath(member: member, sent: sent)
        guard let received = partner(of: sent) else { return follower }
        follower.received = received
        let lane = lanes[self.lane(of: received)]
        var ticket: UInt64 = 0
        for event in received..<lane.events.upperBound {
            switch factsOfRequest(at: event) {
            case .writeIssued(let write) where follower.issued == nil && write.covers(path.index):
                (follower.issued, ticket) = (event, write.ticket)
            case .logSynced(let sync) where follower.synced == nil && follower.issued != nil && sync.ticket >= ticket:
                follower.synced = event
            case .writeDurable(let write)
            where follower.synced == nil && follower.issued != nil && write.ticket >= ticket:
                follower.synced = event
            case .raftMessageSent(let answer)
            where answer.message.type == .appResp && !answer.message.reject && answer.message.index >= path.index
                && follower.issued != nil:
                guard follower.heard == nil, let heard = partner(of: event), self.lane(of: heard) == path.lane else {
                    continue
                }
                (follower.acknowledged, follower.heard) = (event, heard)
            default: break
            }
            if follower.heard != nil, follower.synced != nil || event - received > 2000 { break }
        }
        return follower
    }

    // MARK: - A read

    /// Follows a read; nil when `received` is no request's arrival.
    package func readPath(from received: Int) -> ReadPath? {
        let arrival = record(at: received)
        guard case .requestReceived(let request) = arrival.event else { return nil }
        var path = ReadPath(lane: lane(of: received), received: received, request: request)
        let name = arrival.sequence
        var looked: Int?
        for event in (received + 1)..<max(received + 1, lanes[path.lane].events.upperBound) {
            switch factsOfRequest(at: event) {
            case .readParked(let parked) where parked.request == name:
                (path.parked, path.batch) = (event, parked.batch)
            case .readIndexAsked(let asked) where path.parked != nil && asked.batch == path.batch:
                path.asked = event
            case .readRoundBegun where path.parked != nil && path.known == nil && path.roundBegun == nil:
                path.roundBegun = event
            case .readRoundConfirmed where path.roundBegun != nil && path.known == nil:
                path.roundConfirmed = event
            case .readIndexKnown(let known) where path.parked != nil && known.batch == path.batch:
                (path.known, path.index) = (event, known.index)
            case .readIndexKnown(let known) where known.batch == 0 && record(at: event).causes.contains(name):
                (path.known, path.index) = (event, known.index)
            case .entriesApplied(let now)
            where path.known != nil && path.caughtUp == nil && looked == nil && now.applied >= path.index:
                path.caughtUp = event
            case .rangeEvaluated(let range) where range.key == request.key && range.rangeEnd == request.rangeEnd:
                looked = event
            case .requestRefused(let refused) where refused.request == name: path.refused = event
            case .requestAnswered(let answered) where answered.request == name:
                (path.answered, path.evaluated) = (event, looked)
            case .answersFlushed where path.answered != nil || path.refused != nil:
                path.flushed = event
                findQuestions(&path)
                return path
            default: break
            }
        }
        findQuestions(&path)
        return path
    }

    /// The messages by which the group's question was asked and answered.
    private func findQuestions(_ path: inout ReadPath) {
        guard let asked = path.asked ?? path.parked else { return }
        let end = path.known ?? path.flushed ?? lanes[path.lane].events.upperBound
        let own = lanes[path.lane].member
        let isLeader = path.roundBegun != nil
        guard let start = order.firstIndex(of: Int32(asked)) else { return }
        for next in order[start...] {
            let event = Int(next)
            if lane(of: event) == path.lane, event >= end { break }
            guard kinds[event] == RaftMessageSent.kind.number, partner(of: event) != nil,
                case .raftMessageSent(let sent) = record(at: event).event
            else { continue }
            let message = sent.message
            switch message.type {
            case .readIndex where message.from == own, .readIndexResp where message.to == own:
                path.messages.append(event)
            case .heartbeat where message.round != 0 && (!isLeader || message.from == own):
                path.messages.append(event)
            case .heartbeatResp where message.round != 0 && (!isLeader || message.to == own):
                path.messages.append(event)
            case .app where message.to == own && message.entries > 0 && !isLeader: path.messages.append(event)
            default: break
            }
        }
    }
}

extension WriteIssued {
    /// Whether this write has an entry in it.
    fileprivate func covers(_ index: LogIndex) -> Bool { index != .zero && first <= index && index <= last }
}

extension WritePath {
    /// Whether an applied entry is this request's.
    fileprivate func isItself(_ entry: EntryApplied) -> Bool {
        index != .zero ? entry.index == index : id != 0 && entry.id == id
    }
}

/// By number: the kinds that ways are made of.
private let isOnTheWay: [Bool] = {
    let kinds: [EventKind] = [
        EntriesAppended.kind, WriteIssued.kind, LogSynced.kind, WriteDurable.kind, CommitAdvanced.kind,
        EntriesHanded.kind, EntriesApplied.kind, RevisionWritten.kind, EntryApplied.kind, WatchEventsSent.kind,
        RequestProposed.kind, RequestRefused.kind, RequestAnswered.kind, AnswersFlushed.kind, PagesIssued.kind,
        PagesDurable.kind, RaftMessageSent.kind, ReadParked.kind, ReadIndexAsked.kind, ReadRoundBegun.kind,
        ReadRoundConfirmed.kind, ReadIndexKnown.kind, RangeEvaluated.kind,
    ]
    var flags = [Bool](repeating: false, count: 256)
    for kind in kinds { flags[Int(kind.number)] = true }
    return flags
}()
