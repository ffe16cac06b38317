// MemberBenchmarkTests.swift: what a request costs the thread that owns the member, without sockets and disks.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Foundation
import Identifiers
import MVCC
import Member
import Membership
import Protobuf
import Raft
import RaftMessages
import Testing

@Suite("What requests cost", .serialized)
struct MemberBenchmarkTests {
    private static let isFull = ProcessInfo.processInfo.environment["ETCD_BENCH"] != nil

    /// Puts `count` times in turns of `batch`, and answers a digest of all that was answered.
    private func put(_ desk: Desk, count: Int, batch: Int, keys: Int) -> Int {
        var digest = 0
        var requests: [ByteSlice] = []
        let value = ByteSlice([UInt8](repeating: 0x76, count: 256))
        for number in 0..<min(keys, count) {
            let key = ByteSlice(utf8: "key-\(1_000_000_000_00 + (number &* 7919) % keys)")
            requests.append(PutRequest(key: key, value: value).encoded())
        }
        var sent = 0
        var pending: [UInt64] = []
        while sent < count {
            for _ in 0..<min(batch, count - sent) {
                desk.member.request(
                    .put, requests[sent % requests.count].view, as: RequestID(rawValue: UInt64(sent)),
                    into: &desk.output)
                sent += 1
            }
            desk.member.finishTurn(into: &desk.output)
            var ticket = Raft.Ticket.zero
            digest &+= drain(desk, &ticket, &pending)
            desk.member.logDurable(ticket, into: &desk.output)
            desk.now += 1
            desk.member.advance(toMilliseconds: desk.now, into: &desk.output)
            desk.member.finishTurn(into: &desk.output)
            digest &+= drain(desk, &ticket, &pending)
            for transaction in pending { desk.member.pagesDurable(transaction, into: &desk.output) }
            pending.removeAll(keepingCapacity: true)
        }
        return digest
    }

    private func drain(_ desk: Desk, _ ticket: inout Raft.Ticket, _ pending: inout [UInt64]) -> Int {
        var digest = 0
        for order in desk.output.orders {
            switch order {
            case .persist(let place): ticket = max(ticket, desk.output.raft.writes[place].ticket)
            case .answer(_, _, let count): digest &+= count
            case .pages(let place):
                desk.disks.write(desk.output.batches[place])
                pending.append(desk.output.batches[place].transaction)
            default: break
            }
        }
        desk.output.removeAll()
        return digest
    }

    @Test("bench: puts of 256 bytes", arguments: [1, 16, 256])
    func puts(batch: Int) throws {
        let desk = try FirstStepsTests.ready()
        let rounds = Self.isFull ? 200_000 : 500
        var digest = 0
        let warm = put(desk, count: rounds / 10 + batch, batch: batch, keys: 100_000)
        let nanoseconds = Self.cpu { digest = put(desk, count: rounds, batch: batch, keys: 100_000) } / rounds
        #expect(digest > 0 && warm > 0)
        if Self.isFull { print("puts, \(batch) a turn: \(nanoseconds) ns of CPU each; digest \(digest)") }
    }

    @Test("bench: reads of one key", arguments: [true, false])
    func reads(serializable: Bool) throws {
        let desk = try FirstStepsTests.ready()
        let keys = Self.isFull ? 100_000 : 100
        _ = put(desk, count: keys, batch: 256, keys: keys)
        desk.settle()
        desk.output.removeAll()
        let rounds = Self.isFull ? 2_000_000 : 500
        let requests = (0..<keys).map { number in
            RangeRequest(
                key: ByteSlice(utf8: "key-\(1_000_000_000_00 + number)"), serializable: serializable
            ).encoded()
        }
        var digest = 0
        let nanoseconds = Self.cpu {
            for round in 0..<rounds {
                desk.member.request(
                    .range, requests[(round &* 7919) % keys].view, as: RequestID(rawValue: 1), into: &desk.output)
                if round % 16 == 15 {
                    digest &+= desk.output.bytes.count
                    desk.member.finishTurn(into: &desk.output)
                    desk.output.removeAll()
                }
            }
        }
        #expect(digest > 0)
        if Self.isFull {
            let kind = serializable ? "serializable" : "linearizable"
            print("\(kind) reads: \(nanoseconds / rounds) ns of CPU each; digest \(digest)")
        }
    }

    /// How many nanoseconds of the processor this takes: what others do on the machine meanwhile does not count.
    private static func cpu(_ body: () -> Void) -> Int {
        let start = clock()
        body()
        return Int(clock() - start) * (1_000_000_000 / Int(CLOCKS_PER_SEC))
    }
}
