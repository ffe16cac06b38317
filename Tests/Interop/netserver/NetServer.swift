// NetServer.swift: a small server for programs that we did not write: curl, h2load, grpcio, etcdctl.
//
//     netserver [--listen ADDRESS]... [--cert FILE --key FILE] [--ca FILE] [--crl FILE] [--verify none|optional|required]
//               [--allowed-cn NAME] [--allowed-host NAME] [--cipher NAME]... [--min-tls V] [--max-tls V]
//               [--self-signed DIR] [--advertise HOST]...
//               [--limit NAME=VALUE]...
//
//     GET  /fixed         a reply of 66 bytes, for load             POST /echo      what it was sent
//     GET  /big?N         N bytes of answer                          GET  /counters  what the limits counted
//     POST /test.Test/*   gRPC: Unary, ServerStream, ClientStream, Bidi, Fixed, Sleep, Fail
//     POST /etcdserverpb.KV/*  a stub that etcdctl can talk to
//
// Every event that an operator would read is one line on standard output.

internal import Bytes
internal import EventLoop
internal import GRPC
internal import HTTP
internal import HTTP2Session
internal import TLS

#if canImport(Glibc)
    internal import Glibc
#endif

/// Writes one line at once, also into a file.
func note(_ text: String) {
    print(text)
    fflush(nil)
}

/// What is no gRPC.
final class Pages: HTTPService, HTTPReceiver {
    static let ok = ImmortalHeaders {
        $0.append(":status", literal: "200")
        $0.append("content-type", literal: "text/plain")
    }
    unowned var server: HTTPServer!
    private var bodies: [ObjectIdentifier: ByteBufferBox] = [:]

    /// A body that is being gathered.
    final class ByteBufferBox {
        var bytes = ByteBuffer()
    }

    func serve(_ exchange: HTTPExchange) {
        if exchange.path.equals("/fixed") {
            exchange.start(Self.ok)
            exchange.send { $0.append(literal: "hello, world, this is a fixed reply of about sixty-four bytes. ok\n") }
            exchange.finish()
        } else if exchange.path.equals("/counters") {
            let counters = server.counters
            var text = "open \(counters.open)\naccepted \(counters.accepted)\nrequests \(counters.requests)\n"
            for limit in HTTPLimit.allCases { text += "\(limit.rawValue) \(counters[limit])\n" }
            exchange.respond(200, text: text)
        } else if exchange.path.equals("/big") {
            exchange.start(Self.ok)
            exchange.send { $0.append(zeros: min(exchange.query.decimal ?? 0, 64 << 20)) }
            exchange.finish()
        } else if exchange.path.equals("/echo") {
            bodies[ObjectIdentifier(exchange)] = ByteBufferBox()
            exchange.receiver = self
        } else {
            exchange.respond(404, text: "404 page not found\n")
        }
    }

    func exchange(_ exchange: HTTPExchange, receivedBody bytes: ByteView) {
        bodies[ObjectIdentifier(exchange)]?.bytes.append(bytes)
    }
    func exchangeReceivedEnd(_ exchange: HTTPExchange, trailers: HeaderList?) {
        guard let body = bodies[ObjectIdentifier(exchange)] else { return }
        exchange.respond(200, body: body.bytes.view)
    }
    func exchangeEnded(_ exchange: HTTPExchange, because code: HTTP2ErrorCode) {
        bodies[ObjectIdentifier(exchange)] = nil
    }
}

/// Echoes every message; an empty one ends a client stream's count.
final class EchoStream: GRPCCallHandler {
    enum Style { case bidirectional, count }
    let style: Style
    var count = 0
    var bytes = 0
    init(_ style: Style) { self.style = style }
    func call(_ call: GRPCServerCall, received message: ByteView) {
        count += 1
        bytes += message.count
        if style == .bidirectional { call.send(message) }
    }
    func callReceivedEnd(_ call: GRPCServerCall) {
        if style == .count { call.send { $0.append("\(count) \(bytes)") } }
        call.finish(.ok)
    }
}

/// Sends a number of messages of a size, as fast as the client takes them: "COUNT SIZE".
final class Producer: GRPCCallHandler {
    private var left = 0
    private var size = 0
    func call(_ call: GRPCServerCall, received message: ByteView) {
        let numbers = message.lossyText.split(separator: " ").compactMap { Int($0) }
        (left, size) = (numbers.first ?? 1, numbers.last ?? 1)
        callDrained(call)
    }
    func callDrained(_ call: GRPCServerCall) {
        while left > 0, call.outgoingBytes < 64 * 1024 {
            let size = self.size
            call.send { $0.append(zeros: size) }
            left -= 1
        }
        if left == 0 { call.finish(.ok) }
    }
}

/// Never answers: only a deadline or the client ends it.
final class Sleeper: GRPCCallHandler {
    func call(_ call: GRPCServerCall, received message: ByteView) {}
    func callEnded(_ call: GRPCServerCall, _ status: GRPCStatus) { note("sleep ended: \(status.code.name)") }
}

/// The program.
@main
struct NetServer {
    static func service(_ options: GRPCServer.Options) -> GRPCServer {
        let grpc = GRPCServer(options)
        grpc.unary("/test.Test/Unary") { call, message in
            if let echo = call.metadata["echo"] { call.trailingMetadata = HeaderList([("echo", echo.lossyText)]) }
            if let bytes = call.metadata.binary("data-bin") {
                let list = call.trailingMetadata ?? HeaderList()
                list.append(binary: "data-bin", bytes.view)
                call.trailingMetadata = list
            }
            call.reply { $0.append(message) }
        }
        grpc.unary("/test.Test/Fixed") { call, _ in
            call.reply { $0.append(literal: "0123456789012345678901234567890123456789012345678901234567890123") }
        }
        grpc.unary("/test.Test/Fail") { call, message in
            let parts = message.lossyText.split(separator: " ", maxSplits: 1)
            let code = GRPCCode(rawValue: Int(parts.first ?? "") ?? 2) ?? .unknown
            call.finish(GRPCStatus(code, parts.count > 1 ? String(parts[1]) : ""))
        }
        grpc.serverStream("/test.Test/ServerStream") { _ in Producer() }
        grpc.stream("/test.Test/ClientStream") { _ in EchoStream(.count) }
        grpc.stream("/test.Test/Bidi") { _ in EchoStream(.bidirectional) }
        grpc.stream("/test.Test/Sleep") { _ in Sleeper() }
        return grpc
    }

    static func main() {
        do {
            try serve()
        } catch {
            note("netserver: \(error)")
            exit(1)
        }
    }

    static func serve() throws {
        var settings = Settings()
        settings.read(Array(CommandLine.arguments.dropFirst()))
        let loop = EventLoop()
        let grpc = service(settings.grpc)
        let pages = Pages()
        grpc.fallback = pages
        let store = StubKV()
        store.register(in: grpc)
        let server = HTTPServer(on: loop, limits: settings.limits, service: grpc)
        pages.server = server
        server.report = { note("\($0)") }
        server.reportFiles = { note("files: \($0)") }
        if let directory = settings.selfSigned {
            settings.files = TLSFiles(certificate: directory + "/cert.pem", key: directory + "/key.pem")
            try SelfSigned.write(
                certificate: settings.files.certificate, key: settings.files.key, hosts: ["127.0.0.1", "localhost"],
                now: Int(EventLoop.calendarSeconds))
        }
        let tls =
            settings.files.certificate.isEmpty
            ? nil : try TLSContext(.server, files: settings.files, rules: settings.rules)
        if let tls {
            for warning in CertificateWarnings.about(tls, advertising: settings.advertised) {
                note("warning: \(warning)")
            }
        }
        for address in settings.addresses.isEmpty ? ["127.0.0.1:18080"] : settings.addresses {
            let bound = try server.listen(at: Endpoint(address)!.resolve()[0], tls: tls)
            note("listening at \(bound)")
        }
        let watches = [Signal.terminate, .interrupt].map { signal in
            SignalWatch(signal, on: loop) { server.shutdown(within: 3_000_000_000) { loop.stop() } }
        }
        withExtendedLifetime(watches) { loop.run() }
        loop.close()
        note("ended")
    }
}

/// What the command line asks for.
struct Settings {
    var addresses: [String] = []
    var files = TLSFiles()
    var rules = TLSRules()
    var limits = HTTPLimits()
    var grpc = GRPCServer.Options()
    var selfSigned: String?
    var advertised: [String] = []

    mutating func read(_ arguments: [String]) {
        var rest = arguments[...]
        while let name = rest.popFirst(), let value = rest.popFirst() {
            switch name {
            case "--listen": addresses.append(value)
            case "--cert": files.certificate = value
            case "--key": files.key = value
            case "--ca": files.trustedCA = value
            case "--crl": files.revocationList = value
            case "--verify":
                rules.clientCertificate = value == "required" ? .required : value == "optional" ? .optional : .ignored
            case "--allowed-cn": rules.allowedCommonNames.append(value)
            case "--allowed-host": rules.allowedHostNames.append(value)
            case "--cipher": rules.cipherSuites.append(value)
            case "--self-signed": selfSigned = value
            case "--advertise": advertised.append(value)
            case "--min-tls": rules.minimumVersion = TLSVersion(rawValue: value)!
            case "--max-tls": rules.maximumVersion = TLSVersion(rawValue: value)!
            case "--limit":
                let parts = value.split(separator: "=")
                set(limit: String(parts[0]), UInt64(parts[1])!)
            default: note("unknown option \(name)")
            }
        }
    }

    /// Times are given in milliseconds.
    private mutating func set(limit name: String, _ value: UInt64) {
        let time = value * 1_000_000
        switch name {
        case "head": limits.headTime = time
        case "idle": limits.idleTime = time
        case "write": limits.writeTime = time
        case "body": limits.bodyTime = time
        case "handshake": limits.handshakeTime = time
        case "header-list": limits.headerListBytes = Int(value)
        case "outgoing": limits.outgoingBytes = Int(value)
        case "connections": limits.connections = Int(value)
        case "streams": limits.concurrentStreams = UInt32(value)
        case "ping-min": limits.pings?.minimumInterval = time
        case "ping-interval": limits.pings?.serverInterval = time
        case "ping-timeout": limits.pings?.serverTimeout = time
        case "receive": grpc.maxReceiveBytes = Int(value)
        case "held": grpc.maxHeldBytes = Int(value)
        default: note("unknown limit \(name)")
        }
    }
}
