// CutChoice.swift: at which moments is a photograph worth taking?
//
// After each event one may ask whether the logs now show something new. These do, the weightiest first:
//
//     9  the end of the story
//     8  a log was cut and has got other entries        "n3 throws away 4 to 6 and copies 4 to 5"
//     8  a snapshot has taken the place of a log
//     7  a leader was told that the logs differ         "n3 rejects", before anything was mended
//     6  a leader has forgotten the beginning of its log
//     5  somebody leads a new term
//     5  a committed entry that the leader's own disk does not have
//     4  entries were committed
//     3  a member is down, or back
//     2  entries were appended by a leader
//
// There is room for a few. The weightiest are taken; of equals that do not all fit, some from everywhere, because the first
// four commits of a day say little about the day. Two moments between which no log, no commit index and no view of the
// leader's has changed are one.

/// A moment that a photograph could be taken at.
struct CutCandidate {
    /// How many events of the causal order lie before it.
    var position: Int
    /// How much it explains.
    var weight: Int
    /// What it is called.
    var label: String
}

/// Chooses.
enum CutChoice {
    /// The best candidates, in the order of the history.
    static func choose(_ candidates: [CutCandidate], atMost limit: Int) -> [CutCandidate] {
        // Of one moment, the weightiest name.
        var byPlace: [Int: CutCandidate] = [:]
        for candidate in candidates where candidate.weight > byPlace[candidate.position]?.weight ?? -1 {
            byPlace[candidate.position] = candidate
        }
        let ranked = byPlace.values.sorted { ($0.weight, -$0.position) > ($1.weight, -$1.position) }
        guard ranked.count > limit, limit > 0 else { return ranked.sorted { $0.position < $1.position } }
        let lightest = ranked[limit - 1].weight
        let sure = ranked.filter { $0.weight > lightest }
        let equals = ranked.filter { $0.weight == lightest }
        let room = limit - sure.count
        // The first of each of so many stretches.
        let spread = (0..<room).map { equals[$0 * equals.count / room] }
        return (sure + spread).sorted { $0.position < $1.position }
    }
}
