// WatchIntervals.swift: the tree of watched ranges: which of them contain a key?
//
// Ranges overlap as they please, so sorting them is not enough: the one that contains "m" may begin at "a". The tree
// is sorted by where ranges begin, and each node knows which range under it ends last. With that, whole subtrees are
// passed over:
//
//                        ["d", "k")                                  looking for "m":
//                        farthest end: "z"                             the left side ends at "f": nothing there
//                       /                \                             "d"..."k" does not contain it
//              ["a", "f")              ["h", "z")                      "h"..."z" does
//              farthest "f"            farthest "z"                    right of a node that begins after "m": nothing
//
// WHY A TREAP? A sorted tree must be kept from becoming a list. Here each node has a random number, its hash,
// and no node has a smaller one than those under it: exactly one tree fulfils both orders, whatever came first, and its depth
// is that of a tree built in random order, about 2 ln n. Splitting and merging keep it so, with no cases to learn.
// The hash has a seed that clients do not know, so none can choose a bad tree. What is found does not depend on its
// shape: the answer is in order of beginnings.
//
// RULES    I1  in order, nodes ascend by beginning, then by end (an open end last).
//          I2  a node's hash is not smaller than its children's.
//          I3  `farthest` names the one with the largest end of the node and its subtrees.
// COST     a look-up: O(log n) for each range that it finds, mostly far less, since found ones are neighbours.

import Bytes

extension WatchRanges {
    /// Whether `left` comes before `right` in the tree (I1).
    private func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
        let order = key(left).compare(key(right))
        return order != 0 ? order < 0 : endsBefore(left, right)
    }

    /// Whether `left` ends before `right`.
    private func endsBefore(_ left: UInt32, _ right: UInt32) -> Bool {
        if rows[Int(left)].endCount == WatchRange.openEnd { return false }
        if rows[Int(right)].endCount == WatchRange.openEnd { return true }
        return end(left) < end(right)
    }

    /// Whether a range ends after a key.
    @inline(__always)
    private func reaches(_ row: UInt32, _ key: ByteView) -> Bool {
        rows[Int(row)].endCount == WatchRange.openEnd || key < end(row)
    }

    /// Ranges under a node that contain a key, in order.
    func gatherIntervals(under node: UInt32, containing key: ByteView, into found: inout [UInt32]) {
        guard node != WatchList.nothing, reaches(rows[Int(node)].farthest, key) else { return }
        gatherIntervals(under: rows[Int(node)].left, containing: key, into: &found)
        guard self.key(node) <= key else { return }
        if reaches(node, key) { found.append(node) }
        gatherIntervals(under: rows[Int(node)].right, containing: key, into: &found)
    }

    /// Puts a new range into the tree.
    mutating func addInterval(_ row: UInt32) {
        rows[Int(row)].farthest = row
        root = insert(row, under: root)
    }

    private mutating func insert(_ row: UInt32, under node: UInt32) -> UInt32 {
        guard node != WatchList.nothing else { return row }
        if rows[Int(row)].hash > rows[Int(node)].hash {
            // The new one belongs above all of these (I2): they are parted into those before and after it.
            let (left, right) = split(node, at: row)
            rows[Int(row)].left = left
            rows[Int(row)].right = right
            update(row)
            return row
        }
        if precedes(row, node) {
            rows[Int(node)].left = insert(row, under: rows[Int(node)].left)
        } else {
            rows[Int(node)].right = insert(row, under: rows[Int(node)].right)
        }
        update(node)
        return node
    }

    /// Parts a subtree into what comes before a range and what comes after it.
    private mutating func split(_ node: UInt32, at row: UInt32) -> (left: UInt32, right: UInt32) {
        guard node != WatchList.nothing else { return (node, node) }
        if precedes(node, row) {
            let (left, right) = split(rows[Int(node)].right, at: row)
            rows[Int(node)].right = left
            update(node)
            return (node, right)
        }
        let (left, right) = split(rows[Int(node)].left, at: row)
        rows[Int(node)].left = right
        update(node)
        return (left, node)
    }

    /// Takes a range out of the tree.
    mutating func removeInterval(_ row: UInt32) { root = remove(row, under: root) }

    private mutating func remove(_ row: UInt32, under node: UInt32) -> UInt32 {
        precondition(node != WatchList.nothing, "I1: range \(row) is not in the tree")
        if node == row { return merge(rows[Int(row)].left, rows[Int(row)].right) }
        if precedes(row, node) {
            rows[Int(node)].left = remove(row, under: rows[Int(node)].left)
        } else {
            rows[Int(node)].right = remove(row, under: rows[Int(node)].right)
        }
        update(node)
        return node
    }

    /// One tree of two, all of `left` before all of `right`.
    private mutating func merge(_ left: UInt32, _ right: UInt32) -> UInt32 {
        if left == WatchList.nothing { return right }
        if right == WatchList.nothing { return left }
        if rows[Int(left)].hash >= rows[Int(right)].hash {
            rows[Int(left)].right = merge(rows[Int(left)].right, right)
            update(left)
            return left
        }
        rows[Int(right)].left = merge(left, rows[Int(right)].left)
        update(right)
        return right
    }

    /// Finds again which range under a node, itself included, ends last (I3).
    private mutating func update(_ node: UInt32) {
        var farthest = node
        for child in [rows[Int(node)].left, rows[Int(node)].right] where child != WatchList.nothing {
            let candidate = rows[Int(child)].farthest
            if endsBefore(farthest, candidate) { farthest = candidate }
        }
        rows[Int(node)].farthest = farthest
    }

    /// Checks the rules of the tree: for tests. Answers how many ranges it holds.
    func checkIntervals() -> Int {
        var previous = WatchList.nothing
        return checkIntervals(under: root, after: &previous)
    }

    private func checkIntervals(under node: UInt32, after previous: inout UInt32) -> Int {
        guard node != WatchList.nothing else { return 0 }
        let range = rows[Int(node)]
        var count = checkIntervals(under: range.left, after: &previous)
        precondition(previous == WatchList.nothing || precedes(previous, node), "I1: ranges out of order")
        previous = node
        count += checkIntervals(under: range.right, after: &previous)
        for child in [range.left, range.right] where child != WatchList.nothing {
            precondition(rows[Int(child)].hash <= range.hash, "I2: a child above its parent")
            precondition(!endsBefore(range.farthest, rows[Int(child)].farthest), "I3: a child ends later")
        }
        precondition(!endsBefore(range.farthest, node), "I3: the node itself ends later")
        return count + 1
    }
}
