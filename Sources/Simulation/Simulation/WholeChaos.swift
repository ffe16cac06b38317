// WholeChaos.swift: does a whole member keep its word when everything goes wrong?
//
// As in Chaos.swift: first faults of every kind, all the time; then peace, in which work must go on, and in which
// everything that was ever said is compared with what happened.
//
//     chaos    power cuts between two turns, and in the middle of any write of any file; partitions, lost and
//              doubled letters; clocks that drift; watchers that lose their connection
//     peace    all are up; the observer has seen the last revision on every member; hashes are equal; the judge sits
//
// A RUN IS ITS SEED. To see a failing run again, run its seed again.
//
// SHOWN BY  WholeChaosTests

import Bytes
import Identifiers

/// One run over whole members.
package final class WholeChaos {
    /// The cluster.
    package let cluster: WholeCluster
    private var dice: Dice
    private let questions: Int
    private var asked = 0
    private var isOver = false
    private let faultEvery: Int
    /// What the swapping client saw last of a key.
    private static let keys = (0..<8).map { "k\($0)" }

    /// A run of a seed.
    package init(seed: UInt64, questions: Int = 250, flaws: WholeMember.Flaws = []) {
        var dice = Dice(seed: seed)
        var settings = WholeCluster.Settings()
        settings.size = dice.pick([1, 1, 3])
        settings.flaws = flaws
        settings.snapshotCount = dice.pick([12, 40, 120])
        settings.weather = Weather(
            dropPerMille: dice.pick([0, 20, 100]), doublePerMille: dice.pick([0, 30]),
            delay: dice.pick([1...3, 1...40]), latePerMille: dice.pick([0, 20]), lateDelay: 100...800)
        faultEvery = dice.pick([200, 500, 1500])
        cluster = WholeCluster(settings, seed: dice.next())
        self.questions = questions
        self.dice = dice
    }

    /// Runs to the end; the answer is the first promise that was broken.
    package func run() -> BrokenPromise? {
        cluster.followers = [
            Follower("observer", from: "a", to: "z", after: 1), Follower("one key", from: "k3", to: "k30", after: 1),
            Follower("some keys", from: "k2", to: "k6", after: 1), Follower("all", from: "a", to: "z", after: 1),
        ]
        for id in cluster.ids {
            cluster.member(id).ticksPerMille = dice.roll(850...1150)
            cluster.start(id)
        }
        planQuestion()
        planFault()
        planWatching()
        while asked < questions, cluster.broken == nil, cluster.now < 600_000 { cluster.run(until: cluster.now + 200) }
        if cluster.broken == nil { makePeace() }
        return cluster.broken
    }

    // MARK: Chaos

    private func planQuestion() {
        cluster.plan(after: dice.roll(1...30)) { [unowned self] in
            if !isOver { askSomething() }
            planQuestion()
        }
    }

    private func askSomething() {
        asked += 1
        let id = dice.pick(cluster.ids)
        let key = dice.pick(Self.keys)
        let last = dice.pick(Self.keys)
        let (from, to) = (min(key, last), max(key, last) + "~")
        switch dice.roll(20) {
        case 0..<9: cluster.ask(.put(key: key, value: Array("v\(asked)".utf8)), of: id)
        case 9: cluster.ask(.delete(from: from, to: to), of: id)
        case 10..<13:
            let modified = cluster.truth.state(at: cluster.truth.revision)?[key]?.modified ?? 0
            cluster.ask(.swap(key: key, ifModified: modified, value: Array("s\(asked)".utf8)), of: id)
        case 13..<16: cluster.ask(.read(from: from, to: to, serializable: false), of: id)
        case 16..<19: cluster.ask(.read(from: from, to: to, serializable: true), of: id)
        default:
            // Nothing is compacted that the observer has not written down.
            if cluster.truth.revision > 4 {
                cluster.ask(.compact(cluster.truth.revision - Int64(dice.roll(4))), of: id)
            }
        }
    }

    private func planWatching() {
        cluster.plan(after: dice.roll(20...200)) { [unowned self] in
            if dice.happens(perMille: isOver ? 0 : 60) {
                cluster.disconnect(dice.pick(cluster.followers))
            }
            for follower in cluster.followers { cluster.resume(follower) }
            planWatching()
        }
    }

    private func planFault() {
        cluster.plan(after: dice.roll(1...(2 * faultEvery))) { [unowned self] in
            if !isOver {
                injectFault()
                planFault()
            }
        }
    }

    private func injectFault() {
        let member = cluster.member(dice.pick(cluster.ids))
        switch dice.roll(8) {
        case 0..<2 where member.isUp: cluster.die(member, dice.pick(Survival.all), torn: false)
        case 2..<5 where member.isUp:
            // In the middle of one of its next writes, syncs or renames, of whichever file.
            member.disk.crashAt(point: member.disk.crashPoints.total + 1 + dice.roll(25))
        case 5: member.syncTime = dice.pick([0...0, 1...3, 10...120])
        case 6 where cluster.ids.count > 1:
            cluster.network.partition([[member.id], cluster.ids.filter { $0 != member.id }])
            cluster.plan(after: dice.roll(100...3000)) { [unowned self] in cluster.network.heal() }
        default: break
        }
        for id in cluster.ids where !cluster.member(id).isUp {
            cluster.plan(after: dice.roll(1...1500)) { [unowned self] in cluster.start(id) }
        }
    }

    // MARK: Peace

    private func makePeace() {
        isOver = true
        cluster.network.heal()
        cluster.network.weather = .calm
        for id in cluster.ids {
            let member = cluster.member(id)
            member.syncTime = 1...2
            member.disk.crashAt(point: .max)
            cluster.start(id)
        }
        let deadline = cluster.now + 60_000
        while cluster.broken == nil, cluster.now < deadline {
            if isSettled() { return judge() }
        }
        cluster.fail(
            BrokenPromise(
                .faultsEndAndWorkGoesOn,
                "after \(deadline) ms the observer is at revision \(cluster.truth.revision), the members at "
                    + "\(cluster.ids.map { cluster.member($0).revision })"))
    }

    /// A last write is on every member, everybody who watches has seen it, and all members agree about its hash.
    private func isSettled() -> Bool {
        let id = dice.pick(cluster.ids)
        let puts = cluster.counts.puts
        // Each range that is followed has the last change in it.
        for key in ["k2", "k3", "k7"] { cluster.ask(.put(key: key, value: [UInt8(asked & 0xFF)]), of: id) }
        cluster.run(until: cluster.now + 2500)
        let revision = cluster.truth.revision
        guard cluster.counts.puts >= puts + 3, cluster.ids.allSatisfy({ cluster.member($0).revision == revision })
        else { return false }
        for follower in cluster.followers where follower.told.last?.revision ?? 0 < revision - 2 { return false }
        cluster.hashes = [:]
        for id in cluster.ids { cluster.ask(.hash(revision), of: id) }
        cluster.run(until: cluster.now + 500)
        return cluster.hashes.count == cluster.ids.count
    }

    private func judge() {
        if Set(cluster.hashes.values).count > 1 {
            return cluster.fail(
                BrokenPromise(.hashesAreEqual, "at revision \(cluster.truth.revision): \(cluster.hashes)"))
        }
        let judge = Judge(truth: cluster.truth)
        do throws(BrokenPromise) {
            for told in cluster.told { try judge.check(told) }
            for follower in cluster.followers { try judge.check(follower, after: 1) }
        } catch { cluster.fail(error) }
    }
}
