// HTTPLimits.swift: what one client may cost us.
//
// A server on a network meets three kinds of trouble: the careless (opens connections and forgets them),
// the slow (reads a byte a second) and the hostile (ten thousand resets a second). None of them may harm
// the others, so everything that a client can make us hold or do has a bound here. At the bound that one
// connection is ended with the code that the protocol has for it, a line is logged, and a counter goes up.
//
//     limit                  what it stops                               how it ends
//     headTime               connections that say nothing, or half       closed; HTTP/1.1: 408
//     idleTime               connections that have nothing more to say   GOAWAY NO_ERROR; closed
//     writeTime              readers that do not read                    closed
//     bodyTime               HTTP/1.1 bodies that do not come            408
//     headerListBytes        huge header lists                           431
//     outgoingBytes          answers that pile up unread                 ENHANCE_YOUR_CALM
//     connections            too many of them                            closed at once
//     FloodLimits            frames that cost more than they bring       GOAWAY ENHANCE_YOUR_CALM
//     PingPolicy             gRPC clients that ping too often            GOAWAY too_many_pings
//
// WHY BUCKETS? Bursts are normal: a client that ends cancels all its streams at once. So each kind of frame
// has a bucket that holds a burst and refills with the rate that can be sustained.
//
// SHOWN BY  LimitTests, Tests/Interop/attacks.py

package import EventLoop

/// A bucket of permissions: `burst` at once, `perSecond` for ever.
package struct TokenBucket: Sendable {
    /// How many at once.
    package let burst: Double
    /// How many a second in the long run.
    package let perSecond: Double
    private var level: Double
    private var filledAt: UInt64 = 0

    /// A full bucket.
    package init(burst: Double, perSecond: Double) {
        self.burst = burst
        self.perSecond = perSecond
        level = burst
    }

    /// Takes one permission; false when there is none.
    package mutating func take(at now: UInt64) -> Bool {
        if level < 1 || now &- filledAt > 1_000_000_000 {
            level = min(burst, level + Double(now &- filledAt) / 1e9 * perSecond)
            filledAt = now
        }
        guard level >= 1 else { return false }
        level -= 1
        return true
    }
}

/// How often a gRPC client may ping, as gRPC's servers enforce it.
package struct PingPolicy: Sendable {
    /// Pings closer together than this are strikes; after two strikes the third ends the connection.
    package var minimumInterval: UInt64 = 5_000_000_000
    /// Whether a client without an open stream may ping at all (at most every two hours otherwise).
    package var permitsWithoutStream = false
    /// How long nothing is heard before we ping the client; nil for never.
    package var serverInterval: UInt64? = 7_200_000_000_000
    /// How long its answer may take.
    package var serverTimeout: UInt64 = 20_000_000_000

    /// etcd's defaults.
    package init() {}
}

/// What one connection may cost; times in nanoseconds.
package struct HTTPLimits: Sendable {
    /// From accepting, or from the first byte of a request, until its head is complete.
    package var headTime: UInt64 = 30_000_000_000
    /// Without any request open.
    package var idleTime: UInt64 = 5 * 60_000_000_000
    /// Without any byte taken by the client while some wait.
    package var writeTime: UInt64 = 60_000_000_000
    /// Between two parts of an HTTP/1.1 body.
    package var bodyTime: UInt64 = 60_000_000_000
    /// A TLS handshake, from its beginning.
    package var handshakeTime: UInt64 = 10_000_000_000
    /// A header list, as HTTP/2 counts it.
    package var headerListBytes = 64 * 1024
    /// Answers that wait in all streams of a connection, before further requests on it are refused.
    package var outgoingBytes = 64 * 1024 * 1024
    /// Connections at once, over all listeners of a server.
    package var connections = 60_000
    /// Streams at once on a connection; nil for no limit, which is etcd's default.
    package var concurrentStreams: UInt32?
    /// Bytes that a client may send on a stream before the service takes some.
    package var streamWindowBytes: Int32 = 256 * 1024
    /// gRPC's rules about pings; nil where no gRPC is served.
    package var pings: PingPolicy? = PingPolicy()

    /// RST_STREAM frames of the client.
    package var resets = TokenBucket(burst: 1_000, perSecond: 200)
    /// PING frames, apart from gRPC's own policy.
    package var pingFrames = TokenBucket(burst: 100, perSecond: 10)
    /// SETTINGS frames.
    package var settingsFrames = TokenBucket(burst: 50, perSecond: 5)
    /// DATA frames without bytes and without an end, PRIORITY frames, frames of unknown kinds.
    package var uselessFrames = TokenBucket(burst: 1_000, perSecond: 100)
    /// Header lists beyond `headerListBytes`: each is answered, but unpacking one can cost milliseconds.
    package var oversizedHeaders = TokenBucket(burst: 10, perSecond: 1)
    /// WINDOW_UPDATE frames: an honest client sends about one for each DATA frame that it gets.
    package var windowUpdates = TokenBucket(burst: 20_000, perSecond: 20_000)

    /// The defaults.
    package init() {}
}

/// Which bound a connection met.
package enum HTTPLimit: String, CaseIterable, Sendable {
    /// Said nothing, or half a request, for too long.
    case headTime = "head_time"
    /// Had nothing to say for too long.
    case idleTime = "idle_time"
    /// Did not read.
    case writeTime = "write_time"
    /// Did not send the body that it announced.
    case bodyTime = "body_time"
    /// Did not finish the TLS handshake.
    case handshakeTime = "handshake_time"
    /// Sent too many or too long header fields.
    case headerList = "header_list"
    /// Asked for more while much was unread.
    case outgoingBytes = "outgoing_bytes"
    /// One connection too many.
    case connections = "connections"
    /// Resets its own streams in masses.
    case resetFlood = "reset_flood"
    /// Pings in masses.
    case pingFlood = "ping_flood"
    /// Changes its settings in masses.
    case settingsFlood = "settings_flood"
    /// Sends frames that mean nothing.
    case uselessFrames = "useless_frames"
    /// Opens windows in masses.
    case windowUpdateFlood = "window_update_flood"
    /// Pings more often than gRPC permits.
    case tooManyPings = "too_many_pings"
    /// Does not answer our ping.
    case pingTimeout = "ping_timeout"
    /// Sent bytes that are not the protocol.
    case malformed = "malformed"
    /// Spoke TLS where we do not.
    case tlsOnPlainPort = "tls_on_plain_port"
    /// Did not speak TLS where we do.
    case plainOnTLSPort = "plain_on_tls_port"
    /// The TLS handshake failed.
    case handshakeFailed = "handshake_failed"
}

/// Something about a connection that an operator may want to read; the shell makes log lines of it.
package struct HTTPEvent: Sendable, CustomStringConvertible {
    /// Which bound was met.
    package let limit: HTTPLimit
    /// Who.
    package let peer: SocketAddress
    /// What it did, what we did about it, and what to do if that is a mistake.
    package let explanation: String

    /// For the log.
    package var description: String { "\(limit.rawValue) from \(peer): \(explanation)" }
}

/// What a server has seen. Confined to its loop; the metrics of several loops are added up.
package final class HTTPCounters {
    /// Connections accepted.
    package internal(set) var accepted: UInt64 = 0
    /// Connections open now.
    package internal(set) var open = 0
    /// Requests whose head arrived.
    package internal(set) var requests: UInt64 = 0
    /// How often each bound was met.
    package internal(set) var limits: [HTTPLimit: UInt64] = [:]
    /// Bytes from clients and to them, without TLS.
    package internal(set) var receivedBytes: UInt64 = 0
    /// Bytes to clients, without TLS.
    package internal(set) var sentBytes: UInt64 = 0

    init() {}

    /// How often a bound was met.
    package subscript(_ limit: HTTPLimit) -> UInt64 { limits[limit] ?? 0 }
}
