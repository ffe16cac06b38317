// HTTPClient.swift: requests to a place, over connections that are used again.
//
// Making a connection costs a round trip, with TLS two more and a signature. So a connection whose answer
// ended properly goes back to the shelf, newest on top; the next request takes it from there. A server may
// close a connection on the shelf at any moment, and the request that just took it then fails without
// having been looked at: such a request is sent once more, on a new connection, if its body can be repeated.
//
//     request --> shelf has one? --yes--> send --failed before a byte came back--> new connection, once
//                      | no
//                      v
//                  connect: every address of the host in turn
//
// Requests with bodies in parts, and answers that never end, get a connection of their own all the same.
//
// SHOWN BY  HTTP1ClientTests

package import Bytes
package import EventLoop
package import HTTP2Session
package import TLS

/// What came back: status, fields, body; or the reason why not.
package enum HTTPAnswer {
    /// An answer, whole.
    case answer(status: Int, fields: HeaderList, body: ByteSlice)
    /// None, for a reason that people can read.
    case failed(String)
}

/// A client for one origin, in HTTP/1.1.
package final class HTTPClient {
    /// Where it leads.
    package let endpoint: Endpoint
    private let loop: EventLoop
    private let tls: TLSContext?
    private let serverName: String?
    private let scratch = TransportScratch()
    private var addresses: [SocketAddress] = []
    private var shelf: [HTTP1ClientConnection] = []
    /// How long a connection may take to come about, in nanoseconds.
    package var connectTimeout: UInt64 = 5_000_000_000
    /// The largest body that `fetch` gathers.
    package var maxBodyBytes = 64 * 1024 * 1024
    /// Connections made so far: for tests and metrics.
    package private(set) var connectionsMade = 0

    /// A client for an endpoint, with TLS if a context is given; `serverName` is whose certificate we accept
    /// if not the host's.
    package init(to endpoint: Endpoint, tls: TLSContext? = nil, serverName: String? = nil, on loop: EventLoop) {
        self.endpoint = endpoint
        self.tls = tls
        self.serverName = serverName
        self.loop = loop
    }

    private var host: String {
        switch endpoint {
        case .tcp(let host, _): host
        case .unix: "localhost"
        }
    }

    /// Gives a connection to `ready`: one from the shelf, or a new one, which may still be connecting; nil with
    /// the reason if the host has no address.
    package func connection(
        fresh: Bool = false, _ ready: @escaping (Result<HTTP1ClientConnection, SystemError>) -> Void
    ) {
        while !fresh, let kept = shelf.popLast() {
            if kept.isReusable { return ready(.success(kept)) }
        }
        let endpoint = self.endpoint
        loop.offload {
            do throws(SystemError) {
                return Result<[SocketAddress], SystemError>.success(try endpoint.resolve())
            } catch {
                return .failure(error)
            }
        } then: { [weak self] result in
            guard let self else { return }
            switch result {
            case .failure(let error): ready(.failure(error))
            case .success(let found): ready(connect(to: found))
            }
        }
    }

    /// Takes turns among the host's addresses from one connection to the next.
    private func connect(to found: [SocketAddress]) -> Result<HTTP1ClientConnection, SystemError> {
        let address = found[connectionsMade % found.count]
        connectionsMade += 1
        var session: TLSSession?
        if let tls {
            _ = tls.refresh()
            do throws(TLSError) {
                session = try tls.makeSession(host: serverName ?? host)
            } catch {
                return .failure(SystemError(call: "TLS: \(error)", subject: "\(address)", code: 0))
            }
        }
        return .success(
            HTTP1ClientConnection(
                to: address, host: endpoint.description, tls: session, within: connectTimeout, on: loop,
                scratch: scratch))
    }

    /// Puts a connection back whose answer has ended.
    package func putBack(_ connection: HTTP1ClientConnection) {
        if connection.isReusable, shelf.count < 8 { shelf.append(connection) } else { connection.close() }
    }

    /// Closes what lies on the shelf.
    package func close() {
        for connection in shelf { connection.close() }
        shelf = []
    }

    /// A request with a body that is there, and its whole answer, within `timeout` nanoseconds.
    package func fetch(
        _ method: String, _ target: String, fields: [(String, String)] = [], body: ByteSlice? = nil,
        timeout: UInt64 = 30_000_000_000, done: @escaping (HTTPAnswer) -> Void
    ) {
        let fetch = Fetch(self, method, target, fields, body, done)
        fetch.arm(loop, timeout)
        fetch.begin(fresh: false)
    }

    /// One request on its way.
    private final class Fetch: HTTP1ResponseHandler {
        private let client: HTTPClient
        private let method: String
        private let target: String
        private let fields: [(String, String)]
        private let body: ByteSlice?
        private var done: ((HTTPAnswer) -> Void)?
        private var connection: HTTP1ClientConnection?
        private var head: HeaderList?
        private var gathered = ByteBuffer()
        private var mayRepeat = true
        private let alarm = Deadline()

        init(
            _ client: HTTPClient, _ method: String, _ target: String, _ fields: [(String, String)], _ body: ByteSlice?,
            _ done: @escaping (HTTPAnswer) -> Void
        ) {
            self.client = client
            self.method = method
            self.target = target
            self.fields = fields
            self.body = body
            self.done = done
        }

        func arm(_ loop: EventLoop, _ timeout: UInt64) {
            // The alarm keeps the fetch alive until it has an answer, and lets it go then.
            alarm.action = { [self] in
                finish(.failed("no answer to \(method) \(target) within \(timeout / 1_000_000) ms"))
                connection?.close()
            }
            loop.deadlines.arm(alarm, after: timeout)
        }

        func begin(fresh: Bool) {
            mayRepeat = !fresh
            client.connection(fresh: fresh) { [self] result in
                guard done != nil else { return }
                switch result {
                case .failure(let error): finish(.failed("\(error)"))
                case .success(let connection):
                    self.connection = connection
                    connection.request(
                        method, target, fields: fields, body: body.map { .bytes($0) } ?? .none, handler: self)
                }
            }
        }

        func response(_ connection: HTTP1ClientConnection, head: HeaderList) { self.head = head }

        func response(_ connection: HTTP1ClientConnection, body bytes: ByteView) {
            gathered.append(bytes)
            if gathered.count > client.maxBodyBytes {
                finish(.failed("the answer to \(method) \(target) exceeds \(client.maxBodyBytes) bytes"))
                connection.close()
            }
        }

        func responseEnded(_ connection: HTTP1ClientConnection) {
            client.putBack(connection)
            let status = head?[":status"]?.decimal ?? 0
            finish(.answer(status: status, fields: head ?? HeaderList(), body: gathered.slice()))
        }

        func responseFailed(_ connection: HTTP1ClientConnection, reason: String) {
            // Only a connection from the shelf can have been closed before the request was looked at.
            if head == nil, mayRepeat, connection.hasServed, done != nil { return begin(fresh: true) }
            finish(.failed(reason))
        }

        private func finish(_ answer: HTTPAnswer) {
            client.loop.deadlines?.cancel(alarm)
            alarm.action = nil
            let done = self.done
            self.done = nil
            done?(answer)
        }
    }
}
