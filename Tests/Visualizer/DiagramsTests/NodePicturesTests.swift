// NodePicturesTests.swift: the pictures of a write, a read and the keys: their goldens, and what they must not do.
//
// A golden is the DOT text and the text form of a picture. When a picture changes on purpose, run the tests with
// ETCD_REWRITE_GOLDENS=1, look at the pictures, and read the difference before it is committed.

import Bytes
import Diagrams
import Foundation
import Identifiers
import Testing
import Trace
import TraceModel

@Suite("Pictures of a node")
struct NodePicturesTests {
    enum Kind: String, CaseIterable, Sendable {
        case writeOne, writeThree, readOne, readSerializable, keys

        func draw(_ history: CausalHistory? = nil, width: Int = 100) throws -> Picture {
            switch self {
            case .writeOne: try WritePicture.draw(PictureRequest(history ?? Stories.oneWrite()), width: width)
            case .writeThree: try WritePicture.draw(PictureRequest(history ?? Stories.threeNodes()), width: width)
            case .readOne: try ReadPicture.draw(PictureRequest(history ?? Stories.keys()), width: width)
            case .readSerializable:
                try ReadPicture.draw(PictureRequest(history ?? Stories.staleRead()), width: width)
            case .keys: try MVCCPicture.draw(PictureRequest(history ?? Stories.keys()), width: width)
            }
        }

        var story: CausalHistory {
            switch self {
            case .writeOne: Stories.oneWrite()
            case .writeThree: Stories.threeNodes()
            case .readSerializable: Stories.staleRead()
            case .readOne, .keys: Stories.keys()
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
        for kind in Kind.allCases {
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

    /// The history without one kind of events, its numbers closed up so that no gap tells of it.
    private func without(_ kind: UInt8, _ history: CausalHistory) -> CausalHistory {
        var loader = HistoryLoader()
        for lane in history.lanes {
            var numbers: [EventSequence: EventSequence] = [:]
            var next: UInt64 = 1
            for event in lane.events where history.kind(of: event) != kind {
                var record = history.record(at: event)
                numbers[record.sequence] = EventSequence(rawValue: next)
                record.sequence = EventSequence(rawValue: next)
                record.causes = record.causes.compactMap { numbers[$0] }
                loader.add(Self.renamed(record, numbers))
                next += 1
            }
        }
        return loader.finish()
    }

    /// Events that name a request by its number name it by its new one.
    private static func renamed(_ record: TraceRecord, _ numbers: [EventSequence: EventSequence]) -> TraceRecord {
        var record = record
        switch record.event {
        case .requestProposed(var event):
            event.request = numbers[event.request] ?? .none
            record.event = .requestProposed(event)
        case .requestAnswered(var event):
            event.request = numbers[event.request] ?? .none
            record.event = .requestAnswered(event)
        case .requestRefused(var event):
            event.request = numbers[event.request] ?? .none
            record.event = .requestRefused(event)
        case .readParked(var event):
            event.request = numbers[event.request] ?? .none
            record.event = .readParked(event)
        default: break
        }
        return record
    }

    @Test(
        "without one kind of events that a picture draws from, it is another picture or none", arguments: Kind.allCases)
    func everyEventCounts(kind: Kind) throws {
        let drawn: [EventKind] =
            switch kind {
            case .writeOne:
                [
                    RequestReceived.kind, RequestProposed.kind, WriteIssued.kind, LogSynced.kind, CommitAdvanced.kind,
                    RevisionWritten.kind, EntryApplied.kind, RequestAnswered.kind, AnswersFlushed.kind,
                    PagesIssued.kind,
                    PagesDurable.kind, MemberStarted.kind,
                ]
            case .writeThree: [RaftMessageSent.kind, RaftMessageReceived.kind, CommitAdvanced.kind, WriteIssued.kind]
            case .readOne:
                [
                    RequestReceived.kind, ReadParked.kind, ReadIndexAsked.kind, ReadIndexKnown.kind,
                    RangeEvaluated.kind,
                    RequestAnswered.kind, AnswersFlushed.kind,
                ]
            case .readSerializable:
                [RequestReceived.kind, RangeEvaluated.kind, RequestAnswered.kind, AnswersFlushed.kind]
            case .keys:
                [
                    RevisionWritten.kind, CompactionScheduled.kind, CompactionStep.kind, CompactionDone.kind,
                    RequestReceived.kind, RequestRefused.kind, RangeEvaluated.kind, EntryApplied.kind,
                ]
            }
        let whole = try kind.draw()
        for event in drawn {
            guard let other = try? kind.draw(without(event.number, kind.story)) else { continue }
            #expect(other.canvas.dot != whole.canvas.dot, "\(event.name) may be missing and nobody sees it in \(kind)")
        }
        // And when events are lost as a ring or a missing file loses them, the picture says so.
        var loader = HistoryLoader()
        for event in 0..<kind.story.count where event % 5 != 3 { loader.add(kind.story.record(at: event)) }
        if let torn = try? kind.draw(loader.finish()) { #expect(torn.canvas.dot.contains("are missing")) }
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
}
