// OldTreeTests.swift: the pictures of the old store that real members drew, and ours.

import Bytes
import Identifiers
import JSON
import Membership
import RaftMessages
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

private func golden(_ name: String) throws -> ByteSlice {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")
    return ByteSlice([UInt8](try Data(contentsOf: folder.appendingPathComponent(name))))
}

@Suite("The membership as a picture of the old store")
struct OldTreeTests {
    @Test(
        "who the members were is read from the snapshots of real members",
        arguments: [
            ("single.json", 0xa3e8_3f3a_1a14_fb1f as UInt64, "m1", 27180, 27179, 5),
            ("single-3.4.json", 0xc478_7015_3de1_71d6, "old1", 27980, 27979, 4),
            ("single-3.6.json", 0x1bd0_2206_d9c0_8ed0, "new1", 30680, 30679, 6),
        ])
    func real(file: String, id: UInt64, name: String, peerPort: Int, clientPort: Int, minor: Int) throws {
        let data = try golden(file)
        let membership = try Membership(clusterID: 1, ownID: 1, snapshot: data.view)
        #expect(
            membership.peers == [
                ClusterPeer(
                    id: MemberID(rawValue: id), name: name, peerURLs: ["http://127.0.0.1:\(peerPort)"],
                    clientURLs: ["http://127.0.0.1:\(clientPort)"])
            ])
        #expect(membership.version == ClusterVersion(major: 3, minor: minor))
        #expect(!membership.hasUnsaved)
        // Ours is smaller: no counters, no times, no past. It must say the same.
        let ours = membership.snapshotData
        #expect(ours.count < data.count / 5)
        let again = try Membership(clusterID: 1, ownID: 1, snapshot: ours.view)
        #expect(again.peers == membership.peers)
        #expect(again.version == membership.version)
    }

    @Test("learners, members that never started and removed ones survive the picture")
    func everything() throws {
        var membership = Membership(clusterID: 1, ownID: 3)
        for peer in [
            ClusterPeer(id: 3, name: "a \"quoted\" one", peerURLs: ["http://a:1", "http://a:2"]),
            ClusterPeer(id: 4, peerURLs: ["http://b:1"]),
            ClusterPeer(id: 5, peerURLs: ["http://c:1"], isLearner: true),
        ] {
            _ = try membership.apply(
                ConfChange(type: peer.isLearner ? .addLearnerNode : .addNode, nodeID: peer.id, context: peer.json)
            ).get()
        }
        _ = try membership.apply(ConfChange(type: .removeNode, nodeID: 4)).get()
        let data = membership.snapshotData
        let again = try Membership(clusterID: 1, ownID: 3, snapshot: data.view)
        #expect(again.peers == membership.peers)
        #expect(again.removed == [4])
        #expect(again.version == nil)
    }

    @Test("the smallest picture that a real etcd was seen to start from")
    func smallest() throws {
        let data: ByteSlice =
            #"{"Root":{"Path":"/","Children":{"0":{"Path":"/0","Children":{"members":{"Path":"/0/members","Children":{"a":{"Path":"/0/members/a","Children":{"raftAttributes":{"Path":"/0/members/a/raftAttributes","Value":"{\"peerURLs\":[\"http://h:1\"]}"}}}}}}},"1":{"Path":"/1","Children":{}}}}}"#
        let membership = try Membership(clusterID: 1, ownID: 10, snapshot: data.view)
        #expect(membership.own == ClusterPeer(id: 10, peerURLs: ["http://h:1"]))
    }

    @Test("keys of the old API are refused by their path, not dropped")
    func oldKeys() throws {
        let data: ByteSlice =
            #"{"Root":{"Path":"/","Children":{"0":{"Path":"/0","Children":{}},"1":{"Path":"/1","Children":{"foo":{"Path":"/1/foo","Value":"x"}}}}}}"#
        do {
            _ = try Membership(clusterID: 1, ownID: 1, snapshot: data.view)
            Issue.record("it was taken")
        } catch {
            #expect(error.description.contains("/1/foo"))
        }
    }

    @Test(
        "damage is an error",
        arguments: [
            "", "{}", "[]", #"{"Root":{"Children":{}}}"#,
            #"{"Root":{"Children":{"0":{"Children":{"members":{"Children":{"xyz":{}}}}}}}}"#,
            #"{"Root":{"Children":{"0":{"Children":{"version":{"Value":"?"}}}}}}"#,
            #"{"Root":{"Children":{"0":{"Children":{"members":{"Children":{"a":{"Children":{"attributes":{"Value":"{"}}}}}}}}}}"#,
        ])
    func damage(text: String) {
        let data = ByteSlice(utf8: text)
        #expect(throws: MembershipError.self) { try Membership(clusterID: 1, ownID: 1, snapshot: data.view) }
    }

    @Test("what peers are told over HTTP")
    func peers() throws {
        var membership = Membership(clusterID: 1, ownID: 3)
        let peer = ClusterPeer(id: 3, name: "a", peerURLs: ["http://a:1"], clientURLs: ["http://a:2"])
        _ = try membership.apply(ConfChange(type: .addNode, nodeID: 3, context: peer.json)).get()
        let text = membership.peersJSON
        #expect(
            text.lossyText
                == "[{\"id\":3,\"peerURLs\":[\"http://a:1\"],\"name\":\"a\",\"clientURLs\":[\"http://a:2\"]}]\n")
    }
}
