// Loader.swift: puts of random keys, as many at a time as one asks for.
//
//     loader HOST:PORT CONNECTIONS STREAMS REQUESTS KEYS
//
// h2load sends the same bytes again and again, so each of its processes writes one key only, and a store that
// keeps the newest keys at hand looks better than it is. This one draws each key (16 bytes) from KEYS of them,
// with a value of 256 bytes. CONNECTIONS x STREAMS requests are under way at any time: each answer is at once
// followed by the next request. What comes out is one line of JSON:
//
//     {"requests":100000,"seconds":3.1,"p50_us":700,"p99_us":1800,"failed":0}
//
// The keys are those with which the comparison fills a store ("key-" and twelve digits). SHOWN BY compare.sh

internal import Bytes
internal import EventLoop
internal import GRPC
internal import HTTP2Session

#if canImport(Glibc)
    internal import Glibc
#endif

/// A request that is made again and again: one of the many that are under way.
final class Lane: GRPCClientHandler {
    private unowned let load: Load
    private let channel: GRPCChannel
    private var began: UInt64 = 0

    init(_ load: Load, on channel: GRPCChannel) {
        self.load = load
        self.channel = channel
    }

    /// Sends the next request, if there is one.
    func next() {
        guard let key = load.draw() else { return }
        began = EventLoop.preciseNow
        let call = channel.call("/etcdserverpb.KV/Put", waitsForReady: true, handler: self)
        call.send { buffer in
            // PutRequest: field 1 is the key, field 2 the value.
            buffer.append(literal: "\u{0A}\u{10}key-")
            buffer.append(digits(of: key))
            buffer.append(load.value)
        }
        call.finishSending()
    }

    func call(_ call: GRPCClientCall, received message: ByteView) {}
    func callEnded(_ call: GRPCClientCall, _ status: GRPCStatus, trailers: HeaderList?) {
        load.answered(after: EventLoop.preciseNow &- began, ok: status.code == .ok)
        next()
    }
}

/// Twelve decimal digits.
func digits(of number: UInt64) -> [UInt8] {
    var digits = [UInt8](repeating: 0x30, count: 12)
    var rest = number
    for index in digits.indices.reversed() {
        digits[index] += UInt8(rest % 10)
        rest /= 10
    }
    return digits
}

/// All lanes together.
final class Load {
    let value: [UInt8] = [0x12, 0x80, 0x02] + [UInt8](repeating: 0x76, count: 256)
    private let loop: EventLoop
    private let keys: UInt64
    private let requests: Int
    private var asked = 0
    private var failed = 0
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var microseconds: [UInt32] = []
    private var channels: [GRPCChannel] = []
    private var lanes: [Lane] = []

    init(to endpoint: Endpoint, connections: Int, streams: Int, requests: Int, keys: UInt64, on loop: EventLoop) {
        self.loop = loop
        self.keys = keys
        self.requests = requests
        microseconds.reserveCapacity(requests)
        channels = (0..<connections).map { _ in GRPCChannel(to: [endpoint], on: loop) }
        lanes = channels.flatMap { channel in (0..<streams).map { _ in Lane(self, on: channel) } }
    }

    /// A random key (xorshift), or nothing when all requests have been made.
    func draw() -> UInt64? {
        guard asked < requests else { return nil }
        asked += 1
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state % keys
    }

    func answered(after nanoseconds: UInt64, ok: Bool) {
        microseconds.append(UInt32(min(nanoseconds / 1_000, UInt64(UInt32.max))))
        if !ok { failed += 1 }
        if microseconds.count == requests { loop.stop() }
    }

    func run() {
        let began = EventLoop.preciseNow
        for lane in lanes { lane.next() }
        loop.run()
        let milliseconds = (EventLoop.preciseNow - began) / 1_000_000
        microseconds.sort()
        let rate = "\"seconds\":\(milliseconds / 1_000).\(String(1_000 + milliseconds % 1_000).dropFirst())"
        let half = microseconds[microseconds.count / 2]
        let most = microseconds[microseconds.count * 99 / 100]
        print("{\"requests\":\(requests),\(rate),\"p50_us\":\(half),\"p99_us\":\(most),\"failed\":\(failed)}")
    }
}

/// The program.
@main
struct Loader {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let endpoint = Endpoint(arguments[1]), let connections = Int(arguments[2]),
            let streams = Int(arguments[3]), let requests = Int(arguments[4]), let keys = UInt64(arguments[5]),
            connections > 0, streams > 0, requests > 0, keys > 0
        else {
            print("usage: loader HOST:PORT CONNECTIONS STREAMS REQUESTS KEYS")
            exit(2)
        }
        let loop = EventLoop()
        let load = Load(
            to: endpoint, connections: connections, streams: streams, requests: requests, keys: keys, on: loop)
        load.run()
    }
}
