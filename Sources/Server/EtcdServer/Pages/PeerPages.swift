// PeerPages.swift: what the port for peers answers to a member that is alone.
//
// Peers come with Raft's messages, which this version does not speak over the network yet. But members that start, and tools,
// also ask this port who is in the cluster and which version it has:
//
//     GET /members              [{"id":11810759541557361439,"peerURLs":[...],"name":"m1","clientURLs":[...]}]
//     GET /version              as on the client port
//     GET /raft/probing         {"OK":true,"Now":"2026-11-20T08:20:58.667755888Z"}
//     GET /downgrade/enabled    false
//
// SHOWN BY  ProcessTests

internal import Bytes
internal import Files
internal import HTTP
internal import HTTP2Session
internal import Identifiers
internal import Member
internal import Membership

/// The pages of the peer port.
final class PeerPages: HTTPService {
    /// Set when the server exists; before that nothing is served.
    unowned var server: EtcdServer!

    func serve(_ exchange: HTTPExchange) {
        let path = exchange.path.lossyText
        let known = ["/members", "/version", "/raft/probing", "/downgrade/enabled"]
        guard known.contains(path) else { return exchange.respond(404, text: "404 page not found\n") }
        guard exchange.method.equals("GET") else {
            let text: ByteSlice = "Method Not Allowed\n"
            return exchange.respond(
                405,
                [
                    ("allow", "GET"), ("content-type", "text/plain; charset=utf-8"),
                    ("x-content-type-options", "nosniff"),
                ], body: text.view)
        }
        switch path {
        case "/members": respond(exchange, "application/json", server.member.membership.peersJSON)
        case "/version": respond(exchange, "application/json", ByteSlice(utf8: server.versionText))
        case "/raft/probing":
            let now = Moment.preciseText(SystemClock.wallNanoseconds)
            respond(exchange, "text/plain; charset=utf-8", ByteSlice(utf8: "{\"OK\":true,\"Now\":\"\(now)\"}\n"))
        default: respond(exchange, "text/plain; charset=utf-8", "false")
        }
    }

    private func respond(_ exchange: HTTPExchange, _ type: String, _ body: ByteSlice) {
        let cluster = "\(server.member.cluster)"
        exchange.respond(200, [("content-type", type), ("x-etcd-cluster-id", cluster)], body: body.view)
    }
}
