// ElectionPicture.swift: who led when, and how did that come about? START HERE for a picture of members and messages.
//
// Raft's elections (paper, section 5.2; thesis, chapters 3 and 9): somebody hears no leader, asks for votes, counts them,
// leads. The picture shows for each member what it was at each moment, the messages of the campaign, the syncs that votes
// wait for, and the count.
//
//     history, in causal order --ElectionScene--> lanes, bars, arrows, notes (SpaceTime) + tallies
//                                                     |                          |
//                                                  paint                    lines(on:)
//
// WHAT IS FOLDED. A leader sends a heartbeat to everybody all the time, and entries when clients write. Of each kind the
// first from a leader to a follower in a term is drawn (so one sees that it begins), the rest is counted. Messages of
// campaigns are always drawn.
//
// THE NUMBERS IN CIRCLES go from top to bottom and are the story in short; the SVG's description tells it with them.
//
// READ NEXT  ElectionScene.swift (the walk), Slots.swift (heights without clocks), ElectionLayout.swift (room for words)

import Identifiers
import Trace
import TraceModel

/// Roles over time, messages, timeouts, votes and their syncs.
package enum ElectionPicture {
    static let subtitle =
        "time flows down; one row = one causal step, not wall-clock time   ·   solid arrow = request, dashed = reply   ·   "
        + "bar width and colour = role"

    /// Draws it.
    package static func draw(_ request: PictureRequest, width: Int) throws(PictureError) -> Picture {
        var scene = try ElectionScene(request)
        try scene.selection?.requireEntries(for: .election)
        scene.walk()
        let title = request.title ?? scene.headline
        var canvas = Canvas(title: title, subtitle: subtitle, about: scene.story)
        let bottom = scene.board.paint(scene.layout, on: &canvas, origin: ElectionScene.origin)
        let tallies = scene.paintTallies(on: &canvas)
        let legend = scene.board.legend(timeouts: "timeout", squares: "disk has it")
        let below = canvas.legend(
            legend, at: Point(0, max(bottom, tallies.bottom) + 4), width: max(520, tallies.right))
        _ = canvas.footnotes(scene.footnotes, at: Point(0, below + 2), Self.plural)
        return Picture(canvas: canvas, text: text(scene, title, width))
    }

    /// `heartbeat` and 2 is `heartbeats`.
    static func plural(_ word: String, _ count: Int) -> String {
        if let type = TraceMessageType.all.first(where: { MessageWords.kind($0, count: 1) == word }) {
            return MessageWords.kind(type, count: count)
        }
        if count == 1 { return word }
        if word.hasPrefix("line ") || word.hasPrefix("event ") || word.hasPrefix("step ") || word.hasPrefix("message ")
            || word.hasPrefix("second ")
        {
            return plural(String(word.prefix { $0 != " " }), 2) + word.drop { $0 != " " }
        }
        return word + "s"
    }

    private static func text(_ scene: ElectionScene, _ title: String, _ width: Int) -> TextPage {
        var page = TextPage(width: width)
        page.headline(
            title,
            "One line a step, time goes down; an arrow stands where it arrives. █ leader  ▓ candidate  ░ asks whether it "
                + "would be elected  │ follower  ┊ learner  : down  = stands still;  ── request  - - reply  · · heartbeat  ✕ lost"
        )
        scene.board.lines(on: &page)
        for tally in scene.tallies {
            page.line()
            page.paragraph(tally.sentence(scene.names), .vote, indent: 2)
        }
        page.footnotes(scene.footnotes, plural)
        return page
    }
}

extension TraceMessageType {
    /// Every type.
    static let all: [TraceMessageType] = (0...UInt8.max).prefix(64).compactMap { TraceMessageType(rawValue: $0) }
}

/// The votes of one candidate in one term.
struct Tally: Sendable {
    var candidate: MemberID
    var term: Term
    var isPre: Bool
    /// The configuration that counts.
    var configuration: TraceConfiguration
    var answers: [MemberID: Bool] = [:]
    var hasWon = false
    /// The height of the last answer.
    var y = 0.0

    /// The halves of the configuration: one, or two while it is joint.
    var halves: [[MemberID]] {
        let halves = [configuration.voters, configuration.outgoing].filter { !$0.isEmpty }
        return halves.isEmpty ? [answers.keys.sorted()] : halves
    }

    func sentence(_ names: MemberNames) -> String {
        let parts = halves.map { half in
            half.map { member in
                "\(names[member]) \(answers[member].map { $0 ? "yes" : "no" } ?? "–")"
            }.joined(separator: ", ")
        }
        let word = isPre ? "Would they elect" : "Votes for"
        return "\(word) \(names[candidate]) in term \(term): \(parts.joined(separator: "; and of the other half "))"
            + (hasWon ? ": a quorum." : ": no quorum.")
    }
}

extension ElectionScene {
    /// Small tables right of the lanes, at the height of the last answer or, where notes stand there, below them; right
    /// of the notes, if that would be below the lanes. Answers with the lower right corner of everything.
    func paintTallies(on canvas: inout Canvas) -> (right: Double, bottom: Double) {
        let left = board.x(of: board.lanes.count - 1) + 26
        var taken = layout.notes.map(\.place.area).filter { $0.right > left - 8 }
        var corner = (right: layout.right, bottom: 0.0)
        for tally in tallies.sorted(by: { $0.y < $1.y }) where !tally.isPre {
            let halves = tally.halves
            let widest = halves.map(\.count).max() ?? 1
            let headline = Words("votes for \(names[tally.candidate]) in term \(tally.term)", isBold: true)
            // One voter makes a narrow table, and it has a headline all the same.
            let cell = max(widest > 3 ? 26.0 : 32, (headline.width + 10 - 46) / Double(widest))
            var sheet = Sheet(columns: Array(repeating: cell, count: widest) + [46], rowHeight: 24, gap: 0)
            sheet.setHeight(16, ofRow: 0)
            sheet.cell(
                0, 0, headline, BoxLook(fill: Palette.shade, line: nil), span: widest + 1)
            for (row, half) in halves.enumerated() {
                for (column, member) in half.enumerated() {
                    let answer = tally.answers[member]
                    let ink = answer == nil ? Palette.faint : answer == true ? Palette.successInk : Palette.trouble
                    let fill = answer == true ? Palette.successGround : Palette.paper
                    let sign = answer == nil ? "·" : answer == true ? "✓" : "✗"
                    let name = Lettering.shortened(names[member], limit: 6)
                    sheet.cell(
                        column, row + 1, Words(lines: [[Run(name)], [Run(sign, isBold: answer != nil)]], color: ink),
                        BoxLook(fill: fill, line: nil))
                }
                let yes = half.filter { tally.answers[$0] == true }.count
                let isQuorum = yes > half.count / 2
                sheet.cell(
                    widest, row + 1,
                    Words(
                        lines: [
                            [Run("\(yes) of \(half.count)", isBold: true)], [Run(isQuorum ? "quorum" : "too few")],
                        ], color: isQuorum ? Palette.paper : Palette.quiet),
                    BoxLook(fill: isQuorum ? Palette.success : Palette.shade, line: nil))
            }
            var area = Rectangle(
                center: Point(left + sheet.width / 2, Self.origin + tally.y - 22 + sheet.height / 2),
                width: sheet.width + 2, height: sheet.height + 2)
            let wanted = area
            while let other = taken.first(where: { $0.overlaps(area) }) {
                area.move(right: 0, down: other.bottom + 4 - area.top)
            }
            if area.bottom > Self.origin + board.bottom {
                area = wanted
                while let other = taken.first(where: { $0.overlaps(area) }) {
                    area.move(right: other.right + 12 - area.left, down: 0)
                }
            }
            let middle = Point((area.left + area.right) / 2, (area.top + area.bottom) / 2)
            canvas.box(
                at: middle, width: sheet.width + 2, height: sheet.height + 2,
                BoxLook(fill: Palette.paper, line: Palette.rule), isGround: true, classes: "tally")
            sheet.paint(on: &canvas, at: Point(area.left + 1, area.top + 1))
            taken.append(area)
            corner = (max(corner.right, area.right), max(corner.bottom, area.bottom))
        }
        return corner
    }
}
