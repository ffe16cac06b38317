// HTTP1ServerTests.swift: HTTP/1.1 over a real socket, byte by byte.

internal import Bytes
internal import EventLoop
internal import HTTP
internal import HTTP2Session
internal import RawClient
internal import TLS
internal import Testing

/// Answers in the ways that tests need, by the path.
final class Demo: HTTPService, HTTPReceiver {
    var bodies: [ObjectIdentifier: [UInt8]] = [:]
    var ended: [HTTP2ErrorCode] = []
    var drained = 0
    var open: [HTTPExchange] = []

    func serve(_ exchange: HTTPExchange) {
        if exchange.path.equals("/now") { return exchange.respond(200, text: "now\n") }
        if exchange.path.equals("/nothing") { return exchange.respond(204) }
        exchange.receiver = self
        if exchange.path.equals("/endless") {
            exchange.start(HeaderList([(":status", "200")]))
            open.append(exchange)
        }
        if exchange.path.equals("/held") { open.append(exchange) }
    }
    func exchange(_ exchange: HTTPExchange, receivedBody bytes: ByteView) {
        bodies[ObjectIdentifier(exchange), default: []] += bytes.array
    }
    func exchangeReceivedEnd(_ exchange: HTTPExchange, trailers: HeaderList?) {
        let body = bodies[ObjectIdentifier(exchange)] ?? []
        if exchange.path.equals("/echo") {
            let slice = ByteSlice(body)
            exchange.respond(200, [("x-trailer", trailers?.text("sum") ?? "none")], body: slice.view)
        } else if exchange.path.equals("/parts") {
            exchange.start(HeaderList([(":status", "200")]))
            exchange.send { $0.append(literal: "one") }
            exchange.send { $0.append(literal: "two") }
            exchange.finish()
        }
    }
    func exchangeDrained(_ exchange: HTTPExchange) { drained += 1 }
    func exchangeEnded(_ exchange: HTTPExchange, because code: HTTP2ErrorCode) { ended.append(code) }
}

/// A server with its loop, and what it reported.
final class Stage {
    let loop = EventLoop()
    let service = Demo()
    let server: HTTPServer
    let address: SocketAddress
    var events: [HTTPEvent] = []

    init(tls: TLSContext? = nil, _ change: (inout HTTPLimits) -> Void = { _ in }) throws {
        var limits = HTTPLimits()
        change(&limits)
        server = HTTPServer(on: loop, limits: limits, service: service)
        address = try server.listen(at: Endpoint("127.0.0.1:0")!.resolve()[0], tls: tls)
        server.report = { [unowned self] in events.append($0) }
    }

    deinit { loop.close() }

    /// Sends text and waits until the answer has `marker` or the connection ends.
    func talk(_ text: String, until marker: String? = nil) -> String {
        let client = RawClient(to: address, on: loop)
        client.send(text)
        _ = loop.run(forAtMost: 3) { client.hasEnded || marker.map { client.text.contains($0) } ?? false }
        client.close()
        return client.text
    }
}

@Suite struct HTTP1ServerTests {
    @Test("a request and its answer, with a date, a length and a connection that stays open")
    func simple() throws {
        let stage = try Stage()
        let answer = stage.talk("GET /now HTTP/1.1\r\nHost: x\r\n\r\n", until: "now\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Content-Length: 4\r\n"))
        #expect(answer.contains("Date: "))
        #expect(!answer.contains("Connection: close"))
    }

    @Test("requests sent ahead are answered in order, and HEAD has no body")
    func pipelining() throws {
        let stage = try Stage()
        let answer = stage.talk(
            "GET /now HTTP/1.1\r\nHost: x\r\n\r\nHEAD /now HTTP/1.1\r\nHost: x\r\n\r\n"
                + "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
                + "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /parts HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let parts = answer.components("HTTP/1.1 ")
        #expect(parts.count == 5)
        #expect(parts[0].hasSuffix("\r\n\r\nnow\n"))
        #expect(parts[1].contains("Content-Length: 4") && parts[1].hasSuffix("\r\n\r\n"))
        #expect(parts[2].hasSuffix("\r\n\r\nhello"))
        #expect(parts[3].hasPrefix("204") && parts[3].hasSuffix("\r\n\r\n") && !parts[3].contains("Length"))
        #expect(
            parts[4].contains("Connection: close") && parts[4].hasSuffix("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"))
        #expect(stage.service.ended == [.noError, .noError])
    }

    @Test("chunks with extensions and trailers, in pieces of one byte")
    func chunked() throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        let request =
            "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nSum: 11\r\n\r\n"
        var index = request.utf8.startIndex
        let timer = Timer(on: stage.loop) {
            guard index < request.utf8.endIndex else { return }
            client.send([request.utf8[index]])
            index = request.utf8.index(after: index)
        }
        timer.start(after: 0, repeating: 1_000_000)
        #expect(stage.loop.run { client.text.contains("hello world") })
        #expect(client.text.contains("X-Trailer: 11"))
    }

    @Test("100-continue comes before the body, and only if the body is wanted")
    func expectation() throws {
        let stage = try Stage()
        let head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(head)
        #expect(stage.loop.run { client.text == "HTTP/1.1 100 Continue\r\n\r\n" })
        client.send("ok")
        #expect(stage.loop.run { client.text.hasSuffix("\r\n\r\nok") })
        let refused = stage.talk("POST /now HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(refused.hasPrefix("HTTP/1.1 200 OK"))
        #expect(stage.talk("GET / HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n").hasPrefix("HTTP/1.1 417"))
    }

    @Test("a body that was refused is not taken for the next request")
    func refusedBody() throws {
        let stage = try Stage()
        let hidden = "GET /now HTTP/1.1\r\nHost: x\r\n\r\n"
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(
            "POST /now HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: \(hidden.utf8.count)\r\n\r\n"
                + hidden)
        #expect(stage.loop.run { client.hasEnded })
        #expect(client.text.components("HTTP/1.1 200").count == 1)
        #expect(stage.server.counters.requests == 1)
    }

    @Test("requests sent ahead wait in the kernel when many of them wait already")
    func pipelineBound() throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(stage.loop.run { stage.service.open.count == 1 })
        let ahead = String(repeating: "GET /now HTTP/1.1\r\nHost: x\r\n\r\n", count: 100_000)
        client.send(ahead)
        var waits = 0
        #expect(
            stage.loop.run {
                waits += 1
                return waits > 100
            })
        #expect(stage.server.counters.receivedBytes < 1_000_000)
        stage.service.open[0].respond(204)
        #expect(stage.loop.run(forAtMost: 30) { stage.server.counters.requests == 100_001 })
    }

    @Test("HTTP/1.0: closes unless asked to stay, never gets chunks")
    func http10() throws {
        let stage = try Stage()
        #expect(stage.talk("GET /now HTTP/1.0\r\n\r\n").contains("Connection: close"))
        let kept = stage.talk("GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", until: "now\n")
        #expect(kept.contains("Connection: keep-alive"))
        let parts = stage.talk("GET /parts HTTP/1.0\r\n\r\n")
        #expect(parts.hasSuffix("\r\n\r\nonetwo") && !parts.contains("chunked"))
    }

    @Test(
        "requests that two readers could understand differently are refused",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("GET / HTTP/1.1\nHost: a\n\n", 400), ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\n b: c\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \u{1}\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505), ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
            ("GET nopath HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("\u{0}\u{0}\u{0}garbage\r\n\r\n", 400),
        ])
    func refused(request: String, status: Int) throws {
        let stage = try Stage()
        let answer = stage.talk(request)
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
        #expect(stage.server.counters[.malformed] == 1)
        // Nothing that follows the bad request was taken for another one.
        #expect(answer.components("\r\nConnection: close").count == 1)
    }

    @Test("a head beyond the limit is answered 431, however slowly it grows")
    func headLimit() throws {
        let stage = try Stage { $0.headerListBytes = 1000 }
        let answer = stage.talk("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 2000))
        #expect(answer.hasPrefix("HTTP/1.1 431 "))
        #expect(stage.server.counters[.headerList] == 1)
    }

    @Test("half a head, half a body, and silence end after their times")
    func slow() throws {
        let stage = try Stage {
            $0.headTime = 100_000_000
            $0.bodyTime = 100_000_000
            $0.idleTime = 200_000_000
        }
        #expect(stage.talk("GET / HTTP/1.1\r\nHos").hasPrefix("HTTP/1.1 408 "))
        #expect(stage.server.counters[.headTime] == 1)
        #expect(stage.talk("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc").hasPrefix("HTTP/1.1 408 "))
        #expect(stage.server.counters[.bodyTime] == 1)
        #expect(stage.talk("") == "")
        #expect(stage.server.counters[.headTime] == 2)
        #expect(stage.talk("GET /now HTTP/1.1\r\nHost: a\r\n\r\n").hasSuffix("now\n"))
        #expect(stage.server.counters[.idleTime] == 1)
    }

    @Test("TLS on a plain port is explained to the operator")
    func tlsOnPlain() throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])
        #expect(stage.loop.run { client.hasEnded })
        #expect(stage.events.first?.limit == .tlsOnPlainPort)
        #expect(stage.events.first!.description.contains("this port is plain"))
    }

    @Test("a reader that stops stops its producer, and is closed in the end")
    func slowReader() throws {
        let stage = try Stage { $0.writeTime = 300_000_000 }
        let client = RawClient(to: stage.address, on: stage.loop, reads: false)
        client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(stage.loop.run { stage.service.open.count == 1 })
        let exchange = stage.service.open[0]
        var sent = 0
        let producer = Timer(on: stage.loop) {
            while exchange.outgoingBytes < 100_000, !exchange.isEnded {
                exchange.send { $0.append(zeros: 50_000) }
                sent += 50_000
            }
        }
        producer.start(after: 0, repeating: 1_000_000)
        #expect(stage.loop.run { exchange.isEnded })
        #expect(stage.server.counters[.writeTime] == 1)
        #expect(stage.service.ended == [.cancel])
        #expect(sent < 20_000_000)
    }

    @Test("shutdown lets an open request finish and closes the idle ones")
    func shutdown() throws {
        let stage = try Stage()
        let idle = RawClient(to: stage.address, on: stage.loop)
        let busy = RawClient(to: stage.address, on: stage.loop)
        idle.send("GET /now HTTP/1.1\r\nHost: a\r\n\r\n")
        busy.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(stage.loop.run { stage.service.open.count == 1 && idle.text.hasSuffix("now\n") })
        var ended = false
        stage.server.shutdown(within: 5_000_000_000) { ended = true }
        #expect(stage.loop.run { idle.hasEnded })
        #expect(!busy.hasEnded && !ended)
        stage.service.open[0].respond(200, text: "last\n")
        #expect(stage.loop.run { busy.hasEnded && ended })
        #expect(busy.text.hasSuffix("last\n") && busy.text.contains("Connection: close"))
    }

    @Test(
        "dates",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (1_795_169_656, "Fri, 20 Nov 2026 10:14:16 GMT"),
            (951_825_600, "Tue, 29 Feb 2000 12:00:00 GMT"),
        ])
    func dates(seconds: Int, expected: String) {
        #expect(HTTPDate.text(Int64(seconds)) == expected)
    }
}

extension String {
    /// What stands after each occurrence of a marker.
    func components(_ marker: String) -> [String] {
        var parts: [String] = []
        var rest = Substring(self)
        while let range = rest.firstRange(of: marker) {
            rest = rest[range.upperBound...]
            parts.append(String(rest[..<(rest.firstRange(of: marker)?.lowerBound ?? rest.endIndex)]))
        }
        return parts
    }
}
