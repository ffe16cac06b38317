// Frame.swift: how one record lies in a file of the write-ahead log.
//
// A crash can stop a write at any byte. So how can a reader tell "the log ends here" from "the log
// is damaged here"? Three precautions of the format help it: every record says how long it is, every
// record carries a checksum, and the rest of the file is zero before anything is written to it.
//
//     0               8                                       8+n      8+n+p
//     +---------------+----------------------------------------+--------+
//     | length word   | record, n bytes                        | p zeros|    p = 0...7: 8 divides 8+n+p
//     +---------------+----------------------------------------+--------+
//      low 56 bits: n   08 type  10 checksum  1a length data
//      top byte: 0 when p is 0, else 0x80 | p
//
// THE RECORD is a small protobuf message: what kind of thing it is, the checksum, the thing itself.
// It is written by hand here and not by the generated encoder, because the data may be a megabyte:
// the frame is built around it in one pass, and nothing is copied twice.
//
// WHY PAD? Frames start at multiples of 8, and sectors are multiples of 8, so a length word never
// straddles two sectors: if a disk writes sectors whole, a torn write has all of it or none.
//
// WHY A LENGTH OF ZERO MEANS THE END: files are filled with zeros in advance, so what stands behind
// the last record reads as a length word of zero. No record is that short.
//
// WHY A CHAIN OF CHECKSUMS? A sum per record would notice a changed byte. It would not notice a
// record that is whole but belongs to an earlier life of the file. So each sum continues from the
// one before it, over the data fields only, also from one file to the next (Segment.swift).
//
// THE TORN WRITE. The disk promises sectors of 512 bytes, not records. A record that spans three
// sectors may arrive with its second one missing, and what is missing reads as zeros, because the
// file was zero before (F4). A flipped bit leaves no such hole. That difference decides whether the
// record may be cut off (it was never acknowledged) or whether the log is damaged (Recovery.swift).
//
//     512          1024          1536          2048
//      |  [len|rec rec|rec rec rec rec|rec rec]  |
//                     |000000000000000|               a piece of the body between two sector borders
//                                                     is all zero: this write was torn
//
// RULES    F1  every frame of ours is a multiple of 8 long; so in a file of ours each starts at one.
//          F2  a record of ours is shorter than 10 MiB, because etcd 3.5 refuses longer ones.
//          F3  each checksum continues from the record before; a missing record shows.
//          F4  what lies behind the last record is zero before a new one is written there.
// COST     a header of about 10 bytes; one pass of the checksum instruction and one copy of the data.
// READ NEXT  Segment.swift.  SHOWN BY  FrameTests.

package import Bytes

/// What a record is about.
package enum RecordKind: UInt64, Hashable, Sendable, CaseIterable {
    /// Whose log this is: the identifiers of member and cluster. The same bytes in every file.
    case metadata = 1
    /// One entry of the replicated log.
    case entry = 2
    /// Term, vote and commit.
    case state = 3
    /// The first record of a file: where the chain of checksums stood at the end of the file before.
    case checksum = 4
    /// "There is a snapshot of everything up to here." Index 0 stands at the head of every new log.
    case snapshot = 5

    /// The word for it in dumps and errors.
    package var name: String {
        switch self {
        case .metadata: "metadata"
        case .entry: "entry"
        case .state: "state"
        case .checksum: "crc"
        case .snapshot: "snapshot"
        }
    }
}

/// The arithmetic of frames.
package enum Frame {
    /// The bytes of a length word.
    package static let wordBytes = 8
    /// What a disk writes whole or not at all.
    package static let sectorBytes = 512
    /// Longer records are refused by etcd 3.5 when it reads them, so they are never written (F2).
    package static let recordLimitBytes = 10 << 20

    /// How many zeros follow a record of `recordBytes`, so that the next frame is aligned (F1).
    package static func paddingBytes(after recordBytes: Int) -> Int { -recordBytes & 7 }

    /// The bytes of a whole frame.
    package static func sizeBytes(recordBytes: Int) -> Int {
        wordBytes + recordBytes + paddingBytes(after: recordBytes)
    }

    /// The length word of a record.
    package static func lengthWord(recordBytes: Int) -> UInt64 {
        precondition(
            recordBytes > 0 && recordBytes < 1 << 56, "F2: a record of \(recordBytes) bytes has no length word")
        let padding = UInt64(paddingBytes(after: recordBytes))
        return UInt64(recordBytes) | (padding == 0 ? 0 : (0x80 | padding) << 56)
    }

    /// What a length word says. Nothing is promised about how much of it is true.
    package static func split(_ word: UInt64) -> (recordBytes: Int, paddingBytes: Int) {
        (Int(word & (1 << 56 - 1)), word >> 63 == 1 ? Int(word >> 56 & 7) : 0)
    }

    /// How long the record around some data is: what stands before the data depends on the checksum,
    /// which is a varint too.
    package static func recordBytes(checksum: UInt32, dataBytes: Int?) -> Int {
        let head = 3 + varintSize(UInt64(checksum))
        guard let dataBytes else { return head }
        return head + 1 + varintSize(UInt64(dataBytes)) + dataBytes
    }

    /// Whether some piece of a record's body, cut where sectors begin, is all zero (see THE TORN WRITE).
    /// `offset` is where the body begins in the file.
    package static func hasZeroSector(_ body: ByteView, at offset: Int) -> Bool {
        var start = 0
        while start < body.count {
            let border = sectorBytes - (offset + start) % sectorBytes
            let end = min(body.count, start + border)
            if body[start..<end].isAllZero { return true }
            start = end
        }
        return false
    }
}

extension ByteView {
    /// Whether every byte is zero. Eight at a time: the rest of a file may be 64 MB of it.
    var isAllZero: Bool {
        var index = 0
        while count - index >= 8 {
            if littleEndian(at: index, as: UInt64.self) != 0 { return false }
            index += 8
        }
        while index < count {
            if self[index] != 0 { return false }
            index += 1
        }
        return true
    }
}

extension ByteBuffer {
    /// Appends one frame and moves the chain of checksums on. A record without data (the first of a
    /// file) repeats the sum it is given.
    package mutating func appendFrame(_ type: RecordKind, _ data: ByteView?, continuing checksum: inout UInt32) {
        if let data { checksum = CRC32C.checksum(data, continuing: checksum) }
        let size = Frame.recordBytes(checksum: checksum, dataBytes: data?.count)
        precondition(size < Frame.recordLimitBytes, "F2: a record of \(size) bytes cannot be read back by etcd 3.5")
        append(littleEndian: Frame.lengthWord(recordBytes: size))
        append(0x08)
        append(UInt8(type.rawValue))
        append(0x10)
        append(varint: UInt64(checksum))
        if let data {
            append(0x1A)
            append(varint: UInt64(data.count))
            append(data)
        }
        append(zeros: Frame.paddingBytes(after: size))
    }
}

/// What the bytes between a length word and its padding say.
package struct RecordFields: Sendable {
    /// The number of the type, known or not.
    package private(set) var type: UInt64 = 0
    /// The sum that the writer computed, the chain included.
    package private(set) var checksum: UInt32 = 0
    /// The data, borrowed from the body; nil when the record has none.
    package private(set) var data: ByteView?

    /// Reads a record, or nil when these bytes are not one. Fields that nobody knows yet are passed over,
    /// as protobuf asks; a known field of the wrong wire type is not a record.
    package init?(_ body: ByteView) {
        var cursor = ByteCursor(body)
        do {
            while !cursor.isAtEnd {
                let tag = try cursor.readVarint()
                switch (tag >> 3, tag & 7) {
                case (1, 0): type = try cursor.readVarint()
                case (2, 0): checksum = UInt32(truncatingIfNeeded: try cursor.readVarint())
                case (3, 2): data = try cursor.take(Int(clamping: try cursor.readVarint()))
                case (0, _), (1, _), (2, _), (3, _): return nil
                case (_, 0): _ = try cursor.readVarint()
                case (_, 1): try cursor.skip(8)
                case (_, 2): try cursor.skip(Int(clamping: try cursor.readVarint()))
                case (_, 5): try cursor.skip(4)
                default: return nil
                }
            }
        } catch { return nil }
    }
}
