// MessageBenchmarks.swift: what do the messages of a put and of a range cost?
//
//     ETCD_BENCH=1 swift run -c release MessageBenchmarks
//
// Without ETCD_BENCH it runs a few rounds and prints nothing but trouble, so that it cannot rot. In both cases it
// fails when something allocates that should not, or reads something else than was written. The limits of
// time count only in a full run: a busy machine must not fail a test.
//
//     what                                      limit       allocations
//     decode a PutRequest into a view           15 ns       0
//     decode a PutRequest that shares its input             0 for the fields (the input is one block)
//     encode a RangeResponse with one pair      60 ns       0 into a buffer that is used again
//
// The digest depends on every byte that was read or written: whoever makes this faster by doing less changes it.

import AllocationCounter
import Bytes
import EtcdAPI
import Glibc
import Identifiers
import Protobuf
import RaftMessages

/// One line of the result.
struct Measurement {
    let what: String
    let nanoseconds: Double
    let allocations: Double
    let digest: UInt64

    /// For people.
    var line: String {
        let time = (nanoseconds * 10).rounded() / 10
        let calls = (allocations * 10).rounded() / 10
        return "\(what): \(time) ns, \(calls) allocations (digest \(String(digest, radix: 16)))"
    }
}

/// How many times each thing is measured. Many short measurements find a quiet moment of a busy machine.
let samples = 500

/// Runs `body` `rounds` times in each sample and keeps the best time: what disturbs a measurement only ever adds.
/// A word on the command line chooses what is measured, for a profiler's sake.
func measure(_ what: String, rounds: Int, _ body: (Int) -> UInt64) -> Measurement? {
    if let chosen = CommandLine.arguments.dropFirst().first, !what.contains(chosen) { return nil }
    var digest: UInt64 = 0
    _ = body(0)
    var best = Duration.seconds(3600)
    let before = allocations_so_far()
    for _ in 0..<samples {
        let elapsed = ContinuousClock().measure {
            for round in 0..<rounds { digest = digest &* 31 &+ body(round) }
        }
        best = min(best, elapsed)
    }
    let allocations = Double(allocations_so_far() - before) / Double(samples * rounds)
    let nanoseconds = Double(best.components.attoseconds) / 1e9 + Double(best.components.seconds) * 1e9
    return Measurement(
        what: what, nanoseconds: nanoseconds / Double(rounds), allocations: allocations, digest: digest)
}

@main
struct MessageBenchmarks {
    /// 16 bytes of key, 256 of value.
    static let put = PutRequest(key: "0123456789abcdef", value: ByteSlice([UInt8](repeating: 7, count: 256)))

    /// The same with a lease, whose number takes nine bytes.
    static let leased = PutRequest(key: put.key, value: put.value, lease: 0x7b1f_a1f8_13cb_d206)

    /// The reply to a read of that key, with or without a lease. Identifiers have nine and ten bytes, as real ones do.
    static func reply(_ put: PutRequest) -> RangeResponse {
        RangeResponse(
            header: ResponseHeader(
                clusterID: 0x74d6_63e0_11ff_db78, memberID: 0xa3e8_3f3a_1a14_fb1f, revision: 1_234_567, raftTerm: 12),
            kvs: [
                KeyValue(
                    key: put.key, createRevision: 1000, modRevision: 1_234_567, version: 300, value: put.value,
                    lease: put.lease)
            ],
            count: 1)
    }

    static func main() {
        let full = benchmarks_are_full()
        let rounds = full ? 20_000 : 10
        if full { print("best of \(samples) times \(rounds) rounds; key 16 bytes, value 256 bytes") }
        let results = (views(rounds) + owned(rounds) + encoding(rounds)).compactMap { $0 }
        var failures: [String] = []
        for result in results {
            if full {
                print(result.line)
            }
            if let limit = limits[result.what] {
                // Half an allocation in a thousand rounds is somebody else's.
                if result.allocations > limit.allocations + 0.01 {
                    failures.append("\(result.what) allocates \(result.allocations) times")
                }
                if full, result.nanoseconds > limit.nanoseconds {
                    failures.append("\(result.what) takes \(result.nanoseconds) ns; \(limit.nanoseconds) is the limit")
                }
            }
        }
        for failure in failures { print("FAILED:", failure) }
        // The line by which Tests/run.sh knows how it went.
        print("\(results.count - failures.count) passed, \(failures.count) failed")
        exit(failures.isEmpty ? 0 : 1)
    }

    /// What was promised.
    static let limits: [String: (nanoseconds: Double, allocations: Double)] = [
        "decode PutRequest into a view": (15, 0),
        "decode PutRequest with a lease into a view": (.infinity, 0),
        "decode TxnRequest into a view, walk along it": (.infinity, 0),
        "decode PutRequest, sharing its input": (.infinity, 0),
        "encode RangeResponse with one pair": (60, 0),
        "encode RangeResponse with one pair and its lease": (.infinity, 0),
        "encode Message with four entries": (.infinity, 0),
    ]

    // MARK: What is measured

    static func views(_ rounds: Int) -> [Measurement?] {
        let bytes = put.encoded()
        let leasedBytes = leased.encoded()
        let transaction = TxnRequest(
            compare: [Compare(result: .equal, target: .mod, key: put.key, targetUnion: .modRevision(1000))],
            success: [RequestOp(request: .requestPut(put))],
            failure: [RequestOp(request: .requestRange(RangeRequest(key: put.key)))]
        ).encoded()
        return [
            measure("decode PutRequest into a view", rounds: rounds) { round in
                guard let view = try? PutRequest.View(decoding: bytes.view) else { return 0 }
                return UInt64(view.key[round & 15]) &+ UInt64(view.value[round & 255])
            },
            measure("decode PutRequest with a lease into a view", rounds: rounds) { round in
                guard let view = try? PutRequest.View(decoding: leasedBytes.view) else { return 0 }
                return UInt64(view.key[round & 15]) &+ UInt64(view.value[round & 255]) &+ view.lease.wireBits
            },
            measure("decode TxnRequest into a view, walk along it", rounds: rounds) { _ in
                guard let view = try? TxnRequest.View(decoding: transaction.view) else { return 0 }
                var sum: UInt64 = 0
                for compare in view.compare { sum &+= UInt64(compare.key[0]) }
                for operation in view.success {
                    if case .requestPut(let put) = operation.request { sum &+= UInt64(put.value[255]) }
                }
                return sum
            },
        ]
    }

    static func owned(_ rounds: Int) -> [Measurement?] {
        let bytes = put.encoded()
        let view = bytes.view
        return [
            measure("decode PutRequest, sharing its input", rounds: rounds) { round in
                guard let put = try? PutRequest(decoding: bytes) else { return 0 }
                return UInt64(put.key[round & 15]) &+ UInt64(put.value[round & 255]) &+ put.lease.wireBits
            },
            measure("decode PutRequest from a copy of its input", rounds: rounds) { round in
                guard let put = try? PutRequest(decoding: view) else { return 0 }
                return UInt64(put.key[round & 15]) &+ UInt64(put.value[round & 255])
            },
        ]
    }

    static func encoding(_ rounds: Int) -> [Measurement?] {
        var buffer = ByteBuffer(capacity: 4096)
        let plain = reply(put)
        let withLease = reply(leased)
        let range = measure("encode RangeResponse with one pair", rounds: rounds) { round in
            buffer.removeAll()
            plain.encode(into: &buffer)
            return UInt64(buffer.view[round & 255]) &+ UInt64(buffer.count)
        }
        let leasedRange = measure("encode RangeResponse with one pair and its lease", rounds: rounds) { round in
            buffer.removeAll()
            withLease.encode(into: &buffer)
            return UInt64(buffer.view[round & 255]) &+ UInt64(buffer.count)
        }
        let entries = (1...4).map { Entry(term: 12, index: LogIndex(rawValue: 1_000_000 + $0), data: put.encoded()) }
        let message = Message(
            type: .app, to: 0xa3e8_3f3a_1a14_fb1f, from: 0x74d6_63e0_11ff_db78, term: 12, logTerm: 12, index: 1_000_000,
            entries: entries, commit: 999_999)
        let append = measure("encode Message with four entries", rounds: rounds) { round in
            buffer.removeAll()
            message.encode(into: &buffer)
            return UInt64(buffer.view[round % 1000]) &+ UInt64(buffer.count)
        }
        return [range, leasedRange, append]
    }
}
