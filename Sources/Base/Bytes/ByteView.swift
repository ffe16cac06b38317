// ByteView.swift: bytes that somebody else keeps.
//
// A key arrives in a network buffer, a value lies on a page of a mapped file. To look at either we
// need an address and a length, nothing more; copying them first would cost more than the looking.
//
//     owner:   ByteBuffer, ByteSlice, a mapped file, a C library's buffer
//              +-----------------------------------------------+
//              | . . . . . k e y . . . v a l u e . . . . . . . |
//              +-----------------------------------------------+
//                        ^~~~~       ^~~~~~~~~
//                        view        view                 16 bytes each, no reference count
//
// HOW CAN THAT BE SAFE? Reading outside [0, count) traps, always, also in release builds. What the
// compiler does not check is time: a view says nothing about how long its owner lives. So:
//
// RULES    V1  a view is made by whoever owns the bytes, and is true until the owner says otherwise:
//              a network buffer until the handler returns, a page until its read transaction ends.
//          V2  who wants to keep the bytes longer copies them: `ByteSlice(copying:)`.
//          V3  a view is never stored in something that outlives the call that was given it, unless
//              that thing's head comment names the owner and the argument.
//          V4  the owner has a name: `ByteSlice(a).view` is the view of a value that nobody holds, and
//              Swift frees it before the view is read. A named constant lives to the end of its scope.
//              (A fuzzer found the first such place; Tests/Architecture refuses them since.)
//          V5  only this room and the wrappers of C libraries can make a view from a pointer.
//
// Where a view does not have to be stored, a `Span` is better: there the compiler checks time too.
// The sanitizer runs of Tests/long.sh look for broken promises.
//
// READ NEXT  ByteSlice.swift (bytes that we share), ByteBuffer.swift (bytes that we own).

/// A borrowed run of bytes: an address and a length. Trivial to copy, never retains its owner.
///
/// SAFETY (`@safe`): every access is checked against `count`; the lifetime is the promise of V1, made
/// at the one `unsafe` place that creates the view. SAFETY (`Sendable`): it only reads; the owner
/// promises that nobody writes to these bytes while the view is true.
@frozen @safe
public struct ByteView: @unchecked Sendable {
    /// Where the bytes begin. Never dereferenced when `count` is zero.
    @usableFromInline let start: UnsafeRawPointer
    /// How many bytes may be read.
    public let count: Int

    /// Promises that `count` bytes at `start` stay readable and unchanged while this view is in use (V1).
    @inlinable @unsafe
    public init(unsafeStart start: UnsafeRawPointer, count: Int) {
        precondition(count >= 0, "V0: a view of \(count) bytes")
        unsafe self.start = start
        self.count = count
    }

    /// The view of nothing.
    @inlinable
    public init() {
        // SAFETY: address 1 is never read, because the count is zero.
        unsafe start = UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        count = 0
    }

    /// Whether there is nothing to read.
    @inlinable public var isEmpty: Bool { count == 0 }

    /// One byte.
    @inlinable public subscript(index: Int) -> UInt8 {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count), "byte index outside the view")
        // SAFETY: 0 <= index < count was just checked.
        return unsafe start.load(fromByteOffset: index, as: UInt8.self)
    }

    /// A part of this view; it needs no copy and no retain.
    @inlinable public subscript(range: Range<Int>) -> ByteView {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "byte range outside the view")
        // SAFETY: the range lies within the view, so the owner's promise covers it.
        return unsafe ByteView(unsafeStart: start + range.lowerBound, count: range.count)
    }

    /// Everything from `offset` on.
    @inlinable public func dropFirst(_ offset: Int) -> ByteView { self[offset..<count] }

    /// The first `length` bytes.
    @inlinable public func prefix(_ length: Int) -> ByteView { self[0..<length] }

    /// The same bytes as a span, whose lifetime the compiler ties to this copy of the view.
    @inlinable public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // SAFETY: the view promises `count` readable bytes; bytes have no alignment.
            let span = unsafe Span<UInt8>(_unsafeStart: start.assumingMemoryBound(to: UInt8.self), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Hands the address to a C function or a copy routine. Only for this room and the wrappers.
    @inlinable @unsafe
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe body(UnsafeRawBufferPointer(start: count == 0 ? nil : start, count: count))
    }
}

// MARK: - Numbers at fixed places
//
// Pages of the B+tree file are little-endian, revisions and stream frames big-endian. None of these
// loads needs alignment.

extension ByteView {
    /// A fixed-width number at `offset`, as the machine stores it.
    @inlinable
    func load<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) -> Number {
        precondition(
            offset >= 0 && count - offset >= MemoryLayout<Number>.size, "number outside the view")
        // SAFETY: the whole number lies within the view, checked above.
        return unsafe start.loadUnaligned(fromByteOffset: offset, as: Number.self)
    }

    /// A little-endian number at `offset`.
    @inlinable
    public func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Number.Type = Number.self
    ) -> Number {
        Number(littleEndian: load(type, at: offset))
    }

    /// A big-endian number at `offset`.
    @inlinable
    public func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(
        at offset: Int, as type: Number.Type = Number.self
    ) -> Number {
        Number(bigEndian: load(type, at: offset))
    }
}

// MARK: - Order, equality, hash: of the bytes, never of the address

extension ByteView: Equatable, Comparable, Hashable {
    /// Equal when the bytes are.
    @inlinable
    public static func == (left: ByteView, right: ByteView) -> Bool {
        guard left.count == right.count else { return false }
        // SAFETY: both runs are `count` bytes long.
        return unsafe left.count == 0 || compareMemory(left.start, right.start, left.count) == 0
    }

    /// etcd's order of keys: bytewise, a prefix before what it begins.
    @inlinable
    public static func < (left: ByteView, right: ByteView) -> Bool { left.compare(right) < 0 }

    /// Negative, zero or positive, as `self` sorts before, with or after `other`: one pass where
    /// `<` and `==` together would take two.
    @inlinable
    public func compare(_ other: ByteView) -> Int {
        let common = min(count, other.count)
        if common > 0 {
            // SAFETY: both runs have at least `common` bytes.
            let order = unsafe compareMemory(start, other.start, common)
            if order != 0 { return Int(order) }
        }
        return count - other.count
    }

    /// Feeds the bytes to Swift's hasher.
    public func hash(into hasher: inout Hasher) {
        // SAFETY: the hasher reads what it is lent, within the call.
        unsafe withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) }
        hasher.combine(count)
    }

    /// Whether these bytes begin with those.
    @inlinable
    public func starts(with other: ByteView) -> Bool {
        count >= other.count && prefix(other.count) == other
    }

    /// Where `byte` stands first, or nil.
    @inlinable
    public func firstIndex(of byte: UInt8) -> Int? {
        for index in 0..<count where self[index] == byte { return index }
        return nil
    }
}

// MARK: - Bytes that live for ever

extension ByteView: ExpressibleByStringLiteral {
    /// The UTF-8 of a literal, which lies in the program itself: a view that is true for ever.
    @inlinable
    public init(stringLiteral text: StaticString) {
        precondition(text.hasPointerRepresentation, "V4: a literal of one code point has no address")
        // SAFETY: a static string is immortal and `utf8CodeUnitCount` long.
        unsafe self.init(unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}

// MARK: - Leaving the world of views

extension ByteView {
    /// A copy as an array: for tests, tools and cold paths.
    public var array: [UInt8] {
        // SAFETY: the array copies what it is lent, within the call.
        unsafe withUnsafeBytes { bytes in unsafe [UInt8](bytes) }
    }

    /// The bytes as text, or nil where they are not valid UTF-8.
    public var utf8Text: String? { String(validating: array, as: UTF8.self) }

    /// The bytes as text, with U+FFFD for what is not UTF-8: for messages to people only.
    public var lossyText: String { String(decoding: array, as: UTF8.self) }
}
