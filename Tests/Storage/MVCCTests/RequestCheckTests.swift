// RequestCheckTests.swift: what is refused by the message alone. Each row was seen with a real server.

import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Protobuf
import Testing

private func put(_ key: String) -> RequestOp {
    RequestOp(request: .requestPut(PutRequest(key: ByteSlice(utf8: key))))
}

private func delete(_ key: String, _ end: ByteSlice = ByteSlice()) -> RequestOp {
    RequestOp(request: .requestDeleteRange(DeleteRangeRequest(key: ByteSlice(utf8: key), rangeEnd: end)))
}

private func range(_ key: String, serializable: Bool = false) -> RequestOp {
    RequestOp(request: .requestRange(RangeRequest(key: ByteSlice(utf8: key), serializable: serializable)))
}

private func txn(_ then: [RequestOp], else otherwise: [RequestOp] = []) -> RequestOp {
    RequestOp(request: .requestTxn(TxnRequest(success: then, failure: otherwise)))
}

private func check(_ then: [RequestOp], else otherwise: [RequestOp] = [], limit: Int = 128) throws -> APIError? {
    let bytes = TxnRequest(success: then, failure: otherwise).encoded()
    return RequestCheck.check(try TxnRequest.View(decoding: bytes.view), maximumOperations: limit)
}

@Suite("What is refused before it is proposed")
struct RequestCheckTests {
    @Test("keys, values, leases, orders")
    func simple() throws {
        func check(_ request: PutRequest) throws -> APIError? {
            let bytes = request.encoded()
            return RequestCheck.check(try PutRequest.View(decoding: bytes.view))
        }
        func check(_ request: RangeRequest) throws -> APIError? {
            let bytes = request.encoded()
            return RequestCheck.check(try RangeRequest.View(decoding: bytes.view))
        }
        #expect(try check(PutRequest()) == .emptyKey)
        #expect(try check(PutRequest(key: "k", value: "v", ignoreValue: true)) == .valueProvided)
        #expect(try check(PutRequest(key: "k", lease: 1, ignoreLease: true)) == .leaseProvided)
        #expect(try check(PutRequest(key: "k")) == nil)
        #expect(try check(RangeRequest(rangeEnd: "a")) == .emptyKey)
        #expect(try check(RangeRequest(key: "k", sortTarget: .unrecognized(9))) == .invalidSortOption)
        #expect(try check(RangeRequest(key: "k", sortOrder: .unrecognized(7))) == .invalidSortOption)
        let empty = DeleteRangeRequest().encoded()
        #expect(RequestCheck.check(try DeleteRangeRequest.View(decoding: empty.view)) == .emptyKey)
    }

    @Test("a key is not written twice, with etcd's corners")
    func duplicates() throws {
        let open = ByteSlice([0])
        let refused: [[RequestOp]] = [
            [put("a"), put("a")],
            [put("a"), txn([put("a")])],
            [txn([put("a")]), txn([put("a")])],
            [txn([put("a")]), txn([], else: [put("a")])],
            [delete("a"), put("a")],
            [put("b"), delete("a", "c")],
            [delete("a", "c"), txn([put("b")])],
            [txn([delete("a", "c")]), put("b")],
            [txn([delete("a", "c")]), txn([put("b")])],
            [txn([txn([put("a")])]), put("a")],
        ]
        for operations in refused {
            #expect(try check(operations) == .duplicateKey, "\(operations)")
            #expect(try check([], else: operations) == .duplicateKey, "\(operations)")
            // The same among many others, which takes another way through the code.
            #expect(try check(operations + (0..<9).map { put("other \($0)") }) == .duplicateKey, "\(operations)")
        }
        let fine: [[RequestOp]] = [
            [put("a"), put("b")],
            [delete("a"), delete("a"), delete("a", "c")],
            [txn([put("a")], else: [put("a")])],
            [txn([put("b")]), txn([delete("a", "c")])],
            [delete("a", open), put("b")],
            [delete("c", "a"), put("b")],
            [delete("a", "b"), put("b")],
            [range("a"), put("a")],
        ]
        for operations in fine {
            #expect(try check(operations) == nil, "\(operations)")
            #expect(try check(operations + (0..<9).map { put("other \($0)") }) == nil, "\(operations)")
        }
        #expect(try check([put("a")], else: [put("a")]) == nil)
    }

    @Test("how many operations, and where")
    func limits() throws {
        func puts(_ count: Int) -> [RequestOp] { (0..<count).map { put("key \($0)") } }
        #expect(try check(puts(128)) == nil)
        #expect(try check(puts(129)) == .tooManyOperations)
        #expect(try check(puts(3), limit: 2) == .tooManyOperations)
        // 41 outside leave 87 for what is inside.
        let outside = (0..<40).map { range("key \($0)") }
        #expect(try check(outside + [txn(puts(87))]) == nil)
        #expect(try check(outside + [txn(puts(100))]) == .tooManyOperations)
        #expect(try check([RequestOp()]) == .keyNotFound)
        #expect(try check([put("")]) == .emptyKey)
        #expect(try check([], else: [txn([put("")])]) == .emptyKey)
    }

    @Test("many nested ranges and puts are checked in bounded time")
    func large() throws {
        // 64 transactions inside, each with 63 deletions or puts: 4,032 operations, none covering another's keys.
        let inner = (0..<64).map { number in
            txn(
                (0..<63).map { place in
                    place % 2 == 0
                        ? put("\(number)/\(place)")
                        : delete("\(number)/\(place)", ByteSlice(utf8: "\(number)/\(place)!"))
                })
        }
        #expect(try check(inner) == nil)
        #expect(try check(inner + [txn([put("5/0")])]) == .duplicateKey)
        #expect(try check(inner + [txn([put("5/1")])]) == .duplicateKey)
    }

    @Test("what only reads needs no entry of the log")
    func reading() throws {
        func ways(_ then: [RequestOp], _ otherwise: [RequestOp] = []) throws -> [Bool] {
            let bytes = TxnRequest(success: then, failure: otherwise).encoded()
            let view = try TxnRequest.View(decoding: bytes.view)
            return [RequestCheck.isReadOnly(view), RequestCheck.isSerializable(view)]
        }
        #expect(try ways([]) == [true, true])
        #expect(try ways([range("a")]) == [true, false])
        #expect(try ways([range("a", serializable: true)], [range("b")]) == [true, false])
        #expect(try ways([range("a", serializable: true)], [range("b", serializable: true)]) == [true, true])
        #expect(try ways([range("a")], [put("b")]) == [false, false])
        #expect(try ways([txn([range("a")])]) == [false, false])
    }
}

@Suite("Refusals")
struct APIErrorTests {
    @Test("every error has etcd's text, and no two the same")
    func texts() {
        let texts = APIError.allCases.map { "\($0)" }
        #expect(Set(texts).count == texts.count)
        for (error, text) in zip(APIError.allCases, texts) {
            #expect(text.hasPrefix("etcdserver: ") || text.hasPrefix("context "), "\(error)")
            #expect(error.code != .ok)
        }
        #expect(APIError.compacted.code.rawValue == 11 && APIError.tooManyRequests.code == .unknown)
    }
}
