// HeadReceiverTests.swift: a server that knows a head from before must hear what was sent all the same.

internal import Bytes
internal import HTTP2Session
internal import Testing

@Suite struct HeadReceiverTests {
    private static let fields = [
        (":method", "POST"), (":scheme", "http"), (":authority", "t"), (":path", "/a"), ("te", "trailers"),
    ]

    /// A client and a server whose memory is used again at once, so that what is let go of is soon something else.
    private static func pair(maxHeaderListBytes: Int = 64 * 1024) -> (client: End, server: End, memory: SessionMemory) {
        var options = HTTP2Session.Options()
        options.isClient = true
        let client = End(options)
        options.isClient = false
        options.maxHeaderListBytes = maxHeaderListBytes
        let memory = SessionMemory()
        let server = End(options, memory: memory)
        server.whenOpened = { server.session.respond(on: $0, HTTP2SessionTests.ok, isEnd: true) }
        HTTP2SessionTests().exchange(client, server)
        return (client, server, memory)
    }

    /// What the server heard of a request; nil when it refused the request.
    private static func ask(_ fields: [(String, String)], _ ends: (client: End, server: End, memory: SessionMemory))
        throws
        -> HeaderList?
    {
        ends.server.heads = []
        _ = try ends.client.session.request(HeaderList(fields), hasBody: false, handler: ends.client)
        HTTP2SessionTests().exchange(ends.client, ends.server)
        ends.server.streams = []
        return ends.server.heads.last
    }

    private static func text(_ list: HeaderList?) -> [String]? {
        list.map { $0.pairs.map { "\($0.name): \($0.value)" } }
    }

    @Test("a head that comes again is the same list, also after others came in between")
    func again() throws {
        let ends = Self.pair()
        let first = try Self.ask(Self.fields, ends)
        #expect(first != nil && first?.isRepeated == false)
        #expect(try Self.ask(Self.fields, ends) === first && first?.isRepeated == true)
        for path in ["/b", "/c", "/d"] {
            var other = Self.fields
            other[3].1 = path
            #expect(try Self.ask(other, ends) !== first)
        }
        #expect(try Self.ask(Self.fields, ends) === first)
        // Idle connections remember nothing.
        ends.server.session.trim()
        let later = try Self.ask(Self.fields, ends)
        #expect(later !== first && Self.text(later) == Self.text(first))
    }

    @Test("a head that ends sooner than a known one, goes on, or differs anywhere is its own, and is judged")
    func unlike() throws {
        let ends = Self.pair()
        let known = try Self.ask(Self.fields, ends)
        #expect(Self.text(try Self.ask(Array(Self.fields.prefix(4)), ends))?.count == 4)
        #expect(try Self.ask(Array(Self.fields.prefix(3)), ends) == nil, "a request needs a path")
        #expect(Self.text(try Self.ask(Self.fields + [("k", "v")], ends))?.last == "k: v")
        #expect(try Self.ask(Self.fields + [("connection", "close")], ends) == nil)
        #expect(try Self.ask(Self.fields + [(":path", "/b")], ends) == nil, "a path is given once")
        for place in Self.fields.indices {
            for isName in [true, false] {
                var other = Self.fields
                if isName { other[place].0 += "x" } else { other[place].1 += "x" }
                // A pseudo-field that nobody knows, a `te` for something else: no requests.
                let isProper = isName ? place == 4 : place < 4
                let heard = try Self.ask(other, ends)
                #expect(Self.text(heard) == (isProper ? other.map { "\($0.0): \($0.1)" } : nil), "\(place) \(isName)")
            }
            #expect(Self.text(try Self.ask(Self.fields, ends)) == Self.text(known))
        }
    }

    @Test("a head that begins like a known one and becomes too large is refused, and the known one stays")
    func tooLarge() throws {
        let ends = Self.pair(maxHeaderListBytes: 600)
        let known = try Self.ask(Self.fields, ends)
        #expect(try Self.ask(Self.fields + [("large", String(repeating: "x", count: 600))], ends) == nil)
        #expect(ends.server.log.contains("too large"))
        #expect(try Self.ask(Self.fields, ends) === known)
    }

    @Test("an announced length belongs to the head that announces it")
    func lengths() throws {
        let ends = Self.pair()
        for _ in 0..<2 {
            #expect(try Self.ask(Self.fields + [("content-length", "0")], ends) != nil)
            #expect(try Self.ask(Self.fields + [("content-length", "3")], ends) == nil, "three bytes are missing")
            #expect(try Self.ask(Self.fields, ends) != nil)
        }
    }

    @Test("trailers that begin like a head are no head")
    func trailers() throws {
        let ends = Self.pair()
        ends.server.whenOpened = { _ in }
        let known = try Self.ask(Self.fields, ends)
        ends.server.log = []
        let stream = try ends.client.session.request(HeaderList(Self.fields), hasBody: true, handler: ends.client)
        stream.send(ByteView("abc"))
        stream.finish(trailers: HeaderList([("te", "trailers"), ("k", "v")]))
        HTTP2SessionTests().exchange(ends.client, ends.server)
        #expect(ends.server.log.contains("end te=trailers k=v") && ends.server.heads.last === known)
        ends.client.log = []
        let second = try ends.client.session.request(HeaderList(Self.fields), hasBody: true, handler: ends.client)
        second.send(ByteView("abc"))
        second.finish(trailers: HeaderList(Self.fields))
        HTTP2SessionTests().exchange(ends.client, ends.server)
        #expect(ends.client.log.last == "closed PROTOCOL_ERROR")
    }

    @Test("whatever heads come in whatever order, what is heard is what was sent", arguments: 1...12)
    func anything(seed: Int) throws {
        var dice = SeededDice(seed: UInt64(seed))
        let ends = Self.pair()
        // Some values so long that HPACK's table forgets others, and their memory becomes that of the next.
        let pool = (0..<14).map { index in
            ("name-\(index % 5)", String(repeating: "\(index)", count: index % 3 == 0 ? 700 : index * 3))
        }
        for _ in 0..<400 {
            var fields = Self.fields
            if dice.roll(4) == 0 { fields[3].1 = "/\(dice.roll(6))" }
            for _ in 0..<dice.roll(5) { fields.append(pool[dice.roll(pool.count)]) }
            if dice.roll(10) == 0 { ends.server.session.trim() }
            let isProper = dice.roll(12) != 0
            if !isProper { fields.append(("upgrade", "x")) }
            #expect(Self.text(try Self.ask(fields, ends)) == (isProper ? fields.map { "\($0.0): \($0.1)" } : nil))
        }
    }

    @Test("what nghttp2 was lent comes back, and what waits has a bound")
    func memory() throws {
        var memory: SessionMemory?
        do {
            let ends = Self.pair()
            memory = ends.memory
            // So many at once that more blocks come back than may wait.
            for round in 0..<4 {
                for _ in 0..<1000 {
                    let fields = Self.fields + [("round", "\(round)")]
                    _ = try ends.client.session.request(HeaderList(fields), hasBody: false, handler: ends.client)
                }
                HTTP2SessionTests().exchange(ends.client, ends.server)
                ends.server.heads = []
            }
            #expect(ends.memory.lent > 0 && ends.memory.waiting > 0)
            #expect(ends.server.log.count(where: { $0.hasPrefix("open") }) == 4000)
            ends.server.streams = []
            ends.server.whenOpened = nil
            ends.server.session = nil
        }
        #expect(memory?.lent == 0)
        #expect(memory!.waiting > 0 && memory!.waiting <= 8 * 256)
    }
}

/// Numbers that a seed decides.
private struct SeededDice {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }
    mutating func roll(_ count: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(count))
    }
}
