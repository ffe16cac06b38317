// AppliedState.swift: which part of the log this database stands for.
//
//     meta / consistent_index   8 bytes, big-endian: the last entry whose effects are here
//     meta / term               8 bytes, big-endian: that entry's term                          (since 3.5)
//     meta / confState          JSON: who the members were at that entry                        (since 3.5)
//
// A snapshot for another member is a copy of the file alone; without these three the receiver would not
// know where to go on. A database of etcd 3.4 has only the first: the term then is 0 and the members are unknown, and
// the member takes them from its log.
//
//     {"voters":[11810759541557361439],"learners":[77],"auto_leave":false}
//
// Member numbers are written as decimal numbers of up to 64 bits, which many JSON readers would round; ours
// and Go's do not.

import BoltFile
package import Bytes
package import Identifiers
import JSON
package import RaftMessages

/// How far the log has been applied, and who the members were then.
package struct AppliedState: Hashable, Sendable {
    /// The last entry whose effects are in the database.
    package var index: LogIndex = .zero
    /// That entry's term.
    package var term: Term = .zero
    /// The members at that entry; nil when the database does not say.
    package var confState: ConfState?

    /// Nothing applied yet.
    package init() {}
}

private enum MetaKey {
    static let index: ByteSlice = "consistent_index"
    static let term: ByteSlice = "term"
    static let confState: ByteSlice = "confState"
}

extension AppliedState {
    /// What the database says.
    init(readingFrom file: borrowing BoltFile, _ meta: BucketHandle) throws(BackendError) {
        self.init()
        index = LogIndex(rawValue: try Self.number(MetaKey.index, in: file, meta))
        term = Term(rawValue: try Self.number(MetaKey.term, in: file, meta))
        guard let text = try Self.value(MetaKey.confState, in: file, meta) else { return }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: text)
        } catch {
            throw .unreadable(key: MetaKey.confState, why: error.description)
        }
        confState = ConfState(json: json)
        if confState == nil { throw .unreadable(key: MetaKey.confState, why: "it is not a configuration") }
    }

    private static func value(
        _ key: ByteSlice, in file: borrowing BoltFile, _ meta: BucketHandle
    ) throws(BackendError) -> ByteView? {
        do throws(BoltError) {
            return try file.get(key.view, in: meta)
        } catch {
            throw .file(error)
        }
    }

    private static func number(
        _ key: ByteSlice, in file: borrowing BoltFile, _ meta: BucketHandle
    ) throws(BackendError) -> UInt64 {
        guard let value = try value(key, in: file, meta) else { return 0 }
        guard value.count == 8 else {
            throw .unreadable(key: key, why: "it has \(value.count) bytes, where 8 are a number")
        }
        return value.bigEndian(at: 0)
    }

    /// Puts what differs from `before` into the open transaction.
    func write(
        ifDifferentFrom before: AppliedState, to file: inout BoltFile, _ meta: BucketHandle
    ) throws(BoltError) {
        if index != before.index { try Self.put(index.rawValue, MetaKey.index, to: &file, meta) }
        if term != before.term { try Self.put(term.rawValue, MetaKey.term, to: &file, meta) }
        if let confState, confState != before.confState {
            let text = confState.json
            try file.put(MetaKey.confState.view, text.view, in: meta)
        }
    }

    private static func put(
        _ number: UInt64, _ key: ByteSlice, to file: inout BoltFile, _ meta: BucketHandle
    ) throws(BoltError) {
        var bytes = ByteBuffer(capacity: 8)
        bytes.append(bigEndian: number)
        try file.put(key.view, bytes.view, in: meta)
    }
}

extension ConfState {
    /// As etcd writes it: lists that are empty are left out.
    package var json: ByteSlice {
        func list(_ name: StaticString, _ members: [MemberID], _ json: inout JSONWriter) {
            guard !members.isEmpty else { return }
            json.key(name)
            json.beginArray()
            for member in members { json.number(member.rawValue) }
            json.endArray()
        }
        var json = JSONWriter(escaping: .asGo)
        json.beginObject()
        list("voters", voters, &json)
        list("learners", learners, &json)
        list("voters_outgoing", votersOutgoing, &json)
        list("learners_next", learnersNext, &json)
        json.key("auto_leave")
        json.bool(autoLeave)
        json.endObject()
        let buffer = json.finish()
        return buffer.slice()
    }

    /// From what etcd wrote; nil when it is something else.
    init?(json: JSONValue) {
        func list(_ name: String) -> [MemberID]? {
            guard let value = json[name], value != .null else { return [] }
            guard let elements = value.elements else { return nil }
            let members = elements.compactMap { $0.integer(UInt64.self).map(MemberID.init(rawValue:)) }
            return members.count == elements.count ? members : nil
        }
        guard json.members != nil, let voters = list("voters"), let learners = list("learners"),
            let outgoing = list("voters_outgoing"), let next = list("learners_next")
        else { return nil }
        self.init(
            voters: voters, learners: learners, votersOutgoing: outgoing, learnersNext: next,
            autoLeave: json["auto_leave"]?.bool ?? false)
    }
}
