// SimulatedMember.swift: the shell around one Raft, with a disk that forgets and a clock that drifts.
//
// The real server is a shell around the same value: it carries effects out on real files and sockets. This
// one does it in memory, and can be killed at any moment, also in the middle of a write.
//
//     input --> Raft --> effects:  persist  --> the log on the simulated disk; a sync is planned
//                                  send     --> the network, at once
//                                  promise  --> waits here for its write
//                                  apply    --> the registers
//                                  answer   --> clients
//
// A CRASH takes everything here but the disk, and of the disk what was not synced and had bad luck.
//
// WHO CHECKS. After each step: all rules of Raft, on this member and, by the witness, on all of them. What a
// message promises is compared with what the disk has really synced.

import Bytes
package import Identifiers
package import Raft
import RaftMessages
import Trace

/// One member of a simulated cluster, running or not.
package final class SimulatedMember {
    /// Its number, as others call it.
    package let id: MemberID
    /// Its agreement with the others; nil while it is down.
    package internal(set) var raft: Raft?
    /// Its registers as of what it has applied.
    package internal(set) var registers = Registers()
    /// How many of its ticks fit into a thousand of the world's: its clock drifts.
    package internal(set) var ticksPerMille = 1000
    /// Stands still, without knowing it: a stopped process, a machine that is being moved.
    package internal(set) var isPaused = false
    /// How long a sync takes.
    package internal(set) var syncTime: ClosedRange<Int>
    /// Counts lives, so that what was planned for an earlier one is not done to a later one.
    var life = 0

    var storage: MemberStorage?
    /// The disk between two lives.
    var disk: SimulatedDisk
    /// Promises that wait for a write.
    var promises: [(message: Message, after: Raft.Ticket)] = []
    /// The last write that was appended.
    var appended = Raft.Ticket.zero
    /// The last write that is durable.
    var durable = Raft.Ticket.zero
    /// Whether a sync is under way.
    var isSyncing = false
    /// The events with which requests of its clients began, by request; only while it is traced.
    var requestNames: [UInt64: EventSequence] = [:]
    /// Whom it cannot reach, as its trace says.
    var unreachable: [MemberID] = []
    /// Reads that wait until enough is applied.
    var waitingReads: [(request: UInt64, index: LogIndex)] = []
    /// What arrived while it stood still.
    var missed: [Cluster.Letter] = []
    /// The index of its newest snapshot.
    var snapshotIndex = LogIndex.zero
    /// The votes that its disks have ever synced, by term: what C5 counts.
    var durableVotes: [Term: MemberID] = [:]
    /// The votes that are on their way there.
    var unsyncedVotes: [Term: MemberID] = [:]

    init(_ id: MemberID, disk: SimulatedDisk, syncTime: ClosedRange<Int>) {
        self.id = id
        self.disk = disk
        self.syncTime = syncTime
    }

    /// Whether its process exists.
    package var isUp: Bool { raft != nil }

    /// A vote is on its way to the disk.
    func noteVote(in state: HardState) { if state.vote != .none { unsyncedVotes[state.term] = state.vote } }

    /// Everything that was on its way is there.
    func noteSync() {
        for (term, vote) in unsyncedVotes { durableVotes[term] = vote }
        unsyncedVotes.removeAll(keepingCapacity: true)
    }
}
