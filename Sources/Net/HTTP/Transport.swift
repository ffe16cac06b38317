// Transport.swift: a connection's bytes, with or without TLS.
//
// The protocols above want plain bytes in and out and do not care what the wire looks like. So there is
// one thing between socket and protocol, and it has these lives:
//
//     connecting --> shaking hands --> open --> ending --> closed
//      (clients)       (TLS only)
//
// A HANDSHAKE costs up to a millisecond of signing, during which a loop would serve nobody. So each step of
// it is done on another thread; until it comes back the socket does not read, and a time limit runs from
// the beginning. Everything after the handshake is done here: a record costs microseconds.
//
//     loop:    bytes --> step ............................ --> answer --> flush
//     pool:               \--> OpenSSL signs, verifies --> /
//
// MISTAKES OF PEOPLE. Who speaks HTTP to a TLS port gets an answer in plain HTTP that says so, because a TLS
// alert would show up as "malformed response" at best.
//
// RULES    T1  the handler hears `transportReady` once, before any byte, and `transportClosed` once, last.
//          T2  one step at a time: while one runs elsewhere nothing touches the session (TLSSession traps).
//          T3  what must leave (alerts, goodbyes) leaves before the socket is closed.
//
// SHOWN BY  TLSServerTests, Tests/Interop/tls.sh

package import Bytes
package import EventLoop
package import TLS

/// Who understands the plain bytes.
package protocol TransportHandler: AnyObject {
    /// Bytes can flow; with TLS the handshake is done.
    func transportReady(_ transport: Transport)
    /// Bytes arrived; true until the call returns.
    func transport(_ transport: Transport, received bytes: ByteView)
    /// The other side will send nothing more.
    func transportReachedEnd(_ transport: Transport)
    /// Output is wanted; true if there is more than `limit`.
    func transport(_ transport: Transport, produce output: inout ByteBuffer, limit: Int) -> Bool
    /// Something about the connection's beginning that is counted as a limit.
    func transport(_ transport: Transport, met limit: HTTPLimit, _ explanation: String)
    /// Over.
    func transportClosed(_ transport: Transport, error: String?)
}

/// Plain bytes on their way through TLS: one pair of buffers serves all connections of a loop in turn.
package final class TransportScratch {
    fileprivate var incoming: ByteBuffer? = ByteBuffer(capacity: 32 * 1024)
    fileprivate var outgoing: ByteBuffer? = ByteBuffer(capacity: 32 * 1024)

    /// Buffers for one loop.
    package init() {}
}

/// The bytes of one connection.
package final class Transport {
    private enum Stage {
        case connecting
        case shaking
        case open
        case closed
    }

    /// What one step of a handshake brought.
    private struct Step: Sendable {
        let plaintext: ByteSlice
        let output: ByteSlice
        let error: TLSError?
    }

    /// Who understands the bytes. Let go when the transport is closed.
    package var handler: (any TransportHandler)?
    /// The connection underneath.
    package private(set) var socket: Socket!
    private let session: TLSSession?
    private let isServer: Bool
    private let scratch: TransportScratch
    private var stage: Stage
    private var isStepping = false
    private var isEnding = false
    private var saidGoodbye = false
    private var peerEnded = false
    /// Ciphertext that waits for its step.
    private var waiting = ByteBuffer()
    /// Bytes that go out before anything of the protocol's: handshake, alerts, the plain answer.
    private var control = ByteBuffer()
    private var alarm: Deadline?
    private var troubles: String?

    /// A transport over an accepted socket.
    package init(
        accepted socket: Socket, session: TLSSession?, scratch: TransportScratch, handler: any TransportHandler
    ) {
        self.socket = socket
        self.session = session
        self.scratch = scratch
        self.handler = handler
        isServer = true
        stage = session == nil ? .open : .shaking
        socket.handler = self
    }

    private init(connecting session: TLSSession?, scratch: TransportScratch, handler: any TransportHandler) {
        self.session = session
        self.scratch = scratch
        self.handler = handler
        isServer = false
        stage = .connecting
    }

    /// Begins to connect; the handler hears `transportReady` or `transportClosed`.
    package static func connect(
        to address: SocketAddress, session: TLSSession?, within nanoseconds: UInt64, on loop: EventLoop,
        scratch: TransportScratch, handler: any TransportHandler
    ) -> Transport {
        let transport = Transport(connecting: session, scratch: scratch, handler: handler)
        transport.socket = Socket.connect(to: address, on: loop, handler: transport)
        transport.startAlarm(nanoseconds)
        return transport
    }

    /// Begins to serve; a handshake may take `nanoseconds`.
    package func open(handshakeWithin nanoseconds: UInt64) {
        if stage == .open { handler?.transportReady(self) } else { startAlarm(nanoseconds) }
        socket.startReading()
    }

    // MARK: For the handler

    /// The loop that it belongs to.
    package var loop: EventLoop { socket.loop }

    /// Whether bytes are encrypted on the wire.
    package var isTLS: Bool { session != nil }

    /// The common name of the other side's certificate, if one was shown and verified.
    package var peerCommonName: String? { session?.peerCertificate?.commonName }

    /// What ALPN agreed on: `h2`, `http/1.1` or nothing.
    package var applicationProtocol: String? { session?.applicationProtocol }

    /// Lets bytes wait in the kernel.
    package func pauseReading() { socket.pauseReading() }

    /// Lets bytes come again.
    package func resumeReading() { if !isStepping { socket.startReading() } }

    /// Asks for `produce` at the end of the turn.
    package func wantsFlush() { socket.wantsFlush() }

    /// Sends what is left and closes properly.
    package func finish() {
        isEnding = true
        socket.finish()
    }

    /// Closes at once.
    package func close() { socket.close() }

    // MARK: The handshake

    private func startAlarm(_ nanoseconds: UInt64) {
        let alarm = Deadline { [unowned self] in
            let what = stage == .connecting ? "connecting" : "the TLS handshake"
            meets(.handshakeTime, "\(what) took more than \(nanoseconds / 1_000_000) ms; closed")
            close()
        }
        self.alarm = alarm
        loop.deadlines.arm(alarm, after: nanoseconds)
    }

    private func stopAlarm() {
        if let alarm { loop.deadlines?.cancel(alarm) }
        alarm = nil
    }

    private func meets(_ limit: HTTPLimit, _ explanation: String) {
        troubles = explanation
        handler?.transport(self, met: limit, explanation)
    }

    /// Does one step elsewhere (T2).
    private func step() {
        guard let session, !isStepping else { return }
        isStepping = true
        socket.pauseReading()
        let input = waiting.slice()
        waiting.removeAll()
        loop.offload {
            var plaintext = ByteBuffer()
            var output = ByteBuffer()
            var failure: TLSError?
            do throws(TLSError) {
                try session.receive(input.view, plaintext: &plaintext, output: &output)
            } catch {
                failure = error
            }
            return Step(plaintext: plaintext.slice(), output: output.slice(), error: failure)
        } then: { [self] step in
            finish(step)
        }
    }

    private func finish(_ step: Step) {
        isStepping = false
        guard stage == .shaking, let session else { return }
        control.append(step.output)
        if !step.output.isEmpty { wantsFlush() }
        if let error = step.error { return failHandshake(error) }
        if session.state == .open || session.state == .closed {
            stage = .open
            waiting = ByteBuffer()
            stopAlarm()
            handler?.transportReady(self)
            if !step.plaintext.isEmpty { handler?.transport(self, received: step.plaintext.view) }
            if session.state == .closed { handler?.transportReachedEnd(self) }
            if peerEnded { handler?.transportReachedEnd(self) } else { socket.startReading() }
        } else if peerEnded {
            meets(.handshakeFailed, "left in the middle of the TLS handshake; closed")
            close()
        } else {
            socket.startReading()
        }
    }

    private func failHandshake(_ error: TLSError) {
        stopAlarm()
        meets(error.kind == .plainHTTP ? .plainOnTLSPort : .handshakeFailed, "\(error); closed")
        isEnding = true
        socket.finish()
    }

    /// Looks at a connection's first byte before OpenSSL does: who speaks HTTP here made a mistake, and is
    /// told so in words that it understands. TLS begins with 22, HTTP with a letter.
    private func isPlainHTTP(_ bytes: ByteView) -> Bool {
        guard isServer, waiting.isEmpty, !isStepping, control.isEmpty, bytes[0] >= UInt8(ascii: "A"),
            bytes[0] <= UInt8(ascii: "Z"), session?.state == .handshaking
        else { return false }
        meets(
            .plainOnTLSPort,
            "sent plain HTTP, but this port speaks TLS: use https:// and the server's CA; answered 400")
        let body = "Client sent an HTTP request to an HTTPS server: use https:// instead of http://.\n"
        control.append("HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n")
        control.append("Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
        stopAlarm()
        isEnding = true
        socket.finish()
        return true
    }

    // MARK: Records

    private func decrypt(_ bytes: ByteView, with session: TLSSession) {
        var plaintext = scratch.incoming.take() ?? ByteBuffer()
        let before = control.count
        var failure: TLSError?
        do throws(TLSError) {
            try session.receive(bytes, plaintext: &plaintext, output: &control)
        } catch {
            failure = error
        }
        if !plaintext.isEmpty { handler?.transport(self, received: plaintext.view) }
        plaintext.removeAll()
        plaintext.shrink(to: 128 * 1024)
        scratch.incoming = consume plaintext
        if control.count > before { wantsFlush() }
        if let failure {
            meets(.malformed, "\(failure); closed")
            isEnding = true
            socket.finish()
        } else if session.state == .closed {
            handler?.transportReachedEnd(self)
        }
    }

    private func encrypt(
        _ output: inout ByteBuffer, limit: Int, with session: TLSSession
    ) -> Bool {
        var plaintext = scratch.outgoing.take() ?? ByteBuffer()
        let more = handler?.transport(self, produce: &plaintext, limit: limit) ?? false
        if session.state == .open || session.state == .closed {
            do throws(TLSError) {
                try session.send(plaintext.view, output: &output)
            } catch {
                meets(.malformed, "\(error); closed")
                close()
            }
            if isEnding, !more, !saidGoodbye {
                saidGoodbye = true
                session.close(output: &output)
            }
        }
        plaintext.removeAll()
        plaintext.shrink(to: 512 * 1024)
        scratch.outgoing = consume plaintext
        return more
    }
}

extension Transport: SocketHandler {
    /// The connection that we asked for is there.
    package func socketConnected(_ socket: Socket) {
        if session == nil {
            stopAlarm()
            stage = .open
            handler?.transportReady(self)
            socket.startReading()
        } else {
            stage = .shaking
            step()
        }
    }

    /// Bytes from the wire.
    package func socket(_ socket: Socket, received bytes: ByteView) {
        guard let session else {
            handler?.transport(self, received: bytes)
            return
        }
        switch stage {
        case .open: decrypt(bytes, with: session)
        case .shaking:
            if isPlainHTTP(bytes) { return }
            waiting.append(bytes)
            step()
        case .connecting, .closed: break
        }
    }

    /// The end from the wire.
    package func socketReachedEnd(_ socket: Socket) {
        peerEnded = true
        switch stage {
        case .open: handler?.transportReachedEnd(self)
        case .shaking where !isStepping:
            meets(.handshakeFailed, "left in the middle of the TLS handshake; closed")
            close()
        case .shaking, .connecting, .closed: break
        }
    }

    /// Bytes for the wire.
    package func socket(_ socket: Socket, produce output: inout ByteBuffer, limit: Int) -> Bool {
        if !control.isEmpty {
            output.append(control.view)
            control = ByteBuffer()
        }
        guard stage == .open else { return false }
        if let session { return encrypt(&output, limit: limit, with: session) }
        return handler?.transport(self, produce: &output, limit: limit) ?? false
    }

    /// The wire is gone.
    package func socketClosed(_ socket: Socket, error: SystemError?) {
        stage = .closed
        stopAlarm()
        let handler = self.handler
        self.handler = nil
        handler?.transportClosed(self, error: error.map { "\($0)" } ?? troubles)
    }
}
