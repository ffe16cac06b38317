// Buckets.swift: name spaces in one file.
//
// A bucket is a tree of its own, and an element of its parent's tree: under its name stands where its
// root is. etcd has ten of them, side by side in the root bucket; the format allows buckets in buckets.
//
//     root bucket   [ "alarm" | "key" | "lease" | "meta" | ... ]
//                        |        \
//                     inline:      root page 24 -> ... a million revisions
//                     a leaf within the value
//
// INLINE OR NOT? A bucket whose root is a leaf of at most a quarter of a page, without buckets of its own, is
// stored in its parent's value and needs no page. As soon as it is changed it gets a page, like any
// other; at the commit it is looked at again and goes back into the value if it still is small. So
// there is one way to change a bucket, and the decision stands in one place (`settleBuckets`).
//
// While a transaction runs, the parents still say where the bucket was before. The handle's state says
// where it is; the parents are told at the commit, children before parents.
//
// RULES    K1  a handle stays good until its bucket is deleted; the name is looked up once.
//          K2  a bucket's state comes after its parent's in the list, so going through the list
//              backwards meets children first.

package import Bytes

/// Names an open bucket: opening costs a look-up, using it none.
package struct BucketHandle: Hashable, Sendable {
    let index: Int
    /// The bucket that holds all others.
    package static let root = BucketHandle(index: 0)
}

/// What is known about an open bucket.
struct BucketState {
    /// The place of the parent in the list of states; the root bucket is its own.
    let parent: Int
    /// How many buckets are above it.
    let depth: Int
    /// Its root's page; 0 while it lies in its parent's value.
    var root: UInt64
    var sequence: UInt64
    /// Whether the transaction under way changed it.
    var isDirty = false
    var isDeleted = false
}

extension BoltFile {
    /// The bucket `name` in `parent`; nil when there is none.
    package mutating func openBucket(
        _ name: ByteView, in parent: BucketHandle = .root
    ) throws(BoltError) -> BucketHandle? {
        try requireUsable(parent)
        if let open = handle(name, in: parent) { return open }
        guard let element = try tree(of: parent).element(for: name) else { return nil }
        guard element.isBucket else { throw BoltError(.elementIsNotBucket) }
        let tree = try Tree(source: source, bucketValue: element.value)
        return remember(name, in: parent, root: tree.root, sequence: tree.sequence)
    }

    /// The bucket `name` in `parent`, made if there is none yet.
    package mutating func createBucket(
        _ name: ByteView, in parent: BucketHandle = .root
    ) throws(BoltError) -> BucketHandle {
        if let open = try openBucket(name, in: parent) { return open }
        guard 1...32768 ~= name.count else { throw BoltError(.keySize) }
        do throws(BoltError) {
            // 16 zero bytes of header and an empty leaf.
            try set(name, emptyBucket.view, flags: Node.bucketFlag, in: parent.index)
        } catch {
            throw noteFailure(error)
        }
        return remember(name, in: parent, root: 0, sequence: 0)
    }

    /// Deletes a bucket with all that is in it; false when there was none.
    @discardableResult
    package mutating func deleteBucket(
        _ name: ByteView, in parent: BucketHandle = .root
    ) throws(BoltError) -> Bool {
        guard let bucket = try openBucket(name, in: parent) else { return false }
        do throws(BoltError) {
            try forgetBucketsBelow(bucket.index)
            if buckets[bucket.index].root != 0 { try discardTree(buckets[bucket.index].root) }
            buckets[bucket.index].isDeleted = true
            try remove(name, in: parent.index)
        } catch {
            throw noteFailure(error)
        }
        return true
    }

    /// The bucket as it is now, with all changes of the transaction under way; true until the next change.
    package func tree(of bucket: BucketHandle) throws(BoltError) -> Tree {
        let state = buckets[bucket.index]
        if state.isDeleted { throw BoltError(.bucketMissing) }
        if state.root != 0 { return Tree(source: source, root: state.root, sequence: state.sequence) }
        let parent = try tree(of: BucketHandle(index: state.parent))
        guard let tree = try parent.bucket(bucketNames[bucket.index].view) else { throw BoltError(.bucketMissing) }
        return tree
    }

    /// The value under `key`; nil when there is none. True until the next change.
    package func get(_ key: ByteView, in bucket: BucketHandle) throws(BoltError) -> ByteView? {
        try tree(of: bucket).get(key)
    }

    /// Sets the counter of a bucket below the root bucket; applications may use it as they like.
    package mutating func setSequence(_ sequence: UInt64, of bucket: BucketHandle) throws(BoltError) {
        precondition(bucket.index > 0, "K1: the root bucket has no counter of its own")
        try requireUsable(bucket)
        if buckets[bucket.index].root == 0 { try makePaged(bucket.index) }
        buckets[bucket.index].sequence = sequence
        buckets[bucket.index].isDirty = true
    }

    /// Stops what cannot go on: a deleted bucket, a transaction that has failed.
    func requireUsable(_ bucket: BucketHandle) throws(BoltError) {
        if let failure { throw failure }
        if buckets[bucket.index].isDeleted { throw BoltError(.bucketMissing) }
    }

    private func handle(_ name: ByteView, in parent: BucketHandle) -> BucketHandle? {
        for index in 1..<max(1, buckets.count)
        where buckets[index].parent == parent.index && !buckets[index].isDeleted && bucketNames[index].view == name {
            return BucketHandle(index: index)
        }
        return nil
    }

    private mutating func remember(
        _ name: ByteView, in parent: BucketHandle, root: UInt64, sequence: UInt64
    ) -> BucketHandle {
        let depth = buckets[parent.index].depth + 1
        buckets.append(BucketState(parent: parent.index, depth: depth, root: root, sequence: sequence))
        bucketNames.append(ByteSlice(copying: name))
        return BucketHandle(index: buckets.count - 1)
    }

    // MARK: Pages of buckets

    /// Gives an inline bucket a page of its own, so that it can be changed.
    mutating func makePaged(_ bucket: Int) throws(BoltError) {
        let inner = try tree(of: BucketHandle(index: bucket)).rootNode
        let node = try makeNode(inner.packedSize, isLeaf: true)
        for index in 0..<inner.count { try node.append(inner, index, scratch: &scratch) }
        buckets[bucket].root = node.page
    }

    /// Writes into each parent where its changed buckets are now; children first (K2).
    mutating func settleBuckets() throws(BoltError) {
        for bucket in stride(from: buckets.count - 1, to: 0, by: -1)
        where buckets[bucket].isDirty && !buckets[bucket].isDeleted {
            let root = try source.node(buckets[bucket].root)
            var value = ByteBuffer(capacity: pageSize / 4 + 2 * Node.headerBytes)
            if try canBeInline(root) {
                value.append(littleEndian: UInt64(0))
                value.append(littleEndian: buckets[bucket].sequence)
                try root.appendPacked(to: &value)
                discard(root.page, bytes: root.bytes.count)
                buckets[bucket].root = 0
            } else {
                value.append(littleEndian: buckets[bucket].root)
                value.append(littleEndian: buckets[bucket].sequence)
            }
            buckets[bucket].isDirty = false
            path.forget()
            try set(bucketNames[bucket].view, value.view, flags: Node.bucketFlag, in: buckets[bucket].parent)
        }
        buckets[0].isDirty = false
    }

    private func canBeInline(_ root: Node) throws(BoltError) -> Bool {
        guard root.isLeaf, root.packedSize <= pageSize / 4 else { return false }
        for index in 0..<root.count where try root.isBucket(index) { return false }
        return true
    }

    private mutating func forgetBucketsBelow(_ bucket: Int) throws(BoltError) {
        for index in buckets.indices.dropFirst(bucket + 1)
        where buckets[index].parent == bucket && !buckets[index].isDeleted {
            try forgetBucketsBelow(index)
            // The parent's element still says where the bucket was before this transaction.
            if buckets[index].isDirty, buckets[index].root != 0 {
                let header = pagedHeader(buckets[index])
                try set(bucketNames[index].view, header.view, flags: Node.bucketFlag, in: bucket)
            }
            buckets[index].isDeleted = true
        }
    }

    private func pagedHeader(_ state: BucketState) -> ByteSlice {
        var value = ByteBuffer(capacity: Node.headerBytes)
        value.append(littleEndian: state.root)
        value.append(littleEndian: state.sequence)
        return value.slice()
    }

    /// Gives up all pages of a tree and of the buckets in it.
    private mutating func discardTree(_ page: UInt64, depth: Int = 0) throws(BoltError) {
        guard depth < 4 * Node.maximumDepth else { throw BoltError(.treeTooDeep, page: page) }
        let node = try source.node(page)
        for index in 0..<node.count {
            if !node.isLeaf {
                try discardTree(node.child(index), depth: depth + 1)
            } else if try node.isBucket(index) {
                let root = try node.bucketRoot(index)
                if root != 0 { try discardTree(root, depth: depth + 1) }
            }
        }
        discard(page, bytes: node.bytes.count)
    }
}

extension Node {
    /// Writes a leaf as an inline bucket has it: page number 0, the elements, the data right behind.
    func appendPacked(to buffer: inout ByteBuffer) throws(BoltError) {
        buffer.append(littleEndian: UInt64(0))
        buffer.append(littleEndian: Self.leafFlag)
        buffer.append(littleEndian: UInt16(count))
        buffer.append(littleEndian: UInt32(0))
        var data = Self.place(of: count)
        for index in 0..<count {
            let element = try element(index)
            buffer.append(littleEndian: element.flags)
            buffer.append(littleEndian: UInt32(data - Self.place(of: index)))
            buffer.append(littleEndian: UInt32(element.key.count))
            buffer.append(littleEndian: UInt32(element.value.count))
            data += element.key.count + element.value.count
        }
        for index in 0..<count {
            let element = try element(index)
            buffer.append(element.key)
            buffer.append(element.value)
        }
    }
}

/// The value of a bucket in which nothing is yet.
private let emptyBucket = ByteSlice([UInt8](repeating: 0, count: 24) + [2, 0, 0, 0, 0, 0, 0, 0])
