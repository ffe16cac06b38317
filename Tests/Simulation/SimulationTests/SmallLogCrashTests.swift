// SmallLogCrashTests.swift: a log that syncs loses nothing at any crash point; one that leaves a sync out is caught.
//
// This is the proof that the simulated disk proves something. The workload runs once; at each of its crash points, for
// each way to survive and several dice, the log is opened on what the crash left, and must hold every acknowledged
// record, in order, and at most one more.

import Bytes
import Disk
import Simulation
import Testing

@Suite("A small log on the simulated disk")
struct SmallLogCrashTests {
    /// What the crashes of one run found.
    struct Report {
        var crashPoints = CrashPointCounts()
        var recoveries = 0
        var losses: [String] = []
    }

    /// What was acknowledged, and what was asked for and not acknowledged.
    private final class Promise {
        var acknowledged: [ByteSlice] = []
        var pending: ByteSlice?
    }

    /// Runs the workload with that step left out, crashing at every point.
    private func crashEverywhere(_ seed: UInt64, without: LeftOut?, failingSync: Bool = false) -> Report {
        var dice = Dice(seed: seed)
        var report = Report()
        let promise = Promise()
        // A byte-wise torn sector is what checksums are for, so the disk may tear them here.
        var settings = SimulatedDisk.Settings()
        settings.sectorsAreAtomic = false
        let disk = SimulatedDisk(settings, dice: dice.fork("disk"))
        var survivalDice = dice.fork("survival")
        disk.atCrashPoint = { [unowned disk] point in
            for survival in Survival.all {
                let left = disk.afterCrash(survival, dice: &survivalDice)
                report.recoveries += 1
                if let loss = Self.judge(left, promise, without) {
                    report.losses.append("\(loss), at \(point), survival \(survival)")
                }
            }
        }
        do {
            var log = try SmallLog(disk, without: without)
            if failingSync { disk.fail(DiskFault(.sync, after: 7)) }
            for number in 0..<40 {
                let text = ByteSlice([UInt8](repeating: UInt8(33 + number), count: 1 + dice.roll(1500)))
                promise.pending = text
                try log.append(text)
                promise.acknowledged.append(text)
                promise.pending = nil
                if number % 13 == 12 { try log.moveToNewFile() }
            }
        } catch {
            // A failed sync ends the program, which is right; the last crash is judged below.
        }
        disk.atCrashPoint = nil
        for survival in Survival.all {
            let left = disk.afterCrash(survival, dice: &survivalDice)
            report.recoveries += 1
            if let loss = Self.judge(left, promise, without) {
                report.losses.append("\(loss), at the end, \(survival)")
            }
        }
        report.crashPoints = disk.crashPoints
        return report
    }

    /// What is wrong with the log that a crash left; nil when nothing is.
    private static func judge(_ disk: SimulatedDisk, _ promise: Promise, _ without: LeftOut?) -> String? {
        do {
            let log = try SmallLog(disk, without: without)
            let expected = promise.acknowledged
            guard log.records.count >= expected.count, Array(log.records.prefix(expected.count)) == expected else {
                return "\(log.records.count) records are left of \(expected.count)"
            }
            let extra = log.records.dropFirst(expected.count)
            return extra.isEmpty || Array(extra) == [promise.pending] ? nil : "a record that nobody wrote"
        } catch {
            return "\(error)"
        }
    }

    @Test("with all its syncs it loses nothing, at any crash point", arguments: 0..<4)
    func losesNothing(seed: UInt64) {
        let report = crashEverywhere(seed, without: nil)
        #expect(report.losses.isEmpty, "\(report.losses.prefix(3))")
        #expect(report.recoveries > 400)
        if seed == 0 { print("bench: small log, crash points: \(report.crashPoints); \(report.recoveries) recoveries") }
        for kind in [CrashPoint.Kind.write, .sync, .create, .rename, .remove, .syncDirectory] {
            #expect(report.crashPoints[kind] > 0, "no crash point of kind \(kind)")
        }
    }

    @Test("with a failing sync it stops, and has lost nothing that it acknowledged", arguments: 0..<4)
    func failingSync(seed: UInt64) {
        let report = crashEverywhere(seed, without: nil, failingSync: true)
        #expect(report.losses.isEmpty, "\(report.losses.prefix(3))")
        #expect(report.crashPoints[.write] < 12, "it went on after a failed sync")
    }

    @Test("each step left out is caught", arguments: LeftOut.allCases)
    func leavingOutIsCaught(step: LeftOut) {
        // Not every seed must show every mistake, but a handful must.
        let losses = (0..<6).flatMap { seed in
            crashEverywhere(seed, without: step, failingSync: step == .stopAfterFailedSync).losses
        }
        #expect(!losses.isEmpty, "nobody noticed that \(step.rawValue) was left out")
    }
}
