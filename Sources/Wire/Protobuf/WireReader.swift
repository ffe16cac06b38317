// WireReader.swift: walking along an encoded message.
//
// START HERE to learn the encoding; it is small. A message is a row of fields. A field is a tag and a
// value; a tag is a varint that holds the field's number and the form of the value (the wire type):
//
//     PutRequest { key: "k", value: "v", lease: 300 }
//
//     0a 01 6b      12 01 76      18 ac 02
//     |  |  k       |  |  v       |  300 as a varint
//     |  length 1   |  length 1   tag: field 3, wire type 0
//     tag: field 1, wire type 2 (bytes with a length)
//
//     wire type   value                               used for
//     0           varint                              every number, bool and enum of ours
//     1           eight bytes                         nothing of ours; skipped
//     2           a length and as many bytes          bytes, text, a message, packed numbers
//     3, 4        begin and end of a group            nothing of ours; skipped, as old protobuf had it
//     5           four bytes                          nothing of ours; skipped
//
// Nothing says where a message ends or what type it has: the reader must know. So the same bytes may be
// read as several messages. An old log makes use of this against us: an entry may hold an internal request
// or an older kind of request, and which it is shows only in that the other reading fails. Therefore this
// reader is strict about what it knows (a known field of a wrong wire type is an error) and generous
// about what it does not know (a field with an unknown number is skipped: a newer etcd wrote it).
//
// WHERE WE ARE STRICTER THAN GO, on input that no encoder writes: a field number above 2^29 - 1, a varint of
// ten bytes whose last exceeds 1. Both are errors here; Go drops the bits that do not fit.
//
// WHY A LIMIT OF DEPTH? Each level of nesting is a call, and a stack ends. The deepest message that etcd
// means to accept is a transaction in a transaction ...: each holds at least one of the 128 operations
// that are allowed (`--max-txn-ops`), so it can go 128 levels down, of two messages each, within an internal
// request. 300 has room for all of these. (Other protobuf libraries stop at 100, and would refuse some
// that etcd takes.) What was accepted from a client travels on inside other messages, so readers of logs and
// of peers allow a few levels more: otherwise a request could be accepted, logged, and never be read again.
//
// RULES    R1  never read beyond the end of the message, whatever a length claims.
//          R2  nothing is allocated here; only the caller decides what to keep.
// COST     a short field: about 2 ns.
// READ NEXT  WireMessage.swift (what a generated message can do), BackwardWriter.swift in Bytes (writing).

public import Bytes

/// The head of a field.
@frozen
public struct WireField: Sendable {
    /// Which field.
    public let number: UInt32
    /// Which form its value has: 0...5.
    public let wireType: UInt8
    /// Where its tag begins, counted from the first byte of the whole input.
    public let offset: Int

    /// A field at a place.
    @inlinable
    init(number: UInt32, wireType: UInt8, offset: Int) {
        self.number = number
        self.wireType = wireType
        self.offset = offset
    }
}

/// A place in an encoded message. Copying it makes another, independent place.
@frozen
public struct WireReader: Sendable {
    /// How many messages may lie inside each other in what a client sends.
    @inlinable public static var depthLimit: Int { 300 }
    /// The same for what comes from our log and from peers, where accepted requests lie inside others.
    @inlinable public static var storedDepthLimit: Int { 310 }

    /// The whole input, also where this reader is confined to a message within it: offsets stay true.
    @usableFromInline let input: ByteView
    /// The next byte to read.
    @usableFromInline var position: Int
    /// Where the message ends.
    @usableFromInline let end: Int
    /// How many more levels we may go down.
    @usableFromInline let levels: Int
    /// Whether somebody read all of this before and found it good.
    @usableFromInline let isChecked: Bool

    /// Starts at the beginning of a message that is the whole input and may hold `levels` - 1 levels of others.
    @inlinable
    public init(_ input: ByteView, levels: Int = WireReader.depthLimit) {
        self.init(input, position: 0, end: input.count, levels: levels, isChecked: false)
    }

    /// The same for a message that was read before and found good.
    @inlinable
    init(checked input: ByteView) {
        self.init(input, position: 0, end: input.count, levels: WireReader.storedDepthLimit, isChecked: true)
    }

    @inlinable
    init(_ input: ByteView, position: Int, end: Int, levels: Int, isChecked: Bool) {
        self.input = input
        self.position = position
        self.end = end
        self.levels = levels
        self.isChecked = isChecked
    }

    /// The head of the next field, or nil at the end of the message.
    @inlinable
    public mutating func next() throws(WireError) -> WireField? {
        guard position < end else { return nil }
        let offset = position
        let tag = try varint(field: 0, from: offset)
        let number = tag >> 3
        guard number != 0, number < 1 << 29 else { throw WireError(.badFieldNumber, at: offset) }
        return WireField(number: UInt32(number), wireType: UInt8(tag & 7), offset: offset)
    }

    // MARK: Values

    /// The value of a field that is a number.
    @inlinable
    public mutating func bits(_ field: WireField) throws(WireError) -> UInt64 {
        guard field.wireType == 0 else { throw mismatch(field, expected: 0) }
        return try varint(field: field.number, from: position)
    }

    /// The value of a field that is bytes or text, borrowed from the input.
    @inlinable
    public mutating func view(_ field: WireField) throws(WireError) -> ByteView {
        let length = try self.length(field)
        let start = position
        position += length
        return input[start..<position]
    }

    /// A reader for the message that the field holds; this reader goes on after it.
    @inlinable
    public mutating func nested(_ field: WireField) throws(WireError) -> WireReader {
        let length = try self.length(field)
        guard levels > 1 else { throw WireError(.tooDeep, at: field.offset, field: field.number) }
        let start = position
        position += length
        return WireReader(input, position: start, end: position, levels: levels - 1, isChecked: isChecked)
    }

    /// The length of a value of wire type 2, checked against the end of the message (R1).
    @inlinable
    mutating func length(_ field: WireField) throws(WireError) -> Int {
        guard field.wireType == 2 else { throw mismatch(field, expected: 2) }
        let place = position
        let length = try varint(field: field.number, from: place)
        guard length <= UInt64(end - position) else {
            throw WireError(.truncated, at: place, field: field.number)
        }
        return Int(length)
    }

    /// Passes over a field that nobody knows.
    public mutating func skip(_ field: WireField) throws(WireError) {
        switch field.wireType {
        case 0: _ = try varint(field: field.number, from: position)
        case 1: try advance(8, in: field)
        case 2: _ = try view(field)
        case 3: try skipGroup(field)
        case 4: throw WireError(.strayGroupEnd, at: field.offset, field: field.number)
        case 5: try advance(4, in: field)
        default: throw WireError(.badWireType(field.wireType), at: field.offset, field: field.number)
        }
    }

    /// Passes over a group: everything up to the end tag that belongs to the begin tag just read. Groups in
    /// groups are counted and need no stack. Like Go we do not compare the numbers of begin and end.
    private mutating func skipGroup(_ group: WireField) throws(WireError) {
        var open = 1
        while open > 0 {
            guard let field = try next() else {
                throw WireError(.truncated, at: group.offset, field: group.number)
            }
            switch field.wireType {
            case 3: open += 1
            case 4: open -= 1
            default: try skip(field)
            }
        }
    }

    private mutating func advance(_ count: Int, in field: WireField) throws(WireError) {
        guard end - position >= count else { throw WireError(.truncated, at: position, field: field.number) }
        position += count
    }

    // MARK: Numbers

    /// A varint that begins here: one byte inline, more in a loop.
    @inlinable
    mutating func varint(field: UInt32, from start: Int) throws(WireError) -> UInt64 {
        if position < end {
            let first = input[position]
            if first < 0x80 {
                position += 1
                return UInt64(first)
            }
            // Two bytes are worth a branch: the length of every value of 128 bytes and more.
            if position + 1 < end, case let second = input[position + 1], second < 0x80 {
                position += 2
                return UInt64(first & 0x7F) | UInt64(second) << 7
            }
        }
        return try longVarint(field: field, from: start)
    }

    /// The general case of `varint`. An error names the place where the number began.
    @usableFromInline
    mutating func longVarint(field: UInt32, from start: Int) throws(WireError) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        if end - position >= 8 {
            // Eight bytes at once. The first without a top bit ends the number; what comes after it is masked away.
            let word = input.littleEndian(at: position, as: UInt64.self)
            let stops = ~word & 0x8080_8080_8080_8080
            number = WireReader.squeezed(stops == 0 ? word : word & (stops ^ (stops - 1)))
            if stops != 0 {
                position += (stops.trailingZeroBitCount + 1) >> 3
                return number
            }
            position += 8
            shift = 56
        }
        while position < end {
            let byte = input[position]
            position += 1
            // The tenth byte carries the 64th bit alone.
            if shift == 63, byte > 1 { throw WireError(.oversizedVarint, at: start, field: field) }
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
        throw WireError(.truncated, at: start, field: field)
    }

    /// Eight groups of seven bits, moved together: first in pairs, then in fours, then all.
    ///
    ///     .ggggggg.fffffff.eeeeeee.ddddddd.ccccccc.bbbbbbb.aaaaaaa   ->   ..ggggggffffff ...
    private static func squeezed(_ word: UInt64) -> UInt64 {
        var bits = word & 0x7F7F_7F7F_7F7F_7F7F
        bits = (bits & 0x007F_007F_007F_007F) | (bits & 0x7F00_7F00_7F00_7F00) >> 1
        bits = (bits & 0x0000_3FFF_0000_3FFF) | (bits & 0x3FFF_0000_3FFF_0000) >> 2
        return (bits & 0x0FFF_FFFF) | (bits & 0x0FFF_FFFF_0000_0000) >> 4
    }

    /// The error for a known field in a form that it cannot have. Out of line: good input never comes here.
    @usableFromInline @inline(never)
    func mismatch(_ field: WireField, expected: UInt8) -> WireError {
        let kind: WireError.Kind =
            switch field.wireType {
            case 6, 7: .badWireType(field.wireType)
            case 4: .strayGroupEnd
            default: .wrongWireType(field.wireType, expected: expected)
            }
        return WireError(kind, at: field.offset, field: field.number)
    }
}
