// Watch.swift: the messages of watch.proto as Swift.
//
// Made by MessageGenerator; change Protos/watch.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Identifiers
package import Protobuf

/// One wish of the client. With none of the three set it is ignored.
package struct WatchRequest: WireMessage {
    /// Exactly one.
    package enum RequestUnion: Hashable, Sendable {
        /// Begin to watch.
        case createRequest(WatchCreateRequest)
        /// Stop one watcher.
        case cancelRequest(WatchCancelRequest)
        /// Since 3.4. Ask how far the stream has come.
        case progressRequest(WatchProgressRequest)
    }

    /// Exactly one.
    package var requestUnion: RequestUnion?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        requestUnion: RequestUnion? = nil
    ) {
        self.requestUnion = requestUnion
    }
}

extension WatchRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        switch requestUnion {
        case .createRequest(let value): size.required(1, value)
        case .cancelRequest(let value): size.required(2, value)
        case .progressRequest(let value): size.required(3, value)
        case nil: break
        }
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        switch requestUnion {
        case .progressRequest(let value): writer.required(3, value)
        case .cancelRequest(let value): writer.required(2, value)
        case .createRequest(let value): writer.required(1, value)
        case nil: break
        }
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: requestUnion = .createRequest(try reader.message(field, in: owner))
            case 2: requestUnion = .cancelRequest(try reader.message(field, in: owner))
            case 3: requestUnion = .progressRequest(try reader.message(field, in: owner))
            default: try reader.skip(field)
            }
        }
    }
}

/// What to watch, from when, and what to leave out.
package struct WatchCreateRequest: WireMessage {
    /// The first key. Empty counts as the byte 00: from the very first key.
    package var key: ByteSlice = ByteSlice()
    /// Where the range ends, as in kv.proto. An end at or before the key is answered with `created`,
    /// `canceled`, `watch_id` -1 and the reason "mvcc: watcher range is empty".
    package var rangeEnd: ByteSlice = ByteSlice()
    /// The first revision of interest. 0: whatever comes next. In the future: wait for it. Before the compact
    /// revision: the watcher is created and at once cancelled, with `compact_revision` set. Negative: refused
    /// since 3.5.24 with id -1 and the text of the compaction error.
    package var startRevision: Revision = .zero
    /// Send a reply without events from time to time while nothing happens, so that the client may advance
    /// its bookmark: every 10 minutes and a little more by default.
    package var progressNotify: Bool = false
    /// Since 3.1. Kinds of events to leave out. If nothing of a reply is left, it is not sent.
    package var filters: [WatchCreateRequest.FilterType] = []
    /// Since 3.1. Add to each event the key as it was before.
    package var prevKV: Bool = false
    /// Since 3.4. The name that the client wants for this watcher. 0: the server counts up from 0 and takes
    /// the first that is free. In use: `created`, `canceled`, id -1, reason "mvcc: duplicate watch ID
    /// provided on the WatchStream". Do not use -1, which replies use for "none".
    package var watchID: Int64 = 0
    /// Since 3.4. Allow a reply that would exceed the request limit (1.5 MiB) plus 512 KiB to be cut into
    /// several, between events.
    package var fragment: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        key: ByteSlice = ByteSlice(),
        rangeEnd: ByteSlice = ByteSlice(),
        startRevision: Revision = .zero,
        progressNotify: Bool = false,
        filters: [WatchCreateRequest.FilterType] = [],
        prevKV: Bool = false,
        watchID: Int64 = 0,
        fragment: Bool = false
    ) {
        self.key = key
        self.rangeEnd = rangeEnd
        self.startRevision = startRevision
        self.progressNotify = progressNotify
        self.filters = filters
        self.prevKV = prevKV
        self.watchID = watchID
        self.fragment = fragment
    }
}

extension WatchCreateRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, key)
        size.field(2, rangeEnd)
        size.field(3, startRevision)
        size.field(4, progressNotify)
        size.packed(5, filters)
        size.field(6, prevKV)
        size.field(7, watchID)
        size.field(8, fragment)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(8, fragment)
        writer.field(7, watchID)
        writer.field(6, prevKV)
        writer.packed(5, filters)
        writer.field(4, progressNotify)
        writer.field(3, startRevision)
        writer.field(2, rangeEnd)
        writer.field(1, key)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: key = try reader.bytes(field, in: owner)
            case 2: rangeEnd = try reader.bytes(field, in: owner)
            case 3: startRevision = try reader.number(field)
            case 4: progressNotify = try reader.number(field)
            case 5: try reader.append(field, to: &filters)
            case 6: prevKV = try reader.number(field)
            case 7: watchID = try reader.number(field)
            case 8: fragment = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension WatchCreateRequest {
    /// Events that the server need not send.
    package enum FilterType: WireEnum {
        /// No puts.
        case noput
        /// No deletes.
        case nodelete
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [FilterType] = [
            .noput,
            .nodelete,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .noput
            case 1: self = .nodelete
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .noput: 0
            case .nodelete: 1
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: FilterType, right: FilterType) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}

/// Since 3.1. Stop a watcher. It is answered with `canceled` and no reason.
package struct WatchCancelRequest: WireMessage {
    /// Which one. If it does not exist, nothing happens and nothing is sent.
    package var watchID: Int64 = 0

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        watchID: Int64 = 0
    ) {
        self.watchID = watchID
    }
}

extension WatchCancelRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, watchID)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, watchID)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: watchID = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.4. Asks how far the stream has come. Answered with id -1 and no events, as soon as every watcher
/// of the stream has caught up; if one lags behind there is no answer (3.5.8 and later; earlier versions
/// answer always, which promised too much).
package struct WatchProgressRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension WatchProgressRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// Something about one watcher: it was made, it is gone, here are its events, or this is how far it is.
package struct WatchResponse: WireViewable {
    /// `revision` is that of the events when the watcher is up to date, the store's present one while it is
    /// reading history, and 0 when a compaction cancels it.
    package var header: ResponseHeader?
    /// For whom. The first automatic id is 0 and so is absent on the wire. -1: for nobody in particular.
    package var watchID: Int64 = 0
    /// The answer to a create_request, sent before any event of that watcher. It may be `canceled` at once.
    package var created: Bool = false
    /// This watcher has ended; nothing more follows for it.
    package var canceled: Bool = false
    /// Not 0 only when a compaction cancelled the watcher: the oldest revision that one can watch from.
    package var compactRevision: Revision = .zero
    /// Since 3.4. Why it was refused or cancelled. Empty when the client asked for it, and on a compaction.
    /// A refused permission reads "rpc error: code = PermissionDenied desc = etcdserver: permission denied".
    package var cancelReason: String = ""
    /// Since 3.4. More of the same revision follows; the last piece has false.
    package var fragment: Bool = false
    /// What happened, oldest first. A watcher that is catching up gets up to 1000 revisions in one reply.
    package var events: [Event] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        watchID: Int64 = 0,
        created: Bool = false,
        canceled: Bool = false,
        compactRevision: Revision = .zero,
        cancelReason: String = "",
        fragment: Bool = false,
        events: [Event] = []
    ) {
        self.header = header
        self.watchID = watchID
        self.created = created
        self.canceled = canceled
        self.compactRevision = compactRevision
        self.cancelReason = cancelReason
        self.fragment = fragment
        self.events = events
    }
}

extension WatchResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, watchID)
        size.field(3, created)
        size.field(4, canceled)
        size.field(5, compactRevision)
        size.field(6, cancelReason)
        size.field(7, fragment)
        size.repeated(11, events)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(11, events)
        writer.field(7, fragment)
        writer.field(6, cancelReason)
        writer.field(5, compactRevision)
        writer.field(4, canceled)
        writer.field(3, created)
        writer.field(2, watchID)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: watchID = try reader.number(field)
            case 3: created = try reader.number(field)
            case 4: canceled = try reader.number(field)
            case 5: compactRevision = try reader.number(field)
            case 6: cancelReason = try reader.text(field)
            case 7: fragment = try reader.number(field)
            case 11: try reader.append(field, to: &events, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

extension WatchResponse {
    /// A `WatchResponse` as it lies in a buffer: true as long as the buffer's bytes are, and owner of nothing.
    package struct View: WireView {
        /// See `WatchResponse.header`.
        package private(set) var header: ResponseHeader.View?
        /// See `WatchResponse.watchID`.
        package private(set) var watchID: Int64 = 0
        /// See `WatchResponse.created`.
        package private(set) var created: Bool = false
        /// See `WatchResponse.canceled`.
        package private(set) var canceled: Bool = false
        /// See `WatchResponse.compactRevision`.
        package private(set) var compactRevision: Revision = .zero
        /// See `WatchResponse.cancelReason`.
        package private(set) var cancelReason: ByteView = ByteView()
        /// See `WatchResponse.fragment`.
        package private(set) var fragment: Bool = false
        /// See `WatchResponse.events`.
        package private(set) var events: RepeatedView<Event.View> = RepeatedView()

        /// All fields absent.
        package init() {}

        /// Takes over the fields that are there.
        package mutating func merge(from reader: inout WireReader) throws(WireError) {
            while let field = try reader.next() {
                switch field.number {
                case 1: try reader.merge(field, into: &header)
                case 2: watchID = try reader.number(field)
                case 3: created = try reader.number(field)
                case 4: canceled = try reader.number(field)
                case 5: compactRevision = try reader.number(field)
                case 6: cancelReason = try reader.view(field)
                case 7: fragment = try reader.number(field)
                case 11: try reader.append(field, to: &events)
                default: try reader.skip(field)
                }
            }
        }
    }

    /// A message of its own: every row of bytes that the view shows is copied by itself.
    package init(copying view: View) {
        header = view.header.map { ResponseHeader(copying: $0) }
        watchID = view.watchID
        created = view.created
        canceled = view.canceled
        compactRevision = view.compactRevision
        cancelReason = String(wire: view.cancelReason)
        fragment = view.fragment
        events = view.events.map { Event(copying: $0) }
    }
}
