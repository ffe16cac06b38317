// RangePlan.swift: what a range request means.
//
// Thirteen fields, and rules that grew over the years. They are sorted out once, before anything is read:
//
//     range_end    nothing: one key    one zero byte: to the end    else: up to, without it; may be before the key: nothing
//     revision     0 or less: now      after now: refused           before the compact revision: refused
//     limit        0 or less: all
//     order        none with target KEY: as found. None with another target: ascending, but of what a limit let through
//
// THAT LAST ONE is a trap that clients can see. With an order or a filter etcd fetches everything, sorts, then cuts.
// With a target and no order it first fetches limit + 1 keys and sorts only those. It is etcd's behaviour, so it is ours.

import Bytes
import EtcdAPI
import Identifiers

/// Where a range ends.
enum RangeEnd {
    /// It is one key.
    case point
    /// It does not.
    case open
    /// Before this key.
    case before(ByteView)

    init(_ rangeEnd: ByteView) {
        if rangeEnd.isEmpty {
            self = .point
        } else if rangeEnd.count == 1, rangeEnd[0] == 0 {
            self = .open
        } else {
            self = .before(rangeEnd)
        }
    }
}

/// A range request, understood. True as long as the request's bytes are.
struct RangePlan {
    /// Bounds for two of a key's numbers; 0 is no bound.
    struct Filters {
        var minimumModified: Int64 = 0
        var maximumModified: Int64 = 0
        var minimumCreated: Int64 = 0
        var maximumCreated: Int64 = 0

        var isEmpty: Bool {
            minimumModified == 0 && maximumModified == 0 && minimumCreated == 0 && maximumCreated == 0
        }

        func pass(modified: Int64, created: Int64) -> Bool {
            !(minimumModified != 0 && modified < minimumModified || maximumModified != 0 && modified > maximumModified
                || minimumCreated != 0 && created < minimumCreated || maximumCreated != 0 && created > maximumCreated)
        }
    }

    var key: ByteView
    var end: RangeEnd
    /// The revision to read at.
    var at: Int64
    /// How many pairs to answer; `Int.max` for all.
    var limit: Int
    /// How many keys to look at before sorting; `Int.max` for all.
    var fetchLimit = Int.max
    var keysOnly: Bool
    var countOnly: Bool
    var filters: Filters
    /// What to sort by; nil when the order in which keys are found is the wanted one.
    var sortTarget: RangeRequest.SortTarget?
    var isDescending: Bool

    /// Understands a request that is answered at `current`.
    @inline(__always)
    init(_ request: RangeRequest.View, current: Revision, compacted: Revision) throws(StoreError) {
        key = request.key
        end = RangeEnd(request.rangeEnd)
        at = request.revision.rawValue <= 0 ? current.rawValue : request.revision.rawValue
        if at > current.rawValue { throw .refused(.futureRevision) }
        if at < compacted.rawValue { throw .refused(.compacted) }
        limit = request.limit > 0 ? Int(min(request.limit, Int64(Int.max - 1))) : Int.max
        keysOnly = request.keysOnly
        countOnly = request.countOnly
        filters = Filters(
            minimumModified: request.minModRevision.rawValue, maximumModified: request.maxModRevision.rawValue,
            minimumCreated: request.minCreateRevision.rawValue, maximumCreated: request.maxCreateRevision.rawValue)
        isDescending = request.sortOrder == .descend
        let isByKey = request.sortTarget == .key
        // Keys are found in ascending order.
        sortTarget = isByKey && !isDescending ? nil : request.sortTarget
        if sortTarget != nil, request.sortOrder == .unordered, filters.isEmpty, limit != Int.max {
            fetchLimit = limit + 1
        }
    }

    /// Whether the bounds exclude every key.
    var isEmpty: Bool {
        if case .before(let end) = end { return end <= key }
        return false
    }
}
