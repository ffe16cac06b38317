// WholeClients.swift: who asks, who watches, and how what they were told is judged.
//
// Clients of six kinds: they put, delete ranges, guard a write by what they saw (transactions), read linearizably and
// serializably, and compact. Three watchers follow a range each, and one more, the observer, writes the truth down
// (Truth.swift). A client that hears nothing because its member died never knows what became of its
// request, as in life; a watcher goes on at another member behind the last revision that it was told.
//
// WHEN IS AN ANSWER JUDGED? Its age at once (K5), for that depends on the moment. Its content at the end, when the truth is
// known as far as it speaks of.

import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Member
import Protobuf

/// What a client has asked for.
struct Question {
    enum Kind {
        case put(key: String, value: [UInt8])
        case delete(from: String, to: String)
        /// Write if the key still has this modification revision; else read it.
        case swap(key: String, ifModified: Int64, value: [UInt8])
        case read(from: String, to: String, serializable: Bool)
        case compact(Int64)
        case hash(Int64)
    }

    var kind: Kind
    /// Who was asked.
    var member: MemberID
    /// The highest revision in any answer that was there when this was asked (K5).
    var floor: Int64

    /// The call and its message.
    var message: (method: Member.Method, bytes: ByteSlice) {
        func bytes(_ text: String) -> ByteSlice { ByteSlice(utf8: text) }
        switch kind {
        case .put(let key, let value): return (.put, PutRequest(key: bytes(key), value: ByteSlice(value)).encoded())
        case .delete(let from, let to):
            return (.deleteRange, DeleteRangeRequest(key: bytes(from), rangeEnd: bytes(to)).encoded())
        case .swap(let key, let modified, let value):
            let guarded = Compare(
                result: .equal, target: .mod, key: bytes(key),
                targetUnion: .modRevision(Revision(rawValue: modified)))
            let put = RequestOp(request: .requestPut(PutRequest(key: bytes(key), value: ByteSlice(value))))
            let get = RequestOp(request: .requestRange(RangeRequest(key: bytes(key))))
            return (.txn, TxnRequest(compare: [guarded], success: [put], failure: [get]).encoded())
        case .read(let from, let to, let serializable):
            return (
                .range,
                RangeRequest(key: bytes(from), rangeEnd: bytes(to), serializable: serializable).encoded()
            )
        case .compact(let revision):
            return (.compact, CompactionRequest(revision: Revision(rawValue: revision)).encoded())
        case .hash(let revision): return (.hashKV, HashKVRequest(revision: Revision(rawValue: revision)).encoded())
        }
    }
}

/// Something that a client was told, to be judged when the truth is known.
struct Told {
    enum What {
        /// These changes happened at the answer's revision, all of them, and nothing else.
        case changed([(key: String, value: [UInt8]?)])
        /// A range was deleted.
        case deleted(from: String, to: String, count: Int64)
        /// A guarded write found its key as expected, or not.
        case swapped(key: String, ifModified: Int64, succeeded: Bool)
        /// These keys, and no other, were in the range.
        case read(from: String, to: String, [String: KeyState])
    }

    var what: What
    var revision: Int64
    var by: MemberID
}

/// Who follows a range.
final class Follower {
    let name: String
    let from: String
    let to: String
    /// Everything up to here was told, or nothing happened.
    var revision: Int64
    /// What was told, in order.
    var told: [(revision: Int64, change: KeyChange)] = []
    /// After a cancellation because of a compaction there is a hole, honestly announced: up to and including this.
    var holes: [ClosedRange<Int64>] = []
    /// Where it watches now.
    var stream: WatchStreamID?
    var member: MemberID?

    init(_ name: String, from: String, to: String, after revision: Int64) {
        self.name = name
        self.from = from
        self.to = to
        self.revision = revision
    }

    /// The message that begins a watch behind what is known.
    var request: ByteSlice {
        let create = WatchCreateRequest(
            key: ByteSlice(utf8: from), rangeEnd: ByteSlice(utf8: to),
            startRevision: Revision(rawValue: revision + 1))
        return WatchRequest(requestUnion: .createRequest(create)).encoded()
    }
}

extension KeyState {
    init(_ kv: KeyValue) {
        self.init(
            value: kv.value.array, created: kv.createRevision.rawValue, modified: kv.modRevision.rawValue,
            version: kv.version)
    }
}

/// Judges what was told against what happened.
struct Judge {
    let truth: Truth

    func check(_ told: Told) throws(BrokenPromise) {
        let at = "member \(told.by) said at revision \(told.revision)"
        switch told.what {
        case .changed(let changes):
            let really = (truth.changes(at: told.revision) ?? []).map { ($0.key, $0.state?.value) }
            guard really.elementsEqual(changes, by: { $0.0 == $1.key && $0.1 == $1.value }) else {
                throw BrokenPromise(
                    .acknowledgedIsKept,
                    "\(at) that it wrote \(changes.map(\.key)); the truth there is \(really.map(\.0))")
            }
        case .deleted(let from, let to, let count): try checkDeletion(told.revision, from, to, count, at)
        case .swapped(let key, let expected, let succeeded):
            let before = truth.state(at: succeeded ? told.revision - 1 : told.revision)?[key]?.modified ?? 0
            guard (before == expected) == succeeded else {
                throw BrokenPromise(
                    .readsAreTrue,
                    "\(at) that \(key) \(succeeded ? "was" : "was not") modified at \(expected); it was at \(before)")
            }
        case .read(let from, let to, let keys):
            let really = truth.state(at: told.revision)?.filter { $0.key >= from && $0.key < to }
            guard really == keys else {
                throw BrokenPromise(
                    .readsAreTrue,
                    "\(at) that \(from)..<\(to) has \(keys.keys.sorted()), the truth is \(really?.keys.sorted() ?? [])"
                )
            }
        }
    }

    private func checkDeletion(
        _ revision: Int64, _ from: String, _ to: String, _ count: Int64, _ at: String
    ) throws(BrokenPromise) {
        guard count > 0 else {
            let there = truth.state(at: revision)?.keys.filter { $0 >= from && $0 < to } ?? []
            guard there.isEmpty else {
                throw BrokenPromise(.readsAreTrue, "\(at) that nothing was in \(from)..<\(to); there was \(there)")
            }
            return
        }
        let gone = truth.changes(at: revision)?.filter { $0.state == nil && $0.key >= from && $0.key < to }.count ?? 0
        guard gone == count else {
            throw BrokenPromise(.acknowledgedIsKept, "\(at) that it deleted \(count) keys; the truth is \(gone)")
        }
    }

    /// K4: exactly the changes of its range, each once, in order.
    func check(_ follower: Follower, after start: Int64) throws(BrokenPromise) {
        var expected: [(Int64, KeyChange)] = []
        var revision = max(start, 1) + 1
        while revision <= min(follower.revision, truth.revision) {
            if !follower.holes.contains(where: { $0.contains(revision) }) {
                for change in truth.changes(at: revision) ?? []
                where change.key >= follower.from && change.key < follower.to {
                    expected.append((revision, change))
                }
            }
            revision += 1
        }
        let told = follower.told.filter { $0.revision <= truth.revision }
        guard told.elementsEqual(expected, by: { $0.revision == $1.0 && $0.change == $1.1 }) else {
            let index = zip(told, expected).enumerated().first { $1.0.revision != $1.1.0 || $1.0.change != $1.1.1 }?
                .offset
            let place = index ?? min(told.count, expected.count)
            let got = place < told.count ? "\(told[place].change.key) at \(told[place].revision)" : "nothing more"
            let due = place < expected.count ? "\(expected[place].1.key) at \(expected[place].0)" : "nothing more"
            throw BrokenPromise(
                .watchersMissNothing, "watcher \(follower.name) was told \(got) as its message \(place); due was \(due)"
            )
        }
    }
}
