// HTTP2LimitTests.swift: attacks, frame by frame, on a server that has a healthy client too.
//
// Each attack must end with the proper code in a GOAWAY, a count and a line for the operator; the healthy
// client on its own connection must not notice.

internal import Bytes
internal import EventLoop
internal import HTTP
internal import HTTP2Session
internal import RawClient
internal import Testing

/// Frames as bytes.
enum Frame {
    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    static let settings = frame(4, 0, 0)
    static let settingsAck = frame(4, 1, 0)

    static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
        let length = payload.count
        return [UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255), type, flags]
            + [24, 16, 8, 0].map { UInt8(stream >> $0 & 255) } + payload
    }

    /// GET /now as HPACK: three fields of the static table, a path and an authority as literals.
    static func request(_ stream: UInt32, path: String = "/now", flags: UInt8 = 5) -> [UInt8] {
        frame(1, flags, stream, [0x82, 0x86, 0x04, UInt8(path.utf8.count)] + Array(path.utf8) + [0x01, 1, 0x78])
    }

    static func reset(_ stream: UInt32) -> [UInt8] { frame(3, 0, stream, [0, 0, 0, 8]) }
    static let ping = frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8])
}

/// A frame that came back.
struct ReceivedFrame: CustomStringConvertible {
    let type: UInt8
    let flags: UInt8
    let stream: Int
    let payload: [UInt8]
    var description: String { "(\(type) \(flags) \(stream) \(payload.count) bytes)" }

    static func parse(_ bytes: [UInt8]) -> [ReceivedFrame] {
        var frames: [ReceivedFrame] = []
        var at = 0
        while bytes.count - at >= 9 {
            let length = Int(bytes[at]) << 16 | Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])
            guard bytes.count - at >= 9 + length else { break }
            let stream = bytes[(at + 5)..<(at + 9)].reduce(0) { $0 << 8 | Int($1) }
            frames.append(
                ReceivedFrame(
                    type: bytes[at + 3], flags: bytes[at + 4], stream: stream,
                    payload: Array(bytes[(at + 9)..<(at + 9 + length)])))
            at += 9 + length
        }
        return frames
    }

    /// The code and the words of a GOAWAY.
    var goAway: (code: Int, debug: String)? {
        guard type == 7, payload.count >= 8 else { return nil }
        return (payload[4..<8].reduce(0) { $0 << 8 | Int($1) }, String(decoding: payload[8...], as: UTF8.self))
    }
}

@Suite struct HTTP2LimitTests {
    /// What an attacker sends after the preface, again and again.
    struct Attack: CustomTestStringConvertible, Sendable {
        let name: String
        let limit: HTTPLimit
        let debug: String
        let round: @Sendable (UInt32) -> [UInt8]
        var testDescription: String { name }
    }

    static let attacks: [Attack] = [
        Attack(name: "rapid reset", limit: .resetFlood, debug: "too_many_resets") {
            Frame.request($0, path: "/held") + Frame.reset($0)
        },
        Attack(name: "pings", limit: .pingFlood, debug: "too_many_pings") { _ in Frame.ping },
        Attack(name: "settings", limit: .settingsFlood, debug: "too_many_settings") { _ in Frame.settings },
        Attack(name: "empty DATA", limit: .uselessFrames, debug: "too_many_empty_frames") { stream in
            stream == 1 ? Frame.request(1, path: "/held", flags: 4) : Frame.frame(0, 0, 1)
        },
        Attack(name: "PRIORITY", limit: .uselessFrames, debug: "too_many_empty_frames") {
            Frame.frame(2, 0, $0, [0, 0, 0, 0, 1])
        },
        Attack(name: "unknown frames", limit: .uselessFrames, debug: "too_many_empty_frames") { _ in
            Frame.frame(0x77, 0, 0, [1, 2, 3])
        },
        Attack(name: "WINDOW_UPDATE", limit: .windowUpdateFlood, debug: "too_many_window_updates") { _ in
            Frame.frame(8, 0, 0, [0, 0, 0, 1])
        },
    ]

    @Test("floods end with ENHANCE_YOUR_CALM, a count and a line; others do not notice", arguments: attacks)
    func floods(attack: Attack) throws {
        let stage = try Stage { $0.pings = nil }
        let healthy = RawClient(to: stage.address, on: stage.loop)
        let attacker = RawClient(to: stage.address, on: stage.loop)
        attacker.send(Frame.preface + Frame.settings)
        var stream: UInt32 = 1
        var slowest: UInt64 = 0
        var asked: UInt64 = 0
        let fire = Timer(on: stage.loop) {
            var burst: [UInt8] = []
            for _ in 0..<1500 {
                burst += attack.round(stream)
                stream += 2
            }
            attacker.send(burst)
            if asked == 0 || healthy.text.hasSuffix("now\n") {
                if asked > 0 { slowest = max(slowest, EventLoop.preciseNow - asked) }
                healthy.forget()
                asked = EventLoop.preciseNow
                healthy.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
            }
        }
        fire.start(after: 0, repeating: 5_000_000)
        #expect(stage.loop.run { attacker.hasEnded })
        fire.stop()
        let goodbye = ReceivedFrame.parse(attacker.received).compactMap(\.goAway).last
        #expect(goodbye?.code == 11 && goodbye?.debug == attack.debug, "\(String(describing: goodbye))")
        #expect(stage.server.counters[attack.limit] == 1)
        #expect(stage.events.count { $0.limit == attack.limit } == 1)
        healthy.forget()
        healthy.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(stage.loop.run { healthy.text.hasSuffix("now\n") })
        #expect(slowest < 1_000_000_000)
        // Nothing of the attacker is left.
        #expect(stage.loop.run { stage.server.counters.open == 1 })
        #expect(stage.service.ended.count <= 1500)
    }

    @Test("gRPC's rule about pings: two strikes, and an answer forgives")
    func tooManyPings() throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(Frame.preface + Frame.settings + Frame.request(1, path: "/endless"))
        #expect(stage.loop.run { stage.service.open.count == 1 })
        client.send(Frame.ping + Frame.ping + Frame.ping)
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).count { $0.type == 6 } == 3 })
        // Something was answered in between: the strikes are forgotten.
        client.send(Frame.request(3))
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).contains { $0.stream == 3 && $0.type == 0 } })
        client.send(Frame.ping + Frame.ping + Frame.ping)
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).count { $0.type == 6 } == 6 })
        #expect(!client.hasEnded)
        client.send(Frame.ping)
        #expect(stage.loop.run { client.hasEnded })
        let goodbye = ReceivedFrame.parse(client.received).compactMap(\.goAway).last
        #expect(goodbye?.code == 11 && goodbye?.debug == "too_many_pings")
        #expect(stage.server.counters[.tooManyPings] == 1)
    }

    @Test("header blocks without an end, and without a limit")
    func continuations() throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(Frame.preface + Frame.settings + Frame.frame(1, 0, 1, [0x82, 0x86, 0x84]))
        for _ in 0..<50 { client.send(Frame.frame(9, 0, 1, [0x82])) }
        #expect(stage.loop.run { client.hasEnded })
        #expect(ReceivedFrame.parse(client.received).contains { ($0.goAway?.code ?? 0) != 0 })
        #expect(stage.server.counters[.malformed] == 1)
    }

    @Test("a small header block that unpacks to a large one is answered 431, and the connection lives")
    func headerBomb() throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        // A literal of 3000 bytes enters the table; forty references of one byte each unpack to 120 KB.
        let entry: [UInt8] = [0x40, 1, 0x61, 0x7F, 0xB9, 0x16] + [UInt8](repeating: 0x62, count: 3000)
        let block: [UInt8] = [0x82, 0x86, 0x84, 0x01, 1, 0x78] + entry + [UInt8](repeating: 0xBE, count: 40)
        client.send(Frame.preface + Frame.settings + Frame.frame(1, 5, 1, block) + Frame.request(3))
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).contains { $0.stream == 3 && $0.type == 0 } })
        #expect(stage.server.counters[.headerList] == 1)
        #expect(!client.hasEnded)
    }

    @Test("half a header block and half a preface end after their time")
    func slowHeaders() throws {
        let stage = try Stage { $0.headTime = 150_000_000 }
        let block = RawClient(to: stage.address, on: stage.loop)
        block.send(Frame.preface + Frame.settings + Frame.frame(1, 0, 1, [0x82]))
        let preface = RawClient(to: stage.address, on: stage.loop)
        preface.send(Array(Frame.preface.prefix(10)))
        let silent = RawClient(to: stage.address, on: stage.loop)
        let noSettings = RawClient(to: stage.address, on: stage.loop)
        noSettings.send(Frame.preface)
        #expect(stage.loop.run { block.hasEnded && preface.hasEnded && silent.hasEnded && noSettings.hasEnded })
        #expect(ReceivedFrame.parse(block.received).compactMap(\.goAway).last?.code == 11)
        #expect(ReceivedFrame.parse(noSettings.received).compactMap(\.goAway).last?.code == 4)
        #expect(stage.server.counters[.headTime] == 4)
    }

    @Test("a preface in pieces of one byte is a preface")
    func slowPreface() throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        var rest = (Frame.preface + Frame.settings + Frame.request(1))[...]
        let timer = Timer(on: stage.loop) { if let byte = rest.popFirst() { client.send([byte]) } }
        timer.start(after: 0, repeating: 1_000_000)
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).contains { $0.stream == 1 && $0.type == 0 } })
        #expect(stage.server.counters.requests == 1)
    }

    @Test("idle connections get a friendly goodbye")
    func idle() throws {
        let stage = try Stage { $0.idleTime = 100_000_000 }
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(Frame.preface + Frame.settings + Frame.request(1))
        #expect(stage.loop.run { client.hasEnded })
        #expect(ReceivedFrame.parse(client.received).compactMap(\.goAway).last?.code == 0)
        #expect(stage.server.counters[.idleTime] == 1)
    }

    @Test("a peer that vanished without a word is noticed by a ping")
    func vanished() throws {
        let stage = try Stage {
            $0.pings?.serverInterval = 50_000_000
            $0.pings?.serverTimeout = 50_000_000
        }
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(Frame.preface + Frame.settings + Frame.request(1, path: "/endless"))
        #expect(stage.loop.run { client.isClosed || client.hasEnded })
        #expect(ReceivedFrame.parse(client.received).contains { $0.type == 6 && $0.flags == 0 })
        #expect(stage.server.counters[.pingTimeout] == 1)
        #expect(stage.service.ended == [.cancel])
    }

    @Test("answers that pile up unread: further requests are refused, then the connection ends")
    func unread() throws {
        let stage = try Stage {
            $0.outgoingBytes = 3_000_000
            $0.writeTime = 300_000_000
        }
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(Frame.preface + Frame.settings)
        for stream in stride(from: UInt32(1), to: 200, by: 2) { client.send(Frame.request(stream, path: "/endless")) }
        #expect(stage.loop.run { stage.service.open.count == 100 })
        for exchange in stage.service.open { exchange.send { $0.append(zeros: 100_000) } }
        client.send(Frame.request(201))
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).contains { $0.type == 3 && $0.stream == 201 } })
        #expect(stage.server.counters[.outgoingBytes] == 1)
        #expect(stage.loop.run { client.hasEnded })
        #expect(stage.server.counters[.writeTime] == 1)
        #expect(stage.loop.run { stage.service.ended.count == 100 })
    }

    @Test("more streams than were announced: refused before the client knows the limit, an error after")
    func streams() throws {
        let stage = try Stage { $0.concurrentStreams = 5 }
        let early = RawClient(to: stage.address, on: stage.loop)
        var burst = Frame.preface + Frame.settings
        for stream in stride(from: UInt32(1), to: 17, by: 2) { burst += Frame.request(stream, path: "/endless") }
        early.send(burst)
        #expect(stage.loop.run { ReceivedFrame.parse(early.received).count { $0.type == 3 } == 3 })
        #expect(ReceivedFrame.parse(early.received).filter { $0.type == 3 }.allSatisfy { $0.payload == [0, 0, 0, 7] })
        #expect(stage.service.open.count == 5)
        early.send(Frame.settingsAck + Frame.request(17))
        #expect(stage.loop.run { early.hasEnded })
        #expect(ReceivedFrame.parse(early.received).compactMap(\.goAway).last?.code == 1)
    }

    @Test("one connection too many is closed at once")
    func connections() throws {
        let stage = try Stage { $0.connections = 2 }
        let clients = (0..<3).map { _ in RawClient(to: stage.address, on: stage.loop) }
        for client in clients { client.send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n") }
        #expect(stage.loop.run { clients.count { $0.hasEnded } == 1 })
        #expect(stage.loop.run { clients.count { $0.text.hasSuffix("now\n") } == 2 })
        #expect(stage.server.counters[.connections] == 1)
    }

    @Test(
        "frames that break the protocol end the connection with the code that the RFC has for them",
        arguments: [
            ("DATA on stream 0", Frame.frame(0, 0, 0, [1]), 1), ("HEADERS on an even stream", Frame.request(2), 1),
            ("a PING of 7 bytes", Frame.frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7]), 6),
            ("SETTINGS of 5 bytes", Frame.frame(4, 0, 0, [1, 2, 3, 4, 5]), 6),
            ("an acknowledgement with bytes", Frame.frame(4, 1, 0, [0, 1, 0, 0, 0, 1]), 6),
            ("a window of 2^31", Frame.frame(4, 0, 0, [0, 4, 0x80, 0, 0, 0]), 3),
            ("a frame of 16385 bytes", Frame.frame(0, 0, 1, [UInt8](repeating: 0, count: 16_385)), 6),
            ("WINDOW_UPDATE of nothing", Frame.frame(8, 0, 0, [0, 0, 0, 0]), 1),
            ("a window beyond 2^31", Frame.frame(8, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF]), 3),
            ("PUSH_PROMISE of a client", Frame.frame(5, 4, 1, [0, 0, 0, 2, 0x82]), 1),
            ("CONTINUATION without HEADERS", Frame.frame(9, 4, 1, [0x82]), 1),
            ("HPACK that refers to nothing", Frame.frame(1, 5, 1, [0xFF, 0xFF, 0xFF, 0x7F]), 9),
            ("DATA for a stream that never was", Frame.frame(0, 1, 5, [1]), 1),
            ("a frame inside a header block", Frame.frame(1, 0, 1, [0x82]) + Frame.ping, 1),
        ] as [(String, [UInt8], Int)])
    func protocolErrors(name: String, bytes: [UInt8], code: Int) throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(Frame.preface + Frame.settings + bytes)
        #expect(stage.loop.run { client.hasEnded })
        let goodbye = ReceivedFrame.parse(client.received).compactMap(\.goAway).last
        #expect(goodbye?.code == code, "\(ReceivedFrame.parse(client.received))")
    }

    @Test(
        "requests that HTTP/2 forbids end their stream only",
        arguments: [
            ("upper case", [0x82, 0x86, 0x84, 0x01, 1, 0x78, 0x00, 1, 0x58, 1, 0x79]),
            ("connection", [0x82, 0x86, 0x84, 0x01, 1, 0x78, 0x00, 10] + Array("connection".utf8) + [1, 0x78]),
            ("no path", [0x82, 0x86, 0x01, 1, 0x78]),
            ("pseudo-field after a field", [0x82, 0x86, 0x00, 1, 0x61, 1, 0x62, 0x84, 0x01, 1, 0x78]),
            ("two methods", [0x82, 0x82, 0x86, 0x84, 0x01, 1, 0x78]),
        ] as [(String, [UInt8])])
    func malformedRequests(name: String, block: [UInt8]) throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(Frame.preface + Frame.settings + Frame.frame(1, 5, 1, block) + Frame.request(3))
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).contains { $0.stream == 3 && $0.type == 0 } })
        #expect(
            ReceivedFrame.parse(client.received).contains {
                $0.stream == 1 && $0.type == 3 && $0.payload == [0, 0, 0, 1]
            })
    }

    @Test("shutdown: first a warning, then the last word, then the end")
    func shutdown() throws {
        let stage = try Stage()
        let client = RawClient(to: stage.address, on: stage.loop)
        client.send(Frame.preface + Frame.settings + Frame.request(1, path: "/endless"))
        #expect(stage.loop.run { stage.service.open.count == 1 })
        var ended = false
        stage.server.shutdown(within: 5_000_000_000) { ended = true }
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).contains { $0.type == 6 } })
        // A request that was on its way when the warning came is still served.
        client.send(Frame.request(3))
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).contains { $0.stream == 3 && $0.type == 0 } })
        let ping = ReceivedFrame.parse(client.received).first { $0.type == 6 }!
        client.send(Frame.frame(6, 1, 0, ping.payload))
        #expect(stage.loop.run { ReceivedFrame.parse(client.received).count { $0.type == 7 } == 2 })
        #expect(!ended)
        stage.service.open[0].finish()
        #expect(stage.loop.run { ended && client.hasEnded })
        let last = ReceivedFrame.parse(client.received).filter { $0.type == 7 }.map { Array($0.payload[0..<4]) }
        #expect(last == [[0x7F, 0xFF, 0xFF, 0xFF], [0, 0, 0, 3]])
    }

    @Test("random bytes, on two hundred connections: the server lives")
    func noise() throws {
        let stage = try Stage()
        var dice = SystemRandomNumberGenerator()
        for round in 0..<200 {
            let client = RawClient(to: stage.address, on: stage.loop)
            let prefix =
                round % 3 == 0 ? Frame.preface + Frame.settings : round % 3 == 1 ? Array("GET / HTTP/1.1\r\n".utf8) : []
            client.send(prefix + (0..<500).map { _ in UInt8.random(in: 0...255, using: &dice) })
            _ = stage.loop.run(forAtMost: 0.01) { client.hasEnded }
            client.close()
        }
        #expect(stage.talk("GET /now HTTP/1.1\r\nHost: x\r\n\r\n", until: "now\n").hasSuffix("now\n"))
    }
}
