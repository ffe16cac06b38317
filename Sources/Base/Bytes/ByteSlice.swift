// ByteSlice.swift: bytes that many may hold and nobody may change.
//
// A value that a client wrote travels far: into the proposal, the log, the messages to two
// followers, the store, a watch event. Copying it at each station would be waste; so it lies once
// in a shared block, and each holder has a slice of it.
//
//     ByteBlock (one allocation, counted)        "put" request as it came from the socket
//     +--------------------------------------+
//     | . . k e y . . v a l u e . . . . . .  |
//     +--------------------------------------+
//           ^~~~~     ^~~~~~~~~
//           slice     slice                      24 bytes each: block, address, count
//
// COST     making a slice of a slice: one retain (about 5 ns). Making one from a view: one
//          allocation and one copy. A slice keeps its whole block alive: who keeps four bytes of a
//          megabyte for long should copy them.
// RULES    S1  the bytes of a block never change once a slice of it exists.
//          S2  order, equality and hash are those of the bytes.
//
// READ NEXT  ByteBuffer.swift, where bytes are written before they are frozen into a slice.

/// The shared block under slices: a header without fields, and the bytes in the same allocation.
@usableFromInline
final class ByteBlock: ManagedBuffer<Void, UInt8> {}

/// An immutable run of bytes in a shared block.
///
/// SAFETY (`@safe`): `start` points into `block`, which this value keeps alive, and accesses go
/// through bounds-checked views. SAFETY (`Sendable`): the bytes never change (S1), and the block's
/// reference count is atomic.
@frozen @safe
public struct ByteSlice: @unchecked Sendable {
    /// What keeps the bytes alive; nil for the empty slice, which has none.
    @usableFromInline let block: ByteBlock?
    @usableFromInline let bytes: ByteView

    @inlinable
    init(block: ByteBlock?, bytes: ByteView) {
        self.block = block
        self.bytes = bytes
    }

    /// No bytes; allocates nothing.
    @inlinable public init() { self.init(block: nil, bytes: ByteView()) }

    /// A copy of what a view shows, to keep (V2).
    public init(copying view: ByteView) {
        // SAFETY: the new block has room for `count` bytes and overlaps nothing.
        unsafe self.init(count: view.count) { target in
            unsafe view.withUnsafeBytes { source in unsafe target.copyMemory(from: source) }
        }
    }

    /// A copy of a span.
    public init(copying span: Span<UInt8>) {
        // SAFETY: as above.
        unsafe self.init(count: span.count) { target in
            unsafe span.withUnsafeBytes { source in unsafe target.copyMemory(from: source) }
        }
    }

    /// A copy of an array.
    public init(_ array: [UInt8]) { self.init(copying: array.span) }

    /// The UTF-8 of a text.
    public init(utf8 text: String) { self.init([UInt8](text.utf8)) }

    /// A block of `count` bytes that `fill` writes before anybody can see it.
    @unsafe
    init(count: Int, fill: (UnsafeMutableRawBufferPointer) -> Void) {
        guard count > 0 else {
            self.init()
            return
        }
        let block = unsafe unsafeDowncast(ByteBlock.create(minimumCapacity: count) { _ in }, to: ByteBlock.self)
        let start = unsafe block.withUnsafeMutablePointerToElements { elements in
            unsafe fill(UnsafeMutableRawBufferPointer(start: elements, count: count))
            return UnsafeRawPointer(elements)
        }
        // SAFETY: a ManagedBuffer's elements have a fixed address as long as it lives, and the slice
        // keeps it alive.
        self.init(block: block, bytes: unsafe ByteView(unsafeStart: start, count: count))
    }

    /// How many bytes.
    @inlinable public var count: Int { bytes.count }
    /// Whether there are none.
    @inlinable public var isEmpty: Bool { bytes.count == 0 }
    /// One byte.
    @inlinable public subscript(index: Int) -> UInt8 { bytes[index] }

    /// A part, sharing the block.
    @inlinable public subscript(range: Range<Int>) -> ByteSlice {
        range.isEmpty ? ByteSlice() : ByteSlice(block: block, bytes: bytes[range])
    }

    /// Everything from `offset` on, sharing the block.
    @inlinable public func dropFirst(_ offset: Int) -> ByteSlice { self[offset..<count] }
    /// The first `length` bytes, sharing the block.
    @inlinable public func prefix(_ length: Int) -> ByteSlice { self[0..<length] }

    /// A view, true as long as this slice, or another slice of the same block, lives (V1).
    @inlinable public var view: ByteView { bytes }

    /// The bytes as a span that cannot outlive this slice.
    @inlinable public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // SAFETY: the block that holds the bytes lives as long as `self`, to which the span is tied.
            unsafe _overrideLifetime(bytes.span, borrowing: self)
        }
    }

    /// The slice of the same block that shows `part`, a view into this slice: how a decoder that
    /// worked on views turns one of them into something to keep without a copy.
    @inlinable
    public func slice(of part: ByteView) -> ByteSlice {
        guard part.count > 0 else { return ByteSlice() }
        // SAFETY: the addresses are only subtracted.
        let offset = unsafe part.start - bytes.start
        precondition(offset >= 0 && offset + part.count <= count, "S3: the view is not a part of this slice")
        return self[offset..<(offset + part.count)]
    }

    /// The bytes as an array, for tests, tools and cold paths.
    public var array: [UInt8] { bytes.array }
    /// The bytes as text, or nil where they are not valid UTF-8.
    public var utf8Text: String? { bytes.utf8Text }
    /// The bytes as text for people, with U+FFFD for what is not UTF-8.
    public var lossyText: String { bytes.lossyText }
}

extension ByteSlice: Hashable, Comparable {
    /// Equal when the bytes are.
    @inlinable public static func == (left: ByteSlice, right: ByteSlice) -> Bool { left.bytes == right.bytes }
    /// etcd's order of keys.
    @inlinable public static func < (left: ByteSlice, right: ByteSlice) -> Bool { left.bytes < right.bytes }
    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) { bytes.hash(into: &hasher) }
}

extension ByteSlice: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, CustomStringConvertible {
    /// The UTF-8 of the literal: tests read better with `key: "foo"`.
    public init(stringLiteral text: String) { self.init(utf8: text) }
    /// The bytes listed.
    public init(arrayLiteral elements: UInt8...) { self.init(elements) }
    /// Printable ASCII as it is, everything else as `\xNN`.
    public var description: String { bytes.quoted }
}
