// Flaws.swift: can our proofs fail?
//
// A proof that never fails may simply not look. So each safety rule of Raft can be broken on purpose,
// one at a time, and the simulation must then catch it and name the invariant that fell. The flaws are
// those that people have really written.
//
//     flaw                     the rule it breaks                        what catches it
//     voteNotPersisted         votes survive a crash (thesis 3.8)        one leader a term
//     commitsOldTerms          only own-term entries are counted (3.6.2) nothing committed is lost
//     quorumOffByOne           two quorums share a member (3.3)          one leader a term, state machines agree
//     readsWithoutQuorum       a read asks whether we still lead (6.4)   reads see every acknowledged write
//     losesTruncation          conflicting entries are removed (3.5)     logs match
//     repliesBeforeSync        acknowledged is durable (3.8)             no reply before durability
//     countsOwnVoteEarly       our vote counts once it is durable (3.8)  one leader a term, logs match
//     jointQuorumOfOneHalf     joint decisions need both halves (4.3)    state machines agree
//
// COST     the set is empty in every program; testing it is one load and a branch that is never taken.

extension Raft {
    /// Bugs planted on purpose, for tests that must notice them.
    package struct Flaws: OptionSet, Hashable, Sendable {
        /// One bit a flaw.
        package var rawValue: UInt16
        /// From bits.
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        /// A vote is given but not handed to the disk: after a crash it can be given again.
        package static let voteNotPersisted = Flaws(rawValue: 1 << 0)
        /// A leader commits entries of earlier terms by counting copies (Figure 8 of the extended paper).
        package static let commitsOldTerms = Flaws(rawValue: 1 << 1)
        /// Half of the voters pass for a majority.
        package static let quorumOffByOne = Flaws(rawValue: 1 << 2)
        /// A leader answers reads without asking anybody whether it still leads.
        package static let readsWithoutQuorum = Flaws(rawValue: 1 << 3)
        /// A follower appends behind a conflict without cutting off the conflicting rest on its disk.
        package static let losesTruncation = Flaws(rawValue: 1 << 4)
        /// Acknowledgements leave before what they acknowledge is on the disk.
        package static let repliesBeforeSync = Flaws(rawValue: 1 << 5)
        /// A candidate asks for votes and counts its own before its new term is on the disk.
        package static let countsOwnVoteEarly = Flaws(rawValue: 1 << 6)
        /// In a joint configuration the incoming half decides alone.
        package static let jointQuorumOfOneHalf = Flaws(rawValue: 1 << 7)
        /// The most famous ones, each with the name that a report gives it.
        package static let all: [(flaw: Flaws, name: String)] = [
            (.voteNotPersisted, "vote not persisted"), (.commitsOldTerms, "commit of an old term"),
            (.quorumOffByOne, "quorum off by one"), (.readsWithoutQuorum, "read without quorum"),
            (.losesTruncation, "a lost truncate"), (.repliesBeforeSync, "reply before sync"),
            (.countsOwnVoteEarly, "own vote counted before it is durable"),
            (.jointQuorumOfOneHalf, "joint quorum of one half"),
        ]
    }
}
