// Validation.swift: settings that read well one by one and make no sense together.
//
// The order is etcd's, so that of several mistakes the same one is named. What only shows when the data directory is looked at
// (an own name that is not in the list of first members) is found later, in Founding.swift.
//
// SHOWN BY  FlagTests

package import Bytes
internal import EventLoop
package import Membership

extension Settings {
    /// Throws for the first contradiction.
    func validate(warnings: inout [String]) throws(SettingsError) {
        for url in listenPeers + listenClients { try Self.checkBinding(url) }
        if given.contains("listen-client-urls"), !given.contains("advertise-client-urls") {
            throw SettingsError("--advertise-client-urls is required when --listen-client-urls is set explicitly")
        }
        if heartbeatMilliseconds == 0 {
            throw SettingsError("--heartbeat-interval must be >0 (set to \(heartbeatMilliseconds)ms)")
        }
        if electionMilliseconds == 0 {
            throw SettingsError("--election-timeout must be >0 (set to \(electionMilliseconds)ms)")
        }
        if heartbeatMilliseconds.multipliedReportingOverflow(by: 5).overflow
            || 5 * heartbeatMilliseconds > electionMilliseconds
        {
            throw SettingsError(
                "--election-timeout[\(electionMilliseconds)ms] should be at least as 5 times as "
                    + "--heartbeat-interval[\(heartbeatMilliseconds)ms]")
        }
        if electionMilliseconds > 50_000 {
            throw SettingsError(
                "--election-timeout[\(electionMilliseconds)ms] is too long, and should be set less than 50000ms")
        }
        if let mode = unkept["auto-compaction-mode"], !["", "periodic", "revision"].contains(mode) {
            throw SettingsError("unknown auto-compaction-mode \"\(mode)\"")
        }
        if logger != "zap" { throw SettingsError("unknown logger option \"\(logger)\"") }
        for output in logOutputs where !["default", "stderr", "stdout"].contains(output) {
            throw SettingsError("--log-outputs=\(output): this version writes its log to stderr or stdout only")
        }
        try validateTLS(warnings: &warnings)
        for (name, value) in [
            ("snapshot-count", snapshotCount), ("experimental-snapshot-catchup-entries", keptEntries),
            ("max-txn-ops", maxTxnOperations), ("max-request-bytes", maxRequestBytes), ("max-wals", maxLogs),
            ("max-snapshots", maxSnapshots), ("trace-file-bytes", traceFileBytes),
            ("trace-total-bytes", traceTotalBytes),
        ] where value > 1 << 40 {
            throw SettingsError("--\(name)=\(value) is larger than anything that fits into a machine")
        }
        if maxRequestBytes > 10 << 20 {
            warnings.append("max-request-bytes exceeds the recommended 10485760 bytes: large requests delay everybody")
        }
        if quotaBytes > 8 << 30 {
            warnings.append("quota-backend-bytes exceeds the suggested maximum of 8589934592 bytes")
        }
    }

    /// A host that must be looked up may be somebody else's tomorrow, so listening wants addresses.
    private static func checkBinding(_ url: ServerURL) throws(SettingsError) {
        guard url.scheme == .http || url.scheme == .https else { return }
        guard let endpoint = url.endpoint else {
            throw SettingsError("URL address does not have the form \"host:port\": \(url)")
        }
        let host = url.host
        if host.isEmpty || host == "localhost" { return }
        let isAddress = host.contains(":") || host.allSatisfy { $0.isNumber || $0 == "." }
        guard isAddress, (try? endpoint.resolve()) != nil else {
            throw SettingsError("expected IP in URL for binding (\(url))")
        }
    }

    private func validateTLS(warnings: inout [String]) throws(SettingsError) {
        for url in listenClients {
            if url.isTLS, certificate.isEmpty || key.isEmpty {
                throw SettingsError(
                    "TLS key/cert (--cert-file, --key-file) must be provided for client url \(url) with HTTPS scheme")
            }
            if !url.isTLS, !certificate.isEmpty || !key.isEmpty {
                warnings.append(
                    "scheme is HTTP while key and cert files are present; ignoring key and cert files: \(url)")
            }
        }
        for url in listenPeers where url.isTLS {
            throw SettingsError("\(url): this version speaks to peers without TLS only")
        }
        for version in [tlsMinimum, tlsMaximum] where !["", "TLS1.2", "TLS1.3"].contains(version) {
            throw SettingsError("unexpected TLS version \"\(version)\" (must be one of: TLS1.2, TLS1.3)")
        }
        if tlsMinimum == "TLS1.3", tlsMaximum == "TLS1.2" {
            throw SettingsError("min version (TLS1.3) is greater than max version (TLS1.2)")
        }
    }

    // MARK: The first members

    /// The list of first members, as the operator gave it.
    package func founders() throws(SettingsError) -> [Bootstrap.Founder] {
        var founders: [Bootstrap.Founder] = []
        for part in cluster.split(separator: ",") {
            let words = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2, !words[0].isEmpty else {
                throw SettingsError("error setting up initial cluster: empty URL for \"\(part)\"")
            }
            let url = try ServerURL(String(words[1])).description
            if founders.contains(where: { $0.peerURLs.contains(url) }) {
                throw SettingsError("initial cluster \(cluster) has duplicate url")
            }
            if let place = founders.firstIndex(where: { $0.name == words[0] }) {
                founders[place].peerURLs.append(url)
            } else {
                founders.append(Bootstrap.Founder(name: String(words[0]), peerURLs: [url]))
            }
        }
        return founders
    }

    /// What this start would begin, if nothing is there yet. Nobody is asked and nothing is touched.
    package func bootstrap(sha1: (ByteView) -> ByteSlice) throws(SettingsError) -> Bootstrap {
        let founders = try founders()
        guard let own = founders.first(where: { $0.name == name }) else {
            throw SettingsError("couldn't find local name \"\(name)\" in the initial cluster configuration")
        }
        try checkAdvertised(own)
        guard founders.count == 1, initialClusterState == "new" else {
            throw SettingsError(
                "--initial-cluster=\(cluster) --initial-cluster-state=\(initialClusterState): this version runs clusters of one "
                    + "member. Give it a list with itself alone, and the state \"new\"")
        }
        guard
            let bootstrap = Bootstrap(own: name, cluster: founders, token: initialClusterToken, sha1: sha1)
        else { preconditionFailure("the own name was found above") }
        return bootstrap
    }

    /// The own entry of the list must say what is advertised, if not in letters then in addresses.
    private func checkAdvertised(_ own: Bootstrap.Founder) throws(SettingsError) {
        let advertised = advertisePeers.map(\.description)
        if own.peerURLs.sorted() == advertised.sorted() { return }
        for url in own.peerURLs where !advertised.contains(where: { Self.isSamePlace($0, url) }) {
            throw SettingsError(
                "--initial-cluster has \(name)=\(url) but missing from --initial-advertise-peer-urls="
                    + advertised.joined(separator: ","))
        }
        for url in advertised where !own.peerURLs.contains(where: { Self.isSamePlace($0, url) }) {
            throw SettingsError(
                "--initial-advertise-peer-urls has \(url) but missing from --initial-cluster=\(name)="
                    + own.peerURLs.joined(separator: ","))
        }
    }

    private static func isSamePlace(_ left: String, _ right: String) -> Bool {
        guard left != right else { return true }
        guard let left = try? ServerURL(left), let right = try? ServerURL(right), left.scheme == right.scheme,
            let here = try? left.endpoint?.resolve(), let there = try? right.endpoint?.resolve()
        else { return false }
        return here.contains { there.contains($0) }
    }
}
