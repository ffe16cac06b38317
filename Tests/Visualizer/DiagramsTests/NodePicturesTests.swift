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
        case writeOne, writeThree, writeWatched, writeRefused, writeTxn, writeCompact, writeSlowDisk, writeOverwritten
        case readOne, readSerializable, readBehind, readThree, readFollower, readUnconfirmed, readRefused, readLost
        case readRestarted
        case keys, keysWatched, keysEarlier, keysOfRequest, realWrite, realRead, realKeys, realLog

        var picture: PictureKind {
            switch self {
            case .writeOne, .writeThree, .writeWatched, .writeRefused, .writeTxn, .writeCompact, .writeSlowDisk,
                .writeOverwritten, .realWrite:
                .write
            case .readOne, .readSerializable, .readBehind, .readThree, .readFollower, .readUnconfirmed, .readRefused,
                .readLost, .readRestarted, .realRead:
                .read
            case .keys, .keysWatched, .keysEarlier, .keysOfRequest, .realKeys: .mvcc
            case .realLog: .replication
            }
        }

        /// The request that is meant, where it is not the one that is drawn anyway; nil: the picture chooses.
        private func chosen(in history: CausalHistory) -> String? {
            let (methods, isLast): (Set<TraceMethod>, Bool)
            switch self {
            case .writeCompact: (methods, isLast) = ([.compact], true)
            case .readRefused, .readLost: (methods, isLast) = ([.range], true)
            case .keysOfRequest: (methods, isLast) = ([.put], false)
            default: return nil
            }
            let requests = history.requests(methods)
            let event = isLast ? requests.last : requests.first
            // A torn story may have lost it; then nothing is to be drawn instead.
            return event.map { "\(history.record(at: $0).sequence.rawValue)" } ?? "lost"
        }

        func draw(_ history: CausalHistory? = nil, width: Int = 100) throws -> Picture {
            let history = try history ?? story()
            var request = PictureRequest(history)
            request.filter.request = chosen(in: history)
            return try picture.draw(request, width: width)
        }

        func story() throws -> CausalHistory {
            switch self {
            case .writeOne: Stories.oneWrite()
            case .writeThree: Stories.threeNodes()
            case .writeRefused: Stories.refused()
            case .readSerializable: Stories.staleRead()
            case .readRestarted: Stories.restarted()
            case .readBehind: Stories.behind()
            case .writeTxn: Stories.transaction()
            case .writeCompact: Stories.compaction()
            case .writeSlowDisk: Played.history(try Played.records("slow-disk"))
            case .writeOverwritten: Played.history(try Played.records("minority-leader"))
            case .readThree, .readLost: Played.history(try Played.records("read-index"))
            case .readFollower: Stories.followerRead()
            case .readUnconfirmed: Stories.unconfirmed()
            case .readRefused: Stories.forgotten()
            case .keysEarlier: Stories.earlier()
            case .readOne, .keys, .keysOfRequest: Stories.keys()
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

    @Test("the PNG of every picture of a node is not blank", arguments: Kind.allCases)
    func pixels(kind: Kind) throws {
        let png = try Played.rendered(try kind.draw().canvas, .png)
        let pixels = try Pixels(png: png.view)
        #expect(pixels.blankness == nil, "\(kind): \(pixels)")
    }

    // A leader without a majority had proposed entry 7; the next leader wrote another entry 7, and that one was committed. The
    // picture once drew that commit, as this write's, with two of five members.
    @Test("an entry that another leader has overwritten is not committed, not applied and not answered")
    func overwritten() throws {
        let history = try Kind.writeOverwritten.story()
        let path = try #require(WritePicture.choose(PictureRequest(history)))
        #expect(path.overwritten != nil && path.successor == 3 && path.index == 7 && path.term == 2)
        #expect(path.committed == nil && path.decided == nil && path.handed == nil && path.applied == nil)
        let dot = try Kind.writeOverwritten.draw().canvas.dot
        #expect(dot.contains("entry 2/7 is overwritten") && dot.contains("no answer"))
        #expect(!dot.contains("commit 7") && !dot.contains(">ok"))
    }

    @Test("a member that was not traced has lost nothing")
    func untraced() throws {
        for kind in [Kind.writeThree, .readUnconfirmed] {
            let story = try kind.story()
            let records = (0..<story.count).map { story.record(at: $0) }
            let own = records.filter { $0.member == 0x8e9e_05c5_2164_694d }
            #expect(own.count < records.count)
            let dot = try kind.draw(Played.history(own)).canvas.dot
            #expect(!dot.contains("×"), "\(kind)")
        }
    }

    @Test("no words of a write or a read stand on an arrow or on others", arguments: Kind.allCases)
    func crowding(kind: Kind) throws {
        guard kind.picture == .write || kind.picture == .read else { return }
        let crowding = Crowding(try kind.draw().canvas.dot)
        #expect(crowding.arrows.count >= 2 && crowding.words.count >= 3)
        #expect(crowding.onArrows == [], "\(kind)")
        #expect(crowding.onWords == [], "\(kind)")
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
