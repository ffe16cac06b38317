// ScenarioCommands.swift: the words in which a story about a cluster is told.
//
// A scenario is a short text that a person can read aloud. Labs are written in it, pictures are drawn
// from it, and tests hold its transcript against what really happened.
//
//     members n1 n2 n3                three voters, nobody leads
//     elect n1                        n1's election timeout fires; run until somebody leads
//     propose n1 x=1                  a client asks n1 to set x to 1
//     run 100                         let 100 milliseconds pass
//     partition n1 | n2 n3            cut every link between the groups
//     tick 20                         let 20 ticks of 100 ms pass
//     heal                            mend every link
//     expect x=1 on n1 n2 n3          stop with an error if that is not so
//
// One command a line, or several with `;` between them. `#` begins a remark.
//
// The whole language:
//
//     members A B C [learners D E]    who is there; the first command after the settings
//     seed N                          where chance comes from (default 1)
//     option NAME on|off              prevote, checkquorum, leaseread; before `members`
//     weather calm|rough              how the network behaves
//     tick N | run N                  N ticks of every clock | N milliseconds
//     elect A | campaign A            fire A's timeout and run until it leads | only fire it
//     propose A K=V                   ask A to set K to V
//     read A K                        ask A for K, linearizably (ReadIndex, thesis 6.4)
//     partition A | B C               cut the groups from each other
//     cut A -> B | heal               one direction only | mend everything
//     lose N TYPE [A -> B]            the next N messages of that type get lost (app, vote, ...)
//     crash A [torn] | restart A      kill the process; torn: the write under way survives in part
//     pause A | resume A              A's process stands still and knows nothing of it
//     disk A slow N | disk A normal   each sync of A's disk takes N milliseconds
//     change A +D -B ~E [auto|implicit|explicit]     A proposes: D becomes a voter, B leaves, E learns
//     leave A                         A proposes to leave the joint configuration
//     transfer A -> B                 leader A hands over to B (thesis 3.10)
//     compact A                       A replaces its applied log by a snapshot
//     show                            one line a member: role, term, log, commit, applied
//     say TEXT                        a line for the reader
//     expect leader A | expect no leader
//     expect ROLE A B ...             follower, candidate, pre-candidate, leader, learner, down
//     expect K=V on A B ...           applied state of these members
//     expect commit N on A B ...      their commit index
//     expect voters A B C             the configuration of the leader, or of all, if none leads

/// One line of a scenario, understood.
package struct ScenarioCommand: Hashable, Sendable {
    /// What to do.
    package var action: Action
    /// The text as it was written, for the transcript.
    package var text: String
    /// The line of the script, counted from 1.
    package var line: Int

    /// A command that stands on a line.
    package init(action: Action, text: String, line: Int) {
        self.action = action
        self.text = text
        self.line = line
    }

    /// What a scenario can ask for. Members are called by name.
    package enum Action: Hashable, Sendable {
        /// Who is there.
        case members(voters: [String], learners: [String])
        /// The seed of chance.
        case seed(UInt64)
        /// Switches one of Raft's options.
        case option(String, on: Bool)
        /// The network's behaviour, by name.
        case weather(String)
        /// Lets ticks pass.
        case tick(Int)
        /// Lets milliseconds pass.
        case run(Int)
        /// Fires a timeout and waits for a leader.
        case elect(String)
        /// Fires a timeout.
        case campaign(String)
        /// A client writes.
        case propose(at: String, key: String, value: String)
        /// A client reads.
        case read(at: String, key: String)
        /// Cuts groups apart.
        case partition([[String]])
        /// Cuts one direction.
        case cut(from: String, to: String)
        /// Mends all links.
        case heal
        /// Loses the next messages of a type.
        case lose(count: Int, type: String, from: String?, to: String?)
        /// Kills a process.
        case crash(String, torn: Bool)
        /// Starts it again.
        case restart(String)
        /// Stops a process without its knowledge.
        case pause(String)
        /// Lets it go on.
        case resume(String)
        /// The time that a sync takes; nil for the usual.
        case disk(String, syncTime: Int?)
        /// Proposes a change of membership.
        case change(at: String, adds: [String], removes: [String], learners: [String], transition: Transition)
        /// Proposes to leave a joint configuration.
        case leave(String)
        /// Hands leadership over.
        case transfer(from: String, to: String)
        /// Makes a snapshot and drops the log before it.
        case compact(String)
        /// Prints every member's state.
        case show
        /// Prints a line.
        case say(String)
        /// Claims who leads; nil for nobody.
        case expectLeader(String?)
        /// Claims roles.
        case expectRole(String, of: [String])
        /// Claims what was applied.
        case expectValue(key: String, value: String, on: [String])
        /// Claims commit indexes.
        case expectCommit(UInt64, on: [String])
        /// Claims who votes.
        case expectVoters([String])
    }

    /// How a joint configuration is left (thesis 4.3).
    package enum Transition: String, Hashable, Sendable {
        /// Joint only when more than one voter changes; left by itself.
        case auto
        /// Always joint; left by itself.
        case implicit
        /// Always joint; left when somebody says `leave`.
        case explicit
    }
}

/// A line that nobody can understand, and what would be understood.
package struct ScenarioError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, counted from 1.
    package var line: Int
    /// What is wrong with it and how it could read.
    package var reason: String

    /// An error on a line.
    package init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    /// For people.
    package var description: String { "line \(line): \(reason)" }
}
