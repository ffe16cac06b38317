// Chaos.swift: what can the world do to a cluster, and does it survive?
//
// One run has two halves, because Raft promises two different things:
//
//     chaos       everything goes wrong, all the time      nothing false is ever said     (safety)
//     peace       the faults end, everybody is there       the cluster goes on            (liveness)
//     |---- until enough messages were delivered ----|--- until a write is on all voters ---|
//
// In the first half nothing is demanded but the promises of BrokenPromise.swift: a cluster whose members crash
// and whose network is cut may well do nothing at all. In the second half it must elect a leader and
// commit; a cluster that has talked itself into a corner is found here (C6).
//
// A RUN IS ITS SEED: size, options, weather, clocks, and each fault with its moment are drawn from it. To see a
// failing run again, run its seed again.
//
// COST     some 2,500 messages a run; about 15 ms with all checks.
// READ NEXT  Cluster.swift. SHOWN BY  ChaosTests

import Bytes
import Identifiers
package import Raft
import RaftMessages

/// One run: a cluster, and a world that means it ill.
package final class Chaos {
    /// What a run has done, to be added up over many.
    package struct Totals: Hashable, Sendable, CustomStringConvertible {
        /// Runs.
        package var runs = 0
        /// The messages of the run that had the fewest.
        package var fewestMessages = Int.max
        /// What the clusters counted.
        package var counts = Cluster.Counts()
        /// What the networks counted.
        package var network = Network.Counts()
        /// What clients were told.
        package var history = History.Counts()
        /// Terms that had a leader.
        package var elections = 0
        /// Cuts of the network: groups, and single directions.
        package var partitions = 0
        /// Processes that stood still.
        package var pauses = 0
        /// Handovers of leadership that were asked for.
        package var transfers = 0
        /// Changes of membership that were asked for.
        package var changes = 0

        /// Nothing yet.
        package init() {}

        /// Adds another run.
        package static func += (sum: inout Totals, run: Totals) {
            sum.runs += run.runs
            sum.fewestMessages = min(sum.fewestMessages, run.fewestMessages)
            sum.elections += run.elections
            sum.partitions += run.partitions
            sum.pauses += run.pauses
            sum.transfers += run.transfers
            sum.changes += run.changes
            sum.counts += run.counts
            sum.network += run.network
            sum.history += run.history
        }

        /// A few lines for people.
        package var description: String {
            """
            runs \(runs): messages delivered \(counts.delivered) (at least \(fewestMessages) a run), dropped \(network.dropped), cut \(network.cut), \
            doubled \(network.doubled), late \(network.late)
            faults: crashes \(counts.crashes) (in the middle of a write \(counts.tornCrashes)), restarts \
            \(counts.restarts), partitions \(partitions), pauses \(pauses)
            raft: elections \(elections), entries applied \(counts.applied), snapshots \(counts.snapshots), received \
            \(counts.restores), configurations \(counts.configurations) (joint \(counts.jointConfigurations)), \
            transfers asked \(transfers), changes asked \(changes)
            clients: writes \(history.writes) (answered \(history.written)), reads \(history.reads) (answered \
            \(history.read)), refused \(history.refused)
            """
        }
    }

    /// The cluster.
    package let cluster: Cluster
    /// What the run has done.
    package private(set) var totals = Totals()
    private let seed: UInt64
    private var dice: Dice
    /// How wild this run is: the mean time between two faults.
    private let faultEvery: Int
    private let messages: Int
    private var isOver = false
    private var nextValue = 0
    private var nextMember: UInt64

    /// A run of a seed, with bugs planted in every member if the proofs themselves are to be proved.
    package init(seed: UInt64, messages: Int = 2000, flaws: Raft.Flaws = []) {
        self.seed = seed
        self.messages = messages
        var dice = Dice(seed: seed)
        var settings = Cluster.Settings()
        let size = dice.pick([1, 2, 3, 3, 3, 3, 4, 5, 5, 7])
        settings.voters = (1...size).map { MemberID(rawValue: UInt64($0)) }
        // A member that is alone has nobody to talk to; somebody listens to it.
        if dice.roll(4) == 0 || size == 1 { settings.learners = [MemberID(rawValue: UInt64(size + 1))] }
        nextMember = UInt64(size + settings.learners.count + 1)
        settings.options.flaws = flaws
        settings.options.preVote = dice.roll(2) == 0
        settings.options.checkQuorum = dice.roll(3) > 0
        settings.options.maxInflightMessages = dice.pick([1, 4, 256])
        settings.options.maxMessageBytes = dice.pick([1, 100, 1 << 20])
        settings.options.maxUncommittedBytes = dice.pick([Int.max, Int.max, 200])
        settings.options.maxApplyingBytes = dice.pick([1, 1 << 20])
        settings.snapshotEvery = dice.pick([8, 30, 100])
        settings.syncTime = dice.pick([0...0, 1...3, 5...60])
        settings.weather = Weather(
            dropPerMille: dice.pick([0, 10, 100, 200]), doublePerMille: dice.pick([0, 20, 100]),
            delay: dice.pick([0...0, 1...5, 1...80]), latePerMille: dice.pick([0, 20, 100]), lateDelay: 100...1500)
        faultEvery = dice.pick([150, 400, 1200])
        cluster = Cluster(settings, seed: dice.next())
        for id in settings.voters { cluster.member(id).ticksPerMille = dice.roll(800...1250) }
        self.dice = dice
    }

    /// Runs both halves; the promise that was broken, if one was.
    package func run() -> BrokenPromise? {
        planFault()
        planClient()
        // Clocks tick and clients ask for ever, so something always happens next.
        while cluster.broken == nil, cluster.counts.delivered < messages, cluster.now < 50_000_000 { cluster.runOne() }
        if cluster.broken == nil { makePeace() }
        totals.runs = 1
        totals.fewestMessages = cluster.counts.delivered
        totals.counts = cluster.counts
        totals.network = cluster.network.counts
        totals.history = cluster.history.counts
        totals.elections = cluster.elections
        return cluster.broken
    }

    // MARK: Clients

    private func planClient() {
        cluster.plan(after: dice.roll(1...60)) { [unowned self] in
            guard !isOver else { return }
            let id = anybody()
            if dice.roll(3) > 0 {
                nextValue += 1
                cluster.propose(at: id, key: dice.pick(["x", "y"]), value: "\(nextValue)")
            } else {
                cluster.read(at: id, key: dice.pick(["x", "y"]))
            }
            planClient()
        }
    }

    private func anybody() -> MemberID { dice.pick(cluster.members.keys.sorted()) }

    /// Clients and operators usually know who leads.
    private func leaderOrAnybody() -> MemberID {
        cluster.members.values.filter { $0.raft?.role == .leader }.max { $0.raft!.term < $1.raft!.term }?.id
            ?? anybody()
    }

    // MARK: Faults

    private func planFault() {
        cluster.plan(after: dice.roll(1...(2 * faultEvery))) { [unowned self] in
            guard !isOver else { return }
            commitFault()
            planFault()
        }
    }

    private func commitFault() {
        switch dice.roll(16) {
        case 0...3: crashSomebody()
        case 4...5: cutSomething()
        case 6: cluster.network.heal()
        case 7: pauseSomebody()
        case 8...11: changeMembers()
        case 12: slowDown()
        case 13: transfer()
        case 14: cluster.input(.campaign, to: anybody())
        default: cluster.input(.forgetLeader, to: anybody())
        }
    }

    private func crashSomebody() {
        let id = dice.roll(2) == 0 ? leaderOrAnybody() : anybody()
        guard cluster.member(id).isUp else { return }
        if dice.roll(3) == 0 {
            cluster.crashWhileWriting(id, after: dice.roll(1...4))
        } else {
            cluster.crash(id, dice.pick(Survival.all))
        }
        planRestart(id, after: dice.roll(10...3000))
    }

    private func planRestart(_ id: MemberID, after delay: Int) {
        cluster.plan(after: delay) { [unowned self] in
            if !cluster.member(id).isUp { cluster.start(id) } else if !isOver { planRestart(id, after: delay) }
        }
    }

    private func cutSomething() {
        totals.partitions += 1
        var members = cluster.members.keys.sorted()
        guard members.count > 1 else { return }
        if dice.roll(3) == 0 {
            let from = dice.pick(members)
            cluster.network.cut(Link(from: from, to: dice.pick(members.filter { $0 != from })))
        } else {
            members.shuffle(using: &dice)
            let border = dice.roll(1...(members.count - 1))
            cluster.network.partition([Array(members[..<border]), Array(members[border...])])
        }
        cluster.plan(after: dice.roll(100...4000)) { [unowned self] in if dice.roll(3) > 0 { cluster.network.heal() } }
    }

    private func pauseSomebody() {
        let id = anybody()
        guard cluster.member(id).isUp, !cluster.member(id).isPaused else { return }
        totals.pauses += 1
        cluster.pause(id)
        cluster.plan(after: dice.roll(100...3000)) { [unowned self] in cluster.resume(id) }
    }

    private func slowDown() {
        let member = cluster.member(anybody())
        member.syncTime = dice.pick([0...0, 1...3, 50...400])
    }

    private func transfer() {
        totals.transfers += 1
        cluster.input(.transferLeadership(to: anybody()), to: leaderOrAnybody())
    }

    // MARK: Members come and go

    private func changeMembers() {
        let leader = leaderOrAnybody()
        guard let configuration = cluster.member(leader).raft?.configuration, !configuration.voters.incoming.isEmpty
        else {
            return
        }
        totals.changes += 1
        if configuration.voters.isJoint, dice.roll(2) == 0 {
            cluster.change(at: leader, .several(ConfChangeV2()))
            return
        }
        let voters = configuration.voters.incoming.members
        var steps = [oneStep(voters, configuration.learners.members)]
        if dice.roll(2) == 0 { steps.append(oneStep(voters, configuration.learners.members)) }
        if steps.count == 1, dice.roll(2) == 0 {
            let change = ConfChange(type: steps[0].type, nodeID: steps[0].nodeID)
            cluster.change(at: leader, .single(change))
            return
        }
        // Nobody may be named twice, and somebody must stay.
        guard Set(steps.map(\.nodeID)).count == steps.count else { return }
        let transition = dice.pick([ConfChangeTransition.auto, .jointImplicit, .jointExplicit])
        cluster.change(at: leader, .several(ConfChangeV2(transition: transition, changes: steps)))
    }

    private func oneStep(_ voters: [MemberID], _ learners: [MemberID]) -> ConfChangeSingle {
        let canRemove = voters.count > 2
        switch dice.roll(5) {
        case 0 where canRemove: return ConfChangeSingle(type: .removeNode, nodeID: dice.pick(voters))
        case 1 where canRemove: return ConfChangeSingle(type: .addLearnerNode, nodeID: dice.pick(voters))
        case 2 where !learners.isEmpty: return ConfChangeSingle(type: .addNode, nodeID: dice.pick(learners))
        default:
            let type: ConfChangeType = dice.roll(2) == 0 ? .addNode : .addLearnerNode
            return ConfChangeSingle(type: type, nodeID: newcomer(voters + learners))
        }
    }

    /// A member that is there and belongs to nobody, or a new one.
    private func newcomer(_ known: [MemberID]) -> MemberID {
        if let idle = cluster.members.keys.sorted().first(where: { !known.contains($0) }), dice.roll(3) > 0 {
            return idle
        }
        guard cluster.members.count < 9 else { return dice.pick(known) }
        let id = MemberID(rawValue: nextMember)
        nextMember += 1
        cluster.add(id)
        return id
    }

    // MARK: Peace

    /// The faults end. Within a hundred election timeouts a write must be on every voter, and a read must see it.
    private func makePeace() {
        isOver = true
        cluster.network.heal()
        cluster.network.weather = .calm
        for id in cluster.members.keys.sorted() {
            let member = cluster.member(id)
            member.syncTime = 1...2
            member.disk.crashAt(point: .max)
            cluster.resume(id)
            if !member.isUp { cluster.start(id) }
        }
        let deadline = cluster.now + 100 * 1000
        while cluster.broken == nil, cluster.now < deadline {
            if proveProgress() { return }
        }
        let leaders = cluster.members.values.filter { $0.raft?.role == .leader }.map { $0.id.description }
        let states = cluster.members.values.sorted { $0.id < $1.id }.map { member in
            guard let raft = member.raft else { return "\(member.id) down" }
            return
                "\(member.id) \(raft.role) term \(raft.term) log \(raft.log.last.index) commit \(raft.log.committed) "
                + "applied \(member.registers.applied) \(raft.configuration)"
        }
        if cluster.broken == nil {
            cluster.fail(
                BrokenPromise(
                    .faultsEndAndWorkGoesOn,
                    "after \(deadline) ms no write got through; leaders: \(leaders); " + states.joined(separator: "; "))
            )
        }
    }

    /// In peace an operator turns off who was removed. Without PreVote and CheckQuorum such a member would go on
    /// disturbing the others with ever higher terms, because nobody tells it that it is gone (thesis 4.2.3).
    ///
    /// NOT TOO EARLY: as long as one of those who stay does not know of the change yet, it may need the vote of those
    /// who go.
    private func turnOffRemoved() {
        let known = cluster.members.values.filter(\.isUp).max { $0.registers.applied < $1.registers.applied }
        guard let configuration = known?.raft?.configuration, !configuration.voters.incoming.isEmpty else { return }
        let staying = configuration.everybody.compactMap { cluster.member($0).raft?.configuration }
        for id in cluster.members.keys.sorted() {
            let isNeeded = configuration.contains(id) || staying.contains { $0.contains(id) }
            if cluster.member(id).isUp, !isNeeded { cluster.crash(id) }
            if !cluster.member(id).isUp, isNeeded { cluster.start(id) }
        }
    }

    private func proveProgress() -> Bool {
        cluster.run(for: 500)
        turnOffRemoved()
        let leader = leaderOrAnybody()
        guard cluster.broken == nil, cluster.member(leader).raft?.role == .leader else { return false }
        let (written, read) = (cluster.history.counts.written, cluster.history.counts.read)
        nextValue += 1
        let value = "peace \(nextValue)"
        cluster.propose(at: leader, key: "z", value: value)
        cluster.run(for: 1500)
        guard cluster.history.counts.written > written, let raft = cluster.member(leader).raft else { return false }
        for voter in raft.configuration.voters.all where cluster.member(voter).registers.values["z"] != value {
            return false
        }
        cluster.read(at: leader, key: "z")
        cluster.run(for: 1500)
        return cluster.history.counts.read > read
    }
}

extension Cluster.Counts {
    /// Adds another run.
    package static func += (sum: inout Cluster.Counts, run: Cluster.Counts) {
        sum.delivered += run.delivered
        sum.steps += run.steps
        sum.crashes += run.crashes
        sum.tornCrashes += run.tornCrashes
        sum.restarts += run.restarts
        sum.snapshots += run.snapshots
        sum.restores += run.restores
        sum.configurations += run.configurations
        sum.jointConfigurations += run.jointConfigurations
        sum.applied += run.applied
    }
}

extension Network.Counts {
    /// Adds another run.
    package static func += (sum: inout Network.Counts, run: Network.Counts) {
        sum.sent += run.sent
        sum.dropped += run.dropped
        sum.cut += run.cut
        sum.doubled += run.doubled
        sum.late += run.late
    }
}

extension History.Counts {
    /// Adds another run.
    package static func += (sum: inout History.Counts, run: History.Counts) {
        sum.writes += run.writes
        sum.reads += run.reads
        sum.written += run.written
        sum.read += run.read
        sum.refused += run.refused
    }
}
