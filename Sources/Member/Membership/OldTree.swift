// OldTree.swift: the membership as etcd's first store had it, which is what a snapshot file holds.
//
// etcd 2 was a tree of paths, like a file system, with JSON as its picture on disk. etcd 3 keeps keys elsewhere, but its
// snapshot files still are such pictures, and 3.4 and 3.5 take from them who the members are. What they look for:
//
//     /0/members/<id>/raftAttributes    {"peerURLs":[...],"isLearner":true}
//     /0/members/<id>/attributes        {"name":"m1","clientURLs":[...]}          when it has started
//     /0/removed_members/<id>           (nothing)                                 for ever
//     /0/version                        3.5.0                                     when it is decided
//     /1                                where users of the old API kept their keys
//
//     {"Root":{"Path":"/","Children":{"0":{"Path":"/0","Children":{"members":{...}}},"1":{"Path":"/1","Children":{}}}}}
//
// A node with children is a directory, one without is a leaf with a value. Counters, times and the list of past events
// that a real etcd writes beside this may be left out: real members were seen to start from such a picture.
//
// WHAT USERS KEPT below /1 we do not have yet. A picture with something there is refused and names it; to
// go on without it would lose it with the next snapshot.
//
// SHOWN BY  OldTreeTests (pictures of real members; a real etcd starts on ours)

package import Bytes
package import Identifiers
internal import JSON

extension Membership {
    // MARK: Reading

    /// Who were the members when a snapshot was taken, from its data.
    package init(clusterID: ClusterID, ownID: MemberID, snapshot data: ByteView) throws(MembershipError) {
        self.init(clusterID: clusterID, ownID: ownID)
        let what = "the members in a snapshot"
        let value = try JSONValue(parsing: data, as: what)
        guard let root = value["Root"] else { throw .unreadable(what: what, why: "it has no Root") }
        for (name, node) in root.children where name != "0" {
            guard name == "1", node.children.isEmpty else { throw .holdsOldKeys(node) }
        }
        guard let system = root.child("0") else { throw .unreadable(what: what, why: "it has no /0") }
        for (name, node) in system.child("members")?.children ?? [] {
            peers.append(try Self.peer(named: name, node))
        }
        for (name, _) in system.child("removed_members")?.children ?? [] {
            removed.append(try Self.id(named: name))
        }
        peers.sort { $0.id < $1.id }
        removed.sort()
        if let text = system.child("version")?.value {
            guard let version = ClusterVersion(text) else {
                throw .unreadable(what: "the cluster's version", why: "\"\(text)\" is none")
            }
            self.version = version
        }
        check()
    }

    private static func id(named name: String) throws(MembershipError) -> MemberID {
        guard let number = UInt64(name, radix: 16) else {
            throw .unreadable(what: "the members in a snapshot", why: "\"\(name)\" is no member")
        }
        return MemberID(rawValue: number)
    }

    private static func peer(named name: String, _ node: JSONValue) throws(MembershipError) -> ClusterPeer {
        var peer = ClusterPeer(id: try id(named: name))
        for part in ["raftAttributes", "attributes"] {
            guard let text = node.child(part)?.value else { continue }
            let bytes = ByteSlice(utf8: text)
            try peer.read(try JSONValue(parsing: bytes.view, as: "the \(part) of member \(name)"))
        }
        return peer
    }

    // MARK: Writing

    /// The data of a snapshot: everything that is known here, as the old store would draw it.
    package var snapshotData: ByteSlice {
        var json = JSONWriter(escaping: .asGo)
        json.beginObject()
        json.key("Root")
        json.directory("/") { json in
            json.key("0")
            json.directory("/0") { json in
                json.key("members")
                json.directory("/0/members") { json in
                    for peer in peers { json.write(peer) }
                }
                if !removed.isEmpty {
                    json.key("removed_members")
                    json.directory("/0/removed_members") { json in
                        for id in removed { json.leaf("\(id)", at: "/0/removed_members/\(id)", "") }
                    }
                }
                if let version { json.leaf("version", at: "/0/version", version.description) }
            }
            json.key("1")
            json.directory("/1") { _ in }
        }
        json.endObject()
        let buffer = json.finish()
        return buffer.slice()
    }

    /// Who the members are, for peers that ask over HTTP.
    package var peersJSON: ByteSlice {
        var json = JSONWriter(escaping: .asGo)
        json.beginArray()
        for peer in peers { peer.write(to: &json) }
        json.endArray()
        var buffer = json.finish()
        buffer.append(UInt8(ascii: "\n"))
        return buffer.slice()
    }
}

extension JSONWriter {
    fileprivate mutating func directory(_ path: String, _ children: (inout JSONWriter) -> Void) {
        beginObject()
        key("Path")
        string(path)
        key("Children")
        beginObject()
        children(&self)
        endObject()
        endObject()
    }

    fileprivate mutating func leaf(_ name: String, at path: String, _ value: String) {
        key(text: name)
        beginObject()
        key("Path")
        string(path)
        key("Value")
        string(value)
        endObject()
    }

    fileprivate mutating func write(_ peer: ClusterPeer) {
        let path = "/0/members/\(peer.id)"
        key(text: peer.id.description)
        directory(path) { json in
            // A member that never started has said nothing of itself.
            if !peer.name.isEmpty || !peer.clientURLs.isEmpty {
                json.leaf("attributes", at: path + "/attributes", peer.attributesText)
            }
            json.leaf("raftAttributes", at: path + "/raftAttributes", peer.raftAttributesText)
        }
    }
}

extension JSONValue {
    /// The nodes below a directory, in the order of the text.
    fileprivate var children: [(String, JSONValue)] {
        self["Children"]?.members?.map { ($0.name, $0.value) } ?? []
    }

    fileprivate func child(_ name: String) -> JSONValue? { self["Children"]?[name] }

    /// A leaf's value.
    fileprivate var value: String? { self["Value"]?.string }
}

extension MembershipError {
    fileprivate static func holdsOldKeys(_ node: JSONValue) -> MembershipError {
        let path = node.children.first?.1["Path"]?.string ?? node["Path"]?.string ?? "/1"
        return .unreadable(
            what: "the snapshot",
            why: "it holds keys of etcd's v2 API (such as \(path)), which this version does not keep yet")
    }
}
