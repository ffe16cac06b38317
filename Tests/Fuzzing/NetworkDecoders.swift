// NetworkDecoders.swift: conversations, of which a stranger makes one half.
//
// Other decoders answer once. A session has a state that each frame changes, and it is driven from both
// sides: what the peer sends, and what our handlers do in between. So the input is the peer's half; ours
// answers every request that comes through, and takes out what the session wants to say.
//
//     http2-server   a client's frames, after the preface that every client sends first
//     http2-client   a server's frames, while one request of ours is waiting
//
// HTTP/1.1 and gRPC's framing have no conversation, but a promise: where the bytes are cut makes no
// difference.
//
//     http1-request  a request's head, and http1-answer an answer's
//     http1-chunks   a chunked body, whole and in pieces
//     grpc-frames    messages in a stream, whole and in pieces, plain and as gzip
//     grpc-fields    timeouts, statuses' texts, bytes in base64

import Bytes
import GRPC
import HTTP
import HTTP2Session

extension Decoder {
    /// The rows.
    static var network: [Decoder] {
        [
            Decoder("http2-server") { input in
                let end = SessionEnd(isClient: false)
                end.take("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
                end.take(ByteSlice(copying: input))
                end.finish()
            },
            Decoder("http2-client") { input in
                let end = SessionEnd(isClient: true)
                let head = HeaderList([
                    (":method", "GET"), (":scheme", "http"), (":authority", "test"), (":path", "/x"),
                ])
                _ = try? end.session.request(head, hasBody: false, handler: end)
                end.take(ByteSlice(copying: input))
                end.finish()
            },
            Decoder("http1-request") { input in
                checkHead(input, isRequest: true)
                // No golden byte string is a head, so chance is given its beginning and its end.
                var head = ByteBuffer()
                head.append(literal: "POST /x HTTP/1.1\r\nHost: a\r\n")
                head.append(input)
                head.append(literal: "\r\n\r\n")
                checkHead(head.view, isRequest: true)
            },
            Decoder("http1-answer") { input in
                checkHead(input, isRequest: false)
                var head = ByteBuffer()
                head.append(literal: "HTTP/1.1 200 OK\r\n")
                head.append(input)
                head.append(literal: "\r\n\r\n")
                checkHead(head.view, isRequest: false)
            },
            Decoder("http1-chunks") { input in
                let whole = chunks(input, cutAt: 0)
                let cut = chunks(input, cutAt: input.count / 3)
                precondition(whole == cut, "the same chunks in pieces mean something else")
            },
            Decoder("grpc-frames") { input in
                for encoding in [GRPCEncoding.identity, .gzip] {
                    let whole = messages(input, encoding, cutAt: 0)
                    let cut = messages(input, encoding, cutAt: input.count / 3)
                    precondition(whole == cut, "the same messages in pieces mean something else")
                }
            },
            Decoder("grpc-fields") { input in
                if let timeout = GRPCTimeout.parse(input) {
                    let written = ByteSlice(utf8: GRPCTimeout.format(timeout))
                    precondition(GRPCTimeout.parse(written.view)! >= timeout, "a timeout became shorter")
                }
                let text = ByteSlice(utf8: PercentCoding.encode(PercentCoding.decode(input)))
                precondition(PercentCoding.decode(text.view) == PercentCoding.decode(input), "a text changed")
                if let bytes = Base64.decode(input) {
                    let again = ByteSlice(utf8: Base64.encode(bytes.view))
                    precondition(Base64.decode(again.view) == bytes, "bytes changed")
                }
            },
        ]
    }

    private static func checkHead(_ input: ByteView, isRequest: Bool) {
        var finder = HTTP1HeadFinder()
        let fields = HeaderList()
        do {
            guard let end = try finder.end(in: input, limit: 4096) else { return }
            precondition(end <= input.count && end <= 4096 + 1, "a head ends within its bytes and its limit")
            let head = input.prefix(end)
            if isRequest {
                _ = try HTTP1Parser.request(head, into: fields)
                precondition(fields[":path"] != nil && fields[":method"] != nil, "a request has a method and a path")
            } else {
                let answer = try HTTP1Parser.response(head, into: fields)
                precondition(answer.status >= 100 && answer.status <= 999, "a status has three digits")
            }
            precondition(fields.listBytes <= 64 * end + 1000, "fields are not larger than their text")
        } catch {
            precondition((400...599).contains(error.status), "an error has a status")
        }
    }

    /// What a chunked body is, read in two pieces; nil for one that is wrong.
    private static func chunks(_ input: ByteView, cutAt cut: Int) -> [UInt8]? {
        var decoder = ChunkDecoder()
        var body: [UInt8] = []
        do {
            for piece in [input.prefix(cut), input.dropFirst(cut)] where !decoder.isDone {
                let used = try decoder.decode(piece) { body += $0.array }
                precondition(used == piece.count || decoder.isDone, "a decoder stops at the end only")
            }
        } catch {
            return nil
        }
        return body + (decoder.isDone ? [1] : [0])
    }

    /// Which messages a stream holds, read in two pieces, and how it ended.
    private static func messages(_ input: ByteView, _ encoding: GRPCEncoding, cutAt cut: Int) -> [[UInt8]] {
        var deframer = GRPCDeframer(limit: 10_000, encoding: encoding)
        var found: [[UInt8]] = []
        do {
            for piece in [input.prefix(cut), input.dropFirst(cut)] {
                try deframer.take(piece) { message in
                    precondition(message.count <= 10_000, "a message is within its limit")
                    found.append(message.array)
                    return true
                }
            }
        } catch {
            found.append(Array("\(error)".utf8))
        }
        return found
    }
}

/// Our half: reads every head and body, answers every request, and sends what there is to send.
private final class SessionEnd: HTTP2SessionDelegate, HTTP2StreamHandler {
    private(set) var session: HTTP2Session!
    private let isClient: Bool
    private var output = ByteBuffer()
    private var openStreams: [HTTP2Stream] = []
    /// How much the peer made us remember; its own bytes are the measure.
    private var headBytes = 0

    init(isClient: Bool) {
        self.isClient = isClient
        var options = HTTP2Session.Options()
        options.isClient = isClient
        options.maxConcurrentStreams = 100
        session = HTTP2Session(options, delegate: self)
    }

    /// In pieces, as a network delivers: the same bytes must mean the same wherever they are cut.
    func take(_ bytes: ByteSlice) {
        let cut = bytes.count / 3
        for piece in [bytes.prefix(cut), bytes.dropFirst(cut)] {
            do {
                try session.receive(piece.view)
            } catch {
                precondition(!error.reason.isEmpty, "a failure says why")
            }
            var more = true
            while more {
                more = session.produce(into: &output, limit: 16_384)
                precondition(output.count < 1 << 22, "the session has more to say than it was asked")
                output.removeAll()
            }
        }
    }

    /// The connection is gone: every stream hears of it and lets go of us.
    func finish() {
        session.closeAllStreams(.cancel)
        precondition(openStreams.isEmpty, "every stream that was opened was closed")
    }

    private func note(_ head: HeaderList?) {
        for field in head?.pairs ?? [] { headBytes += field.name.utf8.count + field.value.utf8.count }
    }

    func session(_ session: HTTP2Session, opened stream: HTTP2Stream, head: HeaderList) {
        stream.handler = self
        openStreams.append(stream)
        note(head)
    }
    func sessionHasOutput(_ session: HTTP2Session) {}
    func session(_ session: HTTP2Session, beganFrame frame: HTTP2FrameHead) {}
    func session(_ session: HTTP2Session, exceededHeaderLimit stream: HTTP2Stream) {}
    func session(_ session: HTTP2Session, receivedPing payload: UInt64, isAnswer: Bool) {}
    func sessionReceivedSettings(_ session: HTTP2Session) {}
    func session(_ session: HTTP2Session, receivedGoAway code: HTTP2ErrorCode, lastStream: Int32, debug: ByteView) {
        _ = debug.lossyText
    }
    func stream(_ stream: HTTP2Stream, receivedHead headers: HeaderList, isEnd: Bool) { note(headers) }
    func stream(_ stream: HTTP2Stream, receivedBody bytes: ByteView) { headBytes += bytes.count }
    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HeaderList?) {
        note(trailers)
        if !isClient { stream.respond(HeaderList([(":status", "200"), ("a", "b")]), isEnd: true) }
    }
    func streamDrained(_ stream: HTTP2Stream) {}
    func stream(_ stream: HTTP2Stream, closed code: HTTP2ErrorCode) {
        openStreams.removeAll { $0 === stream }
    }
}
