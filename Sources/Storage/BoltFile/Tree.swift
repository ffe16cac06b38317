// Tree.swift: a bucket, looked up and walked.
//
// A bucket is a B+tree: keys and values in the leaves, all leaves at the same depth, and above them
// branches that say which child begins with which key.
//
//                        +---------------------+
//                        | a -> 12 | m -> 31   |                 branch, page 24
//                        +---------------------+
//                         /                  \
//        +---------------------+        +---------------------+
//        | a=1  c=2  f=3  k=4  |        | m=5  p=6  z=7       |  leaves, pages 12 and 31
//        +---------------------+        +---------------------+
//
// A bucket is itself a value of another bucket: 16 bytes, root page and sequence. A small bucket saves
// its page: root is 0, and one complete leaf follows within the value ("inline").
//
//     value of a bucket    root u64 | sequence u64 | [ a leaf page, cut to its length, when root = 0 ]
//
// COST     a look-up: one node for each level, one search in each (GuessedSearch.swift); no allocation.
// READ NEXT  Cursor.swift: walking in order.

package import Bytes

/// One bucket in one version of the file; true as long as that version is. Trivial to copy.
package struct Tree {
    let source: PageSource
    /// The root's page; 0 when the bucket lies inside a value.
    let root: UInt64
    /// The bucket's value when it lies inside one.
    let inlineValue: ByteView
    /// A counter that applications may use; etcd does not.
    package let sequence: UInt64

    init(source: PageSource, root: UInt64, sequence: UInt64 = 0) {
        self.source = source
        self.root = root
        inlineValue = ByteView()
        self.sequence = sequence
    }

    /// The bucket that a leaf's element describes.
    init(source: PageSource, bucketValue value: ByteView) throws(BoltError) {
        guard value.count >= Node.headerBytes else { throw BoltError(.badBucketHeader) }
        self.source = source
        root = value.littleEndian(at: 0)
        sequence = value.littleEndian(at: 8)
        inlineValue = root == 0 ? value : ByteView()
        if root == 0 { _ = try Node(inlineIn: value) }
    }

    /// Whether the bucket lies inside a value of its parent.
    package var isInline: Bool { root == 0 }

    var rootNode: Node {
        get throws(BoltError) { root == 0 ? try Node(inlineIn: inlineValue) : try source.node(root) }
    }

    /// What the bucket holds under `key`.
    @inline(__always)
    func element(for key: ByteView) throws(BoltError) -> LeafElement? {
        var search = GuessedSearch(key)
        var node = try rootNode
        var depth = 0
        while !node.isLeaf {
            guard depth < Node.maximumDepth else { throw BoltError(.treeTooDeep, page: node.page) }
            node = try source.node(try search.child(in: node))
            depth += 1
        }
        let (index, isExact) = try search.find(in: node)
        return isExact ? try node.element(index) : nil
    }

    /// The value under `key`; nil when there is none, or a bucket.
    package func get(_ key: ByteView) throws(BoltError) -> ByteView? {
        guard let element = try element(for: key), !element.isBucket else { return nil }
        return element.value
    }

    /// The bucket under `name`; nil when there is none, or a value.
    package func bucket(_ name: ByteView) throws(BoltError) -> Tree? {
        guard let element = try element(for: name), element.isBucket else { return nil }
        return try Tree(source: source, bucketValue: element.value)
    }

    /// A cursor that stands nowhere yet.
    package func cursor() -> Cursor { Cursor(self) }
}

extension Tree {
    /// How many elements the bucket has. Reads all of its leaves: for tools and tests.
    package func count() throws(BoltError) -> Int {
        var cursor = cursor()
        var count = 0
        try cursor.first()
        while cursor.isValid {
            count += 1
            try cursor.next()
        }
        return count
    }
}
