// Main.swift: the program `etcd`.
//
// It reads what it was told, starts a server, and lets it run until somebody asks it to end. Everything else is in
// Sources/Server/EtcdServer.
//
//     exit code 0     --version, --help; or the end of process number 1
//               1     a setting that makes no sense; a directory that cannot be opened; a disk that failed
//               2     a flag that does not exist, or a value that is none
//     signal    15    SIGTERM, after everything is on the disk (a shell shows 143)

internal import Bytes
internal import EtcdServer
internal import EventLoop
internal import Files

@main
struct Etcd {
    static func main() {
        ThisProcess.acceptSignals()
        let arguments = Array(CommandLine.arguments.dropFirst())
        var warnings: [String] = []
        let verdict = FlagReading.read(
            arguments: arguments, environment: ThisProcess.environment, warnings: &warnings)
        switch verdict {
        case .version: say(ServerVersion.banner)
        case .help:
            complain(Usage.short)
            say(Usage.flags)
        case .misused(let text):
            complain(text + "\n" + Usage.short)
            ThisProcess.exit(2)
        case .refused(let error, let settings):
            let log = log(settings)
            announce(log, warnings)
            log.warn("failed to verify flags") { $0.error(error) }
            ThisProcess.exit(1)
        case .start(let settings):
            let log = log(settings)
            announce(log, warnings)
            serve(settings, log)
        }
    }

    private static func log(_ settings: Settings) -> ServerLog {
        guard let level = ServerLog.Level(rawValue: settings.logLevel) else {
            complain("unrecognized level: \"\(settings.logLevel)\"\n")
            ThisProcess.exit(2)
        }
        return ServerLog(level: level, outputs: settings.logOutputs)
    }

    private static func announce(_ log: ServerLog, _ warnings: [String]) {
        log.info("Running: ") { $0.texts("args", CommandLine.arguments) }
        for warning in warnings { log.warn(warning) }
    }

    private static func serve(_ settings: Settings, _ log: ServerLog) {
        if settings.dataDirectory.isEmpty {
            log.warn("'data-dir' was empty; using default") { $0.text("data-dir", settings.directory) }
        }
        let server: EtcdServer
        do throws(StartFailure) {
            server = try EtcdServer.start(settings, log: log)
        } catch {
            log.warn("failed to start etcd") { $0.error(error) }
            // etcd says so whatever the reason is, and scripts look for it.
            log.write(.fatal, "discovery failed") { $0.error(error) }
            ThisProcess.exit(1)
        }
        let signal = server.run()
        ThisProcess.die(ofSignal: signal.rawValue)
    }

    private static func say(_ text: String) {
        let bytes = ByteSlice(utf8: text)
        ThisProcess.say(bytes.view)
    }

    private static func complain(_ text: String) {
        let bytes = ByteSlice(utf8: text)
        ThisProcess.complain(bytes.view)
    }
}
