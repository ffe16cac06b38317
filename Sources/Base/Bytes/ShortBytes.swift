// ShortBytes.swift: a few bytes that need no allocation.
//
// The store finds a value under a key of 17 bytes that it makes for the look-up and forgets after it. A buffer would
// have to be owned, and changed, by somebody who only reads. Three words on the stack do it:
//
//     0               8  9               17  18      24
//     +---------------+--+---------------+---+--------+
//     | main, 8 bytes |_ | sub, 8 bytes  | t |  room  |
//     +---------------+--+---------------+---+--------+
//
// RULES    H1  at most 24 bytes.
//          H2  the view that `withView` lends is true during the call only.

/// At most 24 bytes, lying in the value itself.
@frozen
public struct ShortBytes: Sendable {
    @usableFromInline var bytes = InlineArray<24, UInt8>(repeating: 0)
    /// How many bytes.
    @inlinable public var count: Int { length }
    @usableFromInline var length = 0

    /// None.
    @inlinable public init() {}

    /// One byte more.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        precondition(count < 24, "H1: more than 24 bytes")
        bytes[length] = byte
        length += 1
    }

    /// Eight bytes more, the most significant first.
    @inlinable
    public mutating func append(bigEndian number: UInt64) {
        precondition(count <= 16, "H1: more than 24 bytes")
        let place = count
        // SAFETY: eight bytes from `place` lie within the 24, checked above.
        unsafe withUnsafeMutableBytes(of: &bytes) { room in
            unsafe room.storeBytes(of: number.bigEndian, toByteOffset: place, as: UInt64.self)
        }
        length += 8
    }

    /// Lends the bytes (H2).
    @inlinable @inline(__always)
    public func withView<Result, Failure: Error>(
        _ body: (ByteView) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let length = length
        // SAFETY: `length` bytes of this value, which lives longer than the call.
        return try unsafe withUnsafeBytes(of: bytes) { (room) throws(Failure) -> Result in
            guard let start = room.baseAddress else { return try body(ByteView()) }
            return try body(unsafe ByteView(unsafeStart: start, count: length))
        }
    }
}
