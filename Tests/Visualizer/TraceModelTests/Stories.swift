// Stories.swift: simulated clusters whose histories the exporter must be able to tell.
//
// The specification knows neither pre-votes nor CheckQuorum nor the handing over of leadership, and no message arrives
// twice there; so these clusters do without.

import Bytes
import Identifiers
import JSON
import Raft
import RaftMessages
import Simulation
import Trace
import TraceModel

/// One story, played.
struct Story {
    let cluster: Cluster
    let trace = ClusterTrace()

    init(seed: UInt64 = 1, snapshotEvery: Int? = nil, _ shape: (inout Cluster.Settings) -> Void = { _ in }) {
        var settings = Cluster.Settings()
        settings.options.preVote = false
        settings.options.checkQuorum = false
        settings.snapshotEvery = snapshotEvery
        shape(&settings)
        cluster = trace.cluster(settings, seed: seed)
    }

    /// Who leads the newest term.
    var leader: MemberID? {
        cluster.members.values.filter { $0.raft?.role == .leader }.max { $0.raft!.term < $1.raft!.term }?.id
    }

    /// Lets time pass until somebody leads.
    @discardableResult
    func elect() -> MemberID {
        for _ in 0..<200 {
            cluster.run(for: 100)
            if let leader { return leader }
        }
        preconditionFailure("nobody was elected in this story")
    }

    func write(_ count: Int, at leader: MemberID) {
        for number in 0..<count {
            cluster.propose(at: leader, key: "x", value: "\(number)")
            cluster.run(for: 40)
        }
    }

    /// The history that the traces tell, read from text as from files.
    func history() -> CausalHistory {
        var loader = HistoryLoader()
        let text = trace.lines()
        loader.load(text.view, named: "simulation")
        return loader.finish()
    }

    // MARK: The six

    static func election() -> Story {
        let story = Story()
        story.elect()
        story.cluster.run(for: 300)
        return story
    }

    static func replicationUnderLoss() -> Story {
        let story = Story(seed: 7) { $0.weather.dropPerMille = 120 }
        story.write(12, at: story.elect())
        story.cluster.network.weather = .calm
        story.cluster.run(for: 500)
        return story
    }

    static func restart() -> Story {
        let story = Story(seed: 3)
        let leader = story.elect()
        story.write(4, at: leader)
        story.cluster.run(for: 300)
        let victim = story.cluster.members.keys.sorted().first { $0 != leader }!
        story.cluster.crash(victim)
        story.write(3, at: leader)
        story.cluster.start(victim)
        story.cluster.run(for: 600)
        return story
    }

    static func singleChange() -> Story {
        let story = Story(seed: 4)
        let leader = story.elect()
        story.write(2, at: leader)
        story.cluster.add(4)
        story.cluster.change(at: leader, .single(ConfChange(type: .addNode, nodeID: 4)))
        story.cluster.run(for: 600)
        story.write(2, at: leader)
        let other = story.cluster.members.keys.sorted().first { $0 != leader && $0 != 4 }!
        story.cluster.change(at: leader, .single(ConfChange(type: .removeNode, nodeID: other)))
        story.cluster.run(for: 300)
        story.write(2, at: leader)
        return story
    }

    static func jointChange() -> Story {
        let story = Story(seed: 5)
        let leader = story.elect()
        story.write(2, at: leader)
        story.cluster.add(4)
        story.cluster.add(5)
        let other = story.cluster.members.keys.sorted().first { $0 != leader && $0 < 4 }!
        story.cluster.change(
            at: leader,
            .several(
                ConfChangeV2(
                    transition: .jointImplicit,
                    changes: [
                        ConfChangeSingle(type: .addNode, nodeID: 4), ConfChangeSingle(type: .addNode, nodeID: 5),
                        ConfChangeSingle(type: .removeNode, nodeID: other),
                    ])))
        story.cluster.run(for: 900)
        story.write(2, at: leader)
        return story
    }

    static func snapshot() -> Story {
        let story = Story(seed: 6)
        let leader = story.elect()
        story.write(2, at: leader)
        let victim = story.cluster.members.keys.sorted().first { $0 != leader }!
        story.cluster.run(for: 300)
        story.cluster.crash(victim)
        story.write(10, at: leader)
        story.cluster.compact(leader)
        story.cluster.start(victim)
        story.cluster.run(for: 1500)
        story.write(2, at: leader)
        return story
    }
}
