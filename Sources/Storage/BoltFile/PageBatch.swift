// PageBatch.swift: what one commit asks of the disk.
//
// The tree computes and never waits. When a transaction is committed it freezes the pages that the
// transaction changed and hands them over as a batch; then it goes on with the next transaction
// while somebody else (a thread in the server, the simulated disk in the simulator) carries the
// batch out:
//
//     1  grow the file to `fileLength`, if there is one
//     2  write every page of `pages`                      nothing reachable is overwritten
//     3  sync                                             all of it is on the disk ...
//     4  write `meta`                                     ... before anything points to it
//     5  sync
//     6  tell the owner: durable(transaction)             the owner drops its memory of these pages
//
// THE CRASH THAT EXPLAINS STEP 3: without it the disk may write the meta first, then lose power; the
// file then names a root page that was never written.
//
// RULES    B1  batches are carried out in the order of their transactions, one after another: batch
//              n + 1 may write over pages that only the meta before n needed.
//          B2  the memory under the views stays true until the owner hears that the batch is durable.
//          B3  after any error, nothing more is written and the owner never hears "durable": the member
//              stops. What is on the disk is some committed state, and a restart finds it.
//
// COST     one array for the whole batch, sorted by offset, so that neighbours can go in one `pwritev`.

package import Bytes

/// One run of bytes for one place of the file.
package struct PageWrite: Sendable {
    /// Where in the file.
    package let offset: Int
    /// What: one page, or a page and those that continue it. True until the batch is durable (B2).
    package let bytes: ByteView

    /// A write of `bytes` at `offset`.
    package init(offset: Int, bytes: ByteView) {
        self.offset = offset
        self.bytes = bytes
    }
}

/// Everything that makes one transaction durable, in the order of the head comment.
package struct PageBatch: Sendable {
    /// The transaction that becomes durable; goes up by one from batch to batch.
    package let transaction: UInt64
    /// The length that the file must have before anything is written; nil when it is long enough.
    package let fileLength: Int?
    /// The pages, ascending, without overlaps.
    package let pages: [PageWrite]
    /// The meta page: written after the first sync. Its bytes belong to the batch itself.
    package let meta: ByteSlice
    /// Where the meta page goes.
    package let metaOffset: Int

    /// How many bytes are written in all.
    package var byteCount: Int { pages.reduce(meta.count) { $0 + $1.bytes.count } }
}
