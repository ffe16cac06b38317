// ElectionLayout.swift: from first heights to a drawing in which words stand on nothing.
//
//     first heights --Slots--> heights --> bars, arrows, notes --SpaceTimeLayout--> who is crowded?
//                       ^                                                               |
//                       +------------------- more room above it ------------------------+
//
// Most diagrams of three members need one or two rounds; five members who all talk to each other need some more. The round
// with the fewest crowded words is drawn. A large history is drawn as it comes: nobody looks at a thousand rows as a whole.

import Identifiers
import Trace
import TraceModel

extension ElectionScene {
    /// The height of the canvas at which the diagram begins.
    static let origin = Canvas.top + SpaceTime.headHeight

    /// So often notes ask for room before they go to the other side of their lane.
    private static let strictRounds = 30

    /// Finds the heights and the places of words, and numbers the notes.
    mutating func settle() {
        let widest = notes.filter { $0.lane == 0 }.map { $0.words.width + ($0.isNumbered ? 15 : 0) }.max() ?? 0
        board.margin = max(64, widest + 30)
        var best: (board: SpaceTime, layout: SpaceTimeLayout, heights: [Double])?
        for round in 0..<(slots.count < 1500 ? 48 : 1) {
            let heights = slots.settled()
            let (board, order) = assembled(heights, isStrict: round < Self.strictRounds)
            let layout = board.layout(origin: Self.origin)
            if best == nil || layout.crowded < best!.layout.crowded { best = (board, layout, heights) }
            if layout.crowded == 0 { break }
            makeRoom(layout, order, heights, round)
        }
        guard let best else { return }
        (board, layout) = (best.board, best.layout)
        for number in notes.indices {
            notes[number].y = slots.height(of: notes[number].y, in: notes[number].lane, best.heights)
        }
        for number in tallies.indices {
            guard let lane = lanes[tallies[number].candidate] else { continue }
            tallies[number].y = slots.height(of: tallies[number].y, in: lane, best.heights)
        }
    }

    /// The board at some heights, and which of the notes became which of the board's.
    private func assembled(_ heights: [Double], isStrict: Bool) -> (board: SpaceTime, order: [Int]) {
        let bottom = (heights.max() ?? 0) + 26
        let place = { (lane: Int, y: Double) in slots.height(of: y, in: lane, heights) }
        var board = self.board.moved(bottom: bottom, place)
        for island in islands {
            let top = island.from.map { place($0.lane, $0.y) }.min() ?? 0
            let end = island.to?.map { place($0.lane, $0.y) }.max().map { $0 + 8 }
            board.group(island.lanes, top - 12, end ?? bottom, Palette.island, reach: 28, fits: true)
        }
        let ys = notes.map { place($0.lane, $0.y) }
        // The first lines of notes are in the order of events, their middles are not.
        let tops = notes.indices.map { ys[$0] - notes[$0].words.height / 2 }
        let order = notes.indices.sorted { (tops[$0], notes[$0].lane, $0) < (tops[$1], notes[$1].lane, $1) }
        var number = 0
        for index in order {
            let note = notes[index]
            if note.isNumbered { number += 1 }
            // As long as there is hope, all notes of a lane stand on the same side of it.
            let side: Alignment = isStrict && members.count > 1 ? (note.lane == 0 ? .left : .right) : .center
            board.note(
                note.lane, ys[index], note.words, number: note.isNumbered ? number : nil, side: side,
                symbol: note.symbol, spoken: note.spoken)
        }
        return (board, order)
    }

    /// What is crowded asks for room above it. What hangs at something further down is moved with that.
    private mutating func makeRoom(_ layout: SpaceTimeLayout, _ order: [Int], _ heights: [Double], _ round: Int) {
        for place in layout.notes where !place.isClear {
            let note = notes[order[place.number]]
            guard let slot = slots.slot(at: note.y, in: note.lane) else { continue }
            slots.push(slot, by: 5)
            if slots.isHanging(slot, heights), let below = slots.below(slot) { slots.push(below, by: 5) }
        }
        for place in layout.labels where !place.isClear {
            let (sent, received) = arrowSlots[place.number]
            // By turns, because either end may be the one that helps.
            if let received, slots.isHanging(sent, heights) || round % 4 == 3 {
                slots.push(received, by: 4)
            } else {
                slots.push(sent, by: 4)
            }
        }
    }

    /// Which cuts and mendings of the network are one moment: the first of each member, the second of each, and so on, where
    /// all have as many, and what they say of each other agrees.
    static func linkMoments(_ history: CausalHistory) -> [Int: Int] {
        var faults: [MemberID: [(event: Int, unreachable: [MemberID])]] = [:]
        for lane in history.lanes {
            for event in lane.events where history.kind(of: event) == FaultInjected.kind.number {
                guard case .faultInjected(let fault) = history.record(at: event).event,
                    fault.fault == .linksCut || fault.fault == .linksMended
                else { continue }
                faults[lane.member, default: []].append((event, fault.unreachable))
            }
        }
        guard let count = faults.values.first?.count, faults.values.allSatisfy({ $0.count == count }) else {
            return [:]
        }
        var moments: [Int: Int] = [:]
        for moment in 0..<count {
            let agrees = faults.allSatisfy { member, list in
                list[moment].unreachable.allSatisfy { faults[$0]?[moment].unreachable.contains(member) ?? true }
            }
            guard agrees else { continue }
            for list in faults.values { moments[list[moment].event] = moment }
        }
        return moments
    }
}
