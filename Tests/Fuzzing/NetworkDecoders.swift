// NetworkDecoders.swift: conversations, of which a stranger makes one half.
//
// Other decoders answer once. A session has a state that each frame changes, and it is driven from both
// sides: what the peer sends, and what our handlers do in between. So the input is the peer's half; ours
// answers every request that comes through, and takes out what the session wants to say.
//
//     http2-server   a client's frames, after the preface that every client sends first
//     http2-client   a server's frames, while one request of ours is waiting

import Bytes
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
        ]
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
