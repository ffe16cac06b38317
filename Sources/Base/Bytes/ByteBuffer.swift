// ByteBuffer.swift: bytes that we own, write, and use again.
//
// Two places need memory that grows and is never given back: a connection, which gathers what the
// socket delivers until a whole frame is there; and an encoder, which writes thousands of replies a
// second. Both would die of allocations. So a buffer keeps its memory and only moves two marks:
//
//     base          head              tail            capacity
//     +-------------+-----------------+---------------+
//     |  consumed   |  readable       |  free         |
//     +-------------+-----------------+---------------+
//                    consume(n) ->     append(...) ->
//
// When everything is consumed both marks go back to the start, which costs nothing; only when an
// append does not fit is the readable part moved down, and only if that is not enough is a larger
// block allocated (twice the size, so that n bytes cost O(n) copies in all).
//
// RULES    B1  base <= head <= tail <= capacity.
//          B2  a view into the buffer is true until the next mutation: an append may move everything.
//          B3  one owner: `~Copyable` lets the compiler refuse a second one.
//
// WHY WRITE INTO A RESERVED PLACE? The length of a protobuf message stands before the message. An
// encoder may `skip` some bytes and `overwrite` them when it knows what belongs there.
//
// READ NEXT  Varint.swift: numbers as protobuf writes them. ByteCursor.swift: reading back.

/// Owned memory with a readable part; append at its end, consume at its beginning.
///
/// SAFETY (`@safe`): `base` is allocated and freed only here, and every access checks the marks (B1).
/// SAFETY (`Sendable`): the memory belongs to this value alone (B3), so it goes where the value goes; a view that was
/// made before the value was given away is no longer true (B2).
@frozen @safe
public struct ByteBuffer: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var head = 0
    @usableFromInline var tail = 0
    /// How many bytes fit before the block must grow.
    public private(set) var capacity: Int

    /// An empty buffer with room for `capacity` bytes. With room for none it has no memory yet: many buffers stay empty
    /// all their lives.
    public init(capacity: Int = 0) {
        precondition(capacity >= 0, "B0: a buffer of \(capacity) bytes")
        self.capacity = capacity
        // SAFETY: at this address nothing is ever read or written: B1 leaves no byte between 0 and a capacity of 0.
        unsafe base = capacity > 0 ? .allocate(byteCount: capacity, alignment: 16) : Self.nowhere
    }

    /// Where the bytes of a buffer without memory would be.
    private static var nowhere: UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(bitPattern: 16)! }

    // SAFETY: a buffer has one owner, and views of it end with it (V1). Without capacity nothing was allocated.
    deinit { if capacity > 0 { unsafe base.deallocate() } }

    /// How many bytes are readable.
    @inlinable public var count: Int { tail - head }
    /// Whether nothing is readable.
    @inlinable public var isEmpty: Bool { tail == head }

    /// The readable bytes; true until the next mutation (B2).
    @inlinable public var view: ByteView {
        // SAFETY: [head, tail) is initialised memory of this buffer (B1).
        unsafe ByteView(unsafeStart: base + head, count: tail - head)
    }

    /// The readable bytes, in a form that the compiler keeps from outliving a mutation.
    @inlinable public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // SAFETY: the span borrows `self`, so no mutation can happen while it lives.
            unsafe _overrideLifetime(view.span, borrowing: self)
        }
    }

    // MARK: Reading

    /// Gives up the first `length` readable bytes.
    @inlinable
    public mutating func consume(_ length: Int) {
        precondition(length >= 0 && length <= count, "B1: consuming \(length) of \(count) bytes")
        head += length
        if head == tail { removeAll() }
    }

    /// Forgets everything and keeps the memory.
    @inlinable
    public mutating func removeAll() {
        head = 0
        tail = 0
    }

    /// Forgets the readable bytes after the first `length`.
    @inlinable
    public mutating func truncate(to length: Int) {
        precondition(length >= 0 && length <= count, "B1: truncating \(count) bytes to \(length)")
        tail = head + length
    }

    /// A copy of the readable bytes, to keep and to share.
    public func slice() -> ByteSlice { ByteSlice(copying: view) }

    // MARK: Writing

    /// Makes sure that `extra` more bytes fit.
    @inlinable
    public mutating func reserve(_ extra: Int) {
        if capacity - tail < extra { grow(by: extra) }
    }

    /// The slow half of `reserve`: moves down, or moves to a block of twice the size.
    @usableFromInline
    mutating func grow(by extra: Int) {
        precondition(extra >= 0, "B0: reserving \(extra) bytes")
        let length = count
        // Moving down pays only if it frees at least as much as it moves.
        if head >= length, capacity - length >= extra {
            // SAFETY: both runs lie in the block and do not overlap, since head >= length.
            unsafe base.copyMemory(from: base + head, byteCount: length)
        } else {
            let larger = max(capacity * 2, length + extra, 16)
            let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
            // SAFETY: the new block has room for `length` bytes, and the old one is given up, if there is one.
            unsafe moved.copyMemory(from: base + head, byteCount: length)
            if capacity > 0 { unsafe base.deallocate() }
            unsafe base = moved
            capacity = larger
        }
        head = 0
        tail = length
    }

    /// Gives the memory back beyond `limit`, after one unusually large message.
    public mutating func shrink(to limit: Int) {
        guard capacity > limit, count <= limit else { return }
        let kept = UnsafeMutableRawPointer.allocate(byteCount: max(limit, 16), alignment: 16)
        let length = count
        // SAFETY: `length <= limit` was checked.
        unsafe kept.copyMemory(from: base + head, byteCount: length)
        unsafe base.deallocate()
        unsafe base = kept
        capacity = max(limit, 16)
        head = 0
        tail = length
    }

    /// One byte at the end.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        // SAFETY: reserve made tail < capacity.
        unsafe base.storeBytes(of: byte, toByteOffset: tail, as: UInt8.self)
        tail += 1
    }

    /// All bytes of a view that does not lie in this buffer.
    @inlinable
    public mutating func append(_ view: ByteView) {
        reserve(view.count)
        if view.count > 0 {
            // SAFETY: reserve made room; the caller's view is foreign memory, so nothing overlaps.
            unsafe (base + tail).copyMemory(from: view.start, byteCount: view.count)
            tail += view.count
        }
    }

    /// All bytes of a slice.
    @inlinable public mutating func append(_ slice: ByteSlice) { append(slice.view) }

    /// All bytes of an array.
    public mutating func append(_ array: [UInt8]) { append(array.span) }

    /// All bytes of a span.
    public mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBytes { source in
            reserve(source.count)
            // SAFETY: reserve made room for all of `source`; an empty source may have no address.
            if let start = source.baseAddress { unsafe (base + tail).copyMemory(from: start, byteCount: source.count) }
            tail += source.count
        }
    }

    /// The UTF-8 of a text.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            reserve(utf8.count)
            // SAFETY: as above.
            if let start = utf8.baseAddress { unsafe (base + tail).copyMemory(from: start, byteCount: utf8.count) }
            tail += utf8.count
        }
    }

    /// The ASCII of a literal: no allocation and no check at run time.
    @inlinable
    public mutating func append(literal text: StaticString) {
        reserve(text.utf8CodeUnitCount)
        // SAFETY: a static string is immortal and `utf8CodeUnitCount` long.
        unsafe (base + tail).copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        tail += text.utf8CodeUnitCount
    }

    /// `count` zero bytes.
    public mutating func append(zeros count: Int) {
        reserve(count)
        // SAFETY: reserve made room.
        unsafe (base + tail).initializeMemory(as: UInt8.self, repeating: 0, count: count)
        tail += count
    }

    /// A number, least significant byte first.
    @inlinable
    public mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(littleEndian number: Number) {
        store(number.littleEndian)
    }

    /// A number, most significant byte first.
    @inlinable
    public mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(bigEndian number: Number) {
        store(number.bigEndian)
    }

    @inlinable
    mutating func store<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        reserve(MemoryLayout<Number>.size)
        // SAFETY: reserve made room; storeBytes needs no alignment.
        unsafe base.storeBytes(of: number, toByteOffset: tail, as: Number.self)
        tail += MemoryLayout<Number>.size
    }

    /// Leaves `length` bytes at the end to be written later, and says where they begin, counted from
    /// the first readable byte. They are zero until then.
    public mutating func skip(_ length: Int) -> Int {
        let place = count
        append(zeros: length)
        return place
    }

    /// Replaces readable bytes, beginning at `offset`.
    public mutating func overwrite(at offset: Int, with bytes: Span<UInt8>) {
        precondition(offset >= 0 && offset + bytes.count <= count, "B1: overwriting outside the buffer")
        unsafe bytes.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            // SAFETY: [offset, offset + count) is readable, checked above.
            unsafe (base + head + offset).copyMemory(from: start, byteCount: source.count)
        }
    }

    /// Lets a system call or a C library write up to `limit` bytes at the end; `body` says how many
    /// it wrote. Only for this room and the wrappers.
    @unsafe
    public mutating func appendUnsafely<Failure: Error>(
        upTo limit: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(limit)
        let written = try unsafe body(UnsafeMutableRawBufferPointer(start: base + tail, count: limit))
        precondition(written >= 0 && written <= limit, "B1: \(written) bytes written into room for \(limit)")
        tail += written
    }
}
