// NetServer.swift: a small server for programs that we did not write: curl, h2load, grpcio, etcdctl.
//
//     netserver [address]        127.0.0.1:18080 unless said otherwise
//
//     GET  anything              a fixed reply of 66 bytes, for load

internal import Bytes
internal import EventLoop
internal import HTTP
internal import HTTP2Session

/// Answers every request with the same bytes.
final class Fixed: HTTPService, HTTPReceiver {
    static let ok = ImmortalHeaders {
        $0.append(":status", literal: "200")
        $0.append("content-type", literal: "text/plain")
    }
    func serve(_ exchange: HTTPExchange) {
        exchange.receiver = self
    }
    func exchange(_ exchange: HTTPExchange, receivedBody bytes: ByteView) {}
    func exchangeReceivedEnd(_ exchange: HTTPExchange, trailers: HeaderList?) {
        exchange.start(Self.ok)
        exchange.send { $0.append(literal: "hello, world, this is a fixed reply of about sixty-four bytes. ok\n") }
        exchange.finish()
    }
    func exchangeEnded(_ exchange: HTTPExchange, because code: HTTP2ErrorCode) {}
}

/// The program.
@main
struct NetServer {
    static func main() throws {
        let loop = EventLoop()
        let server = HTTPServer(on: loop, service: Fixed())
        server.report = { print($0) }
        let address = try server.listen(
            at: Endpoint(CommandLine.arguments.dropFirst().first ?? "127.0.0.1:18080")!.resolve()[0])
        print("listening at \(address)")
        loop.run()
    }
}
