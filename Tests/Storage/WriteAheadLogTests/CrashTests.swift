// CrashTests.swift: what if it had ended here? Asked at every write, sync and rename of a random member's life.
//
// A member appends, syncs, cuts, snapshots and purges on a simulated disk. At each crash point the disk is asked what
// a crash would leave, in four ways to survive, and a new member starts on that. Whatever was acknowledged must be
// there, and what is there must be something that the member once wrote down: the records up to some point, not before
// the last sync.
//
//     records    1 2 3 4 5 6 7 8 9              recovery may give   4 5 6 7
//     synced             4                      never               1 2 3, nor 5 without 4
//     crash                    7
//
// Then the new member goes on: what it read must survive a second crash right away (it counted it as durable), and so
// must what it writes next, behind whatever the first crash left there.
//
// THE FIVE BUGS at the end are planted in the disk, where a log with the bug and a disk with the bug look the same.

import Bytes
import Disk
import Foundation
import Identifiers
import RaftMessages
import Simulation
import Testing
import WriteAheadLog

/// How many seeds, from which on: see Tests/long.sh.
enum Settings {
    private static let environment = ProcessInfo.processInfo.environment
    static let first = UInt64(environment["ETCD_TEST_FIRST_SEED"] ?? "") ?? 1

    static func seeds(usually count: UInt64) -> Range<UInt64> {
        first..<(first + (environment["ETCD_TEST_SEEDS"].flatMap(UInt64.init) ?? count))
    }
}

/// What a log should say, kept without a disk: the whole history of records, and what was promised.
struct LogModel {
    /// What one record changed.
    enum Record {
        case entry(Entry)
        case state(HardState)
        case snapshot(LogPosition)
    }

    var records: [Record] = []
    /// How many records were promised to be there.
    var acknowledged = 0
    /// Whether the log as such was promised to be there.
    var exists = false
    /// The last entry, the state and the newest snapshot behind all records.
    var last = LogPosition()
    var state = HardState()
    var snapshot = LogPosition()
    var terms: [Term] = []

    mutating func add(_ entry: Entry) {
        terms.removeSubrange(Int(entry.index.rawValue - 1)...)
        terms.append(entry.term)
        last = LogPosition(term: entry.term, index: entry.index)
        records.append(.entry(entry))
    }

    mutating func add(_ new: HardState) {
        state = new
        records.append(.state(new))
    }

    mutating func add(snapshot position: LogPosition) {
        snapshot = position
        records.append(.snapshot(position))
    }

    /// The newest snapshot that was promised.
    var acknowledgedSnapshot: LogPosition {
        var newest = LogPosition()
        for record in records.prefix(acknowledged) {
            if case .snapshot(let position) = record { newest = position }
        }
        return newest
    }

    /// For some number of records, not fewer than promised: is it exactly this that was read?
    func explains(_ contents: LogContents) -> Bool {
        var entries: [Entry] = []
        var state: HardState?
        var snapshots: Set<LogPosition> = [LogPosition()]
        for count in 0...records.count {
            if count >= acknowledged, snapshots.contains(contents.start), state == contents.state,
                contents.entries.count == entries.count - Int(contents.start.index.rawValue),
                contents.entries.elementsEqual(entries.dropFirst(Int(contents.start.index.rawValue)))
            {
                return true
            }
            guard count < records.count else { break }
            switch records[count] {
            case .entry(let entry):
                entries.removeSubrange(Int(entry.index.rawValue - 1)...)
                entries.append(entry)
            case .state(let new): state = new
            case .snapshot(let position): snapshots.insert(position)
            }
        }
        return false
    }
}

/// What a crash test found wrong.
struct Loss: Error, CustomStringConvertible {
    let description: String
}

/// Something that a workload changes while a closure looks at it.
final class Box<Value> {
    var value: Value
    init(_ value: Value) { self.value = value }
}

/// Lives a random life; `model` always says what has been promised.
enum RandomLife {
    static let segmentBytes = 8192
    static let snapshots = "/member/snap"

    static func run<Store: Disk>(on disk: Store, dice: inout Dice, steps: Int, model: Box<LogModel>) throws {
        try disk.createDirectory("/member", permissions: .privateDirectory)
        try disk.syncDirectory("/")
        try disk.createDirectory(snapshots, permissions: .privateDirectory)
        try disk.syncDirectory("/member")
        var log = try WriteAheadLog.create(
            Workshop.directory, on: disk, metadata: Workshop.metadata, segmentBytes: segmentBytes)
        model.value.exists = true
        for _ in 0..<steps { try step(&log, on: disk, &dice, model) }
    }

    static func step<Store: Disk>(
        _ log: inout WriteAheadLog<Store>, on disk: Store, _ dice: inout Dice, _ model: Box<LogModel>
    ) throws {
        switch dice.roll(100) {
        case 0..<60: try log.append(batch(&dice, &model.value))
        case 60..<90:
            let written = model.value.records.count
            try log.sync()
            model.value.acknowledged = written
        case 90..<94: log.prepareNextSegment()
        default: try snapshot(&log, on: disk, &dice, model)
        }
    }

    /// Some entries, perhaps from a new leader who replaces ours, and perhaps a state.
    static func batch(_ dice: inout Dice, _ model: inout LogModel) -> LogBatch {
        var batch = LogBatch()
        if dice.happens(perMille: 150) {
            // A new term; its leader may not have all of our uncommitted entries.
            var state = model.state
            state.term = max(model.state.term, model.last.term).next
            state.vote = MemberID(rawValue: UInt64(dice.roll(1...3)))
            batch.add(state)
            model.add(state)
        }
        var index = model.last.index.rawValue + 1
        if model.state.term > model.last.term, dice.happens(perMille: 400) {
            index = UInt64(dice.roll(Int(model.state.commit.rawValue) + 1...Int(model.last.index.rawValue) + 1))
        }
        for _ in 0..<dice.roll(0...3) {
            let size = dice.happens(perMille: 200) ? dice.roll(1000...4000) : dice.roll(0...200)
            let byte = dice.happens(perMille: 100) ? 0 : UInt8(dice.roll(256))
            let entry = Entry(
                term: max(model.state.term, 1), index: LogIndex(rawValue: index),
                data: ByteSlice([UInt8](repeating: byte, count: size)))
            batch.add(entry)
            model.add(entry)
            index += 1
        }
        if dice.happens(perMille: 500) {
            var state = model.state
            state.term = max(state.term, 1)
            if model.last.index > state.commit {
                state.commit = LogIndex(
                    rawValue: UInt64(dice.roll(Int(state.commit.rawValue)...Int(model.last.index.rawValue))))
            }
            batch.add(state)
            model.add(state)
        }
        return batch
    }

    /// The four steps of a snapshot, as Snapshots.swift has them.
    static func snapshot<Store: Disk>(
        _ log: inout WriteAheadLog<Store>, on disk: Store, _ dice: inout Dice, _ model: Box<LogModel>
    ) throws {
        let commit = model.value.state.commit
        guard commit > model.value.snapshot.index else { return }
        let position = LogPosition(term: model.value.terms[Int(commit.rawValue) - 1], index: commit)
        // The state that commits it must be there before: the log's own promise, kept by a sync.
        var written = model.value.records.count
        try log.sync()
        model.value.acknowledged = written
        var file = Snapshot()
        file.data = "{}"
        file.metadata.index = position.index
        file.metadata.term = position.term
        file.metadata.confState.voters = [1]
        try SnapshotFiles.write(file, in: snapshots, on: disk)
        var batch = LogBatch()
        var record = Workshop.snapshot(position.index.rawValue, term: position.term.rawValue)
        record.confState = file.metadata.confState
        batch.add(record)
        model.value.add(snapshot: position)
        try log.append(batch)
        written = model.value.records.count
        try log.sync()
        model.value.acknowledged = written
        log.release(upTo: position.index)
        if dice.happens(perMille: 500) {
            _ = try Purge.files(endingIn: ".wal", keeping: 2, in: Workshop.directory, on: disk)
            _ = try Purge.files(endingIn: ".snap", keeping: 2, in: snapshots, on: disk)
        }
    }

    /// Starts a member on what a crash left, as the server does, and judges what it finds. Nil when there is no log,
    /// and none was promised.
    static func recover<Store: Disk>(on disk: Store, model: LogModel) throws -> WriteAheadLog<Store>.Opened? {
        guard try disk.status(of: Workshop.directory) != nil else {
            if model.exists { throw Loss(description: "the log is gone") }
            return nil
        }
        let recorded = try LogReader.survey(Workshop.directory, on: disk)
        let snapshot = try SnapshotFiles.newest(among: recorded, in: snapshots, on: disk)
        let start = snapshot.map { LogPosition(term: $0.metadata.term, index: $0.metadata.index) } ?? LogPosition()
        let promised = model.acknowledgedSnapshot
        guard start.index >= promised.index else {
            throw Loss(description: "it starts at \(start), but the snapshot at \(promised) was acknowledged")
        }
        let opened = try WriteAheadLog.open(Workshop.directory, on: disk, from: start, segmentBytes: segmentBytes)
        let contents = opened.contents
        guard model.explains(contents) else {
            throw Loss(
                description: """
                    \(contents.entries.count) entries after \(contents.start) up to \(contents.last) and the state \
                    \(String(describing: contents.state)) were read; no \(model.acknowledged) to \(model.records.count) of the \
                    records that were written say that
                    """)
        }
        return opened
    }
}

/// Judges what crashes leave.
struct CrashJudge<Store: Disk> {
    /// How a log sees the disk that a crash left.
    let wrap: (SimulatedDisk) -> Store
    /// How many states after a crash were judged.
    var judged = 0

    /// Every way to survive a crash at this moment. `depth` crashes may still happen during recoveries.
    mutating func judge(_ disk: SimulatedDisk, _ dice: inout Dice, _ model: LogModel, depth: Int = 1) throws {
        for survival in Survival.all {
            let left = disk.afterCrash(survival, dice: &dice)
            do {
                if depth > 0, dice.happens(perMille: 30) { try judgeRecovery(on: left, &dice, model) }
                try live(on: left, &dice, model)
            } catch {
                throw Loss(description: "after a crash that \(survival) survives: \(error)")
            }
        }
    }

    /// The recovery, what it made durable, and a little life after it.
    private mutating func live(on left: SimulatedDisk, _ dice: inout Dice, _ model: LogModel) throws {
        judged += 1
        guard let opened = try RandomLife.recover(on: wrap(left), model: model) else { return }
        let contents = opened.contents
        // What was read counts as durable from now on.
        let again = try LogReader.read(
            Workshop.directory, on: left.afterCrash(.synced, dice: &dice), from: contents.start)
        guard same(again, contents) else { throw Loss(description: "a second crash took what the first had left") }
        // And so does what is written behind it.
        var log = opened.takeLog()
        let term = max(contents.state?.term ?? .zero, contents.last.term).next
        let size = dice.roll(0...1500)
        let next = Entry(
            term: term, index: contents.last.index.next, data: ByteSlice([UInt8](repeating: 0xAA, count: size)))
        try log.append(Workshop.batch([next]))
        try log.sync()
        let more = try LogReader.read(
            Workshop.directory, on: left.afterCrash(.synced, dice: &dice), from: contents.start)
        guard more.entries.count == contents.entries.count + 1, more.entries.last == next else {
            throw Loss(description: "what was written after the recovery is gone after a second crash")
        }
    }

    /// The recovery itself is stopped at one of its crash points, and has to be done again.
    private mutating func judgeRecovery(on left: SimulatedDisk, _ dice: inout Dice, _ model: LogModel) throws {
        let copy = left.afterCrash(.everything, dice: &dice)
        copy.crashAt(point: dice.roll(1...6))
        do {
            if let opened = try RandomLife.recover(on: wrap(copy), model: model) {
                _ = opened.takeLog().appended
                return
            }
        } catch LogError.disk(let error, _) where error.kind == .crashed {
        } catch let error as DiskError where error.kind == .crashed {
        }
        try judge(copy, &dice, model, depth: 0)
    }

    private func same(_ left: LogContents, _ right: LogContents) -> Bool {
        left.entries == right.entries && left.state == right.state && left.metadata == right.metadata
    }
}

@Suite("Crashes")
struct CrashTests {
    /// One life, judged at each of its crash points. Returns the points by kind and how many states were judged.
    private func life<Store: Disk>(
        seed: UInt64, steps: Int = 60, wrap: @escaping (SimulatedDisk) -> Store
    ) throws -> (points: CrashPointCounts, judged: Int) {
        var dice = Dice(seed: seed)
        let disk = SimulatedDisk(dice: dice.fork("disk"))
        let judge = Box(CrashJudge(wrap: wrap))
        let crashDice = Box(dice.fork("crashes"))
        let model = Box(LogModel())
        let loss = Box<Loss?>(nil)
        disk.atCrashPoint = { [unowned disk] point in
            guard loss.value == nil else { return }
            do {
                try judge.value.judge(disk, &crashDice.value, model.value)
            } catch {
                loss.value = Loss(
                    description: "at \(point.kind.rawValue) \(point.path) (crash point \(point.number)) \(error)")
            }
        }
        try RandomLife.run(on: wrap(disk), dice: &dice, steps: steps, model: model)
        disk.atCrashPoint = nil
        if let loss = loss.value { throw loss }
        return (disk.crashPoints, judge.value.judged)
    }

    @Test("a crash at any write, sync or rename loses nothing that was acknowledged")
    func everywhere() {
        var points = CrashPointCounts()
        var judged = 0
        let seeds = Settings.seeds(usually: 200)
        for seed in seeds {
            do {
                let (more, states) = try life(seed: seed) { $0 }
                points += more
                judged += states
            } catch {
                Issue.record("seed \(seed): \(error) (replay: ETCD_TEST_FIRST_SEED=\(seed) ETCD_TEST_SEEDS=1)")
                return
            }
        }
        print("log: \(seeds.count) lives, crash points: \(points); \(judged) recoveries judged")
        if seeds.count >= 200 {
            for kind in CrashPoint.Kind.allCases { #expect(points[kind] > 0, "no crash at a \(kind.rawValue)") }
        }
    }

    /// Bugs that only a crash shows.
    enum Planted: String, CaseIterable {
        case noSync, directoryNotSynced, checksumNotCarriedOverACut, wrongTruncationPoint

        func plant(in plan: FailingDisk.Plan) {
            switch self {
            case .noSync: plan.forgetsSyncs = true
            case .directoryNotSynced: plan.forgetsDirectories = true
            case .checksumNotCarriedOverACut: plan.forgetsChain = true
            case .wrongTruncationPoint: plan.cutsWrongBy = 8
            }
        }
    }

    @Test("a planted bug is caught within the same seeds", arguments: Planted.allCases)
    func planted(bug: Planted) {
        for seed in Settings.seeds(usually: 200) {
            do {
                _ = try life(seed: seed) { inner in
                    let disk = FailingDisk(inner)
                    bug.plant(in: disk.plan)
                    return disk
                }
            } catch {
                print("planted \(bug.rawValue): caught by seed \(seed): \("\(error)".prefix(200))")
                return
            }
        }
        Issue.record("\(bug.rawValue) was not caught")
    }
}
