// Bootstrap.swift: how can members that have never spoken to each other begin with the same log?
//
// Each of them is started with the same list (`--initial-cluster m1=http://a:2380,m2=http://b:2380`) and computes from it,
// alone, what all the others compute: the numbers of the members, the number of the cluster, and the first entries of the
// log, one "add this member" for each, as if a leader of term 1 had committed them.
//
//     member   first 8 bytes of SHA-1( its peer URLs, sorted, one behind the other | the token )
//     cluster  first 8 bytes of SHA-1( the members' numbers, ascending, 8 bytes each )
//
//     "http://127.0.0.1:27180" + "tok-golden"  ->  a3e83f3a1a14fb1f     that number alone  ->  74d663e011ffdb78
//
// THE TOKEN keeps clusters apart that were made from the same addresses one after the other: a message of the old one
// finds another cluster's number and is refused.
//
// WHY ENTRIES AND NOT JUST A CONFIGURATION? Because then there is one way to become a member, and a member that joins
// later learns of the first ones as it learns of all others: from the log.
//
// SHA-1 is handed in: nothing of cryptography lives in the rooms that compute. It makes names here, not proofs.
//
// SHOWN BY  BootstrapTests, with the numbers and the bytes of real clusters

package import Bytes
package import Identifiers
internal import Protobuf
package import RaftMessages

/// The beginning of a new cluster, the same for each of its first members.
package struct Bootstrap: Sendable {
    /// Nobody in it yet: the entries say who is.
    package let membership: Membership
    /// One for each member, ascending by number: term 1, index 1 and up.
    package let entries: [Entry]
    /// Term 1, no vote, everything committed.
    package let hardState: HardState

    /// One member of the list that all are started with.
    package struct Founder: Hashable, Sendable {
        /// Its name.
        package var name: String
        /// Where its peers reach it.
        package var peerURLs: [String]

        /// A member of the list.
        package init(name: String, peerURLs: [String]) {
            self.name = name
            self.peerURLs = peerURLs
        }
    }

    /// Computes everything from the list. `own` is the name of the member that we are; nil when it is not in the list.
    package init?(own name: String, cluster: [Founder], token: String, sha1: (ByteView) -> ByteSlice) {
        let peers = cluster.map { founder in
            let id = Self.memberID(peerURLs: founder.peerURLs, token: token, sha1: sha1)
            return ClusterPeer(id: id, name: founder.name, peerURLs: founder.peerURLs.sorted())
        }.sorted { $0.id < $1.id }
        guard let own = peers.first(where: { $0.name == name }) else { return nil }
        membership = Membership(clusterID: Self.clusterID(of: peers.map(\.id), sha1: sha1), ownID: own.id)
        entries = zip(1..., peers).map { number, peer in
            let change = ConfChange(type: .addNode, nodeID: peer.id, context: peer.json)
            return Entry(
                type: .confChange, term: 1, index: LogIndex(rawValue: UInt64(number)), data: change.encoded())
        }
        hardState = HardState(term: 1, vote: .none, commit: LogIndex(rawValue: UInt64(peers.count)))
    }

    /// The number of a member of the first hour.
    package static func memberID(
        peerURLs: [String], token: String, sha1: (ByteView) -> ByteSlice
    ) -> MemberID {
        let text = ByteSlice(utf8: peerURLs.sorted().joined() + token)
        return MemberID(rawValue: firstWord(of: sha1(text.view)))
    }

    /// The number of the cluster that these members begin.
    package static func clusterID(of members: [MemberID], sha1: (ByteView) -> ByteSlice) -> ClusterID {
        var bytes = ByteBuffer()
        for id in members.sorted() { bytes.append(bigEndian: id.rawValue) }
        return ClusterID(rawValue: firstWord(of: sha1(bytes.view)))
    }

    private static func firstWord(of digest: ByteSlice) -> UInt64 {
        precondition(digest.count == 20, "U5: SHA-1 has 20 bytes, this digest has \(digest.count)")
        return digest.view.bigEndian(at: 0)
    }
}
