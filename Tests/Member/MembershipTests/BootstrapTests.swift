// BootstrapTests.swift: the numbers and the first entries of real clusters, computed again.

import Bytes
import EtcdAPI
import Identifiers
import Membership
import Protobuf
import RaftMessages
import TLS
import Testing

private func sha1(_ bytes: ByteView) -> ByteSlice { Digest.sha1.of(bytes) }

@Suite("The beginning of a cluster")
struct BootstrapTests {
    @Test("one member: the numbers and the first entry of a real etcd, byte by byte")
    func alone() throws {
        let bootstrap = try #require(
            Bootstrap(
                own: "m1", cluster: [.init(name: "m1", peerURLs: ["http://127.0.0.1:27180"])], token: "tok-golden",
                sha1: sha1))
        #expect(bootstrap.membership.ownID.description == "a3e83f3a1a14fb1f")
        #expect(bootstrap.membership.clusterID.description == "74d663e011ffdb78")
        #expect(bootstrap.membership.peers.isEmpty)
        #expect(
            bootstrap.entries == [
                Entry(
                    type: .confChange, term: 1, index: 1,
                    data: ByteSlice(
                        hex:
                            "08001000189ff6d3d0a1e78ff4a301224d7b226964223a31313831303735393534313535373336313433392c22"
                            + "7065657255524c73223a5b22687474703a2f2f3132372e302e302e313a3237313830225d2c226e616d65223a"
                            + "226d31227d")!)
            ])
        #expect(bootstrap.hardState == HardState(term: 1, vote: .none, commit: 1))
    }

    @Test("three members, in the order of their numbers; each of them computes the same")
    func three() throws {
        let founders = [
            Bootstrap.Founder(name: "gp1", peerURLs: ["http://127.0.0.1:26013"]),
            Bootstrap.Founder(name: "gp2", peerURLs: ["http://127.0.0.1:26023"]),
            Bootstrap.Founder(name: "gp3", peerURLs: ["http://127.0.0.1:26033"]),
        ]
        let numbers = ["gp1": "5f2bba0fb3a60a74", "gp2": "aba912fc54b01a00", "gp3": "14d2332f379cf6c2"]
        var seen: [[Entry]] = []
        for (name, number) in numbers {
            let bootstrap = try #require(Bootstrap(own: name, cluster: founders, token: "tok-gp", sha1: sha1))
            #expect(bootstrap.membership.ownID.description == number)
            #expect(bootstrap.membership.clusterID.description == "7a35419263569af8")
            #expect(bootstrap.hardState.commit == 3)
            seen.append(bootstrap.entries)
        }
        #expect(seen[0] == seen[1] && seen[1] == seen[2])
        let changes = try seen[0].map { try ConfChange(decoding: $0.data) }
        #expect(changes.map(\.nodeID.description) == ["14d2332f379cf6c2", "5f2bba0fb3a60a74", "aba912fc54b01a00"])
        #expect(Bootstrap(own: "gp4", cluster: founders, token: "tok-gp", sha1: sha1) == nil)
    }

    @Test("the order in which somebody writes his addresses does not matter")
    func sorted() {
        let one = Bootstrap.memberID(peerURLs: ["http://b:1", "http://a:1"], token: "t", sha1: sha1)
        let other = Bootstrap.memberID(peerURLs: ["http://a:1", "http://b:1"], token: "t", sha1: sha1)
        #expect(one == other)
        #expect(one != Bootstrap.memberID(peerURLs: ["http://a:1", "http://b:1"], token: "u", sha1: sha1))
    }
}

@Suite("What a member announces")
struct AnnouncementTests {
    private func founded() throws -> Membership {
        let bootstrap = try #require(
            Bootstrap(
                own: "m1", cluster: [.init(name: "m1", peerURLs: ["http://127.0.0.1:27180"])], token: "tok-golden",
                sha1: sha1))
        var membership = bootstrap.membership
        for entry in bootstrap.entries { _ = try membership.apply(try ConfChange(decoding: entry.data)).get() }
        return membership
    }

    @Test("a new cluster's announcements are a real etcd's, byte by byte")
    func golden() throws {
        var membership = try founded()
        let name = try #require(
            membership.attributesCommand(
                name: "m1", clientURLs: ["http://127.0.0.1:27179"], requestID: 18_095_359_914_654_028_289))
        #expect(
            name.hex == "0881a4af9e81bfe88ffb0112035055541a262f302f6d656d626572732f613365383366336131613134666231662f61"
                + "747472696275746573"
                + "22357b226e616d65223a226d31222c22636c69656e7455524c73223a5b22687474703a2f2f313237"
                + "2e302e302e313a3237313739225d7d2800320038004800500058006000680070007800800100")
        let version = try #require(membership.versionCommand(requestID: 18_095_359_914_654_028_292))
        #expect(
            version.hex == "0884a4af9e81bfe88ffb0112035055541a0a2f302f76657273696f6e2205332e352e3028003200380048005000"
                + "58006000680070007800800100")
        for command in [name, version] {
            guard case .v2(let request) = try EntryCommand(decoding: command) else {
                Issue.record("it is no request of the old tree")
                return
            }
            try membership.apply(request)
        }
        #expect(membership.own?.name == "m1")
        #expect(membership.version == .ours)
        // Nothing is said twice.
        #expect(membership.versionCommand(requestID: 1) == nil)
        #expect(
            membership.attributesCommand(name: "m1", clientURLs: ["http://127.0.0.1:27179"], requestID: 1) == nil)
    }

    @Test("once the cluster is 3.5, what is new is said with 3.5's requests")
    func internally() throws {
        var membership = try founded()
        try membership.apply(ClusterVersionSetRequest(ver: "3.5.0"))
        let command = try #require(membership.attributesCommand(name: "x", clientURLs: ["http://c:1"], requestID: 9))
        guard case .request(let request) = try EntryCommand(decoding: command),
            case .clusterMemberAttrSet(let said)? = request.command
        else {
            Issue.record("it is not request 1301")
            return
        }
        #expect(request.header?.id == 9)
        try membership.apply(said)
        #expect(membership.own?.name == "x")
        #expect(membership.own?.clientURLs == ["http://c:1"])
    }

    @Test("beside a 3.4 member, in a cluster of 3.4, the old form stays")
    func beside34() throws {
        var membership = try founded()
        try membership.apply(ClusterVersionSetRequest(ver: "3.4.0"))
        let command = try #require(membership.attributesCommand(name: "x", clientURLs: [], requestID: 9))
        guard case .v2 = try EntryCommand(decoding: command) else {
            Issue.record("3.4 would abort on this")
            return
        }
    }
}
