// CompactRecord.swift: one event in as few bytes and instructions as possible.
//
// The owner of a member writes this form and returns to its work; another thread turns it into NDJSON. It is
// never kept on a disk, so it may change with the program.
//
//     varint        varint  varint                 varint each      8 bytes     varint    the payload's
//     +-----------+-------+---------------------+----------------+------------+---------+ fields, in order
//     | sequence  | kind  | 2 * causes + hasMsg | sequence-cause | connection | ordinal | ...
//     +-----------+-------+---------------------+----------------+------------+---------+
//                                                                 only with hasMsg
//
//     field         unsigned    signed            identifier   bool, word   text, bytes     list
//     is written    varint      zigzag varint     8 bytes      1 byte       varint, bytes   varint, elements
//
// COST     measured in TraceTests: a vote with no causes takes about 30 bytes.
// RULES    K1  a reader never traps and never allocates more than the record could hold: it checks every
//              count against the bytes that are left, and remembers the first error.

public import Bytes

/// Why a trace cannot be read.
package enum TraceError: Error, Hashable, Sendable {
    /// The compact form is damaged.
    case damaged(ByteError)
    /// The compact form has an event of a number that this program does not know.
    case unknownNumber(UInt64)
    /// The line has an event of a name that this program does not know.
    case unknownEvent(String)
    /// The line lacks a field, or the field has another type or a value out of range.
    case badField(String)
}

extension TraceError: CustomStringConvertible {
    /// For people.
    package var description: String {
        switch self {
        case .damaged(let error): "a compact trace record is damaged: \(error)"
        case .unknownNumber(let number): "a compact trace record has the unknown kind \(number)"
        case .unknownEvent(let name):
            "this program does not know the event \"\(name)\": the trace was written by a newer one; use that to read it"
        case .badField(let name): "the field \"\(name)\" is missing, or its value is not what this event needs"
        }
    }
}

/// Writes fields compactly into its own buffer.
public struct CompactWriter: ~Copyable {
    /// What was written.
    var buffer = ByteBuffer(capacity: 512)

    /// Nothing is written yet.
    package init() {}

    /// Begins a record: everything before the fields.
    mutating func begin(
        _ sequence: EventSequence, _ number: UInt8, causes: EventSequence, second: EventSequence = .none,
        _ more: [EventSequence], message: MessageName?
    ) {
        buffer.removeAll()
        buffer.append(varint: sequence.rawValue)
        append(UInt64(number))
        let count = more.count + (causes == .none ? 0 : 1) + (second == .none ? 0 : 1)
        append(UInt64(count) << 1 | (message == nil ? 0 : 1))
        if causes != .none { append(sequence.rawValue - causes.rawValue) }
        if second != .none { append(sequence.rawValue - second.rawValue) }
        for cause in more { append(sequence.rawValue - cause.rawValue) }
        if let message {
            buffer.append(littleEndian: message.connection.rawValue)
            buffer.append(varint: message.ordinal)
        }
    }
}

extension CompactWriter: FieldVisiting {
    /// A varint.
    public mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) { append(value) }

    /// Most numbers are small, and one byte needs no loop.
    @inline(__always)
    private mutating func append(_ number: UInt64) {
        if number < 0x80 { buffer.append(UInt8(truncatingIfNeeded: number)) } else { buffer.append(varint: number) }
    }
    /// Zigzag, so that -1 is short: 0, -1, 1, -2 become 0, 1, 2, 3.
    public mutating func signed(_ name: StaticString?, _ value: inout Int64) {
        append(UInt64(bitPattern: value << 1 ^ value >> 63))
    }
    /// Eight bytes: hashes have no small values.
    public mutating func identifier(_ name: StaticString?, _ value: inout UInt64) {
        buffer.append(littleEndian: value)
    }
    /// One byte.
    public mutating func bool(_ name: StaticString?, _ value: inout Bool) { buffer.append(value ? 1 : 0) }
    /// Length and bytes.
    public mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) {
        buffer.append(varint: UInt64(value.count))
        buffer.append(value)
    }
    /// Length and bytes.
    public mutating func short(_ name: StaticString?, _ value: inout TraceBytes) {
        buffer.append(varint: UInt64(value.count))
        value.append(to: &buffer)
    }
    /// Length and bytes.
    public mutating func text(_ name: StaticString?, _ value: inout String) {
        buffer.append(varint: UInt64(value.utf8.count))
        buffer.append(value)
    }
    /// One byte.
    public mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
        buffer.append(value.rawValue)
    }
    /// A count and the elements.
    public mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element, _ element: (inout Element, inout Self) -> Void
    ) {
        buffer.append(varint: UInt64(values.count))
        for place in values.indices { element(&values[place], &self) }
    }
    /// The fields; there are no brackets.
    public mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) { body(&self) }
}

extension CompactWriter {
    /// What was written last; true until the next record.
    package var view: ByteView { buffer.view }

    /// Writes a record that was read from somewhere, in the place of the one before. Its causes must be earlier
    /// events; its time is not part of this form.
    package mutating func write(_ record: TraceRecord) {
        precondition(record.causes.allSatisfy { $0 < record.sequence }, "E3: a cause comes before its effect")
        var payload = record.event.payload
        begin(
            record.sequence, type(of: payload).kind.number, causes: record.causes.first ?? .none,
            Array(record.causes.dropFirst()), message: record.message)
        payload.fields(&self)
    }
}

/// Reads fields from the compact form. After an error every further field keeps its default.
package struct CompactReader {
    private var cursor: ByteCursor
    /// The first thing that went wrong.
    private(set) var error: ByteError?

    init(_ record: ByteView) { cursor = ByteCursor(record) }

    /// Does one read, unless something went wrong before.
    private mutating func attempt<Value>(_ body: (inout ByteCursor) throws(ByteError) -> Value) -> Value? {
        guard error == nil else { return nil }
        do {
            return try body(&cursor)
        } catch {
            self.error = error
            return nil
        }
    }

    /// The next number.
    mutating func varint() -> UInt64 {
        attempt { (cursor) throws(ByteError) in try cursor.readVarint() } ?? 0
    }

    /// The next number that may be negative.
    mutating func zigzag() -> Int64 {
        let bits = varint()
        return Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
    }

    /// The next number of eight bytes.
    mutating func fixed() -> UInt64 {
        attempt { (cursor) throws(ByteError) in try cursor.readLittleEndian(UInt64.self) } ?? 0
    }

    /// The next run of bytes, where it lies in the record.
    mutating func run() -> ByteView {
        let length = count()
        return attempt { (cursor) throws(ByteError) in try cursor.take(length) } ?? ByteView()
    }

    /// The next byte.
    mutating func byte() -> UInt8 { attempt { (cursor) throws(ByteError) in try cursor.readByte() } ?? 0 }

    /// A number of things that each take at least one byte (K1).
    mutating func count() -> Int {
        let count = varint()
        guard count <= UInt64(cursor.remaining) else {
            if error == nil { error = ByteError(.truncated, at: cursor.position) }
            return 0
        }
        return Int(count)
    }

    /// Everything before the fields.
    mutating func header() throws(TraceError) -> CompactHeader {
        let sequence = EventSequence(rawValue: varint())
        let number = varint()
        let flags = varint()
        guard flags >> 1 <= UInt64(cursor.remaining) else {
            throw .damaged(error ?? ByteError(.truncated, at: cursor.position))
        }
        var header = CompactHeader(sequence: sequence, number: number)
        if flags >> 1 > 0 { header.cause = EventSequence(rawValue: sequence.rawValue &- varint()) }
        if flags >> 1 > 1 {
            for _ in 1..<(flags >> 1) { header.more.append(EventSequence(rawValue: sequence.rawValue &- varint())) }
        }
        header.hasCause = flags >> 1 > 0
        if flags & 1 == 1 {
            var connection: UInt64 = 0
            identifier(nil, &connection)
            header.message = MessageName(ConnectionID(rawValue: connection), varint())
        }
        if let error { throw .damaged(error) }
        return header
    }

    /// After the fields: nothing may be wrong, nothing may be left.
    func finish() throws(TraceError) {
        if let error { throw .damaged(error) }
        if !cursor.isAtEnd { throw .damaged(ByteError(.truncated, at: cursor.position)) }
    }
}

/// What stands before the fields.
struct CompactHeader {
    var sequence: EventSequence
    var number: UInt64
    /// Whether there is a cause: a damaged record may name 0 as one.
    var hasCause = false
    /// The first cause; most events have one, and no array is made for it.
    var cause = EventSequence.none
    /// The others.
    var more: [EventSequence] = []
    var message: MessageName?

    /// All causes.
    var causes: [EventSequence] { hasCause ? [cause] + more : [] }
}

extension CompactReader: FieldVisiting {
    /// A varint.
    package mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) { value = varint() }
    /// A zigzag varint.
    package mutating func signed(_ name: StaticString?, _ value: inout Int64) {
        value = zigzag()
    }
    /// Eight bytes.
    package mutating func identifier(_ name: StaticString?, _ value: inout UInt64) {
        value = fixed()
    }
    /// One byte.
    package mutating func bool(_ name: StaticString?, _ value: inout Bool) { value = byte() != 0 }
    /// Length and bytes, copied.
    package mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) {
        value = ByteSlice(copying: run())
    }
    /// Length and bytes.
    package mutating func short(_ name: StaticString?, _ value: inout TraceBytes) {
        value = TraceBytes(run())
    }
    /// Length and bytes.
    package mutating func text(_ name: StaticString?, _ value: inout String) {
        value = run().lossyText
    }
    /// One byte that is the raw value of a case.
    package mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
        let place = cursor.position
        guard let word = Word(rawValue: byte()) else {
            if error == nil { error = ByteError(.truncated, at: place) }
            return
        }
        value = word
    }
    /// A count and the elements.
    package mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element, _ element: (inout Element, inout Self) -> Void
    ) {
        values = Array(repeating: blank, count: count())
        for place in values.indices { element(&values[place], &self) }
    }
    /// The fields.
    package mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) { body(&self) }
}

extension TraceRecord {
    /// Reads a compact record.
    package init(compact record: ByteView, from origin: TraceOrigin, at time: TraceTime? = nil) throws(TraceError) {
        var reader = CompactReader(record)
        let header = try reader.header()
        guard let row = Event.table.row(header.number) else { throw .unknownNumber(header.number) }
        let event = row.decode(&reader)
        try reader.finish()
        self.init(
            member: origin.member, epoch: origin.epoch, sequence: header.sequence, causes: header.causes,
            message: header.message, time: time, event: event)
    }
}
