// Writing.swift: getting hold of a node to change it.
//
// A node in the file is never changed. Who wants to change one first `touch`es it: it is copied to
// a new page in memory, and its parent, which was touched before it, is led to the new page. So a change
// walks down from the root and everything on its way is the transaction's own afterwards:
//
//     root 24 (file)           root 40 (memory)        24 retired
//        |                        |
//     leaf 12 (file)    ==>    leaf 41 (memory)        12 retired
//
// The way down is kept (`WritingPath`). Most changes come in the order of their keys (every new
// revision of the store is larger than all before), so the next one usually belongs into the same leaf:
// then there is no way down at all, only one or two comparisons.
//
// RULES    W1  every node on the path is writable and belongs to the transaction under way.
//          W2  the path is forgotten whenever the shape of the tree changes, and at each commit.
//          W3  a node taken and given up by the same transaction leaves no trace (F2).

import Bytes

/// The way from a bucket's root down to the leaf of the last change.
struct WritingPath {
    /// A node on the way, and the child taken there.
    struct Level {
        var node: DirtyNode
        var index = 0
    }

    /// Which bucket's; -1 when there is no path.
    var bucket = -1
    /// The level of the leaf.
    var depth = 0
    private var levels: InlineArray<32, Level?> = .init(repeating: nil)
    /// Where the next leaf begins; meaningless in the last leaf.
    var upper = ByteView()
    /// Whether there is no next leaf.
    var isRightmost = true

    subscript(level: Int) -> Level {
        @inline(__always) get {
            guard let level = levels[level] else { preconditionFailure("W1: no node at this level of the path") }
            return level
        }
        @inline(__always) set { levels[level] = newValue }
    }

    var leaf: DirtyNode { @inline(__always) get { self[depth].node } }
    var parent: Level { self[depth - 1] }

    mutating func forget() { bucket = -1 }

    /// Puts a new root above everything.
    mutating func push(root: DirtyNode) {
        for level in stride(from: depth, through: 0, by: -1) { self[level + 1] = self[level] }
        self[0] = Level(node: root)
        depth += 1
    }
}

extension BoltFile {
    // MARK: Pages

    /// Takes `count` pages in a row: free ones, or new ones at the end of the file.
    mutating func allocate(_ count: Int) throws(BoltError) -> UInt64 {
        if let page = freePages.take(count) { return page }
        guard (Int(highWater) + count) * pageSize <= mapping.count else { throw BoltError(.fileFull) }
        defer { highWater += UInt64(count) }
        return highWater
    }

    /// How many pages a node of `bytes` bytes needs.
    func pages(for bytes: Int) -> Int { (bytes + pageSize - 1) / pageSize }

    /// An empty node with room for `bytes` bytes.
    mutating func makeNode(_ bytes: Int, isLeaf: Bool) throws(BoltError) -> DirtyNode {
        let pages = pages(for: bytes)
        let page = try allocate(pages)
        dirty.insert(page)
        return DirtyNode.make(in: memory.make(page, pages: pages), page: page, isLeaf: isLeaf, pageSize: pageSize)
    }

    /// The node at `page`, ready to be changed: itself if this transaction made it, else a copy.
    @inline(__always)
    mutating func touch(_ page: UInt64) throws(BoltError) -> DirtyNode {
        if let memory = memory.writable(page) { return DirtyNode(memory) }
        return try copyOnWrite(page)
    }

    private mutating func copyOnWrite(_ page: UInt64) throws(BoltError) -> DirtyNode {
        let node = try source.node(page)
        let surveyed = try DirtyNode.survey(node)
        let pages = pages(for: node.bytes.count)
        let fresh = try allocate(pages)
        let copy = DirtyNode.copy(of: node, surveyed: surveyed, in: memory.make(fresh, pages: pages), page: fresh)
        dirty.insert(fresh)
        freePages.retire(page, count: pages, by: transaction)
        return copy
    }

    /// Gives up a node that the tree no longer refers to.
    mutating func discard(_ page: UInt64, bytes: Int) {
        let pages = pages(for: bytes)
        if memory.writable(page) != nil {
            memory.drop(page)
            dirty.remove(page)
            freePages.giveBack(page, count: pages)
        } else {
            freePages.retire(page, count: pages, by: transaction)
        }
    }

    // MARK: The way down

    /// Makes the path lead to the leaf where `key` belongs, every node on it writable.
    @inline(__always)
    mutating func seek(_ key: ByteView, in bucket: Int) throws(BoltError) {
        if path.bucket == bucket, try pathAccepts(key) { return }
        try descend(to: key, in: bucket)
    }

    /// Whether the leaf of the last change is also the leaf for `key`.
    private func pathAccepts(_ key: ByteView) throws(BoltError) -> Bool {
        if path.depth == 0 { return true }
        let leaf = path.leaf.node
        guard leaf.count > 0, path.isRightmost || key < path.upper else { return false }
        return try leaf.key(0) <= key
    }

    private mutating func descend(to key: ByteView, in bucket: Int) throws(BoltError) {
        path.forget()
        if buckets[bucket].root == 0 { try makePaged(bucket) }
        buckets[bucket].isDirty = true
        var node = try touch(buckets[bucket].root)
        buckets[bucket].root = node.page
        path.depth = 0
        path.isRightmost = true
        path[0] = WritingPath.Level(node: node)
        while !node.isLeaf {
            guard path.depth + 1 < Node.maximumDepth else { throw BoltError(.treeTooDeep, page: node.page) }
            let view = node.node
            let index = try view.childIndex(for: key)
            path[path.depth].index = index
            if index + 1 < view.count {
                path.upper = try view.key(index + 1)
                path.isRightmost = false
            }
            let child = try touch(view.child(index))
            node.setChild(index, child.page)
            node = child
            path.depth += 1
            path[path.depth] = WritingPath.Level(node: node)
        }
        path.bucket = bucket
    }

    // MARK: Changing a node's size

    /// Leads the parent of the node at `level` to another page.
    mutating func relink(_ level: Int, to node: DirtyNode, in bucket: Int) {
        if level == 0 {
            buckets[bucket].root = node.page
        } else {
            path[level - 1].node.setChild(path[level - 1].index, node.page)
        }
        path[level].node = node
    }

    /// Moves the node at `level` to as many pages as `bytes` need.
    mutating func resize(_ level: Int, to bytes: Int, in bucket: Int) throws(BoltError) {
        let old = path[level].node
        let fresh = try makeNode(bytes, isLeaf: old.isLeaf)
        for index in 0..<old.count { try fresh.append(old.node, index, scratch: &scratch) }
        relink(level, to: fresh, in: bucket)
        discard(old.page, bytes: old.capacity)
    }

    /// Gives back the pages of a large node that has become small.
    mutating func shrinkLeaf(in bucket: Int) throws(BoltError) {
        let leaf = path.leaf
        if leaf.capacity > pageSize, pages(for: leaf.used) < pages(for: leaf.capacity) {
            try resize(path.depth, to: leaf.used, in: bucket)
        }
    }
}
