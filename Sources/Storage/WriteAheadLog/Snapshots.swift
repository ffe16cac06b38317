// Snapshots.swift: the files that stand in for the beginning of the log.
//
// A log that only grows would take for ever to read. So now and then a member writes down where it is, and the
// entries up to there are no longer needed. In etcd the keys are in the B+tree file anyway; what the snapshot
// file holds is the rest: who the members are, as a JSON text of etcd's older store. This room does not
// look into it.
//
//     0000000000000002-00000000000001e4.snap          term 2, index 0x1e4
//     +---------------------------------------+
//     | 08 checksum   12 length   snapshot    |       checksum: CRC-32C of the snapshot's bytes, from 0
//     +---------------------------------------+
//                                 0a JSON   12 {0a configuration  10 index  18 term}
//
// WHEN IS IT SAFE? The order of four steps, each durable before the next is begun:
//
//     1 the B+tree file's commit     so that it has everything up to the index
//     2 the snapshot file            written in place and synced, then its name
//     3 a snapshot record in the log from here on the snapshot counts
//     4 release, then purge          older files of the log may go
//
// A crash between 2 and 3 leaves an orphan, which is passed over; a crash in 2 leaves a torn file, whose
// checksum is wrong. Neither is in the log's list of snapshots (LogReader.survey), so neither is ever chosen.
//
// A FILE THAT DOES NOT CHECK OUT although the log speaks of it is damaged: it is renamed `.broken`, for
// somebody to look at, and the one before it is tried. That is why several are kept.
//
// RULES    S1  a snapshot is chosen only if the log has a record of the same term and index.
//          S2  its name, its content and the record agree.
// COST     the whole file in memory, once; some kilobytes in practice.
// SHOWN BY SnapshotFileTests.

package import Bytes
package import Disk
internal import Identifiers
internal import Protobuf
package import RaftMessages

/// Why a snapshot file cannot be used.
package struct SnapshotFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with it.
    package enum Kind: Hashable, Sendable {
        /// No bytes, or no snapshot in them: a write that was never finished.
        case empty
        /// The bytes are not what was written.
        case badChecksum(stored: UInt32, computed: UInt32)
        /// The bytes are no snapshot file.
        case notASnapshot(reason: String)
        /// The file says another place than its name.
        case namedWrongly(says: LogPosition)
    }

    /// The file's name.
    package let file: String
    /// What is wrong with it.
    package let kind: Kind

    /// What happened, what it means, what to do.
    package var description: String {
        let what =
            switch kind {
            case .empty: "the file is empty: it was never written to the end"
            case .badChecksum(let stored, let computed):
                "the checksum of its content is \(hex(computed)), but it stores \(hex(stored)): it is damaged"
            case .notASnapshot(let reason): "it is no snapshot: \(reason)"
            case .namedWrongly(let position): "it holds the snapshot at \(position), so it was renamed"
            }
        return "\(file): \(what). An older snapshot is used if there is one; otherwise remove this member and add it "
            + "again with an empty directory."
    }
}

/// The snapshot files of a directory.
package enum SnapshotFiles {
    /// Larger files are no snapshots of etcd's: the JSON of a few members has kilobytes.
    package static let limitBytes = 512 << 20

    /// The name of the file for a snapshot.
    package static func name(of position: LogPosition) -> String {
        "\(paddedHex(position.term.rawValue))-\(paddedHex(position.index.rawValue)).snap"
    }

    /// The place that a name speaks of; nil when it is not the name of a snapshot file.
    package static func position(named name: String) -> LogPosition? {
        // The names of segments are built the same way from two other numbers.
        guard name.hasSuffix(".snap"), let parts = SegmentName(name.dropLast(5) + ".wal") else { return nil }
        return LogPosition(term: Term(rawValue: parts.sequence), index: parts.firstIndex)
    }

    /// All of them, newest first: by term, then by index.
    package static func list<Store: Disk>(in directory: String, on disk: Store) throws(DiskError) -> [LogPosition] {
        try disk.list(directory).compactMap { position(named: $0) }
            .sorted { ($0.term, $0.index) > ($1.term, $1.index) }
    }

    /// Writes a snapshot; after the return it is there for good.
    package static func write<Store: Disk>(
        _ snapshot: Snapshot, in directory: String, on disk: Store
    ) throws(DiskError) {
        let metadata = snapshot.metadata
        precondition(metadata.index > .zero, "S0: a snapshot before the first entry")
        let position = LogPosition(term: metadata.term, index: metadata.index)
        var mode = OpenMode.replacing
        mode.permissions = .shared
        let file = try disk.open(joinPath(directory, name(of: position)), mode)
        let bytes = encode(snapshot)
        try file.write(bytes.view, at: 0)
        try file.sync()
        try disk.syncDirectory(directory)
    }

    /// The bytes of a snapshot file.
    package static func encode(_ snapshot: Snapshot) -> ByteSlice {
        var content = ByteBuffer()
        snapshot.encode(into: &content)
        var file = ByteBuffer(capacity: content.count + 16)
        file.append(0x08)
        file.append(varint: UInt64(CRC32C.checksum(content.view)))
        file.append(0x12)
        file.append(varint: UInt64(content.count))
        file.append(content.view)
        return file.slice()
    }

    /// What the bytes of a snapshot file say. `name` is for errors only.
    package static func decode(_ file: ByteSlice, named name: String) throws(SnapshotFileError) -> Snapshot {
        var checksum: UInt32 = 0
        var content = ByteView()
        var cursor = ByteCursor(file.view)
        do {
            while !cursor.isAtEnd {
                switch try cursor.readVarint() {
                case 0x08: checksum = UInt32(truncatingIfNeeded: try cursor.readVarint())
                case 0x12: content = try cursor.take(Int(clamping: try cursor.readVarint()))
                case let tag:
                    throw SnapshotFileError(file: name, kind: .notASnapshot(reason: "field \(tag >> 3) in its frame"))
                }
            }
        } catch let error as SnapshotFileError { throw error } catch {
            throw SnapshotFileError(file: name, kind: .notASnapshot(reason: "\(error)"))
        }
        guard checksum != 0, !content.isEmpty else { throw SnapshotFileError(file: name, kind: .empty) }
        let computed = CRC32C.checksum(content)
        guard computed == checksum else {
            throw SnapshotFileError(file: name, kind: .badChecksum(stored: checksum, computed: computed))
        }
        do {
            return try Snapshot(decoding: content)
        } catch {
            throw SnapshotFileError(file: name, kind: .notASnapshot(reason: "\(error)"))
        }
    }

    /// Reads the file of one snapshot and holds it against its name (S2).
    package static func read<Store: Disk>(
        _ position: LogPosition, in directory: String, on disk: Store
    ) throws(LogError) -> Result<Snapshot, SnapshotFileError> {
        let name = name(of: position)
        let bytes = try onDisk("reading \(name)") { () throws(DiskError) in
            try disk.contents(of: joinPath(directory, name), limit: limitBytes)
        }
        do throws(SnapshotFileError) {
            let snapshot = try decode(bytes, named: name)
            let says = LogPosition(term: snapshot.metadata.term, index: snapshot.metadata.index)
            guard says == position else { throw SnapshotFileError(file: name, kind: .namedWrongly(says: says)) }
            return .success(snapshot)
        } catch { return .failure(error) }
    }

    /// The newest snapshot that the log speaks of (S1) and whose file is whole; nil when the member starts from
    /// the beginning of the log. Damaged files are renamed, and `setAside` is told why.
    package static func newest<Store: Disk>(
        among recorded: [LogPosition], in directory: String, on disk: Store,
        setAside: (SnapshotFileError) -> Void = { _ in }
    ) throws(LogError) -> Snapshot? {
        let known = Set(recorded)
        let present = try onDisk("listing \(directory)") { () throws(DiskError) in try list(in: directory, on: disk) }
        for position in present where known.contains(position) {
            switch try read(position, in: directory, on: disk) {
            case .success(let snapshot): return snapshot
            case .failure(let error):
                let path = joinPath(directory, error.file)
                try onDisk("setting \(error.file) aside") { () throws(DiskError) in
                    try disk.rename(path, to: path + ".broken")
                }
                setAside(error)
            }
        }
        return nil
    }
}
