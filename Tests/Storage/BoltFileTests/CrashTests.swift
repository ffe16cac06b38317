// CrashTests.swift: the power fails at every write and every sync.

import BoltFile
import Simulation
import Testing

@Suite("Crashes")
struct CrashTests {
    @Test("whatever a crash leaves is a committed state, none older than the last acknowledged")
    func everywhere() throws {
        var points: [CrashPoint.Kind: Int] = [:]
        var (recoveries, batches, forward) = (0, 0, 0)
        try Seeds.each(150) { seed in
            let counts = try CrashRig(seed: seed).run(actions: 150)
            points.merge(counts.points, uniquingKeysWith: +)
            recoveries += counts.recoveries
            batches += counts.batches
            forward += counts.rolledForward
        }
        let kinds = points.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.key.rawValue) \($0.value)" }
        print("crash points: \(kinds.joined(separator: ", ")); \(recoveries) recoveries after \(batches) batches,")
        print("of which \(forward) found a transaction that was durable before it was acknowledged")
        // Each kind of moment was met, or this test says less than it seems to.
        for kind in [CrashPoint.Kind.write, .sync, .truncate] { #expect(points[kind, default: 0] > 0, "\(kind)") }
        #expect(forward > 0)
    }

    @Test("each planted bug is caught", arguments: PlantedBug.allCases)
    func planted(bug: PlantedBug) {
        var caught: (seed: UInt64, error: any Error)?
        for seed in 1...60 as ClosedRange<UInt64> where caught == nil {
            do { _ = try CrashRig(seed: seed, bug: bug).run(actions: 150) } catch { caught = (seed, error) }
        }
        #expect(caught != nil, "\(bug) went through 60 seeds unseen")
        if let caught { print("\(bug): caught with seed \(caught.seed): \(caught.error)") }
    }
}
