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
// AN ENTRY MAY BE LOST: a leader that reaches no majority is replaced, and the next one overwrites what it had proposed. From
// then on another entry has that index. It is committed and applied too, and none of that is this request's.
//
// RULES    H2  whatever the events say, nothing here traps: what is missing is nil.
// READ NEXT  WriteWalk.swift (a write, event by event)

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
    /// Whether the follower was traced and did not receive it.
    package internal(set) var isLost = false
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
    /// Another leader's entry takes its place: the entry was never committed, and the write has not happened.
    package internal(set) var overwritten: Int?
    /// The term of the entry that stands there instead.
    package internal(set) var successor = Term.zero
    /// It is committed.
    package internal(set) var committed: Int?
    /// What completed the quorum: `synced`, or the arrival of a follower's acknowledgement.
    package internal(set) var decided: Int?
    /// It is handed to the state machine.
    package internal(set) var handed: Int?
    /// The transaction has compared.
    package internal(set) var compared: Int?
    /// History is to be forgotten.
    package internal(set) var compacted: Int?
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
    /// The leader begins a round of heartbeats for it; in the lane of the member that was asked when that one leads, else in
    /// the lane of whoever it has asked.
    package internal(set) var roundBegun: Int?
    /// A quorum has answered, in the same lane.
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
        var walk = WriteWalk(path, name)
        for event in (path.received + 1)..<max(path.received + 1, lanes[path.lane].events.upperBound) {
            guard let facts = factsOfRequest(at: event) else { continue }
            walk.take(facts, at: event)
            if walk.path.flushed == nil { continue }
            // Pages are closed within a tenth of a second; who looks further looks at other things. What was refused and
            // never proposed has none.
            let hasNone = walk.path.refused != nil && walk.path.proposed == nil
            if hasNone || walk.path.pagesDurable != nil || event - path.received > 200_000 { break }
        }
        path = walk.path
    }

    /// The facts of kinds that ways are made of; nothing is decoded for others.
    func factsOfRequest(at event: Int) -> Event? {
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
        guard let received = partner(of: sent) else {
            follower.isLost = isLost(sent)
            return follower
        }
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

    /// Whether a message was sent to a member that was traced and has not received it.
    package func isLost(_ sent: Int) -> Bool { unreceived.contains(Int32(sent)) }

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

    /// The messages by which the group's question was asked and answered, and the round of heartbeats between; and, when the
    /// member was behind, the messages that brought what it had not applied.
    private func findQuestions(_ path: inout ReadPath) {
        guard let asked = path.asked ?? path.parked, let start = order.firstIndex(of: Int32(asked)) else { return }
        let end = path.caughtUp ?? path.known ?? path.flushed ?? lanes[path.lane].events.upperBound
        // Where a round may begin for us: behind our question, in the lane that has it.
        var begin = asked
        var leader = path.lane
        for next in order[start...] {
            let event = Int(next)
            let lane = self.lane(of: event)
            if lane == path.lane, event >= end { break }
            if isOfRound[Int(kinds[event])], lane == leader, event > begin { note(event, in: &path) }
            guard kinds[event] == RaftMessageSent.kind.number,
                case .raftMessageSent(let sent) = record(at: event).event,
                isOfQuestion(sent.message, event, path)
            else { continue }
            path.messages.append(event)
            if sent.message.type == .readIndex, let heard = partner(of: event) {
                (begin, leader) = (heard, self.lane(of: heard))
            }
        }
        keepOneRound(&path)
    }

    private func note(_ event: Int, in path: inout ReadPath) {
        switch record(at: event).event {
        case .readRoundBegun where path.known.map({ !isBehind(event, $0) }) ?? true:
            path.roundBegun = path.roundBegun ?? event
        case .readRoundConfirmed where path.roundBegun != nil: path.roundConfirmed = path.roundConfirmed ?? event
        default: break
        }
    }

    /// Whether an event of a lane stands behind another one of the same lane.
    private func isBehind(_ event: Int, _ other: Int) -> Bool { lane(of: event) == lane(of: other) && event > other }

    private func isOfQuestion(_ message: TraceMessage, _ event: Int, _ path: ReadPath) -> Bool {
        let own = lanes[path.lane].member
        let isKnown = path.known.map { lamport(of: event) > lamport(of: $0) } ?? false
        switch message.type {
        case .readIndex: return message.from == own && !isKnown
        case .readIndexResp: return message.to == own && partner(of: event) != nil && !isKnown
        case .heartbeat, .heartbeatResp: return message.round != 0 && !isKnown
        case .app: return message.to == own && message.entries > 0 && partner(of: event) != nil
        default: return false
        }
    }

    /// Of all heartbeats, those of the round that was begun for this read; where nothing says which that was, those that have
    /// arrived.
    private func keepOneRound(_ path: inout ReadPath) {
        guard let begun = path.roundBegun, case .readRoundBegun(let round) = record(at: begun).event else {
            path.messages.removeAll { event in
                guard partner(of: event) == nil, case .raftMessageSent(let sent) = record(at: event).event else {
                    return false
                }
                return sent.message.type != .readIndex
            }
            return
        }
        let leader = lanes[lane(of: begun)].member
        path.messages.removeAll { event in
            guard case .raftMessageSent(let sent) = record(at: event).event else { return true }
            let message = sent.message
            switch message.type {
            case .heartbeat: return message.round != round.round || message.from != leader
            case .heartbeatResp: return message.round != round.round || message.to != leader
            default: return false
            }
        }
    }
}

/// By number: the kinds that ways are made of.
private let isOnTheWay: [Bool] = {
    let kinds: [EventKind] = [
        EntriesTruncated.kind, TxnDecided.kind, CompactionScheduled.kind, EntriesAppended.kind, WriteIssued.kind,
        LogSynced.kind, WriteDurable.kind, CommitAdvanced.kind,
        EntriesHanded.kind, EntriesApplied.kind, RevisionWritten.kind, EntryApplied.kind, WatchEventsSent.kind,
        RequestProposed.kind, RequestRefused.kind, RequestAnswered.kind, AnswersFlushed.kind, PagesIssued.kind,
        PagesDurable.kind, RaftMessageSent.kind, ReadParked.kind, ReadIndexAsked.kind, ReadIndexKnown.kind,
        RangeEvaluated.kind,
    ]
    var flags = [Bool](repeating: false, count: 256)
    for kind in kinds { flags[Int(kind.number)] = true }
    return flags
}()

/// By number: the kinds that say how a leader makes sure that it leads.
private let isOfRound: [Bool] = {
    var flags = [Bool](repeating: false, count: 256)
    for kind in [ReadRoundBegun.kind, ReadRoundConfirmed.kind] { flags[Int(kind.number)] = true }
    return flags
}()
