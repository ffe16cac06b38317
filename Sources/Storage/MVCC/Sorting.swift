// Sorting.swift: the order that a client asked for.
//
// Keys are found by key, ascending. Any other order needs all of them before the first can be sent: what is sorted is not
// pairs but what the index found, 40 bytes each; pairs are fetched when they are written.
//
//     gathered   [ a: mod 9, version 1 | b: mod 4, version 7 | c: mod 9, version 2 ]
//     by MOD     [ b | a | c ]                      equal ones stay in the order of keys
//
// etcd promises no order among equals, and clients must not expect one; ours is the order of keys in both directions.
//
// COST     n log n comparisons of numbers; by VALUE each comparison looks up two pairs in the file.

import Backend
import Bytes
import EtcdAPI
import Identifiers

extension Store {
    /// Sorts what was gathered, cuts it to the limit and writes it.
    func writeSorted(
        _ progress: inout RangeProgress, _ plan: RangePlan, from backend: borrowing Backend,
        into buffer: inout ByteBuffer
    ) throws(StoreError) {
        let sorted = try sort(progress.gathered, plan, from: backend)
        progress.gathered = []
        for found in sorted.prefix(plan.limit) {
            try write(found, keysOnly: plan.keysOnly, from: backend, into: &buffer)
        }
        progress.hasMore = sorted.count > plan.limit
        progress.taken = min(sorted.count, plan.limit)
    }

    private func sort(
        _ gathered: [FoundKey], _ plan: RangePlan, from backend: borrowing Backend
    ) throws(StoreError) -> [FoundKey] {
        let isDescending = plan.isDescending
        switch plan.sortTarget {
        case .key: return gathered.reversed()
        case .value:
            var values: [(value: ByteView, place: Int)] = []
            values.reserveCapacity(gathered.count)
            for (place, found) in gathered.enumerated() {
                values.append((try pair(found, from: backend).value, place))
            }
            values.sort { left, right in
                let order = left.value.compare(right.value)
                return order == 0 ? left.place < right.place : (order < 0) != isDescending
            }
            return values.map { gathered[$0.place] }
        default:
            var numbers: [(number: Int64, place: Int)] = []
            numbers.reserveCapacity(gathered.count)
            for (place, found) in gathered.enumerated() {
                numbers.append((try number(of: found, plan.sortTarget, from: backend), place))
            }
            numbers.sort { left, right in
                left.number == right.number ? left.place < right.place : (left.number < right.number) != isDescending
            }
            return numbers.map { gathered[$0.place] }
        }
    }

    private func number(
        of found: FoundKey, _ target: RangeRequest.SortTarget?, from backend: borrowing Backend
    ) throws(StoreError) -> Int64 {
        if target == .mod { return found.main }
        if found.version == 0 {
            let pair = try pair(found, from: backend)
            return target == .version ? pair.version : pair.createRevision.rawValue
        }
        return target == .version ? found.version : found.created
    }
}
