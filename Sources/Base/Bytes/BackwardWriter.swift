// BackwardWriter.swift: writing from the end to the beginning.
//
// In protobuf the length of a message stands before the message, and is known only after it: each number
// in it takes one to ten bytes. Writing forward, one must either measure every nested message before
// writing it (and again inside the message around it, so that ten levels are measured ten times), or
// leave a gap and move bytes later. Writing backward there is no difficulty at all: write the message,
// see how many bytes it took, write that number in front of it.
//
//     reserved:   +-------------------------------------------------+
//                 | . . . . . . . . . . |  length  |  message       |
//                 +-------------------------------------------------+
//                 start           cursor^ <- prepend
//
// The size of the whole is measured once, so the room is reserved once and nothing is ever moved.
//
// RULES    W1  whoever asks for n bytes writes exactly n: a message that measures itself wrongly is a bug
//              of ours and stops the process, rather than sending bytes that nobody can read.
// COST     a number below 128: one comparison for the room, one store.

/// Room of a known size that is filled from its end. Lent by `ByteBuffer.append(backward:)`.
///
/// SAFETY (`@safe`): [start, cursor) is reserved memory of the buffer that lends this writer; every write
/// checks that it fits there. `~Copyable`: it cannot be kept beyond the call that lends it.
@frozen @safe
public struct BackwardWriter: ~Copyable {
    @usableFromInline let start: UnsafeMutableRawPointer
    @usableFromInline var cursor: UnsafeMutableRawPointer

    @inlinable
    init(start: UnsafeMutableRawPointer, count: Int) {
        // SAFETY: the lender promises `count` bytes of free memory at `start`.
        unsafe self.start = start
        unsafe cursor = start + count
    }

    /// How many bytes are still to be written. The length of something is the difference of two of these.
    @inlinable public var remaining: Int { unsafe cursor - start }

    /// Moves the cursor down by `count` bytes, which the caller then writes (W1).
    @inlinable @inline(__always)
    mutating func claim(_ count: Int) {
        // SAFETY: the cursor stays at or above `start`, checked first.
        precondition(count <= remaining, "W1: more bytes are written than were measured")
        unsafe cursor -= count
    }

    /// One byte before what was written so far.
    @inlinable @inline(__always)
    public mutating func prepend(_ byte: UInt8) {
        claim(1)
        // SAFETY: `claim` made room for one byte at the cursor.
        unsafe cursor.storeBytes(of: byte, as: UInt8.self)
    }

    /// All bytes of a view, before what was written so far.
    @inlinable
    public mutating func prepend(_ view: ByteView) {
        guard view.count > 0 else { return }
        claim(view.count)
        // SAFETY: `claim` made room; the room was free memory, so no view shows it.
        unsafe cursor.copyMemory(from: view.start, byteCount: view.count)
    }

    /// The UTF-8 of a text, before what was written so far.
    public mutating func prepend(utf8 text: String) {
        var text = text
        text.withUTF8 { utf8 in
            claim(utf8.count)
            // SAFETY: `claim` made room; an empty text may have no address.
            if let source = utf8.baseAddress { unsafe cursor.copyMemory(from: source, byteCount: utf8.count) }
        }
    }

    /// A number as a varint, before what was written so far.
    @inlinable @inline(__always)
    public mutating func prepend(varint number: UInt64) {
        if number < 0x80 {
            prepend(UInt8(truncatingIfNeeded: number))
        } else if number < 0x4000 {
            claim(2)
            // SAFETY: `claim` made room for two bytes; the first says that one more follows.
            let pair = UInt16(truncatingIfNeeded: number & 0x7F | 0x80 | (number >> 7) << 8)
            unsafe cursor.storeBytes(of: pair.littleEndian, as: UInt16.self)
        } else {
            prependLong(varint: number)
        }
    }

    /// The general case. Eight bytes are made in a register and stored with one instruction that ends where the
    /// number must end: what it stores before the number is free room, which will be written over. Identifiers
    /// of members and leases have nine or ten bytes; their last one or two follow by themselves.
    @usableFromInline
    mutating func prependLong(varint number: UInt64) {
        let size = varintSize(number)
        guard remaining >= 10 else { return prependSlowly(varint: number, size: size) }
        // The groups of seven bits move apart: two halves, then quarters, then eight.
        var bits = (number & 0x0FFF_FFFF) | (number & 0x00FF_FFFF_F000_0000) << 4
        bits = (bits & 0x0000_3FFF_0000_3FFF) | (bits & 0x0FFF_C000_0FFF_C000) << 2
        bits = (bits & 0x007F_007F_007F_007F) | (bits & 0x3F80_3F80_3F80_3F80) << 1
        // Every byte but the last says that more follows.
        let more: UInt64 = 0x8080_8080_8080_8080
        // SAFETY: [cursor - 10, cursor) is free room of this writer, checked above; storeBytes needs no alignment.
        if size <= 8 {
            bits |= more & (1 << UInt64(8 * (size - 1)) - 1)
            unsafe (cursor - 8).storeBytes(of: (bits << UInt64(8 * (8 - size))).littleEndian, as: UInt64.self)
        } else {
            let high = UInt16(truncatingIfNeeded: number >> 56)
            let last = size == 9 ? high << 8 : (high & 0x7F | 0x80) | 0x100
            unsafe (cursor - 2).storeBytes(of: last.littleEndian, as: UInt16.self)
            unsafe (cursor - size).storeBytes(of: (bits | more).littleEndian, as: UInt64.self)
        }
        unsafe cursor -= size
    }

    /// Near the beginning of the room: the bytes go forward from where the first belongs.
    private mutating func prependSlowly(varint number: UInt64, size: Int) {
        claim(size)
        var rest = number
        for offset in 0..<(size - 1) {
            // SAFETY: `claim` made room for `size` bytes.
            unsafe cursor.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: offset, as: UInt8.self)
            rest >>= 7
        }
        unsafe cursor.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: size - 1, as: UInt8.self)
    }
}

extension ByteBuffer {
    /// Appends exactly `count` bytes, which `body` writes from the last to the first (W1).
    @inlinable
    public mutating func append(backward count: Int, _ body: (inout BackwardWriter) -> Void) {
        precondition(count >= 0, "B0: appending \(count) bytes")
        reserve(count)
        // SAFETY: reserve made [tail, tail + count) free memory of this buffer, and nothing can move it while
        // `body` runs, because this call has the buffer for itself.
        var writer = unsafe BackwardWriter(start: base + tail, count: count)
        body(&writer)
        precondition(writer.remaining == 0, "W1: fewer bytes are written than were measured")
        tail += count
    }
}

extension ByteSlice {
    /// A block of exactly `count` bytes, which `body` writes from the last to the first (W1).
    public init(backward count: Int, _ body: (inout BackwardWriter) -> Void) {
        // SAFETY: the block is new, and `body` has its memory for itself until it is a slice.
        unsafe self.init(count: count) { target in
            guard let base = target.baseAddress else { return }
            var writer = unsafe BackwardWriter(start: base, count: count)
            body(&writer)
            precondition(writer.remaining == 0, "W1: fewer bytes are written than were measured")
        }
    }
}
