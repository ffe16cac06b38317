// ClusterPeer.swift: one member of the cluster, as everybody knows it.
//
// Two things are known of a member, and they come at different times from different people. Who added it said where it
// listens for its peers; that decides who votes, so it travels as a change of Raft's configuration. What it is called and
// where its clients may come, the member says itself, after it has started. A member without a name has never started.
//
//     {"id":11810759541557361439,"peerURLs":["http://127.0.0.1:27180"],"name":"m1","clientURLs":["http://127.0.0.1:27179"]}
//      ---------------------- raft attributes -----------------------  ------------------- attributes -------------------
//
// The same text stands in bucket `members` and in the context of a change. Empty parts are left out, except the peer
// URLs, which Go writes as `null` when there is no list. The id has up to 64 bits: a reader that takes JSON numbers for
// floating point would round it and look for a member that does not exist.
//
// NOT `Member`: that is the room above, one member from the inside. This is how it looks from outside.
//
// SHOWN BY  MembershipTests

package import Bytes
package import Identifiers
internal import JSON

/// One member, seen from outside.
package struct ClusterPeer: Hashable, Sendable {
    /// The number that it keeps for ever.
    package let id: MemberID
    /// What it calls itself; empty until it has started once.
    package var name: String
    /// Where its peers reach it.
    package var peerURLs: [String]
    /// Where clients reach it; it says so itself.
    package var clientURLs: [String]
    /// Whether it is sent everything and has no vote.
    package var isLearner: Bool

    /// A member; what is not said is not known yet.
    package init(
        id: MemberID, name: String = "", peerURLs: [String] = [], clientURLs: [String] = [], isLearner: Bool = false
    ) {
        self.id = id
        self.name = name
        self.peerURLs = peerURLs
        self.clientURLs = clientURLs
        self.isLearner = isLearner
    }

    /// The member as etcd writes it into bucket `members` and into a change.
    package var json: ByteSlice {
        var json = JSONWriter(escaping: .asGo)
        write(to: &json)
        let buffer = json.finish()
        return buffer.slice()
    }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        json.number(id.rawValue)
        json.key("peerURLs")
        json.list(peerURLs)
        if isLearner {
            json.key("isLearner")
            json.bool(true)
        }
        writeAttributes(to: &json)
        json.endObject()
    }

    /// The part that the member says of itself.
    private func writeAttributes(to json: inout JSONWriter) {
        if !name.isEmpty {
            json.key("name")
            json.string(name)
        }
        if !clientURLs.isEmpty {
            json.key("clientURLs")
            json.list(clientURLs)
        }
    }

    /// What stands at `attributes` in the old tree.
    var attributesText: String {
        var json = JSONWriter(escaping: .asGo)
        json.beginObject()
        writeAttributes(to: &json)
        json.endObject()
        let buffer = json.finish()
        return buffer.view.lossyText
    }

    /// What stands at `raftAttributes` in the old tree.
    var raftAttributesText: String {
        var json = JSONWriter(escaping: .asGo)
        json.beginObject()
        json.key("peerURLs")
        json.list(peerURLs)
        if isLearner {
            json.key("isLearner")
            json.bool(true)
        }
        json.endObject()
        let buffer = json.finish()
        return buffer.view.lossyText
    }

    /// Reads the text of a member. Unknown parts are passed over: a later version may have added them.
    package init(json text: ByteView) throws(MembershipError) {
        let value = try JSONValue(parsing: text, as: "a member")
        self = try ClusterPeer(value)
    }

    init(_ value: JSONValue) throws(MembershipError) {
        guard value.members != nil, let id = value["id"]?.integer(UInt64.self) else {
            throw .unreadable(what: "a member", why: "it has no id")
        }
        self.init(id: MemberID(rawValue: id))
        try read(value)
    }

    /// Takes over those parts that the text has.
    mutating func read(_ value: JSONValue) throws(MembershipError) {
        if let urls = try value.texts("peerURLs") { peerURLs = urls }
        if let urls = try value.texts("clientURLs") { clientURLs = urls }
        if let name = value["name"]?.string { self.name = name }
        if let flag = value["isLearner"]?.bool { isLearner = flag }
    }
}

// MARK: - JSON as this room needs it

extension JSONWriter {
    mutating func list(_ texts: [String]) {
        guard !texts.isEmpty else { return null() }
        beginArray()
        for text in texts { string(text) }
        endArray()
    }
}

extension JSONValue {
    init(parsing text: ByteView, as what: String) throws(MembershipError) {
        do throws(JSONError) {
            self = try JSONValue(parsing: text)
        } catch { throw .unreadable(what: what, why: error.description) }
    }

    /// A list of texts; nil when there is none, or `null`.
    func texts(_ name: String) throws(MembershipError) -> [String]? {
        guard let value = self[name], value != .null else { return nil }
        guard let elements = value.elements else { throw .unreadable(what: name, why: "it is not a list") }
        var texts: [String] = []
        for element in elements {
            guard let text = element.string else { throw .unreadable(what: name, why: "it has what is no text") }
            texts.append(text)
        }
        return texts
    }
}
