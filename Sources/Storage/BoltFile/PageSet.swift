// PageSet.swift: sets of page numbers, one bit a page.
//
// Which pages are free? Which has this transaction changed? Which has a walk seen? A bit for each
// page of the file answers all three: 10 million keys in a file of 3.5 GB are 900,000 pages, so the set
// takes 110 KB, where a list of 64-bit numbers could take 7 MB. And reading a set from its
// beginning gives the pages in order, which is the order in which a disk likes to write them.
//
// COST     insert, remove, contains: one word. Finding the next member: 64 pages a step.

/// A set of page numbers.
struct PageSet {
    private var words: [UInt64] = []
    /// How many pages are in it.
    private(set) var count = 0

    init() {}

    func contains(_ page: UInt64) -> Bool {
        let word = Int(page >> 6)
        return word < words.count && words[word] >> (page & 63) & 1 != 0
    }

    /// Adds a page; false when it was there already.
    @discardableResult
    mutating func insert(_ page: UInt64) -> Bool {
        let word = Int(page >> 6)
        if word >= words.count { grow(to: word) }
        let bit = UInt64(1) << (page & 63)
        guard words[word] & bit == 0 else { return false }
        words[word] |= bit
        count += 1
        return true
    }

    /// Adds `length` pages that begin at `page`.
    mutating func insert(_ page: UInt64, count length: Int) {
        for offset in 0..<UInt64(length) { insert(page + offset) }
    }

    /// Takes a page out; false when it was not there.
    @discardableResult
    mutating func remove(_ page: UInt64) -> Bool {
        guard contains(page) else { return false }
        words[Int(page >> 6)] &= ~(UInt64(1) << (page & 63))
        count -= 1
        return true
    }

    mutating func removeAll() {
        guard count > 0 else { return }
        for index in words.indices { words[index] = 0 }
        count = 0
    }

    /// The first member at or after `page`.
    func next(from page: UInt64) -> UInt64? {
        var word = Int(page >> 6)
        guard word < words.count else { return nil }
        var bits = words[word] & (~0 << (page & 63))
        while bits == 0 {
            word += 1
            guard word < words.count else { return nil }
            bits = words[word]
        }
        return UInt64(word << 6 + bits.trailingZeroBitCount)
    }

    /// The first run of `length` members that begins at or after `page`.
    func run(of length: Int, from page: UInt64) -> UInt64? {
        var start = next(from: page)
        while let first = start {
            var found = 1
            while found < length, contains(first + UInt64(found)) { found += 1 }
            if found == length { return first }
            start = next(from: first + UInt64(found))
        }
        return nil
    }

    /// Calls `body` with each member, ascending.
    func forEach<Failure: Error>(_ body: (UInt64) throws(Failure) -> Void) throws(Failure) {
        for word in words.indices {
            var bits = words[word]
            while bits != 0 {
                try body(UInt64(word << 6 + bits.trailingZeroBitCount))
                bits &= bits - 1
            }
        }
    }

    private mutating func grow(to word: Int) {
        words.append(contentsOf: repeatElement(0, count: max(word + 1, words.count * 2) - words.count))
    }
}
