// WatchRecords.swift: what is remembered of a watcher, and how little that is.
//
// Most watchers wait. A cluster of a thousand machines holds tens of thousands of them, and each of them hears
// of something now and then. So what counts is the size of one that does nothing: it is one row of an array, and it
// is linked with others by numbers of rows, four bytes each, instead of by references.
//
//     Watcher    id 8 | next 8 | stream 4 | range 4 | list 4 + 4 | siblings 4 + 4 | options 1 | state 1 | place 2
//
//     stream 7: youngest --> w9 <-> w4 <-> w1          siblings: to close a stream, and to look through it
//     range 3:  synced   --> w4 <-> w2                 list: who hears of a change in this range
//     stream 7: lagging  --> w9 <-> w1                 list: who reads history, first come, first served
//
// A watcher hangs in exactly one of the lists (W3), so one pair of links serves all of them.
//
// ENDED. etcd keeps the id of a watcher that a compaction has cancelled until the client cancels it too, or goes: it
// answers that cancel, and does not give the id to another. So do we; such a watcher is in no list.
//
// COST     48 bytes. Rows are used again; the array never shrinks.

import Identifiers
import Trace

/// What a watcher is doing.
enum WatcherState: UInt8 {
    /// The row is not in use.
    case free
    /// It has heard of everything.
    case synced
    /// It has to read history.
    case lagging
    /// It is reading, within the call of `catchUp`.
    case reading
    /// A compaction has cancelled it, and its client has not said goodbye.
    case ended
}

/// What a watcher wants, and two things that are remembered about it.
struct WatcherOptions: OptionSet {
    let rawValue: UInt8

    /// Each event with the key as it was before.
    static let previous = WatcherOptions(rawValue: 1)
    /// Large responses may be cut.
    static let fragment = WatcherOptions(rawValue: 2)
    /// Say from time to time how far the store is.
    static let progress = WatcherOptions(rawValue: 4)
    /// No puts.
    static let noPuts = WatcherOptions(rawValue: 8)
    /// No deletes.
    static let noDeletes = WatcherOptions(rawValue: 16)
    /// It has heard something since the last time of telling progress, so it need not be told.
    static let hasHeard = WatcherOptions(rawValue: 32)
    /// It was asked to begin at a revision that did not exist yet: before that one there is no progress to tell.
    static let beginsLater = WatcherOptions(rawValue: 64)

    /// Whether a filter drops such a change.
    @inline(__always)
    func drops(isDelete: Bool) -> Bool { contains(isDelete ? .noDeletes : .noPuts) }
}

/// One watcher.
struct Watcher {
    /// Its name on its stream.
    var id: Int64 = 0
    /// The first revision that it has not been told about.
    var next = Revision.zero
    /// Places of its stream and its range.
    var stream: UInt32 = 0
    var range: UInt32 = 0
    /// Its neighbours in the list of its state.
    var before = WatchList.nothing
    var after = WatchList.nothing
    /// Its neighbours on its stream.
    var younger = WatchList.nothing
    var older = WatchList.nothing
    var options = WatcherOptions()
    var state = WatcherState.free
    /// Which of the readers it is, while it reads.
    var reader: UInt16 = 0
}

/// The ends of a list of watchers, linked through their rows.
struct WatchList {
    /// The number that stands for no row.
    static let nothing = UInt32.max
    var first = nothing
    var last = nothing
}

extension [Watcher] {
    /// Adds a watcher at the end of a list.
    mutating func append(_ slot: UInt32, to list: inout WatchList) {
        self[Int(slot)].before = list.last
        self[Int(slot)].after = WatchList.nothing
        if list.last == WatchList.nothing { list.first = slot } else { self[Int(list.last)].after = slot }
        list.last = slot
    }

    /// Adds a watcher at the beginning of a list whose end nobody needs.
    mutating func push(_ slot: UInt32, onto first: inout UInt32) {
        self[Int(slot)].before = WatchList.nothing
        self[Int(slot)].after = first
        if first != WatchList.nothing { self[Int(first)].before = slot }
        first = slot
    }

    /// Takes a watcher out of the list that it is in.
    mutating func unlink(_ slot: UInt32, from list: inout WatchList) {
        let after = self[Int(slot)].after
        if after == WatchList.nothing { list.last = self[Int(slot)].before }
        unlink(slot, from: &list.first)
    }

    /// The same for a list whose end nobody needs.
    mutating func unlink(_ slot: UInt32, from first: inout UInt32) {
        let before = self[Int(slot)].before
        let after = self[Int(slot)].after
        if before == WatchList.nothing { first = after } else { self[Int(before)].after = after }
        if after != WatchList.nothing { self[Int(after)].before = before }
    }
}

/// One client's stream of watches.
struct WatchStream {
    let name: WatchStreamID
    /// The newest of its watchers; the others hang on it.
    var youngest = WatchList.nothing
    /// Those of them that lag, first come, first served.
    var lagging = WatchList()
    var laggingCount = 0
    /// Where the search for a free id begins.
    var nextID: Int64 = 0
    /// Bytes handed out and not yet taken by the client.
    var outstandingBytes = 0
    /// How many of its watchers want to hear of progress, and when they do.
    var progressCount = 0
    var nextProgress: Int64 = 0
    /// Whether it is in the queue of streams to serve.
    var isWaiting = false
    var isOpen = true

    init(name: WatchStreamID) { self.name = name }
}

/// A queue of streams. Taking one out moves a mark; the room is won back when most of it is marks.
struct WatchQueue {
    private var places: [UInt32] = []
    private var head = 0

    var isEmpty: Bool { head == places.count }

    mutating func append(_ place: UInt32) { places.append(place) }

    mutating func popFirst() -> UInt32? {
        guard head < places.count else { return nil }
        let place = places[head]
        head += 1
        if head > 64, head * 2 > places.count {
            places.removeFirst(head)
            head = 0
        }
        return place
    }
}

// MARK: - Coming, going, and changing between the states

extension WatchHub {
    /// A row for a new watcher of a stream; in no list yet.
    mutating func makeWatcher(_ watcher: consuming Watcher) -> UInt32 {
        let stream = Int(watcher.stream)
        watcher.older = streams[stream].youngest
        let slot: UInt32
        if freeWatchers != WatchList.nothing {
            slot = freeWatchers
            freeWatchers = watchers[Int(slot)].after
            watchers[Int(slot)] = watcher
        } else {
            slot = UInt32(watchers.count)
            watchers.append(watcher)
        }
        if streams[stream].youngest != WatchList.nothing {
            watchers[Int(streams[stream].youngest)].younger = slot
        }
        streams[stream].youngest = slot
        names.insert(slot) { [watchers] in Self.hash(watchers[Int($0)]) }
        watcherCount += 1
        return slot
    }

    /// The watcher with this id on a stream.
    func watcher(_ id: Int64, on stream: UInt32) -> UInt32? {
        names.find(Self.hash(id, stream)) { watchers[Int($0)].id == id && watchers[Int($0)].stream == stream }
    }

    static func hash(_ watcher: Watcher) -> UInt32 { hash(watcher.id, watcher.stream) }

    /// Ids are small numbers that count up, on many streams: two multiplications spread them.
    static func hash(_ id: Int64, _ stream: UInt32) -> UInt32 {
        var mixed = UInt64(bitPattern: id) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 29) ^ UInt64(stream)) &* 0xBF58_476D_1CE4_E5B9
        return UInt32(truncatingIfNeeded: mixed >> 32)
    }

    /// Takes a watcher out of everything; its row is free.
    mutating func remove(_ slot: UInt32) {
        let watcher = watchers[Int(slot)]
        leaveList(slot)
        if watcher.state != .ended { forget(slot) }
        names.remove(slot) { [watchers] in Self.hash(watchers[Int($0)]) }
        if watcher.younger == WatchList.nothing {
            streams[Int(watcher.stream)].youngest = watcher.older
        } else {
            watchers[Int(watcher.younger)].older = watcher.older
        }
        if watcher.older != WatchList.nothing { watchers[Int(watcher.older)].younger = watcher.younger }
        watchers[Int(slot)] = Watcher()
        watchers[Int(slot)].after = freeWatchers
        freeWatchers = slot
    }

    /// A watcher is cancelled by a compaction: all that remains of it is its id.
    mutating func end(_ slot: UInt32) {
        leaveList(slot)
        forget(slot)
        watchers[Int(slot)].state = .ended
    }

    /// What is over for a watcher that ends, whether its id remains or not.
    private mutating func forget(_ slot: UInt32) {
        ranges.release(watchers[Int(slot)].range)
        watcherCount -= 1
        if watchers[Int(slot)].options.contains(.progress) {
            streams[Int(watchers[Int(slot)].stream)].progressCount -= 1
        }
    }

    /// Takes a watcher out of the list of its state (W3).
    mutating func leaveList(_ slot: UInt32) {
        let watcher = watchers[Int(slot)]
        switch watcher.state {
        case .synced: watchers.unlink(slot, from: &ranges[watcher.range].synced)
        case .reading: watchers.unlink(slot, from: &ranges[watcher.range].reading)
        case .lagging:
            watchers.unlink(slot, from: &streams[Int(watcher.stream)].lagging)
            streams[Int(watcher.stream)].laggingCount -= 1
            laggingCount -= 1
        case .free, .ended: break
        }
    }

    /// The watcher has been told about everything (W2).
    mutating func becomeSynced(_ slot: UInt32) {
        watchers[Int(slot)].state = .synced
        watchers.push(slot, onto: &ranges[watchers[Int(slot)].range].synced)
    }

    /// The watcher has to read history from `next` on. It is in no list.
    mutating func becomeLagging(_ slot: UInt32) {
        let stream = watchers[Int(slot)].stream
        watchers[Int(slot)].state = .lagging
        watchers.append(slot, to: &streams[Int(stream)].lagging)
        streams[Int(stream)].laggingCount += 1
        laggingCount += 1
        wait(stream)
    }

    /// A synced watcher misses something, because its stream has no room.
    mutating func fallBehind(_ slot: UInt32, next: Revision) {
        leaveList(slot)
        watchers[Int(slot)].next = next
        becomeLagging(slot)
        trace.emit(
            WatcherFellBehind(
                stream: streams[Int(watchers[Int(slot)].stream)].name.rawValue, watcher: Int(watchers[Int(slot)].id),
                next: next))
    }
}
