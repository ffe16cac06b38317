// GRPCServerCall.swift: one call at the server.
//
//     head --> messages ... --> end of messages
//                  |
//                  v
//     [head] <-- messages ... <-- finish(status)
//
// The head of the answer goes out with the first message. A call that ends with an error before that has
// no head of its own: status and head are one block of fields ("trailers only").
//
// THE END. Four parties can end a call: the handler (`finish`), the client (it resets the stream or vanishes),
// the deadline, and the framing (a message that is too large). Whoever is first, the handler hears
// `callEnded` once, and what others do afterwards has no effect.
//
// RULES    G2  the handler hears `callEnded` exactly once, last.
//          G3  a method that takes one message gets exactly one: none, or a second, is the client's error.
//          G4  a message is never larger than the limit in either direction.

package import Bytes
internal import EventLoop
package import HTTP
package import HTTP2Session
package import Protobuf

/// One call, as its handler sees it.
package final class GRPCServerCall {
    static let head = ImmortalHeaders {
        $0.append(":status", literal: "200")
        $0.append("content-type", literal: "application/grpc")
    }
    private static let okTrailers = ImmortalHeaders {
        $0.append("grpc-status", literal: "0")
        $0.append("grpc-message", literal: "")
    }

    /// The request underneath: its metadata and its connection.
    package let exchange: HTTPExchange
    /// Which method was called.
    package let method: GRPCMethod
    /// What the client still gives us, when it said so; on the loop's clock.
    package private(set) var deadline: UInt64?
    /// A number of the handler's, to find again what belongs to this call. One word here is cheaper than a
    /// dictionary there.
    package var tag: UInt64 = 0
    /// Fields that go out with the first message.
    package var leadingMetadata: HeaderList?
    /// Fields that go out with the status.
    package var trailingMetadata: HeaderList?
    /// Whether the call is over (G2).
    package private(set) var isEnded = false

    private let server: GRPCServer
    /// A handler of this call's own, until the call is over; nil where the method has one for all.
    private var handler: (any GRPCCallHandler)?
    private var deframer: GRPCDeframer
    private let encoding: GRPCEncoding
    private var messages = 0
    private var alarm: Deadline?
    /// Bytes that came while the client was made to wait.
    private var heldBytes = 0

    init(_ exchange: HTTPExchange, method: GRPCMethod, server: GRPCServer, encoding: GRPCEncoding) {
        self.exchange = exchange
        self.method = method
        self.server = server
        self.encoding = encoding
        deframer = GRPCDeframer(limit: server.options.maxReceiveBytes, encoding: encoding)
    }

    func begin(timeout: UInt64?) {
        if method.shared == nil { handler = method.begin(self) }
        guard let timeout, !isEnded else { return }
        let loop = exchange.connection.loop
        deadline = loop.now &+ timeout
        let alarm = Deadline { [unowned self] in
            finish(GRPCStatus(.deadlineExceeded, "context deadline exceeded"))
        }
        self.alarm = alarm
        loop.deadlines.arm(alarm, after: timeout)
    }

    // MARK: What the client sent

    /// The request's fields.
    package var metadata: HeaderList { exchange.head }

    /// The client's name from its certificate, if it showed one.
    package var clientCommonName: String? { exchange.connection.clientCommonName }

    /// Makes the client wait after what its window allows, until `releaseMessages` is called.
    package var holdsMessages: Bool {
        get { exchange.holdsBody }
        set { exchange.holdsBody = newValue }
    }

    /// Lets the client send again: what came since `holdsMessages` was set counts as taken.
    package func releaseMessages() {
        exchange.holdsBody = false
        exchange.consume(heldBytes)
        heldBytes = 0
    }

    // MARK: Answering

    /// Bytes that the client has not taken yet: producers stop at a limit of theirs.
    package var outgoingBytes: Int { exchange.outgoingBytes }

    /// Sends a message, written straight into the send buffer. `write` must not use the call.
    package func send(_ write: (inout ByteBuffer) -> Void) {
        guard !isEnded else { return }
        startIfNeeded()
        let encoding = self.encoding
        var length = 0
        exchange.send { length = GRPCFramer.write(into: &$0, encoding: encoding, write) }
        if length > server.options.maxSendBytes {
            let limit = server.options.maxSendBytes
            finish(
                GRPCStatus(
                    .resourceExhausted, "grpc: trying to send message larger than max (\(length) vs. \(limit))"))
        }
    }

    /// Begins a message of `length` bytes that comes in parts, as it is. False when nothing may follow: the call has
    /// ended, or does now, because that is more than may be sent.
    package func beginMessage(ofBytes length: Int) -> Bool {
        guard !isEnded else { return false }
        startIfNeeded()
        guard length <= server.options.maxSendBytes, length <= UInt32.max else {
            let limit = server.options.maxSendBytes
            finish(
                GRPCStatus(
                    .resourceExhausted, "grpc: trying to send message larger than max (\(length) vs. \(limit))"))
            return false
        }
        exchange.send { GRPCFramer.writeHead(ofBytes: length, into: &$0) }
        return true
    }

    /// The next part of a message that was begun.
    package func sendPart(_ bytes: ByteView) {
        guard !isEnded else { return }
        exchange.send(bytes)
    }

    /// Sends a message.
    package func send(_ message: ByteView) { send { $0.append(message) } }

    /// Sends a message.
    package func send(_ message: some WireMessage) { send { message.encode(into: &$0) } }

    /// Answers a unary call.
    package func reply(_ message: some WireMessage) {
        send(message)
        finish(.ok)
    }

    /// Answers a unary call.
    package func reply(_ write: (inout ByteBuffer) -> Void) {
        send(write)
        finish(.ok)
    }

    /// Sends the answer's head before there is a message: a watch that is established, for instance.
    package func startIfNeeded() {
        guard !exchange.hasStarted, !isEnded else { return }
        if encoding == .identity, leadingMetadata == nil { return exchange.start(Self.head) }
        let headers = Self.head.copy()
        if encoding == .gzip { headers.append("grpc-encoding", literal: "gzip") }
        for field in leadingMetadata ?? HeaderList() { headers.append(name: field.name, value: field.value) }
        exchange.start(headers)
    }

    /// Ends the call.
    package func finish(_ status: GRPCStatus) {
        guard !isEnded else { return }
        if exchange.hasStarted {
            if status.code == .ok, trailingMetadata == nil {
                exchange.finish(trailers: Self.okTrailers)
            } else {
                let trailers = HeaderList()
                addStatus(status, to: trailers)
                exchange.finish(trailers: trailers)
            }
        } else {
            let headers = Self.head.copy()
            for field in leadingMetadata ?? HeaderList() { headers.append(name: field.name, value: field.value) }
            addStatus(status, to: headers)
            exchange.start(headers, isEnd: true)
        }
        end(status)
    }

    private func addStatus(_ status: GRPCStatus, to headers: HeaderList) {
        Self.append(status, to: headers)
        for field in trailingMetadata ?? HeaderList() { headers.append(name: field.name, value: field.value) }
    }

    static func append(_ status: GRPCStatus, to headers: HeaderList) {
        headers.append("grpc-status", number: status.code.rawValue)
        headers.append("grpc-message", PercentCoding.encode(status.message))
    }

    /// The one place where a call ends (G2).
    private func end(_ status: GRPCStatus) {
        guard !isEnded else { return }
        isEnded = true
        if deframer.isMidMessage {
            server.heldBytes -= deframer.heldBytes
            deframer = GRPCDeframer(limit: 0, encoding: .identity)
        }
        if let alarm { exchange.connection.loop.deadlines?.cancel(alarm) }
        alarm = nil
        // Not `if let`: a constant that is asked for directly is lent without being counted, here and in `receive`.
        method.shared?.callEnded(self, status)
        if let handler {
            self.handler = nil
            handler.callEnded(self, status)
        }
        server.observer?(self, status)
    }
}

extension GRPCServerCall: HTTPReceiver {
    /// Bytes of messages.
    package func exchange(_ exchange: HTTPExchange, receivedBody bytes: ByteView) {
        take(bytes)
        // The session looks at the same flag at the same moment, so both count the same bytes.
        if exchange.holdsBody { heldBytes += bytes.count }
    }

    private func take(_ bytes: ByteView) {
        guard !isEnded else { return }
        if let message = deframer.single(in: bytes) { return receive(message) }
        let before = deframer.heldBytes
        // The deframer calls handlers, which may end the call, which resets the deframer: so it is worked on
        // as a local value.
        var working = GRPCDeframer(limit: 0, encoding: .identity)
        swap(&working, &deframer)
        server.heldBytes -= before
        do throws(GRPCStatus) {
            try working.take(bytes) { message in
                receive(message)
                return !isEnded
            }
        } catch {
            finish(error)
        }
        guard !isEnded else { return }
        swap(&working, &deframer)
        server.heldBytes += deframer.heldBytes
        if server.heldBytes > server.options.maxHeldBytes, deframer.heldBytes > 0 {
            finish(GRPCStatus(.resourceExhausted, "too many bytes of unfinished messages are held; send again later"))
        }
    }

    private func receive(_ message: ByteView) {
        messages += 1
        if method.takesOneMessage, messages > 1 {
            return finish(GRPCStatus(.internal, "a second message for a call that takes one"))
        }
        method.shared?.call(self, received: message)
        handler?.call(self, received: message)
    }

    /// The client sends no more.
    package func exchangeReceivedEnd(_ exchange: HTTPExchange, trailers: HeaderList?) {
        guard !isEnded else { return }
        if deframer.isMidMessage {
            return finish(GRPCStatus(.internal, "the request ends in the middle of a message"))
        }
        if method.takesOneMessage, messages == 0 {
            return finish(GRPCStatus(.internal, "the request ends without a message"))
        }
        method.shared?.callReceivedEnd(self)
        handler?.callReceivedEnd(self)
    }

    /// The client has taken everything.
    package func exchangeDrained(_ exchange: HTTPExchange) {
        guard !isEnded else { return }
        method.shared?.callDrained(self)
        handler?.callDrained(self)
    }

    /// The stream is over: if we did not end the call, the client did.
    package func exchangeEnded(_ exchange: HTTPExchange, because code: HTTP2ErrorCode) {
        end(GRPCStatus(.cancelled, "context canceled"))
    }
}
