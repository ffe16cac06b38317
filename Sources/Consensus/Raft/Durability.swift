// Durability.swift: what must be on the disk before who may hear of it?
//
// Raft is safe only if a member never forgets what it has told others (thesis 3.8). A disk takes a
// hundred microseconds to remember something, and a leader has better things to do than wait. So writing
// and sending are separate effects, and their types say which may overtake which:
//
//     .persist(Write)                 hand it to the log's writer; answer `.durable(ticket)` when it is synced
//     .send(Message)                  may leave at once, while the disk is still busy
//     .promise(Message, after:)       tells somebody what we will remember: it must not leave before
//                                     the write with that ticket is durable
//
//     writes      1 ------- 2 ------- 3 ------->     in order; a ticket done means all before it are
//     promises         |after 1   |after 2, after 2
//
// The writer may take any number of writes in one sync (group commit). What is lost in a crash are the
// last writes and the promises behind them, together: nobody was told.
//
//     message              kind       because
//     MsgApp, MsgHeartbeat send       the leader's own copy is one of a quorum; followers may be faster
//     MsgAppResp           promise    "I have it" must survive a crash, or a commit is taken back
//     MsgVoteResp          promise    a forgotten vote can be given twice
//     MsgVote              promise    see below
//     MsgPreVote, -Resp    send       binds nobody: a real election follows
//     MsgHeartbeatResp     send       says only that we know of no later term now
//
// WHY IS EVEN THE REQUEST FOR A VOTE A PROMISE? It says "this is term 5, and my log ends at 12". Suppose it
// left early, and the candidate crashed before its disk had either. It wakes up in term 4 with a log that
// ends at 11, campaigns in term 5 again, and receives the vote that was given to its former self, whose
// log was longer. Now it leads with a log that lacks what the voters may have committed; or it leads a
// second time in the same term and writes a second entry 13 of term 5. (etcd's server holds such
// requests back because only leaders send before they sync; its raft library in asynchronous mode does not.)
// The candidate's own vote is counted at the same moment.
//
// AN ENTRY THAT WAS REPLACED while its write was under way must not count as durable when that write is
// done. A ticket carries up to where the log will then be as we hold it, and a truncation lowers that
// mark in all writes under way. No write can be mistaken for another, so the "ABA" race, in which an old
// write's completion is taken for a newer one's, cannot occur.
//
// RULES    D1  writes are durable in the order of their tickets.
//          D2  an acknowledgement leaves only after what it acknowledges is durable.
//          D3  our own vote and our own copy count only when they are durable.
// COST     an integer per write under way; there are seldom more than two.

package import Identifiers
package import RaftMessages
import Trace

extension Raft {
    /// The number of a write. A later write has a larger one.
    package struct Ticket: RawRepresentable, Hashable, Comparable, Sendable {
        /// The number itself; zero is before the first.
        package var rawValue: UInt64
        /// From a number.
        package init(rawValue: UInt64) { self.rawValue = rawValue }
        /// Before the first write.
        package static var zero: Ticket { Ticket(rawValue: 0) }
        /// The one after it.
        package var next: Ticket { Ticket(rawValue: rawValue + 1) }
        /// In order of writing (D1).
        package static func < (left: Ticket, right: Ticket) -> Bool { left.rawValue < right.rawValue }
    }

    /// What the log's writer has to do in one go.
    package struct Write: Hashable, Sendable {
        /// To be given back in `.durable`. A write that need not be synced has the ticket of the one before
        /// it and needs no answer.
        package var ticket: Ticket
        /// Term, vote and commit index, when one of them has changed.
        package var hardState: HardState?
        /// The snapshot that replaces the log, when one was received. Written before the entries.
        package var snapshot: Snapshot?
        /// Entries in order. The first may replace older entries from its index on.
        package var entries: [Entry]
        /// Whether a sync is needed. A commit index alone may be lost: it is found again.
        package var mustSync: Bool
    }

    /// The writes that are under way.
    package struct Writes: Hashable, Sendable {
        private struct UnderWay: Hashable, Sendable {
            var ticket: Ticket
            /// Up to where the log will be durable, as we hold it, when this write is.
            var last: LogIndex
        }

        private var underWay: [UnderWay] = []
        /// The last ticket given out.
        package private(set) var issued = Ticket.zero
        /// The last ticket that came back.
        package private(set) var done = Ticket.zero

        /// None.
        package init() {}

        /// Whether nothing is under way.
        package var isIdle: Bool { underWay.isEmpty }

        /// A ticket for a write after which the log will be durable up to `last`, as we hold it now.
        package mutating func issue(last: LogIndex) -> Ticket {
            issued = issued.next
            underWay.append(UnderWay(ticket: issued, last: last))
            return issued
        }

        /// Entries from `index` on are replaced in memory: what is under way will not make them durable.
        package mutating func truncate(from index: LogIndex) {
            for place in underWay.indices where underWay[place].last >= index {
                underWay[place].last = index.previous
            }
        }

        /// Everything up to a ticket is durable; answers up to where the log now is.
        package mutating func finish(through ticket: Ticket) -> LogIndex {
            precondition(ticket <= issued, "D1: ticket \(ticket.rawValue) was never given out")
            var last = LogIndex.zero
            var count = 0
            while count < underWay.count, underWay[count].ticket <= ticket {
                last = max(last, underWay[count].last)
                count += 1
            }
            underWay.removeFirst(count)
            done = max(done, ticket)
            return last
        }
    }

    // MARK: - The end of every step

    /// Turns what a step has changed into effects: one write, then what may only follow it.
    mutating func finish(into output: inout Output) {
        if hasUnwritten { writeChanges(into: &output) }
        if log.committed > log.handed { handOutCommitted(into: &output) }
        if !refusedReads.isEmpty {
            for context in refusedReads { output.append(.refusedRead(context: context)) }
            refusedReads.removeAll()
        }
        if role != announced.role || leader != announced.leader || term != announced.term {
            announced = leadership
            output.append(.leadership(announced))
        }
        checkCheaply()
    }

    /// Whether we know something that the disk was not given yet.
    private var hasUnwritten: Bool {
        @inline(__always) get {
            !unwritten.isEmpty || log.committed != persisted.commit || term != persisted.term || vote != persisted.vote
        }
    }

    /// Gives the disk whatever it was not given yet.
    private mutating func writeChanges(into output: inout Output) {
        let binds = term != persisted.term || vote != persisted.vote
        let mustSync = binds || !unwritten.isEmpty || restoring.isUnwritten
        let ticket = mustSync ? writes.issue(last: log.last.index) : writes.issued
        let place = output.persist(after: ticket, mustSync: mustSync)
        if restoring.isUnwritten {
            restoring.isUnwritten = false
            output.writes[place].snapshot = restoring.waiting.first
        }
        if !unwritten.isEmpty {
            swap(&output.writes[place].entries, &unwritten)
        }
        if binds || log.committed != persisted.commit {
            persisted = hardState
            output.writes[place].hardState = persisted
            if options.flaws.contains(.voteNotPersisted) { output.writes[place].hardState?.vote = .none }
        }
        if isTraced { trace.emit(writeIssued(output.writes[place])) }
    }

    /// Says something that we must not forget.
    @inline(__always)
    mutating func promise(_ message: __owned Message, into output: inout Output) {
        let place = output.messages.count
        output.messages.append(message)
        promise(place, into: &output)
    }

    /// The same for a message that was built in its place. Whatever it rests on is written first, so that
    /// there is a ticket to wait for.
    @inline(__always)
    mutating func promise(_ place: Int, into output: inout Output) {
        if hasUnwritten { writeChanges(into: &output) }
        if isTraced { reportSent(output.messages[place], after: writes.issued) }
        if options.flaws.isEmpty || !breaksPromise(output.messages[place].type) {
            output.promise(place, after: writes.issued)
        } else {
            output.send(place)
        }
    }

    /// A flaw planted on purpose: this message does not wait.
    private func breaksPromise(_ type: MessageType) -> Bool {
        options.flaws.contains(.repliesBeforeSync) || (options.flaws.contains(.countsOwnVoteEarly) && type == .vote)
    }

    /// Gives the state machine what is committed and durable here, as much as it may hold at once.
    mutating func handOutCommitted(into output: inout Output) {
        guard !restoring.isActive else { return }
        let end = min(log.committed, log.durable)
        guard end > log.handed, applyingBytes < options.maxApplyingBytes else { return }
        let from = log.handed.next
        var through = log.handed
        while through < end {
            let size = log.size(at: through.next) + Raft.entryOverhead
            // One entry always goes, or a large one would never.
            if through >= from, applyingBytes + size > options.maxApplyingBytes { break }
            applyingBytes += size
            through = through.next
        }
        log.handOut(through: through)
        if isTraced { trace.emit(EntriesHanded(first: from, last: through)) }
        output.apply(from: from, through: through)
    }

    // MARK: - The writer's answer

    mutating func handleDurable(_ ticket: Ticket, into output: inout Output) {
        log.markDurable(through: writes.finish(through: ticket))
        if isTraced { trace.emit(WriteDurable(ticket: ticket.rawValue, index: log.durable)) }
        if restoring.isActive, restoring.ticket <= ticket, let snapshot = restoring.waiting.popLast() {
            log.handOut(through: restoring.index)
            output.append(.restore(snapshot))
        }
        if let own = ownVoteAfter, own <= ticket {
            ownVoteAfter = nil
            countVote(from: id, granted: true, into: &output)
        }
        if role == .leader { acknowledgeOwnCopy(into: &output) }
    }
}
