// Output.swift: what a member asks of the world, in the order in which it must be done.
//
// As in Raft: a turn of the loop writes a list of small orders, and what is large lies in arrays beside it. The shell
// carries the orders out one after the other, clears the output and keeps it: a turn in which nothing new
// happens allocates nothing.
//
//     orders    persist 0 | send 0 | answer #7, 0..<28 | pages 0 | watch 3, 28..<91
//                  |          |         |                   |         |
//     raft.writes [0]         |      bytes [ answer of #7 | response of watch 3 | ]
//     raft.messages          [0]                           batches [0]
//
// ANSWERS ARE BYTES in one buffer. They were encoded straight from the store's pages, which is the only time that
// they are copied before the socket; the shell frames them in the same turn.
//
// PROMISES STAY INSIDE. A message that must wait for the disk (Raft/Durability.swift) is held back by the member until
// it is told that the write is durable; the shell sees only what may leave now.

package import BoltFile
package import Bytes
package import EtcdAPI
package import Identifiers
package import MVCC
package import Protobuf
package import Raft
package import RaftMessages

/// The shell's own number of a call; the member only gives it back.
package struct RequestID: RawRepresentable, Hashable, Sendable {
    /// The number.
    package var rawValue: UInt64
    /// From a number.
    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

extension Member {
    /// What turns ask of the world. To be reused.
    package struct Output: ~Copyable {
        /// One thing to do.
        package enum Order: Sendable {
            /// Hand `raft.writes[_]` to the log's writer, and report `logDurable` with its ticket where it must be synced.
            case persist(Int)
            /// Send `raft.messages[_]` now.
            case send(Int)
            /// Hand `batches[_]` to the writer of pages, and report `pagesDurable` with its transaction.
            case pages(Int)
            /// Answer a call with these of `bytes`: one whole message.
            case answer(RequestID, from: Int, count: Int)
            /// Answer a call with the parts of `longAnswers[_]`: altogether one message.
            case answerLong(RequestID, Int)
            /// Refuse a call.
            case refuse(RequestID, APIError)
            /// Refuse a call whose message cannot be decoded.
            case malformed(RequestID, WireError)
            /// Refuse a call for something that this program cannot do yet.
            case unimplemented(RequestID)
            /// End a watch stream whose message cannot be decoded.
            case malformedWatch(WatchStreamID, WireError)
            /// One message for a watch stream: these of `bytes`.
            case watch(WatchStreamID, from: Int, count: Int)
            /// Write `snapshots[_]` into a file and then its record into the log, sync both, and report `snapshotStored`.
            case saveSnapshot(Int)
            /// A snapshot covers the log up to here: files that are wholly older may go.
            case releaseLog(upTo: LogIndex)
            /// The newest state, on the disk and true until `unpin`: `versions[_]`.
            case pinned(RequestID, Int)
            /// Send `offers[_]` to a follower that needs more than the log, and report `snapshotReported`.
            case sendSnapshot(Int)
            /// Open the database that came with `snapshots[_]`, which is durable, and call `adopt`.
            case restore(Int)
            /// Another role, leader or term than before.
            case leadership(Raft.Leadership)
            /// Clients may be served from now on: the cluster knows who we are. Once.
            case ready
            /// This member must not go on: say `stopReason` and exit.
            case stop
        }

        /// A snapshot for a follower: the message, and the state of the database to go with it.
        package struct Offer: Sendable {
            /// The message, complete.
            package var message: Message
            /// The database at the message's index; pinned until `unpin`.
            package var version: FrozenVersion
        }

        /// What to do, in this order.
        package internal(set) var orders: [Order] = []
        /// Writes for the log and messages for peers.
        package var raft = Raft.Output()
        /// Pages for the database's file.
        package internal(set) var batches: [PageBatch] = []
        /// Answers and watch responses.
        package internal(set) var bytes = ByteBuffer(capacity: 4096)
        /// Answers that are too long to be copied in one go.
        package internal(set) var longAnswers: [RangeCursor] = []
        /// Snapshots to save or to take over.
        package internal(set) var snapshots: [Snapshot] = []
        /// States of the database to look at.
        package internal(set) var versions: [FrozenVersion] = []
        /// Snapshots for followers.
        package internal(set) var offers: [Offer] = []
        /// Why this member must stop.
        package internal(set) var stopReason = ""

        /// Which of Raft's orders are carried out or passed on.
        var seen = 0

        /// Nothing to do.
        package init() {}

        /// A large answer's room is kept up to this.
        private static var keptBytes: Int { 1 << 20 }

        /// Forgets everything and keeps the room.
        package mutating func removeAll() {
            orders.removeAll(keepingCapacity: true)
            raft.removeAll()
            seen = 0
            bytes.removeAll()
            bytes.shrink(to: Self.keptBytes)
            if !longAnswers.isEmpty { longAnswers.removeAll() }
            if !batches.isEmpty { batches.removeAll(keepingCapacity: true) }
            if !snapshots.isEmpty { snapshots.removeAll() }
            if !versions.isEmpty { versions.removeAll() }
            if !offers.isEmpty { offers.removeAll() }
        }

        /// What was appended to `bytes` since it had `start` of them answers a call.
        mutating func answer(_ request: RequestID, since start: Int) {
            orders.append(.answer(request, from: start, count: bytes.count - start))
        }

        /// A call is refused; what it may have written of an answer is dropped.
        mutating func refuse(_ request: RequestID, _ error: APIError) { orders.append(.refuse(request, error)) }

        /// The member must stop.
        mutating func stop(_ why: String) {
            if stopReason.isEmpty { stopReason = why }
            orders.append(.stop)
        }
    }
}
