// WatchTable.swift: from a name to a row, in four bytes.
//
// The rows already hold the names: of a watcher its stream and id, of a range its keys. A dictionary would
// hold them again. So this table holds row numbers only, at the place that the name's hash says, or at the next free
// one after it; whoever looks something up compares with the rows.
//
//     hash("a") = 5                     0   1   2   3   4   5   6   7
//     hash("b") = 5                   +---+---+---+---+---+---+---+---+
//     hash("c") = 6                   |   |   |   |   |   | a | b | c |         a probe runs to the first gap
//                                     +---+---+---+---+---+---+---+---+
//
// REMOVING leaves no mark: whoever stands after the gap and would be found earlier moves into it, and so on to the next
// gap. So a table that has been used for a year probes like a new one.
//
// RULES    H1  between the place that its hash says and the place where a row stands there is no gap.
//          H2  at most three quarters are taken, so a probe ends.
// COST     four bytes a place: 5 to 11 for each row.

/// Row numbers by the hash of what the rows hold.
struct WatchTable {
    private static let gap = UInt32.max
    private var places: [UInt32] = [UInt32](repeating: gap, count: 16)
    private(set) var count = 0

    private var mask: Int { places.count - 1 }
    var memoryBytes: Int { places.capacity * 4 }

    /// The row for which `matches` holds.
    @inline(__always)
    func find(_ hash: UInt32, where matches: (UInt32) -> Bool) -> UInt32? {
        var place = Int(hash) & mask
        while case let row = places[place], row != Self.gap {
            if matches(row) { return row }
            place = (place + 1) & mask
        }
        return nil
    }

    /// Adds a row; `hash` says the hash of any row.
    mutating func insert(_ row: UInt32, hash: (UInt32) -> UInt32) {
        if (count + 1) * 4 > places.count * 3 { resize(to: places.count * 2, hash) }
        place(row, hash(row))
        count += 1
    }

    private mutating func place(_ row: UInt32, _ hash: UInt32) {
        var place = Int(hash) & mask
        while places[place] != Self.gap { place = (place + 1) & mask }
        places[place] = row
    }

    /// Takes a row out, which must be there.
    mutating func remove(_ row: UInt32, hash: (UInt32) -> UInt32) {
        var place = Int(hash(row)) & mask
        while places[place] != row {
            precondition(places[place] != Self.gap, "H1: row \(row) is not in the table")
            place = (place + 1) & mask
        }
        closeGap(at: place, hash)
        count -= 1
        if places.count > 1024, count * 8 < places.count { resize(to: places.count / 2, hash) }
    }

    /// Moves up whoever is on the wrong side of a gap (H1).
    private mutating func closeGap(at emptied: Int, _ hash: (UInt32) -> UInt32) {
        var gap = emptied
        var place = gap
        while true {
            place = (place + 1) & mask
            let row = places[place]
            guard row != Self.gap else { break }
            // How far the row stands from where it should be, and how far the gap is from here.
            let home = Int(hash(row)) & mask
            if (place - home) & mask >= (place - gap) & mask {
                places[gap] = row
                gap = place
            }
        }
        places[gap] = Self.gap
    }

    private mutating func resize(to size: Int, _ hash: (UInt32) -> UInt32) {
        let rows = places
        places = [UInt32](repeating: Self.gap, count: size)
        for row in rows where row != Self.gap { place(row, hash(row)) }
    }
}
