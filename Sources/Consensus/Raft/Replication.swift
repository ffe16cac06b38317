// Replication.swift: how do all logs become the leader's, and when is an entry safe?
//
// The leader sends entries together with the position just before them. A follower that has exactly that
// position has, by induction, the same log up to there (log matching, extended paper 5.3), so it takes the
// entries and throws away whatever it had instead. Otherwise it refuses, and the leader asks further back.
//
//     leader     1 1 1 4 4 5 5 6 6 6          "after (9, term 6) comes 10"
//     follower   1 1 1 4                      "refused; I end at (4, term 4)"      <- hint
//     leader                                  "after (4, term 4) come 5...10"
//     follower   1 1 1 4 4 5 5 6 6 6          "I have everything up to 10"
//
// A HINT SAVES ROUND TRIPS: instead of stepping back one entry at a time, both sides skip whole terms
// (`Log.agreement`); the refusal says where the follower could agree, and of which term it is there.
//
// COMMITTED means: a majority has it on disk, so it will be in the log of every later leader. The leader
// counts acknowledgements (its own disk's is one of them), but only for entries of its own term:
//
//     Figure 8     n1 1 2 . .        n1 leads term 2 and writes entry 2. n3 leads term 3, writes another.
//     of the       n2 1 2 . .        n1 leads term 4 and copies its old entry to n2: now a majority has
//     paper:       n3 1 3 . .        "2", and yet n3, whose log is more recent (3 > 2), may win an election
//                                    and overwrite it.
//
// So an entry of an earlier term commits only together with one of the leader's own term behind it: nobody
// without that one can win. That is why a leader begins with an empty entry.
//
// RULES    A1  a leader never removes or replaces entries of its own log.
//          A2  a follower's acknowledged index never goes back within a term.
//          A3  only entries of the leader's own term are committed by counting.
// READ NEXT  Durability.swift

import Bytes
import Identifiers
import RaftMessages
import Trace

extension Raft {
    /// The entries that were proposed last. Followers that keep up are all sent the same array.
    struct LatestBatch: Hashable, Sendable {
        var entries: [Entry] = []
        var bytes = 0
    }

    // MARK: - The leader sends

    /// Sends everybody what they lack, or at least the commit index.
    mutating func broadcastAppends(into output: inout Output) {
        for place in 0..<roster.peers.members.count where roster.peers.members[place] != id {
            sendAppend(to: place, evenIfEmpty: true, into: &output)
        }
    }

    /// Sends the next entries to the follower at a place, if it may be sent anything; true if it was sent
    /// something.
    @discardableResult
    mutating func sendAppend(to place: Int, evenIfEmpty: Bool, into output: inout Output) -> Bool {
        guard !roster.peers.entries[place].isPaused else { return false }
        let next = roster.peers.entries[place].next
        guard let previousTerm = log.term(at: next.previous) else {
            return sendSnapshot(to: place, into: &output)
        }
        var batch = LatestBatch()
        // A follower in full flight gets an empty message: if all the others were lost, its refusal tells.
        if roster.peers.entries[place].mode != .replicate || !roster.peers.entries[place].inflights.isFull {
            batch = entries(from: next)
        }
        guard evenIfEmpty || !batch.entries.isEmpty else { return false }
        let letter = output.begin(.app, to: roster.peers.members[place], from: id, term: term)
        output.messages[letter].index = next.previous
        output.messages[letter].logTerm = previousTerm
        output.messages[letter].commit = log.committed
        output.messages[letter].entries = batch.entries
        roster.peers.entries[place].sent(batch.entries.count, bytes: batch.bytes)
        roster.peers.entries[place].sentCommit = log.committed
        if isTraced { trace.emit(progressChanged(place)) }
        if isTraced { reportSent(output.messages[letter]) }
        output.send(letter)
        return true
    }

    /// What fits into one message.
    private mutating func entries(from next: LogIndex) -> LatestBatch {
        if next > log.last.index { return LatestBatch() }
        if let first = latest.entries.first, first.index == next, latest.bytes <= options.maxMessageBytes,
            latest.entries.count == log.last.index - next + 1
        {
            return latest
        }
        let entries = log.entries(from: next, through: log.last.index, limit: options.maxMessageBytes)
        return LatestBatch(entries: entries, bytes: entries.reduce(0) { $0 + $1.data.count })
    }

    mutating func broadcastHeartbeats(into output: inout Output) {
        let context = reads.context
        for place in 0..<roster.peers.members.count where roster.peers.members[place] != id {
            var heartbeat = message(.heartbeat, to: roster.peers.members[place])
            // Never more than the follower is known to have: behind that its log may differ from ours.
            heartbeat.commit = min(roster.peers.entries[place].match, log.committed)
            heartbeat.context = context
            roster.peers.entries[place].sentCommit = heartbeat.commit
            send(heartbeat, into: &output)
        }
    }

    // MARK: - A follower receives

    mutating func append(_ message: Message, into output: inout Output) {
        if message.index < log.committed {
            // An old message: what it brings is committed here already.
            var answer = self.message(.appResp, to: message.from)
            answer.index = log.committed
            promise(answer, into: &output)
            return
        }
        guard log.contains(Position(index: message.index, term: message.logTerm)) else {
            refuseAppend(message, into: &output)
            return
        }
        guard Raft.isRun(message) else {
            alarm(.badMessage(.app, from: message.from, why: "its entries do not follow each other"), into: &output)
            return
        }
        merge(message.entries)
        let end = message.index + message.entries.count
        let commit = min(message.commit, end)
        if commit > log.committed {
            log.commit(through: commit)
            if isTraced { trace.emit(CommitAdvanced(commit: commit, term: term)) }
        }
        let answer = output.begin(.appResp, to: message.from, from: id, term: term)
        output.messages[answer].index = end
        promise(answer, into: &output)
    }

    /// Whether the entries follow the position they come behind, in order and without falling terms.
    private static func isRun(_ message: Message) -> Bool {
        var index = message.index
        var term = message.logTerm
        for entry in message.entries {
            guard entry.index == index.next, entry.term >= term, entry.term <= message.term else { return false }
            index = entry.index
            term = entry.term
        }
        return true
    }

    /// Takes what we do not have; what contradicts it goes.
    private mutating func merge(_ entries: [Entry]) {
        guard let place = log.firstMissing(of: entries) else { return }
        let from = entries[place].index
        if from <= log.last.index {
            if options.flaws.contains(.losesTruncation) {
                keepConflicting(entries)
                return
            }
            // The former leader's entries, which were never committed (L3).
            log.truncate(from: from)
            writes.truncate(from: from)
            if isTraced { trace.emit(EntriesTruncated(first: from, last: log.last.index, lastTerm: log.last.term)) }
        }
        log.append(entries, from: place)
        write(place == 0 ? entries : Array(entries[place...]))
        if isTraced { reportAppended(entries, from: place) }
    }

    /// A bug on purpose (Flaws.swift): what is there stays, and what comes behind it is taken.
    private mutating func keepConflicting(_ entries: [Entry]) {
        let behind = entries.filter { $0.index > log.last.index }
        guard !behind.isEmpty else { return }
        log.append(behind, from: 0)
        write(behind)
    }

    private mutating func refuseAppend(_ message: Message, into output: inout Output) {
        var answer = self.message(.appResp, to: message.from)
        answer.reject = true
        answer.index = message.index
        let hint = log.agreement(notAfter: min(message.index, log.last.index), termAtMost: message.logTerm)
        answer.rejectHint = hint.index
        answer.logTerm = hint.term
        promise(answer, into: &output)
    }

    mutating func hearHeartbeat(_ message: Message, into output: inout Output) {
        if message.commit > log.last.index {
            // A leader names only what we have acknowledged. If we do not have it, our disk has lied.
            alarm(
                .logLost(committedElsewhere: message.commit, last: log.last.index, leader: message.from),
                into: &output)
            return
        }
        if message.commit > log.committed {
            log.commit(through: message.commit)
            if isTraced { trace.emit(CommitAdvanced(commit: log.committed, term: term)) }
        }
        var answer = self.message(.heartbeatResp, to: message.from)
        answer.context = message.context
        send(answer, into: &output)
    }

    // MARK: - The leader hears

    mutating func receiveAppendAnswer(_ answer: Message, into output: inout Output) {
        guard role == .leader, let place = roster.peers.place(of: answer.from) else { return }
        roster.peers.entries[place].isActive = true
        if answer.reject {
            backOff(place, answer, into: &output)
        } else {
            acknowledge(place, through: answer.index, into: &output)
        }
    }

    private mutating func backOff(_ place: Int, _ answer: Message, into output: inout Output) {
        // An answer without a term comes from an older member, which only says where its log ends.
        let last = min(answer.rejectHint, log.last.index)
        let hint = answer.logTerm > .zero ? log.agreement(notAfter: last, termAtMost: answer.logTerm).index : last
        guard roster.peers.entries[place].backOff(asked: answer.index, hint: hint) else { return }
        if roster.peers.entries[place].mode == .replicate { roster.peers.entries[place].becomeProbe() }
        if isTraced { trace.emit(progressChanged(place)) }
        sendAppend(to: place, evenIfEmpty: true, into: &output)
    }

    /// A follower has everything up to `index` on its disk.
    private mutating func acknowledge(_ place: Int, through index: LogIndex, into output: inout Output) {
        let member = roster.peers.members[place]
        guard index <= log.last.index else {
            alarm(
                .badMessage(.appResp, from: member, why: "it acknowledges \(index), we end at \(log.last.index)"),
                into: &output)
            return
        }
        let isNews = roster.peers.entries[place].acknowledge(index)
        let mayResume = roster.peers.entries[place].match == index && roster.peers.entries[place].mode == .probe
        guard isNews || mayResume else { return }
        resume(place, through: index)
        if isTraced { trace.emit(progressChanged(place)) }
        if member == id {
            if advanceCommit(because: index) { committedMore(into: &output) }
            return
        }
        if advanceCommit(because: index) {
            committedMore(into: &output)
        } else if roster.peers.entries[place].canUse(commit: log.committed) {
            // It could not use the commit index when it was last told.
            sendAppend(to: place, evenIfEmpty: true, into: &output)
        }
        // Room in the window: send what waits, but no empty messages.
        while sendAppend(to: place, evenIfEmpty: false, into: &output) {}
        if member == transferee, roster.peers.entries[place].match == log.last.index {
            send(message(.timeoutNow, to: member), into: &output)
        }
    }

    /// An acknowledgement shows where the logs agree: the leader may stream again.
    private mutating func resume(_ place: Int, through index: LogIndex) {
        switch roster.peers.entries[place].mode {
        case .probe: roster.peers.entries[place].becomeReplicate()
        case .replicate: roster.peers.entries[place].inflights.free(through: index)
        case .snapshot:
            // Whatever snapshot it was, from here on our log is enough.
            if roster.peers.entries[place].match.next >= log.first {
                roster.peers.entries[place].becomeProbe()
                roster.peers.entries[place].becomeReplicate()
            }
        }
    }

    /// Our own disk is one of the quorum; it counts as far as it is durable (D3).
    mutating func acknowledgeOwnCopy(into output: inout Output) {
        guard let place = roster.peers.place(of: id) else { return }
        roster.peers.entries[place].isActive = true
        acknowledge(place, through: log.durable, into: &output)
    }

    /// Counts. True when more is committed than before; `index` is the news, and nothing behind it can be.
    mutating func advanceCommit(because index: LogIndex) -> Bool {
        guard index > log.committed else { return false }
        return advanceCommit()
    }

    mutating func advanceCommit() -> Bool {
        let index = roster.configuration.voters.committed(flaws: options.flaws) { member in
            roster.peers.match(of: member)
        }
        guard index > log.committed, index <= log.last.index else { return false }
        // A3: not by counting copies of older entries (Figure 8).
        guard log.term(at: index) == term || options.flaws.contains(.commitsOldTerms) else { return false }
        log.commit(through: index)
        if isTraced { trace.emit(CommitAdvanced(commit: index, term: term)) }
        return true
    }

    /// What waited for the commit index to move.
    mutating func committedMore(into output: inout Output) {
        admitEarlyReads(into: &output)
        broadcastAppends(into: &output)
    }

    /// Whether an entry of our own term is committed: only then do we know everything that is committed.
    var hasCommittedOwnTerm: Bool { @inline(__always) get { log.term(at: log.committed) == term } }

    mutating func receiveHeartbeatAnswer(_ answer: Message, into output: inout Output) {
        guard role == .leader, let place = roster.peers.place(of: answer.from) else { return }
        roster.peers.entries[place].isActive = true
        roster.peers.entries[place].isWaiting = false
        // It lives and lacks something, or we do not know what it has: ask, even if its window is full.
        if roster.peers.entries[place].match < log.last.index || roster.peers.entries[place].mode == .probe {
            sendAppend(to: place, evenIfEmpty: true, into: &output)
        }
        confirmReads(by: answer.from, context: answer.context, into: &output)
    }

    /// The network lost something: what was in flight must be asked for again.
    mutating func unreachable(_ member: MemberID) {
        guard role == .leader, let place = roster.peers.place(of: member) else { return }
        guard roster.peers.entries[place].mode == .replicate else { return }
        roster.peers.entries[place].becomeProbe()
        if isTraced { trace.emit(progressChanged(place)) }
    }
}
