// Writing.swift: put and delete, one revision at a time.
//
// A write never looks for the place of an old value: there is none to replace. It takes the next revision, asks the index
// how the key's life stands, and appends one pair at the end of the file's history:
//
//     put /a "3"       index: /a lives since 41, 12 puts        pair { /a, created 41, modified 90, version 13, "3" }
//                      90_0 becomes its newest change           stored under 90_0
//     delete /a        90_1 t becomes its newest change         stored under 90_1 t: only the key
//
// Revisions ascend, so the file's tree is written at its right edge, where the last leaf is already in memory: a put
// is a look-up, about 40 bytes more than the value, and one copy into the page.
//
// THE ANSWER'S OLD PAIR (prev_kv) lies in a page that the write may move. It is copied into the answer first; the
// answer's revision is known before the write, because a put always makes one.
//
// WHAT CAN BE REFUSED AT APPLY is refused before anything is changed: a lease that nobody granted, "keep the value" of a
// key that does not exist. All members decide alike, since all have the same store.

package import Backend
import BoltFile
package import Bytes
package import EtcdAPI
package import Identifiers
import Trace

extension Store {
    /// The revision that the write under way makes.
    var writing: Revision { revision.next }

    /// The revision that a reader within the write under way stands at.
    var current: Revision { changes.isEmpty ? revision : writing }

    // MARK: Requests

    /// Carries out a put and appends the whole `PutResponse`.
    package mutating func put(
        _ request: PutRequest.View, to backend: inout Backend, header: HeaderFields, hasLease: (LeaseID) -> Bool,
        into buffer: inout ByteBuffer
    ) throws(StoreError) {
        if request.lease != .none, !hasLease(request.lease) { throw .refused(.leaseNotFound) }
        if request.ignoreValue || request.ignoreLease, index.find(request.key, at: revision.rawValue) == nil {
            throw .refused(.keyNotFound)
        }
        beginWrite()
        try carryOut(request, in: &backend, header: header, into: &buffer)
        finishWrite()
    }

    /// Carries out a deletion and appends the whole `DeleteRangeResponse`.
    package mutating func deleteRange(
        _ request: DeleteRangeRequest.View, in backend: inout Backend, header: HeaderFields,
        into buffer: inout ByteBuffer
    ) throws(StoreError) {
        beginWrite()
        try carryOut(request, in: &backend, header: header, into: &buffer)
        finishWrite()
    }

    /// Deletes keys in one revision, as the end of a lease does: in the order of keys, and those that do not live are
    /// passed over.
    package mutating func revoke(keys: [ByteSlice], in backend: inout Backend) throws(StoreError) {
        beginWrite()
        for key in keys.sorted(by: { $0.view < $1.view }) {
            if let found = index.find(key.view, at: current.rawValue) { try delete(found.entry, in: &backend) }
        }
        finishWrite()
    }

    /// Forgets what the last write changed; the memory too, if that was unusually much.
    mutating func beginWrite() {
        if changes.capacity > 4096 { changes = [] } else { changes.removeAll(keepingCapacity: true) }
    }

    /// All changes are in: the revision is there (V1).
    mutating func finishWrite() {
        if !changes.isEmpty { revision = writing }
    }

    // MARK: One operation

    /// A put that was found possible.
    mutating func carryOut(
        _ request: PutRequest.View, in backend: inout Backend, header: HeaderFields, into buffer: inout ByteBuffer
    ) throws(StoreError) {
        buffer.append(header: header, revision: writing)
        var value = request.value
        var lease = request.lease
        if request.prevKV || request.ignoreValue || request.ignoreLease,
            let found = index.find(request.key, at: current.rawValue)
        {
            if request.prevKV { buffer.append(field: 2, try storedPair(found.revision, from: backend)) }
            if request.ignoreValue { value = try pair(found, from: backend).value }
            if request.ignoreLease { lease = try pair(found, from: backend).lease }
        }
        // (A transaction may delete a key and then put it with "keep the value": a real etcd stops there. Ours puts an
        // empty value, and the deletion and the put are both done.)
        try write(request.key, value, lease, to: &backend)
    }

    /// A deletion of a point or a range.
    mutating func carryOut(
        _ request: DeleteRangeRequest.View, in backend: inout Backend, header: HeaderFields,
        into buffer: inout ByteBuffer
    ) throws(StoreError) {
        let found = living(request.key, RangeEnd(request.rangeEnd))
        buffer.append(header: header, revision: found.isEmpty ? current : writing)
        buffer.append(field: 2, Int64(found.count))
        if request.prevKV {
            for key in found { buffer.append(field: 3, try storedPair(key.revision, from: backend)) }
        }
        for key in found { try delete(key.entry, in: &backend) }
    }

    /// The keys of a range that live at this moment, in order.
    private func living(_ key: ByteView, _ end: RangeEnd) -> [FoundKey] {
        let at = current.rawValue
        switch end {
        case .point:
            return index.find(key, at: at).map { [$0] } ?? []
        case .before(let last) where last <= key: return []
        default: break
        }
        var found: [FoundKey] = []
        var position = index.position(notBelow: key)
        let stop = index.position(of: end)
        while position != stop, !position.isEnd {
            if let key = index.table.find(index.entry(at: position), at: at) { found.append(key) }
            position = index.next(position)
        }
        return found
    }

    // MARK: One change

    /// A new version of a key, in the index and in the file.
    @inline(__always)
    private mutating func write(
        _ key: ByteView, _ value: ByteView, _ lease: LeaseID, to backend: inout Backend
    ) throws(StoreError) {
        let at = KeyRevision(main: writing, sub: Int64(changes.count))
        let (entry, created, version) = index.put(key, at: at, hasLease: lease != .none)
        scratch.removeAll()
        PairFields(
            key: key, created: created, modified: at.main.rawValue, version: version, value: value,
            lease: lease.rawValue
        ).encode(into: &scratch)
        try store(StoredKey(at), to: &backend)
        let change = Change(revision: at, isDelete: false, isCreation: version == 1, lease: lease, entry: entry)
        changes.append(change)
        if trace.isOn {
            // The value may have lain in a page that has moved; in what was stored it is the last field but for the lease.
            let tail = lease == .none ? 0 : 1 + varintSize(UInt64(bitPattern: lease.rawValue))
            let end = scratch.count - tail
            report(change, created: created, version: version, value: scratch.view[(end - value.count)..<end])
        }
    }

    /// The end of a key's life, in the index and in the file.
    private mutating func delete(_ entry: UInt32, in backend: inout Backend) throws(StoreError) {
        let at = KeyRevision(main: writing, sub: Int64(changes.count))
        index.delete(entry, at: at)
        scratch.removeAll()
        PairFields(key: index.key(entry), created: 0, modified: 0, version: 0).encode(into: &scratch)
        try store(StoredKey(at, isTombstone: true), to: &backend)
        let change = Change(revision: at, isDelete: true, isCreation: false, lease: .none, entry: entry)
        changes.append(change)
        if trace.isOn { report(change, created: 0, version: 0, value: ByteView()) }
    }

    /// Puts what `scratch` holds into the file.
    @inline(__always)
    private mutating func store(_ key: StoredKey, to backend: inout Backend) throws(StoreError) {
        let bytes = key.bytes
        let value = scratch.view
        do throws(BoltError) {
            try bytes.withView { (key) throws(BoltError) in try backend.put(key, value, in: .key) }
        } catch {
            throw .file(error)
        }
    }
}
