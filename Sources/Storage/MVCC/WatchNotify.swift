// WatchNotify.swift: a revision was written: who has to know, at once?
//
//     written:   revision 17:  put /pods/a (sub 0), delete /nodes/b (sub 1)
//     found:     /pods/a  -> w2, w4, w9        /nodes/b -> w2, w7
//     told:      w2 both events in one response; w4, w9, w7 one each                  header: revision 17
//
// Only synced watchers hang in the ranges' lists, so all that are found there are up to date, except those that wait for
// a revision in the future. A watcher whose stream has no room is told nothing: it falls behind, with `next` at this
// revision, which it will read later with everything after it. Nothing is kept for it.
//
// WHEN must this be called? Before a compaction that follows the write: what is written and compacted at once would
// be gone. So the member calls it after every entry that wrote something.
//
// COST     without watchers a comparison. With them one walk along the revision's changes, a look-up for each (WatchRanges.swift),
//          and for each response a few dozen bytes and a copy of the events.

package import Backend
package import Bytes
import Identifiers

extension WatchHub {
    /// Tells synced watchers of everything that was written since the last time.
    package mutating func notify(
        _ store: borrowing Store, _ backend: borrowing Backend, _ header: HeaderFields,
        into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) throws(StoreError) {
        guard store.revision > notified else { return }
        guard watcherCount > laggingCount else {
            notified = store.revision
            return
        }
        var sheet = WatchSheet()
        swap(&sheet, &self.sheet)
        var history = try WatchHistory(backend, from: notified.next)
        while let change = try history.next() {
            if let last = sheet.changes.last, last.revision != change.revision {
                tellSynced(&sheet, last.revision, header, into: &bytes, &replies)
            }
            sheet.changes.append(change)
            try findSynced(&sheet, store, backend)
        }
        if let last = sheet.changes.last { tellSynced(&sheet, last.revision, header, into: &bytes, &replies) }
        sheet.removeAll()
        swap(&sheet, &self.sheet)
        notified = store.revision
    }

    /// Writes down who hears of the last change on the sheet.
    private func findSynced(
        _ sheet: inout WatchSheet, _ store: borrowing Store, _ backend: borrowing Backend
    ) throws(StoreError) {
        let index = sheet.changes.count - 1
        let revision = sheet.changes[index].revision
        let isDelete = sheet.changes[index].isDelete
        sheet.found.removeAll(keepingCapacity: true)
        ranges.gather(containing: sheet.changes[index].key, into: &sheet.found)
        for range in sheet.found {
            var slot = ranges[range].synced
            while slot != WatchList.nothing {
                let watcher = watchers[Int(slot)]
                if revision >= watcher.next, !watcher.options.drops(isDelete: isDelete) {
                    sheet.hits.append(WatchSheet.hit(slot, change: index))
                    if watcher.options.contains(.previous) { try sheet.changes[index].lookBack(store, backend) }
                }
                slot = watcher.after
            }
        }
    }

    /// Tells everybody on the sheet, whose changes are those of one revision, and empties it.
    private mutating func tellSynced(
        _ sheet: inout WatchSheet, _ revision: Revision, _ header: HeaderFields,
        into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        notified = revision
        // Of one change each watcher hears once, so nothing has to be grouped.
        if sheet.changes.count > 1 { sheet.hits.sort() }
        var start = 0
        while start < sheet.hits.count {
            let end = sheet.endOfGroup(from: start)
            let slot = WatchSheet.who(sheet.hits[start])
            if hasRoom(watchers[Int(slot)].stream) {
                tell(slot, start..<end, of: sheet, revision, header, into: &bytes, &replies)
            } else {
                fallBehind(slot, next: revision)
            }
            start = end
        }
        sheet.hits.removeAll(keepingCapacity: true)
        sheet.changes.removeAll(keepingCapacity: true)
    }
}
