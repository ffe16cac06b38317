// Saving.swift: the membership in the database, so that a copy of the database alone is enough for 3.6 and for tools.
//
//     bucket members           a3e83f3a1a14fb1f  ->  the member as JSON
//     bucket members_removed   11e9f8c4d5a2b344  ->  removed
//     bucket cluster           clusterVersion    ->  3.5.0
//                              downgrade         ->  {"target-version":"3.4.0","enabled":true}
//
// Memory first: an entry changes the value, and `save` then writes what changed, in the same batch as the entry's applied
// index. WHILE THE LOG IS READ AGAIN after a restart, entries up to the database's applied index only rebuild memory:
// the database is already further, and a member that was renamed in entry 900 must not be called by its old name
// because entry 3 was read again. Then `forgetUnsaved` is called instead.
//
// MENDING. etcd 3.5.1 leaves members in their first form; later versions mend that at a start, and so do we. What
// the buckets have is compared with what the log has said, and only what differs is written.

package import Backend
package import BoltFile
internal import Bytes
internal import Identifiers
internal import JSON

/// A downgrade under way, as bucket `cluster` keeps it.
struct Downgrade: Hashable, Sendable {
    var target: String
    var isEnabled: Bool

    var json: ByteSlice {
        var json = JSONWriter(escaping: .asGo)
        json.beginObject()
        json.key("target-version")
        json.string(target)
        json.key("enabled")
        json.bool(isEnabled)
        json.endObject()
        let buffer = json.finish()
        return buffer.slice()
    }
}

/// What the buckets do not have yet.
struct Unsaved: Hashable, Sendable {
    var ids: [MemberID] = []
    var version = false
    var downgrade: Downgrade?

    var isEmpty: Bool { ids.isEmpty && !version && downgrade == nil }

    mutating func note(_ id: MemberID) { if !ids.contains(id) { ids.append(id) } }
}

private enum ClusterKey {
    static let version: ByteSlice = "clusterVersion"
    static let downgrade: ByteSlice = "downgrade"
    static let removed: ByteSlice = "removed"
}

extension Membership {
    /// Whether `save` would write something.
    package var hasUnsaved: Bool { !unsaved.isEmpty }

    /// The buckets have this already, or something newer.
    package mutating func forgetUnsaved() { unsaved = Unsaved() }

    /// Writes what has changed. Belongs to the batch of the entry that changed it.
    package mutating func save(to backend: inout Backend) throws(BoltError) {
        guard hasUnsaved else { return }
        for id in unsaved.ids { try save(id, to: &backend) }
        if unsaved.version, let version {
            let text = ByteSlice(utf8: version.description)
            try backend.put(ClusterKey.version.view, text.view, in: .cluster)
        }
        if let downgrade = unsaved.downgrade {
            let text = downgrade.json
            try backend.put(ClusterKey.downgrade.view, text.view, in: .cluster)
        }
        forgetUnsaved()
    }

    private func save(_ id: MemberID, to backend: inout Backend) throws(BoltError) {
        let key = ByteSlice(utf8: id.description)
        if let peer = self[id] {
            let text = peer.json
            try backend.put(key.view, text.view, in: .members)
        } else {
            try backend.delete(key.view, in: .members)
            try backend.put(key.view, ClusterKey.removed.view, in: .membersRemoved)
        }
    }

    /// Brings the buckets to what is known here, at the end of a recovery.
    package mutating func repair(_ backend: inout Backend) throws(BoltError) {
        for peer in peers {
            let (key, text) = (ByteSlice(utf8: peer.id.description), peer.json)
            let stored = try backend.get(key.view, in: .members).map { $0 == text.view } ?? false
            if !stored { unsaved.note(peer.id) }
        }
        for id in removed {
            let key = ByteSlice(utf8: id.description)
            let isMember = try backend.get(key.view, in: .members) != nil
            let isNoted = try backend.get(key.view, in: .membersRemoved) != nil
            if isMember || !isNoted { unsaved.note(id) }
        }
        if let version {
            let text = ByteSlice(utf8: version.description)
            let stored = try backend.get(ClusterKey.version.view, in: .cluster).map { $0 == text.view } ?? false
            if !stored { unsaved.version = true }
        }
        try save(to: &backend)
    }

    /// The cluster's version as the database has it, which is looked at before the log is read: a directory of a later
    /// version must not be touched.
    package static func storedVersion(in backend: borrowing Backend) throws(BoltError) -> ClusterVersion? {
        let text = try backend.get(ClusterKey.version.view, in: .cluster)?.lossyText
        return text.flatMap { ClusterVersion($0) }
    }
}
