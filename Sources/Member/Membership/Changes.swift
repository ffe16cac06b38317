// Changes.swift: what committed entries do to the membership.
//
//     entry                         asks for                         judged by
//     ConfChange AddNode            a new voter                      not removed, not there, nobody at its address
//       ... with isPromote          a learner becomes a voter        there, and a learner
//     ConfChange AddLearnerNode     a new learner                    as for a voter, and no other learner
//     ConfChange UpdateNode         new addresses                    there, and no other at the new addresses
//     ConfChange RemoveNode         one less                         there
//     PUT /0/members/ID/attributes  a name and client addresses      3.4 and 3.5; request 1301 says the same since 3.5
//     PUT /0/version                the cluster's version            3.4 and 3.5; request 1300 says the same since 3.5
//
// The old tree's requests come as paths. Clients of the old API could write paths of their own below /1; this program does
// not have that store, and to pass over what somebody wrote would lose it. So such an entry is an error with its path.

internal import Bytes
package import EtcdAPI
package import Identifiers
internal import JSON
package import RaftMessages

/// What a change of the configuration came to.
package enum MembershipEffect: Hashable, Sendable {
    /// A new member, voter or learner.
    case added(MemberID)
    /// A learner has a vote now.
    case promoted(MemberID)
    /// New peer URLs.
    case updated(MemberID)
    /// One less, for ever.
    case removed(MemberID)
}

extension Membership {
    /// At most one learner at a time, as etcd has it: each one costs the leader a copy of everything.
    package static let learnerLimit = 1

    // MARK: Changes of the configuration

    /// Judges a committed change and carries it out. After a failure nothing has changed (U3): Raft is given the change
    /// with member 0, and whoever waits for it gets the error.
    package mutating func apply(_ change: ConfChange) -> Result<MembershipEffect, MembershipError> {
        do throws(MembershipError) {
            let effect = try carryOut(change)
            check()
            return .success(effect)
        } catch { return .failure(error) }
    }

    private mutating func carryOut(_ change: ConfChange) throws(MembershipError) -> MembershipEffect {
        guard !wasRemoved(change.nodeID) else { throw .idRemoved }
        switch change.type {
        case .removeNode: return try remove(change.nodeID)
        case .updateNode: return try update(try context(of: change).peer)
        case .addNode, .addLearnerNode:
            let context = try context(of: change)
            return context.isPromote ? try promote(change.nodeID) : try add(context.peer)
        case .unrecognized(let number):
            throw .unreadable(what: "a change of the configuration", why: "nobody knows its type \(number)")
        }
    }

    private func context(of change: ConfChange) throws(MembershipError) -> (peer: ClusterPeer, isPromote: Bool) {
        let bytes = change.context
        let value = try JSONValue(parsing: bytes.view, as: "the context of a change")
        let peer = try ClusterPeer(value)
        guard peer.id == change.nodeID else {
            // A real member aborts here; so would we on the next start, and no etcd writes this.
            throw .unreadable(
                what: "the context of a change", why: "it speaks of member \(peer.id), the change of \(change.nodeID)")
        }
        return (peer, value["isPromote"]?.bool ?? false)
    }

    private mutating func add(_ peer: ClusterPeer) throws(MembershipError) -> MembershipEffect {
        guard self[peer.id] == nil else { throw .idExists }
        guard !isTaken(peer.peerURLs, besides: peer.id) else { throw .peerURLExists }
        if peer.isLearner, learners.count >= Self.learnerLimit { throw .tooManyLearners }
        let place = peers.firstIndex { $0.id > peer.id } ?? peers.count
        peers.insert(peer, at: place)
        unsaved.note(peer.id)
        return .added(peer.id)
    }

    private mutating func promote(_ id: MemberID) throws(MembershipError) -> MembershipEffect {
        guard let place = peers.firstIndex(where: { $0.id == id }) else { throw .idNotFound }
        guard peers[place].isLearner else { throw .notALearner }
        peers[place].isLearner = false
        unsaved.note(id)
        return .promoted(id)
    }

    private mutating func update(_ peer: ClusterPeer) throws(MembershipError) -> MembershipEffect {
        guard let place = peers.firstIndex(where: { $0.id == peer.id }) else { throw .idNotFound }
        guard !isTaken(peer.peerURLs, besides: peer.id) else { throw .peerURLExists }
        peers[place].peerURLs = peer.peerURLs
        unsaved.note(peer.id)
        return .updated(peer.id)
    }

    private mutating func remove(_ id: MemberID) throws(MembershipError) -> MembershipEffect {
        guard let place = peers.firstIndex(where: { $0.id == id }) else { throw .idNotFound }
        peers.remove(at: place)
        removed.insert(id, at: removed.firstIndex { $0 > id } ?? removed.count)
        unsaved.note(id)
        return .removed(id)
    }

    private func isTaken(_ urls: [String], besides id: MemberID) -> Bool {
        peers.contains { peer in peer.id != id && peer.peerURLs.contains { urls.contains($0) } }
    }

    // MARK: What members say of themselves

    /// A request of the old tree, which is how 3.4 and 3.5 publish names and the version.
    package mutating func apply(_ request: V2Request) throws(MembershipError) {
        // A read through the log: its answer went to a client long ago.
        if request.method == "QGET" { return }
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false)
        if request.method == "PUT", request.path == "/0/version" {
            return try setVersion(request.val)
        }
        guard request.method == "PUT", parts.count == 5, parts[0].isEmpty, parts[1] == "0", parts[2] == "members",
            parts[4] == "attributes", let id = UInt64(parts[3], radix: 16)
        else {
            throw .unreadable(
                what: "an entry of the log",
                why: "it is \(request.method) \(request.path), a request of etcd's v2 API, whose keys this version "
                    + "does not keep yet")
        }
        let text = ByteSlice(utf8: request.val)
        let value = try JSONValue(parsing: text.view, as: "the attributes of member \(parts[3])")
        var said = ClusterPeer(id: MemberID(rawValue: id))
        try said.read(value)
        try setAttributes(of: said.id, name: said.name, clientURLs: said.clientURLs)
    }

    /// The same as a request of 3.5.
    package mutating func apply(_ request: ClusterMemberAttrSetRequest) throws(MembershipError) {
        let said = request.memberAttributes ?? MemberAttributes()
        try setAttributes(of: request.memberID, name: said.name, clientURLs: said.clientURLs)
    }

    /// The version as a request of 3.5.
    package mutating func apply(_ request: ClusterVersionSetRequest) throws(MembershipError) {
        try setVersion(request.ver)
    }

    /// A downgrade begins or ends. Only kept: what follows from it is the leader's business.
    package mutating func apply(_ request: DowngradeInfoSetRequest) {
        unsaved.downgrade = Downgrade(target: request.ver, isEnabled: request.enabled)
    }

    private mutating func setAttributes(
        of id: MemberID, name: String, clientURLs: [String]
    ) throws(MembershipError) {
        guard let place = peers.firstIndex(where: { $0.id == id }) else {
            // It left while its announcement was on its way.
            if wasRemoved(id) { return }
            throw .unreadable(what: "an entry of the log", why: "it has attributes of \(id), who never was a member")
        }
        peers[place].name = name
        peers[place].clientURLs = clientURLs
        unsaved.note(id)
    }

    private mutating func setVersion(_ text: String) throws(MembershipError) {
        guard let version = ClusterVersion(text) else {
            throw .unreadable(what: "the cluster's version", why: "\"\(text)\" is none")
        }
        self.version = version
        unsaved.version = true
    }
}
