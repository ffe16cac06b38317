// HTTP1Client.swift: requests of ours in HTTP/1.1.
//
// etcd's members talk to each other in HTTP/1.1: short POSTs, GETs whose answers never end (streams of raft
// messages), and POSTs with a body of gigabytes (snapshots). So both bodies may come in parts, and both
// have backpressure:
//
//     connection.request(head, body) --> write ... finish        `drained` when what was written is gone
//              handler.head <-- body ... <-- end | failed         `pauseReading` when it is too much
//
// One request at a time; a connection whose answer ended properly can be used again.
//
// SHOWN BY  HTTP1ClientTests

package import Bytes
package import EventLoop
package import HTTP2Session
package import TLS

/// Hears what happens to a request.
package protocol HTTP1ResponseHandler: AnyObject {
    /// The answer's head: `:status` and the fields.
    func response(_ connection: HTTP1ClientConnection, head: HeaderList)
    /// A part of its body; true until the call returns.
    func response(_ connection: HTTP1ClientConnection, body bytes: ByteView)
    /// The answer is complete; the connection may be used again if `isReusable`.
    func responseEnded(_ connection: HTTP1ClientConnection)
    /// No answer, or not all of it. `reason` is for people.
    func responseFailed(_ connection: HTTP1ClientConnection, reason: String)
    /// What was written has been taken.
    func requestDrained(_ connection: HTTP1ClientConnection)
}

extension HTTP1ResponseHandler {
    /// Those with short bodies need not care.
    package func requestDrained(_ connection: HTTP1ClientConnection) {}
}

/// How a request's body is sent.
package enum HTTP1Body: Sendable {
    /// There is none.
    case none
    /// These bytes.
    case bytes(ByteSlice)
    /// Parts, of this length in all, or chunked if it is not known.
    case parts(length: Int?)
}

/// One connection to a server, in HTTP/1.1.
package final class HTTP1ClientConnection {
    private var transport: Transport!
    private var handler: (any HTTP1ResponseHandler)?
    private var output = ByteBuffer()
    private var input = ByteBuffer()
    private var finder = HTTP1HeadFinder()
    private var head = HTTP1Head()
    private var chunks: ChunkDecoder?
    private var bodyLeft = 0
    private var inBody = false
    private var sendsChunks = false
    private var hasSentAll = true
    private var isHead = false
    private var keepsAlive = true
    private var isOpen = true
    private var troubles: String?
    private let host: String
    /// Whether a request was answered on this connection before.
    package private(set) var hasServed = false

    /// Begins to connect; `host` is what the Host field says.
    package init(
        to address: SocketAddress, host: String, tls: TLSSession?, within nanoseconds: UInt64, on loop: EventLoop,
        scratch: TransportScratch
    ) {
        self.host = host
        transport = Transport.connect(
            to: address, session: tls, within: nanoseconds, on: loop, scratch: scratch, handler: self)
    }

    /// Whether another request can be sent.
    package var isReusable: Bool { isOpen && handler == nil && keepsAlive }

    /// Bytes of the request that the server has not taken yet.
    package var outgoingBytes: Int { output.count + transport.socket.queuedBytes }

    /// The other side's address.
    package var peer: SocketAddress { transport.socket.peer }

    /// Sends a request; also before the connection is there.
    package func request(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: HTTP1Body = .none,
        handler: any HTTP1ResponseHandler
    ) {
        precondition(self.handler == nil, "N1: one request at a time")
        guard isOpen else { return handler.responseFailed(self, reason: troubles ?? "the connection is closed") }
        self.handler = handler
        isHead = method == "HEAD"
        (finder, head, chunks, bodyLeft, inBody) = (HTTP1HeadFinder(), HTTP1Head(), nil, 0, false)
        output.append("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n")
        for (name, value) in fields { output.append("\(name): \(value)\r\n") }
        sendsChunks = false
        hasSentAll = true
        switch body {
        case .none: break
        case .bytes(let bytes): output.append("Content-Length: \(bytes.count)\r\n")
        case .parts(let length?):
            output.append("Content-Length: \(length)\r\n")
            hasSentAll = false
        case .parts(nil):
            output.append(literal: "Transfer-Encoding: chunked\r\n")
            sendsChunks = true
            hasSentAll = false
        }
        output.append(literal: "\r\n")
        if case .bytes(let bytes) = body { output.append(bytes) }
        transport.wantsFlush()
    }

    /// A part of the request's body.
    package func write(_ bytes: ByteView) {
        guard !hasSentAll, isOpen, !bytes.isEmpty else { return }
        if sendsChunks {
            output.append(String(bytes.count, radix: 16))
            output.append(literal: "\r\n")
            output.append(bytes)
            output.append(literal: "\r\n")
        } else {
            output.append(bytes)
        }
        transport.wantsFlush()
    }

    /// The end of the request's body.
    package func finishBody() {
        guard !hasSentAll else { return }
        hasSentAll = true
        if sendsChunks { output.append(literal: "0\r\n\r\n") }
        transport.wantsFlush()
    }

    /// Lets the answer wait in the kernel.
    package func pauseReading() { transport.pauseReading() }

    /// Lets it come again.
    package func resumeReading() { transport.resumeReading() }

    /// Closes at once; an open request fails.
    package func close() { transport.close() }

    // MARK: The answer

    private func work() throws(HTTP1Error) {
        while let handler, isOpen {
            if !inBody {
                guard let end = try finder.end(in: input.view, limit: 64 * 1024) else { return }
                let fields = HeaderList()
                head = try HTTP1Parser.response(input.view.prefix(end), into: fields)
                input.consume(end)
                if head.status < 200 { continue }
                beginBody()
                handler.response(self, head: fields)
            } else if input.isEmpty {
                return
            } else {
                try readBody(handler)
            }
            if inBody, chunks?.isDone ?? (bodyLeft == 0) { endResponse() }
        }
    }

    private func beginBody() {
        inBody = true
        keepsAlive = head.keepsAlive
        chunks = nil
        bodyLeft = 0
        guard !isHead, head.status != 204, head.status != 304 else { return }
        switch head.framing {
        case .chunked: chunks = ChunkDecoder()
        case .length(let length): bodyLeft = length
        case .untilClose:
            bodyLeft = .max
            keepsAlive = false
        case .none: break
        }
    }

    private func readBody(_ handler: any HTTP1ResponseHandler) throws(HTTP1Error) {
        let available = input.slice()
        if var decoder = chunks {
            let used = try decoder.decode(available.view) { handler.response(self, body: $0) }
            chunks = decoder
            input.consume(used)
        } else {
            let used = min(bodyLeft, available.count)
            if bodyLeft != .max { bodyLeft -= used }
            input.consume(used)
            handler.response(self, body: available.view.prefix(used))
        }
    }

    private func endResponse() {
        inBody = false
        hasServed = true
        let handler = self.handler
        self.handler = nil
        // An answer that came before the request was sent: the rest of the request would be taken for the next.
        if !hasSentAll || !input.isEmpty { keepsAlive = false }
        handler?.responseEnded(self)
        if !keepsAlive { transport.finish() }
    }

    private func fail(_ reason: String) {
        troubles = troubles ?? reason
        let handler = self.handler
        self.handler = nil
        handler?.responseFailed(self, reason: reason)
    }
}

extension HTTP1ClientConnection: TransportHandler {
    /// Connected.
    package func transportReady(_ transport: Transport) { transport.wantsFlush() }

    /// Bytes from the server.
    package func transport(_ transport: Transport, received bytes: ByteView) {
        input.append(bytes)
        do throws(HTTP1Error) {
            try work()
        } catch {
            fail("the server's answer is malformed: \(error.reason)")
            transport.close()
        }
        // Bytes without a request are nobody's.
        if handler == nil, !input.isEmpty { transport.close() }
    }

    /// The server ends the connection: for some answers that is their end.
    package func transportReachedEnd(_ transport: Transport) {
        if inBody, bodyLeft == .max, chunks == nil { endResponse() }
        transport.close()
    }

    /// Bytes for the server.
    package func transport(_ transport: Transport, produce output: inout ByteBuffer, limit: Int) -> Bool {
        let part = self.output.view.prefix(min(self.output.count, limit))
        output.append(part)
        self.output.consume(part.count)
        guard self.output.isEmpty else { return true }
        self.output.shrink(to: 0)
        if !hasSentAll { handler?.requestDrained(self) }
        return !self.output.isEmpty
    }

    /// What went wrong at the beginning.
    package func transport(_ transport: Transport, met limit: HTTPLimit, _ explanation: String) {
        troubles = troubles ?? explanation
    }

    /// Gone.
    package func transportClosed(_ transport: Transport, error: String?) {
        isOpen = false
        fail(troubles ?? error ?? "the server closed the connection before its answer was complete")
    }
}
