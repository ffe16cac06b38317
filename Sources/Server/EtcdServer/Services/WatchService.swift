// WatchService.swift: streams of events.
//
// The member keeps the watchers; this is the pipe. What a client says on its stream goes in, what the member has for the
// stream comes out, and `drained` tells the member that the client has taken everything, which is how a slow client
// is noticed (the member counts what it has handed out since).
//
// QUESTIONS WITHOUT END. Each create, cancel or progress request is answered, so a client that asks and never reads
// could make us hold answers without bound. While much waits for it, its questions are left in the network.
//
// A client that has said everything (half-closed) still gets its events: only its going away ends the stream.

internal import Bytes
internal import EtcdAPI
internal import GRPC
internal import HTTP
internal import HTTP2Session
internal import Identifiers
internal import MVCC
internal import Member

/// One stream of Watch/Watch.
final class WatchCall: GRPCCallHandler {
    /// Above this the client's questions wait.
    private static let holdAboveBytes = 1 << 20

    private let call: GRPCServerCall
    private let stream: WatchStreamID
    private unowned let server: EtcdServer

    init(_ call: GRPCServerCall, of server: EtcdServer) {
        self.call = call
        self.server = server
        server.lastStream += 1
        stream = WatchStreamID(rawValue: server.lastStream)
        server.watches[stream.rawValue] = self
        server.enter()
        server.member.openWatch(stream)
    }

    func call(_ call: GRPCServerCall, received message: ByteView) {
        if server.member.leader == .none, server.insistsOnLeader(call) {
            return call.finish(APIError.noLeader.status)
        }
        server.enter()
        server.member.watchRequest(stream, message, into: &server.output)
        if call.outgoingBytes > Self.holdAboveBytes { call.holdsMessages = true }
    }

    func callDrained(_ call: GRPCServerCall) {
        server.enter()
        server.member.watchDrained(stream)
        if call.holdsMessages { call.releaseMessages() }
    }

    func callEnded(_ call: GRPCServerCall, _ status: GRPCStatus) {
        guard server.watches.removeValue(forKey: stream.rawValue) != nil else { return }
        server.enter()
        server.member.closeWatch(stream)
    }

    /// One response of the member's.
    func send(_ message: ByteView) { call.send { $0.append(message) } }

    /// The end, because of us.
    func fail(_ status: GRPCStatus) { call.finish(status) }
}
