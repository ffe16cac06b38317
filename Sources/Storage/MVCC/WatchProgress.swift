// WatchProgress.swift: how does a client know that silence means that nothing happened?
//
// A client keeps a bookmark: the last revision it has heard of. If its keys are quiet for a week while others
// change, the bookmark is a week old, its history is compacted, and after a lost connection the client must read everything again. So a
// watcher may ask to be told from time to time how far the store is: a response without events.
//
//     revision   40          41 ... 977 (other keys)                977
//     watcher    event 40                                           progress: 977     "you have missed nothing up to 977"
//
// Two ways: each stream has a clock that ticks every ten minutes and up to a tenth more (so that a thousand streams do
// not tick together), and those who asked for it are told unless they have heard something since the last tick; and
// a client can ask for it at once, for all watchers of a stream together (id -1).
//
// RULES    W4  what is promised is `notified`: whatever comes later has a larger revision. A watcher that lags is promised
//              nothing; neither is one that has not begun.

package import Bytes
import EtcdAPI
import Identifiers
import Trace

extension WatchHub {
    /// Whether a watcher has heard of everything up to `notified`, and has begun by then.
    private func isUpToDate(_ watcher: Watcher) -> Bool {
        watcher.state == .synced && !(watcher.options.contains(.beginsLater) && watcher.next > notified)
    }

    // MARK: When the client asks

    /// Answers how far the stream has come, if that can be said.
    mutating func tellProgress(
        on stream: UInt32, _ header: HeaderFields, into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        guard streams[Int(stream)].laggingCount == 0 else { return }
        var count = 0
        var slot = streams[Int(stream)].youngest
        while slot != WatchList.nothing {
            let watcher = watchers[Int(slot)]
            slot = watcher.older
            if watcher.state == .ended { continue }
            guard isUpToDate(watcher) else { return }
            count += 1
        }
        guard count > 0 else { return }
        answer(
            WatchResponse(header: responseHeader(header, notified), watchID: -1), to: stream, into: &bytes, &replies)
        trace.emit(
            WatchProgressSent(stream: streams[Int(stream)].name.rawValue, watcher: -1, revision: notified))
    }

    // MARK: From time to time

    /// A watcher of the stream wants to be told from time to time.
    mutating func expectProgress(on stream: UInt32) {
        if streams[Int(stream)].progressCount == 0 { schedule(stream) }
        streams[Int(stream)].progressCount += 1
    }

    /// Sets the stream's clock. Streams differ by up to a tenth; a number of the stream decides, as nothing here is random.
    private mutating func schedule(_ stream: UInt32) {
        let spread = UInt64(max(limits.progressMilliseconds / 10, 1))
        let share = (streams[Int(stream)].name.rawValue &* 0x9E37_79B9_7F4A_7C15) >> 32
        let next = now + limits.progressMilliseconds + Int64(share % spread)
        streams[Int(stream)].nextProgress = next
        nextProgress = min(nextProgress ?? next, next)
    }

    /// Time goes on: tells those of progress whose stream's clock ticks. Called once a turn; mostly a comparison.
    package mutating func advance(
        toMilliseconds now: Int64, _ header: HeaderFields, into bytes: inout ByteBuffer,
        _ replies: inout [WatchReply]
    ) {
        self.now = max(self.now, now)
        guard let due = nextProgress, due <= self.now else { return }
        nextProgress = nil
        for place in streams.indices where streams[place].isOpen && streams[place].progressCount > 0 {
            if streams[place].nextProgress <= self.now {
                tick(UInt32(place), header, into: &bytes, &replies)
                schedule(UInt32(place))
            } else {
                nextProgress = min(nextProgress ?? .max, streams[place].nextProgress)
            }
        }
    }

    private mutating func tick(
        _ stream: UInt32, _ header: HeaderFields, into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        var slot = streams[Int(stream)].youngest
        while slot != WatchList.nothing {
            let watcher = watchers[Int(slot)]
            let current = slot
            slot = watcher.older
            guard watcher.options.contains(.progress), watcher.state != .ended else { continue }
            watchers[Int(current)].options.remove(.hasHeard)
            guard !watcher.options.contains(.hasHeard), isUpToDate(watcher), hasRoom(stream) else { continue }
            answer(
                WatchResponse(header: responseHeader(header, notified), watchID: watcher.id), to: stream,
                into: &bytes, &replies)
            trace.emit(
                WatchProgressSent(
                    stream: streams[Int(stream)].name.rawValue, watcher: Int(watcher.id), revision: notified))
        }
    }
}
