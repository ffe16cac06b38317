// WatchChanges.swift: what happened, read from where it is kept.
//
// Bucket `key` is sorted by revision, so it is the history of the store, from the compacted revision to now. An event
// needs nothing else: the value of a put is the very message that the event carries.
//
//     stored key                      stored value                          event
//     5 _ 0                           KeyValue: key, revisions, value       PUT, kv = the stored value, byte for byte
//     6 _ 0 t                         KeyValue: key only                    DELETE, kv = the key and revision 6
//
// The key as it was before comes from the store's index, at the revision before this one. So if one transaction deletes a
// key and writes it again, the event of the put shows no previous value, as it begins a new life; and the
// deletion shows the value from before the transaction. Nothing before the compacted revision is shown.
//
// TIME. A change is views into the tree's pages: true until the backend changes, so within one call of the hub.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Identifiers
import Protobuf

/// One change of one key, in the tree's pages.
struct WatchChange {
    let revision: Revision
    let isDelete: Bool
    /// Whether it begins a life of the key.
    let isCreation: Bool
    let key: ByteView
    /// Of a put: the encoded `KeyValue`.
    let value: ByteView
    /// The encoded `KeyValue` of the key before this revision; looked for when the first watcher wants it.
    private(set) var previous = ByteView()
    private(set) var hasLookedBack = false

    init(storedKey: ByteView, value stored: ByteView) throws(StoreError) {
        guard let place = StoredKey(storedKey) else {
            throw .damaged(revision: nil, why: "a key of \(storedKey.count) bytes that is no revision")
        }
        do throws(WireError) {
            let kv = try KeyValue.View(decoding: stored, levels: WireReader.storedDepthLimit)
            key = kv.key
            isCreation = !place.isTombstone && kv.createRevision == kv.modRevision
        } catch {
            throw .damaged(revision: place.revision, why: "its value is no KeyValue: \(error)")
        }
        revision = place.revision.main
        isDelete = place.isTombstone
        value = stored
    }

    /// Finds out what was there before.
    mutating func lookBack(_ store: borrowing Store, _ backend: borrowing Backend) throws(StoreError) {
        guard !hasLookedBack else { return }
        hasLookedBack = true
        guard !isCreation, revision.previous >= store.compacted else { return }
        do throws(BoltError) {
            previous = try store.keyValue(key, at: revision.previous, in: backend) ?? ByteView()
        } catch {
            throw .file(error)
        }
    }
}

/// Walks along history from the first change of a revision.
struct WatchHistory {
    private var cursor: Cursor

    init(_ backend: borrowing Backend, from revision: Revision) throws(StoreError) {
        var start = ByteBuffer(capacity: 17)
        start.append(bigEndian: revision.rawValue)
        start.append(literal: "_")
        start.append(bigEndian: 0 as Int64)
        do throws(BoltError) {
            cursor = try backend.tree(.key).cursor()
            try cursor.seek(start.view)
        } catch {
            throw .file(error)
        }
    }

    /// The next change; nil at the end.
    mutating func next() throws(StoreError) -> WatchChange? {
        guard cursor.isValid else { return nil }
        let change = try WatchChange(storedKey: cursor.key, value: cursor.value)
        do throws(BoltError) {
            try cursor.next()
        } catch {
            throw .file(error)
        }
        return change
    }
}

/// Where changes and those who hear of them are written down, and paired.
struct WatchSheet {
    /// The changes that somebody hears of.
    var changes: [WatchChange] = []
    /// Who hears of which: the number of a watcher, or of a reader, above the number of a change. Sorting them groups
    /// them by watcher, each with its changes in order (W1).
    var hits: [UInt64] = []
    /// The ranges that contain a key.
    var found: [UInt32] = []
    /// Those who read history.
    var readers: [WatchReader] = []

    static func hit(_ who: UInt32, change: Int) -> UInt64 { UInt64(who) << 32 | UInt64(change) }
    static func who(_ hit: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hit >> 32) }
    static func change(_ hit: UInt64) -> Int { Int(UInt32(truncatingIfNeeded: hit)) }

    /// Forgets everything (views must not stay) and keeps the room, unless it was made by something very large.
    mutating func removeAll() {
        let keeps = changes.capacity < 100_000 && hits.capacity < 1_000_000
        changes.removeAll(keepingCapacity: keeps)
        hits.removeAll(keepingCapacity: keeps)
        found.removeAll(keepingCapacity: keeps)
        readers.removeAll(keepingCapacity: keeps)
    }

    /// Where the hits end that belong to the same watcher as the one at `start`.
    func endOfGroup(from start: Int) -> Int {
        var end = start + 1
        while end < hits.count, Self.who(hits[end]) == Self.who(hits[start]) { end += 1 }
        return end
    }
}
