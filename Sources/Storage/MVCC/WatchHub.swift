// WatchHub.swift: start here. How does a client hear of every change exactly once, and how can 100,000 of them listen?
//
// A watcher names a range of keys and a revision to begin with. It must be told of every change in its range from
// there on, in order, without a gap and without a repetition, also if it reads slowly, and also if it begins a million
// revisions in the past. Only one number is needed for that promise, and it is kept for each watcher:
//
//     next    the first revision that this watcher has not been told about
//
// Whoever has been told about everything is SYNCED: when a revision is written, it is found by its range and told
// at once. Everybody else is LAGGING: the changes are read from bucket `key`, where they all lie in order, in slices,
// until nothing is left. A client that does not read makes its watchers lag; nothing is kept in memory for it
// but `next`. So slow clients cost nothing, and what they missed is read when they have room again.
//
//                 start <= revision                            start = 0, or in the future
//      create ------------------------+                  +----------------------------- create
//                                     v                  v
//                                +---------+  caught  +---------+
//              slices  <-------- | lagging | -------> | synced  | --------> told at once, by `notify`
//            of history          +---------+    up    +---------+
//                                  |     ^                 |
//        next < compacted:         v     +-----------------+   the stream has no room: fell behind
//        cancelled               (gone)
//
// TWO WAYS TO THE SAME BYTES. `notify` finds the watchers of a change: a table for single keys, a tree of intervals for
// ranges (WatchRanges.swift). `catchUp` takes up to 512 lagging watchers that stand near each other and reads
// history once for all of them (WatchCatchUp.swift). Both read bucket `key`, so an event has one origin.
//
// ROOM. A stream has a limit of bytes that were handed out and not yet taken by the client. The hub counts them
// itself, while it hands out: so it never makes more than that and one response, whatever happens within a turn. The
// shell says `drained` when the client has taken everything. Answers to requests are not held back; the shell
// stops listening to a client that does not read.
//
// WHERE WE DIFFER FROM etcd. A watcher that had to wait for room is told the store's present revision in the header, as
// any that reads history; etcd keeps the first responses that did not fit and sends them as they were. A slice
// of history reads at most 4,096 changes, so a watcher with few hits gets several small responses where etcd's
// sync loop, which reads all of history in one go, fills one.
//
// RULES    W1  events of a watcher come in order of revision and sub revision; each change in its range from `start` on
//              comes exactly once, unless its filters drop it. A revision is never split, except into fragments.
//          W2  a synced watcher has been told about everything up to `notified`; `next` of a lagging one is at
//              most `notified`.
//          W3  a watcher is in one list: its range's, if synced; its stream's, if lagging.
//          W4  a header's revision in a response without events (progress) is a promise: all later events of this
//              watcher, or of this stream, have larger revisions.
//          W5  a watcher is never told of compacted history: it is cancelled instead.
//          W6  a response is as long as it was measured.
//
// COST     an idle watcher: 48 bytes, and 48 and the key for each range that somebody watches, and two places in hash
//          tables. A change: one look-up by hash, one walk down the tree, and the responses.
// READ NEXT  WatchRecords.swift (what is kept), WatchRequests.swift, WatchNotify.swift, WatchCatchUp.swift,
//          WatchReplies.swift (bytes), WatchRanges.swift and WatchIntervals.swift (who watches a key?).

import Bytes
package import Identifiers
package import Trace

/// The shell's number of a stream of watches. It may be used again after `close`.
package struct WatchStreamID: RawRepresentable, Hashable, Sendable {
    /// The number itself.
    package var rawValue: UInt64
    /// Any number that is not in use.
    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// One response for one stream, as a place in the buffer that it was appended to.
package struct WatchReply: Hashable, Sendable {
    /// For whom.
    package var stream: WatchStreamID
    /// Where the encoded `WatchResponse` begins, counted from the buffer's first readable byte.
    package var from: Int
    /// How many bytes it has.
    package var count: Int
}

/// Everybody who listens to this member's store.
package struct WatchHub: ~Copyable {
    /// How much at once.
    package struct Limits: Hashable, Sendable {
        /// From this size on a response is cut, for those who allowed it: the limit of a request and 512 KiB.
        package var fragmentBytes = 1_572_864 + 524_288
        /// How many bytes may be handed out for one stream before it gets no more events.
        package var streamBytes = 512 << 10
        /// The same for all streams together.
        package var totalBytes = 256 << 20
        /// How many revisions one response may have that tells history.
        package var revisionsInReply = 1_000
        /// How many watchers read history together.
        package var cohort = 512
        /// How many changes a slice of history looks at, to the next end of a revision.
        package var changesInSlice = 4_096
        /// How many bytes of events a slice gathers, to the next end of a revision.
        package var bytesInSlice = 2 << 20
        /// How long a quiet watcher that wants to hear of progress waits for it, and up to a tenth more.
        package var progressMilliseconds: Int64 = 600_000

        /// etcd's, where etcd has them.
        package init() {}
    }

    /// How much at once.
    package let limits: Limits
    /// Everything up to this revision was told, or is known to be still to tell (W2).
    package internal(set) var notified: Revision
    /// Who listens to what is done here.
    package var trace = Tracer.off

    /// All watchers, in places that are used again.
    var watchers: [Watcher] = []
    var freeWatchers = WatchList.nothing
    /// From a stream and an id to the watcher.
    var names = WatchTable()
    /// What is watched.
    var ranges: WatchRanges

    /// All streams, in places that are used again.
    var streams: [WatchStream] = []
    var freeStreams: [UInt32] = []
    var streamPlaces: [WatchStreamID: UInt32] = [:]
    /// Streams with lagging watchers and with room, in the order in which they are served.
    var waiting = WatchQueue()
    /// Bytes that were handed out for all streams and not yet taken.
    var outstandingBytes = 0
    /// When the next stream wants its watchers told of progress.
    var nextProgress: Int64?
    /// The time, as far as `open` and `advance` have told: where a clock of ten minutes begins.
    var now: Int64 = 0

    /// How many watchers there are, cancelled ones not counted.
    package internal(set) var watcherCount = 0
    /// How many of them lag.
    package internal(set) var laggingCount = 0
    /// How many streams are open.
    package var streamCount: Int { streamPlaces.count }

    /// How much memory watchers and ranges take, at least: what was asked for and not what of it is touched.
    package var memoryBytes: Int {
        watchers.capacity * MemoryLayout<Watcher>.stride + names.memoryBytes + ranges.memoryBytes
            + streams.capacity * MemoryLayout<WatchStream>.stride
    }

    /// What `notify` and `catchUp` write on, kept for its room; empty between calls, as it holds views (V3).
    var sheet = WatchSheet()

    /// Nobody listens yet; whoever comes is told what happens after `notified`, the store's revision. The seed spreads what
    /// is watched; it changes nothing that anybody is told.
    package init(notified: Revision, limits: Limits = Limits(), seed: UInt64 = 0x5EED) {
        self.notified = notified
        self.limits = limits
        ranges = WatchRanges(seed: seed)
    }

    // MARK: Streams

    /// A client has opened a stream.
    package mutating func open(_ name: WatchStreamID, nowMilliseconds: Int64) {
        precondition(streamPlaces[name] == nil, "W0: stream \(name.rawValue) is open already")
        now = max(now, nowMilliseconds)
        let stream = WatchStream(name: name)
        if let place = freeStreams.popLast() {
            streams[Int(place)] = stream
            streamPlaces[name] = place
        } else {
            streamPlaces[name] = UInt32(streams.count)
            streams.append(stream)
        }
    }

    /// The stream is over, whoever ended it.
    package mutating func close(_ name: WatchStreamID) {
        guard let place = streamPlaces.removeValue(forKey: name) else { return }
        while case let slot = streams[Int(place)].youngest, slot != WatchList.nothing {
            if watchers[Int(slot)].state != .ended {
                trace.emit(
                    WatcherCancelled(
                        stream: name.rawValue, watcher: Int(watchers[Int(slot)].id), why: "the stream is closed"))
            }
            remove(slot)
        }
        outstandingBytes -= streams[Int(place)].outstandingBytes
        streams[Int(place)].outstandingBytes = 0
        streams[Int(place)].isOpen = false
        // A place in the queue of those who wait is given up when its turn comes, and only then used again.
        if !streams[Int(place)].isWaiting { freeStreams.append(place) }
    }

    /// The client has taken everything that was handed out for it.
    package mutating func drained(_ name: WatchStreamID) {
        guard let place = streamPlaces[name] else { return }
        if streams[Int(place)].outstandingBytes > limits.streamBytes {
            trace.emit(WatchStreamDrained(stream: name.rawValue))
        }
        outstandingBytes -= streams[Int(place)].outstandingBytes
        streams[Int(place)].outstandingBytes = 0
        wait(place)
    }

    /// Whether events may be handed out for a stream.
    func hasRoom(_ place: UInt32) -> Bool {
        streams[Int(place)].outstandingBytes <= limits.streamBytes && outstandingBytes <= limits.totalBytes
    }

    /// Puts a stream into the queue of those whose lagging watchers can be served.
    mutating func wait(_ place: UInt32) {
        guard streams[Int(place)].lagging.first != WatchList.nothing, !streams[Int(place)].isWaiting else { return }
        guard streams[Int(place)].outstandingBytes <= limits.streamBytes else { return }
        streams[Int(place)].isWaiting = true
        waiting.append(place)
    }

    // MARK: Time

    /// Whether `catchUp` has something to do.
    package var hasWork: Bool { !waiting.isEmpty && outstandingBytes <= limits.totalBytes }

    /// When `advance` wants to be called, if nothing happens before.
    package var nextWakeMilliseconds: Int64? { nextProgress }

    /// The store was replaced by what a leader sent: everybody reads on in the new one from where he was, unless its
    /// history does not go back that far.
    package mutating func storeReplaced(_ store: borrowing Store) {
        for slot in watchers.indices where watchers[slot].state == .synced {
            watchers[slot].next = max(watchers[slot].next, notified.next)
            if watchers[slot].next <= store.revision { fallBehind(UInt32(slot), next: watchers[slot].next) }
        }
        notified = max(notified, store.revision)
    }
}
