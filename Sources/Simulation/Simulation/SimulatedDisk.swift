// SimulatedDisk.swift: a disk that forgets on purpose.
//
// Does a program lose anything when the power fails? On a real disk one pulls the plug a few times and hopes. Here
// the disk knows, at each moment, what was promised to be durable and what was not; so a test can ask at EVERY write
// and EVERY sync: what if it had ended here? And it can ask it for many of the states in which a crash may leave the
// unsynced rest.
//
//                      what programs see           what a crash leaves
//     a file           volatile image              durable image + some of the unsynced sectors
//     a directory      names                       durable names + some first part of the unsynced changes
//
//     workload --write, sync, rename...--> SimulatedDisk ----afterCrash(survival)----> another SimulatedDisk
//                                              |  at each of these: a crash point              |
//                                              v                                              v
//                                         the workload goes on                    recovery is run and judged
//
// HOW TO TEST WITH IT. Run the workload once, with `atCrashPoint` set. In it, for each way to survive, make the disk
// after the crash and let recovery open it. The operation that is named is in flight: a write may be there in
// part, a sync has not happened. The state right after a sync is that of the next operation's crash point with
// nothing of it surviving, so nothing is missed. Whoever rather wants the program itself to stop sets
// `crashAt(point:)`: from then on every call throws `.crashed`.
//
// WHAT IT CAN DO TO YOU (each is seen to happen in SimulatedDiskTests)
//     lose everything unsynced       Survival.synced
//     keep any subset of sectors     Survival.anySectors       also older versions of a sector
//     tear a write                   Survival.inOrder, .firstBytes
//     be full                        Settings.capacityBytes
//     return errors                  fail(_:_:), Settings.errorsPerMille
//     lie after a failed sync        the next sync succeeds, and what the failed one lost stays lost
//     flip a bit                     flipBit(of:at:bit:), flipSomeBit(of:)
//
// RULES    D1  equal seeds and equal calls give equal disks, byte for byte and error for error.
//          D2  what `afterCrash` returns contains every byte and name that was synced.
//          D3  a disk after a crash shares nothing that can change with the disk before it.
//
// COST     measured in SimulatedDiskTests: a write or a sync of 512 bytes well below a microsecond; a crash costs
//          the bytes of the files that had unsynced writes.
// READ NEXT  FileImage.swift (a file), NameChanges.swift (directories), DiskFaults.swift

import Bytes
package import Disk

/// A file system in memory, in one thread, that can crash.
package final class SimulatedDisk: Disk {
    /// What kind of disk it is.
    package struct Settings: Hashable, Sendable {
        /// What the disk writes as one.
        package var sectorBytes = 512
        /// Whether a crash leaves a sector old or new, never a mixture. Real disks promise it.
        package var sectorsAreAtomic = true
        /// How many bytes fit.
        package var capacityBytes = Int.max
        /// How often in a thousand an operation fails with an I/O error, by chance.
        package var errorsPerMille: [DiskOperation: Int] = [:]
        /// How many unsynced bytes of a file are kept apart; beyond it the oldest become durable unasked, as a
        /// system short of memory would do it.
        package var unsyncedLimitBytes = 64 << 20
        /// How many of the last actions the journal keeps.
        package var journalLimit = 1000

        /// A disk without faults but the crash.
        package init() {}
    }

    /// What kind of disk it is; may be changed at any time.
    package var settings: Settings {
        didSet {
            chanceOfErrors = !settings.errorsPerMille.isEmpty
            room.capacityBytes = settings.capacityBytes
        }
    }
    /// How often each kind of crash point was passed.
    package private(set) var crashPoints = CrashPointCounts()
    /// Called at each crash point, with the operation in flight.
    package var atCrashPoint: ((CrashPoint) -> Void)?
    /// What it did last.
    package private(set) var journal: DiskJournal

    var dice: Dice
    let room: DiskRoom
    var root: DirectoryNode
    var changes: [NameChange] = []
    var faults: [DiskFault] = []
    private var chanceOfErrors: Bool
    private var crashesAt = Int.max
    private var hasCrashed = false
    /// The number of the last operation; gives unsynced writes and name changes one order.
    private(set) var clock = 0

    /// An empty disk whose chance comes from `dice`.
    package convenience init(_ settings: Settings = Settings(), dice: Dice) {
        self.init(settings, dice: dice, root: DirectoryNode(), room: DiskRoom(capacityBytes: settings.capacityBytes))
    }

    init(_ settings: Settings, dice: Dice, root: DirectoryNode, room: DiskRoom) {
        self.settings = settings
        self.dice = dice
        self.root = root
        self.room = room
        chanceOfErrors = !settings.errorsPerMille.isEmpty
        journal = DiskJournal(limit: settings.journalLimit)
    }

    // MARK: The crash

    /// At crash point number `point` (counted from 1) the machine stops: that call and all later ones throw.
    package func crashAt(point: Int) { crashesAt = point }

    /// Whether the machine has stopped.
    package var isCrashed: Bool { hasCrashed }

    /// The machine stops now.
    package func crash() { hasCrashed = true }

    /// Passes a crash point: counts it, shows it, and stops the machine if it is the one.
    func pass(_ kind: CrashPoint.Kind, _ path: String) throws(DiskError) {
        let number = crashPoints.count(kind)
        atCrashPoint?(CrashPoint(number: number, kind: kind, path: path))
        if number >= crashesAt {
            hasCrashed = true
            throw DiskError(kind.call, path, .crashed)
        }
    }

    /// The next operation's number; refuses to work after the crash, and where a fault was asked for.
    func begin(_ operation: DiskOperation, _ path: String, _ call: DiskError.Call) throws(DiskError) {
        clock += 1
        if hasCrashed { throw DiskError(call, path, .crashed) }
        if faults.isEmpty, !chanceOfErrors { return }
        guard let kind = fault(operation, path) else { return }
        note(operation, path, failure: kind)
        throw DiskError(call, path, kind)
    }

    /// Whether, and how, this operation is to fail.
    private func fault(_ operation: DiskOperation, _ path: String) -> DiskError.Kind? {
        if let place = faults.firstIndex(where: { $0.operation == operation && path.hasSuffix($0.pathSuffix) }) {
            faults[place].after -= 1
            if faults[place].after < 0 { return faults.remove(at: place).kind }
        }
        if chanceOfErrors, let chance = settings.errorsPerMille[operation], dice.happens(perMille: chance) {
            return .inputOutput
        }
        return nil
    }

    /// Writes into the journal.
    func note(
        _ operation: DiskOperation, _ path: String, at offset: Int = 0, count: Int = 0, failure: DiskError.Kind? = nil
    ) {
        journal.append(
            DiskAction(number: clock, operation: operation, path: path, offset: offset, count: count, failure: failure))
    }

    // MARK: Names

    /// The parts of a path; a path without a leading slash begins at the root too.
    private func parts(_ path: String, _ call: DiskError.Call) throws(DiskError) -> [Substring] {
        let parts = path.split(separator: "/").filter { $0 != "." }
        if parts.contains("..") { throw DiskError(call, path, .notSupported) }
        return parts
    }

    /// What a path names, or nil; an error when a part on the way is no directory.
    func find(_ path: String, _ call: DiskError.Call) throws(DiskError) -> DiskNode? {
        var node = DiskNode.directory(root)
        for part in try parts(path, call) {
            guard case .directory(let directory) = node else { throw DiskError(call, path, .notADirectory) }
            guard let next = directory.entries[String(part)] else { return nil }
            node = next
        }
        return node
    }

    /// The directory of a path's last name, and that name.
    private func place(_ path: String, _ call: DiskError.Call) throws(DiskError) -> (DirectoryNode, String) {
        let parts = try parts(path, call)
        guard let last = parts.last else { throw DiskError(call, path, .alreadyExists) }
        switch try find(parts.dropLast().joined(separator: "/"), call) {
        case .directory(let directory): return (directory, String(last))
        case .file: throw DiskError(call, path, .notADirectory)
        case nil: throw DiskError(call, path, .notFound)
        }
    }

    /// Opens or creates a file.
    package func open(_ path: String, _ how: OpenMode) throws(DiskError) -> SimulatedFile {
        try begin(.open, path, .open)
        let (directory, name) = try place(path, .open)
        let image: FileImage
        switch directory.entries[name] {
        case .some where how.creation == .mustCreate: throw DiskError(.open, path, .alreadyExists)
        case .directory: throw DiskError(.open, path, .isADirectory)
        case .file(let existing): image = existing
        case nil:
            guard how.creation != .never else { throw DiskError(.open, path, .notFound) }
            image = FileImage(room: room, permissions: how.permissions)
            change([NameChange.Assignment(directory, name, .file(image))])
            note(.create, path)
            try pass(.create, path)
        }
        let file = SimulatedFile(disk: self, image: image, path: path, writable: how.writable)
        if how.truncating, image.size > 0 { try file.truncate(to: 0) }
        return file
    }

    /// Makes an empty directory.
    package func createDirectory(_ path: String, permissions: FilePermissions) throws(DiskError) {
        try begin(.create, path, .mkdir)
        let (directory, name) = try place(path, .mkdir)
        guard directory.entries[name] == nil else { throw DiskError(.mkdir, path, .alreadyExists) }
        change([NameChange.Assignment(directory, name, .directory(DirectoryNode(permissions: permissions)))])
        note(.create, path)
        try pass(.create, path)
    }

    /// The names in a directory.
    package func list(_ path: String) throws(DiskError) -> [String] {
        try begin(.list, path, .readdir)
        switch try find(path, .readdir) {
        case .directory(let directory):
            return directory.entries.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        case .file: throw DiskError(.readdir, path, .notADirectory)
        case nil: throw DiskError(.readdir, path, .notFound)
        }
    }

    /// What a path names.
    package func status(of path: String) throws(DiskError) -> FileStatus? {
        try begin(.list, path, .stat)
        let found: DiskNode?
        do {
            found = try find(path, .stat)
        } catch {
            if error.kind == .notADirectory { return nil }
            throw error
        }
        switch found {
        case .directory(let directory):
            return FileStatus(size: 0, isDirectory: true, permissions: directory.permissions)
        case .file(let image): return FileStatus(size: image.size, isDirectory: false, permissions: image.permissions)
        case nil: return nil
        }
    }

    /// Renames, replacing what a real system would replace.
    package func rename(_ old: String, to new: String) throws(DiskError) {
        try begin(.rename, old, .rename)
        let (source, oldName) = try place(old, .rename)
        let (target, newName) = try place(new, .rename)
        guard let node = source.entries[oldName] else { throw DiskError(.rename, old, .notFound) }
        // Linux looks for knots in the tree before it looks at kinds: a directory into itself, something over the
        // directory that it lies in.
        if case .directory(let moved) = node, moved.contains(target) { throw DiskError(.rename, new, .notSupported) }
        if case .directory(let replaced) = target.entries[newName], replaced.contains(source) {
            throw DiskError(.rename, new, .notEmpty)
        }
        switch (node, target.entries[newName]) {
        case (_, nil): break
        case (.file(let image), .file(let replaced)): if image === replaced { return }
        case (.directory(let moved), .directory(let replaced)):
            if moved === replaced { return }
            guard replaced.entries.isEmpty else { throw DiskError(.rename, new, .notEmpty) }
        case (.file, .directory): throw DiskError(.rename, new, .isADirectory)
        case (.directory, .file): throw DiskError(.rename, new, .notADirectory)
        }
        change([
            NameChange.Assignment(source, oldName, nil), NameChange.Assignment(target, newName, node),
        ])
        note(.rename, old)
        try pass(.rename, old)
    }

    /// Removes a file's name.
    package func remove(_ path: String) throws(DiskError) {
        try begin(.remove, path, .unlink)
        let (directory, name) = try place(path, .unlink)
        switch directory.entries[name] {
        case .file: break
        case .directory: throw DiskError(.unlink, path, .isADirectory)
        case nil: throw DiskError(.unlink, path, .notFound)
        }
        change([NameChange.Assignment(directory, name, nil)])
        note(.remove, path)
        try pass(.remove, path)
    }

    /// Removes an empty directory.
    package func removeDirectory(_ path: String) throws(DiskError) {
        try begin(.remove, path, .rmdir)
        let (directory, name) = try place(path, .rmdir)
        switch directory.entries[name] {
        case .directory(let removed):
            guard removed.entries.isEmpty else { throw DiskError(.rmdir, path, .notEmpty) }
        case .file: throw DiskError(.rmdir, path, .notADirectory)
        case nil: throw DiskError(.rmdir, path, .notFound)
        }
        change([NameChange.Assignment(directory, name, nil)])
        note(.remove, path)
        try pass(.remove, path)
    }

    /// Makes a directory's names durable. A failed one made nothing durable.
    package func syncDirectory(_ path: String) throws(DiskError) {
        try begin(.syncDirectory, path, .syncDirectory)
        switch try find(path, .syncDirectory) {
        case .directory(let directory):
            note(.syncDirectory, path)
            try pass(.syncDirectory, path)
            makeDurable(directory)
        case .file: throw DiskError(.syncDirectory, path, .notADirectory)
        case nil: throw DiskError(.syncDirectory, path, .notFound)
        }
    }
}
