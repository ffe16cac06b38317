// KeyIndex.swift: every key, found and in order.
//
// Three parts, each simple, always changed together:
//
//     KeyTable    what is known about each key: when it was changed, how its life began
//     KeyFinder   bytes of a key -> its entry          gets, puts, compares
//     KeyOrder    entries in the order of keys         ranges
//
// Only the birth of a key and its burial (by a compaction) concern all three; a put of a known key is a look-up and
// a few words.
//
// COST     for a million keys of 8 bytes: 40 bytes of facts, 8 of key, 17 for finding, 14 for order: 79 MB.

import Bytes
import Identifiers

/// The index over all keys.
struct KeyIndex: ~Copyable {
    /// The largest sub revision that the index can tell.
    static let maximumSub: Int64 = (1 << 30) - 1

    private(set) var table = KeyTable()
    private var finder: KeyFinder
    private var order = KeyOrder()

    /// No keys.
    init(seed: UInt64) { finder = KeyFinder(seed: seed) }

    /// How many keys there are, those included that are deleted and not forgotten yet.
    var count: Int { table.count }
    /// One more than the largest number of an entry.
    var entryLimit: Int { table.entries.count }
    /// How much memory the index takes.
    var byteCount: Int { table.byteCount + finder.byteCount + order.byteCount }

    // MARK: Looking

    /// The entry of a key.
    @inline(__always)
    func entry(of key: ByteView) -> UInt32? { finder.find(key, in: table) }

    /// The key's state at the end of `revision`; nil when it did not exist.
    @inline(__always)
    func find(_ key: ByteView, at revision: Int64) -> FoundKey? {
        guard let entry = finder.find(key, in: table) else { return nil }
        return table.find(entry, at: revision)
    }

    /// Whether an entry's key lives at `revision`.
    func lives(_ entry: UInt32, at revision: Int64) -> Bool {
        table.isUsed(entry) && table.find(entry, at: revision) != nil
    }

    /// The bytes of a key; true until the index changes.
    @inline(__always)
    func key(_ entry: UInt32) -> ByteView { table.key(entry) }

    /// The first key that is not below `key`.
    func position(notBelow key: ByteView) -> OrderPosition { order.position(notBelow: key, table) }

    /// Where a range ends.
    func position(of end: RangeEnd) -> OrderPosition {
        switch end {
        case .open: .end
        case .before(let key): order.position(notBelow: key, table)
        case .point: preconditionFailure("a point is no range")
        }
    }

    /// The entry where a walk stands.
    @inline(__always)
    func entry(at position: OrderPosition) -> UInt32 { order.entry(at: position) }

    /// The next key.
    @inline(__always)
    func next(_ position: OrderPosition) -> OrderPosition { order.next(position) }

    // MARK: Changing

    /// Notes a put; the answer is the key's entry, and when its life began and how many puts it has had.
    @inline(__always)
    mutating func put(
        _ key: ByteView, at revision: KeyRevision, hasLease: Bool
    ) -> (entry: UInt32, created: Int64, version: Int64) {
        let hash = finder.hash(key)
        let known = finder.find(key, hash, in: table)
        let entry = known ?? add(key, hash)
        let before = table.entries[entry]
        let version = before.version + 1
        let created = before.version == 0 ? revision.main.rawValue : before.created
        table.put(entry, at: revision, created: created, version: version, hasLease: hasLease)
        return (entry, created, version)
    }

    private mutating func add(_ key: ByteView, _ hash: UInt32) -> UInt32 {
        let entry = table.add(key)
        finder.insert(entry, hash)
        order.insert(entry, table)
        return entry
    }

    /// Notes a deletion of a key that lives.
    mutating func delete(_ entry: UInt32, at revision: KeyRevision) {
        precondition(table.entries[entry].version > 0, "K3: a deletion of what does not live")
        table.delete(entry, at: revision)
    }

    // MARK: Restoring

    /// Notes a put that was read from the file. Order comes at the end, by `restored`.
    @inline(__always)
    mutating func restorePut(_ key: ByteView, at revision: KeyRevision, created: Int64, version: Int64, hasLease: Bool)
    {
        let hash = finder.hash(key)
        let entry: UInt32
        if let known = finder.find(key, hash, in: table) {
            entry = known
        } else {
            entry = table.add(key)
            finder.insert(entry, hash)
        }
        table.put(entry, at: revision, created: created, version: version, hasLease: hasLease)
    }

    /// Notes a deletion that was read from the file; a key that was not seen before gets an entry too.
    mutating func restoreTombstone(_ key: ByteView, at revision: KeyRevision) {
        let hash = finder.hash(key)
        let entry: UInt32
        if let known = finder.find(key, hash, in: table) {
            entry = known
        } else {
            entry = table.add(key)
            finder.insert(entry, hash)
        }
        // Two deletions in a row: the life between them was compacted away.
        table.delete(entry, at: revision)
    }

    /// Puts all keys in order, once, after everything was read.
    mutating func restored() {
        order.build(KeySorting.sorted(table), table)
    }

    // MARK: Forgetting

    /// Lets go what a compaction at `revision` does not keep of one entry. The chain that is answered is to be given
    /// to `free`.
    mutating func cut(_ entry: UInt32, at revision: Int64) -> UInt32 {
        guard table.isUsed(entry) else { return KeyTable.none }
        let (chain, isEmpty) = table.cut(entry, at: revision)
        if isEmpty {
            let hash = finder.hash(table.key(entry))
            order.remove(entry, table)
            finder.remove(entry, hash)
            table.remove(entry)
        }
        return chain
    }

    /// Gives up to `limit` changes of a chain back.
    mutating func free(_ chain: UInt32, limit: Int) -> (rest: UInt32, count: Int) { table.free(chain, limit: limit) }

    /// Whether all rules hold: for tests.
    func check() -> String? { order.check(table) }
}
