// ModelTests.swift: the same dice for the store and for a list of everything that happened.
//
// Each seed is a life with restarts: requests of every kind with every option, compactions whose steps fall anywhere between
// other requests, long ranges and hashes that go on while others write, crashes that take back what was not committed.
// Every answer must be equal to the message; after each compaction the file must hold exactly what the list says.

import Backend
import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Protobuf
import Testing

/// One life of both.
private final class Trial {
    let seed: UInt64
    var requests: RequestDice
    var dice: StoreDice {
        get { requests.dice }
        set { requests.dice = newValue }
    }
    var model = StoreModel()
    /// The model as it was when the file was last complete on the disk.
    var durable = StoreModel()
    var fixture: Fixture
    var ranges: [(cursor: RangeCursor, expected: RangeResponse)] = []
    var hashes: [(cursor: HashCursor, expected: UInt32)] = []

    init(seed: UInt64) throws {
        self.seed = seed
        requests = RequestDice(wild: seed)
        fixture = try Fixture()
        fixture.leases = model.leases
        try fixture.commit()
    }

    // MARK: One step

    func step() throws {
        requests.revision = model.revision
        requests.compacted = model.compacted
        switch dice.below(100) {
        case 0..<30: try put()
        case 30..<40: try delete()
        case 40..<60: try txn()
        case 60..<80: try range()
        case 80..<82: try compact()
        case 82..<84: try hash()
        case 84..<87: try openRange()
        case 87..<88: try openHash()
        case 88..<90:
            try fixture.commit()
            durable = model
        case 90 where dice.once(in: 4): try crash()
        default: try work()
        }
    }

    private func put() throws {
        let request = requests.put()
        switch model.put(request) {
        case .success(let expected): #expect(try fixture.put(request) == expected, "\(label)")
        case .failure(let error): #expect(try refusal { try fixture.put(request) } == error, "\(label)")
        }
        checkChanges()
    }

    private func delete() throws {
        let request = requests.delete()
        let expected = model.delete(request)
        #expect(try fixture.delete(request) == expected, "\(label)")
        checkChanges()
    }

    private func txn() throws {
        let request = requests.txn()
        let bytes = request.encoded()
        let view = try TxnRequest.View(decoding: bytes.view)
        guard RequestCheck.check(view) == nil else { return }
        switch model.txn(request, isReadOnly: RequestCheck.isReadOnly(view)) {
        case .success(let expected): #expect(try fixture.txn(request) == expected, "\(label)")
        case .failure(let error): #expect(try refusal { try fixture.txn(request) } == error, "\(label)")
        }
    }

    private func range() throws {
        let request = requests.range()
        let budget = dice.pick([1, 2, 7, 1000])
        switch model.range(request) {
        case .success(let expected):
            #expect(try fixture.range(request, budget: budget) == expected, "\(label) \(request)")
        case .failure(let error): #expect(try refusal { _ = try fixture.range(request) } == error, "\(label)")
        }
    }

    private func compact() throws {
        let target = model.compacted + Int64(dice.below(max(2, Int(model.revision - model.compacted) + 2)))
        if let error = model.compact(target) {
            #expect(try refusal { try fixture.beginCompaction(target) } == error, "\(label)")
        } else {
            try fixture.beginCompaction(target)
        }
    }

    private func hash() throws {
        let at = max(model.compacted, 1) + Int64(dice.below(Int(model.revision - max(model.compacted, 1)) + 1))
        let computed = try fixture.hash(at, budget: dice.pick([1, 5, 1000]))
        // At C itself the compaction's own hash may be remembered: it counts from the compact revision before.
        guard computed.compacted == model.compacted else { return }
        #expect(computed.hash == model.hash(at: at), "\(label) at \(at)")
    }

    /// A range that goes on while others write.
    private func openRange() throws {
        let request = requests.range()
        guard case .success(let expected) = model.range(request) else { return }
        var buffer = ByteBuffer()
        let bytes = request.encoded()
        let view = try RangeRequest.View(decoding: bytes.view)
        let cursor = try fixture.store.range(
            view, from: fixture.backend, header: fixture.header, budget: 1, into: &buffer)
        if let cursor {
            ranges.append((cursor, expected))
        } else {
            #expect(try RangeResponse(decoding: buffer.slice()) == expected, "\(label)")
        }
    }

    private func openHash() throws {
        let cursor = try fixture.store.openHash(at: 0)
        hashes.append((cursor, model.hash(at: model.revision)))
    }

    /// Whatever was begun goes on a little.
    private func work() throws {
        if fixture.store.isCompacting {
            try fixture.store.compactionStep(in: &fixture.backend, budget: dice.pick([1, 3, 50]))
        }
        ranges = try ranges.filter { range in
            if dice.once(in: 30) {
                fixture.store.abandon(range.cursor)
                return false
            }
            guard try fixture.store.step(range.cursor, from: fixture.backend, budget: 1 + dice.below(4)) else {
                return true
            }
            let answer = range.cursor.wholeAnswer()
            #expect(try RangeResponse(decoding: answer) == range.expected, "\(label)")
            return false
        }
        hashes = try hashes.filter { hash in
            guard try fixture.store.step(hash.cursor, in: fixture.backend, budget: 1 + dice.below(9)) else {
                return true
            }
            #expect(hash.cursor.hash == hash.expected, "\(label)")
            return false
        }
    }

    private func crash() throws {
        ranges = []
        hashes = []
        fixture = try fixture.reborn()
        model = durable
        checkState()
    }

    /// The end: everything that was begun is finished, and the file is looked at.
    func finish() throws {
        while !ranges.isEmpty || !hashes.isEmpty || fixture.store.isCompacting { try work() }
        let stored = model.stored
        var history = try History(of: fixture.backend, from: KeyRevision(main: 0, sub: 0))
        var index = 0
        while history.isValid {
            guard index < stored.count else { break }
            let (key, value) = (stored[index].storedKey, stored[index].storedValue)
            #expect(history.storedBytes == key.view && history.value == value.view, "\(label): record \(index)")
            index += 1
            try history.next()
        }
        #expect(index == stored.count && !history.isValid, "\(label): \(index) of \(stored.count) records")
        checkState()
        for revision in max(model.compacted, 1)...model.revision {
            let expected = try model.range(
                RangeRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]), revision: Revision(rawValue: revision))
            ).get()
            let all = RangeRequest(
                key: ByteSlice([0]), rangeEnd: ByteSlice([0]), revision: Revision(rawValue: revision))
            #expect(try fixture.range(all) == expected, "\(label) at \(revision)")
        }
    }

    private func checkState() {
        #expect(fixture.store.revision.rawValue == model.revision, "\(label)")
        #expect(fixture.store.compacted.rawValue == model.compacted, "\(label)")
        #expect(fixture.store.check() == nil, "\(label)")
    }

    private func checkChanges() {
        #expect(fixture.store.revision.rawValue == model.revision, "\(label)")
        for (place, change) in fixture.store.changes.enumerated() {
            let record = model.history[model.history.count - fixture.store.changes.count + place]
            #expect(change.revision.main.rawValue == record.main && change.revision.sub == record.sub, "\(label)")
            #expect(change.isDelete == (record.pair == nil) && change.lease == record.pair?.lease ?? .none, "\(label)")
            #expect(fixture.store.key(of: change) == record.key.view, "\(label)")
        }
    }

    var label: String { "ETCD_TEST_FIRST_SEED=\(seed) ETCD_TEST_SEEDS=1" }
}

@Suite("Against a list of everything that happened")
struct ModelTests {
    @Test("random requests, compactions, cursors, restarts and crashes")
    func random() throws {
        for seed in Settings.seeds(60) {
            let trial = try Trial(seed: seed)
            for _ in 0..<400 { try trial.step() }
            try trial.finish()
            try trial.fixture.commit()
            // One more life, to see that what is left is enough.
            trial.fixture = try trial.fixture.reborn()
            try trial.finish()
        }
    }
}
