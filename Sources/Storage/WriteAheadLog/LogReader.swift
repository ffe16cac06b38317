// LogReader.swift: from files to what a member remembers.
//
// The log is history, not state: entries that a new leader replaced still stand in it, and every state
// that was ever saved. What does a member that starts make of it?
//
//     record                  effect on what is remembered
//     metadata                the same in every file, or files of two logs were mixed
//     entry i                 replaces entry i and everything behind it; a gap is refused
//     state                   replaces the state
//     snapshot = the start    must agree about the term; may forget entries (see below)
//     snapshot, other         only noted: it may be the start of another reading
//
// WHERE TO BEGIN? Entries up to the newest snapshot are not needed. A snapshot counts only if the log
// has a record of it (written after the snapshot file was synced) and that record is not above the commit
// index of the last state: otherwise the crash came before the member had accepted it. So a start reads
// twice: `survey` lists the snapshots that count, the caller picks the newest whose file is whole
// (Snapshots.swift), and `read` begins in the last file that reaches back to it.
//
// ENTRIES THAT A SNAPSHOT MAKES FALSE. A member far behind is sent a snapshot; it may have had entries
// beyond it that nobody else has. Raft's rule (section 7 of the paper): keep what follows the snapshot
// only if the log had the snapshot's last entry, with the same term; otherwise all of it is from a dead
// branch. etcd does not apply the rule when it reads the log back, and a member that crashes right after
// such a snapshot starts with a log whose terms go down; its votes would then be judged by the term of a
// dead entry. We apply it here too: nothing that a real member writes reads differently otherwise.
//
//     entries:   ... 149@3 150@3 151@3 ... 200@3       (150...200 never committed)
//     snapshot:  180@5                                  entry 180 here has term 3, not 5
//     result:    start 180@5, no entries               and not start 180@5, entries 181@3 ... 200@3
//
// COST     the entries after the snapshot stay in memory: that is what Raft works on.
// READ NEXT WriteAheadLog.swift. SHOWN BY LogReaderTests, GoldenLogTests.

package import Bytes
package import Disk
package import Identifiers
internal import Protobuf
package import RaftMessages

/// Everything that a log says, counted from where it was read.
package struct LogContents: Sendable {
    /// The snapshot after which the entries begin; index 0 for the beginning of the log.
    package let start: LogPosition
    /// Whose log it is, as the bytes that every file repeats.
    package internal(set) var metadata = ByteSlice()
    /// The last state; nil when none was ever saved.
    package internal(set) var state: HardState?
    /// The entries after `start`, without gaps.
    package internal(set) var entries: [Entry] = []
    /// Where the records end.
    package internal(set) var end: LogEnd

    /// The last entry, or the start when there is none.
    package var last: LogPosition {
        entries.last.map { LogPosition(term: $0.term, index: $0.index) } ?? start
    }
}

/// Where the records of a log end, and why.
package struct LogEnd: Sendable {
    /// The newest file.
    package let segment: SegmentName
    /// The end of its last valid record.
    package let offset: Int
    /// How long the file is.
    package let sizeBytes: Int
    /// The running checksum there.
    package let checksum: UInt32
    /// Why the records end there: a row of the table whose verdict is not "refuse".
    package let row: RecoveryRow
    /// How many valid records were read.
    package let records: Int
}

/// Reads logs; never changes them and takes no locks.
package enum LogReader {
    /// Everything from a snapshot on. The log must have a record of this snapshot.
    package static func read<Store: Disk>(
        _ directory: String, on disk: Store, from start: LogPosition = LogPosition()
    ) throws(LogError) -> LogContents {
        let segments = try segments(in: directory, on: disk, reachingBackTo: start.index)
        var collector = Collector(start: start)
        let end = try walk(segments, in: directory, on: disk) { (file, record) throws(LogError) in
            try collector.take(record, from: file)
        }
        return try collector.finish(at: end)
    }

    /// The snapshots from which this log can be read: those it has a record of, up to the last commit index,
    /// in the order in which they were written.
    package static func survey<Store: Disk>(
        _ directory: String, on disk: Store
    ) throws(LogError) -> [LogPosition] {
        var snapshots: [LogPosition] = []
        var commit = LogIndex.zero
        let segments = try segments(in: directory, on: disk, reachingBackTo: nil)
        _ = try walk(segments, in: directory, on: disk) { (file, record) throws(LogError) in
            switch record.type {
            case .snapshot:
                let snapshot = try decode(SnapshotRecord.self, record, file)
                snapshots.append(LogPosition(term: snapshot.term, index: snapshot.index))
            case .state:
                commit = try decode(HardState.self, record, file).commit
            case .metadata, .entry, .checksum: break
            }
        }
        return snapshots.filter { $0.index <= commit }
    }

    /// Hands every valid record to `visit`, oldest first, and says where they end. Refuses what the recovery
    /// table refuses.
    package static func walk<Store: Disk>(
        _ segments: [SegmentName], in directory: String, on disk: Store,
        visit: (SegmentName, LogRecord) throws(LogError) -> Void
    ) throws(LogError) -> LogEnd {
        var checksum: UInt32 = 0
        var records = 0
        for (number, segment) in segments.enumerated() {
            let newest = number == segments.count - 1
            var scanner = try scanner(for: segment, in: directory, on: disk, continuing: checksum)
            while true {
                switch try onDisk("reading \(segment)", { () throws(DiskError) in try scanner.next() }) {
                case .record(let record):
                    records += 1
                    try visit(segment, record)
                    continue
                case .stop(let finding, let seen):
                    let row = Recovery.row(for: finding, in: newest ? .newestFile : .earlierFile)
                    if row.verdict == .refuse {
                        throw .damaged(row, .init(file: segment.description, offset: scanner.offset, seen: seen))
                    }
                    if newest {
                        return LogEnd(
                            segment: segment, offset: scanner.offset, sizeBytes: scanner.sizeBytes,
                            checksum: scanner.checksum, row: row, records: records)
                    }
                }
                break
            }
            checksum = scanner.checksum
        }
        preconditionFailure("T4: a log without files was walked")
    }

    /// The files to read, oldest first: all of them, or those from the last one that reaches back to `index`.
    package static func segments<Store: Disk>(
        in directory: String, on disk: Store, reachingBackTo index: LogIndex?
    ) throws(LogError) -> [SegmentName] {
        var names = try onDisk("listing \(directory)") { () throws(DiskError) in
            try SegmentName.list(in: directory, on: disk)
        }
        guard let oldest = names.first else { throw .noLog(directory: directory) }
        if let index {
            guard let first = names.lastIndex(where: { $0.firstIndex <= index }) else {
                throw .disordered(.startMissing(index), file: oldest.description, offset: 0)
            }
            names.removeFirst(first)
        }
        for (name, next) in zip(names, names.dropFirst()) where next.sequence != name.sequence &+ 1 {
            throw .disordered(.fileMissing(sequence: name.sequence &+ 1), file: next.description, offset: 0)
        }
        return names
    }

    private static func scanner<Store: Disk>(
        for segment: SegmentName, in directory: String, on disk: Store, continuing checksum: UInt32
    ) throws(LogError) -> SegmentScanner<Store.File> {
        do throws(DiskError) {
            let file = try disk.open(joinPath(directory, segment.description), .reading)
            return try SegmentScanner(file, continuing: checksum)
        } catch { throw .disk(error, doing: "reading \(segment)") }
    }

    /// The message in a record whose checksum is right.
    static func decode<Message: WireMessage>(
        _: Message.Type, _ record: LogRecord, _ file: SegmentName
    ) throws(LogError) -> Message {
        do {
            return try Message(decoding: record.data)
        } catch {
            throw .disordered(
                .undecodable(record.type, reason: "\(error)"), file: file.description, offset: record.offset)
        }
    }
}

/// Carries out calls to the disk and says what they were for when they fail.
func onDisk<Result: ~Copyable>(
    _ purpose: @autoclosure () -> String, _ body: () throws(DiskError) -> Result
) throws(LogError) -> Result {
    do throws(DiskError) { return try body() } catch { throw .disk(error, doing: purpose()) }
}

/// Gathers what the records say (the table in the head comment).
private struct Collector {
    let start: LogPosition
    var metadata: ByteSlice?
    var state: HardState?
    var entries: [Entry] = []
    /// The term of the entry with the start's index, if the log has it.
    var termAtStart: Term?
    var metStart = false

    init(start: LogPosition) { self.start = start }

    mutating func take(_ record: LogRecord, from file: SegmentName) throws(LogError) {
        switch record.type {
        case .checksum: break
        case .metadata:
            if let metadata, metadata.view != record.data {
                throw .disordered(.metadataDiffers, file: file.description, offset: record.offset)
            }
            if metadata == nil { metadata = ByteSlice(copying: record.data) }
        case .entry:
            try take(try LogReader.decode(Entry.self, record, file), at: record.offset, of: file)
        case .state:
            state = try LogReader.decode(HardState.self, record, file)
        case .snapshot:
            let snapshot = try LogReader.decode(SnapshotRecord.self, record, file)
            guard snapshot.index == start.index else { break }
            guard snapshot.term == start.term else {
                let found = LogPosition(term: snapshot.term, index: snapshot.index)
                throw .disordered(
                    .snapshotDiffers(wanted: start, found: found), file: file.description, offset: record.offset)
            }
            metStart = true
            if start.index > .zero, termAtStart != start.term { entries.removeAll() }
        }
    }

    private mutating func take(_ entry: Entry, at offset: Int, of file: SegmentName) throws(LogError) {
        guard entry.index > start.index else {
            // At or before the start: what follows it was replaced with it.
            entries.removeAll()
            if entry.index == start.index { termAtStart = entry.term }
            return
        }
        // In the numbers' own arithmetic: a file may claim any index, and no sum may overflow over it.
        let place = entry.index.rawValue - start.index.rawValue - 1
        guard place <= UInt64(entries.count) else {
            let expected = LogIndex(rawValue: start.index.rawValue &+ UInt64(entries.count) &+ 1)
            throw .disordered(
                .entryGap(expected: expected, found: entry.index), file: file.description, offset: offset)
        }
        entries.removeSubrange(Int(place)...)
        entries.append(entry)
    }

    func finish(at end: LogEnd) throws(LogError) -> LogContents {
        let file = end.segment.description
        guard let metadata else { throw .disordered(.metadataMissing, file: file, offset: end.offset) }
        guard metStart else { throw .disordered(.snapshotMissing(start), file: file, offset: end.offset) }
        var contents = LogContents(start: start, end: end)
        contents.metadata = metadata
        contents.state = state
        contents.entries = entries
        if let commit = state?.commit, commit > contents.last.index {
            throw .disordered(
                .commitBeyondEnd(commit: commit, last: contents.last.index), file: file, offset: end.offset)
        }
        return contents
    }
}
