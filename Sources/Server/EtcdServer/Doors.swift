// Doors.swift: the addresses where a member is spoken to.
//
// Two kinds of doors, because two kinds of people come: clients, with gRPC and a few pages on one port, and peers. They are
// opened first of all: when an address is taken, nothing else must have happened. Until the member is ready the
// clients' doors hold whoever comes (HTTPServer.isHolding).
//
// READ NEXT  Pages/ClientPages.swift, Pages/PeerPages.swift

internal import EventLoop
internal import GRPC
internal import HTTP
internal import TLS

/// Listening servers that nobody answers behind yet.
struct Doors {
    let clients: HTTPServer
    let peers: HTTPServer
    let grpc: GRPCServer
    let clientPages = ClientPages()
    let peerPages = PeerPages()

    init(_ settings: Settings, _ log: ServerLog, on loop: EventLoop) throws(StartFailure) {
        var options = GRPCServer.Options()
        options.maxReceiveBytes = Int(settings.maxRequestBytes) + 512 * 1024
        grpc = GRPCServer(options)
        grpc.fallback = clientPages
        clients = HTTPServer(on: loop, limits: settings.clientLimits, service: grpc)
        clients.isHolding = true
        var peerLimits = HTTPLimits()
        peerLimits.pings = nil
        peers = HTTPServer(on: loop, limits: peerLimits, service: peerPages)
        for server in [clients, peers] {
            server.report = { event in
                log.warn("rejected connection") {
                    $0.text("remote-addr", "\(event.peer)")
                    $0.text("error", "\(event.limit.rawValue): \(event.explanation)")
                }
            }
            server.reportFiles = { refresh in
                log.info("read certificate files again") { $0.text("result", "\(refresh)") }
            }
        }
        log.info("configuring peer listeners") { $0.texts("listen-peer-urls", settings.listenPeers.map(\.description)) }
        for url in settings.listenPeers { try Self.listen(peers, at: url, nil) }
        log.info("configuring client listeners") {
            $0.texts("listen-client-urls", settings.listenClients.map(\.description))
        }
        let tls = try Self.context(settings)
        if let tls { Self.warnAboutNames(of: tls, settings, log) }
        for url in settings.listenClients { try Self.listen(clients, at: url, url.isTLS ? tls : nil) }
    }

    private static func listen(
        _ server: HTTPServer, at url: ServerURL, _ tls: TLSContext?
    ) throws(StartFailure) {
        guard let endpoint = url.endpoint else { throw StartFailure("\(url) is no address to listen at") }
        do throws(SystemError) {
            let addresses = try endpoint.resolve()
            // A name may stand for two kinds of address; the first one is the one that clients try first.
            guard let address = addresses.first(where: { !($0.host?.contains(":") ?? false) }) ?? addresses.first else {
                throw SystemError(call: "getaddrinfo", subject: "\(url)", code: 0)
            }
            try server.listen(at: address, tls: tls)
        } catch {
            throw StartFailure("listen tcp \(url.place): \(error)")
        }
    }

    /// A certificate that is not for an advertised host serves nobody who comes there. They would find out later, each
    /// on another machine; the server knows now. (etcd does not look.)
    private static func warnAboutNames(of tls: TLSContext, _ settings: Settings, _ log: ServerLog) {
        let hosts = settings.advertiseClients.filter { $0.scheme == .https && !$0.host.isEmpty }.map(\.host)
        for warning in CertificateWarnings.about(tls, advertising: hosts) { log.warn(warning) }
    }

    /// Made only where an address asks for it: reading certificates is most of the work of an empty start.
    private static func context(_ settings: Settings) throws(StartFailure) -> TLSContext? {
        guard settings.listenClients.contains(where: \.isTLS) else { return nil }
        var rules = TLSRules()
        rules.minimumVersion = settings.tlsMinimum == "TLS1.3" ? .tls13 : .tls12
        rules.maximumVersion =
            settings.tlsMaximum.isEmpty ? nil : settings.tlsMaximum == "TLS1.3" ? .tls13 : .tls12
        rules.cipherSuites = settings.cipherSuites
        rules.allowedHostNames = settings.allowedHostNames
        // As in etcd, a CA alone already means that clients must show a certificate of it.
        rules.clientCertificate = settings.clientCertAuth || !settings.trustedCA.isEmpty ? .required : .ignored
        let files = TLSFiles(
            certificate: settings.certificate, key: settings.key, trustedCA: settings.trustedCA,
            revocationList: settings.revocationList)
        do throws(TLSError) {
            return try TLSContext(.server, files: files, rules: rules)
        } catch { throw StartFailure("\(error)") }
    }
}

extension Settings {
    fileprivate var clientLimits: HTTPLimits {
        var limits = HTTPLimits()
        limits.concurrentStreams =
            maxConcurrentStreams >= UInt64(UInt32.max) ? nil : UInt32(maxConcurrentStreams)
        var pings = PingPolicy()
        pings.minimumInterval = UInt64(max(0, keepaliveMinTime))
        pings.serverInterval = keepaliveInterval > 0 ? UInt64(keepaliveInterval) : nil
        if keepaliveTimeout > 0 { pings.serverTimeout = UInt64(keepaliveTimeout) }
        limits.pings = pings
        return limits
    }
}
