// LogError.swift: what can be wrong with a log, said so that an operator knows what to do.
//
// A log that cannot be opened is met by somebody at night. Each error therefore says four things:
// what happened, where (file and byte), what it means, and what to do.
//
//     0000000000000000-0000000000000000.wal, byte 8408: the checksum of the entry record does not match ...
//     This means: the record was written whole and has changed since ... To do: do not truncate ...
//
// SHOWN BY  RecoveryTableTests, LogReaderTests.

package import Disk
package import Identifiers

/// Why a log could not be opened, read or written.
package enum LogError: Error, Sendable {
    /// The disk refused. After this the log writes nothing more: what a failed sync left behind is unknown.
    case disk(DiskError, doing: String)
    /// There is no log in this directory.
    case noLog(directory: String)
    /// A row of the recovery table said so.
    case damaged(RecoveryRow, Damage)
    /// Every record is whole, but together they are no log.
    case disordered(Disorder, file: String, offset: Int)
    /// Another process has a file of this log open for writing.
    case inUse(file: String)
    /// The log failed before and was not opened again since.
    case stopped(because: String)

    /// Where damage lies, and what a reader saw there.
    package struct Damage: Hashable, Sendable {
        /// The file's name.
        package let file: String
        /// Where the record that could not be read begins: the end of the last valid one.
        package let offset: Int
        /// What was seen.
        package let seen: String
    }
}

/// How valid records can fail to be a log.
package enum Disorder: Hashable, Sendable {
    /// A file between two others is gone.
    case fileMissing(sequence: UInt64)
    /// No file reaches back to the snapshot from which the member starts.
    case startMissing(LogIndex)
    /// No record says whose log it is.
    case metadataMissing
    /// Two records say so differently.
    case metadataDiffers
    /// The data of a record is not what its type promises.
    case undecodable(RecordKind, reason: String)
    /// An entry is missing before this one.
    case entryGap(expected: LogIndex, found: LogIndex)
    /// No record speaks of the snapshot from which the member starts.
    case snapshotMissing(LogPosition)
    /// A record speaks of that snapshot with another term.
    case snapshotDiffers(wanted: LogPosition, found: LogPosition)
    /// The state says that entries are committed which the log does not have.
    case commitBeyondEnd(commit: LogIndex, last: LogIndex)
}

extension LogError: CustomStringConvertible {
    /// What happened, where, what it means, what to do.
    package var description: String {
        switch self {
        case .disk(let error, let doing):
            "write-ahead log: \(doing): \(error). Nothing after the last successful sync may be trusted: stop the member, "
                + "repair or replace the disk, start again."
        case .noLog(let directory):
            "\(directory) holds no write-ahead log (no file named <16 hex>-<16 hex>.wal). Check the data directory, or start "
                + "with an empty one to begin a new member."
        case .damaged(let row, let damage):
            "\(damage.file), byte \(damage.offset): \(damage.seen) (\(row.name)). \(row.meaning) \(row.remedy)"
        case .disordered(let disorder, let file, let offset):
            "\(file), byte \(offset): \(disorder.explanation)"
        case .inUse(let file):
            "\(file) is locked: another process has this write-ahead log open. Two members must never share a data "
                + "directory: stop the other process, or give this one its own directory."
        case .stopped(let reason):
            "the write-ahead log stopped earlier and takes no more records: \(reason)"
        }
    }
}

extension Disorder {
    /// What it means and what to do.
    var explanation: String {
        let restore =
            "Put back the files that belong together, or remove this member and add it again with an empty directory."
        return switch self {
        case .fileMissing(let sequence):
            "the file with sequence number \(sequence) is missing between two others, and entries with it. \(restore)"
        case .startMissing(let index):
            "no file of the log reaches back to index \(index), from which the member would start. \(restore)"
        case .metadataMissing:
            "no record says which member and cluster this log belongs to, so it is not a whole log. \(restore)"
        case .metadataDiffers:
            "this record names another member or cluster than the records before it: files of two logs were mixed. \(restore)"
        case .undecodable(let type, let reason):
            "the checksum of the \(type.name) record is right, but its data cannot be read: \(reason). It was written by "
                + "something else than etcd, or by a later version of it."
        case .entryGap(let expected, let found):
            "the entry with index \(found) follows where \(expected) should: entries between them are missing. \(restore)"
        case .snapshotMissing(let wanted):
            "no record speaks of the snapshot at \(wanted), from which the member would start. \(restore)"
        case .snapshotDiffers(let wanted, let found):
            "the log speaks of a snapshot at \(found), but the snapshot file says \(wanted): they come from different "
                + "histories. \(restore)"
        case .commitBeyondEnd(let commit, let last):
            "the log says that entries up to \(commit) are committed, but it ends at \(last): acknowledged entries are "
                + "missing. \(restore)"
        }
    }
}
