// Stories.swift: small runs that pictures are made from; each is a function that tells it again, the same every time.

import Bytes
import Foundation
import Identifiers
import Trace
import TraceModel

/// The runs.
enum Stories {
    /// What a server of ours has recorded under etcdctl: three keys, a transaction, a compaction, reads of the past, a key that
    /// is no text and one that is long.
    static func realNode() -> CausalHistory {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/real-node.ndjson")
        guard let data = try? Data(contentsOf: file) else { preconditionFailure("\(file.path) is not there") }
        let lines = ByteSlice([UInt8](data))
        var loader = HistoryLoader()
        loader.load(lines.view, named: file.lastPathComponent)
        return loader.finish()
    }

    /// One node: writes, a delete and a new life of the key, a transaction, reads, a compaction, questions about the past.
    static func keys() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        node.write(.put, [("x", "1")])
        node.write(.put, [("y", "1")])
        node.write(.put, [("x", "2")])
        node.write(.txn, [("x", "3"), ("z", "1")])
        node.write(.deleteRange, [("y", nil)])
        node.write(.put, [("y", "9")])
        node.write(.deleteRange, [("z", nil)])
        node.write(.put, [("x", "4")])
        node.compact(6)
        node.read("x", at: 7)
        node.read("y", at: 5)
        node.read("z", isThere: false)
        node.read("x", serializable: true)
        node.read("x")
        return CausalHistory.of([node])
    }

    /// One node: two watchers are told of a write; a third one wants the past.
    static func watched() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        node.watchers = 2
        node.write(.put, [("x", "1")])
        node.watch("x", from: 2)
        node.write(.put, [("x", "2")])
        return CausalHistory.of([node])
    }

    /// One node: a transaction that compares and changes two keys.
    static func transaction() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        node.write(.txn, [("x", "3"), ("y", "1")])
        return CausalHistory.of([node])
    }

    /// One node: a write, and a compaction that has nothing to remove.
    static func compaction() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        node.write(.put, [("x", "3")])
        node.compact(2)
        return CausalHistory.of([node])
    }

    /// One node that has keys from an earlier life.
    static func earlier() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init(), keys: 3)
        node.write(.put, [("x", "3")])
        return CausalHistory.of([node])
    }

    /// One node: a read of what has been forgotten.
    static func forgotten() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        for value in 1...3 { node.write(.put, [("x", "\(value)")]) }
        node.compact(4)
        node.read("x", at: 2)
        return CausalHistory.of([node])
    }

    /// Three nodes of which one has lost some of its events and says so.
    static func gappy() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        node.tracer.emit(
            RoleChanged(role: .leader, term: 2, vote: node.id, leader: node.id, commit: 4, last: 4))
        node.write(.put, [("x", "1")])
        node.read("x")
        var records = node.memory.records
        let last = EventSequence(rawValue: records[records.count - 1].sequence.rawValue + 7)
        var gap = records[records.count - 1]
        gap.sequence = last
        gap.event = .gap(Gap(first: .init(rawValue: last.rawValue - 6), last: last))
        records.append(gap)
        return Played.history(records)
    }

    /// One node: there is no room for a write.
    static func refused() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        node.refuse("x", "etcdserver: mvcc: database space exceeded")
        return CausalHistory.of([node])
    }

    /// One node: a read that waits until what was committed is applied.
    static func behind() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        node.write(.put, [("x", "1")])
        node.read("x", behind: 1)
        return CausalHistory.of([node])
    }

    /// One node: a serializable read.
    static func staleRead() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        node.write(.put, [("x", "1")])
        node.read("x", serializable: true)
        return CausalHistory.of([node])
    }

    /// One node that has just started, knows no leader yet, and is read from all the same.
    static func restarted() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        var started = RaftStarted()
        (started.term, started.commit, started.applied, started.first) = (2, 4, 4, 1)
        node.tracer.emit(started)
        node.read("x", serializable: true, isThere: false)
        return CausalHistory.of([node])
    }

    /// One node: one write, and later its pages.
    static func oneWrite() -> CausalHistory {
        let node = RecordedNode(0x8e9e_05c5_2164_694d, name: "n1", clock: .init())
        node.write(.put, [("x", "2")])
        node.write(.put, [("x", "3")])
        node.commitPages()
        return CausalHistory.of([node])
    }

    /// Three nodes with clocks that disagree: a write whose quorum is the leader, whose disk is quick, and the quicker follower.
    static func threeNodes(skews: [Int64] = [0, 3_600_000_000_000, -7_200_000_000_000]) -> CausalHistory {
        let clock = RecordedNode.Clock()
        let ids: [MemberID] = [0x8e9e_05c5_2164_694d, 0x91bc_3c39_8fb3_c146, 0xfd42_2379_fda5_0e48]
        let nodes = ids.enumerated().map { RecordedNode($1, name: "n\($0 + 1)", clock: clock, skew: skews[$0]) }
        for node in nodes { node.tracer.emit(role(node.id, leader: ids[0])) }
        let name = nodes[0].propose(.put, [("x", "3")])
        var sent: [TraceMessage] = []
        for (place, node) in nodes.dropFirst().enumerated() {
            var message = TraceMessage()
            (message.type, message.from, message.to, message.term) = (.app, ids[0], node.id, 2)
            (message.index, message.entries, message.sizeBytes) = (4, 1, 30)
            nodes[0].wait(2)
            nodes[0].tracer.emit(
                RaftMessageSent(message: message, afterTicket: 0),
                message: MessageName(ConnectionID(rawValue: 0xA0 + UInt64(place)), 1))
            sent.append(message)
        }
        clock.now += 380_000
        follow(nodes[1], sent[0], connection: 0xA0, disk: 1100)
        clock.now += 265_000
        nodes[0].sync(100, commits: false)
        hear(nodes[0], from: nodes[1], connection: 0xB0)
        nodes[0].commit()
        nodes[0].apply(.put, [("x", "3")], name)
        follow(nodes[2], sent[1], connection: 0xA1, disk: 5000)
        hear(nodes[0], from: nodes[2], connection: 0xB1)
        return CausalHistory.of(nodes)
    }

    private static func role(_ id: MemberID, leader: MemberID) -> RoleChanged {
        RoleChanged(role: id == leader ? .leader : .follower, term: 2, vote: leader, leader: leader, commit: 4, last: 4)
    }

    private static func acknowledgement(_ node: RecordedNode) -> TraceMessage {
        var message = TraceMessage()
        (message.type, message.from, message.to, message.term, message.index) = (
            .appResp, node.id, 0x8e9e_05c5_2164_694d, 2, 5
        )
        return message
    }

    /// A follower takes the entry, syncs and answers.
    private static func follow(_ node: RecordedNode, _ message: TraceMessage, connection: UInt64, disk: UInt64) {
        node.tracer.cause = node.tracer.emit(
            RaftMessageReceived(message: message), message: MessageName(ConnectionID(rawValue: connection), 1))
        node.tracer.emit(
            EntriesAppended(first: 5, last: 5, entries: [TraceEntry(term: 2, kind: .normal, sizeBytes: 30)]))
        node.wait(20)
        node.tracer.emit(
            WriteIssued(
                ticket: 3, term: 2, vote: message.from, commit: 4, first: 5, last: 5, snapshot: 0, mustSync: true))
        node.tracer.emit(
            RaftMessageSent(message: acknowledgement(node), afterTicket: 3),
            message: MessageName(ConnectionID(rawValue: connection + 0x10), 1))
        node.tracer.cause = .none
        node.wait(disk + 30)
        node.tracer.emit(
            LogSynced(index: 5, term: 2, sizeBytes: 96, ticket: 3, records: 1, nanoseconds: disk * 1000))
        node.tracer.emit(WriteDurable(ticket: 3, index: 5))
    }

    private static func hear(_ leader: RecordedNode, from node: RecordedNode, connection: UInt64) {
        leader.tracer.cause = leader.tracer.emit(
            RaftMessageReceived(message: acknowledgement(node)),
            message: MessageName(ConnectionID(rawValue: connection), 1))
    }
}
