// Watching.swift: how do those who watch hear of what was written?
//
// The hub (MVCC/WatchHub.swift) knows who wants to hear of which keys and reads the events from the store. The member
// decides when it looks:
//
//     once a turn          for all writes of the turn together: a watcher of a busy key gets one message, not forty
//     before a compaction  what is forgotten must have been told first
//     one slice a turn     for those who read history, or whose streams were full
//
// A WRITE IS ANSWERED AND TOLD IN THE SAME TURN, the answer first. A client that writes and watches on the same
// connection sees them in this order; etcd promises none.
//
// BACKPRESSURE. The hub counts what it has handed out for each stream and stops when it is too much; the shell says
// `watchDrained` when everything it was given has left.

import Backend
import BoltFile
package import Bytes
import EtcdAPI
import Identifiers
package import MVCC
import Protobuf
import Trace

extension Member {
    /// A watch stream begins.
    package mutating func openWatch(_ stream: WatchStreamID) {
        guard failure == nil else { return }
        hub.open(stream, nowMilliseconds: now)
    }

    /// A client says something on its stream: watch this, forget that, how far am I?
    package mutating func watchRequest(_ stream: WatchStreamID, _ message: ByteView, into output: inout Output) {
        guard failure == nil else { return }
        let header = header
        do throws(WireError) {
            try hub.request(message, on: stream, store, header, into: &output.bytes, &replies)
        } catch {
            output.orders.append(.malformedWatch(stream, error))
        }
        orderReplies(into: &output)
    }

    /// The stream is over.
    package mutating func closeWatch(_ stream: WatchStreamID) { hub.close(stream) }

    /// Everything that was handed over for this stream has left.
    package mutating func watchDrained(_ stream: WatchStreamID) { hub.drained(stream) }

    /// Tells the watchers about everything that was written since the last time.
    mutating func notifyWatchers(into output: inout Output) {
        guard store.revision > hub.notified, failure == nil else { return }
        let header = header
        watching(&output) { member, output throws(StoreError) in
            try member.hub.notify(member.store, member.backend, header, into: &output.bytes, &member.replies)
        }
    }

    /// The turn is over: news, a slice of history, and "nothing has happened" where that was asked for.
    mutating func tellWatchers(into output: inout Output) {
        notifyWatchers(into: &output)
        let header = header
        if hub.hasWork, failure == nil {
            watching(&output) { member, output throws(StoreError) in
                try member.hub.catchUp(member.store, member.backend, header, into: &output.bytes, &member.replies)
            }
        }
        guard failure == nil else { return }
        hub.advance(toMilliseconds: now, header, into: &output.bytes, &replies)
        orderReplies(into: &output)
    }

    private mutating func watching(
        _ output: inout Output, _ body: (inout Member, inout Output) throws(StoreError) -> Void
    ) {
        do throws(StoreError) {
            try body(&self, &output)
            orderReplies(into: &output)
        } catch {
            fail("the database cannot be read for watchers: \(error)", into: &output)
        }
    }

    private mutating func orderReplies(into output: inout Output) {
        guard !replies.isEmpty else { return }
        for reply in replies {
            output.orders.append(.watch(reply.stream, from: reply.from, count: reply.count))
        }
        replies.removeAll(keepingCapacity: true)
    }
}
