// WatchModelTests.swift: does every watcher hear of everything exactly once, whatever happens in whatever order?
//
// Random writes, watchers, clients that stop reading and go on, compactions in pieces, slices of history, requests of
// progress; and beside them a model so simple that it cannot be wrong: it remembers every change for ever, and what a
// watcher has to hear is the part of it from its start in its range. Limits are tiny, so that every edge is met.
//
// CHECKED after every step    what was heard is a beginning of what has to be heard: same events, same order, no gap
//                             no revision is split over responses, unless they are fragments
//                             after progress at R nothing comes from R or before
// CHECKED at the end          with all clients reading, everything was heard, or the watcher was cancelled by a
//                             compaction that took something it had not heard of or passed it
//
// A failing seed is printed; ETCD_TEST_FIRST_SEED=n ETCD_TEST_SEEDS=1 runs it again.

import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Protobuf
import Testing

/// Numbers from a seed.
private struct Dice {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
    mutating func roll(_ sides: Int) -> Int { Int(next() % UInt64(sides)) }
    mutating func pick<Element>(_ list: [Element]) -> Element { list[roll(list.count)] }
}

/// A watcher as its client sees it.
private struct ModelWatcher {
    let create: WatchCreateRequest
    let stream: WatchStreamID
    let id: Int64
    /// The first revision that it has to hear of.
    let start: Revision
    var heard: [Event] = []
    var isCancelled = false
    /// The revision of the last progress.
    var progress = Revision.zero
    /// Whether the last response says that more of it follows.
    var isMidFragment = false
    /// The last revision of the last whole response.
    var lastRevision = Revision.zero

    func wants(_ event: Event) -> Bool {
        let key = event.kv!.key
        guard event.kv!.modRevision >= start else { return false }
        if create.filters.contains(event.type == .put ? .noput : .nodelete) { return false }
        let first: ByteSlice = create.key.isEmpty ? [0] : create.key
        if create.rangeEnd.isEmpty { return key == first }
        return key >= first && (create.rangeEnd == [0] || key < create.rangeEnd)
    }
}

private final class Tally {
    var met: [String: Int] = [:]
}

private final class Model {
    let rig: WatchRig
    var dice: Dice
    /// Every change that ever was, with the value before its revision.
    var history: [Event] = []
    /// The keys as they are.
    var keys: [ByteSlice: KeyValue] = [:]
    var watchers: [ModelWatcher] = []
    var open: [WatchStreamID] = []
    var nextStream: UInt64 = 1
    var compacted = Revision(rawValue: -1)
    /// How often the interesting things happened, over all seeds: a test that never meets them proves nothing.
    let tally: Tally

    init(seed: Int, _ tally: Tally) throws {
        self.tally = tally
        dice = Dice(state: UInt64(seed))
        var limits = WatchHub.Limits()
        limits.fragmentBytes = 120 + dice.roll(400)
        limits.streamBytes = 50 + dice.roll(2000)
        limits.totalBytes = dice.roll(4) == 0 ? 1500 : 1 << 20
        limits.revisionsInReply = 1 + dice.roll(5)
        limits.cohort = 1 + dice.roll(5)
        limits.changesInSlice = 1 + dice.roll(12)
        limits.bytesInSlice = 20 + dice.roll(1000)
        limits.progressMilliseconds = 100
        rig = try WatchRig(limits)
    }

    // MARK: Steps

    func step(_ number: Int) throws {
        switch dice.roll(100) {
        case 0..<40: try write()
        case 40..<54: try createWatcher()
        case 54..<58: try cancelWatcher()
        case 58..<63: openStream()
        case 63..<65: closeStream()
        case 65..<72: if let stream = open.randomElement(&dice) { rig.blocked.insert(stream) }
        case 72..<80: if let stream = open.randomElement(&dice) { rig.unblock(stream) }
        case 80..<90: try rig.catchUpOnce()
        case 90..<92: try compact()
        case 92..<95: try rig.compactionSteps(1)
        case 95..<98: if let stream = open.randomElement(&dice) { try rig.askProgress(on: stream) }
        default: try rig.advance(Int64(number) * 10)
        }
        try hear()
    }

    private func key() -> ByteSlice {
        let letters: [UInt8] = Array("abc".utf8)
        return ByteSlice((0...dice.roll(3)).map { _ in dice.pick(letters) })
    }

    private func write() throws {
        var ops: [WatchOp] = []
        // As etcd demands: a transaction puts a key once, and does not delete what it puts. (Where it could, a compaction at
        // that very revision would keep only the last change of the key, and history would lack the others.)
        var put: Set<ByteSlice> = []
        var deleted: [(ByteSlice, ByteSlice)] = []
        func covers(_ range: (ByteSlice, ByteSlice), _ key: ByteSlice) -> Bool {
            range.1.isEmpty ? key == range.0 : key >= range.0 && key < range.1
        }
        for _ in 0..<(dice.roll(4) == 0 ? 1 + dice.roll(6) : 1) {
            if dice.roll(4) > 0 {
                let key = key()
                guard !deleted.contains(where: { covers($0, key) }), put.insert(key).inserted else { continue }
                ops.append(.put(key, ByteSlice([UInt8](repeating: 118, count: dice.roll(60)))))
            } else {
                let range = (key(), dice.roll(2) == 0 ? key() : ByteSlice())
                guard !put.contains(where: { covers(range, $0) }) else { continue }
                deleted.append(range)
                ops.append(.delete(range.0, range.1))
            }
        }
        guard !ops.isEmpty else { return }
        try rig.write(ops, isQuiet: dice.roll(5) == 0)
        remember(ops)
    }

    private func remember(_ ops: [WatchOp]) {
        let revision = Revision(rawValue: (history.last?.kv!.modRevision.rawValue ?? 1) + 1)
        let before = keys
        for op in ops {
            switch op {
            case .put(let key, let value):
                let old = keys[key]
                let kv = KeyValue(
                    key: key, createRevision: old?.createRevision ?? revision, modRevision: revision,
                    version: (old?.version ?? 0) + 1, value: value)
                keys[key] = kv
                history.append(Event(kv: kv, prevKV: old == nil ? nil : before[key]))
            case .delete(let first, let end):
                for key in keys.keys.sorted() where end.isEmpty ? key == first : key >= first && key < end {
                    keys[key] = nil
                    history.append(
                        Event(type: .delete, kv: KeyValue(key: key, modRevision: revision), prevKV: before[key]))
                }
            }
        }
        #expect(rig.store.revision == history.last?.kv!.modRevision ?? 1)
    }

    private func openStream() {
        guard open.count < 6 else { return }
        let stream = WatchStreamID(rawValue: nextStream)
        nextStream += 1
        rig.open(stream)
        open.append(stream)
    }

    private func closeStream() {
        guard let stream = open.randomElement(&dice) else { return }
        open.removeAll { $0 == stream }
        rig.close(stream)
        watchers.removeAll { $0.stream == stream }
    }

    private func createWatcher() throws {
        guard let stream = open.randomElement(&dice) else { return openStream() }
        let revision = rig.store.revision.rawValue
        var start = Revision.zero
        if dice.roll(2) == 0 { start = Revision(rawValue: 1 + Int64(dice.roll(Int(revision) + 3))) }
        let end: ByteSlice = dice.roll(2) == 0 ? ByteSlice() : dice.roll(5) == 0 ? [0] : key()
        let create = watching(
            dice.roll(20) == 0 ? ByteSlice() : key(), to: end, from: start,
            filters: dice.roll(6) == 0 ? [.noput] : dice.roll(6) == 0 ? [.nodelete] : [],
            previous: dice.roll(2) == 0, id: dice.roll(4) == 0 ? Int64(dice.roll(8)) : 0,
            fragment: dice.roll(2) == 0, progress: dice.roll(2) == 0)
        let created = try rig.watch(create, on: stream)
        #expect(created.created)
        let first: ByteSlice = create.key.isEmpty ? [0] : create.key
        let isEmpty = !end.isEmpty && end != [0] && end <= first
        let isDuplicate = create.watchID != 0 && watchers.contains { $0.stream == stream && $0.id == create.watchID }
        #expect(created.canceled == (isEmpty || isDuplicate), "\(create)")
        guard !created.canceled else { return }
        watchers.append(
            ModelWatcher(
                create: create, stream: stream, id: created.watchID,
                start: start == .zero ? Revision(rawValue: revision + 1) : start))
    }

    private func cancelWatcher() throws {
        guard let watcher = watchers.randomElement(&dice) else { return }
        try hear()
        try rig.cancel(watcher.id, on: watcher.stream)
        #expect(rig.take(watcher.stream).map(\.canceled) == [true])
        watchers.removeAll { $0.stream == watcher.stream && $0.id == watcher.id }
    }

    private func compact() throws {
        let low = max(compacted.rawValue, 0) + 1
        guard low <= rig.store.revision.rawValue else { return }
        compacted = Revision(rawValue: low + Int64(dice.roll(Int(rig.store.revision.rawValue - low + 1))))
        try rig.compact(compacted, steps: dice.roll(3))
        tally.met["compactions", default: 0] += 1
    }

    // MARK: Checks

    /// Looks at everything that was sent since the last time.
    func hear() throws {
        for stream in open {
            for response in rig.take(stream) where !response.created {
                if response.watchID == -1 {
                    tally.met["progress on request", default: 0] += 1
                    for index in watchers.indices where watchers[index].stream == stream {
                        watchers[index].progress = response.header!.revision
                    }
                    continue
                }
                let index = try #require(
                    watchers.firstIndex { $0.stream == stream && $0.id == response.watchID }, "a strange watcher")
                try hear(response, index)
            }
        }
    }

    private func hear(_ response: WatchResponse, _ index: Int) throws {
        try #require(!watchers[index].isCancelled, "told after it was cancelled")
        if response.canceled {
            #expect(response.compactRevision == compacted && response.header?.revision == .zero)
            watchers[index].isCancelled = true
            tally.met["cancelled by compaction", default: 0] += 1
            return
        }
        guard let first = response.events.first?.kv?.modRevision else {
            watchers[index].progress = response.header!.revision
            tally.met["progress from time to time", default: 0] += 1
            return
        }
        #expect(first > watchers[index].progress, "something comes that progress said was over")
        if !watchers[index].isMidFragment {
            #expect(first > watchers[index].lastRevision, "a revision is split")
        }
        if response.fragment { tally.met["fragments", default: 0] += 1 }
        watchers[index].isMidFragment = response.fragment
        watchers[index].lastRevision = response.events.last!.kv!.modRevision
        #expect(response.header!.revision >= watchers[index].lastRevision)
        if response.header!.revision > watchers[index].lastRevision { tally.met["from history", default: 0] += 1 }
        let wanted = history.lazy.filter { self.watchers[index].wants($0) }.dropFirst(watchers[index].heard.count)
        for (event, expected) in zip(response.events, wanted.prefix(response.events.count)) {
            check(event, expected, watchers[index].create)
        }
        #expect(wanted.prefix(response.events.count).count == response.events.count, "more than has happened")
        watchers[index].heard += response.events
    }

    private func check(_ event: Event, _ expected: Event, _ create: WatchCreateRequest) {
        #expect(event.type == expected.type && event.kv == expected.kv)
        guard create.prevKV else {
            #expect(event.prevKV == nil)
            return
        }
        if event.prevKV != nil {
            tally.met["previous values", default: 0] += 1
            #expect(event.prevKV == expected.prevKV)
        } else if expected.prevKV != nil {
            // Only a compaction may have taken it.
            #expect(expected.kv!.modRevision.previous < compacted, "a previous value is missing")
        }
    }

    /// Everybody reads; then everybody must have heard everything.
    func finish() throws {
        for stream in open { rig.unblock(stream) }
        try rig.notify()
        try rig.catchUp()
        try hear()
        #expect(rig.hub.laggingCount == 0)
        for watcher in watchers {
            let wanted = history.filter { watcher.wants($0) }
            if watcher.isCancelled {
                #expect(watcher.start < compacted)
                #expect(watcher.heard.count <= wanted.count)
            } else {
                #expect(watcher.heard.count == wanted.count, "watcher \(watcher.id) on \(watcher.stream.rawValue)")
            }
            #expect(!watcher.isMidFragment)
        }
    }
}

extension Array {
    fileprivate func randomElement(_ dice: inout Dice) -> Element? { isEmpty ? nil : self[dice.roll(count)] }
}

@Suite("Watchers and a model that forgets nothing", .serialized)
struct WatchModelTests {
    @Test("everything is heard once and in order")
    func model() throws {
        let tally = Tally()
        for seed in WatchSettings.firstSeed..<(WatchSettings.firstSeed + WatchSettings.seeds) {
            let model = try Model(seed: seed, tally)
            do {
                for number in 0..<400 { try model.step(number) }
                try model.finish()
            } catch {
                Issue.record("ETCD_TEST_FIRST_SEED=\(seed) ETCD_TEST_SEEDS=1: \(error)")
                return
            }
        }
        guard WatchSettings.seeds >= 30 else { return }
        for what in [
            "compactions", "progress on request", "cancelled by compaction", "progress from time to time", "fragments",
            "from history", "previous values",
        ] {
            #expect(tally.met[what, default: 0] > 10, "\(what) was hardly met")
        }
    }
}
