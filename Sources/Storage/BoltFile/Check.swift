// Check.swift: a file that can prove that it is whole.
//
// A B+tree that is subtly wrong still answers most questions. So everything that its code relies on is
// stated here once and can be checked at any time, on a frozen version while the member runs, on a file
// that nobody has open, and on the writer's own state after each step of a test:
//
//     C1  every reference leads to a page below the high-water mark, and no page is reached twice
//     C2  each page carries its number and is a branch or a leaf; each element lies within its page
//     C3  keys ascend strictly within a node; a child's keys lie from its branch key on to the next one
//     C4  a branch's key is the first key of its child
//     C5  all leaves of a bucket are at the same depth; only a root may be empty; a branch below the
//         root has at least two children
//     C6  a stored freelist names exactly the pages that are not reached
//     C7  (writer only) each page is reached, free, or waiting to be free: none is lost
//
// The walk does not stop at the first problem: an operator wants to know whether one page is damaged or
// a thousand. A subtree whose page cannot be read is skipped.
//
// COST     reads every page of the tree once; one bit a page of memory.

import Bytes

extension FrozenVersion {
    /// Everything that is wrong with this version, at most `limit` findings; empty when it is whole.
    package func check(limit: Int = 100) -> [BoltError] {
        var checker = Checker(source: source, limit: limit)
        checker.run(root: meta.root)
        if meta.freeList != Meta.noFreeList { checker.compareFreeList(meta, mapping) }
        return checker.problems
    }
}

extension BoltFile {
    /// Everything that is wrong with the state of the transaction under way, the books of free pages
    /// included. Buckets must be settled: call it right after `freeze` or before any change.
    package func check(limit: Int = 100) -> [BoltError] {
        var checker = Checker(source: source, limit: limit)
        checker.run(root: buckets[0].root)
        var known = checker.used
        func account(_ page: UInt64) {
            if !known.insert(page) { checker.report(BoltError(.freePageInUse, page: page)) }
        }
        freePages.free.forEach { page in account(page) }
        freePages.forEachPending(account)
        for page in 0..<highWater where !known.contains(page) { checker.report(BoltError(.pageLost, page: page)) }
        return checker.problems
    }
}

/// One walk over everything.
struct Checker {
    private let source: PageSource
    private let limit: Int
    private(set) var problems: [BoltError] = []
    /// Pages met so far, metas included.
    private(set) var used = PageSet()
    /// Roots of buckets met and not walked yet.
    private var pending: [UInt64] = []
    /// The depth of the leaves of the bucket being walked, once one was met.
    private var leafDepth: Int?

    init(source: PageSource, limit: Int) {
        self.source = source
        self.limit = limit
        used.insert(0, count: 2)
    }

    mutating func report(_ problem: BoltError) {
        if problems.count < limit { problems.append(problem) }
    }

    mutating func run(root: UInt64) {
        pending = [root]
        while let next = pending.popLast(), problems.count < limit {
            leafDepth = nil
            visit(next, depth: 0, lower: nil, upper: nil)
        }
    }

    /// A page whose keys must begin with `lower` and stay below `upper`.
    private mutating func visit(_ page: UInt64, depth: Int, lower: ByteView?, upper: ByteView?) {
        guard problems.count < limit else { return }
        do throws(BoltError) {
            guard depth < Node.maximumDepth else { throw BoltError(.treeTooDeep, page: page) }
            let node = try source.node(page)
            for offset in 0..<UInt64(source.pages(of: node)) {
                guard used.insert(page + offset) else { throw BoltError(.pageUsedTwice, page: page + offset) }
            }
            try checkShape(node, depth: depth)
            try checkOrder(node, lower: lower, upper: upper)
            guard !node.isLeaf else { return try checkBuckets(in: node) }
            for index in 0..<node.count {
                let next = index + 1 < node.count ? try node.key(index + 1) : upper
                visit(node.child(index), depth: depth + 1, lower: try node.key(index), upper: next)
            }
        } catch {
            report(error)
        }
    }

    private mutating func checkShape(_ node: Node, depth: Int) throws(BoltError) {
        if depth > 0, node.count < (node.isLeaf ? 1 : 2) { throw BoltError(.emptyNode, page: node.page, at: 10) }
        guard node.isLeaf else { return }
        if let leafDepth, leafDepth != depth { throw BoltError(.unevenDepth, page: node.page) }
        leafDepth = depth
    }

    private func checkOrder(_ node: Node, lower: ByteView?, upper: ByteView?) throws(BoltError) {
        var last: ByteView?
        for index in 0..<node.count {
            let key = try node.key(index)
            let place = Node.place(of: index)
            if node.isLeaf { _ = try node.element(index) }
            if let last, last >= key { throw BoltError(.keysOutOfOrder, page: node.page, at: place) }
            if index == 0, let lower, lower != key { throw BoltError(.separatorMismatch, page: node.page, at: place) }
            if let upper, key >= upper { throw BoltError(.keysOutOfOrder, page: node.page, at: place) }
            last = key
        }
    }

    private mutating func checkBuckets(in leaf: Node) throws(BoltError) {
        for index in 0..<leaf.count where try leaf.isBucket(index) {
            let root = try leaf.bucketRoot(index)
            if root != 0 {
                pending.append(root)
            } else {
                try checkOrder(try Node(inlineIn: try leaf.element(index).value), lower: nil, upper: nil)
            }
        }
    }

    /// C6: the stored list and the walk must agree.
    mutating func compareFreeList(_ meta: Meta, _ mapping: ByteView) {
        do throws(BoltError) {
            let stored = try StoredFreeList(meta: meta, mapping: mapping)
            for page in meta.freeList..<(meta.freeList + UInt64(stored.ownPages)) where !used.insert(page) {
                throw BoltError(.pageUsedTwice, page: page)
            }
            for page in 2..<meta.highWater where stored.free.contains(page) == used.contains(page) {
                report(BoltError(stored.free.contains(page) ? .freePageInUse : .pageLost, page: page))
            }
        } catch {
            report(error)
        }
    }
}
