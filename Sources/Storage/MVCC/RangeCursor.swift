// RangeCursor.swift: a range that goes on after others were served.
//
//     owner   range() -> cursor      put, put, get      step(cursor)      put      step(cursor) -> true: answer is whole
//     reads   keys a...f                                keys g...m                 keys n...z
//             at revision 90         91  92             at 90             93       at 90
//
// Between two steps everything may change but the past: the cursor reads at its revision, so the puts of others do
// not show, and a deleted key is still found. What it must not hold on to are places: the tree in memory may have
// been split, pages rewritten. It keeps the key at which it goes on, as bytes of its own.
//
// A COMPACTION WAITS. The client asked when its revision could be read, and has a right to the rest. So the store
// notes at which revisions cursors stand, and a compaction to a later one is decided at once (new requests for
// old revisions are refused) but takes nothing away before they are done. Hence C2.
//
// RULES    C1  a cursor is stepped by the store that made it.
//          C2  it is stepped until it is finished, or given back with `abandon`.

package import Backend
package import Bytes
package import EtcdAPI
package import Identifiers

/// A long range on its way.
package final class RangeCursor {
    /// What was written so far; the whole answer when `isFinished`.
    package var answer: ByteView { bytes.view }
    /// Whether it has come to the end.
    package internal(set) var isFinished = false
    /// The revision that it reads at.
    package let at: Revision
    /// How many keys of the range it has counted so far.
    package var count: Int { progress.count }

    var bytes = ByteBuffer(capacity: 64 << 10)
    var progress: RangeProgress
    let key: ByteSlice
    let rangeEnd: ByteSlice
    var plan: RangePlan
    /// The key to go on with.
    var resumeAt: ByteSlice
    let header: HeaderFields
    let revision: Revision
    /// Whether pairs are handed out in pieces (RangeStream).
    var isStreamed = false
    var isOpen = true

    init(
        _ request: RangeRequest.View, _ plan: RangePlan, _ progress: RangeProgress, revision: Revision,
        header: HeaderFields, written: ByteView, resumeAt: ByteView
    ) {
        key = ByteSlice(copying: request.key)
        rangeEnd = ByteSlice(copying: request.rangeEnd)
        self.plan = plan
        self.progress = progress
        self.header = header
        self.revision = revision
        self.resumeAt = ByteSlice(copying: resumeAt)
        at = Revision(rawValue: plan.at)
        bytes.append(written)
        // The request's bytes go away: the plan looks at copies from here on.
        self.plan.key = key.view
        self.plan.end = RangeEnd(rangeEnd.view)
    }

    /// Moves what was written since the last call into `buffer`, as one `RangeStreamResponse`: pairs, and in the last
    /// one header, `more` and `count` too. Nothing when there is nothing to say.
    package func takePiece(into buffer: inout ByteBuffer) {
        guard isStreamed, !bytes.isEmpty else { return }
        buffer.append(field: 1, bytes.view)
        bytes.removeAll()
    }
}

extension Store {
    /// A range whose pairs are taken in pieces. It is stepped from the beginning.
    package mutating func openRange(
        streaming request: RangeRequest.View, header: HeaderFields
    ) throws(StoreError) -> RangeCursor {
        let plan = try RangePlan(request, current: revision, compacted: compacted)
        let cursor = RangeCursor(
            request, plan, RangeProgress(), revision: revision, header: header, written: ByteView(),
            resumeAt: request.key)
        cursor.isStreamed = true
        readers.append(plan.at)
        return cursor
    }

    /// Looks at up to `budget` more keys. True: finished; `answer` (or the last piece) is there.
    package mutating func step(
        _ cursor: RangeCursor, from backend: borrowing Backend, budget: Int = 1000
    ) throws(StoreError) -> Bool {
        precondition(cursor.isOpen, "C2: a cursor is stepped after its end")
        let isStart = cursor.isStreamed && cursor.progress.count == 0 && cursor.progress.position.isEnd
        if !isStart { cursor.progress.position = index.position(notBelow: cursor.resumeAt.view) }
        let isDone: Bool
        do throws(StoreError) {
            isDone = try advance(
                &cursor.progress, cursor.plan, from: backend, budget: budget, isFirst: isStart, into: &cursor.bytes)
        } catch {
            abandon(cursor)
            throw error
        }
        guard isDone else {
            cursor.resumeAt = ByteSlice(copying: index.key(index.entry(at: cursor.progress.position)))
            return false
        }
        if cursor.isStreamed { cursor.finishStream() }
        close(cursor.progress, cursor.plan, &cursor.bytes)
        cursor.isFinished = true
        abandon(cursor)
        return true
    }

    /// Gives a cursor back (C2). Once is enough, twice does no harm.
    package mutating func abandon(_ cursor: RangeCursor) {
        guard cursor.isOpen else { return }
        cursor.isOpen = false
        release(reader: cursor.at.rawValue)
    }

    /// A long reader is done.
    mutating func release(reader revision: Int64) {
        guard let place = readers.firstIndex(of: revision) else {
            preconditionFailure("C2: nobody reads at revision \(revision)")
        }
        readers.swapAt(place, readers.count - 1)
        readers.removeLast()
    }
}

extension RangeCursor {
    /// The last piece of a stream has the header that an unstreamed answer begins with.
    func finishStream() {
        var head = ByteBuffer(capacity: 64)
        head.append(header: header, revision: revision)
        bytes.insert(head.view, at: 0)
    }
}
