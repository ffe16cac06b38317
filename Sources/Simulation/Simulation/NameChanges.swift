// NameChanges.swift: directories, and which of their changes a crash takes back.
//
// A directory is a file of names, and it too is durable only after a sync. So each change of names goes into one list,
// in order, until a sync of its directory takes it out:
//
//     1  wal.tmp/0.wal  := file A       in directory wal.tmp
//     2  wal.tmp := nothing, wal := that directory      in directory member: ONE change, a rename is atomic
//     3  snap/db := file B              in directory snap
//
//     syncDirectory(member)  makes 2 durable; and not 1, which is a change of another directory
//
// A rename between two directories is a change of both; when one of them is synced it becomes durable, and so must the
// earlier changes of the other, or the tree would be one that never was.
//
// AFTER A CRASH each directory has kept some first part of its changes. (The journal of a real file system keeps a first
// part of all changes together, so we allow more than it does. We do not allow a later change of a directory without an
// earlier one, which POSIX would: no file system that anybody runs etcd on does that, and etcd relies on it.)

import Disk

/// What a name names.
enum DiskNode {
    case file(FileImage)
    case directory(DirectoryNode)
}

/// A directory: its names now, and its names after a crash.
final class DirectoryNode {
    var entries: [String: DiskNode] = [:]
    var durableEntries: [String: DiskNode] = [:]
    let permissions: FilePermissions

    init(permissions: FilePermissions = .privateDirectory) { self.permissions = permissions }

    /// Whether `other` is this directory or lies somewhere in it.
    func contains(_ other: DirectoryNode) -> Bool {
        if self === other { return true }
        return entries.values.contains { node in
            if case .directory(let inner) = node { inner.contains(other) } else { false }
        }
    }
}

/// An atomic change of one or two names that is not durable yet.
struct NameChange {
    /// One name's new meaning; nil: it is gone.
    struct Assignment {
        let directory: DirectoryNode
        let name: String
        let node: DiskNode?

        init(_ directory: DirectoryNode, _ name: String, _ node: DiskNode?) {
            self.directory = directory
            self.name = name
            self.node = node
        }
    }

    /// The disk's clock when it was made.
    var number: Int
    var assignments: [Assignment]

    func touches(_ directories: Set<ObjectIdentifier>) -> Bool {
        assignments.contains { directories.contains(ObjectIdentifier($0.directory)) }
    }
}

extension SimulatedDisk {
    /// Makes a change visible; it is not durable yet.
    func change(_ assignments: [NameChange.Assignment]) {
        for assignment in assignments { assignment.directory.entries[assignment.name] = assignment.node }
        changes.append(NameChange(number: clock, assignments: assignments))
    }

    /// A directory was synced: its changes are durable, and those that they hang together with.
    func makeDurable(_ directory: DirectoryNode) {
        // Backwards: a change of two directories drags in the earlier changes of both.
        var directories: Set = [ObjectIdentifier(directory)]
        for change in changes.reversed() where change.touches(directories) {
            directories.formUnion(change.assignments.map { ObjectIdentifier($0.directory) })
        }
        changes.removeAll { change in
            guard change.touches(directories) else { return false }
            for assignment in change.assignments {
                assignment.directory.durableEntries[assignment.name] = assignment.node
            }
            return true
        }
    }

    // MARK: The crash

    /// Bytes written and not synced, over all files that a name leads to.
    package var unsyncedBytes: Int { reachableImages().reduce(0) { $0 + $1.unsyncedBytes } }

    /// How many changes of names are not durable.
    package var unsyncedNames: Int { changes.count }

    /// Files that have a name now, or would have one after a crash.
    private func reachableImages() -> [FileImage] {
        var seen: Set<ObjectIdentifier> = []
        var images: [FileImage] = []
        /// Everything under a node.
        func visit(_ node: DiskNode) {
            switch node {
            case .file(let image):
                if seen.insert(ObjectIdentifier(image)).inserted { images.append(image) }
            case .directory(let directory):
                guard seen.insert(ObjectIdentifier(directory)).inserted else { return }
                // In the order of names: a dictionary's own order differs from run to run (D1).
                for entries in [directory.entries, directory.durableEntries] {
                    for name in entries.keys.sorted() { if let node = entries[name] { visit(node) } }
                }
            }
        }
        visit(.directory(root))
        for change in changes { for assignment in change.assignments { if let node = assignment.node { visit(node) } } }
        return images
    }

    /// The disk as it is found when the machine starts again. This disk is left as it is, so that one run can look at
    /// many crashes. `dice` decides what survives where `survival` leaves a choice.
    package func afterCrash(_ survival: Survival, dice: inout Dice) -> SimulatedDisk {
        let cut = cut(survival, dice: &dice)
        let survivors: FileImage.Survivors =
            switch survival {
            case .synced: .none
            case .everything: .all
            case .anySectors: .sectors(settings.sectorBytes)
            case .inOrder, .firstBytes: .before(number: cut.number, thenBytes: cut.bytes)
            }
        let names = survivingNames(survival, cut: cut, dice: &dice)
        var settings = settings
        settings.errorsPerMille = [:]
        let room = DiskRoom(capacityBytes: settings.capacityBytes)
        var copies: [ObjectIdentifier: DiskNode] = [:]
        /// The surviving twin of a node, made once.
        func copy(_ node: DiskNode) -> DiskNode {
            switch node {
            case .file(let image):
                if let copy = copies[ObjectIdentifier(image)] { return copy }
                let copy = DiskNode.file(image.afterCrash(survivors, dice: &dice, room: room))
                copies[ObjectIdentifier(image)] = copy
                return copy
            case .directory(let directory):
                if let copy = copies[ObjectIdentifier(directory)] { return copy }
                let copied = DirectoryNode(permissions: directory.permissions)
                copies[ObjectIdentifier(directory)] = .directory(copied)
                let entries = names[ObjectIdentifier(directory)] ?? directory.durableEntries
                for name in entries.keys.sorted() {
                    if let node = entries[name] { copied.entries[name] = copy(node) }
                }
                copied.durableEntries = copied.entries
                return .directory(copied)
            }
        }
        guard case .directory(let root) = copy(.directory(root)) else { preconditionFailure("a root is a directory") }
        return SimulatedDisk(settings, dice: dice.fork("disk after a crash"), root: root, room: room)
    }

    /// The names of each directory that has unsynced changes, as they survive.
    private func survivingNames(
        _ survival: Survival, cut: (number: Int, bytes: Int), dice: inout Dice
    ) -> [ObjectIdentifier: [String: DiskNode]] {
        var names: [ObjectIdentifier: [String: DiskNode]] = [:]
        var stopped: Set<ObjectIdentifier> = []
        let perMille = dice.pick([100, 500, 900])
        for change in changes {
            let survives =
                switch survival {
                case .synced: false
                case .everything: true
                case .inOrder, .firstBytes: change.number < cut.number
                case .anySectors: !change.touches(stopped) && dice.happens(perMille: perMille)
                }
            guard survives else {
                stopped.formUnion(change.assignments.map { ObjectIdentifier($0.directory) })
                continue
            }
            for assignment in change.assignments {
                let key = ObjectIdentifier(assignment.directory)
                names[key, default: assignment.directory.durableEntries][assignment.name] = assignment.node
            }
        }
        return names
    }

    /// Where, in the one order of all unsynced operations, the disk stopped: before this number, and with so many bytes
    /// of it.
    private func cut(_ survival: Survival, dice: inout Dice) -> (number: Int, bytes: Int) {
        let writes = reachableImages().flatMap(\.unsynced).sorted { $0.number < $1.number }
        switch survival {
        case .firstBytes(var bytes):
            for write in writes where write.arenaOffset != nil {
                if bytes < write.range.count { return (write.number, bytes) }
                bytes -= write.range.count
            }
            return (clock + 1, 0)
        case .inOrder:
            let numbers = Set(writes.map(\.number) + changes.map(\.number)).sorted() + [clock + 1]
            let number = dice.pick(numbers)
            guard let write = writes.first(where: { $0.number == number }), !write.range.isEmpty else {
                return (number, 0)
            }
            let bytes = dice.roll(write.range.count + 1)
            guard settings.sectorsAreAtomic, bytes < write.range.count else { return (number, bytes) }
            // Back to the border of the sector in which it would tear.
            let end = (write.range.lowerBound + bytes) / settings.sectorBytes * settings.sectorBytes
            return (number, max(end - write.range.lowerBound, 0))
        case .synced, .everything, .anySectors: return (0, 0)
        }
    }
}
