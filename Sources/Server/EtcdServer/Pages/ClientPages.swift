// ClientPages.swift: what a client's port answers to browsers, probes and scripts.
//
//     GET /health      {"health":"true","reason":""}        a linearizable read succeeded: there is a leader, and it answers
//     GET /livez       ok                                   this process answers from its own store
//     GET /readyz      ok                                   it also has a leader that answers
//     GET /version     {"etcdserver":"3.5.33","etcdcluster":"3.5.0"}
//
// A supervisor restarts what is not live and sends no traffic to what is not ready; `/health` is older than that distinction.
// Each check is a real read through the member, so it fails when reads fail and not when somebody thinks they might.
//
// `?exclude=NAME` leaves a check out, `?verbose` names them, `?serializable=true` asks `/health` for a read from here.
//
// Pages of the web may ask from elsewhere (`--cors`, by default all): every answer says so.
//
// SHOWN BY  ProcessTests

internal import Bytes
internal import EtcdAPI
internal import GRPC
internal import HTTP
internal import HTTP2Session
internal import Identifiers
internal import JSON
internal import Member
internal import Membership
internal import Protobuf

/// The pages of the client port.
final class ClientPages: HTTPService {
    /// Set when the server exists; before that nothing is served.
    unowned var server: EtcdServer!

    func serve(_ exchange: HTTPExchange) {
        // A body is of no interest here, and need not be waited for.
        guard let page = Page(exchange.path) else { return missing(exchange) }
        if exchange.method.equals("OPTIONS"), allowsOrigin(exchange) != nil {
            return respond(exchange, 200, "text/plain", "")
        }
        guard exchange.method.equals("GET") else {
            return respond(
                exchange, 405, "text/plain; charset=utf-8", "Method Not Allowed\n",
                [("allow", "GET"), ("x-content-type-options", "nosniff")])
        }
        switch page {
        case .health: health(exchange)
        case .version: respond(exchange, 200, "application/json", server.versionText)
        case .probe(let probe): answer(probe, exchange)
        }
    }

    private func missing(_ exchange: HTTPExchange) {
        respond(
            exchange, 404, "text/plain; charset=utf-8", "404 page not found\n", [("x-content-type-options", "nosniff")])
    }

    // MARK: Answers

    private func allowsOrigin(_ exchange: HTTPExchange) -> String? {
        if server.settings.cors.isEmpty || server.settings.cors.contains("*") { return "*" }
        guard let origin = exchange.head["origin"]?.lossyText, server.settings.cors.contains(origin) else { return nil }
        return origin
    }

    private func respond(
        _ exchange: HTTPExchange, _ status: Int, _ type: String, _ text: String, _ more: [(String, String)] = []
    ) {
        var fields = [("content-type", type)] + more
        if let origin = allowsOrigin(exchange) {
            fields += [
                ("access-control-allow-headers", "accept, content-type, authorization"),
                ("access-control-allow-methods", "POST, GET, OPTIONS, PUT, DELETE"),
                ("access-control-allow-origin", origin),
            ]
        }
        let body = ByteSlice(utf8: text)
        exchange.respond(status, fields, body: body.view)
    }

    // MARK: /health

    private func health(_ exchange: HTTPExchange) {
        let isSerializable = exchange.query.lossyText.split(separator: "&").contains("serializable=true")
        if !isSerializable, server.member.leader == .none {
            return respondHealth(exchange, because: "RAFT NO LEADER")
        }
        server.probe(isSerializable ? .serializableRead : .linearizableRead) { [self] error in
            respondHealth(exchange, because: error.map { "RANGE ERROR:\($0)" })
        }
    }

    private func respondHealth(_ exchange: HTTPExchange, because reason: String?) {
        var json = JSONWriter(escaping: .asGo)
        json.beginObject()
        json.key("health")
        json.string(reason == nil ? "true" : "false")
        json.key("reason")
        json.string(reason ?? "")
        json.endObject()
        let written = json.finish()
        let text = written.view.lossyText
        let type = "text/plain; charset=utf-8"
        guard reason != nil else { return respond(exchange, 200, type, text) }
        respond(exchange, 503, type, text + "\n", [("x-content-type-options", "nosniff")])
    }

    // MARK: /livez and /readyz

    private func answer(_ probe: Page.Probe, _ exchange: HTTPExchange) {
        let words = exchange.query.lossyText.split(separator: "&")
        let excluded = probe.isWhole ? words.filter { $0.hasPrefix("exclude=") }.map { $0.dropFirst(8) } : []
        let checks = probe.checks.filter { check in !excluded.contains { $0 == check.rawValue } }
        let isVerbose = words.contains { $0 == "verbose" || $0.hasPrefix("verbose=") }
        run(checks[...], []) { [self] results in
            let lines = results.map { $0.error.map { "[-]\($0.0) failed: \($0.1)" } ?? "[+]\($0.check) ok" }
            let failed = results.contains { $0.error != nil }
            let text = (failed || isVerbose ? lines.map { $0 + "\n" }.joined() : "") + (failed ? "\n" : "ok\n")
            respond(
                exchange, failed ? 503 : 200, "text/plain; charset=utf-8", text, [("x-content-type-options", "nosniff")]
            )
        }
    }

    private typealias Outcome = (check: String, error: (String, String)?)

    /// One check behind the other, then all that came of them.
    private func run(
        _ checks: ArraySlice<ServerCheck>, _ done: [Outcome], _ finish: @escaping ([Outcome]) -> Void
    ) {
        guard let check = checks.first else { return finish(done) }
        server.probe(check) { [self] error in
            run(checks.dropFirst(), done + [(check.rawValue, error.map { (check.rawValue, $0) })], finish)
        }
    }
}

/// Which page is asked for.
private enum Page {
    struct Probe {
        var checks: [ServerCheck]
        /// All checks of a page, and not one by its name.
        var isWhole: Bool
    }

    case health, version
    case probe(Probe)

    init?(_ path: ByteView) {
        if path.equals("/health") {
            self = .health
        } else if path.equals("/version") {
            self = .version
        } else if let probe = Self.probe(path.lossyText) {
            self = .probe(probe)
        } else {
            return nil
        }
    }

    private static func probe(_ path: String) -> Probe? {
        for (root, checks) in [("/livez", ServerCheck.live), ("/readyz", ServerCheck.ready)] {
            if path == root { return Probe(checks: checks, isWhole: true) }
            guard path.hasPrefix(root + "/") else { continue }
            let name = path.dropFirst(root.count + 1)
            if let check = checks.first(where: { $0.rawValue == name }) {
                return Probe(checks: [check], isWhole: false)
            }
        }
        return nil
    }
}

/// What can be checked of a server.
enum ServerCheck: String {
    case serializableRead = "serializable_read"
    case linearizableRead = "linearizable_read"
    case dataCorruption = "data_corruption"
    case nonLearner = "non_learner"

    static let live: [ServerCheck] = [.serializableRead]
    static let ready: [ServerCheck] = [.dataCorruption, .serializableRead, .linearizableRead, .nonLearner]
}

extension EtcdServer {
    /// `/version`.
    var versionText: String {
        let cluster = member.membership.version?.description ?? "not_decided"
        return "{\"etcdserver\":\"\(ServerVersion.text)\",\"etcdcluster\":\"\(cluster)\"}"
    }

    /// One check; the answer is why it failed, or nil.
    func probe(_ check: ServerCheck, _ done: @escaping (String?) -> Void) {
        switch check {
        case .serializableRead: read(isSerializable: true, done)
        case .linearizableRead: read(isSerializable: false, done)
        case .nonLearner:
            let isLearner = member.membership.own?.isLearner ?? false
            done(isLearner ? "not supported for learner" : nil)
        // A store with alarms is refused at the start, so none is raised.
        case .dataCorruption: done(nil)
        }
    }

    private func read(isSerializable: Bool, _ done: @escaping (String?) -> Void) {
        // One key, and no range: a range counts all of its keys, however few of them are wanted.
        let request = RangeRequest(key: [0], limit: 1, serializable: isSerializable, keysOnly: true)
        let message = request.encoded()
        ask(.range, message.view) { answer in
            if case .failure(let status) = answer { done(status.message) } else { done(nil) }
        }
    }
}
