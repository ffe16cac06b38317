// WritePicture.swift: one write, through every part of a node, and where its time went.
//
//     client     requests     apply       raft        log         n2
//       |──put x──>█           |           |           |          |
//       |          █──propose────────────> █           |          |
//       |          |           |           █──write──> ▒ sync     |        grey: also happened, nobody waited
//       |          |           |           █──append────────────> ▒
//       |          |           |           █<──────────────ack────▒        black: what the client waited for
//       |          |           █<──entry── █ commit    |          |
//       |          █<──result──█           |<─ synced ─▒          |
//       |<──ok─────█
//
// Which of several things that happened side by side was waited for is WritePath's answer (RequestPaths.swift). Every
// duration is the difference of two times of one member; across the network it is the round trip by the asker's clock less
// the time that the other spent by its own.
//
// The lane of the client has no events: it is where requests come from and answers go, as the member saw it.

import Bytes
import Identifiers
import Trace
package import TraceModel

/// Draws one write.
package enum WritePicture {
    /// The write that the filter wants, else the last one that was answered.
    package static func draw(_ request: PictureRequest, width: Int) throws(PictureError) -> Picture {
        guard let path = choose(request) else {
            throw PictureError(
                request.history.requests(methods).isEmpty
                    ? "no write is in these traces: give a trace with a `request-received` of a put, a delete, a "
                        + "transaction or a compaction"
                    : "no write of these traces passes the filter: make it wider")
        }
        var drawing = WriteDrawing(request, path)
        drawing.compose()
        return drawing.picture(width: width)
    }

    /// Where the time of a write went; empty when the trace has no times.
    package static func waterfall(_ request: PictureRequest, _ path: WritePath) -> Waterfall {
        var drawing = WriteDrawing(request, path)
        drawing.measure()
        return drawing.waterfall
    }

    /// The methods that write.
    static let methods: Set<TraceMethod> = [.put, .deleteRange, .txn, .compact, .lease, .auth, .memberChange, .other]

    /// How much there is to see: the last one of those with most is drawn.
    private static func weight(_ path: WritePath) -> Int {
        (path.answered != nil || path.refused != nil ? 2 : 0) + (path.written.isEmpty ? 0 : 1)
    }

    /// The path of the write that is wanted.
    package static func choose(_ request: PictureRequest) -> WritePath? {
        var best: WritePath?
        for event in RequestChoice.newest(methods, request) {
            guard let path = request.history.writePath(from: event) else { continue }
            if best.map({ weight($0) < weight(path) }) ?? true { best = path }
            if weight(path) == 3 { break }
        }
        return best
    }
}

/// The drawing while it is made.
struct WriteDrawing {
    let request: PictureRequest
    let path: WritePath
    let history: CausalHistory
    var board = SpaceTime(spacing: 152, margin: 62)
    var rows = Rows(drop: 17)
    /// What a lane has done last: where the next bar begins.
    var waterfall = Waterfall()
    /// The last event that the waterfall has come to.
    private var measured = 0
    let member: String

    // Lanes.
    var (client, door, apply, raft, log, pages) = (0, 0, 0, 0, 0, 0)
    var followerLanes: [MemberID: Int] = [:]
    /// The place of each event of the path in the causal order.
    private var rank: [Int: Int] = [:]
    /// Where things stand that others are drawn from.
    private var doorTop = 0.0
    private var raftTop = 0.0
    /// Where the bars of the log and of the followers begin; they end where the answer leaves.
    private var disks: [Int: Double] = [:]

    init(_ request: PictureRequest, _ path: WritePath) {
        self.request = request
        self.path = path
        history = request.history
        member = request.names[history.lanes[path.lane].member]
        let events = Set(Self.events(of: path))
        for (place, event) in history.order.enumerated() where events.contains(Int(event)) { rank[Int(event)] = place }
    }

    private static func events(of path: WritePath) -> [Int] {
        let own = [
            path.received, path.proposed, path.appended, path.issued, path.synced, path.overwritten, path.committed,
            path.handed, path.applied, path.answered, path.refused, path.flushed, path.pagesIssued, path.pagesDurable,
        ]
        let others = path.followers.flatMap { [$0.sent, $0.received, $0.issued, $0.synced, $0.acknowledged, $0.heard] }
        return (own + others).compactMap { $0 }
    }

    // MARK: - Words

    /// `put x`; of a transaction what it has changed, because the trace has no more of it.
    private var order: String {
        var words = RequestWords.spelled(path.request)
        if path.request.method == .txn {
            let changes = path.written.compactMap { place -> String? in
                guard case .revisionWritten(let written) = history.record(at: place).event else { return nil }
                return "\(written.change) \(Lettering.printable(written.key, limit: 12))"
            }
            words = "txn" + (changes.isEmpty ? "" : ": " + changes.prefix(2).joined(separator: ", "))
            if changes.count > 2 { words += ", …" }
        }
        return words.isEmpty ? "a request" : words
    }

    /// `put x = 3`.
    private var question: String {
        guard path.request.method == .put, let place = path.written.first,
            case .revisionWritten(let written) = history.record(at: place).event, !written.value.isEmpty
        else { return order }
        // What is shortened has its dots already; what the trace has only the beginning of gets them here.
        let isCut = written.valueBytes > written.value.count && written.value.count <= 16
        return "\(order) = \(Lettering.printable(written.value, limit: 16))\(isCut ? "…" : "")"
    }

    /// The longest words that have room beside a lane or over an arrow.
    private func question(width: Double, size: Double) -> String {
        if Lettering.width(question, size: size) <= width { return question }
        return RequestWords.fitted(path.request, width: width, size: size, in: order)
    }

    private var revision: Revision {
        if let applied = path.applied, case .entryApplied(let entry) = history.record(at: applied).event {
            return entry.revision
        }
        return .zero
    }

    /// The request by all its names.
    private var identity: String {
        var parts = [question, "request \(history.record(at: path.received).sequence.rawValue)"]
        if path.index != .zero { parts.append("log entry \(path.term.rawValue)/\(path.index.rawValue)") }
        if revision != .zero { parts.append("revision \(revision.rawValue)") }
        if path.refused != nil { parts.append("refused") }
        if path.overwritten != nil { parts.append("overwritten") }
        return parts.joined(separator: "  →  ")
    }

    private var title: String { request.title ?? "Write: \(identity)" }

    /// What an event's lane did between two events of it, by its clock.
    func between(_ from: Int?, _ to: Int?) -> Int64? {
        guard let from, let to, let start = history.time(of: from), let end = history.time(of: to) else { return nil }
        return Int64(bitPattern: end.monotonic &- start.monotonic)
    }

    private func spelled(_ nanoseconds: Int64?) -> String { nanoseconds.map(Waterfall.spelled) ?? "" }

    // MARK: - Composing

    mutating func compose() {
        addLanes()
        arrive()
        let steps = middleSteps.sorted { $0.rank < $1.rank }
        for step in steps { draw(step.step) }
        endWork()
        writePages()
        addGround()
        measure()
    }

    private mutating func addLanes() {
        client = board.lane("client", question(width: 88, size: 8))
        // Answers are flushed by a shell that speaks gRPC; an experiment's member has nothing in front of it.
        door = board.lane("requests", path.flushed == nil ? member : "\(member) · gRPC")
        apply = board.lane("apply", "\(member) · store")
        raft = board.lane("raft", path.term == .zero ? member : "\(member) · term \(path.term.rawValue)")
        log = board.lane("log", "\(member) · disk")
        pages = path.pagesIssued == nil ? -1 : board.lane("B+tree file", "\(member) · disk")
        for follower in path.followers {
            followerLanes[follower.member] = board.lane(request.names[follower.member], "raft + log")
        }
    }

    private static let critical = ArrowLook(Palette.critical, width: 2.4)
    private static let beside = ArrowLook(Palette.beside, width: 1.3)

    private mutating func arrive() {
        let sent = rows.place(lane: client, gap: 14)
        doorTop = rows.place(lane: door, gap: 14, after: sent)
        // A long key would cover its neighbours; the headline has more of it.
        board.arrow(
            client, sent, to: door, doorTop, Self.critical, question(width: board.spacing - 26, size: 8.5))
        guard path.proposed != nil else { return }
        let leaves = rows.place(lane: door, gap: 46)
        board.bar(door, doorTop - 3, leaves + 3, Palette.busy)
        var words = [[Run("checked, named", color: Palette.text)]]
        if path.id != 0 { words.append([Run(String(path.id, radix: 16), color: Palette.quiet, size: 8)]) }
        board.note(door, (doorTop + leaves) / 2, Words(lines: words), side: .right)
        raftTop = rows.place(lane: raft, gap: 14, after: leaves)
        board.arrow(door, leaves, to: raft, raftTop, Self.critical, "propose")
        if path.appended != nil { board.note(raft, raftTop + 12, Words("append \(entry)", size: 9), side: .left) }
    }

    /// The entry by term and index.
    private var entry: String { "\(path.term.rawValue)/\(path.index.rawValue)" }

    /// One thing that happens behind the proposal.
    private enum Step {
        case issue
        case sync
        case send(FollowerPath)
        case acknowledge(FollowerPath)
        case lose
        case commit
        case apply
        case refuse
    }

    private var middleSteps: [(rank: Int, step: Step)] {
        var steps: [(rank: Int, step: Step)] = []
        func add(_ event: Int?, _ step: Step) { if let event { steps.append((rank[event] ?? 0, step)) } }
        add(path.issued, .issue)
        add(path.synced, .sync)
        for follower in path.followers {
            add(follower.sent, .send(follower))
            add(follower.heard, .acknowledge(follower))
        }
        add(path.overwritten, .lose)
        add(path.committed, .commit)
        add(path.handed ?? path.applied, .apply)
        add(path.refused, .refuse)
        return steps
    }

    private mutating func draw(_ step: Step) {
        switch step {
        case .issue:
            let leaves = rows.place(lane: raft, gap: 17)
            let arrives = rows.place(lane: log, gap: 14, after: leaves)
            board.arrow(raft, leaves, to: log, arrives, isOwnDisk ? Self.critical : Self.beside, "write")
            disks[log] = arrives
        case .sync: finishSync()
        case .send(let follower): send(follower)
        case .acknowledge(let follower): acknowledge(follower)
        case .lose: lose()
        case .commit: commit()
        case .apply: applyAndAnswer()
        case .refuse: refuse()
        }
    }

    /// Whether the own disk completed the quorum.
    private var isOwnDisk: Bool { path.decided != nil && path.decided == path.synced }

    /// How long a disk's bar is at least, so that there is room for the words beside it.
    private static let diskHeight = 62.0

    /// Draws a disk's work up to where its answer leaves, and answers with the heights of both ends of the answer. How far
    /// down that is says nothing about how long it took: nobody has one clock for all lanes.
    private mutating func finish(
        _ lane: Int, _ look: BoxLook, _ words: Words, side: Alignment
    ) -> (leaves: Double, heard: Double) {
        let start = disks[lane] ?? rows.end(of: lane)
        disks[lane] = nil
        let heard = max(rows.end(of: raft) + 17, start + Self.diskHeight + rows.drop)
        let leaves = rows.place(lane: lane, gap: heard - rows.drop - rows.end(of: lane))
        board.bar(lane, start - 3, leaves + 3, look)
        // Right of a follower the messages to those behind it pass, before it has answered: so low down.
        let isLow = side == .right && lane + 1 < board.lanes.count
        board.note(lane, isLow ? leaves - words.height / 2 : start + Self.diskHeight / 2, words, side: side)
        return (leaves, rows.place(lane: raft, gap: 17, after: leaves))
    }

    private mutating func finishSync() {
        let look = isOwnDisk ? Palette.syncing : Palette.idle.wide
        let way = finish(log, look, syncWords(path.issued, path.synced, isOwnDisk), side: .left)
        board.arrow(
            log, way.leaves, to: raft, way.heard, (isOwnDisk ? Self.critical : Self.beside).reply, "durable")
    }

    private mutating func send(_ follower: FollowerPath) {
        guard let lane = followerLanes[follower.member] else { return }
        let isDecisive = path.decided != nil && path.decided == follower.heard
        let look = isDecisive ? Self.critical : Self.beside
        // The words of a lost message stand where it was sent, over its arrow and under the one before.
        let leaves = rows.place(lane: raft, gap: follower.isLost ? 21 : 17)
        guard follower.received != nil else {
            let words = "append \(entry) to \(request.names[follower.member])"
            board.arrow(raft, leaves, to: lane, leaves + 14, look, words, isLost: follower.isLost)
            return
        }
        let arrives = rows.place(lane: lane, gap: 14, after: leaves)
        board.arrow(raft, leaves, to: lane, arrives, look, "append \(entry)")
        disks[lane] = arrives
    }

    private mutating func acknowledge(_ follower: FollowerPath) {
        guard let lane = followerLanes[follower.member] else { return }
        let isDecisive = path.decided != nil && path.decided == follower.heard
        let words = syncWords(follower.issued, follower.synced, isDecisive)
        let way = finish(lane, isDecisive ? Palette.syncing : Palette.idle.wide, words, side: .right)
        let isLate = path.committed.map { (rank[follower.heard ?? 0] ?? 0) > (rank[$0] ?? 0) } ?? false
        board.arrow(
            lane, way.leaves, to: raft, way.heard, (isDecisive ? Self.critical : Self.beside).reply,
            "match \(path.index.rawValue)\(isLate ? " (late)" : "")", isLabelEarly: true)
    }

    /// Ends what nothing in the trace has ended: parts that were still at work when it stopped, or died.
    private mutating func endWork() {
        for (lane, start) in disks.sorted(by: { $0.key < $1.key }) {
            let end = rows.place(lane: lane, gap: Self.diskHeight)
            board.bar(lane, start - 3, end + 3, Palette.idle.wide)
            let follower = path.followers.first { followerLanes[$0.member] == lane }
            let words = syncWords(follower?.issued, follower?.synced, false)
            board.note(lane, end - words.height / 2, words, side: lane == log ? .left : .right)
        }
        if path.proposed != nil, path.handed == nil, path.applied == nil {
            board.bar(raft, raftTop - 3, rows.end(of: raft) + 3, Palette.busy)
        }
        guard path.answered == nil, path.refused == nil else { return }
        board.note(
            client, rows.bottom, Words("no answer\nin these traces", color: Palette.troubleInk), side: .right)
    }

    private func syncWords(_ issued: Int?, _ synced: Int?, _ isWaitedFor: Bool) -> Words {
        var nanoseconds = between(issued, synced)
        var name = "write + sync"
        if let synced, case .logSynced(let sync) = history.record(at: synced).event, sync.nanoseconds > 0 {
            (nanoseconds, name) = (Int64(clamping: sync.nanoseconds), "sync")
        }
        let color = isWaitedFor ? Palette.voteInk : Palette.faint
        var lines = [[Run(name, color: color, isBold: isWaitedFor)]]
        if nanoseconds != nil { lines.append([Run(spelled(nanoseconds), color: color, isBold: isWaitedFor)]) }
        return Words(lines: lines)
    }

    private mutating func lose() {
        let place = rows.place(lane: raft, gap: 24)
        board.mark(raft, place, .cross, Palette.trouble)
        let other = path.successor == .zero ? "another" : "\(path.successor.rawValue)/\(path.index.rawValue)"
        board.note(
            raft, place + 2,
            Words(lines: [
                [Run("entry \(entry) is overwritten", color: Palette.troubleInk, isBold: true)],
                [Run("by \(other) of another leader", color: Palette.troubleInk)],
            ]), side: .left)
    }

    private mutating func commit() {
        let place = rows.place(lane: raft, gap: 16)
        board.mark(raft, place, .square, Palette.successInk)
        let acknowledged = path.followers.filter { ($0.heard ?? .max) < (path.committed ?? 0) }
        var names = acknowledged.map { request.names[$0.member] }
        if path.synced ?? .max < path.committed ?? 0 { names.insert(member, at: 0) }
        var words = [[Run("commit \(path.index.rawValue)", color: Palette.successInk, isBold: true)]]
        if !path.followers.isEmpty {
            words.append([Run("durable on \(names.joined(separator: " + "))", color: Palette.successInk)])
        } else {
            words.append([Run("the only voter", color: Palette.successInk)])
        }
        board.note(raft, place + 2, Words(lines: words), side: .left)
    }

    private mutating func refuse() {
        guard let refused = path.refused, case .requestRefused(let no) = history.record(at: refused).event else {
            return
        }
        let why = ["refused:"] + RequestWords.lines(no.why, width: board.spacing - 36, limit: 4)
        let words = Words(why.joined(separator: "\n"), color: Palette.troubleInk)
        let place = rows.place(lane: door, gap: words.height + 12)
        board.bar(door, (path.proposed == nil ? doorTop : place - words.height) - 3, place + 3, Palette.busy)
        board.note(door, place - words.height / 2 - 4, words, side: .right)
        let out = rows.place(lane: client, gap: 14, after: place)
        board.arrow(door, place, to: client, out, Self.critical.reply, "error \(no.code)")
    }

    /// From the commit to the client: what it still waited for.
    private mutating func applyAndAnswer() {
        var begins = rows.end(of: raft)
        if path.handed != nil {
            let leaves = rows.place(lane: raft, gap: 24)
            board.bar(raft, raftTop - 3, leaves + 3, Palette.busy)
            begins = rows.place(lane: apply, gap: 14, after: leaves)
            board.arrow(raft, leaves, to: apply, begins, Self.critical, "entry \(entry)")
        } else {
            board.bar(raft, raftTop - 3, begins + 3, Palette.busy)
            begins = rows.place(lane: apply, gap: 14, after: begins)
        }
        guard path.applied != nil else { return }
        let words = appliedWords
        let ends = rows.place(lane: apply, gap: max(52, words.height + 16))
        board.bar(apply, begins - 3, ends + 3, Palette.applying)
        board.note(apply, (begins + ends) / 2, words, side: .right)
        guard path.answered != nil else { return }
        let back = rows.place(lane: door, gap: 14, after: ends)
        board.arrow(apply, ends, to: door, back, Self.critical, "result")
        let out = rows.place(lane: door, gap: 26)
        board.bar(door, back - 3, out + 3, Palette.busy)
        if !path.watched.isEmpty {
            board.note(
                door, (back + out) / 2,
                Words("\(path.watched.count) watcher\(path.watched.count == 1 ? "" : "s") told"), side: .right)
        }
        let home = rows.place(lane: client, gap: 14, after: out)
        board.arrow(
            door, out, to: client, home, Self.critical, revision == .zero ? "ok" : "ok · revision \(revision.rawValue)")
    }

    private var appliedWords: Words {
        var lines = decisions
        let width = board.spacing - 40
        for place in path.written.prefix(3) {
            guard case .revisionWritten(let record) = history.record(at: place).event else { continue }
            let (number, what) = (
                "\(record.main.rawValue).\(record.sub)",
                record.change == .put ? "version \(record.version)" : "tombstone"
            )
            let room = width - Lettering.width("\(number)    \(what)", size: 9)
            lines.append(
                "\(number)  \(Lettering.fitted(Lettering.printable(record.key), width: room, size: 9))  \(what)")
        }
        if path.written.count > 3 { lines.append("and \(path.written.count - 3) more") }
        // A store has a revision from its beginning; an experiment's state machine has none, and says nothing of keys.
        if path.written.isEmpty, path.compacted == nil {
            lines.append(revision == .zero ? "applied" : "no key changes")
        }
        return Words(lines: lines.map { [Run($0, color: Palette.successInk)] })
    }

    /// What the store has decided before it changed anything.
    private var decisions: [String] {
        var lines: [String] = []
        if let compared = path.compared, case .txnDecided(let txn) = history.record(at: compared).event {
            lines.append(
                txn.compares == 0
                    ? "nothing to compare" : txn.succeeded ? "what it compares holds" : "what it compares fails")
        }
        if let compacted = path.compacted, case .compactionScheduled(let order) = history.record(at: compacted).event {
            lines.append("forget history before \(order.revision.rawValue)")
        }
        return lines
    }

    private mutating func writePages() {
        guard let issued = path.pagesIssued, case .pagesIssued(let batch) = history.record(at: issued).event else {
            return
        }
        // Nothing says how much later; but it is after the answer as a rule, and drawn there.
        let leaves = rows.place(lane: apply, gap: 34, after: rows.bottom)
        let arrives = rows.place(lane: pages, gap: 14, after: leaves)
        board.arrow(apply, leaves, to: pages, arrives, Self.beside, "batch \(batch.transaction)")
        var words = [[Run("later, with all else", color: Palette.faint)]]
        guard let durable = path.pagesDurable, case .pagesDurable(let done) = history.record(at: durable).event else {
            board.note(pages, arrives + 4, Words(lines: words), side: .right)
            return
        }
        let ends = rows.place(lane: pages, gap: 40)
        board.bar(pages, arrives - 3, ends + 3, Palette.idle.wide)
        let nanoseconds = done.nanoseconds > 0 ? Int64(clamping: done.nanoseconds) : between(issued, durable)
        words.append([Run("write + sync \(spelled(nanoseconds))", color: Palette.faint)])
        board.note(pages, (arrives + ends) / 2, Words(lines: words), side: .left)
    }

    private mutating func addGround() {
        let bottom = rows.bottom + 16
        for lane in [client, door, apply, raft, log] + (pages < 0 ? [] : [pages]) + followerLanes.values.sorted() {
            board.bars.insert(
                SpaceTime.Bar(
                    lane: lane, from: 0, to: bottom, look: Palette.idle, name: "", tooltip: "", classes: ""), at: 0)
        }
        let look = BoxLook(fill: Color("#4A90C210"), line: Color("#BCD9EC"), isRounded: true)
        board.group(door...(pages < 0 ? log : pages), -66, bottom + 8, look)
    }

    // MARK: - The time

    /// Adds the stretch that ends with an event of this member, and begins where the last one ended.
    private mutating func add(_ name: String, upTo event: Int?, _ look: BoxLook) {
        guard let event, event > measured, let nanoseconds = between(measured, event) else { return }
        waterfall.add(name, nanoseconds, look)
        measured = event
    }

    mutating func measure() {
        guard between(path.received, path.flushed ?? path.answered ?? path.refused) != nil else { return }
        measured = path.received
        if path.refused != nil {
            add("checked and refused", upTo: path.refused, Palette.busy)
            add("to the kernel, with others", upTo: path.flushed, Palette.busy)
            return
        }
        add("check, gather, propose", upTo: path.proposed, Palette.busy)
        if let follower = path.decidingFollower {
            add("hand out", upTo: follower.sent, Palette.busy)
            measure(follower)
        } else {
            add("gather with others", upTo: path.issued, Palette.busy)
            measureOwnLog()
        }
        add("commit", upTo: path.committed, Palette.busy)
        add("apply", upTo: path.applied, Palette.applying)
        add("answer", upTo: path.answered, Palette.busy)
        add("to the kernel, with others", upTo: path.flushed, Palette.busy)
    }

    /// From the order to write until the report that it is durable: the sync by the writer's own clock, and the rest.
    private mutating func measureOwnLog() {
        guard let synced = path.synced, synced > measured, let all = between(measured, synced) else { return }
        guard case .logSynced(let sync) = history.record(at: synced).event, sync.nanoseconds > 0 else {
            add("log: write + sync", upTo: synced, Palette.syncing)
            return
        }
        let pure = min(all, Int64(clamping: sync.nanoseconds))
        waterfall.add("log: wait, write, report", all - pure, Palette.idle)
        waterfall.add("log: sync", pure, Palette.syncing)
        measured = synced
    }

    private mutating func measure(_ follower: FollowerPath) {
        guard let heard = follower.heard, let roundTrip = between(follower.sent, heard),
            let there = between(follower.received, follower.left)
        else { return }
        let name = request.names[follower.member]
        let disk = min(there, between(follower.issued, follower.synced) ?? 0)
        // The other's clock may run a little faster than ours: what it says is believed up to our whole.
        let inside = min(there, roundTrip)
        waterfall.add("network to \(name) and back", roundTrip - inside, Palette.idle)
        waterfall.add("\(name): its log", min(disk, inside), Palette.syncing)
        waterfall.add("\(name): the rest", inside - min(disk, inside), Palette.busy)
        measured = heard
    }

    // MARK: - The picture

    func picture(width: Int) -> Picture {
        let meaning =
            "black = what the client waited for   ·   grey = also happened, nobody waited   ·   yellow = a disk"
            + (waterfall.total > 0 ? "   ·   every duration is measured on ONE member's clock" : "")
        // A story's headline tells the story, not which of its writes this is.
        let subtitle = request.title == nil ? meaning : "\(identity)   ·   \(meaning)"
        var canvas = Canvas(title: title, subtitle: subtitle, about: about)
        var bottom = board.paint(on: &canvas, top: Canvas.top)
        let caption = "what the request waited for in \(member), to scale"
        bottom = waterfall.paint(
            on: &canvas, at: Point(0, bottom + 18), width: max(560, board.x(of: board.lanes.count - 1) + 50),
            caption: caption)
        var page = TextPage(width: width)
        page.headline(title, subtitle)
        board.lines(on: &page)
        waterfall.lines(on: &page, caption: caption)
        Remarks.add(request, to: &canvas, below: bottom, &page)
        return Picture(canvas: canvas, text: page)
    }

    private var about: String {
        var sentences = ["\(question) arrives at member \(member)."]
        if path.index != .zero {
            sentences.append("It becomes entry \(path.index.rawValue) of term \(path.term.rawValue).")
        }
        if path.overwritten != nil { sentences.append("Another leader overwrites it: this write has not happened.") }
        if let follower = path.decidingFollower {
            sentences.append("The acknowledgement of \(request.names[follower.member]) completes the quorum.")
        } else if path.synced != nil {
            sentences.append("It is committed when the member's own log is durable.")
        }
        if revision != .zero { sentences.append("Applying it gives revision \(revision.rawValue).") }
        if waterfall.total > 0 {
            sentences.append("From arrival to answer it took \(Waterfall.spelled(waterfall.total)).")
            for stretch in waterfall.stretches {
                sentences.append("\(stretch.name): \(Waterfall.spelled(stretch.nanoseconds)).")
            }
        }
        return sentences.joined(separator: " ")
    }
}

extension BoxLook {
    /// The same as wide as a part at work.
    var wide: BoxLook {
        var look = self
        look.barWidth = 16
        return look
    }
}
