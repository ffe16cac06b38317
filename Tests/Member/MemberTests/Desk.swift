// Desk.swift: a shell in a hundred lines: it carries a member's orders out on memory.
//
// The log is a list of entries, the database a piece of memory, and both forget what was not synced when the member
// crashes. A test says when which disk is done, or leaves it to `settle()`, and reads what the member has said.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Member
import Membership
import Protobuf
import Raft
import RaftMessages
import Trace

/// What survives a crash.
final class MemoryDisks {
    let image = StableBytes(zeros: 64 << 20)
    var length: Int
    var hardState = HardState()
    var snapshot = Snapshot()
    var entries: [Entry] = []

    init() {
        let bytes = BoltFile.newFile(pageSize: 4096)
        image.write(bytes.view, at: 0)
        length = bytes.count
    }

    /// A new member of a cluster whose members are 1, 2, ... n.
    init(founding count: Int) {
        let bytes = BoltFile.newFile(pageSize: 4096)
        image.write(bytes.view, at: 0)
        length = bytes.count
        entries = (1...UInt64(count)).map { number in
            let peer = ClusterPeer(
                id: MemberID(rawValue: number), name: "m\(number)", peerURLs: ["http://127.0.0.1:\(2380 + number)"])
            let change = ConfChange(type: .addNode, nodeID: peer.id, context: peer.json)
            return Entry(type: .confChange, term: 1, index: LogIndex(rawValue: number), data: change.encoded())
        }
        hardState = HardState(term: 1, vote: .none, commit: LogIndex(rawValue: UInt64(count)))
    }

    func write(_ batch: PageBatch) {
        if let fileLength = batch.fileLength { length = fileLength }
        for write in batch.pages { image.write(write.bytes, at: write.offset) }
        image.write(batch.meta.view, at: batch.metaOffset)
    }

    func write(_ write: Raft.Write) {
        if let snapshot = write.snapshot {
            self.snapshot = snapshot
            entries = []
        }
        if let first = write.entries.first {
            entries.removeAll { $0.index >= first.index }
            entries += write.entries
        }
        if let state = write.hardState { hardState = state }
    }

    func save(_ snapshot: Snapshot) { self.snapshot = snapshot }

    var memory: Raft.Memory {
        var memory = Raft.Memory()
        memory.hardState = hardState
        memory.snapshot = snapshot.metadata
        memory.entries = entries.filter { $0.index > snapshot.metadata.index }
        memory.applied = snapshot.metadata.index
        memory.confState = snapshot.metadata.confState
        return memory
    }
}

/// One member at a desk.
final class Desk {
    let disks: MemoryDisks
    var member: Member
    var output = Member.Output()
    /// What it has said to clients, in words.
    var said: [String] = []
    /// What it sends to others.
    var outbox: [Message] = []
    /// Snapshots for followers.
    var offers: [Member.Output.Offer] = []
    var pinned: [(RequestID, FrozenVersion)] = []
    var restores: [Snapshot] = []
    var stopped: String?
    /// On their way to the disks.
    var writes: [Raft.Write] = []
    var batches: [PageBatch] = []
    var snapshots: [Snapshot] = []
    var now: Int64 = 0
    private var methods: [UInt64: Member.Method] = [:]
    private var nextRequest: UInt64 = 1
    /// Orders, by kind.
    var counts: [String: Int] = [:]

    static let cluster = ClusterID(rawValue: 0xC1)

    init(
        _ disks: MemoryDisks, id: UInt64 = 1, options: Member.Options = Desk.options, limits: Backend.Limits = .init(),
        seed: UInt64 = 1, trace: Tracer = .off
    ) throws {
        self.disks = disks
        let id = MemberID(rawValue: id)
        let backend = try Backend(try BoltFile(mapping: disks.image.view, fileLength: disks.length), limits: limits)
        let members =
            disks.snapshot.metadata.index > .zero
            ? try Membership(clusterID: Desk.cluster, ownID: id, snapshot: disks.snapshot.data.view)
            : Membership(clusterID: Desk.cluster, ownID: id)
        var options = options
        options.name = "m\(id)"
        options.raft.seed = id.rawValue
        member = try Member(
            id: id, cluster: Desk.cluster, options: options, memory: disks.memory, backend: backend,
            membership: members, requestSeed: seed, trace: trace)
        member.start(into: &output)
        carryOut()
    }

    static var options: Member.Options {
        var options = Member.Options()
        options.clientURLs = ["http://127.0.0.1:2379"]
        return options
    }

    var isLeader: Bool { member.isLeader }
    var isClosed: Bool { member.isClosed }
    var hasWork: Bool { member.hasWork }

    // MARK: Turns

    func carryOut() {
        for order in output.orders { carryOut(order) }
        output.removeAll()
    }

    private func carryOut(_ order: Member.Output.Order) {
        counts[Desk.kind(of: order), default: 0] += 1
        switch order {
        case .persist(let place): writes.append(output.raft.writes[place])
        case .send(let place): outbox.append(output.raft.messages[place])
        case .pages(let place): batches.append(output.batches[place])
        case .answer(let id, let from, let count): said.append(words(id, output.bytes.view[from..<from + count]))
        case .answerLong(let id, let place):
            var whole = ByteBuffer()
            output.longAnswers[place].takeAnswer(into: &whole)
            said.append(words(id, whole.view))
        case .refuse(let id, let error): said.append("#\(id.rawValue) refused: \(error.text)")
        case .malformed(let id, let error): said.append("#\(id.rawValue) malformed: \(error)")
        case .unimplemented(let id): said.append("#\(id.rawValue) unimplemented")
        case .malformedWatch(let stream, let error): said.append("watch \(stream.rawValue) malformed: \(error)")
        case .watch(let stream, let from, let count): said.append(words(stream, output.bytes.view[from..<from + count]))
        case .saveSnapshot(let place): snapshots.append(output.snapshots[place])
        case .releaseLog(let index): said.append("release log up to \(index)")
        case .pinned(let id, let place): pinned.append((id, output.versions[place]))
        case .sendSnapshot(let place): offers.append(output.offers[place])
        case .restore(let place): restores.append(output.snapshots[place])
        case .leadership: break
        case .ready: said.append("ready")
        case .stop:
            stopped = output.stopReason
            said.append("stop: \(output.stopReason)")
        }
    }

    private static func kind(of order: Member.Output.Order) -> String {
        String("\(order)".prefix { $0 != "(" })
    }

    /// A turn in which nothing comes in.
    func turn() {
        member.finishTurn(into: &output)
        carryOut()
    }

    /// Turns until nothing is left to do and all disks are quiet.
    func settle() {
        repeat {
            turn()
            syncLog()
            syncPages()
            storeSnapshots()
        } while stopped == nil && (member.hasWork || !writes.isEmpty || !batches.isEmpty || !snapshots.isEmpty)
    }

    func syncLog() {
        guard !writes.isEmpty else { return }
        let done = writes
        writes = []
        for write in done { disks.write(write) }
        member.logDurable(done.last!.ticket, into: &output)
        member.finishTurn(into: &output)
        carryOut()
    }

    func syncPages() {
        let done = batches
        batches = []
        for batch in done {
            disks.write(batch)
            member.pagesDurable(batch.transaction, into: &output)
        }
        if !done.isEmpty { turn() }
    }

    func storeSnapshots() {
        let done = snapshots
        snapshots = []
        for snapshot in done {
            disks.save(snapshot)
            member.snapshotStored(snapshot.metadata.index, into: &output)
        }
        if !done.isEmpty { turn() }
    }

    /// Lets time pass, tick by tick.
    func wait(milliseconds: Int64) {
        let end = now + milliseconds
        while now < end, stopped == nil {
            now += 100
            member.advance(toMilliseconds: now, into: &output)
            member.tick(into: &output)
            turn()
        }
    }

    /// The same disks after a crash; what was on its way is lost.
    func crashed(options: Member.Options = Desk.options, limits: Backend.Limits = .init()) throws -> Desk {
        try Desk(disks, id: member.id.rawValue, options: options, limits: limits, seed: UInt64(now) + 1000)
    }

    // MARK: Clients

    @discardableResult
    func ask(_ method: Member.Method, _ message: some WireMessage) -> RequestID {
        let id = RequestID(rawValue: nextRequest)
        nextRequest += 1
        methods[id.rawValue] = method
        let bytes = message.encoded()
        member.request(method, bytes.view, as: id, into: &output)
        withExtendedLifetime(bytes) {}
        return id
    }

    @discardableResult
    func put(_ key: String, _ value: String) -> RequestID {
        ask(.put, PutRequest(key: ByteSlice(utf8: key), value: ByteSlice(utf8: value)))
    }

    @discardableResult
    func get(_ key: String, end: String = "", serializable: Bool = false, limit: Int64 = 0) -> RequestID {
        ask(
            .range,
            RangeRequest(
                key: ByteSlice(utf8: key), rangeEnd: ByteSlice(utf8: end), limit: limit, serializable: serializable))
    }

    func watch(_ stream: UInt64, _ request: WatchRequest) {
        let bytes = request.encoded()
        member.watchRequest(WatchStreamID(rawValue: stream), bytes.view, into: &output)
        withExtendedLifetime(bytes) {}
    }

    /// What was said since the last time, and forgets it.
    func news() -> [String] {
        carryOut()
        defer { said = [] }
        return said
    }

    // MARK: Words

    private func words(_ id: RequestID, _ bytes: ByteView) -> String {
        let head = "#\(id.rawValue) "
        do {
            switch methods[id.rawValue] {
            case .put:
                let put = try PutResponse(decoding: bytes)
                return head + "put at \(put.header?.revision ?? 0)"
            case .range:
                let range = try RangeResponse(decoding: bytes)
                return head + words(range)
            case .deleteRange:
                let delete = try DeleteRangeResponse(decoding: bytes)
                return head + "deleted \(delete.deleted) at \(delete.header?.revision ?? 0)"
            case .txn:
                let txn = try TxnResponse(decoding: bytes)
                return head
                    + "txn \(txn.succeeded ? "yes" : "no"), \(txn.responses.count) at \(txn.header?.revision ?? 0)"
            case .compact:
                let compact = try CompactionResponse(decoding: bytes)
                return head + "compacted, at \(compact.header?.revision ?? 0)"
            case .memberList:
                let list = try MemberListResponse(decoding: bytes)
                return head + "members " + list.members.map { "\($0.id):\($0.name)" }.joined(separator: " ")
            case .status:
                let status = try StatusResponse(decoding: bytes)
                return head
                    + "status leader=\(status.leader) index=\(status.raftIndex) applied=\(status.raftAppliedIndex) "
                    + "errors=\(status.errors)"
            case .hash: return head + "hash \(try HashResponse(decoding: bytes).hash != 0)"
            case .hashKV:
                let hash = try HashKVResponse(decoding: bytes)
                return head + "hashKV \(hash.hash) compacted \(hash.compactRevision)"
            case .alarm: return head + "alarms \(try AlarmResponse(decoding: bytes).alarms.count)"
            case nil: return head + "answered, and was never asked"
            }
        } catch {
            return head + "cannot be decoded: \(error)"
        }
    }

    private func words(_ range: RangeResponse) -> String {
        if range.kvs.count > 8 { return "\(range.kvs.count) keys at \(range.header?.revision ?? 0)" }
        let kvs = range.kvs.map { "\($0.key.lossyText)=\($0.value.lossyText)" }.joined(separator: " ")
        return "[\(kvs)] at \(range.header?.revision ?? 0)"
    }

    private func words(_ stream: WatchStreamID, _ bytes: ByteView) -> String {
        guard let response = try? WatchResponse(decoding: bytes) else { return "watch cannot be decoded" }
        var words = "watch \(stream.rawValue)/\(response.watchID)"
        if response.created { words += " created" }
        if response.canceled { words += " canceled" }
        for event in response.events {
            let kv = event.kv ?? KeyValue()
            words += " \(event.type == .put ? "put" : "delete") \(kv.key.lossyText)@\(kv.modRevision)"
        }
        return words
    }
}

/// Several members and the network between them, which loses nothing unless a test says so.
final class Group {
    var desks: [UInt64: Desk] = [:]
    /// Members that hear nothing and are not heard.
    var isolated: Set<UInt64> = []
    /// How many messages of each type were delivered.
    var delivered: [MessageType: Int] = [:]

    init(_ count: Int, options: Member.Options = Desk.options) throws {
        for id in 1...UInt64(count) {
            desks[id] = try Desk(MemoryDisks(founding: count), id: id, options: options)
        }
    }

    subscript(id: UInt64) -> Desk { desks[id]! }

    /// Turns and delivers until nobody has anything to say.
    func settle() {
        var isBusy = true
        while isBusy {
            isBusy = false
            for id in desks.keys.sorted() {
                let desk = self[id]
                desk.settle()
                let letters = desk.outbox
                desk.outbox = []
                for letter in letters { isBusy = deliver(letter, from: id) || isBusy }
            }
        }
    }

    private func deliver(_ letter: Message, from: UInt64) -> Bool {
        let to = letter.to.rawValue
        guard let desk = desks[to], !isolated.contains(to), !isolated.contains(from) else { return false }
        delivered[letter.type, default: 0] += 1
        desk.member.received(letter, into: &desk.output)
        desk.turn()
        return true
    }

    /// Lets time pass for everybody.
    func wait(milliseconds: Int64) {
        for _ in 0..<milliseconds / 100 {
            for id in desks.keys.sorted() { self[id].wait(milliseconds: 100) }
            settle()
        }
    }

    /// Waits for a leader.
    func elect() throws -> Desk {
        for _ in 0..<100 {
            wait(milliseconds: 100)
            if let leader = desks.values.first(where: {
                $0.member.isLeader && !isolated.contains($0.member.id.rawValue)
            }) {
                settle()
                return leader
            }
        }
        throw NoLeader()
    }

    struct NoLeader: Error {}
}

extension Desk {
    /// The database was replaced: the member goes on with it.
    func adopt(_ snapshot: Snapshot) {
        batches = []
        guard let file = try? BoltFile(mapping: disks.image.view, fileLength: disks.length),
            let backend = try? Backend(file)
        else { return }
        member.adopt(backend, with: snapshot, into: &output)
        turn()
    }
}
