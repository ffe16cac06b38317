// Ending.swift: how a server stops, on purpose or because it must.
//
// ASKED TO (SIGTERM, SIGINT). Who is being served is served to the end, for as long as a request may take; streams that never
// end are ended. Then the database takes in what was applied, the log's thread and the pages' thread do what they
// were given, and the process dies of the signal that it was sent.
//
//     signal --> no new connections, open calls end --> member.stop --> pages durable --> loop ends --> threads end --> die
//
// A SECOND SIGNAL does not wait any longer.
//
// FORCED TO (a disk failed, the database file was cut, the member found something that cannot be). Nothing more is told to
// anybody: the process ends in the middle of the turn, with answers of this turn unsent. They were not given, so
// nothing that a client knows becomes untrue.

internal import Bytes
internal import EtcdAPI
internal import EventLoop
internal import Files
internal import GRPC
internal import HTTP
internal import HTTP2Session
internal import Member
internal import StorageThreads
internal import TraceFiles

/// How far an end has come.
struct Ending {
    /// The signal that asked for it; nil while nobody has.
    var signal: Signal?
    /// Whether the member was told.
    var isClosing = false
}

extension EtcdServer {
    // MARK: Asked to

    func end(because signal: Signal) {
        log.info("received signal; shutting down") {
            $0.text("signal", signal == .interrupt ? "interrupt" : "terminated")
        }
        guard ending.signal == nil else { ThisProcess.die(ofSignal: signal.rawValue) }
        ending.signal = signal
        log.info("closing etcd server") {
            $0.text("name", settings.name)
            $0.text("data-dir", settings.directory)
        }
        // Streams would hold the door open for ever.
        for watch in Array(watches.values) { watch.fail(APIError.stopped.status) }
        clients.shutdown(within: settings.requestMilliseconds * 1_000_000) { [unowned self] in closeMember() }
        peers.closeAll()
    }

    private func closeMember() {
        guard !ending.isClosing else { return }
        ending.isClosing = true
        enter()
        member.stop(into: &output)
        endIfClosed()
    }

    /// Everything that the member wants on the disk is there.
    func endIfClosed() {
        guard ending.isClosing, member.isClosed else { return }
        loop.stop()
    }

    /// After the last turn: the threads do what they were given, and end.
    func finishEnding() -> Signal {
        handOverRecords()
        logThread.stop()
        pageThread.stop()
        log.info("closed etcd server") {
            $0.text("name", settings.name)
            $0.text("data-dir", settings.directory)
        }
        trace?.close()
        return ending.signal ?? .terminate
    }

    // MARK: Forced to

    /// E2: what was read where the file ended is zeros, and nobody must get them.
    func stopIfFileWasCut() {
        if let reason = cutReason { stopNow(reason) }
    }

    /// Why nothing that was read from the database may be trusted any more; nil while it may.
    private var cutReason: String? {
        guard database.mapping.wasCut else { return nil }
        return "\(database.file.path): another program has cut the database file while it was read. Nothing of this "
            + "turn was sent. Remove this member from the cluster and add it again with an empty directory, or restore "
            + "it from a snapshot."
    }

    /// The member gave up. Where the file was cut, whatever the member found is only what follows from that.
    func stopNow(because reason: String) -> Never { stopNow(cutReason ?? reason) }

    /// Ends the process at once.
    func stopNow(_ reason: String) -> Never {
        log.write(.fatal, "stopping: this member must not go on") { $0.text("error", reason) }
        trace?.close()
        ThisProcess.exit(1)
    }
}
