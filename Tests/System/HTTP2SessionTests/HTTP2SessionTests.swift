// HTTP2SessionTests.swift: two sessions that speak with each other in memory.

internal import Bytes
internal import HTTP2Session
internal import Testing

/// One end: notes what happens and answers as a test wants.
final class End: HTTP2SessionDelegate, HTTP2StreamHandler {
    var session: HTTP2Session!
    var log: [String] = []
    var streams: [HTTP2Stream] = []
    var heads: [HeaderList] = []
    var body: [UInt8] = []
    var drained = 0
    var holds = false
    var whenOpened: ((HTTP2Stream) -> Void)?

    init(_ options: HTTP2Session.Options, memory: SessionMemory? = nil) {
        session = HTTP2Session(options, memory: memory, delegate: self)
    }

    func session(_ session: HTTP2Session, opened stream: HTTP2Stream, head: HeaderList) {
        stream.handler = self
        stream.holdsWindow = holds
        streams.append(stream)
        heads.append(head)
        log.append("open \(stream.id)")
        whenOpened?(stream)
    }
    func sessionHasOutput(_ session: HTTP2Session) {}
    func session(_ session: HTTP2Session, beganFrame frame: HTTP2FrameHead) {}
    func session(_ session: HTTP2Session, exceededHeaderLimit stream: HTTP2Stream) { log.append("too large") }
    func session(_ session: HTTP2Session, receivedPing payload: UInt64, isAnswer: Bool) {
        log.append("\(isAnswer ? "pong" : "ping") \(payload)")
    }
    func sessionReceivedSettings(_ session: HTTP2Session) { log.append("settings") }
    func session(_ session: HTTP2Session, receivedGoAway code: HTTP2ErrorCode, lastStream: Int32, debug: ByteView) {
        log.append("goaway \(code) \(lastStream) \(debug.lossyText)")
    }
    func stream(_ stream: HTTP2Stream, receivedHead headers: HeaderList, isEnd: Bool) {
        heads.append(headers)
        log.append("head \(headers.text(":status") ?? "?")")
    }
    func stream(_ stream: HTTP2Stream, receivedBody bytes: ByteView) { body += bytes.array }
    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HeaderList?) {
        log.append("end" + (trailers?.pairs.map { " \($0.name)=\($0.value)" }.joined() ?? ""))
    }
    func streamDrained(_ stream: HTTP2Stream) { drained += 1 }
    func stream(_ stream: HTTP2Stream, closed code: HTTP2ErrorCode) { log.append("closed \(code)") }
}

@Suite struct HTTP2SessionTests {
    static var get: HeaderList {
        HeaderList([
            (":method", "GET"), (":scheme", "http"), (":authority", "test"), (":path", "/x"), ("k", "v"),
        ])
    }
    static var ok: HeaderList { HeaderList([(":status", "200")]) }

    func pair(
        client: (inout HTTP2Session.Options) -> Void = { _ in }, server: (inout HTTP2Session.Options) -> Void = { _ in }
    ) -> (End, End) {
        var clientOptions = HTTP2Session.Options()
        clientOptions.isClient = true
        client(&clientOptions)
        var serverOptions = HTTP2Session.Options()
        server(&serverOptions)
        let ends = (End(clientOptions), End(serverOptions))
        exchange(ends.0, ends.1)
        ends.0.log = []
        ends.1.log = []
        return ends
    }

    /// Carries bytes to and fro until both are silent.
    func exchange(_ one: End, _ other: End) {
        var moved = true
        while moved {
            moved = false
            for (from, to) in [(one, other), (other, one)] {
                var wire = ByteBuffer()
                _ = from.session.produce(into: &wire, limit: 1 << 20)
                if !wire.isEmpty {
                    moved = true
                    do { try to.session.receive(wire.view) } catch { to.log.append("\(error)") }
                }
            }
        }
    }

    @Test("a request, an answer in parts, trailers")
    func wholeStory() throws {
        let (client, server) = pair()
        server.whenOpened = { stream in
            server.session.respond(on: stream, Self.ok, isEnd: false)
            stream.send { $0.append(literal: "hello ") }
        }
        let stream = try client.session.request(Self.get, hasBody: false, handler: client)
        exchange(client, server)
        #expect(server.heads[0].text(":path") == "/x" && server.heads[0].text("k") == "v")
        #expect(server.log == ["open 1", "end"])
        #expect(server.drained == 1)
        server.streams[0].send { $0.append(literal: "world") }
        server.streams[0].finish(trailers: HeaderList([("grpc-status", "0")]))
        exchange(client, server)
        #expect(client.body == Array("hello world".utf8))
        #expect(client.log == ["head 200", "end grpc-status=0", "closed NO_ERROR"])
        #expect(server.log.last == "closed NO_ERROR")
        #expect(stream.isClosed && server.streams[0].isClosed && server.session.openStreams == 0)
        #expect(server.session.outgoingBytes == 0)
        server.streams[0].send { $0.append(literal: "late") }
        server.streams[0].reset(.cancel)
    }

    @Test("a body larger than every window arrives whole, and as it went")
    func largeBody() throws {
        let (client, server) = pair()
        let large = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let stream = try client.session.request(Self.get, hasBody: true, handler: client)
        stream.send { $0.append(large) }
        stream.finish()
        exchange(client, server)
        #expect(server.body == large)
        server.session.respond(on: server.streams[0], Self.ok, isEnd: false)
        server.streams[0].send { $0.append(large) }
        server.streams[0].finish()
        exchange(client, server)
        #expect(client.body == large)
        #expect(client.log.last == "closed NO_ERROR")
    }

    @Test("a handler that holds the window stops its sender, and nobody else")
    func backpressure() throws {
        let (client, server) = pair(server: { $0.streamWindowBytes = 100_000 })
        server.holds = true
        let stream = try client.session.request(Self.get, hasBody: true, handler: client)
        stream.send { $0.append(zeros: 300_000) }
        stream.finish()
        exchange(client, server)
        #expect(server.body.count == 100_000)
        #expect(stream.outgoingBytes == 200_000)
        server.holds = false
        let other = try client.session.request(Self.get, hasBody: true, handler: client)
        other.send { $0.append(zeros: 2_000_000) }
        other.finish()
        exchange(client, server)
        #expect(server.body.count == 2_100_000)
        server.streams[0].consume(100_000)
        exchange(client, server)
        #expect(server.body.count == 2_200_000)
    }

    @Test("an answer that ends before its request tells the client to stop")
    func earlyAnswer() throws {
        let (client, server) = pair()
        server.whenOpened = { server.session.respond(on: $0, Self.ok, isEnd: true) }
        let stream = try client.session.request(Self.get, hasBody: true, handler: client)
        exchange(client, server)
        #expect(client.log == ["head 200", "end", "closed NO_ERROR"])
        #expect(stream.isClosed)
    }

    @Test("pings are answered, goodbyes are heard")
    func connectionFrames() throws {
        let (client, server) = pair()
        client.session.ping(42)
        server.session.goAway(.enhanceYourCalm, debug: "too_many_pings")
        exchange(client, server)
        #expect(server.log == ["ping 42"])
        // The answer to a PING overtakes everything.
        #expect(client.log == ["pong 42", "goaway ENHANCE_YOUR_CALM 0 too_many_pings"])
    }

    @Test("a header list above the limit reaches nobody, and the connection lives")
    func headerLimit() throws {
        let (client, server) = pair(server: { $0.maxHeaderListBytes = 1000 })
        let fat = HeaderList([(":method", "GET"), (":scheme", "http"), (":authority", "t"), (":path", "/")])
        for index in 0..<30 { fat.append("field-\(index)", String(repeating: "x", count: 100)) }
        _ = try client.session.request(fat, hasBody: false, handler: client)
        exchange(client, server)
        #expect(server.log.contains("too large"))
        #expect(server.heads.isEmpty)
        _ = try client.session.request(Self.get, hasBody: false, handler: client)
        exchange(client, server)
        #expect(server.heads.count == 1)
    }

    @Test("bytes that are not HTTP/2 end the session with words")
    func garbage() {
        let (_, server) = pair()
        let bytes = ByteSlice([0, 0, 5, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5])  // HEADERS on stream 0
        var failure: HTTP2Failure?
        var wire = ByteBuffer()
        do { try server.session.receive(bytes.view) } catch { failure = error }
        _ = server.session.produce(into: &wire, limit: 1000)
        // nghttp2 answers with a GOAWAY (type 7) of PROTOCOL_ERROR.
        #expect(failure != nil || wire.view.count >= 17 && wire.view[3] == 7 && wire.view[16] == 1)
    }

    @Test("when the connection is lost every stream hears of it once")
    func lost() throws {
        let (client, _) = pair()
        for _ in 0..<3 { _ = try client.session.request(Self.get, hasBody: true, handler: client) }
        client.session.closeAllStreams(.cancel)
        client.session.closeAllStreams(.cancel)
        #expect(client.log == ["closed CANCEL", "closed CANCEL", "closed CANCEL"])
    }

    @Test("after that nghttp2 is not asked any more: it still points at streams that are gone")
    func lostIsLost() throws {
        let (client, server) = pair()
        // Bodies that wait for their turn, and a request that has not left yet.
        let streams = try (0..<3).map { _ in try client.session.request(Self.get, hasBody: true, handler: client) }
        exchange(client, server)
        for stream in streams { stream.send { $0.append(zeros: 1000) } }
        for stream in server.streams { server.session.respond(on: stream, Self.ok, isEnd: false) }
        for stream in server.streams { stream.send { $0.append(zeros: 1000) } }
        var late = ByteBuffer()
        _ = server.session.produce(into: &late, limit: 1 << 20)
        client.session.closeAllStreams(.cancel)
        client.log = []
        var wire = ByteBuffer()
        #expect(!client.session.produce(into: &wire, limit: 1 << 20))
        #expect(wire.view.isEmpty)
        try client.session.receive(late.view)
        #expect(client.log.isEmpty && client.body.isEmpty)
        #expect(throws: HTTP2Failure.self) {
            try client.session.request(Self.get, hasBody: false, handler: client)
        }
        #expect(client.session.openStreams == 0 && client.session.outgoingBytes == 0)
    }
}

@Suite struct HeaderListTests {
    @Test("fields keep their order and duplicates; look-ups find the first")
    func fields() {
        let list = HeaderList([("a", "1"), ("b", ""), ("a", "2")])
        #expect(list.count == 3)
        #expect(list.text("a") == "1" && list.text("b") == "" && list["c"] == nil)
        #expect(list.pairs.map(\.name) == ["a", "b", "a"])
        #expect(list.listBytes == 3 * 32 + 3 + 2)
        for index in 0..<200 { list.append("name\(index)", String(repeating: "v", count: index)) }
        #expect(list.count == 203 && list.pairs[202].value.count == 199)
        list.removeAll()
        #expect(list.count == 0 && list.pairs.isEmpty)
    }

    @Test("decimal numbers there and back", arguments: [0, 7, 10, 99, 100, 1_234_567, Int.max])
    func decimals(number: Int) {
        var buffer = ByteBuffer()
        buffer.append(decimal: number)
        #expect(buffer.view.lossyText == "\(number)")
        #expect(buffer.view.decimal == number)
    }

    @Test(
        "what is not a number", arguments: ["", "-1", "1a", "+1", " 1", "9223372036854775808", "99999999999999999999"])
    func noDecimals(text: String) {
        let slice = ByteSlice(utf8: text)
        #expect(slice.view.decimal == nil)
    }
}
