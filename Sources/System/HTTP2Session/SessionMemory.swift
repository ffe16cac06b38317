// SessionMemory.swift: blocks for nghttp2 that are used again at once.
//
// For each request nghttp2 allocates eight small things (the stream, frames that wait to be sent, a path that came as
// letters) and frees them a moment later. The system's allocator is good, but it serves every size and every thread:
// that was a twentieth of a small read. Here a block that is given back waits at the head of a list for the next one who
// wants that size:
//
//     class      64    128   192 ... 512        larger: straight to the system
//                 |     |
//                [ ]   [ ]                      a block that waits; its head says which one waits behind it
//                 |
//                [ ]
//
//     block      +---------------+----------- - -
//                | size  | next  | for nghttp2        sixteen bytes of head, so that the rest is aligned
//                +---------------+----------- - -
//
// One for each loop serves all its sessions; it is never asked from another thread (H1). What waits is bounded, and is
// memory of the loop, not of a connection.
//
// COST     ten instructions to take a block and ten to give it back, where malloc and free took two hundred.
// SHOWN BY HeadReceiverTests

internal import CNGHTTP2

/// Where the sessions of one loop get nghttp2's memory from.
///
/// SAFETY (`@safe`): every block begins with `headBytes` of our own, written in `take`, and lives until `giveBack` either frees it
/// or puts it into a list of ours. nghttp2 gives back what it was given, once. Sessions hold this object as long as
/// nghttp2 may ask it.
@safe
package final class SessionMemory {
    private static let headBytes = 16
    private static let stepBytes = 64
    private static let classes = 8
    /// How many blocks of a class wait at most.
    private static let most = 256

    /// The first block of each class that waits, and how many there are.
    @unsafe
    private struct Row {
        var first: UnsafeMutableRawPointer?
        var count = 0
    }

    /// One row more than there are classes: the last one stays empty and stands for everything larger.
    private let rows: UnsafeMutablePointer<Row>

    /// Nothing waits yet.
    package init() {
        // SAFETY: freed in `deinit`; room for as many rows as are written here.
        unsafe rows = .allocate(capacity: Self.classes + 1)
        unsafe rows.initialize(repeating: Row(), count: Self.classes + 1)
    }

    // SAFETY: sessions hold us, so nghttp2 has nothing of ours any more.
    deinit {
        for place in 0..<Self.classes {
            // SAFETY: what is in the list was allocated in `take` and belongs to nobody else; its head says what is next.
            while let block = unsafe rows[place].first {
                unsafe rows[place].first = block.load(fromByteOffset: 8, as: UnsafeMutableRawPointer?.self)
                unsafe block.deallocate()
            }
        }
        unsafe rows.deallocate()
    }

    /// How many blocks came from the system and have not gone back to it: a figure of the slow half only.
    private var owned = 0

    /// How many blocks wait.
    // SAFETY: `place` is a row's.
    package var waiting: Int { (0..<Self.classes).reduce(0) { sum, place in unsafe sum + rows[place].count } }

    /// How many blocks nghttp2 has.
    package var lent: Int { owned - waiting }

    /// A block for so many bytes.
    @unsafe
    func take(_ bytes: Int) -> UnsafeMutableRawPointer {
        let place = bytes <= 0 ? 0 : min((bytes &- 1) / Self.stepBytes, Self.classes)
        // SAFETY: `place` is a row's. A block that waits is taken out of its row, and its head says its size already.
        if let block = unsafe rows[place].first {
            unsafe rows[place].first = block.load(fromByteOffset: 8, as: UnsafeMutableRawPointer?.self)
            unsafe rows[place].count &-= 1
            return unsafe block + Self.headBytes
        }
        let size = place < Self.classes ? (place + 1) * Self.stepBytes : bytes
        owned += 1
        let block = UnsafeMutableRawPointer.allocate(byteCount: Self.headBytes + size, alignment: 16)
        // SAFETY: new, and larger than its head. The size is what `resize` may fill.
        unsafe block.storeBytes(of: size, as: Int.self)
        return unsafe block + Self.headBytes
    }

    /// A block is needed no more.
    ///
    /// SAFETY: from `take`, and not given back before.
    @unsafe
    func giveBack(_ pointer: UnsafeMutableRawPointer) {
        let block = unsafe pointer - Self.headBytes
        let size = unsafe block.load(as: Int.self)
        let place = min((size &- 1) / Self.stepBytes, Self.classes)
        guard place < Self.classes, unsafe rows[place].count < Self.most else {
            owned -= 1
            return unsafe block.deallocate()
        }
        unsafe block.storeBytes(of: rows[place].first, toByteOffset: 8, as: UnsafeMutableRawPointer?.self)
        // SAFETY: the block is ours again; `place` is a row's.
        unsafe rows[place].first = block
        unsafe rows[place].count &+= 1
    }

    /// A block with the same bytes, as far as they fit, and room for so many.
    ///
    /// SAFETY: as for `giveBack`.
    @unsafe
    func resize(_ pointer: UnsafeMutableRawPointer, to bytes: Int) -> UnsafeMutableRawPointer {
        let size = unsafe (pointer - Self.headBytes).load(as: Int.self)
        if bytes <= size { return unsafe pointer }
        let larger = unsafe take(bytes)
        // SAFETY: the old block has `size` bytes, and the new one more.
        unsafe larger.copyMemory(from: pointer, byteCount: size)
        unsafe giveBack(pointer)
        return unsafe larger
    }

    /// What nghttp2 is to call. The answer keeps no reference: see the head of this class.
    @unsafe
    func functions() -> nghttp2_mem {
        // SAFETY: `user` is this object, in each of the four. nghttp2 asks for zeroed memory by count and size, both its
        // own numbers; like the standard's free it gives nothing back when it has nothing.
        unsafe nghttp2_mem(
            mem_user_data: Unmanaged.passUnretained(self).toOpaque(),
            malloc: { bytes, user in
                unsafe Unmanaged<SessionMemory>.fromOpaque(user!)._withUnsafeGuaranteedRef { unsafe $0.take(bytes) }
            },
            free: { pointer, user in
                guard let pointer = unsafe pointer else { return }
                unsafe Unmanaged<SessionMemory>.fromOpaque(user!)._withUnsafeGuaranteedRef {
                    unsafe $0.giveBack(pointer)
                }
            },
            calloc: { count, each, user in
                // SAFETY: the block has room for what is filled.
                let bytes = count * each
                let pointer = unsafe Unmanaged<SessionMemory>.fromOpaque(user!)._withUnsafeGuaranteedRef {
                    unsafe $0.take(bytes)
                }
                unsafe pointer.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
                return unsafe pointer
            },
            realloc: { pointer, bytes, user in
                unsafe Unmanaged<SessionMemory>.fromOpaque(user!)._withUnsafeGuaranteedRef { memory in
                    // SAFETY: as above.
                    if let pointer = unsafe pointer {
                        unsafe memory.resize(pointer, to: bytes)
                    } else {
                        unsafe memory.take(bytes)
                    }
                }
            })
    }
}
