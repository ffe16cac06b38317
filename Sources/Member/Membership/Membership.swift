// Membership.swift: start here. Who belongs to the cluster, and how does everybody come to the same answer?
//
// A cluster has no list of members in a file that somebody edits. The list is made by the log like everything else:
// adding a member is an entry, removing one is an entry, and whoever applies the same entries has the same list.
// Raft needs only the numbers of those who vote; this room keeps the rest: names, addresses, who has left, and the
// version that all of them understand.
//
//     entry 1   ConfChange add   {"id":a3e8..., "peerURLs":["http://10.0.0.1:2380"], "name":"m1"}     bootstrap
//     entry 3   PUT /0/members/a3e8.../attributes   {"name":"m1","clientURLs":[...]}                   m1 has started
//     entry 4   PUT /0/version   3.5.0                                                                 all run >= 3.5
//        |
//        v                    memory            bucket members, members_removed, cluster           snapshot file
//     Membership  ==  [ClusterPeer]  ---save--->  one JSON for each, in the batch of       ---->  all of it as the JSON of
//                                                 the entry's applied index                        etcd's older store
//
// WHY TWO COPIES? History. etcd's first store was a tree of paths, of which the snapshot file is a picture; the
// buckets came later. 3.4 and 3.5 start from the tree, 3.6 starts from the buckets. We fill both and read the tree.
//
// WHY NOT TRUST THE BUCKET? etcd 3.5.1 never overwrites a member in it: a learner that was promoted stays a learner
// there, a member that told its name has none. So the truth at start is: the snapshot's tree, then the log. What the
// buckets lack is mended once that is known (`repair`).
//
// THE JUDGEMENT. Two operators may add the same address at once; both entries are committed. So each change is judged
// when it is applied, by what was applied before it, and an invalid one has no effect, on all members alike.
//
// RULES    U1  peers and removed are ascending by number, and nobody is in both.
//          U2  who is in `removed` stays there.
//          U3  a change that was judged invalid changes nothing.
//          U4  the version only moves as etcd's moves: up, or down by one minor.
// COST     a handful of members: plain arrays.
// READ NEXT  ClusterPeer.swift, Changes.swift (what entries do), Saving.swift (the buckets), OldTree.swift (the
//            snapshot's JSON), Announcements.swift (what a member proposes), Bootstrap.swift (the first entries).
// SHOWN BY   MembershipTests

package import EtcdAPI
package import Identifiers

/// Who is in the cluster, who has left, and the version that all understand.
package struct Membership: Sendable {
    /// Which cluster. Made from its first members, and then never changed.
    package let clusterID: ClusterID
    /// Which of the members we are.
    package let ownID: MemberID
    /// Everybody, ascending (U1).
    package internal(set) var peers: [ClusterPeer] = []
    /// Who has left, ascending (U1, U2).
    package internal(set) var removed: [MemberID] = []
    /// The version that all members understand; nil until the first leader has decided it.
    package internal(set) var version: ClusterVersion?

    /// What the buckets do not have yet.
    var unsaved = Unsaved()

    /// Nothing is known: the log, from its first entry on, will say everything.
    package init(clusterID: ClusterID, ownID: MemberID) {
        self.clusterID = clusterID
        self.ownID = ownID
    }

    /// A member by its number.
    package subscript(id: MemberID) -> ClusterPeer? { peers.first { $0.id == id } }

    /// Ourselves; nil before the entry that added us.
    package var own: ClusterPeer? { self[ownID] }

    /// Those with a vote.
    package var voters: [MemberID] { peers.filter { !$0.isLearner }.map(\.id) }

    /// Those without.
    package var learners: [MemberID] { peers.filter(\.isLearner).map(\.id) }

    /// Whether it once was a member.
    package func wasRemoved(_ id: MemberID) -> Bool { removed.contains(id) }

    /// What the service Cluster answers with.
    package var list: [ClusterMember] {
        peers.map { peer in
            ClusterMember(
                id: peer.id, name: peer.name, peerURLs: peer.peerURLs, clientURLs: peer.clientURLs,
                isLearner: peer.isLearner)
        }
    }

    /// U1, checked after each change.
    func check() {
        for (left, right) in zip(peers, peers.dropFirst()) {
            precondition(left.id < right.id, "U1: member \(right.id) stands behind \(left.id)")
        }
        for (left, right) in zip(removed, removed.dropFirst()) {
            precondition(left < right, "U1: removed member \(right) stands behind \(left)")
        }
        for peer in peers { precondition(!removed.contains(peer.id), "U1: \(peer.id) is a member and was removed") }
    }
}
