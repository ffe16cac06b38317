// MappedFile.swift: a file as memory, at one address for ever.
//
// A B+tree file is read by following page numbers. With the file mapped, a page is an address, and the system's
// page cache is our cache. But the file grows, and a mapping that must move invalidates every view of it: bbolt has
// to stop all readers then. So addresses are set aside once, more than the file will ever need:
//
//     reservation (say 10 GiB of addresses; no memory, no disk)
//     +--------------------------+-------------------------------------------------------+
//     |  the file's bytes        |  beyond the end: touching it would end the process     |
//     +--------------------------+-------------------------------------------------------+
//     0                        count  --> grows when the file has grown and `extend` was called
//
// HOW? Linux lets a shared mapping reach beyond the end of the file; pages there become readable as soon as the
// file has them. (On macOS the range would be set aside with PROT_NONE and the grown part mapped over it.)
//
// SIGBUS. Touching a page beyond the end is a bus error, and that kills a process. We never do it (M1); but when
// ANOTHER program cuts the file while we have it mapped, the page that we read may vanish, and no check before the
// load can be in time. That is why the file is locked. A lock only asks, so there is a second line: a handler puts a
// page of zeroes where the page was and notes it (CFiles/bus.c). Whoever reads goes on with zeroes, which a page's
// header check refuses; and before anything is sent or written, `wasCut` says that nothing read lately may be trusted.
//
// RULES    M1  no view reaches beyond `count`, and `count` was the file's size at some time.
//          M2  the address never changes while this object lives; views of it must not live longer.
// COST     one system call to map, one to extend; a view is a bounds check.

package import Bytes
import CFiles
package import Disk
import Glibc
import Synchronization

/// The bytes of an open file as memory, read-only.
///
/// SAFETY (`@safe`): `base` is mapped and unmapped only here, and every access is checked against `count` (M1).
/// SAFETY (`Sendable`): nothing changes but `readable`, which is atomic and only grows as the file grows.
@safe
package final class MappedFile: FileMapping, @unchecked Sendable {
    private let file: OpenFile
    private let base: UnsafeRawPointer
    private let readable: Atomic<Int>
    /// How many addresses are set aside.
    package let reservation: Int
    /// The number under which bus errors in the range are noted; -1 when too many files are mapped.
    private let guardNumber: CInt

    init(_ file: OpenFile, reserving reservation: Int) throws(DiskError) {
        let size = try file.size()
        guard size <= reservation else { throw DiskError(.mmap, file.path, .tooLarge) }
        // A mapping of nothing does not exist; it gets one page that nobody may touch.
        let length = max(reservation, 1)
        // SAFETY: the system chooses an address that nobody uses; MAP_FAILED is checked below.
        let address = unsafe mmap(nil, length, PROT_READ, MAP_SHARED | MAP_NORESERVE, file.descriptor, 0)
        // SAFETY: MAP_FAILED is the address -1; it is only compared.
        guard let address = unsafe address, unsafe address != UnsafeMutableRawPointer(bitPattern: -1) else {
            throw DiskError(.mmap, file.path, errno: errno)
        }
        self.file = file
        unsafe base = UnsafeRawPointer(address)
        self.reservation = length
        // SAFETY: the range stays mapped until `deinit`, which gives the guard up first.
        guardNumber = unsafe files_guard(base, length)
        readable = Atomic(size)
    }

    // SAFETY: the range was mapped by `init`, and whoever holds a view holds this object too (M2).
    deinit {
        files_unguard(guardNumber)
        unsafe _ = munmap(UnsafeMutableRawPointer(mutating: base), reservation)
    }

    /// How many bytes are readable.
    package var count: Int { readable.load(ordering: .acquiring) }

    /// Some of the readable bytes.
    package subscript(range: Range<Int>) -> ByteView {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "M1: a view beyond the end of \(file.path)")
        // SAFETY: the range lies within the file as it was when last looked at, and is mapped (M1, M2).
        return unsafe ByteView(unsafeStart: base + range.lowerBound, count: range.count)
    }

    /// All addresses that are set aside.
    package var reserved: ByteView {
        // SAFETY: the range is mapped as long as this object lives (M2); the caller reads only what the file has, as the
        // protocol demands of it.
        unsafe ByteView(unsafeStart: base, count: reservation)
    }

    /// Whether another program has cut the file, and somebody has read where nothing was any more: he got zeroes. Once
    /// true it stays so, and nothing that was read through this mapping may be trusted.
    package var wasCut: Bool { files_guard_was_hit(guardNumber) }

    /// Looks how long the file is now.
    package func extend() throws(DiskError) -> Int {
        let size = try file.size()
        guard size <= reservation else { throw DiskError(.mmap, file.path, .tooLarge) }
        readable.store(size, ordering: .releasing)
        return size
    }
}
