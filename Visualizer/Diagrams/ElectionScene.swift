// ElectionScene.swift: the walk through a history that becomes a picture of roles and messages.
//
// Events come in causal order. Each is applied to what is known of its member (Replica), and then, if it is worth being
// seen, it gets a height (Slots) and becomes a bar, an arrow's end, a mark or a note. Notes are collected, because the
// numbers in their circles are given from top to bottom at the end.
//
// A RESTART says nothing about when it happened, seen from the others; it floats down to just above the first thing that
// the member then hears. The same goes for what is sent and arrives late (Slots.swift).
//
// FOLDED MESSAGES are not drawn, but they are not forgotten: what was received stands below what was sent all the same.
//
// READ NEXT  ElectionNotes.swift (the words), ElectionPicture.swift

import Identifiers
import Trace
import TraceModel

/// Lanes, bars, arrows and notes of an election picture.
struct ElectionScene {
    let history: CausalHistory
    let names: MemberNames
    let filter: Filter
    /// The entries of the chosen keys and requests; nil: none are chosen.
    let selection: Selection?
    let messages: Messages
    let words: EventWords
    let range: Range<Int>
    var board: SpaceTime
    var slots = Slots()
    var footnotes: Footnotes
    var tallies: [Tally] = []

    var lanes: [MemberID: Int] = [:]
    var members: [MemberID] = []
    var replicas: [MemberID: Replica] = [:]
    var actors: [Actor] = []
    var notes: [PendingNote] = []
    /// Slots of what left, by sending; what is not drawn left at the last slot of its lane.
    var sentAt: [Int: Int] = [:]
    /// For each arrow of the board: where it was sent, and where it was received.
    var arrowSlots: [(sent: Int, received: Int?)] = []
    /// Which cuts and mendings of the network are one moment, by event; and their slots, by moment.
    let linkMoments: [Int: Int]
    var linkSlots: [Int: [Int]] = [:]
    /// Where the words stand, at last.
    var layout = SpaceTimeLayout()
    private var seen: Set<Repetition> = []
    var committedTerms: Set<Term> = []
    var islands: [Island] = []

    /// What a lane is doing.
    struct Actor {
        var look: BoxLook?
        var name = ""
        var barStart = 0.0
        var isDown = false
        var isPaused = false
        /// The slot of its last end.
        var end: Int?
        /// The timeout that its campaign began with.
        var campaign: Int?
        /// Who campaigned and was not heard here, by lane, and the sending: if this member dies, that was why.
        var unheard: [Int: (campaign: Int, sent: Int)] = [:]
        /// A restart that has no height yet.
        var restart: String?
        var saidLeader = MemberID.none
        var saidTerm = Term.zero
        var unreachable: [MemberID] = []
        /// The height at which that changed.
        var linkY = 0.0
        /// The last term in which a timeout was told.
        var timeoutTerm: Term?
        var founding = LogIndex.zero
        var shownChange = LogIndex.zero
    }

    struct PendingNote {
        var lane: Int
        var y: Double
        var words: Words
        var isNumbered: Bool
        var symbol: String
        /// Its lines before they were broken.
        var spoken: [String]
        var top: Double { y - words.height / 2 }
    }

    struct Island {
        var lanes: ClosedRange<Int>
        /// The first heights at which its members were cut off, lane by lane.
        var from: [(lane: Int, y: Double)]
        /// And at which the network was mended.
        var to: [(lane: Int, y: Double)]?
    }

    private struct Pair: Hashable {
        var from: MemberID
        var to: MemberID
    }

    /// Of what only the first is drawn.
    private struct Repetition: Hashable {
        var from: MemberID
        var to: MemberID
        var term: Term
        var type: TraceMessageType
        var isLost: Bool
        /// The change of membership that it carries or acknowledges; 0: none.
        var change = LogIndex.zero
    }

    init(_ request: PictureRequest) throws(PictureError) {
        history = request.history
        names = request.names
        filter = request.filter
        words = EventWords(names)
        messages = Messages(history)
        selection = try Selection(filter, in: history)
        range = filter.range(in: history, of: selection)
        footnotes = Footnotes(history)
        if range.count < history.count {
            footnotes.omit("event before or after this stretch", history.count - range.count)
        }
        members = try filter.chosenMembers(names)
        linkMoments = Self.linkMoments(history)
        board = SpaceTime(spacing: Self.spacing(members.count))
        for member in members {
            lanes[member] = board.lane(
                names[member], names[member] == "\(member)" ? "" : "\(member)", classes: Self.laneClass(names[member]))
            actors.append(Actor())
        }
        if range.isEmpty { throw PictureError("nothing in these traces passes the filter: there is nothing to draw") }
    }

    /// A name as a class of an SVG: letters, digits and lines.
    static func laneClass(_ name: String) -> String {
        "lane-" + name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
    }

    // MARK: The walk

    mutating func walk() {
        for (position, event) in history.order.enumerated() {
            let record = history.record(at: Int(event))
            let before = replicas[record.member] ?? Replica(record.member)
            replicas[record.member, default: Replica(record.member)].apply(record.event)
            guard let lane = lanes[record.member] else {
                if range.contains(position) { footnotes.omit("event of other members") }
                continue
            }
            guard range.contains(position) else {
                if position < range.lowerBound { prepare(record, lane) }
                continue
            }
            take(record, Int(event), lane, before)
        }
        finish()
    }

    /// Before the window only what a lane is doing counts.
    private mutating func prepare(_ record: TraceRecord, _ lane: Int) {
        switch record.event {
        case .raftStarted, .roleChanged, .configurationChanged, .leaderKnown:
            actors[lane].isDown = false
            let replica = replicas[record.member]!
            setLook(lane, look(of: replica), named: name(of: replica), at: 0)
            actors[lane].saidTerm = replica.term
        case .faultInjected(let fault) where fault.fault == .crash || fault.fault == .tornWrite:
            actors[lane].isDown = true
            setLook(lane, Palette.down, named: "down", at: 0)
        case .commitAdvanced(let advanced):
            // Else a later commit would be called the first of its term.
            if replicas[record.member]!.role == .leader { committedTerms.insert(advanced.term) }
        default: break
        }
    }

    private mutating func take(_ record: TraceRecord, _ event: Int, _ lane: Int, _ before: Replica) {
        switch record.event {
        case .raftMessageSent: if let message = messages.bySending[event] { noteSending(message, event, lane) }
        case .raftMessageReceived(let received): noteReceipt(received.message, event, lane)
        default:
            tell(record, event, lane, before)
            if selection?.isAbout(event) == true { tellRequest(record, lane) }
        }
        // What waited for this sync leaves now.
        if record.event.payload is WriteDurable, let held = messages.byDeparture[event] {
            let shown = held.filter { isShown(messages.bySending[$0]!) }
            guard !shown.isEmpty else {
                for sending in held { sentAt[sending] = slots.last(of: lane) }
                return
            }
            let y = place(lane, gap: 13, .prelude)
            board.mark(lane, y, .square, Palette.vote, tooltip: "\(names[record.member]): the disk has kept it")
            // Said once; then the sign is known.
            let words = hasSaidSync ? "synced" : "synced: now it may be said"
            hasSaidSync = true
            note(lane, y, words, Palette.vote, isBold: false, symbol: "▪", size: 8)
            for sending in shown { depart(messages.bySending[sending]!, lane, gap: rowGap - 2) }
            for sending in held where !shown.contains(sending) { sentAt[sending] = slots.last(of: lane) }
        }
    }

    // MARK: Heights

    /// How far the arrows of a lane stand apart: where many lanes are, many arrows run side by side, and words must fit between.
    var rowGap: Double { members.count > 3 ? 16 : 13 }

    /// How far lanes stand apart: so that the picture fits on a page.
    static func spacing(_ lanes: Int) -> Double { lanes < 3 ? 225 : lanes == 3 ? 195 : lanes == 4 ? 165 : 144 }

    /// The first height of the next thing in a lane; a restart that waits for one gets its own just above.
    mutating func place(_ lane: Int, gap: Double, after sending: Int? = nil, _ kind: Slots.Kind = .event) -> Double {
        guard let restart = actors[lane].restart else {
            return slots.place(lane: lane, gap: gap, after: sending, kind)
        }
        actors[lane].restart = nil
        let start = slots.place(lane: lane, gap: 24, .prelude)
        let replica = replicas[members[lane]]!
        setLook(lane, look(of: replica), named: "", at: start)
        actors[lane].name = name(of: replica)
        note(lane, start, restart, Palette.followerInk, symbol: "▸")
        return slots.place(lane: lane, gap: gap + 4, after: sending, kind)
    }

    // MARK: Messages

    private mutating func isShown(_ message: Message) -> Bool {
        guard lanes[message.message.to] != nil, lanes[message.message.from] != nil else { return false }
        if filter.showsAll { return true }
        let said = message.message
        switch said.type {
        case .vote, .voteResp, .timeoutNow, .transferLeader, .snap: return true
        case .app where said.entries == 0 && said.snapshotIndex == .zero: return false
        case .app where selection != nil, .appResp where selection != nil && !said.reject:
            return selection!.isAbout(message.sending)
        case .appResp where said.reject: return true
        case .app, .appResp, .heartbeat, .heartbeatResp, .preVote, .preVoteResp:
            // The first of its kind; the decision is kept, because the receipt asks again.
            if decisions[message.sending] == nil {
                var kind = Repetition(
                    from: said.from, to: said.to, term: said.term, type: said.type, isLost: message.isLost)
                if let carried = said.carried {
                    kind.change = changes.last { $0 >= carried.0 && $0 <= carried.1 } ?? .zero
                }
                let isRetry = said.type == .app && refused.remove(Pair(from: said.from, to: said.to)) != nil
                decisions[message.sending] = seen.insert(kind).inserted || isRetry
            }
            return decisions[message.sending]!
        default: return false
        }
    }
    private var decisions: [Int: Bool] = [:]
    private var hasSaidSync = false
    /// Leaders and followers whose last append was refused: the next one is drawn.
    private var refused: Set<Pair> = []
    /// Entries that change the membership, in the order in which they were proposed.
    var changes: [LogIndex] = []

    private mutating func noteSending(_ message: Message, _ event: Int, _ lane: Int) {
        guard message.departure != nil else {
            // The crash came before the sync: this was never said.
            let what = MessageWords.kind(message.message.type, count: 1)
            if isShown(message) {
                note(
                    lane, place(lane, gap: 14), "\(what): never sent, its write was lost", Palette.trouble, symbol: "✕")
            } else {
                footnotes.omit(what)
            }
            return
        }
        guard message.departure == event else { return }
        if isShown(message) { depart(message, lane, gap: rowGap) } else { fold(message, lane) }
    }

    private mutating func fold(_ message: Message, _ lane: Int) {
        sentAt[message.sending] = slots.last(of: lane)
        footnotes.omit(
            lanes[message.message.to] == nil
                ? "message to other members" : MessageWords.kind(message.message.type, count: 1))
    }

    private mutating func depart(_ message: Message, _ lane: Int, gap: Double) {
        let y = place(lane, gap: gap, message.receipt == nil ? .lost : .sending)
        sentAt[message.sending] = slots.last(of: lane)
        guard message.receipt == nil, let to = lanes[message.message.to] else { return }
        if let campaign = actors[lane].campaign {
            if let end = actors[to].end, actors[to].isDown {
                slots.wish(campaign, below: end)
            } else {
                actors[to].unheard[lane] = (campaign, slots.last(of: lane)!)
            }
        }
        // Nobody received it. Whether it was lost or is still under way, no event can tell; it ends in a cross.
        arrow(message, lane, y, to, y + slots.drop, isLost: true)
        arrowSlots.append((slots.last(of: lane)!, nil))
    }

    private mutating func noteReceipt(_ said: TraceMessage, _ event: Int, _ lane: Int) {
        guard let sending = history.partner(of: event), let message = messages.bySending[sending] else {
            footnotes.hint(
                "\(names[members[lane]]) received messages whose sending is in no trace; they are not drawn.")
            return
        }
        if messages.repeated.contains(event) {
            footnotes.omit("second arrival of a message")
            return
        }
        guard isShown(message), let from = lanes[said.from], let sent = sentAt[sending] else {
            if message.isHeld { footnotes.omit(MessageWords.kind(said.type, count: 1)) }
            if let sent = sentAt[sending] { floor(lane, sent) }
            return
        }
        if let unheard = actors[lane].unheard[from], unheard.sent < sent { actors[lane].unheard[from] = nil }
        if said.type == .appResp, said.reject { refused.insert(Pair(from: said.to, to: said.from)) }
        let y = place(lane, gap: rowGap, after: sent)
        arrow(message, from, slots.first(of: sent), lane, y, isLost: false)
        arrowSlots.append((sent, slots.last(of: lane)!))
    }

    /// A folded message was received: whatever comes now stands below its sending.
    private mutating func floor(_ lane: Int, _ sent: Int) {
        if actors[lane].restart == nil { slots.lower(lane: lane, below: sent) }
    }

    private mutating func arrow(
        _ message: Message, _ from: Int, _ sent: Double, _ to: Int, _ received: Double, isLost: Bool
    ) {
        let said = message.message
        let sender = replicas[said.from]
        let label = MessageWords.label(said) { sender?.term(at: $0) }
        board.arrow(
            from, sent, to: to, received, MessageWords.look(said), label, isLost: isLost,
            tooltip: "\(names[said.from]) to \(names[said.to]): \(label)" + (isLost ? " (nobody received it)" : ""),
            classes: MessageWords.classes(said, isLost: isLost))
    }

    // MARK: Bars and notes

    mutating func setLook(_ lane: Int, _ look: BoxLook?, named name: String, at y: Double) {
        let actor = actors[lane]
        if actor.look == look, actor.name == name || name.isEmpty { return }
        closeBar(lane, at: y)
        actors[lane].look = look
        actors[lane].name = name
        actors[lane].barStart = y
    }

    func closeBar(_ lane: Int, at y: Double, into board: inout SpaceTime) {
        let actor = actors[lane]
        guard let look = actor.look, y > actor.barStart else { return }
        board.bar(
            lane, actor.barStart, y, look, tooltip: "\(names[members[lane]]): \(actor.name)",
            classes: "\(Self.laneClass(names[members[lane]])) role-\(actor.name.split(separator: " ").first ?? "none")")
    }

    private mutating func closeBar(_ lane: Int, at y: Double) {
        var board = self.board
        closeBar(lane, at: y, into: &board)
        self.board = board
    }

    mutating func note(
        _ lane: Int, _ y: Double, _ text: String, _ color: Color, isBold: Bool = true, isNumbered: Bool = false,
        symbol: String = "", size: Double = 9
    ) {
        // A number comes before it, and takes as much room as this.
        let mark = isNumbered ? "(00)_" : ""
        let given = (mark + text).split(separator: "\n").map(String.init)
        var lines = given.flatMap {
            Lettering.wrapped($0, width: noteWidth(lane), size: size, isBold: isBold)
        }
        if isNumbered { lines[0].removeFirst(mark.count) }
        let spoken = text.split(separator: "\n").map(String.init)
        // Its first line stays where it is, and what comes next makes room.
        let more = Double(lines.count - given.count) * size * 1.2
        slots.reserve(lane: lane, more)
        notes.append(
            PendingNote(
                lane: lane, y: y + more / 2,
                words: Words(lines.joined(separator: "\n"), size: size, color: color, isBold: isBold),
                isNumbered: isNumbered, symbol: symbol, spoken: spoken))
    }

    /// How wide notes of a lane may be: outside of the lanes as wide as most of them are, else within their gap.
    private func noteWidth(_ lane: Int) -> Double {
        if members.count == 1 { return 300 }
        if lane == 0 { return members.count > 3 ? 134 : 190 }
        return lane == members.count - 1 ? 170 : board.spacing - 27
    }

    private mutating func finish() {
        for lane in actors.indices {
            if actors[lane].restart != nil { _ = place(lane, gap: 10) }
            closeBar(lane, at: .infinity)
        }
        for moment in linkSlots.keys.sorted() { slots.join(linkSlots[moment]!) }
        settle()
    }

    // MARK: What a member is

    func look(of replica: Replica) -> BoxLook {
        let isLearner = replica.configuration.learners.contains(replica.member)
        switch replica.role {
        case .leader: return Palette.leader
        case .candidate: return Palette.candidate
        case .preCandidate: return Palette.preCandidate
        case .follower: return isLearner ? Palette.learner : Palette.follower
        }
    }

    func name(of replica: Replica) -> String {
        let isLearner = replica.configuration.learners.contains(replica.member)
        let role = replica.role == .preCandidate ? "pre-candidate" : isLearner ? "learner" : "\(replica.role)"
        return "\(role) · term \(replica.term)"
    }
}
