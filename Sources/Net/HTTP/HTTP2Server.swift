// HTTP2Server.swift: one HTTP/2 connection of a client, and what it may not do.
//
// nghttp2 keeps the rules of the protocol. What it does not know is cost: a PING is legal, a million of
// them are an attack. So each frame's nine-byte head passes here before it has cost anything, and is
// counted where it could be part of a flood:
//
//     frame            floods seen in the wild                      bucket
//     RST_STREAM       "rapid reset": open, cancel, repeat          resets
//     PING             each wants an answer                         pingFrames, and gRPC's policy
//     SETTINGS         each wants an acknowledgement                settingsFrames
//     DATA of 0 bytes  costs a stream look-up, brings nothing       uselessFrames
//     PRIORITY         deprecated, rebuilds a tree                  uselessFrames
//     WINDOW_UPDATE    of one byte each                             windowUpdates
//     CONTINUATION     header blocks without end                    nghttp2 (8), headerListBytes
//
// GRACEFUL END (RFC 9113, 6.8). A GOAWAY refuses streams above a number, but requests may be on their
// way. So first a GOAWAY with the highest number ("please stop"), then a PING; when its answer comes
// everything that was on its way has arrived, and the second GOAWAY names the last stream. Then the open
// streams run to their end.
//
// SHOWN BY  HTTP2ServerTests, LimitTests

internal import Bytes
internal import EventLoop
internal import HTTP2Session

/// The server's end of one HTTP/2 connection.
final class HTTP2ServerConnection {
    private unowned let owner: ServerConnection
    private var session: HTTP2Session!
    private var limits: HTTPLimits
    // What each request needs is a constant of our own: a constant of an object that is there is lent without counting it.
    private let info: ConnectionInfo
    private let loop: EventLoop
    private let service: any HTTPService
    private let counters: HTTPCounters
    private var sawSettings = false
    /// When the last request ended, or the connection began.
    private var idleSince: UInt64
    /// When the last byte of the peer's arrived.
    private var heardAt: UInt64
    private var headerBlockSince: UInt64?
    private var pingStrikes = 0
    private var lastPing: UInt64?
    private var keepalivePingAt: UInt64?
    private var drainingSince: UInt64?
    private var sentFinalGoAway = false
    private var bodyProgress: (bytes: UInt64, at: UInt64)

    private static let drainPing: UInt64 = 0x6472_6169_6E00_0001
    private static let keepalivePing: UInt64 = 0x616C_6976_6500_0001

    init(owner: ServerConnection, of server: HTTPServer, info: ConnectionInfo) {
        self.owner = owner
        limits = server.limits
        self.info = info
        loop = info.loop
        service = server.service
        counters = server.counters
        idleSince = info.loop.now
        heardAt = idleSince
        bodyProgress = (0, idleSince)
        var options = HTTP2Session.Options()
        options.maxConcurrentStreams = limits.concurrentStreams
        options.streamWindowBytes = limits.streamWindowBytes
        options.maxHeaderListBytes = limits.headerListBytes
        session = HTTP2Session(options, memory: server.memory, delegate: self)
        owner.wantsFlush()
    }

    func receive(_ bytes: ByteView) {
        heardAt = loop.now
        do throws(HTTP2Failure) {
            try session.receive(bytes)
        } catch {
            owner.meets(.malformed, "\(error); closed")
            session.goAway(error.code)
            owner.finish()
        }
        if session.isAborted || session.isOver { owner.finish() }
    }

    func produce(into output: inout ByteBuffer, limit: Int) -> Bool {
        let more = session.produce(into: &output, limit: limit)
        if session.isOver || sentFinalGoAway && session.openStreams == 0 { owner.finish() }
        return more
    }

    /// The client sends nothing more; on HTTP/2 that is the end of everything.
    func reachedEnd() { owner.close() }

    func closed() { session.closeAllStreams(.cancel) }

    /// No new requests; closes when the open ones are done.
    func drain() {
        guard drainingSince == nil else { return }
        drainingSince = loop.now
        session.announceShutdown()
        session.ping(Self.drainPing)
    }

    private func sendFinalGoAway() {
        guard !sentFinalGoAway else { return }
        sentFinalGoAway = true
        session.goAway(.noError)
    }

    /// Looks at the clock; called every now and then by the owner.
    func check(at now: UInt64) {
        if !sawSettings, now - heardAt > limits.headTime || now - idleSince > limits.headTime {
            return end(.headTime, "sent no SETTINGS in time", .settingsTimeout, "settings_timeout")
        }
        // A client that does not answer the PING of a shutdown has had its time.
        if let drainingSince, now - drainingSince > 1_000_000_000 { sendFinalGoAway() }
        if let since = headerBlockSince, now - since > limits.headTime {
            return end(.headTime, "did not finish a header block in time", .enhanceYourCalm, "slow_headers")
        }
        if session.sentBodyBytes != bodyProgress.bytes || session.outgoingBytes < 1 << 20 {
            bodyProgress = (session.sentBodyBytes, now)
        } else if now - bodyProgress.at > limits.writeTime {
            return end(
                .writeTime, "took nothing of \(session.outgoingBytes) waiting bytes", .enhanceYourCalm, "slow_reader")
        }
        if session.openStreams == 0 { session.trim() }
        if session.openStreams == 0, now - max(idleSince, heardAt) > limits.idleTime {
            owner.counts(.idleTime)
            session.goAway(.noError)
            return owner.finish()
        }
        checkKeepalive(at: now)
    }

    private func checkKeepalive(at now: UInt64) {
        guard let pings = limits.pings, let interval = pings.serverInterval else { return }
        if let sent = keepalivePingAt {
            if now - sent > pings.serverTimeout {
                owner.meets(.pingTimeout, "did not answer our ping in \(pings.serverTimeout / 1_000_000) ms; closed")
                owner.close()
            }
        } else if now - heardAt > interval {
            keepalivePingAt = now
            session.ping(Self.keepalivePing)
        }
    }

    /// Ends the connection for a bound that it met: GOAWAY with the code and a word, a log line, a count.
    private func end(_ limit: HTTPLimit, _ what: String, _ code: HTTP2ErrorCode, _ debug: StaticString) {
        guard !session.isAborted else { return }
        owner.meets(limit, "\(what); closed with \(code)")
        session.abort(code, debug: debug)
        owner.finish()
    }
}

extension HTTP2ServerConnection: HTTP2SessionDelegate {
    func sessionHasOutput(_ session: HTTP2Session) { owner.wantsFlush() }

    func session(_ session: HTTP2Session, opened stream: HTTP2Stream, head: HeaderList) {
        headerBlockSince = nil
        counters.requests += 1
        if session.outgoingBytes > limits.outgoingBytes {
            owner.meets(
                .outgoingBytes, "asked for more while \(session.outgoingBytes) bytes wait to be read; stream refused")
            stream.reset(.enhanceYourCalm)
            return
        }
        let exchange = HTTPExchange(stream: stream, head: head, connection: info)
        stream.handler = exchange
        service.serve(exchange)
    }

    func session(_ session: HTTP2Session, exceededHeaderLimit stream: HTTP2Stream) {
        headerBlockSince = nil
        guard limits.oversizedHeaders.take(at: loop.now) else {
            return end(.headerList, "sends huge header lists in masses", .enhanceYourCalm, "too_large_headers")
        }
        owner.meets(.headerList, "sent more than \(limits.headerListBytes) bytes of header fields; answered 431")
        let headers = HeaderList()
        headers.append(":status", literal: "431")
        session.respond(on: stream, headers, isEnd: true)
    }

    func session(_ session: HTTP2Session, beganFrame frame: HTTP2FrameHead) {
        let now = loop.now
        switch frame.kind {
        case .data:
            // The session tells only of those without bytes.
            if frame.length == 0, !frame.hasEndOrAckFlag, !limits.uselessFrames.take(at: now) { uselessFlood() }
        case .headers:
            headerBlockSince = now
            idleSince = now
        case .resetStream:
            if !limits.resets.take(at: now) {
                end(.resetFlood, "resets streams in masses", .enhanceYourCalm, "too_many_resets")
            }
        case .settings:
            if !frame.hasEndOrAckFlag, !limits.settingsFrames.take(at: now) {
                end(.settingsFlood, "sends settings in masses", .enhanceYourCalm, "too_many_settings")
            }
        case .ping:
            if !frame.hasEndOrAckFlag { judgePing(at: now) }
        case .windowUpdate:
            if !limits.windowUpdates.take(at: now) {
                end(.windowUpdateFlood, "opens windows in masses", .enhanceYourCalm, "too_many_window_updates")
            }
        case .continuation, .goAway: break
        case .priority, .pushPromise, nil:
            if !limits.uselessFrames.take(at: now) { uselessFlood() }
        }
    }

    private func uselessFlood() {
        end(.uselessFrames, "sends frames that mean nothing in masses", .enhanceYourCalm, "too_many_empty_frames")
    }

    /// gRPC's rule: pings closer than the minimum are strikes, unless we answered something in between;
    /// the third strike ends the connection. Without streams the minimum is two hours.
    private func judgePing(at now: UInt64) {
        if !limits.pingFrames.take(at: now) {
            return end(.pingFlood, "pings in masses", .enhanceYourCalm, "too_many_pings")
        }
        guard let policy = limits.pings else { return }
        if session.sentAnswer {
            session.sentAnswer = false
            pingStrikes = 0
            lastPing = now
            return
        }
        let isIdle = session.openStreams == 0 && !policy.permitsWithoutStream
        let minimum = isIdle ? 7_200_000_000_000 : policy.minimumInterval
        if let lastPing, now - lastPing < minimum { pingStrikes += 1 }
        lastPing = now
        if pingStrikes > 2 {
            end(
                .tooManyPings,
                "pings more often than every \(policy.minimumInterval / 1_000_000) ms, or without a call",
                .enhanceYourCalm, "too_many_pings")
        }
    }

    func session(_ session: HTTP2Session, receivedPing payload: UInt64, isAnswer: Bool) {
        guard isAnswer else { return }
        if payload == Self.drainPing { sendFinalGoAway() }
        if payload == Self.keepalivePing { keepalivePingAt = nil }
    }

    func sessionReceivedSettings(_ session: HTTP2Session) { sawSettings = true }

    func session(
        _ session: HTTP2Session, receivedGoAway code: HTTP2ErrorCode, lastStream: Int32, debug: ByteView
    ) {}
}
