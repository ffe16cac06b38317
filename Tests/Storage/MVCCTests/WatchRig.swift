// WatchRig.swift: a store, its watchers and their clients, without a network.
//
// Clients are lists of decoded responses. One that does not drain is one that does not read: the hub then stops handing
// out bytes for its stream.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Foundation
import Identifiers
import MVCC
import Protobuf
import Testing

/// A change that a test makes.
enum WatchOp: CustomStringConvertible {
    case put(ByteSlice, ByteSlice)
    /// Keys from the first to before the second; a single one when the second is empty.
    case delete(ByteSlice, ByteSlice)

    var request: RequestOp {
        switch self {
        case .put(let key, let value): RequestOp(request: .requestPut(PutRequest(key: key, value: value)))
        case .delete(let key, let end):
            RequestOp(request: .requestDeleteRange(DeleteRangeRequest(key: key, rangeEnd: end)))
        }
    }

    var description: String {
        switch self {
        case .put(let key, let value): "put \(key) \(value.count) bytes"
        case .delete(let key, let end): "delete \(key) \(end)"
        }
    }
}

final class WatchRig {
    private let image = StableBytes(zeros: 64 << 20)
    private var fileLength: Int
    private(set) var backend: Backend
    private(set) var store: Store
    var hub: WatchHub
    let header = HeaderFields(cluster: 0xC1, member: 0x3E, term: 5)
    /// What each stream was sent, in order.
    var received: [WatchStreamID: [WatchResponse]] = [:]
    /// Streams whose clients do not read.
    var blocked: Set<WatchStreamID> = []
    /// How large each response was.
    var sizes: [Int] = []

    init(_ limits: WatchHub.Limits = WatchHub.Limits()) throws {
        let file = BoltFile.newFile(pageSize: 4096)
        image.write(file.view, at: 0)
        fileLength = file.count
        let backend = try Backend(try BoltFile(mapping: image.view, fileLength: file.count))
        store = try Store(restoring: backend)
        self.backend = backend
        hub = WatchHub(notified: store.revision, limits: limits)
    }

    // MARK: Writing

    /// One transaction; the watchers are told at once, unless `isQuiet`.
    func write(_ ops: [WatchOp], isQuiet: Bool = false) throws {
        let request = TxnRequest(success: ops.map(\.request)).encoded()
        var answer = ByteBuffer()
        try store.txn(
            try TxnRequest.View(decoding: request.view), in: &backend, header: header, hasLease: { _ in false },
            into: &answer)
        if !isQuiet { try notify() }
    }

    func put(_ key: ByteSlice, _ value: ByteSlice = "v") throws { try write([.put(key, value)]) }
    func delete(_ key: ByteSlice) throws { try write([.delete(key, ByteSlice())]) }

    /// Compacts and, unless told otherwise, finishes the work.
    func compact(_ revision: Revision, steps: Int = .max) throws {
        try notify()
        try compactStore(revision, steps: steps)
    }

    /// The same without telling the watchers before.
    func compactStore(_ revision: Revision, steps: Int = .max) throws {
        var answer = ByteBuffer()
        try store.compact(at: revision, in: &backend, header: header, into: &answer)
        try compactionSteps(steps)
    }

    func compactionSteps(_ steps: Int) throws {
        var left = steps
        while store.isCompacting, left > 0 {
            try store.compactionStep(in: &backend)
            left -= 1
        }
    }

    // MARK: The hub

    func notify() throws { try call { try $0.hub.notify($0.store, $0.backend, $0.header, into: &$1, &$2) } }
    func catchUpOnce() throws { try call { try $0.hub.catchUp($0.store, $0.backend, $0.header, into: &$1, &$2) } }

    /// Lets everybody catch up who can, and answers in how many slices.
    @discardableResult
    func catchUp() throws -> Int {
        var slices = 0
        while hub.hasWork {
            try catchUpOnce()
            slices += 1
            if slices > 1_000_000 { throw RigError.endless }
        }
        return slices
    }

    func advance(_ milliseconds: Int64) throws {
        try call { $0.hub.advance(toMilliseconds: milliseconds, $0.header, into: &$1, &$2) }
    }

    /// When the hub wants the time.
    var nextWake: Int64? { hub.nextWakeMilliseconds }

    func open(_ stream: WatchStreamID, at now: Int64 = 0) { hub.open(stream, nowMilliseconds: now) }

    func close(_ stream: WatchStreamID) {
        hub.close(stream)
        blocked.remove(stream)
        received[stream] = nil
    }

    /// The client reads again.
    func unblock(_ stream: WatchStreamID) {
        blocked.remove(stream)
        hub.drained(stream)
    }

    func request(_ request: WatchRequest, on stream: WatchStreamID) throws {
        let message = request.encoded()
        try call { try $0.hub.request(message.view, on: stream, $0.store, $0.header, into: &$1, &$2) }
    }

    /// Creates a watcher and answers the `created` response.
    @discardableResult
    func watch(_ create: WatchCreateRequest, on stream: WatchStreamID = 1) throws -> WatchResponse {
        try request(WatchRequest(requestUnion: .createRequest(create)), on: stream)
        return try #require(received[stream]?.last)
    }

    func cancel(_ id: Int64, on stream: WatchStreamID = 1) throws {
        try request(WatchRequest(requestUnion: .cancelRequest(WatchCancelRequest(watchID: id))), on: stream)
    }

    func askProgress(on stream: WatchStreamID = 1) throws {
        try request(WatchRequest(requestUnion: .progressRequest(WatchProgressRequest())), on: stream)
    }

    /// What a stream was sent since the last time.
    func take(_ stream: WatchStreamID = 1) -> [WatchResponse] {
        defer { received[stream] = [] }
        return received[stream] ?? []
    }

    enum RigError: Error { case endless }

    /// Calls the hub, checks its rules, and delivers what it hands out.
    private func call(_ body: (WatchRig, inout ByteBuffer, inout [WatchReply]) throws -> Void) throws {
        var bytes = ByteBuffer()
        // Answers of other kinds may stand before ours: places are counted from the buffer's beginning.
        bytes.append(literal: "other")
        var replies: [WatchReply] = []
        try body(self, &bytes, &replies)
        hub.checkRules()
        var end = 5
        for reply in replies {
            #expect(reply.from == end)
            end += reply.count
            let response = try WatchResponse(decoding: bytes.view[reply.from..<end])
            // What was written by hand is what a message writes.
            #expect(response.encoded() == ByteSlice(copying: bytes.view[reply.from..<end]))
            received[reply.stream, default: []].append(response)
            sizes.append(reply.count)
        }
        #expect(end == bytes.count)
        for stream in Set(replies.map(\.stream)) where !blocked.contains(stream) { hub.drained(stream) }
    }
}

extension WatchStreamID: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt64) { self.init(rawValue: value) }
}

/// What is watched, shortly.
func watching(
    _ key: ByteSlice, to end: ByteSlice = ByteSlice(), from start: Revision = .zero,
    filters: [WatchCreateRequest.FilterType] = [], previous: Bool = false, id: Int64 = 0, fragment: Bool = false,
    progress: Bool = false
) -> WatchCreateRequest {
    WatchCreateRequest(
        key: key, rangeEnd: end, startRevision: start, progressNotify: progress, filters: filters, prevKV: previous,
        watchID: id, fragment: fragment)
}

/// How large tests are; see Tests/long.sh.
enum WatchSettings {
    static let seeds = number("ETCD_TEST_SEEDS") ?? 60
    static let firstSeed = number("ETCD_TEST_FIRST_SEED") ?? 1
    static let isBenchmark = ProcessInfo.processInfo.environment["ETCD_BENCH"] == "1"

    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }
}
