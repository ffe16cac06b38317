// Settings.swift: everything that an operator may choose, with etcd's defaults.
//
// One value, filled from the command line, then from the environment where the command line says nothing. Nothing in
// the server reads a flag anywhere else. What each means stands in Flags.swift, beside the name by which it is set.
//
// READ NEXT  Flags.swift, FlagReading.swift, Validation.swift

/// What the operator chose.
package struct Settings: Sendable {
    /// Not a flag's business: which flags were given at all.
    package var given: Set<String> = []
    /// Flags that this version only knows by name, with what they were set to.
    package var unkept: [String: String] = [:]

    // MARK: The member
    /// What the member calls itself.
    package var name = "default"
    /// Where its files are; empty: `NAME.etcd`.
    package var dataDirectory = ""
    /// How many entries lie between two snapshots.
    package var snapshotCount: UInt64 = 100_000
    /// How many entries behind a snapshot stay in memory for members that are slow.
    package var keptEntries: UInt64 = 5_000
    /// One tick.
    package var heartbeatMilliseconds: UInt64 = 100
    /// How long a follower waits for its leader.
    package var electionMilliseconds: UInt64 = 1_000
    /// How many snapshot files are kept; 0: all.
    package var maxSnapshots: UInt64 = 5
    /// How many files of the log are kept; 0: all.
    package var maxLogs: UInt64 = 5
    /// Whether votes are asked for before a term is begun.
    package var preVote = true

    // MARK: Addresses
    /// Where peers are listened to.
    package var listenPeers = Settings.local(2380)
    /// Where clients are listened to.
    package var listenClients = Settings.local(2379)
    /// Where peers are told to come; the member's number is made of it.
    package var advertisePeers = Settings.local(2380)
    /// Where clients are told to come.
    package var advertiseClients = Settings.local(2379)

    // MARK: The cluster
    /// Who begins the cluster; empty: this member alone.
    package var initialCluster = ""
    /// `new` or `existing`.
    package var initialClusterState = "new"
    /// What keeps two clusters at the same addresses apart.
    package var initialClusterToken = "etcd-cluster"

    // MARK: Limits
    /// How large the database may grow; 0: 2 GiB, negative: as it likes.
    package var quotaBytes = 0
    /// How many operations a transaction may have.
    package var maxTxnOperations: UInt64 = 128
    /// How large an entry may be.
    package var maxRequestBytes: UInt64 = 1_572_864
    /// How many calls a connection may have open.
    package var maxConcurrentStreams: UInt64 = 4_294_967_295
    /// Nanoseconds between two commits of the database; 0: 100 ms.
    package var batchInterval: Int64 = 0
    /// Changes in a commit of the database; 0: 10,000.
    package var batchLimit = 0
    /// Nanoseconds that a client has to leave between two pings.
    package var keepaliveMinTime: Int64 = 5_000_000_000
    /// Nanoseconds of silence after which a client is pinged; 0: never.
    package var keepaliveInterval: Int64 = 7_200_000_000_000
    /// Nanoseconds that its answer may take.
    package var keepaliveTimeout: Int64 = 20_000_000_000
    /// Nanoseconds between two reports of progress to an idle watcher.
    package var watchProgressInterval: Int64 = 600_000_000_000

    // MARK: TLS of clients
    /// The server's certificate.
    package var certificate = ""
    /// Its key.
    package var key = ""
    /// Who may sign clients' certificates.
    package var trustedCA = ""
    /// Certificates that are no longer trusted.
    package var revocationList = ""
    /// Whether clients must show one.
    package var clientCertAuth = false
    /// Names of which a client's certificate must have one.
    package var allowedHostNames: [String] = []
    /// What may be spoken up to TLS 1.2; empty: the library's choice.
    package var cipherSuites: [String] = []
    /// The oldest version of TLS.
    package var tlsMinimum = "TLS1.2"
    /// The newest; empty: any.
    package var tlsMaximum = ""
    /// Which pages of the web may ask.
    package var cors: [String] = ["*"]

    // MARK: Log and trace
    /// From which level on lines are written.
    package var logLevel = "info"
    /// Where they go.
    package var logOutputs: [String] = ["default"]
    /// etcd's name for the format of its log.
    package var logger = "zap"
    /// Where the trace goes; empty: nowhere.
    package var traceDirectory = ""
    /// When a file of the trace is full.
    package var traceFileBytes: UInt64 = 64 << 20
    /// When the oldest files of the trace are removed.
    package var traceTotalBytes: UInt64 = 1 << 30

    /// Print the version and end.
    package var showsVersion = false

    /// etcd's defaults.
    package init() {}

    private static func local(_ port: Int) -> [ServerURL] {
        guard let url = try? ServerURL("http://localhost:\(port)") else { preconditionFailure("a default is no URL") }
        return [url]
    }

    /// How many heartbeats a member waits for a leader.
    package var electionTicks: Int { Int(electionMilliseconds / max(heartbeatMilliseconds, 1)) }

    /// etcd's time for one request: five seconds and two elections.
    package var requestMilliseconds: UInt64 { 5_000 + 2 * UInt64(electionTicks) * heartbeatMilliseconds }

    /// Who begins the cluster, as text: what was given, or this member alone.
    package var cluster: String {
        guard initialCluster.isEmpty else { return initialCluster }
        return advertisePeers.map { "\(name)=\($0)" }.joined(separator: ",")
    }
}

/// What is wrong with a setting, in etcd's words where etcd has words for it.
package struct SettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text.
    package let description: String

    /// An error with this text.
    package init(_ description: String) { self.description = description }
}
