// BrokenPromise.swift: the promises of a whole cluster, which no single member could check.
//
// The rules S, D and X are Raft's own (Raft/Invariants.swift). What a client, an operator and a disk may
// rely on besides is here:
//
//     C1  answers are linearizable                       History.swift
//     C2  recovery finds everything that was synced      MemberStorage.swift, after each restart
//     C3  equal entries make equal state machines        the digests of the registers, entry by entry
//     C4  what is committed is durable at a quorum       the disks themselves, at each commit
//     C5  who leads has durable votes of a quorum        the disks themselves, at each election
//     C6  when the faults end, the cluster goes on       the second half of a chaos run
//     C7  no correct member raises an alarm
//     C8  a leader commits only by entries of its own    at each commit (thesis 3.6.2)
//
// C4 and C5 look at what disks have really synced, not at what members believe; so they find a member that
// tells others too early even when no crash happens to punish it.

package import Raft

/// A promise that was broken, with its letter.
package struct BrokenPromise: Error, Hashable, Sendable, CustomStringConvertible {
    /// What a cluster promises.
    package enum Rule: String, Hashable, Sendable, CaseIterable {
        /// See History.swift.
        case answersAreLinearizable = "C1"
        /// What a disk has promised to keep is found again.
        case recoveryKeepsWhatWasSynced = "C2"
        /// Equal entries make equal state machines.
        case equalEntriesMakeEqualStates = "C3"
        /// A majority of disks has every committed entry.
        case commitsAreDurable = "C4"
        /// A majority of disks has the vote for whoever leads.
        case leadersHaveDurableVotes = "C5"
        /// When the faults end, the cluster goes on.
        case faultsEndAndWorkGoesOn = "C6"
        /// No correct member raises an alarm.
        case nobodyIsAlarmed = "C7"
        /// A leader commits only by entries of its own term.
        case leadersCommitTheirOwnTerm = "C8"
        /// Whole members (Truth.swift): the revisions are one history without gaps, and nothing is applied twice.
        case historyIsOne = "K1"
        /// What was acknowledged is in it.
        case acknowledgedIsKept = "K2"
        /// What was read follows from it.
        case readsAreTrue = "K3"
        /// Watchers are told all of it, and nothing twice.
        case watchersMissNothing = "K4"
        /// No linearizable answer tells the past.
        case answersDoNotTellThePast = "K5"
        /// All members have the same hash.
        case hashesAreEqual = "K6"
    }

    /// The letter and number of the rule, Raft's own included.
    package var letter: String
    /// What was seen.
    package var what: String

    /// A broken rule of the cluster.
    package init(_ rule: Rule, _ what: String) {
        letter = rule.rawValue
        self.what = what
    }

    /// A broken rule of Raft's own.
    package init(_ violation: Raft.Violation) {
        letter = violation.rule.rawValue
        what = violation.description
    }

    /// For people.
    package var description: String { "\(letter): \(what)" }
}
