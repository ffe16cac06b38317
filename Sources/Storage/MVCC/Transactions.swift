// Transactions.swift: if these hold, do this, else do that; and nobody sees half of it.
//
//     txn  if   /lock created == 0                       1. compares, of this transaction and of those within it, all
//          then put /lock "me"                              against the state before: they choose the path
//               txn if /a version > 3 then ... else ...   2. what is on the path is checked: leases, keys, revisions
//          else get /lock                                 3. it is done, in order, each operation seeing those before
//
// Everything on the path shares one main revision. Because all compares come first, an inner transaction does not
// see what the outer one has written: it was decided before. Reads do.
//
// A COMPARE of one key looks at what the index knows; only VALUE, and LEASE where there is one, need the file. A key that
// does not exist has zeros, and no value at all: a compare with VALUE is false for it, whatever the relation.
//
// STEP 2 IS WHY NOTHING IS HALF DONE: after it no operation can be refused any more.

package import Backend
package import Bytes
package import EtcdAPI
package import Identifiers
import Protobuf
import Trace

extension Store {
    /// Carries out a transaction that came through the log and appends the whole `TxnResponse`.
    package mutating func txn(
        _ request: TxnRequest.View, in backend: inout Backend, header: HeaderFields, hasLease: (LeaseID) -> Bool,
        into buffer: inout ByteBuffer
    ) throws(StoreError) {
        path.removeAll(keepingCapacity: true)
        try choosePath(request, from: backend)
        var step = 0
        try checkPuts(request, &step, hasLease)
        step = 0
        try checkRanges(request, &step)
        beginWrite()
        let start = buffer.count
        step = 0
        try carryOut(request, &step, in: &backend, into: &buffer)
        finishWrite()
        insertHeader(header, at: start, &buffer)
    }

    /// Answers a transaction that only reads (`RequestCheck.isReadOnly`).
    package mutating func readTxn(
        _ request: TxnRequest.View, from backend: borrowing Backend, header: HeaderFields, into buffer: inout ByteBuffer
    ) throws(StoreError) {
        path.removeAll(keepingCapacity: true)
        try choosePath(request, from: backend)
        var step = 0
        try checkRanges(request, &step)
        let start = buffer.count
        if trace.isOn { report(request, holds: path[0]) }
        buffer.append(field: 2, path[0] ? 1 : 0)
        for operation in path[0] ? request.success : request.failure {
            guard case .requestRange(let range) = operation.request else { continue }
            let place = buffer.count
            try self.range(range, at: revision, from: backend, into: &buffer)
            Self.wrap(1, from: place, &buffer)
        }
        insertHeader(header, at: start, &buffer)
    }

    /// The header's revision is known when everything is done, and stands before it.
    private func insertHeader(_ header: HeaderFields, at place: Int, _ buffer: inout ByteBuffer) {
        var head = ByteBuffer(capacity: 64)
        head.append(header: header, revision: revision)
        buffer.insert(head.view, at: place)
    }

    // MARK: 1. The path

    /// Notes for each transaction that is reached, outer before inner, whether its compares hold.
    private mutating func choosePath(_ request: TxnRequest.View, from backend: borrowing Backend) throws(StoreError) {
        var holds = true
        for compare in request.compare where holds { holds = try self.holds(compare, from: backend) }
        path.append(holds)
        for operation in holds ? request.success : request.failure {
            if case .requestTxn(let inner) = operation.request { try choosePath(inner, from: backend) }
        }
    }

    private func holds(_ compare: Compare.View, from backend: borrowing Backend) throws(StoreError) -> Bool {
        let end = RangeEnd(compare.rangeEnd)
        if case .point = end {
            return try holds(compare, for: index.find(compare.key, at: revision.rawValue), from: backend)
        }
        if case .before(let last) = end, last <= compare.key {
            return try holds(compare, for: nil, from: backend)
        }
        var position = index.position(notBelow: compare.key)
        let stop = index.position(of: end)
        var isEmpty = true
        while position != stop, !position.isEnd {
            if let found = index.table.find(index.entry(at: position), at: revision.rawValue) {
                isEmpty = false
                guard try holds(compare, for: found, from: backend) else { return false }
            }
            position = index.next(position)
        }
        // A range without keys is like one key that does not exist.
        return isEmpty ? try holds(compare, for: nil, from: backend) : true
    }

    private func holds(
        _ compare: Compare.View, for found: FoundKey?, from backend: borrowing Backend
    ) throws(StoreError) -> Bool {
        let order: Int
        switch compare.target {
        case .value:
            guard let found else { return false }
            var wanted = ByteView()
            if case .value(let value) = compare.targetUnion { wanted = value }
            order = try pair(found, from: backend).value.compare(wanted)
        case .version:
            var wanted: Int64 = 0
            if case .version(let number) = compare.targetUnion { wanted = number }
            order = Self.order(found?.version ?? 0, wanted)
        case .create:
            var wanted: Int64 = 0
            if case .createRevision(let number) = compare.targetUnion { wanted = number.rawValue }
            order = Self.order(found?.created ?? 0, wanted)
        case .mod:
            var wanted: Int64 = 0
            if case .modRevision(let number) = compare.targetUnion { wanted = number.rawValue }
            order = Self.order(found?.main ?? 0, wanted)
        case .lease:
            var wanted: Int64 = 0
            if case .lease(let number) = compare.targetUnion { wanted = number.rawValue }
            var lease: Int64 = 0
            if let found, found.place.hasLease { lease = try pair(found, from: backend).lease.rawValue }
            order = Self.order(lease, wanted)
        case .unrecognized: order = 0
        }
        return switch compare.result {
        case .equal: order == 0
        case .notEqual: order != 0
        case .greater: order > 0
        case .less: order < 0
        case .unrecognized: true
        }
    }

    private static func order(_ left: Int64, _ right: Int64) -> Int { left < right ? -1 : left == right ? 0 : 1 }

    // MARK: 2. The checks

    private func checkPuts(
        _ request: TxnRequest.View, _ step: inout Int, _ hasLease: (LeaseID) -> Bool
    ) throws(StoreError) {
        let holds = path[step]
        step += 1
        for operation in holds ? request.success : request.failure {
            switch operation.request {
            case .requestPut(let put):
                if put.ignoreValue || put.ignoreLease, index.find(put.key, at: revision.rawValue) == nil {
                    throw .refused(.keyNotFound)
                }
                if put.lease != .none, !hasLease(put.lease) { throw .refused(.leaseNotFound) }
            case .requestTxn(let inner): try checkPuts(inner, &step, hasLease)
            default: break
            }
        }
    }

    private func checkRanges(_ request: TxnRequest.View, _ step: inout Int) throws(StoreError) {
        let holds = path[step]
        step += 1
        for operation in holds ? request.success : request.failure {
            switch operation.request {
            case .requestRange(let range) where range.revision != .zero:
                if range.revision > revision { throw .refused(.futureRevision) }
                // Here, unlike in a range of its own, a negative revision is an old one.
                if range.revision < compacted { throw .refused(.compacted) }
            case .requestTxn(let inner): try checkRanges(inner, &step)
            default: break
            }
        }
    }

    // MARK: 3. The work

    /// Appends `succeeded` and `responses`; the header comes in front of them later.
    private mutating func carryOut(
        _ request: TxnRequest.View, _ step: inout Int, in backend: inout Backend, into buffer: inout ByteBuffer
    ) throws(StoreError) {
        let holds = path[step]
        step += 1
        if trace.isOn { report(request, holds: holds) }
        buffer.append(field: 2, holds ? 1 : 0)
        for operation in holds ? request.success : request.failure {
            let place = buffer.count
            switch operation.request {
            case .requestRange(let range):
                try self.range(range, at: current, from: backend, into: &buffer)
                Self.wrap(1, from: place, &buffer)
            case .requestPut(let put):
                try carryOut(put, in: &backend, header: HeaderFields(), into: &buffer)
                Self.wrap(2, from: place, &buffer)
            case .requestDeleteRange(let delete):
                try carryOut(delete, in: &backend, header: HeaderFields(), into: &buffer)
                Self.wrap(3, from: place, &buffer)
            case .requestTxn(let inner):
                // An inner transaction's header is there and empty.
                buffer.append(0x0A)
                buffer.append(0)
                try carryOut(inner, &step, in: &backend, into: &buffer)
                Self.wrap(4, from: place, &buffer)
            case nil: break
            }
        }
    }

    /// Makes what was written since `place` one answer of a transaction: field 3 of TxnResponse, in it the field
    /// `number` of ResponseOp, in it the answer.
    private static func wrap(_ number: UInt8, from place: Int, _ buffer: inout ByteBuffer) {
        let length = buffer.count - place
        var head = ByteBuffer(capacity: 24)
        head.append(0x1A)
        head.append(varint: UInt64(1 + varintSize(UInt64(length)) + length))
        head.append(number << 3 | 2)
        head.append(varint: UInt64(length))
        buffer.insert(head.view, at: place)
    }
}
