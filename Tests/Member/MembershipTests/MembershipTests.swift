// MembershipTests.swift: what entries do to the membership, and what the buckets then hold.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Identifiers
import JSON
import Membership
import RaftMessages
import Testing

private let alice = ClusterPeer(id: 10, name: "alice", peerURLs: ["http://10.0.0.1:2380"])
private let bob = ClusterPeer(id: 20, name: "bob", peerURLs: ["http://10.0.0.2:2380"])
private let carol = ClusterPeer(id: 30, peerURLs: ["http://10.0.0.3:2380"], isLearner: true)

private func change(_ type: ConfChangeType, _ peer: ClusterPeer) -> ConfChange {
    ConfChange(type: type, nodeID: peer.id, context: type == .removeNode ? ByteSlice() : peer.json)
}

private func promotion(of id: MemberID) -> ConfChange {
    ConfChange(
        type: .addNode, nodeID: id,
        context: ByteSlice(utf8: "{\"id\":\(id.rawValue),\"peerURLs\":null,\"isPromote\":true}"))
}

private func put(_ path: String, _ value: String) -> V2Request {
    var request = V2Request()
    (request.method, request.path, request.val) = ("PUT", path, value)
    return request
}

private func family() -> Membership {
    var membership = Membership(clusterID: 7, ownID: alice.id)
    for peer in [bob, alice] { _ = membership.apply(change(.addNode, peer)) }
    _ = membership.apply(change(.addLearnerNode, carol))
    return membership
}

/// A new file; it lives as long as the process, so views of it stay true.
private let emptyFile = BoltFile.newFile(pageSize: 4096)

/// The same with room to grow: what changes stays in memory, but its pages must have addresses.
private let roomyFile: ByteSlice = {
    var bytes = ByteBuffer()
    bytes.append(emptyFile.view)
    bytes.append(zeros: 1 << 20)
    return bytes.slice()
}()

private func emptyBackend() throws -> Backend {
    try Backend(try BoltFile(mapping: roomyFile.view, fileLength: emptyFile.count))
}

@Suite("What entries do to the membership")
struct ChangeTests {
    @Test("members stand in the order of their numbers, whatever the order of the entries")
    func order() {
        let membership = family()
        #expect(membership.peers.map(\.id) == [10, 20, 30])
        #expect(membership.voters == [10, 20])
        #expect(membership.learners == [30])
        #expect(membership.own == alice)
    }

    /// Each row: a change that must have no effect, and etcd's reason.
    static let refusals: [(ConfChange, MembershipError)] = [
        (change(.addNode, ClusterPeer(id: 10, peerURLs: ["http://new:1"])), .idExists),
        (change(.addNode, ClusterPeer(id: 40, peerURLs: ["http://new:1", "http://10.0.0.2:2380"])), .peerURLExists),
        (change(.addLearnerNode, ClusterPeer(id: 40, peerURLs: ["http://n:1"], isLearner: true)), .tooManyLearners),
        (change(.updateNode, ClusterPeer(id: 99, peerURLs: ["http://new:1"])), .idNotFound),
        (change(.updateNode, ClusterPeer(id: 10, peerURLs: ["http://10.0.0.2:2380"])), .peerURLExists),
        (change(.removeNode, ClusterPeer(id: 99)), .idNotFound),
        (promotion(of: 99), .idNotFound),
        (promotion(of: 10), .notALearner),
        (ConfChange(), .unreadable(what: "the context of a change", why: "")),
        (
            ConfChange(type: .addNode, nodeID: 50, context: alice.json),
            .unreadable(what: "the context of a change", why: "it speaks of member a, the change of 32")
        ),
    ]

    @Test("a change that is judged invalid changes nothing", arguments: refusals.indices)
    func refused(row: Int) {
        let (change, reason) = Self.refusals[row]
        var membership = family()
        membership.forgetUnsaved()
        let before = membership.peers
        guard case .failure(let error) = membership.apply(change) else {
            Issue.record("it was carried out")
            return
        }
        if case .unreadable = reason {
            guard case .unreadable = error else {
                Issue.record("\(error)")
                return
            }
        } else {
            #expect(error == reason)
        }
        #expect(membership.peers == before)
        #expect(!membership.hasUnsaved)
    }

    @Test("who was removed does not come back, nor does anything of his")
    func removal() throws {
        var membership = family()
        #expect(try membership.apply(change(.removeNode, bob)).get() == .removed(20))
        #expect(membership.removed == [20])
        #expect(membership.wasRemoved(20))
        #expect(membership.apply(change(.addNode, bob)) == .failure(.idRemoved))
        #expect(membership.apply(change(.removeNode, bob)) == .failure(.idRemoved))
        // An announcement that was on its way when he left.
        try membership.apply(put("/0/members/14/attributes", #"{"name":"bob"}"#))
        #expect(membership[20] == nil)
        // His address is free again.
        #expect(try membership.apply(change(.addNode, ClusterPeer(id: 21, peerURLs: bob.peerURLs))).get() == .added(21))
    }

    @Test("a learner is promoted, keeps its addresses, and makes room for the next one")
    func promoted() throws {
        var membership = family()
        #expect(try membership.apply(promotion(of: 30)).get() == .promoted(30))
        #expect(membership[30]?.peerURLs == carol.peerURLs)
        #expect(membership.learners.isEmpty)
        let next = ClusterPeer(id: 40, peerURLs: ["http://n:1"], isLearner: true)
        #expect(try membership.apply(change(.addLearnerNode, next)).get() == .added(40))
    }

    @Test("an update changes addresses and nothing else")
    func updated() throws {
        var membership = family()
        let moved = ClusterPeer(id: 30, peerURLs: ["http://10.0.9.9:1"])
        #expect(try membership.apply(change(.updateNode, moved)).get() == .updated(30))
        #expect(membership[30]?.peerURLs == moved.peerURLs)
        #expect(membership[30]?.isLearner == true)
    }

    @Test("names and the version come in an old and a new form")
    func announcements() throws {
        var old = family()
        try old.apply(put("/0/members/a/attributes", #"{"name":"a\u003c1","clientURLs":["http://c:1"]}"#))
        try old.apply(put("/0/version", "3.5.0"))
        var new = family()
        try new.apply(
            ClusterMemberAttrSetRequest(
                memberID: 10, memberAttributes: MemberAttributes(name: "a<1", clientURLs: ["http://c:1"])))
        try new.apply(ClusterVersionSetRequest(ver: "3.5.0"))
        #expect(old.peers == new.peers)
        #expect(old.version == .ours)
        #expect(new.version == .ours)
        #expect(old[10]?.name == "a<1")
    }

    @Test(
        "what cannot be kept is an error with its path, and never passed over",
        arguments: [
            "/1/foo", "/0/members/zz/attributes", "/0/members/a/attributes/x", "/0/members/a",
            "/2/members/a/attributes",
        ])
    func foreignPaths(path: String) {
        var membership = family()
        do {
            try membership.apply(put(path, "{}"))
            Issue.record("\(path) was passed over")
        } catch {
            #expect(error.description.contains(path))
        }
    }

    @Test("attributes of somebody who never was a member, a version that is none, a text that is no JSON: errors")
    func nonsense() {
        var membership = family()
        #expect(throws: MembershipError.self) { try membership.apply(put("/0/members/63/attributes", "{}")) }
        #expect(throws: MembershipError.self) { try membership.apply(put("/0/version", "new")) }
        #expect(throws: MembershipError.self) { try membership.apply(put("/0/members/a/attributes", "{")) }
        #expect(throws: MembershipError.self) { try ClusterPeer(json: #"{"peerURLs":[]}"#) }
        #expect(throws: MembershipError.self) { try ClusterPeer(json: #"{"id":1,"peerURLs":[1]}"#) }
    }

    @Test("a member's text is Go's, with all 64 bits of its number")
    func text() throws {
        let peer = ClusterPeer(
            id: MemberID(rawValue: .max), name: "<&>", peerURLs: ["http://a:1", "http://b:2"],
            clientURLs: ["http://c:3"],
            isLearner: true)
        let text =
            #"{"id":18446744073709551615,"peerURLs":["http://a:1","http://b:2"],"isLearner":true,"#
            + #""name":"\u003c\u0026\u003e","clientURLs":["http://c:3"]}"#
        let json = peer.json
        #expect(json.lossyText == text)
        #expect(try ClusterPeer(json: json.view) == peer)
    }

    @Test("versions are read as they stand anywhere, and compared by number")
    func versions() {
        #expect(ClusterVersion("3.5.1-rc.0") == .ours)
        #expect(ClusterVersion("3.5") == .ours)
        #expect(ClusterVersion("3.10.0")! > ClusterVersion("3.9.0")!)
        for text in ["", "3", "3.x.0", "-3.5.0", "not_decided"] { #expect(ClusterVersion(text) == nil) }
    }
}

@Suite("The membership in the database")
struct SavingTests {
    private func bucket(_ bucket: BackendBucket, of backend: borrowing Backend) throws -> [String: String] {
        var found: [String: String] = [:]
        var cursor = try backend.tree(bucket).cursor()
        try cursor.first()
        while cursor.isValid {
            found[cursor.key.lossyText] = cursor.value.lossyText
            try cursor.next()
        }
        return found
    }

    @Test("the buckets hold what etcd puts there, whole, after each change")
    func buckets() throws {
        var backend = try emptyBackend()
        var membership = family()
        try membership.apply(put("/0/members/a/attributes", #"{"name":"alice","clientURLs":["http://c:1"]}"#))
        try membership.apply(put("/0/version", "3.5.0"))
        membership.apply(DowngradeInfoSetRequest(enabled: true, ver: "3.4.0"))
        try membership.save(to: &backend)
        #expect(!membership.hasUnsaved)
        _ = membership.apply(change(.removeNode, bob))
        _ = membership.apply(promotion(of: 30))
        try membership.save(to: &backend)
        let members = try bucket(.members, of: backend)
        #expect(
            members == [
                "a": #"{"id":10,"peerURLs":["http://10.0.0.1:2380"],"name":"alice","clientURLs":["http://c:1"]}"#,
                "1e": #"{"id":30,"peerURLs":["http://10.0.0.3:2380"]}"#,
            ])
        #expect(try bucket(.membersRemoved, of: backend) == ["14": "removed"])
        #expect(
            try bucket(.cluster, of: backend) == [
                "clusterVersion": "3.5.0", "downgrade": #"{"target-version":"3.4.0","enabled":true}"#,
            ])
        #expect(try Membership.storedVersion(in: backend) == .ours)
    }

    @Test("nothing is written when nothing changed, nor while the log is only read again")
    func replay() throws {
        var backend = try emptyBackend()
        var membership = family()
        membership.forgetUnsaved()
        let before = backend.changes
        try membership.save(to: &backend)
        #expect(backend.changes == before)
    }

    @Test("what 3.5.1 left in its first form is mended, and only that")
    func mending() throws {
        var backend = try emptyBackend()
        var membership = family()
        try membership.save(to: &backend)
        // As 3.5.1 leaves it: the learner that was promoted is one still, the removed member is there still.
        let (id, text): (ByteSlice, ByteSlice) = ("1e", #"{"id":30,"peerURLs":["http://x:1"],"isLearner":true}"#)
        try backend.put(id.view, text.view, in: .members)
        _ = membership.apply(change(.removeNode, bob))
        membership.forgetUnsaved()
        let before = backend.changes
        try membership.repair(&backend)
        #expect(backend.changes - before == 3)
        #expect(try bucket(.members, of: backend).keys.sorted() == ["1e", "a"])
        #expect(try bucket(.members, of: backend)["1e"] == carol.json.lossyText)
        #expect(try bucket(.membersRemoved, of: backend) == ["14": "removed"])
        let mended = backend.changes
        try membership.repair(&backend)
        #expect(backend.changes == mended)
    }
}
