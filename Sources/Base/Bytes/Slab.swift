// Slab.swift: a million small things of one kind, each with a number.
//
// An index over a million keys wants a million little records. As objects they would cost an allocation and a
// reference count each; in an Array they would be copied whenever it grows, and for that moment need twice the memory.
// A slab hands out numbers instead of addresses and keeps its elements in chunks that never move:
//
//     chunks   [ * | * | * | . | . ]          number 9000 = chunk 2 (9000 >> 12), place 808 (9000 & 4095)
//                |   |   |
//                v   v   v
//              4096 elements each
//
// Growing costs one more chunk, never a copy of what is there. A number takes 4 bytes where an address takes 8.
// What is no longer used is the owner's business: it chains free numbers through the elements themselves.
//
// COST     an access is a comparison and two loads, the first of which is nearly always in the first cache.
// RULES    L1  every access is checked against `count`, also in release builds.
//          L2  elements are plain bits (`BitwiseCopyable`): nothing to run when they are given up.

/// Numbered elements in chunks that never move.
///
/// SAFETY (`@safe`): chunks are allocated and freed only here; every index is checked (L1); whatever lies below
/// `count` was initialised. SAFETY (`Sendable`): the memory belongs to this value alone and goes where it goes.
@frozen @safe
public struct Slab<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline var chunks: UnsafeMutablePointer<UnsafeMutablePointer<Element>>
    @usableFromInline var chunkLimit: Int
    @usableFromInline var size = 0

    /// How many elements there are.
    @inlinable public var count: Int { size }

    @inlinable static var shift: Int { 12 }
    /// How many elements lie side by side; a run that does not cross a multiple of it can be moved in one go.
    @inlinable public static var chunkCount: Int { 1 << shift }

    /// No elements.
    public init() {
        chunkLimit = 16
        unsafe chunks = .allocate(capacity: 16)
    }

    deinit {
        // SAFETY: the chunks below are those that `append` made; elements need no deinitialisation (L2).
        for index in 0..<chunksInUse { unsafe chunks[index].deallocate() }
        unsafe chunks.deallocate()
    }

    @usableFromInline var chunksInUse: Int { (size + Self.chunkCount - 1) >> Self.shift }

    /// How much memory the elements take, whole chunks.
    public var byteCount: Int { chunksInUse * Self.chunkCount * MemoryLayout<Element>.stride }

    @inlinable @inline(__always)
    func address(_ index: Int) -> UnsafeMutablePointer<Element> {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: size), "L1: no element of this number")
        // SAFETY: index < size, so its chunk exists and has that place.
        return unsafe chunks[index >> Self.shift] + (index & (Self.chunkCount - 1))
    }

    /// One element.
    @inlinable
    public subscript(index: Int) -> Element {
        // SAFETY: `address` checked the index.
        @inline(__always) get { unsafe address(index).pointee }
        @inline(__always) _modify { yield unsafe &address(index).pointee }
    }

    /// One element by a short number.
    @inlinable
    public subscript(index: UInt32) -> Element {
        @inline(__always) get { unsafe address(Int(index)).pointee }
        @inline(__always) _modify { yield unsafe &address(Int(index)).pointee }
    }

    /// One more element; the answer is its number.
    @inlinable @discardableResult
    public mutating func append(_ element: Element) -> Int {
        if size & (Self.chunkCount - 1) == 0 { addChunk() }
        // SAFETY: the chunk of number `size` exists now.
        unsafe (chunks[size >> Self.shift] + (size & (Self.chunkCount - 1))).initialize(to: element)
        size += 1
        return size - 1
    }

    /// `count` more elements; the answer is the first one's number.
    @inlinable @discardableResult
    public mutating func append(repeating element: Element, count: Int) -> Int {
        let first = size
        for _ in 0..<count { append(element) }
        return first
    }

    /// Makes the next chunk.
    @usableFromInline
    mutating func addChunk() {
        let next = size >> Self.shift
        if next == chunkLimit {
            let larger = UnsafeMutablePointer<UnsafeMutablePointer<Element>>.allocate(capacity: chunkLimit * 2)
            // SAFETY: the new table has room for all of the old one, which is given up.
            unsafe larger.initialize(from: chunks, count: next)
            unsafe chunks.deallocate()
            unsafe chunks = larger
            chunkLimit *= 2
        }
        // SAFETY: next < chunkLimit.
        unsafe (chunks + next).initialize(to: .allocate(capacity: Self.chunkCount))
    }

    /// Moves `count` elements within one chunk; the two runs may overlap.
    @inlinable
    public mutating func move(from source: Int, to target: Int, count: Int) {
        guard count > 0 else { return }
        let chunk = source >> Self.shift
        precondition(
            count > 0 && source >= 0 && target >= 0 && (source + count - 1) >> Self.shift == chunk
                && target >> Self.shift == chunk && (target + count - 1) >> Self.shift == chunk
                && max(source, target) + count <= size, "L1: a run outside its chunk")
        // SAFETY: both runs lie in one chunk and below `size`; moving allows overlap.
        unsafe address(target).update(from: address(source), count: count)
    }

    /// Copies `count` elements to another place, each run within a chunk.
    @inlinable
    public mutating func copy(from source: Int, to target: Int, count: Int) {
        guard count > 0 else { return }
        precondition(
            source >> Self.shift == (source + count - 1) >> Self.shift
                && target >> Self.shift == (target + count - 1) >> Self.shift
                && max(source, target) + count <= size, "L1: a run outside its chunk")
        // SAFETY: both runs lie within a chunk each and below `size`.
        unsafe address(target).update(from: address(source), count: count)
    }
}
