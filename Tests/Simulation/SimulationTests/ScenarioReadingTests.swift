// ScenarioReadingTests.swift: what the scenario language understands, and how it refuses the rest.

import Simulation
import Testing

@Suite("The scenario language")
struct ScenarioReadingTests {
    typealias Action = ScenarioCommand.Action

    static let understood: [(String, Action)] = [
        ("members n1 n2 n3", .members(voters: ["n1", "n2", "n3"], learners: [])),
        ("members n1 learners n2", .members(voters: ["n1"], learners: ["n2"])),
        ("seed 42", .seed(42)),
        ("option prevote on", .option("prevote", on: true)),
        ("weather rough", .weather("rough")),
        ("tick 20", .tick(20)),
        ("run 100", .run(100)),
        ("elect n1", .elect("n1")),
        ("campaign n1", .campaign("n1")),
        ("propose n1 x=1=2", .propose(at: "n1", key: "x", value: "1=2")),
        ("read n2 x", .read(at: "n2", key: "x")),
        ("partition n1 | n2 n3", .partition([["n1"], ["n2", "n3"]])),
        ("cut n1 -> n2", .cut(from: "n1", to: "n2")),
        ("heal", .heal),
        ("lose 2 app", .lose(count: 2, type: "app", from: nil, to: nil)),
        ("lose 1 vote n1 -> n2", .lose(count: 1, type: "vote", from: "n1", to: "n2")),
        ("crash n1", .crash("n1", torn: false)),
        ("crash n1 torn", .crash("n1", torn: true)),
        ("restart n1", .restart("n1")),
        ("pause n1", .pause("n1")),
        ("resume n1", .resume("n1")),
        ("disk n1 slow 50", .disk("n1", syncTime: 50)),
        ("disk n1 normal", .disk("n1", syncTime: nil)),
        ("change n1 +n4", .change(at: "n1", adds: ["n4"], removes: [], learners: [], transition: .auto)),
        (
            "change n1 +n4 -n2 ~n3 explicit",
            .change(at: "n1", adds: ["n4"], removes: ["n2"], learners: ["n3"], transition: .explicit)
        ),
        ("leave n1", .leave("n1")),
        ("transfer n1 -> n2", .transfer(from: "n1", to: "n2")),
        ("compact n1", .compact("n1")),
        ("show", .show),
        ("say what a day", .say("what a day")),
        ("expect leader n2", .expectLeader("n2")),
        ("expect no leader", .expectLeader(nil)),
        ("expect follower n1 n3", .expectRole("follower", of: ["n1", "n3"])),
        ("expect x=1 on n1 n2", .expectValue(key: "x", value: "1", on: ["n1", "n2"])),
        ("expect commit 7 on n1", .expectCommit(7, on: ["n1"])),
        ("expect voters n1 n2", .expectVoters(["n1", "n2"])),
    ]

    @Test("every command of the language", arguments: understood)
    func reading(text: String, action: Action) throws {
        #expect(try ScenarioCommand.parse(text) == [ScenarioCommand(action: action, text: text, line: 1)])
    }

    @Test("lines, semicolons, remarks and blanks")
    func layout() throws {
        let commands = try ScenarioCommand.parse("# a story\n\n  heal ; tick 3 # pause\n;show")
        #expect(commands.map(\.text) == ["heal", "tick 3", "show"])
        #expect(commands.map(\.line) == [3, 3, 4])
    }

    @Test(
        "what is not understood is refused with its line and a remedy",
        arguments: [
            ("fly n1", "is not a command"), ("tick many", "whole number"), ("tick", "ends where"),
            ("heal all", "nothing asks for"), ("propose n1 x", "KEY=VALUE"), ("cut n1 n2", "`->`"),
            ("partition n1 n2", "two groups"), ("partition n1 |", "two groups"), ("members", "names"),
            ("members n1 n1", "each name once"), ("members learners n1", "at least one voter"),
            ("option speed on", "prevote"), ("option prevote maybe", "neither"), ("weather odd", "calm or rough"),
            ("disk n1 fast", "slow N"), ("change n1", "names nobody"), ("change n1 +n2 soon", "implicit"),
            ("expect rain", "claims nothing"), ("expect x=1 n1", "`on`"), ("lose 1 app n1", "ends where"),
        ])
    func refusing(text: String, part: String) {
        do {
            _ = try ScenarioCommand.parse("heal\n" + text)
            Issue.record("`\(text)` was understood")
        } catch {
            #expect(error.line == 2 && error.reason.contains(part), "\(error)")
        }
    }
}
