// HTTPServer.swift: listeners, their connections, and how it all ends.
//
//     HTTPServer --- Listener (a port, plain or TLS)
//         |      \-- Listener (a Unix socket)
//         +-- ServerConnection --- Transport --- Socket
//         |         \--- HTTP/1.1 or HTTP/2 --- exchanges --> service
//         +-- ServerConnection ...
//
// ENDING. `shutdown` closes the doors and asks every connection to end: idle ones at once, others when
// their requests are done; what is left after the grace period is closed hard.
//
// READ NEXT  ServerConnection.swift. SHOWN BY  HTTPServerTests

internal import Bytes
package import EventLoop
internal import HTTP2Session
package import TLS

/// Serves HTTP on any number of addresses, on one loop.
package final class HTTPServer {
    /// Who answers.
    package let service: any HTTPService
    /// What one client may cost.
    package let limits: HTTPLimits
    /// What was seen.
    package let counters = HTTPCounters()
    /// Hears what operators should read.
    package var report: ((HTTPEvent) -> Void)?

    /// Hears that certificate files were read again, or why the new ones cannot be used.
    package var reportFiles: ((TLSContext.Refresh) -> Void)?

    /// While true, connections are taken from the kernel but not read: a server that has its address and is not
    /// ready to answer yet. Its clients wait, as they would in the kernel's queue.
    package var isHolding = false {
        didSet {
            guard oldValue, !isHolding else { return }
            let waiting = held
            held = []
            for (socket, tls) in waiting { accept(socket, tls: tls) }
        }
    }
    private var held: [(Socket, TLSContext?)] = []

    let loop: EventLoop
    let scratch = TransportScratch()
    /// What the HTTP/2 sessions of this server give back and take again.
    let memory = SessionMemory()
    /// How often each connection looks at the clock: often enough for the shortest limit.
    let checkInterval: UInt64
    private var listeners: [Listener] = []
    private var connections: [ObjectIdentifier: ServerConnection] = [:]
    private var whenEnded: (() -> Void)?
    private let grace = Deadline()

    /// A server without a listener yet.
    package init(on loop: EventLoop, limits: HTTPLimits = HTTPLimits(), service: any HTTPService) {
        self.loop = loop
        self.limits = limits
        self.service = service
        let shortest = [
            limits.headTime, limits.idleTime, limits.writeTime, limits.bodyTime,
            limits.pings?.serverInterval ?? .max, limits.pings?.serverTimeout ?? .max,
        ].min()!
        checkInterval = min(max(shortest / 4, 20_000_000), 5_000_000_000)
    }

    /// Listens at one more address, plain or with TLS; says where, with the port that was chosen if 0 was
    /// asked for.
    @discardableResult
    package func listen(at address: SocketAddress, tls: TLSContext? = nil) throws(SystemError) -> SocketAddress {
        let listener = try Listener(at: address, on: loop) { [weak self] socket in
            if let self { accept(socket, tls: tls) } else { socket.close() }
        }
        listeners.append(listener)
        return listener.address
    }

    /// Takes a connection that another loop accepted and gave away (`Socket.takeDescriptor`): that is how
    /// several loops share a port, each with a server of its own.
    package func accept(descriptor: Int32, isUnix: Bool, tls: TLSContext? = nil) throws(SystemError) {
        accept(try Socket.adopt(descriptor: descriptor, isUnix: isUnix, on: loop), tls: tls)
    }

    /// Takes a connection.
    package func accept(_ socket: Socket, tls: TLSContext? = nil) {
        if isHolding, whenEnded == nil, held.count < limits.connections { return held.append((socket, tls)) }
        counters.accepted += 1
        guard connections.count < limits.connections, whenEnded == nil else {
            if whenEnded == nil {
                meets(.connections, socket.peer, "is one connection more than \(limits.connections); closed")
            }
            socket.close()
            return
        }
        var session: TLSSession?
        if let tls {
            let refresh = tls.refresh()
            if case .unchanged = refresh {} else { reportFiles?(refresh) }
            do throws(TLSError) {
                session = try tls.makeSession()
            } catch {
                meets(.handshakeFailed, socket.peer, "\(error)")
                return socket.close()
            }
        }
        let connection = ServerConnection(socket, session: session, server: self)
        connections[ObjectIdentifier(connection)] = connection
        counters.open = connections.count
        connection.open()
    }

    func forget(_ connection: ServerConnection) {
        connections[ObjectIdentifier(connection)] = nil
        counters.open = connections.count
        if connections.isEmpty { reportEnd() }
    }

    func count(_ limit: HTTPLimit) { counters.limits[limit, default: 0] += 1 }

    func meets(_ limit: HTTPLimit, _ peer: SocketAddress, _ explanation: String) {
        count(limit)
        report?(HTTPEvent(limit: limit, peer: peer, explanation: explanation))
    }

    // MARK: Ending

    /// Accepts nothing more and lets open requests finish, for `nanoseconds` at most; then calls `ended`.
    package func shutdown(within nanoseconds: UInt64, ended: @escaping () -> Void) {
        for listener in listeners { listener.close() }
        listeners.removeAll()
        releaseHeld()
        whenEnded = ended
        guard !connections.isEmpty else { return reportEnd() }
        for connection in connections.values { connection.drain() }
        grace.action = { [weak self] in self?.closeAll() }
        loop.deadlines.arm(grace, after: nanoseconds)
    }

    private func releaseHeld() {
        for (socket, _) in held { socket.close() }
        held = []
    }

    /// Closes everything at once.
    package func closeAll() {
        for listener in listeners { listener.close() }
        listeners.removeAll()
        releaseHeld()
        for connection in connections.values { connection.close() }
    }

    private func reportEnd() {
        loop.deadlines.cancel(grace)
        let ended = whenEnded
        whenEnded = nil
        ended?()
    }
}
