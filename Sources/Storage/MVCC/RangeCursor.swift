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
// AN ANSWER OF A HUNDRED MEGABYTES is not one piece of memory: growing and copying that would be the one long step after a
// thousand short ones. It is a row of parts, each closed when it is large enough, and whoever sends it takes them away one by
// one, as fast as its client reads.
//
// RULES    C1  a cursor is stepped by the store that made it.
//          C2  it is stepped until it is finished, or given back with `abandon`.

package import Backend
package import Bytes
package import EtcdAPI
package import Identifiers

/// A part of an answer, full.
package final class AnswerPart {
    /// Its bytes.
    package fileprivate(set) var bytes: ByteBuffer

    fileprivate init(_ bytes: consuming ByteBuffer) { self.bytes = bytes }
}

/// A long range on its way.
package final class RangeCursor {
    /// How large a part becomes, about.
    private static let partBytes = 256 << 10

    /// How long what was written so far is, without what was taken away; the whole answer when `isFinished`.
    package var answerBytes: Int { fullBytes + bytes.count }
    /// Whether it has come to the end.
    package internal(set) var isFinished = false
    /// The revision that it reads at.
    package let at: Revision
    /// How many keys of the range it has counted so far.
    package var count: Int { progress.count }

    var bytes = ByteBuffer(capacity: 64 << 10)
    /// The parts before `bytes`; the first `taken` of them are taken away.
    private var full: [AnswerPart?] = []
    private var taken = 0
    private var fullBytes = 0
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

    /// Closes a part that is large enough. Streams have pieces of their own.
    func endPart() {
        guard !isStreamed, bytes.count >= Self.partBytes else { return }
        // The next one will be about as large.
        var part = ByteBuffer(capacity: bytes.count + bytes.count / 4)
        swap(&part, &bytes)
        fullBytes += part.count
        full.append(AnswerPart(part))
    }

    /// Takes the next part of the finished answer away; nil when all of it is taken.
    package func takePart() -> AnswerPart? {
        if taken < full.count {
            defer { taken += 1 }
            fullBytes -= full[taken]?.bytes.count ?? 0
            return full[taken].take()
        }
        guard !bytes.isEmpty else { return nil }
        var last = ByteBuffer()
        swap(&last, &bytes)
        return AnswerPart(last)
    }

    /// Appends all of the finished answer: for answers that are not long.
    package func takeAnswer(into buffer: inout ByteBuffer) {
        while let part = takePart() { buffer.append(part.bytes.view) }
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

    /// Looks at up to `budget` more keys. True: finished; the answer (or the last piece) is there.
    package mutating func step(
        _ cursor: RangeCursor, from backend: borrowing Backend, budget: Int = 1000
    ) throws(StoreError) -> Bool {
        precondition(cursor.isOpen, "C2: a cursor is stepped after its end")
        let isStart = cursor.isStreamed && cursor.progress.count == 0 && cursor.progress.position.isEnd
        if !isStart, !cursor.progress.isGathered {
            cursor.progress.position = index.position(notBelow: cursor.resumeAt.view)
        }
        let isDone: Bool
        do throws(StoreError) {
            isDone = try advance(
                &cursor.progress, cursor.plan, from: backend, budget: budget, isFirst: isStart, into: &cursor.bytes)
        } catch {
            abandon(cursor)
            throw error
        }
        cursor.endPart()
        guard isDone else {
            if cursor.progress.isGathered { return false }
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

extension RangeCursor {
    /// All of the finished answer, in one piece.
    package func wholeAnswer() -> ByteSlice {
        var whole = ByteBuffer(capacity: answerBytes)
        takeAnswer(into: &whole)
        return whole.slice()
    }
}
