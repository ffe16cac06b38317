// KnownScenarios.swift: stories that are worth telling again: what `visualizer demo` draws.
//
// Each is a scenario (ScenarioCommands.swift is its language), with a name, a headline, and the picture that shows it
// best. They are carried out when they are asked for: nothing of a picture is stored. The same seed gives the same run,
// and so the same picture, to the byte.
//
// MOST USE PRE-VOTES AND CHECKQUORUM, as etcd does. The public specification has neither, so it can follow only those
// stories that switch both off; the others say so when their trace is wanted as `tla`.

/// A story with a name.
package struct KnownScenario: Hashable, Sendable {
    /// What one types.
    package let name: String
    /// What one reads in the list, and over the picture.
    package let title: String
    /// The name of the picture that shows it best.
    package let picture: String
    /// The story.
    package let script: String

    /// The story with another seed.
    package func script(seed: UInt64) -> String { "seed \(seed)\n" + script }

    /// The one of a name.
    package static func named(_ name: String) -> KnownScenario? { all.first { $0.name == name } }

    /// All of them, in the order in which one may want to see them.
    package static let all: [KnownScenario] = [
        KnownScenario(
            name: "election", title: "Election: three members, nobody leads, one asks first", picture: "election",
            script: """
                members n1 n2 n3
                elect n1
                run 20
                expect leader n1
                """),
        KnownScenario(
            name: "plain-election", title: "Election without pre-votes, as in the paper", picture: "election",
            script: """
                option prevote off
                option checkquorum off
                members n1 n2 n3
                elect n1
                run 20
                expect leader n1
                """),
        KnownScenario(
            name: "leader-dies", title: "The leader dies, a follower takes over", picture: "election",
            script: """
                members n1 n2 n3
                elect n1
                propose n1 x=1
                run 20
                crash n1
                tick 40
                expect x=1 on n2 n3
                restart n1
                tick 5
                expect follower n1
                expect x=1 on n1
                """),
        KnownScenario(
            name: "split-vote", title: "A split vote: two candidates, two votes each, and a second try",
            picture: "election",
            script: """
                option prevote off
                option checkquorum off
                members n1 n2 n3 n4
                campaign n1
                campaign n4
                lose 1 vote n1 -> n3
                lose 1 vote n4 -> n2
                run 50
                expect no leader
                tick 60
                """),
        KnownScenario(
            name: "vote-survives-crash", title: "A vote survives a crash: nobody votes twice in a term",
            picture: "election",
            script: """
                option prevote off
                option checkquorum off
                members n1 n2 n3
                lose 1 vote n1 -> n2
                lose 9 vote-answer n3 -> n1
                campaign n1
                run 10
                crash n3
                restart n3
                campaign n2
                run 10
                expect no leader
                """),
        KnownScenario(
            name: "prevote", title: "A member that comes back does not disturb: pre-votes", picture: "election",
            script: """
                members n1 n2 n3
                elect n1
                run 20
                partition n3 | n1 n2
                tick 25
                heal
                tick 5
                expect leader n1
                """),
        KnownScenario(
            name: "minority-leader", title: "A partition: the leader in the minority commits nothing, and steps down",
            picture: "election",
            script: """
                members n1 n2 n3 n4 n5
                elect n1
                run 20
                partition n1 n2 | n3 n4 n5
                propose n1 x=never
                tick 10
                elect n3
                tick 12
                expect follower n1
                heal
                tick 3
                expect leader n3
                """),
        KnownScenario(
            name: "transfer", title: "Leadership is handed over", picture: "election",
            script: """
                members n1 n2 n3
                elect n1
                propose n1 x=1
                run 20
                transfer n1 -> n3
                run 30
                expect leader n3
                propose n3 x=2
                run 20
                """),
        KnownScenario(
            name: "replication", title: "Log replication: three writes reach three logs", picture: "replication",
            script: """
                option prevote off
                option checkquorum off
                members n1 n2 n3
                elect n1
                run 20
                propose n1 x=1
                propose n1 y=2
                propose n1 x=3
                run 20
                tick 1
                expect x=3 on n1 n2 n3
                """),
        KnownScenario(
            name: "follower-repair", title: "Log replication: repairing a log that diverged", picture: "replication",
            script: """
                option checkquorum off
                members n1 n2 n3
                elect n1
                propose n1 x=1
                run 20
                partition n1 | n2 n3
                propose n1 x=7
                propose n1 y=8
                propose n1 z=1
                elect n2
                propose n2 x=2
                run 20
                elect n3
                run 20
                heal
                tick 3
                expect leader n3
                expect x=2 on n1 n2 n3
                """),
        KnownScenario(
            name: "slow-disk", title: "A slow disk: the leader's is the last to have what it commits",
            picture: "replication",
            script: """
                members n1 n2 n3
                elect n1
                run 20
                disk n1 slow 500
                propose n1 x=1
                run 20
                expect commit 5 on n1 n2 n3
                expect x=1 on n2 n3
                run 500
                expect x=1 on n1
                """),
        KnownScenario(
            name: "snapshot", title: "A snapshot for a laggard: the entries it needs are forgotten",
            picture: "replication",
            script: """
                members n1 n2 n3
                elect n1
                run 20
                crash n3
                propose n1 x=1
                propose n1 x=2
                propose n1 y=3
                run 20
                compact n1
                restart n3
                tick 4
                expect x=2 on n3
                """),
        KnownScenario(
            name: "add-and-remove", title: "One member comes, another goes: single changes of membership",
            picture: "election",
            script: """
                members n1 n2 n3
                elect n1
                propose n1 x=1
                run 20
                change n1 ~n4
                tick 2
                expect learner n4
                change n1 +n4
                run 20
                change n1 -n2
                run 20
                expect voters n1 n3 n4
                """),
        KnownScenario(
            name: "joint-consensus", title: "Two members replaced at once: joint consensus", picture: "election",
            script: """
                members n1 n2 n3
                elect n1
                propose n1 x=1
                run 20
                change n1 ~n4 ~n5
                tick 3
                change n1 +n4 +n5 -n2 -n3 explicit
                run 20
                tick 1
                leave n1
                tick 3
                expect voters n1 n4 n5
                """),
        KnownScenario(
            name: "read-index", title: "Reading without writing: ReadIndex through a follower", picture: "read",
            script: """
                members n1 n2 n3
                elect n1
                propose n1 x=1
                run 20
                read n3 x
                run 20
                partition n3 | n1 n2
                read n3 x
                run 50
                heal
                """),
    ]
}
