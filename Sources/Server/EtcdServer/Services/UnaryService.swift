// UnaryService.swift: calls with one question and one answer.
//
// The member takes the bytes of the question as they lie in the network's buffer, and answers with bytes. So a service
// here is a name and a number: there is no message in Swift between the socket and the member.
//
//     /etcdserverpb.KV/Range          .range         linearizable, or from here
//     /etcdserverpb.KV/Put            .put           through the log
//     ...
//
// WHAT IS NOT IN THE TABLE does not exist, and is refused as a server refuses what it does not know: code 12, "unknown
// service etcdserverpb.Lease", "unknown method Defragment for service etcdserverpb.Maintenance".
//
// A CALLER THAT INSISTS ON A LEADER says so with `hasleader: true`. The field is looked for only when there is no leader: on
// the usual way it costs a comparison.

internal import Bytes
internal import EtcdAPI
internal import GRPC
internal import HTTP
internal import HTTP2Session
internal import Identifiers
internal import Member

extension EtcdServer {
    private static let unaryMethods: [(String, Member.Method)] = [
        ("/etcdserverpb.KV/Range", .range),
        ("/etcdserverpb.KV/Put", .put),
        ("/etcdserverpb.KV/DeleteRange", .deleteRange),
        ("/etcdserverpb.KV/Txn", .txn),
        ("/etcdserverpb.KV/Compact", .compact),
        ("/etcdserverpb.Cluster/MemberList", .memberList),
        ("/etcdserverpb.Maintenance/Status", .status),
        ("/etcdserverpb.Maintenance/Hash", .hash),
        ("/etcdserverpb.Maintenance/HashKV", .hashKV),
        ("/etcdserverpb.Maintenance/Alarm", .alarm),
    ]

    /// Gives every service of ours its place.
    func registerServices() {
        for (path, method) in Self.unaryMethods {
            grpc.unary(path, UnaryService(method, of: self))
        }
        grpc.serverStream("/etcdserverpb.Maintenance/Snapshot") { [unowned self] _ in SnapshotCall(of: self) }
        grpc.stream("/etcdserverpb.Watch/Watch") { [unowned self] call in WatchCall(call, of: self) }
        registerHealth()
    }

    /// A question of a client.
    func receive(_ method: Member.Method, _ call: GRPCServerCall, _ message: ByteView) {
        enter()
        if member.leader == .none, insistsOnLeader(call) { return call.finish(APIError.noLeader.status) }
        guard quota.admits(method, message, into: member.backendBytes) else {
            return call.finish(APIError.noSpace.status)
        }
        let id = calls.add(.client(call))
        call.tag = id.rawValue
        member.request(method, message, as: id, into: &output)
    }

    /// A question of one of our own pages.
    func ask(_ method: Member.Method, _ message: ByteView, _ answer: @escaping (InnerAnswer) -> Void) {
        enter()
        member.request(method, message, as: calls.add(.page(answer)), into: &output)
    }

    func insistsOnLeader(_ call: GRPCServerCall) -> Bool { call.metadata["hasleader"]?.equals("true") ?? false }

    /// The client has gone before its answer came.
    func forget(_ call: GRPCServerCall) {
        guard call.tag != 0 else { return }
        let id = RequestID(rawValue: call.tag)
        call.tag = 0
        if case .client = calls.take(id) { member.cancel(id) }
    }
}

/// One method; the same object for all its calls.
private final class UnaryService: GRPCCallHandler {
    private let method: Member.Method
    /// A circle that nobody breaks: there is one server in a process, and it ends with it. (`unowned` would count it with
    /// each request, twice.)
    private let server: EtcdServer

    init(_ method: Member.Method, of server: EtcdServer) {
        self.method = method
        self.server = server
    }

    func call(_ call: GRPCServerCall, received message: ByteView) { server.receive(method, call, message) }

    func callDrained(_ call: GRPCServerCall) {
        if !server.longAnswers.isEmpty { server.longAnswers[ObjectIdentifier(call)]?.sendMore() }
    }

    func callEnded(_ call: GRPCServerCall, _ status: GRPCStatus) {
        if !server.longAnswers.isEmpty { server.longAnswers[ObjectIdentifier(call)] = nil }
        server.forget(call)
    }
}

extension APIError {
    /// As gRPC says it.
    var status: GRPCStatus { GRPCStatus(GRPCCode(rawValue: code.rawValue) ?? .unknown, "\(text)") }
}
