// HTTPService.swift: what the rest of the house sees of HTTP.
//
// A service is asked once for each request, when its head is there, and answers whenever it likes:
//
//     service.serve(exchange)                     the head is there
//         exchange.receiver = ...                 who wants the body and the end
//         exchange.respond(...)                   a whole answer, or
//         exchange.start(...) send ... finish     an answer in parts
//
// Whether the client spoke HTTP/1.1 or HTTP/2, with TLS or without, over TCP or a Unix socket, makes no
// difference here. No callback may block, and nothing is `async`: at sixty thousand requests a second a
// Task for each would cost more than the rest together.
//
// BACKPRESSURE, OUTWARD. `outgoingBytes` says what waits to be taken by the client. A producer stops at a
// limit of its own and continues when it hears `exchangeDrained`. INWARD. A receiver that cannot take more
// sets `holdsBody`, and calls `consume` when it can.

package import Bytes
package import EventLoop
package import HTTP2Session

/// Answers requests.
package protocol HTTPService: AnyObject {
    /// A request's head arrived. Must lead to an answer, now or later.
    func serve(_ exchange: HTTPExchange)
}

/// Hears what follows a request's head.
package protocol HTTPReceiver: AnyObject {
    /// A part of the body; true until the call returns.
    func exchange(_ exchange: HTTPExchange, receivedBody bytes: ByteView)
    /// The request is complete.
    func exchangeReceivedEnd(_ exchange: HTTPExchange, trailers: HeaderList?)
    /// The client has taken everything that waited; more may be sent.
    func exchangeDrained(_ exchange: HTTPExchange)
    /// The exchange is over, `noError` after a complete one. The last call, exactly once.
    func exchangeEnded(_ exchange: HTTPExchange, because code: HTTP2ErrorCode)
}

extension HTTPReceiver {
    /// Those that answer at once need not care.
    package func exchangeDrained(_ exchange: HTTPExchange) {}
}

/// Which HTTP was spoken.
package enum HTTPVersion: Sendable {
    /// HTTP/1.0: no chunks, no keep-alive unless asked for.
    case http10
    /// HTTP/1.1.
    case http11
    /// HTTP/2.
    case http2
}

/// What is known of a connection; shared by its exchanges.
package final class ConnectionInfo {
    /// The other side.
    package let peer: SocketAddress
    /// Whether bytes are encrypted.
    package let isTLS: Bool
    /// The common name of the client's certificate, if it showed one and it was verified.
    package let clientCommonName: String?
    /// Where to mark output; for several loops, which one owns the connection.
    package let loop: EventLoop

    /// What is known once the connection can be spoken on.
    package init(peer: SocketAddress, isTLS: Bool, clientCommonName: String?, loop: EventLoop) {
        self.peer = peer
        self.isTLS = isTLS
        self.clientCommonName = clientCommonName
        self.loop = loop
    }
}

/// How an exchange's parts reach the connection; HTTP/1.1 has one at a time, HTTP/2 is a stream.
protocol ExchangeCarrier: AnyObject {
    func start(_ exchange: HTTPExchange, _ headers: HeaderList, isEnd: Bool)
    func send(_ exchange: HTTPExchange, _ write: (inout ByteBuffer) -> Void)
    func finish(_ exchange: HTTPExchange, trailers: HeaderList?)
    func reset(_ exchange: HTTPExchange, _ code: HTTP2ErrorCode)
    func consume(_ exchange: HTTPExchange, _ count: Int)
    func outgoingBytes(_ exchange: HTTPExchange) -> Int
}
