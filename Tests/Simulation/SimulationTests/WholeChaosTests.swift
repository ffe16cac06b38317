// WholeChaosTests.swift: whole members, crashed at every kind of moment, and everything that they ever said.
//
// `ETCD_TEST_SEEDS` says how many, `ETCD_TEST_FIRST_SEED` where to begin. A failing run prints its seed; run it alone
// to see it again.

import Foundation
import Simulation
import Testing

@Suite("Whole members in chaos")
struct WholeChaosTests {
    static let environment = ProcessInfo.processInfo.environment
    static let seeds = environment["ETCD_TEST_SEEDS"].flatMap(UInt64.init) ?? defaultSeeds
    static let firstSeed = environment["ETCD_TEST_FIRST_SEED"].flatMap(UInt64.init) ?? 1

    #if DEBUG
        static let defaultSeeds: UInt64 = 20
    #else
        static let defaultSeeds: UInt64 = 400
    #endif

    @Test("every promise is kept on every seed, and every kind of thing happened")
    func promises() {
        var sum = WholeCluster.Counts()
        for seed in Self.firstSeed..<(Self.firstSeed + Self.seeds) {
            let chaos = WholeChaos(seed: seed)
            if let promise = chaos.run() {
                Issue.record("ETCD_TEST_FIRST_SEED=\(seed) ETCD_TEST_SEEDS=1: \(promise)")
            }
            sum += chaos.cluster.counts
        }
        print("whole members, \(Self.seeds) runs: \(sum)")
        let runs = Int(Self.seeds)
        guard runs >= 20 else { return }
        #expect(sum.puts >= 20 * runs && sum.deletions >= runs && sum.swaps >= 4 * runs)
        #expect(sum.reads >= 4 * runs && sum.localReads >= 4 * runs && sum.compactions * 2 >= runs)
        #expect(sum.told >= 50 * runs && sum.resumed >= 6 * runs && sum.letters >= 100 * runs)
        #expect(sum.crashes >= 2 * runs && sum.tornCrashes * 2 >= runs && sum.restarts >= 2 * runs)
        #expect(sum.snapshots * 2 >= runs && sum.batches >= 5 * runs)
    }

    @Test(
        "each planted bug is caught, and the promise that it breaks is named", arguments: WholeMember.Flaws.all.indices)
    func flaws(index: Int) {
        let (flaw, name) = WholeMember.Flaws.all[index]
        for seed in 1...Self.defaultSeeds {
            let chaos = WholeChaos(seed: seed, flaws: flaw)
            guard let promise = chaos.run() else { continue }
            print("planted: \(name), caught at seed \(seed) by \(promise)")
            return
        }
        Issue.record("\(name): \(Self.defaultSeeds) seeds did not notice")
    }

    @Test("equal seeds give equal histories")
    func repeats() {
        let runs = (1...2).map { _ in
            let chaos = WholeChaos(seed: 7)
            _ = chaos.run()
            return chaos.cluster.counts
        }
        #expect(runs[0] == runs[1])
    }
}
