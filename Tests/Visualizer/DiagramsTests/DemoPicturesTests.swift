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

    @Test("a PNG is not blank, and a PDF is one")
    func pixels() throws {
        let canvas = try Played.picture("leader-dies").canvas
        let png = try Played.rendered(canvas, .png)
        let size = (png.view.bigEndian(at: 16, as: UInt32.self), png.view.bigEndian(at: 20, as: UInt32.self))
        #expect(size.0 > 800 && size.1 > 800)
        // White paper of this size packs into a few kilobytes; a drawing does not.
        #expect(png.count > 60_000, "\(png.count) bytes for \(size)")
        let pdf = try Played.rendered(canvas, .pdf)
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
            let dot = try PictureKind.election.draw(PictureRequest(history), width: 100).canvas.dot
            #expect(dot.contains("The traces are not whole"), "\(kind)")
        }
    }

    @Test("even when the numbers are closed up, the pictures are others: no class of events is ignored by all")
    func classes() throws {
        var seen: Set<String> = []
        var changed: Set<String> = []
        for name in Self.witnesses {
            let records = try Played.records(name)
            let whole = try drawings(records)
            for kind in Set(records.map { "\(type(of: $0.event.payload).kind.name)" }) {
                seen.insert(kind)
                if changed.contains(kind) { continue }
                var numbers: [TraceOrigin: UInt64] = [:]
                let rest = records.filter { "\(type(of: $0.event.payload).kind.name)" != kind }.map { record in
                    var record = record
                    let origin = TraceOrigin(member: record.member, epoch: record.epoch)
                    numbers[origin, default: 0] += 1
                    record.sequence = EventSequence(rawValue: numbers[origin]!)
                    record.causes = []
                    return record
                }
                if try drawings(rest) != whole { changed.insert(kind) }
            }
        }
        #expect(seen.count > 30, "\(seen.sorted())")
        #expect(seen.subtracting(changed).isEmpty, "nobody draws \(seen.subtracting(changed).sorted())")
    }

    private func drawings(_ records: [TraceRecord]) throws -> [String] {
        var request = PictureRequest(Played.history(records))
        request.filter.showsAll = true
        return try [PictureKind.election, .replication, .timeline].map { try $0.draw(request, width: 100).canvas.dot }
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
