// PageSource.swift: from a page number to its bytes.
//
// Where is page 4711 at this moment? If a transaction that is not on the disk yet has changed it, in
// the owner's memory; else in the mapping of the file. This is the only place that decides it, and the only
// door through which bytes of the file come in; so it is also where the header of each page is
// checked, once, before anybody believes a count.
//
//     node(4711) -- changed? --yes--> PageMemory's block       ours, header known to be good
//                      |
//                      no
//                      v
//                 number below the high-water mark? -> header says 4711? branch or leaf? does it fit? -> node
//
// A source without memory (an empty lookup) shows a version that is entirely on the disk: that is
// what other threads read from.
//
// COST     one load from the table, one 16-byte header from the mapping, five comparisons.

import Bytes

/// The pages of one version of the file. Trivial to copy; true as long as that version is (Versions.swift).
struct PageSource {
    /// The file as far as address space is reserved for it.
    let mapping: ByteView
    let pageSize: Int
    /// Pages from here on do not exist. At most file length / page size.
    var highWater: UInt64
    /// The pages that are not on the disk yet.
    var lookup: PageLookup

    /// The node that begins on a page.
    @inline(__always)
    func node(_ page: UInt64) throws(BoltError) -> Node {
        if let bytes = lookup.bytes(of: page) { return Node(checked: bytes, page: page) }
        return try mappedNode(page)
    }

    private func mappedNode(_ page: UInt64) throws(BoltError) -> Node {
        guard page >= 2, page < highWater else { throw BoltError(.pageOutOfRange, page: page) }
        let start = Int(page) * pageSize
        guard mapping.littleEndian(at: start, as: UInt64.self) == page else {
            throw BoltError(.wrongPageNumber, page: page)
        }
        let word = mapping.littleEndian(at: start + 8, as: UInt64.self)
        let flags = UInt16(truncatingIfNeeded: word)
        guard flags == Node.leafFlag || flags == Node.branchFlag else {
            throw BoltError(.wrongPageType, page: page, at: 8)
        }
        let overflow = word >> 32
        guard overflow < highWater - page else { throw BoltError(.nodeTooLong, page: page, at: 12) }
        let node = Node(checked: mapping[start..<(start + Int(overflow + 1) * pageSize)], page: page)
        guard Node.headerBytes + node.count * Node.elementBytes <= node.bytes.count else {
            throw BoltError(.nodeTooLong, page: page, at: 10)
        }
        guard node.count > 0 || node.isLeaf else { throw BoltError(.emptyNode, page: page, at: 10) }
        return node
    }

    /// How many pages a node occupies.
    func pages(of node: Node) -> Int { node.bytes.count / pageSize }
}
