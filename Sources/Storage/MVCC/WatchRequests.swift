// WatchRequests.swift: what a client may ask on a stream of watches: begin, stop, how far are you?
//
// Requests come one by one on a stream, and answers go out among the events, with these promises:
//
//     create    one answer with `created`, before any event of that watcher. It says the store's revision: a watcher that
//               begins "now" hears of everything after that one. What cannot be watched is answered with `created` and
//               `canceled` at once, and the id -1.
//     cancel    one answer with `canceled`; no event of that watcher comes after it. An unknown id gets no answer.
//     progress  one answer with the id -1, if every watcher of the stream has been told about everything; otherwise
//               none: the client asks again.
//
// IDS. 0 asks the server to choose: it counts up from 0 and passes over those in use. Any other number is the client's
// choice.
//
// WHY IS PROGRESS REFUSED BEFORE A WATCHER'S BEGINNING? A client that asked to watch from revision 50 on takes progress at 40
// as "you have heard of everything up to 40", though it never asked for that. etcd since 3.5.8 stays silent.

package import Bytes
import EtcdAPI
import Identifiers
package import Protobuf
import Trace

extension WatchHub {
    /// Handles one request of a stream. Throws when it cannot be read; the stream is then of no more use.
    package mutating func request(
        _ message: ByteView, on stream: WatchStreamID, _ store: borrowing Store, _ header: HeaderFields,
        into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) throws(WireError) {
        guard let place = streamPlaces[stream] else { return }
        switch try WatchRequest(decoding: message).requestUnion {
        case .createRequest(let request): create(request, on: place, store, header, into: &bytes, &replies)
        case .cancelRequest(let request): cancel(request.watchID, on: place, store, header, into: &bytes, &replies)
        case .progressRequest: tellProgress(on: place, header, into: &bytes, &replies)
        case nil: break
        }
    }

    // MARK: Create

    /// What stands against a watcher.
    private enum Refusal: String {
        case emptyRange = "mvcc: watcher range is empty"
        case duplicateID = "mvcc: duplicate watch ID provided on the WatchStream"
        case compacted = "etcdserver: mvcc: required revision has been compacted"
    }

    private mutating func create(
        _ request: WatchCreateRequest, on stream: UInt32, _ store: borrowing Store, _ header: HeaderFields,
        into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        let first: ByteSlice = request.key.isEmpty ? [0] : request.key
        let end: WatchEnd =
            request.rangeEnd.isEmpty ? .point : request.rangeEnd == [0] ? .open : .key(request.rangeEnd.view)
        var response = WatchResponse(header: responseHeader(header, store.revision), created: true)
        if let refusal = refusal(of: request, first, end, on: stream) {
            response.watchID = -1
            response.canceled = true
            response.cancelReason = refusal.rawValue
            return answer(response, to: stream, into: &bytes, &replies)
        }
        response.watchID = request.watchID == 0 ? freeID(on: stream) : request.watchID
        answer(response, to: stream, into: &bytes, &replies)

        var watcher = Watcher()
        watcher.id = response.watchID
        watcher.stream = stream
        watcher.options = options(of: request)
        watcher.range = ranges.acquire(first.view, end)
        let isSynced = request.startRevision == .zero || request.startRevision > store.revision
        watcher.next = isSynced ? max(request.startRevision, store.revision.next) : request.startRevision
        if request.startRevision > store.revision { watcher.options.insert(.beginsLater) }
        withExtendedLifetime(request) {}
        place(watcher, isSynced: isSynced)
        trace.emit(
            WatcherCreated(
                stream: streams[Int(stream)].name.rawValue, watcher: Int(response.watchID),
                key: TraceBytes(first.view), rangeEnd: TraceBytes(request.rangeEnd.view),
                start: request.startRevision, synced: isSynced))
    }

    private func refusal(
        of request: WatchCreateRequest, _ first: ByteSlice, _ end: WatchEnd, on stream: UInt32
    ) -> Refusal? {
        if request.startRevision < .zero { return .compacted }
        if case .key(let end) = end, end <= first.view { return .emptyRange }
        if request.watchID != 0, watcher(request.watchID, on: stream) != nil { return .duplicateID }
        return nil
    }

    private func options(of request: WatchCreateRequest) -> WatcherOptions {
        var options: WatcherOptions = []
        if request.prevKV { options.insert(.previous) }
        if request.fragment { options.insert(.fragment) }
        if request.progressNotify { options.insert(.progress) }
        for filter in request.filters {
            if filter == .noput { options.insert(.noPuts) }
            if filter == .nodelete { options.insert(.noDeletes) }
        }
        return options
    }

    /// The next id that nobody on the stream has.
    private mutating func freeID(on stream: UInt32) -> Int64 {
        while watcher(streams[Int(stream)].nextID, on: stream) != nil { streams[Int(stream)].nextID += 1 }
        defer { streams[Int(stream)].nextID += 1 }
        return streams[Int(stream)].nextID
    }

    /// Puts a new watcher where it belongs.
    private mutating func place(_ watcher: Watcher, isSynced: Bool) {
        let slot = makeWatcher(watcher)
        if watcher.options.contains(.progress) { expectProgress(on: watcher.stream) }
        if isSynced { becomeSynced(slot) } else { becomeLagging(slot) }
    }

    // MARK: Cancel

    private mutating func cancel(
        _ id: Int64, on stream: UInt32, _ store: borrowing Store, _ header: HeaderFields,
        into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        guard let slot = watcher(id, on: stream) else { return }
        remove(slot)
        answer(
            WatchResponse(header: responseHeader(header, store.revision), watchID: id, canceled: true),
            to: stream, into: &bytes, &replies)
        trace.emit(
            WatcherCancelled(
                stream: streams[Int(stream)].name.rawValue, watcher: Int(id), why: "the client asked for it"))
    }

    /// What a lagging watcher needs is gone (W5). The header's revision is 0 then, as in etcd.
    mutating func cancelCompacted(
        _ slot: UInt32, _ store: borrowing Store, _ header: HeaderFields,
        into bytes: inout ByteBuffer, _ replies: inout [WatchReply]
    ) {
        let watcher = watchers[Int(slot)]
        end(slot)
        answer(
            WatchResponse(
                header: responseHeader(header, .zero), watchID: watcher.id, canceled: true,
                compactRevision: store.compacted),
            to: watcher.stream, into: &bytes, &replies)
        trace.emit(
            WatcherCancelled(
                stream: streams[Int(watcher.stream)].name.rawValue, watcher: Int(watcher.id),
                why: "what it has not heard of is compacted", compacted: store.compacted))
    }
}
