// WholeCluster.swift: whole members in one thread: their disks, the network between them, and the clients before them.
//
// The same idea as in Cluster.swift, one floor higher: everything that happens is an item on the agenda, and each item ends
// with the member's turn being over, as a turn of the server's event loop ends.
//
//     agenda --> tick, letter, sync, step of a page batch, question --> one turn of one member --> orders
//                                                                                                    |
//     agenda <-- letters with a delay, syncs, steps, the next turn if there is work <----------------+
//
// WHAT IS CHECKED stands in Truth.swift; the first broken promise ends the run.
//
// COST     some 20 us a turn with everything that it does on the simulated disk.
// READ NEXT  WholeChaos.swift.

import Bytes
import EtcdAPI
package import Identifiers
import MVCC
import Member
import Membership
import Protobuf
import Raft
import RaftMessages
package import Trace

/// Simulated whole members and everybody who talks to them.
package final class WholeCluster {
    /// How it is made.
    package struct Settings: Sendable {
        /// How many members.
        package var size = 3
        /// How the network behaves.
        package var weather = Weather.calm
        /// How long a tick is.
        package var tickTime = 100
        /// A member alone makes a snapshot after so many entries.
        package var snapshotCount = 40
        /// Bugs on purpose.
        package var flaws: WholeMember.Flaws = []

        /// Three members.
        package init() {}
    }

    /// What a run has done, by kind.
    package struct Counts: Hashable, Sendable {
        /// Turns of members.
        package var turns = 0
        /// Letters that arrived.
        package var letters = 0
        /// Answers to puts, deletions, guarded writes, reads and compactions.
        package var puts = 0, deletions = 0, swaps = 0, reads = 0, localReads = 0, compactions = 0
        /// Questions that a member refused.
        package var refused = 0
        /// Changes that watchers were told.
        package var told = 0
        /// Watches that were begun again at another member or in another life.
        package var resumed = 0
        /// Processes killed, and those of them in the middle of a write.
        package var crashes = 0, tornCrashes = 0
        /// Processes started again.
        package var restarts = 0
        /// Snapshot files written.
        package var snapshots = 0
        /// Batches of pages that were begun.
        package var batches = 0

        /// Nothing yet.
        package init() {}

        /// Adds another run.
        package static func += (sum: inout Counts, run: Counts) {
            for count in [
                \Counts.turns, \.letters, \.puts, \.deletions, \.swaps, \.reads, \.localReads, \.compactions, \.refused,
                \.told, \.resumed, \.crashes, \.tornCrashes, \.restarts, \.snapshots, \.batches,
            ] as [WritableKeyPath<Counts, Int>] {
                sum[keyPath: count] += run[keyPath: count]
            }
        }
    }

    enum Happening {
        case tick(MemberID, life: Int)
        case letter(Message)
        case sync(MemberID, life: Int)
        case pages(MemberID, life: Int)
        case turn(MemberID, life: Int)
        case call(() -> Void)
    }

    let settings: Settings
    var network: Network
    var dice: Dice
    /// What the run has done.
    package internal(set) var counts = Counts()
    /// The first promise that was broken.
    package internal(set) var broken: BrokenPromise?
    /// Who records what a member reports; asked at each start.
    package var traceSink: ((MemberID) -> (any TraceSink)?)?
    /// All members.
    package private(set) var members: [MemberID: WholeMember] = [:]
    private var agenda = Agenda<Happening>()
    private var spare = Member.Output()

    var truth = Truth()
    var questions: [UInt64: Question] = [:]
    var told: [Told] = []
    var floor: Int64 = 1
    var hashes: [MemberID: UInt32] = [:]
    var followers: [Follower] = []
    private var nextQuestion: UInt64 = 1
    private var nextStream: UInt64 = 1

    /// Members that are down, on empty disks.
    package init(_ settings: Settings, seed: UInt64) {
        self.settings = settings
        dice = Dice(seed: seed)
        network = Network(weather: settings.weather, dice: dice.fork("network"))
        let founders = (1...settings.size).map {
            Bootstrap.Founder(name: "m\($0)", peerURLs: ["http://10.0.0.\($0):2380"])
        }
        for founder in founders {
            guard let bootstrap = Bootstrap(own: founder.name, cluster: founders, token: "simulation", sha1: Self.name)
            else { preconditionFailure("a founder is in its own list") }
            let id = bootstrap.membership.ownID
            var disk = SimulatedDisk.Settings()
            disk.journalLimit = 0
            members[id] = WholeMember(
                id, bootstrap: bootstrap, disk: SimulatedDisk(disk, dice: dice.fork("disk")), flaws: settings.flaws)
        }
    }

    /// Members need names that differ, not secrets: what stands in for SHA-1 here.
    private static func name(_ bytes: ByteView) -> ByteSlice {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var name = ByteBuffer()
        for index in 0..<bytes.count { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
        name.append(bigEndian: hash)
        name.append(zeros: 12)
        return name.slice()
    }

    /// Their numbers, in order.
    package var ids: [MemberID] { members.keys.sorted() }
    /// The time of the world.
    package var now: Int { agenda.now }

    func member(_ id: MemberID) -> WholeMember {
        guard let member = members[id] else { preconditionFailure("there is no member \(id)") }
        return member
    }

    // MARK: Time

    /// Lets everything happen that happens until `time`.
    func run(until time: Int) {
        while broken == nil, let happening = agenda.take(until: time) { perform(happening) }
    }

    func plan(after delay: Int, _ call: @escaping () -> Void) { agenda.plan(.call(call), after: delay) }

    private func perform(_ happening: Happening) {
        switch happening {
        case .call(let call): call()
        case .letter(let message):
            guard let member = members[message.to], member.isUp else { return }
            counts.letters += 1
            turn(member) { $0.received(message, into: &$1) }
        case .tick(let id, let life):
            guard let member = living(id, life) else { return }
            agenda.plan(.tick(id, life: life), after: settings.tickTime * 1000 / member.ticksPerMille)
            turn(member) {
                $0.tick(into: &$1)
                // The shell of a leader asks all members for their versions; here all run the same.
                if $0.isLeader, $0.membership.version == nil { $0.proposeClusterVersion(into: &$1) }
            }
        case .turn(let id, let life):
            guard let member = living(id, life) else { return }
            member.turnPlannedFor = nil
            turn(member) { _, _ in }
        case .sync(let id, let life): if let member = living(id, life) { sync(member) }
        case .pages(let id, let life): if let member = living(id, life) { stepPages(member) }
        }
    }

    private func living(_ id: MemberID, _ life: Int) -> WholeMember? {
        let member = self.member(id)
        return member.life == life && member.isUp ? member : nil
    }

    // MARK: Turns

    /// One turn: the time, one input, and the end of the turn; then its orders.
    func turn(_ member: WholeMember, _ input: (inout Member, inout Member.Output) -> Void) {
        guard broken == nil, member.isUp else { return }
        counts.turns += 1
        var output = Member.Output()
        swap(&output, &spare)
        member.member!.advance(toMilliseconds: Int64(now), into: &output)
        input(&member.member!, &output)
        member.member!.finishTurn(into: &output)
        do throws(StorageStop) {
            for order in output.orders { try carryOut(order, of: member, output) }
            planNext(member)
        } catch { die(member, Survival.all[dice.roll(Survival.all.count)], torn: true) }
        output.removeAll()
        swap(&output, &spare)
    }

    private func carryOut(
        _ order: Member.Output.Order, of member: WholeMember, _ output: borrowing Member.Output
    ) throws(StorageStop) {
        switch order {
        case .persist(let place): try member.append(output.raft.writes[place])
        case .send(let place): post(output.raft.messages[place])
        case .pages(let place):
            counts.batches += 1
            member.queue(output.batches[place])
        case .answer(let id, let from, let count):
            hear(output.bytes.view[from..<(from + count)], for: id.rawValue)
        case .answerLong(let id, let place):
            var whole = ByteBuffer()
            output.longAnswers[place].takeAnswer(into: &whole)
            hear(whole.view, for: id.rawValue)
        case .refuse(let id, _), .malformed(let id, _), .unimplemented(let id):
            counts.refused += 1
            questions[id.rawValue] = nil
        case .watch(let stream, let from, let count):
            hear(output.bytes.view[from..<(from + count)], on: stream, of: member)
        case .saveSnapshot(let place):
            counts.snapshots += 1
            member.plan(output.snapshots[place])
        case .stop: fail(BrokenPromise(.nobodyIsAlarmed, "member \(member.id) stopped: \(output.stopReason)"))
        case .sendSnapshot, .restore, .malformedWatch, .pinned:
            fail(BrokenPromise(.nobodyIsAlarmed, "member \(member.id) ordered what nobody asked for: \(order)"))
        case .releaseLog, .leadership, .ready: break
        }
    }

    private func planNext(_ member: WholeMember) {
        let (id, life) = (member.id, member.life)
        if member.needsSync, !member.isSyncing {
            member.isSyncing = true
            agenda.plan(.sync(id, life: life), after: dice.roll(member.syncTime))
        }
        if member.hasPages, !member.isWritingPages {
            member.isWritingPages = true
            agenda.plan(.pages(id, life: life), after: dice.roll(member.syncTime))
        }
        let work = member.member?.hasWork ?? false
        guard let wake = work ? Int64(now) : member.member?.nextWakeMilliseconds else { return }
        let time = max(now, Int(wake))
        if let planned = member.turnPlannedFor, planned <= time { return }
        member.turnPlannedFor = time
        agenda.plan(.turn(id, life: life), after: time - now)
    }

    private func sync(_ member: WholeMember) {
        member.isSyncing = false
        carryingOut(member) { (it, output) throws(StorageStop) in try member.finishSync(of: &it, into: &output) }
    }

    private func stepPages(_ member: WholeMember) {
        member.isWritingPages = false
        carryingOut(member) { (it, output) throws(StorageStop) in try member.stepPages(of: &it, into: &output) }
    }

    /// The disk's work, and the turn that its report begins. A crash in the middle of it is the end of this life.
    private func carryingOut(
        _ member: WholeMember, _ body: (inout Member, inout Member.Output) throws(StorageStop) -> Void
    ) {
        var failed = false
        turn(member) { (it, output) in
            do throws(StorageStop) { try body(&it, &output) } catch { failed = true }
        }
        if failed, member.isUp { die(member, Survival.all[dice.roll(Survival.all.count)], torn: true) }
    }

    private func post(_ message: Message) {
        switch network.send(over: Link(from: message.from, to: message.to)) {
        case .arrives(let delay): agenda.plan(.letter(message), after: delay)
        case .arrivesTwice(let delay, let later):
            agenda.plan(.letter(message), after: delay)
            agenda.plan(.letter(message), after: later)
        default: break
        }
    }

    // MARK: Lives

    /// Starts a process with what its disk has.
    func start(_ id: MemberID) {
        let member = self.member(id)
        guard broken == nil, !member.isUp else { return }
        var options = Member.Options()
        options.raft.seed = dice.next()
        options.raft.checkQuorum = true
        options.raft.preVote = true
        options.tickMilliseconds = Int64(settings.tickTime)
        options.name = "m\(id)"
        options.clientURLs = ["http://10.0.0.9:2379"]
        if settings.size == 1 {
            options.snapshotCount = settings.snapshotCount
            options.keptEntries = settings.snapshotCount / 4
        }
        if member.life > 0 { counts.restarts += 1 }
        var trace = Tracer.off
        if let sink = traceSink?(id) {
            let epoch = BootEpoch(rawValue: UInt64(member.life + 1))
            trace = Tracer(to: TraceRecorder(TraceOrigin(member: id, epoch: epoch), sink: sink))
        }
        do throws(StorageStop) {
            try member.wake(options, requestSeed: UInt64(now + 1_700_000_000_000), trace: trace)
        } catch {
            // A disk that stops in the middle of a start is a crash like any other.
            if member.disk.isCrashed { return die(member, .synced, torn: true) }
            return fail(BrokenPromise(.recoveryKeepsWhatWasSynced, "member \(id) cannot start: \(error.reason)"))
        }
        agenda.plan(.tick(id, life: member.life), after: dice.roll(1...settings.tickTime))
        turn(member) { $0.start(into: &$1) }
    }

    /// Ends a process without its knowledge.
    func die(_ member: WholeMember, _ survival: Survival, torn: Bool) {
        counts.crashes += 1
        if torn { counts.tornCrashes += 1 }
        member.die(survival, dice: &dice)
        questions = questions.filter { $0.value.member != member.id }
        for follower in followers where follower.member == member.id { follower.stream = nil }
    }

    func fail(_ promise: BrokenPromise) { if broken == nil { broken = promise } }

    // MARK: Clients

    /// Asks a member.
    func ask(_ kind: Question.Kind, of id: MemberID) {
        let member = self.member(id)
        guard member.isUp else { return }
        var kind = kind
        if settings.flaws.contains(.readsLocally), case .read(let from, let to, false) = kind {
            // The client believes that it asked for the truth; the member is told otherwise.
            kind = .read(from: from, to: to, serializable: true)
            send(kind, judgedAs: .read(from: from, to: to, serializable: false), to: member)
            return
        }
        send(kind, judgedAs: kind, to: member)
    }

    private func send(_ kind: Question.Kind, judgedAs judged: Question.Kind, to member: WholeMember) {
        let number = nextQuestion
        nextQuestion += 1
        let message = Question(kind: kind, member: member.id, floor: 0).message
        questions[number] = Question(kind: judged, member: member.id, floor: floor)
        turn(member) {
            $0.request(message.method, message.bytes.view, as: RequestID(rawValue: number), into: &$1)
        }
    }

    /// Begins a follower's watch at some member that is up.
    func resume(_ follower: Follower) {
        guard follower.stream == nil else { return }
        let up = ids.filter { members[$0]?.isUp == true }
        guard !up.isEmpty else { return }
        let chosen = self.member(dice.pick(up))
        let stream = WatchStreamID(rawValue: nextStream)
        nextStream += 1
        follower.stream = stream
        follower.member = chosen.id
        counts.resumed += 1
        let request = follower.request
        turn(chosen) {
            $0.openWatch(stream)
            $0.watchRequest(stream, request.view, into: &$1)
        }
    }

    /// Every follower goes on somewhere else, as if its connection had broken.
    func disconnect(_ follower: Follower) {
        guard let stream = follower.stream, let id = follower.member else { return }
        follower.stream = nil
        let member = self.member(id)
        if member.isUp { turn(member) { (it, _) in it.closeWatch(stream) } }
    }
}
