// Member.swift: one member of the cluster, whole: how does a request become an answer? START HERE.
//
// Everything below this room is a part that knows nothing of the others: Raft agrees on entries and does not know what
// they say; the store keeps keys and does not know why; watchers, members, pages likewise. Here they meet, and nowhere
// else, in one value that computes and does nothing more:
//
//     request(put) ---> check ---> number, bytes of an entry ---> gathered
//                                                                    | finishTurn: all of this turn at once
//                                                                    v
//                                                                  Raft ---> persist, send
//     logDurable / received ------------------------------------>  Raft ---> apply 41...43
//                                                                    |
//              +---------------------+--------------------+----------+
//              v                     v                    v
//            Store               Membership            nothing        each entry, in order, once
//              | answer             (conf changes)    (empty entry)
//              v
//     who waits for this number?  ---> answer #7
//     who watches this key?       ---> watch 3
//     the backend's batch is old? ---> pages
//
// A MEMBER IS A VALUE. It has no clock, no disk, no socket, no dice and no thread; time, messages and "it is on the disk"
// come in, and orders go out (Output.swift). So a whole cluster can live in one test, be killed between any two
// orders, and do the same again from the same seed. In the server one thread owns it, and needs no lock.
//
// HOW TO DRIVE IT, a turn at a time:
//
//     advance(toMilliseconds:)          once, first
//     tick, received, logDurable, pagesDurable, request, watchRequest, ...      whatever has come
//     finishTurn                        once, last
//     carry output.orders out, in order; output.removeAll()
//     `hasWork`: begin the next turn at once. Otherwise wait until something comes, or `nextWakeMilliseconds`.
//
// WHAT MUST HOLD WHATEVER CRASHES
//     M1  an entry changes the store once: the applied index lies in the same batch of pages as what came of the
//         entry, and an entry at or below it is passed over when the log is read again (Applying.swift).
//     M2  nobody is answered about a write before a quorum has it on disk. With one member the quorum is its own disk.
//     M3  a linearizable read sees everything that was answered before it came (Reads.swift).
//     M4  all members do the same with the same entry, whatever else they are doing: nothing that is not in the entry or
//         in the state machines may decide (no clock, no waiting list, no setting).
//     M5  what cannot be carried out stops the member and is named. Nothing is skipped (Waking.swift).
//
// READ IN THIS ORDER
//     Output      what it asks for            Reads       reading what is true now
//     Requests    how calls come in           LongWork    reading a lot without being in the way
//     Commands    the bytes of an entry       Watching    telling who wants to know
//     Waiters     who waits for it            Versions    states of the file: snapshots, copies, hashes
//     Proposals   how entries go out          Announcing  what the member has to say itself
//     Settling    what Raft asks for          Deadlines   who has waited long enough
//     Applying    what entries do             Waking      what a start must look at

package import Backend
import BoltFile
import Bytes
import EtcdAPI
package import Identifiers
package import MVCC
package import Membership
package import Raft
package import RaftMessages
package import Trace

/// One member: Raft, the state machines, and who waits for what.
package struct Member: ~Copyable {
    /// Who we are.
    package let id: MemberID
    /// Of which cluster.
    package let cluster: ClusterID
    /// What was fixed at the start.
    package let options: Options

    /// The agreement with the others.
    package internal(set) var raft: Raft
    /// The file with everything in it.
    package internal(set) var backend: Backend
    /// The keys.
    package internal(set) var store: Store
    /// Who wants to hear of them.
    var hub: WatchHub
    /// Who belongs to the cluster, and its version.
    package internal(set) var membership: Membership

    /// The last entry that the state machines have done in this life, counted from where the log begins.
    package internal(set) var applied: LogIndex
    /// Raft has handed out entries up to here.
    var handed: LogIndex
    /// How many entries may still be applied in this turn.
    var budget: Int

    /// Time, as it was told.
    package internal(set) var now: Int64 = 0

    // Requests on their way.
    var numbers: RequestNumbers
    var waiters = Waiters()
    var parked = Parked()
    var spare = Parked()
    var reads = ReadQueue()
    var long = LongWork()
    var announcing = Announcing()

    // What waits for a disk.
    var promises = Promises()
    var pages = PageQueue()
    var saving = Saving()

    // What is known of the others.
    var leadership: LeadershipTimes
    /// Whether a read needs nobody's confirmation when we lead: there is no other voter.
    var isAlone: Bool
    /// Whether we may not serve clients, because we do not vote.
    var isLearner = false

    /// Where watch responses of a step are listed before they become orders.
    var replies: [WatchReply] = []
    /// Why it stopped; nothing is done any more.
    package internal(set) var failure: String?

    /// Who listens to what happens here.
    package internal(set) var trace: Tracer

    // MARK: Looking
    //
    // Some of these change nothing and are `mutating` all the same. What is lent to a function for reading is handed over as a
    // copy of all its bits if it does not fit into registers, and a member has some four thousand of them; what it may
    // change is handed over by its address. These are asked with every request or turn.

    /// Who leads, as far as this member knows.
    package var leader: MemberID { mutating get { raft.leader } }
    /// Whether it does so itself.
    package var isLeader: Bool { raft.role == .leader }
    /// The term.
    package var term: Term { raft.term }
    /// How much the cluster has agreed on.
    package var committed: LogIndex { raft.log.committed }
    /// The store's revision.
    package var revision: Revision { store.revision }
    /// How many bytes the database's file takes.
    package var backendBytes: Int { mutating get { backend.byteCount } }
    /// How many of them hold something.
    package var backendBytesInUse: Int { backend.usedByteCount }
    /// Whether clients may be served: the cluster knows our name and its own version.
    package var isReady: Bool { announcing.isReady }
    /// How many watch.
    package var watcherCount: Int { hub.watcherCount }

    /// What every answer says of us.
    var header: HeaderFields { HeaderFields(cluster: cluster, member: id, term: raft.term) }

    // MARK: Time

    /// Time has passed: in milliseconds from any origin, never back.
    package mutating func advance(toMilliseconds time: Int64, into output: inout Output) {
        precondition(time >= now, "time goes back, from \(now) to \(time) ms")
        now = time
        guard failure == nil else { return }
        expireRequests(into: &output)
        expireReads(into: &output)
    }

    /// A tick of Raft has passed.
    package mutating func tick(into output: inout Output) {
        guard failure == nil else { return }
        // A voter without others who waits for its own vote to reach the disk has nobody to lose patience with: another
        // campaign would only be another term.
        if isAlone, raft.role == .candidate { return }
        raft.tick(into: &output.raft)
        settle(&output)
    }

    // MARK: The turn

    /// The turn is over: what was gathered goes out, and long work goes on by a slice.
    package mutating func finishTurn(into output: inout Output) {
        guard failure == nil else { return }
        settle(&output)
        announce(into: &output)
        proposeParked(into: &output)
        askForReads(into: &output)
        stepLongWork(into: &output)
        tellWatchers(into: &output)
        saveIfDue()
        issuePages(into: &output)
        budget = options.entriesPerTurn
    }

    /// Whether the next turn should begin at once: something long is under way.
    package var hasWork: Bool {
        mutating get {
            guard failure == nil else { return false }
            return mayApply || !long.isIdle || (store.isCompacting && !backend.isCongested) || hub.hasWork
                || hub.notified < store.revision
        }
    }

    /// When the next turn should begin if nothing happens before; nil: whenever.
    package var nextWakeMilliseconds: Int64? {
        mutating get {
            guard failure == nil else { return nil }
            var wake: Int64?
            func consider(_ time: Int64?) {
                guard let time else { return }
                wake = min(wake ?? time, time)
            }
            // While both batches are under way, their coming back is what wakes us.
            if pages.underWay < backend.limits.batchesInFlight { consider(backend.nextCommitMilliseconds) }
            consider(waiters.oldest.map { $0 + options.requestMilliseconds })
            consider(reads.nextWake(options))
            consider(hub.nextWakeMilliseconds)
            return wake
        }
    }

    /// Something is wrong that this member cannot mend.
    mutating func fail(_ why: String, into output: inout Output) {
        guard failure == nil else { return }
        failure = why
        output.stop(why)
    }

    // MARK: Peers

    /// Another member says something; the shell has checked who and for whom.
    package mutating func received(_ message: Message, into output: inout Output) {
        guard failure == nil else { return }
        raft.receive(message, into: &output.raft)
        settle(&output)
    }

    /// What was sent to this peer was probably lost.
    package mutating func unreachable(_ peer: MemberID, into output: inout Output) {
        guard failure == nil else { return }
        raft.step(.unreachable(peer), into: &output.raft)
        settle(&output)
    }

    /// A connection to a peer stands since now, or is gone: what a timeout is put down to.
    package mutating func peer(_ peer: MemberID, isConnected: Bool) {
        leadership.connectedSince[peer] = isConnected ? now : nil
    }

    // MARK: Disks

    /// The log's writer: everything up to this ticket would survive a crash. The rest is for the trace: the last entry that
    /// this sync made durable, and what it cost.
    package mutating func logDurable(
        _ ticket: Raft.Ticket, last: Raft.Position? = nil, bytes: Int = 0, records: Int = 0, nanoseconds: UInt64 = 0,
        into output: inout Output
    ) {
        guard failure == nil else { return }
        reportSync(ticket, last ?? raft.log.last, bytes: bytes, records: records, nanoseconds: nanoseconds)
        promises.durable = max(promises.durable, ticket)
        releasePromises(into: &output)
        raft.durable(ticket, into: &output.raft)
        settle(&output)
        trace.cause = .none
    }

    private func reportSync(
        _ ticket: Raft.Ticket, _ last: Raft.Position, bytes: Int, records: Int, nanoseconds: UInt64
    ) {
        guard trace.isOn else { return }
        trace.cause = trace.emit(
            LogSynced(
                index: last.index, term: last.term, sizeBytes: bytes, ticket: ticket.rawValue, records: records,
                nanoseconds: nanoseconds))
    }

    /// A disk said no: nothing that is not durable yet will ever be, so nobody may be told anything any more.
    package mutating func storageFailed(_ why: String, into output: inout Output) { fail(why, into: &output) }

    /// An orderly end: what is applied goes to the disk. When its pages are durable (`isClosed`) the process may end.
    package mutating func stop(into output: inout Output) {
        guard failure == nil else { return }
        pages.isClosing = true
        issuePages(into: &output)
    }

    /// Whether `stop` has done its work.
    package var isClosed: Bool { pages.isClosing && pages.underWay == 0 && pages.closingIsIssued }
}
