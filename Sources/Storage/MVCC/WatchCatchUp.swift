// WatchCatchUp.swift: how do watchers that are behind read history, all of them, while others are served?
//
// Each could read by itself, from its `next` to now. But after a restart ten thousand clients come back at once, all
// a little behind, and would read the same pages ten thousand times. So those that stand near each other read together:
//
//     history    ...|100|101|102| ......................................... |4195|4196|...
//     first in the queue  ^ begins the slice                    the slice ends ^  after about 4,096 changes
//     others         ^ far behind: not this time      ^ within: joins              ^ far ahead: not this time
//
// Up to 512 of them hang in the `reading` lists of their ranges while the slice lasts; so each change is looked up once, and finds
// its readers as a new change finds synced watchers. At the end each is told what it has read, and its `next` moves
// to the slice's end, or to where its response was full. Whoever then has read everything is synced.
//
// NOBODY WAITS FOR EVER. Streams take turns, and the stream whose watcher began the slice goes to the end of the queue; so does
// the watcher on its stream. The one in front always gets a slice from its own place on.
//
// THE END OF A SLICE is the end of a revision, as a revision is never told in part. It may be long: a transaction that
// deletes a million keys is one revision.
//
// ROOM. If a stream's room is used up while its watchers are told, the remaining ones stay where they were and read again
// later. `drained` puts the stream back into the queue.
//
// COST     a slice is about half a millisecond: a walk along the leaves, and a look-up for each change.

package import Backend
package import Bytes
import Identifiers
import Trace

/// A watcher that reads within a slice.
struct WatchReader {
    let watcher: UInt32
    /// The last revision that it read something of, and how many such there were.
    var revision = Revision.zero
    var revisions = 0
    /// Where its response was full: the first revision that does not belong to it.
    var full: Revision?
}

extension WatchHub {
    /// Lets some of those who are behind read a slice of history. Call it as long as `hasWork` says so, with other
    /// things in between.
    package mutating func catchUp(
        _ store: borrowing Store, _ backend: borrowing Backend, _ header: HeaderFields,
        into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) throws(StoreError) {
        try notify(store, backend, header, into: &bytes, &replies)
        var sheet = WatchSheet()
        swap(&sheet, &self.sheet)
        var turns: [UInt32] = []
        if let start = gatherReaders(&sheet, &turns, store, header, into: &bytes, &replies) {
            let end = try read(from: start, &sheet, store, backend)
            tellReaders(&sheet, upTo: end, header, into: &bytes, &replies)
        }
        // The one that began goes to the end, so that next time another begins.
        for stream in turns.dropFirst() { endTurn(stream) }
        if let first = turns.first { endTurn(first) }
        sheet.removeAll()
        swap(&sheet, &self.sheet)
    }

    /// A stream whose turn it was goes back into the queue, if it still has lagging watchers and has room. Until now it
    /// counted as waiting, so that nothing else could put it there in another order.
    private mutating func endTurn(_ stream: UInt32) {
        streams[Int(stream)].isWaiting = false
        wait(stream)
    }

    // MARK: Who reads

    /// Takes watchers from the streams in front of the queue, and says where the slice begins; nil when nobody reads.
    private mutating func gatherReaders(
        _ sheet: inout WatchSheet, _ turns: inout [UInt32], _ store: borrowing Store, _ header: HeaderFields,
        into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) -> Revision? {
        var start: Revision?
        // Looking at those who stand too far away must not take long either.
        var looks = limits.cohort * 4
        while sheet.readers.count < limits.cohort, looks > 0, let stream = waiting.popFirst() {
            guard streams[Int(stream)].isOpen else {
                streams[Int(stream)].isWaiting = false
                freeStreams.append(stream)
                continue
            }
            turns.append(stream)
            looks -= 1
            guard hasRoom(stream) else { continue }
            var slot = streams[Int(stream)].lagging.first
            while slot != WatchList.nothing, sheet.readers.count < limits.cohort, looks > 0 {
                looks -= 1
                let watcher = watchers[Int(slot)]
                if watcher.next < store.compacted {
                    cancelCompacted(slot, store, header, into: &bytes, &replies)
                } else {
                    let first = start ?? watcher.next
                    if watcher.next >= first, watcher.next.rawValue - first.rawValue < Int64(limits.changesInSlice) {
                        start = first
                        beginReading(slot, &sheet)
                    }
                }
                slot = watcher.after
            }
        }
        return start
    }

    private mutating func beginReading(_ slot: UInt32, _ sheet: inout WatchSheet) {
        leaveList(slot)
        watchers[Int(slot)].state = .reading
        watchers[Int(slot)].reader = UInt16(sheet.readers.count)
        watchers.push(slot, onto: &ranges[watchers[Int(slot)].range].reading)
        sheet.readers.append(WatchReader(watcher: slot))
    }

    // MARK: Reading

    /// Reads until the slice is full, and says which revision is the first that it has not read.
    private func read(
        from start: Revision, _ sheet: inout WatchSheet, _ store: borrowing Store, _ backend: borrowing Backend
    ) throws(StoreError) -> Revision {
        var history = try WatchHistory(backend, from: start)
        var looked = 0
        var gathered = 0
        var last = Revision.zero
        while let change = try history.next() {
            if change.revision != last {
                let isFull =
                    looked >= limits.changesInSlice || gathered >= limits.bytesInSlice || sheet.hits.count >= 1 << 16
                if isFull { return change.revision }
                last = change.revision
            }
            looked += 1
            let hits = sheet.hits.count
            try findReaders(of: change, &sheet, store, backend)
            gathered += (sheet.hits.count - hits) * change.value.count
        }
        return notified.next
    }

    /// Writes down who hears of a change, and the change, if anybody does.
    private func findReaders(
        of change: WatchChange, _ sheet: inout WatchSheet, _ store: borrowing Store, _ backend: borrowing Backend
    ) throws(StoreError) {
        sheet.found.removeAll(keepingCapacity: true)
        ranges.gather(containing: change.key, into: &sheet.found)
        var change = change
        let index = sheet.changes.count
        let hits = sheet.hits.count
        for range in sheet.found {
            var slot = ranges[range].reading
            while slot != WatchList.nothing {
                let watcher = watchers[Int(slot)]
                slot = watcher.after
                guard change.revision >= watcher.next, takes(change.revision, &sheet.readers[Int(watcher.reader)])
                else { continue }
                guard !watcher.options.drops(isDelete: change.isDelete) else { continue }
                sheet.hits.append(WatchSheet.hit(UInt32(watcher.reader), change: index))
                if watcher.options.contains(.previous) { try change.lookBack(store, backend) }
            }
        }
        if sheet.hits.count > hits { sheet.changes.append(change) }
    }

    /// Whether a change of this revision still goes into a reader's response.
    private func takes(_ revision: Revision, _ reader: inout WatchReader) -> Bool {
        if reader.full != nil { return false }
        if revision == reader.revision { return true }
        if reader.revisions == limits.revisionsInReply {
            reader.full = revision
            return false
        }
        reader.revision = revision
        reader.revisions += 1
        return true
    }

    // MARK: Telling

    /// Tells each reader what it has read, and sends it where it now belongs.
    private mutating func tellReaders(
        _ sheet: inout WatchSheet, upTo end: Revision, _ header: HeaderFields,
        into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        sheet.hits.sort()
        var start = 0
        for index in sheet.readers.indices {
            let reader = sheet.readers[index]
            leaveList(reader.watcher)
            var isTold = true
            if start < sheet.hits.count, WatchSheet.who(sheet.hits[start]) == UInt32(index) {
                let groupEnd = sheet.endOfGroup(from: start)
                isTold = hasRoom(watchers[Int(reader.watcher)].stream)
                if isTold {
                    tell(reader.watcher, start..<groupEnd, of: sheet, notified, header, into: &bytes, &replies)
                }
                start = groupEnd
            }
            finishReading(reader, upTo: isTold ? end : nil)
        }
    }

    /// A reader goes back to the end of its stream's list, or is synced.
    private mutating func finishReading(_ reader: WatchReader, upTo end: Revision?) {
        let slot = reader.watcher
        if let end {
            watchers[Int(slot)].next = max(watchers[Int(slot)].next, reader.full ?? end)
        }
        guard watchers[Int(slot)].next > notified else { return becomeLagging(slot) }
        becomeSynced(slot)
        trace.emit(
            WatcherCaughtUp(
                stream: streams[Int(watchers[Int(slot)].stream)].name.rawValue, watcher: Int(watchers[Int(slot)].id),
                revision: notified))
    }
}
