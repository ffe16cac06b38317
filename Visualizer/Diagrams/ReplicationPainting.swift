// ReplicationPainting.swift: photographs of logs as frames with cells, and as lines of text.
//
// A cell says four things, each twice: the term (number and tint), whether it is known to be committed (thick or dashed
// outline, bold or plain number), whether it differs from the leader's (struck through, in the colour of trouble), whether it
// is new since the frame above (a green outline, which is dashed as long as nobody has told the member of a majority).

import Identifiers
import Trace
import TraceModel

extension ReplicationScene {
    private static let nameWidth = 150.0
    private static let cellWidth = 46.0

    enum Standing { case committed, open, conflicting, fresh, freshOpen }

    static func conflictLook(_ term: UInt64) -> BoxLook {
        BoxLook(fill: Palette.ground(ofTerm: term), line: Palette.trouble, stroke: .dashed, lineWidth: 2.5)
    }

    /// How an entry stands.
    func standing(_ index: UInt64, _ entry: TraceEntry, _ replica: Replica, _ lane: Int, _ number: Int) -> Standing {
        let place = LogIndex(rawValue: index)
        let photograph = photographs[number]
        if let leader = leader(in: photograph), leader.member != replica.member, place > replica.commit {
            let other = leader.term(at: place)
            let isBehind = place > leader.last && entry.term < leader.term
            if isBehind || (other != nil && other != entry.term) { return .conflicting }
        }
        if number > 0, let before = photographs[number - 1].replicas[lane] {
            let had = before.term(at: place)
            if had != entry.term, place >= before.first { return place <= replica.commit ? .fresh : .freshOpen }
        }
        return place <= replica.commit ? .committed : .open
    }

    /// How entries stand in any of the frames.
    var standings: Set<Standing> {
        var standings: Set<Standing> = []
        for (number, photograph) in photographs.enumerated() {
            for (lane, replica) in photograph.replicas.enumerated() {
                guard let replica else { continue }
                for index in columns {
                    guard let entry = entry(index, replica) else { continue }
                    standings.insert(standing(index, entry, replica, lane, number))
                }
            }
        }
        return standings
    }

    // MARK: - Canvas

    /// How wide a frame is.
    var width: Double { sheet().width + 16 }

    private func sheet() -> Sheet {
        Sheet(
            columns: [Self.nameWidth] + columns.map { _ in Self.cellWidth } + [46, 46, 46, 6, 150], rowHeight: 30)
    }

    func paint(on canvas: inout Canvas, top: Double) -> Double {
        var y = top
        for number in photographs.indices {
            if number > 0 {
                let lines = between[number]
                let height = Double(max(lines.count, 1)) * 13.5 + 16
                let x = Self.nameWidth + 12
                canvas.arrow(
                    from: Point(x, y), to: Point(x, y + height),
                    ArrowLook(Palette.entry, width: 1.8))
                for (row, line) in lines.enumerated() {
                    canvas.text(
                        Words(lines: [line.words], size: 9.5, color: line.color),
                        at: Point(x + 12, y + 11 + Double(row) * 13.5), classes: "between")
                }
                y += height
            }
            y = paintFrame(number, on: &canvas, top: y)
        }
        return y
    }

    private func paintFrame(_ number: Int, on canvas: inout Canvas, top: Double) -> Double {
        var sheet = sheet()
        sheet.setHeight(24, ofRow: 0)
        let photograph = photographs[number]
        sheet.cell(
            0, 0,
            Words("\(Self.letter(number))  \(photograph.label)", size: 11, isBold: true), alignment: .left)
        let isWide = Lettering.width(photograph.label, size: 11, isBold: true) + 24 > Self.nameWidth
        if isWide { sheet.setHeight(38, ofRow: 0) }
        paintHead(&sheet)
        for lane in members.indices { paintRow(lane, number, &sheet) }
        let height = sheet.height + 14
        canvas.box(
            at: Point(width / 2, top + height / 2), width: width, height: height, Palette.frame, isGround: true,
            tooltip: "\(Self.letter(number)): \(photograph.label)", classes: "frame")
        if isWide {
            // The name of the moment gets a line of its own above the numbers of the columns.
            sheet = without(sheet, number)
            canvas.text(
                Words("\(Self.letter(number))  \(photograph.label)", size: 11, isBold: true), at: Point(8, top + 17))
        }
        sheet.paint(on: &canvas, at: Point(8, top + 7))
        return top + height
    }

    private func without(_ old: Sheet, _ number: Int) -> Sheet {
        var sheet = sheet()
        sheet.setHeight(38, ofRow: 0)
        paintHead(&sheet, lines: 2)
        for lane in members.indices { paintRow(lane, number, &sheet) }
        return sheet
    }

    private func paintHead(_ sheet: inout Sheet, lines: Int = 1) {
        let gap = lines > 1 ? " \n\n" : ""
        for (column, index) in columns.enumerated() {
            sheet.cell(column + 1, 0, Words("\(gap)\(index)", size: 8, color: Palette.faint))
        }
        let count = columns.count
        for (place, word) in ["commit", "durable", "applied"].enumerated() {
            sheet.cell(count + 1 + place, 0, Words("\(gap)\(word)", size: 8, color: Palette.faint))
        }
        sheet.cell(
            count + 5, 0, Words("\(gap)leader's view: match · next · mode", size: 8, color: Palette.faint),
            alignment: .left)
    }

    private func paintRow(_ lane: Int, _ number: Int, _ sheet: inout Sheet) {
        let photograph = photographs[number]
        let row = lane + 1
        let name = Lettering.shortened(names[members[lane]], limit: 12)
        guard let replica = photograph.replicas[lane] else {
            sheet.cell(
                0, row, Words(lines: [[Run(name, isBold: true), Run("  not there yet", color: Palette.faint)]]),
                alignment: .left)
            return
        }
        let isDown = photograph.isDown[lane]
        let isLeader = replica.role == .leader && !isDown
        // Somebody who has not even heard of anybody: its zeros say nothing.
        let isNew = replica.last == .zero && !isDown
        let role = isDown ? "down" : isLeader ? "★ leader" : isNew ? "has nothing yet" : role(replica)
        sheet.cell(
            0, row,
            Words(lines: [
                [
                    Run("\(name)  ", isBold: true),
                    Run(
                        role, color: isLeader ? Palette.successInk : isNew ? Palette.faint : nil,
                        isBold: isLeader),
                    Run(isNew && replica.term == .zero ? "" : "  term \(replica.term)"),
                ]
            ]), alignment: .left, classes: ElectionScene.laneClass(names[members[lane]]))
        for (column, index) in columns.enumerated() {
            guard let entry = entry(index, replica) else {
                if index < replica.first.rawValue, index <= replica.commit.rawValue {
                    sheet.cell(
                        column + 1, row, Words("in the\nsnapshot", size: 7, color: Palette.faint),
                        BoxLook(fill: Palette.shade, line: nil))
                }
                continue
            }
            paint(entry, index, standing(index, entry, replica, lane, number), column + 1, row, &sheet)
        }
        if !isNew { paintNumbers(replica, lane, number, &sheet) }
        guard let leader = leader(in: photograph), let view = leader.progress[replica.member],
            leader.member != replica.member
        else { return }
        sheet.cell(
            columns.count + 5, row,
            Words("\(view.match) · \(view.next) · \(view.mode)" + (view.paused ? " · paused" : ""), size: 9),
            alignment: .left)
    }

    /// How far a member is, bold where that has changed.
    private func paintNumbers(_ replica: Replica, _ lane: Int, _ number: Int, _ sheet: inout Sheet) {
        let before = number > 0 ? photographs[number - 1].replicas[lane] : nil
        let numbers = [
            (replica.commit, before?.commit), (replica.durable, before?.durable), (replica.applied, before?.applied),
        ]
        for (place, (now, then)) in numbers.enumerated() {
            let isBold = place == 0 || (then != nil && then != now)
            let color = place == 0 ? Palette.successInk : Palette.entry
            sheet.cell(columns.count + 1 + place, lane + 1, Words("\(now)", size: 10, color: color, isBold: isBold))
        }
    }

    private func paint(
        _ entry: TraceEntry, _ index: UInt64, _ standing: Standing, _ column: Int, _ row: Int, _ sheet: inout Sheet
    ) {
        let term = entry.term.rawValue
        let whole = command(LogIndex(rawValue: index), entry)
        // A key of bytes that are spelled may be wide with few letters.
        let what = Lettering.fitted(whole, width: Self.cellWidth - 4, size: 7.5)
        var look = BoxLook(fill: Palette.ground(ofTerm: term), line: Palette.line(ofTerm: term), lineWidth: 2)
        var words = ReplicationPicture.cell("\(term)", what, isBold: true)
        switch standing {
        case .committed: break
        case .open:
            look.stroke = .dashed
            look.lineWidth = 1
            words = ReplicationPicture.cell("\(term)", what, isBold: false)
        case .conflicting:
            look = Self.conflictLook(term)
            words = Words(lines: [
                [Run("\(term)", isStruck: true, size: 11)], [Run(what, color: Color("#444444"), size: 7.5)],
            ])
        case .fresh, .freshOpen:
            look.line = Palette.success
            look.lineWidth = 3
            if standing == .freshOpen {
                look.stroke = .dashed
                words = ReplicationPicture.cell("\(term)", what, isBold: false)
            }
        }
        sheet.cell(
            column, row, words, look, tooltip: "entry \(index) of term \(term): \(whole), \(standing)",
            classes: "entry term-\(term) \(standing)")
    }

    private func role(_ replica: Replica) -> String {
        if replica.configuration.learners.contains(replica.member) { return "learner" }
        return replica.role == .preCandidate ? "pre-candidate" : "\(replica.role)"
    }

    private func entry(_ index: UInt64, _ replica: Replica) -> TraceEntry? {
        let place = index &- replica.first.rawValue
        return place < UInt64(replica.entries.count) ? replica.entries[Int(place)] : nil
    }

    // MARK: - Text

    func text(_ title: String, _ width: Int) -> TextPage {
        var page = TextPage(width: width)
        page.headline(
            title,
            "Each frame is one consistent cut. A cell is the term of an entry: [3] committed, (3) not known to be committed, "
                + "+3+ new in this frame, x3x differs from the leader's, -- in the snapshot.")
        for number in photographs.indices {
            if number > 0 {
                for line in between[number] { page.paragraph("      | \(line.plain)", line.ink, indent: 10) }
                page.line("      v", .quiet)
            }
            write(number, on: &page)
        }
        page.footnotes(footnotes, ElectionPicture.plural)
        return page
    }

    private func write(_ number: Int, on page: inout TextPage) {
        let photograph = photographs[number]
        page.line("\(Self.letter(number))  \(photograph.label)", .bold)
        let pitch = max(5, (columns.map { "\($0)".count }.max() ?? 1) + 3)
        var head = TextPage.fitted("", 29)
        for index in columns { head += TextPage.fitted(" \(index)", pitch) }
        page.line(head + " commit durable applied  leader's view", .quiet)
        for lane in members.indices {
            let name = TextPage.fitted("   " + names[members[lane]], 12)
            guard let replica = photograph.replicas[lane] else {
                page.line([TextSpan(name, .bold), TextSpan(" not there yet", .quiet)])
                continue
            }
            let isDown = photograph.isDown[lane]
            let isLeader = replica.role == .leader && !isDown
            let isNew = replica.last == .zero && !isDown
            let role = isDown ? "down" : isLeader ? "* leader" : isNew ? "nothing yet" : role(replica)
            var spans = [
                TextSpan(name, .bold),
                TextSpan(
                    TextPage.fitted(" \(role) t\(replica.term)", 17),
                    isLeader ? .success : isDown ? .trouble : .plain),
            ]
            for index in columns { spans.append(cell(index, replica, lane, number, pitch)) }
            let numbers = [replica.commit, replica.durable, replica.applied].map { TextPage.fitted("  \($0)", 8) }
                .joined()
            spans.append(TextSpan(numbers, .success))
            if let leader = leader(in: photograph), let view = leader.progress[replica.member],
                leader.member != replica.member
            {
                spans.append(TextSpan(" match \(view.match), next \(view.next), \(view.mode)", .quiet))
            }
            page.line(spans)
        }
    }

    private func cell(_ index: UInt64, _ replica: Replica, _ lane: Int, _ number: Int, _ pitch: Int) -> TextSpan {
        guard let entry = entry(index, replica) else {
            let isGone = index < replica.first.rawValue && index <= replica.commit.rawValue
            return TextSpan(TextPage.fitted(isGone ? "--" : "", pitch), .quiet)
        }
        let term = entry.term
        switch standing(index, entry, replica, lane, number) {
        case .committed: return TextSpan(TextPage.fitted("[\(term)]", pitch), .plain)
        case .open: return TextSpan(TextPage.fitted("(\(term))", pitch), .quiet)
        case .conflicting: return TextSpan(TextPage.fitted("x\(term)x", pitch), .trouble)
        case .fresh, .freshOpen: return TextSpan(TextPage.fitted("+\(term)+", pitch), .success)
        }
    }
}
