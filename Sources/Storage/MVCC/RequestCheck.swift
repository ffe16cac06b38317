// RequestCheck.swift: what is refused before anybody proposes it.
//
// A request that can never be right need not pass through the log. These checks look at the message alone, so they
// cost no disk and no quorum, and because every member makes the same ones, what is in the log has passed them.
//
// THE HARD ONE is "a transaction must not write a key twice": watchers get one event for each sub revision and could
// not tell which came last. Two puts of a key are refused, a put and a deletion that covers it too, in whatever
// order they stand. For transactions within transactions the rule has corners, all of them visible to clients:
//
//     then: put a            else: put a                   fine: only one of them is done
//     put a, txn { put a }                                 refused
//     txn { put a }, txn { put a }                         refused, siblings are both done
//     txn { then: put a  else: put a }                     fine
//     delete a...c, txn { put b }                          refused: deletions of a level are collected before its puts
//     txn { delete a...c }, put b                          refused
//     txn { put b }, txn { delete a...c }                  fine: the inner put is looked at before the deletion is known
//     delete a...(0 byte: no end), put b                   fine: the end is taken literally, and nothing lies before it
//
// COST     a transaction with up to 8 puts and nothing inside: no allocation. Else n log n.

import Bytes
package import EtcdAPI
import Identifiers
import Protobuf

/// Whether a request can be right, by its message alone.
package enum RequestCheck {
    /// Why a range is refused; nil when it is not.
    package static func check(_ range: RangeRequest.View) -> APIError? {
        if range.key.isEmpty { return .emptyKey }
        // etcd 3.5 sorts by nothing here, or stops; 3.6 refuses, and so do we.
        if case .unrecognized = range.sortOrder { return .invalidSortOption }
        if case .unrecognized = range.sortTarget { return .invalidSortOption }
        return nil
    }

    /// Why a put is refused; nil when it is not.
    package static func check(_ put: PutRequest.View) -> APIError? {
        if put.key.isEmpty { return .emptyKey }
        if put.ignoreValue, !put.value.isEmpty { return .valueProvided }
        if put.ignoreLease, put.lease != .none { return .leaseProvided }
        if put.key.count > KeyArena.maximumLength { return .requestTooLarge }
        return nil
    }

    /// Why a deletion is refused; nil when it is not.
    package static func check(_ delete: DeleteRangeRequest.View) -> APIError? {
        delete.key.isEmpty ? .emptyKey : nil
    }

    /// Why a transaction is refused; nil when it is not.
    package static func check(_ txn: TxnRequest.View, maximumOperations: Int = 128) -> APIError? {
        if let error = checkOperations(txn, maximumOperations) { return error }
        for branch in [txn.success, txn.failure] {
            if Self.isSimple(branch) {
                if writesTwice(branch) { return .duplicateKey }
            } else {
                var writes = Writes()
                guard writes.collect(branch) else { return .duplicateKey }
            }
        }
        return nil
    }

    private static func checkOperations(_ txn: TxnRequest.View, _ limit: Int) -> APIError? {
        let count = max(txn.compare.count, txn.success.count, txn.failure.count)
        if count > limit { return .tooManyOperations }
        for compare in txn.compare where compare.key.isEmpty { return .emptyKey }
        for branch in [txn.success, txn.failure] {
            for operation in branch {
                let error: APIError? =
                    switch operation.request {
                    case .requestRange(let range): check(range)
                    case .requestPut(let put): check(put)
                    case .requestDeleteRange(let delete): check(delete)
                    // What is inside must fit into what the outside has left over.
                    case .requestTxn(let inner): checkOperations(inner, limit - count)
                    case nil: .keyNotFound
                    }
                if let error { return error }
            }
        }
        return nil
    }

    // MARK: How it is answered

    /// Whether a transaction only reads, on either branch: it then needs no entry of the log. One that has a transaction
    /// inside counts as writing.
    package static func isReadOnly(_ txn: TxnRequest.View) -> Bool {
        for branch in [txn.success, txn.failure] {
            for operation in branch {
                guard case .requestRange = operation.request else { return false }
            }
        }
        return true
    }

    /// Whether a transaction that only reads is content with what this member knows.
    package static func isSerializable(_ txn: TxnRequest.View) -> Bool {
        for branch in [txn.success, txn.failure] {
            for operation in branch {
                guard case .requestRange(let range) = operation.request, range.serializable else { return false }
            }
        }
        return true
    }

    // MARK: Few writes

    private static func isSimple(_ branch: RepeatedView<RequestOp.View>) -> Bool {
        guard branch.count <= 8 else { return false }
        for operation in branch {
            if case .requestTxn = operation.request { return false }
        }
        return true
    }

    private static func writesTwice(_ branch: RepeatedView<RequestOp.View>) -> Bool {
        for (place, operation) in branch.enumerated() {
            guard case .requestPut(let put) = operation.request else { continue }
            for (other, operation) in branch.enumerated() where other != place {
                switch operation.request {
                case .requestPut(let second) where second.key == put.key: return true
                case .requestDeleteRange(let delete) where covers(delete, put.key): return true
                default: break
                }
            }
        }
        return false
    }

    private static func covers(_ delete: DeleteRangeRequest.View, _ key: ByteView) -> Bool {
        delete.rangeEnd.isEmpty ? delete.key == key : delete.key <= key && key < delete.rangeEnd
    }
}

/// The keys that a branch puts and the ranges that it deletes. Views: true as long as the request is.
private struct Writes {
    var puts = Set<ByteView>()
    /// Disjoint and ascending; an end of nil is the key itself.
    var deletions = Deletions()

    /// Collects a branch and what is in it; false when a key would be written twice.
    mutating func collect(_ branch: RepeatedView<RequestOp.View>) -> Bool {
        var own: [Deletions.Range] = []
        for operation in branch {
            guard case .requestDeleteRange(let delete) = operation.request else { continue }
            own.append(Deletions.Range(delete))
        }
        deletions.add(own)
        for operation in branch {
            guard case .requestTxn(let inner) = operation.request else { continue }
            var then = Writes()
            var otherwise = Writes()
            guard then.collect(inner.success), otherwise.collect(inner.failure) else { return false }
            guard takeOver(then, otherwise) else { return false }
        }
        for operation in branch {
            guard case .requestPut(let put) = operation.request else { continue }
            guard !deletions.contain(put.key), puts.insert(put.key).inserted else { return false }
        }
        return true
    }

    /// Both branches of an inner transaction: only one is done, so they may put the same key.
    private mutating func takeOver(_ then: Writes, _ otherwise: Writes) -> Bool {
        for key in then.puts {
            guard !deletions.contain(key), puts.insert(key).inserted else { return false }
        }
        for key in otherwise.puts {
            guard !deletions.contain(key) else { return false }
            guard puts.insert(key).inserted || then.puts.contains(key) else { return false }
        }
        deletions.add(then.deletions.ranges + otherwise.deletions.ranges)
        return true
    }
}

/// Ranges of keys, united where they overlap.
private struct Deletions {
    struct Range {
        var key: ByteView
        /// The end, without it; nil: `key` alone.
        var end: ByteView?

        init(_ delete: DeleteRangeRequest.View) {
            key = delete.key
            end = delete.rangeEnd.isEmpty ? nil : delete.rangeEnd
        }

        var isEmpty: Bool { end.map { $0 <= key } ?? false }

        func contains(_ other: ByteView) -> Bool { end.map { key <= other && other < $0 } ?? (key == other) }
    }

    private(set) var ranges: [Range] = []

    mutating func add(_ more: [Range]) {
        let all = (ranges + more.filter { !$0.isEmpty }).sorted { $0.key < $1.key }
        ranges = []
        for range in all {
            guard let last = ranges.last, last.contains(range.key) else {
                ranges.append(range)
                continue
            }
            // It begins within the last one; the further end counts. A single key within is covered already.
            guard let end = range.end else { continue }
            if let lastEnd = last.end {
                if lastEnd < end { ranges[ranges.count - 1].end = end }
            } else {
                ranges[ranges.count - 1].end = end
            }
        }
    }

    func contain(_ key: ByteView) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].key <= key { low = middle + 1 } else { high = middle }
        }
        return low > 0 && ranges[low - 1].contains(key)
    }
}
