// PartsTests.swift: the parts of Raft, each against a model that is too simple to be wrong.

import Bytes
import Identifiers
import Raft
import RaftMessages
import Testing

@Suite("Parts of Raft against simple models")
struct PartsTests {
    static let seeds = (0..<UInt64(Settings.seeds)).map { Settings.firstSeed + $0 }

    // MARK: Quorums

    @Test("what a majority has committed is what a count of all sets says", arguments: seeds)
    func committed(seed: UInt64) {
        var dice = Dice(seed: seed)
        for _ in 0..<200 {
            let members = (1...UInt64(1 + dice.below(7))).map { MemberID(rawValue: $0) }
            let majority = Raft.Majority(members.shuffled(using: &dice))
            var acknowledged: [MemberID: LogIndex] = [:]
            for member in members where dice.chance(80) {
                acknowledged[member] = LogIndex(rawValue: UInt64(dice.below(6)))
            }
            let sorted = members.map { acknowledged[$0] ?? .zero }.sorted(by: >)
            #expect(majority.committed { acknowledged[$0] ?? .zero } == sorted[members.count / 2])
        }
    }

    @Test("a vote is won or lost exactly when the silent cannot change it", arguments: seeds)
    func votes(seed: UInt64) {
        var dice = Dice(seed: seed)
        for _ in 0..<100 {
            let all = (1...5 as ClosedRange<UInt64>).map { MemberID(rawValue: $0) }
            let joint = Raft.JointMajority(
                incoming: Raft.Majority(all.filter { _ in dice.chance(60) }),
                outgoing: Raft.Majority(all.filter { _ in dice.chance(50) }))
            var answers: [MemberID: Bool] = [:]
            for member in all where dice.chance(60) { answers[member] = dice.chance(50) }
            let silent = all.filter { answers[$0] == nil }
            // Let the silent ones say everything that they could say.
            var outcomes: Set<Raft.VoteResult> = []
            for choice in 0..<(1 << silent.count) {
                var final = answers
                for (place, member) in silent.enumerated() { final[member] = choice >> place & 1 == 1 }
                outcomes.insert(joint.result { final[$0] })
            }
            let expected: Raft.VoteResult = outcomes.count == 1 ? outcomes.first! : .pending
            #expect(joint.result { answers[$0] } == expected)
        }
    }

    @Test("Q1 and Q2: two quorums of one configuration meet, in each half")
    func quorumsMeet() {
        let all = (1...5 as ClosedRange<UInt64>).map { MemberID(rawValue: $0) }
        func subset(_ bits: Int) -> [MemberID] { all.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element) }
        for incoming in 1..<32 {
            for outgoing in [0, 7, 19, 28, 31] {
                let joint = Raft.JointMajority(
                    incoming: Raft.Majority(subset(incoming)), outgoing: Raft.Majority(subset(outgoing)))
                let quorums = (0..<32).filter { bits in joint.result { subset(bits).contains($0) } == .won }
                for one in quorums {
                    for other in quorums { #expect(one & other & incoming != 0, "quorums \(one) and \(other)") }
                }
            }
        }
    }

    @Test("the picture of a quorum says who stands where")
    func picture() {
        let indexes: [MemberID: LogIndex] = [1: 100, 2: 101, 3: 99]
        #expect(
            Raft.Majority([1, 2, 3]).describe { indexes[$0] } == """
                ##  100  (1)  <- committed
                ### 101  (2)
                #   99  (3)

                """)
    }

    // MARK: Changes

    @Test(
        "whatever is changed, the configuration stays valid and shares a quorum with the one before", arguments: seeds)
    func changes(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let limits = Raft.Inflights.Limits(messages: 4)
        var state = ConfState()
        state.voters = [1, 2, 3]
        var roster = try Raft.Roster(state, next: 1, limits: limits)
        for step in 0..<200 {
            let before = roster.configuration
            let types: [ConfChangeType] = [.addNode, .removeNode, .addLearnerNode, .updateNode]
            let changes = (0..<(1 + dice.below(3))).map { _ in
                ConfChangeSingle(type: types[dice.below(4)], nodeID: MemberID(rawValue: UInt64(1 + dice.below(6))))
            }
            let last = LogIndex(rawValue: UInt64(step))
            do {
                switch dice.below(3) {
                case 0: try roster.applySimple(changes, last: last, limits: limits)
                case 1: try roster.enterJoint(changes, autoLeave: dice.chance(50), last: last, limits: limits)
                default: try roster.leaveJoint()
                }
            } catch { #expect(roster.configuration == before, "a refused change must change nothing") }
            try roster.validate()
            for one in quorums(of: before) {
                for other in quorums(of: roster.configuration) {
                    #expect(!one.isDisjoint(with: other), "\(before) then \(roster.configuration)")
                }
            }
        }
    }

    private func quorums(of configuration: Raft.Configuration) -> [Set<MemberID>] {
        let voters = configuration.voters.all
        return (0..<(1 << voters.count)).compactMap { bits in
            let set = Set(voters.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element))
            return configuration.voters.result { set.contains($0) } == .won ? set : nil
        }
    }

    // MARK: The log

    @Test("the log is an array, whatever its chunks are", arguments: seeds)
    func log(seed: UInt64) {
        var dice = Dice(seed: seed)
        var log = Raft.Log(base: Raft.Position(index: 5, term: 1), committed: 5, applied: 5)
        var model: [Entry] = []
        var term: Term = 1
        for _ in 0..<300 {
            switch dice.below(10) {
            case 0..<5:
                if dice.chance(20) { term = term.next }
                let fresh = (0..<(1 + dice.below(100))).map { place in
                    Entry(term: term, index: log.last.index + (place + 1), data: ByteSlice(utf8: "\(dice.below(9))"))
                }
                log.append(fresh)
                model += fresh
            case 5 where log.last.index > log.committed:
                let open = log.last.index - log.committed
                let from = log.committed + (1 + dice.below(open))
                log.truncate(from: from)
                model.removeAll { $0.index >= from }
            case 6:
                let through = log.committed + dice.below(log.last.index - log.committed + 1)
                log.commit(through: through)
                log.markDurable(through: through)
                log.handOut(through: through)
                log.markApplied(through: through)
            case 7:
                let through = log.base.index + dice.below(log.applied - log.base.index + 1)
                log.compact(through: through)
                model.removeAll { $0.index <= through }
            default:
                let from = log.first + dice.below(model.count + 1)
                let limit = dice.below(40)
                var expected: [Entry] = []
                var size = 0
                for entry in model where entry.index >= from {
                    size += entry.data.count
                    if !expected.isEmpty, size > limit { break }
                    expected.append(entry)
                }
                #expect(log.entries(from: from, through: log.last.index, limit: limit) == expected)
            }
            #expect(log.count == model.count && log.last.index == model.last?.index ?? log.base.index)
            if let entry = model.randomElement(using: &dice) {
                #expect(log[entry.index] == entry && log.term(at: entry.index) == entry.term)
            }
            #expect(log.term(at: log.base.index) == log.base.term && log.term(at: log.last.index.next) == nil)
        }
        #expect(log.all == model)
    }

    @Test("where two logs agree is found without walking every entry")
    func agreement() {
        func log(_ terms: [UInt64]) -> Raft.Log {
            let entries = terms.enumerated().map { place, term in
                Entry(term: Term(rawValue: term), index: LogIndex(rawValue: UInt64(place + 1)))
            }
            return Raft.Log(
                base: Raft.Position(index: 0, term: 0), entries: entries, committed: 0, applied: 0)
        }
        // The picture in Log.swift.
        let leader = log([1, 3, 3, 3, 5, 5, 5, 5, 5])
        let follower = log([1, 1, 1, 1, 2, 2])
        let hint = follower.agreement(notAfter: 6, termAtMost: 5)
        #expect(hint == Raft.Position(index: 6, term: 2))
        #expect(leader.agreement(notAfter: hint.index, termAtMost: hint.term) == Raft.Position(index: 1, term: 1))
    }

    // MARK: The window

    @Test("the ring of messages in flight is a queue", arguments: seeds)
    func inflights(seed: UInt64) {
        var dice = Dice(seed: seed)
        var ring = Raft.Inflights(limits: .init(messages: 1 + dice.below(20), bytes: 50))
        var model: [(last: LogIndex, bytes: Int)] = []
        var last = LogIndex.zero
        for _ in 0..<500 {
            if dice.chance(60), !ring.isFull {
                last += 1 + dice.below(3)
                let bytes = dice.below(10)
                ring.add(last: last, bytes: bytes)
                model.append((last, bytes))
            } else if dice.chance(5) {
                ring.reset()
                model = []
            } else if last > .zero {
                let index = last - dice.below(min(5, Int(last.rawValue)))
                ring.free(through: index)
                model.removeAll { $0.last <= index }
            }
            #expect(ring.indexes == model.map(\.last) && ring.bytes == model.reduce(0) { $0 + $1.bytes })
        }
    }

    // MARK: Writes under way

    @Test("a write that was overtaken never makes another entry durable")
    func overtaken() {
        var writes = Raft.Writes()
        let first = writes.issue(last: 5)
        let second = writes.issue(last: 9)
        writes.truncate(from: 4)
        let third = writes.issue(last: 6)
        #expect(writes.finish(through: first) == 3)
        #expect(writes.finish(through: second) == 3)
        #expect(writes.finish(through: third) == 6)
        #expect(writes.isIdle)
    }
}
