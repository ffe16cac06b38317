// KeyArena.swift: a million short runs of bytes without a million allocations.
//
// A key of 8 bytes that gets an allocation of its own takes 32: the allocator's header and its rounding cost more
// than the key. The arena cuts keys from large chunks, in units of 8 bytes, so 8 bytes take 8 bytes:
//
//     chunk (128 KiB)   | key 1 | key 2 . | key 3 . . | free |  ...
//                       ^
//     handle of key 2:    where (in units of 8 bytes) << 28 | how long (in bytes)          one word
//
// WHAT IS GIVEN BACK goes on a list for its size, chained through the free bytes themselves, and the next key of
// that size takes it. Keys that come and go for ever (events, leases, locks) are of few sizes, so this is
// enough; bytes given back by one size do not serve another.
//
// LARGE KEYS (above 512 bytes) get a block of their own, and give it back.
//
// RULES    A1  a handle is good from `insert` to `remove`; its view as long.
//          A2  handles never are 0: a key has at least one byte.
// COST     insert and remove: a few ns; a view: two loads.

/// Runs of bytes that never move, each named by one word.
///
/// SAFETY (`@safe`): all memory is allocated and freed only here; a handle's place and length are checked against
/// its chunk. SAFETY (`Sendable`): the memory belongs to this value alone and goes where it goes.
@safe
public struct KeyArena: ~Copyable, @unchecked Sendable {
    /// SAFETY (`@safe`): `count` bytes at `start`, which only the arena frees; a vacant chunk has neither.
    @usableFromInline @frozen @safe
    struct Chunk {
        @usableFromInline var start: UnsafeMutableRawPointer?
        @usableFromInline var count: Int

        init(start: UnsafeMutableRawPointer?, count: Int) {
            unsafe self.start = start
            self.count = count
        }
    }

    @usableFromInline var chunks: UnsafeMutablePointer<Chunk>
    private var chunkLimit = 64
    @usableFromInline var chunkCount = 0
    /// Where the chunk that is being cut ends, and what of it is left.
    private var place = 0
    private var left = 0
    /// For each size in units: the first free place + 1.
    private var free = InlineArray<65, UInt64>(repeating: 0)
    /// Chunk numbers whose large key was given back.
    private var vacant: [Int] = []
    /// How much memory was taken from the system.
    public private(set) var byteCount = 0

    @inlinable static var shift: Int { 17 }
    @inlinable static var lengthBits: UInt64 { 28 }
    private static let smallUnits = 64

    /// How long a key may be.
    public static let maximumLength = (1 << 28) - 1

    /// No keys.
    public init() { unsafe chunks = .allocate(capacity: 64) }

    deinit {
        // SAFETY: chunks with an address were allocated by `addChunk` and belong to nobody else.
        for index in 0..<chunkCount { unsafe chunks[index].start?.deallocate() }
        unsafe chunks.deallocate()
    }

    /// A copy of `key`, which is not empty; the answer names it (A1).
    public mutating func insert(_ key: ByteView) -> UInt64 {
        precondition(1...Self.maximumLength ~= key.count, "A2: a key of \(key.count) bytes")
        let units = (key.count + 7) >> 3
        let unit = units > Self.smallUnits ? largeUnit(units) : smallUnit(units)
        // SAFETY: the place has `units` units, which were free until now.
        unsafe key.withUnsafeBytes { source in
            if let start = source.baseAddress { unsafe address(unit).copyMemory(from: start, byteCount: source.count) }
        }
        return unit << Self.lengthBits | UInt64(key.count)
    }

    /// The bytes under a handle (A1).
    @inlinable @inline(__always)
    public func view(_ handle: UInt64) -> ByteView {
        let count = Int(handle & ((1 << Self.lengthBits) - 1))
        let offset = Int(handle >> Self.lengthBits) << 3
        let index = offset >> Self.shift
        let start = offset & ((1 << Self.shift) - 1)
        precondition(index < chunkCount, "A1: no such chunk")
        let chunk = unsafe chunks[index]
        // SAFETY: the run lies within the chunk, checked here.
        guard let base = unsafe chunk.start, start + count <= chunk.count else {
            preconditionFailure("A1: a handle outside its chunk")
        }
        return unsafe ByteView(unsafeStart: base + start, count: count)
    }

    /// Gives the bytes back.
    public mutating func remove(_ handle: UInt64) {
        let unit = handle >> Self.lengthBits
        let units = (Int(handle & ((1 << Self.lengthBits) - 1)) + 7) >> 3
        if units > Self.smallUnits {
            let index = Int(unit) >> (Self.shift - 3)
            precondition(index < chunkCount, "A1: no such chunk")
            byteCount -= unsafe chunks[index].count
            // SAFETY: a large key has its chunk for itself.
            unsafe chunks[index].start?.deallocate()
            unsafe chunks[index] = Chunk(start: nil, count: 0)
            vacant.append(index)
        } else {
            // SAFETY: every place has at least one unit, which holds the link.
            unsafe address(unit).storeBytes(of: free[units], as: UInt64.self)
            free[units] = unit + 1
        }
    }

    // MARK: Places

    private func address(_ unit: UInt64) -> UnsafeMutableRawPointer {
        let offset = Int(unit) << 3
        precondition(offset >> Self.shift < chunkCount, "A1: no such chunk")
        // SAFETY: the chunk exists; the caller has checked or made the place.
        guard let base = unsafe chunks[offset >> Self.shift].start else { preconditionFailure("A1: a vacant chunk") }
        return unsafe base + (offset & ((1 << Self.shift) - 1))
    }

    private mutating func smallUnit(_ units: Int) -> UInt64 {
        if free[units] != 0 {
            let unit = free[units] - 1
            // SAFETY: the first unit of a free place holds the link to the next.
            free[units] = unsafe address(unit).load(as: UInt64.self)
            return unit
        }
        if left < units {
            let index = addChunk(bytes: 1 << Self.shift)
            place = index << (Self.shift - 3)
            left = 1 << (Self.shift - 3)
        }
        defer {
            place += units
            left -= units
        }
        return UInt64(place)
    }

    private mutating func largeUnit(_ units: Int) -> UInt64 {
        UInt64(addChunk(bytes: units << 3)) << UInt64(Self.shift - 3)
    }

    // SAFETY: the chunk is owned by the table, at one place only: a vacant one, or the next, for which room is made below.
    private mutating func addChunk(bytes: Int) -> Int {
        let chunk = unsafe Chunk(start: .allocate(byteCount: bytes, alignment: 16), count: bytes)
        byteCount += bytes
        if bytes != 1 << Self.shift, let index = vacant.popLast() {
            unsafe chunks[index] = chunk
            return index
        }
        if chunkCount == chunkLimit {
            let larger = UnsafeMutablePointer<Chunk>.allocate(capacity: chunkLimit * 2)
            // SAFETY: the new table has room for all of the old one, which is given up.
            unsafe larger.initialize(from: chunks, count: chunkCount)
            unsafe chunks.deallocate()
            unsafe chunks = larger
            chunkLimit *= 2
        }
        // SAFETY: chunkCount < chunkLimit.
        unsafe (chunks + chunkCount).initialize(to: chunk)
        chunkCount += 1
        return chunkCount - 1
    }
}
