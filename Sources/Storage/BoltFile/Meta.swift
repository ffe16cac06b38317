// Meta.swift: the two pages that say which tree is the true one.
//
// A commit writes new pages beside the old ones and then has to switch from the old root to the new
// one in a single step that a crash cannot cut in half. No disk promises to write 4096 bytes at
// once; so there are two meta pages, written alternately, and a checksum that tells a whole one from
// a torn one:
//
//     transaction     29          30          31          32
//     writes page      1           0           1           0          (transaction mod 2)
//     newest whole    p1=29       p0=30       p1=31       p0=32
//     if it is torn   p0=28       p1=29       p0=30       p1=31       the state before: nothing is lost
//                                                                      that was ever acknowledged
//
//     byte  16  magic 0xED0CDAED u32       version 2 u32
//           24  page size u32              flags 0 u32
//           32  root page u64              sequence of the root bucket u64
//           48  freelist page u64, all ones when none is stored
//           56  high-water mark u64: one past the last page ever used
//           64  transaction u64
//           72  checksum u64: FNV-1a over bytes 16..<72
//
// RULES    T1  of two valid metas the one with the higher transaction is the file's state.
//          T2  the page size is what the meta says, never what this machine has.
//
// READ NEXT  Node.swift: what the root page looks like.

package import Bytes

/// The state of a file after one transaction: where its tree begins and how far its pages reach.
package struct Meta: Hashable, Sendable {
    static let magic: UInt32 = 0xED0C_DAED
    static let version: UInt32 = 2
    /// What the freelist field holds when no freelist is stored, as in every file of etcd.
    package static let noFreeList = UInt64.max
    /// How many bytes of a meta page mean something.
    static let byteCount = 80

    /// How long a page of this file is.
    package var pageSize: Int
    /// The page of the root bucket's root.
    package var root: UInt64
    /// The counter of the root bucket; etcd never uses it.
    package var sequence: UInt64 = 0
    /// The page of the stored freelist, or `noFreeList`.
    package var freeList: UInt64
    /// One past the last page ever used.
    package var highWater: UInt64
    /// The transaction that wrote this.
    package var transaction: UInt64

    /// The meta on the page that begins at `offset`; nil when it is not whole.
    init?(_ file: ByteView, at offset: Int) {
        guard offset >= 0, file.count - offset >= Self.byteCount else { return nil }
        let bytes = file[offset..<(offset + Self.byteCount)]
        guard bytes.littleEndian(at: 16, as: UInt32.self) == Self.magic,
            bytes.littleEndian(at: 20, as: UInt32.self) == Self.version,
            bytes.littleEndian(at: 72, as: UInt64.self) == FNV1a.checksum64(bytes[16..<72])
        else { return nil }
        pageSize = Int(bytes.littleEndian(at: 24, as: UInt32.self))
        root = bytes.littleEndian(at: 32)
        sequence = bytes.littleEndian(at: 40)
        freeList = bytes.littleEndian(at: 48)
        highWater = bytes.littleEndian(at: 56)
        transaction = bytes.littleEndian(at: 64)
    }

    /// The state of a file that has just been made.
    init(newFileWithPageSize pageSize: Int, transaction: UInt64) {
        self.pageSize = pageSize
        root = 3
        freeList = 2
        highWater = 4
        self.transaction = transaction
    }

    /// Which of the two meta pages this transaction writes.
    package var page: UInt64 { transaction % 2 }

    /// The whole page, with number `page`, as it goes to the disk.
    package func encoded(asPage page: UInt64) -> ByteSlice {
        var bytes = ByteBuffer(capacity: pageSize)
        bytes.append(littleEndian: page)
        bytes.append(littleEndian: Node.metaFlag)
        bytes.append(zeros: 6)
        bytes.append(littleEndian: Self.magic)
        bytes.append(littleEndian: Self.version)
        bytes.append(littleEndian: UInt32(pageSize))
        bytes.append(zeros: 4)
        bytes.append(littleEndian: root)
        bytes.append(littleEndian: sequence)
        bytes.append(littleEndian: freeList)
        bytes.append(littleEndian: highWater)
        bytes.append(littleEndian: transaction)
        bytes.append(littleEndian: FNV1a.checksum64(bytes.view[16..<72]))
        bytes.append(zeros: pageSize - bytes.count)
        return bytes.slice()
    }

    /// Both metas of a file as far as they are whole. The second begins where the page size says; where
    /// page 0 is torn the size is not known, so every size that exists is tried.
    static func both(in file: ByteView) -> (first: Meta?, second: Meta?) {
        let first = Meta(file, at: 0)
        if let first { return (first, Meta(file, at: first.pageSize)) }
        for shift in 10...16 {
            if let second = Meta(file, at: 1 << shift), second.pageSize == 1 << shift { return (nil, second) }
        }
        return (nil, nil)
    }

    /// The state of the file (T1), checked against the file's length, so that afterwards a page below the
    /// high-water mark is known to lie within the file.
    package static func newest(in mapping: ByteView, fileLength: Int) throws(BoltError) -> Meta {
        guard fileLength <= mapping.count else { throw BoltError(.mappingTooSmall) }
        let file = mapping.prefix(fileLength)
        guard let meta = chosen(both(in: file)) else {
            // Either damage or a file of another kind: the magic number on one page is enough to tell.
            let looksRight = file.count >= 24 && file.littleEndian(at: 16, as: UInt32.self) == magic
            throw BoltError(looksRight ? .noValidMeta : .notABoltFile, at: 16)
        }
        guard (1024...65536).contains(meta.pageSize), meta.pageSize.nonzeroBitCount == 1 else {
            throw BoltError(.unsupportedPageSize, page: meta.page, at: 24)
        }
        guard meta.highWater >= 3, meta.highWater <= UInt64(fileLength / meta.pageSize) else {
            throw BoltError(.fileTooShort, page: meta.page, at: 56)
        }
        return meta
    }

    private static func chosen(_ metas: (first: Meta?, second: Meta?)) -> Meta? {
        guard let first = metas.first else { return metas.second }
        guard let second = metas.second else { return first }
        return second.transaction > first.transaction ? second : first
    }
}
