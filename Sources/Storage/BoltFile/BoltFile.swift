// BoltFile.swift: start here. A B+tree in one file, which many may read while one writes.
//
// How can a file be changed so that a crash at any byte leaves either the old state or the new one,
// and so that readers of the old state are not disturbed? By never changing anything that is in use:
//
//     before                      while writing                     after the meta
//
//     meta -> root 24             meta -> root 24                   meta --------> root 40
//              /    \                      /    \    root 40                        /    \
//           12        31               12        31   /    \                     12        41
//                                       \___________ /      41                        (24 and 31 are free
//                                                    new leaf                          when nobody needs them)
//
// A change copies the leaf to a new page, then its parent, up to the root: copy-on-write. When all new
// pages are on the disk, one small write (the meta page) makes the new root the true one. The format is
// that of bbolt, the library under etcd, so a real etcd opens our files and we open its.
//
// WHO DOES WHAT. This type computes: it reads pages through a mapping that somebody else keeps, holds the
// changed pages in its own memory, and at a commit hands out a `PageBatch` that somebody else writes.
// It opens no file and waits for nothing. So the server can carry a batch out on a thread while the
// next transaction is already under way, and the simulator can stop the power between any two writes.
//
//     put, delete --> [ transaction T: changed pages in memory ] -- freeze() --> PageBatch T --> disk
//                                                                                                |
//                     [ transaction T+1 ] <-- at once            durable(T) <--------------------+
//
// THE FIVE RULES of a commit that does not wait:
//     P1  one writer, batches carried out in order;
//     P2  a page that T freed is written over only after T's meta is durable and no reader sees T's past;
//     P3  the memory of changed pages stays here until `durable(T)`; the batch has plain views of it;
//     P4  the mapping's address range is reserved once and never moves;
//     P5  a view of a key or a value is true until the next change: who answers a request copies the
//         bytes out before he lets anybody else run.
//
// READING ORDER   Meta, Node, PageSource, Tree, Cursor     the file as a reader sees it
//                 DirtyNode, Writing, Insertion, Deletion  how a transaction changes it
//                 Buckets, FreePages, Commit, Versions     transactions
//                 Reachability, Check, Copying, Defragmentation, PageReport   a file that explains itself
// SHOWN BY        Tests/Storage/BoltFileTests

package import Bytes

/// The one writer of a B+tree file, and the source of all versions that others read.
package struct BoltFile: ~Copyable {
    /// The file as far as address space is reserved for it (P4).
    let mapping: ByteView
    /// How long a page of this file is.
    package let pageSize: Int
    /// How long the file is, or will be when the batches handed out so far are carried out.
    package internal(set) var fileLength: Int

    /// The newest state that is known to be on the disk.
    package internal(set) var durable: Meta
    /// The transaction under way.
    package internal(set) var transaction: UInt64
    /// One past the last page that anybody uses.
    package internal(set) var highWater: UInt64

    var memory: PageMemory
    var scratch: ScratchMemory
    /// The first pages of the nodes that the transaction under way has changed.
    var dirty = PageSet()
    var freePages: FreePages
    /// Buckets that have a handle; the first is the root bucket.
    var buckets: [BucketState]
    /// Their names, apart from their states, so that a change of a state touches no reference count.
    var bucketNames = [ByteSlice()]
    /// Where the last change happened.
    var path = WritingPath()
    /// Batches handed out and not yet durable, oldest first.
    var inFlight: [InFlight] = []
    /// Versions in use: transaction and number of users.
    var pins: [(transaction: UInt64, users: Int)] = []
    /// What made the transaction under way unusable. A half-made change is never committed.
    var failure: BoltError?

    /// Opens a file for writing. `mapping` covers at least the file and as much of the address space as the
    /// file may ever grow to; it stays readable up to the file's length, and it shows what was written.
    package init(mapping: ByteView, fileLength: Int) throws(BoltError) {
        let meta = try Meta.newest(in: mapping, fileLength: fileLength)
        let source = PageSource(
            mapping: mapping, pageSize: meta.pageSize, highWater: meta.highWater, lookup: PageLookup())
        let used = try Reachability(source: source, root: meta.root).used
        freePages = try Self.unused(by: used, meta: meta, mapping: mapping)

        self.mapping = mapping
        self.fileLength = fileLength
        pageSize = meta.pageSize
        durable = meta
        transaction = meta.transaction + 1
        highWater = meta.highWater
        memory = PageMemory(pageSize: meta.pageSize, slack: DirtyNode.notebookBytes)
        scratch = ScratchMemory(meta.pageSize)
        buckets = [BucketState(parent: 0, depth: 0, root: meta.root, sequence: meta.sequence)]
    }

    /// The pages that the tree does not use. A stored freelist is compared with them and then given up: its
    /// own pages wait, as any freed page, until a meta without it is durable.
    private static func unused(by used: PageSet, meta: Meta, mapping: ByteView) throws(BoltError) -> FreePages {
        var free = PageSet()
        var list: Range<UInt64> = 0..<0
        if meta.freeList != Meta.noFreeList {
            let stored = try StoredFreeList(meta: meta, mapping: mapping)
            list = meta.freeList..<(meta.freeList + UInt64(stored.ownPages))
            for page in list where used.contains(page) { throw BoltError(.pageUsedTwice, page: page) }
            try stored.free.forEach { (page) throws(BoltError) in
                if used.contains(page) || list.contains(page) { throw BoltError(.freePageInUse, page: page) }
            }
        }
        for page in 2..<meta.highWater where !used.contains(page) && !list.contains(page) { free.insert(page) }
        var pages = FreePages(free: free)
        if !list.isEmpty { pages.retire(list.lowerBound, count: list.count, by: meta.transaction + 1) }
        return pages
    }

    /// What a new file holds: two metas, an empty freelist, an empty root bucket. Write it at the
    /// beginning of the file and sync before opening.
    package static func newFile(pageSize: Int) -> ByteSlice {
        precondition(
            (1024...65536).contains(pageSize) && pageSize.nonzeroBitCount == 1, "T2: pages of \(pageSize) bytes")
        var bytes = ByteBuffer(capacity: 4 * pageSize)
        for page in 0...1 as ClosedRange<UInt64> {
            bytes.append(Meta(newFileWithPageSize: pageSize, transaction: page).encoded(asPage: page))
        }
        for (page, flag) in [(UInt64(2), Node.freeListFlag), (3, Node.leafFlag)] {
            bytes.append(littleEndian: page)
            bytes.append(littleEndian: flag)
            bytes.append(zeros: pageSize - 10)
        }
        return bytes.slice()
    }

    /// The state with all changes of the transaction under way. True until the next change.
    @inline(__always)
    var source: PageSource {
        PageSource(mapping: mapping, pageSize: pageSize, highWater: durable.highWater, lookup: memory.lookup)
    }

    /// How many pages of the file hold nothing, or soon will not.
    package var freePageCount: Int { freePages.free.count + freePages.pendingCount }

    /// How many bytes the file's pages take, used or not: what etcd calls the size of the database.
    package var byteCount: Int { Int(highWater) * pageSize }

    /// How many of them are in use.
    package var usedByteCount: Int { byteCount - freePageCount * pageSize }

    /// How much memory the changed pages take, spares included.
    package var residentBytes: Int { memory.residentBytes }

    /// How many batches are handed out and not yet durable.
    package var batchesInFlight: Int { inFlight.count }

    /// How many nodes the transaction under way has changed so far.
    package var dirtyNodeCount: Int { dirty.count }
}
