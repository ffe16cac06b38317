// Announcements.swift: what a member proposes about itself and its cluster once there is a leader.
//
// A member that starts tells the others its name and where clients reach it. A leader tells everybody which version the
// cluster has. Both are entries of the log, and both have an old and a new form:
//
//     version undecided, or below 3.5    a bare request of the old tree      all of 3.4 and 3.5 understand it
//     version 3.5                        internal requests 1301 and 1300     3.4 would abort on them, but is not there
//
//     PUT /0/members/a3e83f3a1a14fb1f/attributes   {"name":"m1","clientURLs":["http://127.0.0.1:2379"]}
//     PUT /0/version                               3.5.0
//
// WHAT IS KNOWN ALREADY IS NOT SAID AGAIN. etcd publishes at every start; for whoever reads the log that is noise, and
// on one member it is a sync of the disk before the first client is served.

package import Bytes
internal import EtcdAPI
internal import Identifiers
internal import Protobuf

extension Membership {
    /// Whether internal requests of 3.5 may be proposed.
    private var speaksInternally: Bool { version.map { $0 >= ClusterVersion(major: 3, minor: 5) } ?? false }

    /// The entry by which we tell our name and where clients reach us; nil when everybody knows.
    package func attributesCommand(name: String, clientURLs: [String], requestID: UInt64) -> ByteSlice? {
        if let own, own.name == name, own.clientURLs == clientURLs { return nil }
        if speaksInternally {
            let attributes = MemberAttributes(name: name, clientURLs: clientURLs)
            let request = ClusterMemberAttrSetRequest(memberID: ownID, memberAttributes: attributes)
            return Self.command(.clusterMemberAttrSet(request), requestID)
        }
        let said = ClusterPeer(id: ownID, name: name, clientURLs: clientURLs)
        return Self.put("/0/members/\(ownID)/attributes", said.attributesText, requestID)
    }

    /// The leader's entry about the version of a cluster whose members all are what we are; nil when nothing moves.
    package func versionCommand(requestID: UInt64) -> ByteSlice? {
        guard version.map({ $0 < .ours }) ?? true else { return nil }
        let text = ClusterVersion.ours.description
        if speaksInternally {
            return Self.command(.clusterVersionSet(ClusterVersionSetRequest(ver: text)), requestID)
        }
        return Self.put("/0/version", text, requestID)
    }

    private static func put(_ path: String, _ value: String, _ requestID: UInt64) -> ByteSlice {
        var request = V2Request()
        request.id = requestID
        request.method = "PUT"
        request.path = path
        request.val = value
        return request.encoded()
    }

    private static func command(_ command: InternalRaftRequest.Command, _ requestID: UInt64) -> ByteSlice {
        var request = InternalRaftRequest()
        request.header = RequestHeader(id: requestID)
        request.command = command
        return request.encoded()
    }
}
