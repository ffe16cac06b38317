// ReplicationScene.swift: photographs of all logs, and the lines between them.
//
// The history is walked twice: once to find the moments (CutChoice.swift) and what each entry is (from the requests), and
// once to photograph the replicas at those moments and to write down what happened in between.
//
// WHAT AN ENTRY DOES is not in the log's events: consensus does not look into its commands. It is put together from
// `request-proposed` (which request became which entry) and `request-received` (what it asked for). Entries without a
// request are `empty` (a new leader's first), `conf` (a change of membership), or just so many bytes.

import Identifiers
import Trace
import TraceModel

/// Photographs and what happened between them.
struct ReplicationScene {
    /// What was known of everybody at a moment.
    struct Photograph {
        var label: String
        var replicas: [Replica?]
        var isDown: [Bool]

        /// Whether one could not tell it from another.
        func shows(the other: Photograph) -> Bool {
            guard isDown == other.isDown else { return false }
            return zip(replicas, other.replicas).allSatisfy { now, before in
                guard let now, let before else { return now == nil && before == nil }
                return now.role == before.role && now.term == before.term && now.first == before.first
                    && now.entries == before.entries && now.commit == before.commit && now.durable == before.durable
                    && now.applied == before.applied && now.progress == before.progress
            }
        }
    }

    /// A line between two photographs.
    struct Line {
        var words: [Run]
        var color: Color
        var ink: TextInk
        /// Whether it is the first to go where there is no room for all: an acknowledgement, or news of a commit.
        var isMinor = false
        var plain: String { words.map(\.text).joined() }
    }

    private struct EntryName: Hashable {
        var index: LogIndex
        var term: Term
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
    private(set) var photographs: [Photograph] = []
    private(set) var between: [[Line]] = []
    /// What a restarted member has reported before it had anything to do with the others.
    private var held: [Int: [Int]] = [:]
    private var commands: [EntryName: String] = [:]
    private var lanes: [MemberID: Int] = [:]
    private let frameLimit = 6
    private let lineLimit = 7

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
        for (lane, member) in members.enumerated() { lanes[member] = lane }
        if range.isEmpty { throw PictureError("nothing in these traces passes the filter: there is nothing to draw") }
    }

    // MARK: - The first walk: moments and commands

    mutating func walk() {
        let cuts = CutChoice.choose(findMoments(), atMost: frameLimit)
        photograph(cuts)
        if missingColumns > 0 { footnotes.omit("older entry", missingColumns) }
    }

    private mutating func findMoments() -> [CutCandidate] {
        var candidates: [CutCandidate] = []
        var replicas: [MemberID: Replica] = [:]
        var requests: [MemberID: [UInt64: String]] = [:]
        var truncated: [MemberID: LogIndex] = [:]
        var waiting: [MemberID: Bool] = [:]
        /// For each candidate the highest index that anybody had.
        var reached: [UInt64] = []
        var highest: UInt64 = 0
        let add = { (list: inout [CutCandidate], position: Int, weight: Int, label: String) in
            list.append(CutCandidate(position: position, weight: weight, label: label))
        }
        for (position, event) in history.order.enumerated() {
            let record = history.record(at: Int(event))
            replicas[record.member, default: Replica(record.member)].apply(record.event)
            name(record, &requests)
            guard range.contains(position), lanes[record.member] != nil else { continue }
            // Of chosen entries, the moments of other ones explain nothing.
            if let selection, !selection.isAbout(Int(event)) { continue }
            let who = names[record.member]
            let replica = replicas[record.member]!
            let isLeader = replica.role == .leader
            highest = max(highest, replica.last.rawValue)
            defer { while reached.count < candidates.count { reached.append(highest) } }
            switch record.event {
            case .roleChanged(let changed) where changed.role == .leader:
                add(&candidates, position + 1, 5, "\(who) leads term \(changed.term)")
            case .entriesTruncated(let cut): truncated[record.member] = cut.first
            case .entriesAppended(let appended):
                if let first = truncated.removeValue(forKey: record.member) {
                    add(
                        &candidates, position + 1, 8,
                        "\(who) throws its entries from \(first) on away, and copies")
                } else if isLeader, !appended.entries.isEmpty {
                    add(&candidates, position + 1, 2, "\(who) appends \(words.range(appended.first, appended.last))")
                }
            case .raftMessageReceived(let received) where received.message.type == .appResp && received.message.reject:
                add(
                    &candidates, position, 7,
                    "\(names[received.message.from]) says no: at \(received.message.index) its log is not \(who)'s")
            case .snapshotRestored(let snapshot):
                add(&candidates, position + 1, 8, "\(who) takes the snapshot at \(snapshot.index)")
            case .logCompacted(let log): add(&candidates, position + 1, 6, "\(who) forgets its log before \(log.first)")
            case .commitAdvanced(let advanced) where isLeader:
                let isAhead = replica.durable < advanced.commit
                waiting[record.member] = isAhead
                add(
                    &candidates, position + 1, isAhead ? 5 : 4,
                    "\(who) commits \(advanced.commit)" + (isAhead ? ", which its own disk does not have yet" : ""))
            case .writeDurable where waiting[record.member] == true && replica.durable >= replica.commit:
                waiting[record.member] = false
                add(&candidates, position + 1, 5, "\(who)'s disk has it at last")
            case .faultInjected(let fault) where fault.fault == .crash || fault.fault == .tornWrite:
                add(&candidates, position + 1, 3, "\(who) is down")
            case .raftStarted where record.epoch.rawValue > 1:
                add(&candidates, position + 1, 3, "\(who) is back")
            default: break
            }
        }
        // A moment of which no column is left shows nothing.
        if selection == nil, filter.indexes == nil {
            let first = highest > UInt64(Self.columnLimit) ? highest - UInt64(Self.columnLimit) : 0
            candidates = zip(candidates, reached).filter { $0.1 > first || first == 0 }.map(\.0)
        }
        add(&candidates, range.upperBound, 9, range.upperBound == history.count ? "at the end" : "here the window ends")
        return candidates
    }

    private mutating func name(_ record: TraceRecord, _ requests: inout [MemberID: [UInt64: String]]) {
        switch record.event {
        case .requestReceived(let request):
            requests[record.member, default: [:]][record.sequence.rawValue] = words.command(request)
        case .requestProposed(let proposed):
            commands[EntryName(index: proposed.index, term: proposed.term)] =
                requests[record.member]?[proposed.request.rawValue]
        default: break
        }
    }

    // MARK: - The second walk: photographs

    private mutating func photograph(_ cuts: [CutCandidate]) {
        var replicas: [MemberID: Replica] = [:]
        var isDown = Array(repeating: false, count: members.count)
        var lines: [Line] = []
        var next = 0
        var lives: [Int: BootEpoch] = [:]
        for position in 0...range.upperBound {
            while next < cuts.count, cuts[next].position == position {
                let photograph = Photograph(
                    label: cuts[next].label, replicas: members.map { replicas[$0] }, isDown: isDown)
                next += 1
                // Where nothing has changed there is nothing to see.
                if let last = photographs.last, photograph.shows(the: last) { continue }
                photographs.append(photograph)
                between.append(shortened(lines))
                lines = []
            }
            guard position < range.upperBound else { break }
            let event = Int(history.order[position])
            let record = history.record(at: event)
            guard let lane = lanes[record.member] else {
                replicas[record.member, default: Replica(record.member)].apply(record.event)
                continue
            }
            if let life = lives[lane], life != record.epoch { held[lane] = [] }
            lives[lane] = record.epoch
            var due = [event]
            if held[lane] != nil {
                held[lane]!.append(event)
                let kind = history.kind(of: event)
                guard kind == RaftMessageSent.kind.number || kind == RaftMessageReceived.kind.number else { continue }
                due = held.removeValue(forKey: lane)!
            }
            for event in due {
                take(event, lane, &replicas, &isDown, position >= range.lowerBound ? { lines.append($0) } : { _ in })
            }
        }
    }

    /// A restart has no effect on anybody until the member speaks or hears something. Until then it is left out of the
    /// cut, which is as consistent without it, and true to how one tells the story.
    private func take(
        _ event: Int, _ lane: Int, _ replicas: inout [MemberID: Replica], _ isDown: inout [Bool], _ tell: (Line) -> Void
    ) {
        let record = history.record(at: event)
        let before = replicas[record.member]
        replicas[record.member, default: Replica(record.member)].apply(record.event)
        switch record.event {
        case .raftStarted:
            if before != nil {
                tell(
                    Line(
                        words: [Run("\(names[record.member]): ", isBold: true), Run("is back")],
                        color: Palette.followerInk,
                        ink: .entry))
            }
            isDown[lane] = false
        case .memberStopped: isDown[lane] = true
        case .faultInjected(let fault) where fault.fault == .crash || fault.fault == .tornWrite: isDown[lane] = true
        default: break
        }
        if let line = line(record, event, before, replicas), isTold(event) { tell(line) }
    }

    /// Between chosen entries, only what moves them on and what happens to members is told.
    private func isTold(_ event: Int) -> Bool {
        guard let selection else { return true }
        let kind = history.kind(of: event)
        return selection.isAbout(event) || kind == RoleChanged.kind.number || kind == FaultInjected.kind.number
            || kind == RaftStarted.kind.number
    }

    private mutating func shortened(_ lines: [Line]) -> [Line] {
        guard lines.count > lineLimit else { return lines }
        let major = lines.filter { !$0.isMinor }
        if major.count < lines.count {
            footnotes.omit("line between two frames", lines.count - major.count)
            return shortened(major)
        }
        let dropped = lines.count - lineLimit + 1
        footnotes.omit("line between two frames", dropped)
        // The end of a stretch explains the next frame better than its beginning.
        let fold = Line(
            words: [Run("… \(dropped) more messages and steps", color: Palette.faint)], color: Palette.faint,
            ink: .quiet)
        return lines.prefix(2) + [fold] + lines.suffix(lineLimit - 3)
    }

    private func line(_ record: TraceRecord, _ event: Int, _ before: Replica?, _ replicas: [MemberID: Replica]) -> Line?
    {
        let who = names[record.member]
        let plain = { (text: String, color: Color, ink: TextInk) in
            Line(words: [Run("\(who): ", isBold: true), Run(text)], color: color, ink: ink)
        }
        switch record.event {
        case .raftMessageReceived(let received):
            let said = received.message
            let isAnswer = said.type == .appResp && !said.reject && isNews(said, replicas[record.member])
            guard said.type == .snap || (said.type == .app && said.entries > 0) || said.reject || isAnswer,
                !messages.repeated.contains(event)
            else { return nil }
            var line = message(said, replicas[said.from])
            line.isMinor = isAnswer
            return line
        case .raftMessageSent(let sent):
            guard let message = messages.bySending[event], message.isLost, sent.message.type == .app,
                sent.message.entries > 0
            else { return nil }
            var line = self.message(sent.message, replicas[sent.message.from])
            line.words.append(Run("  (nobody receives it)"))
            (line.color, line.ink) = (Palette.trouble, .trouble)
            return line
        case .entriesTruncated(let cut):
            return plain(
                "the leader has another entry \(cut.first): drop \(cut.first) and what follows (never committed, so safe)",
                Palette.trouble, .trouble)
        case .progressChanged(let progress):
            guard let old = before?.progress[progress.peer], progress.next < old.next else { return nil }
            return plain(
                "next for \(names[progress.peer]) goes back from \(old.next) to \(progress.next)", Palette.text, .plain)
        case .roleChanged(let changed) where changed.role == .leader || before?.role == .leader:
            let sentence = words.sentence(record)
            return plain(
                changed.role == .leader ? sentence.words : "steps down, in term \(changed.term)", Palette.successInk,
                .success)
        case .faultInjected, .logCompacted, .snapshotRestored, .memberStopped:
            let sentence = words.sentence(record)
            return plain(
                sentence.words, sentence.ink == .trouble ? Palette.trouble : Palette.successInk,
                sentence.ink)
        case .commitAdvanced(let advanced) where replicas[record.member]?.role == .leader:
            return plain("a majority has it: commit \(advanced.commit)", Palette.successInk, .success)
        case .commitAdvanced(let advanced):
            var line = plain("learns that \(advanced.commit) is committed", Palette.successInk, .success)
            line.isMinor = true
            return line
        case .requestAnswered: return plain("the client is answered", Palette.successInk, .success)
        case .requestReceived(let request):
            return plain(
                RequestWords.asked(request), Palette.read, .read)
        default: return nil
        }
    }

    /// Whether an acknowledgement tells the leader something.
    private func isNews(_ said: TraceMessage, _ leader: Replica?) -> Bool {
        guard let leader, leader.role == .leader, let view = leader.progress[said.from] else { return false }
        return said.index > view.match
    }

    private func message(_ said: TraceMessage, _ sender: Replica?) -> Line {
        let label = MessageWords.label(said) { sender?.term(at: $0) }
        let cut = label.firstIndex(of: " ") ?? label.endIndex
        var words = [
            Run("\(names[said.from]) → \(names[said.to])  "), Run(String(label[..<cut]), isBold: true),
            Run(String(label[cut...])),
        ]
        if said.type == .app {
            words.append(Run("  after \(said.logTerm)/\(said.index), commit \(said.commit)"))
        }
        return Line(
            words: words, color: said.reject ? Palette.trouble : Palette.entry, ink: said.reject ? .trouble : .entry)
    }

    // MARK: - What stands in a cell

    /// What an entry does, in a few letters.
    func command(_ index: LogIndex, _ entry: TraceEntry) -> String {
        if entry.kind != .normal { return "conf" }
        if let command = commands[EntryName(index: index, term: entry.term)] { return command }
        return entry.sizeBytes == 0 ? "empty" : "\(entry.sizeBytes) B"
    }

    /// The leader of the newest term at a moment.
    func leader(in photograph: Photograph) -> Replica? {
        zip(photograph.replicas, photograph.isDown).compactMap { $1 ? nil : $0 }.filter { $0.role == .leader }
            .max { $0.term < $1.term }
    }

    /// How many indexes fit beside each other.
    private static let columnLimit = 14

    /// The columns: the chosen indexes, or all that anybody has at any of the moments; the last ones, if they do not fit.
    var columns: [UInt64] { wantedColumns.suffix(Self.columnLimit) }

    /// How many are not drawn.
    var missingColumns: Int { max(0, wantedColumns.count - Self.columnLimit) }

    private var wantedColumns: [UInt64] {
        var (low, high): (UInt64, UInt64) = (.max, 0)
        for photograph in photographs {
            for case let replica? in photograph.replicas {
                high = max(high, replica.last.rawValue)
                if !replica.entries.isEmpty { low = min(low, replica.first.rawValue) }
            }
        }
        if let indexes = filter.indexes {
            low = max(low, indexes.lowerBound)
            high = min(high, indexes.upperBound)
        }
        high = max(high, 1)
        low = max(min(low, high), 1)
        guard let selection else { return Array(max(low, high > 10_000 ? high - 10_000 : 1)...high) }
        return selection.indexes.map(\.rawValue).filter { low <= $0 && $0 <= high }
    }

    var headline: String {
        // Who led last: at the end they may all have been stopped.
        for photograph in photographs.reversed() {
            guard let leader = leader(in: photograph) else { continue }
            return "Log replication: \(names[leader.member]) leads term \(leader.term)"
        }
        return "Log replication: nobody leads"
    }

    /// The picture in sentences.
    var story: String {
        var text = "Logs of \(names.list(members)) at \(photographs.count) moments."
        for (number, photograph) in photographs.enumerated() {
            text += " \(Self.letter(number)): \(photograph.label)."
            for case let replica? in photograph.replicas {
                text +=
                    " \(names[replica.member]): \(replica.role), log up to \(replica.last), commit \(replica.commit)."
            }
        }
        return text
    }

    /// A, B, C.
    static func letter(_ number: Int) -> String {
        number < 26 ? String(Character(Unicode.Scalar(UInt8(65 + number)))) : "\(number + 1)"
    }
}
