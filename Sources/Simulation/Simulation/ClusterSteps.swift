// ClusterSteps.swift: how the effects of one step are carried out, and what is checked about it.
//
// Effects are carried out in array order. Carrying one out may lead to another step of the same member (what
// is applied must be reported), whose effects come behind those that are left.
//
//     C4  a commit advances         count the disks that really have the entry
//     C5  a leader appears          count the disks that really have the vote
//     C8  a commit advances         the entry must be of the leader's own term
//
// WHY LOOK AT THE DISKS? A member that acknowledges too early is punished only when it crashes at the right
// moment. Comparing each commit with what is synced finds the mistake without waiting for the accident.

import Bytes
package import Identifiers
package import Raft
import RaftMessages
import Trace
import WriteAheadLog

extension Cluster {
    // MARK: Clients

    /// A client asks a member to write; the number finds the answer.
    @discardableResult
    package func propose(at id: MemberID, key: String, value: String) -> UInt64 {
        let number = history.ask(id, key: key, value: value)
        let member = member(id)
        guard member.isUp, !member.isPaused else {
            refuse(number, why: "the member is not there")
            return number
        }
        let command = RegisterCommand(request: number, key: key, value: value)
        let data = command.data
        let before = member.raft!.log.last.index
        let name = noteRequest(number, of: member, .put, "\(key)=\(value)", sizeBytes: data.count)
        step(member, .propose([Entry(data: data)]))
        noteProposed(number, name, before, of: member, sizeBytes: data.count)
        return number
    }

    /// A client asks a member to read, linearizably.
    @discardableResult
    package func read(at id: MemberID, key: String) -> UInt64 {
        let number = history.ask(id, key: key, value: nil)
        let member = member(id)
        guard member.isUp, !member.isPaused else {
            refuse(number, why: "the member is not there")
            return number
        }
        var context = ByteBuffer()
        context.append(bigEndian: number)
        noteParked(number, noteRequest(number, of: member, .range, key, sizeBytes: key.utf8.count), of: member)
        step(member, .readIndex(context: context.slice()))
        return number
    }

    /// An operator proposes a change of membership.
    package func change(at id: MemberID, _ change: Raft.Change) {
        let member = member(id)
        if member.isUp, !member.isPaused { step(member, .proposeChange(change)) }
    }

    /// Gives any other input to a member that is there.
    package func input(_ input: Raft.Input, to id: MemberID) {
        let member = member(id)
        if member.isUp, !member.isPaused { step(member, input) }
    }

    private func refuse(_ number: UInt64, why: String) {
        guard let request = history.refuse(number) else { return }
        noteRefused(number, of: member(request.member), why: why)
        onWorldEvent?(.refused(request, why: why))
    }

    // MARK: Steps

    func step(_ member: SimulatedMember, _ input: Raft.Input) {
        guard broken == nil, member.isUp else { return }
        effects.removeAll(keepingCapacity: true)
        var place = 0
        advance(member, input)
        while place < effects.count, broken == nil, member.isUp {
            let effect = effects[place]
            place += 1
            do { try perform(effect, member) } catch {
                // The disk went away under the write: the process is gone, and the rest of the effects with it.
                die(member, dice.pick(Survival.all), torn: true)
                return
            }
        }
        guard member.isUp else { return }
        observe(&member.raft!)
    }

    /// One step of the value, and the rules about it.
    private func advance(_ member: SimulatedMember, _ input: Raft.Input) {
        counts.steps += 1
        let news = turn(&member.raft!, input)
        if news.leads { checkVotes(of: member) }
        if news.commits { checkCommit(of: member) }
    }

    /// The step itself. (`inout`, because a Raft is large: looking at it in its place costs nothing, taking it out
    /// of its member would copy it.)
    private func turn(_ raft: inout Raft, _ input: Raft.Input) -> (leads: Bool, commits: Bool) {
        let compares = counts.steps % settings.comparesEvery == 0
        let before = compares ? raft : nil
        let (role, committed) = (raft.role, raft.log.committed)
        let first = effects.count
        raft.step(input, into: &effects)
        do throws(Raft.Violation) {
            try raft.check(first == 0 ? effects : Array(effects[first...]))
            if let before { try Raft.check(from: before, to: raft) }
        } catch { fail(BrokenPromise(error)) }
        let isLeader = raft.role == .leader
        return (isLeader && role != .leader, isLeader && raft.log.committed > committed)
    }

    private func observe(_ raft: inout Raft) {
        do throws(Raft.Violation) {
            if counts.steps % settings.comparesEvery == 0 { try raft.check() }
            try witness.observe(raft)
        } catch { fail(BrokenPromise(error)) }
    }

    private func perform(_ effect: Raft.Effect, _ member: SimulatedMember) throws(StorageStop) {
        switch effect {
        case .persist(let write):
            try member.storage!.append(write)
            if let state = write.hardState { member.noteVote(in: state) }
            member.appended = write.ticket
            planSync(member)
        case .send(let message): post(message)
        case .promise(let message, let ticket):
            if ticket <= member.durable { post(message) } else { member.promises.append((message, ticket)) }
        case .sendSnapshot(let message): sendSnapshot(message, member)
        case .apply(let from, let through): try apply(from: from, through: through, member)
        case .restore(let snapshot): restore(snapshot, member)
        case .answerRead(let index, let context):
            let number: UInt64 = context.view.bigEndian(at: 0)
            noteReadable(number, at: index, of: member)
            member.waitingReads.append((number, index))
            answerReads(member)
        case .refusedRead(let context): refuse(context.view.bigEndian(at: 0), why: "the read must be asked again")
        case .refused(let reason, let entries):
            for entry in entries {
                if let command = RegisterCommand(entry.data) { refuse(command.request, why: reason.description) }
            }
        case .leadership: break
        case .alarm(let alarm): raise(alarm, member)
        }
    }

    private func raise(_ alarm: Raft.Alarm, _ member: SimulatedMember) {
        // A contradicting change is found by all members alike and skipped: no promise is broken.
        if case .badChange = alarm { return }
        fail(BrokenPromise(.nobodyIsAlarmed, "member \(member.id): \(alarm)"))
    }

    // MARK: Disk

    func planSync(_ member: SimulatedMember) {
        guard !member.isSyncing, !member.isPaused else { return }
        member.isSyncing = true
        agenda.plan(.synced(member.id, life: member.life), after: dice.roll(member.syncTime))
    }

    /// Everything that was appended until now is durable: promises that waited for it may leave.
    func finishSync(_ member: SimulatedMember) {
        member.isSyncing = false
        guard member.isUp, !member.isPaused else { return }
        do { try member.storage!.sync() } catch {
            die(member, dice.pick(Survival.all), torn: true)
            return
        }
        member.noteSync()
        let ticket = member.appended
        member.durable = ticket
        onWorldEvent?(.synced(member.id, through: ticket))
        let due = member.promises.prefix { $0.after <= ticket }
        member.promises.removeFirst(due.count)
        for promise in due { post(promise.message) }
        step(member, .durable(ticket))
    }

    // MARK: State machine

    private func apply(from: LogIndex, through: LogIndex, _ member: SimulatedMember) throws(StorageStop) {
        var index = from
        while index <= through {
            let entry = member.raft!.log[index]
            let command = member.registers.apply(entry)
            counts.applied += 1
            checkDigest(member)
            noteApplied(entry, command, of: member)
            onWorldEvent?(.applied(member.id, index, command))
            if let command, history.request(command.request)?.member == member.id {
                answer(command.request, value: command.value, at: index)
            }
            if let change = Raft.Change(entry)?.meaning {
                advance(member, .appliedChange(change, at: index))
                counts.configurations += 1
                if member.raft!.configuration.voters.isJoint { counts.jointConfigurations += 1 }
            }
            index = index.next
        }
        advance(member, .applied(through: through))
        answerReads(member)
        try snapshotIfDue(member)
    }

    private func restore(_ snapshot: Snapshot, _ member: SimulatedMember) {
        counts.restores += 1
        member.registers = Registers(decoding: snapshot.data)
        member.snapshotIndex = snapshot.metadata.index
        checkDigest(member)
        advance(member, .applied(through: snapshot.metadata.index))
        answerReads(member)
    }

    private func answerReads(_ member: SimulatedMember) {
        guard !member.waitingReads.isEmpty else { return }
        let applied = member.registers.applied
        let due = member.waitingReads.filter { $0.index <= applied }
        member.waitingReads.removeAll { $0.index <= applied }
        for read in due {
            guard let request = history.request(read.request) else { continue }
            noteRead(request.key, isThere: member.registers.values[request.key] != nil, of: member)
            answer(read.request, value: member.registers.values[request.key], at: applied)
        }
    }

    private func answer(_ number: UInt64, value: String?, at place: LogIndex) {
        do throws(BrokenPromise) {
            guard let request = try history.answer(number, at: place) else { return }
            noteAnswered(number, of: member(request.member))
            onWorldEvent?(.answered(request, value: value, at: place))
        } catch { fail(error) }
    }

    // MARK: Snapshots

    private func snapshotIfDue(_ member: SimulatedMember) throws(StorageStop) {
        guard let every = settings.snapshotEvery, member.registers.applied - member.snapshotIndex >= every else {
            return
        }
        // A few entries are kept, so that a follower that is a little behind needs no snapshot.
        try makeSnapshot(member, keeping: every / 6)
    }

    /// Replaces a member's applied log by a snapshot.
    package func compact(_ id: MemberID, keeping kept: Int = 0) {
        let member = member(id)
        guard member.isUp, member.registers.applied > member.snapshotIndex else { return }
        effects.removeAll(keepingCapacity: true)
        do { try makeSnapshot(member, keeping: kept) } catch { die(member, dice.pick(Survival.all), torn: true) }
    }

    private func makeSnapshot(_ member: SimulatedMember, keeping kept: Int) throws(StorageStop) {
        guard let snapshot = snapshot(of: member) else { return }
        let index = snapshot.metadata.index
        try member.storage!.save(snapshot)
        member.noteSync()
        member.snapshotIndex = index
        counts.snapshots += 1
        onWorldEvent?(.snapshot(member.id, index))
        if index - member.raft!.log.base.index > kept { advance(member, .compact(through: index - kept)) }
    }

    private func snapshot(of member: SimulatedMember) -> Snapshot? {
        let applied = member.registers.applied
        guard applied > .zero, let term = member.raft!.log.term(at: applied) else { return nil }
        var snapshot = Snapshot()
        snapshot.data = member.registers.encoded()
        snapshot.metadata.index = applied
        snapshot.metadata.term = term
        snapshot.metadata.confState = member.raft!.configuration.confState
        return snapshot
    }

    /// Carries a snapshot to a follower: slowly, and perhaps not at all.
    private func sendSnapshot(_ offer: Message, _ member: SimulatedMember) {
        var message = offer
        message.snapshot = snapshot(of: member)
        let target = members[offer.to]
        let link = Link(from: offer.from, to: offer.to)
        var isLost = message.snapshot == nil || target == nil || loses?(message) == true
        if !isLost, case .cut = network.send(over: link) { isLost = true }
        if isLost {
            onWorldEvent?(.lost(message, why: .cut))
        } else {
            post(message)
        }
        agenda.plan(
            .snapshotDone(member.id, of: offer.to, life: member.life, delivered: !isLost && target?.isUp == true),
            after: 5 + network.weather.delay.upperBound)
    }

    // MARK: What the disks really have

    /// C4: a majority of each half of the configuration has the last committed entry on disk.
    private func checkCommit(of leader: SimulatedMember) {
        let raft = leader.raft!
        let committed = raft.log.committed
        guard let term = raft.log.term(at: committed) else { return }
        if term != raft.term {
            fail(
                BrokenPromise(
                    .leadersCommitTheirOwnTerm,
                    "member \(leader.id), who leads term \(raft.term), committed entry \(committed) of term \(term)"))
        }
        let has = { (id: MemberID) -> LogIndex in
            guard let last = self.members[id]?.storage?.synced.last else { return .zero }
            // A disk whose log ends in a later term may hold the entry or its successor: by X2 and X3 it does.
            return last.index >= committed && last.term >= term ? committed : .zero
        }
        if raft.configuration.voters.committed(has) < committed {
            fail(
                BrokenPromise(
                    .commitsAreDurable,
                    "member \(leader.id) committed entry \(committed) of term \(term), which a majority has not synced")
            )
        }
    }

    /// C5: a majority of each half of the configuration has the vote for this leader on disk.
    private func checkVotes(of leader: SimulatedMember) {
        let raft = leader.raft!
        let result = raft.configuration.voters.result { id in
            self.members[id]?.durableVotes[raft.term] == leader.id ? true : false
        }
        if result != .won {
            fail(
                BrokenPromise(
                    .leadersHaveDurableVotes,
                    "member \(leader.id) leads term \(raft.term) without synced votes of a majority"))
        }
    }

    /// C3: whoever has applied so far is in the same state.
    private func checkDigest(_ member: SimulatedMember) {
        let registers = member.registers
        if let other = digests[registers.applied] {
            if other != registers.digest {
                fail(
                    BrokenPromise(
                        .equalEntriesMakeEqualStates,
                        "member \(member.id) is in another state than others were at entry \(registers.applied)"))
            }
        } else {
            digests[registers.applied] = registers.digest
        }
    }
}
