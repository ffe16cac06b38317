// ReadPicture.swift: one read, and what makes its answer the newest.
//
//     client       n2            n1 leader      n3
//       |──get x──>┊ (1) wait     █              │        a read needs no log entry and no sync; but whoever answers it must
//       |          ┊──ReadIndex──>█ (2) commit 7 │        know that nobody else leads meanwhile, and must have applied what
//       |          ┊<·····beat····█····beat·····>│        was committed when the question came
//       |          ┊·····ok······>█<····ok·······│
//       |          ┊<──index 7────█ (3)
//       |          ┊ (4) applied 6 < 7: wait
//       |          █ (5) look up
//       |<──x = 3──█
//
// A serializable read skips (1) to (4). If the traces have one, its time stands beside the other's: that is the price of
// being sure.

import Bytes
import Identifiers
import Trace
import TraceModel

/// Draws one read.
package enum ReadPicture {
    /// The read that the filter wants: the last linearizable one that was answered, else the last one.
    package static func draw(_ request: PictureRequest, width: Int) throws(PictureError) -> Picture {
        let paths = request.history.requests([.range]).filter { RequestChoice.allows($0, request) }
            .compactMap { request.history.readPath(from: $0) }
        let answered = paths.filter { $0.answered != nil }
        guard let path = answered.last(where: { $0.parked != nil }) ?? answered.last ?? paths.last else {
            throw PictureError(
                "no read is in these traces, or the filter leaves none: give a trace with a `request-received` of a range, "
                    + "or a wider filter")
        }
        // The comparison may be any serializable read, whatever the filter says: one of the same key if there is one.
        let others = request.history.requests([.range]).compactMap { request.history.readPath(from: $0) }
            .filter { $0.request.serializable && $0.answered != nil && $0.lane == path.lane }
        let other = others.last { $0.request.key == path.request.key } ?? others.last
        var drawing = ReadDrawing(request, path, path.request.serializable ? nil : other)
        drawing.compose()
        return drawing.picture(width: width)
    }
}

/// The drawing while it is made.
struct ReadDrawing {
    let request: PictureRequest
    let path: ReadPath
    let other: ReadPath?
    let history: CausalHistory
    var board: SpaceTime
    var rows = Rows(drop: 18)
    private var lanes: [MemberID: Int] = [:]
    private var client = 0
    private let own: MemberID
    private var number = 0
    /// Where the bar of the asked member's lane begins to be drawn next.
    private var since = 0.0

    init(_ request: PictureRequest, _ path: ReadPath, _ other: ReadPath?) {
        self.request = request
        self.path = path
        self.other = other
        history = request.history
        own = history.lanes[path.lane].member
        board = SpaceTime(spacing: path.messages.isEmpty ? 260 : 225, margin: 120)
    }

    // MARK: - Words

    private var key: String { Lettering.printable(path.request.key, limit: 20) }

    private var question: String {
        var words = "get \(key)"
        if !path.request.rangeEnd.isEmpty {
            words += " … \(Lettering.printable(path.request.rangeEnd, limit: 12))"
        }
        if path.request.revision != .zero { words += " at revision \(path.request.revision.rawValue)" }
        return words
    }

    private var kind: String { path.request.serializable ? "serializable" : "linearizable" }

    private var title: String {
        if let title = request.title { return title }
        return "\(path.request.serializable ? "Serializable" : "Linearizable") read: \(question)  →  request "
            + "\(history.record(at: path.received).sequence.rawValue)"
            + (path.index == .zero ? "" : "  →  committed \(path.index.rawValue)")
    }

    private var subtitle: String {
        path.request.serializable
            ? "answered from what this member happens to know: no question to anybody, and perhaps not the newest"
            : path.parked == nil
                ? "no log entry, no sync, nobody to ask: the only voter knows by itself that nobody else leads"
                : "no log entry, no sync: the leader proves that it still leads, then the member waits until it has applied "
                    + "what was committed"
    }

    private func between(_ from: Int?, _ to: Int?) -> Int64? {
        guard let from, let to, let start = history.time(of: from), let end = history.time(of: to) else { return nil }
        return Int64(bitPattern: end.monotonic &- start.monotonic)
    }

    private mutating func note(
        _ lane: Int, _ y: Double, _ text: String, _ color: Color, side: Alignment = .center, isNumbered: Bool = true
    ) {
        if isNumbered { number += 1 }
        board.note(
            lane, y, Words(text, color: color, isBold: true), number: isNumbered ? number : nil, side: side)
    }

    // MARK: - Composing

    mutating func compose() {
        client = board.lane("client", question)
        lanes[own] = board.lane(request.names[own], "asked by the client")
        for event in path.messages {
            guard case .raftMessageSent(let sent) = history.record(at: event).event else { continue }
            for member in [sent.message.to, sent.message.from] where lanes[member] == nil {
                lanes[member] = board.lane(request.names[member])
            }
        }
        let lane = lanes[own] ?? 1
        let sent = rows.place(lane: client, gap: 14)
        let arrives = rows.place(lane: lane, gap: 14, after: sent)
        board.arrow(client, sent, to: lane, arrives, Palette.question, "\(question)  (\(kind))")
        since = arrives
        if path.parked != nil { park(lane) }
        if path.known != nil { learn(lane) }
        answer(lane)
        addGround(lane)
    }

    private mutating func park(_ lane: Int) {
        let place = rows.place(lane: lane, gap: 14)
        note(lane, place, "wait: what is committed?", Palette.readInk, side: .left)
        if let asked = path.asked, case .readIndexAsked(let question) = history.record(at: asked).event,
            question.reads > 1
        {
            note(
                lane, rows.place(lane: lane, gap: 14), "with \(question.reads - 1) other reads", Palette.quiet,
                side: .left, isNumbered: false)
        }
        if let begun = path.roundBegun, case .readRoundBegun(let round) = history.record(at: begun).event {
            let place = rows.place(lane: lane, gap: 16)
            note(lane, place, "committed is \(round.commit.rawValue); do I still lead?", Palette.readInk, side: .right)
        }
        for event in path.messages { draw(event) }
        if path.roundConfirmed != nil {
            note(
                lane, rows.place(lane: lane, gap: 16), "a quorum has answered: I still lead", Palette.successInk,
                side: .right)
        }
    }

    private mutating func draw(_ event: Int) {
        guard case .raftMessageSent(let sent) = history.record(at: event).event, let from = lanes[sent.message.from],
            let to = lanes[sent.message.to]
        else { return }
        let message = sent.message
        let leaves = rows.place(lane: from, gap: 13)
        let arrives = rows.place(lane: to, gap: 13, after: leaves)
        switch message.type {
        case .readIndex: board.arrow(from, leaves, to: to, arrives, Palette.question, "ReadIndex")
        case .readIndexResp:
            board.arrow(
                from, leaves, to: to, arrives, Palette.question.reply, "committed was \(message.index.rawValue)")
        case .heartbeat:
            board.arrow(
                from, leaves, to: to, arrives, Palette.beat,
                "heartbeat t\(message.term.rawValue), round \(message.round)")
        case .heartbeatResp:
            board.arrow(from, leaves, to: to, arrives, Palette.beat.reply, "ok, round \(message.round)")
        case .app:
            board.arrow(
                from, leaves, to: to, arrives, Palette.append,
                "append \(message.index.rawValue + 1)…\(message.index.rawValue + UInt64(clamping: message.entries)), "
                    + "commit \(message.commit.rawValue)")
        default: break
        }
    }

    private mutating func learn(_ lane: Int) {
        guard let known = path.known, case .readIndexKnown(let answer) = history.record(at: known).event else { return }
        let place = rows.place(lane: lane, gap: 18)
        if path.parked == nil {
            note(lane, place, "alone, and everything is applied:", Palette.readInk, side: .left)
            note(
                lane, place + 12, "committed \(answer.index.rawValue), applied \(answer.applied.rawValue)",
                Palette.readInk,
                side: .left, isNumbered: false)
            return
        }
        if answer.applied >= answer.index {
            note(
                lane, place, "committed \(answer.index.rawValue), applied \(answer.applied.rawValue): go on",
                Palette.readInk, side: .left)
            return
        }
        note(
            lane, place, "applied \(answer.applied.rawValue) < \(answer.index.rawValue): wait", Palette.readInk,
            side: .left)
        guard let caughtUp = path.caughtUp, case .entriesApplied(let now) = history.record(at: caughtUp).event else {
            return
        }
        let applied = rows.place(lane: lane, gap: 26)
        board.mark(lane, applied, .square, Palette.entry)
        note(
            lane, applied, "applied \(now.applied.rawValue)", Palette.entry, side: .left, isNumbered: false)
    }

    private mutating func answer(_ lane: Int) {
        let begins = rows.place(lane: lane, gap: path.known == nil ? 20 : 32)
        if path.parked != nil {
            board.bar(lane, since, begins, Palette.waiting, named: "")
        }
        if let refused = path.refused, case .requestRefused(let no) = history.record(at: refused).event {
            note(
                lane, begins, Lettering.shortened(no.why, limit: 44), Palette.troubleInk, side: .right)
            let home = rows.place(lane: client, gap: 14, after: begins)
            board.arrow(lane, begins, to: client, home, Palette.question.reply, "error \(no.code)")
            return
        }
        guard path.answered != nil else { return }
        let ends = rows.place(lane: lane, gap: 40)
        board.bar(lane, path.parked == nil ? since - 3 : begins, ends + 3, Palette.reading)
        if let looked = path.evaluated, case .rangeEvaluated(let range) = history.record(at: looked).event {
            let many = range.found == 1 ? "1 key" : "\(range.found) keys"
            note(
                lane, (begins + ends) / 2, "look up at revision \(range.revision.rawValue): \(many)", Palette.readInk,
                side: .right)
        }
        var words = "answer"
        if let answered = path.answered, case .requestAnswered(let sent) = history.record(at: answered).event {
            // An experiment's answer has no bytes.
            let size = sent.sizeBytes == 0 ? "answer" : "\(sent.sizeBytes) bytes"
            words = "\(size) · revision \(sent.revision.rawValue)"
        }
        let home = rows.place(lane: client, gap: 14, after: ends)
        board.arrow(lane, ends, to: client, home, Palette.question.reply, words)
    }

    private mutating func addGround(_ lane: Int) {
        let bottom = rows.bottom + 16
        let leader = path.messages.isEmpty ? nil : leaderOfQuestions
        for number in board.lanes.indices {
            let isLeader = lanes.contains { $0.value == number && $0.key == leader }
            let look = number == client ? Palette.idle : isLeader ? Palette.leader : Palette.follower
            board.bars.insert(
                SpaceTime.Bar(
                    lane: number, from: 0, to: bottom, look: look, name: "", tooltip: "",
                    classes: isLeader ? "role-leader" : ""), at: 0)
            if isLeader { board.lanes[number].detail = number == lane ? "leader, asked" : "leader" }
        }
    }

    /// Who answers the question: the one who sends the heartbeats, or the index.
    private var leaderOfQuestions: MemberID? {
        for event in path.messages {
            guard case .raftMessageSent(let sent) = history.record(at: event).event else { continue }
            if sent.message.type == .heartbeat || sent.message.type == .readIndexResp { return sent.message.from }
        }
        return nil
    }

    // MARK: - The time

    private func waterfall(_ path: ReadPath) -> Waterfall {
        var fall = Waterfall()
        func add(_ name: String, _ from: Int?, _ to: Int?, _ look: BoxLook) {
            if let nanoseconds = between(from, to) { fall.add(name, nanoseconds, look) }
        }
        if path.parked != nil {
            add("gather with other reads", path.received, path.asked ?? path.parked, Palette.busy)
            add("what is committed?", path.asked ?? path.parked, path.known, Palette.waiting)
            if path.caughtUp != nil { add("wait until it is applied", path.known, path.caughtUp, Palette.waiting) }
            add("look up, answer", path.caughtUp ?? path.known, path.answered, Palette.reading)
        } else {
            add("look up, answer", path.received, path.answered ?? path.refused, Palette.reading)
        }
        add("to the kernel, with others", path.answered ?? path.refused, path.flushed, Palette.busy)
        return fall
    }

    // MARK: - The picture

    func picture(width: Int) -> Picture {
        var canvas = Canvas(title: title, subtitle: subtitle, about: about)
        var bottom = board.paint(on: &canvas, top: Canvas.top) + 18
        var page = TextPage(width: width)
        page.headline(title, subtitle)
        board.lines(on: &page)
        var falls = [("what this \(kind) read waited for, to scale", waterfall(path))]
        if let other {
            let name = history.record(at: other.received).sequence.rawValue
            falls.append(("for comparison: request \(name), a serializable read; it may be stale", waterfall(other)))
        }
        for (caption, fall) in falls where fall.total > 0 {
            bottom = fall.paint(on: &canvas, at: Point(60, bottom), width: 560, caption: caption) + 14
            fall.lines(on: &page, caption: caption)
        }
        Remarks.add(request, to: &canvas, below: bottom, &page)
        return Picture(canvas: canvas, text: page)
    }

    private var about: String {
        var sentences = ["A \(kind) read, \(question), arrives at member \(request.names[own])."]
        if path.known != nil {
            sentences.append("It waits until the member knows that entry \(path.index.rawValue) was committed.")
        }
        if path.caughtUp != nil { sentences.append("Then it waits until that entry is applied.") }
        if path.answered != nil { sentences.append("Then it is looked up and answered.") }
        if path.refused != nil { sentences.append("It is refused.") }
        return sentences.joined(separator: " ")
    }
}
