// Disk.swift: what must a file system do for us, and what may it do to us?
//
// The log and the B+tree file are code that reasons about crashes, so they must be able to run on a
// disk that crashes on purpose. They therefore see the file system through these three protocols, of
// which there are two implementations: `FileSystem` (room Files) makes system calls, `SimulatedDisk`
// (room Simulation) keeps everything in memory and knows what a crash would leave.
//
//     Disk         names: open, list, rename, remove, sync a directory
//       DiskFile     one open file: read, write, sync, size, lock
//         FileMapping  its bytes as memory, at an address that never changes
//
// WHAT IS PROMISED, AND WHAT IS NOT. This is POSIX, read by a pessimist:
//
//     after this returned          a crash may still
//     write, truncate              lose any of its sectors, keep others, in any order, or tear it
//     syncData, sync               (nothing: all bytes written to this file before are there)
//     open creating, rename,       undo it: names live in the directory, and the directory is
//       remove, createDirectory      not synced
//     syncDirectory                (nothing: the names in this directory are as they are now)
//
// So a new file is durable after TWO syncs: its own, and that of the directory that names it. A rename
// is atomic (old or new, never neither) but durable only after the directory's sync.
//
// WHEN A SYNC FAILS, the bytes that it should have saved may be lost although they can still be read,
// and the next sync may succeed without saving them (Linux gives the error once and calls the pages
// clean). There is no retry: who gets an error from `sync` must stop trusting the file. The simulated
// disk does precisely that to its users.
//
// WHO IS AN APPEND? Whoever writes at the end: a write that begins at or before the end and reaches
// beyond it makes the file longer. The caller knows where its end is; asking the system would be one
// more call on the way of every entry.
//
// THREADS. Nothing here is `Sendable`, because the simulated disk lives in one thread. The real file
// and the real mapping are: any thread may call them. Which thread writes what is decided one floor
// up (one writer per file, so no lock is needed here).
//
// COST     each call costs what the system call costs; the generics are specialised away
//          (`WriteAheadLog<D: Disk>`), so nothing is boxed.
// READ NEXT  DiskError.swift, Recipes.swift. Then Simulation/SimulatedDisk.swift or Files/FileSystem.swift.

package import Bytes

/// A file system: names, and what they name. Paths are separated by `/`.
package protocol Disk {
    /// An open file of this disk.
    associatedtype File: DiskFile

    /// Opens or creates a file.
    func open(_ path: String, _ how: OpenMode) throws(DiskError) -> File

    /// Makes an empty directory; its parent must exist. Durable after the parent's `syncDirectory`.
    func createDirectory(_ path: String, permissions: FilePermissions) throws(DiskError)

    /// The names in a directory, sorted bytewise, without `.` and `..`.
    func list(_ path: String) throws(DiskError) -> [String]

    /// Size and kind of what the path names, or nil when it names nothing.
    func status(of path: String) throws(DiskError) -> FileStatus?

    /// Gives a file or directory another name, replacing a file (or an empty directory, if a directory
    /// is renamed) of that name. Atomic; durable after the sync of both directories.
    func rename(_ old: String, to new: String) throws(DiskError)

    /// Removes a file's name; the bytes live on while somebody has the file open.
    func remove(_ path: String) throws(DiskError)

    /// Removes an empty directory.
    func removeDirectory(_ path: String) throws(DiskError)

    /// Makes the names in this directory durable.
    func syncDirectory(_ path: String) throws(DiskError)
}

/// An open file. It is closed when nobody holds it any more, which also gives up its lock. (There is
/// no `close()`: an error that matters was reported by a sync.)
package protocol DiskFile: AnyObject {
    /// The file's bytes as memory.
    associatedtype Mapping: FileMapping

    /// The path by which it was opened, for messages.
    var path: String { get }

    /// How many bytes the file has.
    func size() throws(DiskError) -> Int

    /// Appends up to `count` bytes from `offset` on to `buffer`; fewer only where the file ends. Returns
    /// how many.
    func read(_ count: Int, at offset: Int, into buffer: inout ByteBuffer) throws(DiskError) -> Int

    /// Writes all bytes, beginning at `offset`; the file grows when they reach beyond its end, and what
    /// lies between the old end and `offset` reads as zeroes.
    func write(_ bytes: ByteView, at offset: Int) throws(DiskError)

    /// Writes several runs of bytes one after the other, beginning at `offset`, with one system call.
    func write(gathering pieces: [ByteView], at offset: Int) throws(DiskError)

    /// Makes every byte written before durable, and the size if bytes depend on it (`fdatasync`).
    func syncData() throws(DiskError)

    /// The same, with everything else about the file (`fsync`).
    func sync() throws(DiskError)

    /// Cuts the file, or makes it longer by zeroes that take no room yet.
    func truncate(to size: Int) throws(DiskError)

    /// Makes sure that there is room for `size` bytes from the beginning on and that the file is at least
    /// that long; new bytes are zero. Where it succeeds, a later write within the size finds room.
    func preallocate(_ size: Int) throws(DiskError)

    /// Takes a lock against other openings of this file, in this process or another; false when one of
    /// them has it. Never waits: waiting is the business of whoever has a clock.
    func tryLock(_ kind: LockKind) throws(DiskError) -> Bool

    /// Gives a lock up before the file is closed.
    func unlock(_ kind: LockKind) throws(DiskError)

    /// The file's bytes as memory, read-only. `reservation` bytes of addresses are set aside, so that the
    /// mapping never moves while the file grows up to that size.
    func map(reserving reservation: Int) throws(DiskError) -> Mapping
}

/// The bytes of a file as memory at a fixed address. A write to the file shows here at once; bytes
/// that nobody writes do not change.
///
/// A view of the mapping is true as long as the mapping lives and the file is not cut shorter. If another
/// program cuts the file, touching what is gone ends the process on a real system (SIGBUS): nothing that
/// is cheap can prevent it. The lock on the file is what keeps other programs away.
package protocol FileMapping: AnyObject {
    /// How many bytes are readable: the file's size when it was mapped or last extended.
    var count: Int { get }

    /// How many bytes may become readable without moving.
    var reservation: Int { get }

    /// Some of the readable bytes.
    subscript(range: Range<Int>) -> ByteView { get }

    /// All addresses that are set aside. Only the file's own bytes may be read through it: for a reader that keeps one
    /// view for good while the file grows, and knows by other means where the file ends.
    var reserved: ByteView { get }

    /// Makes what the file has grown by since readable, and returns the new count. An error when the file
    /// is larger than what was reserved.
    func extend() throws(DiskError) -> Int
}

/// What an opener wants.
@frozen
package struct OpenMode: Hashable, Sendable {
    /// What happens when the name is, or is not, there.
    @frozen
    package enum Creation: Hashable, Sendable {
        /// The file must exist.
        case never
        /// The file is made when it is not there.
        case ifMissing
        /// The file must not exist.
        case mustCreate
    }

    /// Whether the file may be written.
    package var writable: Bool
    /// Whether the file may or must be made.
    package var creation: Creation
    /// Whether an existing file is emptied.
    package var truncating: Bool
    /// Who may do what with a file that is made here.
    package var permissions: FilePermissions

    /// Spelled out; prefer the names below.
    package init(
        writable: Bool, creation: Creation = .never, truncating: Bool = false, permissions: FilePermissions = .private
    ) {
        self.writable = writable
        self.creation = creation
        self.truncating = truncating
        self.permissions = permissions
    }

    /// An existing file, for reading.
    package static let reading = OpenMode(writable: false)
    /// An existing file, for reading and writing.
    package static let writing = OpenMode(writable: true)
    /// A file for reading and writing, made when it is missing.
    package static let creatingIfMissing = OpenMode(writable: true, creation: .ifMissing)
    /// A new file; an error when there is one.
    package static let creatingNew = OpenMode(writable: true, creation: .mustCreate)
    /// A file that is empty after opening, new or not.
    package static let replacing = OpenMode(writable: true, creation: .ifMissing, truncating: true)
}

/// Who may do what: the nine permission bits. The real system takes away what the umask says.
@frozen
package struct FilePermissions: RawRepresentable, Hashable, Sendable {
    /// The bits, as `chmod` counts them.
    package var rawValue: UInt32
    /// From the bits.
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// 0600: only the owner reads and writes. Logs and databases.
    package static let `private` = FilePermissions(rawValue: 0o600)
    /// 0700: a directory of the owner's own.
    package static let privateDirectory = FilePermissions(rawValue: 0o700)
    /// 0666: whatever the umask allows. Snapshot files, as etcd makes them.
    package static let shared = FilePermissions(rawValue: 0o666)
}

/// What a name stands for.
@frozen
package struct FileStatus: Hashable, Sendable {
    /// Bytes of a file; for a directory, whatever the system says.
    package var size: Int
    /// Whether it is a directory.
    package var isDirectory: Bool
    /// The nine permission bits.
    package var permissions: FilePermissions

    /// All three.
    package init(size: Int, isDirectory: Bool, permissions: FilePermissions) {
        self.size = size
        self.isDirectory = isDirectory
        self.permissions = permissions
    }
}

/// The two families of locks that etcd uses. They do not see each other, so each file must be locked
/// with the family that other programs use for it.
@frozen
package enum LockKind: Hashable, Sendable {
    /// `fcntl(F_OFD_SETLK)` on the whole file, exclusive: segments of the log. It belongs to the opening,
    /// not to the process, so a second opening in the same process is refused too.
    case openFileDescription
    /// `flock(LOCK_EX)`: the B+tree file of a writer.
    case exclusive
    /// `flock(LOCK_SH)`: the B+tree file of a reader.
    case shared
}
