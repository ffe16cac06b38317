// SmallLog.swift: the smallest program that must not lose anything: a log of texts, in one file.
//
//     +--------+----------+------------ ... ------+
//     | length | checksum | text                  |   4 + 4 + n bytes, little-endian, one record after the other
//     +--------+----------+------------ ... ------+
//
// It is not our write-ahead log; it is the subject on which the simulated disk is tested. Its steps can be left out, one
// by one, and then the disk must catch it.

import Bytes
import Disk

/// A step of the log's protocol that can be left out on purpose.
enum LeftOut: String, CaseIterable {
    /// Acknowledging before the bytes are durable.
    case syncOfData
    /// Creating the file and not making its name durable.
    case syncOfDirectory
    /// Compacting into a new file whose bytes are not durable before the rename.
    case syncBeforeRename
    /// Removing what is old before what is new has its name.
    case renameBeforeRemove
    /// Believing a record without looking at its checksum.
    case checksum
    /// Trying again after a failed sync, and believing the second one.
    case stopAfterFailedSync
}

/// A log of texts on any disk.
struct SmallLog<D: Disk> {
    private let disk: D
    private var file: D.File
    private var end: Int
    private let without: LeftOut?
    private(set) var records: [ByteSlice] = []
    private static var directory: String { "log" }

    /// Opens the log, or makes an empty one.
    init(_ disk: D, without: LeftOut? = nil) throws(DiskError) {
        self.disk = disk
        self.without = without
        let made = try disk.status(of: Self.directory) == nil
        if made { try disk.createDirectories(Self.directory) }
        let names = try disk.list(Self.directory).filter { $0.hasSuffix(".log") }
        let name = names.last ?? "0.log"
        file = try disk.open(joinPath(Self.directory, name), .creatingIfMissing)
        if names.isEmpty, without != .syncOfDirectory { try disk.syncDirectory(Self.directory) }
        end = 0
        try recover()
    }

    /// Reads records until one is not whole.
    private mutating func recover() throws(DiskError) {
        var buffer = ByteBuffer()
        _ = try file.read(file.size(), at: 0, into: &buffer)
        let bytes = buffer.view
        while bytes.count - end >= 8 {
            let length = Int(bytes.littleEndian(at: end, as: UInt32.self))
            guard length > 0, bytes.count - end - 8 >= length else { break }
            let text = bytes[(end + 8)..<(end + 8 + length)]
            let stored: UInt32 = bytes.littleEndian(at: end + 4)
            guard without == .checksum || CRC32C.checksum(text) == stored else { break }
            records.append(ByteSlice(copying: text))
            end += 8 + length
        }
        // What follows the last whole record is a torn write; it must not be taken for a record later.
        try file.truncate(to: end)
        try file.syncData()
    }

    private static func frame(_ text: ByteSlice, into buffer: inout ByteBuffer) {
        buffer.append(littleEndian: UInt32(text.count))
        buffer.append(littleEndian: CRC32C.checksum(text.view))
        buffer.append(text)
    }

    /// Adds a record; when this returns, it is acknowledged.
    mutating func append(_ text: ByteSlice) throws(DiskError) {
        var buffer = ByteBuffer()
        Self.frame(text, into: &buffer)
        try file.write(buffer.view, at: end)
        if without != .syncOfData {
            do {
                try file.syncData()
            } catch {
                guard without == .stopAfterFailedSync else { throw error }
                try file.syncData()
            }
        }
        end += buffer.count
        records.append(text)
    }

    /// Writes all records into a new file, with the next number, and removes the old one.
    mutating func moveToNewFile() throws(DiskError) {
        var buffer = ByteBuffer()
        for record in records { Self.frame(record, into: &buffer) }
        let old = file.path
        let name = "\(records.count + 1_000_000).log"
        let temporary = try disk.open(joinPath(Self.directory, "new"), .replacing)
        try temporary.write(buffer.view, at: 0)
        if without != .syncBeforeRename { try temporary.syncData() }
        if without == .renameBeforeRemove { try disk.remove(old) }
        try disk.rename(temporary.path, to: joinPath(Self.directory, name))
        try disk.syncDirectory(Self.directory)
        file = try disk.open(joinPath(Self.directory, name), .writing)
        end = buffer.count
        if without != .renameBeforeRemove { try disk.remove(old) }
    }
}
