// SocketTests.swift: connections, over TCP and Unix sockets, with peers that do not read.

internal import Bytes
internal import EventLoop
internal import Testing

/// Sends back what it hears, or what a test gave it.
private final class Talker: SocketHandler {
    var heard: [UInt8] = []
    var says: [UInt8] = []
    var produced = 0
    var flushes = 0
    var echoes = false
    var connected = false
    var sawEnd = false
    var closed = 0
    var error: SystemError?
    var endless = false
    var whenHeard: ((Socket) -> Void)?

    func socketConnected(_ socket: Socket) {
        connected = true
        socket.startReading()
    }
    func socket(_ socket: Socket, received bytes: ByteView) {
        heard += bytes.array
        if echoes {
            says += bytes.array
            socket.wantsFlush()
        }
        whenHeard?(socket)
    }
    func socketReachedEnd(_ socket: Socket) {
        sawEnd = true
        socket.close()
    }
    func socket(_ socket: Socket, produce output: inout ByteBuffer, limit: Int) -> Bool {
        flushes += 1
        if endless {
            output.append(zeros: limit)
            produced += limit
            return true
        }
        output.append(says)
        produced += says.count
        says = []
        return false
    }
    func socketClosed(_ socket: Socket, error: SystemError?) {
        closed += 1
        self.error = error
    }
}

@Suite struct SocketTests {
    private func run(_ loop: EventLoop, until condition: @escaping () -> Bool) {
        let begin = EventLoop.preciseNow
        let timer = Timer(on: loop) { if condition() || EventLoop.preciseNow - begin > 10_000_000_000 { loop.stop() } }
        timer.start(after: 1_000_000, repeating: 1_000_000)
        loop.run()
        #expect(condition())
    }

    @Test(
        "bytes go there and back",
        arguments: ["127.0.0.1:0", "[::1]:0", "unix:/tmp/socket-test-\(UInt32.random(in: 0...(.max)))"])
    func echo(address: String) throws {
        let loop = EventLoop()
        let server = Talker()
        server.echoes = true
        let listener = try Listener(at: Endpoint(address)!.resolve()[0], on: loop) { socket in
            socket.handler = server
            socket.startReading()
        }
        let client = Talker()
        client.says = Array("hello".utf8)
        let socket = Socket.connect(to: listener.address, on: loop, handler: client)
        socket.wantsFlush()
        run(loop) { client.heard.count == 5 }
        #expect(client.heard == Array("hello".utf8))
        socket.finish()
        run(loop) { client.closed == 1 && server.closed == 1 }
        #expect(server.sawEnd)
        #expect(client.error == nil)
        listener.close()
        loop.close()
    }

    @Test("one flush answers everything that arrived in a turn")
    func batching() throws {
        let loop = EventLoop()
        let server = Talker()
        // Each byte heard asks for a flush of its own; they must become one.
        server.whenHeard = { socket in
            for _ in 0..<100 {
                server.says.append(1)
                socket.wantsFlush()
            }
        }
        let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: loop) { socket in
            socket.handler = server
            socket.startReading()
        }
        let client = Talker()
        client.says = [1]
        let socket = Socket.connect(to: listener.address, on: loop, handler: client)
        socket.wantsFlush()
        run(loop) { client.heard.count == 100 }
        #expect(server.flushes == 1)
        loop.close()
    }

    @Test("who does not read is not produced for")
    func slowReader() throws {
        let loop = EventLoop()
        let server = Talker()
        server.endless = true
        var accepted: Socket?
        let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: loop) { socket in
            accepted = socket
            socket.handler = server
            socket.wantsFlush()
        }
        final class Deaf: SocketHandler {
            func socket(_ socket: Socket, received bytes: ByteView) {}
            func socketReachedEnd(_ socket: Socket) {}
            func socket(_ socket: Socket, produce output: inout ByteBuffer, limit: Int) -> Bool { false }
            func socketClosed(_ socket: Socket, error: SystemError?) {}
        }
        let deaf = Deaf()
        _ = Socket.connect(to: listener.address, on: loop, handler: deaf)
        run(loop) { (accepted?.queuedBytes ?? 0) > 0 }
        let (produced, flushes) = (server.produced, server.flushes)
        var waited = 0
        run(loop) {
            // A producer that has more says so, as often as it likes: nobody asks it while a write is under way.
            accepted!.wantsFlush()
            waited += 1
            return waited > 50
        }
        // The kernel's buffers are full, and nothing more was asked of the producer.
        #expect(server.produced == produced)
        #expect(server.flushes == flushes)
        #expect(accepted!.queuedBytes <= Socket.flushBytes)
        loop.close()
        #expect(server.closed == 1)
    }

    @Test("last words arrive even when the peer's were not read")
    func lastWords() throws {
        let loop = EventLoop()
        let server = Talker()
        server.whenHeard = { socket in
            server.says = Array("goodbye".utf8)
            socket.finish()
        }
        let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: loop) { socket in
            socket.handler = server
            socket.startReading()
        }
        let client = Talker()
        client.says = [UInt8](repeating: 7, count: 1_000_000)
        let socket = Socket.connect(to: listener.address, on: loop, handler: client)
        socket.wantsFlush()
        run(loop) { client.closed == 1 }
        #expect(client.heard == Array("goodbye".utf8))
        #expect(client.sawEnd)
        loop.close()
    }

    @Test("nobody there: the error names the call, the address and what to do")
    func refused() throws {
        let loop = EventLoop()
        let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: loop) { $0.close() }
        let address = listener.address
        listener.close()
        let client = Talker()
        _ = Socket.connect(to: address, on: loop, handler: client)
        run(loop) { client.closed == 1 }
        #expect(client.error?.isConnectionRefused == true)
        #expect(client.error!.description.contains("connect \(address)"))
        #expect(client.error!.description.contains("is the server running"))
        #expect(!client.connected)
        loop.close()
    }

    @Test("a socket that is closed can be asked anything, and answers without its handle")
    func afterwards() throws {
        let loop = EventLoop()
        let server = Talker()
        let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: loop) { $0.handler = server }
        let client = Talker()
        let socket = Socket.connect(to: listener.address, on: loop, handler: client)
        run(loop) { client.connected }
        socket.close()
        run(loop) { client.closed == 1 }
        let error = #expect(throws: SystemError.self) { try socket.takeDescriptor() }
        #expect(error?.description.contains("\(listener.address)") == true)
        #expect(socket.queuedBytes == 0 && socket.unsentBytes == 0)
        socket.startReading()
        socket.pauseReading()
        socket.wantsFlush()
        socket.finish()
        socket.close()
        loop.close()
        #expect(client.closed == 1)
    }

    /// The memory of a closed handle is soon another's. Whoever asks it then gets an answer, and it is not about him: a
    /// descriptor given away here would be one that others read from.
    @Test("a socket that is closed does not give away the connection that came after it")
    func takenAfterwards() throws {
        let loop = EventLoop()
        let server = Talker()
        let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: loop) { $0.handler = server }
        let first = Talker()
        let closed = Socket.connect(to: listener.address, on: loop, handler: first)
        run(loop) { first.connected }
        closed.close()
        run(loop) { first.closed == 1 }
        // As large as what was freed, so sooner or later one of them lies there.
        var others: [(talker: Talker, socket: Socket)] = []
        for _ in 0..<16 {
            let talker = Talker()
            others.append((talker, Socket.connect(to: listener.address, on: loop, handler: talker)))
        }
        run(loop) { others.allSatisfy(\.talker.connected) }
        #expect(throws: SystemError.self) { try closed.takeDescriptor() }
        for other in others { other.socket.close() }
        run(loop) { others.allSatisfy { $0.talker.closed == 1 } }
        loop.close()
    }

    @Test("an address that is taken says so")
    func taken() throws {
        let loop = EventLoop()
        let first = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: loop) { $0.close() }
        let error = #expect(throws: SystemError.self) { try Listener(at: first.address, on: loop) { $0.close() } }
        #expect(error?.isAddressInUse == true)
        loop.close()
    }

    @Test("a connection can move to another loop")
    func handOver() throws {
        let loop = EventLoop()
        let other = LoopThread()
        let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: loop) { socket in
            guard let descriptor = try? socket.takeDescriptor() else { return }
            other.run { loop in
                let talker = Talker()
                talker.echoes = true
                let socket = try? Socket.adopt(descriptor: descriptor, isUnix: false, on: loop)
                socket?.handler = talker
                socket?.startReading()
            }
        }
        let client = Talker()
        client.says = Array("elsewhere".utf8)
        let socket = Socket.connect(to: listener.address, on: loop, handler: client)
        socket.wantsFlush()
        run(loop) { client.heard.count == 9 }
        #expect(client.heard == Array("elsewhere".utf8))
        other.stop()
        loop.close()
    }
}
