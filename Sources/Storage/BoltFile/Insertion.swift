// Insertion.swift: a key comes in, and what happens when its leaf is full.
//
// Usually there is room, and an insertion is a few moves of bytes inside one page. When there is not,
// the leaf is split and its parent learns of the new leaf; if the parent is full, it must be split
// first, and so on upwards:
//
//     parent  [ a | m ]                   parent  [ a | g | m ]
//               |                   ==>             |   |
//     leaf    [ a c e g i k ] + h         leaf    [ a c e ]  [ g h i k ]
//
// TOP FIRST, THEN AGAIN. A split that finds no room in the parent does not recurse with half-made pieces
// in its hands. It makes room above, forgets the path, and the insertion starts again from the root.
// Each round leaves a correct tree, and each makes room at one level, so the rounds end. It costs a second way
// down once in a hundred splits, and saves the reader all the cases.
//
// WHERE TO CUT?    keys that only grow      all stays left, the new key begins a new leaf: pages end up
//                                           full, which is what a log of revisions wants
//                  a value too large        alone on pages of its own, so that changing its neighbours
//                                           does not copy it
//                  else                     in the middle, by bytes
//
// FIRST KEYS. A branch's key is the first key of its child (N2). When a leaf gets a new first key, its
// ancestors learn it at once (`fixSeparators`): first the parent, and as long as the child was the first
// one, the next ancestor.
//
// COST     a leaf of 4 KiB and 256-byte values splits every 7 to 14 insertions.

package import Bytes

extension BoltFile {
    /// Stores `value` under `key`, in the place of what was there. The bytes are copied; they must not lie
    /// in this file's own pages.
    package mutating func put(_ key: ByteView, _ value: ByteView, in bucket: BucketHandle) throws(BoltError) {
        guard 1...32768 ~= key.count else { throw BoltError(.keySize) }
        guard value.count < Int(Int32.max) - 1 else { throw BoltError(.valueTooLarge) }
        // Deletions and the commit itself need pages too: insertions leave them an eighth, up to 4 MiB.
        let limit = mapping.count / pageSize
        guard Int(highWater) + pages(for: value.count) + 8 <= limit - min(limit / 8, 1024) else {
            throw BoltError(.fileFull)
        }
        try requireUsable(bucket)
        do throws(BoltError) {
            try set(key, value, flags: 0, in: bucket.index)
        } catch {
            throw noteFailure(error)
        }
    }

    /// An error of the file in the middle of a change spoils the transaction: it will not be committed.
    mutating func noteFailure(_ error: BoltError) -> BoltError {
        if !error.isRefusal || error.kind == .fileFull { failure = error }
        path.forget()
        return error
    }

    /// Stores an element; a bucket's header when `flags` says so.
    mutating func set(_ key: ByteView, _ value: ByteView, flags: UInt32, in bucket: Int) throws(BoltError) {
        let size = Node.elementBytes + key.count + value.count
        while true {
            try seek(key, in: bucket)
            let leaf = path.leaf
            let (index, isExact) = try place(of: key, in: leaf.node)
            if isExact {
                let old = try leaf.node.element(index)
                guard old.isBucket == (flags & Node.bucketFlag != 0) else {
                    throw BoltError(old.isBucket ? .elementIsBucket : .elementIsNotBucket)
                }
                if old.value.count == value.count {
                    leaf.overwriteValue(index, with: value, flags: flags)
                    return
                }
                leaf.remove(index)
            }
            if leaf.fits(size) {
                leaf.insert(at: index, flags: flags, key: key, value: value, scratch: &scratch)
                try shrinkLeaf(in: bucket)
                // What stands in the place of an equal key leaves the first key as it was.
                if index == 0, !isExact { try fixSeparators(at: key, in: bucket) }
                return
            }
            // While an equal key is taken out its leaf begins with the next one, and a split says so to the
            // parent: here the first key has to be told in both cases.
            if try splitLeaf(at: index, flags: flags, key: key, value: value, in: bucket) {
                if index == 0 { try fixSeparators(at: key, in: bucket) }
                return
            }
        }
    }

    /// Where a key is or belongs. Keys that only grow are recognised by one comparison.
    @inline(__always)
    private func place(of key: ByteView, in leaf: Node) throws(BoltError) -> (index: Int, isExact: Bool) {
        if path.isRightmost, leaf.count > 0, try leaf.key(leaf.count - 1) < key { return (leaf.count, false) }
        return try leaf.find(key)
    }

    // MARK: Splitting a leaf

    /// Splits the leaf of the path around a new element and puts it in. False when the parent was full:
    /// it now has room, and the path is forgotten.
    private mutating func splitLeaf(
        at index: Int, flags: UInt32, key: ByteView, value: ByteView, in bucket: Int
    ) throws(BoltError) -> Bool {
        let size = Node.elementBytes + key.count + value.count
        if path.leaf.count == 0 {
            try resize(path.depth, to: Node.headerBytes + size, in: bucket)
            path.leaf.insert(at: 0, flags: flags, key: key, value: value, scratch: &scratch)
            return true
        }
        if path.depth == 0 { try growRoot(in: bucket) }
        let leaf = path.leaf
        // The elements of the leaf with the new one at its place, cut at two places; a piece may be empty.
        let cuts = cuts(of: leaf.node, with: size, at: index)
        var needed = 0
        for start in [cuts.0, cuts.1] where start > 0 && start <= leaf.count {
            let first = start == index ? key : try leaf.node.key(start < index ? start : start - 1)
            needed += Node.elementBytes + first.count
        }
        guard path.parent.node.used + needed <= path.parent.node.capacity else {
            try makeRoom(path.depth - 1, for: needed, in: bucket)
            path.forget()
            return false
        }

        // All pieces are filled from a copy before the parent hears of them: an insertion into the
        // parent may use the same scratch memory.
        let old = Node(checked: scratch.copy(leaf.memory[0..<leaf.capacity]), page: leaf.page)
        var pieces: [DirtyNode] = []
        for range in [0..<cuts.0, cuts.0..<cuts.1, cuts.1..<(old.count + 1)] where !range.isEmpty {
            var bytes = Node.headerBytes
            for position in range {
                bytes += position == index ? size : old.size(position < index ? position : position - 1)
            }
            let piece = try makePiece(bytes, reusing: pieces.isEmpty ? leaf : nil)
            for position in range {
                if position == index {
                    piece.insert(at: piece.count, flags: flags, key: key, value: value, scratch: &scratch)
                } else {
                    try piece.append(old, position < index ? position : position - 1, scratch: &scratch)
                }
            }
            pieces.append(piece)
        }
        try link(pieces, for: leaf, in: bucket)
        return true
    }

    /// The node for a piece: the split leaf itself where that has the right size, else a new one.
    private mutating func makePiece(_ bytes: Int, reusing leaf: DirtyNode?) throws(BoltError) -> DirtyNode {
        if let leaf, pages(for: bytes) * pageSize == leaf.capacity {
            leaf.reset()
            return leaf
        }
        return try makeNode(bytes, isLeaf: true)
    }

    /// Puts the pieces of a split leaf where the leaf was.
    private mutating func link(_ pieces: [DirtyNode], for leaf: DirtyNode, in bucket: Int) throws(BoltError) {
        let (parent, position) = (path.parent.node, path.parent.index)
        if pieces[0].page != leaf.page {
            let (page, bytes) = (leaf.page, leaf.capacity)
            relink(path.depth, to: pieces[0], in: bucket)
            discard(page, bytes: bytes)
        }
        for (offset, piece) in pieces.enumerated().dropFirst() {
            parent.insert(at: position + offset, key: try piece.node.key(0), child: piece.page, scratch: &scratch)
        }
        path.forget()
    }

    /// Where a leaf is cut when an element of `size` bytes comes to `index`: the second and the third
    /// piece begin there.
    private func cuts(of leaf: Node, with size: Int, at index: Int) -> (Int, Int) {
        let count = leaf.count
        let alone = (index, index + 1)
        if Node.headerBytes + size > pageSize { return alone }
        if index == count, path.isRightmost { return (count, count + 1) }
        let total = leaf.packedSize - Node.headerBytes + size
        var left = 0
        var cut = 0
        while cut < count {
            let next = cut == index ? size : leaf.size(cut < index ? cut : cut - 1)
            if cut > 0, left + next / 2 >= total / 2 { break }
            left += next
            cut += 1
        }
        // One element of nearly a page in the middle: no cut in two gives two pages.
        let room = pageSize - Node.headerBytes
        return left > room || total - left > room ? alone : (cut, count + 1)
    }

    // MARK: Branches

    /// Puts a branch with one child above the root. The split that follows gives it the second.
    private mutating func growRoot(in bucket: Int) throws(BoltError) {
        guard path.depth + 2 < Node.maximumDepth else { throw BoltError(.treeTooDeep) }
        let old = path[0].node
        let key = try old.node.key(0)
        let root = try makeNode(Node.headerBytes + Node.elementBytes + key.count, isLeaf: false)
        root.insert(at: 0, key: key, child: old.page, scratch: &scratch)
        path.push(root: root)
        buckets[bucket].root = root.page
    }

    /// Does one step towards room for `needed` bytes in the branch at `level`. Afterwards the path is stale.
    private mutating func makeRoom(_ level: Int, for needed: Int, in bucket: Int) throws(BoltError) {
        let branch = path[level].node
        let count = branch.count
        // Both halves need two children. Only keys of a kilobyte and more bring a branch here.
        guard count >= 4 else { return try resize(level, to: branch.used + needed, in: bucket) }
        guard level > 0 else { return try growRoot(in: bucket) }

        let cut = path.isRightmost && path[level].index == count - 1 ? count - 2 : try middle(of: branch.node)
        let entry = Node.elementBytes + (try branch.node.key(cut)).count
        let parent = path[level - 1].node
        guard parent.fits(entry) else { return try makeRoom(level - 1, for: entry, in: bucket) }

        let right = try makeNode(Node.headerBytes + branch.node.size(of: cut..<count), isLeaf: false)
        for index in cut..<count { try right.append(branch.node, index, scratch: &scratch) }
        for index in stride(from: count - 1, through: cut, by: -1) { branch.remove(index) }
        parent.insert(
            at: path[level - 1].index + 1, key: try right.node.key(0), child: right.page, scratch: &scratch)
    }

    /// The element that cuts a branch in half by bytes, with two children on either side.
    private func middle(of branch: Node) throws(BoltError) -> Int {
        let half = (branch.packedSize - Node.headerBytes) / 2
        var left = 0
        var cut = 0
        while cut < branch.count - 2, cut < 2 || left < half {
            left += branch.size(cut)
            cut += 1
        }
        return cut
    }

    /// Makes the ancestors of the leaf at `key` say its first key (N2).
    mutating func fixSeparators(at key: ByteView, in bucket: Int) throws(BoltError) {
        var isDone = false
        while !isDone {
            try seek(key, in: bucket)
            let first = try path.leaf.node.key(0)
            isDone = true
            var level = path.depth - 1
            while level >= 0 {
                guard try setSeparator(first, at: level, in: bucket) else {
                    isDone = false
                    break
                }
                if path[level].index > 0 { break }
                level -= 1
            }
            path.forget()
        }
    }

    /// Writes a key of the branch at `level`; false when there was no room and a step was done to make some.
    private mutating func setSeparator(_ key: ByteView, at level: Int, in bucket: Int) throws(BoltError) -> Bool {
        let (branch, index) = (path[level].node, path[level].index)
        let old = try branch.node.key(index)
        if old == key { return true }
        guard branch.used - old.count + key.count <= branch.capacity else {
            try makeRoom(level, for: key.count - old.count, in: bucket)
            return false
        }
        let child = branch.node.child(index)
        branch.remove(index)
        branch.insert(at: index, key: key, child: child, scratch: &scratch)
        return true
    }
}

extension Node {
    /// How many bytes some elements take, their entries included.
    func size(of range: Range<Int>) -> Int {
        var sum = 0
        for index in range { sum += size(index) }
        return sum
    }
}
