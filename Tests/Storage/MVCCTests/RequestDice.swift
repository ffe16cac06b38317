// RequestDice.swift: dice that become requests, with every option that they have.

import Bytes
import EtcdAPI
import Identifiers

/// Random requests over a few keys.
struct RequestDice {
    var dice: StoreDice
    let keys: [ByteSlice]
    /// Where the store stands, so that revisions are near the edges.
    var revision: Int64 = 1
    var compacted: Int64 = -1
    /// Only keys of the list: with at most six of them Go's sorting, too, leaves equals in the order of keys.
    private let isClosed: Bool

    /// Many keys that share beginnings, contain zeros, or are long.
    init(wild seed: UInt64) {
        dice = StoreDice(seed: seed)
        isClosed = false
        let prefixes: [[UInt8]] = [[], Array("/registry/pods/".utf8), [0], [0, 0, 0], Array("a".utf8), [255, 255]]
        var keys = Set<ByteSlice>()
        let count = 3 + dice.below(40)
        while keys.count < count {
            var key = dice.pick(prefixes)
            for _ in 0..<(1 + dice.below(dice.once(in: 5) ? 30 : 3)) { key.append(dice.pick([0, 1, 97, 98, 255])) }
            if dice.once(in: 40) { key += [UInt8](repeating: 7, count: 600) }
            keys.insert(ByteSlice(key))
        }
        self.keys = keys.sorted { $0.view < $1.view }
    }

    /// Five keys.
    init(seed: UInt64) {
        dice = StoreDice(seed: seed)
        isClosed = true
        keys = ["a", "a/1", "b", "b/2", "c"]
    }

    mutating func key() -> ByteSlice {
        !isClosed && dice.once(in: 20) ? ByteSlice([UInt8(dice.below(256))]) : dice.pick(keys)
    }

    mutating func end() -> ByteSlice {
        switch dice.below(5) {
        case 0, 1: ByteSlice()
        case 2: ByteSlice([0])
        default: key()
        }
    }

    private mutating func someRevision() -> Int64 {
        switch dice.below(6) {
        case 0: -1
        case 1: Int64(dice.below(Int(revision) + 3))
        case 2: max(compacted, 0) + Int64(dice.below(3)) - 1
        default: 0
        }
    }

    mutating func range() -> RangeRequest {
        var request = RangeRequest(key: key(), rangeEnd: end())
        if dice.once(in: 3) { request.limit = Int64(dice.below(6)) - 1 }
        if dice.once(in: 2) { request.revision = Revision(rawValue: someRevision()) }
        if dice.once(in: 4) { request.sortOrder = dice.pick([.unordered, .ascend, .descend]) }
        if dice.once(in: 4) { request.sortTarget = dice.pick([.key, .version, .create, .mod, .value]) }
        request.keysOnly = dice.once(in: 4)
        request.countOnly = dice.once(in: 8)
        if dice.once(in: 8) { request.minModRevision = bound() }
        if dice.once(in: 8) { request.maxModRevision = bound() }
        if dice.once(in: 8) { request.minCreateRevision = bound() }
        if dice.once(in: 8) { request.maxCreateRevision = bound() }
        return request
    }

    private mutating func bound() -> Revision { Revision(rawValue: Int64(dice.below(Int(revision) + 2))) }

    mutating func put() -> PutRequest {
        var request = PutRequest(key: key(), prevKV: dice.once(in: 3))
        if dice.once(in: 8) {
            request.ignoreValue = true
        } else {
            let size = dice.once(in: 50) ? 9000 : dice.below(20)
            request.value = ByteSlice((0..<size).map { _ in UInt8(dice.below(3)) })
        }
        if dice.once(in: 8) {
            request.ignoreLease = true
        } else if dice.once(in: isClosed ? 12 : 4) {
            request.lease = LeaseID(rawValue: dice.pick([5, 6, 6, -7]))
        }
        return request
    }

    mutating func delete() -> DeleteRangeRequest {
        DeleteRangeRequest(key: key(), rangeEnd: end(), prevKV: dice.once(in: 2))
    }

    mutating func compare() -> Compare {
        var compare = Compare(
            result: dice.pick([.equal, .greater, .less, .notEqual, .unrecognized(9)]),
            target: dice.pick([.version, .create, .mod, .value, .lease, .unrecognized(9)]), key: key())
        if dice.once(in: 5) { compare.rangeEnd = end() }
        let number = Int64(dice.below(Int(revision) + 2))
        compare.targetUnion = dice.pick([
            nil, .version(Int64(dice.below(3))), .createRevision(Revision(rawValue: number)),
            .modRevision(Revision(rawValue: number)), .value(ByteSlice([UInt8(dice.below(3))])),
            .lease(LeaseID(rawValue: 5)),
        ])
        return compare
    }

    mutating func txn(depth: Int = 0) -> TxnRequest {
        var request = TxnRequest()
        for _ in 0..<dice.below(3) { request.compare.append(compare()) }
        for _ in 0..<dice.below(4) { request.success.append(operation(depth)) }
        for _ in 0..<dice.below(4) { request.failure.append(operation(depth)) }
        return request
    }

    private mutating func operation(_ depth: Int) -> RequestOp {
        switch dice.below(depth < 3 ? 10 : 9) {
        case 0..<3: RequestOp(request: .requestRange(range()))
        case 3..<7: RequestOp(request: .requestPut(put()))
        case 7, 8: RequestOp(request: .requestDeleteRange(delete()))
        default: RequestOp(request: .requestTxn(txn(depth: depth + 1)))
        }
    }

    /// Whether a transaction may delete a key and then want it kept, at which a real etcd ends itself.
    func isDeadly(_ request: TxnRequest) -> Bool { deletes(request) && keeps(request) }

    private func deletes(_ request: TxnRequest) -> Bool {
        (request.success + request.failure).contains { operation in
            switch operation.request {
            case .requestDeleteRange: true
            case .requestTxn(let inner): deletes(inner)
            default: false
            }
        }
    }

    private func keeps(_ request: TxnRequest) -> Bool {
        (request.success + request.failure).contains { operation in
            switch operation.request {
            case .requestPut(let put): put.ignoreValue || put.ignoreLease
            case .requestTxn(let inner): keeps(inner)
            default: false
            }
        }
    }
}
