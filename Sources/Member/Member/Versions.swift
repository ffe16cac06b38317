// Versions.swift: who needs the file as it was at one moment, and when does a batch of pages leave?
//
// Changes gather in memory and go to the disk in batches, 100 ms apart or when many have come (Backend.swift). Some need more
// than that: what is applied now must be on the disk before they can begin.
//
//     who                          why                                             then
//     a copy for an operator       it reads the file while the member goes on      pinned
//     a hash of the whole file     as above                                        stepped in slices (LongWork.swift)
//     a snapshot for a follower    the same, and its index must be the file's      sendSnapshot
//     our own snapshot             the log before it will be given up              saveSnapshot
//     a physical compaction        "removed" is only true on the disk              answer
//     the end                      a start need not apply it again                 isClosed
//
// They stand in one queue: the turn that sees one of them closes the batch whatever its age, and remembers for each which
// transaction it needs. When that one is durable they are served, in that moment, so that "the newest state on the
// disk" is the one they asked for.
//
// OUR OWN SNAPSHOT is small: the members, the version, and an index. The keys stay where they are, in the file. It is
// what allows the log to be cut. The order decides whether a crash leaves something to start from:
//
//     1 the batch with everything up to S     2 S.snap     3 the log's record of S     4 the log before S may go
//
// A start reads backwards: the newest record whose file is there. If 2 came before 1, the log would begin behind what
// the file knows, and the entries between would be gone for ever.

package import Backend
package import BoltFile
import Bytes
import EtcdAPI
package import Identifiers
import MVCC
import Membership
import Raft
package import RaftMessages
import Trace

extension Member {
    /// Who waits for a batch of pages, and which batches are on their way.
    struct PageQueue {
        enum Purpose {
            /// An operator's copy.
            case copy(RequestID)
            /// The hash of the whole file.
            case hash(RequestID, EventSequence)
            /// A follower needs more than the log.
            case offer(Message)
            /// Our own snapshot.
            case save
            /// A compaction has removed its last record.
            case compacted(PhysicalCompaction)
        }

        struct Wanted {
            var purpose: Purpose
            /// The transaction that must be durable; nil: the batch is not closed yet.
            var transaction: UInt64?
            /// What the members were when it was closed.
            var members: Snapshot?

            init(purpose: Purpose) { self.purpose = purpose }
        }

        var wanted: [Wanted] = []
        /// The last transaction that was handed to the writer, and the last one that came back.
        var issued: UInt64 = 0
        var durable: UInt64 = 0
        /// How many are in between.
        var underWay = 0
        /// Their events.
        var events: [EventSequence] = []
        /// The member is to end.
        var isClosing = false
        var closingIsIssued = false
        /// Versions that somebody looks at.
        var pins: [UInt64] = []

        mutating func forget(_ request: RequestID) {
            wanted.removeAll { wanted in
                switch wanted.purpose {
                case .copy(let id), .hash(let id, _): id == request
                case .compacted(let compaction): compaction.request == request
                case .offer, .save: false
                }
            }
        }
    }

    /// Our own snapshots.
    struct Saving {
        /// The newest one, made or on its way.
        var last = LogIndex.zero
        /// One is on its way.
        var isUnderWay = false
        /// Followers that are being sent one: the log must keep what they will need next.
        var offersUnderWay = 0
        /// Up to here the log may be given up when they are done.
        var mayCompact = LogIndex.zero
    }

    /// Wants the newest state: `.pinned` follows when it is on the disk.
    package mutating func pin(as id: RequestID) { pages.wanted.append(.init(purpose: .copy(id))) }

    /// Nobody looks at this any more.
    package mutating func unpin(_ version: FrozenVersion) {
        // A version of a database that was replaced meanwhile (`adopt`) is nobody's.
        guard let place = pages.pins.firstIndex(of: version.meta.transaction) else { return }
        pages.pins.remove(at: place)
        backend.unpin(version)
    }

    private mutating func pinned() -> FrozenVersion {
        let version = backend.pin()
        pages.pins.append(version.meta.transaction)
        return version
    }

    // MARK: Batches

    /// Closes the batch if it is due, or if somebody waits for it.
    mutating func issuePages(into output: inout Output) {
        guard failure == nil, pages.underWay < backend.limits.batchesInFlight else { return }
        do throws(BoltError) {
            let why = reason
            let usual: TraceCommitReason = backend.changes >= backend.limits.changes ? .changes : .interval
            let batch = if why == nil { try backend.commitIfDue(nowMilliseconds: now) } else { try backend.commit() }
            if let batch { issue(batch, why ?? usual, into: &output) }
        } catch {
            fail("the database cannot be written: \(error)", into: &output)
            return
        }
        guard reason != nil else { return }
        for place in pages.wanted.indices where pages.wanted[place].transaction == nil {
            pages.wanted[place].transaction = pages.issued
            pages.wanted[place].members = memberSnapshot(for: pages.wanted[place].purpose)
        }
        if pages.isClosing { pages.closingIsIssued = true }
        serveWanted(into: &output)
        if isClosed { trace.emit(MemberStopped(reason: "stopped")) }
    }

    /// Why the batch must be closed now whatever its age; nil when it need not.
    private var reason: TraceCommitReason? {
        if pages.isClosing, !pages.closingIsIssued { return .stop }
        guard let first = pages.wanted.first(where: { $0.transaction == nil }) else { return nil }
        // The file may know more than what was read again from the log, after a start: wait until both agree.
        guard applied >= backend.applied.index else { return nil }
        switch first.purpose {
        case .copy, .hash: return .reader
        case .offer, .save: return .snapshot
        case .compacted: return .compaction
        }
    }

    private mutating func issue(_ batch: PageBatch, _ why: TraceCommitReason, into output: inout Output) {
        pages.issued = batch.transaction
        pages.underWay += 1
        var event = EventSequence.none
        if trace.isOn {
            event = trace.emit(
                PagesIssued(
                    transaction: batch.transaction, applied: backend.applied.index, pages: batch.pages.count,
                    sizeBytes: batch.byteCount, why: why))
        }
        pages.events.append(event)
        output.batches.append(batch)
        output.orders.append(.pages(output.batches.count - 1))
    }

    /// The oldest batch is on the disk.
    package mutating func pagesDurable(
        _ transaction: UInt64, bytes: Int = 0, nanoseconds: UInt64 = 0, into output: inout Output
    ) {
        guard failure == nil else { return }
        let issued = pages.events.isEmpty ? EventSequence.none : pages.events.removeFirst()
        trace.cause = trace.emit(
            PagesDurable(transaction: transaction, sizeBytes: bytes, nanoseconds: nanoseconds), because: issued)
        backend.becameDurable(transaction)
        pages.durable = transaction
        pages.underWay -= 1
        serveWanted(into: &output)
        settle(&output)
        trace.cause = .none
        if isClosed { trace.emit(MemberStopped(reason: "stopped")) }
    }

    /// Serves whoever waited for what is durable now.
    private mutating func serveWanted(into output: inout Output) {
        guard !pages.wanted.isEmpty else { return }
        let due = pages.wanted.filter { isDurable($0) }
        guard !due.isEmpty else { return }
        let durable = pages.durable
        let isQuiet = pages.underWay == 0
        pages.wanted.removeAll { wanted in wanted.transaction.map { $0 <= durable || isQuiet } ?? false }
        for wanted in due { serve(wanted, into: &output) }
    }

    private func isDurable(_ wanted: PageQueue.Wanted) -> Bool {
        wanted.transaction.map { $0 <= pages.durable || pages.underWay == 0 } ?? false
    }

    private mutating func serve(_ wanted: PageQueue.Wanted, into output: inout Output) {
        switch wanted.purpose {
        case .copy(let id):
            output.versions.append(pinned())
            output.orders.append(.pinned(id, output.versions.count - 1))
        case .hash(let id, let name):
            let version = pinned()
            do throws(BoltError) {
                let hash = try WholeHash(of: version, .server)
                long.jobs.append(.init(request: id, errand: .whole(hash, version), name: name, cause: name))
            } catch {
                fail("the database cannot be read: \(error)", into: &output)
            }
        case .offer(let message): offer(message, wanted.members, into: &output)
        case .save:
            guard let snapshot = wanted.members else { return }
            output.snapshots.append(snapshot)
            output.orders.append(.saveSnapshot(output.snapshots.count - 1))
        case .compacted(let compaction):
            let start = output.bytes.count
            output.bytes.append(compaction.answer)
            answer(compaction.request, since: start, name: compaction.name, because: compaction.cause, into: &output)
        }
    }

    // MARK: Snapshots

    /// What a snapshot says of the members, as of what is applied now.
    private func memberSnapshot(for purpose: PageQueue.Purpose) -> Snapshot? {
        switch purpose {
        case .offer, .save: break
        case .copy, .hash, .compacted: return nil
        }
        var snapshot = Snapshot()
        snapshot.data = membership.snapshotData
        snapshot.metadata.index = applied
        snapshot.metadata.term = raft.log.term(at: applied) ?? .zero
        snapshot.metadata.confState = raft.configuration.confState
        return snapshot
    }

    /// So much was applied since the last snapshot that the log should be cut.
    mutating func saveIfDue() {
        guard !saving.isUnderWay, applied > saving.last, applied - saving.last > options.snapshotCount else { return }
        saving.isUnderWay = true
        saving.last = applied
        pages.wanted.append(.init(purpose: .save))
    }

    /// Our snapshot is durable, its file and the log's record of it: the log before it may go.
    package mutating func snapshotStored(_ index: LogIndex, into output: inout Output) {
        guard failure == nil else { return }
        trace.emit(SnapshotStored(index: index, term: raft.log.term(at: index) ?? .zero, sizeBytes: 0))
        saving.isUnderWay = false
        saving.last = max(saving.last, index)
        let kept = UInt64(options.keptEntries)
        saving.mayCompact = LogIndex(rawValue: index.rawValue > kept ? index.rawValue - kept : 1)
        output.orders.append(.releaseLog(upTo: index))
        compactLog(into: &output)
    }

    private mutating func compactLog(into output: inout Output) {
        guard saving.offersUnderWay == 0, saving.mayCompact > raft.log.base.index else { return }
        raft.step(.compact(through: min(saving.mayCompact, raft.log.applied)), into: &output.raft)
        settle(&output)
    }

    /// A follower gets the file as of the index that the file has.
    private mutating func offer(_ wish: Message, _ members: Snapshot?, into output: inout Output) {
        guard let members, members.metadata.index == backend.durableApplied.index else {
            // Something else was closed in between; once more.
            pages.wanted.append(.init(purpose: .offer(wish)))
            return
        }
        var message = wish
        message.snapshot = members
        saving.offersUnderWay += 1
        output.offers.append(.init(message: message, version: pinned()))
        output.orders.append(.sendSnapshot(output.offers.count - 1))
    }

    /// What became of a snapshot for a follower.
    package mutating func snapshotReported(to peer: MemberID, delivered: Bool, into output: inout Output) {
        guard failure == nil else { return }
        saving.offersUnderWay = max(0, saving.offersUnderWay - 1)
        raft.step(.snapshotReported(to: peer, delivered: delivered), into: &output.raft)
        settle(&output)
        compactLog(into: &output)
    }

    /// The database that came with a leader's snapshot takes the place of ours. The shell has closed the old one: none
    /// of its batches is under way any more.
    package mutating func adopt(_ newBackend: consuming Backend, with snapshot: Snapshot, into output: inout Output) {
        guard failure == nil else { return }
        for job in long.jobs { refuse(job.request, .leaderChanged, name: job.name, into: &output) }
        long.jobs = []
        for compaction in long.physical {
            refuse(compaction.request, .leaderChanged, name: compaction.name, into: &output)
        }
        long.physical = []
        pages.pins = []
        pages.underWay = 0
        pages.issued = 0
        pages.durable = 0
        pages.events = []
        for place in pages.wanted.indices { pages.wanted[place].transaction = nil }
        backend = newBackend
        do {
            store = try Store(restoring: backend, trace: trace)
            membership = try Membership(clusterID: cluster, ownID: id, snapshot: snapshot.data.view)
            try membership.repair(&backend)
        } catch {
            fail(
                "the snapshot of the leader at entry \(snapshot.metadata.index) cannot be used: \(error)", into: &output
            )
            return
        }
        hub.storeReplaced(store)
        applied = snapshot.metadata.index
        handed = max(handed, applied)
        saving.last = applied
        noteMembership(into: &output)
        raft.applied(through: applied, into: &output.raft)
        serveReadsThatMayGo(into: &output)
        settle(&output)
    }
}
