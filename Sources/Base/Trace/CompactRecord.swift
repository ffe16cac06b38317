// CompactRecord.swift: one event in as few bytes and instructions as possible.
//
// The owner of a member writes this form and returns to its work; another thread turns it into NDJSON. It is
// never kept on a disk, so it may change with the program.
//
//     number        1 byte  1 byte  number each      8 bytes      number    the payload's
//     +-----------+-------+-------+----------------+------------+---------+ fields, in order
//     | sequence  | kind  | shape | sequence-cause | connection | ordinal | ...
//     +-----------+-------+-------+----------------+------------+---------+
//                           |                       only with hasMessage
//                           2 * causes + hasMessage; 127 causes: their number follows
//
//     field         unsigned    signed            identifier   bool, word   text, bytes     list
//     is written    number      zigzag number     8 bytes      1 byte       number, bytes   number, elements
//
// A NUMBER is its length and its bytes (RecordCursor.swift, in Bytes), because that is quicker than a varint. WHO WRITES IT?
//
//     CompactWriter     owns the memory of one record
//     CompactCursor     the visitor that is shown the fields: two pointers, in registers as long as a record is written
//
// COST     measured in TraceTests: a vote with no causes takes about 30 bytes. A put's five events and its share of the events
//          of its batch: Tests/Benchmarks/tracing.sh.
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

// MARK: - Writing

/// Shows where the next field goes, and puts it there.
@frozen
public struct CompactCursor {
    @usableFromInline var fields: RecordCursor

    @inlinable
    init(_ fields: RecordCursor) { self.fields = fields }

    /// Everything before the fields, for at most two causes. They must be earlier than the event.
    @inline(__always)
    mutating func begin(_ sequence: EventSequence, _ number: UInt8, _ first: EventSequence, _ second: EventSequence) {
        let shape: UInt16 = (first == .none ? 0 : 2) + (second == .none ? 0 : 2)
        fields.append(number: sequence.rawValue, bytes: UInt16(number) | shape << 8)
        if first != .none { fields.append(number: sequence.rawValue &- first.rawValue) }
        if second != .none { fields.append(number: sequence.rawValue &- second.rawValue) }
    }

    /// The same with any number of causes, and a message.
    @inline(never)
    mutating func begin(
        _ sequence: EventSequence, _ number: UInt8, causes: EventSequence, second: EventSequence = .none,
        _ more: [EventSequence], message: MessageName?
    ) {
        fields.append(number: sequence.rawValue)
        fields.append(byte: number)
        let count = more.count + (causes == .none ? 0 : 1) + (second == .none ? 0 : 1)
        fields.append(byte: UInt8(min(count, 127)) << 1 | (message == nil ? 0 : 1))
        if count >= 127 { fields.append(number: UInt64(count)) }
        if causes != .none { fields.append(number: sequence.rawValue - causes.rawValue) }
        if second != .none { fields.append(number: sequence.rawValue - second.rawValue) }
        for cause in more { fields.append(number: sequence.rawValue - cause.rawValue) }
        if let message {
            fields.append(fixed: message.connection.rawValue)
            fields.append(number: message.ordinal)
        }
    }
}

extension CompactCursor: FieldVisiting {
    /// Length and bytes.
    @inlinable @inline(__always)
    public mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) { fields.append(number: value) }
    /// Zigzag, so that -1 is short: 0, -1, 1, -2 become 0, 1, 2, 3.
    @inlinable @inline(__always)
    public mutating func signed(_ name: StaticString?, _ value: inout Int64) {
        fields.append(number: UInt64(bitPattern: value << 1 ^ value >> 63))
    }
    /// Eight bytes: hashes have no small values.
    @inlinable @inline(__always)
    public mutating func identifier(_ name: StaticString?, _ value: inout UInt64) { fields.append(fixed: value) }
    /// One byte.
    @inlinable @inline(__always)
    public mutating func bool(_ name: StaticString?, _ value: inout Bool) { fields.append(byte: value ? 1 : 0) }
    /// Length and bytes.
    public mutating func bytes(_ name: StaticString?, _ value: inout ByteSlice) { fields.append(value.view) }
    /// Length and bytes.
    @inlinable @inline(__always)
    public mutating func short(_ name: StaticString?, _ value: inout TraceBytes) { value.append(to: &fields) }
    /// Length and bytes.
    @inlinable @inline(__always)
    public mutating func view(_ name: StaticString?, _ value: inout ByteView) { fields.append(value) }
    /// Length and bytes.
    public mutating func text(_ name: StaticString?, _ value: inout String) {
        let bytes = ByteSlice(utf8: value)
        fields.append(bytes.view)
    }
    /// One byte.
    @inlinable @inline(__always)
    public mutating func word<Word: TraceWord>(_ name: StaticString?, _ value: inout Word) {
        fields.append(byte: value.rawValue)
    }
    /// A count and the elements.
    @inlinable @inline(__always)
    public mutating func list<Element>(
        _ name: StaticString?, _ values: inout [Element], blank: Element, _ element: (inout Element, inout Self) -> Void
    ) {
        fields.append(number: UInt64(values.count))
        // A copy of each: to change the list in place it would have to be ours alone, and might be copied whole.
        for value in values {
            var copy = value
            element(&copy, &self)
        }
    }
    /// The fields; there are no brackets.
    @inlinable @inline(__always)
    public mutating func group(_ name: StaticString?, _ body: (inout Self) -> Void) { body(&self) }
}

/// Writes records, one in the place of the other.
public struct CompactWriter: ~Copyable {
    /// Where they lie.
    var block = RecordBlock(capacity: 512)

    /// Nothing is written yet.
    package init() {}

    /// What was written last; true until the next record.
    package var view: ByteView { block.view }

    /// Writes a payload that was read from a line, with what stands before it. Its causes must be earlier events.
    mutating func write<Payload: EventPayload>(_ payload: inout Payload, _ head: TraceHead) {
        precondition(head.causes.allSatisfy { $0 < head.sequence }, "E3: a cause comes before its effect")
        while true {
            var cursor = CompactCursor(block.cursor)
            let cause = head.causes.first ?? .none
            if head.message == nil, head.causes.count == (cause == .none ? 0 : 1) {
                cursor.begin(head.sequence, Payload.kind.number, cause, .none)
            } else {
                // A cause of 0, which only an editor can have written, is kept as it is.
                cursor.begin(head.sequence, Payload.kind.number, causes: .none, head.causes, message: head.message)
            }
            payload.encode(into: &cursor)
            if block.keep(cursor.fields) { return }
        }
    }

    /// Writes a record that was read from somewhere, in the place of the one before. Its causes must be earlier
    /// events; its time is not part of this form.
    package mutating func write(_ record: TraceRecord) {
        var head = TraceHead()
        head.sequence = record.sequence
        head.causes = record.causes
        head.message = record.message
        var payload = record.event.payload
        write(&payload, head)
    }
}

// MARK: - Reading

/// Reads fields from the compact form. After an error every further field is blank.
package struct CompactReader {
    private let record: ByteView
    private var position = 0
    /// The first thing that went wrong.
    private(set) var error: ByteError?

    init(_ record: ByteView) { self.record = record }

    /// Nothing is read any more.
    @inline(never)
    private mutating func fail() {
        if error == nil { error = ByteError(.truncated, at: position) }
        position = record.count
    }

    /// How many bytes are left.
    private var remaining: Int { record.count - position }

    /// The next number.
    @inline(__always)
    mutating func number() -> UInt64 {
        if let number = record.number(at: &position) { return number }
        fail()
        return 0
    }

    /// The next number that may be negative.
    @inline(__always)
    mutating func zigzag() -> Int64 {
        let bits = number()
        return Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)
    }

    /// The next number of eight bytes.
    @inline(__always)
    mutating func fixed() -> UInt64 {
        guard remaining >= 8 else {
            fail()
            return 0
        }
        position += 8
        return record.littleEndian(at: position - 8)
    }

    /// The next run of bytes, where it lies in the record.
    mutating func run() -> ByteView {
        let length = count()
        position += length
        return record[(position - length)..<position]
    }

    /// The next byte.
    @inline(__always)
    mutating func byte() -> UInt8 {
        guard remaining > 0 else {
            fail()
            return 0
        }
        position += 1
        return record[position - 1]
    }

    /// A number of things that each take at least one byte (K1).
    mutating func count() -> Int {
        let count = number()
        guard count <= UInt64(remaining) else {
            fail()
            return 0
        }
        return Int(count)
    }

    /// What every record begins with.
    @inline(__always)
    mutating func beginning() -> CompactBeginning {
        CompactBeginning(sequence: EventSequence(rawValue: number()), number: byte(), shape: byte())
    }

    /// How many causes follow the beginning.
    @inline(__always)
    mutating func causes(_ shape: UInt8) -> Int { shape >> 1 == 127 ? count() : Int(shape >> 1) }

    /// The next cause of an event.
    @inline(__always)
    mutating func cause(of sequence: EventSequence) -> EventSequence {
        EventSequence(rawValue: sequence.rawValue &- number())
    }

    /// The message behind the causes, if there is one.
    @inline(__always)
    mutating func message(_ shape: UInt8) -> MessageName? {
        shape & 1 == 1 ? MessageName(ConnectionID(rawValue: fixed()), number()) : nil
    }

    /// After the fields: nothing may be wrong, nothing may be left.
    func finish() throws(TraceError) {
        if let error { throw .damaged(error) }
        if remaining > 0 { throw .damaged(ByteError(.truncated, at: position)) }
    }
}

/// What every record begins with; its shape says what follows before the fields.
struct CompactBeginning {
    var sequence: EventSequence
    var number: UInt8
    var shape: UInt8
}

extension CompactReader: FieldVisiting {
    /// A number.
    package mutating func unsigned(_ name: StaticString?, _ value: inout UInt64) { value = number() }
    /// A zigzag number.
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
        guard let word = Word(rawValue: byte()) else { return fail() }
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
        let beginning = reader.beginning()
        let causes = (0..<reader.causes(beginning.shape)).map { _ in reader.cause(of: beginning.sequence) }
        let message = reader.message(beginning.shape)
        if let error = reader.error { throw .damaged(error) }
        guard let row = Event.table.row(beginning.number) else { throw .unknownNumber(UInt64(beginning.number)) }
        let event = row.decode(&reader)
        try reader.finish()
        self.init(
            member: origin.member, epoch: origin.epoch, sequence: beginning.sequence, causes: causes, message: message,
            time: time, event: event)
    }
}
