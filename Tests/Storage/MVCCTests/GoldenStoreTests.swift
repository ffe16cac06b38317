// GoldenStoreTests.swift: histories that real etcd wrote, read by us.
//
// Golden/history-VERSION.json says what that server answered about Golden/Bolt/etcd-VERSION.db (two compactions, leases, deletions):
// HashKV at several revisions and whole ranges. Golden/hashkv-worked.json is a small history with its hash at every revision.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Foundation
import Identifiers
import JSON
import MVCC
import Testing

@Suite("Histories of real etcd")
struct GoldenStoreTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private func bytes(_ path: String) throws -> ByteSlice {
        ByteSlice([UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(path))))
    }

    private func json(_ path: String) throws -> JSONValue {
        let text = try bytes(path)
        return try JSONValue(parsing: text.view)
    }

    private func base64(_ value: JSONValue?) -> ByteSlice {
        guard let text = value?.string, !text.isEmpty else { return ByteSlice() }
        return (try? Base64.decode(ByteSlice(utf8: text))) ?? ByteSlice()
    }

    @Test("hashes and ranges are what the server said", arguments: ["3.5.1", "3.4.23", "3.6.14"])
    func server(version: String) throws {
        let fixture = try Fixture(MemoryFile(try bytes("../Golden/Bolt/etcd-\(version).db")))
        let expect = try json("Golden/history-\(version).json")
        #expect(fixture.store.revision.rawValue == expect["current_revision"]?.integer())
        #expect(fixture.store.compacted.rawValue == expect["compact_revision"]?.integer())
        #expect(!fixture.store.isCompacting && fixture.store.check() == nil)
        let hashes = try #require(expect["hashkv_final"]?.elements)
        #expect(hashes.count >= 5)
        for hash in hashes {
            let at: Int64 = try #require(hash["rev"]?.integer())
            let mine = try fixture.hash(at, budget: 50)
            #expect(mine.hash == hash["hash"]?.integer(), "at \(at)")
            #expect(mine.compacted == hash["compact_revision"]?.integer(), "at \(at)")
        }
        for range in try #require(expect["range_all"]?.elements) {
            let at: Int64 = try #require(range["revision"]?.integer())
            let request = RangeRequest(key: ByteSlice([0]), rangeEnd: ByteSlice([0]), revision: Revision(rawValue: at))
            let mine = try fixture.range(request, budget: 33)
            let theirs = try #require(range["kvs"]?.elements).map { pair in
                KeyValue(
                    key: base64(pair["key"]),
                    createRevision: Revision(rawValue: pair["create_revision"]?.integer() ?? 0),
                    modRevision: Revision(rawValue: pair["mod_revision"]?.integer() ?? 0),
                    version: pair["version"]?.integer() ?? 0, value: base64(pair["value"]),
                    lease: LeaseID(rawValue: pair["lease"]?.integer() ?? 0))
            }
            #expect(mine.kvs == theirs && mine.count == range["count"]?.integer(), "at \(at)")
            // Without values: from the index, where it knows enough, and from the file where it does not.
            var keysOnly = request
            keysOnly.keysOnly = true
            let bare = theirs.map { pair in
                var pair = pair
                pair.value = ByteSlice()
                return pair
            }
            #expect(try fixture.range(keysOnly).kvs == bare, "at \(at)")
        }
    }

    @Test("a worked history: the hash at every revision")
    func worked() throws {
        let expect = try json("Golden/hashkv-worked.json")
        let file = MemoryFile()
        var backend = try file.open()
        for record in try #require(expect["key_bucket"]?.elements) {
            let parts = (record.elements ?? []).map { ByteSlice([UInt8](hex: $0.string ?? "")) }
            let (key, value) = (parts[0], parts[1])
            try backend.put(key.view, value.view, in: .key)
        }
        if let batch = try backend.commit() {
            file.carryOut(batch)
            backend.becameDurable(batch.transaction)
        }
        let fixture = try Fixture(file)
        #expect(fixture.store.revision == 11)
        for pair in try #require(expect["hashkv"]?.elements) {
            let at: Int64 = try #require(pair.elements?[0].integer())
            let mine = try fixture.hash(at)
            #expect(mine.hash == pair.elements?[1].integer() && mine.compacted == -1, "at \(at)")
        }
    }

    @Test("the hash at the compact revision is that of before the compaction, with the compact revision of before")
    func remembered() throws {
        let fixture = try Fixture()
        for number in 0..<40 { try fixture.put("k\(number % 7)", "\(number)") }
        try fixture.delete("k3")
        let before = try fixture.hash(30)
        try fixture.compact(30)
        let after = try fixture.hash(30)
        #expect(after.hash == before.hash && after.compacted == -1)
        let next = try fixture.hash(40)
        #expect(next.compacted == 30)
        try fixture.compact(40)
        #expect(try fixture.hash(40) == next)
        #expect(try refusal { _ = try fixture.hash(39) } == .compacted)
        #expect(try refusal { _ = try fixture.hash(43) } == .futureRevision)
        // Nothing lies at or before a revision that never was.
        #expect(try fixture.hash(-1).hash == 1_084_519_789)
    }
}

extension [UInt8] {
    fileprivate init(hex: String) {
        let digits = Array<UInt8>(hex.utf8).map { Int(String(UnicodeScalar($0)), radix: 16) ?? 0 }
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}
