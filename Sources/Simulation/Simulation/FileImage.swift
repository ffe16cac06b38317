// FileImage.swift: one file, as programs see it and as a crash would leave it.
//
//     volatile   [ A'| B | C'| D | E ]     what reads and mappings show; its address never changes once mapped
//     durable    [ A | B | C ]             what the last sync left, and its size
//     unsynced   write 0..<512, write 1024..<1536, grow to 5 sectors       in order, with their bytes
//
// A sync makes durable what the unsynced list names, and empties the list. A crash makes a third image: the durable
// one, and whatever of the list the seed lets survive. That image is the start of a new disk: its volatile and its
// durable side.
//
// WHY KEEP EACH WRITE'S BYTES, when the volatile image has them? Because a sector that was written twice since the
// last sync may have reached the disk after the first time. Programs that write over a sector before they synced it
// (a meta page, say) must survive that.
//
// CUTTING a file is a write of zeroes to what was cut off: those sectors may or may not be gone after a crash.
//
// COST     a write is two copies; a sync is one copy of the same bytes; nothing depends on the size of the file.

import Bytes
import Disk

/// How much of a disk is used. Shared by its files, which give their share back when they are gone.
final class DiskRoom {
    var capacityBytes: Int
    var usedBytes = 0

    init(capacityBytes: Int) { self.capacityBytes = capacityBytes }
}

/// Who holds locks on a file.
struct FileLocks {
    var description: ObjectIdentifier?
    var exclusive: ObjectIdentifier?
    var shared: Set<ObjectIdentifier> = []
}

/// Something that happened to a file since its last sync.
struct UnsyncedWrite {
    /// The disk's clock: gives one order to the writes of all files.
    var number: Int
    /// Which bytes changed.
    var range: Range<Int>
    /// Where they are kept in the list's arena; nil for zeroes.
    var arenaOffset: Int?
    /// The file's size afterwards.
    var sizeAfter: Int
}

/// Both images of a file.
final class FileImage {
    private(set) var size = 0
    let permissions: FilePermissions
    var locks = FileLocks()
    let room: DiskRoom

    private var bytes = StableBytes(zeros: 0)
    /// Beyond this the volatile image is zero.
    private var used = 0
    private var isMapped = false
    /// Whether the volatile image is still to be made from the durable one, because nobody has looked since the crash.
    private var isAsleep = false

    private var durable: StableBytes
    private var durableUsed: Int
    private(set) var durableSize: Int

    private(set) var unsynced: [UnsyncedWrite] = []
    private var arena = ByteBuffer()
    /// What this file takes of the disk's room.
    private var takenBytes = 0

    /// An empty file.
    init(room: DiskRoom, permissions: FilePermissions) {
        self.room = room
        self.permissions = permissions
        durable = StableBytes(zeros: 0)
        durableUsed = 0
        durableSize = 0
    }

    /// A file as a crash left it. `durable` may be shared with the file before the crash: it is replaced, never
    /// changed, as long as it is (D3).
    private init(room: DiskRoom, permissions: FilePermissions, durable: StableBytes, used: Int, size: Int) {
        self.room = room
        self.permissions = permissions
        self.durable = durable
        durableUsed = used
        durableSize = size
        isAsleep = true
        self.size = size
        takenBytes = size
        room.usedBytes += size
    }

    deinit { room.usedBytes -= takenBytes }

    // MARK: What programs see

    /// The volatile image; a file that survived a crash gets it when it is first touched.
    private func wake() {
        guard isAsleep else { return }
        isAsleep = false
        bytes = StableBytes(zeros: durableUsed)
        bytes.write(durable[0..<durableUsed], at: 0)
        used = durableUsed
    }

    /// Whether the file can have that size: once it is mapped, only the addresses set aside are left to it.
    func canHold(_ size: Int) -> Bool { !isMapped || size <= bytes.capacity }

    /// Makes the volatile image hold at least `capacity` bytes.
    private func reserve(_ capacity: Int) {
        wake()
        guard bytes.capacity < capacity else { return }
        precondition(!isMapped, "D4: a mapped file outgrew the addresses reserved for it")
        let larger = StableBytes(zeros: max(capacity, bytes.capacity * 2))
        larger.write(bytes[0..<used], at: 0)
        bytes = larger
    }

    /// Up to `count` bytes at `offset`, fewer at the end. True until the next write.
    func read(_ count: Int, at offset: Int, into buffer: inout ByteBuffer) -> Int {
        let end = min(offset + count, size)
        guard offset < end else { return 0 }
        wake()
        // What the image does not hold is zero.
        let held = min(end, bytes.capacity)
        if offset < held { buffer.append(bytes[offset..<held]) }
        buffer.append(zeros: end - max(offset, held))
        return end - offset
    }

    /// How many of the bytes `offset..<end` the disk has room for.
    func roomFor(_ end: Int) -> Int {
        let free = room.capacityBytes - room.usedBytes
        return end <= takenBytes || end - takenBytes <= free ? end : takenBytes + max(free, 0)
    }

    private func take(_ end: Int) {
        guard end > takenBytes else { return }
        room.usedBytes += end - takenBytes
        takenBytes = end
    }

    /// Writes, growing the file if need be. The room was checked.
    func write(_ view: ByteView, at offset: Int, number: Int, limit: Int) {
        let end = offset + view.count
        reserve(end)
        take(end)
        bytes.write(view, at: offset)
        used = max(used, end)
        size = max(size, end)
        unsynced.append(UnsyncedWrite(number: number, range: offset..<end, arenaOffset: arena.count, sizeAfter: size))
        arena.append(view)
        // A system short of memory writes back the oldest pages unasked. Nobody was promised otherwise.
        if arena.count > limit { sync() }
    }

    /// Changes the size; what is cut off becomes zero, what is new is zero.
    func resize(to newSize: Int, number: Int, taking: Bool) {
        wake()
        if newSize < size, newSize < used {
            bytes.zero(newSize..<used)
            unsynced.append(
                UnsyncedWrite(number: number, range: newSize..<used, arenaOffset: nil, sizeAfter: newSize))
            used = newSize
        } else {
            unsynced.append(UnsyncedWrite(number: number, range: 0..<0, arenaOffset: nil, sizeAfter: newSize))
        }
        if newSize < size, newSize < takenBytes {
            room.usedBytes -= takenBytes - newSize
            takenBytes = newSize
        }
        if taking { take(newSize) }
        size = newSize
    }

    /// The volatile image at a fixed address from now on, with room to grow.
    func map(reserving reservation: Int) -> StableBytes? {
        if isMapped { return reservation <= bytes.capacity ? bytes : nil }
        reserve(max(reservation, size))
        isMapped = true
        return bytes
    }

    /// Flips a bit in both images: the medium itself went bad.
    func flip(_ bit: Int, at offset: Int) {
        precondition(offset < size && (0..<8).contains(bit), "D5: there is no bit \(bit) at \(offset)")
        reserve(offset + 1)
        bytes.write(bytes.view[offset] ^ (1 << UInt8(bit)), at: offset)
        used = max(used, offset + 1)
        guard offset < durableSize else { return }
        reserveDurable(offset + 1)
        durable.write(durable.view[offset] ^ (1 << UInt8(bit)), at: offset)
        durableUsed = max(durableUsed, offset + 1)
    }

    // MARK: What is durable

    /// Bytes written and not synced.
    var unsyncedBytes: Int { arena.count }

    /// Makes the durable image hold at least `capacity` bytes, and be ours alone.
    private func reserveDurable(_ capacity: Int) {
        if durable.capacity >= capacity, isKnownUniquelyReferenced(&durable) { return }
        let own = StableBytes(
            zeros: max(capacity, durable.capacity < capacity ? durable.capacity * 2 : durable.capacity))
        own.write(durable[0..<durableUsed], at: 0)
        durable = own
    }

    /// Everything written is durable now.
    func sync() {
        for write in unsynced where !write.range.isEmpty {
            // The volatile image has the newest bytes, and zeroes where the file was cut.
            reserveDurable(write.range.upperBound)
            durable.write(bytes[write.range], at: write.range.lowerBound)
            durableUsed = max(durableUsed, write.range.upperBound)
        }
        durableSize = size
        forgetUnsynced()
    }

    private func forgetUnsynced() {
        unsynced.removeAll(keepingCapacity: true)
        arena.removeAll()
    }

    /// A sync that failed: of each sector some version is durable, and nobody remembers which were not.
    func failSync(sectorBytes: Int, dice: inout Dice) {
        let left = afterCrash(.sectors(sectorBytes), dice: &dice, room: DiskRoom(capacityBytes: .max))
        // The bytes that programs see live on, without anybody remembering that they are not on the disk.
        wake()
        (durable, durableUsed, durableSize) = (left.durable, left.durableUsed, left.durableSize)
        forgetUnsynced()
    }

    // MARK: The crash

    /// What survives of one file's unsynced writes.
    enum Survivors {
        case none
        case all
        /// Those before `number`; of that one, the first bytes.
        case before(number: Int, thenBytes: Int)
        /// Each sector for itself.
        case sectors(Int)
    }

    /// The file as a crash leaves it.
    func afterCrash(_ survivors: Survivors, dice: inout Dice, room: DiskRoom) -> FileImage {
        let file = FileImage(
            room: room, permissions: permissions, durable: durable, used: durableUsed, size: durableSize)
        guard !unsynced.isEmpty else { return file }
        switch survivors {
        case .none: break
        case .all: for write in unsynced { apply(write, write.range, to: file) }
        case .before(let number, let count):
            for write in unsynced {
                if write.number < number {
                    apply(write, write.range, to: file)
                } else if write.number == number {
                    let end = min(write.range.lowerBound + count, write.range.upperBound)
                    apply(write, write.range.lowerBound..<end, to: file)
                }
            }
        case .sectors(let sectorBytes): applySectors(sectorBytes, dice: &dice, to: file)
        }
        file.setSize(file.durableSize)
        return file
    }

    private func applySectors(_ sectorBytes: Int, dice: inout Dice, to file: FileImage) {
        // A crash is early or late: with one chance for all sectors the extremes would never be seen.
        let perMille = dice.pick([100, 500, 900])
        // A sector that stopped at some version does not see the later ones.
        var stopped: Set<Int> = []
        let sizes = [durableSize] + unsynced.map(\.sizeAfter)
        for write in unsynced where !write.range.isEmpty {
            for sector in (write.range.lowerBound / sectorBytes)...((write.range.upperBound - 1) / sectorBytes) {
                if stopped.contains(sector) { continue }
                guard dice.happens(perMille: perMille) else {
                    stopped.insert(sector)
                    continue
                }
                let part = write.range.clamped(to: (sector * sectorBytes)..<((sector + 1) * sectorBytes))
                apply(write, part, to: file)
            }
        }
        file.setSize(dice.pick(sizes))
    }

    /// Puts a part of one write into the image after a crash.
    private func apply(_ write: UnsyncedWrite, _ part: Range<Int>, to file: FileImage) {
        if !part.isEmpty {
            if let arenaOffset = write.arenaOffset {
                file.reserveDurable(part.upperBound)
                let start = arenaOffset + part.lowerBound - write.range.lowerBound
                file.durable.write(arena.view[start..<(start + part.count)], at: part.lowerBound)
                file.durableUsed = max(file.durableUsed, part.upperBound)
            } else {
                let end = min(part.upperBound, file.durableUsed)
                file.reserveDurable(end)
                if part.lowerBound < end { file.durable.zero(part.lowerBound..<end) }
            }
        }
        // A torn write that grew the file has grown it as far as it came.
        let isWhole = part == write.range
        file.durableSize = isWhole ? write.sizeAfter : max(file.durableSize, part.isEmpty ? 0 : part.upperBound)
    }

    /// The size of the image after a crash; what lies beyond it is zero.
    private func setSize(_ newSize: Int) {
        if newSize < durableUsed {
            reserveDurable(durableUsed)
            durable.zero(newSize..<durableUsed)
            durableUsed = newSize
        }
        durableSize = newSize
        size = newSize
        room.usedBytes += newSize - takenBytes
        takenBytes = newSize
    }
}
