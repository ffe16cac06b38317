// TraceBytes.swift: a key on its way into an event, without an allocation.
//
// An event owns its facts, and a key that arrives is a view of somebody else's memory. Making a slice of it would ask the
// allocator for a block, and give it back a moment later when the event is encoded: some 50 ns for each key, which is
// as much as all the rest of the event. Most keys are short. So up to 40 bytes lie in the value itself:
//
//     +--------+--------+--------+--------+--------+-------+
//     | word 0 | word 1 | word 2 | word 3 | word 4 | count |      bytes behind `count` are zero
//     +--------+--------+--------+--------+--------+-------+
//
// and only a longer key is a slice. Nothing is ever cut: two long keys that begin alike are two keys.
//
// RULES    Y1  a value of at most 40 bytes has no slice, so equal bytes are equal values.
// SHOWN BY  TraceBytesTests

public import Bytes

/// Bytes that an event holds, mostly a key.
@frozen
public struct TraceBytes: Hashable, Sendable {
    @usableFromInline var word0: UInt64 = 0
    @usableFromInline var word1: UInt64 = 0
    @usableFromInline var word2: UInt64 = 0
    @usableFromInline var word3: UInt64 = 0
    @usableFromInline var word4: UInt64 = 0
    /// How many bytes lie in the words.
    @usableFromInline var shortCount: UInt8 = 0
    /// All of them, when there are more than fit.
    @usableFromInline var long: ByteSlice?

    /// How many bytes need no allocation.
    @inlinable public static var shortLimit: Int { 40 }

    /// No bytes.
    @inlinable public init() {}

    /// A copy of what a view shows.
    @inlinable
    public init(_ view: ByteView) {
        let count = view.count
        guard count <= Self.shortLimit else {
            long = ByteSlice(copying: view)
            return
        }
        shortCount = UInt8(count)
        if count >= 8 { word0 = view.littleEndian(at: 0) }
        if count >= 16 { word1 = view.littleEndian(at: 8) }
        if count >= 24 { word2 = view.littleEndian(at: 16) }
        if count >= 32 { word3 = view.littleEndian(at: 24) }
        if count >= 40 { word4 = view.littleEndian(at: 32) }
        let rest = count & 7
        guard rest > 0 else { return }
        var last: UInt64 = 0
        if count >= 8 {
            // The eight bytes that end where the view ends, with those that are known already shifted out.
            last = view.littleEndian(at: count - 8, as: UInt64.self) >> UInt64(64 - rest * 8)
        } else {
            for place in 0..<rest { last |= UInt64(view[place]) << UInt64(place * 8) }
        }
        switch count >> 3 {
        case 0: word0 = last
        case 1: word1 = last
        case 2: word2 = last
        case 3: word3 = last
        default: word4 = last
        }
    }

    /// The bytes of a slice.
    public init(_ slice: ByteSlice) { self.init(slice.view) }

    /// At most `limit` bytes from the beginning of a view: of a value, which may be long, pictures show no more.
    @inlinable public init(_ view: ByteView, upTo limit: Int) { self.init(view.prefix(min(limit, view.count))) }

    /// How many there are.
    public var count: Int { long?.count ?? Int(shortCount) }
    /// Whether there are none.
    public var isEmpty: Bool { count == 0 }

    /// The bytes, to keep and to look at.
    public var slice: ByteSlice {
        if let long { return long }
        var buffer = ByteBuffer(capacity: 64)
        for word in [word0, word1, word2, word3, word4] { buffer.append(littleEndian: word) }
        buffer.truncate(to: Int(shortCount))
        return buffer.slice()
    }

    /// Writes the length and the bytes as a field of a record.
    @inlinable @inline(__always)
    func append(to fields: inout RecordCursor) {
        guard let long else { return fields.append(word0, word1, word2, word3, word4, count: shortCount) }
        fields.append(long.view)
    }
}

extension TraceBytes: ExpressibleByStringLiteral, CustomStringConvertible {
    /// The UTF-8 of a literal.
    public init(stringLiteral text: String) {
        let slice = ByteSlice(utf8: text)
        self.init(slice.view)
    }
    /// For people.
    public var description: String { slice.description }
}
