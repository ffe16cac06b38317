// TimelinePicture.swift: everything that happened, a line each: the picture for a terminal, and the one to search in.
//
//      step  n1  n2  n3
//        21  █   │   │   n1 leads term 2
//        24  █───○   │   n1 -> n2  Append 2/4  (+ 1 step without news)
//        25  █   +   │   n2 log: entry 4 of term 2
//        ..  █   │   │   (4 answers to heartbeats, 12 steps without news)
//
// Each member has a column, which shows what it is (█ leader, │ follower, ...) and, on the line of an event of its own, what
// kind of event. The words say it again, so nothing depends on seeing columns or colours. A message stands where it arrived.
//
// `step` is the Lamport number: how long the longest chain of causes is. Equal numbers may have happened in any order.
//
// FOLDED are heartbeats, acknowledgements and bookkeeping. A stretch of them has a line that says how many; of a few, which
// would take a third of all lines, the end of the line above says it. `--all` shows them.
//
// READ NEXT  EventWords.swift (the sentences)

import Identifiers
import Trace
import TraceModel

/// One line an event.
package enum TimelinePicture {
    /// Draws it.
    package static func draw(_ request: PictureRequest, width: Int) throws(PictureError) -> Picture {
        var scene = try TimelineScene(request)
        scene.walk()
        let title = request.title ?? "Timeline of \(request.names.list(scene.members))"
        return Picture(canvas: scene.canvas(title), text: scene.text(title, width))
    }
}

/// The lines of a timeline.
struct TimelineScene {
    struct Line {
        var step: Int
        /// The lane of the event; nil: a fold.
        var lane: Int?
        var sign: Character
        var words: String
        var ink: TextInk
        /// What each lane is doing.
        var looks: [BoxLook?]
        /// The lane that a message came from, or would have gone to.
        var other: Int?
        var isLost = false
        var look: ArrowLook?
        /// The few things that were folded just below.
        var aside = ""
    }

    let history: CausalHistory
    let names: MemberNames
    let filter: Filter
    /// The entries of the chosen keys and requests; nil: none are chosen.
    let selection: Selection?
    let messages: Messages
    let words: EventWords
    let range: Range<Int>
    let members: [MemberID]
    var footnotes: Footnotes
    private(set) var lines: [Line] = []
    private var lanes: [MemberID: Int] = [:]
    private var replicas: [MemberID: Replica] = [:]
    private var looks: [BoxLook?]
    private var folded: [String: Int] = [:]
    /// Up to here changes of membership are the founders' own.
    private var founding: [MemberID: LogIndex] = [:]

    init(_ request: PictureRequest) throws(PictureError) {
        history = request.history
        names = request.names
        filter = request.filter
        messages = Messages(history)
        words = EventWords(names)
        selection = try Selection(filter, in: history)
        range = filter.range(in: history, of: selection)
        footnotes = Footnotes(history)
        if range.count < history.count {
            footnotes.omit("event before or after this stretch", history.count - range.count)
        }
        members = try filter.chosenMembers(names)
        looks = Array(repeating: nil, count: members.count)
        for (lane, member) in members.enumerated() { lanes[member] = lane }
        if range.isEmpty { throw PictureError("nothing in these traces passes the filter: there is nothing to show") }
    }

    mutating func walk() {
        for (position, event) in history.order.enumerated() {
            let record = history.record(at: Int(event))
            replicas[record.member, default: Replica(record.member)].apply(record.event)
            guard let lane = lanes[record.member] else {
                if range.contains(position) { footnotes.omit("event of other members") }
                continue
            }
            change(record, lane)
            guard range.contains(position) else { continue }
            take(record, Int(event), lane)
        }
        foldHere()
    }

    private mutating func change(_ record: TraceRecord, _ lane: Int) {
        switch record.event {
        case .raftStarted, .roleChanged, .configurationChanged: looks[lane] = look(of: replicas[record.member]!)
        case .memberStopped: looks[lane] = Palette.down
        case .faultInjected(let fault):
            switch fault.fault {
            case .crash, .tornWrite: looks[lane] = Palette.down
            case .pause: looks[lane] = Palette.paused
            case .resume: looks[lane] = look(of: replicas[record.member]!)
            default: break
            }
        default: break
        }
    }

    private func look(of replica: Replica) -> BoxLook {
        switch replica.role {
        case .leader: Palette.leader
        case .candidate: Palette.candidate
        case .preCandidate: Palette.preCandidate
        case .follower:
            replica.configuration.learners.contains(replica.member) ? Palette.learner : Palette.follower
        }
    }

    private mutating func take(_ record: TraceRecord, _ event: Int, _ lane: Int) {
        if let selection, !selection.isAbout(event) {
            folded["step about other things", default: 0] += 1
            return
        }
        switch record.event {
        case .raftMessageSent:
            guard let message = messages.bySending[event], message.receipt == nil else { return }
            add(message, event, lane, at: lanes[message.message.to])
        case .raftMessageReceived(let received):
            let sending = history.partner(of: event)
            guard let sending, let message = messages.bySending[sending], !messages.repeated.contains(event) else {
                add(
                    Line(
                        step: history.lamport(of: event), lane: lane, sign: "○",
                        words: "\(names[received.message.from]) -> \(names[members[lane]])  "
                            + MessageWords.label(received.message) { _ in nil }
                            + (sending == nil ? " (its sending is in no trace)" : " (again)"),
                        ink: .quiet, looks: looks))
                return
            }
            add(message, event, lane, at: lanes[received.message.from])
        default:
            var sentence = words.sentence(record)
            switch record.event {
            case .raftStarted(let started): founding[record.member] = started.commit
            case .configurationChanged(let changed) where changed.index <= founding[record.member] ?? .zero:
                sentence.isNews = false
            default: break
            }
            // Of what was chosen everything is told: it is the way of a few entries.
            guard sentence.isNews || filter.showsAll || selection != nil else {
                folded["step without news", default: 0] += 1
                return
            }
            add(
                Line(
                    step: history.lamport(of: event), lane: lane, sign: sentence.sign,
                    words: "\(names[record.member]) \(sentence.words)", ink: sentence.ink, looks: looks))
        }
    }

    private mutating func add(_ message: Message, _ event: Int, _ lane: Int, at other: Int?) {
        let said = message.message
        let isNews: Bool =
            switch said.type {
            case .vote, .voteResp, .preVote, .preVoteResp, .timeoutNow, .transferLeader, .snap, .readIndex,
                .readIndexResp, .prop:
                true
            case .app: said.entries > 0
            case .appResp: said.reject
            default: false
            }
        guard isNews || filter.showsAll || selection != nil else {
            folded[MessageWords.kind(said.type, count: 1), default: 0] += 1
            return
        }
        let sender = replicas[said.from]
        let fate = message.departure == nil ? " (never left)" : message.receipt == nil ? " (nobody receives it)" : ""
        let label = MessageWords.label(said) { sender?.term(at: $0) }
        add(
            Line(
                step: history.lamport(of: event), lane: lane, sign: message.receipt == nil ? "●" : "○",
                words: "\(names[said.from]) -> \(names[said.to])  \(label)\(fate)",
                ink: message.receipt == nil ? .trouble : ink(said), looks: looks, other: other,
                isLost: message.receipt == nil, look: MessageWords.look(said)))
    }

    private func ink(_ said: TraceMessage) -> TextInk {
        switch said.type {
        case .vote, .voteResp, .preVote, .preVoteResp, .timeoutNow, .transferLeader: said.reject ? .trouble : .vote
        case .app, .appResp, .prop: said.reject ? .trouble : .entry
        case .snap: .success
        case .readIndex, .readIndexResp: .read
        default: .quiet
        }
    }

    private mutating func add(_ line: Line) {
        foldHere()
        lines.append(line)
    }

    private mutating func foldHere() {
        guard !folded.isEmpty else { return }
        let parts = folded.keys.sorted().map { what -> String in
            let count = folded[what]!
            let word =
                what == "step without news" && count > 1 ? "steps without news" : ElectionPicture.plural(what, count)
            return "\(count) \(word)"
        }
        let count = folded.values.reduce(0, +)
        folded = [:]
        let aside = "  (+ \(parts.joined(separator: ", ")))"
        if count <= Self.fewFolded, let last = lines.indices.last, lines[last].lane != nil,
            lines[last].words.count + aside.count <= Self.lineLimit
        {
            lines[last].aside = aside
            return
        }
        lines.append(
            Line(
                step: lines.last?.step ?? 0, lane: nil, sign: " ", words: "(\(parts.joined(separator: ", ")))",
                ink: .quiet, looks: looks))
    }

    /// So many folded things have no line of their own.
    private static let fewFolded = 5
    /// And only where a line does not get longer than most are.
    private static let lineLimit = 84

    // MARK: - Text

    func text(_ title: String, _ width: Int) -> TextPage {
        var page = TextPage(width: width)
        page.headline(
            title,
            "step = length of the longest chain of causes; a message stands where it arrives. █ leader  ▓ candidate  "
                + "░ pre-candidate  │ follower  ┊ learner  : down  = stands still")
        let pitch = max(4, min(8, (names.members.map { TextPage.columns(names[$0]) }.max() ?? 2) + 2))
        let start = 8 + pitch * members.count
        var head = "  step  "
        for member in members { head += TextPage.fitted(names[member], pitch - 1) + " " }
        page.line(head, .bold)
        for line in lines {
            let room = max(20, width - start)
            var pieces = TextPage.wrapped(line.words, width: room).map { TextSpan($0, line.ink) }
            var aside = TextSpan(line.aside, .quiet)
            if let last = pieces.last, TextPage.columns(last.text) + TextPage.columns(line.aside) > room {
                pieces += TextPage.wrapped(line.aside, width: room).map { TextSpan($0, .quiet) }
                aside.text = ""
            }
            for (number, piece) in pieces.enumerated() {
                var spans = [TextSpan(number == 0 ? step(line) : "        ", .quiet)]
                spans += columns(line, pitch, isFirst: number == 0)
                spans.append(piece)
                if number == pieces.count - 1, !aside.text.isEmpty { spans.append(aside) }
                page.line(spans)
            }
        }
        page.footnotes(footnotes, ElectionPicture.plural)
        return page
    }

    private func step(_ line: Line) -> String {
        if line.lane == nil { return "     ..  ".dropLast().description }
        let text = "\(line.step)"
        return String(repeating: " ", count: max(0, 6 - text.count)) + text + "  "
    }

    private func columns(_ line: Line, _ pitch: Int, isFirst: Bool) -> [TextSpan] {
        var spans: [TextSpan] = []
        for lane in members.indices {
            let look = line.looks[lane]
            var sign = look.map(SpaceTime.sign) ?? " "
            var ink = look.map(SpaceTime.ink) ?? .plain
            if isFirst, line.lane == lane { (sign, ink) = (line.sign, line.ink) }
            spans.append(TextSpan(String(sign), ink))
            var filler: Character = " "
            if isFirst, let own = line.lane, let other = line.other, lane >= min(own, other), lane < max(own, other) {
                filler = line.isLost ? "╌" : "─"
            }
            spans.append(TextSpan(String(repeating: filler, count: pitch - 1), filler == " " ? .plain : line.ink))
        }
        return spans
    }

    // MARK: - Canvas

    func canvas(_ title: String) -> Canvas {
        var canvas = Canvas(
            title: title,
            subtitle: "one line = one event, causes above effects   ·   number = length of the longest chain of causes",
            about: "A timeline of \(names.list(members)) with \(lines.count) lines. "
                + lines.prefix(40).filter { $0.lane != nil }.map(\.words).joined(separator: "; ") + ".")
        var board = SpaceTime(spacing: 78, margin: 78)
        for member in members { _ = board.lane(names[member], classes: ElectionScene.laneClass(names[member])) }
        let pitch = 14.5
        let textX = board.x(of: members.count - 1) + 40
        let origin = Canvas.top + 62
        for (row, line) in lines.enumerated() {
            let y = Double(row) * pitch + 6
            if let lane = line.lane {
                canvas.text(Words("\(line.step)", size: 8, color: Palette.faint), at: Point(26, origin + y), .right)
                if let other = line.other, let look = line.look {
                    if line.isLost {
                        board.arrow(lane, y, to: other, y + 8, look, "", isLost: true, tooltip: line.words)
                    } else {
                        board.arrow(other, y - 10, to: lane, y, look, "", tooltip: line.words)
                    }
                } else {
                    board.mark(
                        lane, y,
                        line.sign == "★" ? .star : line.sign == "◆" ? .diamond : line.sign == "✕" ? .cross : .square,
                        color(line.ink), tooltip: line.words)
                }
            }
            let words = Words(line.words, size: line.lane == nil ? 8 : 9, color: color(line.ink))
            canvas.text(words, at: Point(textX, origin + y))
            // In a place of its own: a text of two faces stands a little higher than its neighbours.
            canvas.text(
                Words(line.aside, size: 8, color: Palette.faint), at: Point(textX + words.width + 4, origin + y))
        }
        paintBars(&board, pitch)
        let bottom = board.paint(on: &canvas, top: Canvas.top)
        let legend = board.legend(timeouts: "asks for votes", squares: "an event; its words stand in its colour")
        let below = canvas.legend(legend, at: Point(0, bottom + 4), width: textX + 300)
        _ = canvas.footnotes(footnotes, at: Point(0, below + 2), ElectionPicture.plural)
        return canvas
    }

    private func paintBars(_ board: inout SpaceTime, _ pitch: Double) {
        for lane in members.indices {
            var start = 0
            for row in 1...max(1, lines.count) {
                let isEnd = row == lines.count
                guard isEnd || lines[row].looks[lane] != lines[start].looks[lane] else { continue }
                if let look = lines[start].looks[lane] {
                    board.bar(lane, Double(start) * pitch, Double(row) * pitch, look, tooltip: names[members[lane]])
                }
                start = row
            }
        }
    }

    private func color(_ ink: TextInk) -> Color {
        switch ink {
        case .plain, .bold: Palette.text
        case .quiet: Palette.faint
        case .success: Palette.successInk
        case .vote: Palette.voteInk
        case .entry: Palette.entry
        case .read: Palette.read
        case .trouble: Palette.trouble
        }
    }
}
