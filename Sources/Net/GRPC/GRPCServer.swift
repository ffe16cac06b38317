// GRPCServer.swift: calls by name.
//
// A gRPC call is a POST whose path is the name of a method and whose content type begins with
// `application/grpc`. Everything else on the port is somebody else's:
//
//     POST /etcdserverpb.KV/Range            te: trailers
//     content-type: application/grpc         --> the method's handler
//
//     GET /version, POST /v3/kv/range ...    --> the fallback service
//
// WHY A TABLE OF OUR OWN and not a Dictionary of String? Because making a String of each path would cost a
// tenth of the whole request. The table is looked up with the bytes as they came.
//
// SAYING NO. Errors that gRPC's own servers know have their words here as well: an unknown method or
// service, a timeout that is no number, an encoding that we do not have.
//
// READ NEXT  GRPCServerCall.swift. SHOWN BY  GRPCServerTests, Tests/Interop

package import Bytes
internal import EventLoop
package import HTTP
internal import HTTP2Session

/// Hears what happens in one call. All calls come on the loop.
package protocol GRPCCallHandler: AnyObject {
    /// A message; true until the call returns.
    func call(_ call: GRPCServerCall, received message: ByteView)
    /// The client sends no more.
    func callReceivedEnd(_ call: GRPCServerCall)
    /// Everything that was sent has been taken by the client; more may be sent.
    func callDrained(_ call: GRPCServerCall)
    /// The call is over: because we finished it (`ok` or the error that we sent), or because the client or its
    /// deadline did (`cancelled`, `deadlineExceeded`). The last call, exactly once.
    func callEnded(_ call: GRPCServerCall, _ status: GRPCStatus)
}

extension GRPCCallHandler {
    /// Unary handlers answer with the message and need not care.
    package func callReceivedEnd(_ call: GRPCServerCall) {}
    /// Those that send one message need not care.
    package func callDrained(_ call: GRPCServerCall) {}
    /// Those that keep nothing need not care.
    package func callEnded(_ call: GRPCServerCall, _ status: GRPCStatus) {}
}

/// One method of a service.
package final class GRPCMethod {
    /// The path: `/package.Service/Method`.
    package let path: ByteSlice
    /// Whether exactly one message comes in.
    package let takesOneMessage: Bool
    /// The handler of all calls, where one without state is enough.
    let shared: (any GRPCCallHandler)?
    /// Makes the handler of a call; never asked where there is a shared one.
    let begin: (GRPCServerCall) -> any GRPCCallHandler
    /// How many calls began.
    package internal(set) var started: UInt64 = 0

    init(path: String, takesOneMessage: Bool, begin: @escaping (GRPCServerCall) -> any GRPCCallHandler) {
        self.path = ByteSlice(utf8: path)
        self.takesOneMessage = takesOneMessage
        self.begin = begin
        shared = nil
    }

    init(path: String, shared: any GRPCCallHandler) {
        self.path = ByteSlice(utf8: path)
        takesOneMessage = true
        begin = { _ in shared }
        self.shared = shared
    }
}

/// Serves gRPC calls, and passes on what is none.
package final class GRPCServer: HTTPService {
    /// How messages and metadata are bounded.
    package struct Options: Sendable {
        /// The largest message that is taken, unpacked. gRPC's own default is 4 MiB.
        package var maxReceiveBytes = 4 * 1024 * 1024
        /// The largest message that is sent.
        package var maxSendBytes = Int(Int32.max)
        /// Bytes of unfinished messages that all calls of this server may hold together.
        package var maxHeldBytes = 256 * 1024 * 1024
        /// The defaults.
        package init() {}
    }

    /// Who gets what is no gRPC; without it such requests are answered 404.
    package var fallback: (any HTTPService)?
    /// Hears of every call that ended, for metrics: which, how.
    package var observer: ((GRPCServerCall, GRPCStatus) -> Void)?
    let options: Options
    var heldBytes = 0
    private var slots: [GRPCMethod?] = Array(repeating: nil, count: 64)
    private var methods: [GRPCMethod] = []

    /// A server that knows no method yet.
    package init(_ options: Options = Options()) { self.options = options }

    // MARK: Methods

    /// A method with one request and one answer: `handle` must finish the call, now or later.
    package func unary(_ path: String, _ handle: @escaping (GRPCServerCall, ByteView) -> Void) {
        unary(path, UnaryHandler(handle))
    }

    /// The same with one object for all calls.
    package func unary(_ path: String, _ handler: any GRPCCallHandler) {
        add(GRPCMethod(path: path, shared: handler))
    }

    /// A method with one request and many answers: `begin` makes the handler of each call.
    package func serverStream(_ path: String, _ begin: @escaping (GRPCServerCall) -> any GRPCCallHandler) {
        add(GRPCMethod(path: path, takesOneMessage: true, begin: begin))
    }

    /// A method with many requests: client streaming and bidirectional.
    package func stream(_ path: String, _ begin: @escaping (GRPCServerCall) -> any GRPCCallHandler) {
        add(GRPCMethod(path: path, takesOneMessage: false, begin: begin))
    }

    private func add(_ method: GRPCMethod) {
        precondition(find(method.path.view) == nil, "G1: \(method.path) was registered twice")
        methods.append(method)
        if methods.count * 2 > slots.count {
            slots = Array(repeating: nil, count: slots.count * 2)
            for method in methods { place(method) }
        } else {
            place(method)
        }
    }

    private func place(_ method: GRPCMethod) {
        var slot = Self.hash(method.path.view) & (slots.count - 1)
        while slots[slot] != nil { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = method
    }

    /// Half-empty open addressing; the last letters of a path differ most, so they are what is hashed.
    private static func hash(_ path: ByteView) -> Int {
        var sum = UInt64(path.count)
        if path.count >= 8 { sum ^= path.littleEndian(at: path.count - 8, as: UInt64.self) }
        sum = (sum ^ sum >> 32) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: sum >> 40)
    }

    func find(_ path: ByteView) -> GRPCMethod? {
        var slot = Self.hash(path) & (slots.count - 1)
        while let method = slots[slot] {
            if method.path.view == path { return method }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Every method's path, for listings.
    package var paths: [String] { methods.map(\.path.lossyText) }

    // MARK: Requests

    /// A request: a call of ours, or the fallback's.
    package func serve(_ exchange: HTTPExchange) {
        if let known = exchange.head.reading as? GRPCQuestion, known.server === self {
            return begin(exchange, known.method, timeout: known.timeout, encoding: known.encoding)
        }
        read(exchange)
    }

    /// Finds out what the head asks for.
    private func read(_ exchange: HTTPExchange) {
        var path = ByteView()
        var isPost = false
        var isGRPC = false
        var timeout: ByteView?
        var encoding: ByteView?
        // One walk over the fields for everything that matters here.
        for field in exchange.head {
            switch field.name.count {
            case 5 where field.name.equals(":path"): path = field.value
            case 7 where field.name.equals(":method"): isPost = field.value.equals("POST")
            case 12:
                if field.name.equals("content-type") { isGRPC = Self.isGRPC(field.value) }
                if field.name.equals("grpc-timeout") { timeout = field.value }
            case 13 where field.name.equals("grpc-encoding"): encoding = field.value
            default: break
            }
        }
        guard isGRPC, exchange.version == .http2 else { return serveOther(exchange, isGRPC: isGRPC) }
        guard isPost else {
            return exchange.respond(405, [("allow", "POST")])
        }
        guard let method = find(path) else { return refuse(exchange, unknown(path)) }
        var nanoseconds: UInt64?
        if let timeout {
            nanoseconds = GRPCTimeout.parse(timeout)
            guard nanoseconds != nil else {
                return refuse(exchange, GRPCStatus(.internal, "malformed grpc-timeout: \"\(timeout.lossyText)\""))
            }
        }
        guard let encoding = GRPCEncoding(encoding) else {
            let name = encoding?.lossyText ?? ""
            return refuse(
                exchange,
                GRPCStatus(.unimplemented, "grpc: Decompressor is not installed for grpc-encoding \"\(name)\""))
        }
        if exchange.head.isRepeated {
            exchange.head.reading = GRPCQuestion(self, method, timeout: nanoseconds, encoding: encoding)
        }
        begin(exchange, method, timeout: nanoseconds, encoding: encoding)
    }

    private func begin(_ exchange: HTTPExchange, _ method: GRPCMethod, timeout: UInt64?, encoding: GRPCEncoding) {
        method.started += 1
        let call = GRPCServerCall(exchange, method: method, server: self, encoding: encoding)
        exchange.receiver = call
        call.begin(timeout: timeout)
    }

    private static func isGRPC(_ type: ByteView) -> Bool {
        guard type.count >= 16, type.prefix(16).equals("application/grpc") else { return false }
        return type.count == 16 || type[16] == UInt8(ascii: "+") || type[16] == UInt8(ascii: ";")
    }

    private func serveOther(_ exchange: HTTPExchange, isGRPC: Bool) {
        if isGRPC { return exchange.respond(505, text: "gRPC needs HTTP/2\n") }
        if let fallback { return fallback.serve(exchange) }
        exchange.respond(404, text: "404 page not found\n")
    }

    private func unknown(_ path: ByteView) -> GRPCStatus {
        guard path.count > 1, path[0] == UInt8(ascii: "/"),
            let slash = path.dropFirst(1).firstIndex(of: UInt8(ascii: "/"))
        else {
            return GRPCStatus(.unimplemented, "malformed method name: \"\(path.lossyText)\"")
        }
        let service = path[1..<(slash + 1)]
        let prefix = path.prefix(slash + 2)
        if methods.contains(where: { $0.path.view.starts(with: prefix) }) {
            let method = path.dropFirst(slash + 2).lossyText
            return GRPCStatus(.unimplemented, "unknown method \(method) for service \(service.lossyText)")
        }
        return GRPCStatus(.unimplemented, "unknown service \(service.lossyText)")
    }

    /// Trailers only: the answer's head is also its end.
    private func refuse(_ exchange: HTTPExchange, _ status: GRPCStatus) {
        let headers = GRPCServerCall.head.copy()
        GRPCServerCall.append(status, to: headers)
        if status.code == .unimplemented { headers.append("grpc-accept-encoding", literal: "gzip,identity") }
        exchange.start(headers, isEnd: true)
    }
}

/// What a head asks for, as far as gRPC cares. Kept with a head that comes again and again: reading it anew costs more than
/// everything else that gRPC does for a call.
private final class GRPCQuestion {
    /// Who has read it: another server may know other methods.
    let server: GRPCServer
    let method: GRPCMethod
    let timeout: UInt64?
    let encoding: GRPCEncoding

    init(_ server: GRPCServer, _ method: GRPCMethod, timeout: UInt64?, encoding: GRPCEncoding) {
        self.server = server
        self.method = method
        self.timeout = timeout
        self.encoding = encoding
    }
}

/// A handler without state: one object for all calls of a unary method.
private final class UnaryHandler: GRPCCallHandler {
    private let handle: (GRPCServerCall, ByteView) -> Void

    init(_ handle: @escaping (GRPCServerCall, ByteView) -> Void) { self.handle = handle }

    func call(_ call: GRPCServerCall, received message: ByteView) { handle(call, message) }
}
