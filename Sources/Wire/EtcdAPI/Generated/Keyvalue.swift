// Keyvalue.swift: the messages of keyvalue.proto as Swift.
//
// Made by MessageGenerator; change Protos/keyvalue.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// A key with its value and its place in history, as it was at one revision.
package struct KeyValue: WireViewable {
    /// The name: any bytes except none at all. Keys are ordered bytewise; a "directory" is only a habit of
    /// writing slashes.
    package var key: ByteSlice = ByteSlice()
    /// The revision in which this life of the key began: the first put, or the first after a delete. Two
    /// reads that show the same number speak of the same life, which is what locks compare.
    package var createRevision: Revision = .zero
    /// The revision of the newest change. In the event of a delete: the revision of the delete.
    package var modRevision: Revision = .zero
    /// How many puts this life has seen: 1 after the first. A missing key compares as version 0.
    package var version: Int64 = 0
    /// What was stored: any bytes, none included. Absent on the wire when empty, and also in replies to
    /// a range with `keys_only`.
    package var value: ByteSlice = ByteSlice()
    /// The lease that takes the key with it when it ends. 0: the key stays until somebody deletes it.
    package var lease: LeaseID = .none

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        key: ByteSlice = ByteSlice(),
        createRevision: Revision = .zero,
        modRevision: Revision = .zero,
        version: Int64 = 0,
        value: ByteSlice = ByteSlice(),
        lease: LeaseID = .none
    ) {
        self.key = key
        self.createRevision = createRevision
        self.modRevision = modRevision
        self.version = version
        self.value = value
        self.lease = lease
    }
}

extension KeyValue {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, key)
        size.field(2, createRevision)
        size.field(3, modRevision)
        size.field(4, version)
        size.field(5, value)
        size.field(6, lease)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(6, lease)
        writer.field(5, value)
        writer.field(4, version)
        writer.field(3, modRevision)
        writer.field(2, createRevision)
        writer.field(1, key)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try reader.bytes(field, in: owner)
            case 2: createRevision = try reader.number(field)
            case 3: modRevision = try reader.number(field)
            case 4: version = try reader.number(field)
            case 5: value = try reader.bytes(field, in: owner)
            case 6: lease = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension KeyValue {
    /// A `KeyValue` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `KeyValue.key`.
        package private(set) var key: ByteView = ByteView()
        /// See `KeyValue.createRevision`.
        package private(set) var createRevision: Revision = .zero
        /// See `KeyValue.modRevision`.
        package private(set) var modRevision: Revision = .zero
        /// See `KeyValue.version`.
        package private(set) var version: Int64 = 0
        /// See `KeyValue.value`.
        package private(set) var value: ByteView = ByteView()
        /// See `KeyValue.lease`.
        package private(set) var lease: LeaseID = .none

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: key = try reader.view(field)
                case 2: createRevision = try reader.number(field)
                case 3: modRevision = try reader.number(field)
                case 4: version = try reader.number(field)
                case 5: value = try reader.view(field)
                case 6: lease = try reader.number(field)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        key = ByteSlice(copying: view.key)
        createRevision = view.createRevision
        modRevision = view.modRevision
        version = view.version
        value = ByteSlice(copying: view.value)
        lease = view.lease
    }
}

/// One change of one key, as a watcher hears of it.
package struct Event: WireViewable {
    /// What happened. PUT is 0 and so is absent on the wire.
    package var type: Event.EventType = .put
    /// PUT: the key as it is after the change. DELETE: `key` and `mod_revision` only, for the rest is gone.
    package var kv: KeyValue?
    /// The key as it was just before, if the watcher asked for it with `prev_kv`. Absent when the key did
    /// not exist, or when a compaction has already thrown the older revision away.
    package var prevKV: KeyValue?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        type: Event.EventType = .put,
        kv: KeyValue? = nil,
        prevKV: KeyValue? = nil
    ) {
        self.type = type
        self.kv = kv
        self.prevKV = prevKV
    }
}

extension Event {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, type)
        size.optional(2, kv)
        size.optional(3, prevKV)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(3, prevKV)
        writer.optional(2, kv)
        writer.field(1, type)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: type = try reader.number(field)
            case 2: try reader.merge(field, into: &kv, in: owner)
            case 3: try reader.merge(field, into: &prevKV, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

extension Event {
    /// A `Event` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `Event.type`.
        package private(set) var type: Event.EventType = .put
        /// See `Event.kv`.
        package private(set) var kv: KeyValue.View?
        /// See `Event.prevKV`.
        package private(set) var prevKV: KeyValue.View?

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: type = try reader.number(field)
                case 2: try reader.merge(field, into: &kv)
                case 3: try reader.merge(field, into: &prevKV)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        type = view.type
        kv = view.kv.map { KeyValue(copying: $0) }
        prevKV = view.prevKV.map { KeyValue(copying: $0) }
    }
}

extension Event {
    /// The two things that can happen to a key.
    package enum EventType: WireEnum {
        /// The key was written; it may have existed before (`kv.version` > 1) or not (= 1).
        case put
        /// The key was deleted: by a request, by the end of its lease, or within a transaction.
        case delete
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [EventType] = [
            .put,
            .delete,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .put
            case 1: self = .delete
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .put: 0
            case .delete: 1
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: EventType, right: EventType) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}
