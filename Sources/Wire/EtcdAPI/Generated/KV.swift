// KV.swift: the messages of kv.proto as Swift.
//
// Made by MessageGenerator; change Protos/kv.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// Which keys to read, when, in what order, how many.
package struct RangeRequest: WireViewable {
    /// The first key. Empty: InvalidArgument "etcdserver: key is not provided".
    package var key: ByteSlice = ByteSlice()
    /// Where the range ends; see RANGES above.
    package var rangeEnd: ByteSlice = ByteSlice()
    /// At most so many pairs. 0 and every negative number: all. `count` does not care about it.
    package var limit: Int64 = 0
    /// The moment to read at. 0 and, outside a writing transaction, every negative number: now. Later than
    /// now: OutOfRange "etcdserver: mvcc: required revision is a future revision". Before the compact
    /// revision: OutOfRange "etcdserver: mvcc: required revision has been compacted"; that revision itself
    /// can still be read.
    package var revision: Revision = .zero
    /// The order of the reply, made after the filters below and before `limit`. A number that is not in
    /// the list: no order in 3.5; InvalidArgument "etcdserver: invalid sort option" since 3.6.
    package var sortOrder: RangeRequest.SortOrder = .unordered
    /// What to order by. A number that is not in the list stops a real 3.5 server; we refuse it as 3.6 does.
    package var sortTarget: RangeRequest.SortTarget = .key
    /// true: answer from this member's own store at once. Fast, works without a quorum and on a learner,
    /// and may be stale. false: ask the leader first how far the log is committed and wait for it.
    package var serializable: Bool = false
    /// Leave the values out. They are dropped at the very end, so that ordering by VALUE still works.
    package var keysOnly: Bool = false
    /// Only count. No pairs, `limit` ignored, `more` false.
    package var countOnly: Bool = false
    /// Since 3.1. Leave out keys that were changed last before this revision; 0: off. Like the three
    /// filters that follow, it makes the server look at the whole range whatever `limit` says.
    package var minModRevision: Revision = .zero
    /// Since 3.1. Leave out keys that were changed last after this revision; 0: off.
    package var maxModRevision: Revision = .zero
    /// Since 3.1. Leave out keys whose life began before this revision; 0: off.
    package var minCreateRevision: Revision = .zero
    /// Since 3.1. Leave out keys whose life began after this revision; 0: off.
    package var maxCreateRevision: Revision = .zero

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        key: ByteSlice = ByteSlice(),
        rangeEnd: ByteSlice = ByteSlice(),
        limit: Int64 = 0,
        revision: Revision = .zero,
        sortOrder: RangeRequest.SortOrder = .unordered,
        sortTarget: RangeRequest.SortTarget = .key,
        serializable: Bool = false,
        keysOnly: Bool = false,
        countOnly: Bool = false,
        minModRevision: Revision = .zero,
        maxModRevision: Revision = .zero,
        minCreateRevision: Revision = .zero,
        maxCreateRevision: Revision = .zero
    ) {
        self.key = key
        self.rangeEnd = rangeEnd
        self.limit = limit
        self.revision = revision
        self.sortOrder = sortOrder
        self.sortTarget = sortTarget
        self.serializable = serializable
        self.keysOnly = keysOnly
        self.countOnly = countOnly
        self.minModRevision = minModRevision
        self.maxModRevision = maxModRevision
        self.minCreateRevision = minCreateRevision
        self.maxCreateRevision = maxCreateRevision
    }
}

extension RangeRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, key)
        size.field(2, rangeEnd)
        size.field(3, limit)
        size.field(4, revision)
        size.field(5, sortOrder)
        size.field(6, sortTarget)
        size.field(7, serializable)
        size.field(8, keysOnly)
        size.field(9, countOnly)
        size.field(10, minModRevision)
        size.field(11, maxModRevision)
        size.field(12, minCreateRevision)
        size.field(13, maxCreateRevision)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(13, maxCreateRevision)
        writer.field(12, minCreateRevision)
        writer.field(11, maxModRevision)
        writer.field(10, minModRevision)
        writer.field(9, countOnly)
        writer.field(8, keysOnly)
        writer.field(7, serializable)
        writer.field(6, sortTarget)
        writer.field(5, sortOrder)
        writer.field(4, revision)
        writer.field(3, limit)
        writer.field(2, rangeEnd)
        writer.field(1, key)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try reader.bytes(field, in: owner)
            case 2: rangeEnd = try reader.bytes(field, in: owner)
            case 3: limit = try reader.number(field)
            case 4: revision = try reader.number(field)
            case 5: sortOrder = try reader.number(field)
            case 6: sortTarget = try reader.number(field)
            case 7: serializable = try reader.number(field)
            case 8: keysOnly = try reader.number(field)
            case 9: countOnly = try reader.number(field)
            case 10: minModRevision = try reader.number(field)
            case 11: maxModRevision = try reader.number(field)
            case 12: minCreateRevision = try reader.number(field)
            case 13: maxCreateRevision = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension RangeRequest {
    /// A `RangeRequest` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `RangeRequest.key`.
        package private(set) var key: ByteView = ByteView()
        /// See `RangeRequest.rangeEnd`.
        package private(set) var rangeEnd: ByteView = ByteView()
        /// See `RangeRequest.limit`.
        package private(set) var limit: Int64 = 0
        /// See `RangeRequest.revision`.
        package private(set) var revision: Revision = .zero
        /// See `RangeRequest.sortOrder`.
        package private(set) var sortOrder: RangeRequest.SortOrder = .unordered
        /// See `RangeRequest.sortTarget`.
        package private(set) var sortTarget: RangeRequest.SortTarget = .key
        /// See `RangeRequest.serializable`.
        package private(set) var serializable: Bool = false
        /// See `RangeRequest.keysOnly`.
        package private(set) var keysOnly: Bool = false
        /// See `RangeRequest.countOnly`.
        package private(set) var countOnly: Bool = false
        /// See `RangeRequest.minModRevision`.
        package private(set) var minModRevision: Revision = .zero
        /// See `RangeRequest.maxModRevision`.
        package private(set) var maxModRevision: Revision = .zero
        /// See `RangeRequest.minCreateRevision`.
        package private(set) var minCreateRevision: Revision = .zero
        /// See `RangeRequest.maxCreateRevision`.
        package private(set) var maxCreateRevision: Revision = .zero

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: key = try reader.view(field)
                case 2: rangeEnd = try reader.view(field)
                case 3: limit = try reader.number(field)
                case 4: revision = try reader.number(field)
                case 5: sortOrder = try reader.number(field)
                case 6: sortTarget = try reader.number(field)
                case 7: serializable = try reader.number(field)
                case 8: keysOnly = try reader.number(field)
                case 9: countOnly = try reader.number(field)
                case 10: minModRevision = try reader.number(field)
                case 11: maxModRevision = try reader.number(field)
                case 12: minCreateRevision = try reader.number(field)
                case 13: maxCreateRevision = try reader.number(field)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        key = ByteSlice(copying: view.key)
        rangeEnd = ByteSlice(copying: view.rangeEnd)
        limit = view.limit
        revision = view.revision
        sortOrder = view.sortOrder
        sortTarget = view.sortTarget
        serializable = view.serializable
        keysOnly = view.keysOnly
        countOnly = view.countOnly
        minModRevision = view.minModRevision
        maxModRevision = view.maxModRevision
        minCreateRevision = view.minCreateRevision
        maxCreateRevision = view.maxCreateRevision
    }
}

extension RangeRequest {
    /// How to order the reply.
    package enum SortOrder: WireEnum {
        /// By key, ascending, which is how the store finds them. With a `sort_target` other than KEY: ascending.
        case unordered
        /// Smallest first.
        case ascend
        /// Largest first.
        case descend
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [SortOrder] = [
            .unordered,
            .ascend,
            .descend,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .unordered
            case 1: self = .ascend
            case 2: self = .descend
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .unordered: 0
            case .ascend: 1
            case .descend: 2
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: SortOrder, right: SortOrder) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}

extension RangeRequest {
    /// What to order the reply by. Keys that are equal in it come in no promised order.
    package enum SortTarget: WireEnum {
        /// The key itself.
        case key
        /// How often it was put in this life.
        case version
        /// When this life began.
        case create
        /// When it was changed last.
        case mod
        /// The stored bytes.
        case value
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [SortTarget] = [
            .key,
            .version,
            .create,
            .mod,
            .value,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .key
            case 1: self = .version
            case 2: self = .create
            case 3: self = .mod
            case 4: self = .value
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .key: 0
            case .version: 1
            case .create: 2
            case .mod: 3
            case .value: 4
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: SortTarget, right: SortTarget) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}

/// What was found.
package struct RangeResponse: WireViewable {
    /// Who answered. `revision` is the newest one, not the one that was asked for: use it to watch from
    /// `revision` + 1 without a gap.
    package var header: ResponseHeader?
    /// The pairs, by key ascending unless another order was asked for. Empty with `count_only`.
    package var kvs: [KeyValue] = []
    /// true when `limit` cut the list. To go on: the same request, `key` = last key followed by a 00 byte,
    /// `revision` = this header's.
    package var more: Bool = false
    /// How many keys lie in the range at that revision, before filters and `limit`.
    package var count: Int64 = 0

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        kvs: [KeyValue] = [],
        more: Bool = false,
        count: Int64 = 0
    ) {
        self.header = header
        self.kvs = kvs
        self.more = more
        self.count = count
    }
}

extension RangeResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, kvs)
        size.field(3, more)
        size.field(4, count)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(4, count)
        writer.field(3, more)
        writer.repeated(2, kvs)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &kvs, in: owner)
            case 3: more = try reader.number(field)
            case 4: count = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension RangeResponse {
    /// A `RangeResponse` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `RangeResponse.header`.
        package private(set) var header: ResponseHeader.View?
        /// See `RangeResponse.kvs`.
        package private(set) var kvs: RepeatedView<KeyValue.View> = RepeatedView()
        /// See `RangeResponse.more`.
        package private(set) var more: Bool = false
        /// See `RangeResponse.count`.
        package private(set) var count: Int64 = 0

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: try reader.merge(field, into: &header)
                case 2: try reader.append(field, to: &kvs)
                case 3: more = try reader.number(field)
                case 4: count = try reader.number(field)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        header = view.header.map { ResponseHeader(copying: $0) }
        kvs = view.kvs.map { KeyValue(copying: $0) }
        more = view.more
        count = view.count
    }
}

/// Since 3.7. A piece of a RangeResponse.
package struct RangeStreamResponse: WireMessage {
    /// A slice of the pairs; the slices follow each other without overlap. `header`, `more` and `count` are
    /// set in the last piece only.
    package var rangeResponse: RangeResponse?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        rangeResponse: RangeResponse? = nil
    ) {
        self.rangeResponse = rangeResponse
    }
}

extension RangeStreamResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, rangeResponse)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, rangeResponse)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &rangeResponse, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Which key to write, and what.
package struct PutRequest: WireViewable {
    /// The key. Empty: InvalidArgument "etcdserver: key is not provided".
    package var key: ByteSlice = ByteSlice()
    /// The value; may be empty, which is different from the key being absent.
    package var value: ByteSlice = ByteSlice()
    /// The lease to tie the key to; a key has at most one. 0 unties it. Unknown, also when negative:
    /// NotFound "etcdserver: requested lease not found".
    package var lease: LeaseID = .none
    /// Since 3.1. Send back the key as it was before. Needs READ as well when auth is on.
    package var prevKV: Bool = false
    /// Since 3.2. Keep the value and change the rest; the key still gets a new revision and version.
    /// Together with a value: InvalidArgument "etcdserver: value is provided". No such key:
    /// InvalidArgument "etcdserver: key not found".
    package var ignoreValue: Bool = false
    /// Since 3.2. Keep the lease. Together with a lease: InvalidArgument "etcdserver: lease is provided".
    /// No such key: InvalidArgument "etcdserver: key not found".
    package var ignoreLease: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        key: ByteSlice = ByteSlice(),
        value: ByteSlice = ByteSlice(),
        lease: LeaseID = .none,
        prevKV: Bool = false,
        ignoreValue: Bool = false,
        ignoreLease: Bool = false
    ) {
        self.key = key
        self.value = value
        self.lease = lease
        self.prevKV = prevKV
        self.ignoreValue = ignoreValue
        self.ignoreLease = ignoreLease
    }
}

extension PutRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, key)
        size.field(2, value)
        size.field(3, lease)
        size.field(4, prevKV)
        size.field(5, ignoreValue)
        size.field(6, ignoreLease)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(6, ignoreLease)
        writer.field(5, ignoreValue)
        writer.field(4, prevKV)
        writer.field(3, lease)
        writer.field(2, value)
        writer.field(1, key)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try reader.bytes(field, in: owner)
            case 2: value = try reader.bytes(field, in: owner)
            case 3: lease = try reader.number(field)
            case 4: prevKV = try reader.number(field)
            case 5: ignoreValue = try reader.number(field)
            case 6: ignoreLease = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension PutRequest {
    /// A `PutRequest` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `PutRequest.key`.
        package private(set) var key: ByteView = ByteView()
        /// See `PutRequest.value`.
        package private(set) var value: ByteView = ByteView()
        /// See `PutRequest.lease`.
        package private(set) var lease: LeaseID = .none
        /// See `PutRequest.prevKV`.
        package private(set) var prevKV: Bool = false
        /// See `PutRequest.ignoreValue`.
        package private(set) var ignoreValue: Bool = false
        /// See `PutRequest.ignoreLease`.
        package private(set) var ignoreLease: Bool = false

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: key = try reader.view(field)
                case 2: value = try reader.view(field)
                case 3: lease = try reader.number(field)
                case 4: prevKV = try reader.number(field)
                case 5: ignoreValue = try reader.number(field)
                case 6: ignoreLease = try reader.number(field)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        key = ByteSlice(copying: view.key)
        value = ByteSlice(copying: view.value)
        lease = view.lease
        prevKV = view.prevKV
        ignoreValue = view.ignoreValue
        ignoreLease = view.ignoreLease
    }
}

/// The key is written.
package struct PutResponse: WireViewable {
    /// `revision` is the new key's `mod_revision`.
    package var header: ResponseHeader?
    /// Since 3.1. The key as it was; absent if it did not exist or nobody asked.
    package var prevKV: KeyValue?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        prevKV: KeyValue? = nil
    ) {
        self.header = header
        self.prevKV = prevKV
    }
}

extension PutResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.optional(2, prevKV)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(2, prevKV)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.merge(field, into: &prevKV, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

extension PutResponse {
    /// A `PutResponse` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `PutResponse.header`.
        package private(set) var header: ResponseHeader.View?
        /// See `PutResponse.prevKV`.
        package private(set) var prevKV: KeyValue.View?

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: try reader.merge(field, into: &header)
                case 2: try reader.merge(field, into: &prevKV)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        header = view.header.map { ResponseHeader(copying: $0) }
        prevKV = view.prevKV.map { KeyValue(copying: $0) }
    }
}

/// Which keys to delete.
package struct DeleteRangeRequest: WireViewable {
    /// The first key. Empty: InvalidArgument "etcdserver: key is not provided".
    package var key: ByteSlice = ByteSlice()
    /// Where the range ends; see RANGES above.
    package var rangeEnd: ByteSlice = ByteSlice()
    /// Since 3.1. Send back what was deleted. Needs READ as well when auth is on.
    package var prevKV: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        key: ByteSlice = ByteSlice(),
        rangeEnd: ByteSlice = ByteSlice(),
        prevKV: Bool = false
    ) {
        self.key = key
        self.rangeEnd = rangeEnd
        self.prevKV = prevKV
    }
}

extension DeleteRangeRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, key)
        size.field(2, rangeEnd)
        size.field(3, prevKV)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, prevKV)
        writer.field(2, rangeEnd)
        writer.field(1, key)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try reader.bytes(field, in: owner)
            case 2: rangeEnd = try reader.bytes(field, in: owner)
            case 3: prevKV = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension DeleteRangeRequest {
    /// A `DeleteRangeRequest` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `DeleteRangeRequest.key`.
        package private(set) var key: ByteView = ByteView()
        /// See `DeleteRangeRequest.rangeEnd`.
        package private(set) var rangeEnd: ByteView = ByteView()
        /// See `DeleteRangeRequest.prevKV`.
        package private(set) var prevKV: Bool = false

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: key = try reader.view(field)
                case 2: rangeEnd = try reader.view(field)
                case 3: prevKV = try reader.number(field)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        key = ByteSlice(copying: view.key)
        rangeEnd = ByteSlice(copying: view.rangeEnd)
        prevKV = view.prevKV
    }
}

/// What was deleted.
package struct DeleteRangeResponse: WireViewable {
    /// `revision` is new only if something was deleted.
    package var header: ResponseHeader?
    /// How many keys were removed. Removing none is no error.
    package var deleted: Int64 = 0
    /// Since 3.1. The removed pairs by key, if they were asked for.
    package var prevKVs: [KeyValue] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        deleted: Int64 = 0,
        prevKVs: [KeyValue] = []
    ) {
        self.header = header
        self.deleted = deleted
        self.prevKVs = prevKVs
    }
}

extension DeleteRangeResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, deleted)
        size.repeated(3, prevKVs)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(3, prevKVs)
        writer.field(2, deleted)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: deleted = try reader.number(field)
            case 3: try reader.append(field, to: &prevKVs, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

extension DeleteRangeResponse {
    /// A `DeleteRangeResponse` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `DeleteRangeResponse.header`.
        package private(set) var header: ResponseHeader.View?
        /// See `DeleteRangeResponse.deleted`.
        package private(set) var deleted: Int64 = 0
        /// See `DeleteRangeResponse.prevKVs`.
        package private(set) var prevKVs: RepeatedView<KeyValue.View> = RepeatedView()

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: try reader.merge(field, into: &header)
                case 2: deleted = try reader.number(field)
                case 3: try reader.append(field, to: &prevKVs)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        header = view.header.map { ResponseHeader(copying: $0) }
        deleted = view.deleted
        prevKVs = view.prevKVs.map { KeyValue(copying: $0) }
    }
}

/// One operation of a transaction. A request with none of the four set: InvalidArgument "etcdserver: key
/// not found", surprising but so it is.
package struct RequestOp: WireViewable {
    /// Exactly one.
    package enum Request: Hashable, Sendable {
        /// A read. It sees what the same transaction has written before it.
        case requestRange(RangeRequest)
        /// A write.
        case requestPut(PutRequest)
        /// A deletion.
        case requestDeleteRange(DeleteRangeRequest)
        /// Since 3.3. A transaction inside the transaction, with compares of its own.
        case requestTxn(TxnRequest)
    }

    /// Exactly one.
    package var request: Request?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        request: Request? = nil
    ) {
        self.request = request
    }
}

extension RequestOp {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        switch request {
        case .requestRange(let value): size.required(1, value)
        case .requestPut(let value): size.required(2, value)
        case .requestDeleteRange(let value): size.required(3, value)
        case .requestTxn(let value): size.required(4, value)
        case nil: break
        }
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        switch request {
        case .requestTxn(let value): writer.required(4, value)
        case .requestDeleteRange(let value): writer.required(3, value)
        case .requestPut(let value): writer.required(2, value)
        case .requestRange(let value): writer.required(1, value)
        case nil: break
        }
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: request = .requestRange(try reader.message(field, in: owner))
            case 2: request = .requestPut(try reader.message(field, in: owner))
            case 3: request = .requestDeleteRange(try reader.message(field, in: owner))
            case 4: request = .requestTxn(try reader.message(field, in: owner))
            default: try reader.skip(field)
            }
        }
    }
}

extension RequestOp {
    /// A `RequestOp` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `RequestOp.Request`.
        package enum Request: Sendable {
            /// See `RequestOp.Request.requestRange`.
            case requestRange(RangeRequest.View)
            /// See `RequestOp.Request.requestPut`.
            case requestPut(PutRequest.View)
            /// See `RequestOp.Request.requestDeleteRange`.
            case requestDeleteRange(DeleteRangeRequest.View)
            /// See `RequestOp.Request.requestTxn`.
            case requestTxn(TxnRequest.View)
        }

        /// See `RequestOp.request`.
        package private(set) var request: Request?

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: request = .requestRange(try reader.viewed(field))
                case 2: request = .requestPut(try reader.viewed(field))
                case 3: request = .requestDeleteRange(try reader.viewed(field))
                case 4: request = .requestTxn(try reader.viewed(field))
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        switch view.request {
        case .requestRange(let value): request = .requestRange(RangeRequest(copying: value))
        case .requestPut(let value): request = .requestPut(PutRequest(copying: value))
        case .requestDeleteRange(let value): request = .requestDeleteRange(DeleteRangeRequest(copying: value))
        case .requestTxn(let value): request = .requestTxn(TxnRequest(copying: value))
        case nil: break
        }
    }
}

/// What one operation of a transaction answered.
package struct ResponseOp: WireViewable {
    /// The same kind as in the request. Each header inside carries `revision` only: the old one until the
    /// transaction's first change, the new one from there on. A nested transaction's header is empty.
    package enum Response: Hashable, Sendable {
        /// What was read.
        case responseRange(RangeResponse)
        /// The write is done.
        case responsePut(PutResponse)
        /// What was deleted.
        case responseDeleteRange(DeleteRangeResponse)
        /// Since 3.3. What the inner transaction did.
        case responseTxn(TxnResponse)
    }

    /// The same kind as in the request. Each header inside carries `revision` only: the old one until the
    /// transaction's first change, the new one from there on. A nested transaction's header is empty.
    package var response: Response?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        response: Response? = nil
    ) {
        self.response = response
    }
}

extension ResponseOp {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        switch response {
        case .responseRange(let value): size.required(1, value)
        case .responsePut(let value): size.required(2, value)
        case .responseDeleteRange(let value): size.required(3, value)
        case .responseTxn(let value): size.required(4, value)
        case nil: break
        }
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        switch response {
        case .responseTxn(let value): writer.required(4, value)
        case .responseDeleteRange(let value): writer.required(3, value)
        case .responsePut(let value): writer.required(2, value)
        case .responseRange(let value): writer.required(1, value)
        case nil: break
        }
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: response = .responseRange(try reader.message(field, in: owner))
            case 2: response = .responsePut(try reader.message(field, in: owner))
            case 3: response = .responseDeleteRange(try reader.message(field, in: owner))
            case 4: response = .responseTxn(try reader.message(field, in: owner))
            default: try reader.skip(field)
            }
        }
    }
}

extension ResponseOp {
    /// A `ResponseOp` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `ResponseOp.Response`.
        package enum Response: Sendable {
            /// See `ResponseOp.Response.responseRange`.
            case responseRange(RangeResponse.View)
            /// See `ResponseOp.Response.responsePut`.
            case responsePut(PutResponse.View)
            /// See `ResponseOp.Response.responseDeleteRange`.
            case responseDeleteRange(DeleteRangeResponse.View)
            /// See `ResponseOp.Response.responseTxn`.
            case responseTxn(TxnResponse.View)
        }

        /// See `ResponseOp.response`.
        package private(set) var response: Response?

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: response = .responseRange(try reader.viewed(field))
                case 2: response = .responsePut(try reader.viewed(field))
                case 3: response = .responseDeleteRange(try reader.viewed(field))
                case 4: response = .responseTxn(try reader.viewed(field))
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        switch view.response {
        case .responseRange(let value): response = .responseRange(RangeResponse(copying: value))
        case .responsePut(let value): response = .responsePut(PutResponse(copying: value))
        case .responseDeleteRange(let value): response = .responseDeleteRange(DeleteRangeResponse(copying: value))
        case .responseTxn(let value): response = .responseTxn(TxnResponse(copying: value))
        case nil: break
        }
    }
}

/// A condition on one key, or since 3.3 on every key of a range.
///
/// A missing key has version, create revision, mod revision and lease 0. It has no value at all, so a
/// comparison with VALUE is false for it, even "NOT_EQUAL". The usual "only if the key does not exist" is
/// therefore target CREATE, result EQUAL, create_revision 0.
package struct Compare: WireViewable {
    /// The right side; take the one that belongs to `target`. None: 0, or no bytes.
    package enum TargetUnion: Hashable, Sendable {
        /// For VERSION.
        case version(Int64)
        /// For CREATE.
        case createRevision(Revision)
        /// For MOD.
        case modRevision(Revision)
        /// For VALUE.
        case value(ByteSlice)
        /// Since 3.3. For LEASE.
        case lease(LeaseID)
    }

    /// The relation. A number that is not in the list makes the comparison true.
    package var result: Compare.CompareResult = .equal
    /// The attribute. A number that is not in the list makes the two sides equal.
    package var target: Compare.CompareTarget = .version
    /// The key, or the first of a range. Empty: InvalidArgument "etcdserver: key is not provided".
    package var key: ByteSlice = ByteSlice()
    /// The right side; take the one that belongs to `target`. None: 0, or no bytes.
    package var targetUnion: TargetUnion?
    /// Since 3.3. Where the range ends; see RANGES above. All keys in it must satisfy the condition; if there
    /// is none, the condition is asked of one missing key.
    package var rangeEnd: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        result: Compare.CompareResult = .equal,
        target: Compare.CompareTarget = .version,
        key: ByteSlice = ByteSlice(),
        targetUnion: TargetUnion? = nil,
        rangeEnd: ByteSlice = ByteSlice()
    ) {
        self.result = result
        self.target = target
        self.key = key
        self.targetUnion = targetUnion
        self.rangeEnd = rangeEnd
    }
}

extension Compare {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, result)
        size.field(2, target)
        size.field(3, key)
        switch targetUnion {
        case .version(let value): size.required(4, value)
        case .createRevision(let value): size.required(5, value)
        case .modRevision(let value): size.required(6, value)
        case .value(let value): size.required(7, value)
        case .lease(let value): size.required(8, value)
        case nil: break
        }
        size.field(64, rangeEnd)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(64, rangeEnd)
        switch targetUnion {
        case .lease(let value): writer.required(8, value)
        case .value(let value): writer.required(7, value)
        case .modRevision(let value): writer.required(6, value)
        case .createRevision(let value): writer.required(5, value)
        case .version(let value): writer.required(4, value)
        case nil: break
        }
        writer.field(3, key)
        writer.field(2, target)
        writer.field(1, result)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: result = try reader.number(field)
            case 2: target = try reader.number(field)
            case 3: key = try reader.bytes(field, in: owner)
            case 4: targetUnion = .version(try reader.number(field))
            case 5: targetUnion = .createRevision(try reader.number(field))
            case 6: targetUnion = .modRevision(try reader.number(field))
            case 7: targetUnion = .value(try reader.bytes(field, in: owner))
            case 8: targetUnion = .lease(try reader.number(field))
            case 64: rangeEnd = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

extension Compare {
    /// A `Compare` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `Compare.TargetUnion`.
        package enum TargetUnion: Sendable {
            /// See `Compare.TargetUnion.version`.
            case version(Int64)
            /// See `Compare.TargetUnion.createRevision`.
            case createRevision(Revision)
            /// See `Compare.TargetUnion.modRevision`.
            case modRevision(Revision)
            /// See `Compare.TargetUnion.value`.
            case value(ByteView)
            /// See `Compare.TargetUnion.lease`.
            case lease(LeaseID)
        }

        /// See `Compare.result`.
        package private(set) var result: Compare.CompareResult = .equal
        /// See `Compare.target`.
        package private(set) var target: Compare.CompareTarget = .version
        /// See `Compare.key`.
        package private(set) var key: ByteView = ByteView()
        /// See `Compare.rangeEnd`.
        package private(set) var rangeEnd: ByteView = ByteView()
        /// See `Compare.targetUnion`.
        package private(set) var targetUnion: TargetUnion?

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: result = try reader.number(field)
                case 2: target = try reader.number(field)
                case 3: key = try reader.view(field)
                case 4: targetUnion = .version(try reader.number(field))
                case 5: targetUnion = .createRevision(try reader.number(field))
                case 6: targetUnion = .modRevision(try reader.number(field))
                case 7: targetUnion = .value(try reader.view(field))
                case 8: targetUnion = .lease(try reader.number(field))
                case 64: rangeEnd = try reader.view(field)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        result = view.result
        target = view.target
        key = ByteSlice(copying: view.key)
        rangeEnd = ByteSlice(copying: view.rangeEnd)
        switch view.targetUnion {
        case .version(let value): targetUnion = .version(value)
        case .createRevision(let value): targetUnion = .createRevision(value)
        case .modRevision(let value): targetUnion = .modRevision(value)
        case .value(let value): targetUnion = .value(ByteSlice(copying: value))
        case .lease(let value): targetUnion = .lease(value)
        case nil: break
        }
    }
}

extension Compare {
    /// How the key's attribute (left) must stand to the given one (right).
    package enum CompareResult: WireEnum {
        /// left = right
        case equal
        /// left > right
        case greater
        /// left < right
        case less
        /// left <> right
        case notEqual
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [CompareResult] = [
            .equal,
            .greater,
            .less,
            .notEqual,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .equal
            case 1: self = .greater
            case 2: self = .less
            case 3: self = .notEqual
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .equal: 0
            case .greater: 1
            case .less: 2
            case .notEqual: 3
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: CompareResult, right: CompareResult) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}

extension Compare {
    /// Which attribute of the key.
    package enum CompareTarget: WireEnum {
        /// How often it was put in this life.
        case version
        /// When this life began.
        case create
        /// When it was changed last.
        case mod
        /// The stored bytes, compared bytewise.
        case value
        /// Since 3.3. The lease it is tied to.
        case lease
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [CompareTarget] = [
            .version,
            .create,
            .mod,
            .value,
            .lease,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .version
            case 1: self = .create
            case 2: self = .mod
            case 3: self = .value
            case 4: self = .lease
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .version: 0
            case .create: 1
            case .mod: 2
            case .value: 3
            case .lease: 4
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: CompareTarget, right: CompareTarget) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}

/// If all of `compare` hold, do `success`, otherwise do `failure`; nobody sees half of it.
///
/// WHAT IS REFUSED, before anything is done:
/// - more than 128 compares or operations in one list. A nested transaction has to fit into what its
///   parent left over. InvalidArgument "etcdserver: too many operations in txn request".
/// - two puts of one key in the same list, nested ones included, or a put and a delete that covers it,
///   because the order of events within a revision would be unclear. InvalidArgument "etcdserver:
///   duplicate key given in txn request". Both lists may write the same key, since only one is taken.
/// - a missing lease, or a revision that cannot be read, in the list that is taken: the whole
///   transaction then changes nothing.
///
/// READING ONLY. If both lists hold nothing but ranges, the transaction does not pass through the log. It
/// is answered from the local store without asking the leader only if every range is `serializable`.
package struct TxnRequest: WireViewable {
    /// The conditions; they must all hold. An empty list holds.
    package var compare: [Compare] = []
    /// Done in order when they hold.
    package var success: [RequestOp] = []
    /// Done in order when they do not.
    package var failure: [RequestOp] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        compare: [Compare] = [],
        success: [RequestOp] = [],
        failure: [RequestOp] = []
    ) {
        self.compare = compare
        self.success = success
        self.failure = failure
    }
}

extension TxnRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.repeated(1, compare)
        size.repeated(2, success)
        size.repeated(3, failure)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(3, failure)
        writer.repeated(2, success)
        writer.repeated(1, compare)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.append(field, to: &compare, in: owner)
            case 2: try reader.append(field, to: &success, in: owner)
            case 3: try reader.append(field, to: &failure, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

extension TxnRequest {
    /// A `TxnRequest` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `TxnRequest.compare`.
        package private(set) var compare: RepeatedView<Compare.View> = RepeatedView()
        /// See `TxnRequest.success`.
        package private(set) var success: RepeatedView<RequestOp.View> = RepeatedView()
        /// See `TxnRequest.failure`.
        package private(set) var failure: RepeatedView<RequestOp.View> = RepeatedView()

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: try reader.append(field, to: &compare)
                case 2: try reader.append(field, to: &success)
                case 3: try reader.append(field, to: &failure)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        compare = view.compare.map { Compare(copying: $0) }
        success = view.success.map { RequestOp(copying: $0) }
        failure = view.failure.map { RequestOp(copying: $0) }
    }
}

/// Which list was taken, and what its operations answered.
package struct TxnResponse: WireViewable {
    /// `revision` is new only if the transaction changed something.
    package var header: ResponseHeader?
    /// Whether the compares held.
    package var succeeded: Bool = false
    /// One answer for each operation of the list taken, in its order.
    package var responses: [ResponseOp] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        succeeded: Bool = false,
        responses: [ResponseOp] = []
    ) {
        self.header = header
        self.succeeded = succeeded
        self.responses = responses
    }
}

extension TxnResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, succeeded)
        size.repeated(3, responses)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(3, responses)
        writer.field(2, succeeded)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: succeeded = try reader.number(field)
            case 3: try reader.append(field, to: &responses, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

extension TxnResponse {
    /// A `TxnResponse` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `TxnResponse.header`.
        package private(set) var header: ResponseHeader.View?
        /// See `TxnResponse.succeeded`.
        package private(set) var succeeded: Bool = false
        /// See `TxnResponse.responses`.
        package private(set) var responses: RepeatedView<ResponseOp.View> = RepeatedView()

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: try reader.merge(field, into: &header)
                case 2: succeeded = try reader.number(field)
                case 3: try reader.append(field, to: &responses)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        header = view.header.map { ResponseHeader(copying: $0) }
        succeeded = view.succeeded
        responses = view.responses.map { ResponseOp(copying: $0) }
    }
}

/// How much of the past to forget.
///
/// For each key that lives at `revision` the newest state up to it is kept, and all older ones go; of a
/// key that is deleted by then nothing stays (since 3.5.16 a deletion at exactly `revision` does). Later
/// revisions are untouched. Watchers that still read before it are cancelled. The file does not shrink;
/// its pages become free.
package struct CompactionRequest: WireMessage {
    /// The oldest revision that must stay readable. Not above the last compaction: OutOfRange
    /// "etcdserver: mvcc: required revision has been compacted". Above the present: OutOfRange "etcdserver:
    /// mvcc: required revision is a future revision". Before the first compaction even 0 is accepted.
    package var revision: Revision = .zero
    /// true: answer only when the answering member has removed the old revisions and committed that.
    /// false: answer when it has been decided; the work goes on behind.
    package var physical: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        revision: Revision = .zero,
        physical: Bool = false
    ) {
        self.revision = revision
        self.physical = physical
    }
}

extension CompactionRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, revision)
        size.field(2, physical)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, physical)
        writer.field(1, revision)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: revision = try reader.number(field)
            case 2: physical = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// The compaction is decided (or done, see `physical`).
package struct CompactionResponse: WireMessage {
    /// Who answered. A compaction makes no revision.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension CompactionResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
