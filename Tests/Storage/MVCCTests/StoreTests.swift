// StoreTests.swift: what each kind of request does, one claim a test.

import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Testing

@Suite("Puts, ranges, deletions")
struct StoreTests {
    @Test("a put makes a revision, a version, and keeps what was")
    func puts() throws {
        let fixture = try Fixture()
        #expect(fixture.store.revision == 1)
        #expect(try fixture.put("a", "1").header?.revision == 2)
        #expect(try fixture.put("b", "1").header?.revision == 3)
        let response = try fixture.put(PutRequest(key: "a", value: "2", prevKV: true))
        #expect(response.header == ResponseHeader(clusterID: 7, memberID: 8, revision: 4, raftTerm: 2))
        let first = KeyValue(key: "a", createRevision: 2, modRevision: 2, version: 1, value: "1")
        let second = KeyValue(key: "a", createRevision: 2, modRevision: 4, version: 2, value: "2")
        #expect(response.prevKV == first)

        let now = try fixture.range(RangeRequest(key: "a"))
        #expect(now.kvs == [second] && now.count == 1 && !now.more && now.header?.revision == 4)
        let then = try fixture.range(RangeRequest(key: "a", revision: 3))
        #expect(then.kvs == [first] && then.header?.revision == 4)
        #expect(try fixture.range(RangeRequest(key: "c")).count == 0)
    }

    @Test("a deletion ends a life, and the next put begins another")
    func lives() throws {
        let fixture = try Fixture()
        try fixture.put("a", "1")
        try fixture.put("a", "2")
        #expect(try fixture.delete("a").deleted == 1)
        #expect(fixture.store.revision == 4)
        #expect(try fixture.delete("a").deleted == 0)
        #expect(fixture.store.revision == 4 && fixture.store.changes.isEmpty)
        try fixture.put("a", "3")
        let kvs = try fixture.range(RangeRequest(key: "a")).kvs
        #expect(kvs == [KeyValue(key: "a", createRevision: 5, modRevision: 5, version: 1, value: "3")])
        #expect(try fixture.range(RangeRequest(key: "a", revision: 4)).kvs.isEmpty)
        #expect(try fixture.range(RangeRequest(key: "a", revision: 3)).kvs.first?.version == 2)
    }

    @Test("a range deletion is one revision, with a sub revision for each key in order")
    func rangeDeletion() throws {
        let fixture = try Fixture()
        for key in ["c", "a", "b", "x"] { try fixture.put(key, key) }
        let response = try fixture.delete(DeleteRangeRequest(key: "a", rangeEnd: "d", prevKV: true))
        #expect(response.deleted == 3 && response.prevKVs.map(\.key) == ["a", "b", "c"])
        #expect(fixture.store.revision == 6)
        #expect(fixture.store.changes.map(\.revision.sub) == [0, 1, 2])
        #expect(fixture.store.changes.allSatisfy { $0.isDelete && $0.revision.main == 6 })
        #expect(try fixture.range(RangeRequest(key: "a", rangeEnd: ByteSlice([0]))).kvs.map(\.key) == ["x"])
    }

    @Test("limits, counts, keys only, filters")
    func options() throws {
        let fixture = try Fixture()
        for key in ["a", "b", "c", "d"] { try fixture.put(key, "v" + key) }
        try fixture.put("b", "again")
        let limited = try fixture.range(RangeRequest(key: "a", rangeEnd: "z", limit: 2))
        #expect(limited.kvs.map(\.key) == ["a", "b"] && limited.more && limited.count == 4)
        let counted = try fixture.range(RangeRequest(key: "a", rangeEnd: "z", limit: 2, countOnly: true))
        #expect(counted.kvs.isEmpty && !counted.more && counted.count == 4)
        let keys = try fixture.range(RangeRequest(key: "a", rangeEnd: "c", keysOnly: true))
        #expect(
            keys.kvs == [
                KeyValue(key: "a", createRevision: 2, modRevision: 2, version: 1),
                KeyValue(key: "b", createRevision: 3, modRevision: 6, version: 2),
            ])
        let filtered = try fixture.range(
            RangeRequest(key: "a", rangeEnd: "z", limit: 1, minModRevision: 4, maxModRevision: 6))
        #expect(filtered.kvs.map(\.key) == ["b"] && filtered.more && filtered.count == 4)
        #expect(try fixture.range(RangeRequest(key: "c", rangeEnd: "a")).count == 0)
    }

    @Test("every order, and the trap of a target without an order")
    func sorting() throws {
        let fixture = try Fixture()
        try fixture.put("c", "1")
        try fixture.put("a", "3")
        try fixture.put("b", "2")
        try fixture.put("c", "1")
        func keys(_ target: RangeRequest.SortTarget, _ order: RangeRequest.SortOrder, limit: Int64 = 0) throws -> String
        {
            let response = try fixture.range(
                RangeRequest(key: "a", rangeEnd: "z", limit: limit, sortOrder: order, sortTarget: target))
            return response.kvs.map { $0.key.utf8Text ?? "" }.joined() + (response.more ? "+" : "")
        }
        #expect(try keys(.key, .descend) == "cba")
        #expect(try keys(.key, .ascend, limit: 1) == "a+")
        #expect(try keys(.value, .ascend) == "cba")
        #expect(try keys(.value, .descend, limit: 2) == "ab+")
        #expect(try keys(.mod, .ascend) == "abc")
        #expect(try keys(.mod, .unordered) == "abc")
        #expect(try keys(.create, .ascend) == "cab")
        #expect(try keys(.version, .descend) == "cab")
        // Without an order only limit + 1 = 2 keys, a and b, are looked at: c, though smallest, is not.
        #expect(try keys(.value, .unordered, limit: 1) == "b+")
        #expect(try keys(.value, .ascend, limit: 1) == "c+")
    }

    @Test("revisions that cannot be read")
    func revisions() throws {
        let fixture = try Fixture()
        for number in 0..<5 { try fixture.put("a", "\(number)") }
        #expect(try refusal { _ = try fixture.range(RangeRequest(key: "a", revision: 7)) } == .futureRevision)
        #expect(try fixture.range(RangeRequest(key: "a", revision: -1)).count == 1)
        try fixture.compact(4)
        #expect(try refusal { _ = try fixture.range(RangeRequest(key: "a", revision: 3)) } == .compacted)
        #expect(try fixture.range(RangeRequest(key: "a", revision: 4)).kvs.first?.value == "2")
        #expect(try refusal { try fixture.compact(4) } == .compacted)
        #expect(try refusal { try fixture.compact(7) } == .futureRevision)
    }

    @Test("leases must exist; what is kept must be there")
    func refusals() throws {
        let fixture = try Fixture()
        #expect(try refusal { try fixture.put("a", "1", lease: 5) } == .leaseNotFound)
        #expect(try refusal { try fixture.put(PutRequest(key: "a", ignoreValue: true)) } == .keyNotFound)
        #expect(fixture.store.revision == 1)
        fixture.leases = [5]
        try fixture.put("a", "1", lease: 5)
        #expect(fixture.store.changes.first?.lease == 5)
        try fixture.put(PutRequest(key: "a", ignoreValue: true))
        #expect(
            try fixture.range(RangeRequest(key: "a")).kvs.first
                == KeyValue(
                    key: "a", createRevision: 2, modRevision: 3, version: 2, value: "1"))
        try fixture.put("a", "2", lease: 5)
        try fixture.put(PutRequest(key: "a", value: "3", ignoreLease: true))
        let keys = try fixture.range(RangeRequest(key: "a", keysOnly: true)).kvs
        #expect(keys == [KeyValue(key: "a", createRevision: 2, modRevision: 5, version: 4, lease: 5)])
    }

    @Test("a lease's end deletes its keys in one revision, in order")
    func revocation() throws {
        let fixture = try Fixture()
        for key in ["b", "a", "c"] { try fixture.put(key, "") }
        try fixture.delete("c")
        try fixture.store.revoke(keys: ["c", "b", "a", "never"], in: &fixture.backend)
        #expect(fixture.store.revision == 6)
        #expect(fixture.store.changes.map { fixture.store.key(of: $0).lossyText } == ["a", "b"])
        try fixture.store.revoke(keys: ["a"], in: &fixture.backend)
        #expect(fixture.store.revision == 6)
    }

    @Test("a start finds everything again")
    func restart() throws {
        let fixture = try Fixture()
        try fixture.put("a", "1")
        try fixture.put("b", "1")
        try fixture.put("a", "2")
        try fixture.delete("b")
        try fixture.commit()
        let again = try fixture.reborn()
        #expect(again.store.revision == 5 && again.store.compacted == -1)
        #expect(try again.range(RangeRequest(key: "a")).kvs == fixture.range(RangeRequest(key: "a")).kvs)
        #expect(try again.range(RangeRequest(key: "b")).count == 0)
        #expect(try again.range(RangeRequest(key: "b", revision: 4)).count == 1)
        #expect(try again.hash().hash == fixture.hash().hash)
    }
}
