// WatchRanges.swift: who watches this key?
//
// The question is asked for every change, and there may be 100,000 answers or none. Watchers name single keys, or ranges
// (mostly prefixes), or everything from a key on. Many of them name the same: all nodes of a cluster watch the same
// few prefixes. So what is watched is kept once, however many watch it, and its watchers hang on it:
//
//     key "/pods/a"  --- hash table --->   range 4  "/pods/a"             synced -> w4 <-> w2
//                \
//                 `---- interval tree -->  range 0  "/pods/" ... "/pods0"  synced -> w9
//                                          range 7  "/" ...                synced -> w1, w3
//
// Single keys are found by their hash, whatever else is watched. Ranges are found in a tree (WatchIntervals.swift).
//
// THE KEYS lie in one buffer, one after the other: a block of memory for each would cost more than the key. What is
// given up leaves a hole; when the holes are half of the buffer, it is copied without them.
//
// COST     48 bytes a range and its key or keys.

import Bytes

/// What somebody watches.
struct WatchRange {
    /// Where its first key lies in the buffer of keys, and how long it is; the end follows, if it has one.
    var start = 0
    var keyCount: UInt32 = 0
    /// 0: the range is a single key. `openEnd`: it has no end.
    var endCount: UInt32 = 0
    /// Of both keys.
    var hash: UInt32 = 0
    /// How many watchers it has; a range without any is given up.
    var users: UInt32 = 0
    /// Its synced watchers, and those that read history at this moment.
    var synced = WatchList.nothing
    var reading = WatchList.nothing
    /// Its place in the tree (WatchIntervals.swift).
    var left = WatchList.nothing
    var right = WatchList.nothing
    /// Of the ranges under it and itself, the one that ends last.
    var farthest = WatchList.nothing

    static let openEnd = UInt32.max
    var isPoint: Bool { endCount == 0 }
    /// How many bytes it has in the buffer of keys.
    var byteCount: Int { Int(keyCount) + (endCount == Self.openEnd ? 0 : Int(endCount)) }
}

/// Where a range ends, as clients say it.
enum WatchEnd {
    /// It is a single key.
    case point
    /// Before this key.
    case key(ByteView)
    /// Nowhere.
    case open
}

/// Everything that is watched.
struct WatchRanges: ~Copyable {
    var rows: [WatchRange] = []
    private var freeRows: [UInt32] = []
    /// From both keys to the row.
    private var table = WatchTable()
    private var keys = ByteBuffer()
    private var holes = 0
    private let seed: UInt64
    /// The tree's root; it holds every range that is not a point.
    var root = WatchList.nothing
    init(seed: UInt64) { self.seed = seed }

    /// How many ranges are watched.
    var count: Int { table.count }
    var memoryBytes: Int {
        rows.capacity * MemoryLayout<WatchRange>.stride + freeRows.capacity * 4 + table.memoryBytes + keys.capacity
    }

    @inline(__always)
    subscript(row: UInt32) -> WatchRange {
        get { rows[Int(row)] }
        _modify { yield &rows[Int(row)] }
    }

    /// Where a range begins. True until a range is added or given up.
    @inline(__always)
    func key(_ row: UInt32) -> ByteView {
        let range = rows[Int(row)]
        return keys.view[range.start..<(range.start + Int(range.keyCount))]
    }

    /// Where a range ends; empty for single keys and for open ends.
    @inline(__always)
    func end(_ row: UInt32) -> ByteView {
        let range = rows[Int(row)]
        return keys.view[(range.start + Int(range.keyCount))..<(range.start + range.byteCount)]
    }

    /// A hash of both keys. The seed keeps clients from choosing keys that collide, or that make a bad tree.
    @inline(__always)
    private func hash(_ key: ByteView, _ end: ByteView, _ endCount: UInt32) -> UInt32 {
        let first = key.fingerprint(seed: seed)
        return UInt32(truncatingIfNeeded: endCount == 0 ? first : end.fingerprint(seed: first))
    }

    /// The row of a range, made if nobody watches it yet. Each call wants a `release`.
    mutating func acquire(_ key: ByteView, _ end: WatchEnd) -> UInt32 {
        let (endKey, endCount): (ByteView, UInt32) =
            switch end {
            case .point: (ByteView(), 0)
            case .key(let end): (end, UInt32(end.count))
            case .open: (ByteView(), WatchRange.openEnd)
            }
        let hash = self.hash(key, endKey, endCount)
        let row = find(key, endKey, endCount, hash) ?? add(key, endKey, endCount, hash)
        rows[Int(row)].users += 1
        return row
    }

    private func find(_ key: ByteView, _ end: ByteView, _ endCount: UInt32, _ hash: UInt32) -> UInt32? {
        table.find(hash) { row in
            rows[Int(row)].hash == hash && rows[Int(row)].endCount == endCount && self.key(row) == key
                && self.end(row) == end
        }
    }

    private mutating func add(_ key: ByteView, _ end: ByteView, _ endCount: UInt32, _ hash: UInt32) -> UInt32 {
        var range = WatchRange()
        range.start = keys.count
        range.keyCount = UInt32(key.count)
        range.endCount = endCount
        range.hash = hash
        keys.append(key)
        keys.append(end)
        let row: UInt32
        if let free = freeRows.popLast() {
            row = free
            rows[Int(row)] = range
        } else {
            row = UInt32(rows.count)
            rows.append(range)
        }
        table.insert(row) { [rows] in rows[Int($0)].hash }
        if endCount != 0 { addInterval(row) }
        return row
    }

    /// One watcher less; the last one takes the range with it.
    mutating func release(_ row: UInt32) {
        rows[Int(row)].users -= 1
        guard rows[Int(row)].users == 0 else { return }
        if !rows[Int(row)].isPoint { removeInterval(row) }
        table.remove(row) { [rows] in rows[Int($0)].hash }
        holes += rows[Int(row)].byteCount
        rows[Int(row)] = WatchRange()
        freeRows.append(row)
        if holes > 64 << 10, holes * 2 > keys.count { closeHoles() }
    }

    private mutating func closeHoles() {
        var dense = ByteBuffer(capacity: keys.count - holes)
        for row in rows.indices where rows[row].users > 0 {
            let range = rows[row]
            rows[row].start = dense.count
            dense.append(keys.view[range.start..<(range.start + range.byteCount)])
        }
        keys = dense
        holes = 0
    }

    /// Gathers the rows of all ranges that contain `key`: the single key first, then ranges by their beginning.
    @inline(__always)
    func gather(containing key: ByteView, into found: inout [UInt32]) {
        if let point = find(key, ByteView(), 0, hash(key, ByteView(), 0)) { found.append(point) }
        gatherIntervals(under: root, containing: key, into: &found)
    }
}
