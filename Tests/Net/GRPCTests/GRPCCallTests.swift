// GRPCCallTests.swift: calls of all four kinds between our client and our server, over real sockets.

internal import Bytes
internal import EventLoop
internal import GRPC
internal import HTTP
internal import HTTP2Session
internal import RawClient
internal import Testing

/// A handler at the server that notes what it hears.
final class Recorder: GRPCCallHandler {
    var messages: [[UInt8]] = []
    var ended: GRPCStatus?
    var endOfRequest = false
    var calls: [GRPCServerCall] = []
    var onMessage: ((GRPCServerCall, ByteView) -> Void)?
    var onEnd: ((GRPCServerCall) -> Void)?
    var onDrained: ((GRPCServerCall) -> Void)?

    func call(_ call: GRPCServerCall, received message: ByteView) {
        if !calls.contains(where: { $0 === call }) { calls.append(call) }
        messages.append(message.array)
        onMessage?(call, message)
    }
    func callReceivedEnd(_ call: GRPCServerCall) {
        endOfRequest = true
        onEnd?(call)
    }
    func callDrained(_ call: GRPCServerCall) { onDrained?(call) }
    func callEnded(_ call: GRPCServerCall, _ status: GRPCStatus) { ended = status }
}

/// A handler at the client that notes what it hears.
final class Caller: GRPCClientHandler {
    var head: HeaderList?
    var messages: [[UInt8]] = []
    var status: GRPCStatus?
    var trailers: HeaderList?
    var drained = 0
    func call(_ call: GRPCClientCall, receivedHead metadata: HeaderList) { head = metadata }
    func call(_ call: GRPCClientCall, received message: ByteView) { messages.append(message.array) }
    func callDrained(_ call: GRPCClientCall) { drained += 1 }
    func callEnded(_ call: GRPCClientCall, _ status: GRPCStatus, trailers: HeaderList?) {
        #expect(self.status == nil)
        self.status = status
        self.trailers = trailers
    }
}

/// A server with some methods, and a channel to it.
final class Scene {
    let loop = EventLoop()
    let grpc: GRPCServer
    var server: HTTPServer!
    let address: SocketAddress
    var channel: GRPCChannel!
    let recorder = Recorder()
    var events: [HTTPEvent] = []

    init(
        _ change: (inout GRPCServer.Options) -> Void = { _ in }, limits: (inout HTTPLimits) -> Void = { _ in },
        client: (inout GRPCChannelOptions) -> Void = { _ in }
    ) throws {
        var options = GRPCServer.Options()
        change(&options)
        var bounds = HTTPLimits()
        limits(&bounds)
        grpc = GRPCServer(options)
        server = HTTPServer(on: loop, limits: bounds, service: grpc)
        address = try server.listen(at: Endpoint("127.0.0.1:0")!.resolve()[0])
        var clientOptions = GRPCChannelOptions()
        clientOptions.backoff = Backoff(base: 20_000_000, limit: 100_000_000)
        client(&clientOptions)
        channel = GRPCChannel(to: [Endpoint("\(address)")!], options: clientOptions, on: loop)
        grpc.unary("/t.T/Echo") { call, message in
            if let value = call.metadata.text("in") {
                call.leadingMetadata = HeaderList([("lead", value)])
                call.trailingMetadata = HeaderList([("trail", value)])
            }
            call.reply { $0.append(message) }
        }
        grpc.unary("/t.T/Fail") { call, message in
            call.finish(GRPCStatus(.notFound, message.lossyText))
        }
        let recorder = recorder
        grpc.stream("/t.T/Stream") { _ in recorder }
        grpc.serverStream("/t.T/Feed") { _ in recorder }
        server.report = { [unowned self] in events.append($0) }
    }

    deinit { loop.close() }

    func unary(_ path: String, _ text: String, metadata: HeaderList? = nil, timeout: UInt64? = nil) -> (
        Result<ByteSlice, GRPCStatus>, HeaderList?
    ) {
        var answer: (Result<ByteSlice, GRPCStatus>, HeaderList?)?
        channel.unary(path, metadata: metadata, timeout: timeout) {
            $0.append(text)
        } done: {
            answer = ($0, $1)
        }
        #expect(loop.run { answer != nil })
        return answer ?? (.failure(GRPCStatus(.unknown, "the test waited in vain")), nil)
    }

    func begin(_ path: String, timeout: UInt64? = nil) -> (GRPCClientCall, Caller) {
        let caller = Caller()
        return (channel.call(path, timeout: timeout, handler: caller), caller)
    }
}

@Suite struct GRPCCallTests {
    @Test("a unary call, with metadata there and back")
    func unary() throws {
        let scene = try Scene()
        let (result, trailers) = scene.unary("/t.T/Echo", "hello", metadata: HeaderList([("in", "x")]))
        #expect(try result.get() == "hello")
        #expect(trailers?.text("trail") == "x")
        #expect(trailers?.text("grpc-status") == "0")
        // Many calls share one connection.
        for number in 0..<50 {
            #expect(try scene.unary("/t.T/Echo", "\(number)").0.get() == ByteSlice(utf8: "\(number)"))
        }
        #expect(scene.server.counters.accepted == 1)
    }

    @Test("messages of every size around the frame's and the window's")
    func sizes() throws {
        let scene = try Scene()
        for size in [0, 1, 16_379, 16_384, 65_530, 65_536, 300_000, 4 * 1024 * 1024] {
            let text = String(repeating: "m", count: size)
            #expect(try scene.unary("/t.T/Echo", text).0.get().count == size)
        }
    }

    @Test("an error is trailers only, and its words survive")
    func failure() throws {
        let scene = try Scene()
        let (result, _) = scene.unary("/t.T/Fail", "nothing at 100% – ü\n")
        #expect(result == .failure(GRPCStatus(.notFound, "nothing at 100% – ü\n")))
    }

    @Test(
        "calls that nobody answers, in gRPC's words",
        arguments: [
            ("/t.T/Nope", "unknown method Nope for service t.T"), ("/x.Y/Z", "unknown service x.Y"),
            ("/x", "malformed method name: \"/x\""),
        ])
    func unknown(path: String, message: String) throws {
        let scene = try Scene()
        #expect(scene.unary(path, "").0 == .failure(GRPCStatus(.unimplemented, message)))
    }

    @Test("too large in either direction, in gRPC's words")
    func sizesRefused() throws {
        let scene = try Scene(
            {
                $0.maxReceiveBytes = 1000
            }, client: { $0.maxSendBytes = 5000 })
        #expect(
            scene.unary("/t.T/Echo", String(repeating: "x", count: 1001)).0
                == .failure(GRPCStatus(.resourceExhausted, "grpc: received message larger than max (1001 vs. 1000)")))
        #expect(
            scene.unary("/t.T/Echo", String(repeating: "x", count: 5001)).0
                == .failure(GRPCStatus(.resourceExhausted, "trying to send message larger than max (5001 vs. 5000)")))
        #expect(try scene.unary("/t.T/Echo", "fits").0.get() == "fits")
    }

    @Test("the deadline ends the call on both sides")
    func deadline() throws {
        let scene = try Scene()
        let (call, caller) = scene.begin("/t.T/Stream", timeout: 60_000_000)
        call.send { $0.append(literal: "x") }
        let begin = EventLoop.preciseNow
        #expect(scene.loop.run { caller.status != nil && scene.recorder.ended != nil })
        #expect(caller.status?.code == .deadlineExceeded)
        #expect(EventLoop.preciseNow - begin >= 55_000_000)
        #expect([.deadlineExceeded, .cancelled].contains(scene.recorder.ended?.code))
    }

    @Test("the server keeps the deadline even if the client forgets it")
    func serverDeadline() throws {
        let scene = try Scene()
        let caller = Caller()
        let call = scene.channel.call(
            "/t.T/Stream", metadata: HeaderList([("grpc-timeout", "50m")]), handler: caller)
        call.send { $0.append(literal: "x") }
        #expect(scene.loop.run { caller.status != nil })
        #expect(caller.status == GRPCStatus(.deadlineExceeded, "context deadline exceeded"))
        #expect(scene.recorder.ended?.code == .deadlineExceeded)
    }

    @Test("a cancelled call is heard at the server")
    func cancellation() throws {
        let scene = try Scene()
        let (call, caller) = scene.begin("/t.T/Stream")
        call.send { $0.append(literal: "x") }
        #expect(scene.loop.run { !scene.recorder.messages.isEmpty })
        call.cancel()
        #expect(caller.status?.code == .cancelled)
        #expect(scene.loop.run { scene.recorder.ended != nil })
        #expect(scene.recorder.ended == GRPCStatus(.cancelled, "context canceled"))
        // What the handler does now has no effect.
        scene.recorder.calls[0].send { $0.append(literal: "late") }
        scene.recorder.calls[0].finish(.ok)
    }

    @Test("many requests, one answer; and messages to and fro")
    func streams() throws {
        let scene = try Scene()
        scene.recorder.onEnd = { [recorder = scene.recorder] call in
            call.reply { $0.append("\(recorder.messages.count)") }
        }
        let (call, caller) = scene.begin("/t.T/Stream")
        for number in 0..<1000 { call.send { $0.append("\(number)") } }
        call.finishSending()
        #expect(scene.loop.run { caller.status != nil })
        #expect(caller.messages == [Array("1000".utf8)])
        #expect(scene.recorder.messages[999] == Array("999".utf8))

        scene.recorder.onMessage = { call, message in call.send(message) }
        scene.recorder.onEnd = { $0.finish(.ok) }
        let (talk, talker) = scene.begin("/t.T/Stream")
        for round in 1...5 {
            talk.send { $0.append("ping \(round)") }
            #expect(scene.loop.run { talker.messages.count == round })
        }
        talk.finishSending()
        #expect(scene.loop.run { talker.status == .ok })
        #expect(talker.messages.last == Array("ping 5".utf8))
    }

    @Test("a feed that nobody reads stops its producer, and goes on when somebody does")
    func backpressure() throws {
        let scene = try Scene()
        var sent = 0
        func produce(_ call: GRPCServerCall) {
            while call.outgoingBytes < 100_000, sent < 1000, !call.isEnded {
                call.send { $0.append(zeros: 10_000) }
                sent += 1
            }
            if sent == 1000 { call.finish(.ok) }
        }
        scene.recorder.onMessage = { call, _ in produce(call) }
        scene.recorder.onDrained = { produce($0) }
        let (call, caller) = scene.begin("/t.T/Feed")
        call.holdsMessages = true
        call.send { $0.append(literal: "x") }
        call.finishSending()
        var waits = 0
        #expect(
            scene.loop.run {
                waits += 1; return waits > 100
            })
        // One window of the client's (1 MiB) and one buffer of the producer's, of ten million bytes.
        #expect(sent < 150, "\(sent)")
        #expect(scene.server.counters.sentBytes < 1_200_000)
        call.holdsMessages = false
        call.consume(2_000_000_000)
        call.consume(1024 * 1024)
        #expect(scene.loop.run { caller.status != nil })
        #expect(caller.status == .ok && caller.messages.count == 1000)
    }

    @Test("one message too many, one too few, half a message")
    func counts() throws {
        let scene = try Scene()
        let (two, caller) = scene.begin("/t.T/Feed")
        two.send { $0.append(literal: "1") }
        two.send { $0.append(literal: "2") }
        #expect(scene.loop.run { caller.status != nil })
        #expect(caller.status?.code == .internal)
        let (none, other) = scene.begin("/t.T/Feed")
        none.finishSending()
        #expect(scene.loop.run { other.status != nil })
        #expect(other.status?.code == .internal)
    }

    @Test("what is no gRPC goes to the fallback, and a wrong timeout is refused")
    func manners() throws {
        let scene = try Scene()
        let caller = Caller()
        _ = scene.channel.call("/t.T/Stream", metadata: HeaderList([("grpc-timeout", "soon")]), handler: caller)
        #expect(scene.loop.run { caller.status != nil })
        #expect(caller.status == GRPCStatus(.internal, "malformed grpc-timeout: \"soon\""))
        let odd = Caller()
        _ = scene.channel.call("/t.T/Stream", metadata: HeaderList([("grpc-encoding", "snappy")]), handler: odd)
        #expect(scene.loop.run { odd.status != nil })
        #expect(
            odd.status == GRPCStatus(.unimplemented, "grpc: Decompressor is not installed for grpc-encoding \"snappy\"")
        )
        let raw = RawClient(to: scene.address, on: scene.loop)
        raw.send("GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(scene.loop.run { raw.text.contains("404 page not found") })
    }
}

@Suite struct GRPCClientTests {
    @Test("nobody there: the call fails with the reason, unless it waits")
    func unavailable() throws {
        let scene = try Scene()
        scene.server.closeAll()
        let (result, _) = scene.unary("/t.T/Echo", "x")
        guard case .failure(let status) = result else {
            Issue.record("a call without a server succeeded")
            return
        }
        #expect(status.code == .unavailable)
        #expect(status.message.contains("Error while dialing") && status.message.contains("connection refused"))
    }

    @Test("a call that waits for a connection is answered when the server comes; its deadline counts meanwhile")
    func waits() throws {
        let scene = try Scene()
        scene.server.closeAll()
        let caller = Caller()
        let call = scene.channel.call("/t.T/Stream", waitsForReady: true, handler: caller)
        call.send { $0.append(literal: "patient") }
        let hasty = Caller()
        _ = scene.channel.call("/t.T/Stream", timeout: 50_000_000, waitsForReady: true, handler: hasty)
        #expect(scene.loop.run { hasty.status != nil })
        #expect(hasty.status?.code == .deadlineExceeded)
        scene.server = HTTPServer(on: scene.loop, service: scene.grpc)
        try scene.server.listen(at: scene.address)
        #expect(scene.loop.run { scene.recorder.messages == [Array("patient".utf8)] })
        #expect(caller.status == nil)
    }

    @Test("a call that the server has looked at is not sent a second time, whatever becomes of it")
    func noSecondTry() throws {
        let scene = try Scene()
        scene.recorder.onMessage = { call, _ in call.exchange.reset(.cancel) }
        let (call, caller) = scene.begin("/t.T/Stream")
        call.send { $0.append(literal: "once") }
        #expect(scene.loop.run { caller.status != nil })
        #expect(caller.status?.code == .cancelled)
        #expect(scene.recorder.messages.count == 1 && scene.server.counters.requests == 1)
    }

    @Test("a server that goes away and comes back is found again")
    func reconnects() throws {
        let scene = try Scene()
        #expect(try scene.unary("/t.T/Echo", "1").0.get() == "1")
        let (_, caller) = scene.begin("/t.T/Stream")
        #expect(scene.loop.run { scene.server.counters.requests == 2 })
        scene.server.closeAll()
        #expect(scene.loop.run { caller.status != nil })
        #expect(caller.status?.code == .unavailable)
        scene.server = HTTPServer(on: scene.loop, service: scene.grpc)
        try scene.server.listen(at: scene.address)
        var answer: Result<ByteSlice, GRPCStatus>?
        scene.channel.unary("/t.T/Echo", timeout: 5_000_000_000, waitsForReady: true) {
            $0.append(literal: "2")
        } done: {
            result, _ in
            answer = result
        }
        #expect(scene.loop.run { answer != nil })
        #expect(try answer?.get() == "2")
    }

    @Test("a graceful shutdown finishes what is open, refuses what is new, and loses nothing")
    func graceful() throws {
        let scene = try Scene()
        scene.recorder.onEnd = { $0.reply { $0.append(literal: "done") } }
        let (call, caller) = scene.begin("/t.T/Stream")
        call.send { $0.append(literal: "x") }
        #expect(scene.loop.run { !scene.recorder.messages.isEmpty })
        var ended = false
        scene.server.shutdown(within: 5_000_000_000) { ended = true }
        var waits = 0
        #expect(
            scene.loop.run {
                waits += 1; return waits > 50
            })
        #expect(!ended && caller.status == nil)
        call.finishSending()
        #expect(scene.loop.run { ended && caller.status != nil })
        #expect(caller.status == .ok && caller.messages == [Array("done".utf8)])
    }

    @Test("calls take turns among the endpoints that are there")
    func balance() throws {
        let scene = try Scene()
        let second = HTTPServer(on: scene.loop, service: scene.grpc)
        let other = try second.listen(at: Endpoint("127.0.0.1:0")!.resolve()[0])
        scene.channel.setEndpoints([Endpoint("\(scene.address)")!, Endpoint("\(other)")!])
        scene.channel.connect()
        #expect(scene.loop.run { scene.channel.readyCount == 2 })
        for _ in 0..<10 { _ = scene.unary("/t.T/Echo", "x") }
        #expect(scene.server.counters.requests == 5 && second.counters.requests == 5)
        second.closeAll()
        #expect(scene.loop.run { scene.channel.readyCount == 1 })
        for _ in 0..<4 { #expect(try scene.unary("/t.T/Echo", "x").0.get() == "x") }
        #expect(scene.server.counters.requests == 9)
    }

    @Test("more calls than the server's streams wait their turn")
    func concurrency() throws {
        let scene = try Scene(limits: { $0.concurrentStreams = 2 })
        scene.recorder.onEnd = { $0.finish(.ok) }
        #expect(try scene.unary("/t.T/Echo", "x").0.get() == "x")
        let calls = (0..<5).map { _ in scene.begin("/t.T/Stream") }
        #expect(scene.loop.run { scene.server.counters.requests == 3 })
        for (call, _) in calls { call.finishSending() }
        #expect(scene.loop.run { calls.allSatisfy { $0.1.status == .ok || $0.1.status?.code == .ok } })
        #expect(scene.server.counters.requests == 6)
    }

    @Test("a server that hangs is noticed by a ping")
    func keepalive() throws {
        let loop = EventLoop()
        defer { loop.close() }
        // Accepts, and never reads a byte.
        var silent: [Socket] = []
        let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: loop) { silent.append($0) }
        var options = GRPCChannelOptions()
        options.keepalive = ClientKeepalive(time: 50_000_000, timeout: 50_000_000)
        let channel = GRPCChannel(to: [Endpoint("\(listener.address)")!], options: options, on: loop)
        let caller = Caller()
        _ = channel.call("/t.T/Stream", handler: caller)
        #expect(loop.run { caller.status != nil })
        #expect(caller.status?.code == .unavailable)
        withExtendedLifetime(listener) {}
    }

    @Test("pauses grow, within chance, up to the limit")
    func backoff() {
        var backoff = Backoff(base: 100, factor: 2, limit: 1000, jitter: 0.1)
        #expect((0..<6).map { _ in backoff.next(chance: 0.5) } == [100, 200, 400, 800, 1000, 1000])
        backoff.reset()
        #expect(backoff.next(chance: 0) == 90 && backoff.next(chance: 1) == 220)
    }
}
