// HistoryTests.swift: traces of any number of members become one history, and no clock is asked.

import Bytes
import Disk
import Files
import Foundation
import Identifiers
import JSON
import Raft
import RaftMessages
import Simulation
import Testing
import Trace
import TraceModel

/// A record of a small made-up trace.
private func record(
    _ member: MemberID, _ sequence: UInt64, epoch: UInt64 = 1, causes: [UInt64] = [], name: (UInt64, UInt64)? = nil,
    wall: Int64? = nil, _ event: Event
) -> TraceRecord {
    TraceRecord(
        member: member, epoch: BootEpoch(rawValue: epoch), sequence: EventSequence(rawValue: sequence),
        causes: causes.map { EventSequence(rawValue: $0) },
        message: name.map { MessageName(ConnectionID(rawValue: $0.0), $0.1) },
        time: wall.map { TraceTime(monotonic: UInt64(bitPattern: $0), wall: $0) }, event: event)
}

private let tick = Event.timeoutDrawn(TimeoutDrawn(ticks: 1))

private func sent(to member: MemberID, after ticket: UInt64 = 0) -> Event {
    var message = TraceMessage()
    message.to = member
    return .raftMessageSent(RaftMessageSent(message: message, afterTicket: ticket))
}

private func received(from member: MemberID) -> Event {
    var message = TraceMessage()
    message.from = member
    return .raftMessageReceived(RaftMessageReceived(message: message))
}

private func history(_ records: [TraceRecord]) -> CausalHistory {
    var loader = HistoryLoader()
    for record in records { loader.add(record) }
    return loader.finish()
}

/// Member and number of all events, in order.
private func order(_ history: CausalHistory) -> [String] {
    history.order.map { event in
        let record = history.record(at: Int(event))
        return "\(record.member)/\(record.epoch.rawValue)/\(record.sequence.rawValue)"
    }
}

@Suite struct HistoryTests {
    @Test("a receipt stands behind its sending, whoever comes first in the files and whatever the clocks say")
    func messages() {
        let records = [
            record(1, 1, wall: 9_000_000, tick), record(1, 2, wall: 8_000_000, tick),
            record(1, 3, name: (7, 1), wall: 7_000_000, sent(to: 2)),
            record(2, 1, name: (7, 1), wall: -5, received(from: 1)), record(2, 2, name: (8, 1), wall: -6, sent(to: 1)),
            record(1, 4, name: (8, 1), wall: 0, received(from: 2)),
        ]
        let merged = history(records)
        #expect(order(merged) == ["1/1/1", "1/1/2", "1/1/3", "2/1/1", "2/1/2", "1/1/4"])
        #expect(merged.order.map { merged.lamport(of: Int($0)) } == [1, 2, 3, 4, 5, 6])
        #expect(merged.troubles.count == 0)
        #expect(merged.partner(of: 2) == 4 && merged.partner(of: 4) == 2)
        for seed in 0..<20 {
            var dice = SplitMix(state: UInt64(seed))
            let shuffled = history(records.shuffled(using: &dice))
            #expect(order(shuffled) == order(merged))
            #expect(shuffled.record(at: 5) == merged.record(at: 5))
        }
    }

    @Test("a later life comes after all of the earlier one")
    func lives() {
        let merged = history([record(1, 1, epoch: 2, tick), record(1, 1, tick), record(1, 2, tick), record(2, 1, tick)])
        #expect(order(merged) == ["1/1/1", "2/1/1", "1/1/2", "1/2/1"])
        #expect(merged.lanes.map(\.epoch.rawValue) == [1, 2, 1])
    }

    @Test("a promise leaves when its write is durable, and at once if it is already")
    func promises() {
        let durable = Event.writeDurable(WriteDurable(ticket: 5, index: 3))
        let waits = history([
            record(1, 1, name: (7, 1), sent(to: 2, after: 5)), record(1, 2, tick), record(1, 3, durable),
            record(2, 1, name: (7, 1), received(from: 1)),
        ])
        #expect(order(waits).last == "2/1/1")
        let leaves = history([
            record(1, 1, durable), record(1, 2, name: (7, 1), sent(to: 2, after: 5)), record(1, 3, tick),
            record(1, 4, .writeDurable(WriteDurable(ticket: 6, index: 4))),
            record(2, 1, name: (7, 1), received(from: 1)),
        ])
        #expect(leaves.lamport(of: 4) == 3)
    }

    @Test("what was sent and never received is known; what nobody could have told is not called lost")
    func lost() {
        let merged = history([
            record(1, 1, name: (7, 1), sent(to: 2)), record(1, 2, name: (9, 1), sent(to: 3)),
            record(1, 3, name: (7, 2), sent(to: 2)), record(2, 1, name: (7, 2), received(from: 1)),
            record(2, 2, name: (7, 2), received(from: 1)),
        ])
        #expect(merged.lostMessages == [0])
        #expect(merged.repeatedArrivals == 1)
        #expect(merged.partner(of: 2) == 3 && merged.partner(of: 4) == 2)
    }

    @Test("gaps, contradictions, strange causes and receipts of nothing are said")
    func troubles() {
        let merged = history([
            record(1, 1, tick), record(1, 4, tick),
            record(1, 9, .gap(Gap(first: .init(rawValue: 5), last: .init(rawValue: 9)))),
            record(1, 4, .timeoutDrawn(TimeoutDrawn(ticks: 2))), record(1, 1, tick), record(2, 1, causes: [5], tick),
            record(2, 2, name: (7, 1), received(from: 1)),
        ])
        let said = Set(merged.troubles.list)
        let one = BootEpoch(rawValue: 1)
        let number = { (raw: UInt64) in EventSequence(rawValue: raw) }
        #expect(
            said == [
                .gap(1, one, first: number(2), last: number(3), isAdmitted: false),
                .gap(1, one, first: number(5), last: number(9), isAdmitted: true),
                .contradiction(1, one, number(4)), .badCause(2, one, number(1), cause: number(5)),
                .receivedUnsent(2, one, number(2)),
            ])
        #expect(merged.count == 5)
    }

    @Test("a circle is broken at one place, always the same, and named")
    func circle() {
        let records = [
            record(1, 1, name: (8, 1), received(from: 2)), record(1, 2, name: (7, 1), sent(to: 2)),
            record(2, 1, name: (7, 1), received(from: 1)), record(2, 2, name: (8, 1), sent(to: 1)),
        ]
        for records in [records, records.reversed()] {
            let merged = history(records)
            #expect(merged.troubles.list == [.cycle(1, BootEpoch(rawValue: 1), EventSequence(rawValue: 1))])
            #expect(order(merged) == ["1/1/1", "1/1/2", "2/1/1", "2/1/2"])
        }
    }

    @Test("bad lines of a file are named and passed over, half a last line too; a directory is all its traces")
    func files() throws {
        let disk = FileSystem()
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("traces-\(UUID())").path
        try disk.createDirectory(directory, permissions: .privateDirectory)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for (name, text) in [
            ("n1.ndjson", line(record(1, 1, tick)) + "not a line\n" + line(record(1, 2, tick)) + "{\"mem"),
            ("n2.ndjson", line(record(2, 1, tick))), ("notes.txt", "nothing"),
        ] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        }
        var loader = HistoryLoader()
        try loader.load(directory, on: disk)
        let merged = loader.finish()
        #expect(merged.count == 3)
        #expect(merged.troubles.list.count == 2)
        #expect("\(merged.troubles.list[0])".contains("line 2"))
        #expect(merged.troubles.list[1] == .unfinished(source: "\(directory)/n1.ndjson", bytes: 5))
    }

    private func line(_ record: TraceRecord) -> String {
        var json = JSONWriter()
        json.traceLine(record)
        let buffer = json.finish()
        return buffer.view.lossyText
    }

    @Test("every prefix of the order is a consistent cut, in simulated clusters with loss, doubles and crashes")
    func cuts() {
        for seed in 1...5 {
            let story = Story(seed: UInt64(seed), snapshotEvery: 10) {
                $0.weather = Weather(
                    dropPerMille: 80, doublePerMille: 50, delay: 1...40, latePerMille: 50, lateDelay: 50...300)
                $0.options.preVote = true
            }
            story.write(10, at: story.elect())
            story.cluster.crash(2)
            story.cluster.run(for: 2000)
            story.cluster.start(2)
            story.cluster.run(for: 3000)
            let merged = story.history()
            #expect(merged.troubles.count == 0, "\(merged.troubles.list)")
            #expect(merged.count == story.trace.records.count)
            var place = [Int](repeating: 0, count: merged.count)
            for (position, event) in merged.order.enumerated() { place[Int(event)] = position }
            for lane in merged.lanes {
                for event in lane.events.dropFirst() where place[event] <= place[event - 1] {
                    Issue.record("program order is broken at \(event)")
                }
            }
            var pairs = 0
            for event in 0..<merged.count where merged.kind(of: event) == RaftMessageReceived.kind.number {
                guard let sending = merged.partner(of: event) else { continue }
                pairs += 1
                #expect(place[sending] < place[event])
            }
            #expect(pairs > 100)
            #expect(merged.repeatedArrivals > 0)
            // The simulation knows the true order of the whole; replaying the merged one ends in the same states.
            var (merge, truth): ([MemberID: Replica], [MemberID: Replica]) = ([:], [:])
            for event in merged.order {
                let record = merged.record(at: Int(event))
                merge[record.member, default: Replica(record.member)].apply(record.event)
            }
            for record in story.trace.records {
                truth[record.member, default: Replica(record.member)].apply(record.event)
            }
            #expect(merge == truth)
            for (id, member) in story.cluster.members {
                guard let raft = member.raft, let replica = merge[id] else { continue }
                #expect(replica.term == raft.term && replica.vote == raft.vote && replica.commit == raft.log.committed)
                #expect(replica.last == raft.log.last.index && replica.first == raft.log.first)
                #expect(replica.entries.map(\.term) == raft.log.all.map(\.term))
                #expect(replica.configuration.voters == raft.configuration.voters.incoming.members)
            }
        }
    }

    @Test("random records never trap: merged, replayed and exported")
    func random() {
        let seeds = Int(ProcessInfo.processInfo.environment["ETCD_TEST_SEEDS"] ?? "") ?? 200
        for seed in 1...seeds {
            var dice = SplitMix(state: UInt64(seed))
            var records: [TraceRecord] = []
            let real = Story.sample
            for _ in 0..<60 {
                var record = real[Int.random(in: 0..<real.count, using: &dice)]
                record.member = MemberID(rawValue: UInt64.random(in: 1...3, using: &dice))
                record.epoch = BootEpoch(rawValue: UInt64.random(in: 1...2, using: &dice))
                record.sequence = EventSequence(rawValue: UInt64.random(in: 0...20, using: &dice))
                if Bool.random(using: &dice) {
                    record.message = MessageName(
                        ConnectionID(rawValue: .random(in: 1...2, using: &dice)), .random(in: 1...4, using: &dice))
                }
                records.append(record)
            }
            let merged = history(records)
            #expect(merged.order.count == merged.count)
            #expect(Set(merged.order).count == merged.count)
            let export = TLAExport(merged)
            #expect(export.lineCount >= 0)
        }
    }

    @Test("bench: a million events")
    func bench() {
        let full = ProcessInfo.processInfo.environment["ETCD_BENCH"] != nil
        let story = Story(seed: 2)
        story.write(full ? 2000 : 20, at: story.elect())
        let lines = story.trace.lines()
        let copies = full ? 1_000_000 / story.trace.records.count + 1 : 1
        // The same run again and again, as other members.
        let clock = ContinuousClock()
        var loader = HistoryLoader()
        let reading = clock.measure {
            for _ in 0..<copies { loader.load(lines.view, named: "bench") }
        }
        let merged = story.trace.records
        var second = HistoryLoader()
        for copy in 0..<UInt64(copies) {
            for record in merged {
                var record = record
                record.member.rawValue += copy * 10
                record.message?.connection.rawValue += copy * 1000
                second.add(record)
            }
        }
        let count = second.count
        let start = clock.now
        let history = second.finish()
        let finishing = clock.now - start
        #expect(history.count == count)
        #expect(loader.count == count)
        if full {
            print(
                "trace model: \(count) events, \(lines.count * copies) bytes: read in \(reading), merged in \(finishing)"
            )
        }
    }
}

extension Story {
    /// Records of a real run, to be mixed up.
    static let sample: [TraceRecord] = Story.snapshot().trace.records + Story.jointChange().trace.records
}

/// A small repeatable source of chance.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}
