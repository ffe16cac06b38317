// DemoPicturesTests.swift: every story's picture, as it was: its DOT, its text, its SVG; and what must change it.
//
// A golden is the DOT text and the text form of a story's own picture. When a picture changes on purpose, run the tests with
// ETCD_REWRITE_GOLDENS=1, look at the pictures, and read the difference before it is committed.

import Bytes
import Diagrams
import Foundation
import FoundationXML
import Graphviz
import Identifiers
import Simulation
import Testing
import Trace
import TraceModel

/// Stories carried out once, for all tests.
enum Played {
    static func records(_ name: String, seed: UInt64 = 1) throws -> [TraceRecord] {
        let scenario = try #require(KnownScenario.named(name))
        let trace = ClusterTrace()
        _ = try Scenario(tracingTo: trace).run(scenario.script(seed: seed))
        return trace.records
    }

    static func history(_ records: [TraceRecord]) -> CausalHistory {
        var loader = HistoryLoader()
        for record in records { loader.add(record) }
        return loader.finish()
    }

    static func picture(_ name: String, _ kind: PictureKind? = nil, width: Int = 100) throws -> Picture {
        let scenario = try #require(KnownScenario.named(name))
        let own = try #require(PictureKind(rawValue: scenario.picture))
        let request = PictureRequest(history(try records(name)), title: scenario.title)
        return try (kind ?? own).draw(request, width: width)
    }

    static func rendered(_ canvas: Canvas, _ format: PictureFormat) throws -> ByteBuffer {
        var output = ByteBuffer()
        try Graphviz.render(canvas.dot, as: format, into: &output)
        return output
    }

    static func svg(_ canvas: Canvas) throws -> String {
        let raw = try rendered(canvas, .svg)
        return canvas.svg(finishing: raw.view.lossyText)
    }
}

@Suite("Pictures of stories", .serialized)
struct DemoPicturesTests {
    static let names = KnownScenario.all.map(\.name)

    private func expectGolden(_ text: String, _ name: String) throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/\(name)")
        if ProcessInfo.processInfo.environment["ETCD_REWRITE_GOLDENS"] != nil {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOf: file, encoding: .utf8)
        #expect(text == golden, "\(name) is not what it was")
    }

    @Test("there are stories for all that a cluster goes through, each with its own name")
    func stories() {
        #expect(Set(Self.names).count == Self.names.count)
        for name in [
            "leader-dies", "split-vote", "minority-leader", "follower-repair", "slow-disk", "add-and-remove",
            "joint-consensus", "snapshot",
        ] {
            #expect(Self.names.contains(name))
        }
    }

    @Test("DOT and text of every story are what they were, and the same twice", arguments: names)
    func goldens(name: String) throws {
        let picture = try Played.picture(name)
        try expectGolden(picture.canvas.dot, "\(name).dot")
        try expectGolden(picture.text.plain, "\(name).txt")
        let again = try Played.picture(name)
        #expect(again.canvas.dot == picture.canvas.dot && again.text == picture.text)
    }

    // A candidate that hands its term on had told it as its own; the picture let it rise from the term before.
    @Test("a vote rises from the term that its voter was in, and from no earlier one", arguments: names)
    func rises(name: String) throws {
        var told: [MemberID: [Term]] = [:]
        for record in try Played.records(name) {
            let term: Term? =
                switch record.event {
                case .raftStarted(let event): event.term
                case .roleChanged(let event): event.term
                case .leaderKnown(let event): event.term
                case .voteAnswered(let event): event.pre ? nil : event.term
                default: nil
                }
            guard let term, term > told[record.member]?.last ?? .zero else { continue }
            told[record.member, default: []].append(term)
        }
        let possible = Set(told.values.flatMap { terms in zip(terms, terms.dropFirst()).map { "\($0)→\($1)" } })
        let dot = try Played.picture(name, .election).canvas.dot
        for rise in dot.matches(of: /term ([0-9]+→[0-9]+), votes/) {
            #expect(possible.contains(String(rise.1)), "nobody rises so: \(rise.1)")
        }
    }

    @Test("every picture of every story can be drawn, in every width, and no line is too long", arguments: names)
    func widths(name: String) throws {
        for kind in [PictureKind.election, .replication, .timeline] {
            for width in [60, 100, 160] {
                let picture = try Played.picture(name, kind, width: width)
                // A frame of logs is as wide as its logs are long.
                let allowance = kind == .replication ? 160 : 0
                for line in picture.text.plain.split(separator: "\n") {
                    #expect(TextPage.columns(line) <= width + allowance, "\(kind): \(line)")
                }
            }
        }
    }

    @Test("an SVG is whole, has a role, a title and a description, and one title a group", arguments: names)
    func svg(name: String) throws {
        let page = try Played.svg(try Played.picture(name).canvas)
        let parser = XMLParser(data: Data(page.utf8))
        let reader = SVGReader()
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.role == "img")
        #expect(reader.titles.first == KnownScenario.named(name)?.title)
        #expect((reader.descriptions.first?.count ?? 0) > 60)
        #expect(!reader.titles.contains { $0.hasPrefix("n") && $0.count > 2 && Int($0.dropFirst()) != nil })
        let isOfMembers = KnownScenario.named(name)?.picture != "read"
        #expect(!isOfMembers || reader.classes.contains { $0.contains("lane-n1") })
        #expect(reader.classes.count > 4)
        #expect(!page.contains("<!--"))
        #expect(try Played.svg(try Played.picture(name).canvas) == page)
    }

    @Test("the PNG of every story is not blank", arguments: names)
    func pixels(name: String) throws {
        for kind in [PictureKind.election, .replication, .timeline] + (name == "read-index" ? [.read, .write] : []) {
            let canvas = try Played.picture(name, kind).canvas
            let png = try Played.rendered(canvas, .png)
            let pixels = try Pixels(png: png.view)
            #expect(pixels.blankness == nil, "\(name), \(kind): \(pixels)")
        }
    }

    @Test("a page without a drawing is called blank: nothing at all, a headline, a headline on a large page")
    func blank() throws {
        let empty = Canvas(title: "A headline of some length", subtitle: "and what it means", about: "")
        var large = empty
        _ = large.pin(at: Point(900, 900))
        var white = empty
        white.box(at: Point(400, 400), width: 800, height: 700, BoxLook(fill: Palette.paper, line: nil))
        var black = large
        for row in 0..<30 {
            black.text(Words(String(repeating: "letters ", count: 12)), at: Point(0, 60 + 28 * Double(row)))
        }
        for canvas in [empty, large, white, black] {
            let png = try Played.rendered(canvas, .png)
            #expect(try Pixels(png: png.view).blankness != nil)
        }
    }

    @Test("a PDF is one")
    func pages() throws {
        let pdf = try Played.rendered(try Played.picture("leader-dies").canvas, .pdf)
        #expect(pdf.view.prefix(4) == ByteView(stringLiteral: "%PDF"))
    }

    // MARK: - What must change a picture

    /// Stories that together have every kind of event that the pictures of this suite draw.
    static let witnesses = [
        "leader-dies", "follower-repair", "snapshot", "joint-consensus", "read-index", "transfer", "minority-leader",
    ]

    @Test("removing a class of events is reported: the numbers of a life have no gaps")
    func gaps() throws {
        let records = try Played.records("leader-dies")
        for kind in Set(records.map { "\(type(of: $0.event.payload).kind.name)" }).sorted() {
            let rest = records.filter { "\(type(of: $0.event.payload).kind.name)" != kind }
            let history = Played.history(rest)
            // Nothing can be missed at the end of a life, where nobody knows that more would have come.
            let isLastOnly = records.allSatisfy { record in
                "\(type(of: record.event.payload).kind.name)" != kind
                    || !rest.contains {
                        $0.member == record.member && $0.epoch == record.epoch && $0.sequence > record.sequence
                    }
            }
            #expect(history.troubles.count > 0 || isLastOnly, "\(kind)")
            guard !isLastOnly else { continue }
            for picture in [PictureKind.election, .replication, .timeline] {
                let dot = try picture.draw(PictureRequest(history), width: 100).canvas.dot
                #expect(dot.contains("The traces are not whole"), "\(picture) without \(kind)")
            }
        }
    }

    /// What each picture is drawn from, of the kinds of events that these stories have. All others it must not depend on.
    static let drawnFrom: [PictureKind: Set<String>] = [
        .election: [
            "change-proposed", "commit-advanced", "configuration-changed", "entries-appended", "entries-truncated",
            "fault-injected", "leader-known", "member-started", "member-stopped", "quorum-lost",
            "raft-message-received", "raft-message-sent", "raft-started", "role-changed", "snapshot-restored",
            "timeout-fired", "transfer-changed", "vote-answered", "vote-counted", "vote-ignored", "write-durable",
        ],
        .replication: [
            "commit-advanced", "entries-appended", "entries-applied", "entries-truncated", "fault-injected",
            "log-compacted", "member-started", "member-stopped", "progress-changed", "raft-message-received",
            "raft-message-sent", "raft-started", "request-answered", "request-proposed", "request-received",
            "role-changed", "snapshot-restored", "write-durable",
        ],
    ]

    @Test(
        "each picture depends on just the events that it is drawn from"
    )
    func classes() throws {
        var seen: Set<String> = []
        var changed: [PictureKind: Set<String>] = [:]
        for records in try Self.witnesses.map({ try Played.records($0) }) + [try otherwise()] {
            let kinds = Set(records.map(Removing.kind))
            seen.formUnion(kinds)
            let whole = try drawings(records)
            for kind in kinds.sorted() {
                let rest = try drawings(Removing.without(kind, records))
                for (picture, dot) in rest where dot != whole[picture] { changed[picture, default: []].insert(kind) }
            }
        }
        #expect(seen.count > 30, "\(seen.sorted())")
        for (picture, kinds) in Self.drawnFrom {
            let found = changed[picture] ?? []
            #expect(
                found == kinds,
                "\(picture): new \(found.subtracting(kinds).sorted()), gone \(kinds.subtracting(found).sorted())")
        }
        // And the timeline has a line for everything.
        #expect(seen.subtracting(changed[.timeline] ?? []).isEmpty)
    }

    @Test("the timeline has a line for every kind of event that there is")
    func vocabulary() throws {
        var records: [TraceRecord] = []
        func add(_ event: Event) {
            let number = EventSequence(rawValue: UInt64(records.count + 1))
            records.append(TraceRecord(member: 1, epoch: BootEpoch(rawValue: 1), sequence: number, event: event))
        }
        for row in Event.table.rows where row.kind.number != TimeoutDrawn.kind.number {
            add(try #require(row.event(row.blank)))
        }
        add(.timeoutDrawn(TimeoutDrawn(ticks: 7)))
        var request = PictureRequest(Played.history(records))
        request.filter.showsAll = true
        let whole = try PictureKind.timeline.draw(request, width: 100).canvas.dot
        for kind in Set(records.map(Removing.kind)) {
            request.history = Played.history(Removing.without(kind, records))
            #expect(try PictureKind.timeline.draw(request, width: 100).canvas.dot != whole, "\(kind)")
        }
    }

    /// A story in which somebody stops in an orderly way, and somebody does not even answer a candidate: no scenario has these.
    private func otherwise() throws -> [TraceRecord] {
        try Played.records("leader-dies").map { record in
            var record = record
            switch record.event {
            case .faultInjected(let fault) where fault.fault == .crash:
                record.event = .memberStopped(MemberStopped(reason: "asked to"))
            case .voteAnswered(let answer) where answer.pre:
                var ignored = VoteIgnored()
                (ignored.candidate, ignored.term) = (answer.candidate, answer.term)
                record.event = .voteIgnored(ignored)
            default: break
            }
            return record
        }
    }

    private func drawings(_ records: [TraceRecord]) throws -> [PictureKind: String] {
        var request = PictureRequest(Played.history(records))
        request.filter.showsAll = true
        var drawn: [PictureKind: String] = [:]
        for kind in [PictureKind.election, .replication, .timeline] {
            drawn[kind] = (try? kind.draw(request, width: 100).canvas.dot) ?? "nothing"
        }
        return drawn
    }

    // MARK: - Clocks

    @Test("clocks that differ by hours, or run backwards, give the same drawings")
    func clocks() throws {
        let records = try Played.records("leader-dies")
        let hour: Int64 = 3_600_000_000_000
        let usual = try drawings(records)
        for (number, skews) in [[0, 0, 0], [0, hour, -2 * hour], [9 * hour, -hour, 1]].enumerated() {
            let stamped = records.enumerated().map { place, record in
                var record = record
                // The third time all clocks run backwards.
                let run = Int64(place) * 1_000_000 * (number == 2 ? -1 : 1)
                let wall = 1_800_000_000_000_000_000 + skews[Int(record.member.rawValue) % 3] + run
                record.time = TraceTime(monotonic: UInt64(bitPattern: wall), wall: wall)
                return record
            }
            #expect(try drawings(stamped.shuffled()) == usual)
        }
    }
}

/// Collects what a screen reader and a style sheet would find.
private final class SVGReader: NSObject, XMLParserDelegate {
    var role: String?
    var titles: [String] = []
    var descriptions: [String] = []
    var classes: Set<String> = []
    private var text = ""

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        text = ""
        if name == "svg" { role = attributes["role"] }
        if let found = attributes["class"] { classes.insert(found) }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == "title" { titles.append(text) }
        if name == "desc" { descriptions.append(text) }
    }
}
