// MembershipError.swift: why a change of the cluster has no effect, or cannot be understood.
//
// The first six are judgements that every member must come to alike, whatever its version: they depend on nothing but
// what was applied before. The texts are etcd's. The last one is no judgement: something in the log or in the store is
// not what any etcd writes, and a member that does not understand who belongs to its cluster must not serve.

/// Why a change of the membership has no effect.
package enum MembershipError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Who left does not come back: old messages of his may still be on their way.
    case idRemoved
    /// There is such a member.
    case idExists
    /// There is no such member.
    case idNotFound
    /// Another member listens there.
    case peerURLExists
    /// Only learners can be promoted.
    case notALearner
    /// One learner at a time.
    case tooManyLearners
    /// Bytes that no etcd writes.
    case unreadable(what: String, why: String)

    /// In etcd's words.
    package var description: String {
        switch self {
        case .idRemoved: "membership: ID removed"
        case .idExists: "membership: ID exists"
        case .idNotFound: "membership: ID not found"
        case .peerURLExists: "membership: peerURL exists"
        case .notALearner: "membership: can only promote a learner member"
        case .tooManyLearners: "membership: too many learner members in cluster"
        case .unreadable(let what, let why):
            "cannot read \(what): \(why). Without it nobody knows who belongs to the cluster: restore this member from "
                + "a snapshot, or remove it and add it again with an empty directory."
        }
    }
}
