// EntryBytesTests.swift: the bytes of entries, as etcd writes them.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Member
import Membership
import Protobuf
import Raft
import RaftMessages
import Testing

@Suite("Entries for requests")
struct EntryBytesTests {
    @Test("A put is written as the generated messages, and etcd, write it, whatever the client's own order was")
    func puts() throws {
        let desk = try FirstStepsTests.ready()
        var requests: [PutRequest] = [PutRequest(key: "k000", value: "v0")]
        for bits in 0..<64 {
            var put = PutRequest(key: "key", value: bits & 1 == 0 ? "" : "some value", prevKV: bits & 2 != 0)
            // These would be refused at the door together with a value or a lease.
            put.ignoreValue = bits & 1 == 0 && bits & 4 != 0
            put.lease = bits & 8 == 0 ? .none : LeaseID(rawValue: bits & 16 == 0 ? -1 : 0x7000_0000_0000_0001)
            put.ignoreLease = bits & 8 == 0 && bits & 32 != 0
            requests.append(put)
        }
        for request in requests { desk.ask(.put, request) }
        // Fields in another order, and a number in more bytes than it needs.
        let odd = ByteSlice([0x20, 0x81, 0x00, 0x12, 0x01, 0x76, 0x0a, 0x01, 0x6b])
        desk.member.request(.put, odd.view, as: RequestID(rawValue: 5000), into: &desk.output)
        requests.append(PutRequest(key: "k", value: "v", prevKV: true))
        desk.turn()
        let entries = desk.writes.flatMap(\.entries)
        #expect(entries.count == requests.count)
        var last: UInt64 = 0
        for (entry, request) in zip(entries, requests) {
            let decoded = try InternalRaftRequest(decoding: entry.data)
            #expect(decoded.command == .put(request))
            let number = try #require(decoded.header?.id)
            #expect(
                entry.data == InternalRaftRequest(command: .put(request), header: RequestHeader(id: number)).encoded())
            // Low 16 bits of the member, then the time (1 ms) and a counter; each one more than the last.
            #expect(number >> 48 == 1 && number > last && (number & 0xFFFF_FFFF_FFFF) >> 8 == 1)
            last = number
        }
        // Byte for byte as in the log of a real member.
        #expect(
            entries[0].data.view.prefix(15).array.map { $0 }.starts(with: [
                0x22, 0x0a, 0x0a, 0x04, 0x6b, 0x30, 0x30, 0x30, 0x12, 0x02, 0x76, 0x30, 0xa2, 0x06,
            ]))
    }
}
