// GuessedSearch.swift: where in a node would a key lie if all keys were evenly spaced?
//
// Binary search asks the middle first, because it knows nothing. In etcd's bucket of history it could know: keys are revisions,
// which are counted up one by one, so between two of them lie about as many others as their numbers say. Whoever looks
// "Zimmermann" up opens the book near its end:
//
//     a branch:   ... | 4000 -> page 9 | 5000 -> page 12 | ...         4750 is in page 9, which holds 4000 ... 5000
//     page 9:     30 elements; the guess: 30 * (4750 - 4000) / (5000 - 4000) = 22
//
// WHY DOES IT PAY? Not for the comparisons, which are cheap, but for the memory that they look at. In a large store hardly anything
// of a leaf is in a cache, and each step of a binary search waits for two lines of it: an element and its key. Bounds
// come from the branch above, which was looked at anyway.
//
// A GUESS IS ONLY WHERE TO BEGIN. From there the search goes on in steps of 1, 2, 4, ... until the key is between two elements
// that were looked at, and then by halves. So with any keys and on damaged pages it ends, with the same answer as a
// binary search, after at most twice as many comparisons.
//
// COST     evenly spaced keys: two or three comparisons a node, however many elements it has.

import Bytes

/// One key on its way down a tree.
struct GuessedSearch {
    let key: ByteView
    /// The first eight bytes of the key, as a number.
    private let number: UInt64
    /// What the node begins with, and what it stays below. Nobody knows while they are equal.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    @inline(__always)
    init(_ key: ByteView) {
        self.key = key
        number = Self.number(of: key)
    }

    /// Keys that are too short for a number are searched by halves: all their bounds are equal.
    @inline(__always)
    private static func number(of key: ByteView) -> UInt64 { key.count >= 8 ? key.bigEndian(at: 0) : 0 }

    /// The child under which the key is, if it is anywhere (N3). The next node is this child.
    @inline(__always)
    mutating func child(in node: Node) throws(BoltError) -> UInt64 {
        let (place, isExact) = try find(in: node)
        let index = isExact || place == 0 ? place : place - 1
        low = Self.number(of: try node.key(index))
        // The last child stays below what the whole node stays below.
        if index + 1 < node.count { high = Self.number(of: try node.key(index + 1)) }
        return node.child(index)
    }

    /// The first element whose key is not below the key, and whether it is that very key.
    @inline(__always)
    mutating func find(in node: Node) throws(BoltError) -> (index: Int, isExact: Bool) {
        if high <= low {
            // The root, or the right edge of the tree below it: it says itself where it begins and ends.
            guard node.count > 1 else { return try node.find(key) }
            low = Self.number(of: try node.key(0))
            let last = Self.number(of: try node.key(node.count - 1))
            high = last == .max ? last : last + 1
        }
        guard low < high, low <= number, node.count > 1 else { return try node.find(key) }
        // At most 1, so the product is a number that fits, and the last element at most.
        let share = number < high ? Double(number - low) / Double(high - low) : 1
        return try node.find(key, near: min(Int(share * Double(node.count)), node.count - 1))
    }
}

extension Node {
    /// As `find`, looking at element `guess` first and then around it.
    @inline(__always)
    func find(_ key: ByteView, near guess: Int) throws(BoltError) -> (index: Int, isExact: Bool) {
        var low = 0
        var high = count
        var step = 1
        let first = try self.key(guess).compare(key)
        if first == 0 { return (guess, true) }
        if first < 0 {
            low = guess + 1
            while low < high {
                let probe = min(low + step - 1, high - 1)
                let order = try self.key(probe).compare(key)
                if order == 0 { return (probe, true) }
                if order > 0 {
                    high = probe
                    break
                }
                low = probe + 1
                step *= 2
            }
        } else {
            high = guess
            while low < high {
                let probe = max(high - step, low)
                let order = try self.key(probe).compare(key)
                if order == 0 { return (probe, true) }
                if order < 0 {
                    low = probe + 1
                    break
                }
                high = probe
                step *= 2
            }
        }
        return try find(key, from: low, to: high)
    }
}
