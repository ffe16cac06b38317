// KeyTable.swift: what is known about each key without asking the file.
//
// The file is ordered by time; requests ask by key. Between them stands an index in memory, rebuilt at each start: for
// each key, when it was changed. Values stay in the file. This table holds the facts; KeyFinder.swift finds a key in
// it and KeyOrder.swift walks through it in order.
//
//     entry 7   key ----> "/app/leader" in the arena
//               newest    main 90, sub 0     created 41, version 12          everything a reader of now needs
//               history --> 88_0 --> 61_0 --> 41_0 --> 40_0 t --> 12_3       each 16 bytes, newest first
//                                                      ^ a deletion: what is older was another life of this key
//
// WHY IS THE NEWEST APART? Nearly every request asks for now. It finds all of it in one record of 40 bytes: which
// revision to fetch, and, for those who want no value, creation and version too. Older versions cost 16 bytes each
// and are found by walking back; how often they were written and when they began stands in the file with the value.
//
// A LIFE OF A KEY (etcd: a generation) begins with a put and ends with a deletion. Version counts puts within a life.
// An entry whose newest change is a deletion has version 0.
//
// COST     40 bytes a key, 16 for each older version, and the key itself.
// RULES    K1  main, sub ascend strictly along a key's history.
//          K2  `created` and `version` are those of the newest put; both 0 when the newest change is a deletion.
//          K3  a deletion never follows a deletion, and nothing older than a deletion at its beginning is kept alone.

import Bytes
import Identifiers

/// One key.
struct KeyEntry: BitwiseCopyable {
    /// The key's bytes in the arena; 0 for an entry that is free.
    var key: UInt64
    /// The newest change.
    var main: Int64
    /// When the current life began.
    var created: Int64
    /// How many puts the current life has had; 0 after a deletion.
    var version: Int64
    /// `sub` and flags of the newest change.
    var place: ChangePlace
    /// The change before, or the next free entry.
    var older: UInt32
}

/// A sub revision and two flags in four bytes.
struct ChangePlace: BitwiseCopyable {
    private var bits: UInt32

    init(sub: Int64, isTombstone: Bool, hasLease: Bool) {
        bits = UInt32(truncatingIfNeeded: sub) | (isTombstone ? 1 << 31 : 0) | (hasLease ? 1 << 30 : 0)
    }

    var sub: Int64 { Int64(bits & ((1 << 30) - 1)) }
    var isTombstone: Bool { bits & (1 << 31) != 0 }
    var hasLease: Bool { bits & (1 << 30) != 0 }
}

/// An older change of a key.
struct OlderChange: BitwiseCopyable {
    var main: Int64
    var place: ChangePlace
    /// The change before this one; `KeyTable.none` at the end.
    var older: UInt32
}

/// What the index knows about a key at some revision: it lives, and this is its newest put.
struct FoundKey: BitwiseCopyable {
    var entry: UInt32
    var place: ChangePlace
    var main: Int64
    /// Creation and version, where the index has them; version 0 when only the file does.
    var created: Int64
    var version: Int64

    var revision: KeyRevision { KeyRevision(main: Revision(rawValue: main), sub: place.sub) }
}

/// All keys, numbered.
struct KeyTable: ~Copyable {
    static let none = UInt32.max

    private(set) var entries = Slab<KeyEntry>()
    private var history = Slab<OlderChange>()
    private(set) var arena = KeyArena()
    private var freeEntry = KeyTable.none
    private var freeChange = KeyTable.none
    /// How many entries are in use.
    private(set) var count = 0
    /// How many older changes are in use.
    private(set) var olderCount = 0

    /// The bytes of a key.
    @inline(__always)
    func key(_ entry: UInt32) -> ByteView { arena.view(entries[entry].key) }

    /// Whether the entry is in use.
    func isUsed(_ entry: UInt32) -> Bool { entries[entry].key != 0 }

    // MARK: Changing

    /// A key whose first change comes next.
    mutating func add(_ key: ByteView) -> UInt32 {
        let entry = KeyEntry(
            key: arena.insert(key), main: 0, created: 0, version: 0,
            place: ChangePlace(sub: 0, isTombstone: false, hasLease: false), older: Self.none)
        count += 1
        guard freeEntry != Self.none else {
            let number = entries.append(entry)
            precondition(number < Int(Self.none), "K0: more than four billion keys")
            return UInt32(number)
        }
        let number = freeEntry
        freeEntry = entries[number].older
        entries[number] = entry
        return number
    }

    /// Forgets a key. Its history must be gone.
    mutating func remove(_ entry: UInt32) {
        arena.remove(entries[entry].key)
        entries[entry].key = 0
        entries[entry].older = freeEntry
        freeEntry = entry
        count -= 1
    }

    /// The newest change becomes an older one; afterwards the entry may take a new one.
    @inline(__always)
    mutating func push(_ entry: UInt32) {
        let newest = entries[entry]
        // Main revisions begin at 2 (a foreign file may have 0 and 1): a fresh entry is recognised by version and mark.
        if newest.version == 0, !newest.place.isTombstone { return }
        let change = OlderChange(main: newest.main, place: newest.place, older: newest.older)
        olderCount += 1
        if freeChange == Self.none {
            entries[entry].older = UInt32(history.append(change))
        } else {
            let number = freeChange
            freeChange = history[number].older
            history[number] = change
            entries[entry].older = number
        }
    }

    /// Notes a put as the newest change.
    @inline(__always)
    mutating func put(_ entry: UInt32, at revision: KeyRevision, created: Int64, version: Int64, hasLease: Bool) {
        push(entry)
        entries[entry].main = revision.main.rawValue
        entries[entry].place = ChangePlace(sub: revision.sub, isTombstone: false, hasLease: hasLease)
        entries[entry].created = created
        entries[entry].version = version
    }

    /// Notes a deletion as the newest change.
    mutating func delete(_ entry: UInt32, at revision: KeyRevision) {
        push(entry)
        entries[entry].main = revision.main.rawValue
        entries[entry].place = ChangePlace(sub: revision.sub, isTombstone: true, hasLease: false)
        entries[entry].created = 0
        entries[entry].version = 0
    }

    // MARK: Reading

    /// The put that is the key's state at the end of `revision`; nil when it did not exist then.
    @inline(__always)
    func find(_ entry: UInt32, at revision: Int64) -> FoundKey? {
        let newest = entries[entry]
        if newest.main <= revision {
            if newest.version == 0 { return nil }
            return FoundKey(
                entry: entry, place: newest.place, main: newest.main, created: newest.created, version: newest.version)
        }
        return findOlder(entry, newest.older, at: revision)
    }

    private func findOlder(_ entry: UInt32, _ first: UInt32, at revision: Int64) -> FoundKey? {
        var number = first
        while number != Self.none {
            let change = history[number]
            if change.main <= revision {
                if change.place.isTombstone { return nil }
                return FoundKey(entry: entry, place: change.place, main: change.main, created: 0, version: 0)
            }
            number = change.older
        }
        return nil
    }

    /// The newest change that is not after `revision`, a deletion included.
    func newestChange(_ entry: UInt32, at revision: Int64) -> (revision: KeyRevision, isTombstone: Bool)? {
        let newest = entries[entry]
        if newest.main <= revision { return (Self.name(newest.main, newest.place), newest.place.isTombstone) }
        var number = newest.older
        while number != Self.none {
            let change = history[number]
            if change.main <= revision { return (Self.name(change.main, change.place), change.place.isTombstone) }
            number = change.older
        }
        return nil
    }

    private static func name(_ main: Int64, _ place: ChangePlace) -> KeyRevision {
        KeyRevision(main: Revision(rawValue: main), sub: place.sub)
    }

    /// Which life of the key this is, of those that are known, from 1; 0 when its history is longer than `limit`. What a compaction
    /// at `compacted` has taken is not known.
    ///
    /// Inlined, because a table that is lent to a function is copied to the stack first.
    @inline(__always)
    func lives(_ entry: UInt32, limit: Int, compacted: Int64) -> Int {
        let newest = entries[entry]
        // Of a life that no compaction has cut, every put is there: no need to walk over them.
        if newest.version > limit, newest.created > compacted { return 0 }
        var lives = 1
        var number = newest.older
        for _ in 0..<limit {
            if number == Self.none { return lives }
            let change = history[number]
            if change.place.isTombstone { lives += 1 }
            number = change.older
        }
        return 0
    }

    // MARK: Forgetting

    /// Cuts off what a compaction at `revision` lets go: everything before the newest change that is not after it, and
    /// that change too if it is a deletion before `revision` (one exactly at it is kept, for watchers that start
    /// there). Answers the chain that was cut off, for `free`, and whether nothing of the key is left.
    mutating func cut(_ entry: UInt32, at revision: Int64) -> (chain: UInt32, isEmpty: Bool) {
        let newest = entries[entry]
        if newest.main <= revision {
            entries[entry].older = Self.none
            return (newest.older, newest.place.isTombstone && newest.main < revision)
        }
        // `last` is the oldest change after `revision`.
        var last = Self.none
        var number = newest.older
        while number != Self.none, history[number].main > revision {
            last = number
            number = history[number].older
        }
        guard number != Self.none else { return (Self.none, false) }
        let kept = history[number]
        if kept.place.isTombstone, kept.main < revision {
            if last == Self.none { entries[entry].older = Self.none } else { history[last].older = Self.none }
            return (number, false)
        }
        history[number].older = Self.none
        return (kept.older, false)
    }

    /// Gives up to `limit` changes of a chain back; answers what is left of it and how many that were.
    mutating func free(_ chain: UInt32, limit: Int) -> (rest: UInt32, count: Int) {
        var number = chain
        var done = 0
        while number != Self.none, done < limit {
            let next = history[number].older
            history[number].older = freeChange
            freeChange = number
            number = next
            done += 1
        }
        olderCount -= done
        return (number, done)
    }

    /// How much memory all this takes.
    var byteCount: Int { entries.byteCount + history.byteCount + arena.byteCount }
}
