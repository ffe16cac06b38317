// TemporaryDirectory.swift: an empty directory on the real disk that is gone after the test.

import Disk
import Files
import Glibc
import Synchronization

/// An empty directory; removed with everything in it when nobody holds it.
final class TemporaryDirectory: Sendable {
    private static let count = Atomic(0)
    let path: String

    init() throws {
        let number = Self.count.add(1, ordering: .relaxed).newValue
        path = "/tmp/etcd-tests.\(getpid()).\(number)"
        try? Self.removeAll(path)
        try FileSystem().createDirectory(path, permissions: .privateDirectory)
    }

    deinit { try? Self.removeAll(path) }

    private static func removeAll(_ path: String) throws {
        let disk = FileSystem()
        for name in try disk.list(path) {
            let inner = joinPath(path, name)
            if try disk.status(of: inner)?.isDirectory == true {
                try removeAll(inner)
            } else {
                try disk.remove(inner)
            }
        }
        try disk.removeDirectory(path)
    }
}
