// SpaceTimeLegend.swift: what do the signs of lanes and arrows mean?
//
// A legend names the signs that the picture has, and no others: a learner in the legend makes one look for a learner. Looks
// are compared with those of the palette, so a look has the same name in every picture.

extension SpaceTime {
    /// The signs that are there. `timeouts` and `squares` are what diamonds and squares mean here.
    func legend(timeouts: String, squares: String) -> [LegendItem] {
        let looks = Set(bars.map(\.look))
        let marks = Set(moments.map(\.mark))
        let looksOfArrows = Set(arrows.filter { !$0.isLost }.map(\.look))
        let hasLoss = arrows.contains(where: \.isLost)
        let answers = arrows.map(\.look).filter { $0.head == .vee }
        let answer = answers.contains(Palette.append.reply) ? Palette.append.reply : answers.first { !$0.isRefusal }
        let refusal = answers.first(where: \.isRefusal)
        let items: [(LegendItem, Bool)] =
            [
                (Palette.leader, "leader"), (Palette.candidate, "candidate"), (Palette.preCandidate, "pre-candidate"),
                (Palette.follower, "follower"), (Palette.learner, "learner"), (Palette.down, "down"),
                (Palette.paused, "stands still"),
            ].map { (.bar($0.0, $0.1), looks.contains($0.0)) } + [
                (.bar(Palette.island, "cannot reach the others"), !groups.isEmpty),
                (.mark(.diamond, Palette.vote, timeouts), marks.contains(.diamond)),
                (.mark(.star, Palette.successInk, "is elected"), marks.contains(.star)),
                (.mark(.square, Palette.vote, squares), marks.contains(.square)),
                (.mark(.cross, Palette.trouble, "lost, or an end"), hasLoss || marks.contains(.cross)),
                (.arrow(Palette.campaign, "votes"), looksOfArrows.contains(Palette.campaign)),
                (.arrow(Palette.append, "entries"), looksOfArrows.contains(Palette.append)),
                (.arrow(Palette.snapshot, "a snapshot"), looksOfArrows.contains(Palette.snapshot)),
                (.arrow(Palette.question, "a read's question"), looksOfArrows.contains(Palette.question)),
                (.arrow(Palette.beat, "heartbeat"), looksOfArrows.contains(Palette.beat)),
                (.arrow(answer ?? Palette.append.reply, "an answer"), answer != nil),
                (.arrow(refusal ?? Palette.append.reply, "a refusal"), refusal != nil),
            ]
        return items.filter(\.1).map(\.0)
    }
}

extension ArrowLook {
    /// Whether it is an answer that says no.
    fileprivate var isRefusal: Bool { head == .vee && color == Palette.trouble }
}
