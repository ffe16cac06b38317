// HTTP1ClientTests.swift: our HTTP/1.1 client against our server, and against servers that misbehave.

internal import Bytes
internal import EventLoop
internal import HTTP
internal import HTTP2Session
internal import RawClient
internal import Synchronization
internal import TLS
internal import Testing

/// Notes what an answer brings.
private final class Reader: HTTP1ResponseHandler {
    var status = 0
    var body: [UInt8] = []
    var ended = false
    var failure: String?
    var drained = 0
    func response(_ connection: HTTP1ClientConnection, head: HeaderList) { status = head[":status"]?.decimal ?? 0 }
    func response(_ connection: HTTP1ClientConnection, body bytes: ByteView) { body += bytes.array }
    func responseEnded(_ connection: HTTP1ClientConnection) { ended = true }
    func responseFailed(_ connection: HTTP1ClientConnection, reason: String) { failure = reason }
    func requestDrained(_ connection: HTTP1ClientConnection) { drained += 1 }
}

@Suite struct HTTP1ClientTests {
    private func fetch(
        _ client: HTTPClient, _ stage: Stage, _ method: String, _ target: String, body: ByteSlice? = nil,
        timeout: UInt64 = 5_000_000_000
    ) -> (status: Int, body: ByteSlice, failure: String?) {
        var result: (Int, ByteSlice, String?)?
        client.fetch(method, target, body: body, timeout: timeout) { answer in
            switch answer {
            case .answer(let status, _, let body): result = (status, body, nil)
            case .failed(let reason): result = (0, ByteSlice(), reason)
            }
        }
        #expect(stage.loop.run { result != nil })
        return result ?? (0, ByteSlice(), "the test waited in vain")
    }

    @Test("many requests share a connection")
    func reuse() throws {
        let stage = try Stage()
        let client = HTTPClient(to: Endpoint("\(stage.address)")!, on: stage.loop)
        for _ in 0..<20 { #expect(fetch(client, stage, "GET", "/now").body == "now\n") }
        #expect(fetch(client, stage, "HEAD", "/now").body.isEmpty)
        #expect(fetch(client, stage, "GET", "/nothing").status == 204)
        let large = ByteSlice((0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 3) })
        #expect(fetch(client, stage, "POST", "/echo", body: large).body == large)
        #expect(fetch(client, stage, "GET", "/parts").body == "onetwo")
        #expect(client.connectionsMade == 1)
    }

    @Test("a connection that was closed on the shelf is replaced unseen")
    func stale() throws {
        let stage = try Stage { $0.idleTime = 100_000_000 }
        let client = HTTPClient(to: Endpoint("\(stage.address)")!, on: stage.loop)
        #expect(fetch(client, stage, "GET", "/now").status == 200)
        stage.server.closeAll()
        let second = HTTPServer(on: stage.loop, service: stage.service)
        try second.listen(at: stage.address)
        #expect(fetch(client, stage, "GET", "/now").status == 200)
        #expect(client.connectionsMade == 2)
    }

    @Test("over TLS, with the certificate checked")
    func encrypted() throws {
        let certificates = try Certificates()
        let stage = try Stage(tls: try TLSContext(.server, files: certificates.files))
        let client = HTTPClient(
            to: Endpoint("\(stage.address)")!, tls: try certificates.client { $0.applicationProtocols = ["http/1.1"] },
            on: stage.loop)
        #expect(fetch(client, stage, "GET", "/now").body == "now\n")
        let wrong = HTTPClient(
            to: Endpoint("\(stage.address)")!, tls: try certificates.client(), serverName: "other.example",
            on: stage.loop)
        #expect(fetch(wrong, stage, "GET", "/now").failure?.contains("other.example") == true)
    }

    @Test("a body in parts waits for the server, an endless answer is read as it comes")
    func streams() throws {
        let stage = try Stage()
        let scratch = TransportScratch()
        let connection = HTTP1ClientConnection(
            to: stage.address, host: "x", tls: nil, within: 5_000_000_000, on: stage.loop, scratch: scratch)
        let reader = Reader()
        connection.request("POST", "/echo", body: .parts(length: nil), handler: reader)
        for _ in 0..<10 {
            connection.write(ByteView(literal: "0123456789"))
            let before = reader.drained
            #expect(stage.loop.run { reader.drained > before })
        }
        connection.finishBody()
        #expect(stage.loop.run { reader.ended })
        #expect(reader.body.count == 100)

        let endless = Reader()
        connection.request("GET", "/endless", handler: endless)
        #expect(stage.loop.run { stage.service.open.count == 1 && endless.status == 200 })
        stage.service.open[0].send { $0.append(literal: "first") }
        #expect(stage.loop.run { endless.body == Array("first".utf8) })
        #expect(!endless.ended)
        connection.close()
        #expect(stage.loop.run { endless.failure != nil && stage.service.ended.contains(.cancel) })
    }

    @Test("failures have reasons: nobody there, no answer in time, an answer that breaks off or makes no sense")
    func failures() throws {
        let stage = try Stage()
        let gone = HTTPClient(to: Endpoint("127.0.0.1:1")!, on: stage.loop)
        #expect(fetch(gone, stage, "GET", "/").failure?.contains("connection refused") == true)
        let slow = HTTPClient(to: Endpoint("\(stage.address)")!, on: stage.loop)
        #expect(fetch(slow, stage, "GET", "/held", timeout: 50_000_000).failure?.contains("within 50 ms") == true)
        for (bytes, words) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "closed the connection"),
            ("HTTP/1.1 2000 OK\r\n\r\n", "malformed"), ("SSH-2.0-x\r\n\r\n", "malformed"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed"),
        ] {
            let liar = Liar(bytes)
            let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: stage.loop) { socket in
                socket.handler = liar
                socket.startReading()
            }
            let client = HTTPClient(to: Endpoint("\(listener.address)")!, on: stage.loop)
            let failure = fetch(client, stage, "GET", "/").failure
            #expect(failure?.contains(words) == true, "\(String(describing: failure))")
        }
    }
}

/// A server that answers with whatever it was told, and closes.
private final class Liar: SocketHandler {
    private let bytes: String
    init(_ bytes: String) { self.bytes = bytes }
    func socket(_ socket: Socket, received bytes: ByteView) { socket.finish() }
    func socketReachedEnd(_ socket: Socket) { socket.close() }
    func socket(_ socket: Socket, produce output: inout ByteBuffer, limit: Int) -> Bool {
        output.append(bytes)
        return false
    }
    func socketClosed(_ socket: Socket, error: SystemError?) {}
}

/// Answers, and counts where other threads can see it.
private final class Counting: HTTPService, Sendable {
    let count = Mutex(0)
    func serve(_ exchange: HTTPExchange) {
        count.withLock { $0 += 1 }
        exchange.respond(200, text: "now\n")
    }
}

@Suite struct SeveralLoopsTests {
    @Test("three loops share a port: one accepts, each serves its own")
    func share() throws {
        let door = EventLoop()
        let threads = (0..<3).map { _ in LoopThread() }
        let services = threads.map { _ in Counting() }
        // Each thread's server is known to its mailbox only; descriptors come by mail.
        let boxes = zip(threads, services).map { thread, service in
            thread.sync { loop in
                let server = HTTPServer(on: loop, service: service)
                return Mailbox<Int32>(on: loop) { descriptors in
                    for descriptor in descriptors { try? server.accept(descriptor: descriptor, isUnix: false) }
                }
            }
        }
        var next = 0
        let listener = try Listener(at: Endpoint("127.0.0.1:0")!.resolve()[0], on: door) { socket in
            guard let descriptor = try? socket.takeDescriptor() else { return }
            boxes[next % 3].post(descriptor)
            next += 1
        }
        let clients = (0..<9).map { _ in RawClient(to: listener.address, on: door) }
        for client in clients { client.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n") }
        #expect(door.run { clients.allSatisfy { $0.text.hasSuffix("now\n") } })
        #expect(services.allSatisfy { $0.count.withLock { $0 } == 3 })
        for thread in threads { thread.stop() }
        door.close()
    }
}
