// FreePages.swift: when may a page be written over?
//
// A changed page gets a new place, so at every commit some old places become useless. But for whom? A
// reader may be looking at the old version, and until the commit is durable a crash brings the old
// version back. So a page that transaction T freed waits until nobody can see the time before T:
//
//     freed by T --> pending(T) --[T's meta is durable, and every pinned version is >= T]--> free --> taken
//
// THE CRASH THAT EXPLAINS IT: T frees page 5 and takes it at once for another node; page 5 is written, and
// the power fails before T's meta is. The file's newest meta is T-1's, whose tree has page 5, with T's
// bytes on it. (With batches carried out in order T+1 could take it; waiting until T is durable costs
// nothing and needs no second thought about what a failed write leaves.)
//
// RULES    F1  a page leaves pending(T) only when T is durable and no pinned version is older than T.
//          F2  a page that was both taken and freed by the transaction under way was never seen by
//              anybody: it is free at once.
//
// COST     one bit for each page of the file, eight bytes for each pending run. Taking goes on from
//          where the last one was taken, so neighbours tend to be written together.

/// The pages of a file that hold nothing anybody needs, and those that soon will not.
struct FreePages {
    /// Some pages in a row that one transaction freed.
    private struct Run {
        let page: UInt64
        let count: Int
    }

    /// What may be taken now.
    private(set) var free: PageSet
    /// What transactions freed, oldest first.
    private var pending: [(transaction: UInt64, runs: [Run])] = []
    /// How many pages wait in `pending`.
    private(set) var pendingCount = 0
    /// Where the search for the next page begins.
    private var hand: UInt64 = 0
    /// A run of this length was looked for and not found since pages were last released: so many
    /// searches for large runs in a fragmented file cost one.
    private var missingRun = Int.max
    /// Breaks F1: freed pages are taken again at once. Only for the test that shows that crash tests notice.
    var reusesAtOnce = false

    init(free: PageSet = PageSet()) { self.free = free }

    /// Takes `length` pages in a row; nil when there is no such run.
    mutating func take(_ length: Int) -> UInt64? {
        guard free.count >= length, length < missingRun else { return nil }
        let found = length == 1 ? free.next(from: hand) ?? free.next(from: 0) : free.run(of: length, from: 0)
        guard let page = found else {
            missingRun = length
            return nil
        }
        for offset in 0..<UInt64(length) { free.remove(page + offset) }
        if length == 1 { hand = page + 1 }
        return page
    }

    /// Gives back pages that the transaction under way took itself (F2).
    mutating func giveBack(_ page: UInt64, count: Int) {
        free.insert(page, count: count)
        missingRun = .max
    }

    /// Notes that `transaction` no longer uses these pages.
    mutating func retire(_ page: UInt64, count: Int, by transaction: UInt64) {
        if reusesAtOnce { return giveBack(page, count: count) }
        if pending.last?.transaction != transaction { pending.append((transaction, [])) }
        pending[pending.count - 1].runs.append(Run(page: page, count: count))
        pendingCount += count
    }

    /// Frees what waited for transactions up to `transaction`: the newest that is both durable and not
    /// younger than any pinned version (F1).
    mutating func release(upTo transaction: UInt64) {
        while let oldest = pending.first, oldest.transaction <= transaction {
            for run in oldest.runs {
                free.insert(run.page, count: run.count)
                pendingCount -= run.count
            }
            pending.removeFirst()
            missingRun = .max
        }
    }

    /// Every page that waits, for the owner's own check.
    func forEachPending(_ body: (UInt64) -> Void) {
        for (_, runs) in pending {
            for run in runs { for offset in 0..<UInt64(run.count) { body(run.page + offset) } }
        }
    }
}
