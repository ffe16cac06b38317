// CrashRig.swift: a tree on a disk that may lose its power at any moment, and a judge.
//
// Random work goes on in the tree while its batches are carried out on the simulated disk, step by step and
// interleaved with the work, as a second thread would do it:
//
//     tree   put put freeze(31) put delete put freeze(32) put ...        up to three batches wait
//     disk       grow  write  write  sync  write-meta  sync  acknowledge(31)  write ...
//                   ^      ^      ^     ^       ^        ^
//                   at each of these the disk calls the judge: what if the power failed now?
//
// The judge lets the disk forget in several ways, opens what is left, and asks: Is it whole? Is it the
// content of a transaction that was frozen, and not an older one than the last acknowledged? Can work go on?

import BoltFile
import Bytes
import Disk
import Simulation

/// Mistakes that somebody might make; the judge must notice each.
enum PlantedBug: CaseIterable {
    /// Step 3 of a batch is forgotten.
    case noSyncBeforeMeta
    /// A page is taken again by the transaction that freed it.
    case pageReusedTooEarly
    /// The tree is told "durable" when the meta is written and not synced.
    case acknowledgedTooEarly
    /// A reader goes on reading a version that it has given back.
    case readingWithoutPin
}

/// One run of random work on a simulated disk.
final class CrashRig {
    /// What the run met, by kind.
    struct Counts {
        var points: [CrashPoint.Kind: Int] = [:]
        var recoveries = 0
        var batches = 0
        var rolledForward = 0
    }

    private let bug: PlantedBug?
    private var dice: Dice
    private let disk: SimulatedDisk
    private let file: SimulatedFile
    private let mapping: SimulatedMapping
    private var tree: BoltFile
    private let buckets: [BucketHandle]
    private static let names = [ByteSlice(utf8: "key"), ByteSlice(utf8: "meta")]

    /// The content now, and the content of each frozen transaction that a crash may bring back.
    private var content: [[[UInt8]: [UInt8]]] = [[:], [:]]
    private var frozen: [UInt64: [[[UInt8]: [UInt8]]]] = [:]
    private var acknowledged: UInt64 = 0
    private var waiting: [PageBatch] = []
    private var step = 0
    private var pinned: [(version: FrozenVersion, content: [[[UInt8]: [UInt8]]])] = []
    private var finding: (any Error)?
    private(set) var counts = Counts()
    private let pageSize: Int

    init(seed: UInt64, bug: PlantedBug? = nil) throws {
        self.bug = bug
        dice = Dice(seed: seed)
        pageSize = dice.pick([1024, 2048, 4096])
        disk = SimulatedDisk(dice: dice.fork("disk"))
        file = try disk.open("/db", .creatingNew)
        let empty = BoltFile.newFile(pageSize: pageSize)
        try file.write(empty.view, at: 0)
        try file.sync()
        try disk.syncDirectory("/")
        mapping = try file.map(reserving: 2 << 20)
        tree = try BoltFile(mapping: mapping.reserved, fileLength: empty.count)
        var buckets: [BucketHandle] = []
        for name in Self.names { buckets.append(try tree.createBucket(name.view)) }
        self.buckets = buckets
        if bug == .pageReusedTooEarly { tree.plantEarlyReuse() }
        // The first commit makes the buckets; crashes are judged from then on.
        if let batch = try tree.freeze() {
            try carryOutAtOnce(batch)
            acknowledged = batch.transaction
        }
        frozen[acknowledged] = content
    }

    private func carryOutAtOnce(_ batch: PageBatch) throws {
        waiting.append(batch)
        while !waiting.isEmpty { try carryOutStep() }
    }

    // MARK: The run

    func run(actions: Int) throws -> Counts {
        disk.atCrashPoint = { [unowned self] point in
            counts.points[point.kind, default: 0] += 1
            // Only the first finding counts.
            guard finding == nil else { return }
            do { try judge() } catch { finding = error }
        }
        for _ in 0..<actions {
            // A page that is reused at once may not have a block of a batch that is still under way.
            let alone = bug == .pageReusedTooEarly
            if waiting.isEmpty || !alone && dice.happens(perMille: 500) { try work() } else { try carryOutStep() }
            if let finding { throw finding }
        }
        if let batch = try tree.freeze() {
            frozen[batch.transaction] = content
            waiting.append(batch)
        }
        while !waiting.isEmpty { try carryOutStep() }
        if let finding { throw finding }
        try mustBeWhole(tree.check(), "after the run")
        return counts
    }

    private func work() throws {
        switch dice.roll(100) {
        case 0..<12 where waiting.count < 3:
            if let batch = try tree.freeze() {
                frozen[batch.transaction] = content
                waiting.append(batch)
                counts.batches += 1
            }
        case 12..<16: if pinned.count < 3 { pin() }
        case 16..<20: if !pinned.isEmpty { try unpin() }
        default: for _ in 0...dice.roll(12) { try change() }
        }
    }

    private func change() throws {
        let bucket = dice.roll(buckets.count)
        let key = ByteSlice(Array("key \(dice.roll(bucket == 0 ? 150 : 8))".utf8))
        if dice.happens(perMille: 350) {
            let was = content[bucket].removeValue(forKey: key.array) != nil
            try must(try tree.delete(key.view, in: buckets[bucket]) == was, "\(key) was there: \(was)")
        } else {
            let length = dice.happens(perMille: 30) ? dice.roll(3 * pageSize) : dice.roll(pageSize / 8)
            let value = ByteSlice([UInt8](repeating: UInt8(dice.roll(256)), count: length))
            try tree.put(key.view, value.view, in: buckets[bucket])
            content[bucket][key.array] = value.array
        }
    }

    private func pin() {
        let version = tree.pin()
        if let content = frozen[version.meta.transaction] { pinned.append((version, content)) }
        if bug == .readingWithoutPin { tree.unpin(version) }
    }

    private func unpin() throws {
        let (version, content) = pinned.remove(at: dice.roll(pinned.count))
        try compare(version, content, "a pinned version of transaction \(version.meta.transaction)")
        if bug != .readingWithoutPin { tree.unpin(version) }
    }

    /// The next of the steps of the oldest waiting batch.
    private func carryOutStep() throws {
        let batch = waiting[0]
        let step = step
        self.step += 1
        switch step {
        case 0: if let length = batch.fileLength { try file.truncate(to: length) }
        case 1...batch.pages.count:
            let write = batch.pages[step - 1]
            try file.write(write.bytes, at: write.offset)
        case batch.pages.count + 1:
            if bug != .noSyncBeforeMeta { try file.syncData() }
        case batch.pages.count + 2:
            try file.write(batch.meta.view, at: batch.metaOffset)
            if bug == .acknowledgedTooEarly { acknowledged = batch.transaction }
        case batch.pages.count + 3: try file.syncData()
        default:
            tree.becameDurable(batch.transaction)
            acknowledged = batch.transaction
            frozen = frozen.filter { $0.key >= acknowledged }
            waiting.removeFirst()
            self.step = 0
        }
    }

    // MARK: The judge

    private func judge() throws {
        for survival in [dice.pick(Survival.all), dice.pick(Survival.all)] {
            let after = disk.afterCrash(survival, dice: &dice)
            try recover(after, "after \(survival), acknowledged \(acknowledged)")
            counts.recoveries += 1
        }
    }

    private func recover(_ after: SimulatedDisk, _ note: String) throws {
        let file = try after.open("/db", .writing)
        let mapping = try file.map(reserving: 2 << 20)
        defer { withExtendedLifetime((file, mapping)) {} }
        let version = try FrozenVersion(mapping: mapping.reserved, fileLength: try file.size())
        let transaction = version.meta.transaction
        try must(transaction >= acknowledged, "\(note): transaction \(transaction) came back")
        guard let content = frozen[transaction] else { throw Finding(description: "\(note): \(transaction) never was") }
        if transaction > acknowledged { counts.rolledForward += 1 }
        try compare(version, content, note)

        // Life goes on: the file opens for writing, and what is written next is sound.
        var tree = try BoltFile(mapping: mapping.reserved, fileLength: try file.size())
        let key = ByteSlice(utf8: "after the crash")
        guard let bucket = try tree.openBucket(Self.names[1].view) else {
            throw Finding(description: "\(note): a bucket is gone")
        }
        try tree.put(key.view, key.view, in: bucket)
        guard let batch = try tree.freeze() else { throw Finding(description: "\(note): nothing to commit") }
        try must(batch.transaction == transaction + 1, "\(note): transaction \(batch.transaction) after \(transaction)")
        try mustBeWhole(tree.check(), "\(note), after one more commit")
    }

    private func compare(_ version: FrozenVersion, _ content: [[[UInt8]: [UInt8]]], _ note: String) throws {
        try mustBeWhole(version.check(), note)
        for (name, expected) in zip(Self.names, content) {
            guard let bucket = try version.root.bucket(name.view) else {
                throw Finding(description: "\(note): bucket \(name) is gone")
            }
            var cursor = bucket.cursor()
            var found = 0
            try cursor.first()
            while cursor.isValid {
                let value = expected[cursor.key.array]
                try must(value == cursor.value.array, "\(note): \(cursor.key.quoted) in \(name) has another value")
                found += 1
                try cursor.next()
            }
            try must(found == expected.count, "\(note): \(found) of \(expected.count) keys in \(name)")
        }
    }
}
