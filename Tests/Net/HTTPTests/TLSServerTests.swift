// TLSServerTests.swift: the same server behind TLS, with certificates made on the spot.

internal import Bytes
internal import EventLoop
internal import Foundation
internal import HTTP
internal import HTTP2Session
internal import RawClient
internal import TLS
internal import Testing

/// A directory with a certificate for localhost, removed at the end.
final class Certificates {
    let directory: String
    init() throws {
        directory = "/tmp/tls-server-tests-\(UInt64.random(in: 0...(.max)))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try make()
    }
    deinit { try? FileManager.default.removeItem(atPath: directory) }
    func make() throws {
        try SelfSigned.write(
            certificate: directory + "/cert.pem", key: directory + "/key.pem", hosts: ["127.0.0.1", "localhost"],
            now: Int(EventLoop.calendarSeconds))
    }
    var files: TLSFiles { TLSFiles(certificate: directory + "/cert.pem", key: directory + "/key.pem") }
    func client(trusting: Bool = true, _ change: (inout TLSRules) -> Void = { _ in }) throws -> TLSContext {
        var rules = TLSRules()
        change(&rules)
        return try TLSContext(
            .client, files: TLSFiles(trustedCA: trusting ? directory + "/cert.pem" : ""), rules: rules)
    }
}

/// A client over HTTP/2 and TLS that notes what happens.
private final class Visitor: HTTP2ClientDelegate, HTTP2StreamHandler {
    var connection: HTTP2ClientConnection!
    var ready = false
    var closed: String?
    var body = 0
    var ended = false
    init(_ stage: Stage, _ tls: TLSContext, host: String = "127.0.0.1") throws {
        connection = HTTP2ClientConnection(
            to: stage.address, tls: try tls.makeSession(host: host), within: 5_000_000_000, keepalive: nil,
            on: stage.loop, scratch: TransportScratch(), delegate: self)
    }
    func ask(_ path: String, body: ByteSlice = ByteSlice()) throws {
        let head = HeaderList([
            (":method", body.isEmpty ? "GET" : "POST"), (":scheme", "https"), (":authority", "x"), (":path", path),
        ])
        let stream = try connection.request(head, hasBody: !body.isEmpty, handler: self)
        if !body.isEmpty {
            stream.send(body.view)
            stream.finish()
        }
    }
    func clientReady(_ client: HTTP2ClientConnection) { ready = true }
    func clientDraining(_ client: HTTP2ClientConnection) {}
    func clientHasRoom(_ client: HTTP2ClientConnection) {}
    func clientClosed(_ client: HTTP2ClientConnection, reason: String) { closed = reason }
    func stream(_ stream: HTTP2Stream, receivedHead headers: HeaderList, isEnd: Bool) {}
    func stream(_ stream: HTTP2Stream, receivedBody bytes: ByteView) { body += bytes.count }
    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HeaderList?) { ended = true }
    func streamDrained(_ stream: HTTP2Stream) {}
    func stream(_ stream: HTTP2Stream, closed code: HTTP2ErrorCode) {}
}

@Suite struct TLSServerTests {
    @Test("HTTP/2 by ALPN, with bodies larger than records and windows")
    func wholeStory() throws {
        let certificates = try Certificates()
        let stage = try Stage(tls: try TLSContext(.server, files: certificates.files))
        let visitor = try Visitor(stage, certificates.client())
        #expect(stage.loop.run { visitor.ready })
        try visitor.ask("/now")
        #expect(stage.loop.run { visitor.ended })
        #expect(visitor.body == 4)
        visitor.ended = false
        try visitor.ask("/echo", body: ByteSlice([UInt8](repeating: 5, count: 2_000_000)))
        #expect(stage.loop.run { visitor.ended })
        #expect(visitor.body == 2_000_004)
        visitor.connection.close()
        #expect(stage.loop.run { stage.server.counters.open == 0 })
    }

    @Test("a client that does not trust us says why, and so do we")
    func untrusted() throws {
        let certificates = try Certificates()
        let stage = try Stage(tls: try TLSContext(.server, files: certificates.files))
        let visitor = try Visitor(stage, certificates.client(trusting: false))
        #expect(stage.loop.run { visitor.closed != nil && stage.server.counters[.handshakeFailed] == 1 })
        #expect(visitor.closed!.contains("certificate"))
        let misled = try Visitor(stage, certificates.client(), host: "elsewhere.example")
        #expect(stage.loop.run { misled.closed != nil })
        #expect(misled.closed!.contains("elsewhere.example"))
        let trusting = try Visitor(stage, certificates.client(trusting: false) { $0.skipsVerification = true })
        #expect(stage.loop.run { trusting.ready })
    }

    @Test("plain HTTP on a TLS port is told to use https")
    func plain() throws {
        let certificates = try Certificates()
        let stage = try Stage(tls: try TLSContext(.server, files: certificates.files))
        let answer = stage.talk("GET /now HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.0 400 Bad Request\r\n") && answer.contains("use https://"))
        #expect(stage.server.counters[.plainOnTLSPort] == 1)
        #expect(stage.events[0].description.contains("https://"))
        #expect(stage.talk("\u{16}\u{3}\u{1}\u{0}\u{5}hello") != "now\n")
        #expect(stage.loop.run { stage.server.counters[.handshakeFailed] == 1 })
    }

    @Test("handshakes that never come end after their time, and hold nobody up")
    func halfOpen() throws {
        let certificates = try Certificates()
        let stage = try Stage(tls: try TLSContext(.server, files: certificates.files)) {
            $0.handshakeTime = 300_000_000
        }
        let silent = (0..<20).map { _ in RawClient(to: stage.address, on: stage.loop) }
        for (index, client) in silent.enumerated() where index % 2 == 0 { client.send([0x16, 3, 1, 2, 0, 1]) }
        let visitor = try Visitor(stage, certificates.client())
        #expect(stage.loop.run { visitor.ready })
        #expect(!silent[0].hasEnded)
        #expect(stage.loop.run { silent.allSatisfy(\.hasEnded) })
        #expect(stage.server.counters[.handshakeTime] == 20)
        try visitor.ask("/now")
        #expect(stage.loop.run { visitor.ended })
    }

    @Test("new files are used for new connections, broken ones are not, and the operator hears of both")
    func reload() throws {
        let certificates = try Certificates()
        let stage = try Stage(tls: try TLSContext(.server, files: certificates.files))
        var notes: [String] = []
        stage.server.reportFiles = { notes.append("\($0)") }
        let before = try certificates.client()
        let first = try Visitor(stage, before)
        #expect(stage.loop.run { first.ready })
        try certificates.make()
        let second = try Visitor(stage, certificates.client())
        #expect(stage.loop.run { second.ready })
        #expect(notes == ["reloaded"])
        // The old connection goes on with the old certificate.
        try first.ask("/now")
        #expect(stage.loop.run { first.ended })
        try Data("not a key".utf8).write(to: URL(fileURLWithPath: certificates.directory + "/key.pem"))
        let third = try Visitor(stage, certificates.client())
        #expect(stage.loop.run { third.ready })
        #expect(notes.count == 2 && notes[1].contains("key.pem"))
    }

    @Test("a certificate that clients will refuse is warned about before they do")
    func warnings() throws {
        let certificates = try Certificates()
        let context = try TLSContext(.server, files: certificates.files)
        #expect(CertificateWarnings.about(context, advertising: ["127.0.0.1", "localhost"]).isEmpty)
        let warnings = CertificateWarnings.about(context, advertising: ["127.0.0.1", "db.example"])
        #expect(warnings.count == 1)
        #expect(
            warnings[0].contains("cert.pem") && warnings[0].contains("db.example") && warnings[0].contains("localhost"))
    }

    @Test("random bytes after the handshake began: that connection ends, the server lives")
    func noise() throws {
        let certificates = try Certificates()
        let stage = try Stage(tls: try TLSContext(.server, files: certificates.files))
        for round in 0..<50 {
            let client = RawClient(to: stage.address, on: stage.loop)
            client.send((round % 2 == 0 ? [0x16, 3, 1] : []) + (0..<600).map { _ in UInt8.random(in: 0...255) })
            _ = stage.loop.run(forAtMost: 0.02) { client.hasEnded }
            client.close()
        }
        let visitor = try Visitor(stage, certificates.client())
        #expect(stage.loop.run { visitor.ready })
    }
}
