// EtcdServer.swift: start here. How does a member that only computes become a server?
//
// The member (Sources/Member/Member) is a value: calls, ticks and reports of disks go in, orders come out. This room is the shell
// around it. One event loop owns everything: it hears clients, gives their messages to the member, and carries the
// member's orders out. Two threads wait for disks; nobody else exists.
//
//     clients ==> HTTP/2 ==> gRPC --request--> +---------+ --persist--> LogThread  ==> wal/
//     clock   ==> timer  --------tick------->  |  Member | --pages----> PageThread ==> snap/db
//     disks   ==> mailbox -----durable------>  +---------+ --answer---> gRPC ==> HTTP/2 ==> clients
//
// A TURN of the loop: everything that can be heard is heard and handed in; then the member is told that the turn is over,
// and proposes all that was gathered as one batch; then its orders are carried out, in order; then each connection with
// output is flushed, once. So sixteen writes that came together share one append, one sync and one system call.
//
// DURABLE. An answer to a write is an order that the member gives after the log's thread has reported the entry as synced,
// on one member too. There is no way around it: the shell has nothing else to answer from.
//
// WHEN SOMETHING BREAKS. A disk that failed, or a database file that another program cut (`wasCut`), ends the process
// before anything of that turn is sent: what clients were told stays true, and a restart finds it.
//
// RULES    E1  orders are carried out in order, within the turn that gave them.
//          E2  nothing read through the mapping is sent if the file was cut by then.
//          E3  an answer is delivered at most once, and never to another call.
//          E4  clients are not served before the member says that it is ready.
// COST     a serializable read: no task, no lock, no copy but the one into the frame.
// READ NEXT  Starting.swift, Turn.swift, Calls.swift, Services/*.swift, Pages/*.swift, Ending.swift, Settings/*.swift.
// SHOWN BY   ProcessTests; Tests/Interop (real etcdctl, the same random calls to ours and a real etcd)

internal import EtcdAPI
package import EventLoop
internal import Files
internal import GRPC
internal import HTTP
internal import Identifiers
internal import Member
internal import RaftMessages
internal import StorageThreads
internal import TraceFiles
internal import WriteAheadLog

/// One member of a cluster, with its disks and its sockets. Confined to its loop's thread.
package final class EtcdServer {
    /// What the operator chose.
    package let settings: Settings
    /// Where lines for operators go.
    package let log: ServerLog
    /// The thread that this server lives on.
    package let loop: EventLoop
    /// The member itself.
    var member: Member
    /// What the member asks for in this turn.
    var output = Member.Output()
    /// What it asked for in the last one, while that is carried out.
    var underWay = Member.Output()
    /// Whether this turn's end is announced to the loop.
    var isSignedUp = false

    let database: DatabaseFile
    let logThread: LogThread
    let pageThread: PageThread
    /// Reports of both threads.
    let reports: Mailbox<StorageReport>
    /// Records for the log that wait for the end of the turn, or, if they are commit indices only, for the next entry.
    var records = LogBatch()
    /// The newest state; it goes behind the entries that it speaks of.
    var state: HardState?
    /// Batches for the log that were handed over, and which of Raft's tickets each of them carries.
    var tickets = LogTickets()

    /// How large the database may become.
    let quota: Quota
    /// Who waits for an answer.
    var calls = Calls()
    var watches: [UInt64: WatchCall] = [:]
    var lastStream: UInt64 = 0
    var snapshots: [ObjectIdentifier: SnapshotCall] = [:]
    /// Answers that are sent part by part, by their calls.
    var longAnswers: [ObjectIdentifier: LongAnswer] = [:]

    let clients: HTTPServer
    let peers: HTTPServer
    let grpc: GRPCServer
    var trace: TraceFiles?
    /// Answers of this turn, for the trace.
    var answered = (count: 0, bytes: 0)

    var tickTimer: Timer?
    var purgeTimer: Timer?
    var wakeTimer: Timer?
    /// When `wakeTimer` fires; nil when it does not run.
    var wakesAt: Int64?
    var signals: [SignalWatch] = []
    var ending = Ending()

    init(_ parts: consuming StartedParts, settings: Settings, log: ServerLog, loop: EventLoop) {
        self.settings = settings
        self.log = log
        self.loop = loop
        quota = Quota(flag: settings.quotaBytes)
        database = parts.database
        logThread = parts.logThread
        pageThread = parts.pageThread
        reports = parts.reports
        clients = parts.clients
        peers = parts.peers
        grpc = parts.grpc
        trace = parts.trace
        member = parts.takeMember()
    }

    /// Turns until somebody asks the server to end; returns when everything is on the disk. The answer is the signal
    /// by which it was asked.
    package func run() -> Signal {
        loop.run()
        return finishEnding()
    }

    /// Milliseconds of the loop's clock, which never goes back.
    var now: Int64 { Int64(loop.now / 1_000_000) }
}
