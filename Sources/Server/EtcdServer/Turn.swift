// Turn.swift: from input to orders, and from orders to the world.
//
//     input ---> enter() ---> member.something(..., into: &output)            any number of times
//     end of the turn ---> member.finishTurn ---> orders ---> flush           once
//
// `enter` signs up for the end of the turn and tells the member what time it is; so a turn in which nothing comes in costs
// nothing. While orders are carried out the next ones may already come (a stream ends, say): they gather in the other
// of two outputs, and the loop asks again.
//
// THE LOG'S RECORDS of one turn are one batch: entries as they come, then the newest state behind them. A batch
// with entries is handed over at the end of the turn, with one ticket. A commit index alone is not worth a write: it
// rides with the next entries, or with the next tick, and a member that loses it finds it again.
//
// READ NEXT  Services/UnaryService.swift

internal import Bytes
internal import EtcdAPI
internal import EventLoop
internal import Files
internal import GRPC
internal import Identifiers
internal import MVCC
internal import Member
internal import Protobuf
internal import Raft
internal import RaftMessages
internal import StorageThreads
internal import Trace
internal import WriteAheadLog

/// Which ticket of Raft's each batch for the log carries. The log's thread has numbers of its own, because Raft's repeat
/// where nothing needs a sync.
struct LogTickets {
    private var underWay: [(batch: UInt64, ticket: Raft.Ticket)] = []
    private var last: UInt64 = 0
    /// The highest ticket that the batch being gathered must bring back.
    var gathered: Raft.Ticket?

    /// A number for a batch that is handed over now.
    mutating func next() -> UInt64 {
        last += 1
        if let ticket = gathered { underWay.append((last, ticket)) }
        gathered = nil
        return last
    }

    /// The last of Raft's tickets that is durable with this batch; nil when none is.
    mutating func durable(_ batch: UInt64) -> Raft.Ticket? {
        var found: Raft.Ticket?
        while let first = underWay.first, first.batch <= batch {
            found = first.ticket
            underWay.removeFirst()
        }
        return found
    }
}

extension EtcdServer: TurnParticipant {
    /// Something comes in: the member learns the time, and the end of the turn is asked for.
    func enter() {
        guard !isSignedUp else { return }
        isSignedUp = true
        loop.atEndOfTurn(self)
        member.advance(toMilliseconds: now, into: &output)
    }

    /// The end of the turn.
    func finishTurn() {
        isSignedUp = false
        member.finishTurn(into: &output)
        swap(&output, &underWay)
        for order in underWay.orders { carryOut(order) }
        underWay.removeAll()
        if tickets.gathered != nil { handOverRecords() }
        stopIfFileWasCut()
        reportAnswers()
        arrangeNextTurn()
    }

    private func carryOut(_ order: Member.Output.Order) {
        switch order {
        case .answer(let id, let from, let count): answer(id, underWay.bytes.view[from..<(from + count)])
        case .answerLong(let id, let place): answer(id, underWay.longAnswers[place])
        case .persist(let place): gather(underWay.raft.writes[place])
        case .refuse(let id, let error): fail(id, error.status)
        case .watch(let stream, let from, let count):
            watches[stream.rawValue]?.send(underWay.bytes.view[from..<(from + count)])
        case .pages(let place): pageThread.submit(underWay.batches[place])
        default: carryOutSeldom(order)
        }
    }

    private func carryOutSeldom(_ order: Member.Output.Order) {
        switch order {
        case .malformed(let id, let error):
            fail(id, GRPCStatus(.internal, "grpc: error unmarshalling request: \(error)"))
        case .unimplemented(let id): fail(id, GRPCStatus(.unimplemented, "this version cannot do this yet"))
        case .malformedWatch(let stream, let error):
            watches[stream.rawValue]?.fail(GRPCStatus(.internal, "grpc: error unmarshalling request: \(error)"))
        case .saveSnapshot(let place): save(underWay.snapshots[place])
        case .pinned(let id, let place): beginSnapshot(id, underWay.versions[place])
        case .releaseLog: logThread.purge(keepingLogs: Int(settings.maxLogs), snapshots: Int(settings.maxSnapshots))
        case .leadership(let leadership):
            log.info("leadership changed") {
                $0.text("role", leadership.role.rawValue)
                $0.text("leader", "\(leadership.leader)")
                $0.number("term", leadership.term.rawValue)
            }
        case .ready: becomeReady()
        case .stop: stopNow(because: underWay.stopReason)
        case .send, .sendSnapshot, .restore:
            preconditionFailure("E5: a member that is alone has nobody to speak to")
        case .answer, .answerLong, .persist, .refuse, .watch, .pages: break
        }
    }

    // MARK: Answers

    private func answer(_ id: RequestID, _ message: ByteView) {
        answered.count += 1
        answered.bytes += message.count
        switch calls.take(id) {
        case .client(let call):
            // From here on the call is no longer ours: its end is not a client that went away.
            call.tag = 0
            call.send { $0.append(message) }
            call.finish(.ok)
        case .page(let deliver): deliver(.message(message))
        case .nobody: break
        }
    }

    private func answer(_ id: RequestID, _ cursor: RangeCursor) {
        answered.count += 1
        answered.bytes += cursor.answerBytes
        switch calls.take(id) {
        case .client(let call):
            call.tag = 0
            LongAnswer(cursor, to: call, of: self).begin()
        case .page(let deliver):
            // None of our own pages asks for so much.
            deliver(.failure(GRPCStatus(.resourceExhausted, "the answer is too long for a page")))
        case .nobody: break
        }
    }

    /// A refusal leaves with the other answers of the turn, and is counted with them.
    func fail(_ id: RequestID, _ status: GRPCStatus) {
        answered.count += 1
        answered.bytes += status.message.utf8.count
        switch calls.take(id) {
        case .client(let call):
            call.tag = 0
            call.finish(status)
        case .page(let deliver): deliver(.failure(status))
        case .nobody: break
        }
    }

    private func reportAnswers() {
        guard answered.count > 0 else { return }
        if member.trace.isOn {
            let (count, bytes) = answered
            member.trace.emit(AnswersFlushed(answers: count, sizeBytes: bytes))
        }
        answered = (0, 0)
    }

    // MARK: The log

    private func gather(_ write: Raft.Write) {
        precondition(write.snapshot == nil, "E5: a member that is alone receives no snapshot")
        for entry in write.entries { records.add(entry) }
        if let newer = write.hardState { state = newer }
        if write.mustSync { tickets.gathered = write.ticket }
    }

    /// Gives the log's thread what was gathered.
    func handOverRecords() {
        if let state { records.add(state) }
        state = nil
        guard !records.isEmpty else { return }
        logThread.submit(&records, ticket: tickets.next())
    }

    private func save(_ snapshot: Snapshot) {
        // The record of a snapshot counts only up to the commit index that the log has: so that goes first.
        handOverRecords()
        log.info("saving a snapshot") {
            $0.number("snapshot-index", snapshot.metadata.index.rawValue)
            $0.number("snapshot-term", snapshot.metadata.term.rawValue)
        }
        logThread.submit(snapshot)
    }

    /// A report of one of the two threads.
    func take(_ report: StorageReport) {
        enter()
        switch report {
        case .stored(let batch):
            guard let ticket = tickets.durable(batch.ticket) else { return }
            let last = Raft.Position(index: batch.durable.index, term: batch.durable.term)
            member.logDurable(
                ticket, last: last, bytes: batch.dataBytes, records: batch.records,
                nanoseconds: batch.syncNanoseconds ?? 0,
                into: &output)
        case .pagesDurable(let pages):
            member.pagesDurable(
                pages.transaction, bytes: pages.byteCount, nanoseconds: pages.nanoseconds, into: &output)
            endIfClosed()
        case .snapshotStored(let position):
            log.info("saved a snapshot") { $0.number("snapshot-index", position.index.rawValue) }
            member.snapshotStored(position.index, into: &output)
        case .purged(let names): log.info("removed files that are no longer needed") { $0.texts("files", names) }
        case .failed(let failure): member.storageFailed(failure.description, into: &output)
        }
    }

    // MARK: The next turn

    private func arrangeNextTurn() {
        if member.hasWork { return wake(at: now) }
        if let next = member.nextWakeMilliseconds { wake(at: next) }
    }

    /// Sees to it that a turn begins by then. A timer that fires too early costs a turn; so it is only ever set forward.
    private func wake(at time: Int64) {
        if let wakesAt, wakesAt <= time { return }
        let timer = wakeTimer ?? makeWakeTimer()
        wakesAt = time
        timer.start(after: UInt64(max(0, time - now)) * 1_000_000)
    }

    private func makeWakeTimer() -> Timer {
        let timer = Timer(on: loop) { [unowned self] in
            wakesAt = nil
            enter()
        }
        wakeTimer = timer
        return timer
    }
}
