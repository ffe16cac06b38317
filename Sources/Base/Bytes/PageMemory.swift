// PageMemory.swift: where changed pages live until the disk has them.
//
// A B+tree file is read through a mapping, which costs no memory of ours. A page that a transaction
// changes must live somewhere else until it is written: copy-on-write means that the old page stays
// true for whoever reads it. So the owner of the tree keeps a block of memory for each changed page,
// and a table that says, for every page of the file, whether there is one:
//
//     page      0   1   2   3   4   5   6   7 ...
//     table   [ 0 | 0 | 0 | * | 0 | *f| 0 | 0 ]        one word a page: nothing, or the block's address
//                           |       |                   f: frozen, a writer is at it, read only
//                           v       v
//                        block    block                 stable until dropped: a view of it may be
//                                                       handed to the thread that writes pages
//
// WHY A TABLE AND NOT A DICTIONARY? Every step down the tree asks "is this page changed?". With a
// table that is one load. It costs 8 bytes a page, 1/512 of the file, and the system gives the memory
// only where a word was ever written.
//
// COST     make and drop of a single page: a few ns from the list of spares. At most `spareLimit`
//          spare pages are kept, so that one large transaction does not cost its memory for ever.
// RULES    M1  a block never moves and is never given back before `drop`.
//          M2  a lookup or a view made from this memory is true until the next `make` or `drop`
//              (views: until the drop of their own page).

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Before each block's bytes: its number of pages, and room to keep the bytes 16-aligned.
@usableFromInline let blockHeaderBytes = 16

/// Blocks of memory for the changed pages of one file, and the table that finds them.
///
/// SAFETY (`@safe`): the table and the blocks are allocated and freed only here; every index is checked
/// against the table's length.
@safe
public struct PageMemory: ~Copyable {
    /// How long a page is.
    public let pageSize: Int
    /// How many bytes follow each block for the owner's notes; they never reach the disk.
    public let slack: Int
    /// How many blocks of one page are kept for the next `make`.
    public let spareLimit: Int
    /// How many bytes all blocks and spares take at this moment.
    public private(set) var residentBytes = 0

    private var table: UnsafeMutablePointer<UInt>
    private var tableCount: Int
    /// A linked list: the first word of each spare block is the address of the next.
    private var spares: UnsafeMutableRawPointer?
    private var spareCount = 0

    /// Memory for no page yet.
    public init(pageSize: Int, slack: Int, spareLimit: Int = 4096) {
        precondition(pageSize >= 64 && slack >= 0, "M0: pages of \(pageSize) bytes")
        self.pageSize = pageSize
        self.slack = slack
        self.spareLimit = spareLimit
        tableCount = 1024
        // SAFETY: a fresh table, of which every word is zero: no block.
        unsafe table = Self.makeTable(tableCount)
    }

    deinit {
        for index in 0..<tableCount {
            // SAFETY: a word of the table is zero or the address of a block made here.
            if let block = unsafe UnsafeMutableRawPointer(bitPattern: table[index] & ~1) {
                unsafe free(block - blockHeaderBytes)
            }
        }
        // SAFETY: a spare's first word is the next spare; spares and table belong to nobody else any more.
        var next = unsafe spares
        while let block = unsafe next {
            unsafe next = block.load(as: UnsafeMutableRawPointer?.self)
            unsafe free(block - blockHeaderBytes)
        }
        unsafe free(table)
    }

    /// Zeroed words; the system provides them when they are first written.
    private static func makeTable(_ count: Int) -> UnsafeMutablePointer<UInt> {
        // SAFETY: calloc's memory is aligned for any word, and zeroed.
        guard let raw = unsafe calloc(count, MemoryLayout<UInt>.stride) else {
            preconditionFailure("out of memory for a table of \(count) pages")
        }
        return unsafe raw.bindMemory(to: UInt.self, capacity: count)
    }

    /// What finds blocks, for those who only read. True until the next `make` or `drop` (M2).
    public var lookup: PageLookup {
        // SAFETY: the table has `tableCount` words until the next mutation.
        unsafe PageLookup(table: table, count: tableCount, pageSize: pageSize)
    }

    /// The block of a page that may still be changed; nil when there is none or it is frozen.
    @inline(__always)
    public func writable(_ page: UInt64) -> WritableView? {
        guard page < UInt64(tableCount) else { return nil }
        let word = unsafe table[Int(page)]
        // SAFETY: a word that is neither zero nor odd is the address of a block made here.
        guard word & 1 == 0, let block = unsafe UnsafeMutableRawPointer(bitPattern: word) else { return nil }
        return unsafe WritableView(unsafeStart: block, count: byteCount(of: block) + slack)
    }

    /// A block for `pages` pages that begin at `page`, with any content. There must be none yet.
    public mutating func make(_ page: UInt64, pages: Int = 1) -> WritableView {
        precondition(pages >= 1 && page < UInt64(Int32.max), "M0: a block of \(pages) pages at page \(page)")
        if page >= UInt64(tableCount) { growTable(to: Int(page) + 1) }
        // SAFETY: the table has a word for `page` now, and the block the bytes that the view promises.
        precondition(unsafe table[Int(page)] == 0, "M1: page \(page) has a block already")
        let block = unsafe takeBlock(pages)
        unsafe table[Int(page)] = UInt(bitPattern: block)
        return unsafe WritableView(unsafeStart: block, count: pages * pageSize + slack)
    }

    /// From now on the block of `page` is only read: somebody else may be reading it too.
    public mutating func freeze(_ page: UInt64) {
        // SAFETY: the word is looked at only after its place was compared with the table's length.
        precondition(unsafe page < UInt64(tableCount) && table[Int(page)] != 0, "M1: page \(page) has no block")
        unsafe table[Int(page)] |= 1
    }

    /// Gives the block of `page` back.
    public mutating func drop(_ page: UInt64) {
        precondition(page < UInt64(tableCount), "M1: page \(page) has no block")
        // SAFETY: as in `writable`.
        guard let block = unsafe UnsafeMutableRawPointer(bitPattern: table[Int(page)] & ~1) else {
            preconditionFailure("M1: page \(page) has no block")
        }
        unsafe table[Int(page)] = 0
        unsafe giveBack(block)
    }

    // MARK: Blocks

    private func byteCount(of block: UnsafeMutableRawPointer) -> Int {
        // SAFETY: the header before each block was written by `takeBlock`.
        unsafe (block - blockHeaderBytes).load(as: Int.self)
    }

    private mutating func takeBlock(_ pages: Int) -> UnsafeMutableRawPointer {
        if pages == 1, let block = unsafe spares {
            // SAFETY: the first word of a spare is the address of the next spare.
            unsafe spares = block.load(as: UnsafeMutableRawPointer?.self)
            spareCount -= 1
            return unsafe block
        }
        let bytes = pages * pageSize
        // SAFETY: the block has room for its header before the bytes that others see.
        // Zeroed, so that no memory of another purpose can ever reach the file through a gap in a page.
        guard let raw = unsafe calloc(1, blockHeaderBytes + bytes + slack) else {
            preconditionFailure("out of memory for \(pages) pages")
        }
        unsafe raw.storeBytes(of: bytes, as: Int.self)
        residentBytes += blockHeaderBytes + bytes + slack
        return unsafe raw + blockHeaderBytes
    }

    private mutating func giveBack(_ block: UnsafeMutableRawPointer) {
        // SAFETY: `block` was made by `takeBlock`, and a page has room for the address of another.
        let bytes = unsafe byteCount(of: block)
        if bytes == pageSize, spareCount < spareLimit {
            unsafe block.storeBytes(of: spares, as: UnsafeMutableRawPointer?.self)
            unsafe spares = block
            spareCount += 1
        } else {
            residentBytes -= blockHeaderBytes + bytes + slack
            unsafe free(block - blockHeaderBytes)
        }
    }

    /// Twice the size, so that growing page by page costs O(1) a page.
    private mutating func growTable(to needed: Int) {
        let larger = max(tableCount * 2, needed)
        let moved = unsafe Self.makeTable(larger)
        // SAFETY: the new table is longer, and the old one is given up.
        unsafe moved.update(from: table, count: tableCount)
        unsafe free(table)
        unsafe table = moved
        tableCount = larger
    }
}

/// Finds the changed pages of a PageMemory; trivial to copy.
///
/// SAFETY (`@safe`): indexes are checked against `count`; true until the memory's next mutation (M2).
@frozen @safe
public struct PageLookup {
    @usableFromInline let table: UnsafePointer<UInt>?
    @usableFromInline let count: Int
    @usableFromInline let pageSize: Int

    @inlinable @unsafe
    init(table: UnsafePointer<UInt>, count: Int, pageSize: Int) {
        unsafe self.table = table
        self.count = count
        self.pageSize = pageSize
    }

    /// Finds nothing: for a version of the file that is all on disk.
    @inlinable public init() {
        unsafe table = nil
        count = 0
        pageSize = 0
    }

    /// The bytes of a changed page with those that continue it, without slack; nil when the file's own are true.
    @inlinable @inline(__always)
    public func bytes(of page: UInt64) -> ByteView? {
        guard page < UInt64(truncatingIfNeeded: count), let table = unsafe table else { return nil }
        // SAFETY: page < count; a word that is not zero is the address of a block with its header.
        guard let block = unsafe UnsafeRawPointer(bitPattern: table[Int(truncatingIfNeeded: page)] & ~1) else {
            return nil
        }
        return unsafe ByteView(unsafeStart: block, count: (block - blockHeaderBytes).load(as: Int.self))
    }
}

/// Room for rearranging bytes, reused and grown on demand.
///
/// SAFETY (`@safe`): allocated and freed only here.
@safe
public struct ScratchMemory: ~Copyable {
    private var block: UnsafeMutableRawPointer
    private var capacity: Int

    /// Room for `bytes` bytes.
    public init(_ bytes: Int) {
        capacity = max(bytes, 64)
        unsafe block = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { unsafe block.deallocate() }

    /// A copy of `bytes`, true until the next call.
    public mutating func copy(_ bytes: ByteView) -> ByteView {
        if bytes.count > capacity {
            unsafe block.deallocate()
            capacity = bytes.count
            unsafe block = .allocate(byteCount: capacity, alignment: 16)
        }
        // SAFETY: the block has room for all of `bytes`, which lie elsewhere.
        let target = unsafe WritableView(unsafeStart: block, count: capacity)
        target.copy(bytes, to: 0)
        return target[0..<bytes.count]
    }
}
