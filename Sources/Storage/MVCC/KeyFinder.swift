// KeyFinder.swift: from the bytes of a key to its entry, in one look.
//
// A get or a put names one key. The ordered index (KeyOrder.swift) would find it in three or four steps down a tree;
// a hash table finds it in one. The table must grow with the store, and growing all at once would hold up everybody
// for as long as it takes to move a million entries. So it is cut into small tables, and only one of them is ever
// split (extendible hashing, Fagin et al. 1979):
//
//     hash     0110 1011...                       directory, 2^3 words        tables of 1,024 places
//              ^^^                                000 -> A   001 -> A         A: all that begins with 00
//              the first bits choose a table      010 -> B                    B:                      010
//                        ^^^^ the last bits       011 -> C                    C:                      011
//                             a place in it       100 ... 111 -> D            D:                      1
//
// When C is three quarters full it becomes two tables, 0110 and 0111; the directory doubles if C already used all its
// bits. Directory words are few: doubling them costs microseconds even for a hundred million keys.
//
//     place     hash, 32 bits | entry + 1, 32 bits          0: free
//
// Because the hash stands beside the entry, a search compares keys only when 32 bits agree, and a split needs no key.
//
// COST     a look-up: three cache lines of a large store (place, entry, key); about 8.5 bytes a key and as much air.

import Bytes

/// Finds entries by their keys.
struct KeyFinder: ~Copyable {
    private static let tableBits = 10
    private static let tableCount = 1 << tableBits
    private static let tableLimit = tableCount * 3 / 4

    private var places = Slab<UInt64>()
    /// Which table holds the hashes that begin with the index's bits.
    private var directory: [UInt32]
    private var directoryBits = 0
    /// For each table: how many first bits its hashes share, and how many places are taken.
    private var tables: [(bits: Int, taken: Int)]
    private let seed: UInt64

    /// Knows no key. The seed makes it impossible to choose keys that all fall into one place.
    init(seed: UInt64) {
        self.seed = seed
        places.append(repeating: 0, count: Self.tableCount)
        directory = [0]
        tables = [(0, 0)]
    }

    /// The hash of a key, as long as the process lives.
    @inline(__always)
    func hash(_ key: ByteView) -> UInt32 { UInt32(truncatingIfNeeded: key.fingerprint(seed: seed)) }

    @inline(__always)
    private func table(of hash: UInt32) -> Int {
        Int(directory[directoryBits == 0 ? 0 : Int(hash >> UInt32(32 - directoryBits))])
    }

    /// The entry of a key.
    @inline(__always)
    func find(_ key: ByteView, in keys: borrowing KeyTable) -> UInt32? { find(key, hash(key), in: keys) }

    /// The same with a hash that is known already.
    @inline(__always)
    func find(_ key: ByteView, _ hash: UInt32, in keys: borrowing KeyTable) -> UInt32? {
        let first = table(of: hash) << Self.tableBits
        var place = Int(hash) & (Self.tableCount - 1)
        while true {
            let word = places[first + place]
            if word == 0 { return nil }
            if UInt32(truncatingIfNeeded: word >> 32) == hash {
                let entry = UInt32(truncatingIfNeeded: word) - 1
                if keys.key(entry) == key { return entry }
            }
            place = (place + 1) & (Self.tableCount - 1)
        }
    }

    /// Remembers an entry under the hash of its key, which must not be known yet.
    mutating func insert(_ entry: UInt32, _ hash: UInt32) {
        var table = table(of: hash)
        while tables[table].taken >= Self.tableLimit {
            split(table)
            table = self.table(of: hash)
        }
        put(UInt64(hash) << 32 | UInt64(entry + 1), into: table)
    }

    private mutating func put(_ word: UInt64, into table: Int) {
        let first = table << Self.tableBits
        var place = Int(word >> 32) & (Self.tableCount - 1)
        while places[first + place] != 0 { place = (place + 1) & (Self.tableCount - 1) }
        places[first + place] = word
        tables[table].taken += 1
    }

    /// Makes two tables of one, by the next bit of their hashes.
    private mutating func split(_ table: Int) {
        let bits = tables[table].bits
        // 600 keys that agree in 22 bits of a secret hash do not happen.
        precondition(bits < 22, "F1: the hash of keys does not spread them")
        if bits == directoryBits {
            var doubled: [UInt32] = []
            doubled.reserveCapacity(directory.count * 2)
            for number in directory {
                doubled.append(number)
                doubled.append(number)
            }
            directory = doubled
            directoryBits += 1
        }
        let other = tables.count
        tables[table] = (bits + 1, 0)
        tables.append((bits + 1, 0))
        places.append(repeating: 0, count: Self.tableCount)
        var words: [UInt64] = []
        words.reserveCapacity(Self.tableCount)
        let first = table << Self.tableBits
        for place in 0..<Self.tableCount {
            if places[first + place] != 0 { words.append(places[first + place]) }
            places[first + place] = 0
        }
        // The directory's words for one table stand side by side; the upper half of them leads to the new one.
        let share = 1 << (directoryBits - bits)
        let hash = UInt32(truncatingIfNeeded: words[0] >> 32)
        let start = bits == 0 ? 0 : Int(hash >> UInt32(32 - bits)) * share
        for index in start + share / 2..<start + share { directory[index] = UInt32(other) }
        for word in words { put(word, into: word >> UInt64(63 - bits) & 1 == 1 ? other : table) }
    }

    /// Forgets an entry. Later places of the same run move up, so that no search ends too early.
    mutating func remove(_ entry: UInt32, _ hash: UInt32) {
        let table = table(of: hash)
        let first = table << Self.tableBits
        let mask = Self.tableCount - 1
        let word = UInt64(hash) << 32 | UInt64(entry + 1)
        var hole = Int(hash) & mask
        while places[first + hole] != word {
            precondition(places[first + hole] != 0, "F2: an entry is not where its hash says")
            hole = (hole + 1) & mask
        }
        var place = hole
        while true {
            place = (place + 1) & mask
            let next = places[first + place]
            if next == 0 { break }
            // It may move to the hole unless its own place lies between the hole and where it is.
            let home = Int(next >> 32) & mask
            if (place - home) & mask >= (place - hole) & mask {
                places[first + hole] = next
                hole = place
            }
        }
        places[first + hole] = 0
        tables[table].taken -= 1
    }

    /// How much memory all this takes.
    var byteCount: Int { places.byteCount + directory.count * 4 + tables.count * 16 }
}
