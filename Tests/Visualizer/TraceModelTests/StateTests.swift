// StateTests.swift: the state at any consistent cut, keys and requests in it; and text that is read quickly means the same.

import Bytes
import Identifiers
import JSON
import Simulation
import Testing
import Trace
import TraceModel

@Suite("State at a cut")
struct StateTests {
    @Test(
        "walking and jumping give the same state; a past is consistent and the smallest; half a past is not consistent")
    func cuts() {
        let story = Story(seed: 5)
        story.write(6, at: story.elect())
        var loader = HistoryLoader()
        for record in story.trace.records { loader.add(record) }
        let history = loader.finish()
        var walk = StateWalk(history)
        var receipts = 0
        while let event = walk.next() {
            let cut = history.cut(prefix: walk.position)
            #expect(history.isConsistent(cut))
            if walk.position % 17 == 0 { #expect(history.state(at: cut) == walk.state) }
            let past = history.past(of: event)
            #expect(history.isConsistent(past) && past.contains(event, inLane: history.lane(of: event)))
            #expect(zip(past.ends, cut.ends).allSatisfy { $0 <= $1 }, "a past has nothing that comes later")
            guard let sending = history.partner(of: event), history.kind(of: event) == RaftMessageReceived.kind.number
            else { continue }
            receipts += 1
            // Without the sending's lane the cut has an effect without its cause.
            var broken = past
            let lane = history.lane(of: sending)
            broken.ends[lane] = history.lanes[lane].events.lowerBound
            #expect(!history.isConsistent(broken))
        }
        #expect(receipts > 20 && walk.position == history.count)
        #expect(history.state(at: history.wholeCut) == walk.state)
        let leaders = walk.state.replicas.values.filter { $0.role == .leader }
        #expect(leaders.count == 1)
        let leader = leaders[0]
        #expect(leader.commit >= 6 && leader.progress.count >= 2)
        for (member, progress) in leader.progress where member != leader.member {
            let follower = walk.state.replicas[member]
            #expect(progress.match <= follower?.last ?? 0, "the leader believes what is there")
            #expect(progress.next == LogIndex(rawValue: progress.match.rawValue + 1))
        }
    }

    @Test("keys: generations, tombstones, compaction, a restart that forgets what was not in the file")
    func keyspace() {
        var space = Keyspace()
        func put(_ key: TraceBytes, _ main: Int64, _ sub: Int = 0, version: Int = 1, generation: Int = 1) -> Event {
            .revisionWritten(
                RevisionWritten(
                    key: key, change: .put, main: .init(rawValue: main), sub: sub, create: .init(rawValue: main),
                    version: version, generation: generation))
        }
        func delete(_ key: TraceBytes, _ main: Int64) -> Event {
            .revisionWritten(
                RevisionWritten(
                    key: key, change: .delete, main: .init(rawValue: main), sub: 0, create: 0, version: 0, generation: 1
                ))
        }
        space.apply(.storeRestored(StoreRestored(revision: 1, compacted: 0, keys: 0, revisions: 0)))
        for event in [put("x", 2), put("y", 3), put("x", 4, version: 2), delete("x", 5), put("x", 6, generation: 2)] {
            space.apply(event)
        }
        #expect(space.revision == 6 && space.keys == ["x", "y"])
        #expect(space.record(of: "x", at: 4)?.written.version == 2)
        #expect(space.record(of: "x", at: 5) == nil && space.record(of: "x", at: 1) == nil)
        #expect(space.record(of: "x", at: 100)?.written.generation == 2)
        space.apply(.compactionScheduled(CompactionScheduled(revision: 5, before: 0, current: 6)))
        space.apply(
            .compactionStep(
                CompactionStep(
                    revision: 5, examined: 4,
                    removed: [
                        TraceRevision(main: 2, sub: 0), TraceRevision(main: 4, sub: 0), TraceRevision(main: 99, sub: 7),
                    ])))
        #expect(space.compacted == 5)
        #expect(space.records.filter(\.isRemoved).map(\.revision.main) == [2, 4])
        // The file had everything up to 5; revision 6 comes again.
        space.apply(.storeRestored(StoreRestored(revision: 5, compacted: 5, keys: 2, revisions: 2)))
        #expect(space.revision == 5 && space.records(of: "x").count == 3 && space.unknownKeys == 0)
        space.apply(put("x", 6, generation: 2))
        space.apply(put("x", 6, generation: 2))
        #expect(space.records(of: "x").count == 4, "a record that is told twice is there once")
        // A trace that begins later.
        var late = Keyspace()
        late.apply(.storeRestored(StoreRestored(revision: 50, compacted: 7, keys: 12, revisions: 40)))
        #expect(late.unknownKeys == 12 && late.revision == 50 && late.compacted == 7)
    }

    @Test("lines in our spelling, and the same lines spelled otherwise, give the same history")
    func spellings() throws {
        let story = Story(seed: 3)
        story.write(4, at: story.elect())
        let lines = story.trace.lines()
        var quick = HistoryLoader()
        quick.load(lines.view, named: "ours")
        var strict = HistoryLoader()
        let text = lines.view.lossyText
        var written = ""
        for line in text.split(separator: "\n") {
            // A space that our writer never writes: the quick reader gives up each line.
            written += line.replacing("\"epoch\":", with: "\"epoch\": ", maxReplacements: 1) + "\n"
        }
        let other = ByteSlice(utf8: written)
        strict.load(other.view, named: "theirs")
        let (one, two) = (quick.finish(), strict.finish())
        #expect(one.count == story.trace.records.count && one.troubles.count == 0)
        #expect(one.order == two.order && one.troubles == two.troubles)
        for event in 0..<one.count { #expect(one.record(at: event) == two.record(at: event)) }
    }
}
