// HTTP1Server.swift: one HTTP/1.1 connection of a client: one request after another.
//
//            +--------------------- keep-alive ----------------------+
//            v                                                       |
//     waiting for a head --> head there --> body ... --> answer complete and body complete
//            |                   |
//         idleTime            headTime, bodyTime                then close, if either side wants it
//
// PIPELINING. A client may send the next requests without waiting for answers. Their bytes wait in `input`
// until it is their turn, since answers must come in order anyway; when much waits we stop reading.
//
// AN ANSWER'S END. With a `content-length` its bytes are counted; without one the parts go out as chunks,
// and to an HTTP/1.0 client until the connection ends.
//
// RULES    N1  the next request is looked at only when the answer is complete and the body was read: a body
//              that is not read completely cannot be told from the next request, so then we close.
//          N2  nothing of an answer to HEAD, 204 and 304 but the head goes out.
//
// SHOWN BY  HTTP1ServerTests, Tests/Interop/curl.sh

internal import Bytes
internal import EventLoop
internal import HTTP2Session

/// The server's end of one HTTP/1.1 connection.
final class HTTP1ServerConnection: ExchangeCarrier {
    /// Pipelined bytes that may wait before we stop reading.
    private static let pipelineBytes = 128 * 1024

    private unowned let owner: ServerConnection
    private let limits: HTTPLimits
    private let info: ConnectionInfo
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var finder = HTTP1HeadFinder()
    private var head = HTTP1Head()
    private var exchange: HTTPExchange?
    private var bodyLeft = 0
    private var chunks: ChunkDecoder?
    private var answersInChunks = false
    private var suppressesBody = false
    private var answerLeft: Int?
    private var answerDone = false
    private var closesAfter = false
    private var isEnded = false
    private var peerEnded = false
    private var isWorking = false
    private var heldBytes = 0
    private var progressAt: UInt64

    init(owner: ServerConnection, limits: HTTPLimits, info: ConnectionInfo) {
        self.owner = owner
        self.limits = limits
        self.info = info
        progressAt = info.loop.now
    }

    // MARK: Bytes in

    func receive(_ bytes: ByteView) {
        guard !isEnded else { return }
        progressAt = info.loop.now
        input.append(bytes)
        work()
        throttle()
    }

    /// Goes on with whatever can go on; never within itself, since a service may answer at once.
    private func work() {
        guard !isWorking else { return }
        isWorking = true
        defer { isWorking = false }
        do throws(HTTP1Error) {
            while !isEnded, try step() {}
        } catch {
            refuse(error)
        }
        if input.isEmpty { input.shrink(to: 0) }
        if peerEnded, exchange == nil, !isEnded { end() }
    }

    private func step() throws(HTTP1Error) -> Bool {
        if exchange == nil { return try beginRequest() }
        if answerDone, bodyIsRead { return finishExchange() }
        return try readBody()
    }

    private func beginRequest() throws(HTTP1Error) -> Bool {
        // One empty line before a request is a habit of old clients (RFC 9112, 2.2).
        if input.count >= 2, input.view[0] == 13, input.view[1] == 10 { input.consume(2) }
        guard let end = try finder.end(in: input.view, limit: limits.headerListBytes) else { return false }
        let fields = HeaderList()
        head = try HTTP1Parser.request(input.view.prefix(end), into: fields)
        fields.append(":scheme", info.isTLS ? "https" : "http")
        input.consume(end)
        owner.countRequest()
        (answersInChunks, suppressesBody, answerLeft, answerDone) = (false, false, nil, false)
        closesAfter = !head.keepsAlive || closesAfter
        bodyLeft = 0
        chunks = nil
        heldBytes = 0
        switch head.framing {
        case .length(let length): bodyLeft = length
        case .chunked: chunks = ChunkDecoder()
        case .none, .untilClose: break
        }
        let exchange = HTTPExchange(carrier: self, head: fields, version: head.version, connection: info)
        self.exchange = exchange
        owner.service.serve(exchange)
        if head.expectsContinue, !exchange.hasStarted, !exchange.isEnded, !bodyIsRead {
            output.append(literal: "HTTP/1.1 100 Continue\r\n\r\n")
            owner.wantsFlush()
        }
        if bodyIsRead { exchange.deliverEnd(trailers: nil) }
        return true
    }

    private var bodyIsRead: Bool { bodyLeft == 0 && (chunks?.isDone ?? true) }

    private func readBody() throws(HTTP1Error) -> Bool {
        guard let exchange, !bodyIsRead, !input.isEmpty, heldBytes < Self.pipelineBytes else { return false }
        let available = input.slice()
        var used = 0
        if bodyLeft > 0 {
            used = min(bodyLeft, available.count)
            bodyLeft -= used
            deliver(available.view.prefix(used), to: exchange)
        } else if var decoder = chunks {
            used = try decoder.decode(available.view) { deliver($0, to: exchange) }
            chunks = decoder
        }
        input.consume(used)
        if bodyIsRead { exchange.deliverEnd(trailers: chunks?.trailers) }
        return true
    }

    private func deliver(_ bytes: ByteView, to exchange: HTTPExchange) {
        if exchange.holdsBody { heldBytes += bytes.count }
        exchange.deliver(body: bytes)
    }

    func consume(_ exchange: HTTPExchange, _ count: Int) {
        heldBytes = max(0, heldBytes - count)
        if exchange === self.exchange {
            work()
            throttle()
        }
    }

    /// Stops reading while much waits that cannot be worked on yet.
    private func throttle() {
        guard !isEnded else { return }
        if input.count > Self.pipelineBytes || heldBytes >= Self.pipelineBytes {
            owner.transport.pauseReading()
        } else {
            owner.transport.resumeReading()
        }
    }

    func reachedEnd() {
        peerEnded = true
        // A client may end its side and still wait for the answer; but half a request is no request. And an
        // answer of unknown length to somebody who has left would go on for ever unheard: a member's stream
        // of raft messages, say, whose reader was restarted.
        if exchange == nil || !bodyIsRead {
            end()
        } else if answersInChunks, !answerDone {
            isEnded = true
            owner.close()
        }
    }

    // MARK: The answer

    func start(_ exchange: HTTPExchange, _ headers: HeaderList, isEnd: Bool) {
        guard exchange === self.exchange else { return }
        let status = headers[":status"]?.decimal ?? 500
        let length = headers["content-length"]?.decimal
        suppressesBody = exchange.method.equals("HEAD") || status == 204 || status == 304
        if !bodyIsRead, bodyLeft > Self.pipelineBytes { closesAfter = true }
        if peerEnded { closesAfter = true }
        output.append(literal: "HTTP/1.1 ")
        output.append(decimal: status)
        output.append(UInt8(ascii: " "))
        output.append(HTTPStatus.phrase(status))
        output.append(literal: "\r\n")
        for field in headers where field.name.isEmpty || field.name[0] != UInt8(ascii: ":") {
            append(name: field.name, value: field.value)
        }
        if headers["date"] == nil { append(name: ByteView(literal: "date"), text: HTTPDate.now()) }
        if let length {
            answerLeft = length
        } else if isEnd, !suppressesBody {
            append(name: ByteView(literal: "content-length"), text: "0")
        } else if !suppressesBody {
            if head.version == .http11 {
                answersInChunks = true
                append(name: ByteView(literal: "transfer-encoding"), text: "chunked")
            } else {
                closesAfter = true
            }
        }
        if closesAfter {
            append(name: ByteView(literal: "connection"), text: "close")
        } else if head.version == .http10 {
            append(name: ByteView(literal: "connection"), text: "keep-alive")
        }
        output.append(literal: "\r\n")
        owner.wantsFlush()
        if isEnd { completeAnswer() }
    }

    /// Names go out as people write them: Content-Type, X-Etcd-Index.
    private func append(name: ByteView, value: ByteView) {
        var startsWord = true
        for index in 0..<name.count {
            let byte = name[index]
            output.append(startsWord && byte >= 97 && byte <= 122 ? byte & 0xDF : byte)
            startsWord = byte == UInt8(ascii: "-")
        }
        output.append(literal: ": ")
        output.append(value)
        output.append(literal: "\r\n")
    }

    private func append(name: ByteView, text: String) {
        let value = ByteSlice(utf8: text)
        append(name: name, value: value.view)
    }

    func send(_ exchange: HTTPExchange, _ write: (inout ByteBuffer) -> Void) {
        guard exchange === self.exchange, !answerDone else { return }
        var part = ByteBuffer(capacity: 256)
        write(&part)
        guard !part.isEmpty, !suppressesBody else { return }
        if answersInChunks {
            output.append(String(part.count, radix: 16))
            output.append(literal: "\r\n")
            output.append(part.view)
            output.append(literal: "\r\n")
        } else {
            // More than was announced would be taken for the next answer.
            let allowed = min(part.count, answerLeft ?? .max)
            if answerLeft != nil { answerLeft! -= allowed }
            output.append(part.view.prefix(allowed))
        }
        owner.wantsFlush()
    }

    func finish(_ exchange: HTTPExchange, trailers: HeaderList?) {
        guard exchange === self.exchange, !answerDone else { return }
        if answersInChunks, !suppressesBody {
            output.append(literal: "0\r\n")
            for field in trailers ?? HeaderList() { append(name: field.name, value: field.value) }
            output.append(literal: "\r\n")
            owner.wantsFlush()
        }
        completeAnswer()
    }

    private func completeAnswer() {
        answerDone = true
        // Less than was announced leaves the client waiting; only closing tells it.
        if let left = answerLeft, left > 0, !suppressesBody { closesAfter = true }
        if !bodyIsRead, bodyLeft > Self.pipelineBytes || closesAfter || head.expectsContinue {
            closesAfter = true
            bodyLeft = 0
            chunks = nil
        }
        work()
        throttle()
    }

    private func finishExchange() -> Bool {
        let done = exchange
        exchange = nil
        progressAt = info.loop.now
        done?.end(because: .noError)
        if closesAfter {
            end()
            return false
        }
        return true
    }

    func reset(_ exchange: HTTPExchange, _ code: HTTP2ErrorCode) {
        guard exchange === self.exchange else { return }
        // HTTP/1.1 has no way to give up an answer but to close.
        isEnded = true
        owner.close()
    }

    func outgoingBytes(_ exchange: HTTPExchange) -> Int { output.count + owner.transport.socket.queuedBytes }

    // MARK: Bytes out, and the end

    func produce(into buffer: inout ByteBuffer, limit: Int) -> Bool {
        let part = output.view.prefix(min(output.count, limit))
        buffer.append(part)
        output.consume(part.count)
        guard output.isEmpty else { return true }
        output.shrink(to: 0)
        if let exchange, exchange.hasStarted, !answerDone { exchange.deliverDrained() }
        return !output.isEmpty
    }

    /// The request was not understood: says so and closes.
    private func refuse(_ error: HTTP1Error) {
        owner.meets(error.status == 431 ? .headerList : .malformed, "\(error.reason); answered \(error.status)")
        if let exchange, exchange.hasStarted {
            isEnded = true
            owner.close()
            return
        }
        let body = "\(error.status) \(HTTPStatus.phrase(error.status)): \(error.reason)\n"
        output.append("HTTP/1.1 \(error.status) \(HTTPStatus.phrase(error.status))\r\n")
        output.append("Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n")
        output.append("Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        end()
    }

    private func end() {
        guard !isEnded else { return }
        isEnded = true
        owner.wantsFlush()
        owner.finish()
    }

    func drain() {
        closesAfter = true
        if exchange == nil { end() }
    }

    func check(at now: UInt64) {
        guard !isEnded else { return }
        if exchange == nil {
            if !input.isEmpty, now - progressAt > limits.headTime {
                refuse(HTTP1Error(status: 408, reason: "the request's head did not arrive in time"))
                owner.counts(.headTime)
            } else if input.isEmpty, now - progressAt > limits.idleTime {
                owner.counts(.idleTime)
                end()
            }
        } else if !bodyIsRead, !answerDone, heldBytes == 0, now - progressAt > limits.bodyTime {
            owner.counts(.bodyTime)
            refuse(HTTP1Error(status: 408, reason: "the request's body did not arrive in time"))
        }
    }

    func closed() {
        isEnded = true
        let open = exchange
        exchange = nil
        open?.end(because: .cancel)
    }
}
