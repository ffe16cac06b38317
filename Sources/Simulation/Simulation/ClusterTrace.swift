// ClusterTrace.swift: the traces of a simulated cluster, as its members would have written them.
//
// Each member's Raft reports what happens to it. What no member alone can know is which receipt belongs to which
// sending. On a real connection both ends count; here messages overtake each other and arrive twice, so each carries
// its name on the envelope:
//
//     Raft of n1 reports "sent m"     --> kept, without a name
//     n1's shell posts m, maybe later --> the oldest unposted report that says the same gets the next number of the
//                                         connection n1 (this life) -> n2; the letter carries it
//     n2 takes the letter             --> what its Raft reports as received gets the same name
//
// A promise whose write was lost in a crash is never posted, so its report never has a name: nobody waits for it.
//
// COST     a decoded record an event; with nobody tracing a nil check at each letter.

package import Bytes
import Identifiers
import JSON
import Raft
import RaftMessages
package import Trace

/// Collects what all members of a cluster report.
package final class ClusterTrace: TraceSink {
    /// Everything that was reported, in the order in which it happened in the simulation.
    package private(set) var records: [TraceRecord] = []

    private struct Connection: Hashable {
        var from: MemberID
        var life: BootEpoch
        var to: MemberID
    }

    private var unposted: [MemberID: [(place: Int, message: TraceMessage)]] = [:]
    private var connections: [Connection: UInt64] = [:]
    private var ordinals: [UInt64: UInt64] = [:]
    private var lives: [MemberID: BootEpoch] = [:]
    private var arriving: MessageName?

    /// Nothing was reported yet.
    package init() {}

    /// A cluster whose members report to this.
    package func cluster(_ settings: Cluster.Settings, seed: UInt64) -> Cluster {
        let cluster = Cluster(settings, seed: seed, tracingTo: { [unowned self] _ in self })
        attach(to: cluster)
        return cluster
    }

    /// Names the letters of a cluster whose members report to this already.
    package func attach(to cluster: Cluster) {
        cluster.namesMail = { [unowned self] in name($0) }
        cluster.onArrival = { [unowned self] in arriving = $0 }
    }

    /// Takes a report of a member.
    package func accept(_ record: ByteView, sequence: EventSequence, from origin: TraceOrigin) {
        do {
            var record = try TraceRecord(compact: record, from: origin)
            switch record.event {
            case .raftStarted:
                lives[origin.member] = origin.epoch
                unposted[origin.member] = []
            case .raftMessageSent(let sent): unposted[origin.member, default: []].append((records.count, sent.message))
            case .raftMessageReceived:
                record.message = arriving
                // One letter, one receipt.
                arriving = nil
            default: break
            }
            records.append(record)
        } catch {
            preconditionFailure("E4: a record that we wrote cannot be read: \(error)")
        }
    }

    /// A member's shell lets a message go.
    private func name(_ message: Message) -> MessageName? {
        let said = TraceMessage(message)
        guard let life = lives[message.from],
            let report = unposted[message.from]?.firstIndex(where: { isSame($0.message, said) })
        else { return nil }
        let connection = Connection(from: message.from, life: life, to: message.to)
        let number = connections[connection] ?? UInt64(connections.count + 1)
        connections[connection] = number
        ordinals[number, default: 0] += 1
        let name = MessageName(ConnectionID(rawValue: number), ordinals[number]!)
        let place = unposted[message.from]!.remove(at: report).place
        records[place].message = name
        return name
    }

    /// A snapshot may be newer than the one that was offered.
    private func isSame(_ report: TraceMessage, _ said: TraceMessage) -> Bool {
        if report.type == .snap { return said.type == .snap && report.to == said.to }
        return report == said
    }

    /// The records as the lines of a trace file.
    package func lines() -> ByteBuffer {
        var json = JSONWriter()
        for record in records { json.traceLine(record) }
        return json.finish()
    }
}
