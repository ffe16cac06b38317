// Scenario.swift: a story is carried out, and what happened is told.
//
// The commands of a scenario drive a simulated cluster; what its members report becomes the transcript. So the
// transcript is not what somebody expected but what Raft really did, in the words of a person:
//
//     > elect n1
//        104  n1 loses patience and campaigns in term 2
//        107  n2 votes for n1 in term 2
//        109  n1 leads term 2: votes 2 of 3
//
// The number is the time of the world in milliseconds. Lines tell transitions, never the steady state:
// heartbeats that change nothing are silent. (The trace has everything; pictures are drawn from that.)
//
// A SCENARIO THAT CLAIMS SOMETHING FALSE (`expect ...`) ends there, and says what is true instead; so does one that
// breaks a promise of the cluster.
//
// WHY IS CALM WEATHER EXACT? In it every message takes 2 ms and every sync 1 ms, so a story reads the same with any
// seed until somebody asks for chance: `weather rough`, or an election that nobody forced.
//
// READ NEXT  ScenarioCommands.swift (the language), Narrator.swift (the words).

package import Identifiers
import Protobuf
import Raft
import RaftMessages
package import Trace

/// A scenario that is being carried out.
package final class Scenario {
    /// The lines told so far.
    package private(set) var transcript: [String] = []
    /// The cluster, once `members` was said.
    package private(set) var cluster: Cluster?
    /// Members by name, in the order in which they came.
    package private(set) var names: [String: MemberID] = [:]

    private var settings = Cluster.Settings()
    private var seed: UInt64 = 1
    private var losses: [Loss] = []
    private let alsoTrace: (any TraceSink)?
    private var narrator = Narrator()

    private struct Loss {
        var count: Int
        let type: MessageType
        let link: Link?
    }

    /// Nothing has happened. Every event of every member also goes to `sink`; a `ClusterTrace` names the messages too.
    package init(tracingTo sink: (any TraceSink)? = nil) {
        alsoTrace = sink
        settings.weather = Weather(
            dropPerMille: 0, doublePerMille: 0, delay: 2...2, latePerMille: 0, lateDelay: 1...1)
        settings.syncTime = 1...1
        settings.snapshotEvery = nil
    }

    /// Carries out a whole script and returns its transcript; throws at the first line that cannot be understood or
    /// is not true, with everything told so far still in `transcript`.
    package func run(_ script: String) throws(ScenarioError) -> [String] {
        for command in try ScenarioCommand.parse(script) { try perform(command) }
        return transcript
    }

    /// Carries out one command.
    package func perform(_ command: ScenarioCommand) throws(ScenarioError) {
        transcript.append("> \(command.text)")
        do throws(Complaint) { try carryOut(command.action) } catch {
            throw ScenarioError(line: command.line, reason: error.reason)
        }
        if let broken = cluster?.broken { throw ScenarioError(line: command.line, reason: "\(broken)") }
    }

    private struct Complaint: Error { let reason: String }

    // MARK: Commands

    private func carryOut(_ action: ScenarioCommand.Action) throws(Complaint) {
        if try carryOutSetting(action) { return }
        let cluster = try world()
        switch action {
        case .tick(let count): cluster.run(for: count * settings.tickTime)
        case .run(let time): cluster.run(for: time)
        case .heal:
            cluster.network.heal()
            cluster.noteLinks()
        case .show: show(cluster)
        case .say(let text): transcript.append("   \(text)")
        case .weather(let name): cluster.network.weather = name == "calm" ? settings.weather : Self.rough
        case .partition(let groups):
            var parts: [[MemberID]] = []
            for group in groups { parts.append(try ids(group)) }
            cluster.network.partition(parts)
            cluster.noteLinks()
        case .cut(let from, let to):
            cluster.network.cut(Link(from: try id(from), to: try id(to)))
            cluster.noteLinks()
        case .lose(let count, let type, let from, let to): try lose(count, type, from, to)
        case .campaign(let name): cluster.input(.campaign, to: try id(name))
        case .elect(let name): try elect(name, cluster)
        case .propose(let name, let key, let value): cluster.propose(at: try id(name), key: key, value: value)
        case .read(let name, let key): cluster.read(at: try id(name), key: key)
        case .transfer(let from, let to): cluster.input(.transferLeadership(to: try id(to)), to: try id(from))
        case .compact(let name): cluster.compact(try id(name))
        case .leave(let name): cluster.change(at: try id(name), .several(ConfChangeV2()))
        case .change(let name, let adds, let removes, let learners, let transition):
            try change(at: name, adds: adds, removes: removes, learners: learners, transition, cluster)
        default: try carryOutFault(action, cluster)
        }
        // What follows at once is told at once: a step and its sync, but no message yet.
        cluster.run(for: 0)
    }

    /// What must be said before the cluster is there.
    private func carryOutSetting(_ action: ScenarioCommand.Action) throws(Complaint) -> Bool {
        switch action {
        case .seed(let value): seed = value
        case .option("prevote", let on): settings.options.preVote = on
        case .option("checkquorum", let on): settings.options.checkQuorum = on
        case .option(_, let on): settings.options.readMode = on ? .leaseBased : .safe
        case .members(let voters, let learners): try found(voters, learners)
        case .expectLeader, .expectRole, .expectValue, .expectCommit, .expectVoters:
            try check(action, try world())
            return true
        default: return false
        }
        guard cluster == nil || transcript.last?.hasPrefix("> members") == true else {
            throw Complaint(reason: "this must be said before `members`: it cannot change while the cluster runs")
        }
        return true
    }

    private func carryOutFault(_ action: ScenarioCommand.Action, _ cluster: Cluster) throws(Complaint) {
        switch action {
        case .crash(let name, torn: false): cluster.crash(try id(name), .synced)
        case .crash(let name, torn: true):
            cluster.crashWhileWriting(try id(name), after: 1)
        case .restart(let name):
            let id = try id(name)
            guard !cluster.member(id).isUp else { throw Complaint(reason: "\(name) is up already") }
            cluster.start(id)
        case .pause(let name): cluster.pause(try id(name))
        case .resume(let name): cluster.resume(try id(name))
        case .disk(let name, let time):
            cluster.setSyncTime(of: try id(name), time.map { $0...$0 } ?? settings.syncTime)
        default: preconditionFailure("a command without a meaning: \(action)")
        }
    }

    private func found(_ voters: [String], _ learners: [String]) throws(Complaint) {
        guard cluster == nil else { throw Complaint(reason: "the members are there already; others come by `change`") }
        for name in voters + learners { learn(name) }
        settings.voters = voters.map { names[$0]! }
        settings.learners = learners.map { names[$0]! }
        settings.names = narrator.names
        cluster = Cluster(settings, seed: seed) { [unowned self] _ in sink() }
        guard let cluster else { return }
        (alsoTrace as? ClusterTrace)?.attach(to: cluster)
        cluster.onWorldEvent = { [unowned self] event in tell(narrator.words(for: event)) }
        cluster.loses = { [unowned self] message in isLost(message) }
        // Everybody applies who the founders are; that is no news.
        for id in cluster.members.keys.sorted() { cluster.input(.unreachable(.none), to: id) }
        cluster.run(for: 0)
        narrator.isAwake = true
    }

    private func learn(_ name: String) {
        guard names[name] == nil else { return }
        let id = MemberID(rawValue: UInt64(names.count + 1))
        names[name] = id
        narrator.names[id] = name
    }

    private func elect(_ name: String, _ cluster: Cluster) throws(Complaint) {
        let id = try id(name)
        cluster.input(.campaign, to: id)
        for _ in 0..<100 where cluster.broken == nil {
            if cluster.member(id).raft?.role == .leader { return }
            cluster.run(for: 10)
        }
        if cluster.broken == nil { throw Complaint(reason: "\(name) does not lead after a second") }
    }

    private func change(
        at name: String, adds: [String], removes: [String], learners: [String],
        _ transition: ScenarioCommand.Transition, _ cluster: Cluster
    ) throws(Complaint) {
        var steps: [ConfChangeSingle] = []
        for (kind, list) in [(ConfChangeType.addNode, adds), (.addLearnerNode, learners), (.removeNode, removes)] {
            for other in list {
                if names[other] == nil {
                    learn(other)
                    cluster.names[names[other]!] = other
                    cluster.add(names[other]!)
                }
                steps.append(ConfChangeSingle(type: kind, nodeID: names[other]!))
            }
        }
        let way: ConfChangeTransition =
            switch transition {
            case .auto: .auto
            case .implicit: .jointImplicit
            case .explicit: .jointExplicit
            }
        let isSingle = steps.count == 1 && transition == .auto
        cluster.change(
            at: try id(name),
            isSingle
                ? .single(ConfChange(type: steps[0].type, nodeID: steps[0].nodeID))
                : .several(ConfChangeV2(transition: way, changes: steps)))
    }

    // MARK: Losses

    private static let rough = Weather(
        dropPerMille: 100, doublePerMille: 50, delay: 1...50, latePerMille: 50, lateDelay: 100...500)

    private func lose(_ count: Int, _ type: String, _ from: String?, _ to: String?) throws(Complaint) {
        guard let type = Narrator.types.first(where: { $0.word == type })?.type else {
            let known = Narrator.types.map(\.word).joined(separator: ", ")
            throw Complaint(reason: "`\(type)` is not a type of message: \(known)")
        }
        var link: Link?
        if let from, let to { link = Link(from: try id(from), to: try id(to)) }
        losses.append(Loss(count: count, type: type, link: link))
    }

    private func isLost(_ message: Message) -> Bool {
        let link = Link(from: message.from, to: message.to)
        guard let place = losses.firstIndex(where: { $0.type == message.type && ($0.link == nil || $0.link == link) })
        else { return false }
        losses[place].count -= 1
        if losses[place].count == 0 { losses.remove(at: place) }
        return true
    }

    // MARK: Claims

    private func check(_ action: ScenarioCommand.Action, _ cluster: Cluster) throws(Complaint) {
        switch action {
        case .expectLeader(let name):
            let leaders = cluster.members.values.filter { $0.raft?.role == .leader && !$0.isPaused }
            let latest = leaders.max { $0.raft!.term < $1.raft!.term }.map { narrator.name($0.id) }
            if latest != name { throw Complaint(reason: "\(latest.map { "\($0) leads" } ?? "nobody leads")") }
        case .expectRole(let role, let list):
            for name in list {
                let found = narrator.role(of: cluster.member(try id(name)))
                if found != role { throw Complaint(reason: "\(name) is \(found), not \(role)") }
            }
        case .expectValue(let key, let value, let list):
            for name in list {
                let found = cluster.member(try id(name)).registers.values[key]
                if found != value {
                    throw Complaint(reason: "\(key) is \(found ?? "nothing") on \(name), not \(value)")
                }
            }
        case .expectCommit(let index, let list):
            for name in list {
                let found = cluster.member(try id(name)).raft?.log.committed
                if found?.rawValue != index {
                    throw Complaint(reason: "\(name) has committed \(found.map { "\($0)" } ?? "nothing: it is down")")
                }
            }
        case .expectVoters(let list):
            let wanted = try ids(list).sorted()
            let leaders = cluster.members.values.filter { $0.raft?.role == .leader }
            for member in leaders.isEmpty ? Array(cluster.members.values) : leaders {
                guard let voters = member.raft?.configuration.voters,
                    voters.incoming.members != wanted || voters.isJoint
                else { continue }
                throw Complaint(
                    reason: "\(narrator.name(member.id)) says the voters are \(narrator.words(for: voters))")
            }
        default: break
        }
    }

    private func show(_ cluster: Cluster) {
        for member in cluster.members.values.sorted(by: { $0.id < $1.id }) {
            transcript.append("   " + narrator.line(member))
        }
    }

    // MARK: Telling

    private func sink() -> any TraceSink {
        let narration = TraceSubscriber { [unowned self] record in tell(narrator.words(for: record)) }
        return alsoTrace.map { TraceFanOut([narration, $0]) } ?? narration
    }

    private func tell(_ words: String?) {
        guard let words, narrator.isAwake else { return }
        let time = String(cluster?.now ?? 0)
        transcript.append(String(repeating: " ", count: max(0, 6 - time.count)) + time + "  " + words)
    }

    private func world() throws(Complaint) -> Cluster {
        guard let cluster else { throw Complaint(reason: "nobody is there yet: say `members n1 n2 n3` first") }
        return cluster
    }

    private func id(_ name: String) throws(Complaint) -> MemberID {
        guard let id = names[name] else {
            throw Complaint(
                reason: "nobody is called `\(name)`; there are \(names.keys.sorted().joined(separator: ", "))")
        }
        return id
    }

    private func ids(_ list: [String]) throws(Complaint) -> [MemberID] {
        var ids: [MemberID] = []
        for name in list { ids.append(try id(name)) }
        return ids
    }
}
