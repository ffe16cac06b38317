// OpenFile.swift: one descriptor and what can be done with it.
//
// Who owns a descriptor? If two parts of a program think they do, one closes it and the other writes into whatever
// file got the same number next. So a descriptor is born here, never leaves, and dies with the last holder of this
// object (S1). It is a class, not a non-copyable struct, because several parts do hold it at once: the log keeps
// the segments that it has locked, a mapping keeps the file that it shows, a thread syncs what another wrote.
//
// THREADS. Nothing in here changes after it was made, so any thread may use it: `pwrite` and `pread` carry their
// offset and share no position. Two writers of the same bytes would still be a race, on the disk.

package import Bytes
import CFiles
package import Disk
import Glibc

/// An open file of the real file system. Closed when nobody holds it.
package final class OpenFile: DiskFile, Sendable {
    /// The path by which it was opened.
    package let path: String
    let descriptor: CInt

    init(descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    // An error of close would come too late to matter: what had to be durable was synced before.
    deinit { close(descriptor) }

    /// `fstat(2)`
    package func size() throws(DiskError) -> Int { Int(try status().st_size) }

    func isDirectory() throws(DiskError) -> Bool { FileStatus(try status()).isDirectory }

    private func status() throws(DiskError) -> stat {
        var facts = stat()
        // SAFETY: fstat fills the structure and keeps no pointer.
        _ = try retrying(.stat, path) { unsafe fstat(descriptor, &facts) }
        return facts
    }

    // MARK: Bytes

    /// `pread(2)` until all is there or the file ends.
    package func read(_ count: Int, at offset: Int, into buffer: inout ByteBuffer) throws(DiskError) -> Int {
        precondition(count >= 0 && offset >= 0, "S3: reading \(count) bytes at \(offset)")
        var done = 0
        while done < count {
            let before = buffer.count
            // SAFETY: pread writes at most `room.count` bytes into `room` and keeps no pointer.
            try unsafe buffer.appendUnsafely(upTo: count - done) { (room) throws(DiskError) in
                try retrying(.read, path) {
                    unsafe pread(descriptor, room.baseAddress, room.count, off_t(offset + done))
                }
            }
            let part = buffer.count - before
            if part == 0 { break }
            done += part
        }
        return done
    }

    /// `pwrite(2)` until all is written.
    package func write(_ bytes: ByteView, at offset: Int) throws(DiskError) {
        precondition(offset >= 0, "S3: writing at \(offset)")
        var done = 0
        while done < bytes.count {
            // SAFETY: pwrite reads within the rest of the view, which its owner keeps true during this call.
            let part = try retrying(.write, path) {
                unsafe bytes.dropFirst(done).withUnsafeBytes { rest in
                    unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
                }
            }
            precondition(part > 0, "S2: a write of some bytes must make progress")
            done += part
        }
    }

    /// `pwritev(2)`: many pieces of memory, one call. A short write continues piece by piece.
    package func write(gathering pieces: [ByteView], at offset: Int) throws(DiskError) {
        precondition(offset >= 0, "S3: writing at \(offset)")
        var place = offset
        // The system takes at most 1024 pieces at once (IOV_MAX).
        for first in stride(from: 0, to: pieces.count, by: 1024) {
            let group = pieces[first..<min(first + 1024, pieces.count)]
            let total = group.reduce(0) { $0 + $1.count }
            var done = total == 0 ? 0 : try gather(group, at: place)
            // Most often everything was taken. If not, the pieces that were not whole are written singly.
            for piece in group {
                let taken = min(done, piece.count)
                if taken < piece.count { try write(piece.dropFirst(taken), at: place + taken) }
                done -= taken
                place += piece.count
            }
        }
    }

    private func gather(_ pieces: ArraySlice<ByteView>, at offset: Int) throws(DiskError) -> Int {
        // SAFETY: the addresses stay true during the call, because the views' owners keep them (V1); the call only
        // reads there, although `iovec` has no way to say so.
        let vectors = unsafe pieces.map { piece in
            unsafe piece.withUnsafeBytes { bytes in
                unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
            }
        }
        // SAFETY: as above; the array of vectors lives until the call returns.
        return try retrying(.write, path) {
            unsafe pwritev(descriptor, vectors, CInt(vectors.count), off_t(offset))
        }
    }

    // MARK: Durability and size

    /// `fdatasync(2)`. After an error nothing that was written since the last success may be trusted.
    package func syncData() throws(DiskError) {
        _ = try retrying(.fdatasync, path) { fdatasync(descriptor) }
    }

    /// `fsync(2)`
    package func sync() throws(DiskError) {
        _ = try retrying(.fsync, path) { fsync(descriptor) }
    }

    /// `ftruncate(2)`
    package func truncate(to size: Int) throws(DiskError) {
        _ = try retrying(.truncate, path) { ftruncate(descriptor, off_t(size)) }
    }

    /// `fallocate(2)`; where the file system has none, the file is only made longer, and a later write may find no
    /// room (etcd does the same).
    package func preallocate(_ size: Int) throws(DiskError) {
        guard size > 0 else { return }
        do {
            _ = try retrying(.fallocate, path) { files_preallocate(descriptor, off_t(size)) }
        } catch {
            guard error.kind == .notSupported else { throw error }
            if try self.size() < size { try truncate(to: size) }
        }
    }

    // MARK: Locks

    /// `fcntl(F_OFD_SETLK)` or `flock(2)`, without waiting.
    package func tryLock(_ kind: LockKind) throws(DiskError) -> Bool {
        do {
            try changeLock(kind, take: true)
            return true
        } catch {
            // Both families say "somebody else has it" by EAGAIN; POSIX allows EACCES for fcntl.
            if error.code == EAGAIN || (kind == .openFileDescription && error.code == EACCES) { return false }
            throw error
        }
    }

    /// Gives the lock up.
    package func unlock(_ kind: LockKind) throws(DiskError) { try changeLock(kind, take: false) }

    private func changeLock(_ kind: LockKind, take: Bool) throws(DiskError) {
        switch kind {
        case .exclusive, .shared:
            let operation = !take ? LOCK_UN : kind == .shared ? LOCK_SH : LOCK_EX
            _ = try retrying(.lock, path) { flock(descriptor, operation | LOCK_NB) }
        case .openFileDescription:
            _ = try retrying(.lock, path) { files_lock_description(descriptor, take) }
        }
    }

    /// `mmap(2)`
    package func map(reserving reservation: Int) throws(DiskError) -> MappedFile {
        try MappedFile(self, reserving: reservation)
    }
}
