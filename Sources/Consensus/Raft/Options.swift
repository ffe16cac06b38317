// Options.swift: what may differ from one Raft to the next?
//
// Everything here is fixed when a member starts. The defaults are those of etcd 3.5, so a member that
// is made with nothing but a name behaves like a real one. Times are counted in ticks, because this
// room has no clock; a shell that ticks every 100 ms turns "10 ticks" into one second.
//
//     heartbeatTicks (1)     << electionTicks (10)
//     |--|--|--|--|--|--|    |------------ ... ------------|
//     a leader says "I live"    a follower loses patience somewhere in [10, 19]
//
// WHY SO FAR APART? A follower should lose several heartbeats, not one, before it disturbs everybody
// with an election (extended Raft paper, section 5.6: broadcast time << election timeout).
//
// READ NEXT  Raft.swift

extension Raft {
    /// How a linearizable read makes sure that its leader still is one (Reads.swift).
    package enum ReadMode: Hashable, Sendable {
        /// A round of heartbeats that a quorum answers: correct whatever the clocks do.
        case safe
        /// Trusts that no other leader can exist within an election timeout: one clock that stops or
        /// races makes reads stale. Needs `checkQuorum`.
        case leaseBased
    }

    /// What is fixed when a member starts.
    package struct Options: Hashable, Sendable {
        /// After how many ticks without a leader the earliest election starts.
        package var electionTicks = 10
        /// How many ticks lie between two heartbeats of a leader.
        package var heartbeatTicks = 1
        /// From which the election timeouts are drawn. Members must not share it, or they draw the same
        /// timeouts and split every vote.
        package var seed: UInt64 = 1
        /// Ask for votes before disturbing the term (thesis 9.6).
        package var preVote = true
        /// A leader that hears no quorum for an election timeout steps down, and a member that hears its
        /// leader refuses to elect another one (thesis 6.2 and 4.2.3).
        package var checkQuorum = true
        /// How reads are made safe.
        package var readMode = ReadMode.safe
        /// How many bytes of entries one message carries at most; a larger entry travels alone.
        package var maxMessageBytes = 1 << 20
        /// How many messages with entries may be on their way to one follower.
        package var maxInflightMessages = 512
        /// How many bytes of entries may be on their way to one follower.
        package var maxInflightBytes = Int.max
        /// How many bytes may be proposed and not yet applied at the leader; more are refused. One
        /// proposal is always taken, however large.
        package var maxUncommittedBytes = Int.max
        /// How many bytes of committed entries may be handed out and not yet reported as applied.
        package var maxApplyingBytes = 1 << 20
        /// Whether a follower passes proposals on to its leader.
        package var forwardsProposals = true
        /// Whether a leader that was removed or made a learner stops leading by itself (thesis 4.2.2).
        package var stepsDownOnRemoval = true
        /// Whether a change of membership is refused at the leader while another one is on its way. Without
        /// it, somebody above must keep changes apart.
        package var validatesChanges = true
        /// Whether a refused vote says what is committed (Elections.swift). etcd's own raft does not say it, and
        /// ignores it.
        package var tellsCommitInVotes = true
        /// Whether every request of an earlier term is answered with our own term, as the paper has it (extended paper
        /// 5.1). etcd's own raft answers only some of them, and then only with PreVote or CheckQuorum
        /// (Elections.swift).
        package var answersThePast = true
        /// Bugs on purpose (Flaws.swift). Empty everywhere but in the proofs that the proofs can fail.
        package var flaws: Flaws = []

        /// etcd's defaults.
        package init() {}

        /// Whether these options can work together; says what is wrong where they cannot.
        package var complaint: String? {
            if heartbeatTicks < 1 { return "heartbeatTicks is \(heartbeatTicks): it must be at least 1" }
            if electionTicks <= heartbeatTicks {
                return "electionTicks (\(electionTicks)) must exceed heartbeatTicks (\(heartbeatTicks)), "
                    + "or followers campaign between two heartbeats of a healthy leader"
            }
            if maxInflightMessages < 1 { return "maxInflightMessages is \(maxInflightMessages): nothing could be sent" }
            if maxInflightBytes < maxMessageBytes, maxInflightBytes != Int.max {
                return "maxInflightBytes (\(maxInflightBytes)) is below maxMessageBytes (\(maxMessageBytes)): "
                    + "one full message would already be too much"
            }
            if readMode == .leaseBased, !checkQuorum {
                return "leaseBased reads need checkQuorum: without it a deposed leader may answer for ever"
            }
            return nil
        }
    }
}
