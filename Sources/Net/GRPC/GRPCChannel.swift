// GRPCChannel.swift: a client's way to a service that lives in several places.
//
// A cluster has several members and a client does not care which one answers. So a channel has an endpoint
// for each, and each endpoint goes around this circle by itself:
//
//     idle --> resolving, connecting --> ready --(GOAWAY, loss)--> idle
//                     |                                             ^
//                     +--(failure)--> waiting, longer each time ----+
//
// A call takes the next endpoint that is ready, in turn. If none is, it waits while one is still being tried
// for the first time; when all have failed, it fails too, with the last reason, unless it asked to wait.
//
// WHAT MAY BE TRIED AGAIN? A call that never reached a server (no connection, or the server refused its
// stream before looking at it) can be repeated without harm; `reachedServer` says so. Whether a call that
// did reach one may be repeated, only the caller knows.
//
// READ NEXT  GRPCClientCall.swift. SHOWN BY  GRPCClientTests

package import EventLoop
package import HTTP
package import HTTP2Session
package import TLS

/// How a channel connects and what it takes.
package struct GRPCChannelOptions: Sendable {
    /// How long one try to connect may take, handshake included.
    package var connectTimeout: UInt64 = 20_000_000_000
    /// When to ask whether the server is still there; nil for never.
    package var keepalive: ClientKeepalive?
    /// The largest message that is taken.
    package var maxReceiveBytes = 4 * 1024 * 1024
    /// The largest message that is sent.
    package var maxSendBytes = Int(Int32.max)
    /// How long to wait after failures.
    package var backoff = Backoff()
    /// What the field `user-agent` says.
    package var userAgent = "grpc-swift-etcd/1.0"
    /// The name that certificates must have, and `:authority`; nil for the endpoint's host.
    package var serverName: String?

    /// gRPC's defaults.
    package init() {}
}

/// A way to a service.
package final class GRPCChannel {
    let loop: EventLoop
    let options: GRPCChannelOptions
    private let tls: TLSContext?
    private let scratch = TransportScratch()
    private var endpoints: [ChannelEndpoint] = []
    private var nextEndpoint = 0
    private var waiting: [GRPCClientCall] = []
    private(set) var isClosed = false
    /// Why the last try to connect failed, as Go words it.
    package private(set) var lastConnectionError: String?

    /// A channel to `addresses` (`host:port` or `unix:path`), with TLS if a context is given. Connects when it
    /// is first used.
    package init(
        to addresses: [Endpoint], tls: TLSContext? = nil, options: GRPCChannelOptions = GRPCChannelOptions(),
        on loop: EventLoop
    ) {
        precondition(!addresses.isEmpty, "a channel leads somewhere")
        self.loop = loop
        self.options = options
        self.tls = tls
        setEndpoints(addresses)
    }

    /// Changes where the channel leads: connections to endpoints that stay are kept, the others finish.
    package func setEndpoints(_ addresses: [Endpoint]) {
        let old = endpoints
        endpoints = addresses.map { address in
            old.first { $0.endpoint == address } ?? ChannelEndpoint(address, of: self)
        }
        for endpoint in old where !endpoints.contains(where: { $0 === endpoint }) { endpoint.close() }
        nextEndpoint = 0
    }

    /// How many endpoints are connected.
    package var readyCount: Int { endpoints.count { $0.isReady } }

    /// The addresses that the channel leads to.
    package var addresses: [Endpoint] { endpoints.map(\.endpoint) }

    /// Connects to all endpoints now instead of at the first call.
    package func connect() { for endpoint in endpoints { endpoint.connectIfIdle() } }

    /// Ends the channel: calls that are open or wait fail.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        for endpoint in endpoints { endpoint.close() }
        let calls = waiting
        waiting = []
        for call in calls { call.fail(GRPCStatus(.cancelled, "grpc: the client connection is closing")) }
    }

    // MARK: Calls

    /// Begins a call; it is sent when a connection is ready.
    package func call(
        _ path: String, metadata: HeaderList? = nil, timeout: UInt64? = nil, waitsForReady: Bool = false,
        handler: any GRPCClientHandler
    ) -> GRPCClientCall {
        let call = GRPCClientCall(path, metadata: metadata, timeout: timeout, channel: self, handler: handler)
        call.waitsForReady = waitsForReady
        submit(call)
        return call
    }

    func submit(_ call: GRPCClientCall) {
        guard !isClosed else { return call.fail(GRPCStatus(.cancelled, "grpc: the client connection is closing")) }
        waiting.append(call)
        dispatch()
    }

    func forget(_ call: GRPCClientCall) { waiting.removeAll { $0 === call } }

    /// Gives waiting calls to connections that have room, or fails those that nothing can help.
    func dispatch() {
        while let call = waiting.first {
            guard let endpoint = pick() else { break }
            waiting.removeFirst()
            endpoint.start(call)
        }
        guard !waiting.isEmpty, !isClosed else { return }
        for endpoint in endpoints { endpoint.connectIfIdle() }
        guard endpoints.allSatisfy(\.hasFailed) else { return }
        let hopeless = waiting.filter { !$0.waitsForReady }
        waiting.removeAll { !$0.waitsForReady }
        let reason = "connection error: desc = \"\(lastConnectionError ?? "no connection")\""
        for call in hopeless { call.fail(GRPCStatus(.unavailable, reason)) }
    }

    private func pick() -> ChannelEndpoint? {
        for step in 0..<endpoints.count {
            let index = (nextEndpoint + step) % endpoints.count
            if endpoints[index].hasRoom {
                nextEndpoint = (index + 1) % endpoints.count
                return endpoints[index]
            }
        }
        return nil
    }

    func failed(_ endpoint: ChannelEndpoint, _ reason: String) {
        lastConnectionError = reason
        dispatch()
    }

    func connect(
        to address: SocketAddress, host: String, for delegate: any HTTP2ClientDelegate
    ) throws(TLSError) -> HTTP2ClientConnection {
        _ = tls?.refresh()
        let session = try tls?.makeSession(host: options.serverName ?? host)
        return HTTP2ClientConnection(
            to: address, tls: session, within: options.connectTimeout, keepalive: options.keepalive, on: loop,
            scratch: scratch, delegate: delegate)
    }

    var isTLS: Bool { tls != nil }
}

/// One place where the service lives.
final class ChannelEndpoint: HTTP2ClientDelegate {
    private enum Stage {
        case idle
        case connecting
        case ready
        case waiting
        case closed
    }

    let endpoint: Endpoint
    private unowned let channel: GRPCChannel
    private var stage = Stage.idle
    private var connection: HTTP2ClientConnection?
    private var untried: [SocketAddress] = []
    private var backoff: Backoff
    private let alarm = Deadline()
    private(set) var hasFailed = false

    init(_ endpoint: Endpoint, of channel: GRPCChannel) {
        self.endpoint = endpoint
        self.channel = channel
        backoff = channel.options.backoff
        alarm.action = { [unowned self] in
            stage = .idle
            connectIfIdle()
        }
    }

    var isReady: Bool { stage == .ready }
    var hasRoom: Bool { stage == .ready && connection?.hasRoom ?? false }

    /// The host for certificates and `:authority`.
    private var host: String {
        switch endpoint {
        case .tcp(let host, _): host
        case .unix: "localhost"
        }
    }

    var authority: String {
        if let name = channel.options.serverName { return name }
        if case .tcp = endpoint { return endpoint.description }
        return "localhost"
    }

    func connectIfIdle() {
        guard stage == .idle else { return }
        stage = .connecting
        let endpoint = self.endpoint
        channel.loop.offload {
            do throws(SystemError) {
                return Result<[SocketAddress], SystemError>.success(try endpoint.resolve())
            } catch {
                return .failure(error)
            }
        } then: { [weak self] result in
            guard let self, stage == .connecting else { return }
            switch result {
            case .success(let addresses):
                untried = addresses
                connectNext()
            case .failure(let error): giveUp("\(error)")
            }
        }
    }

    private func connectNext() {
        guard !untried.isEmpty else { return giveUp("no address for \(endpoint)") }
        do throws(TLSError) {
            connection = try channel.connect(to: untried.removeFirst(), host: host, for: self)
        } catch {
            giveUp("\(error)")
        }
    }

    private func giveUp(_ reason: String) {
        stage = .waiting
        hasFailed = true
        channel.loop.deadlines.arm(alarm, after: backoff.next())
        channel.failed(self, "transport: Error while dialing: \(reason)")
    }

    func start(_ call: GRPCClientCall) {
        guard let connection else { return channel.submit(call) }
        call.start(on: connection, authority: authority, isTLS: channel.isTLS)
    }

    func close() {
        stage = .closed
        channel.loop.deadlines?.cancel(alarm)
        connection?.close()
    }

    func clientReady(_ client: HTTP2ClientConnection) {
        guard client === connection, stage == .connecting else { return }
        stage = .ready
        hasFailed = false
        backoff.reset()
        channel.dispatch()
    }

    func clientDraining(_ client: HTTP2ClientConnection) {
        guard client === connection, stage == .ready else { return }
        stage = .idle
        draining.append(client)
        connection = nil
        channel.dispatch()
    }

    /// Connections that only finish what was begun; kept alive until they are closed.
    private var draining: [HTTP2ClientConnection] = []

    func clientHasRoom(_ client: HTTP2ClientConnection) { if client === connection { channel.dispatch() } }

    func clientClosed(_ client: HTTP2ClientConnection, reason: String) {
        draining.removeAll { $0 === client }
        guard client === connection else { return }
        connection = nil
        switch stage {
        case .connecting: if untried.isEmpty { giveUp(reason) } else { connectNext() }
        case .ready:
            // A connection that worked is tried again at once; only a failing one makes us wait.
            stage = .idle
            channel.dispatch()
        case .idle, .waiting, .closed: break
        }
    }
}
