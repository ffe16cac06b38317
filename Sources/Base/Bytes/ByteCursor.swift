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
public struct ByteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What can be wrong with bytes as such.
    @frozen
    public enum Kind: Hashable, Sendable {
        /// The input ends in the middle of something.
        case truncated
        /// A varint has more than ten bytes, or bits beyond the 64th.
        case oversizedVarint
    }

    /// What is wrong.
    public let kind: Kind
    /// Where the thing that could not be read begins, counted from the start of the input.
    public let offset: Int

    /// An error at a place.
    @inlinable
    public init(_ kind: Kind, at offset: Int) {
        self.kind = kind
        self.offset = offset
    }

    /// For people.
    public var description: String {
        switch kind {
        case .truncated: "the input ends in the middle of the value that begins at byte \(offset)"
        case .oversizedVarint: "the number at byte \(offset) does not fit into 64 bits"
        }
    }
}

/// A place in borrowed bytes, moving forward.
@frozen
public struct ByteCursor: Sendable {
    /// Everything, the part already read included.
    public let bytes: ByteView
    /// The next byte to read.
    @inlinable public var position: Int { place }
    @usableFromInline var place: Int

    /// Starts at the first byte.
    @inlinable
    public init(_ bytes: ByteView) {
        self.bytes = bytes
        place = 0
    }

    /// Whether everything was read.
    @inlinable public var isAtEnd: Bool { position == bytes.count }
    /// How many bytes are left.
    @inlinable public var remaining: Int { bytes.count - position }
    /// The bytes that are left.
    @inlinable public var rest: ByteView { bytes.dropFirst(position) }

    /// Goes to another place within the bytes.
    @inlinable
    public mutating func seek(to place: Int) {
        precondition(place >= 0 && place <= bytes.count, "C1: a cursor stays within its bytes")
        self.place = place
    }

    /// One byte.
    @inlinable
    public mutating func readByte() throws(ByteError) -> UInt8 {
        guard position < bytes.count else { throw ByteError(.truncated, at: position) }
        let byte = bytes[position]
        place += 1
        return byte
    }

    /// A varint: the short one inline, the long one in a loop.
    @inlinable
    public mutating func readVarint() throws(ByteError) -> UInt64 {
        if position < bytes.count {
            let first = bytes[position]
            if first < 0x80 {
                place += 1
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
            place += 1
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
    public mutating func take(_ length: Int) throws(ByteError) -> ByteView {
        guard length >= 0, length <= remaining else { throw ByteError(.truncated, at: position) }
        let taken = bytes[position..<(position + length)]
        place += length
        return taken
    }

    /// Passes over `length` bytes.
    @inlinable
    public mutating func skip(_ length: Int) throws(ByteError) { _ = try take(length) }

    /// A little-endian number.
    @inlinable
    public mutating func readLittleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self
    ) throws(ByteError) -> Number {
        guard remaining >= MemoryLayout<Number>.size else { throw ByteError(.truncated, at: position) }
        defer { place += MemoryLayout<Number>.size }
        return bytes.littleEndian(at: position, as: type)
    }

    /// A big-endian number.
    @inlinable
    public mutating func readBigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        _ type: Number.Type = Number.self
    ) throws(ByteError) -> Number {
        guard remaining >= MemoryLayout<Number>.size else { throw ByteError(.truncated, at: position) }
        defer { place += MemoryLayout<Number>.size }
        return bytes.bigEndian(at: position, as: type)
    }
}
