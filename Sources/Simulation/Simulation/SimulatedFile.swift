// SimulatedFile.swift: an open file of the simulated disk.
//
// Every call here does three things: asks the disk whether it may (a crash, a fault), changes the image, and passes a
// crash point. The order matters. A write is in the image's list of unsynced writes BEFORE its crash point, so that a
// crash there may leave any part of it; a sync takes effect AFTER its crash point, so that a crash there may leave
// anything that a crash before it may leave.

package import Bytes
package import Disk

/// An open file. Its lock goes when nobody holds it any more.
package final class SimulatedFile: DiskFile {
    /// The path by which it was opened.
    package let path: String
    private let disk: SimulatedDisk
    private let image: FileImage
    private let writable: Bool

    init(disk: SimulatedDisk, image: FileImage, path: String, writable: Bool) {
        self.disk = disk
        self.image = image
        self.path = path
        self.writable = writable
    }

    deinit {
        let me = ObjectIdentifier(self)
        if image.locks.description == me { image.locks.description = nil }
        if image.locks.exclusive == me { image.locks.exclusive = nil }
        image.locks.shared.remove(me)
    }

    private func needWritable(_ call: DiskError.Call) throws(DiskError) {
        guard writable else { throw DiskError(call, path, .readOnly) }
    }

    /// A real file may outgrow its mapping, whose next `extend` fails then. Here the mapping is the file's only image,
    /// so that the error comes a little earlier.
    private func needAddresses(_ size: Int, _ call: DiskError.Call) throws(DiskError) {
        guard image.canHold(size) else { throw DiskError(call, path, .tooLarge) }
    }

    /// How many bytes the file has.
    package func size() throws(DiskError) -> Int {
        try disk.begin(.list, path, .stat)
        return image.size
    }

    /// Reads from the volatile image.
    package func read(_ count: Int, at offset: Int, into buffer: inout ByteBuffer) throws(DiskError) -> Int {
        precondition(count >= 0 && offset >= 0, "D0: reading \(count) bytes at \(offset)")
        try disk.begin(.read, path, .read)
        return image.read(count, at: offset, into: &buffer)
    }

    /// Writes into the volatile image.
    package func write(_ bytes: ByteView, at offset: Int) throws(DiskError) {
        precondition(offset >= 0, "D0: writing at \(offset)")
        try needWritable(.write)
        do {
            try disk.begin(.write, path, .write)
        } catch {
            // A write that fails may have written a first part.
            if error.kind != .crashed { put(bytes.prefix(disk.dice.roll(bytes.count + 1)), at: offset) }
            throw error
        }
        guard !bytes.isEmpty else { return }
        try needAddresses(offset + bytes.count, .write)
        let end = image.roomFor(offset + bytes.count)
        if end < offset + bytes.count {
            // The system writes what fits, and only then says that the disk is full.
            if end > offset { put(bytes.prefix(end - offset), at: offset) }
            disk.note(.write, path, at: offset, count: bytes.count, failure: .noSpace)
            throw DiskError(.write, path, .noSpace)
        }
        put(bytes, at: offset)
        disk.note(.write, path, at: offset, count: bytes.count)
        try disk.pass(.write, path)
    }

    private func put(_ bytes: ByteView, at offset: Int) {
        guard !bytes.isEmpty else { return }
        image.write(bytes, at: offset, number: disk.clock, limit: disk.settings.unsyncedLimitBytes)
    }

    /// One write after the other: a crash may come between them, as it may within the one call of a real system.
    package func write(gathering pieces: [ByteView], at offset: Int) throws(DiskError) {
        var place = offset
        for piece in pieces {
            try write(piece, at: place)
            place += piece.count
        }
    }

    /// Makes what was written durable.
    package func syncData() throws(DiskError) { try sync(.fdatasync) }

    /// The same: the simulated disk has nothing else to make durable about a file.
    package func sync() throws(DiskError) { try sync(.fsync) }

    private func sync(_ call: DiskError.Call) throws(DiskError) {
        do {
            try disk.begin(.sync, path, call)
        } catch {
            if error.kind != .crashed { image.failSync(sectorBytes: disk.settings.sectorBytes, dice: &disk.dice) }
            throw error
        }
        disk.note(.sync, path)
        try disk.pass(.sync, path)
        image.sync()
    }

    /// Changes the size.
    package func truncate(to size: Int) throws(DiskError) {
        precondition(size >= 0, "D0: a file of \(size) bytes")
        try needWritable(.truncate)
        try disk.begin(.truncate, path, .truncate)
        guard size != image.size else { return }
        try needAddresses(size, .truncate)
        image.resize(to: size, number: disk.clock, taking: false)
        disk.note(.truncate, path, at: size)
        try disk.pass(.truncate, path)
    }

    /// Takes room, and makes the file longer if need be.
    package func preallocate(_ size: Int) throws(DiskError) {
        try needWritable(.fallocate)
        try disk.begin(.preallocate, path, .fallocate)
        try needAddresses(size, .fallocate)
        guard image.roomFor(size) >= size else {
            disk.note(.preallocate, path, at: size, failure: .noSpace)
            throw DiskError(.fallocate, path, .noSpace)
        }
        image.resize(to: max(size, image.size), number: disk.clock, taking: true)
        disk.note(.preallocate, path, at: size)
        try disk.pass(.preallocate, path)
    }

    /// Takes a lock unless another opening has it.
    package func tryLock(_ kind: LockKind) throws(DiskError) -> Bool {
        try disk.begin(.lock, path, .lock)
        let me = ObjectIdentifier(self)
        switch kind {
        case .openFileDescription:
            try needWritable(.lock)
            guard image.locks.description == nil || image.locks.description == me else { return false }
            image.locks.description = me
        case .exclusive:
            guard image.locks.exclusive == nil || image.locks.exclusive == me,
                image.locks.shared.subtracting([me]).isEmpty
            else { return false }
            image.locks.shared.remove(me)
            image.locks.exclusive = me
        case .shared:
            guard image.locks.exclusive == nil || image.locks.exclusive == me else { return false }
            image.locks.exclusive = nil
            image.locks.shared.insert(me)
        }
        return true
    }

    /// Gives a lock up.
    package func unlock(_ kind: LockKind) throws(DiskError) {
        try disk.begin(.lock, path, .lock)
        let me = ObjectIdentifier(self)
        switch kind {
        case .openFileDescription: if image.locks.description == me { image.locks.description = nil }
        case .exclusive, .shared:
            if image.locks.exclusive == me { image.locks.exclusive = nil }
            image.locks.shared.remove(me)
        }
    }

    /// The volatile image at its address. The first mapping of a file decides how far it can grow.
    package func map(reserving reservation: Int) throws(DiskError) -> SimulatedMapping {
        try disk.begin(.map, path, .mmap)
        guard image.size <= reservation, let bytes = image.map(reserving: reservation) else {
            throw DiskError(.mmap, path, .tooLarge)
        }
        return SimulatedMapping(image: image, bytes: bytes, reservation: reservation, path: path)
    }
}

/// The volatile image of a simulated file, as memory.
package final class SimulatedMapping: FileMapping {
    private let image: FileImage
    private let bytes: StableBytes
    private let path: String
    /// How many addresses are set aside.
    package let reservation: Int
    /// How many bytes are readable.
    package private(set) var count: Int

    init(image: FileImage, bytes: StableBytes, reservation: Int, path: String) {
        self.image = image
        self.bytes = bytes
        self.reservation = reservation
        self.path = path
        count = image.size
    }

    /// Some of the readable bytes.
    package subscript(range: Range<Int>) -> ByteView {
        precondition(range.upperBound <= count, "M1: a view beyond the end of \(path)")
        return bytes[range]
    }

    /// All addresses that are set aside.
    package var reserved: ByteView { bytes[0..<min(reservation, bytes.capacity)] }

    /// Looks how long the file is now.
    package func extend() throws(DiskError) -> Int {
        guard image.size <= reservation else { throw DiskError(.mmap, path, .tooLarge) }
        count = image.size
        return count
    }
}

extension SimulatedDisk {
    /// Asks for a failure.
    package func fail(_ fault: DiskFault) { faults.append(fault) }

    /// Flips one bit of a file, on the medium and in what programs see.
    package func flipBit(of path: String, at offset: Int, bit: Int) throws(DiskError) {
        guard case .file(let image) = try find(path, .open) else { throw DiskError(.open, path, .notFound) }
        image.flip(bit, at: offset)
    }

    /// Flips some bit of a file that is not empty; returns the byte.
    package func flipSomeBit(of path: String) throws(DiskError) -> Int {
        guard case .file(let image) = try find(path, .open) else { throw DiskError(.open, path, .notFound) }
        let offset = dice.roll(image.size)
        image.flip(dice.roll(8), at: offset)
        return offset
    }
}

extension CrashPoint.Kind {
    /// The system call that is in flight.
    var call: DiskError.Call {
        switch self {
        case .write: .write
        case .truncate: .truncate
        case .preallocate: .fallocate
        case .sync: .fdatasync
        case .create: .open
        case .rename: .rename
        case .remove: .unlink
        case .syncDirectory: .syncDirectory
        }
    }

    /// Its place among the kinds.
    var place: Int {
        switch self {
        case .write: 0
        case .truncate: 1
        case .preallocate: 2
        case .sync: 3
        case .create: 4
        case .rename: 5
        case .remove: 6
        case .syncDirectory: 7
        }
    }
}
