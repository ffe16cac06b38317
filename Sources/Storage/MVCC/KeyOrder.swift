// KeyOrder.swift: all keys in order, for ranges.
//
// Ranges want neighbours, so the keys also stand in a B+tree in memory. Its elements are numbers of entries, 4 bytes
// each. But a search compares keys, not numbers, and fetching a key means two jumps through memory: a search among a
// million keys would jump forty times. So each element has eight bytes of its key beside it. And because neighbours
// begin alike, those are not the first eight: each node knows how many bytes all its keys have in common, and skips them.
//
//     node   skip 15 ("/registry/pods/")
//            +------------------+------------------+------------------+
//     words  | "default/"       | "default/"       | "kube-sys"       |   8 bytes after the skipped ones, big-endian:
//            +------------------+------------------+------------------+   their order as numbers is the order of the keys
//     ids    |       811        |       12         |       97         |
//            +------------------+------------------+------------------+
//     search "/registry/pods/kube-x":  1. does it begin like this node's keys?   one key is fetched
//                                      2. where is "kube-x.." among the words?   6 comparisons of numbers
//                                      3. where words are equal, whole keys decide (first and second above)
//
// In a branch the ids are the first keys of the children, exactly: when a leaf's first key goes, its ancestors are told.
// Full nodes are split on the way down, so that there is always room for a new sibling; what gets too empty is filled
// up from a neighbour or united with it.
//
// COST     12 bytes a key in a full leaf; an insertion among a million keys: about 0.5 us, mostly waiting for memory.
// RULES    O1  keys ascend strictly within a node and from leaf to leaf.
//          O2  a branch's element i is the first key of its child i.
//          O3  all keys of a node share their first `skip` bytes.
//          O4  only the root may be empty.

import Bytes

/// Where a walk stands: an element of a leaf.
struct OrderPosition: Equatable {
    var node: UInt32
    var index: Int

    static let end = OrderPosition(node: KeyTable.none, index: 0)
    var isEnd: Bool { node == KeyTable.none }
}

/// Every entry, in the order of keys.
struct KeyOrder: ~Copyable {
    static let capacity = 64
    private static let fewest = capacity / 4

    /// What is known about a node besides its elements.
    struct Head: BitwiseCopyable {
        var count: UInt16
        var skip: UInt16
        var isLeaf: Bool
        /// Of a leaf: the next leaf. Of a branch: where its children stand. Of a free node: the next free one.
        var link: UInt32
    }

    private var heads = Slab<Head>()
    private var words = Slab<UInt64>()
    private var ids = Slab<UInt32>()
    private var children = Slab<UInt32>()
    private var root: UInt32 = 0
    private var freeLeaf = KeyTable.none
    private var freeBranches: [(node: UInt32, children: UInt32)] = []

    /// No keys.
    init() { root = makeNode(isLeaf: true) }

    private static func place(_ node: UInt32, _ index: Int) -> Int { Int(node) * capacity + index }
    private func count(_ node: UInt32) -> Int { Int(heads[node].count) }
    private func id(_ node: UInt32, _ index: Int) -> UInt32 { ids[Self.place(node, index)] }
    private func child(_ node: UInt32, _ index: Int) -> UInt32 {
        children[Int(heads[node].link) * Self.capacity + index]
    }

    // MARK: Searching

    /// Eight bytes of a key as a number; what the key does not have counts as zero.
    @inline(__always)
    private static func word(_ key: ByteView, after skip: Int) -> UInt64 {
        if key.count - skip >= 8 { return key.bigEndian(at: skip) }
        var word: UInt64 = 0
        var offset = skip
        while offset < key.count {
            word |= UInt64(key[offset]) << UInt64(56 - 8 * (offset - skip))
            offset += 1
        }
        return word
    }

    /// How a key stands to what all keys of a node begin with.
    @inline(__always)
    private func prefixOrder(_ node: UInt32, _ key: ByteView, _ keys: borrowing KeyTable) -> Int {
        let skip = Int(heads[node].skip)
        if skip == 0 { return 0 }
        let common = min(skip, key.count)
        let order = key.prefix(common).compare(keys.key(id(node, 0)).prefix(common))
        return order != 0 ? order : key.count < skip ? -1 : 0
    }

    /// The first element of a node that is not below `key`, and whether it is that key.
    @inline(__always)
    private func search(_ node: UInt32, _ key: ByteView, _ keys: borrowing KeyTable) -> (index: Int, isExact: Bool) {
        let head = heads[node]
        let order = prefixOrder(node, key, keys)
        if order != 0 { return (order < 0 ? 0 : Int(head.count), false) }
        let wanted = Self.word(key, after: Int(head.skip))
        let first = Self.place(node, 0)
        var low = 0
        var high = Int(head.count)
        while low < high {
            let middle = (low + high) >> 1
            let word = words[first + middle]
            if word == wanted {
                let order = keys.key(ids[first + middle]).compare(key)
                if order == 0 { return (middle, true) }
                if order < 0 { low = middle + 1 } else { high = middle }
            } else if word < wanted {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return (low, false)
    }

    /// The child in which a key is, if it is anywhere.
    @inline(__always)
    private func childIndex(_ node: UInt32, _ key: ByteView, _ keys: borrowing KeyTable) -> Int {
        let (index, isExact) = search(node, key, keys)
        return isExact || index == 0 ? index : index - 1
    }

    /// The first key that is not below `key`.
    func position(notBelow key: ByteView, _ keys: borrowing KeyTable) -> OrderPosition {
        var node = root
        while !heads[node].isLeaf { node = child(node, childIndex(node, key, keys)) }
        let index = search(node, key, keys).index
        if index < count(node) { return OrderPosition(node: node, index: index) }
        let next = heads[node].link
        return next == KeyTable.none ? .end : OrderPosition(node: next, index: 0)
    }

    /// The entry where a walk stands.
    @inline(__always)
    func entry(at position: OrderPosition) -> UInt32 { id(position.node, position.index) }

    /// The next key.
    @inline(__always)
    func next(_ position: OrderPosition) -> OrderPosition {
        if position.index + 1 < count(position.node) {
            return OrderPosition(node: position.node, index: position.index + 1)
        }
        return OrderPosition(node: heads[position.node].link, index: 0)
    }

    // MARK: Nodes

    private mutating func makeNode(isLeaf: Bool) -> UInt32 {
        if isLeaf, freeLeaf != KeyTable.none {
            let node = freeLeaf
            freeLeaf = heads[node].link
            heads[node] = Head(count: 0, skip: 0, isLeaf: true, link: KeyTable.none)
            return node
        }
        if !isLeaf, let free = freeBranches.popLast() {
            heads[free.node] = Head(count: 0, skip: 0, isLeaf: false, link: free.children)
            return free.node
        }
        var link = KeyTable.none
        if !isLeaf { link = UInt32(children.append(repeating: 0, count: Self.capacity) / Self.capacity) }
        let node = heads.append(Head(count: 0, skip: 0, isLeaf: isLeaf, link: link))
        words.append(repeating: 0, count: Self.capacity)
        ids.append(repeating: 0, count: Self.capacity)
        return UInt32(node)
    }

    private mutating func free(_ node: UInt32) {
        if heads[node].isLeaf {
            heads[node].link = freeLeaf
            freeLeaf = node
        } else {
            freeBranches.append((node, heads[node].link))
        }
    }

    private func commonPrefix(_ left: ByteView, _ right: ByteView) -> Int {
        let limit = min(left.count, right.count, Int(UInt16.max))
        var length = 0
        while length + 8 <= limit {
            let difference: UInt64 = left.littleEndian(at: length) ^ right.littleEndian(at: length)
            if difference != 0 { return length + difference.trailingZeroBitCount / 8 }
            length += 8
        }
        while length < limit, left[length] == right[length] { length += 1 }
        return length
    }

    /// What the first and the last key have in common, all between them have too.
    private func commonPrefix(of node: UInt32, _ keys: borrowing KeyTable) -> Int {
        let count = count(node)
        return count < 2 ? 0 : commonPrefix(keys.key(id(node, 0)), keys.key(id(node, count - 1)))
    }

    /// Writes all words anew, after `skip` bytes.
    private mutating func rewrite(_ node: UInt32, skip: Int, _ keys: borrowing KeyTable) {
        heads[node].skip = UInt16(skip)
        for index in 0..<count(node) {
            words[Self.place(node, index)] = Self.word(keys.key(id(node, index)), after: skip)
        }
    }

    /// Puts an element into a node that has room.
    private mutating func insert(
        _ entry: UInt32, child: UInt32?, at index: Int, in node: UInt32, _ keys: borrowing KeyTable
    ) {
        let key = keys.key(entry)
        let count = count(node)
        let skip = Int(heads[node].skip)
        if skip > 0 {
            let common = min(skip, commonPrefix(key, keys.key(id(node, 0))))
            if common < skip { rewrite(node, skip: common, keys) }
        }
        let place = Self.place(node, index)
        words.move(from: place, to: place + 1, count: count - index)
        ids.move(from: place, to: place + 1, count: count - index)
        words[place] = Self.word(key, after: Int(heads[node].skip))
        ids[place] = entry
        if let child {
            let place = Int(heads[node].link) * Self.capacity + index
            children.move(from: place, to: place + 1, count: count - index)
            children[place] = child
        }
        heads[node].count = UInt16(count + 1)
    }

    private mutating func removeElement(_ index: Int, from node: UInt32) {
        let count = count(node)
        let place = Self.place(node, index)
        words.move(from: place + 1, to: place, count: count - index - 1)
        ids.move(from: place + 1, to: place, count: count - index - 1)
        if !heads[node].isLeaf {
            let place = Int(heads[node].link) * Self.capacity + index
            children.move(from: place + 1, to: place, count: count - index - 1)
        }
        heads[node].count = UInt16(count - 1)
        if count == 1 { heads[node].skip = 0 }
    }

    /// Makes element `index` of a branch say its child's first key (O2).
    private mutating func tell(_ index: Int, of node: UInt32, _ keys: borrowing KeyTable) {
        let first = id(child(node, index), 0)
        if id(node, index) == first { return }
        ids[Self.place(node, index)] = first
        let common = commonPrefix(of: node, keys)
        if common < Int(heads[node].skip) {
            rewrite(node, skip: common, keys)
        } else {
            words[Self.place(node, index)] = Self.word(keys.key(first), after: Int(heads[node].skip))
        }
    }

    // MARK: Insertion

    /// Adds an entry whose key is not there yet.
    mutating func insert(_ entry: UInt32, _ keys: borrowing KeyTable) {
        let key = keys.key(entry)
        if count(root) == Self.capacity {
            let old = root
            root = makeNode(isLeaf: false)
            insert(id(old, 0), child: old, at: 0, in: root, keys)
        }
        var path = OrderPath()
        var node = root
        while !heads[node].isLeaf {
            var index = childIndex(node, key, keys)
            if count(child(node, index)) == Self.capacity {
                split(index, of: node, key, keys)
                index = childIndex(node, key, keys)
            }
            path.push(node, index)
            node = child(node, index)
        }
        let index = search(node, key, keys).index
        insert(entry, child: nil, at: index, in: node, keys)
        if index == 0 { while let (branch, index) = path.pop() { tell(index, of: branch, keys) } }
    }

    /// Makes two of a full child. Keys that only ascend leave full nodes behind.
    private mutating func split(_ index: Int, of parent: UInt32, _ key: ByteView, _ keys: borrowing KeyTable) {
        let left = child(parent, index)
        let isLeaf = heads[left].isLeaf
        let isLast = isLeaf ? heads[left].link == KeyTable.none : index == count(parent) - 1
        let isAscending = isLast && keys.key(id(left, Self.capacity - 1)) < key
        let cut = isAscending ? Self.capacity - 2 : Self.capacity / 2
        let right = makeNode(isLeaf: isLeaf)
        let moved = Self.capacity - cut
        words.copy(from: Self.place(left, cut), to: Self.place(right, 0), count: moved)
        ids.copy(from: Self.place(left, cut), to: Self.place(right, 0), count: moved)
        if isLeaf {
            heads[right].link = heads[left].link
            heads[left].link = right
        } else {
            children.copy(
                from: Int(heads[left].link) * Self.capacity + cut, to: Int(heads[right].link) * Self.capacity,
                count: moved)
        }
        heads[left].count = UInt16(cut)
        heads[right].count = UInt16(moved)
        heads[right].skip = heads[left].skip
        for node in [left, right] {
            let common = commonPrefix(of: node, keys)
            if common != Int(heads[node].skip) { rewrite(node, skip: common, keys) }
        }
        insert(id(right, 0), child: right, at: index + 1, in: parent, keys)
    }

    // MARK: Removal

    /// Takes an entry out. Its key must still be there.
    mutating func remove(_ entry: UInt32, _ keys: borrowing KeyTable) {
        let key = keys.key(entry)
        var path = OrderPath()
        var node = root
        while !heads[node].isLeaf {
            let index = childIndex(node, key, keys)
            path.push(node, index)
            node = child(node, index)
        }
        let (index, isExact) = search(node, key, keys)
        precondition(isExact && id(node, index) == entry, "O1: a key is not where it belongs")
        removeElement(index, from: node)
        while let (parent, index) = path.pop() {
            if count(child(parent, index)) < Self.fewest, count(parent) > 1 {
                level(index == 0 ? 0 : index - 1, of: parent, keys)
            } else {
                tell(index, of: parent, keys)
            }
        }
        while !heads[root].isLeaf, count(root) == 1 {
            let old = root
            root = child(old, 0)
            free(old)
        }
    }

    /// Unites children `index` and `index + 1`, or divides what they have evenly.
    private mutating func level(_ index: Int, of parent: UInt32, _ keys: borrowing KeyTable) {
        let (left, right) = (child(parent, index), child(parent, index + 1))
        let isLeaf = heads[left].isLeaf
        var elements: [(id: UInt32, child: UInt32)] = []
        for node in [left, right] {
            for index in 0..<count(node) { elements.append((id(node, index), isLeaf ? 0 : child(node, index))) }
        }
        let isOne = elements.count <= Self.capacity - Self.fewest / 2
        let cut = isOne ? elements.count : elements.count / 2
        fill(left, elements[..<cut], keys)
        if isOne {
            if isLeaf { heads[left].link = heads[right].link }
            free(right)
            removeElement(index + 1, from: parent)
        } else {
            fill(right, elements[cut...], keys)
            tell(index + 1, of: parent, keys)
        }
        tell(index, of: parent, keys)
    }

    private mutating func fill(
        _ node: UInt32, _ elements: ArraySlice<(id: UInt32, child: UInt32)>, _ keys: borrowing KeyTable
    ) {
        heads[node].count = UInt16(elements.count)
        for (index, element) in elements.enumerated() {
            ids[Self.place(node, index)] = element.id
            if !heads[node].isLeaf { children[Int(heads[node].link) * Self.capacity + index] = element.child }
        }
        rewrite(node, skip: commonPrefix(of: node, keys), keys)
    }

    // MARK: Building

    /// Builds the tree of entries that are in order already; there are none in it yet.
    mutating func build(_ sorted: [UInt32], _ keys: borrowing KeyTable) {
        precondition(count(root) == 0 && heads[root].isLeaf, "O0: a tree is built once")
        guard !sorted.isEmpty else { return }
        var level: [(id: UInt32, child: UInt32)] = sorted.map { ($0, 0) }
        var isLeaf = true
        while true {
            // Nodes of equal size, with room for a few more each.
            let nodes = max(1, (level.count + 59) / 60)
            var above: [(id: UInt32, child: UInt32)] = []
            var last = KeyTable.none
            for number in 0..<nodes {
                let range = level.count * number / nodes..<level.count * (number + 1) / nodes
                let node = isLeaf && number == 0 ? root : makeNode(isLeaf: isLeaf)
                fill(node, level[range], keys)
                if isLeaf, last != KeyTable.none { heads[last].link = node }
                last = node
                above.append((level[range.lowerBound].id, node))
            }
            if nodes == 1 {
                root = last
                return
            }
            level = above
            isLeaf = false
        }
    }

    /// How much memory all this takes.
    var byteCount: Int { heads.byteCount + words.byteCount + ids.byteCount + children.byteCount }

    /// Whether all rules hold: for tests.
    func check(_ keys: borrowing KeyTable) -> String? {
        var last: ByteView?
        var leaves: [UInt32] = []
        if let problem = check(root, keys, isRoot: true, &last, &leaves) { return problem }
        for (index, leaf) in leaves.enumerated() {
            let next = index + 1 < leaves.count ? leaves[index + 1] : KeyTable.none
            if heads[leaf].link != next { return "O1: leaf \(leaf) leads to \(heads[leaf].link), not to \(next)" }
        }
        return nil
    }

    private func check(
        _ node: UInt32, _ keys: borrowing KeyTable, isRoot: Bool, _ last: inout ByteView?, _ leaves: inout [UInt32]
    ) -> String? {
        if count(node) == 0, !isRoot { return "O4: node \(node) is empty" }
        let skip = Int(heads[node].skip)
        for index in 0..<count(node) {
            let key = keys.key(id(node, index))
            if words[Self.place(node, index)] != Self.word(key, after: skip) { return "O3: word \(index) of \(node)" }
            if key.count < skip || key.prefix(skip) != keys.key(id(node, 0)).prefix(skip) { return "O3: node \(node)" }
            if heads[node].isLeaf {
                if let last, !(last < key) { return "O1: \(key.lossyText) after \(last.lossyText)" }
                last = key
            } else {
                let child = child(node, index)
                if id(child, 0) != id(node, index) { return "O2: child \(index) of \(node)" }
                if let problem = check(child, keys, isRoot: false, &last, &leaves) { return problem }
            }
        }
        if heads[node].isLeaf { leaves.append(node) }
        return nil
    }
}

/// The branches on the way to a leaf.
private struct OrderPath {
    private var steps = InlineArray<16, (UInt32, Int)>(repeating: (0, 0))
    private var depth = 0

    mutating func push(_ node: UInt32, _ index: Int) {
        steps[depth] = (node, index)
        depth += 1
    }

    mutating func pop() -> (node: UInt32, index: Int)? {
        guard depth > 0 else { return nil }
        depth -= 1
        return steps[depth]
    }
}
