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
// A serializable read skips (1) to (4), and the table under the picture says what that may cost it. If the traces have one,
// its time stands below the other's, to the same scale: that is the price of being sure.
//
// Who leads, and how far everybody is, is what each member had said when the read came.

import Bytes
import Identifiers
import Trace
import TraceModel

/// Draws one read.
package enum ReadPicture {
    /// The read that the filter wants: the last linearizable one that was answered, else the last one.
    package static func draw(_ request: PictureRequest, width: Int) throws(PictureError) -> Picture {
        guard let path = choose(request) else {
            throw PictureError(
                request.history.requests([.range]).isEmpty
                    ? "no read is in these traces: give a trace with a `request-received` of a range"
                    : "no read of these traces passes the filter: make it wider")
        }
        let other = comparison(request, path)
        var drawing = ReadDrawing(request, path, path.request.serializable ? nil : other)
        drawing.compose()
        return drawing.picture(width: width)
    }

    /// The newest read that had to wait and was answered, else one that was answered, else any.
    private static func choose(_ request: PictureRequest) -> ReadPath? {
        var (answered, any): (ReadPath?, ReadPath?)
        for event in RequestChoice.newest([.range], read(request)) {
            guard let path = request.history.readPath(from: event) else { continue }
            any = any ?? path
            guard path.answered != nil else { continue }
            if path.parked != nil { return path }
            answered = answered ?? path
        }
        return answered ?? any
    }

    /// A serializable read to compare with, whatever the filter says: of the same key if there is one.
    private static func comparison(_ request: PictureRequest, _ path: ReadPath) -> ReadPath? {
        var other: ReadPath?
        for event in RequestChoice.newest([.range], PictureRequest(request.history)) {
            guard let read = request.history.readPath(from: event), read.request.serializable, read.answered != nil,
                read.lane == path.lane
            else { continue }
            if read.request.key == path.request.key { return read }
            other = other ?? read
        }
        return other
    }

    /// A read has no entry: indexes and terms say nothing of it.
    private static func read(_ request: PictureRequest) -> PictureRequest {
        var request = request
        (request.filter.indexes, request.filter.terms) = (nil, nil)
        return request
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
    /// What everybody had said of itself when the read came.
    private let replicas: [MemberID: Replica]
    /// Where messages were sent that are on their way.
    private var sent: [Int: Double] = [:]
    /// The numbers of the notes on what a serializable read skips.
    private var skipped: (first: Int, last: Int)?
    private var waitNumber: Int?

    init(_ request: PictureRequest, _ path: ReadPath, _ other: ReadPath?) {
        self.request = request
        self.path = path
        self.other = other
        history = request.history
        own = history.lanes[path.lane].member
        replicas = Self.replicas(request.history, path.received)
        board = SpaceTime(spacing: path.messages.isEmpty ? 260 : 225, margin: 62)
    }

    /// Each member as far as anybody could know it when an event happened.
    private static func replicas(_ history: CausalHistory, _ event: Int) -> [MemberID: Replica] {
        var replicas: [MemberID: Replica] = [:]
        let place = history.order.firstIndex(of: Int32(event)) ?? 0
        for (lane, end) in zip(history.lanes, history.cut(prefix: place + 1).ends) {
            var replica = Replica(lane.member)
            for event in lane.events.lowerBound..<end where isOfMember[Int(history.kind(of: event))] {
                replica.apply(history.record(at: event).event)
            }
            if end > lane.events.lowerBound { replicas[lane.member] = replica }
        }
        return replicas
    }

    /// By number: the kinds that say who leads and how far a member is.
    private static let isOfMember: [Bool] = {
        var flags = [Bool](repeating: false, count: 256)
        for kind in [RaftStarted.kind, RoleChanged.kind, CommitAdvanced.kind, EntriesApplied.kind] {
            flags[Int(kind.number)] = true
        }
        return flags
    }()

    // MARK: - Words

    private var question: String { RequestWords.spelled(path.request) }

    private var kind: String { path.request.serializable ? "serializable" : "linearizable" }

    private var identity: String {
        var parts = ["\(question)", "request \(history.record(at: path.received).sequence.rawValue)"]
        if path.index != .zero { parts.append("committed \(path.index.rawValue)") }
        if path.refused != nil { parts.append("refused") }
        return parts.joined(separator: "  →  ")
    }

    private var title: String {
        request.title ?? "\(path.request.serializable ? "Serializable" : "Linearizable") read: \(identity)"
    }

    private var subtitle: String {
        return request.title == nil ? meaning : "\(identity)   ·   \(meaning)"
    }

    private var meaning: String {
        if path.request.serializable {
            return "answered from what this member happens to know: no question to anybody, and perhaps not the newest"
        }
        if path.parked == nil {
            return path.known == nil
                ? "refused before anybody was asked"
                : "no log entry, no sync, nobody to ask: the only voter knows by itself that nobody else leads"
        }
        return path.known == nil
            ? "no log entry, no sync; but who does not hear that a leader still leads must not answer"
            : "no log entry, no sync: the leader proves that it still leads, then the member waits until it has applied "
                + "what was committed"
    }

    private func between(_ from: Int?, _ to: Int?) -> Int64? {
        guard let from, let to, let start = history.time(of: from), let end = history.time(of: to) else { return nil }
        return Int64(bitPattern: end.monotonic &- start.monotonic)
    }

    @discardableResult
    private mutating func note(
        _ lane: Int, _ y: Double, _ text: String, _ color: Color, side: Alignment = .center, isNumbered: Bool = true
    ) -> Int? {
        if isNumbered { number += 1 }
        board.note(
            lane, y, Words(text, color: color, isBold: true), number: isNumbered ? number : nil, side: side)
        return isNumbered ? number : nil
    }

    /// `leader t2 · commit 7`; empty when a member has said nothing of itself.
    private func standing(_ member: MemberID) -> String {
        guard let replica = replicas[member], replica.term != .zero else { return "" }
        let far =
            replica.role == .leader ? "commit \(replica.commit.rawValue)" : "applied \(replica.applied.rawValue)"
        let role = replica.role == .preCandidate ? "pre-candidate" : "\(replica.role)"
        return "\(role) t\(replica.term.rawValue) · \(far)"
    }

    private func isLeader(_ member: MemberID) -> Bool { replicas[member]?.role == .leader }

    // MARK: - Composing

    mutating func compose() {
        client = board.lane("client", RequestWords.fitted(path.request, width: 88, size: 8))
        addLane(own)
        for event in path.messages {
            guard case .raftMessageSent(let sent) = history.record(at: event).event else { continue }
            addLane(sent.message.to)
            addLane(sent.message.from)
        }
        let lane = lanes[own] ?? 1
        let sent = rows.place(lane: client, gap: 14)
        let arrives = rows.place(lane: lane, gap: 14, after: sent)
        let words = RequestWords.fitted(path.request, width: board.spacing - 110, size: 8.5)
        board.arrow(client, sent, to: lane, arrives, Palette.question, "\(words)  (\(kind))")
        since = arrives
        if path.parked != nil {
            let first = note(
                lane, rows.place(lane: lane, gap: 14), "wait: what is committed?", Palette.readInk, side: .left)
            skipped = first.map { ($0, $0) }
            noteOthers(lane)
        }
        for step in steps.sorted(by: { $0.rank < $1.rank }) { draw(step.step, lane) }
        answer(lane)
        addGround(lane)
    }

    private mutating func addLane(_ member: MemberID) {
        guard lanes[member] == nil else { return }
        let standing = standing(member)
        lanes[member] = board.lane(
            request.names[member], standing.isEmpty && member == own ? "asked by the client" : standing)
    }

    /// One thing that happens between the question and its answer.
    private enum Step {
        case send(Int)
        case receive(Int)
        case begin(Int)
        case confirm(Int)
        case know
        case catchUp
    }

    private var steps: [(rank: Int, step: Step)] {
        var steps: [(event: Int, step: Step)] = []
        for event in path.messages {
            steps.append((event, .send(event)))
            if let heard = history.partner(of: event) { steps.append((heard, .receive(event))) }
        }
        if let begun = path.roundBegun { steps.append((begun, .begin(begun))) }
        if let confirmed = path.roundConfirmed { steps.append((confirmed, .confirm(confirmed))) }
        if let known = path.known { steps.append((known, .know)) }
        if let caughtUp = path.caughtUp { steps.append((caughtUp, .catchUp)) }
        let events = Set(steps.map(\.event))
        var rank: [Int: Int] = [:]
        for (place, event) in history.order.enumerated() where events.contains(Int(event)) { rank[Int(event)] = place }
        return steps.map { (rank[$0.event] ?? 0, $0.step) }
    }

    private mutating func noteOthers(_ lane: Int) {
        guard let asked = path.asked, case .readIndexAsked(let question) = history.record(at: asked).event,
            question.reads > 1
        else { return }
        note(
            lane, rows.place(lane: lane, gap: 14), "with \(question.reads - 1) other reads", Palette.quiet,
            side: .left, isNumbered: false)
    }

    private mutating func draw(_ step: Step, _ lane: Int) {
        switch step {
        case .send(let event): send(event)
        case .receive(let event): receive(event)
        case .begin(let event):
            guard case .readRoundBegun(let round) = history.record(at: event).event,
                let leader = lanes[history.lanes[history.lane(of: event)].member]
            else { return }
            let place = rows.place(lane: leader, gap: 16)
            note(
                leader, place, "committed is \(round.commit.rawValue); do I still lead?", Palette.readInk, side: .right)
        case .confirm(let event):
            guard let leader = lanes[history.lanes[history.lane(of: event)].member] else { return }
            note(
                leader, rows.place(lane: leader, gap: 16), "a quorum has answered: I still lead", Palette.successInk,
                side: .right)
        case .know:
            if let first = skipped?.first { skipped = (first, max(first, number)) }
            learn(lane)
        case .catchUp:
            guard let caughtUp = path.caughtUp, case .entriesApplied(let now) = history.record(at: caughtUp).event
            else { return }
            let applied = rows.place(lane: lane, gap: 26)
            board.mark(lane, applied, .square, Palette.entry)
            note(lane, applied, "applied \(now.applied.rawValue)", Palette.entry, side: .left, isNumbered: false)
        }
    }

    private mutating func send(_ event: Int) {
        guard case .raftMessageSent(let told) = history.record(at: event).event, let from = lanes[told.message.from],
            let to = lanes[told.message.to]
        else { return }
        let leaves = rows.place(lane: from, gap: told.message.type == .app ? 20 : 13)
        sent[event] = leaves
        // Whoever was not traced may have received it: only a traced one that did not is a loss.
        if history.partner(of: event) == nil {
            board.arrow(
                from, leaves, to: to, leaves + rows.drop, look(told.message), words(told.message),
                isLost: history.isLost(event))
        }
    }

    private func look(_ message: TraceMessage) -> ArrowLook {
        switch message.type {
        case .readIndex: Palette.question
        case .readIndexResp: Palette.question.reply
        case .heartbeat: Palette.beat
        case .heartbeatResp: Palette.beat.reply
        default: Palette.append
        }
    }

    private mutating func receive(_ event: Int) {
        guard case .raftMessageSent(let told) = history.record(at: event).event, let from = lanes[told.message.from],
            let to = lanes[told.message.to], let leaves = sent[event]
        else { return }
        let arrives = rows.place(lane: to, gap: 13, after: leaves)
        board.arrow(from, leaves, to: to, arrives, look(told.message), words(told.message))
    }

    private func words(_ message: TraceMessage) -> String {
        switch message.type {
        case .readIndex: return "ReadIndex"
        case .readIndexResp: return "committed was \(message.index.rawValue)"
        case .heartbeat: return "heartbeat t\(message.term.rawValue), round \(message.round)"
        case .heartbeatResp: return "ok, round \(message.round)"
        default:
            let (first, last) = (
                message.index.rawValue &+ 1, message.index.rawValue &+ UInt64(clamping: message.entries)
            )
            return "append \(first == last ? "\(first)" : "\(first)…\(last)"), commit \(message.commit.rawValue)"
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
        let isBehind = answer.applied < answer.index
        let words =
            isBehind
            ? "applied \(answer.applied.rawValue) < \(answer.index.rawValue): wait"
            : "committed \(answer.index.rawValue), applied \(answer.applied.rawValue): go on"
        let number = note(lane, place, words, Palette.readInk, side: .left)
        if isBehind { waitNumber = number }
    }

    private mutating func answer(_ lane: Int) {
        if let refused = path.refused, case .requestRefused(let no) = history.record(at: refused).event {
            refuse(lane, no)
            return
        }
        let begins = rows.place(lane: lane, gap: path.known == nil ? 20 : 32)
        if path.parked != nil { board.bar(lane, since, begins, Palette.waiting, named: "") }
        guard path.answered != nil else {
            note(lane, begins, "no answer in these traces", Palette.troubleInk, side: .left, isNumbered: false)
            return
        }
        let ends = rows.place(lane: lane, gap: 40)
        board.bar(lane, path.parked == nil ? since - 3 : begins, ends + 3, Palette.reading)
        var value: String?
        if let looked = path.evaluated, case .rangeEvaluated(let range) = history.record(at: looked).event {
            let many = range.found == 0 ? "no key" : range.found == 1 ? "1 key" : "\(range.found) keys"
            note(
                lane, (begins + ends) / 2, "look up at revision \(range.revision.rawValue): \(many)", Palette.readInk,
                side: .right)
            if range.found == 1, path.request.rangeEnd.isEmpty { value = self.value(range, before: looked) }
        }
        var words = "answer"
        if let answered = path.answered, case .requestAnswered(let sent) = history.record(at: answered).event {
            // An experiment's answer has no bytes.
            let size = sent.sizeBytes == 0 ? "answer" : "\(sent.sizeBytes) bytes"
            words = "\(value ?? size)  ·  revision \(sent.revision.rawValue)"
        }
        let home = rows.place(lane: client, gap: 14, after: ends)
        board.arrow(lane, ends, to: client, home, Palette.question.reply, words)
    }

    /// `x = 3`: what the member itself has told of the key, last before it was looked up and at that revision or before.
    private func value(_ range: RangeEvaluated, before event: Int) -> String? {
        let first = history.lanes[path.lane].events.lowerBound
        for place in stride(from: event - 1, through: max(first, event - 200_000), by: -1)
        where history.kind(of: place) == RevisionWritten.kind.number {
            guard case .revisionWritten(let written) = history.record(at: place).event, written.key == range.key,
                written.main <= range.revision
            else { continue }
            guard written.change == .put, !written.value.isEmpty else { return nil }
            let isCut = written.valueBytes > written.value.count && written.value.count <= 16
            let key = Lettering.printable(written.key, limit: 16)
            return "\(key) = \(Lettering.printable(written.value, limit: 16))\(isCut ? "…" : "")"
        }
        return nil
    }

    private mutating func refuse(_ lane: Int, _ no: RequestRefused) {
        let why = ["refused:"] + RequestWords.lines(no.why, width: board.spacing - 40, isBold: true)
        let words = Words(why.joined(separator: "\n"), color: Palette.troubleInk, isBold: true)
        // Below all messages: those that were lost end beside this lane too.
        let lowest = board.arrows.map { max($0.from.y, $0.to.y) }.max() ?? 0
        let gap = path.messages.isEmpty ? 32 : lowest + words.height / 2 + 14 - rows.end(of: lane)
        let begins = rows.place(lane: lane, gap: max(32, gap))
        if path.parked != nil {
            board.bar(lane, since, begins, Palette.waiting, named: "")
        } else {
            board.bar(lane, since - 3, begins + 3, Palette.reading)
        }
        number += 1
        board.note(lane, begins - 4, words, number: number, side: .right)
        let home = rows.place(lane: client, gap: 14, after: begins)
        let look = ArrowLook(Palette.trouble, width: Palette.question.width)
        board.arrow(lane, begins, to: client, home, look.reply, "error \(no.code)")
    }

    private mutating func addGround(_ lane: Int) {
        let bottom = rows.bottom + 16
        let asked = path.messages.isEmpty ? nil : leaderOfQuestions
        for number in board.lanes.indices {
            let member = lanes.first { $0.value == number }?.key
            let leads = member.map { isLeader($0) || $0 == asked } ?? false
            let look = number == client ? Palette.idle : leads ? Palette.leader : Palette.follower
            board.bars.insert(
                SpaceTime.Bar(
                    lane: number, from: 0, to: bottom, look: look, name: "", tooltip: "",
                    classes: leads ? "role-leader" : ""), at: 0)
            if leads, member.map(standing) == "" {
                board.lanes[number].detail = number == lane ? "leader, asked" : "leader"
            }
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

    // MARK: - What the other kind of read would skip

    /// What this read did beside what a serializable one does; nothing for a read that waited for nobody.
    private var comparison: [(this: String, other: String)] {
        guard path.known != nil, let skipped else { return [] }
        func marks(_ first: Int, _ last: Int) -> String {
            Lettering.circled(first) + (last > first ? " – " + Lettering.circled(last) : "")
        }
        var rows = [
            (
                "\(marks(skipped.first, skipped.last))  who leads, and what is committed?",
                "skipped: its answer may be stale"
            )
        ]
        if let waitNumber, let parked = path.parked, case .readParked(let read) = history.record(at: parked).event {
            rows.append(
                (
                    "\(Lettering.circled(waitNumber))  wait until entry \(path.index.rawValue) is applied",
                    "skipped: it would see what entry \(read.applied.rawValue) has left"
                ))
        }
        if path.answered != nil { rows.append(("\(Lettering.circled(number))  look up, answer", "the same")) }
        return rows
    }

    /// Draws the comparison; answers with its lower edge.
    private func paintComparison(on canvas: inout Canvas, at corner: Point) -> Double {
        guard !comparison.isEmpty else { return corner.y }
        func width(_ words: [String]) -> Double { (words.map { Lettering.width($0, size: 9) }.max() ?? 0) + 34 }
        var sheet = Sheet(
            columns: [width(comparison.map(\.this)), width(comparison.map(\.other) + ["a serializable read"])],
            rowHeight: 17, gap: 0)
        let head = BoxLook(fill: Palette.shade, line: Palette.rule, lineWidth: 0.8)
        let plain = BoxLook(fill: Palette.paper, line: Palette.rule, lineWidth: 0.8)
        let skip = BoxLook(fill: Color("#FFF4E5"), line: Palette.rule, lineWidth: 0.8)
        sheet.cell(0, 0, Words("this read", isBold: true), head, alignment: .left)
        sheet.cell(1, 0, Words("a serializable read", isBold: true), head, alignment: .left)
        for (row, words) in comparison.enumerated() {
            let isSkipped = words.other.hasPrefix("skipped")
            sheet.cell(0, row + 1, Words(words.this, color: Palette.readInk), plain, alignment: .left)
            sheet.cell(
                1, row + 1, Words(words.other, color: isSkipped ? Palette.voteInk : Palette.text),
                isSkipped ? skip : plain, alignment: .left)
        }
        return sheet.paint(on: &canvas, at: corner)
    }

    // MARK: - The time

    private func waterfall(_ path: ReadPath) -> Waterfall {
        var fall = Waterfall()
        func add(_ name: String, _ from: Int?, _ to: Int?, _ look: BoxLook) {
            if let nanoseconds = between(from, to) { fall.add(name, nanoseconds, look) }
        }
        if path.parked != nil {
            add("gather with other reads", path.received, path.asked ?? path.parked, Palette.busy)
            add("what is committed?", path.asked ?? path.parked, path.known ?? path.refused, Palette.waiting)
            if path.caughtUp != nil { add("wait until it is applied", path.known, path.caughtUp, Palette.waiting) }
            add("look up, answer", path.caughtUp ?? path.known, path.answered, Palette.reading)
        } else {
            add(
                path.refused == nil ? "look up, answer" : "check, refuse", path.received, path.answered ?? path.refused,
                Palette.reading)
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
        bottom = paintComparison(on: &canvas, at: Point(0, bottom)) + (comparison.isEmpty ? 0 : 18)
        if !comparison.isEmpty { page.line() }
        for row in comparison { page.paragraph("\(row.this)   -   a serializable read: \(row.other)") }
        var falls = [("what this \(kind) read waited for, to scale", waterfall(path))]
        if let other {
            let name = history.record(at: other.received).sequence.rawValue
            falls.append(
                (
                    "for comparison, to the same scale: request \(name), a serializable read; it may be stale",
                    waterfall(other)
                ))
        }
        let scale = falls.map(\.1.total).max() ?? 0
        for (caption, fall) in falls where fall.total > 0 {
            bottom =
                fall.paint(on: &canvas, at: Point(0, bottom), width: 560, caption: caption, whole: scale) + 14
            fall.lines(on: &page, caption: caption, whole: scale)
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
