// Stories+Reads.swift: reads that need others: through a follower that is behind, and of a leader that nobody hears.
//
// No scenario of the simulator has these with times and keys. The first is the one of which everybody draws a picture when
// linearizable reads are explained; the second is the reason for the round of heartbeats.

import Bytes
import Identifiers
import Trace
import TraceModel

extension Stories {
    /// Three members and what they tell each other; the first leads.
    private struct Cluster {
        let clock = RecordedNode.Clock()
        let nodes: [RecordedNode]
        private var sent: UInt64 = 0

        init() {
            let clock = clock
            let ids: [MemberID] = [0x8e9e_05c5_2164_694d, 0x91bc_3c39_8fb3_c146, 0xfd42_2379_fda5_0e48]
            nodes = ids.enumerated().map { RecordedNode($1, name: "n\($0 + 1)", clock: clock) }
            for node in nodes {
                let role = node === nodes[0] ? TraceRole.leader : .follower
                node.tracer.emit(
                    RoleChanged(role: role, term: 2, vote: ids[0], leader: ids[0], commit: 7, last: 7))
                node.tracer.emit(EntriesApplied(applied: node === nodes[1] ? 6 : 7))
            }
        }

        /// A message; it takes a fifth of a millisecond, or is lost.
        mutating func tell(_ from: Int, _ to: Int, isLost: Bool = false, _ change: (inout TraceMessage) -> Void) {
            var message = TraceMessage()
            (message.from, message.to, message.term) = (nodes[from].id, nodes[to].id, 2)
            change(&message)
            sent += 1
            let name = MessageName(ConnectionID(rawValue: sent), 1)
            nodes[from].tracer.emit(RaftMessageSent(message: message, afterTicket: 0), message: name)
            nodes[from].wait(200)
            if !isLost { nodes[to].tracer.emit(RaftMessageReceived(message: message), message: name) }
        }

        /// A client asks for x.
        func ask(_ node: Int, serializable: Bool = false) -> EventSequence {
            nodes[node].wait(20)
            return nodes[node].tracer.emit(
                RequestReceived(
                    method: .range, call: 1, key: TraceBytes(ByteSlice(utf8: "x")), serializable: serializable,
                    sizeBytes: 5))
        }

        /// It is looked up and answered.
        func answer(_ node: Int, _ name: EventSequence, at revision: Revision) {
            let tracer = nodes[node].tracer
            nodes[node].wait(60)
            tracer.emit(
                RangeEvaluated(
                    key: TraceBytes(ByteSlice(utf8: "x")), rangeEnd: TraceBytes(), revision: revision, found: 1,
                    returned: 1))
            tracer.emit(RequestAnswered(request: name, revision: revision, code: 0, sizeBytes: 44))
            nodes[node].wait(40)
            tracer.emit(AnswersFlushed(answers: 1, sizeBytes: 44))
        }

        /// `x` is written on one member.
        func write(_ node: Int, _ value: String, _ revision: Revision, index: LogIndex) {
            var record = RevisionWritten()
            record.key = TraceBytes(ByteSlice(utf8: "x"))
            (record.main, record.create, record.version) = (revision, 11, Int(revision.rawValue) - 10)
            (record.value, record.valueBytes) = (TraceBytes(ByteSlice(utf8: value)), 1)
            nodes[node].tracer.emit(record)
            nodes[node].tracer.emit(EntryApplied(index: index, term: 2, id: 9, method: .put, revision: revision))
        }
    }

    /// Three members: a follower that is behind is asked, asks the leader, and waits.
    static func followerRead() -> CausalHistory {
        var cluster = Cluster()
        cluster.write(1, "2", 11, index: 6)
        cluster.answer(1, cluster.ask(1, serializable: true), at: 11)
        let name = cluster.ask(1)
        let (leader, follower) = (cluster.nodes[0].tracer, cluster.nodes[1].tracer)
        follower.emit(ReadParked(request: name, batch: 41, applied: 6))
        follower.emit(ReadIndexAsked(batch: 41, reads: 1), because: name)
        cluster.tell(1, 0) { $0.type = .readIndex }
        leader.emit(ReadRoundBegun(round: 41, reads: 1, commit: 7))
        cluster.tell(0, 2) { ($0.type, $0.round) = (.heartbeat, 41) }
        cluster.tell(0, 1) { ($0.type, $0.round) = (.heartbeat, 41) }
        cluster.tell(2, 0) { ($0.type, $0.round) = (.heartbeatResp, 41) }
        leader.emit(ReadRoundConfirmed(round: 41))
        cluster.tell(1, 0) { ($0.type, $0.round) = (.heartbeatResp, 41) }
        leader.emit(ReadAnswered(index: 7, peer: cluster.nodes[1].id))
        cluster.tell(0, 1) { ($0.type, $0.index) = (.readIndexResp, 7) }
        let known = follower.emit(ReadIndexKnown(batch: 41, index: 7, applied: 6))
        cluster.tell(0, 1) { ($0.type, $0.index, $0.entries, $0.commit) = (.app, 6, 1, 7) }
        cluster.nodes[1].wait(400)
        cluster.write(1, "3", 12, index: 7)
        follower.cause = known
        follower.emit(EntriesApplied(applied: 7))
        cluster.answer(1, name, at: 12)
        return CausalHistory.of(cluster.nodes)
    }

    /// Three members: a leader is asked that nobody hears any more, so it may not answer.
    static func unconfirmed() -> CausalHistory {
        var cluster = Cluster()
        let name = cluster.ask(0)
        let leader = cluster.nodes[0].tracer
        leader.emit(ReadParked(request: name, batch: 1, applied: 7))
        leader.emit(ReadIndexAsked(batch: 1, reads: 1), because: name)
        leader.emit(ReadRoundBegun(round: 5, reads: 1, commit: 7))
        cluster.tell(0, 1) { ($0.type, $0.round) = (.heartbeat, 5) }
        cluster.tell(0, 2, isLost: true) { ($0.type, $0.round) = (.heartbeat, 5) }
        cluster.tell(1, 0, isLost: true) { ($0.type, $0.round) = (.heartbeatResp, 5) }
        cluster.nodes[0].wait(7_000_000)
        leader.emit(RequestRefused(request: name, code: 14, why: "etcdserver: request timed out"), because: name)
        leader.emit(AnswersFlushed(answers: 1, sizeBytes: 29))
        return CausalHistory.of(cluster.nodes)
    }
}
