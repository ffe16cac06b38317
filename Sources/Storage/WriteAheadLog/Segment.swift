// Segment.swift: one file of the log: what it is called and how its records are walked.
//
// One file for the whole log could never be made smaller. So the log is a row of files of 64 MB, and
// those that a snapshot has made superfluous are deleted whole, oldest first (Purge.swift).
//
//     0000000000000000-0000000000000000.wal     sequence number 0, begins before the first entry
//     0000000000000001-0000000000000033.wal     sequence number 1, its first entry has index 0x33
//     ^ counts files   ^ entries from here on
//     1.tmp                                     the next one: zeros, reserved in advance
//
// The name alone says where to begin reading: at the last file whose index is not above that of the
// snapshot. A directory listing, sorted, is an index of the log.
//
// EVERY FILE BEGINS with three records, so that it can be read without the files before it:
//
//     crc        where the chain of checksums stood (0 in the first file)
//     metadata   whose log this is
//     state      term, vote and commit when the file was begun      (the first file has a record of
//     entry ...                                                      a snapshot at index 0 instead)
//
// HOW IT IS READ: through a window of 256 KiB that slides forward, or as much as one long record
// needs; never the 64 MB at once, and never more than the file holds, whatever a length word claims.
//
// COST     a file is read once, front to back; one checksum over everything.
// READ NEXT Recovery.swift: what to do when the next record is not one.

package import Bytes
package import Disk
package import Identifiers

/// The name of a file of the log, taken apart.
package struct SegmentName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Counts the files of this log, from 0, without gaps.
    package let sequence: UInt64
    /// The index of the first entry that may stand in the file.
    package let firstIndex: LogIndex

    /// A name from its parts.
    package init(sequence: UInt64, firstIndex: LogIndex) {
        self.sequence = sequence
        self.firstIndex = firstIndex
    }

    /// Reads a name; nil when the file is none of the log's (a spare, a copy of a broken file, a stranger).
    package init?(_ name: String) {
        let bytes = Array(name.utf8)
        guard name.utf8.count == 37, name.hasSuffix(".wal"), bytes[16] == UInt8(ascii: "-"),
            let sequence = SegmentName.number(bytes[0..<16]), let index = SegmentName.number(bytes[17..<33])
        else { return nil }
        self.init(sequence: sequence, firstIndex: LogIndex(rawValue: index))
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }

    /// As it stands in the directory.
    package var description: String {
        "\(paddedHex(sequence))-\(paddedHex(firstIndex.rawValue)).wal"
    }

    /// The order of the log.
    package static func < (left: SegmentName, right: SegmentName) -> Bool {
        (left.sequence, left.firstIndex) < (right.sequence, right.firstIndex)
    }

    /// The files of the log in a directory, oldest first.
    package static func list<Store: Disk>(in directory: String, on disk: Store) throws(DiskError) -> [SegmentName] {
        try disk.list(directory).compactMap { SegmentName($0) }.sorted()
    }
}

/// A number as sixteen hex digits, as the names of log and snapshot files have it.
func paddedHex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

/// One record as it lies in a file. The data is borrowed from the scanner's window and true until the
/// next record is asked for.
package struct LogRecord: Sendable {
    /// What it is about.
    package let type: RecordKind
    /// The thing itself; empty for the first record of a file.
    package let data: ByteView
    /// Where its length word begins.
    package let offset: Int
    /// How long the record is, without length word and padding.
    package let recordBytes: Int
    /// How many bytes follow it up to the next frame.
    package let paddingBytes: Int
    /// Its checksum, which was found to be right.
    package let checksum: UInt32

    /// Where the next frame begins.
    package var end: Int { offset + Frame.wordBytes + recordBytes + paddingBytes }
}

/// Walks the records of one file, front to back.
struct SegmentScanner<File: DiskFile>: ~Copyable {
    private let file: File
    /// How long the file was when the walk began.
    let sizeBytes: Int
    /// Where the next record begins: the end of the last valid one.
    private(set) var offset = 0
    /// The running checksum behind the last valid record.
    private(set) var checksum: UInt32
    private var window = ByteBuffer()
    private var windowStart = 0
    private static var windowBytes: Int { 256 << 10 }

    /// What the walk meets next.
    enum Step {
        /// A record that is right in every respect.
        case record(LogRecord)
        /// No further record, and what there is instead.
        case stop(Finding, seen: String)
    }

    /// Begins at the start of a file. `checksum` is where the chain stood at the end of the file before, or 0
    /// when no file before it was read.
    init(_ file: File, continuing checksum: UInt32) throws(DiskError) {
        self.file = file
        self.checksum = checksum
        sizeBytes = try file.size()
    }

    /// The next record, or why there is none. After a stop the scanner stays where it is.
    mutating func next() throws(DiskError) -> Step {
        let left = sizeBytes - offset
        if left == 0 { return .stop(.fileEnds, seen: "the file ends") }
        if left < Frame.wordBytes {
            return .stop(.wordCut, seen: "only \(left) bytes are left where 8 bytes of length should stand")
        }
        let word: UInt64 = try bytes(Frame.wordBytes, at: offset).littleEndian(at: 0)
        if word == 0 { return .stop(.zeroLength, seen: "a length of zero") }
        let (recordBytes, paddingBytes) = Frame.split(word)
        // Written so that no sum can overflow, whatever the word says.
        guard recordBytes <= left - Frame.wordBytes, paddingBytes <= left - Frame.wordBytes - recordBytes else {
            let absurd = recordBytes + paddingBytes >= Frame.recordLimitBytes
            return .stop(
                absurd ? .lengthAbsurd : .recordCut,
                seen:
                    "a record of \(recordBytes) bytes is announced, and \(left - Frame.wordBytes) are left in the file")
        }
        let body = try bytes(recordBytes + paddingBytes, at: offset + Frame.wordBytes)
        return judge(body, recordBytes: recordBytes, paddingBytes: paddingBytes)
    }

    /// Whether the bytes of a whole frame are a valid record.
    private mutating func judge(_ body: ByteView, recordBytes: Int, paddingBytes: Int) -> Step {
        guard let fields = RecordFields(body.prefix(recordBytes)) else {
            return stopInside(body, seen: "these \(recordBytes) bytes are no record")
        }
        let known = RecordKind(rawValue: fields.type)
        if known == .checksum {
            // Reading may begin in the middle of the log: then the first file head is taken as given.
            guard checksum == 0 || checksum == fields.checksum else {
                return .stop(
                    .chainBroken,
                    seen:
                        "the file head continues from checksum \(hex(fields.checksum)), but the file before ended with "
                        + hex(checksum))
            }
            checksum = fields.checksum
        } else {
            let computed = CRC32C.checksum(fields.data ?? ByteView(), continuing: checksum)
            guard computed == fields.checksum else {
                return stopInside(
                    body,
                    seen: "the checksum of the \(known?.name ?? "next") record is \(hex(computed)), but it stores "
                        + hex(fields.checksum))
            }
            guard known != nil else {
                return .stop(.typeUnknown, seen: "a valid record of type \(fields.type)")
            }
            checksum = computed
        }
        let record = LogRecord(
            type: known!, data: fields.data ?? ByteView(), offset: offset, recordBytes: recordBytes,
            paddingBytes: paddingBytes, checksum: checksum)
        offset = record.end
        return .record(record)
    }

    private func stopInside(_ body: ByteView, seen: String) -> Step {
        // A record of this length exists only where the limit on requests was raised, and then it is whole:
        // a wrong length that reaches far into the zeros of the file must not pass for a torn write.
        if body.count >= Frame.recordLimitBytes { return .stop(.lengthAbsurd, seen: seen) }
        if Frame.hasZeroSector(body, at: offset + Frame.wordBytes) {
            return .stop(.sectorMissing, seen: seen + ", and a sector of it is all zero")
        }
        return .stop(.bytesChanged, seen: seen)
    }

    /// A view of some bytes of the file that are known to exist; true until the next call.
    private mutating func bytes(_ count: Int, at start: Int) throws(DiskError) -> ByteView {
        if start < windowStart || start + count > windowStart + window.count {
            window.removeAll()
            window.shrink(to: Self.windowBytes)
            windowStart = start
            let wanted = min(max(count, Self.windowBytes), sizeBytes - start)
            let got = try file.read(wanted, at: start, into: &window)
            // The file was this long a moment ago; whoever cut it since shall not make us read nothing.
            guard got >= count else { throw DiskError(.read, file.path, .inputOutput) }
        }
        return window.view[(start - windowStart)..<(start - windowStart + count)]
    }
}

/// A checksum as people compare them: eight hex digits.
func hex(_ checksum: UInt32) -> String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
}
