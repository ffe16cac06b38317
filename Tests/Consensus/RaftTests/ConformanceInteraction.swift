// ConformanceInteraction.swift: the scripts in which whole members talk to each other.
//
// Etcd's raft collects what it wants into a "Ready", which a driver carries out when it likes. Our effects
// come one step at a time, so a member here gathers them until the script says "process-ready":
//
//     effects of steps            Ready
//     persist, persist, ...  ->   HardState, Entries, Snapshot     (merged: later entries replace earlier)
//     send, send, ...        ->   Messages
//     promise, ...           ->   Messages behind them; with asynchronous writes the answers of the append
//                                 thread ("Responses")
//     apply                  ->   CommittedEntries
//
// ONE KNOWN DIFFERENCE OF TIMING. We hold a request for votes back until the candidate's own vote is durable
// (Durability.swift says which crash needs that); their library lets it go at once. The driver here lets it
// go at once too, so that everything after it can be compared.

import Bytes
import Identifiers
import Raft
import RaftMessages
import Trace

/// A cluster that is driven as the scripts want it.
final class ScriptedCluster {
    private enum Flight {
        case message(Message)
        case durable(MemberID, Raft.Ticket)
        case applied(MemberID, from: LogIndex, through: LogIndex)

        var target: MemberID {
            switch self {
            case .message(let message): message.to
            case .durable(let member, _): member
            case .applied(let member, _, _): member
            }
        }
    }

    /// What a member wants since its last Ready.
    private struct Wishes {
        var hardState: HardState?
        var entries: [Entry] = []
        var snapshot: Snapshot?
        var mustSync = false
        var ticket: Raft.Ticket?
        var messages: [Message] = []
        var promises: [Message] = []
        var applies: [(from: LogIndex, through: LogIndex)] = []

        mutating func merge(_ write: Raft.Write) {
            ticket = write.ticket
            hardState = write.hardState ?? hardState
            if let snapshot = write.snapshot {
                self.snapshot = snapshot
                entries = []
            }
            if let first = write.entries.first { entries.removeAll { $0.index >= first.index } }
            entries += write.entries
            mustSync = mustSync || (write.mustSync && write.snapshot == nil) || !write.entries.isEmpty
        }

        var isEmpty: Bool {
            ticket == nil && messages.isEmpty && promises.isEmpty && applies.isEmpty
        }
    }

    private struct AppendWork {
        var header: [String]
        var wishes: Wishes
    }

    private final class Node {
        var raft: Raft
        var wishes = Wishes()
        var isAsync: Bool
        var disk: [Entry] = []
        var diskBase: LogIndex
        var shown: Raft.Leadership
        var shownHard = HardState()
        var appendWork: [AppendWork] = []
        var applyWork: [(from: LogIndex, through: LogIndex)] = []

        init(_ raft: Raft, isAsync: Bool) {
            self.raft = raft
            self.isAsync = isAsync
            diskBase = raft.log.base.index
            shown = Raft.Leadership(role: .follower, leader: .none, term: .zero)
        }

        var softStateChanged: Bool { shown.role != raft.role || shown.leader != raft.leader }
        var hardStateChanged: Bool { wishes.hardState.map { $0 != shownHard } ?? false }
        var isReady: Bool {
            softStateChanged || hardStateChanged || !wishes.entries.isEmpty || wishes.snapshot != nil
                || !wishes.messages.isEmpty || !wishes.promises.isEmpty || !wishes.applies.isEmpty
        }
    }

    private var nodes: [Node] = []
    private var flights: [Flight] = []
    private var transcript: [String] = []
    private var isSilent = false
    private var witness = Raft.Witness()

    // MARK: - Commands

    /// Carries a command out and answers what happened, in the short form.
    func run(_ step: ScriptStep) throws -> [String] {
        transcript = []
        let wasSilent = isSilent
        if let level = step.value("log-level") { isSilent = level == "none" }
        try carryOut(step)
        let silent = isSilent
        if step.value("log-level") != nil { isSilent = wasSilent }
        return silent ? [] : Wording.normalize(transcript)
    }

    private func carryOut(_ step: ScriptStep) throws {
        let numbers = step.numbers
        switch step.command {
        case "log-level": isSilent = step.arguments == ["none"]
        case "add-nodes": addNodes(step)
        case "campaign": self.step(node(numbers[0]), .campaign)
        case "propose": propose(step)
        case "propose-conf-change": try proposeChange(step)
        case "tick-heartbeat": self.step(node(numbers[0]), .tick)
        case "tick-election": for _ in 0..<3 { self.step(node(numbers[0]), .tick) }
        case "set-randomized-election-timeout":
            node(numbers[0]).raft.setElectionTimeout(ticks: Int(step.value("timeout") ?? "") ?? 0)
        case "forget-leader": self.step(node(numbers[0]), .forgetLeader)
        case "report-unreachable": self.step(node(numbers[0]), .unreachable(MemberID(rawValue: numbers[1])))
        case "transfer-leadership":
            let target = MemberID(rawValue: UInt64(step.value("to") ?? "") ?? 0)
            self.step(node(UInt64(step.value("from") ?? "") ?? 0), .transferLeadership(to: target))
        case "compact":
            self.step(node(numbers[0]), .compact(through: LogIndex(rawValue: numbers[1])))
            compactDisk(node(numbers[0]), through: LogIndex(rawValue: numbers[1]))
            showLog(node(numbers[0]))
        case "raft-log": showLog(node(numbers[0]))
        case "raft-state": showStates()
        case "status": showStatus(node(numbers[0]))
        case "send-snapshot": sendSnapshot(from: node(numbers[0]), to: MemberID(rawValue: numbers[1]))
        case "process-ready": each(numbers, "handling Ready") { processReady($0) }
        case "process-append-thread": each(numbers, "processing append thread") { processAppendThread($0) }
        case "process-apply-thread": each(numbers, "processing apply thread") { processApplyThread($0) }
        case "deliver-msgs": deliver(step)
        case "stabilize": stabilize(numbers.isEmpty ? nodes : numbers.map { node($0) })
        default: throw Difference(description: "unknown command \(step.command)")
        }
    }

    private func node(_ number: UInt64) -> Node { nodes[Int(number) - 1] }

    private func each(_ numbers: [UInt64], _ heading: String, _ body: (Node) -> Void) {
        for number in numbers {
            if numbers.count > 1 { transcript.append("> \(number) \(heading)") }
            body(node(number))
        }
    }

    private func addNodes(_ step: ScriptStep) {
        func members(_ key: String) -> [MemberID] {
            (step.list(key) ?? []).compactMap { UInt64($0) }.map { MemberID(rawValue: $0) }
        }
        var options = Raft.Options()
        options.electionTicks = 3
        // The one field that we add to etcd's messages.
        options.tellsCommitInVotes = false
        options.answersThePast = false
        options.preVote = step.value("prevote") == "true"
        options.checkQuorum = step.value("checkquorum") == "true"
        if step.value("read-only") == "lease-based" { options.readMode = .leaseBased }
        options.maxMessageBytes = Int.max
        options.maxInflightMessages = step.value("inflight").flatMap { Int($0) } ?? Int.max
        options.maxApplyingBytes = step.value("max-committed-size-per-ready").flatMap { Int($0) } ?? Int.max
        options.validatesChanges = step.value("disable-conf-change-validation") != "true"
        options.stepsDownOnRemoval = step.value("step-down-on-removal") == "true"
        for _ in 0..<(step.numbers.first ?? 1) {
            let id = MemberID(rawValue: UInt64(nodes.count + 1))
            var memory = Raft.Memory()
            memory.confState.voters = members("voters")
            memory.confState.learners = members("learners")
            let index = step.value("index").flatMap { UInt64($0) } ?? 0
            memory.snapshot.index = LogIndex(rawValue: index)
            memory.snapshot.term = index > 0 ? 1 : 0
            memory.hardState.commit = memory.snapshot.index
            memory.applied = memory.snapshot.index
            let raft = Raft(id: id, options: options, memory: memory)
            let node = Node(raft, isAsync: step.value("async-storage-writes") == "true")
            node.shownHard = memory.hardState
            let subscriber = TraceSubscriber { [unowned self] record in
                if let line = Wording.event(record.event, at: id) { transcript.append(line) }
            }
            let origin = TraceOrigin(member: id, epoch: BootEpoch(rawValue: 1))
            node.raft.trace = Tracer(to: TraceRecorder(origin, sink: subscriber))
            nodes.append(node)
            let log = raft.log
            let peers = raft.configuration.voters.all.map(\.description).joined(separator: ",")
            transcript.append("config \(id) \(Wording.configuration(raft.configuration))")
            transcript.append("state \(id) follower \(raft.term)")
            transcript.append(
                "new \(id) [\(peers)] \(raft.term) \(log.committed) \(log.applied) \(log.last.index) \(log.last.term)")
        }
    }

    private func propose(_ step: ScriptStep) {
        let data = ByteSlice(utf8: step.arguments.count > 1 ? step.arguments[1] : "")
        self.step(node(step.numbers[0]), .propose([Entry(data: data)]))
    }

    private func proposeChange(_ step: ScriptStep) throws {
        let changes = try ChangeConformance.changes(step.input.flatMap { $0.split(separator: " ").map(String.init) })
        let proposal: Raft.Change
        if step.value("v1") == "true" {
            proposal = .single(ConfChange(type: changes[0].type, nodeID: changes[0].nodeID))
        } else {
            let ways: [String: ConfChangeTransition] = [
                "auto": .auto, "implicit": .jointImplicit, "explicit": .jointExplicit,
            ]
            let way = ways[step.value("transition") ?? "auto"] ?? .auto
            proposal = .several(ConfChangeV2(transition: way, changes: changes))
        }
        self.step(node(step.numbers[0]), .proposeChange(proposal))
    }

    // MARK: - Steps

    private func step(_ node: Node, _ input: Raft.Input) {
        var effects: [Raft.Effect] = []
        let before = node.raft
        node.raft.step(input, into: &effects)
        watch(node, since: before, effects)
        for effect in effects {
            switch effect {
            case .persist(let write): node.wishes.merge(write)
            case .send(let message), .sendSnapshot(let message): node.wishes.messages.append(message)
            case .promise(let message, after: _):
                // See the head of this file.
                if message.type == .vote {
                    node.wishes.messages.append(message)
                } else {
                    node.wishes.promises.append(message)
                }
            case .apply(let from, let through): node.wishes.applies.append((from, through))
            case .restore(let snapshot): self.step(node, .applied(through: snapshot.metadata.index))
            case .refused(let refusal, _):
                switch refusal {
                case .changePending, .mustLeaveJointFirst, .notJoint, .unreadableChange: break
                default: transcript.append("raft proposal dropped")
                }
            case .alarm(let alarm): transcript.append("alarm: \(alarm)")
            case .answerRead, .refusedRead, .leadership: break
            }
        }
    }

    /// The invariants hold after every step of every script.
    private func watch(_ node: Node, since before: Raft, _ effects: [Raft.Effect]) {
        do {
            try node.raft.check()
            try node.raft.check(effects)
            try Raft.check(from: before, to: node.raft)
            try witness.observe(node.raft)
        } catch {
            transcript.append("broken \(error)")
        }
    }

    // MARK: - Ready

    private func processReady(_ node: Node) {
        guard node.isReady else {
            node.wishes = Wishes()
            transcript.append("<empty Ready>")
            return
        }
        if node.isAsync { return processAsync(node) }
        let wishes = node.wishes
        node.wishes = Wishes()
        let heading = describeStates(node, wishes)
        let log = transcript
        transcript = []
        writeDisk(node, wishes)
        let committed = node.raft.log.committed
        var applies = wishes.applies
        for apply in wishes.applies { carryOut(node, apply) }
        if let ticket = wishes.ticket { step(node, .durable(ticket)) }
        // A follower applies in one go what is written in the same go.
        while let apply = node.wishes.applies.first, apply.through <= committed, !wishes.entries.isEmpty {
            node.wishes.applies.removeFirst()
            applies.append(apply)
            carryOut(node, apply)
        }
        let happened = transcript
        transcript = log + heading
        describe(node, applies)
        let messages = wishes.messages + wishes.promises
        if !messages.isEmpty { transcript.append("Messages:") }
        for message in messages { transcript += Wording.message(message) }
        transcript += happened
        flights += messages.map { .message($0) }
    }

    private func describeStates(_ node: Node, _ wishes: Wishes) -> [String] {
        var lines = ["Ready MustSync=\(wishes.mustSync):"]
        if node.softStateChanged {
            lines.append("Lead:\(node.raft.leader) State:\(Wording.role(node.raft.role))")
            node.shown = Raft.Leadership(role: node.raft.role, leader: node.raft.leader, term: node.raft.term)
        }
        if let hard = wishes.hardState, hard != node.shownHard {
            lines.append(Wording.hardState(hard))
            node.shownHard = hard
        }
        if !wishes.entries.isEmpty { lines.append("Entries:") }
        lines += wishes.entries.map(Wording.entry)
        if let snapshot = wishes.snapshot { lines.append("Snapshot " + Wording.snapshot(snapshot)) }
        return lines
    }

    private func describe(_ node: Node, _ applies: [(from: LogIndex, through: LogIndex)]) {
        guard !applies.isEmpty else { return }
        transcript.append("CommittedEntries:")
        for apply in applies {
            transcript += node.raft.log.entries(from: apply.from, through: apply.through, limit: .max).map(
                Wording.entry)
        }
    }

    private func writeDisk(_ node: Node, _ wishes: Wishes) {
        if let snapshot = wishes.snapshot {
            node.disk = []
            node.diskBase = snapshot.metadata.index
        }
        if let first = wishes.entries.first { node.disk.removeAll { $0.index >= first.index } }
        node.disk += wishes.entries
    }

    private func compactDisk(_ node: Node, through index: LogIndex) {
        node.disk.removeAll { $0.index <= index }
        node.diskBase = index
    }

    private func carryOut(_ node: Node, _ apply: (from: LogIndex, through: LogIndex)) {
        for entry in node.raft.log.entries(from: apply.from, through: apply.through, limit: .max) {
            if let change = Raft.Change(entry) { step(node, .appliedChange(change.meaning, at: entry.index)) }
        }
        step(node, .applied(through: apply.through))
    }

    // MARK: - Asynchronous writes

    private func processAsync(_ node: Node) {
        let wishes = node.wishes
        node.wishes = Wishes()
        let isHardNew = wishes.hardState.map { $0 != node.shownHard } ?? false
        transcript += describeStates(node, wishes)
        describe(node, wishes.applies)
        var lines: [String] = []
        for message in wishes.messages { lines += Wording.message(message) }
        flights += wishes.messages.map { .message($0) }
        if wishes.ticket != nil || !wishes.promises.isEmpty {
            let header = appendHeader(node, wishes, isHardNew)
            node.appendWork.append(AppendWork(header: header, wishes: wishes))
            lines += header
            for message in wishes.promises { lines += Wording.message(message) }
        }
        for apply in wishes.applies {
            node.applyWork.append(apply)
            lines += applyHeader(node, apply)
        }
        if !lines.isEmpty { transcript.append("Messages:") }
        transcript += lines
    }

    private func appendHeader(_ node: Node, _ wishes: Wishes, _ isHardNew: Bool) -> [String] {
        var line = "\(node.raft.id)->AppendThread MsgStorageAppend Term:"
        if isHardNew, let hard = wishes.hardState {
            line += "\(hard.term) Log:0/0"
            if hard.commit > .zero { line += " Commit:\(hard.commit)" }
            if hard.vote != .none { line += " Vote:\(hard.vote)" }
        } else {
            line += "0 Log:0/0"
        }
        return Wording.withEntries(line, wishes.entries)
    }

    private func applyHeader(_ node: Node, _ apply: (from: LogIndex, through: LogIndex)) -> [String] {
        let entries = node.raft.log.entries(from: apply.from, through: apply.through, limit: .max)
        return Wording.withEntries("\(node.raft.id)->ApplyThread MsgStorageApply Term:0 Log:0/0", entries)
    }

    private func processAppendThread(_ node: Node) {
        guard !node.appendWork.isEmpty else { return transcript.append("no append work to perform") }
        let work = node.appendWork.removeFirst()
        transcript.append("Processing:")
        transcript += work.header
        transcript.append("Responses:")
        for message in work.wishes.promises { transcript += Wording.message(message) }
        writeDisk(node, work.wishes)
        // What concerns ourselves travels like an answer to us.
        if let ticket = work.wishes.ticket { flights.append(.durable(node.raft.id, ticket)) }
        flights += work.wishes.promises.map { .message($0) }
    }

    private func processApplyThread(_ node: Node) {
        guard !node.applyWork.isEmpty else { return transcript.append("no apply work to perform") }
        let apply = node.applyWork.removeFirst()
        transcript.append("Processing:")
        transcript += applyHeader(node, apply)
        for entry in node.raft.log.entries(from: apply.from, through: apply.through, limit: .max) {
            if let change = Raft.Change(entry) { step(node, .appliedChange(change.meaning, at: entry.index)) }
        }
        flights.append(.applied(node.raft.id, from: apply.from, through: apply.through))
    }

    // MARK: - The network

    private func deliver(_ step: ScriptStep) {
        var isOnly: MessageType?
        if step.value("type") == "MsgApp" { isOnly = .app }
        for number in step.numbers { deliver(to: MemberID(rawValue: number), isDropped: false, only: isOnly) }
        for text in step.list("drop") ?? [] {
            deliver(to: MemberID(rawValue: UInt64(text) ?? 0), isDropped: true, only: isOnly)
        }
    }

    private func deliver(to member: MemberID, isDropped: Bool, only type: MessageType? = nil) {
        func isTaken(_ flight: Flight) -> Bool {
            guard flight.target == member else { return false }
            guard let type else { return true }
            if case .message(let message) = flight { return message.type == type }
            return false
        }
        let taken = flights.filter(isTaken)
        flights.removeAll(where: isTaken)
        for flight in taken {
            switch flight {
            case .message(let message):
                var lines = Wording.message(message)
                if isDropped { lines[0] = "dropped: " + lines[0] }
                transcript += lines
                if !isDropped { step(node(member.rawValue), .received(message)) }
            case .durable(_, let ticket): if !isDropped { step(node(member.rawValue), .durable(ticket)) }
            case .applied(_, _, let through):
                if !isDropped { step(node(member.rawValue), .applied(through: through)) }
            }
        }
    }

    private func stabilize(_ nodes: [Node]) {
        var isDone = false
        while !isDone {
            isDone = true
            for node in nodes where node.isReady {
                isDone = false
                transcript.append("> \(node.raft.id) handling Ready")
                processReady(node)
            }
            for node in nodes where flights.contains(where: { $0.target == node.raft.id }) {
                isDone = false
                transcript.append("> \(node.raft.id) receiving messages")
                deliver(to: node.raft.id, isDropped: false)
            }
            for node in nodes where !node.appendWork.isEmpty {
                isDone = false
                transcript.append("> \(node.raft.id) processing append thread")
                while !node.appendWork.isEmpty { processAppendThread(node) }
            }
            for node in nodes where !node.applyWork.isEmpty {
                isDone = false
                transcript.append("> \(node.raft.id) processing apply thread")
                while !node.applyWork.isEmpty { processApplyThread(node) }
            }
        }
    }

    private func sendSnapshot(from node: Node, to member: MemberID) {
        var message = Message()
        message.type = .snap
        message.from = node.raft.id
        message.to = member
        message.term = node.raft.term
        var snapshot = Snapshot()
        snapshot.metadata.index = node.raft.log.applied
        snapshot.metadata.term = node.raft.log.term(at: node.raft.log.applied) ?? .zero
        snapshot.metadata.confState = node.raft.configuration.confState
        message.snapshot = snapshot
        transcript += Wording.message(message)
        flights.append(.message(message))
    }

    // MARK: - Looking

    private func showLog(_ node: Node) {
        if node.disk.isEmpty {
            transcript.append("log is empty: first index=\(node.diskBase.next), last index=\(node.diskBase)")
        }
        transcript += node.disk.map(Wording.entry)
    }

    private func showStates() {
        for node in nodes {
            let raft = node.raft
            let kind = raft.configuration.voters.contains(raft.id) ? "Voter" : "Non-Voter"
            transcript.append("\(raft.id): \(Wording.role(raft.role)) (\(kind)) Term:\(raft.term) Lead:\(raft.leader)")
        }
    }

    private func showStatus(_ node: Node) {
        for (member, progress) in node.raft.roster.peers.all {
            transcript.append("\(member): \(Wording.progress(progress))")
        }
    }
}
