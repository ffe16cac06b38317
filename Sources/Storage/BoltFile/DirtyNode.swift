// DirtyNode.swift: a node that a transaction edits where it lies.
//
// The format leaves open where on the page keys and values lie: each element says how far away its key
// is. That freedom makes editing cheap. The elements grow from the front, the data from the back, and
// in between is the gap:
//
//     0        16                elementsEnd        dataStart                     capacity
//     +--------+-----------------+------------------+-----------------------------+- - - - - -+
//     | header | elements ->     |       gap        | <- keys and values, holes   |  notebook |
//     +--------+-----------------+------------------+-----------------------------+- - - - - -+
//
//     insert   data goes below dataStart; elements behind the place move up by 16, and since `pos`
//              counts from the element itself, each of them now has its data 16 bytes nearer
//     remove   elements move down by 16; the data stays behind as a hole
//     compact  when the gap is too small but the holes would do: the data is packed again
//
// The notebook (16 bytes of slack behind the page, never written to the disk) remembers dataStart and
// how many bytes of data are alive, so nobody has to add up 127 elements to know whether one more fits.
//
// RULES    D1  elementsEnd <= dataStart <= capacity, and every element's data lies in dataStart..<capacity.
//          D2  live = the sum of all keys and values; elementsEnd + live <= capacity.
//          D3  the bytes given to an insertion lie outside the node.
//
// COST     an insertion into a full leaf of 256-byte values: about 300 bytes copied, 14 elements moved.

import Bytes

/// A node in the memory of a transaction.
struct DirtyNode {
    /// Bytes behind each node for `dataStart` and `live`.
    static let notebookBytes = 16

    /// The node's bytes and the notebook.
    let memory: WritableView

    @inline(__always)
    init(_ memory: WritableView) { self.memory = memory }

    /// Makes an empty node in fresh memory.
    static func make(in memory: WritableView, page: UInt64, isLeaf: Bool, pageSize: Int) -> DirtyNode {
        let node = DirtyNode(memory)
        memory.store(littleEndian: page, at: 0)
        memory.store(littleEndian: isLeaf ? Node.leafFlag : Node.branchFlag, at: 8)
        memory.store(littleEndian: UInt16(0), at: 10)
        memory.store(littleEndian: UInt32(node.capacity / pageSize - 1), at: 12)
        node.reset()
        return node
    }

    /// Checks every element of a node that comes from the file, so that editing can trust D1 and D2,
    /// and returns what the notebook must say.
    static func survey(_ node: Node) throws(BoltError) -> (dataStart: Int, live: Int) {
        let elementsEnd = Node.place(of: node.count)
        var dataStart = node.bytes.count
        var live = 0
        for index in 0..<node.count {
            let place = Node.place(of: index)
            let position = Int(node.bytes.littleEndian(at: place + (node.isLeaf ? 4 : 0), as: UInt32.self))
            let start = place + position
            let length = node.size(index) - Node.elementBytes
            guard start >= elementsEnd, start + length <= node.bytes.count else {
                throw BoltError(.elementOutsideNode, page: node.page, at: place)
            }
            dataStart = min(dataStart, start)
            live += length
        }
        // Two elements may not share bytes: unfolded they would need more room than there is.
        guard elementsEnd + live <= node.bytes.count else {
            throw BoltError(.elementOutsideNode, page: node.page, at: Node.headerBytes)
        }
        return (dataStart, live)
    }

    /// A copy of a surveyed node, under a new number.
    static func copy(of node: Node, surveyed: (dataStart: Int, live: Int), in memory: WritableView, page: UInt64)
        -> DirtyNode
    {
        let copy = DirtyNode(memory)
        memory.copy(node.bytes, to: 0)
        memory.store(littleEndian: page, at: 0)
        copy.note(dataStart: surveyed.dataStart, live: surveyed.live)
        return copy
    }

    // MARK: What it is

    var page: UInt64 { memory.littleEndian(at: 0) }
    @inline(__always) var isLeaf: Bool { memory.littleEndian(at: 8, as: UInt16.self) == Node.leafFlag }
    @inline(__always) var count: Int { Int(memory.littleEndian(at: 10, as: UInt16.self)) }
    /// How many bytes the file gives this node.
    @inline(__always) var capacity: Int { memory.count - Self.notebookBytes }
    /// The node as a reader sees it.
    @inline(__always) var node: Node { Node(checked: memory[0..<capacity], page: page) }

    private var elementsEnd: Int { Node.place(of: count) }
    private var dataStart: Int { Int(memory.littleEndian(at: capacity, as: UInt64.self)) }
    private var live: Int { Int(memory.littleEndian(at: capacity + 8, as: UInt64.self)) }

    /// How many bytes it takes when packed.
    @inline(__always) var used: Int { elementsEnd + live }
    /// Whether one more element of `size` bytes, entry included, fits.
    @inline(__always)
    func fits(_ size: Int) -> Bool { used + size <= capacity && count < 0xFFFE }

    private func note(dataStart: Int, live: Int) {
        memory.store(littleEndian: UInt64(dataStart), at: capacity)
        memory.store(littleEndian: UInt64(live), at: capacity + 8)
    }

    /// Forgets all elements.
    func reset() {
        memory.store(littleEndian: UInt16(0), at: 10)
        note(dataStart: capacity, live: 0)
    }

    // MARK: Editing

    /// Adds a leaf's element. It must fit.
    @inline(__always)
    func insert(
        at index: Int, flags: UInt32, key: ByteView, value: ByteView, scratch: inout ScratchMemory
    ) {
        let size = key.count + value.count
        openGap(Node.elementBytes + size, scratch: &scratch)
        let data = dataStart - size
        memory.copy(key, to: data)
        memory.copy(value, to: data + key.count)
        openSlot(index, positionAt: 4)
        let place = Node.place(of: index)
        memory.store(littleEndian: UInt64(flags) | UInt64(data - place) << 32, at: place)
        memory.store(littleEndian: UInt64(key.count) | UInt64(value.count) << 32, at: place + 8)
        note(dataStart: data, live: live + size)
    }

    /// Adds a branch's element. It must fit.
    func insert(at index: Int, key: ByteView, child: UInt64, scratch: inout ScratchMemory) {
        openGap(Node.elementBytes + key.count, scratch: &scratch)
        let data = dataStart - key.count
        memory.copy(key, to: data)
        openSlot(index, positionAt: 0)
        let place = Node.place(of: index)
        memory.store(littleEndian: UInt64(data - place) | UInt64(key.count) << 32, at: place)
        memory.store(littleEndian: child, at: place + 8)
        note(dataStart: data, live: live + key.count)
    }

    /// Adds a copy of an element of another node of the same kind. It must fit.
    func append(_ other: Node, _ index: Int, scratch: inout ScratchMemory) throws(BoltError) {
        if other.isLeaf {
            let element = try other.element(index)
            insert(at: count, flags: element.flags, key: element.key, value: element.value, scratch: &scratch)
        } else {
            insert(at: count, key: try other.key(index), child: other.child(index), scratch: &scratch)
        }
    }

    /// Takes an element out.
    func remove(_ index: Int) {
        let size = node.size(index) - Node.elementBytes
        let last = count - 1
        let place = Node.place(of: index)
        memory.move(from: place + Node.elementBytes, to: place, count: (last - index) * Node.elementBytes)
        shiftPositions(index..<last, by: Node.elementBytes)
        memory.store(littleEndian: UInt16(last), at: 10)
        if last == 0 { reset() } else { note(dataStart: dataStart, live: live - size) }
    }

    /// Leads element `index` of a branch to another page.
    @inline(__always)
    func setChild(_ index: Int, _ page: UInt64) { memory.store(littleEndian: page, at: Node.place(of: index) + 8) }

    /// Writes a value of the same length over the old one.
    func overwriteValue(_ index: Int, with value: ByteView, flags: UInt32) {
        let place = Node.place(of: index)
        let key = place + Int(memory.littleEndian(at: place + 4, as: UInt32.self))
        memory.store(littleEndian: flags, at: place)
        memory.copy(value, to: key + Int(memory.littleEndian(at: place + 8, as: UInt32.self)))
    }

    /// Packs the data at the end of the node, so that all free room is in the gap.
    func compact(scratch: inout ScratchMemory) {
        let old = scratch.copy(memory[0..<capacity])
        let positionAt = isLeaf ? 4 : 0
        let before = node
        var data = capacity - live
        note(dataStart: data, live: live)
        for index in 0..<before.count {
            let place = Node.place(of: index)
            let start = place + Int(old.littleEndian(at: place + positionAt, as: UInt32.self))
            let size = before.size(index) - Node.elementBytes
            memory.copy(old[start..<(start + size)], to: data)
            memory.store(littleEndian: UInt32(data - place), at: place + positionAt)
            data += size
        }
    }

    // MARK: Slots

    @inline(__always)
    private func openGap(_ size: Int, scratch: inout ScratchMemory) {
        precondition(fits(size), "D2: \(size) bytes do not fit into page \(page)")
        if dataStart - elementsEnd < size { compact(scratch: &scratch) }
    }

    /// Makes place for an element at `index` and counts it.
    @inline(__always)
    private func openSlot(_ index: Int, positionAt: Int) {
        let count = count
        let place = Node.place(of: index)
        memory.move(from: place, to: place + Node.elementBytes, count: (count - index) * Node.elementBytes)
        memory.store(littleEndian: UInt16(count + 1), at: 10)
        if index < count { shiftPositions((index + 1)..<(count + 1), by: -Node.elementBytes) }
    }

    /// Elements that moved have their data further away (positive) or nearer (negative).
    private func shiftPositions(_ range: Range<Int>, by distance: Int) {
        let positionAt = isLeaf ? 4 : 0
        let delta = UInt32(truncatingIfNeeded: distance)
        for index in range {
            let place = Node.place(of: index) + positionAt
            memory.store(littleEndian: memory.littleEndian(at: place, as: UInt32.self) &+ delta, at: place)
        }
    }
}
