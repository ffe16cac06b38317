// HTTP2Client.swift: one HTTP/2 connection to a server.
//
//     connecting --> ready --> draining --> closed
//                              (a GOAWAY came: what is open may finish, nothing new begins)
//
// The owner (a gRPC channel) decides when to connect and what to do when it ends; this is only the
// connection: it opens streams and watches over the line.
//
// KEEPALIVE. A server that lost its power does not say goodbye. So while calls are open and nothing is
// heard, a PING is sent; without an answer in time the connection is given up, and its calls with it. Too
// many pings make a gRPC server angry (it counts them), so the owner's interval should not be below its
// minimum.
//
// SHOWN BY  GRPCClientTests

package import Bytes
package import EventLoop
package import HTTP2Session
package import TLS

/// Who owns a client connection.
package protocol HTTP2ClientDelegate: AnyObject {
    /// Streams can be opened.
    func clientReady(_ client: HTTP2ClientConnection)
    /// No stream can be opened any more; those that are open go on.
    func clientDraining(_ client: HTTP2ClientConnection)
    /// A stream ended: there is room for another.
    func clientHasRoom(_ client: HTTP2ClientConnection)
    /// Over; every stream's handler was told before. `reason` is for people.
    func clientClosed(_ client: HTTP2ClientConnection, reason: String)
}

/// When a client asks whether the server is still there.
package struct ClientKeepalive: Sendable {
    /// How long nothing is heard before we ask.
    package var time: UInt64
    /// How long the answer may take.
    package var timeout: UInt64
    /// Whether we ask also while no stream is open.
    package var permitsWithoutStream = false

    /// An interval and a time limit, in nanoseconds.
    package init(time: UInt64, timeout: UInt64) {
        self.time = time
        self.timeout = timeout
    }
}

/// One connection to a server.
package final class HTTP2ClientConnection {
    private enum Stage {
        case connecting
        case ready
        case draining
        case closed
    }

    /// Where it leads.
    package let address: SocketAddress
    private weak var delegate: (any HTTP2ClientDelegate)?
    private var transport: Transport!
    private var session: HTTP2Session!
    private var stage = Stage.connecting
    private let keepalive: ClientKeepalive?
    private let watchdog = Deadline()
    private var heardAt: UInt64
    private var pingedAt: UInt64?
    private var reason: String?

    /// Begins to connect. With a `tls` session the other side must agree on `h2`.
    package init(
        to address: SocketAddress, tls: TLSSession?, within nanoseconds: UInt64, keepalive: ClientKeepalive?,
        on loop: EventLoop, scratch: TransportScratch, delegate: any HTTP2ClientDelegate
    ) {
        self.address = address
        self.delegate = delegate
        self.keepalive = keepalive
        heardAt = loop.now
        var options = HTTP2Session.Options()
        options.isClient = true
        options.streamWindowBytes = 1024 * 1024
        options.connectionWindowBytes = 4 * 1024 * 1024
        session = HTTP2Session(options, delegate: self)
        transport = Transport.connect(
            to: address, session: tls, within: nanoseconds, on: loop, scratch: scratch, handler: self)
    }

    /// Whether a stream can be opened now.
    package var hasRoom: Bool { stage == .ready && session.openStreams < session.peerMaxConcurrentStreams }

    /// Streams that are open.
    package var openStreams: Int { session.openStreams }

    /// Opens a stream.
    package func request(
        _ headers: HeaderList, hasBody: Bool, handler: any HTTP2StreamHandler
    ) throws(HTTP2Failure) -> HTTP2Stream {
        try session.request(headers, hasBody: hasBody, handler: handler)
    }

    /// Lets what is open finish, then closes.
    package func drain() {
        guard stage == .ready || stage == .connecting else { return }
        stage = .draining
        if session.openStreams == 0 { finish() }
    }

    /// Closes at once; what is open fails.
    package func close() { transport.close() }

    private func finish() {
        session.goAway(.noError)
        transport.finish()
    }

    // MARK: The line

    private func rearm() {
        guard let keepalive, stage != .closed else { return }
        transport.loop.deadlines.arm(watchdog, after: pingedAt == nil ? keepalive.time : keepalive.timeout)
    }

    private func check() {
        guard let keepalive, stage == .ready || stage == .draining else { return }
        let now = transport.loop.now
        if let pingedAt {
            if now - pingedAt >= keepalive.timeout {
                reason = "keepalive ping not acked within timeout \(keepalive.timeout / 1_000_000_000)s"
                return transport.close()
            }
        } else if now - heardAt >= keepalive.time, session.openStreams > 0 || keepalive.permitsWithoutStream {
            pingedAt = now
            session.ping(1)
        }
        rearm()
    }
}

extension HTTP2ClientConnection: TransportHandler {
    /// Connected, and with TLS agreed.
    package func transportReady(_ transport: Transport) {
        if transport.isTLS, transport.applicationProtocol != "h2" {
            reason = "the server at \(address) does not speak HTTP/2 (ALPN: \(transport.applicationProtocol ?? "none"))"
            return transport.close()
        }
        guard stage == .connecting else { return transport.close() }
        stage = .ready
        heardAt = transport.loop.now
        watchdog.action = { [unowned self] in check() }
        rearm()
        transport.wantsFlush()
        delegate?.clientReady(self)
    }

    /// Bytes from the server.
    package func transport(_ transport: Transport, received bytes: ByteView) {
        heardAt = transport.loop.now
        pingedAt = nil
        do throws(HTTP2Failure) {
            try session.receive(bytes)
        } catch {
            reason = "\(error)"
            session.goAway(error.code)
            transport.finish()
        }
    }

    /// The server ends the connection.
    package func transportReachedEnd(_ transport: Transport) {
        reason = reason ?? "the server closed the connection"
        transport.close()
    }

    /// Bytes for the server.
    package func transport(_ transport: Transport, produce output: inout ByteBuffer, limit: Int) -> Bool {
        session.produce(into: &output, limit: limit)
    }

    /// What went wrong at the beginning.
    package func transport(_ transport: Transport, met limit: HTTPLimit, _ explanation: String) {
        reason = reason ?? explanation
    }

    /// Gone.
    package func transportClosed(_ transport: Transport, error: String?) {
        stage = .closed
        transport.loop.deadlines?.cancel(watchdog)
        session.closeAllStreams(.connectionLost)
        delegate?.clientClosed(self, reason: reason ?? error ?? "the connection was closed")
    }
}

extension HTTP2ErrorCode {
    /// Not on any wire: the connection under a stream is gone.
    package static let connectionLost = HTTP2ErrorCode(rawValue: .max)
}

extension HTTP2ClientConnection: HTTP2SessionDelegate {
    /// A server of ours pushes nothing.
    package func session(_ session: HTTP2Session, opened stream: HTTP2Stream, head: HeaderList) {
        stream.reset(.refusedStream)
    }

    /// Something to send.
    package func sessionHasOutput(_ session: HTTP2Session) {
        // While the session is being made there is no transport yet; it is asked when it is ready.
        transport?.wantsFlush()
    }

    /// Frames of a server that we chose are not counted.
    package func session(_ session: HTTP2Session, beganFrame frame: HTTP2FrameHead) {}

    /// A response with more header fields than we take.
    package func session(_ session: HTTP2Session, exceededHeaderLimit stream: HTTP2Stream) {
        stream.reset(.enhanceYourCalm)
    }

    /// Answers to our pings count as any other sign of life.
    package func session(_ session: HTTP2Session, receivedPing payload: UInt64, isAnswer: Bool) {}

    /// The server's limits may have changed.
    package func sessionReceivedSettings(_ session: HTTP2Session) { delegate?.clientHasRoom(self) }

    /// The server wants no more streams.
    package func session(
        _ session: HTTP2Session, receivedGoAway code: HTTP2ErrorCode, lastStream: Int32, debug: ByteView
    ) {
        if code != .noError { reason = "the server said goodbye: \(code) \(debug.lossyText)" }
        guard stage == .ready else { return }
        stage = .draining
        delegate?.clientDraining(self)
        if session.openStreams == 0 { finish() }
    }

    /// A stream of ours is over: the owner calls this from its handler.
    package func streamEnded() {
        if stage == .draining, session.openStreams == 0 { finish() }
        if stage == .ready { delegate?.clientHasRoom(self) }
    }
}
