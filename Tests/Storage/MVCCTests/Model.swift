// Model.swift: the store as one would write it in an hour: a list of everything that ever happened.
//
// No index, no pages, no slices: each question walks the list from its beginning. So it is slow, and there is nothing in it
// that could be wrong in the same way as the real one. ModelTests throws the same dice at both.

import Bytes
import EtcdAPI
import Identifiers
import Protobuf

struct StoreModel {
    struct Record: Equatable {
        var main: Int64
        var sub: Int64
        var key: ByteSlice
        /// Nil: a deletion.
        var pair: KeyValue?

        var storedKey: ByteSlice {
            var buffer = ByteBuffer()
            buffer.append(bigEndian: main)
            buffer.append(UInt8(ascii: "_"))
            buffer.append(bigEndian: sub)
            if pair == nil { buffer.append(UInt8(ascii: "t")) }
            return buffer.slice()
        }

        var storedValue: ByteSlice { (pair ?? KeyValue(key: key)).encoded() }
    }

    /// Everything, compacted or not.
    var history: [Record] = []
    var revision: Int64 = 1
    var compacted: Int64 = -1
    var leases: Set<Int64> = [5, 6]

    // MARK: The past

    /// Each key's newest record at the end of a revision.
    func newest(at revision: Int64) -> [ByteSlice: Record] {
        var newest: [ByteSlice: Record] = [:]
        for record in history where record.main <= revision { newest[record.key] = record }
        return newest
    }

    func living(at revision: Int64) -> [KeyValue] {
        newest(at: revision).values.compactMap(\.pair).sorted { $0.key.view < $1.key.view }
    }

    func contains(_ key: ByteSlice, _ from: ByteSlice, _ end: ByteSlice) -> Bool {
        if end.isEmpty { return key == from }
        if end == ByteSlice([0]) { return from.view <= key.view }
        return from.view <= key.view && key.view < end.view
    }

    /// What the file holds once compactions are done.
    var stored: [Record] {
        let kept = newest(at: compacted)
        return history.filter { record in
            if record.main > compacted { return true }
            guard kept[record.key] == record else { return false }
            return record.pair != nil || record.main == compacted
        }
    }

    func hash(at revision: Int64) -> UInt32 {
        let keep = newest(at: revision).filter { $0.value.pair != nil }
        var hash = CRC32C.checksum("key")
        for record in stored where record.main <= revision {
            if record.main <= compacted, !keep.isEmpty, keep[record.key] != record { continue }
            if record.main == compacted, record.pair == nil { continue }
            let (key, value) = (record.storedKey, record.storedValue)
            hash = CRC32C.checksum(key.view, continuing: hash)
            hash = CRC32C.checksum(value.view, continuing: hash)
        }
        return hash
    }

    // MARK: Requests

    func header(_ revision: Int64, isInner: Bool) -> ResponseHeader {
        isInner
            ? ResponseHeader(revision: Revision(rawValue: revision))
            : ResponseHeader(clusterID: 7, memberID: 8, revision: Revision(rawValue: revision), raftTerm: 2)
    }

    func range(_ request: RangeRequest, at current: Int64? = nil) -> Result<RangeResponse, APIError> {
        let now = current ?? revision
        let at = request.revision.rawValue <= 0 ? now : request.revision.rawValue
        if at > now { return .failure(.futureRevision) }
        if at < compacted { return .failure(.compacted) }
        var pairs = living(at: at).filter { contains($0.key, request.key, request.rangeEnd) }
        var response = RangeResponse(header: header(now, isInner: current != nil), count: Int64(pairs.count))
        if request.countOnly { return .success(response) }
        let (low, high) = (request.minModRevision, request.maxModRevision)
        let (first, last) = (request.minCreateRevision, request.maxCreateRevision)
        let isFiltered = low != 0 || high != 0 || first != 0 || last != 0
        if request.limit > 0, request.sortOrder == .unordered, !isFiltered {
            pairs = Array(pairs.prefix(Int(request.limit) + 1))
        }
        if low != 0 { pairs = pairs.filter { $0.modRevision >= low } }
        if high != 0 { pairs = pairs.filter { $0.modRevision <= high } }
        if first != 0 { pairs = pairs.filter { $0.createRevision >= first } }
        if last != 0 { pairs = pairs.filter { $0.createRevision <= last } }
        pairs = sorted(pairs, request)
        if request.limit > 0, pairs.count > Int(request.limit) {
            pairs = Array(pairs.prefix(Int(request.limit)))
            response.more = true
        }
        if request.keysOnly { for index in pairs.indices { pairs[index].value = ByteSlice() } }
        response.kvs = pairs
        return .success(response)
    }

    private func sorted(_ pairs: [KeyValue], _ request: RangeRequest) -> [KeyValue] {
        if request.sortOrder == .unordered, request.sortTarget == .key { return pairs }
        let isDescending = request.sortOrder == .descend
        func order(_ left: KeyValue, _ right: KeyValue) -> Int {
            switch request.sortTarget {
            case .key: left.key.view.compare(right.key.view)
            case .version: left.version < right.version ? -1 : left.version == right.version ? 0 : 1
            case .create: Int(left.createRevision.rawValue - right.createRevision.rawValue)
            case .mod: Int(left.modRevision.rawValue - right.modRevision.rawValue)
            default: left.value.view.compare(right.value.view)
            }
        }
        return pairs.enumerated().sorted { left, right in
            let order = isDescending ? order(right.element, left.element) : order(left.element, right.element)
            return order == 0 ? left.offset < right.offset : order < 0
        }.map(\.element)
    }

    mutating func put(_ request: PutRequest) -> Result<PutResponse, APIError> {
        if request.lease != .none, !leases.contains(request.lease.rawValue) { return .failure(.leaseNotFound) }
        if request.ignoreValue || request.ignoreLease, newest(at: revision)[request.key]?.pair == nil {
            return .failure(.keyNotFound)
        }
        var sub: Int64 = 0
        let response = put(request, &sub, isInner: false)
        revision += 1
        return .success(response)
    }

    private mutating func put(_ request: PutRequest, _ sub: inout Int64, isInner: Bool) -> PutResponse {
        let before = newest(at: revision + 1)[request.key]?.pair
        history.append(
            Record(
                main: revision + 1, sub: sub, key: request.key,
                pair: KeyValue(
                    key: request.key, createRevision: before?.createRevision ?? Revision(rawValue: revision + 1),
                    modRevision: Revision(rawValue: revision + 1), version: (before?.version ?? 0) + 1,
                    value: request.ignoreValue ? before?.value ?? ByteSlice() : request.value,
                    lease: request.ignoreLease ? before?.lease ?? .none : request.lease)))
        sub += 1
        return PutResponse(header: header(revision + 1, isInner: isInner), prevKV: request.prevKV ? before : nil)
    }

    mutating func delete(_ request: DeleteRangeRequest) -> DeleteRangeResponse {
        var sub: Int64 = 0
        let response = delete(request, &sub, isInner: false)
        if sub > 0 { revision += 1 }
        return response
    }

    private mutating func delete(
        _ request: DeleteRangeRequest, _ sub: inout Int64, isInner: Bool
    ) -> DeleteRangeResponse {
        let gone = living(at: revision + 1).filter { contains($0.key, request.key, request.rangeEnd) }
        for pair in gone {
            history.append(Record(main: revision + 1, sub: sub, key: pair.key, pair: nil))
            sub += 1
        }
        return DeleteRangeResponse(
            header: header(sub > 0 ? revision + 1 : revision, isInner: isInner), deleted: Int64(gone.count),
            prevKVs: request.prevKV ? gone : [])
    }

    // MARK: Transactions

    /// A branch with what was decided about the transactions in it.
    private struct Decided {
        var holds: Bool
        var operations: [RequestOp]
        var inner: [Decided]
    }

    mutating func txn(_ request: TxnRequest, isReadOnly: Bool) -> Result<TxnResponse, APIError> {
        let decided = decide(request)
        if let error = refusePuts(decided) ?? refuseRanges(decided) { return .failure(error) }
        var sub: Int64 = 0
        var response = run(decided, &sub)
        if sub > 0 { revision += 1 }
        response.header = header(revision, isInner: false)
        return .success(response)
    }

    private func decide(_ request: TxnRequest) -> Decided {
        let holds = request.compare.allSatisfy(holds)
        let operations = holds ? request.success : request.failure
        var decided = Decided(holds: holds, operations: operations, inner: [])
        for operation in operations {
            if case .requestTxn(let inner) = operation.request { decided.inner.append(decide(inner)) }
        }
        return decided
    }

    private func holds(_ compare: Compare) -> Bool {
        let pairs = living(at: revision).filter { contains($0.key, compare.key, compare.rangeEnd) }
        if pairs.isEmpty { return compare.target == .value ? false : holds(compare, KeyValue()) }
        return pairs.allSatisfy { holds(compare, $0) }
    }

    private func holds(_ compare: Compare, _ pair: KeyValue) -> Bool {
        var right: Int64 = 0
        var bytes = ByteSlice()
        var matching: Compare.CompareTarget?
        switch compare.targetUnion {
        case .version(let number): (right, matching) = (number, .version)
        case .createRevision(let number): (right, matching) = (number.rawValue, .create)
        case .modRevision(let number): (right, matching) = (number.rawValue, .mod)
        case .lease(let number): (right, matching) = (number.rawValue, .lease)
        case .value(let value): (bytes, matching) = (value, .value)
        case nil: break
        }
        if matching != compare.target { (right, bytes) = (0, ByteSlice()) }
        var left: Int64 = 0
        switch compare.target {
        case .version: left = pair.version
        case .create: left = pair.createRevision.rawValue
        case .mod: left = pair.modRevision.rawValue
        case .lease: left = pair.lease.rawValue
        case .value: (left, right) = (Int64(pair.value.view.compare(bytes.view)), 0)
        default: left = right
        }
        return switch compare.result {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .greater: left > right
        default: true
        }
    }

    private func refusePuts(_ decided: Decided) -> APIError? {
        var inner = decided.inner.makeIterator()
        for operation in decided.operations {
            switch operation.request {
            case .requestPut(let put):
                if put.ignoreValue || put.ignoreLease, newest(at: revision)[put.key]?.pair == nil {
                    return .keyNotFound
                }
                if put.lease != .none, !leases.contains(put.lease.rawValue) { return .leaseNotFound }
            case .requestTxn: if let inner = inner.next(), let error = refusePuts(inner) { return error }
            default: break
            }
        }
        return nil
    }

    private func refuseRanges(_ decided: Decided) -> APIError? {
        var inner = decided.inner.makeIterator()
        for operation in decided.operations {
            switch operation.request {
            case .requestRange(let range) where range.revision != 0:
                if range.revision.rawValue > revision { return .futureRevision }
                if range.revision.rawValue < compacted { return .compacted }
            case .requestTxn: if let inner = inner.next(), let error = refuseRanges(inner) { return error }
            default: break
            }
        }
        return nil
    }

    private mutating func run(_ decided: Decided, _ sub: inout Int64) -> TxnResponse {
        var response = TxnResponse(succeeded: decided.holds)
        var inner = decided.inner.makeIterator()
        for operation in decided.operations {
            var answer = ResponseOp()
            switch operation.request {
            case .requestRange(let range):
                let found = self.range(range, at: sub > 0 ? revision + 1 : revision)
                if case .success(let found) = found { answer.response = .responseRange(found) }
            case .requestPut(let put): answer.response = .responsePut(self.put(put, &sub, isInner: true))
            case .requestDeleteRange(let delete):
                answer.response = .responseDeleteRange(self.delete(delete, &sub, isInner: true))
            case .requestTxn:
                if let decided = inner.next() {
                    var nested = run(decided, &sub)
                    nested.header = ResponseHeader()
                    answer.response = .responseTxn(nested)
                }
            case nil: break
            }
            response.responses.append(answer)
        }
        return response
    }

    mutating func compact(_ target: Int64) -> APIError? {
        if target <= compacted { return .compacted }
        if target > revision { return .futureRevision }
        compacted = target
        return nil
    }
}
