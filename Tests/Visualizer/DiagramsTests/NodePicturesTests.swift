// NodePicturesTests.swift: the pictures of a write, a read and the keys: their goldens, and what they must not do.
//
// A golden is the DOT text and the text form of a picture. When a picture changes on purpose, run the tests with
// ETCD_REWRITE_GOLDENS=1, look at the pictures, and read the difference before it is committed.

import Bytes
import Diagrams
import Foundation
import Graphviz
import Identifiers
import Testing
import Trace
import TraceModel

@Suite("Pictures of a node")
struct NodePicturesTests {
    enum Kind: String, CaseIterable, Sendable {
        case writeOne, writeThree, writeWatched, writeRefused, readOne, readSerializable, readBehind, readThree
        case keys, keysWatched, realWrite, realRead, realKeys, realLog

        var picture: PictureKind {
            switch self {
            case .writeOne, .writeThree, .writeWatched, .writeRefused, .realWrite: .write
            case .readOne, .readSerializable, .readBehind, .readThree, .realRead: .read
            case .keys, .keysWatched, .realKeys: .mvcc
            case .realLog: .replication
            }
        }

        func draw(_ history: CausalHistory? = nil, width: Int = 100) throws -> Picture {
            try picture.draw(PictureRequest(history ?? story()), width: width)
        }

        func story() throws -> CausalHistory {
            switch self {
            case .writeOne: Stories.oneWrite()
            case .writeThree: Stories.threeNodes()
            case .writeRefused: Stories.refused()
            case .readSerializable: Stories.staleRead()
            case .readBehind: Stories.behind()
            case .readThree: Played.history(try Played.records("read-index"))
            case .readOne, .keys: Stories.keys()
            case .writeWatched, .keysWatched: Stories.watched()
            case .realWrite, .realRead, .realKeys, .realLog: Stories.realNode()
            }
        }
    }

    /// Compares with a file beside the tests, or writes it.
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

    @Test("DOT and text of every picture are what they were", arguments: Kind.allCases)
    func goldens(kind: Kind) throws {
        let picture = try kind.draw()
        try expectGolden(picture.canvas.dot, "node-\(kind.rawValue).dot")
        try expectGolden(picture.text.plain, "node-\(kind.rawValue).txt")
        #expect(try kind.draw().canvas.dot == picture.canvas.dot, "the same history, the same picture")
    }

    @Test("no line of a text form is wider than it may be", arguments: [40, 60, 80, 132])
    func widths(width: Int) throws {
        // A frame of logs is as wide as its logs are long.
        for kind in Kind.allCases where kind != .realLog {
            for line in try kind.draw(width: width).text.plain.split(separator: "\n") {
                #expect(TextPage.columns(line) <= width, "\(kind): \(line)")
            }
        }
    }

    @Test("clocks that differ by hours, or run backwards, give the same picture of three members")
    func clocks() throws {
        let hour: Int64 = 3_600_000_000_000
        let usual = try Kind.writeThree.draw(Stories.threeNodes(skews: [0, 0, 0]))
        for skews in [[0, hour, -2 * hour], [5 * hour, -hour, 1], [-hour, 7, 9 * hour]] {
            let other = try Kind.writeThree.draw(Stories.threeNodes(skews: skews))
            #expect(other.canvas.dot == usual.canvas.dot && other.text == usual.text)
        }
    }

    @Test("a write's stretches are exactly the time between its arrival and its answer")
    func sums() throws {
        for (history, expected) in [(Stories.oneWrite(), Int64(1_473_000)), (Stories.threeNodes(), 1_972_000)] {
            let request = PictureRequest(history)
            let path = try #require(WritePicture.choose(request))
            let (start, end) = (try #require(history.time(of: path.received)), try #require(path.flushed))
            let whole = Int64(try #require(history.time(of: end)).monotonic) - Int64(start.monotonic)
            let fall = WritePicture.waterfall(request, path)
            #expect(fall.total == whole)
            #expect(whole == expected)
        }
    }

    @Test(
        "each picture depends on just the events that it is drawn from: without one it is another one",
        arguments: Kind.allCases)
    func everyEventCounts(kind: Kind) throws {
        let story = try kind.story()
        let records = (0..<story.count).map { story.record(at: $0) }
        let whole = try kind.draw().canvas.dot
        var changed: Set<String> = []
        for name in Set(records.map(Removing.kind)) {
            let rest = Removing.without(name, records)
            let dot = try? kind.draw(Played.history(rest)).canvas.dot
            if dot != whole { changed.insert(name) }
        }
        let drawn = Self.drawnFrom[kind]!
        #expect(
            changed == drawn,
            "\(kind): new \(changed.subtracting(drawn).sorted()), gone \(drawn.subtracting(changed).sorted())")
    }

    /// What each picture is drawn from, of the kinds of events that its story has.
    static let drawnFrom: [Kind: Set<String>] = [
        .writeOne: [
            "answers-flushed", "commit-advanced", "entry-applied", "log-synced", "member-started", "pages-durable",
            "pages-issued", "request-answered", "request-proposed", "request-received", "revision-written",
            "write-issued",
        ],
        .writeThree: [
            "answers-flushed", "commit-advanced", "entry-applied", "log-synced", "member-started",
            "raft-message-received", "raft-message-sent", "request-answered", "request-proposed", "request-received",
            "revision-written", "write-issued",
        ],
        .writeWatched: [
            "answers-flushed", "commit-advanced", "entry-applied", "log-synced", "member-started",
            "request-answered", "request-proposed", "request-received", "revision-written",
            "watch-events-sent", "write-issued",
        ],
        .writeRefused: ["answers-flushed", "member-started", "request-received", "request-refused"],
        .readOne: [
            "answers-flushed", "member-started", "range-evaluated", "read-index-asked", "read-index-known",
            "read-parked", "request-answered", "request-received",
        ],
        .readSerializable: [
            "answers-flushed", "member-started", "range-evaluated", "request-answered", "request-received",
        ],
        .readBehind: [
            "answers-flushed", "entries-applied", "member-started", "range-evaluated", "read-index-asked",
            "read-index-known", "read-parked", "request-answered", "request-received",
        ],
        .readThree: [
            "member-started", "raft-message-received", "raft-message-sent", "range-evaluated", "read-index-known",
            "read-parked", "request-answered", "request-received",
        ],
        .keys: [
            "compaction-done", "compaction-scheduled", "compaction-step", "entry-applied", "member-started",
            "range-evaluated", "request-answered", "request-received", "request-refused", "revision-written",
        ],
        .keysWatched: ["member-started", "revision-written", "watcher-created"],
        .realWrite: [
            "answers-flushed", "commit-advanced", "entry-applied", "log-synced", "member-started", "pages-durable",
            "pages-issued", "request-answered", "request-proposed", "request-received", "revision-written",
            "write-issued",
        ],
        .realRead: [
            "answers-flushed", "member-started", "range-evaluated", "request-answered", "request-received",
        ],
        .realKeys: [
            "compaction-done", "compaction-scheduled", "compaction-step", "entry-applied", "member-started",
            "range-evaluated", "request-answered", "request-received", "revision-written",
        ],
        .realLog: [
            "commit-advanced", "entries-appended", "entries-applied", "member-started", "member-stopped",
            "raft-started", "request-answered", "request-proposed", "request-received", "role-changed",
            "write-durable",
        ],
    ]

    @Test("when events are lost as a ring or a missing file loses them, the picture says so", arguments: Kind.allCases)
    func losses(kind: Kind) throws {
        var loader = HistoryLoader()
        let story = try kind.story()
        for event in 0..<story.count where event % 5 != 3 { loader.add(story.record(at: event)) }
        if let torn = try? kind.draw(loader.finish()) { #expect(torn.canvas.dot.contains("are missing")) }
    }

    @Test("the PNG of every picture of a node is not blank", arguments: Kind.allCases)
    func pixels(kind: Kind) throws {
        let png = try Played.rendered(try kind.draw().canvas, .png)
        let pixels = try Pixels(png: png.view)
        #expect(pixels.blankness == nil, "\(kind): \(pixels)")
    }

    @Test("long names and binary keys do not break a picture; markup in them is text")
    func strangeKeys() throws {
        let node = RecordedNode(7, name: "a <b>name</b> & that is much longer than any lane is wide", clock: .init())
        let key = "<b>\u{0}\u{1}\"\\key&" + String(repeating: "long", count: 40)
        node.write(.put, [(key, "\u{7f}</td>")])
        node.read(key)
        let history = CausalHistory.of([node])
        for picture in [
            try WritePicture.draw(PictureRequest(history), width: 80),
            try ReadPicture.draw(PictureRequest(history), width: 80),
            try MVCCPicture.draw(PictureRequest(history), width: 80),
        ] {
            #expect(!picture.canvas.dot.contains("\u{0}"))
            // Within quotes a bracket is a bracket; in Graphviz's own markup it would be a mistake, or an element.
            let markup = picture.canvas.dot.split(separator: "\n").filter { $0.contains("label=<") }
            #expect(!markup.isEmpty && markup.allSatisfy { !$0.contains("<b>") && !$0.contains("</td>") })
            for line in picture.text.plain.split(separator: "\n") { #expect(TextPage.columns(line) <= 80) }
        }
    }

    @Test("an empty trace has no picture, and says why")
    func nothing() throws {
        let empty = HistoryLoader().finish()
        #expect(throws: PictureError.self) { try WritePicture.draw(PictureRequest(empty), width: 80) }
        #expect(throws: PictureError.self) { try ReadPicture.draw(PictureRequest(empty), width: 80) }
        #expect(throws: PictureError.self) { try MVCCPicture.draw(PictureRequest(empty), width: 80) }
    }

    @Test("filters: a request by its number, a key by its beginning")
    func filters() throws {
        var request = PictureRequest(Stories.keys())
        request.filter.keys = ["y"]
        #expect(WritePicture.choose(request)?.request.key == "y")
        request.filter.keys = []
        request.filter.request = "3"
        let path = try #require(WritePicture.choose(request))
        #expect(request.history.record(at: path.received).sequence.rawValue == 3)
        request.filter = Filter()
        request.filter.keys = ["x"]
        let keys = try MVCCPicture.draw(request, width: 100)
        #expect(!keys.text.plain.contains("\ny "))
        #expect(keys.text.plain.contains("\nx "))
    }

    @Test("revisions can be chosen by the request that made them, and by the entries")
    func revisions() throws {
        var request = PictureRequest(Stories.realNode())
        request.filter.indexes = 8...9
        let some = try MVCCPicture.draw(request, width: 100).text.plain
        #expect(some.contains("revision            5         6") && !some.contains("  7.0"))
        request.filter = Filter()
        request.filter.request = "133"
        let one = try MVCCPicture.draw(request, width: 100).text.plain
        #expect(one.contains("revision            7\n") && one.contains("\ny ") && !one.contains("\nz "))
        request.filter = Filter()
        request.filter.terms = 1...1
        #expect(throws: PictureError.self) { try MVCCPicture.draw(request, width: 100) }
        #expect(WritePicture.choose(request) == nil)
    }
}
