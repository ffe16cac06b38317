// Options.swift: what may differ from one member to the next?
//
// Everything here is fixed when a member starts; the defaults are those of etcd 3.5. Times are in milliseconds, because
// that is what flags are in; the member counts none of them itself (Deadlines.swift).
//
//     tickMilliseconds (100)    one tick of Raft          --heartbeat-interval
//     raft.electionTicks (10)   1 s without a leader      --election-timeout / --heartbeat-interval
//     snapshotCount (100,000)   entries applied between two snapshots of the members and two compactions of the log
//     keptEntries (5,000)       entries that stay in memory behind a snapshot, for followers that lag a little

package import MVCC
package import Raft

extension Member {
    /// What is fixed when a member starts.
    package struct Options: Sendable {
        /// Consensus.
        package var raft = Raft.Options()
        /// How long a tick of Raft is.
        package var tickMilliseconds: Int64 = 100
        /// How large an entry for a client may be.
        package var requestLimitBytes = 1_572_864
        /// How many operations a branch of a transaction may have, and how many comparisons.
        package var txnOperations = 128
        /// How many entries are applied between two snapshots.
        package var snapshotCount = 100_000
        /// How many entries are kept behind a snapshot.
        package var keptEntries = 5_000
        /// How far applying may lag behind committing before requests are refused.
        package var backlogEntries = 5_000
        /// How many keys a slice of a long read covers before others are served.
        package var sliceKeys = 1_000
        /// How many entries are applied in one turn before others are served.
        package var entriesPerTurn = 5_000
        /// How much watchers get at once, and how often they hear that nothing has happened. (What a response may have before
        /// it is cut follows from `requestLimitBytes`.)
        package var watches = WatchHub.Limits()
        /// What clients and peers are told that we are.
        package var serverVersion = "3.5.33"
        /// Our own name, published to the cluster.
        package var name = "default"
        /// Where clients reach us, published to the cluster.
        package var clientURLs: [String] = []

        /// etcd's defaults.
        package init() {}

        /// How long a leader may be silent.
        var electionMilliseconds: Int64 { Int64(raft.electionTicks) * tickMilliseconds }
        /// How long a request may take: five seconds, and two elections.
        var requestMilliseconds: Int64 { 5000 + 2 * electionMilliseconds }
    }
}
