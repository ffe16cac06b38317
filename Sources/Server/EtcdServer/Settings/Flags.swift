// Flags.swift: every flag of etcd 3.4 to 3.7 and of our own, one row each.
//
// A member that is started by somebody's script gets whatever flags that script has always given. Three answers are
// possible, and each row of the table says which is given:
//
//     kept     it does here what it does in etcd
//     moot     nothing here could depend on it (which of two ways bbolt keeps its free pages, which logger)
//     later    it means something that this version cannot do yet: the start is refused, unless it is set to what
//              would be the case anyway. To go on as if it had worked would be a lie that an operator finds out when it hurts.
//
// And a flag that no etcd has is refused as etcd refuses it.
//
// ENVIRONMENT  ETCD_ and the name in capitals, `-` as `_`: only for flags that the command line does not give. Both at once
//              are refused.
//
// READ NEXT  FlagReading.swift, Validation.swift

/// One flag.
package struct Flag: Sendable {
    /// What its value is, and where it goes.
    enum Value: Sendable {
        case text(any WritableKeyPath<Settings, String> & Sendable)
        case whole(any WritableKeyPath<Settings, Int> & Sendable)
        case count(any WritableKeyPath<Settings, UInt64> & Sendable)
        case truth(any WritableKeyPath<Settings, Bool> & Sendable)
        case duration(any WritableKeyPath<Settings, Int64> & Sendable)
        case urls(any WritableKeyPath<Settings, [ServerURL]> & Sendable)
        case words(any WritableKeyPath<Settings, [String]> & Sendable)
        /// Checked for its form, and kept by name only.
        case anyText, anyWhole, anyTruth, anyDuration, anyURLs
    }

    /// What becomes of it.
    enum Standing: Sendable {
        case kept, moot, later
    }

    /// Without dashes.
    let name: String
    let value: Value
    let standing: Standing
    /// What it is when nobody says anything.
    let usual: String
    /// One line for the help.
    let meaning: String

    /// Whether it needs no value.
    var isTruth: Bool {
        switch value {
        case .truth, .anyTruth: true
        default: false
        }
    }

    /// The name in the environment.
    var variable: String { "ETCD_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined() }

    init(_ name: String, _ value: Value, _ usual: String = "", _ meaning: String = "", _ standing: Standing = .kept) {
        (self.name, self.value, self.usual, self.meaning, self.standing) = (name, value, usual, meaning, standing)
    }
}

/// The table, by groups as the help prints it.
enum FlagTable {
    static let groups: [(title: String, flags: [Flag])] = [
        ("Member", member), ("Clustering", clustering), ("Security", security), ("Logging and tracing", logging),
        ("Known and not kept yet", later), ("Known and without meaning here", moot),
    ]

    static let all: [String: Flag] = Dictionary(
        uniqueKeysWithValues: groups.flatMap(\.flags).map { ($0.name, $0) })

    private static let member: [Flag] = [
        Flag("name", .text(\.name), "default", "What this member is called."),
        Flag("data-dir", .text(\.dataDirectory), "${name}.etcd", "Where its files are."),
        Flag("snapshot-count", .count(\.snapshotCount), "100000", "Entries between two snapshots."),
        Flag("heartbeat-interval", .count(\.heartbeatMilliseconds), "100", "Milliseconds between two heartbeats."),
        Flag(
            "election-timeout", .count(\.electionMilliseconds), "1000",
            "Milliseconds without a leader before an election."),
        Flag("listen-peer-urls", .urls(\.listenPeers), "http://localhost:2380", "Where peers are listened to."),
        Flag("listen-client-urls", .urls(\.listenClients), "http://localhost:2379", "Where clients are listened to."),
        Flag("max-snapshots", .count(\.maxSnapshots), "5", "Snapshot files that are kept (0: all)."),
        Flag("max-wals", .count(\.maxLogs), "5", "Files of the log that are kept (0: all)."),
        Flag("quota-backend-bytes", .whole(\.quotaBytes), "0", "Limit of the database (0: 2 GiB, negative: none)."),
        Flag(
            "backend-batch-interval", .duration(\.batchInterval), "0s",
            "Time between two commits of the database (0: 100ms)."),
        Flag("backend-batch-limit", .whole(\.batchLimit), "0", "Changes in a commit of the database (0: 10000)."),
        Flag("max-txn-ops", .count(\.maxTxnOperations), "128", "Operations in a transaction."),
        Flag("max-request-bytes", .count(\.maxRequestBytes), "1572864", "Bytes in a request."),
        Flag(
            "max-concurrent-streams", .count(\.maxConcurrentStreams), "4294967295",
            "Calls that a connection may have open."),
        Flag(
            "grpc-keepalive-min-time", .duration(\.keepaliveMinTime), "5s", "Least time between two pings of a client."),
        Flag(
            "grpc-keepalive-interval", .duration(\.keepaliveInterval), "2h0m0s",
            "Silence after which a client is pinged (0: never)."),
        Flag("grpc-keepalive-timeout", .duration(\.keepaliveTimeout), "20s", "How long its answer may take."),
        Flag("experimental-snapshot-catchup-entries", .count(\.keptEntries), "5000", "Entries kept for slow members."),
        Flag("snapshot-catchup-entries", .count(\.keptEntries), "5000", "The same by its later name."),
        Flag(
            "experimental-watch-progress-notify-interval", .duration(\.watchProgressInterval), "10m0s",
            "Between two reports of progress."),
        Flag(
            "watch-progress-notify-interval", .duration(\.watchProgressInterval), "10m0s", "The same by its later name."
        ),
        Flag("version", .truth(\.showsVersion), "false", "Print the version and end."),
    ]

    private static let clustering: [Flag] = [
        Flag(
            "initial-advertise-peer-urls", .urls(\.advertisePeers), "http://localhost:2380",
            "Where peers are told to come."),
        Flag("initial-cluster", .text(\.initialCluster), "default=http://localhost:2380", "Who begins the cluster."),
        Flag("initial-cluster-state", .text(\.initialClusterState), "new", "'new' or 'existing'."),
        Flag(
            "initial-cluster-token", .text(\.initialClusterToken), "etcd-cluster",
            "Keeps clusters at the same addresses apart."),
        Flag(
            "advertise-client-urls", .urls(\.advertiseClients), "http://localhost:2379",
            "Where clients are told to come."),
        Flag("pre-vote", .truth(\.preVote), "true", "Ask for votes before a term is begun."),
    ]

    private static let security: [Flag] = [
        Flag("cert-file", .text(\.certificate), "", "The certificate that clients see."),
        Flag("key-file", .text(\.key), "", "Its key."),
        Flag("client-cert-auth", .truth(\.clientCertAuth), "false", "Clients must show a certificate."),
        Flag("trusted-ca-file", .text(\.trustedCA), "", "Who signs the certificates of clients."),
        Flag("client-crl-file", .text(\.revocationList), "", "Certificates that are no longer trusted."),
        Flag(
            "client-cert-allowed-hostname", .words(\.allowedHostNames), "",
            "Names that a client's certificate may have."),
        Flag("cipher-suites", .words(\.cipherSuites), "", "Cipher suites up to TLS 1.2."),
        Flag("tls-min-version", .text(\.tlsMinimum), "TLS1.2", "The oldest version of TLS."),
        Flag("tls-max-version", .text(\.tlsMaximum), "", "The newest version of TLS."),
        Flag("cors", .words(\.cors), "*", "Pages of the web that may ask."),
    ]

    private static let logging: [Flag] = [
        Flag("log-level", .text(\.logLevel), "info", "debug, info, warn, error, panic or fatal."),
        Flag("log-outputs", .words(\.logOutputs), "default", "default, stderr or stdout."),
        Flag("logger", .text(\.logger), "zap", "'zap': the form of etcd's lines."),
        Flag(
            "trace-dir", .text(\.traceDirectory), "",
            "Where to write what the member does, event by event (not etcd's)."),
        Flag(
            "trace-file-bytes", .count(\.traceFileBytes), "67108864", "When a file of the trace is full (not etcd's)."),
        Flag(
            "trace-total-bytes", .count(\.traceTotalBytes), "1073741824",
            "When its oldest files are removed (not etcd's)."),
    ]

    private static func later(_ name: String, _ value: Flag.Value, _ usual: String = "") -> Flag {
        Flag(name, value, usual, "", .later)
    }

    private static let later: [Flag] = [
        later("wal-dir", .anyText), later("config-file", .anyText), later("force-new-cluster", .anyTruth, "false"),
        later("unsafe-no-fsync", .anyTruth, "false"), later("listen-metrics-urls", .anyURLs),
        later("listen-client-http-urls", .anyURLs), later("socket-reuse-port", .anyTruth, "false"),
        later("socket-reuse-address", .anyTruth, "false"), later("enable-v2", .anyTruth, "false"),
        later("experimental-enable-v2v3", .anyText), later("v2-deprecation", .anyText, "not-yet"),
        later("discovery", .anyText), later("discovery-proxy", .anyText), later("discovery-srv", .anyText),
        later("discovery-srv-name", .anyText), later("discovery-token", .anyText),
        later("discovery-endpoints", .anyText),
        later("discovery-cert", .anyText), later("discovery-key", .anyText), later("discovery-cacert", .anyText),
        later("discovery-user", .anyText), later("discovery-password", .anyText),
        later("auto-compaction-retention", .anyText, "0"), later("proxy", .anyText, "off"),
        later("auto-tls", .anyTruth, "false"), later("peer-auto-tls", .anyTruth, "false"),
        later("self-signed-cert-validity", .anyWhole, "1"),
        later("peer-cert-file", .anyText), later("peer-key-file", .anyText), later("peer-client-cert-file", .anyText),
        later("peer-client-key-file", .anyText), later("peer-client-cert-auth", .anyTruth, "false"),
        later("peer-trusted-ca-file", .anyText), later("peer-cert-allowed-cn", .anyText),
        later("peer-cert-allowed-hostname", .anyText), later("peer-crl-file", .anyText),
        later("experimental-peer-skip-client-san-verification", .anyTruth, "false"),
        later("peer-skip-client-san-verification", .anyTruth, "false"),
        later("host-whitelist", .anyText, "*"), later("auth-token", .anyText, "simple"),
        later("bcrypt-cost", .anyWhole, "10"), later("auth-token-ttl", .anyWhole, "300"),
        later("enable-pprof", .anyTruth, "false"), later("metrics", .anyText, "basic"),
        later("log-format", .anyText, "json"), later("enable-log-rotation", .anyTruth, "false"),
        later("memory-mlock", .anyTruth, "false"), later("experimental-memory-mlock", .anyTruth, "false"),
        later("feature-gates", .anyText), later("max-learners", .anyWhole, "1"),
        later("enable-distributed-tracing", .anyTruth, "false"),
        later("experimental-enable-distributed-tracing", .anyTruth, "false"),
        later("experimental-initial-corrupt-check", .anyTruth, "false"),
        later("experimental-corrupt-check-time", .anyDuration, "0s"), later("corrupt-check-time", .anyDuration, "0s"),
        later("experimental-compact-hash-check-enabled", .anyTruth, "false"),
        later("experimental-enable-lease-checkpoint", .anyTruth, "false"),
        later("experimental-enable-lease-checkpoint-persist", .anyTruth, "false"),
        later("experimental-compaction-batch-limit", .anyWhole, "1000"),
        later("compaction-batch-limit", .anyWhole, "1000"),
        later("experimental-compaction-sleep-interval", .anyDuration, "10ms"),
        later("compaction-sleep-interval", .anyDuration, "10ms"),
        later("experimental-stop-grpc-service-on-defrag", .anyTruth, "false"),
        later("experimental-bootstrap-defrag-threshold-megabytes", .anyWhole, "0"),
        later("bootstrap-defrag-threshold-megabytes", .anyWhole, "0"),
    ]

    private static func moot(_ name: String, _ value: Flag.Value, _ usual: String = "") -> Flag {
        Flag(name, value, usual, "", .moot)
    }

    /// What each would steer does not exist here, or only where another flag is refused already.
    private static let moot: [Flag] = [
        moot("backend-bbolt-freelist-type", .anyText, "map"),
        moot("experimental-backend-bbolt-freelist-type", .anyText, "map"),
        moot("initial-election-tick-advance", .anyTruth, "true"), moot("strict-reconfig-check", .anyTruth, "true"),
        moot("enable-grpc-gateway", .anyTruth, "true"), moot("discovery-fallback", .anyText, "proxy"),
        moot("discovery-dial-timeout", .anyDuration, "2s"), moot("discovery-request-timeout", .anyDuration, "5s"),
        moot("discovery-keepalive-time", .anyDuration, "2s"), moot("discovery-keepalive-timeout", .anyDuration, "6s"),
        moot("discovery-insecure-transport", .anyTruth, "true"),
        moot("discovery-insecure-skip-tls-verify", .anyTruth, "false"),
        moot("auto-compaction-mode", .anyText, "periodic"), moot("client-cert-file", .anyText),
        moot("client-key-file", .anyText), moot("raft-read-timeout", .anyDuration, "5s"),
        moot("raft-write-timeout", .anyDuration, "5s"), moot("proxy-failure-wait", .anyWhole, "5000"),
        moot("proxy-refresh-interval", .anyWhole, "30000"), moot("proxy-dial-timeout", .anyWhole, "1000"),
        moot("proxy-write-timeout", .anyWhole, "5000"), moot("proxy-read-timeout", .anyWhole, "0"),
        moot("log-rotation-config-json", .anyText), moot("warning-unary-request-duration", .anyDuration, "300ms"),
        moot("experimental-warning-unary-request-duration", .anyDuration, "300ms"),
        moot("warning-apply-duration", .anyDuration, "100ms"),
        moot("experimental-warning-apply-duration", .anyDuration, "100ms"),
        moot("distributed-tracing-address", .anyText), moot("experimental-distributed-tracing-address", .anyText),
        moot("distributed-tracing-service-name", .anyText),
        moot("experimental-distributed-tracing-service-name", .anyText),
        moot("distributed-tracing-instance-id", .anyText),
        moot("experimental-distributed-tracing-instance-id", .anyText),
        moot("distributed-tracing-sampling-rate", .anyWhole, "0"),
        moot("experimental-distributed-tracing-sampling-rate", .anyWhole, "0"),
        moot("experimental-compact-hash-check-time", .anyDuration, "1m0s"),
        moot("compact-hash-check-time", .anyDuration, "1m0s"),
        moot("experimental-downgrade-check-time", .anyDuration, "5s"), moot("downgrade-check-time", .anyDuration, "5s"),
        moot("experimental-txn-mode-write-with-shared-buffer", .anyTruth, "true"),
        // Very old names, which etcd itself takes and passes over.
        moot("cluster-active-size", .anyText), moot("cluster-remove-delay", .anyText),
        moot("cluster-sync-interval", .anyText), moot("config", .anyText), moot("force", .anyText),
        moot("max-result-buffer", .anyText), moot("max-retry-attempts", .anyText),
        moot("peer-heartbeat-interval", .anyText), moot("peer-election-timeout", .anyText),
        moot("retry-interval", .anyText), moot("snapshot", .anyText), moot("v", .anyText), moot("vv", .anyText),
    ]
}
