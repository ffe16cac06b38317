// BenchmarkTests.swift: what does agreement cost, when neither disk nor network does?
//
//     propose --> n1 (leader) --MsgApp--> n2, n3 --"durable"--> MsgAppResp --> n1 commits --> MsgApp(commit)
//
// Three members in one thread. Disks answer at once, messages arrive at once, state machines do nothing. So
// what is measured is this room alone: everything that three members compute for one committed entry.
//
// LOAD     128-byte entries; batch 1 and batch 64 entries a proposal; every message is answered before the
//          next proposal, and each member has applied the entry.
// DIGEST   the sum of all indexes that the three state machines were told to apply: nobody makes it faster
//          by doing less.

import Bytes
import Foundation
import Identifiers
import Raft
import RaftMessages
import Testing

/// Three members whose world answers at once.
private struct InstantCluster {
    var members: [Raft] = []
    /// What members want now; its messages stay until they are delivered.
    private var output = Raft.Output()
    /// What is being delivered.
    private var inbox = Raft.Output()
    var digest: UInt64 = 0
    var messages = 0

    init() {
        var memory = Raft.Memory()
        memory.confState.voters = [1, 2, 3]
        for id in 1...3 as ClosedRange<UInt64> {
            var options = Raft.Options()
            options.seed = 7
            members.append(Raft(id: MemberID(rawValue: id), options: options, memory: memory))
        }
        step(0, .campaign)
        precondition(members[0].role == .leader)
    }

    mutating func propose(_ place: Int, _ entries: [Entry]) {
        members[place].propose(entries, into: &output)
        carryOut(place, from: 0)
        deliver()
    }

    mutating func step(_ place: Int, _ input: Raft.Input) {
        members[place].step(input, into: &output)
        carryOut(place, from: 0)
        deliver()
    }

    /// What a member has asked for since `start`, except its messages.
    private mutating func carryOut(_ place: Int, from start: Int) {
        var ticket = Raft.Ticket.zero
        var at = start
        while at < output.orders.count || ticket > .zero {
            if at == output.orders.count {
                // Everything was handed over; the disk is done with it in one go.
                members[place].durable(ticket, into: &output)
                ticket = .zero
                continue
            }
            switch output.orders[at] {
            case .persist(let write): if output.writes[write].mustSync { ticket = output.writes[write].ticket }
            case .apply(let from, let through):
                digest &+= from.rawValue &+ through.rawValue
                members[place].applied(through: through, into: &output)
            case .send, .promise, .seldom: break
            }
            at += 1
        }
    }

    private mutating func deliver() {
        while !output.messages.isEmpty {
            swap(&inbox, &output)
            for order in inbox.orders {
                switch order {
                case .send(let letter), .promise(let letter, after: _):
                    messages += 1
                    let start = output.orders.count
                    // A span lends the message; an array would copy it out.
                    let place = Int(inbox.messages.span[letter].to.rawValue) - 1
                    members[place].receive(inbox.messages.span[letter], into: &output)
                    carryOut(place, from: start)
                case .persist, .apply, .seldom: break
                }
            }
            inbox.removeAll()
        }
        output.removeAll()
    }
}

@Suite("Benchmarks of the core", .serialized)
struct BenchmarkTests {
    @Test("bench: propose to commit through three members", arguments: [(batch: 1, limit: 1.5), (64, 0.4)])
    func proposeToCommit(batch: Int, limit: Double) throws {
        let entries = Settings.isBenchmark ? 2_000_000 : 6_400
        let data = ByteSlice([UInt8](repeating: 0x61, count: 128))
        let proposal = [Entry](repeating: Entry(data: data), count: batch)
        var best = Double.infinity
        var digest: UInt64 = 0
        var runs: [Double] = []
        for _ in 0..<(Settings.isBenchmark ? 5 : 1) {
            var cluster = InstantCluster()
            let first = cluster.members[0].log.committed
            let start = clock()
            for round in 0..<(entries / batch) {
                cluster.propose(0, proposal)
                // What a server does now and then, so that memory does not decide.
                if round % 1_024 == 1_023 {
                    for place in 0..<3 {
                        cluster.step(place, .compact(through: cluster.members[place].log.applied))
                    }
                }
            }
            let microseconds = Double(clock() - start) * 1_000_000 / Double(CLOCKS_PER_SEC) / Double(entries)
            #expect(cluster.members.allSatisfy { $0.log.applied - first == entries / batch * batch })
            digest = cluster.digest
            runs.append(microseconds)
            best = min(best, microseconds)
        }
        #expect(digest != 0)
        guard Settings.isBenchmark else { return }
        let text = """
            raft propose-to-commit: 3 members in one thread, \(entries) entries of 128 bytes, batch \(batch)
              CPU per committed entry: best \(rounded(best)) us, all runs \(runs.map(rounded)) us; limit \(limit) us
              digest \(digest)

            """
        print(text, terminator: "")
        if let folder = Settings.benchmarkFolder {
            try text.write(toFile: "\(folder)/raft-batch-\(batch).txt", atomically: true, encoding: .utf8)
        }
        #expect(best < limit, "CPU per committed entry at batch \(batch)")
    }

    private func rounded(_ number: Double) -> Double { (number * 1_000).rounded() / 1_000 }
}
