// Changes.swift: how does one configuration become another without ever having two majorities?
//
// If some members already use the new set of voters and others still the old one, each side may elect a
// leader of its own. Two ways avoid it (thesis 4.1 and 4.3):
//
//   SIMPLE   change at most one voter at a time. A majority of n members and a majority of n+1 members
//            always share one, so it does not matter that members switch at different times.
//
//   JOINT    go through a configuration in which both sets must agree:
//
//            (1 2 3)  --enter-->  (1 4 5)&&(1 2 3)  --leave-->  (1 4 5)
//            old majority          majority of BOTH             new majority
//
//            Any number of members may change at once. Entering and leaving are entries of the log like
//            any other, so every member goes the same way in the same order.
//
// A CHANGE TAKES EFFECT WHEN IT IS APPLIED, not when it is appended as in the thesis (etcd's rule). It is
// safe because a leader takes no second change until the first is applied, and a member does not
// campaign with a committed but unapplied change in its log (Elections.swift).
//
// A VOTER THAT BECOMES A LEARNER in a joint change still votes in the outgoing half. It waits in
// `learnersNext` and turns into a learner when the joint configuration is left.
//
// RULES    C1  nobody is a voter (of either half) and a learner at once.
//          C2  learnersNext holds only voters of the outgoing half, and is empty unless joint.
//          C3  a configuration has at least one incoming voter.
//          C4  exactly the members of the configuration have a progress.
// READ NEXT  Membership.swift, which entry triggers which of these.

package import Identifiers
package import RaftMessages

extension Raft {
    /// Why a change cannot be made.
    package enum ChangeError: Error, Hashable, Sendable, CustomStringConvertible {
        /// Entering twice.
        case alreadyJoint
        /// Leaving without having entered.
        case notJoint
        /// A simple change while joint.
        case simpleWhileJoint
        /// There is nothing to be replaced.
        case noVoters
        /// The change would leave nobody who decides.
        case removesAllVoters
        /// A simple change that is none.
        case changesSeveralVoters(Int)
        /// Somebody would be listed twice, or a list would be incomplete.
        case inconsistent(String)

        /// What happened and what to do.
        package var description: String {
            switch self {
            case .alreadyJoint: "config is already joint: leave it before entering another"
            case .notJoint: "can't leave a non-joint config"
            case .simpleWhileJoint: "can't apply simple config change in joint config: leave it first"
            case .noVoters: "can't make a zero-voter config joint"
            case .removesAllVoters: "removed all voters: nobody would be left to decide"
            case .changesSeveralVoters(let count):
                "more than one voter changed without entering joint config: \(count) voters differ"
            case .inconsistent(let why): "the configuration contradicts itself: \(why)"
            }
        }
    }

    /// A configuration together with what is known about each of its members. They change together.
    package struct Roster: Hashable, Sendable {
        /// Who votes and who listens.
        package internal(set) var configuration = Configuration()
        /// What the leader knows of each (C4).
        package internal(set) var peers = Peers()

        /// Nobody.
        package init() {}

        /// The members of a snapshot or of a restart, of whom nothing is known yet.
        package init(_ state: ConfState, next: LogIndex, limits: Inflights.Limits) throws(ChangeError) {
            configuration = Configuration(state)
            for member in configuration.everybody {
                let progress = Progress(next: next, limits: limits, isLearner: configuration.learners.contains(member))
                peers.insert(progress, for: member)
            }
            if !state.voters.isEmpty { try validate() }
        }

        /// At most one voter more or less.
        package mutating func applySimple(
            _ changes: [ConfChangeSingle], last: LogIndex, limits: Inflights.Limits
        ) throws(ChangeError) {
            guard !configuration.voters.isJoint else { throw .simpleWhileJoint }
            var changed = self
            try changed.apply(changes, last: last, limits: limits)
            let before = Set(configuration.voters.incoming.members)
            let difference = before.symmetricDifference(changed.configuration.voters.incoming.members).count
            guard difference <= 1 else { throw .changesSeveralVoters(difference) }
            try changed.validate()
            self = changed
        }

        /// The voters so far become the outgoing half; the changes make the incoming one.
        package mutating func enterJoint(
            _ changes: [ConfChangeSingle], autoLeave: Bool, last: LogIndex, limits: Inflights.Limits
        ) throws(ChangeError) {
            guard !configuration.voters.isJoint else { throw .alreadyJoint }
            guard !configuration.voters.incoming.isEmpty else { throw .noVoters }
            var changed = self
            changed.configuration.voters.outgoing = configuration.voters.incoming
            try changed.apply(changes, last: last, limits: limits)
            changed.configuration.autoLeave = autoLeave
            try changed.validate()
            self = changed
        }

        /// Only the incoming half is left; who was only in the outgoing one is forgotten.
        package mutating func leaveJoint() throws(ChangeError) {
            guard configuration.voters.isJoint else { throw .notJoint }
            let outgoing = configuration.voters.outgoing.members
            for member in configuration.learnersNext.members {
                configuration.learners.insert(member)
                peers[member]?.isLearner = true
            }
            configuration.learnersNext = Majority()
            configuration.voters.outgoing = Majority()
            configuration.autoLeave = false
            for member in outgoing where !configuration.contains(member) { peers.remove(member) }
            try validate()
        }

        private mutating func apply(
            _ changes: [ConfChangeSingle], last: LogIndex, limits: Inflights.Limits
        ) throws(ChangeError) {
            // A newcomer is first asked about the end of our log: mostly it holds nothing and says so.
            let fresh = Progress(next: max(last, 1), limits: limits, isLearner: false, isActive: true)
            // Somebody above may veto a change that has already been committed by naming nobody in it.
            for change in changes where change.nodeID != .none {
                switch change.type {
                case .addNode: makeVoter(change.nodeID, fresh)
                case .addLearnerNode: makeLearner(change.nodeID, fresh)
                case .removeNode: remove(change.nodeID)
                case .updateNode, .unrecognized: break
                }
            }
            guard !configuration.voters.incoming.isEmpty else { throw .removesAllVoters }
        }

        private mutating func makeVoter(_ member: MemberID, _ fresh: Progress) {
            if peers[member] == nil { peers.insert(fresh, for: member) }
            peers[member]?.isLearner = false
            configuration.learners.remove(member)
            configuration.learnersNext.remove(member)
            configuration.voters.incoming.insert(member)
        }

        private mutating func makeLearner(_ member: MemberID, _ fresh: Progress) {
            guard var progress = peers[member] else {
                var learner = fresh
                learner.isLearner = true
                peers.insert(learner, for: member)
                configuration.learners.insert(member)
                return
            }
            if progress.isLearner { return }
            remove(member)
            if configuration.voters.outgoing.contains(member) {
                configuration.learnersNext.insert(member)
            } else {
                progress.isLearner = true
                configuration.learners.insert(member)
            }
            // What we know of its log stays true; only its vote is gone.
            peers.insert(progress, for: member)
        }

        private mutating func remove(_ member: MemberID) {
            guard peers[member] != nil else { return }
            configuration.voters.incoming.remove(member)
            configuration.learners.remove(member)
            configuration.learnersNext.remove(member)
            // The outgoing half still needs its acknowledgements.
            if !configuration.voters.outgoing.contains(member) { peers.remove(member) }
        }

        /// The rules C1 to C4; throws the first that is broken.
        package func validate() throws(ChangeError) {
            let configuration = configuration
            guard !configuration.voters.incoming.isEmpty else { throw .removesAllVoters }
            for learner in configuration.learners.members where configuration.voters.contains(learner) {
                throw .inconsistent("C1: \(learner) is voter and learner")
            }
            for next in configuration.learnersNext.members {
                guard configuration.voters.outgoing.contains(next) else {
                    throw .inconsistent("C2: \(next) waits to be a learner but is no outgoing voter")
                }
                guard !configuration.voters.incoming.contains(next) else {
                    throw .inconsistent("C2: \(next) waits to be a learner but is an incoming voter")
                }
            }
            if !configuration.voters.isJoint, configuration.autoLeave {
                throw .inconsistent("C2: there is no joint configuration to leave automatically")
            }
            guard peers.members == configuration.everybody else {
                throw .inconsistent("C4: progress of \(peers.members), members \(configuration.everybody)")
            }
            for (member, progress) in peers.all
            where progress.isLearner != configuration.learners.contains(member) {
                throw .inconsistent("C4: the progress of \(member) errs about whether it is a learner")
            }
        }
    }
}
