// GRPCClientCall.swift: one call at the client.
//
//     call --> send ... finishSending            messages wait here until a connection is ready
//       metadata <-- messages ... <-- ended(status)
//
// HOW A CALL ENDS is written in the trailers, if the server got so far. Otherwise something else tells:
//
//     the stream was reset     its code: CANCEL is cancelled, REFUSED_STREAM is unavailable, ...
//     the connection is gone   unavailable
//     the deadline passed      deadlineExceeded: ours, whatever the server thinks of it
//     no gRPC at all           what the HTTP status means
//
// RULES    G5  the handler hears `ended` exactly once, last.
//          G6  the deadline counts from the call, waiting for a connection included.

package import Bytes
internal import EventLoop
internal import HTTP
package import HTTP2Session
package import Protobuf

/// Hears what a call brings.
package protocol GRPCClientHandler: AnyObject {
    /// The head of the answer, with the server's metadata.
    func call(_ call: GRPCClientCall, receivedHead metadata: HeaderList)
    /// A message; true until the call returns.
    func call(_ call: GRPCClientCall, received message: ByteView)
    /// What was sent has been taken by the server.
    func callDrained(_ call: GRPCClientCall)
    /// The end (G5).
    func callEnded(_ call: GRPCClientCall, _ status: GRPCStatus, trailers: HeaderList?)
}

extension GRPCClientHandler {
    /// Those who only want messages need not care.
    package func call(_ call: GRPCClientCall, receivedHead metadata: HeaderList) {}
    /// Those who send little need not care.
    package func callDrained(_ call: GRPCClientCall) {}
}

/// One call, as its caller sees it.
package final class GRPCClientCall {
    /// Whether a server may have seen the call: if not, it can be repeated without harm.
    package private(set) var reachedServer = false
    /// Whether the call waits while no connection can be made.
    package var waitsForReady = false
    /// Whether the call is over.
    package private(set) var isEnded = false
    /// Messages that arrive faster than they are wanted: hold them back, then `consume`.
    package var holdsMessages = false { didSet { stream?.holdsWindow = holdsMessages } }

    private let path: String
    private let metadata: HeaderList?
    private let deadline: UInt64?
    private weak var channel: GRPCChannel?
    private var handler: (any GRPCClientHandler)?
    private var connection: HTTP2ClientConnection?
    private var stream: HTTP2Stream?
    /// What was sent before there was a stream.
    private var unsent = ByteBuffer()
    private var hasFinishedSending = false
    private var deframer: GRPCDeframer
    private var alarm: Deadline?
    private var sawHead = false
    private var wasRetried = false
    private let maxSendBytes: Int

    init(
        _ path: String, metadata: HeaderList?, timeout: UInt64?, channel: GRPCChannel, handler: any GRPCClientHandler
    ) {
        self.path = path
        self.metadata = metadata
        self.channel = channel
        self.handler = handler
        maxSendBytes = channel.options.maxSendBytes
        deframer = GRPCDeframer(limit: channel.options.maxReceiveBytes, encoding: .identity)
        deadline = timeout.map { channel.loop.now &+ $0 }
        guard let timeout else { return }
        let alarm = Deadline { [unowned self] in
            let reason = self.channel?.lastConnectionError
            let text = stream == nil ? reason.map { "context deadline exceeded: latest connection error: \($0)" } : nil
            end(GRPCStatus(.deadlineExceeded, text ?? "context deadline exceeded"), trailers: nil, reset: .cancel)
        }
        self.alarm = alarm
        channel.loop.deadlines.arm(alarm, after: timeout)
    }

    // MARK: Sending

    /// Bytes that the server has not taken yet.
    package var outgoingBytes: Int { stream?.outgoingBytes ?? unsent.count }

    /// Sends a message, written straight into the send buffer. `write` must not use the call.
    package func send(_ write: (inout ByteBuffer) -> Void) {
        guard !isEnded, !hasFinishedSending else { return }
        var length = 0
        if let stream {
            stream.send { length = GRPCFramer.write(into: &$0, write) }
        } else {
            length = GRPCFramer.write(into: &unsent, write)
        }
        if length > maxSendBytes {
            let text = "trying to send message larger than max (\(length) vs. \(maxSendBytes))"
            end(GRPCStatus(.resourceExhausted, text), trailers: nil, reset: .cancel)
        }
    }

    /// Sends a message.
    package func send(_ message: some WireMessage) { send { message.encode(into: &$0) } }

    /// Nothing more will be sent.
    package func finishSending() {
        guard !isEnded, !hasFinishedSending else { return }
        hasFinishedSending = true
        stream?.finish()
    }

    /// Gives the call up.
    package func cancel() { end(GRPCStatus(.cancelled, "context canceled"), trailers: nil, reset: .cancel) }

    /// Lets `count` more bytes come, for those who hold messages back.
    package func consume(_ count: Int) { stream?.consume(count) }

    // MARK: For the channel

    func start(on connection: HTTP2ClientConnection, authority: String, isTLS: Bool) {
        guard !isEnded, let channel else { return }
        let headers = HeaderList()
        headers.append(":method", literal: "POST")
        headers.append(":scheme", isTLS ? "https" : "http")
        headers.append(":path", path)
        headers.append(":authority", authority)
        headers.append("content-type", literal: "application/grpc")
        headers.append("te", literal: "trailers")
        headers.append("user-agent", channel.options.userAgent)
        headers.append("grpc-accept-encoding", literal: "gzip,identity")
        if let deadline {
            let now = channel.loop.now
            headers.append("grpc-timeout", GRPCTimeout.format(deadline > now ? deadline - now : 1))
        }
        for field in metadata ?? HeaderList() { headers.append(name: field.name, value: field.value) }
        do throws(HTTP2Failure) {
            let stream = try connection.request(headers, hasBody: true, handler: self)
            self.connection = connection
            self.stream = stream
            stream.holdsWindow = holdsMessages
        } catch {
            return fail(GRPCStatus(.unavailable, error.reason))
        }
        if !unsent.isEmpty { stream?.send(unsent.view) }
        // The bytes are kept while the server may still refuse the stream unseen, unless they are many.
        if unsent.count > 64 * 1024 { unsent = ByteBuffer() }
        if hasFinishedSending { stream?.finish() }
    }

    func fail(_ status: GRPCStatus) { end(status, trailers: nil, reset: nil) }

    /// The one place where a call ends (G5).
    private func end(_ status: GRPCStatus, trailers: HeaderList?, reset code: HTTP2ErrorCode?) {
        guard !isEnded else { return }
        isEnded = true
        if let alarm { channel?.loop.deadlines?.cancel(alarm) }
        alarm = nil
        if stream == nil { channel?.forget(self) }
        if let code, let stream { stream.reset(code) }
        let handler = self.handler
        self.handler = nil
        handler?.callEnded(self, status, trailers: trailers)
    }
}

extension GRPCClientCall: HTTP2StreamHandler {
    /// The head of the answer; for trailers-only answers also its end.
    package func stream(_ stream: HTTP2Stream, receivedHead headers: HeaderList, isEnd: Bool) {
        reachedServer = true
        unsent = ByteBuffer()
        guard !isEnded else { return }
        let status = headers[":status"]?.decimal ?? 0
        let isGRPC = headers["content-type"].map { $0.starts(with: ByteView(literal: "application/grpc")) } ?? false
        if headers["grpc-status"] != nil, isEnd { return endWithTrailers(headers) }
        guard status == 200, isGRPC else {
            return end(GRPCStatus.ofHTTP(status), trailers: nil, reset: .cancel)
        }
        guard let encoding = GRPCEncoding(headers["grpc-encoding"]) else {
            let name = headers.text("grpc-encoding") ?? ""
            let text = "grpc: Decompressor is not installed for grpc-encoding \"\(name)\""
            return end(GRPCStatus(.internal, text), trailers: nil, reset: .cancel)
        }
        deframer = GRPCDeframer(limit: channel?.options.maxReceiveBytes ?? 0, encoding: encoding)
        sawHead = true
        handler?.call(self, receivedHead: headers)
    }

    /// Bytes of messages.
    package func stream(_ stream: HTTP2Stream, receivedBody bytes: ByteView) {
        guard !isEnded else { return }
        if let message = deframer.single(in: bytes) {
            handler?.call(self, received: message)
            return
        }
        var working = GRPCDeframer(limit: 0, encoding: .identity)
        swap(&working, &deframer)
        do throws(GRPCStatus) {
            try working.take(bytes) { message in
                handler?.call(self, received: message)
                return !isEnded
            }
        } catch {
            return end(error, trailers: nil, reset: .cancel)
        }
        swap(&working, &deframer)
    }

    /// The end of the answer.
    package func stream(_ stream: HTTP2Stream, receivedEnd trailers: HeaderList?) {
        guard !isEnded else { return }
        if let trailers { return endWithTrailers(trailers) }
        end(GRPCStatus(.internal, "server closed the stream without sending trailers"), trailers: nil, reset: .cancel)
    }

    private func endWithTrailers(_ trailers: HeaderList) {
        let code = trailers["grpc-status"]?.decimal
        let message = trailers["grpc-message"].map { PercentCoding.decode($0) } ?? ""
        guard let code else {
            return end(GRPCStatus(.internal, "the trailers have no grpc-status"), trailers: trailers, reset: nil)
        }
        // The server may end before we have: then our side of the stream is given up.
        end(
            GRPCStatus(GRPCCode(rawValue: code) ?? .unknown, message), trailers: trailers,
            reset: hasFinishedSending ? nil : .cancel)
    }

    /// What we sent was taken.
    package func streamDrained(_ stream: HTTP2Stream) { if !isEnded { handler?.callDrained(self) } }

    /// The stream is gone.
    package func stream(_ stream: HTTP2Stream, closed code: HTTP2ErrorCode) {
        self.stream = nil
        let connection = self.connection
        self.connection = nil
        defer { connection?.streamEnded() }
        guard !isEnded else { return }
        if code == .refusedStream, !sawHead, !wasRetried, !unsent.isEmpty || !hasFinishedSending, let channel {
            // The server has not looked at it: trying once more cannot do it twice.
            wasRetried = true
            return channel.submit(self)
        }
        if code != .refusedStream { reachedServer = true }
        let text = "stream terminated by RST_STREAM with error code: \(code)"
        switch code {
        case .connectionLost: fail(GRPCStatus(.unavailable, "error reading from server: the connection was lost"))
        case .cancel: fail(GRPCStatus(.cancelled, text))
        case .refusedStream: fail(GRPCStatus(.unavailable, text))
        case .enhanceYourCalm: fail(GRPCStatus(.resourceExhausted, text))
        case .inadequateSecurity: fail(GRPCStatus(.permissionDenied, text))
        default: fail(GRPCStatus(.internal, text))
        }
    }
}

// MARK: - One request, one answer

/// The handler behind `GRPCChannel.unary`.
private final class UnaryCaller: GRPCClientHandler {
    private var answer: ByteSlice?
    private let done: (Result<ByteSlice, GRPCStatus>, HeaderList?) -> Void

    init(_ done: @escaping (Result<ByteSlice, GRPCStatus>, HeaderList?) -> Void) { self.done = done }

    func call(_ call: GRPCClientCall, received message: ByteView) { answer = ByteSlice(copying: message) }

    func callEnded(_ call: GRPCClientCall, _ status: GRPCStatus, trailers: HeaderList?) {
        if status.code != .ok {
            done(.failure(status), trailers)
        } else if let answer {
            done(.success(answer), trailers)
        } else {
            done(.failure(GRPCStatus(.internal, "the server sent no message")), trailers)
        }
    }
}

extension GRPCChannel {
    /// One request, one answer: `done` is called once, with the message's bytes or the reason.
    @discardableResult
    package func unary(
        _ path: String, metadata: HeaderList? = nil, timeout: UInt64? = nil, waitsForReady: Bool = false,
        _ write: (inout ByteBuffer) -> Void,
        done: @escaping (Result<ByteSlice, GRPCStatus>, HeaderList?) -> Void
    ) -> GRPCClientCall {
        let call = call(
            path, metadata: metadata, timeout: timeout, waitsForReady: waitsForReady, handler: UnaryCaller(done))
        call.send(write)
        call.finishSending()
        return call
    }

    /// The same with messages: the answer is decoded.
    @discardableResult
    package func unary<Request: WireMessage, Answer: WireMessage>(
        _ path: String, _ request: Request, metadata: HeaderList? = nil, timeout: UInt64? = nil,
        as _: Answer.Type = Answer.self, done: @escaping (Result<Answer, GRPCStatus>) -> Void
    ) -> GRPCClientCall {
        unary(path, metadata: metadata, timeout: timeout) {
            request.encode(into: &$0)
        } done: { result, _ in
            switch result {
            case .failure(let status): done(.failure(status))
            case .success(let bytes):
                do throws(WireError) {
                    done(.success(try Answer(decoding: bytes)))
                } catch {
                    done(.failure(GRPCStatus(.internal, "grpc: failed to unmarshal the received message: \(error)")))
                }
            }
        }
    }
}
