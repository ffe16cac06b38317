// InvariantTests.swift: do the rules fire, and does nothing else?

import Bytes
import Identifiers
import Raft
import RaftMessages
import Testing

@Suite("Rules and bad input")
struct InvariantTests {
    private func member(_ id: MemberID, term: Term = 1, entries: [Term] = [], commit: LogIndex = 0) -> Raft {
        var memory = Raft.Memory()
        memory.confState.voters = [1, 2, 3]
        memory.hardState.term = term
        memory.hardState.commit = commit
        memory.entries = entries.enumerated().map { place, term in
            Entry(term: term, index: LogIndex(rawValue: UInt64(place + 1)), data: ByteSlice(utf8: "\(id)"))
        }
        var options = Raft.Options()
        options.preVote = false
        return Raft(id: id, options: options, memory: memory)
    }

    private func elected(_ raft: Raft, by voter: MemberID) -> Raft {
        var raft = raft
        var effects: [Raft.Effect] = []
        raft.step(.campaign, into: &effects)
        raft.step(.durable(Raft.Ticket(rawValue: 1)), into: &effects)
        var vote = Message()
        vote.type = .voteResp
        vote.from = voter
        vote.to = raft.id
        vote.term = raft.term
        raft.step(.received(vote), into: &effects)
        #expect(raft.role == .leader)
        return raft
    }

    @Test("X1: two leaders in one term")
    func twoLeaders() throws {
        var witness = Raft.Witness()
        try witness.observe(elected(member(1), by: 3))
        #expect(throws: Raft.Violation.self) { try witness.observe(elected(member(2), by: 3)) }
    }

    @Test("X2: two entries at one place in one term")
    func logsDiffer() throws {
        var witness = Raft.Witness()
        try witness.observe(member(1, entries: [1, 1]))
        let violation = #expect(throws: Raft.Violation.self) { try witness.observe(member(2, entries: [1, 1])) }
        #expect(violation?.rule == .logsMatch)
    }

    @Test("X3: a leader without a committed entry")
    func incompleteLeader() throws {
        var witness = Raft.Witness()
        try witness.observe(member(1, entries: [1, 1], commit: 2))
        let violation = #expect(throws: Raft.Violation.self) { try witness.observe(elected(member(2, term: 1), by: 3)) }
        #expect(violation?.rule == .leadersAreComplete)
    }

    @Test("X4: two members commit different entries")
    func commitsDiffer() throws {
        var witness = Raft.Witness()
        try witness.observe(member(1, entries: [1], commit: 1))
        let violation = #expect(throws: Raft.Violation.self) {
            try witness.observe(member(2, term: 2, entries: [2], commit: 1))
        }
        #expect(violation?.rule == .stateMachinesAgree)
    }

    @Test("D1, D2, D3: terms, votes and commits do not go back")
    func changes() throws {
        func rule(_ was: Raft, _ now: Raft) -> Raft.Rule? {
            do { try Raft.check(from: was, to: now) } catch { return error.rule }
            return nil
        }
        #expect(rule(member(1, term: 3), member(1, term: 2)) == .termNeverFalls)
        #expect(
            rule(member(1, entries: [1, 1], commit: 2), member(1, entries: [1, 1], commit: 1)) == .commitNeverFalls)
        #expect(rule(member(1, term: 2), member(1, term: 2)) == nil)
        let leader = elected(member(1), by: 2)
        #expect(rule(leader, member(1, term: 3, entries: [3])) == nil)
        #expect(rule(member(1, entries: [1], commit: 1), member(1, term: 2, entries: [2], commit: 1)) != nil)
    }

    @Test("D6: an acknowledgement that does not wait")
    func earlyReply() throws {
        var raft = member(1)
        var effects: [Raft.Effect] = []
        raft.step(.campaign, into: &effects)
        try raft.check(effects)
        var vote = Message()
        vote.type = .vote
        vote.to = 2
        #expect(throws: Raft.Violation.self) { try raft.check([.send(vote)]) }
    }

    @Test("every rule has a letter of its own and a sentence")
    func names() {
        #expect(Set(Raft.Rule.allCases.map(\.rawValue)).count == Raft.Rule.allCases.count)
        #expect(Raft.Rule.allCases.allSatisfy { !$0.sentence.isEmpty })
    }

    // MARK: - Bugs of ours stop the process

    @Test("a writer that confirms what it was never given stops the member")
    func unknownTicket() async {
        await #expect(processExitsWith: .failure) {
            var raft = Raft(id: 1)
            var effects: [Raft.Effect] = []
            raft.step(.durable(Raft.Ticket(rawValue: 9)), into: &effects)
        }
    }

    @Test("a state machine that applies what it was not given stops the member")
    func appliesTooMuch() async {
        await #expect(processExitsWith: .failure) {
            var raft = Raft(id: 1)
            var effects: [Raft.Effect] = []
            raft.step(.applied(through: 7), into: &effects)
        }
    }

    @Test("options that contradict themselves say so")
    func options() {
        var options = Raft.Options()
        #expect(options.complaint == nil)
        options.heartbeatTicks = 10
        #expect(options.complaint?.contains("electionTicks") == true)
        options = Raft.Options()
        options.readMode = .leaseBased
        options.checkQuorum = false
        #expect(options.complaint?.contains("checkQuorum") == true)
        options = Raft.Options()
        options.maxInflightBytes = 10
        #expect(options.complaint?.contains("maxInflightBytes") == true)
    }

    // MARK: - Faults of others do not

    @Test("a leader that names entries which we have lost raises an alarm")
    func lostLog() {
        var raft = member(2)
        var effects: [Raft.Effect] = []
        var heartbeat = Message()
        heartbeat.type = .heartbeat
        heartbeat.from = 1
        heartbeat.to = 2
        heartbeat.term = 4
        heartbeat.commit = 7
        raft.step(.received(heartbeat), into: &effects)
        #expect(effects.contains(.alarm(.logLost(committedElsewhere: 7, last: 0, leader: 1))))
        #expect(raft.log.committed == 0)
    }

    @Test("no message makes a member trap, and every rule about one member holds", arguments: PartsTests.seeds)
    func hostile(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var raft = member(1, entries: [1, 1, 1], commit: 1)
        var effects: [Raft.Effect] = []
        var ticket = Raft.Ticket.zero
        for _ in 0..<2_000 {
            let before = raft
            effects.removeAll()
            switch dice.below(12) {
            case 0: raft.step(.tick, into: &effects)
            case 1: raft.step(.campaign, into: &effects)
            case 2: raft.step(.propose([Entry(data: "x")]), into: &effects)
            case 3: raft.step(.durable(ticket), into: &effects)
            case 4: raft.step(.readIndex(context: "r"), into: &effects)
            default: raft.step(.received(message(&dice, term: raft.term)), into: &effects)
            }
            try raft.check()
            try Raft.check(from: before, to: raft)
            for effect in effects {
                switch effect {
                case .persist(let write): ticket = write.ticket
                case .apply(_, let through): raft.step(.applied(through: through), into: &effects)
                case .restore(let snapshot): raft.step(.applied(through: snapshot.metadata.index), into: &effects)
                default: break
                }
            }
        }
    }

    /// Anything that could come off a wire, mostly near what makes sense.
    private func message(_ dice: inout Dice, term: Term) -> Message {
        func number(_ dice: inout Dice) -> UInt64 {
            switch dice.below(20) {
            case 0: return UInt64.max
            case 1: return UInt64(Int64.max)
            case 2: return 1 << 61
            default: return UInt64(dice.below(8))
            }
        }
        var message = Message()
        message.type = MessageType(rawValue: Int32(dice.below(26)))
        message.from = MemberID(rawValue: UInt64(dice.below(5)))
        message.to = 1
        message.term =
            dice.chance(5) ? Term(rawValue: number(&dice)) : Term(rawValue: term.rawValue + UInt64(dice.below(2)))
        message.logTerm = Term(rawValue: number(&dice))
        message.index = LogIndex(rawValue: number(&dice))
        message.commit = LogIndex(rawValue: number(&dice))
        message.reject = dice.chance(30)
        message.rejectHint = LogIndex(rawValue: number(&dice))
        if dice.chance(20) { message.context = Raft.campaignTransfer }
        for _ in 0..<dice.below(4) {
            var entry = Entry()
            entry.term = Term(rawValue: number(&dice))
            entry.index =
                dice.chance(80)
                ? LogIndex(rawValue: message.index.rawValue &+ UInt64(message.entries.count + 1))
                : LogIndex(rawValue: number(&dice))
            entry.type = EntryType(rawValue: Int32(dice.below(5)))
            entry.data = dice.chance(30) ? "\u{1}bad" : ""
            message.entries.append(entry)
        }
        if message.type == .snap, dice.chance(80) {
            var snapshot = Snapshot()
            snapshot.metadata.index = LogIndex(rawValue: number(&dice))
            snapshot.metadata.term = Term(rawValue: number(&dice))
            snapshot.metadata.confState.voters = (0..<dice.below(4)).map { MemberID(rawValue: UInt64($0)) }
            snapshot.metadata.confState.learners = dice.chance(20) ? [1, 2] : []
            message.snapshot = snapshot
        }
        return message
    }
}
