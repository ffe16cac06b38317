// DiskFaults.swift: the words for what a disk may do to a program, and for what it did.
//
// WHY SO MANY WAYS TO SURVIVE A CRASH? Each catches another kind of mistake:
//
//     synced         a sync that is missing: whatever was acknowledged without one is gone
//     everything     a program that relies on unsynced bytes being gone
//     inOrder        the end of a log: some first part of all operations happened, the last write is torn
//     anySectors     a reliance on order: a commit record that reached the disk before the data it commits

package import Disk

/// What survives a crash of what was not synced.
package enum Survival: Hashable, Sendable {
    /// Nothing.
    case synced
    /// All of it: the system had just written everything back.
    case everything
    /// Some first part of the operations, as they were made; the write that was under way is torn, at a sector's
    /// border where sectors are atomic.
    case inOrder
    /// Each sector for itself: as it was at the last sync, or as any write since left it. Each directory keeps some
    /// first part of its changes; each file has one of the sizes that it had.
    case anySectors
    /// Exactly the first so many unsynced bytes, in the order in which they were written, torn even within a sector:
    /// for tests that crash at every byte.
    case firstBytes(Int)

    /// Those that need no number.
    package static let all: [Survival] = [.synced, .everything, .inOrder, .anySectors]
}

/// What a program asks of a disk, as far as faults and the journal tell operations apart.
package enum DiskOperation: String, Hashable, Sendable, CaseIterable {
    /// Looking at names and opening what exists.
    case open, list
    /// Changing names.
    case create, rename, remove, syncDirectory
    /// Bytes of a file.
    case read, write, truncate, preallocate, sync
    /// Memory and locks.
    case map, lock
}

/// A moment at which a crash leaves something that no other moment leaves.
package struct CrashPoint: Hashable, Sendable {
    /// What is in flight.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// Bytes: some of them may be there.
        case write
        /// A size.
        case truncate, preallocate
        /// A sync of a file: it has not happened yet.
        case sync
        /// A name that may or may not be there.
        case create, rename, remove
        /// A sync of a directory: it has not happened yet.
        case syncDirectory
    }

    /// Counted from 1, over all kinds.
    package var number: Int
    /// What is in flight.
    package var kind: Kind
    /// On which file or directory.
    package var path: String
}

/// How many crash points of each kind were passed.
package struct CrashPointCounts: Hashable, Sendable, CustomStringConvertible {
    private var counts = [Int](repeating: 0, count: CrashPoint.Kind.allCases.count)
    /// All of them.
    package private(set) var total = 0

    /// None yet.
    package init() {}

    /// How many of a kind.
    package subscript(kind: CrashPoint.Kind) -> Int { counts[kind.place] }

    /// One more; returns how many there are of all kinds.
    mutating func count(_ kind: CrashPoint.Kind) -> Int {
        counts[kind.place] += 1
        total += 1
        return total
    }

    /// Adds those of another run, for reports.
    package static func += (left: inout CrashPointCounts, right: CrashPointCounts) {
        for kind in CrashPoint.Kind.allCases { left.counts[kind.place] += right.counts[kind.place] }
        left.total += right.total
    }

    /// `812 write, 40 sync, 3 rename: 855 in all`
    package var description: String {
        let parts = CrashPoint.Kind.allCases.filter { self[$0] > 0 }.map { "\(self[$0]) \($0.rawValue)" }
        return (parts.isEmpty ? "none" : parts.joined(separator: ", ")) + ": \(total) in all"
    }
}

/// A failure that was asked for.
package struct DiskFault: Hashable, Sendable {
    /// Which operation fails.
    package var operation: DiskOperation
    /// On a path that ends so; "" is any.
    package var pathSuffix: String
    /// How many of them succeed before.
    package var after: Int
    /// What it says.
    package var kind: DiskError.Kind

    /// Fails once.
    package init(
        _ operation: DiskOperation, of pathSuffix: String = "", after: Int = 0, kind: DiskError.Kind = .inputOutput
    ) {
        self.operation = operation
        self.pathSuffix = pathSuffix
        self.after = after
        self.kind = kind
    }
}

/// One thing that a disk did.
package struct DiskAction: Hashable, Sendable, CustomStringConvertible {
    /// Which of all calls it was.
    package var number: Int
    /// What was asked for.
    package var operation: DiskOperation
    /// Of which file or directory.
    package var path: String
    /// Where in the file.
    package var offset = 0
    /// How many bytes.
    package var count = 0
    /// How it failed, if it did.
    package var failure: DiskError.Kind?

    /// `#17 write wal/0.wal [512, 1024)`
    package var description: String {
        let range = count > 0 ? " [\(offset), \(offset + count))" : ""
        return "#\(number) \(operation.rawValue) \(path)\(range)" + (failure.map { ": \($0)" } ?? "")
    }
}

/// The last things that a disk did, and a digest of all of them.
package struct DiskJournal: Sendable {
    /// How many are kept at least.
    private let limit: Int
    private var kept: [DiskAction] = []
    /// Changes with every action; equal runs have equal digests.
    package private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325

    init(limit: Int) { self.limit = limit }

    mutating func append(_ action: DiskAction) {
        stir(action.number)
        stir(action.offset)
        stir(action.count)
        stir(action.failure == nil ? 0 : 1)
        guard limit > 0 else { return }
        // Half is dropped at once, so that dropping costs one move for `limit` actions.
        if kept.count >= 2 * limit { kept.removeFirst(kept.count - limit) }
        kept.append(action)
    }

    /// One step of FNV-1a, a word at a time.
    private mutating func stir(_ word: Int) {
        digest = (digest ^ UInt64(truncatingIfNeeded: word)) &* 0x0000_0100_0000_01B3
    }

    /// The last actions, oldest first.
    package var actions: ArraySlice<DiskAction> { kept.suffix(limit) }
}
