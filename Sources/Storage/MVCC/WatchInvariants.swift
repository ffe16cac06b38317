// WatchInvariants.swift: the rules of the hub that can be checked by looking at it, each in one place.
//
// The rules that speak of time (exactly once, in order) cannot be seen in one state; a model that remembers
// everything checks them in WatchModelTests. These can: lists, counts, and what `next` means in each state. The
// tests look after every step.
//
// COST     everything is walked through, so this is for tests only.

import Identifiers

extension WatchHub {
    /// Traps on the first rule that is broken.
    package func checkRules() {
        var alive = 0
        var lagging = 0
        for slot in watchers.indices where watchers[slot].state != .free {
            let watcher = watchers[slot]
            precondition(self.watcher(watcher.id, on: watcher.stream) == UInt32(slot), "H1: a watcher is not found")
            if watcher.state == .ended { continue }
            alive += 1
            precondition(watcher.state != .reading, "W3: watcher \(watcher.id) reads between slices")
            if watcher.state == .lagging { lagging += 1 }
            precondition(ranges[watcher.range].users > 0, "W3: watcher \(watcher.id) has a range that nobody uses")
        }
        precondition(alive == watcherCount, "W3: \(alive) watchers, counted \(watcherCount)")
        precondition(lagging == laggingCount, "W2: \(lagging) lag, counted \(laggingCount)")
        checkStreams()
        checkRanges()
    }

    private func checkStreams() {
        var bytes = 0
        var siblings = 0
        for place in streams.indices where streams[place].isOpen {
            let stream = streams[place]
            bytes += stream.outstandingBytes
            var slot = stream.youngest
            while slot != WatchList.nothing {
                precondition(watchers[Int(slot)].stream == UInt32(place), "W3: a watcher on a strange stream")
                siblings += 1
                slot = watchers[Int(slot)].older
            }
            precondition(
                countOfLagging(stream) == stream.laggingCount,
                "W2: stream \(stream.name.rawValue) miscounts those who lag")
            let shouldWait = stream.laggingCount > 0 && stream.outstandingBytes <= limits.streamBytes
            precondition(stream.isWaiting || !shouldWait, "W1: stream \(stream.name.rawValue) is forgotten")
        }
        precondition(bytes == outstandingBytes, "room: \(bytes) bytes are out, counted \(outstandingBytes)")
        precondition(siblings == watchers.count(where: { $0.state != .free }), "W3: a watcher without a stream")
    }

    private func countOfLagging(_ stream: WatchStream) -> Int {
        var count = 0
        var slot = stream.lagging.first
        while slot != WatchList.nothing {
            precondition(watchers[Int(slot)].state == .lagging, "W3: one that does not lag among those who do")
            count += 1
            slot = watchers[Int(slot)].after
        }
        return count
    }

    private func checkRanges() {
        var intervals = 0
        var synced = 0
        for row in ranges.rows.indices where ranges.rows[row].users > 0 {
            if !ranges.rows[row].isPoint { intervals += 1 }
            precondition(ranges.rows[row].reading == WatchList.nothing, "W3: somebody reads between slices")
            var slot = ranges.rows[row].synced
            while slot != WatchList.nothing {
                precondition(watchers[Int(slot)].state == .synced, "W3: one that is not synced in a range's list")
                precondition(watchers[Int(slot)].range == UInt32(row), "W3: a watcher on a strange range")
                synced += 1
                slot = watchers[Int(slot)].after
            }
        }
        precondition(synced == watcherCount - laggingCount, "W3: \(synced) synced watchers hang in ranges")
        precondition(ranges.checkIntervals() == intervals, "I1: a range is missing in the tree")
        precondition(
            ranges.rows.count(where: { $0.users > 0 }) == ranges.count, "H1: \(ranges.count) ranges in the table")
    }
}
