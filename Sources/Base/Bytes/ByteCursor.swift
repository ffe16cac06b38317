// ByteCursor.swift: reading bytes one thing after another, and saying where it went wrong.
//
// Every decoder of ours (messages, log records, frames) reads front to back, and every one of them
// is fed by strangers: a client, a peer, a disk. So the one thing that reads must never trap, never
// read past the end, and say at which byte it gave up.
//
//     +-----+-----+-----+-----+-----+-----+
//     |     read      |      to come      |
//     +-----+-----+-----+-----+-----+-----+
//                     ^ position
//
// COST     a one-byte varint: a bounds check, a load, a comparison. Nothing is allocated; the bytes
//          that `take` returns are views into what is read.

/// Why reading stopped, and at which byte.
@frozen
package struct ByteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What can be wrong with bytes as such.
    @frozen
    package enum Kind: Hashable, Sendable {
        /// The input ends in the middle of something.
        case truncated
        /// A varint has more than ten bytes, or bits beyond the 64th.
        case oversizedVarint
    }

    /// What is wrong.
    package let kind: Kind
    /// Where the thing that could not be read begins, counted from the start of the input.
    package let offset: Int

    /// An error at a place.
    @inlinable
    package init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// For people.
    package var description: String {
        switch kind {
        case .truncated: "the input ends in the middle of the value that begins at byte \(offset)"
        case .oversizedVarint: "the number at byte \(offset) does not fit into 64 bits"
        }
    }
}

/// A place in borrowed bytes, moving forward.
@frozen
package struct ByteCursor: Sendable {
    /// Everything, the part already read included.
    package let bytes: ByteView
    /// The next byte to read.
    package private(set) var position: Int

    /// Starts at the first byte.
    @inlinable
    package init(_ bytes: ByteView) {
        self.bytes = bytes
        position = 0
    }

    /// Whether everything was read.
    @inlinable package var isAtEnd: Bool { position == bytes.count }
    /// How many bytes are left.
    @inlinable package var remaining: Int { bytes.count - position }
    /// The bytes that are left.
    @inlinable package var rest: ByteView { bytes.dropFirst(position) }

    /// Goes to another place within the bytes.
    @inlinable
    package mutating func seek(to place: Int) {
        precondition(place >= 0 && place <= bytes.count, "C1: a cursor stays within its bytes")
        position = place
    }

    /// One byte.
    @inlinable
    package mutating func readByte() throws(ByteError) -> UInt8 {
        guard position < bytes.count else { throw ByteError(.truncated, at: position) }
        let byte = bytes[position]
        position += 1
        return byte
    }

    /// A varint: the short one inline, the long one in a loop.
    @inlinable
    package mutating func readVarint() throws(ByteError) -> UInt64 {
        if position < bytes.count {
            let first = bytes[position]
            if first < 0x80 {
                position += 1
                return UInt64(first)
            }
        }
        return try readLongVarint()
    }

    /// The general case of `readVarint`.
    @usableFromInline
    mutating func readLongVarint() throws(ByteError) -> UInt64 {
        let start = position
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            // The tenth byte carries the 64th bit alone.
            if shift == 63, byte > 1 { throw ByteError(.oversizedVarint, at: start) }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        throw ByteError(.truncated, at: start)
    }

    /// The next `length` bytes, borrowed from the input.
    @inlinable
    package mutating func take(_ length: Int) throws(ByteError) -> ByteView {
        guard length >= 0, length <= remaining else { throw ByteError(.truncated, at: position) }
        let taken = bytes[position..<(position + length)]
        position += length
        return taken
    }

    /// Passes over `length` bytes.
    @inlinable
    package mutating func skip(_ length: Int) throws(ByteError) { _ = try take(length) }

    /// A little-endian number.
    @inlinable
    package mutating func readLittleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self
    ) throws(ByteError) -> Number {
        guard remaining >= MemoryLayout<Number>.size else { throw ByteError(.truncated, at: position) }
        defer { position += MemoryLayout<Number>.size }
        return bytes.littleEndian(at: position, as: type)
    }

    /// A big-endian number.
    @inlinable
    package mutating func readBigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self
    ) throws(ByteError) -> Number {
        guard remaining >= MemoryLayout<Number>.size else { throw ByteError(.truncated, at: position) }
        defer { position += MemoryLayout<Number>.size }
        return bytes.bigEndian(at: position, as: type)
    }
}
