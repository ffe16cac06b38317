// Varint.swift: small numbers in few bytes.
//
// Most numbers in a message are small, yet any may have 64 bits. Protobuf therefore writes a number
// seven bits at a time, the low bits first, and sets the top bit of every byte but the last:
//
//     300 = 0b10_0101100      AC 02        1 0101100   0 0000010
//                                          ^ more to come
//
// A 64-bit number takes one to ten bytes. The tenth can only be 0 or 1: nine bytes hold 63 bits.
//
// NEGATIVE NUMBERS of type int64 are written as the 64 bits they are, so -1 takes ten bytes. etcd's
// API has them (lease TTL, revisions of the client's choosing), and the log depends on it.
//
// COST     a number below 128: one comparison and one store.
// READ NEXT  ByteCursor.swift, which reads them.

/// How long a number is when written as a varint: 1 to 10 bytes.
@inlinable
public func varintSize(_ number: UInt64) -> Int {
    // 64 - leadingZeros bits, seven to a byte, at least one byte: (bits * 9 + 64) / 64 is ceil(bits / 7)
    // for 1...64 without a division.
    let bits = 64 - (number | 1).leadingZeroBitCount
    return (bits * 9 + 64) >> 6
}

extension ByteBuffer {
    /// Writes a number as a varint.
    @inlinable
    public mutating func append(varint number: UInt64) {
        reserve(10)
        var rest = number
        while rest >= 0x80 {
            // SAFETY: at most ten bytes are stored, for which reserve made room.
            unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: tail, as: UInt8.self)
            tail += 1
            rest >>= 7
        }
        unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: tail, as: UInt8.self)
        tail += 1
    }
}
