// HeadRulesTests.swift: what a server takes for a request, and what it does not.

internal import Bytes
internal import HTTP2Session
internal import Testing

extension HTTP2SessionTests {
    private static func head(_ more: [(String, String)] = [], without: String = "", authority: String = "t")
        -> HeaderList
    {
        let fields = [(":method", "POST"), (":scheme", "http"), (":authority", authority), (":path", "/a")]
        return HeaderList(fields.filter { $0.0 != without } + more)
    }

    /// How many requests the server heard of, and how the stream ended at the client.
    private func ask(_ head: HeaderList, body: String? = nil) throws -> (heard: Int, end: String) {
        let (client, server) = pair()
        server.whenOpened = { server.session.respond(on: $0, Self.ok, isEnd: true) }
        let stream = try client.session.request(head, hasBody: body != nil, handler: client)
        if let body {
            let bytes = ByteSlice(utf8: body)
            stream.send(bytes.view)
            stream.finish()
        }
        exchange(client, server)
        return (server.heads.count, client.log.last ?? "")
    }

    @Test(
        "what a client calls its server is its own affair",
        arguments: ["127.0.0.1:2379", "http://127.0.0.1:2379", "etcd-1,etcd-2", "", "a b"])
    func authority(name: String) throws {
        #expect(try ask(Self.head(authority: name)).heard == 1)
    }

    @Test("a head without what it must have is none", arguments: [":method", ":scheme", ":path"])
    func missing(field: String) throws {
        let (heard, end) = try ask(Self.head(without: field))
        #expect(heard == 0 && end == "closed PROTOCOL_ERROR")
    }

    @Test(
        "what would be two words in the first line of HTTP/1.1 is none",
        arguments: [
            (":path", "/a b"), (":path", "/a HTTP/1.1"), (":path", "/\t"), (":path", " /"), (":path", "/ "),
            (":path", "b"),
            (":path", ""), (":method", "GET /x"), (":method", ""), (":scheme", "ht tp"), (":scheme", ""),
        ])
    func words(name: String, value: String) throws {
        let fields = [(":method", "POST"), (":scheme", "http"), (":authority", "t"), (":path", "/a")]
        let (heard, end) = try ask(HeaderList(fields.map { $0.0 == name ? (name, value) : $0 }))
        #expect(heard == 0 && end == "closed PROTOCOL_ERROR", "\(name): \(value)")
    }

    @Test(
        "any other path is the service's affair", arguments: ["/", "*", "/%20", "/ü?a=b#c", "/etcdserverpb.KV/Range"])
    func paths(path: String) throws {
        let fields = [(":method", "OPTIONS"), (":scheme", "http"), (":authority", "t"), (":path", path)]
        #expect(try ask(HeaderList(fields)).heard == 1)
    }

    @Test(
        "fields that no request has end it",
        arguments: [
            (":path", "/b"), (":unknown", "x"), (":status", "200"), ("a b", "x"), ("x", "a\u{0}b"),
            ("x", "a\rb"), ("x", "a\nb"), ("x", "\u{7F}"), ("connection", "close"), ("keep-alive", "1"),
            ("upgrade", "h2c"),
            ("proxy-connection", "x"), ("transfer-encoding", "chunked"), ("te", "gzip"), ("content-length", "x"),
            ("content-length", "-1"), ("content-length", "5"),
        ])
    func forbidden(name: String, value: String) throws {
        let (heard, end) = try ask(Self.head([("a", "b"), (name, value)]))
        #expect(heard == 0 && end == "closed PROTOCOL_ERROR", "\(name): \(value)")
    }

    @Test(
        "what is allowed is heard",
        arguments: [("te", "trailers"), ("x", "a\tb"), ("content-length", "0"), ("!#$%&'*+-.^_`|~9z", "ü")])
    func allowed(name: String, value: String) throws {
        #expect(try ask(Self.head([(name, value)])).heard == 1)
    }

    @Test(
        "as many bytes as were announced, not fewer and not more", arguments: [("3", true), ("2", false), ("4", false)])
    func lengths(announced: String, isRight: Bool) throws {
        let (client, server) = pair()
        let stream = try client.session.request(
            Self.head([("content-length", announced)]), hasBody: true, handler: client)
        stream.send(ByteView("abc"))
        stream.finish()
        server.whenOpened = { _ in }
        exchange(client, server)
        #expect(client.log.contains("closed PROTOCOL_ERROR") != isRight)
    }
}
