// Node.swift: one node of the tree, read where it lies.
//
// A node is a page, or several in a row when a value is large. Its bytes are the same on the disk, in
// the mapping and in the memory of a transaction, so there is nothing to decode: a node is looked at
// through a view, and the search for a key compares bytes of the page itself.
//
//     byte  0         8       10      12           16
//           +---------+-------+-------+------------+----------------------------------------------+
//           | page id | flags | count | overflow   | count elements of 16 bytes | ... keys, values |
//           +---------+-------+-------+------------+----------------------------------------------+
//             u64       u16     u16     u32: how many further pages belong to this node
//
//     leaf element     flags u32 | pos u32   | key size u32 | value size u32     (flag 1: a bucket)
//     branch element   pos u32   | key size u32 | page u64
//
// `pos` counts from the element itself to its key; the value follows the key. So the order in which
// keys and values lie on the page is free, which DirtyNode.swift makes use of.
//
// WHO CHECKS? `PageSource` checks the header when it makes a node. Each element is checked when it is
// looked at: two additions and a comparison. So a damaged page gives an error and never a trap, and
// a healthy one is not read twice.
//
// RULES    N1  keys ascend strictly within a node.
//          N2  a branch's key i is the first key of its child i: real bbolt finds a child's entry in
//              its parent by that equality, so `<=` is not enough when others write to our files.
//          N3  a search in a branch takes the last child whose key is <= the wanted key, or the first.
//
// COST     a search: log2(count) comparisons; nothing is allocated, nothing retained.

import Bytes

/// What a leaf holds under one key.
struct LeafElement {
    let flags: UInt32
    let key: ByteView
    let value: ByteView

    /// Whether the value is a bucket's header rather than somebody's data.
    var isBucket: Bool { flags & Node.bucketFlag != 0 }
}

/// A checked header and the bytes behind it.
struct Node {
    static let branchFlag: UInt16 = 0x01
    static let leafFlag: UInt16 = 0x02
    static let metaFlag: UInt16 = 0x04
    static let freeListFlag: UInt16 = 0x10
    /// A leaf element's flag: the value is a bucket.
    static let bucketFlag: UInt32 = 1
    /// Before the elements.
    static let headerBytes = 16
    /// Each element, of a leaf and of a branch alike.
    static let elementBytes = 16
    /// No tree that anybody ever wrote is deeper: 32 levels of two children are four billion leaves.
    static let maximumDepth = 32

    /// Everything, header included.
    let bytes: ByteView
    /// Its page; 0 for a bucket that lies inside a value.
    let page: UInt64
    /// How many elements.
    let count: Int
    let isLeaf: Bool

    /// A node whose header the caller has checked or written: the elements fit into `bytes`.
    @inline(__always)
    init(checked bytes: ByteView, page: UInt64) {
        self.bytes = bytes
        self.page = page
        let word = bytes.littleEndian(at: 8, as: UInt32.self)
        isLeaf = word & UInt32(Self.leafFlag) != 0
        count = Int(word >> 16)
    }

    /// The complete leaf that an inline bucket's value carries behind the bucket's own header.
    init(inlineIn value: ByteView) throws(BoltError) {
        guard value.count >= 2 * Self.headerBytes else { throw BoltError(.badBucketHeader) }
        let bytes = value.dropFirst(Self.headerBytes)
        guard bytes.littleEndian(at: 8, as: UInt16.self) == Self.leafFlag else {
            throw BoltError(.wrongPageType, at: 8)
        }
        self.init(checked: bytes, page: 0)
        guard Self.headerBytes + count * Self.elementBytes <= bytes.count else { throw BoltError(.nodeTooLong, at: 10) }
    }

    /// Where element `index` begins.
    @inline(__always)
    static func place(of index: Int) -> Int { headerBytes + index * elementBytes }

    /// The key of an element, of a leaf or of a branch.
    @inline(__always)
    func key(_ index: Int) throws(BoltError) -> ByteView {
        let place = Self.place(of: index)
        // Both kinds keep `pos` and the key's size side by side, a leaf four bytes later.
        let word = bytes.littleEndian(at: place + (isLeaf ? 4 : 0), as: UInt64.self)
        let start = place + Int(truncatingIfNeeded: word & 0xFFFF_FFFF)
        let end = start + Int(truncatingIfNeeded: word >> 32)
        guard end <= bytes.count else { throw BoltError(.elementOutsideNode, page: page, at: place) }
        return bytes[start..<end]
    }

    /// The child page of a branch's element.
    @inline(__always)
    func child(_ index: Int) -> UInt64 { bytes.littleEndian(at: Self.place(of: index) + 8) }

    /// Everything about a leaf's element.
    @inline(__always)
    func element(_ index: Int) throws(BoltError) -> LeafElement {
        let place = Self.place(of: index)
        let low = bytes.littleEndian(at: place, as: UInt64.self)
        let high = bytes.littleEndian(at: place + 8, as: UInt64.self)
        let start = place + Int(truncatingIfNeeded: low >> 32)
        let middle = start + Int(truncatingIfNeeded: high & 0xFFFF_FFFF)
        let end = middle + Int(truncatingIfNeeded: high >> 32)
        guard end <= bytes.count else { throw BoltError(.elementOutsideNode, page: page, at: place) }
        return LeafElement(
            flags: UInt32(truncatingIfNeeded: low), key: bytes[start..<middle], value: bytes[middle..<end])
    }

    /// How many bytes element `index` takes: its entry, its key and, in a leaf, its value.
    func size(_ index: Int) -> Int {
        let place = Self.place(of: index)
        let keySize = Int(bytes.littleEndian(at: place + (isLeaf ? 8 : 4), as: UInt32.self))
        return Self.elementBytes + keySize + (isLeaf ? Int(bytes.littleEndian(at: place + 12, as: UInt32.self)) : 0)
    }

    /// How many bytes the node would take if it were packed.
    var packedSize: Int {
        var sum = Self.headerBytes
        for index in 0..<count { sum += size(index) }
        return sum
    }

    /// The first element whose key is not below `key`, and whether it is that very key.
    @inline(__always)
    func find(_ key: ByteView) throws(BoltError) -> (index: Int, isExact: Bool) {
        try find(key, from: 0, to: count)
    }

    /// The same when it is known that everything before `low` is below the key, and nothing from `high` on is.
    @inline(__always)
    func find(_ key: ByteView, from low: Int, to high: Int) throws(BoltError) -> (index: Int, isExact: Bool) {
        var low = low
        var high = high
        while low < high {
            let middle = (low + high) >> 1
            let order = try self.key(middle).compare(key)
            if order == 0 { return (middle, true) }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return (low, false)
    }

    /// The child under which `key` is, if it is anywhere (N3).
    @inline(__always)
    func childIndex(for key: ByteView) throws(BoltError) -> Int {
        let (index, isExact) = try find(key)
        return isExact || index == 0 ? index : index - 1
    }
}
