// Deletion.swift: a key goes, and nodes that have become small join their neighbours.
//
// Without joining, a store whose old revisions are compacted away would keep pages with one key each.
// So after a deletion a leaf that fills a quarter of a page or less is merged with a neighbour, if both
// fit on one page; and a branch that has lost a child likewise, up to the root, which is dropped when
// it has a single child:
//
//     [ a | g | m ]                  [ a | m ]
//       |   |   |           ==>        |    |
//     [a c] [g] [m p z]            [a c g] [m p z]
//
// WHY A QUARTER AND NOT A HALF? A leaf just under one half that is merged with one just under
// the other half is full, and the next insertion splits it again. With a quarter there is room for both.
//
// RULES    X1  no leaf but a root is empty; no branch but a root has fewer than two children (a branch
//              that would have one is merged even when the result needs two pages).
//          X2  first keys stay separators (N2): who loses its first key tells its ancestors.
//
// COST     as an insertion; a merge copies at most one page.

package import Bytes

extension BoltFile {
    /// Takes `key` out; false when it was not there.
    @discardableResult
    package mutating func delete(_ key: ByteView, in bucket: BucketHandle) throws(BoltError) -> Bool {
        try requireUsable(bucket)
        // Look first: a deletion of nothing must not copy a page.
        guard let element = try tree(of: bucket).element(for: key) else { return false }
        guard !element.isBucket else { throw BoltError(.elementIsBucket) }
        do throws(BoltError) {
            try remove(key, in: bucket.index)
        } catch {
            throw noteFailure(error)
        }
        return true
    }

    /// Takes an element out that is there.
    mutating func remove(_ key: ByteView, in bucket: Int) throws(BoltError) {
        try seek(key, in: bucket)
        let leaf = path.leaf
        let (index, isExact) = try leaf.node.find(key)
        // A look-up guesses (GuessedSearch.swift) and `seek` halves: where keys ascend they find the same.
        guard isExact else { throw BoltError(.keysOutOfOrder, page: leaf.page) }
        leaf.remove(index)
        if leaf.count == 0, path.depth > 0 { return try dropLeaf(in: bucket) }
        try shrinkLeaf(in: bucket)
        guard path.depth > 0 else { return }
        let wasJoined = path.leaf.used <= pageSize / 4 ? try merge(path.depth, in: bucket) : false
        if index == 0, !wasJoined { try fixSeparators(at: try path.leaf.node.key(0), in: bucket) }
    }

    /// Takes the empty leaf of the path out of the tree.
    private mutating func dropLeaf(in bucket: Int) throws(BoltError) {
        let leaf = path.leaf
        let (parent, index) = (path.parent.node, path.parent.index)
        discard(leaf.page, bytes: leaf.capacity)
        parent.remove(index)
        guard parent.count > 0 else { throw BoltError(.emptyNode, page: parent.page) }
        // The parent may be merged away below; its new first key must outlive that.
        let first = index == 0 ? ByteSlice(copying: try parent.node.key(0)) : ByteSlice()
        try settle(path.depth - 1, in: bucket)
        path.forget()
        if index == 0 { try fixSeparators(at: first.view, in: bucket) }
    }

    /// Joins the node at `level` with a neighbour if that makes sense. True when the node is gone, its
    /// elements now the left neighbour's.
    private mutating func merge(_ level: Int, in bucket: Int) throws(BoltError) -> Bool {
        let node = path[level].node
        let (parent, index) = (path[level - 1].node, path[level - 1].index)
        guard parent.count > 1 else { return false }
        let isRight = index > 0
        let neighbour = try source.node(parent.node.child(isRight ? index - 1 : index + 1))
        guard neighbour.isLeaf == node.isLeaf else { throw BoltError(.wrongPageType, page: neighbour.page, at: 8) }
        let total = node.used + neighbour.packedSize - Node.headerBytes
        guard total <= pageSize || (!node.isLeaf && node.count < 2) else { return false }

        let leftIndex = isRight ? index - 1 : index
        let left = isRight ? try touch(neighbour.page) : node
        let right = isRight ? node.node : neighbour
        parent.setChild(leftIndex, try join(left, with: right, total: total).page)
        parent.remove(leftIndex + 1)
        discard(right.page, bytes: right.bytes.count)
        try settle(level - 1, in: bucket)
        path.forget()
        return isRight
    }

    /// Adds the elements of `right` to `left`, on more pages when they need them.
    private mutating func join(_ left: DirtyNode, with right: Node, total: Int) throws(BoltError) -> DirtyNode {
        var target = left
        if total > left.capacity {
            target = try makeNode(total, isLeaf: left.isLeaf)
            for index in 0..<left.count { try target.append(left.node, index, scratch: &scratch) }
            discard(left.page, bytes: left.capacity)
        }
        for index in 0..<right.count { try target.append(right, index, scratch: &scratch) }
        return target
    }

    /// Puts a branch that has lost a child in order.
    private mutating func settle(_ level: Int, in bucket: Int) throws(BoltError) {
        let branch = path[level].node
        if level > 0 {
            if branch.count < 2 || branch.used <= pageSize / 4 { _ = try merge(level, in: bucket) }
        } else if branch.count == 1 {
            // A root with one child says nothing: the child becomes the root.
            buckets[bucket].root = branch.node.child(0)
            discard(branch.page, bytes: branch.capacity)
        }
    }
}
