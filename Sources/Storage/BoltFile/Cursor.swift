// Cursor.swift: walking through a bucket in the order of its keys, both ways.
//
// A cursor remembers the way down to the leaf where it stands: at each branch the page and the child
// taken. To go on it moves within the leaf, and only at the leaf's end climbs until some branch has a
// further child, and goes down from there along the near edge.
//
//     path  [ page 24, child 0 ]                        next() at k: climb to page 24, take child 1,
//     leaf  page 12, index 3 (k)                        go down its left edge: m
//
// WHAT IF THE FILE IS DAMAGED and branches share children, or lead in circles? Depth is bounded, and
// each leaf that a cursor enters must begin after the key that it left (C1). So a walk sees each
// leaf at most once and ends.
//
// RULES    C1  keys ascend from leaf to leaf, and from the first to the last of each leaf.
//          C2  a cursor, and the key and value it shows, are true until the owner's next change; one
//              on a frozen version until that version is given back.
// COST     a step within a leaf: two loads and a comparison. The path is a fixed array inside the
//          cursor: nothing is allocated.

package import Bytes

/// A place in a bucket.
package struct Cursor {
    /// A branch on the way down, and the child taken there.
    private struct Step {
        var page: UInt64 = 0
        var index = 0
    }

    private let tree: Tree
    private var path = InlineArray<32, Step>(repeating: Step())
    /// How many branches are above the leaf.
    private var depth = 0
    private var leaf: Node
    private var index = 0

    /// Whether it stands on an element; `key` and `value` mean something only then.
    package private(set) var isValid = false
    /// The key at the cursor.
    package private(set) var key = ByteView()
    /// The value at the cursor; a bucket's header where `isBucket`.
    package private(set) var value = ByteView()
    /// Whether the element is a bucket.
    package private(set) var isBucket = false

    init(_ tree: Tree) {
        self.tree = tree
        leaf = Node(checked: emptyLeaf.view, page: 0)
    }

    // MARK: Going somewhere

    /// Goes to the first element; false when the bucket is empty.
    @discardableResult
    package mutating func first() throws(BoltError) -> Bool {
        depth = 0
        try descend(from: try tree.rootNode, toLast: false)
        return try stand(at: 0)
    }

    /// Goes to the last element; false when the bucket is empty.
    @discardableResult
    package mutating func last() throws(BoltError) -> Bool {
        depth = 0
        try descend(from: try tree.rootNode, toLast: true)
        return try stand(at: leaf.count - 1)
    }

    /// Goes to the first element whose key is not below `wanted`; false when there is none.
    @discardableResult
    package mutating func seek(_ wanted: ByteView) throws(BoltError) -> Bool {
        depth = 0
        var node = try tree.rootNode
        while !node.isLeaf { node = try down(from: node, to: try node.childIndex(for: wanted)) }
        leaf = node
        let (index, _) = try leaf.find(wanted)
        if index < leaf.count || depth == 0 { return try stand(at: index) }
        // Everything in this leaf is smaller: the next leaf begins with the answer.
        guard try stand(at: leaf.count - 1) else { return false }
        return try next()
    }

    /// Goes to the last element whose key is below `wanted`; false when there is none.
    @discardableResult
    package mutating func seekBefore(_ wanted: ByteView) throws(BoltError) -> Bool {
        try seek(wanted) ? try previous() : try last()
    }

    /// Goes on by one; false at the end, where the cursor no longer stands on anything.
    @discardableResult @inline(__always)
    package mutating func next() throws(BoltError) -> Bool {
        guard isValid else { return false }
        return index + 1 < leaf.count ? try stand(at: index + 1) : try enterNextLeaf(forward: true)
    }

    /// Goes back by one; false at the beginning, where the cursor no longer stands on anything.
    @discardableResult @inline(__always)
    package mutating func previous() throws(BoltError) -> Bool {
        guard isValid else { return false }
        return index > 0 ? try stand(at: index - 1) : try enterNextLeaf(forward: false)
    }

    /// The bucket at the cursor; nil when a value stands here.
    package func bucket() throws(BoltError) -> Tree? {
        isValid && isBucket ? try Tree(source: tree.source, bucketValue: value) : nil
    }

    // MARK: Steps

    /// Looks at element `index` of the leaf.
    @inline(__always)
    private mutating func stand(at index: Int) throws(BoltError) -> Bool {
        guard index >= 0, index < leaf.count else {
            isValid = false
            return false
        }
        let element = try leaf.element(index)
        self.index = index
        key = element.key
        value = element.value
        isBucket = element.isBucket
        isValid = true
        return true
    }

    /// One level down.
    private mutating func down(from node: Node, to index: Int) throws(BoltError) -> Node {
        guard depth < Node.maximumDepth else { throw BoltError(.treeTooDeep, page: node.page) }
        path[depth] = Step(page: node.page, index: index)
        depth += 1
        let child = try tree.source.node(node.child(index))
        guard child.count > 0 else { throw BoltError(.emptyNode, page: child.page, at: 10) }
        return child
    }

    /// Down to a leaf, along the left edge or the right one.
    private mutating func descend(from start: Node, toLast: Bool) throws(BoltError) {
        var node = start
        while !node.isLeaf { node = try down(from: node, to: toLast ? node.count - 1 : 0) }
        leaf = node
    }

    /// Climbs to the nearest branch with a further child and goes down from there.
    private mutating func enterNextLeaf(forward: Bool) throws(BoltError) -> Bool {
        let left = key
        while depth > 0 {
            let step = path[depth - 1]
            let branch = try tree.source.node(step.page)
            let next = forward ? step.index + 1 : step.index - 1
            depth -= 1
            guard next >= 0, next < branch.count else { continue }
            try descend(from: try down(from: branch, to: next), toLast: !forward)
            return try arrive(from: left, forward: forward)
        }
        isValid = false
        return false
    }

    /// Stands on the near end of the leaf just entered, after making sure that the walk makes progress (C1).
    private mutating func arrive(from left: ByteView, forward: Bool) throws(BoltError) -> Bool {
        let first = try leaf.key(0)
        let last = try leaf.key(leaf.count - 1)
        guard leaf.count == 1 || first < last, forward ? left < first : last < left else {
            throw BoltError(.keysOutOfOrder, page: leaf.page, at: Node.headerBytes)
        }
        return try stand(at: forward ? 0 : leaf.count - 1)
    }
}

/// Where a cursor stands before it was sent anywhere.
private let emptyLeaf = ByteSlice([0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])
