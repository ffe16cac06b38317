// Commit.swift: a transaction ends, and the next one begins before the disk has heard of it.
//
//     owner      --- T: changes ---|freeze|--- T+1: changes -------------------|freeze|--- T+2 ...
//                                     |                       ^                   |
//     writer                          +- pages, sync, meta, sync -+ durable(T)    +- ...
//
// `freeze` closes the transaction: the buckets' headers are brought up to date, the changed pages are marked
// read-only and handed out as a batch. From here on the transaction T+1 copies such a page before it
// changes it, exactly as if it were on the disk already. `durable(T)` gives the memory back: what was
// in it is in the mapping now.
//
// WHAT IF `durable` NEVER COMES? Then the disk has failed, and the member stops. Nothing of T was ever
// called durable, so nobody was promised anything.
//
// GROWING IN STEPS. A file that grows by a page at each commit makes the file system change the file's size each
// time, which costs a second write at every sync. So the length goes up to the next power of two until
// 16 MiB, and then in steps of 16 MiB, as bbolt's does. The length means nothing else: how many
// pages there are is what the meta says.
//
// COST     proportional to the pages changed. The pages come out of a bit set in order, so nothing is sorted.

import Bytes

/// What must be remembered of a batch until it is durable.
struct InFlight {
    let meta: Meta
    let pages: [PageWrite]
}

extension BoltFile {
    /// How much the file grows at once, when it is large.
    static var growthStep: Int { 16 << 20 }

    /// Closes the transaction under way and returns what must be written; nil when nothing was changed.
    /// The next transaction begins at once.
    package mutating func freeze() throws(BoltError) -> PageBatch? {
        if let failure { throw failure }
        do throws(BoltError) {
            try settleBuckets()
        } catch {
            throw noteFailure(error)
        }
        path.forget()
        guard dirty.count > 0 else { return nil }

        let meta = nextMeta()
        let batch = PageBatch(
            transaction: transaction, fileLength: growth(), pages: frozenPages(),
            meta: meta.encoded(asPage: meta.page), metaOffset: Int(meta.page) * pageSize)
        inFlight.append(InFlight(meta: meta, pages: batch.pages))
        transaction += 1
        return batch
    }

    /// The batch of `transaction`, the oldest one handed out, is on the disk: both syncs have returned.
    package mutating func becameDurable(_ transaction: UInt64) {
        precondition(
            inFlight.first?.meta.transaction == transaction, "P1: batch \(transaction) became durable out of order")
        let batch = inFlight.removeFirst()
        for write in batch.pages { memory.drop(UInt64(write.offset / pageSize)) }
        durable = batch.meta
        releasePages()
    }

    private func nextMeta() -> Meta {
        var meta = durable
        meta.root = buckets[0].root
        meta.sequence = buckets[0].sequence
        meta.freeList = Meta.noFreeList
        meta.highWater = highWater
        meta.transaction = transaction
        return meta
    }

    /// The changed pages in the order of the file, from now on read-only.
    private mutating func frozenPages() -> [PageWrite] {
        var writes: [PageWrite] = []
        writes.reserveCapacity(dirty.count)
        let lookup = memory.lookup
        dirty.forEach { page in
            guard let bytes = lookup.bytes(of: page) else { preconditionFailure("P3: page \(page) has no memory") }
            writes.append(PageWrite(offset: Int(page) * pageSize, bytes: bytes))
        }
        for write in writes { memory.freeze(UInt64(write.offset / pageSize)) }
        dirty.removeAll()
        return writes
    }

    /// The length that the file needs, when it is too short.
    private mutating func growth() -> Int? {
        let needed = byteCount
        guard needed > fileLength else { return nil }
        if needed <= Self.growthStep {
            fileLength = 32768
            while fileLength < needed { fileLength *= 2 }
        } else {
            fileLength = needed + Self.growthStep
        }
        fileLength = max(needed, min(fileLength, mapping.count / pageSize * pageSize))
        return fileLength
    }

    /// Plants a bug: pages are reused before anything makes it safe (F1). Only for tests that must notice it.
    package mutating func plantEarlyReuse() { freePages.reusesAtOnce = true }

    /// Frees what neither a crash nor a pinned version can bring back (F1).
    mutating func releasePages() {
        var limit = durable.transaction
        for pin in pins { limit = min(limit, pin.transaction) }
        freePages.release(upTo: limit)
    }
}
