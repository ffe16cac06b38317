// Recipes.swift: the dances of files that every crash-safe program does the same way.
//
// How does one replace a small file so that a crash leaves the old one or the new one, whole? Writing
// over it can tear it. The answer is older than most of us:
//
//     1. write `path.tmp`       a crash leaves a useless tmp, and the old file
//     2. sync the tmp file      its bytes are on the disk; nobody sees them yet
//     3. rename it over `path`  atomic: a reader finds the old file or the new one
//     4. sync the directory     now a crash cannot bring the old one back
//
// Leaving out 2 gives an empty file after a crash (the name is there, its bytes are not); leaving out 4
// gives an old file. The tests of the simulated disk leave each out and watch it happen.

package import Bytes

extension Disk {
    /// Replaces a small file whole: after a crash it is the old one or the new one, after the return it is
    /// the new one for good.
    package func replace(_ path: String, with bytes: ByteView, permissions: FilePermissions = .private)
        throws(DiskError)
    {
        let temporary = path + ".tmp"
        var mode = OpenMode.replacing
        mode.permissions = permissions
        let file = try open(temporary, mode)
        try file.write(bytes, at: 0)
        try file.sync()
        try rename(temporary, to: path)
        try syncDirectory(parentPath(of: path))
    }

    /// Everything in a file, as bytes to keep. A file larger than `limit` is refused, so that a strange
    /// file cannot take all memory.
    package func contents(of path: String, limit: Int) throws(DiskError) -> ByteSlice {
        let file = try open(path, .reading)
        let size = try file.size()
        guard size <= limit else { throw DiskError(.read, path, .tooLarge) }
        var buffer = ByteBuffer(capacity: size)
        _ = try file.read(size, at: 0, into: &buffer)
        return buffer.slice()
    }

    /// Makes a directory and those above it, each synced into its parent, unless they exist.
    ///
    /// All are made before the first is synced: the sync of a directory waits for the disk, and whatever was made before it
    /// goes to the disk in the same wait.
    package func createDirectories(_ path: String, permissions: FilePermissions = .privateDirectory)
        throws(DiskError)
    {
        var missing: [String] = []
        var place = path
        while true {
            if let status = try status(of: place) {
                guard status.isDirectory else { throw DiskError(.mkdir, place, .notADirectory) }
                break
            }
            missing.append(place)
            let parent = parentPath(of: place)
            if parent == place { break }
            place = parent
        }
        for directory in missing.reversed() {
            do {
                try createDirectory(directory, permissions: permissions)
            } catch {
                // Somebody else was faster: fine, as long as it is there.
                guard error.kind == .alreadyExists else { throw error }
            }
        }
        for directory in missing.reversed() { try syncDirectory(parentPath(of: directory)) }
    }
}

/// The directory in which a path's last name lies: `a/b` for `a/b/c`, `.` for `c`, `/` for `/c`.
package func parentPath(of path: String) -> String {
    var end = path.utf8.endIndex
    let bytes = path.utf8
    while end > bytes.startIndex, bytes[bytes.index(before: end)] == UInt8(ascii: "/") {
        end = bytes.index(before: end)
    }
    guard end > bytes.startIndex else { return path.isEmpty ? "." : "/" }
    guard let slash = path[..<end].lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// A name within a directory: `dir/name`.
package func joinPath(_ directory: String, _ name: String) -> String {
    directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
}
