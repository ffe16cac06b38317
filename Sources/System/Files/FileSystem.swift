// FileSystem.swift: the real disk.
//
// Everything above sees the file system through the protocols of `Disk`. Here they meet the system's calls, one
// wrapper around libc. There is nothing clever in this room; what there is, is care:
//
//     interrupted (EINTR)       tried again, here and only here
//     short read or write       continued until all is done, so that no caller needs a loop
//     close-on-exec             every descriptor: a program that we start must not hold our locks
//     errors                    every call's error becomes a `DiskError` with call, path, kind and number
//
//     FileSystem (names)  --open-->  OpenFile (one descriptor)  --map-->  MappedFile (addresses)
//
// WHY NO io_uring? It was measured: plain pwrite + fdatasync into a preallocated file had the better median and
// the better tail, and it is the code that people can read.
//
// OTHER SYSTEMS. Written for Linux. macOS has the same calls but for three, which is why this room does not build
// there yet: `fdatasync` does not reach the platter (`fcntl(F_FULLFSYNC)` does), `fallocate` is spelled
// `fcntl(F_PREALLOCATE)` plus `ftruncate`, and open-file-description locks do not exist (`flock` is what etcd
// uses there).
//
// RULES    S1  a descriptor belongs to exactly one `OpenFile`, which closes it when nobody holds it.
//          S2  a write of some bytes makes progress or throws.
// SHOWN BY  FilesTests; DiskContractTests runs one script on this disk and on the simulated one

package import Disk
import Glibc

/// The file system of the machine. Has no state; any thread may use it.
package struct FileSystem: Disk, Sendable {
    /// There is only one.
    package init() {}

    /// `open(2)`
    package func open(_ path: String, _ how: OpenMode) throws(DiskError) -> OpenFile {
        var flags = O_CLOEXEC | (how.writable ? O_RDWR : O_RDONLY)
        switch how.creation {
        case .never: break
        case .ifMissing: flags |= O_CREAT
        case .mustCreate: flags |= O_CREAT | O_EXCL
        }
        if how.truncating { flags |= O_TRUNC }
        // SAFETY: the path becomes a C string that lives until the call returns.
        let descriptor = try retrying(.open, path) { unsafe Glibc.open(path, flags, how.permissions.rawValue) }
        let file = OpenFile(descriptor: descriptor, path: path)
        // A directory can be opened for reading, and would then fail strangely at the first read.
        if try file.isDirectory() { throw DiskError(.open, path, .isADirectory, code: EISDIR) }
        return file
    }

    /// `mkdir(2)`
    package func createDirectory(_ path: String, permissions: FilePermissions) throws(DiskError) {
        // SAFETY: the path becomes a C string that lives until the call returns.
        _ = try retrying(.mkdir, path) { unsafe mkdir(path, permissions.rawValue) }
    }

    /// `readdir(3)`, sorted.
    package func list(_ path: String) throws(DiskError) -> [String] {
        // SAFETY: opendir's answer is checked, read from until it ends, and closed once.
        guard let directory = unsafe opendir(path) else { throw DiskError(.readdir, path, errno: errno) }
        defer { unsafe _ = closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            // SAFETY: the entry is true until the next call; its name is copied at once.
            guard let entry = unsafe readdir(directory) else {
                // Nil means the end, or an error that only errno tells apart.
                if errno != 0 { throw DiskError(.readdir, path, errno: errno) }
                break
            }
            // SAFETY: `d_name` is a C string that ends with a zero within the entry.
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// `stat(2)`; nil when there is no such thing.
    package func status(of path: String) throws(DiskError) -> FileStatus? {
        var facts = stat()
        do {
            // SAFETY: stat fills the structure and keeps no pointer.
            _ = try retrying(.stat, path) { unsafe stat(path, &facts) }
        } catch {
            if error.kind == .notFound || error.kind == .notADirectory { return nil }
            throw error
        }
        return FileStatus(facts)
    }

    /// `rename(2)`
    package func rename(_ old: String, to new: String) throws(DiskError) {
        // SAFETY: the path becomes a C string that lives until the call returns.
        _ = try retrying(.rename, old) { unsafe Glibc.rename(old, new) }
    }

    /// `unlink(2)`
    package func remove(_ path: String) throws(DiskError) {
        // SAFETY: the path becomes a C string that lives until the call returns.
        _ = try retrying(.unlink, path) { unsafe unlink(path) }
    }

    /// `rmdir(2)`
    package func removeDirectory(_ path: String) throws(DiskError) {
        // SAFETY: the path becomes a C string that lives until the call returns.
        _ = try retrying(.rmdir, path) { unsafe rmdir(path) }
    }

    /// `fsync(2)` on the directory, which needs a descriptor of its own.
    package func syncDirectory(_ path: String) throws(DiskError) {
        let descriptor = try retrying(.syncDirectory, path) {
            // SAFETY: the path becomes a C string that lives until the call returns.
            unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { close(descriptor) }
        _ = try retrying(.syncDirectory, path) { fsync(descriptor) }
    }
}

extension FileStatus {
    /// What `stat` found out.
    init(_ facts: stat) {
        self.init(
            size: Int(facts.st_size), isDirectory: facts.st_mode & S_IFMT == S_IFDIR,
            permissions: FilePermissions(rawValue: facts.st_mode & 0o777))
    }
}

/// Makes a system call until it is not interrupted; its answer, unless that is -1.
func retrying<Answer: SignedInteger>(
    _ call: DiskError.Call, _ path: String, _ body: () -> Answer
) throws(DiskError) -> Answer {
    while true {
        let answer = body()
        if answer != -1 { return answer }
        if errno != EINTR { throw DiskError(call, path, errno: errno) }
    }
}
