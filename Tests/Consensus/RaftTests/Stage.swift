// Stage.swift: a small theatre in which a few members can be watched.
//
// A story is a script (Scripts/*.txt) whose commands say what the world does, and whose transcript says what
// the members did. Nothing happens by itself: disks sync when they are told to, messages arrive when they
// are told to. So a story can stop time between any two steps and look.
//
//     members n1 n2 n3 [learners=n4] [key=value ...]   the cast; options below
//     tick n1 [times]        campaign n1               forget n1
//     elect n1               it campaigns and everything settles; where the election is not the story
//     propose n1 text ...    read n1 name              transfer n1 to=n2
//     change n1 add=n4 remove=n2 learner=n5 [how=simple|auto|implicit|explicit]       leave n1
//     sync n1 [count]        what its disk was given is durable, or the first writes; promises leave
//     slow n1                from now on its disk is done with nothing unless it is told to sync
//     deliver [n1->n2] [kind]    what is on its way arrives, and what it causes stays on its way
//     drop [n1->n2] [kind]       it is lost instead
//     run                    sync and deliver until nothing happens; only the outcome is told
//     cut n1 | n2 n3         messages between the groups are lost from now on       heal
//     crash n1               all that is not durable is gone                         start n1
//     compact n1 index       unreachable n1 n2         snapshot n1 n2 delivered|failed
//     timeout n1 ticks       how long it will wait     show [n1 ...]    log n1    progress n1
//
// A cluster begins as if it had a past: each member has the snapshot of an empty state at index 1, of term 1.
// So a newcomer (new=yes), who has nothing, is given a snapshot and learns from it who the others are.
//
// In a transcript `#3` is a write, and `[after #3]` a promise that waits for it.

import Bytes
import Foundation
import Identifiers
import Raft
import RaftMessages

/// The cast of a story with its disks and its network.
final class Stage {
    private final class Actor {
        let id: MemberID
        let options: Raft.Options
        var raft: Raft
        var isAlive = true
        /// Whether `run` leaves its disk alone.
        var isSlow = false
        /// What is durable.
        var disk: Raft.Memory
        /// What was given to the disk and is not durable yet.
        var writes: [Raft.Write] = []
        /// What waits for it.
        var promises: [(message: Message, ticket: Raft.Ticket)] = []
        var done = Raft.Ticket.zero

        init(_ id: MemberID, _ options: Raft.Options, _ memory: Raft.Memory) {
            self.id = id
            self.options = options
            disk = memory
            raft = Raft(id: id, options: options, memory: memory)
        }
    }

    private var actors: [Actor] = []
    private var mail: [Message] = []
    private var groups: [Set<MemberID>] = []
    private var transcript: [String] = []
    /// Whether only the outcome is told.
    private var isBrief = false
    private var witness = Raft.Witness()

    // MARK: - Commands

    func run(_ step: ScriptStep) throws -> [String] {
        transcript = []
        try carryOut(step)
        return transcript.isEmpty ? ["(nothing)"] : transcript
    }

    private func carryOut(_ step: ScriptStep) throws {
        let words = step.arguments.filter { !$0.contains("=") }
        switch step.command {
        case "members": try members(step)
        case "tick": for _ in 0..<(words.count > 1 ? Int(words[1]) ?? 1 : 1) { act(try actor(words, 0), .tick) }
        case "elect":
            act(try actor(words, 0), .campaign)
            settle()
            let raft = try actor(words, 0).raft
            transcript = [
                "n\(raft.id) is \(Speech.leadership(.init(role: raft.role, leader: raft.leader, term: raft.term)))"
            ]
        case "campaign": act(try actor(words, 0), .campaign)
        case "forget": act(try actor(words, 0), .forgetLeader)
        case "propose":
            let entries = words.dropFirst().map { Entry(data: ByteSlice(utf8: $0)) }
            act(try actor(words, 0), .propose(Array(entries)))
        case "read": act(try actor(words, 0), .readIndex(context: ByteSlice(utf8: words[1])))
        case "transfer": act(try actor(words, 0), .transferLeadership(to: try id(step.value("to") ?? "")))
        case "change": act(try actor(words, 0), .proposeChange(try change(step)))
        case "leave": act(try actor(words, 0), .proposeChange(.several(ConfChangeV2())))
        case "sync": sync(try actor(words, 0), count: words.count > 1 ? Int(words[1]) ?? 0 : nil)
        case "slow": try actor(words, 0).isSlow = true
        case "deliver": try deliver(words, isLost: false)
        case "drop": try deliver(words, isLost: true)
        case "run": settle()
        case "cut": groups = try step.arguments.split(separator: "|").map { try Set($0.map(id)) }
        case "heal": groups = []
        case "crash": crash(try actor(words, 0))
        case "start": start(try actor(words, 0))
        case "compact": act(try actor(words, 0), .compact(through: LogIndex(rawValue: UInt64(words[1]) ?? 0)))
        case "unreachable": act(try actor(words, 0), .unreachable(try id(words[1])))
        case "snapshot":
            act(try actor(words, 0), .snapshotReported(to: try id(words[1]), delivered: words[2] == "delivered"))
        case "timeout": try actor(words, 0).raft.setElectionTimeout(ticks: Int(words[1]) ?? 0)
        case "show": for actor in words.isEmpty ? actors : try words.map({ try self.actor([$0], 0) }) { show(actor) }
        case "log": showLog(try actor(words, 0))
        case "progress": showProgress(try actor(words, 0))
        default: throw Difference(description: "line \(step.line): there is no command \(step.command)")
        }
    }

    private func id(_ word: String) throws -> MemberID {
        guard word.hasPrefix("n"), let number = UInt64(word.dropFirst()) else {
            throw Difference(description: "\(word) is no member")
        }
        return MemberID(rawValue: number)
    }

    private func actor(_ words: [String], _ place: Int) throws -> Actor {
        guard place < words.count else { throw Difference(description: "which member?") }
        let id = try id(words[place])
        guard let actor = actors.first(where: { $0.id == id }) else {
            throw Difference(description: "\(words[place]) is not in the cast")
        }
        return actor
    }

    private func members(_ step: ScriptStep) throws {
        func list(_ key: String) throws -> [MemberID] { try (step.list(key) ?? []).map(id) }
        let cast = try step.arguments.filter { !$0.contains("=") }.map(id)
        var options = Raft.Options()
        options.electionTicks = step.value("election-ticks").flatMap { Int($0) } ?? 10
        options.preVote = step.value("pre-vote") == "on"
        options.checkQuorum = step.value("check-quorum") == "on"
        if step.value("reads") == "lease" { options.readMode = .leaseBased }
        if let text = step.value("window") { options.maxInflightMessages = Int(text) ?? 1 }
        if let text = step.value("message-bytes") { options.maxMessageBytes = Int(text) ?? 1 }
        if let text = step.value("window-bytes") { options.maxInflightBytes = Int(text) ?? 1 }
        if let text = step.value("uncommitted-bytes") { options.maxUncommittedBytes = Int(text) ?? 1 }
        if let text = step.value("applying-bytes") { options.maxApplyingBytes = Int(text) ?? 1 }
        if step.value("forwarding") == "off" { options.forwardsProposals = false }
        let isNew = step.value("new") == "yes"
        for member in cast {
            var memory = Raft.Memory()
            if !isNew {
                memory.confState.voters = try step.value("voters") == nil ? cast : list("voters")
                memory.confState.learners = try list("learners")
                memory.confState.voters.removeAll { memory.confState.learners.contains($0) }
                memory.snapshot = SnapshotMetadata(confState: memory.confState, index: 1, term: 1)
                memory.hardState = HardState(term: 1, commit: 1)
                memory.applied = 1
            }
            options.seed = member.rawValue
            actors.append(Actor(member, options, memory))
        }
    }

    private func change(_ step: ScriptStep) throws -> Raft.Change {
        var changes: [ConfChangeSingle] = []
        for (key, type) in [("add", ConfChangeType.addNode), ("learner", .addLearnerNode), ("remove", .removeNode)] {
            for word in step.list(key) ?? [] { changes.append(ConfChangeSingle(type: type, nodeID: try id(word))) }
        }
        switch step.value("how") ?? "simple" {
        case "auto": return .several(ConfChangeV2(transition: .auto, changes: changes))
        case "implicit": return .several(ConfChangeV2(transition: .jointImplicit, changes: changes))
        case "explicit": return .several(ConfChangeV2(transition: .jointExplicit, changes: changes))
        default: return .single(ConfChange(type: changes[0].type, nodeID: changes[0].nodeID))
        }
    }

    // MARK: - Acting

    private func act(_ actor: Actor, _ input: Raft.Input) {
        guard actor.isAlive else { return tell("n\(actor.id) is down") }
        var effects: [Raft.Effect] = []
        let before = actor.raft
        actor.raft.step(input, into: &effects)
        do {
            try actor.raft.check()
            try actor.raft.check(effects)
            try Raft.check(from: before, to: actor.raft)
            try witness.observe(actor.raft)
        } catch { tell("BROKEN \(error)") }
        for effect in effects { carryOut(effect, of: actor) }
    }

    private func carryOut(_ effect: Raft.Effect, of actor: Actor) {
        let name = "n\(actor.id)"
        switch effect {
        case .persist(let write):
            detail("\(name) writes \(Speech.write(write))")
            actor.writes.append(write)
        case .send(let message):
            detail(Speech.message(message))
            mail.append(message)
        case .promise(let message, after: let ticket):
            let isFree = ticket <= actor.done
            detail(Speech.message(message) + (isFree ? "" : "  [after #\(ticket.rawValue)]"))
            if isFree { mail.append(message) } else { actor.promises.append((message, ticket)) }
        case .sendSnapshot(let message):
            tell(Speech.message(message))
            mail.append(message)
        case .apply(let from, let through): apply(actor, from, through)
        case .restore(let snapshot):
            tell("\(name) becomes the snapshot at \(snapshot.metadata.index)")
            actor.disk.applied = snapshot.metadata.index
            act(actor, .applied(through: snapshot.metadata.index))
        case .answerRead(let index, let context): tell("\(name) answers the read \(context.lossyText) as of \(index)")
        case .refusedRead(let context): tell("\(name) cannot answer the read \(context.lossyText)")
        case .refused(let refusal, let entries):
            let what = entries.map { $0.type == .normal ? $0.data.lossyText : "the change" }.joined(separator: " ")
            tell("\(name) refuses \(what): \(refusal)")
        case .leadership(let now): tell("\(name) is \(Speech.leadership(now))")
        case .alarm(let alarm): tell("\(name) ALARM: \(alarm)")
        }
    }

    private func apply(_ actor: Actor, _ from: LogIndex, _ through: LogIndex) {
        let entries = actor.raft.log.entries(from: from, through: through, limit: .max)
        tell("n\(actor.id) applies " + entries.map(Speech.applied).joined(separator: ", "))
        for entry in entries {
            guard let change = Raft.Change(entry) else { continue }
            act(actor, .appliedChange(change.meaning, at: entry.index))
            tell("n\(actor.id) has \(actor.raft.configuration)")
        }
        act(actor, .applied(through: through))
    }

    private func tell(_ line: String) { transcript.append(line) }
    private func detail(_ line: String) { if !isBrief { transcript.append(line) } }

    // MARK: - Disks

    private func sync(_ actor: Actor, count: Int? = nil) {
        guard actor.isAlive, !actor.writes.isEmpty || !actor.promises.isEmpty else { return }
        let writes = Array(actor.writes.prefix(count ?? actor.writes.count))
        actor.writes.removeFirst(writes.count)
        for write in writes { Stage.store(write, in: &actor.disk) }
        actor.done = max(actor.done, writes.last?.ticket ?? .zero)
        detail("n\(actor.id) has #\(actor.done.rawValue) on disk")
        let released = actor.promises.filter { $0.ticket <= actor.done }
        actor.promises.removeAll { $0.ticket <= actor.done }
        mail += released.map(\.message)
        act(actor, .durable(actor.done))
    }

    private static func store(_ write: Raft.Write, in disk: inout Raft.Memory) {
        if let snapshot = write.snapshot {
            disk.snapshot = snapshot.metadata
            disk.entries = []
            disk.confState = snapshot.metadata.confState
        }
        if let first = write.entries.first { disk.entries.removeAll { $0.index >= first.index } }
        disk.entries += write.entries
        if let hard = write.hardState { disk.hardState = hard }
    }

    private func crash(_ actor: Actor) {
        let lost = actor.writes.filter(\.mustSync).map { "#\($0.ticket.rawValue)" }.joined(separator: " ")
        tell("n\(actor.id) is down" + (lost.isEmpty ? "" : "; lost with it: \(lost)"))
        actor.isAlive = false
        actor.writes = []
        actor.promises = []
        mail.removeAll { $0.to == actor.id }
    }

    private func start(_ actor: Actor) {
        // Its state machine lives in memory only: it applies the log again.
        actor.disk.applied = actor.disk.snapshot.index
        actor.disk.confState = actor.disk.snapshot.confState
        actor.raft = Raft(id: actor.id, options: actor.options, memory: actor.disk)
        actor.isAlive = true
        actor.done = .zero
        witness.forget(actor.id)
        show(actor)
    }

    // MARK: - The network

    private func isCut(_ message: Message) -> Bool {
        guard !groups.isEmpty else { return false }
        return !groups.contains { $0.contains(message.from) && $0.contains(message.to) }
    }

    private func deliver(_ words: [String], isLost: Bool) throws {
        var pair: (MemberID, MemberID)?
        var kind: String?
        for word in words {
            if let arrow = word.range(of: "->") {
                pair = (try id(String(word[..<arrow.lowerBound])), try id(String(word[arrow.upperBound...])))
            } else {
                kind = word
            }
        }
        func isMeant(_ message: Message) -> Bool {
            if let pair, pair != (message.from, message.to) { return false }
            return kind == nil || Speech.kind(message.type) == kind
        }
        let now = mail.filter(isMeant)
        mail.removeAll(where: isMeant)
        for message in now {
            if isLost || isCut(message) {
                tell("lost: \(Speech.message(message))")
            } else {
                arrive(message)
            }
        }
    }

    private func arrive(_ message: Message) {
        guard let actor = actors.first(where: { $0.id == message.to }), actor.isAlive else { return }
        act(actor, .received(message))
    }

    /// Until nothing happens any more, or for ever: then the story is told that it does not end.
    private func settle() {
        isBrief = true
        defer { isBrief = false }
        for _ in 0..<10_000 {
            let now = mail
            mail = []
            for message in now where !isCut(message) { arrive(message) }
            for actor in actors where !actor.isSlow { sync(actor) }
            if mail.isEmpty { return }
        }
        tell("this does not end")
    }

    // MARK: - Looking

    private func show(_ actor: Actor) {
        guard actor.isAlive else { return tell("n\(actor.id) is down") }
        let raft = actor.raft
        let log = raft.log
        tell(
            "n\(actor.id): \(Speech.leadership(.init(role: raft.role, leader: raft.leader, term: raft.term))), "
                + "log \(log.first)...\(log.last.index), committed \(log.committed), applied \(log.applied), "
                + "durable \(log.durable), \(raft.configuration)")
    }

    private func showLog(_ actor: Actor) {
        let entries = actor.raft.log.all.map { "\($0.index)(\($0.term))" }
        tell("n\(actor.id): " + (entries.isEmpty ? "empty" : entries.joined(separator: " ")))
    }

    private func showProgress(_ actor: Actor) {
        for (member, progress) in actor.raft.roster.peers.all where member != actor.id {
            var line = "n\(member): \(progress.mode), match \(progress.match), next \(progress.next)"
            if progress.inflights.count > 0 { line += ", \(progress.inflights.count) in flight" }
            if progress.isPaused { line += ", paused" }
            if progress.isLearner { line += ", learner" }
            tell(line)
        }
    }
}

/// How a transcript speaks.
enum Speech {
    static func leadership(_ now: Raft.Leadership) -> String {
        switch now.role {
        case .follower:
            "follower" + (now.leader == .none ? " of nobody" : " of n\(now.leader)") + " in term \(now.term)"
        case .preCandidate: "asking whether it would be elected, in term \(now.term)"
        case .candidate: "candidate in term \(now.term)"
        case .leader: "LEADER in term \(now.term)"
        }
    }

    static func kind(_ type: MessageType) -> String {
        switch type {
        case .app: "append"
        case .appResp: "append-answer"
        case .vote: "vote"
        case .voteResp: "vote-answer"
        case .preVote: "pre-vote"
        case .preVoteResp: "pre-vote-answer"
        case .heartbeat: "heartbeat"
        case .heartbeatResp: "heartbeat-answer"
        case .snap: "snapshot"
        case .prop: "proposal"
        case .timeoutNow: "campaign-now"
        case .transferLeader: "transfer-wish"
        case .readIndex: "read"
        case .readIndexResp: "read-answer"
        default: "message \(type.rawValue)"
        }
    }

    static func message(_ message: Message) -> String {
        var text = "n\(message.from) -> n\(message.to)  \(kind(message.type))"
        if message.term > .zero { text += ", term \(message.term)" }
        switch message.type {
        case .app:
            text += ", after \(message.index)(\(message.logTerm)): \(list(message.entries)); commit \(message.commit)"
        case .appResp where message.reject:
            text += ": no, not after \(message.index); perhaps after \(message.rejectHint)(\(message.logTerm))"
        case .appResp: text += ": I have everything up to \(message.index)"
        case .vote, .preVote:
            text += ", my log ends at \(message.index)(\(message.logTerm))"
            if message.context == Raft.campaignTransfer { text += ", my leader wants it" }
        case .voteResp, .preVoteResp: text += message.reject ? ": no" : ": yes"
        case .heartbeat:
            text += ", commit \(message.commit)" + (message.context.isEmpty ? "" : ", do I still lead?")
        case .heartbeatResp: text += message.context.isEmpty ? "" : ", you still lead"
        case .snap: text += " of the state at \(message.snapshot?.metadata.index ?? .zero)"
        case .prop: text += " \(list(message.entries))"
        case .readIndex: text += " \(message.entries.first?.data.lossyText ?? "")"
        case .readIndexResp: text += " \(message.entries.first?.data.lossyText ?? "") as of \(message.index)"
        default: break
        }
        return text
    }

    private static func list(_ entries: [Entry]) -> String {
        entries.isEmpty
            ? "nothing"
            : entries.map { entry in entry.index > .zero ? applied(entry) : body(entry) }
                .joined(separator: ", ")
    }

    private static func body(_ entry: Entry) -> String {
        if let change = Raft.Change(entry) {
            if change.meaning.changes.isEmpty { return "leave-joint" }
            let verbs: [ConfChangeType: String] = [.addNode: "add", .addLearnerNode: "learner", .removeNode: "remove"]
            return change.meaning.changes.map { "\(verbs[$0.type] ?? "update")-n\($0.nodeID)" }.joined(separator: "+")
        }
        return entry.data.isEmpty ? "nothing" : entry.data.lossyText
    }

    /// `5(2) x=1`: index, term, content.
    static func applied(_ entry: Entry) -> String {
        let what = body(entry)
        return "\(entry.index)(\(entry.term))" + (what == "nothing" ? "" : " \(what)")
    }

    static func write(_ write: Raft.Write) -> String {
        var parts: [String] = []
        if let hard = write.hardState {
            parts.append("term \(hard.term), vote \(hard.vote == .none ? "-" : "n\(hard.vote)"), commit \(hard.commit)")
        }
        if let snapshot = write.snapshot { parts.append("snapshot at \(snapshot.metadata.index)") }
        if !write.entries.isEmpty { parts.append("entries \(write.entries.map(applied).joined(separator: ", "))") }
        return (write.mustSync ? "#\(write.ticket.rawValue): " : "without waiting: ") + parts.joined(separator: "; ")
    }
}
