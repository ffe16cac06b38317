// Purge.swift: what may be deleted, when, and in which order?
//
// Snapshots make the older files of the log superfluous, and newer snapshots the older ones. etcd keeps the last
// five of each (flags --max-wals, --max-snapshots; 0 keeps all) and looks every thirty seconds.
//
//     0-0.wal  1-33.wal  2-7a.wal  3-b0.wal  4-e1.wal  5-120.wal  6-15c.wal       keep 5
//     ^^^^^^^  ^^^^^^^^                      ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~        ~ locked by the member
//     deleted  deleted
//
// WHO SAYS THAT A FILE IS NOT NEEDED? Its lock. A member keeps every file locked that reaches beyond its newest
// snapshot (WriteAheadLog.release gives the others up), so whoever can lock a file may delete it. The purge needs
// no other knowledge, and a mistake elsewhere cannot make it delete what is in use.
//
// OLDEST FIRST, AND STOP AT THE FIRST THAT IS LOCKED: the files of a log have no gap, and what is deleted must
// not make one. A crash may bring any of the deleted names back, because nobody syncs the directory here: the
// files that come back are older than any start, and the next purge takes them.
//
// SHOWN BY PurgeTests, CrashTests.

package import Disk
package import Identifiers

/// Deletes what is no longer needed.
package enum Purge {
    /// Deletes the oldest files whose names end in `suffix` until `keep` are left (0 keeps all), and returns their
    /// names. Stops at the first one that somebody has locked.
    @discardableResult
    package static func files<Store: Disk>(
        endingIn suffix: String, keeping keep: Int, in directory: String, on disk: Store
    ) throws(DiskError) -> [String] {
        guard keep > 0 else { return [] }
        let names = try disk.list(directory).filter { $0.hasSuffix(suffix) }.sorted()
        var removed: [String] = []
        for name in names.dropLast(keep) {
            let path = joinPath(directory, name)
            let file = try disk.open(path, .writing)
            guard try file.tryLock(.openFileDescription) else { break }
            try disk.remove(path)
            removed.append(name)
        }
        return removed
    }

    /// Deletes what an interrupted start, defragmentation or received snapshot left in the snapshot directory.
    @discardableResult
    package static func leftovers<Store: Disk>(in directory: String, on disk: Store) throws(DiskError) -> [String] {
        let names = try disk.list(directory).filter { $0.hasPrefix("tmp") || $0.hasPrefix("db.tmp.") }
        for name in names { try disk.remove(joinPath(directory, name)) }
        return names
    }

    /// Deletes the databases that leaders sent with snapshots older than `index`: each was either renamed to `db`,
    /// or has been overtaken.
    @discardableResult
    package static func receivedDatabases<Store: Disk>(
        below index: LogIndex, in directory: String, on disk: Store
    ) throws(DiskError) -> [String] {
        let suffix = ".snap.db"
        let names = try disk.list(directory).filter { name in
            guard name.hasSuffix(suffix), let number = UInt64(name.dropLast(suffix.count), radix: 16) else {
                return false
            }
            return number < index.rawValue
        }
        for name in names { try disk.remove(joinPath(directory, name)) }
        return names
    }
}

/// Removes a directory with everything in it; nothing happens when it is not there.
func removeRecursively<Store: Disk>(_ path: String, on disk: Store) throws(DiskError) {
    guard let status = try disk.status(of: path) else { return }
    guard status.isDirectory else { return try disk.remove(path) }
    for name in try disk.list(path) { try removeRecursively(joinPath(path, name), on: disk) }
    try disk.removeDirectory(path)
}
