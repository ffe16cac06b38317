// Sorting.swift: the order that a client asked for.
//
// Keys are found by key, ascending. Any other order needs all of them before the first can be sent: what is sorted is not
// pairs but what the index found, 40 bytes each; pairs are fetched when they are written.
//
//     gathered   [ a: mod 9, version 1 | b: mod 4, version 7 | c: mod 9, version 2 ]
//     by MOD     [ b | a | c ]                      equal ones stay in the order of keys
//
// IN SLICES, like everything long. Sorting a million at once would keep everybody waiting; so each slice sorts what it has
// gathered, and the runs are merged while pairs are written, always the least of all their first ones:
//
//     runs       [ 4 7 9 ]  [ 2 3 8 ]  [ 5 6 ]      heap of firsts: 2, 4, 5     write 2; then 3 or 4 or 5; ...
//
// Between slices only how far each run is written is kept: values lie on pages that others change meanwhile, so each slice
// looks the first ones up again.
//
// etcd promises no order among equals, and clients must not expect one; ours is the order of keys in both directions.
//
// COST     n log n comparisons of numbers; by VALUE a look-up in the file for each run and each pair of a slice.

import Backend
import Bytes
import EtcdAPI
import Identifiers

/// What a pair is sorted by: a number or a value, the other one is nothing.
private struct SortWord {
    var number: Int64 = 0
    var value = ByteView()

    /// Negative, zero or positive, as this comes before, with or after the other one in ascending order.
    @inline(__always)
    func compare(_ other: SortWord) -> Int {
        if number != other.number { return number < other.number ? -1 : 1 }
        return value.compare(other.value)
    }
}

extension Store {
    /// The slice is over: what it gathered becomes a run, in order.
    func endRun(
        _ progress: inout RangeProgress, _ plan: RangePlan, from backend: borrowing Backend
    ) throws(StoreError) {
        let start = progress.runs.last?.upperBound ?? 0
        let end = progress.gathered.count
        guard let target = plan.sortTarget, start < end else { return }
        progress.runs.append(start..<end)
        // By key, all runs together are in order, only the other way round.
        if target == .key { return }
        var words: [(word: SortWord, place: Int)] = []
        words.reserveCapacity(end - start)
        for place in start..<end {
            words.append((try word(of: progress.gathered[place], target, from: backend), place))
        }
        let isDescending = plan.isDescending
        words.sort { left, right in
            let order = left.word.compare(right.word)
            return order == 0 ? left.place < right.place : (order < 0) != isDescending
        }
        let sorted = words.map { progress.gathered[$0.place] }
        progress.gathered.replaceSubrange(start..<end, with: sorted)
    }

    /// Everything is gathered: writes up to `budget` pairs in the order asked for. True when all are written.
    func writeSorted(
        _ progress: inout RangeProgress, _ plan: RangePlan, from backend: borrowing Backend, budget: Int,
        until most: Int, into buffer: inout ByteBuffer
    ) throws(StoreError) -> Bool {
        let wanted = min(progress.gathered.count, plan.limit)
        var left = budget
        progress.hasMore = progress.gathered.count > plan.limit
        if plan.sortTarget == .key {
            while progress.taken < wanted {
                if left == 0 || buffer.count >= most { return false }
                left -= 1
                progress.taken += 1
                let found = progress.gathered[progress.gathered.count - progress.taken]
                try write(found, keysOnly: plan.keysOnly, from: backend, into: &buffer)
            }
            return true
        }
        var merge = try merge(of: progress, plan, from: backend)
        // With very many runs a slice is longer, or it would do little but look up their first ones.
        left = max(left, merge.heads.count)
        while progress.taken < wanted, let run = merge.first {
            if left == 0 || buffer.count >= most { return false }
            left -= 1
            progress.taken += 1
            let place = progress.runs[run].lowerBound
            try write(progress.gathered[place], keysOnly: plan.keysOnly, from: backend, into: &buffer)
            progress.runs[run] = place + 1..<progress.runs[run].upperBound
            if progress.runs[run].isEmpty {
                merge.removeFirst()
            } else {
                merge.replaceFirst(with: try word(of: progress.gathered[place + 1], plan.sortTarget, from: backend))
            }
        }
        return true
    }

    private func merge(
        of progress: RangeProgress, _ plan: RangePlan, from backend: borrowing Backend
    ) throws(StoreError) -> Merge {
        var heads: [Merge.Head] = []
        for (run, places) in progress.runs.enumerated() where !places.isEmpty {
            let word = try word(of: progress.gathered[places.lowerBound], plan.sortTarget, from: backend)
            heads.append(Merge.Head(word: word, run: run))
        }
        return Merge(heads, isDescending: plan.isDescending)
    }

    private func word(
        of found: FoundKey, _ target: RangeRequest.SortTarget?, from backend: borrowing Backend
    ) throws(StoreError) -> SortWord {
        if target == .value { return SortWord(value: try pair(found, from: backend).value) }
        if target == .mod { return SortWord(number: found.main) }
        if found.version == 0 {
            let pair = try pair(found, from: backend)
            return SortWord(number: target == .version ? pair.version : pair.createRevision.rawValue)
        }
        return SortWord(number: target == .version ? found.version : found.created)
    }
}

/// The first ones of all runs, the least of them in front: a binary heap, in which no parent comes after its children.
private struct Merge {
    struct Head {
        var word: SortWord
        var run: Int
    }

    private(set) var heads: [Head]
    private let isDescending: Bool

    init(_ heads: [Head], isDescending: Bool) {
        self.heads = heads
        self.isDescending = isDescending
        for place in stride(from: heads.count / 2 - 1, through: 0, by: -1) { sink(place) }
    }

    /// The run whose turn it is.
    var first: Int? { heads.first?.run }

    mutating func replaceFirst(with word: SortWord) {
        heads[0].word = word
        sink(0)
    }

    mutating func removeFirst() {
        heads.swapAt(0, heads.count - 1)
        heads.removeLast()
        sink(0)
    }

    /// Earlier runs have earlier keys: they come first among equals.
    private func comesBefore(_ left: Head, _ right: Head) -> Bool {
        let order = left.word.compare(right.word)
        return order == 0 ? left.run < right.run : (order < 0) != isDescending
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heads.count && comesBefore(heads[child], heads[least]) {
                least = child
            }
            if least == place { return }
            heads.swapAt(place, least)
            place = least
        }
    }
}
