// Cluster.swift: a whole cluster in one thread, from one seed.
//
// Everything that happens to a cluster is an item on the agenda: a clock ticks, a message arrives, a disk has
// finished its sync. Taking the items one after the other IS the life of the cluster; nothing else runs.
//
//     agenda --> tick n1 --> Raft of n1 --> effects --> network draws a delay --> agenda: arrives at n2
//                                             \-> disk draws a sync time ------> agenda: n1 has synced
//
// Because the members are values and chance comes from the seed, a history can be had again, exactly, by
// running it again. That makes the rarest accident as easy to study as the most common one.
//
// WHAT IS CHECKED after every step is listed in BrokenPromise.swift and Raft/Invariants.swift; the first broken
// promise ends the run.
//
// COST     about 5 us a message with all checks (SimulationTests print the figure).
// READ NEXT  SimulatedMember.swift, ClusterSteps.swift (how effects are carried out), Chaos.swift (faults).

import Bytes
package import Identifiers
import Protobuf
package import Raft
package import RaftMessages
package import Trace
import WriteAheadLog

/// Simulated members, the network between them, and everybody who watches.
package final class Cluster {
    /// How the cluster is made.
    package struct Settings: Sendable {
        /// Who votes at the beginning.
        package var voters: [MemberID] = [1, 2, 3]
        /// Who only listens at the beginning.
        package var learners: [MemberID] = []
        /// What all members' Rafts have in common; the seed is drawn.
        package var options = Raft.Options()
        /// How the network behaves.
        package var weather = Weather.calm
        /// The time between two ticks of a clock that does not drift.
        package var tickTime = 100
        /// What traces call the members, where it is not `n` and their number.
        package var names: [MemberID: String] = [:]
        /// How long a sync takes.
        package var syncTime = 1...2
        /// A member makes a snapshot after so many entries; nil for never.
        package var snapshotEvery: Int? = 30
        /// Of how many steps one is checked by comparing the whole member before and after. (All other rules
        /// are checked at every step.)
        package var comparesEvery = 16
        /// What the members' disks are like.
        package var disk = SimulatedDisk.Settings()

        /// Three voters on a quiet network.
        package init() { disk.journalLimit = 0 }
    }

    enum Happening {
        case tick(MemberID, life: Int)
        case arrival(Int)
        case synced(MemberID, life: Int)
        case snapshotDone(MemberID, of: MemberID, life: Int, delivered: Bool)
        case call(() -> Void)
    }

    /// What the run has counted.
    package struct Counts: Hashable, Sendable {
        /// Messages that reached a running member.
        package var delivered = 0
        /// Steps of all Rafts.
        package var steps = 0
        /// Members killed between two steps, or within one.
        package var crashes = 0
        /// Of these, in the middle of a write.
        package var tornCrashes = 0
        /// Members that came back.
        package var restarts = 0
        /// Snapshots that members made.
        package var snapshots = 0
        /// Snapshots that members received.
        package var restores = 0
        /// Configurations that took effect.
        package var configurations = 0
        /// Of these, joint ones.
        package var jointConfigurations = 0
        /// Entries that members applied.
        package var applied = 0
    }

    /// How it was made.
    package let settings: Settings
    /// What lies between the members.
    package var network: Network
    /// All members that were ever there.
    package private(set) var members: [MemberID: SimulatedMember] = [:]
    /// What clients were told.
    package internal(set) var history = History()
    /// What the run has counted.
    package internal(set) var counts = Counts()
    /// The first promise that was broken; the run stands still then.
    package internal(set) var broken: BrokenPromise?
    /// Who records what a member's Raft reports; asked at each start of a member.
    package var traceSink: ((MemberID) -> (any TraceSink)?)?
    /// What a trace calls the members, where it is not `n` and their number.
    package var names: [MemberID: String] = [:]
    /// Names a message that leaves its sender, where traces are kept (ClusterTrace.swift).
    package var namesMail: ((Message) -> MessageName?)?
    /// Is told the name of the message that a member is about to take, and nil when it has.
    package var onArrival: ((MessageName?) -> Void)?
    /// Is told what happens around the members.
    package var onWorldEvent: ((WorldEvent) -> Void)?
    /// May lose a message before the network sees it: a scenario's `lose`.
    package var loses: ((Message) -> Bool)?

    /// What happens around the members.
    package enum WorldEvent {
        /// A message was lost on its way.
        case lost(Message, why: Network.Fate)
        /// A member's process ended.
        case crashed(MemberID, torn: Bool)
        /// A member's process began, with what its disk had.
        case started(MemberID)
        /// A disk has made everything durable up to here.
        case synced(MemberID, through: Raft.Ticket)
        /// An entry was applied; the command in it, if there is one.
        case applied(MemberID, LogIndex, RegisterCommand?)
        /// A client was told something.
        case answered(History.Request, value: String?, at: LogIndex)
        /// A client was told no.
        case refused(History.Request, why: String)
        /// A snapshot was made.
        case snapshot(MemberID, LogIndex)
    }

    var agenda = Agenda<Happening>()
    var dice: Dice
    var witness = Raft.Witness()
    var mail: [Letter] = []
    var freeMail: [Int] = []
    var digests: [LogIndex: UInt64] = [:]
    var effects: [Raft.Effect] = []
    private var memberDice: Dice

    /// A cluster whose members are up and know each other.
    package init(
        _ settings: Settings = Settings(), seed: UInt64, tracingTo traceSink: ((MemberID) -> (any TraceSink)?)? = nil
    ) {
        self.settings = settings
        self.traceSink = traceSink
        names = settings.names
        dice = Dice(seed: seed)
        memberDice = dice.fork("members")
        network = Network(weather: settings.weather, dice: dice.fork("network"))
        for id in settings.voters + settings.learners { add(id) }
    }

    /// The time of the world.
    package var now: Int { agenda.now }
    /// How many terms had a leader.
    package var elections: Int { witness.elections }

    /// Brings a member into the world. It starts with the first configuration if it is in it, and with none if it is
    /// to join later.
    package func add(_ id: MemberID) {
        precondition(members[id] == nil, "there is a member \(id) already")
        let disk = SimulatedDisk(settings.disk, dice: memberDice.fork("disk"))
        members[id] = SimulatedMember(id, disk: disk, syncTime: settings.syncTime)
        start(id)
    }

    /// The member of a number.
    package func member(_ id: MemberID) -> SimulatedMember {
        guard let member = members[id] else { preconditionFailure("there is no member \(id)") }
        return member
    }

    // MARK: Time

    /// Lets everything happen that happens until `time`, or until a promise is broken.
    package func run(until time: Int) {
        while broken == nil, let happening = agenda.take(until: time) { perform(happening) }
    }

    /// Lets time pass.
    package func run(for duration: Int) { run(until: now + duration) }

    /// Lets the next thing happen.
    package func runOne() {
        guard broken == nil, let happening = agenda.take(until: .max) else { return }
        perform(happening)
    }

    /// Does something later.
    package func plan(after delay: Int, _ call: @escaping () -> Void) { agenda.plan(.call(call), after: delay) }

    private func perform(_ happening: Happening) {
        switch happening {
        case .tick(let id, let life): tick(id, life: life)
        case .arrival(let place): deliver(takeMail(place))
        case .synced(let id, let life):
            let member = member(id)
            if member.life == life { finishSync(member) }
        case .snapshotDone(let id, let target, let life, let delivered):
            let member = member(id)
            if member.life == life { step(member, .snapshotReported(to: target, delivered: delivered)) }
        case .call(let call): call()
        }
    }

    private func tick(_ id: MemberID, life: Int) {
        let member = member(id)
        guard member.life == life, member.isUp else { return }
        agenda.plan(.tick(id, life: life), after: settings.tickTime * 1000 / member.ticksPerMille)
        if !member.isPaused { step(member, .tick) }
    }

    // MARK: Mail

    /// A message on its way, with the name that both ends of a trace know it by.
    struct Letter {
        var message = Message()
        var name: MessageName?
    }

    func post(_ message: Message) {
        let letter = Letter(message: message, name: namesMail?(message))
        if loses?(message) == true {
            onWorldEvent?(.lost(message, why: .dropped))
            return
        }
        switch network.send(over: Link(from: message.from, to: message.to)) {
        case .arrives(let delay): agenda.plan(.arrival(keepMail(letter)), after: delay)
        case .arrivesTwice(let delay, let later):
            agenda.plan(.arrival(keepMail(letter)), after: delay)
            agenda.plan(.arrival(keepMail(letter)), after: later)
        case let fate: onWorldEvent?(.lost(message, why: fate))
        }
    }

    /// Messages wait in numbered places, so that the agenda moves numbers and not messages.
    private func keepMail(_ letter: Letter) -> Int {
        guard let place = freeMail.popLast() else {
            mail.append(letter)
            return mail.count - 1
        }
        mail[place] = letter
        return place
    }

    private func takeMail(_ place: Int) -> Letter {
        freeMail.append(place)
        let letter = mail[place]
        mail[place] = Letter()
        return letter
    }

    private func deliver(_ letter: Letter) {
        let message = letter.message
        // A member that nobody has brought into the world yet, or that is down, hears nothing.
        guard let member = members[message.to], member.isUp else { return }
        if member.isPaused {
            // The kernel keeps what arrives for a process that stands still, up to a point.
            if member.missed.count < 100 { member.missed.append(letter) }
            return
        }
        counts.delivered += 1
        onArrival?(letter.name)
        step(member, .received(message))
        onArrival?(nil)
    }

    // MARK: Lives

    /// Starts a member, new or not.
    package func start(_ id: MemberID) {
        let member = member(id)
        precondition(!member.isUp, "member \(id) is up already")
        do {
            let memory = try recover(member)
            var options = settings.options
            options.seed = memberDice.next()
            var raft = Raft(id: id, options: options, memory: memory)
            member.life += 1
            if let sink = traceSink?(id) {
                let origin = TraceOrigin(member: id, epoch: BootEpoch(rawValue: UInt64(member.life)))
                raft.trace = Tracer(to: TraceRecorder(origin, sink: sink))
                raft.trace.emit(MemberStarted(name: names[id] ?? "n\(id)", cluster: .none, version: "simulation"))
                raft.traceStart()
            }
            member.raft = raft
            witness.forget(id)
            agenda.plan(.tick(id, life: member.life), after: dice.roll(1...settings.tickTime))
            onWorldEvent?(.started(id))
        } catch {
            fail(BrokenPromise(.recoveryKeepsWhatWasSynced, "member \(id) cannot start: \(error.reason)"))
        }
    }

    private func recover(_ member: SimulatedMember) throws(StorageStop) -> Raft.Memory {
        // A member whose log was never finished has promised nothing and begins anew.
        guard (try? member.disk.status(of: "/wal")) != nil, member.life > 0 || member.storage != nil else {
            return try begin(member)
        }
        let before = member.storage.map { (state: $0.synced.state, floor: $0.floor) }
        let (storage, memory, registers) = try MemberStorage.open(on: member.disk)
        member.storage = storage
        member.registers = registers
        member.snapshotIndex = memory.snapshot.index
        if let before { checkRecovery(member.id, before: before, after: storage.synced, memory) }
        // Opening a log makes durable whatever it finds, also a vote whose sync the crash had cut short.
        member.noteVote(in: memory.hardState)
        member.noteSync()
        counts.restarts += 1
        return memory
    }

    private func begin(_ member: SimulatedMember) throws(StorageStop) -> Raft.Memory {
        let isFounder = settings.voters.contains(member.id) || settings.learners.contains(member.id)
        let entries = isFounder ? foundingEntries : []
        member.storage = try MemberStorage.create(on: member.disk, founding: entries)
        member.registers = Registers()
        var memory = Raft.Memory()
        memory.entries = entries
        memory.hardState = member.storage!.synced.state
        return memory
    }

    /// What every founder writes into its log before anybody has spoken: one change for each of them, of term 1,
    /// committed. All founders write the same.
    private var foundingEntries: [Entry] {
        let changes =
            settings.voters.map { ConfChange(type: .addNode, nodeID: $0) }
            + settings.learners.map { ConfChange(type: .addLearnerNode, nodeID: $0) }
        return changes.enumerated().map { place, change in
            Entry(type: .confChange, term: 1, index: LogIndex(rawValue: UInt64(place + 1)), data: change.encoded())
        }
    }

    /// C2: what was synced before the crash is there after it.
    private func checkRecovery(
        _ id: MemberID, before: (state: HardState, floor: LogIndex), after: MemberStorage.Synced, _ memory: Raft.Memory
    ) {
        let (was, now) = (before.state, memory.hardState)
        let keepsVote = now.term > was.term || (now.term == was.term && (now.vote == was.vote || was.vote == .none))
        guard keepsVote, after.last.index >= before.floor else {
            fail(
                BrokenPromise(
                    .recoveryKeepsWhatWasSynced,
                    "member \(id) had synced term \(was.term), vote \(was.vote) and the log to \(before.floor); it woke up with "
                        + "term \(now.term), vote \(now.vote), last \(after.last)"))
            return
        }
    }

    /// Kills a member. What it had not synced survives as `survival` says.
    package func crash(_ id: MemberID, _ survival: Survival = .synced) {
        let member = member(id)
        guard member.isUp else { return }
        die(member, survival, torn: false)
    }

    /// Kills a member in the middle of one of its next writes: at its disk's `point`-th crash point from now.
    package func crashWhileWriting(_ id: MemberID, after point: Int) {
        let disk = member(id).disk
        disk.crashAt(point: disk.crashPoints.total + point)
    }

    func die(_ member: SimulatedMember, _ survival: Survival, torn: Bool) {
        note(FaultInjected(torn ? .tornWrite : .crash), on: member)
        counts.crashes += 1
        if torn { counts.tornCrashes += 1 }
        member.raft = nil
        member.life += 1
        member.promises = []
        member.waitingReads = []
        member.requestNames = [:]
        member.unreachable = []
        member.missed = []
        member.isSyncing = false
        member.isPaused = false
        member.appended = .zero
        member.durable = .zero
        member.unsyncedVotes = [:]
        member.disk = member.disk.afterCrash(survival, dice: &dice)
        history.forget(member.id)
        onWorldEvent?(.crashed(member.id, torn: torn))
    }

    /// Stops a process without its knowledge.
    package func pause(_ id: MemberID) {
        note(FaultInjected(.pause), on: member(id))
        member(id).isPaused = true
    }

    /// Lets it go on; what arrived meanwhile is delivered at once.
    package func resume(_ id: MemberID) {
        let member = member(id)
        guard member.isPaused else { return }
        member.isPaused = false
        note(FaultInjected(.resume), on: member)
        let missed = member.missed
        member.missed = []
        for letter in missed { deliver(letter) }
        // A sync that ended while it stood still was not noticed.
        if member.isUp, member.durable < member.appended { planSync(member) }
    }

    /// A promise was broken: the first one is kept.
    func fail(_ promise: BrokenPromise) { if broken == nil { broken = promise } }
}
