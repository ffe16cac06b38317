// SystemErrors.swift: what the system's numbers mean to us.
//
// The system has over a hundred error numbers; a program that stores data can do something sensible about a dozen.
// The number itself is kept beside the kind, for the operator and for bug reports.

import Disk
import Glibc

extension DiskError {
    /// The error of a system call.
    init(_ call: Call, _ path: String, errno number: Int32) {
        let kind: Kind =
            switch number {
            case ENOENT: .notFound
            case EEXIST: .alreadyExists
            case ENOTDIR: .notADirectory
            case EISDIR: .isADirectory
            case ENOTEMPTY: .notEmpty
            case EACCES, EPERM: .notPermitted
            case EROFS: .readOnly
            // Writing through a descriptor that was opened for reading; ours are never closed too early (S1).
            case EBADF where call == .write || call == .truncate || call == .fallocate: .readOnly
            // ftruncate says it in this way.
            case EINVAL where call == .truncate: .readOnly
            case ENOSPC, EDQUOT: .noSpace
            case EIO: .inputOutput
            case EMFILE, ENFILE: .tooManyOpenFiles
            case EFBIG: .tooLarge
            case ENOMEM where call == .mmap: .tooLarge
            case EXDEV: .otherDevice
            case EOPNOTSUPP, ENOSYS, EINVAL: .notSupported
            default: .other
            }
        self.init(call, path, kind, code: number)
    }
}
