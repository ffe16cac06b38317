// RecordCursor.swift: how does a record get its fields in two or three instructions each?
//
// A busy member reports five events for every put, each of five to ten numbers. Appending a number to a `ByteBuffer` means:
// read where the buffer ends from memory, see whether it must grow, write, put the new end back into memory; and because a
// buffer that grows is a call away, the compiler keeps nothing in registers. So a record is written differently:
//
//     block    +--------------------------------------------------+----------------+
//              | field | field | field |                          |  slack         |
//              +--------------------------------------------------+----------------+
//                                      ^ place                     ^ limit          ^ end of the block
//
//     cursor   two numbers, place and limit, which the compiler keeps in registers for a whole record
//
// A store is made only at a place that is not beyond the limit, and no store takes more than the slack: one comparison, and
// nothing can be written outside the block. WHERE THERE IS NO ROOM the cursor stays beyond its limit and writes nothing more.
// Whoever wrote learns that at the end, once, from `RecordBlock.keep`; by then the block is twice as large, and the record is
// written again. That happens a few times in the life of a process.
//
// A NUMBER is written as how many bytes it has, and these bytes, the lowest first:
//
//     0            00
//     300          02 2C 01            eight bytes are stored, whatever the number; the next field goes over what is too much
//     2^64 - 1     08 FF FF FF FF FF FF FF FF
//
// A varint is a byte shorter, but it is a loop, and a loop over five numbers of unknown length is fifty instructions and a
// few wrong guesses of the processor. Here nothing is guessed.
//
// WHOSE MEMORY? A block's, as drawn; or a part of memory that somebody else gives out (`StableBytes.cursor`): a ring into which
// records are written where they will be read.
//
// RULES    R1  a store begins at a place <= limit and takes at most `slackBytes`; the memory ends slackBytes after its limit.
//          R2  a cursor is used before its block is asked for another one, and not after the block is gone: whoever
//              writes a record owns the block, or holds the owner of the memory, and the cursor with it.
// COST     a number: about ten instructions, no branch that is ever taken. A key: twenty, with no call of memcpy.
// SHOWN BY  RecordCursorTests

/// Memory for one record at a time, kept and used again.
///
/// SAFETY (`@safe`): `base` is allocated and freed only here. SAFETY (`Sendable`): the memory belongs to this value alone.
@frozen @safe
public struct RecordBlock: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    /// How many bytes the last record has.
    public private(set) var count = 0

    /// Room for records of about `capacity` bytes; longer ones make it grow.
    public init(capacity: Int) {
        self.capacity = max(capacity, 2 * RecordCursor.slackBytes)
        unsafe base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    // SAFETY: the block has one owner, and its cursors and views end with it (R2, V1).
    deinit { unsafe base.deallocate() }

    /// Begins a record, in the place of the one before.
    @inlinable public var cursor: RecordCursor {
        // SAFETY: the limit lies slackBytes before the end of the block (R1); the caller promises R2.
        unsafe RecordCursor(base, limit: base + (capacity - RecordCursor.slackBytes))
    }

    /// Ends the record that a cursor of this block has written. False: it did not fit; it does now, or after another try.
    @inlinable
    public mutating func keep(_ cursor: RecordCursor) -> Bool {
        guard !cursor.isFull else {
            grow()
            return false
        }
        unsafe setCount(cursor.place - base)
        return true
    }

    @usableFromInline
    mutating func setCount(_ length: Int) {
        precondition(length >= 0 && length <= capacity, "R2: a cursor of another block")
        count = length
    }

    /// The last record; true until the next is begun.
    @inlinable public var view: ByteView {
        // SAFETY: `count` bytes were written at `base`, checked in setCount.
        unsafe ByteView(unsafeStart: base, count: count)
    }

    @usableFromInline @inline(never)
    mutating func grow() {
        unsafe base.deallocate()
        capacity *= 2
        unsafe base = .allocate(byteCount: capacity, alignment: 16)
        count = 0
    }
}

/// Where the next field of a record goes.
///
/// SAFETY (`@safe`): every store is checked against the limit (R1); that the block lives is the promise of R2, made by its
/// owner, as for a `ByteView`.
@frozen @safe
public struct RecordCursor {
    @usableFromInline var place: UnsafeMutableRawPointer
    @usableFromInline let limit: UnsafeMutableRawPointer

    /// The most that one store takes.
    @inlinable public static var slackBytes: Int { 64 }

    // SAFETY: only a block makes cursors, of its own memory, with a limit that lies the slack before its end (R1).
    @inlinable
    init(_ place: UnsafeMutableRawPointer, limit: UnsafeMutableRawPointer) {
        unsafe self.place = place
        unsafe self.limit = limit
    }

    /// Whether something did not fit. SAFETY: two addresses are compared, and nothing is read there.
    @inlinable public var isFull: Bool { unsafe place > limit }

    /// One byte.
    @inlinable @inline(__always)
    public mutating func append(byte: UInt8) {
        guard unsafe place <= limit else { return }
        // SAFETY: R1; one byte.
        unsafe place.storeBytes(of: byte, as: UInt8.self)
        unsafe place += 1
    }

    /// A number: its length and its bytes.
    @inlinable @inline(__always)
    public mutating func append(number: UInt64) {
        guard unsafe place <= limit else { return }
        let length = (71 - number.leadingZeroBitCount) >> 3
        // SAFETY: R1; nine bytes. storeBytes needs no alignment.
        unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: length), as: UInt8.self)
        unsafe place.storeBytes(of: number.littleEndian, toByteOffset: 1, as: UInt64.self)
        unsafe place += 1 + length
    }

    /// A number and two bytes.
    @inlinable @inline(__always)
    public mutating func append(number: UInt64, bytes: UInt16) {
        guard unsafe place <= limit else { return }
        let length = (71 - number.leadingZeroBitCount) >> 3
        // SAFETY: R1; eleven bytes.
        unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: length), as: UInt8.self)
        unsafe place.storeBytes(of: number.littleEndian, toByteOffset: 1, as: UInt64.self)
        unsafe place.storeBytes(of: bytes.littleEndian, toByteOffset: 1 + length, as: UInt16.self)
        unsafe place += 3 + length
    }

    /// A cursor for the next record in the same memory: behind a header, on the next address that eight divides.
    @inlinable @inline(__always)
    public func next(header: Int) -> RecordCursor {
        precondition(header >= 0 && header <= Self.slackBytes)
        // SAFETY: it stores nothing unless it lies before the same limit (R1).
        return unsafe RecordCursor(place.alignedUp(toMultipleOf: 8) + header, limit: limit)
    }

    /// Eight bytes, the lowest first.
    @inlinable @inline(__always)
    public mutating func append(fixed number: UInt64) {
        guard unsafe place <= limit else { return }
        // SAFETY: R1; eight bytes.
        unsafe place.storeBytes(of: number.littleEndian, as: UInt64.self)
        unsafe place += 8
    }

    /// The length and the bytes of at most 40 bytes that lie in five words, the lowest first.
    @inlinable @inline(__always)
    public mutating func append(
        _ word0: UInt64, _ word1: UInt64, _ word2: UInt64, _ word3: UInt64, _ word4: UInt64, count: UInt8
    ) {
        precondition(count <= 40, "R1: more bytes than five words have")
        append(number: UInt64(count))
        guard unsafe place <= limit else { return }
        // SAFETY: R1; forty bytes. Whole words are stored, and the next field goes over what is too much: five stores are
        // cheaper than to find out how many are needed.
        unsafe place.storeBytes(of: word0.littleEndian, as: UInt64.self)
        unsafe place.storeBytes(of: word1.littleEndian, toByteOffset: 8, as: UInt64.self)
        unsafe place.storeBytes(of: word2.littleEndian, toByteOffset: 16, as: UInt64.self)
        unsafe place.storeBytes(of: word3.littleEndian, toByteOffset: 24, as: UInt64.self)
        unsafe place.storeBytes(of: word4.littleEndian, toByteOffset: 32, as: UInt64.self)
        unsafe place += Int(count)
    }

    /// The length and the bytes of a view, however long.
    public mutating func append(_ view: ByteView) {
        let count = view.count
        append(number: UInt64(count))
        // SAFETY: both pointers lie in one block, or the cursor is full and the distance negative.
        guard unsafe limit - place >= count else {
            // Beyond the limit for good: nothing is stored any more, and `keep` says so.
            unsafe place = limit + 1
            return
        }
        // SAFETY: there is room, checked above; the view is of foreign memory, so nothing overlaps.
        unsafe copy(view.start, count)
        unsafe place += count
    }

    /// Copies some bytes to the place. Keys and the beginnings of values have up to 32: these are two loads and two stores
    /// that meet or overlap in the middle, which is less than memcpy needs to find out what to do.
    @inline(__always) @unsafe
    private func copy(_ source: UnsafeRawPointer, _ count: Int) {
        // SAFETY: the caller has made sure of `count` bytes at both ends; no load and no store goes beyond them.
        if count > 32 {
            unsafe place.copyMemory(from: source, byteCount: count)
        } else if count >= 16 {
            unsafe copyEnds(of: SIMD16<UInt8>.self, source, count)
        } else if count >= 8 {
            unsafe copyEnds(of: UInt64.self, source, count)
        } else if count >= 4 {
            unsafe copyEnds(of: UInt32.self, source, count)
        } else {
            for offset in 0..<count {
                unsafe place.storeBytes(
                    of: source.load(fromByteOffset: offset, as: UInt8.self), toByteOffset: offset, as: UInt8.self)
            }
        }
    }

    /// The first and the last bytes of at most twice as many. SAFETY: the caller says that `count` is not less than a word has.
    @inline(__always) @unsafe
    private func copyEnds<Word: BitwiseCopyable>(of word: Word.Type, _ source: UnsafeRawPointer, _ count: Int) {
        let last = count &- MemoryLayout<Word>.size
        let (front, back) = unsafe (
            source.loadUnaligned(as: word), source.loadUnaligned(fromByteOffset: last, as: word)
        )
        unsafe place.storeBytes(of: front, as: word)
        unsafe place.storeBytes(of: back, toByteOffset: last, as: word)
    }
}

extension ByteView {
    /// The number that `RecordCursor` wrote at a place, which moves behind it; nil where there is no whole one.
    @inlinable @inline(__always)
    public func number(at place: inout Int) -> UInt64? {
        // Nearly always there is more behind it: then eight bytes are read, and what is too much is cut off.
        guard place >= 0, count - place >= 9 else { return lastNumber(at: &place) }
        let length = self[place]
        guard length <= 8 else { return nil }
        let number: UInt64 = littleEndian(at: place + 1)
        place += 1 + Int(length)
        return length == 0 ? 0 : number & (.max &>> (64 &- UInt64(length) &* 8))
    }

    /// The same where the view ends: the eight bytes that end there are read instead, and those before the number shifted out.
    /// Only the numbers of a record of less than nine bytes are put together one byte after the other.
    @usableFromInline @inline(never)
    func lastNumber(at place: inout Int) -> UInt64? {
        guard place >= 0, place < count else { return nil }
        let length = Int(self[place])
        let end = place + 1 + length
        guard length <= 8, end <= count else { return nil }
        var number: UInt64 = 0
        if end >= 8 {
            let eight: UInt64 = littleEndian(at: end - 8)
            number = length == 0 ? 0 : eight &>> (64 &- UInt64(length) &* 8)
        } else {
            for byte in 0..<length { number |= UInt64(self[place + 1 + byte]) << UInt64(byte * 8) }
        }
        place = end
        return number
    }
}
