// FlagTests.swift: what a command line comes to. The texts are those that a real etcd 3.5.1 was seen to print.

import Bytes
import EtcdServer
import Testing

private func read(
    _ arguments: String..., environment: [(String, String)] = []
) -> (CommandLineVerdict, [String]) {
    var warnings: [String] = []
    let verdict = FlagReading.read(
        arguments: arguments, environment: environment.map { (name: $0.0, value: $0.1) }, warnings: &warnings)
    return (verdict, warnings)
}

private func settings(_ arguments: String..., environment: [(String, String)] = []) throws -> Settings {
    var warnings: [String] = []
    let verdict = FlagReading.read(
        arguments: arguments, environment: environment.map { (name: $0.0, value: $0.1) }, warnings: &warnings)
    guard case .start(let settings) = verdict else { throw SettingsError("\(verdict)") }
    return settings
}

@Suite("Flags")
struct FlagTests {
    @Test("nothing given: etcd's defaults")
    func defaults() throws {
        let settings = try settings()
        #expect(settings.name == "default")
        #expect(settings.directory == "default.etcd")
        #expect(settings.listenClients.map(\.description) == ["http://localhost:2379"])
        #expect(settings.cluster == "default=http://localhost:2380")
        #expect(settings.electionTicks == 10)
        #expect(settings.requestMilliseconds == 7_000)
        #expect(settings.snapshotCount == 100_000)
    }

    @Test("one dash or two, a space or an equals sign: all the same")
    func spellings() throws {
        for words in [["-name", "x"], ["--name", "x"], ["-name=x"], ["--name=x"]] {
            var warnings: [String] = []
            guard case .start(let settings) = FlagReading.read(arguments: words, environment: [], warnings: &warnings)
            else {
                Issue.record("\(words)")
                continue
            }
            #expect(settings.name == "x")
            #expect(settings.directory == "x.etcd")
        }
        #expect(try settings("--pre-vote=F").preVote == false)
        #expect(try settings("--client-cert-auth").clientCertAuth)
        #expect(try settings("--snapshot-count", "0x10").snapshotCount == 16)
        #expect(try settings("--quota-backend-bytes=-1").quotaBytes == -1)
        #expect(try settings("--grpc-keepalive-min-time=1m1.5s").keepaliveMinTime == 61_500_000_000)
    }

    /// Code 2 in a real etcd, with the usage behind the line.
    static let misuses: [([String], String)] = [
        (["--nosuch"], "flag provided but not defined: -nosuch"),
        (["-nosuch=1"], "flag provided but not defined: -nosuch"),
        (["--name"], "flag needs an argument: -name"),
        (["--snapshot-count", "abc"], "invalid value \"abc\" for flag -snapshot-count: parse error"),
        (["--snapshot-count=-1"], "invalid value \"-1\" for flag -snapshot-count: parse error"),
        (["--quota-backend-bytes=abc"], "invalid value \"abc\" for flag -quota-backend-bytes: parse error"),
        (["--enable-v2=maybe"], "invalid boolean value \"maybe\" for -enable-v2: parse error"),
        (["--backend-batch-interval=1"], "invalid value \"1\" for flag -backend-batch-interval: parse error"),
        (
            ["--listen-client-urls", "http://localhost"],
            "invalid value \"http://localhost\" for flag -listen-client-urls: URL address does not have the form "
                + "\"host:port\": http://localhost"
        ),
        (
            ["--listen-client-urls", "foo"],
            "invalid value \"foo\" for flag -listen-client-urls: URL scheme must be http, https, unix, or unixs: foo"
        ),
        (
            ["--listen-peer-urls", "http://127.0.0.1:1/path"],
            "invalid value \"http://127.0.0.1:1/path\" for flag -listen-peer-urls: URL must not contain a path: "
                + "http://127.0.0.1:1/path"
        ),
        (["--initial-cluster-state", "foo"], "invalid value \"foo\" for flag -initial-cluster-state: invalid value"),
        (["---name"], "bad flag syntax: ---name"),
    ]

    @Test("misuse is said in Go's words", arguments: misuses)
    func misuse(arguments: [String], text: String) {
        var warnings: [String] = []
        guard case .misused(let said) = FlagReading.read(arguments: arguments, environment: [], warnings: &warnings)
        else {
            Issue.record("\(arguments) was taken")
            return
        }
        #expect(said == text)
    }

    /// Code 1 in a real etcd, as a line of the log.
    static let refusals: [([String], String)] = [
        (["extra"], "'extra' is not a valid flag"),
        (["--name", "x", "--", "--name"], "'--name' is not a valid flag"),
        (
            ["--listen-client-urls", "http://127.0.0.1:1"],
            "--advertise-client-urls is required when --listen-client-urls is set explicitly"
        ),
        (["--auto-compaction-mode", "foo"], "unknown auto-compaction-mode \"foo\""),
        (
            ["--election-timeout", "100"],
            "--election-timeout[100ms] should be at least as 5 times as --heartbeat-interval[100ms]"
        ),
        (["--heartbeat-interval", "0"], "--heartbeat-interval must be >0 (set to 0ms)"),
        (["--election-timeout", "0"], "--election-timeout must be >0 (set to 0ms)"),
        (
            ["--election-timeout", "60000"],
            "--election-timeout[60000ms] is too long, and should be set less than 50000ms"
        ),
        (
            ["--listen-peer-urls", "http://example.com:2380"],
            "expected IP in URL for binding (http://example.com:2380)"
        ),
        (
            ["--listen-client-urls", "https://127.0.0.1:1", "--advertise-client-urls", "https://127.0.0.1:1"],
            "TLS key/cert (--cert-file, --key-file) must be provided for client url https://127.0.0.1:1 with HTTPS scheme"
        ),
        (["--tls-min-version", "TLS1.0"], "unexpected TLS version \"TLS1.0\" (must be one of: TLS1.2, TLS1.3)"),
    ]

    @Test("settings that make no sense are refused in etcd's words", arguments: refusals)
    func refused(arguments: [String], text: String) {
        var warnings: [String] = []
        guard case .refused(let error, _) = FlagReading.read(arguments: arguments, environment: [], warnings: &warnings)
        else {
            Issue.record("\(arguments) was taken")
            return
        }
        #expect(error.description == text)
    }

    @Test("what this version cannot do is refused, unless it asks for what is the case anyway")
    func notKept() throws {
        guard case .refused(let error, _) = read("--auto-compaction-retention=1h").0 else {
            Issue.record("it was taken, and would have had no effect")
            return
        }
        #expect(error.description.contains("--auto-compaction-retention=1h"))
        _ = try settings("--auto-compaction-retention=0", "--enable-v2=false", "--corrupt-check-time=0")
        // What could not make a difference is taken.
        _ = try settings("--backend-bbolt-freelist-type=array", "--raft-read-timeout=10s")
    }

    @Test("help and version win")
    func words() {
        for word in ["-h", "--help", "-help"] {
            guard case .help = read("--name", "x", word).0 else {
                Issue.record("\(word)")
                return
            }
        }
        guard case .version = read("--version").0 else {
            Issue.record("--version")
            return
        }
        #expect(ServerVersion.banner.hasPrefix("etcd Version: 3.5."))
        #expect(Usage.flags.contains("--initial-cluster-token 'etcd-cluster'"))
    }

    @Test("the environment speaks where the command line is silent")
    func environment() throws {
        let settings = try settings("--data-dir=d", environment: [("ETCD_NAME", "e"), ("ETCD_SNAPSHOT_COUNT", "")])
        #expect(settings.name == "e")
        #expect(settings.snapshotCount == 100_000)
        guard case .refused(let both, _) = read("--name=x", environment: [("ETCD_NAME", "e")]).0 else {
            Issue.record("both were taken")
            return
        }
        #expect(
            both.description.hasPrefix("conflicting environment variable is shadowed by corresponding command-line"))
        guard case .refused(let bad, _) = read(environment: [("ETCD_HEARTBEAT_INTERVAL", "abc")]).0 else {
            Issue.record("abc was taken")
            return
        }
        #expect(bad.description == "invalid value \"abc\" for ETCD_HEARTBEAT_INTERVAL: parse error")
        let (_, warnings) = read(environment: [("ETCD_NOSUCH", "1"), ("PATH", "/bin")])
        #expect(warnings == ["unrecognized environment variable: ETCD_NOSUCH=1"])
    }

    @Test("URLs are sorted, without duplicates, and keep their spelling")
    func urls() throws {
        let list = try ServerURL.list("http://b:2, http://a:1,http://b:2,unix://x:1,https://[::1]:3")
        #expect(list.map(\.description) == ["http://a:1", "http://b:2", "https://[::1]:3", "unix://x:1"])
        #expect(list[2].host == "::1")
        #expect(list[2].isTLS)
    }

    @Test("the first members: the own name must be there, with the own addresses")
    func founders() throws {
        func error(_ arguments: String...) -> String {
            var warnings: [String] = []
            guard
                case .start(let settings) = FlagReading.read(arguments: arguments, environment: [], warnings: &warnings)
            else { return "refused" }
            do throws(SettingsError) {
                _ = try settings.bootstrap { _ in ByteSlice([UInt8](repeating: 7, count: 20)) }
                return ""
            } catch { return error.description }
        }
        #expect(error() == "")
        #expect(
            error("--name=x", "--initial-cluster=y=http://a:1")
                == "couldn't find local name \"x\" in the initial cluster configuration")
        #expect(
            error("--name=x", "--initial-cluster=x=http://127.0.0.1:1,y=http://127.0.0.1:1")
                .hasSuffix("has duplicate url"))
        #expect(
            error("--initial-cluster=default=http://127.0.0.1:9")
                .hasPrefix(
                    "--initial-cluster has default=http://127.0.0.1:9 but missing from --initial-advertise-peer-urls="))
        // Two names of one place are the same place.
        #expect(
            error(
                "--initial-cluster=default=http://localhost:9", "--initial-advertise-peer-urls=http://127.0.0.1:9")
                == "")
        #expect(error("--initial-cluster-state=existing").contains("clusters of one member"))
    }
}
