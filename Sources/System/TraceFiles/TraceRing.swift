// TraceRing.swift: how do events leave the owner's thread without making it wait?
//
// One thread writes, one reads, and neither ever waits for the other: a ring of bytes with two marks that only go
// forward. The writer moves `head`, the reader moves `tail`, each looks at the other's.
//
//               tail                      head
//     +---------+-------------------------+-----------+
//     |  free   | frame | frame | frame   |  free     |      position = mark modulo capacity, a power of two
//     +---------+-------------------------+-----------+
//
//     frame:  length (4)  kind (4)  monotonic time (8)  record (length)  padding to 8
//
// A frame is never split: where the rest of the ring is too short, a `skip` frame fills it.
//
// WRITTEN IN PLACE. The writer asks for room, writes a record there, and then says how long it has become: only now the frame gets
// its header. So most records are never copied. One that is too long for the room comes from a block, and is.
//
//               head              what the writer was given as room
//     +---------+--------+--------+----------------------------+
//     |  free   | frame  | header | record ->                  |     until the end of the memory, or what is not read yet
//     +---------+--------+--------+----------------------------+
//
// FULL? Then the event is dropped, and counted. The owner never waits for a disk on behalf of a trace. When there is
// room again, a `gap` frame says which numbers are missing, before anything else is written.
//
// WHY ONE CLOCK? The time of each event is read here (20 ns), from the monotonic clock alone; the reader adds the
// wall clock's difference, which it looks up once a batch.
//
// RULES    G1  tail <= head <= tail + capacity; what lies between belongs to the reader, the rest to the writer.
//          G2  a frame is written before `head` is moved beyond it (release), and read after `head` was seen
//              (acquire); the same for `tail` the other way round.
// COST     a frame is one clock read and one atomic store; the other's mark is looked at only when the ring seems half full or
//          begins again, so the two processors share no cache line most of the time.

import Bytes
import Files
import Synchronization
import Trace

/// What a frame is.
enum FrameKind: UInt32 {
    case record = 0
    /// Nothing: go on at the ring's beginning.
    case skip = 1
    /// Two numbers: the first and the last event that were dropped.
    case gap = 2
}

/// A ring of bytes between one writer and one reader.
///
/// SAFETY (`Sendable`): the memory is shared by two threads, of which each touches only its own part (G1), and the marks
/// hand parts over with release and acquire (G2). `cachedTail`, `dropped...` are the writer's alone.
final class TraceRing: @unchecked Sendable {
    static let frameHeaderBytes = 16
    /// Less than this is not given out as room: a frame with a record of 400 bytes, which few events have, and a cursor's slack.
    static let usualRoomBytes = 512
    private let memory: StableBytes
    private let head = Atomic(0)
    private let tail = Atomic(0)

    // The writer's own.
    private var written = 0
    /// Whether the next record is being written behind `written`.
    private(set) var isRoomGiven = false
    /// As long as `written` is not beyond this, there is room for the next record, and nothing else is to be done.
    private var easyUntil = -1
    private var cachedTail = 0
    private var droppedFirst = EventSequence.none
    private var droppedLast = EventSequence.none

    /// Always a power of two, so that a position is a mark without its upper bits.
    let capacity: Int

    /// A ring of at least `capacity` bytes.
    init(capacity: Int) {
        var size = 4096
        while size < capacity { size *= 2 }
        self.capacity = size
        memory = StableBytes(zeros: size)
    }

    // MARK: The writer's side

    /// Whether the reader should be woken early. Looks at the other's mark only when it seems so.
    var isHalfFull: Bool {
        guard written - cachedTail > capacity / 2 else { return false }
        cachedTail = tail.load(ordering: .acquiring)
        return written - cachedTail > capacity / 2
    }

    /// Room for a record of usual length, if there is some; asked for at the beginning, and when `keep` gives none.
    ///
    /// It reaches to the end of the memory or to what is not read yet, and the next records go there too, one behind the other,
    /// without a look at the marks: until there is no usual room left, or so much was written that the reader should be woken.
    @inline(never)
    func room() -> RecordCursor? {
        cachedTail = tail.load(ordering: .acquiring)
        isRoomGiven = false
        easyUntil = -1
        guard putGap() else { return nil }
        let rest = capacity - written & (capacity - 1)
        let needed = rest < Self.usualRoomBytes ? rest + Self.usualRoomBytes : Self.usualRoomBytes
        guard written + needed - cachedTail <= capacity else { return nil }
        if rest < Self.usualRoomBytes { skip(rest) }
        let position = written & (capacity - 1)
        let end = min(capacity, position + capacity - (written - cachedTail))
        easyUntil = min(written + (end - position) - Self.usualRoomBytes, max(written, cachedTail + capacity / 2))
        isRoomGiven = true
        return memory.cursor((position + Self.frameHeaderBytes)..<end)
    }

    /// The record does not fit there and will be written elsewhere.
    func takeRoomBack() { isRoomGiven = false }

    /// Makes a frame of the record that was written in the given room, and gives room for the next where that is easy.
    @inline(__always)
    func keep(_ record: RecordCursor) -> RecordCursor? {
        let position = written & (capacity &- 1)
        let length = memory.length(of: record, from: position &+ Self.frameHeaderBytes)
        memory.write(Self.word(.record, length), SystemClock.monotonicNanoseconds, at: position)
        end(length)
        return written <= easyUntil ? record.next(header: Self.frameHeaderBytes) : nil
    }

    /// Room for a frame with `length` bytes after its header, at the returned position; nil when there is none.
    @inline(__always)
    private func place(_ length: Int) -> Int? {
        let needed = Self.frameBytes(length)
        let position = written & (capacity &- 1)
        // Nearly always there is room, before the end of the memory and before what the reader has not read.
        if needed <= capacity &- position, written &+ needed &- cachedTail <= capacity { return position }
        return placeSeldom(needed, at: position)
    }

    /// The same where the ring begins again, or seems full.
    @inline(never)
    private func placeSeldom(_ needed: Int, at position: Int) -> Int? {
        let rest = capacity - position
        let total = needed <= rest ? needed : rest + needed
        if written + total - cachedTail > capacity {
            cachedTail = tail.load(ordering: .acquiring)
            guard written + total - cachedTail <= capacity else { return nil }
        }
        guard needed > rest else { return position }
        skip(rest)
        return 0
    }

    /// Goes on at the beginning of the memory. Frames are multiples of 8, so at least 8 bytes are left: enough for length and kind.
    private func skip(_ rest: Int) {
        memory.write(littleEndian: Self.word(.skip, rest), at: capacity - rest)
        written += rest
    }

    /// How long a frame is with its header and its padding. Records are short and marks count bytes of one life, so that
    /// nothing here can overflow.
    @inline(__always)
    private static func frameBytes(_ length: Int) -> Int { (frameHeaderBytes &+ length &+ 7) & ~7 }

    /// Length and kind.
    @inline(__always)
    private static func word(_ kind: FrameKind, _ length: Int) -> UInt64 {
        UInt64(UInt32(truncatingIfNeeded: length)) | UInt64(kind.rawValue) &<< 32
    }

    @inline(__always)
    private func end(_ length: Int) {
        written &+= Self.frameBytes(length)
        head.store(written, ordering: .releasing)
    }

    /// Writes a record that lies elsewhere, or counts it as dropped.
    @inline(__always)
    func put(_ record: ByteView, _ sequence: EventSequence) {
        guard droppedFirst == .none || putGap(), let position = place(record.count) else { return drop(sequence) }
        memory.write(Self.word(.record, record.count), SystemClock.monotonicNanoseconds, record, at: position)
        end(record.count)
    }

    @inline(never)
    private func drop(_ sequence: EventSequence) {
        if droppedFirst == .none { droppedFirst = sequence }
        droppedLast = sequence
    }

    /// Writes what was dropped, if something was; false when there is no room even for that.
    @inline(never)
    func putGap() -> Bool {
        guard droppedFirst != .none else { return true }
        guard let position = place(16) else { return false }
        memory.write(Self.word(.gap, 16), SystemClock.monotonicNanoseconds, ByteView(), at: position)
        memory.write(littleEndian: droppedFirst.rawValue, at: position + Self.frameHeaderBytes)
        memory.write(littleEndian: droppedLast.rawValue, at: position + Self.frameHeaderBytes + 8)
        end(16)
        (droppedFirst, droppedLast) = (.none, .none)
        return true
    }

    // MARK: The reader's side

    /// Takes frames, at most about `limit` bytes of them, and calls `body` with each one's kind, time and bytes. The
    /// bytes are true during the call. Returns whether there is more.
    func take(upTo limit: Int, _ body: (FrameKind, UInt64, ByteView) -> Void) -> Bool {
        let end = head.load(ordering: .acquiring)
        var mark = tail.load(ordering: .relaxed)
        let stop = min(end, mark + limit)
        while mark < stop {
            let position = mark & (capacity - 1)
            let length = Int(memory.view.littleEndian(at: position, as: UInt32.self))
            guard let kind = FrameKind(rawValue: memory.view.littleEndian(at: position + 4)) else {
                preconditionFailure("G2: a frame of the trace ring was read before it was written")
            }
            if kind == .skip {
                mark += length
                continue
            }
            let start = position + Self.frameHeaderBytes
            body(kind, memory.view.littleEndian(at: position + 8), memory[start..<(start + length)])
            mark += Self.frameHeaderBytes + (length + 7) & ~7
        }
        tail.store(mark, ordering: .releasing)
        return mark < end
    }
}
