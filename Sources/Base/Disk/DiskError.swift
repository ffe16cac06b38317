// DiskError.swift: what did the disk refuse, where, and what should happen now?
//
// An error of a disk reaches three readers: code, which asks for its kind ("is the file missing, or is
// the disk broken?"); the operator, who wants to know what to do; and us, who want the call and the
// number that the system gave. So it has a kind, a sentence, and both facts.

/// A call to the file system that failed.
package struct DiskError: Error, Hashable, Sendable {
    /// What was asked for, by the name of the system call.
    package enum Call: String, Hashable, Sendable, CaseIterable {
        /// Names: each is spelled as the manual page that explains its errors.
        case open, mkdir, readdir, stat, rename, unlink, rmdir
        /// Bytes.
        case read, write, fdatasync, fsync, truncate, fallocate
        /// The rest.
        case lock, mmap
        /// `fsync` of a directory.
        case syncDirectory = "fsync (directory)"
    }

    /// What went wrong, as far as a program can care.
    package enum Kind: Hashable, Sendable {
        /// No such file or directory (ENOENT).
        case notFound
        /// There is already one (EEXIST).
        case alreadyExists
        /// A part of the path is not a directory (ENOTDIR).
        case notADirectory
        /// A directory where a file was expected (EISDIR).
        case isADirectory
        /// The directory has entries (ENOTEMPTY).
        case notEmpty
        /// Not allowed (EACCES, EPERM).
        case notPermitted
        /// The file system cannot be written (EROFS), or the file was opened for reading (EBADF).
        case readOnly
        /// No room left (ENOSPC, EDQUOT).
        case noSpace
        /// The device failed (EIO).
        case inputOutput
        /// Too many open files (EMFILE, ENFILE).
        case tooManyOpenFiles
        /// Larger than the system, or the reserved addresses, allow (EFBIG, ENOMEM from mmap).
        case tooLarge
        /// Another file system (EXDEV).
        case otherDevice
        /// The file system cannot do this (EOPNOTSUPP, ENOSYS, EINVAL).
        case notSupported
        /// The simulated machine has crashed; only its disk after the crash may be used.
        case crashed
        /// Anything else; the number says it.
        case other
    }

    /// What was asked for.
    package var call: Call
    /// Of which file.
    package var path: String
    /// What went wrong.
    package var kind: Kind
    /// The system's number for it; 0 when no system was asked.
    package var code: Int32

    /// A failure.
    package init(_ call: Call, _ path: String, _ kind: Kind, code: Int32 = 0) {
        self.call = call
        self.path = path
        self.kind = kind
        self.code = code
    }
}

extension DiskError: CustomStringConvertible {
    /// Call, place, meaning, remedy: `write /data/wal: no space is left on the device (errno 28); free ...`
    package var description: String {
        let number = code == 0 ? "" : " (errno \(code))"
        return "\(call.rawValue) \(path): \(meaning)\(number)\(remedy.map { "; \($0)" } ?? "")"
    }

    private var meaning: String {
        switch kind {
        case .notFound: "there is no such file or directory"
        case .alreadyExists: "it exists already"
        case .notADirectory: "a part of the path is not a directory"
        case .isADirectory: "it is a directory"
        case .notEmpty: "the directory is not empty"
        case .notPermitted: "the system does not permit it"
        case .readOnly: "it cannot be written, only read"
        case .noSpace: "no space is left on the device"
        case .inputOutput: "the device reports an error"
        case .tooManyOpenFiles: "too many files are open"
        case .tooLarge: "it is larger than the system or the reserved address range allows"
        case .otherDevice: "the two paths lie on different file systems"
        case .notSupported: "the file system cannot do this"
        case .crashed: "the simulated machine has crashed"
        case .other: "the system refused"
        }
    }

    private var remedy: String? {
        switch kind {
        case .noSpace: "free space or enlarge the disk, then start again"
        case .inputOutput:
            "what was written last may be lost although it can still be read: do not trust this disk, "
                + "replace the member from its healthy peers"
        case .notPermitted: "check owner and permissions of the path"
        case .tooManyOpenFiles: "raise the limit of open files (ulimit -n)"
        case .readOnly: "mount the file system writable"
        default: nil
        }
    }
}
