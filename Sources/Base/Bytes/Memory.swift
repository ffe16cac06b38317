// Memory.swift: the one routine of libc that this room uses.
//
// Swift's own loops over bytes are good, but libc compares with the widest vectors the processor
// has, and comparing keys is what a tree search spends its time in.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Compares two runs of `count` bytes: negative, zero or positive, as unsigned bytes order.
@usableFromInline @unsafe
func compareMemory(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Int32 {
    unsafe memcmp(left, right, count)
}

/// Copies `count` bytes between runs that may overlap.
@usableFromInline @unsafe
func moveMemory(_ target: UnsafeMutableRawPointer, _ source: UnsafeRawPointer, _ count: Int) {
    _ = unsafe memmove(target, source, count)
}
