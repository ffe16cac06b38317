// Configuration.swift: who decides, and when is something decided?
//
// Raft decides by majority: any two majorities of the same members share at least one member, and that
// member remembers. While membership changes there are two sets of voters, the outgoing and the
// incoming one, and a decision needs a majority of EACH (joint consensus, thesis 4.3):
//
//     voters=(1 2 3)&&(3 4 5)                  1   2   3   4   5
//         incoming (1 2 3)   needs 2 of        x   x   x
//         outgoing (3 4 5)   needs 2 of                x   x   x
//                                              yes . . yes yes .   -> decided: 1,3 and 3,4
//                                              yes yes . . yes .   -> not yet: only 4 of (3 4 5)
//
// TWO QUESTIONS are asked of a set of voters:
//   vote       each said yes, no or nothing yet. Won, lost, or pending?
//   committed  each has acknowledged the log up to an index. Up to which index has a majority?
// A joint set answers with the worse of its two halves.
//
//              idx                      Sort what was acknowledged; the quorum-th largest is on a
//     #         99   (n3)               majority. Here a majority of three is two, so 100.
//     ##       100   (n1)   <- committed
//     ###      101   (n2)
//
// AN EMPTY HALF agrees with everything: it has won, and it has committed the whole log. That makes a
// configuration that is not joint a joint one with an empty half, and no code needs to ask which.
//
// RULES    Q1  two quorums of one configuration share a member.
//          Q2  a quorum of a joint configuration holds a quorum of each half.
// COST     n^2 comparisons for n voters (n is 3, 5 or 7) and no memory.
// READ NEXT  Changes.swift, how one configuration becomes another.

package import Identifiers
package import RaftMessages

extension Raft {
    /// What a count of votes says so far.
    package enum VoteResult: Hashable, Sendable {
        /// Neither side has a majority.
        case pending
        /// Too many said no.
        case lost
        /// A majority said yes.
        case won
    }

    /// One set of voters that decides by majority.
    package struct Majority: Hashable, Sendable {
        /// In ascending order, each once.
        package private(set) var members: [MemberID]

        /// Any members, in any order.
        package init(_ members: some Sequence<MemberID> = EmptyCollection()) {
            self.members = Set(members).sorted()
        }

        /// Whether nobody is in it.
        package var isEmpty: Bool { members.isEmpty }
        /// More than half.
        package var quorum: Int { members.count / 2 + 1 }
        /// Whether a member belongs to it.
        package func contains(_ member: MemberID) -> Bool { members.contains(member) }

        mutating func insert(_ member: MemberID) {
            guard !contains(member) else { return }
            members.insert(member, at: members.firstIndex { $0 > member } ?? members.count)
        }

        mutating func remove(_ member: MemberID) { members.removeAll { $0 == member } }

        /// Counts votes. `answer` is what a member said: yes, no, or nil for nothing yet.
        package func result(_ answer: (MemberID) -> Bool?) -> VoteResult { result(needing: quorum, answer) }

        func result(needing quorum: Int, _ answer: (MemberID) -> Bool?) -> VoteResult {
            guard !isEmpty else { return .won }
            var yes = 0
            var silent = 0
            for member in members {
                switch answer(member) {
                case true?: yes += 1
                case false?: break
                case nil: silent += 1
                }
            }
            if yes >= quorum { return .won }
            return yes + silent >= quorum ? .pending : .lost
        }

        /// The largest index that a majority has acknowledged. An empty set has acknowledged everything.
        @inline(__always)
        package func committed(_ acknowledged: (MemberID) -> LogIndex) -> LogIndex {
            committed(needing: quorum, acknowledged)
        }

        @inline(__always)
        func committed(needing quorum: Int, _ acknowledged: (MemberID) -> LogIndex) -> LogIndex {
            guard !isEmpty else { return LogIndex(rawValue: .max) }
            var best = LogIndex.zero
            for candidate in members {
                let index = acknowledged(candidate)
                guard index > best else { continue }
                var holders = 0
                for other in members where acknowledged(other) >= index { holders += 1 }
                if holders >= quorum { best = index }
            }
            return best
        }

        /// Where each member stands: how many of the others have acknowledged less. Members that said
        /// nothing have no rank. This is what `describe` draws.
        package func standings(_ acknowledged: (MemberID) -> LogIndex?) -> [(member: MemberID, rank: Int?)] {
            let order = members.sorted { left, right in
                let (a, b) = (acknowledged(left) ?? .zero, acknowledged(right) ?? .zero)
                return a == b ? left < right : a < b
            }
            return members.map { member in
                guard acknowledged(member) != nil else { return (member, nil) }
                // Equal indexes share the lower place: neither is ahead of the other.
                var place = order.firstIndex(of: member) ?? 0
                while place > 0, acknowledged(order[place - 1]) ?? .zero == acknowledged(member) { place -= 1 }
                return (member, place)
            }
        }
    }

    /// One or two majorities that must agree.
    package struct JointMajority: Hashable, Sendable {
        /// The set that will be left over; the only one while no change is under way.
        package var incoming: Majority
        /// The set that is being replaced; empty while no change is under way.
        package var outgoing: Majority

        /// Both halves.
        package init(incoming: Majority = Majority(), outgoing: Majority = Majority()) {
            self.incoming = incoming
            self.outgoing = outgoing
        }

        /// Whether a change is under way.
        package var isJoint: Bool { !outgoing.isEmpty }
        /// Whether a member votes in either half.
        package func contains(_ member: MemberID) -> Bool { incoming.contains(member) || outgoing.contains(member) }
        /// Everybody who votes in either half, in ascending order.
        package var all: [MemberID] {
            isJoint ? Majority(incoming.members + outgoing.members).members : incoming.members
        }

        /// Counts votes: won when both halves have won, lost when one has lost (Q2).
        package func result(flaws: Flaws = [], _ answer: (MemberID) -> Bool?) -> VoteResult {
            let slack = flaws.contains(.quorumOffByOne) ? 1 : 0
            let first = incoming.result(needing: max(1, incoming.quorum - slack), answer)
            if flaws.contains(.jointQuorumOfOneHalf) || !isJoint { return first }
            let second = outgoing.result(needing: max(1, outgoing.quorum - slack), answer)
            if first == .lost || second == .lost { return .lost }
            return first == .won && second == .won ? .won : .pending
        }

        /// The largest index that both halves have acknowledged (Q2).
        @inline(__always)
        package func committed(flaws: Flaws = [], _ acknowledged: (MemberID) -> LogIndex) -> LogIndex {
            let slack = flaws.contains(.quorumOffByOne) ? 1 : 0
            let first = incoming.committed(needing: max(1, incoming.quorum - slack), acknowledged)
            if flaws.contains(.jointQuorumOfOneHalf) || !isJoint { return first }
            return min(first, outgoing.committed(needing: max(1, outgoing.quorum - slack), acknowledged))
        }
    }

    /// Who votes, who listens, and how a joint configuration will end.
    package struct Configuration: Hashable, Sendable {
        /// Who decides.
        package var voters: JointMajority
        /// Who receives the log and decides nothing (thesis 4.2.1).
        package var learners: Majority
        /// Who still votes in the outgoing half and becomes a learner when it is left. Nobody is voter and
        /// learner at once, so a demoted voter waits here.
        package var learnersNext: Majority
        /// Whether the leader leaves the joint configuration by itself as soon as it may.
        package var autoLeave: Bool

        /// Nobody yet.
        package init(
            voters: JointMajority = JointMajority(), learners: Majority = Majority(),
            learnersNext: Majority = Majority(), autoLeave: Bool = false
        ) {
            self.voters = voters
            self.learners = learners
            self.learnersNext = learnersNext
            self.autoLeave = autoLeave
        }

        /// As a snapshot or a peer describes it.
        package init(_ state: ConfState) {
            self.init(
                voters: JointMajority(
                    incoming: Majority(state.voters), outgoing: Majority(state.votersOutgoing)),
                learners: Majority(state.learners), learnersNext: Majority(state.learnersNext),
                autoLeave: state.autoLeave)
        }

        /// For a snapshot or a peer.
        package var confState: ConfState {
            var state = ConfState()
            state.voters = voters.incoming.members
            state.votersOutgoing = voters.outgoing.members
            state.learners = learners.members
            state.learnersNext = learnersNext.members
            state.autoLeave = autoLeave
            return state
        }

        /// Everybody who receives the log, in ascending order.
        package var everybody: [MemberID] { Majority(voters.all + learners.members).members }
        /// Whether a member receives the log.
        package func contains(_ member: MemberID) -> Bool { voters.contains(member) || learners.contains(member) }
        /// Whether one voter decides everything alone.
        package func isAlone(_ member: MemberID) -> Bool { !voters.isJoint && voters.incoming.members == [member] }
    }
}

// MARK: - For people

extension Raft.Majority: CustomStringConvertible {
    /// `(1 2 3)`.
    package var description: String { "(" + members.map(\.description).joined(separator: " ") + ")" }

    /// A picture of who has acknowledged how much: one bar a member, as long as its rank, with an arrow
    /// at the index that a majority holds.
    package func describe(_ acknowledged: (MemberID) -> LogIndex?) -> String {
        guard !isEmpty else { return "nobody votes: everything is decided\n" }
        let decided = committed { acknowledged($0) ?? .zero }
        var text = ""
        for (member, rank) in standings(acknowledged) {
            let bar = rank.map { String(repeating: "#", count: $0 + 1) } ?? "?"
            let index = acknowledged(member)
            let mark = index == decided && decided > .zero ? "  <- committed" : ""
            text += bar + String(repeating: " ", count: members.count + 1 - bar.count)
            text += "\(index.map(\.description) ?? "-")  (\(member))\(mark)\n"
        }
        return text
    }
}

extension Raft.Configuration: CustomStringConvertible {
    /// `voters=(1 2 3)&&(1 2) learners=(4) next=(2) autoleave`.
    package var description: String {
        var text = "voters=\(voters.incoming)"
        if voters.isJoint { text += "&&\(voters.outgoing)" }
        if !learners.isEmpty { text += " learners=\(learners)" }
        if !learnersNext.isEmpty { text += " learners_next=\(learnersNext)" }
        if autoLeave { text += " autoleave" }
        return text
    }
}
