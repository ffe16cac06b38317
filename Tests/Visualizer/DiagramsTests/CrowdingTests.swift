// CrowdingTests.swift: in no picture of a story do words stand on an arrow, on other words, on a border or on a bar.
//
// What is not reached is listed with its number, and a number that gets better must be changed here too: so it can only get
// better.

import Diagrams
import Identifiers
import Simulation
import Testing
import Trace
import TraceModel

@Suite("Crowding", .serialized)
struct CrowdingTests {
    /// How far a message falls at least, and at most: what falls farther waited, and an event in between says so.
    private static let fall = 16.0...40.0
    /// The messages that waited on their way while their sender did something: by how much they fall.
    private static let steep: [String: Double] = [
        "follower-repair": 41, "joint-consensus": 70, "split-vote": 88, "vote-survives-crash": 80,
    ]

    @Test("words stand on nothing, and messages fall a little", arguments: KnownScenario.all.map(\.name))
    func election(name: String) throws {
        let picture = try Played.picture(name, .election)
        let crowding = Crowding(picture.canvas.dot)
        #expect(crowding.words.count > 20 && crowding.arrows.count > 5 && crowding.bars.count > 3)
        #expect(crowding.onArrows == [])
        #expect(crowding.onWords == [])
        #expect(crowding.onBorders == [])
        #expect(crowding.onBars == [])
        #expect(crowding.onTallies == [])
        #expect(crowding.flattest >= Self.fall.lowerBound)
        #expect(crowding.steepest <= Self.steep[name] ?? Self.fall.upperBound)
        // A page: three members at about the size at which they were drawn, five a tenth smaller.
        let members = try Set(Played.records(name).map(\.member)).count
        #expect(crowding.width <= (members > 4 ? 940 : 840), "\(name) is \(crowding.width) wide")
    }

    /// Words on arrows where every acknowledgement of a busy pipeline is drawn, each from a lane that has no time to wait.
    private static let busy: [String: Int] = ["joint-consensus": 2, "replication": 8, "snapshot": 6]

    @Test("with everything shown, too, but for a busy pipeline", arguments: KnownScenario.all.map(\.name))
    func everything(name: String) throws {
        var request = PictureRequest(Played.history(try Played.records(name)))
        request.filter.showsAll = true
        let crowding = Crowding(try ElectionPicture.draw(request, width: 100).canvas.dot)
        #expect(crowding.onArrows.count == Self.busy[name] ?? 0, "\(crowding.onArrows)")
        #expect(crowding.onWords == [])
        #expect(crowding.onBorders == [])
        #expect(crowding.onBars == [])
    }

    @Test("a member that votes for itself alone has its tally beside its notes, not on the legend")
    func alone() throws {
        let picture = try ElectionPicture.draw(PictureRequest(Stories.realNode()), width: 100)
        let crowding = Crowding(picture.canvas.dot)
        #expect(crowding.tallies.count == 1 && crowding.words.count > 4)
        #expect(crowding.onTallies == [])
    }

    @Test("whatever chance decides", arguments: KnownScenario.all.map(\.name))
    func seeds(name: String) throws {
        for seed in UInt64(2)...6 {
            // A seed with which a story goes otherwise has no picture.
            guard let records = try? Played.records(name, seed: seed) else { continue }
            let picture = try ElectionPicture.draw(PictureRequest(Played.history(records)), width: 100)
            let crowding = Crowding(picture.canvas.dot)
            let bad = crowding.onArrows + crowding.onWords + crowding.onBorders + crowding.onBars
            #expect(bad == [], "seed \(seed)")
        }
    }

    @Test("a write's and a read's messages have their words beside them", arguments: KnownScenario.all.map(\.name))
    func requests(name: String) throws {
        var drawn: [PictureKind] = []
        defer {
            #expect(
                drawn.contains(.timeline) && (drawn.count > 1 || name.contains("vote") || name.hasSuffix("election")))
        }
        for kind in [PictureKind.write, .read, .timeline] {
            // Where nobody wrote or read there is no such picture.
            guard let picture = try? Played.picture(name, kind) else { continue }
            drawn.append(kind)
            let crowding = Crowding(picture.canvas.dot)
            #expect(crowding.onArrows == [], "\(kind)")
            #expect(crowding.onWords == [], "\(kind)")
            #expect(crowding.onBorders == [], "\(kind)")
        }
    }

    @Test(
        "what is cut off at one moment is cut off at one height",
        arguments: ["prevote", "minority-leader", "follower-repair"])
    func moments(name: String) throws {
        let dot = try Played.picture(name, .election).canvas.dot
        for words in ["cut off from", "reaches everybody"] {
            let heights = dot.split(separator: "\n").filter { $0.contains(words) && $0.contains("class=\"note\"") }
                .compactMap { $0.firstMatch(of: /pos="[-\d.]+,(-?[\d.]+)"/) }.compactMap { Double($0.1) }
            #expect(heights.count >= 3)
            // A little up or down, to get out of the way of an arrow.
            #expect((heights.max() ?? 0) - (heights.min() ?? 0) <= 16, "\(words): \(heights)")
        }
    }

    @Test("what is crowded is seen: words on an arrow, on words, on a border, on a bar")
    func seen() {
        var canvas = Canvas(title: "A test", subtitle: "", about: "")
        let from = canvas.mark(.dot, at: Point(0, 100), Palette.entry, classes: "message append")
        let to = canvas.mark(.ring, at: Point(200, 120), Palette.entry, classes: "message append")
        canvas.arrow(from: from, to: to, Palette.append, classes: "message append")
        canvas.text("clear", at: Point(80, 90), classes: "note")
        var crowding = Crowding(canvas.dot)
        #expect(crowding.arrows.count == 1 && crowding.words.count == 1 && crowding.steepest == 20)
        #expect(crowding.onArrows == [] && crowding.onWords == [] && crowding.onBorders == [] && crowding.onBars == [])

        canvas.text("struck", at: Point(80, 109), classes: "message append")
        canvas.text("clean", at: Point(84, 91), classes: "note")
        canvas.box(at: Point(100, 400), width: 100, height: 100, Palette.island, isGround: true)
        canvas.text("across", at: Point(40, 400), classes: "note")
        canvas.text("within", at: Point(70, 420), classes: "note")
        canvas.box(at: Point(300, 400), width: 9, height: 100, Palette.follower, classes: "lane-n1 role-follower")
        canvas.text("covering", at: Point(290, 400), classes: "note")
        crowding = Crowding(canvas.dot)
        #expect(crowding.onArrows == ["struck"])
        #expect(crowding.onWords == ["clear / clean"])
        #expect(crowding.onBorders == ["across"])
        #expect(crowding.onBars == ["covering"])
    }
}
