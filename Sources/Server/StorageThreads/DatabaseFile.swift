// DatabaseFile.swift: the B+tree file as the server holds it: open, locked, and mapped.
//
// Reading a page is following an address: the file is mapped into memory, and the system's page cache is the cache.
// The addresses are reserved once, for more than the file may ever grow to, so a view of a page never moves while
// the file grows under it.
//
// LOCKED with `flock`, as bbolt does, so that neither a second server nor `etcdutl` writes to it. Two members on one
// data directory would destroy it within seconds.
//
// A NEW FILE is made under another name and renamed when it is complete, so a crash leaves a file that opens, or none.
//
// WHAT IF ANOTHER PROGRAM CUTS THE FILE? A lock is a request; `truncate` does not ask. Then the system has nothing to
// show where a page was, and touching it is a bus error, which would end the process without a word. We ask to be
// called instead: the handler puts a page of zeros there and notes that the file was cut (`MappedFile.wasCut`). So:
//
//     what is read                            what happens
//     a page's header, zeros now              the tree refuses the page: an error, the member stops
//     inside a page or value, zeros now       the reader goes on with zeros, but `wasCut` is set before it sees
//                                             them: the owner looks at it before it sends anything
//     nothing, for a while                    the next commit finds the file too short: the member stops
//
// WHERE THE SYSTEM DOES NOT ALLOW IT: a program that cuts the file and makes it longer again leaves zeros that no bus
// error announces, and one that writes other bytes leaves these. Zeros in a header are refused as above; inside of a
// value nothing shows them before a hash over all members is compared. The lock is what there is against that.

internal import BoltFile
internal import Bytes
package import Disk
package import Files

/// One open, locked and mapped B+tree file.
package struct DatabaseFile: Sendable {
    /// The file.
    package let file: OpenFile
    /// Its bytes as memory.
    package let mapping: MappedFile

    /// What an opener can meet besides errors of the disk.
    package struct InUse: Error, Hashable, Sendable, CustomStringConvertible {
        /// The file.
        package let path: String
        /// What it means and what to do.
        package var description: String {
            "\(path) is locked: another process has this database open. Two members must never share a data directory: "
                + "stop the other process, or give this one its own directory."
        }
    }

    /// Opens the file, making it if there is none. `reservation` is how large it may grow while it is open. The answer
    /// is a failure when another process has it locked; waiting and trying again is the caller's decision.
    package static func open(
        _ path: String, pageSize: Int = 4096, reserving reservation: Int
    ) throws(DiskError) -> Result<DatabaseFile, InUse> {
        let disk = FileSystem()
        let there = try disk.status(of: path)
        if there == nil {
            let empty = BoltFile.newFile(pageSize: pageSize)
            try disk.replace(path, with: empty.view)
        }
        let file = try disk.open(path, .writing)
        guard try file.tryLock(.exclusive) else { return .failure(InUse(path: path)) }
        let mapping = try file.map(reserving: reservation)
        return .success(DatabaseFile(file: file, mapping: mapping))
    }
}
