// ServerConnection.swift: which protocol is this?
//
// One port serves everybody. The first bytes of a connection say who is there:
//
//     "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"   HTTP/2, with prior knowledge or after ALPN said so
//     0x16 0x03                            a TLS handshake: on a plain port somebody has the wrong scheme
//     a method of HTTP/1.1                 "GET ", "POST ", ...
//     anything else                        400, and closed
//
// A few bytes may not be enough ("PRI" could still become "PRINT / HTTP/1.1"), so they wait here until
// they are.
//
// SHOWN BY  ServerConnectionTests, Tests/Interop/curl.sh

internal import Bytes
internal import EventLoop
internal import HTTP2Session
internal import TLS

/// One accepted connection.
final class ServerConnection {
    private enum Language {
        case undecided(seen: [UInt8])
        case http1(HTTP1ServerConnection)
        case http2(HTTP2ServerConnection)
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    let service: any HTTPService
    private let server: HTTPServer
    private(set) var transport: Transport!
    private var spoken = Language.undecided(seen: [])
    private var info: ConnectionInfo!
    private let begunAt: UInt64
    private let watchdog = Deadline()
    private var isClosed = false
    private var isDraining = false
    private var queued: (bytes: Int, since: UInt64) = (0, 0)

    init(_ socket: Socket, session: TLSSession?, server: HTTPServer) {
        self.server = server
        service = server.service
        begunAt = socket.loop.now
        transport = Transport(accepted: socket, session: session, scratch: server.scratch, handler: self)
        watchdog.action = { [unowned self] in check() }
        rearm()
    }

    func open() { transport.open(handshakeWithin: server.limits.handshakeTime) }

    private func rearm() { transport.loop.deadlines.arm(watchdog, after: server.checkInterval) }

    // MARK: For the protocols

    func wantsFlush() { transport.wantsFlush() }
    func finish() { transport.finish() }
    func close() { transport.close() }
    func countRequest() { server.counters.requests += 1 }
    func counts(_ limit: HTTPLimit) { server.count(limit) }

    /// A bound was met: counts it and tells the operator.
    func meets(_ limit: HTTPLimit, _ explanation: String) {
        server.meets(limit, transport.socket.peer, explanation)
    }

    // MARK: Time

    private func check() {
        guard !isClosed else { return }
        let now = transport.loop.now
        let waiting = transport.socket.queuedBytes
        if waiting == 0 || waiting != queued.bytes { queued = (waiting, now) }
        if waiting > 0, now - queued.since > server.limits.writeTime {
            meets(.writeTime, "read nothing of \(waiting) waiting bytes; closed")
            return close()
        }
        switch spoken {
        case .undecided:
            // During a handshake its own time limit runs.
            if info != nil, now - begunAt > server.limits.headTime {
                meets(.headTime, "said nothing in \(server.limits.headTime / 1_000_000) ms; closed")
                return close()
            }
        case .http1(let connection): connection.check(at: now)
        case .http2(let connection): connection.check(at: now)
        }
        if !isClosed { rearm() }
    }

    /// No new requests; ends when the open ones are done.
    func drain() {
        isDraining = true
        switch spoken {
        case .undecided: close()
        case .http1(let connection): connection.drain()
        case .http2(let connection): connection.drain()
        }
    }

    // MARK: The first bytes

    private func decide(_ bytes: ByteView, seen: [UInt8]) {
        let all = seen + bytes.array
        let common = min(all.count, Self.preface.count)
        if all[..<common].elementsEqual(Self.preface[..<common]) {
            guard common == Self.preface.count else {
                spoken = .undecided(seen: all)
                return
            }
            speakHTTP2(from: all)
        } else if !transport.isTLS, all[0] == 0x16 {
            meets(
                .tlsOnPlainPort,
                "sent a TLS handshake, but this port is plain: use http:// (or start the server with certificates); closed"
            )
            close()
        } else {
            speakHTTP1(from: all)
        }
    }

    private func speakHTTP2(from bytes: [UInt8]) {
        let connection = HTTP2ServerConnection(owner: self, of: server, info: info)
        spoken = .http2(connection)
        let slice = ByteSlice(bytes)
        connection.receive(slice.view)
        if isDraining { connection.drain() }
    }

    private func speakHTTP1(from bytes: [UInt8]) {
        let connection = HTTP1ServerConnection(owner: self, limits: server.limits, info: info)
        spoken = .http1(connection)
        let slice = ByteSlice(bytes)
        connection.receive(slice.view)
    }
}

extension ServerConnection: TransportHandler {
    func transportReady(_ transport: Transport) {
        info = ConnectionInfo(
            peer: transport.socket.peer, isTLS: transport.isTLS, clientCommonName: transport.peerCommonName,
            loop: transport.loop)
    }

    func transport(_ transport: Transport, received bytes: ByteView) {
        server.counters.receivedBytes &+= UInt64(bytes.count)
        switch spoken {
        case .http2(let connection): connection.receive(bytes)
        case .http1(let connection): connection.receive(bytes)
        case .undecided(let seen): decide(bytes, seen: seen)
        }
    }

    func transportReachedEnd(_ transport: Transport) {
        switch spoken {
        case .undecided: close()
        case .http1(let connection): connection.reachedEnd()
        case .http2(let connection): connection.reachedEnd()
        }
    }

    func transport(_ transport: Transport, produce output: inout ByteBuffer, limit: Int) -> Bool {
        let before = output.count
        defer { server.counters.sentBytes &+= UInt64(output.count - before) }
        return switch spoken {
        case .undecided: false
        case .http1(let connection): connection.produce(into: &output, limit: limit)
        case .http2(let connection): connection.produce(into: &output, limit: limit)
        }
    }

    func transport(_ transport: Transport, met limit: HTTPLimit, _ explanation: String) {
        meets(limit, explanation)
    }

    func transportClosed(_ transport: Transport, error: String?) {
        guard !isClosed else { return }
        isClosed = true
        transport.loop.deadlines?.cancel(watchdog)
        switch spoken {
        case .undecided: break
        case .http1(let connection): connection.closed()
        case .http2(let connection): connection.closed()
        }
        spoken = .undecided(seen: [])
        server.forget(self)
    }
}
