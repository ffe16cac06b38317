// RecordedNode.swift: events as a node reports them, with a clock that a test moves.
//
// The pictures of a write, a read and the keys are made from what a node says. Here is such a node in outline: it has no
// log, no tree and no sockets, but it says what the real one says, in the same order and with the same causes, and
// takes as long as the test wants. What the real one says is drawn in Tests/Interop and in the simulation's demos.

import Bytes
import Identifiers
import JSON
import Trace
import TraceModel

/// A member that only talks.
final class RecordedNode {
    let id: MemberID
    let memory: TraceMemory
    let tracer: Tracer
    private let clock: Clock
    private(set) var index: UInt64 = 4
    private(set) var revision: Int64 = 1
    private var ticket: UInt64 = 10
    private var compacted: Int64 = 0
    private var batch: UInt64 = 0
    /// Versions, generations and creations of keys.
    private var keys: [String: (version: Int, generation: Int, create: Int64, lives: Bool)] = [:]
    /// What is in the file: key, revision, sub, whether it is a tombstone.
    private var records: [(key: String, main: Int64, sub: Int, isDelete: Bool)] = []

    /// Microseconds since the beginning.
    final class Clock {
        var now: UInt64 = 0
        /// What this member's wall clock says more than the true time.
        var skew: Int64 = 0
    }

    /// `keys`: how many its file had when it started.
    init(_ id: MemberID, name: String, clock: Clock, skew: Int64 = 0, keys: Int = 0) {
        self.id = id
        self.clock = clock
        memory = TraceMemory {
            TraceTime(
                monotonic: clock.now &+ UInt64(bitPattern: 7_000_000 + skew / 1000),
                wall: 1_795_169_656_000_000_000 + Int64(clock.now) + skew)
        }
        tracer = Tracer(to: TraceRecorder(TraceOrigin(member: id, epoch: BootEpoch(rawValue: 1)), sink: memory))
        tracer.emit(MemberStarted(name: name, cluster: 0xc1, version: "3.5.21"))
        tracer.emit(StoreRestored(revision: 1, compacted: 0, keys: keys, revisions: keys))
    }

    func wait(_ microseconds: UInt64) { clock.now += microseconds * 1000 }

    private func key(_ text: String) -> TraceBytes { TraceBytes(ByteSlice(utf8: text)) }

    // MARK: - Writes

    /// What a write does to one key; nil deletes it.
    typealias Change = (key: String, value: String?)

    /// One write, from arrival to answer; `disk`: how long its sync takes.
    @discardableResult
    func write(_ method: TraceMethod, _ changes: [Change], disk: UInt64 = 1400) -> EventSequence {
        let name = propose(method, changes)
        sync(disk)
        apply(method, changes, name)
        return name
    }

    private var proposed = EventSequence.none

    /// Up to the order to write.
    func propose(_ method: TraceMethod, _ changes: [Change], at asked: Int64 = 0) -> EventSequence {
        index += 1
        ticket += 1
        let name = tracer.emit(
            RequestReceived(
                method: method, call: UInt64(index), key: changes.first.map { key($0.key) } ?? TraceBytes(),
                revision: .init(rawValue: asked), sizeBytes: 25))
        tracer.cause = name
        wait(14)
        tracer.emit(
            EntriesAppended(
                first: .init(rawValue: index), last: .init(rawValue: index),
                entries: [TraceEntry(term: 2, kind: .normal, sizeBytes: 30)]))
        proposed = tracer.emit(
            RequestProposed(
                request: name, id: 0x8e9e_0000_0000_0000 + index, index: .init(rawValue: index), term: 2, sizeBytes: 30)
        )
        tracer.cause = .none
        wait(6)
        tracer.emit(
            WriteIssued(
                ticket: ticket, term: 2, vote: id, commit: .init(rawValue: index - 1), first: .init(rawValue: index),
                last: .init(rawValue: index), snapshot: 0, mustSync: true))
        return name
    }

    /// The log is durable, and (as the only voter) the entry is committed.
    func sync(_ disk: UInt64, commits: Bool = true) {
        wait(disk + 35)
        tracer.cause = tracer.emit(
            LogSynced(
                index: .init(rawValue: index), term: 2, sizeBytes: 96, ticket: ticket, records: 1,
                nanoseconds: disk * 1000))
        tracer.emit(WriteDurable(ticket: ticket, index: .init(rawValue: index)))
        if commits { commit() }
    }

    func commit() {
        wait(3)
        tracer.emit(CommitAdvanced(commit: .init(rawValue: index), term: 2))
        tracer.emit(EntriesHanded(first: .init(rawValue: index), last: .init(rawValue: index)))
    }

    /// The state machine, the answer and the flush.
    func apply(_ method: TraceMethod, _ changes: [Change], _ name: EventSequence) {
        if !changes.isEmpty { revision += 1 }
        if method == .txn { tracer.emit(TxnDecided(compares: 1, succeeded: true, operations: changes.count)) }
        for (sub, change) in changes.enumerated() {
            wait(4)
            write(change, sub)
        }
        let applied = tracer.emit(
            EntryApplied(
                index: .init(rawValue: index), term: 2, id: 0x8e9e_0000_0000_0000 + index, method: method,
                revision: .init(rawValue: revision)), because: proposed)
        tracer.emit(EntriesApplied(applied: .init(rawValue: index)))
        wait(2)
        tracer.emit(
            RequestAnswered(request: name, revision: .init(rawValue: revision), code: 0, sizeBytes: 28),
            because: applied)
        for stream in 0..<watchers {
            tracer.emit(
                WatchEventsSent(
                    stream: UInt64(stream), watcher: 0, revision: .init(rawValue: revision), events: changes.count,
                    sizeBytes: 60, fragment: false))
        }
        tracer.cause = .none
        wait(9)
        tracer.emit(AnswersFlushed(answers: 1 + watchers, sizeBytes: 80))
    }

    /// How many watchers are told of each write.
    var watchers = 0

    /// A write that is not even proposed.
    func refuse(_ text: String, _ why: String) {
        let name = tracer.emit(RequestReceived(method: .put, call: 9, key: key(text), sizeBytes: 25))
        wait(11)
        tracer.emit(RequestRefused(request: name, code: 8, why: why), because: name)
        tracer.emit(AnswersFlushed(answers: 1, sizeBytes: 70))
    }

    /// Somebody wants to hear of a key, from a revision on.
    func watch(_ text: String, from start: Int64) {
        tracer.emit(
            WatcherCreated(
                stream: 1, watcher: 0, key: key(text), rangeEnd: TraceBytes(), start: .init(rawValue: start),
                synced: false))
        tracer.emit(
            WatchEventsSent(
                stream: 1, watcher: 0, revision: .init(rawValue: revision), events: 1, sizeBytes: 60, fragment: false))
    }

    private func write(_ change: Change, _ sub: Int) {
        var known = keys[change.key] ?? (0, 0, 0, false)
        var event = RevisionWritten()
        event.key = key(change.key)
        event.main = .init(rawValue: revision)
        event.sub = sub
        if let value = change.value {
            if !known.lives { known = (0, known.generation + 1, revision, true) }
            known.version += 1
            event.value = TraceBytes(ByteSlice(utf8: value).prefix(min(32, value.utf8.count)))
            event.valueBytes = value.utf8.count
            event.version = known.version
            event.create = .init(rawValue: known.create)
        } else {
            event.change = .delete
            known.lives = false
        }
        event.generation = known.generation
        keys[change.key] = known
        records.append((change.key, revision, sub, change.value == nil))
        tracer.emit(event)
    }

    /// The backend's batch is closed and becomes durable.
    func commitPages() {
        wait(80_000)
        batch += 1
        let issued = tracer.emit(
            PagesIssued(
                transaction: batch, applied: .init(rawValue: index), pages: 5, sizeBytes: 24_576, why: .interval))
        wait(3_100)
        tracer.emit(PagesDurable(transaction: batch, sizeBytes: 24_576, nanoseconds: 3_020_000), because: issued)
    }

    func compact(_ at: Int64) {
        let name = propose(.compact, [], at: at)
        sync(900)
        let scheduled = tracer.emit(
            CompactionScheduled(
                revision: .init(rawValue: at), before: .init(rawValue: compacted), current: .init(rawValue: revision)))
        compacted = at
        apply(.compact, [], name)
        let newest = Dictionary(grouping: records.filter { $0.main <= at }, by: \.key).mapValues {
            $0.map(\.main).max() ?? 0
        }
        let gone = records.filter { $0.main <= at && ($0.main < newest[$0.key] ?? 0 || ($0.isDelete && $0.main < at)) }
        tracer.emit(CompactionIndexDone(revision: .init(rawValue: at), keys: keys.count, kept: 3), because: scheduled)
        tracer.emit(
            CompactionStep(
                revision: .init(rawValue: at), examined: records.count,
                removed: gone.map { TraceRevision(main: .init(rawValue: $0.main), sub: $0.sub) }), because: scheduled)
        tracer.emit(CompactionDone(revision: .init(rawValue: at), removed: gone.count), because: scheduled)
        records.removeAll { record in gone.contains { $0.main == record.main && $0.sub == record.sub } }
    }

    // MARK: - Reads

    /// A read; `isThere`: whether it finds its key.
    @discardableResult
    func read(
        _ text: String, at asked: Int64 = 0, serializable: Bool = false, isThere: Bool = true, behind: UInt64 = 0
    ) -> EventSequence {
        let name = tracer.emit(
            RequestReceived(
                method: .range, call: 0, key: key(text), revision: .init(rawValue: asked), serializable: serializable,
                sizeBytes: 5))
        tracer.cause = name
        wait(2)
        if asked != 0, asked < compacted || asked > revision {
            let why =
                asked < compacted
                ? "etcdserver: mvcc: required revision has been compacted"
                : "etcdserver: mvcc: required revision is a future revision"
            tracer.emit(RequestRefused(request: name, code: 11, why: why))
            tracer.cause = .none
            tracer.emit(AnswersFlushed(answers: 1, sizeBytes: 90))
            return name
        }
        if !serializable { park(name, behind: behind) }
        let at = asked == 0 ? revision : asked
        wait(3)
        tracer.emit(
            RangeEvaluated(
                key: key(text), rangeEnd: TraceBytes(), revision: .init(rawValue: at), found: isThere ? 1 : 0,
                returned: isThere ? 1 : 0))
        tracer.emit(RequestAnswered(request: name, revision: .init(rawValue: revision), code: 0, sizeBytes: 44))
        tracer.cause = .none
        wait(6)
        tracer.emit(AnswersFlushed(answers: 1, sizeBytes: 90))
        return name
    }

    private var reads: UInt64 = 0

    private func park(_ name: EventSequence, behind: UInt64) {
        reads += 1
        let parked = tracer.emit(ReadParked(request: name, batch: reads, applied: .init(rawValue: index - behind)))
        wait(5)
        let asked = tracer.emit(ReadIndexAsked(batch: reads, reads: 3), because: [parked])
        onQuestion?()
        let known = tracer.emit(
            ReadIndexKnown(batch: reads, index: .init(rawValue: index), applied: .init(rawValue: index - behind)),
            because: asked)
        tracer.cause = known
        if behind > 0 {
            wait(800)
            tracer.emit(EntriesApplied(applied: .init(rawValue: index)))
        }
    }

    /// What happens between a question and its answer: messages, in a cluster.
    var onQuestion: (() -> Void)?
}

extension CausalHistory {
    /// The history of what several nodes have said.
    static func of(_ nodes: [RecordedNode]) -> CausalHistory {
        var loader = HistoryLoader()
        for node in nodes { for record in node.memory.records { loader.add(record) } }
        return loader.finish()
    }
}
