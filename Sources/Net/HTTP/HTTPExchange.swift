// HTTPExchange.swift: one request and its answer.
//
// On HTTP/2 an exchange is the handler of its stream; on HTTP/1.1 it is what the connection works on at
// the moment. The two ways are told apart by `stream`: the frequent one is a direct call.
//
// RULES    X1  one head, then the body, then the end: `start`, `send`*, `finish`; `respond` does all three.
//          X2  after `finish`, `reset` or the end of the exchange, sending is harmless and does nothing.
//          X3  the receiver hears `exchangeEnded` exactly once, and nothing after it.

package import Bytes
package import HTTP2Session

/// A request, and the way to answer it.
package final class HTTPExchange {
    /// The request's fields, with `:method`, `:path`, `:authority`, `:scheme` for both versions.
    package let head: HeaderList
    /// What is known of the connection.
    package let connection: ConnectionInfo
    /// Which HTTP was spoken.
    package let version: HTTPVersion
    /// Who hears what follows the head.
    package var receiver: (any HTTPReceiver)?
    /// Whether an answer was begun.
    package private(set) var hasStarted = false
    /// Whether the request has arrived completely.
    package internal(set) var hasReceivedEnd = false
    /// Whether the exchange is over.
    package private(set) var isEnded = false

    /// On HTTP/2. Asked by `stream?.` and not by `if let`: what is reached through a constant is lent without being counted.
    private let stream: HTTP2Stream?
    private weak var carrier: (any ExchangeCarrier)?
    private var heldBytes = false

    init(stream: HTTP2Stream, head: HeaderList, connection: ConnectionInfo) {
        self.stream = stream
        self.head = head
        self.connection = connection
        version = .http2
    }

    init(carrier: any ExchangeCarrier, head: HeaderList, version: HTTPVersion, connection: ConnectionInfo) {
        stream = nil
        self.carrier = carrier
        self.head = head
        self.version = version
        self.connection = connection
    }

    // MARK: The request

    /// GET, POST, ...; true as long as the exchange lives.
    package var method: ByteView { head[":method"] ?? ByteView() }

    /// The path with its query, as it was sent.
    package var target: ByteView { head[":path"] ?? ByteView() }

    /// The path without its query.
    package var path: ByteView {
        let target = self.target
        return target.firstIndex(of: UInt8(ascii: "?")).map { target.prefix($0) } ?? target
    }

    /// What follows the question mark, empty if nothing does.
    package var query: ByteView {
        let target = self.target
        return target.firstIndex(of: UInt8(ascii: "?")).map { target.dropFirst($0 + 1) } ?? ByteView()
    }

    /// The host that the client meant.
    package var authority: ByteView { head[":authority"] ?? head["host"] ?? ByteView() }

    // MARK: Backpressure

    /// Bytes that the client has not taken yet.
    package var outgoingBytes: Int { stream?.outgoingBytes ?? carrier?.outgoingBytes(self) ?? 0 }

    /// Set by a receiver that decides itself how much of the body may come; it then calls `consume`.
    package var holdsBody: Bool {
        get { stream?.holdsWindow ?? heldBytes }
        set { if let stream { stream.holdsWindow = newValue } else { heldBytes = newValue } }
    }

    /// Lets `count` more bytes of the body come.
    package func consume(_ count: Int) {
        if let stream { stream.consume(count) } else { carrier?.consume(self, count) }
    }

    // MARK: The answer

    /// Begins the answer. `headers` has `:status`, and `content-length` if the size is known.
    package func start(_ headers: HeaderList, isEnd: Bool = false) {
        guard !hasStarted, !isEnded else { return }
        hasStarted = true
        if stream == nil { return carrier?.start(self, headers, isEnd: isEnd) ?? () }
        stream?.respond(headers, isEnd: isEnd)
    }

    /// The same for a head that is always the same.
    package func start(_ headers: ImmortalHeaders, isEnd: Bool = false) {
        if stream == nil { return start(headers.copy(), isEnd: isEnd) }
        guard !hasStarted, !isEnded, stream?.isClosed == false else { return }
        hasStarted = true
        stream?.respond(headers, isEnd: isEnd)
    }

    /// A part of the body, written straight into the send buffer. `write` must not use the exchange.
    package func send(_ write: (inout ByteBuffer) -> Void) {
        guard hasStarted, !isEnded else { return }
        if stream == nil { return carrier?.send(self, write) ?? () }
        stream?.send(write)
    }

    /// A part of the body.
    package func send(_ bytes: ByteView) { send { $0.append(bytes) } }

    /// The end of the answer.
    package func finish(trailers: HeaderList? = nil) {
        guard hasStarted, !isEnded else { return }
        if stream == nil { return carrier?.finish(self, trailers: trailers) ?? () }
        stream?.finish(trailers: trailers)
    }

    /// The end of the answer, with trailers that are always the same.
    package func finish(trailers: ImmortalHeaders) {
        guard hasStarted, !isEnded else { return }
        if stream == nil { return finish(trailers: trailers.copy()) }
        stream?.finish(trailers: trailers)
    }

    /// A whole answer.
    package func respond(_ status: Int, _ fields: [(String, String)] = [], body: ByteView = ByteView()) {
        let headers = HeaderList()
        headers.append(":status", number: status)
        for (name, value) in fields { headers.append(name, value) }
        // An answer without content has no length either (RFC 9110, 8.6).
        if status != 204, status != 304 { headers.append("content-length", number: body.count) }
        let isHead = method.equals("HEAD")
        if body.isEmpty || isHead {
            start(headers, isEnd: true)
        } else {
            start(headers)
            send(body)
            finish()
        }
    }

    /// A whole answer of plain text.
    package func respond(_ status: Int, text: String) {
        let body = ByteSlice(utf8: text)
        respond(status, [("content-type", "text/plain; charset=utf-8")], body: body.view)
    }

    /// Gives the exchange up, for a reason.
    package func reset(_ code: HTTP2ErrorCode) {
        guard !isEnded else { return }
        if let stream { stream.reset(code) } else { carrier?.reset(self, code) }
    }

    // MARK: What the connection says

    func deliver(body bytes: ByteView) { receiver?.exchange(self, receivedBody: bytes) }

    func deliverEnd(trailers: HeaderList?) {
        guard !hasReceivedEnd, !isEnded else { return }
        hasReceivedEnd = true
        receiver?.exchangeReceivedEnd(self, trailers: trailers)
    }

    func deliverDrained() { receiver?.exchangeDrained(self) }

    /// The end of it all (X3); breaks the cycle between exchange and receiver.
    func end(because code: HTTP2ErrorCode) {
        guard !isEnded else { return }
        isEnded = true
        let receiver = self.receiver
        self.receiver = nil
        receiver?.exchangeEnded(self, because: code)
    }
}

extension HTTPExchange: HTTP2StreamHandler {
    /// The head was seen before this exchange became the handler.
    package func stream(_ stream: HTTP2Stream, receivedHead headers: HeaderList, isEnd: Bool) {}

    /// A part of the body.
    package func stream(_ stream: HTTP2Stream, receivedBody bytes: ByteView) { deliver(body: bytes) }

    /// The request is complete.
    package func stream(_ stream: HTTP2Stream, receivedEnd trailers: HeaderList?) { deliverEnd(trailers: trailers) }

    /// Everything was taken.
    package func streamDrained(_ stream: HTTP2Stream) { deliverDrained() }

    /// Over.
    package func stream(_ stream: HTTP2Stream, closed code: HTTP2ErrorCode) { end(because: code) }
}
