// StableBytes.swift: memory whose address never changes.
//
// A ByteBuffer moves when it grows, and a ByteSlice never changes. Two things need the third kind:
// the simulated file, whose readers hold views into its "mapping" while it is written; and the dirty
// pages of the B+tree, which one thread still writes to the disk while their owner reads them.
//
//     base (fixed until the owner is freed)
//     +----------------------------------------------------------+
//     |  zero until written              capacity bytes          |
//     +----------------------------------------------------------+
//
// WHY ZEROES FROM THE SYSTEM? `calloc` of a large block maps pages of the system that are zero and
// not there until they are touched. So a simulated log segment of 64 MB costs what was written to it.
//
// RULES    T1  every access lies within [0, capacity), checked in release builds too.
//          T2  a view is true as long as this object lives; its bytes change when the owner writes,
//              exactly as the bytes of a mapped file do. Who needs them unchanged must know that
//              nobody writes there (pages are copied before they are changed).
//
// COST     a write is a bounds check and a memcpy.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A block of memory at a fixed address; zero at first, written in place, freed with its last owner.
///
/// SAFETY (`@safe`): `base` is allocated and freed only here, and every access is checked (T1).
@safe
public final class StableBytes {
    @usableFromInline let base: UnsafeMutableRawPointer
    /// How many bytes there are.
    public let capacity: Int

    /// A block of `capacity` zeroes.
    public init(zeros capacity: Int) {
        precondition(capacity >= 0, "T0: a block of \(capacity) bytes")
        // SAFETY: no memory yet; the answer is checked.
        guard let memory = unsafe calloc(max(capacity, 1), 1) else {
            preconditionFailure("T0: the system has no block of \(capacity) bytes")
        }
        unsafe base = memory
        self.capacity = capacity
    }

    // SAFETY: `base` came from calloc, and nobody else frees it.
    deinit { unsafe free(base) }

    /// All bytes (T2).
    @inlinable public var view: ByteView {
        // SAFETY: the block holds `capacity` bytes at `base`.
        unsafe ByteView(unsafeStart: base, count: capacity)
    }

    /// Some of the bytes (T2).
    @inlinable public subscript(range: Range<Int>) -> ByteView { view[range] }

    @inlinable
    func check(_ offset: Int, _ count: Int) {
        precondition(
            offset >= 0 && count >= 0 && capacity - offset >= count, "T1: access outside a block of memory")
    }

    /// Copies `bytes` to `offset`. The bytes may lie in this block.
    @inlinable
    public func write(_ bytes: ByteView, at offset: Int) {
        check(offset, bytes.count)
        guard bytes.count > 0 else { return }
        // SAFETY: the target was checked (T1); memmove allows the source to overlap it.
        unsafe moveMemory(base + offset, bytes.start, bytes.count)
    }

    /// Copies a span to `offset`.
    public func write(_ bytes: Span<UInt8>, at offset: Int) {
        check(offset, bytes.count)
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            // SAFETY: the target was checked (T1).
            unsafe moveMemory(base + offset, start, source.count)
        }
    }

    /// One byte.
    @inlinable
    public func write(_ byte: UInt8, at offset: Int) {
        check(offset, 1)
        // SAFETY: checked (T1).
        unsafe base.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
    }

    /// A number, least significant byte first, at any alignment.
    @inlinable
    public func write<Number: FixedWidthInteger & BitwiseCopyable>(littleEndian number: Number, at offset: Int) {
        check(offset, MemoryLayout<Number>.size)
        // SAFETY: checked (T1); storeBytes needs no alignment.
        unsafe base.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }

    /// Two numbers and bytes behind them, with one check for all: a frame and its header. The bytes lie elsewhere.
    @inlinable @inline(__always)
    public func write(_ first: UInt64, _ second: UInt64, _ bytes: ByteView, at offset: Int) {
        check(offset, 16 &+ bytes.count)
        // SAFETY: the target was checked (T1), and a view is never so long that 16 more overflow.
        unsafe base.storeBytes(of: first.littleEndian, toByteOffset: offset, as: UInt64.self)
        unsafe base.storeBytes(of: second.littleEndian, toByteOffset: offset &+ 8, as: UInt64.self)
        unsafe (base + (offset &+ 16)).copyMemory(from: bytes.start, byteCount: bytes.count)
    }

    /// Two numbers, with one check for both: a header.
    @inlinable @inline(__always)
    public func write(_ first: UInt64, _ second: UInt64, at offset: Int) {
        check(offset, 16)
        // SAFETY: the target was checked (T1).
        unsafe base.storeBytes(of: first.littleEndian, toByteOffset: offset, as: UInt64.self)
        unsafe base.storeBytes(of: second.littleEndian, toByteOffset: offset &+ 8, as: UInt64.self)
    }

    /// Gives out a part of this memory for a record to be written. It must be longer than `RecordCursor.slackBytes`, and whoever
    /// takes it writes nowhere else in the meantime, and not after this object is gone (R2).
    @inlinable @inline(__always)
    public func cursor(_ range: Range<Int>) -> RecordCursor {
        check(range.lowerBound, range.count)
        precondition(range.count > RecordCursor.slackBytes, "R1: no room for a record")
        // SAFETY: the range lies in the block (T1), and the limit lies the slack before its end (R1).
        return unsafe RecordCursor(
            base + range.lowerBound, limit: base + (range.upperBound &- RecordCursor.slackBytes))
    }

    /// How many bytes a cursor that was given out at `start` has written.
    @inlinable @inline(__always)
    public func length(of cursor: RecordCursor, from start: Int) -> Int {
        // SAFETY: two addresses are subtracted, and nothing is read there.
        let length = unsafe cursor.place - (base + start)
        // Our own end the slack before the end at the latest; so the first byte of a block that happens to lie behind this one is none.
        precondition(
            !cursor.isFull && length >= 0 && capacity &- start &- RecordCursor.slackBytes >= length,
            "R2: a cursor of another block")
        return length
    }

    /// Makes a range zero again.
    public func zero(_ range: Range<Int>) {
        check(range.lowerBound, range.count)
        // SAFETY: checked (T1).
        unsafe _ = memset(base + range.lowerBound, 0, range.count)
    }
}
