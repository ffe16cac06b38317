// WritableView.swift: bytes that one owner edits where they lie.
//
// A page of the B+tree that a transaction changes is edited in the very form in which the file will
// have it: an array of elements that grows from the front, keys and values that grow from the back.
// Building it from Swift objects and writing it out at the end would cost an allocation for every
// key; here an insertion is two copies of bytes.
//
//     PageMemory's block
//     +--------+------------------------------------------+-------+
//     | header | elements ->            <- keys, values   | slack |
//     +--------+------------------------------------------+-------+
//              start                                        start + count
//
// RULES    W1  every store and every move is checked against [0, count), also in release builds.
//          W2  like a ByteView it says nothing about time: it is true until the block's owner (a
//              PageMemory) drops the block, and only the owner's thread may write through it.
//
// READ NEXT  PageMemory.swift, which makes these blocks.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Borrowed bytes that may be written: an address and a length.
///
/// SAFETY (`@safe`): every access is checked against `count` (W1); the lifetime is the promise of the
/// block's owner (W2).
@frozen @safe
public struct WritableView {
    @usableFromInline let start: UnsafeMutableRawPointer
    /// How many bytes may be read and written.
    public let count: Int

    /// Promises that `count` bytes at `start` stay this view's to write while it is in use (W2).
    @inlinable @unsafe
    public init(unsafeStart start: UnsafeMutableRawPointer, count: Int) {
        precondition(count >= 0, "W1: a view of \(count) bytes")
        unsafe self.start = start
        self.count = count
    }

    /// The same bytes, only to be read.
    @inlinable public var view: ByteView {
        // SAFETY: the same bytes with the same promise.
        unsafe ByteView(unsafeStart: start, count: count)
    }

    /// A part to read; true until somebody writes to it.
    @inlinable public subscript(range: Range<Int>) -> ByteView { view[range] }

    /// A little-endian number at `offset`.
    @inlinable
    public func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Number.Type = Number.self
    ) -> Number {
        precondition(offset >= 0 && count - offset >= MemoryLayout<Number>.size, "W1: number outside the view")
        // SAFETY: the whole number lies within the view, checked above.
        return unsafe Number(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// Writes a number, least significant byte first.
    @inlinable
    public func store<Number: FixedWidthInteger & BitwiseCopyable>(littleEndian number: Number, at offset: Int) {
        precondition(offset >= 0 && count - offset >= MemoryLayout<Number>.size, "W1: number outside the view")
        // SAFETY: the whole number lies within the view, checked above.
        unsafe start.storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
    }

    /// Copies foreign bytes to `offset`. They may not overlap with the target.
    @inlinable
    public func copy(_ source: ByteView, to offset: Int) {
        precondition(offset >= 0 && count - offset >= source.count, "W1: copy outside the view")
        // SAFETY: the target has room, checked above; the caller's bytes are elsewhere.
        if source.count > 0 { unsafe (start + offset).copyMemory(from: source.start, byteCount: source.count) }
    }

    /// Moves bytes within the view; the two runs may overlap.
    @inlinable
    public func move(from source: Int, to target: Int, count length: Int) {
        precondition(
            length >= 0 && source >= 0 && target >= 0 && count - source >= length && count - target >= length,
            "W1: move outside the view")
        // SAFETY: both runs lie within the view, checked above, and memmove allows overlap.
        if length > 0 { unsafe moveMemory(start + target, start + source, length) }
    }

    /// Makes `length` bytes at `offset` zero.
    public func clear(from offset: Int, count length: Int) {
        precondition(length >= 0 && offset >= 0 && count - offset >= length, "W1: clearing outside the view")
        // SAFETY: the run lies within the view, checked above.
        unsafe _ = memset(start + offset, 0, length)
    }
}
