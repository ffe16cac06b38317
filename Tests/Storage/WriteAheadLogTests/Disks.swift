// Disks.swift: disks that look over the log's shoulder, or refuse.

import Bytes
import Disk
import Simulation
import WriteAheadLog

/// Hands everything on to a simulated disk and counts what the log does to its files.
struct RecordingDisk: Disk {
    final class Journal {
        var writes = 0
        var unaligned = 0
        var overwritten = 0
    }

    let inner: SimulatedDisk
    let journal = Journal()
    init(_ inner: SimulatedDisk) { self.inner = inner }

    final class File: DiskFile {
        let inner: SimulatedDisk.File
        let journal: Journal
        init(_ inner: SimulatedDisk.File, _ journal: Journal) {
            self.inner = inner
            self.journal = journal
        }

        var path: String { inner.path }
        func size() throws(DiskError) -> Int { try inner.size() }
        func read(_ count: Int, at offset: Int, into buffer: inout ByteBuffer) throws(DiskError) -> Int {
            try inner.read(count, at: offset, into: &buffer)
        }
        func write(_ bytes: ByteView, at offset: Int) throws(DiskError) {
            journal.writes += 1
            if !offset.isMultiple(of: 4096) || !bytes.count.isMultiple(of: 4096) { journal.unaligned += 1 }
            var before = ByteBuffer()
            let there = try inner.read(bytes.count, at: offset, into: &before)
            for index in 0..<there where before.view[index] != 0 && before.view[index] != bytes[index] {
                journal.overwritten += 1
            }
            try inner.write(bytes, at: offset)
        }
        func write(gathering pieces: [ByteView], at offset: Int) throws(DiskError) {
            var place = offset
            for piece in pieces {
                try write(piece, at: place)
                place += piece.count
            }
        }
        func syncData() throws(DiskError) { try inner.syncData() }
        func sync() throws(DiskError) { try inner.sync() }
        func truncate(to size: Int) throws(DiskError) { try inner.truncate(to: size) }
        func preallocate(_ size: Int) throws(DiskError) { try inner.preallocate(size) }
        func tryLock(_ kind: LockKind) throws(DiskError) -> Bool { try inner.tryLock(kind) }
        func unlock(_ kind: LockKind) throws(DiskError) { try inner.unlock(kind) }
        func map(reserving reservation: Int) throws(DiskError) -> SimulatedDisk.File.Mapping {
            try inner.map(reserving: reservation)
        }
    }

    func open(_ path: String, _ how: OpenMode) throws(DiskError) -> File { File(try inner.open(path, how), journal) }
    func createDirectory(_ path: String, permissions: FilePermissions) throws(DiskError) {
        try inner.createDirectory(path, permissions: permissions)
    }
    func list(_ path: String) throws(DiskError) -> [String] { try inner.list(path) }
    func status(of path: String) throws(DiskError) -> FileStatus? { try inner.status(of: path) }
    func rename(_ old: String, to new: String) throws(DiskError) { try inner.rename(old, to: new) }
    func remove(_ path: String) throws(DiskError) { try inner.remove(path) }
    func removeDirectory(_ path: String) throws(DiskError) { try inner.removeDirectory(path) }
    func syncDirectory(_ path: String) throws(DiskError) { try inner.syncDirectory(path) }
}

/// Refuses one kind of call, or carries it out wrongly: a disk with a bug in it, and a log with a bug in it look
/// the same from below, so this is also where bugs are planted.
struct FailingDisk: Disk {
    enum Call { case write, sync, truncate, rename, syncDirectory }

    final class Plan {
        /// Which call is refused.
        var failing: Call?
        /// How many calls of any kind that changes something came through.
        var calls = 0
        /// Directories are not synced, and nobody notices.
        var forgetsDirectories = false
        /// Files are cut this many bytes further down (or up) than asked.
        var cutsWrongBy = 0
        /// The first record of each file but the first says that the chain of checksums stood at zero.
        var forgetsChain = false
        /// Data syncs do nothing.
        var forgetsSyncs = false
    }

    let inner: SimulatedDisk
    let plan = Plan()
    init(_ inner: SimulatedDisk) { self.inner = inner }

    private static func refuse(_ plan: Plan, _ call: Call, _ name: DiskError.Call, _ path: String) throws(DiskError) {
        plan.calls += 1
        if plan.failing == call { throw DiskError(name, path, .inputOutput, code: 5) }
    }

    final class File: DiskFile {
        let inner: SimulatedDisk.File
        let plan: Plan
        init(_ inner: SimulatedDisk.File, _ plan: Plan) {
            self.inner = inner
            self.plan = plan
        }

        var path: String { inner.path }
        func size() throws(DiskError) -> Int { try inner.size() }
        func read(_ count: Int, at offset: Int, into buffer: inout ByteBuffer) throws(DiskError) -> Int {
            try inner.read(count, at: offset, into: &buffer)
        }
        func write(_ bytes: ByteView, at offset: Int) throws(DiskError) {
            try FailingDisk.refuse(plan, .write, .write, path)
            guard plan.forgetsChain, offset == 0, path.hasSuffix(".tmp") else {
                return try inner.write(bytes, at: offset)
            }
            let planted = FailingDisk.withoutChain(bytes)
            try inner.write(planted.view, at: offset)
        }
        func write(gathering pieces: [ByteView], at offset: Int) throws(DiskError) {
            try FailingDisk.refuse(plan, .write, .write, path)
            try inner.write(gathering: pieces, at: offset)
        }
        func syncData() throws(DiskError) {
            try FailingDisk.refuse(plan, .sync, .fdatasync, path)
            if !plan.forgetsSyncs { try inner.syncData() }
        }
        func sync() throws(DiskError) {
            try FailingDisk.refuse(plan, .sync, .fsync, path)
            if !plan.forgetsSyncs { try inner.sync() }
        }
        func truncate(to size: Int) throws(DiskError) {
            try FailingDisk.refuse(plan, .truncate, .truncate, path)
            try inner.truncate(to: max(0, size - plan.cutsWrongBy))
        }
        func preallocate(_ size: Int) throws(DiskError) { try inner.preallocate(size) }
        func tryLock(_ kind: LockKind) throws(DiskError) -> Bool { try inner.tryLock(kind) }
        func unlock(_ kind: LockKind) throws(DiskError) { try inner.unlock(kind) }
        func map(reserving reservation: Int) throws(DiskError) -> SimulatedDisk.File.Mapping {
            try inner.map(reserving: reservation)
        }
    }

    /// The same page, but its first record says that the chain of checksums stood at zero: what a log would write
    /// that forgot to carry the sum over a cut. Both forms of the record take 16 bytes.
    static func withoutChain(_ head: ByteView) -> ByteSlice {
        var bytes = ByteBuffer()
        var checksum: UInt32 = 0
        bytes.appendFrame(.checksum, nil, continuing: &checksum)
        bytes.append(head.dropFirst(16))
        return bytes.slice()
    }

    func open(_ path: String, _ how: OpenMode) throws(DiskError) -> File { File(try inner.open(path, how), plan) }
    func createDirectory(_ path: String, permissions: FilePermissions) throws(DiskError) {
        try inner.createDirectory(path, permissions: permissions)
    }
    func list(_ path: String) throws(DiskError) -> [String] { try inner.list(path) }
    func status(of path: String) throws(DiskError) -> FileStatus? { try inner.status(of: path) }
    func rename(_ old: String, to new: String) throws(DiskError) {
        try Self.refuse(plan, .rename, .rename, old)
        try inner.rename(old, to: new)
    }
    func remove(_ path: String) throws(DiskError) { try inner.remove(path) }
    func removeDirectory(_ path: String) throws(DiskError) { try inner.removeDirectory(path) }
    func syncDirectory(_ path: String) throws(DiskError) {
        try Self.refuse(plan, .syncDirectory, .syncDirectory, path)
        if !plan.forgetsDirectories { try inner.syncDirectory(path) }
    }
}
