// Reachability.swift: which pages are in use?
//
// bbolt can store the list of free pages in the file; etcd does not let it, because writing that list
// costs more at every commit than finding it again costs at the next start. So when a file is
// opened for writing its tree is walked once: what the walk does not meet is free.
//
//     page      0    1    2    3    4    5    6    7    8    9   | high-water mark
//     walk     meta meta  .   root  .   leaf leaf  .   leaf (more)
//     free                *         *              *
//
// The walk is also the moment to find out that a damaged file leads twice to the same page: editing
// such a tree would free a page that is still in use. After this walk every reference is known to be
// unique and in range, and only the contents of elements remain to be checked when they are read.
//
// A stored freelist (files of other tools, and every new file) is not believed, only compared: a page
// that it calls free and that the walk meets means damage. Pages that it forgot are simply free.
//
// COST     every branch page, the header of every leaf, and the flags of its elements. The walk visits
//          a tree level by level in recursion (bounded depth) and buckets from a list (any nesting).

import Bytes

/// A walk over all pages that one version uses.
struct Reachability {
    /// What was met so far, metas and continuation pages included.
    private(set) var used = PageSet()
    private let source: PageSource
    /// Roots of buckets that were met and not walked yet.
    private var pending: [UInt64] = []

    /// Walks the whole version whose root bucket begins at `root`.
    init(source: PageSource, root: UInt64) throws(BoltError) {
        self.source = source
        used.insert(0, count: 2)
        pending = [root]
        while let next = pending.popLast() { try visit(next, depth: 0) }
    }

    private mutating func visit(_ page: UInt64, depth: Int) throws(BoltError) {
        guard depth < Node.maximumDepth else { throw BoltError(.treeTooDeep, page: page) }
        let node = try source.node(page)
        for offset in 0..<UInt64(source.pages(of: node)) {
            guard used.insert(page + offset) else { throw BoltError(.pageUsedTwice, page: page + offset) }
        }
        guard node.isLeaf else {
            for index in 0..<node.count { try visit(node.child(index), depth: depth + 1) }
            return
        }
        for index in 0..<node.count where try node.isBucket(index) {
            let root = try node.bucketRoot(index)
            if root != 0 { pending.append(root) }
        }
    }
}

extension Node {
    /// Whether a leaf's element is a bucket.
    @inline(__always)
    func isBucket(_ index: Int) throws(BoltError) -> Bool {
        bytes.littleEndian(at: Self.place(of: index), as: UInt32.self) & Self.bucketFlag != 0
    }

    /// The root page of the bucket at a leaf's element; 0 for an inline one, which is checked to be a
    /// leaf without buckets of its own.
    func bucketRoot(_ index: Int) throws(BoltError) -> UInt64 {
        let value = try element(index).value
        guard value.count >= Self.headerBytes else {
            throw BoltError(.badBucketHeader, page: page, at: Self.place(of: index))
        }
        let root = value.littleEndian(at: 0, as: UInt64.self)
        guard root == 0 else { return root }
        let inner = try Node(inlineIn: value)
        for position in 0..<inner.count where try inner.isBucket(position) {
            throw BoltError(.nestedInlineBucket, page: page, at: Self.place(of: index))
        }
        return 0
    }
}

/// The pages that a stored freelist names.
struct StoredFreeList {
    /// How many pages the list itself occupies, from `meta.freeList` on.
    let ownPages: Int
    /// The pages it calls free.
    private(set) var free = PageSet()

    /// Reads the list of `meta`, which must have one.
    init(meta: Meta, mapping: ByteView) throws(BoltError) {
        let page = meta.freeList
        guard page >= 2, page < meta.highWater else { throw BoltError(.badFreeList, page: page) }
        let start = Int(page) * meta.pageSize
        let overflow = UInt64(mapping.littleEndian(at: start + 12, as: UInt32.self))
        guard mapping.littleEndian(at: start, as: UInt64.self) == page,
            mapping.littleEndian(at: start + 8, as: UInt16.self) == Node.freeListFlag,
            overflow < meta.highWater - page
        else { throw BoltError(.badFreeList, page: page) }
        ownPages = Int(overflow) + 1
        let list = mapping[start..<(start + ownPages * meta.pageSize)]
        // Sixteen bits count 65,534 pages; beyond that the first entry is the count.
        let short = Int(list.littleEndian(at: 10, as: UInt16.self))
        let room = (list.count - Node.headerBytes) / 8
        let isLong = short == 0xFFFF
        let length = isLong ? list.littleEndian(at: 16, as: UInt64.self) : UInt64(short)
        guard length <= UInt64(room - (isLong ? 1 : 0)) else { throw BoltError(.badFreeList, page: page, at: 10) }
        for index in 0..<Int(length) {
            let place = Node.headerBytes + (index + (isLong ? 1 : 0)) * 8
            let listed = list.littleEndian(at: place, as: UInt64.self)
            guard listed >= 2, listed < meta.highWater, free.insert(listed) else {
                throw BoltError(.badFreeList, page: page, at: place)
            }
        }
    }
}
