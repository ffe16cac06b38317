// Reads.swift: how can one read what is true NOW without writing?
//
// A leader's state machine may be stale without its knowing: while it was cut off, the others may have
// elected another and moved on. A client that reads from it sees the past. One could put every read into
// the log; it is cheaper to ask (thesis 6.4):
//
//     1  remember the commit index now; call it the read's index
//     2  ask everybody "do you still follow me?" with the next heartbeat
//     3  a majority says yes: then no later leader had committed anything before we began
//     4  when the state machine has come to the index, read
//
//     client    leader                    followers
//       | read    | index = commit = 41        |
//       |-------->| heartbeat, context 7 ----->|
//       |         |<--------------- yes to 7 --|   a majority: ourselves and these
//       |<--------| may read at 41             |
//
// BATCHED. Reads that arrive while a round is under way wait for the next one, so a thousand readers cost
// one round of heartbeats at a time. Rounds are numbered, and the number travels as the heartbeat's
// context, which followers repeat without looking at it.
//
// A NEW LEADER MUST WAIT until an entry of its own term is committed: only then does its commit index
// cover everything that its predecessors have told clients.
//
// A FOLLOWER asks its leader for the index and reads from its own state machine when it has come there.
//
// LEASE-BASED reads skip the question: while a majority has answered within an election timeout, no other
// leader can have been elected, IF all clocks tick equally fast, no process is stopped for long and no
// member restarts and forgets whom it followed. A virtual machine that sleeps for a second breaks it, and
// nothing shows. It is an option because it is cheap, and off because it is a bet.
//
// RULES    V1  a read's index is at least every index that was committed anywhere before the read came.
//          V2  whoever loses leadership answers no read that waits.
// READ NEXT  Transfer.swift

import Bytes
import Identifiers
import RaftMessages
import Trace

extension Raft {
    /// The reads that wait for something.
    struct Reads: Hashable, Sendable {
        struct Request: Hashable, Sendable {
            var context: ByteSlice
            var from: MemberID
            /// The commit index when it came (V1).
            var index: LogIndex
        }

        /// Came before an entry of our term was committed.
        var early: [Request] = []
        /// Came while a round was under way.
        var waiting: [Request] = []
        /// Asked about in the round under way.
        var asked: [Request] = []
        /// Who has confirmed it.
        var confirmed: [MemberID] = []
        /// The number of the round under way or of the last one.
        var round: UInt64 = 0
        /// The round's number as bytes, empty when none is under way.
        var context = ByteSlice()

        /// Leadership is lost: forgets everything, and says which of our own reads will not be answered.
        mutating func abandon(of id: MemberID) -> [ByteSlice] {
            guard !early.isEmpty || !waiting.isEmpty || !asked.isEmpty else { return [] }
            let ours = (asked + waiting + early).filter { $0.from == id }.map(\.context)
            let last = round
            self = Reads()
            round = last
            return ours
        }

        /// The number of a round from a heartbeat's context; zero when it is none of ours.
        static func round(_ context: ByteSlice) -> UInt64 {
            context.count == 8 ? (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64(context[$1]) } : 0
        }

        mutating func beginRound() {
            asked = waiting
            waiting = []
            confirmed = []
            round += 1
            let number = round
            context = ByteSlice((0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * UInt64($0))) })
        }
    }

    /// Somebody here (or a follower) wants to read.
    mutating func read(_ context: ByteSlice, for member: MemberID, into output: inout Output) {
        guard role == .leader else {
            passOnRead(context, for: member, into: &output)
            return
        }
        let request = Reads.Request(context: context, from: member, index: log.committed)
        guard hasCommittedOwnTerm else {
            // Its index is not known yet: it is set when it is admitted.
            reads.early.append(request)
            return
        }
        admit(request, into: &output)
    }

    private mutating func admit(_ request: Reads.Request, into output: inout Output) {
        let isSure =
            configuration.isAlone(id) || options.readMode == .leaseBased || options.flaws.contains(.readsWithoutQuorum)
        if isSure {
            answer(request, into: &output)
            return
        }
        reads.waiting.append(request)
        if reads.asked.isEmpty { askRound(into: &output) }
    }

    private mutating func askRound(into output: inout Output) {
        reads.beginRound()
        reads.confirmed.append(id)
        if isTraced { trace.emit(ReadRoundBegun(round: reads.round, reads: reads.asked.count, commit: log.committed)) }
        broadcastHeartbeats(into: &output)
    }

    /// Our first own entry is committed: what came before may be asked about now.
    mutating func admitEarlyReads(into output: inout Output) {
        guard !reads.early.isEmpty, hasCommittedOwnTerm else { return }
        let early = reads.early
        reads.early = []
        for var request in early {
            request.index = log.committed
            admit(request, into: &output)
        }
    }

    /// A follower still follows us.
    mutating func confirmReads(by member: MemberID, context: ByteSlice, into output: inout Output) {
        guard !reads.asked.isEmpty, context == reads.context else { return }
        if !reads.confirmed.contains(member) { reads.confirmed.append(member) }
        closeRoundIfConfirmed(into: &output)
    }

    /// A quorum has confirmed the round: its reads are answered, and those that came meanwhile are asked about.
    ///
    /// ALSO AFTER A CHANGE OF MEMBERSHIP: whoever is missing may have been removed, and then nobody's answer would
    /// ever close the round (seed 28513 stood still so: two of four had confirmed when the four became these two).
    mutating func closeRoundIfConfirmed(into output: inout Output) {
        guard role == .leader, !reads.asked.isEmpty else { return }
        let confirmed = reads.confirmed
        let answers = configuration.voters.result(flaws: options.flaws) { confirmed.contains($0) ? true : nil }
        guard answers == .won else { return }
        if isTraced { trace.emit(ReadRoundConfirmed(round: reads.round)) }
        let asked = reads.asked
        reads.asked = []
        reads.context = ByteSlice()
        for request in asked { answer(request, into: &output) }
        if !reads.waiting.isEmpty { askRound(into: &output) }
    }

    private func answer(_ request: Reads.Request, into output: inout Output) {
        if isTraced { trace.emit(ReadAnswered(index: request.index, peer: request.from)) }
        if request.from == id || request.from == .none {
            output.append(.answerRead(index: request.index, context: request.context))
            return
        }
        var answer = message(.readIndexResp, to: request.from)
        answer.index = request.index
        var carrier = Entry()
        carrier.data = request.context
        answer.entries = [carrier]
        send(answer, into: &output)
    }

    // MARK: - Followers ask

    private mutating func passOnRead(_ context: ByteSlice, for member: MemberID, into output: inout Output) {
        guard role == .follower, leader != .none else {
            if member == id { refusedReads.append(context) }
            return
        }
        var request = message(.readIndex, to: leader)
        request.from = member
        // Like a proposal, it is for whoever leads when it arrives.
        request.term = .zero
        var carrier = Entry()
        carrier.data = context
        request.entries = [carrier]
        send(request, into: &output)
    }

    mutating func receiveReadRequest(_ message: Message, into output: inout Output) {
        guard message.entries.count == 1 else {
            alarm(.badMessage(.readIndex, from: message.from, why: "it names no read"), into: &output)
            return
        }
        read(message.entries[0].data, for: message.from, into: &output)
    }

    mutating func receiveReadAnswer(_ message: Message, into output: inout Output) {
        guard role == .follower else { return }
        guard message.entries.count == 1 else {
            alarm(.badMessage(.readIndexResp, from: message.from, why: "it names no read"), into: &output)
            return
        }
        if isTraced { trace.emit(ReadAnswered(index: message.index, peer: id)) }
        output.append(.answerRead(index: message.index, context: message.entries[0].data))
    }
}
