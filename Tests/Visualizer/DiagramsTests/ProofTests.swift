// ProofTests.swift: is a picture drawn from the events that it says it is drawn from, from all of them and from no others?
//
// Four questions, for every story and every picture of a node:
//
//     IN PLACE   without what the events of one kind say (their numbers stay), is the picture another one? The set of kinds for
//                which it is must be exactly the one that stands here.
//     COMPLETE   the kinds that a picture's source names, read out of the source, are all in those sets. So no line of a
//                picture looks at an event that no story has.
//     GONE       without all events of one kind, numbers and all, does the picture say that something is missing?
//     TORN       when every fifth event is lost, does it say so? It may refuse only when the request itself is lost.
//
// What no picture of a kind asks for needs no proof: a write's picture has nothing to tell about votes.

import Bytes
import Diagrams
import Foundation
import Identifiers
import Testing
import Trace
import TraceModel

@Suite("What pictures are drawn from")
struct ProofTests {
    typealias Kind = NodePicturesTests.Kind

    @Test(
        "each picture depends on just the events that it is drawn from: without one it is another one",
        arguments: Kind.allCases)
    func inPlace(kind: Kind) throws {
        let story = try kind.story()
        let records = (0..<story.count).map { story.record(at: $0) }
        let whole = try kind.draw().canvas.dot
        var changed: Set<String> = []
        for name in Set(records.map(Removing.kind)) {
            let rest = Removing.without(name, records)
            let dot = try? kind.draw(Played.history(rest)).canvas.dot
            if dot != whole { changed.insert(name) }
        }
        let drawn = Self.drawnFrom[kind] ?? []
        #expect(
            changed == drawn,
            "\(kind): new \(changed.subtracting(drawn).sorted()), gone \(drawn.subtracting(changed).sorted())")
    }

    /// What each picture is drawn from, of the kinds of events that its story has.
    static let drawnFrom: [Kind: Set<String>] = [
        .writeOne: [
            "answers-flushed", "commit-advanced", "entries-appended", "entries-handed", "entry-applied",
            "log-synced", "member-started", "pages-durable", "pages-issued", "request-answered", "request-proposed",
            "request-received", "revision-written", "write-issued",
        ],
        .writeThree: [
            "answers-flushed", "commit-advanced", "entries-appended", "entries-handed", "entry-applied",
            "log-synced", "member-started", "raft-message-received", "raft-message-sent", "request-answered",
            "request-proposed", "request-received", "revision-written", "write-issued",
        ],
        .writeWatched: [
            "answers-flushed", "commit-advanced", "entries-appended", "entries-handed", "entry-applied",
            "log-synced", "member-started", "request-answered", "request-proposed", "request-received",
            "revision-written", "watch-events-sent", "write-issued",
        ],
        .writeRefused: [
            "answers-flushed", "member-started", "request-received", "request-refused",
        ],
        .writeTxn: [
            "answers-flushed", "commit-advanced", "entries-appended", "entries-handed", "entry-applied",
            "log-synced", "member-started", "request-answered", "request-proposed", "request-received",
            "revision-written", "txn-decided", "write-issued",
        ],
        .writeCompact: [
            "answers-flushed", "commit-advanced", "compaction-scheduled", "entries-appended", "entries-handed",
            "entry-applied", "log-synced", "member-started", "request-answered", "request-proposed",
            "request-received", "write-issued",
        ],
        .writeSlowDisk: [
            "commit-advanced", "entries-appended", "entries-handed", "entry-applied", "member-started",
            "raft-message-received", "raft-message-sent", "request-answered", "request-proposed", "request-received",
            "write-durable", "write-issued",
        ],
        .writeOverwritten: [
            "entries-appended", "entries-truncated", "member-started", "raft-message-received", "raft-message-sent",
            "request-proposed", "request-received", "write-durable", "write-issued",
        ],
        .readOne: [
            "answers-flushed", "member-started", "range-evaluated", "read-index-asked", "read-index-known",
            "read-parked", "request-answered", "request-received", "revision-written",
        ],
        .readSerializable: [
            "answers-flushed", "member-started", "range-evaluated", "request-answered", "request-received",
            "revision-written",
        ],
        .readBehind: [
            "answers-flushed", "entries-applied", "member-started", "range-evaluated", "read-index-asked",
            "read-index-known", "read-parked", "request-answered", "request-received", "revision-written",
        ],
        .readThree: [
            "commit-advanced", "entries-applied", "member-started", "raft-message-received", "raft-message-sent",
            "range-evaluated", "read-index-known", "read-parked", "read-round-begun", "read-round-confirmed",
            "request-answered", "request-received", "role-changed",
        ],
        .readFollower: [
            "answers-flushed", "entries-applied", "member-started", "raft-message-received", "raft-message-sent",
            "range-evaluated", "read-index-known", "read-parked", "read-round-begun", "read-round-confirmed",
            "request-answered", "request-received", "revision-written", "role-changed",
        ],
        .readUnconfirmed: [
            "answers-flushed", "entries-applied", "member-started", "raft-message-received", "raft-message-sent",
            "read-parked", "read-round-begun", "request-received", "request-refused", "role-changed",
        ],
        .readRefused: [
            "answers-flushed", "member-started", "request-received", "request-refused",
        ],
        .readLost: [
            "commit-advanced", "entries-applied", "member-started", "raft-message-sent", "read-parked",
            "request-received", "role-changed",
        ],
        .readRestarted: [
            "answers-flushed", "member-started", "raft-started", "range-evaluated", "request-answered",
            "request-received",
        ],
        .keys: [
            "compaction-done", "compaction-scheduled", "compaction-step", "entry-applied", "member-started",
            "range-evaluated", "request-answered", "request-received", "request-refused", "revision-written",
        ],
        .keysWatched: [
            "member-started", "revision-written", "watch-events-sent", "watcher-created",
        ],
        .keysEarlier: [
            "member-started", "revision-written", "store-restored",
        ],
        .keysOfRequest: [
            "compaction-done", "compaction-scheduled", "compaction-step", "entry-applied", "member-started",
            "range-evaluated", "request-answered", "request-proposed", "request-received", "request-refused",
            "revision-written",
        ],
        .realWrite: [
            "answers-flushed", "commit-advanced", "entries-appended", "entries-handed", "entry-applied",
            "log-synced", "member-started", "pages-durable", "pages-issued", "request-answered", "request-proposed",
            "request-received", "revision-written", "write-issued",
        ],
        .realRead: [
            "answers-flushed", "commit-advanced", "member-started", "range-evaluated", "request-answered",
            "request-received", "revision-written", "role-changed",
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

    // MARK: - Complete

    /// The source of each picture, as far as it looks at events. The room of names, `member-started`, is Picture.swift's.
    static let sources: [(pictures: Set<PictureKind>, files: [String])] = [
        (
            [.write, .read],
            ["Diagrams/WritePicture", "Diagrams/ReadPicture", "TraceModel/RequestPaths", "TraceModel/WriteWalk"]
        ),
        ([.mvcc], ["Diagrams/MVCCPicture", "TraceModel/Keyspace"]),
    ]

    @Test("every kind of event that a picture's source names is proven by a story")
    func complete() throws {
        for (pictures, files) in Self.sources {
            var named: Set<String> = []
            for file in files {
                let source = try String(
                    contentsOf: Self.visualizer.appendingPathComponent("\(file).swift"), encoding: .utf8)
                named.formUnion(Self.kinds(namedIn: source))
            }
            #expect(named.count >= 10, "\(files): this test reads nothing")
            let proven = Kind.allCases.filter { pictures.contains($0.picture) }
                .reduce(into: Set<String>()) { $0.formUnion(Self.drawnFrom[$1] ?? []) }
            #expect(named.subtracting(proven).isEmpty, "\(files) name \(named.subtracting(proven).sorted())")
        }
    }

    /// `case .writeIssued(` and `WriteIssued.kind`: the kinds of events whose names stand in a source.
    private static func kinds(namedIn source: String) -> Set<String> {
        var words: Set<String> = []
        for found in source.matches(of: /\.([a-z][A-Za-z]+)/) { words.insert(String(found.1)) }
        for found in source.matches(of: /([A-Z][A-Za-z]+)\.kind/) {
            words.insert(found.1.prefix(1).lowercased() + found.1.dropFirst())
        }
        let all = Event.table.rows.map { "\($0.kind.name)" }
        return Set(
            all.filter { name in
                let parts = name.split(separator: "-")
                return words.contains(String(parts[0]) + parts.dropFirst().map(\.capitalized).joined())
            })
    }

    /// What the pictures of stories name only to pass it over: a request is told of where it changes a log.
    static let passedOver: Set<String> = ["request-received", "request-answered", "request-refused"]

    @Test(
        "every kind of event that the source of a picture of stories names is among what it is drawn from",
        arguments: [(PictureKind.election, "Election"), (.replication, "Replication")])
    func completeStories(picture: PictureKind, name: String) throws {
        let drawn = try #require(DemoPicturesTests.drawnFrom[picture])
        let named = try FileManager.default.contentsOfDirectory(atPath: Self.visualizer.path + "/Diagrams")
            .filter { $0.hasPrefix(name) }
            .reduce(into: Set<String>()) { found, file in
                let place = Self.visualizer.appendingPathComponent("Diagrams/\(file)")
                found.formUnion(Self.kinds(namedIn: try String(contentsOf: place, encoding: .utf8)))
            }
        #expect(named.count >= 10, "\(name): this test reads nothing")
        let rest = named.subtracting(drawn).subtracting(Self.passedOver)
        #expect(rest.isEmpty, "\(name) names \(rest.sorted())")
    }

    private static let visualizer = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Visualizer")

    @Test("the reader of sources knows an event by both of its names")
    func readsSources() {
        let source = "case .readRoundBegun(let round): [PagesIssued.kind, Nothing.kind] path.answered"
        #expect(Self.kinds(namedIn: source) == ["read-round-begun", "pages-issued"])
    }

    // MARK: - Gone

    @Test("without all events of one kind, every picture says that events are missing", arguments: Kind.allCases)
    func gone(kind: Kind) throws {
        let story = try kind.story()
        let records = (0..<story.count).map { story.record(at: $0) }
        var reported = 0
        for name in Set(records.map(Removing.kind)).sorted() {
            let rest = records.filter { Removing.kind($0) != name }
            guard Self.isNoticed(rest) else { continue }
            reported += 1
            do {
                let dot = try kind.draw(Played.history(rest)).canvas.dot
                #expect(dot.contains("are missing"), "\(kind) without \(name)")
            } catch let error as PictureError {
                // A picture of a request needs the request.
                #expect(Self.mayRefuse(kind, name), "\(kind) without \(name): \(error)")
            }
        }
        #expect(reported >= 3, "\(kind): \(reported) kinds")
    }

    /// Whether a loss can be noticed: at the end of a life nobody knows that more would have come.
    private static func isNoticed(_ rest: [TraceRecord]) -> Bool {
        let lives = Dictionary(grouping: rest) { "\($0.member) \($0.epoch)" }
        return lives.values.contains { life in
            let last = life.map(\.sequence).max() ?? .none
            return life.count < Int(clamping: last.rawValue)
        }
    }

    /// Whether a picture has nothing to draw without events of a kind.
    private static func mayRefuse(_ kind: Kind, _ name: String) -> Bool {
        switch kind.picture {
        case .write, .read: name == "request-received"
        // The revisions of one request are found by the way from its arrival to its effects.
        case .mvcc:
            name == "revision-written"
                || kind == .keysOfRequest && ["request-received", "request-proposed", "entry-applied"].contains(name)
        default: false
        }
    }

    @Test("a loss that the trace admits is reported as such", arguments: PictureKind.allCases)
    func gap(picture: PictureKind) throws {
        let story = Stories.gappy()
        let records = (0..<story.count).map { story.record(at: $0) }
        let dot = try picture.draw(PictureRequest(story), width: 100).canvas.dot
        #expect(dot.contains("are missing; the trace says that it lost them"))
        // Without the admission the numbers tell of it all the same.
        let silent = Played.history(Removing.without("gap", records))
        let other = try picture.draw(PictureRequest(silent), width: 100).canvas.dot
        #expect(other != dot && other.contains("are missing; perhaps a file was not given"))
    }

    // MARK: - Torn

    @Test("when events are lost as a ring or a missing file loses them, the picture says so", arguments: Kind.allCases)
    func losses(kind: Kind) throws {
        var refusals: [Int: String] = [:]
        for phase in 0..<5 {
            let story = try kind.story()
            let records = (0..<story.count).map { story.record(at: $0) }
            let rest = records.enumerated().filter { $0.offset % 5 != phase }.map(\.element)
            do {
                let torn = try kind.draw(Played.history(rest))
                #expect(
                    torn.canvas.dot.contains("are missing") || !Self.isNoticed(rest), "\(kind), \(phase)")
            } catch let error as PictureError {
                refusals[phase] = error.reason
            }
        }
        let expected = Self.refused[kind] ?? [:]
        #expect(
            Set(refusals.keys) == Set(expected.keys),
            "\(kind): refused are \(refusals.sorted { $0.key < $1.key })")
        for (phase, words) in expected { #expect(refusals[phase]?.hasPrefix(words) == true, "\(kind), \(phase)") }
    }

    /// Where every fifth event, counted from one of these, has the only request that the picture could be of; and what is said
    /// then.
    static let refused: [Kind: [Int: String]] = {
        let (write, read, keys) = ("no write is in these", "no read is in these", "no store has written")
        // Of a request that a filter names, more than its arrival is needed to find what it wrote.
        let filtered = [0, 1, 2, 4].map { ($0, "the filter leaves no key or no revision") }
        return [
            .writeThree: [3: write], .writeRefused: [2: write], .writeTxn: [2: write],
            .writeCompact: [0: "no write of these traces passes"], .writeSlowDisk: [2: write],
            .writeOverwritten: [2: write], .readSerializable: [0: read], .readBehind: [0: read],
            .readUnconfirmed: [4: read], .readRefused: [2: read], .readRestarted: [3: read],
            .keysEarlier: [0: keys], .keysOfRequest: Dictionary(uniqueKeysWithValues: filtered),
        ]
    }()
}
