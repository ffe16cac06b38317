// HeaderList.swift: names and values of a request or a response, in one allocation.
//
// A request carries about ten fields. As an array of pairs of strings they would cost twenty
// allocations; but all we do with them is to look at four and to forget the rest. So they lie one after
// the other in one buffer, as they came:
//
//     +--------+---------+-------+-------+--------+---------+- - -
//     | name n | value m | n B   | m B   | name n | value m |            lengths are 4 bytes each
//     +--------+---------+-------+-------+--------+---------+- - -
//
// Looking one up walks the list: ten comparisons of lengths, usually one of bytes.
//
// RULES    L1  a list that was judged as a request's head may be the head of the next request too (HeadReceiver.swift);
//              so it does not change any more, until `removeAll` makes a new list of it.
//
// NAMES are lower case, as HTTP/2 has them; the HTTP/1.1 parser lowers them. The pseudo-fields of HTTP/2
// (`:method`, `:path`, `:authority`, `:scheme`, `:status`) stand in the list for both versions, so the rest
// of the house does not care which one was spoken.

package import Bytes
internal import CNGHTTP2

/// An ordered list of header fields.
///
/// SAFETY (`@safe`): `base` is allocated, grown and freed only here; every write reserves its room first,
/// and reading goes through views of what was written.
@safe
package final class HeaderList {
    private var base: UnsafeMutableRawPointer
    private var capacity = 384
    private var used = 0
    /// How many fields.
    package private(set) var count = 0

    /// What HeadRules said of it. Whoever has a verdict is shared by requests, and does not change (L1).
    var verdict: HeadVerdict?
    /// Whether it came more than once, so that it is worth remembering what was read in it.
    package internal(set) var isRepeated = false
    /// What a reader found out from these fields alone, to be spared the reading when they come again.
    package var reading: AnyObject?

    /// An empty list.
    package init() { unsafe base = .allocate(byteCount: 384, alignment: 16) }

    // SAFETY: `base` has room for `capacity` bytes, of which `used` are written.
    deinit { unsafe base.deallocate() }

    /// A list of a few fields, for tests and for cold paths.
    package convenience init(_ fields: [(String, String)]) {
        self.init()
        for (name, value) in fields { append(name, value) }
    }

    /// Forgets every field and keeps the memory.
    package func removeAll() {
        used = 0
        count = 0
        verdict = nil
        isRepeated = false
        if reading != nil { reading = nil }
    }

    /// The size as HTTP/2 counts it against SETTINGS_MAX_HEADER_LIST_SIZE: 32 bytes of overhead a field.
    package var listBytes: Int { used + 24 * count }

    /// Whether the list's memory is worth keeping for the next one.
    var isSmall: Bool { capacity <= 1024 }

    // MARK: Writing

    /// Adds a field; the name must be lower case.
    package func append(name: ByteView, value: ByteView) {
        precondition(verdict == nil, "L1: a head that others share was about to change")
        let bytes = 8 + name.count + value.count
        if capacity - used < bytes { grow(by: bytes) }
        // SAFETY: `grow` made room for `bytes` after `used`; the views are somebody else's memory.
        let place = unsafe base + used
        unsafe place.storeBytes(of: UInt32(name.count), as: UInt32.self)
        unsafe place.storeBytes(of: UInt32(value.count), toByteOffset: 4, as: UInt32.self)
        unsafe name.withUnsafeBytes { source in
            if let start = source.baseAddress { unsafe (place + 8).copyMemory(from: start, byteCount: source.count) }
        }
        unsafe value.withUnsafeBytes { source in
            guard let start = source.baseAddress else { return }
            unsafe (place + 8 + name.count).copyMemory(from: start, byteCount: source.count)
        }
        used += bytes
        count += 1
    }

    /// Adds the first fields of another list, which take so many bytes there.
    func append(firstOf other: HeaderList, bytes: Int, fields: Int) {
        precondition(verdict == nil && bytes <= other.used, "L1: \(bytes) of \(other.used) bytes")
        if capacity - used < bytes { grow(by: bytes) }
        // SAFETY: `bytes` are written there, says the check above, and `grow` made room for them here.
        unsafe (base + used).copyMemory(from: other.base, byteCount: bytes)
        used += bytes
        count += fields
    }

    private func grow(by bytes: Int) {
        capacity = Swift.max(capacity * 2, used + bytes)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        // SAFETY: `base` has room for `capacity` bytes, of which `used` are written.
        unsafe larger.copyMemory(from: base, byteCount: used)
        unsafe base.deallocate()
        unsafe base = larger
    }

    /// Adds a field that is known when we compile.
    package func append(_ name: StaticString, literal value: StaticString) {
        append(name: ByteView(literal: name), value: ByteView(literal: value))
    }

    /// Adds a field whose name is known when we compile.
    package func append(_ name: StaticString, _ value: ByteView) {
        append(name: ByteView(literal: name), value: value)
    }

    /// Adds a field.
    package func append(_ name: String, _ value: String) {
        let (nameBytes, valueBytes) = (ByteSlice(utf8: name), ByteSlice(utf8: value))
        append(name: nameBytes.view, value: valueBytes.view)
    }

    /// Adds a field with a decimal number.
    package func append(_ name: StaticString, number: Int) {
        var digits = ByteBuffer(capacity: 24)
        digits.append(decimal: number)
        append(name, digits.view)
    }

    // MARK: Comparing

    /// How many bytes all fields take here.
    var usedBytes: Int { used }

    /// Where the next field begins, if the one at `place` has this name and this value; nil if not.
    func place(after place: Int, ifThereIs name: ByteView, _ value: ByteView) -> Int? {
        guard place < used else { return nil }
        // SAFETY: a field begins at `place`: it is 0, or what this function has answered. Two lengths stand before
        // each field, and as many bytes as they say behind them, all of them written by `append`.
        let here = unsafe UnsafeRawPointer(base) + place
        guard unsafe Int(here.loadUnaligned(as: UInt32.self)) == name.count,
            unsafe Int(here.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) == value.count,
            unsafe ByteView(unsafeStart: here + 8, count: name.count) == name,
            unsafe ByteView(unsafeStart: here + 8 + name.count, count: value.count) == value
        else { return nil }
        return place + 8 + name.count + value.count
    }

    /// Whether this list has the same bytes as `other` up to `place`, and there a field with this name and this value.
    func goesOn(like other: HeaderList, to place: Int, with name: ByteView, _ value: ByteView) -> Bool {
        guard place <= used, place <= other.used else { return false }
        // SAFETY: so many bytes are written in both.
        let (mine, others) = unsafe (
            ByteView(unsafeStart: base, count: place), ByteView(unsafeStart: other.base, count: place)
        )
        return mine == others && self.place(after: place, ifThereIs: name, value) != nil
    }

    // MARK: Reading

    /// One field, borrowed from the list: true until the list changes.
    package struct Field {
        /// The name, in lower case.
        package let name: ByteView
        /// The value, without blanks around it.
        package let value: ByteView
    }

    /// Walks the fields in order.
    ///
    /// SAFETY (`@safe`): it stays between `place` and `end`, which `append` filled with whole fields.
    @safe
    package struct Iterator: IteratorProtocol {
        var place: UnsafeRawPointer
        let end: UnsafeRawPointer

        /// The next field, or nil at the end.
        package mutating func next() -> Field? {
            guard unsafe place < end else { return nil }
            let name = Int(unsafe place.loadUnaligned(as: UInt32.self))
            let value = Int(unsafe place.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            let field = unsafe Field(
                name: ByteView(unsafeStart: place + 8, count: name),
                value: ByteView(unsafeStart: place + 8 + name, count: value))
            // SAFETY: `base` has room for `capacity` bytes, of which `used` are written.
            unsafe place += 8 + name + value
            return field
        }
    }

    /// The value of the first field of that name.
    package subscript(_ name: StaticString) -> ByteView? {
        var fields = makeIterator()
        while let field = fields.next() {
            if field.name.equals(name) { return field.value }
        }
        return nil
    }

    /// The value of the first field of that name, as text for people and cold paths.
    package func text(_ name: StaticString) -> String? { self[name].map(\.lossyText) }

    /// Every field as text: for logs and tests.
    package var pairs: [(name: String, value: String)] { map { ($0.name.lossyText, $0.value.lossyText) } }
}

extension HeaderList: Sequence {
    /// Walks the fields.
    package func makeIterator() -> Iterator {
        // SAFETY: `base` has room for `capacity` bytes, of which `used` are written.
        unsafe Iterator(place: UnsafeRawPointer(base), end: UnsafeRawPointer(base) + used)
    }
}

extension ByteView {
    /// Whether these are the bytes of a literal.
    package func equals(_ literal: StaticString) -> Bool {
        // SAFETY: a static string is immortal.
        unsafe self == ByteView(unsafeStart: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// Whether these are the bytes of a literal, where upper and lower case are the same (ASCII).
    package func equalsIgnoringCase(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        for index in 0..<count {
            // SAFETY: `index` is below the literal's length, checked above.
            let wanted = unsafe literal.utf8Start[index]
            var byte = self[index]
            if byte >= UInt8(ascii: "A"), byte <= UInt8(ascii: "Z") { byte |= 0x20 }
            if byte != wanted { return false }
        }
        return true
    }

    /// The decimal number that these bytes spell, digits only; nil for anything else or beyond Int.
    package var decimal: Int? {
        guard count > 0, count <= 19 else { return nil }
        var number = 0
        for index in 0..<count {
            let digit = self[index] &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            let (product, over) = number.multipliedReportingOverflow(by: 10)
            let (sum, beyond) = product.addingReportingOverflow(Int(digit))
            if over || beyond { return nil }
            number = sum
        }
        return number
    }
}

extension ByteBuffer {
    /// A number in decimal digits.
    package mutating func append(decimal number: Int) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var divisor: UInt = 1
        while number.magnitude / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            append(UInt8(ascii: "0") + UInt8(number.magnitude / divisor % 10))
            divisor /= 10
        }
    }
}

/// A list that never changes and never ends: the heads of answers that are always the same. It is kept in nghttp2's form
/// as well, made once; nghttp2 keeps pointers into it instead of copying the fields, and nobody counts who uses it.
///
/// SAFETY (`@safe`, `@unchecked Sendable`): list and fields are kept for ever, and nobody can reach them to change them.
@safe
package struct ImmortalHeaders: @unchecked Sendable {
    private let list: Unmanaged<HeaderList>
    /// As nghttp2 wants them.
    let fields: UnsafeMutablePointer<nghttp2_nv>
    /// How many.
    let count: Int

    /// Builds the list once and keeps it for the life of the program.
    package init(_ build: (HeaderList) -> Void) {
        let made = HeaderList()
        build(made)
        count = made.count
        let flags = UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
        // SAFETY: a reference that nobody gives back, so the views into the list are true for ever, as the flags say;
        // and memory that nobody frees, for as many fields as are written.
        unsafe list = .passRetained(made)
        unsafe fields = .allocate(capacity: max(count, 1))
        for (index, field) in made.enumerated() {
            unsafe (fields + index).initialize(to: nghttp2_nv(field, flags: flags))
        }
    }

    /// A list of its own with the same fields, for those who want to add to it.
    package func copy() -> HeaderList {
        // SAFETY: the list is never released.
        unsafe list._withUnsafeGuaranteedRef { list in
            let copy = HeaderList()
            for field in list { copy.append(name: field.name, value: field.value) }
            return copy
        }
    }
}

extension nghttp2_nv {
    /// A field in nghttp2's form.
    ///
    /// SAFETY: it points into the field's list; whoever gives it to nghttp2 says by the flags whether it must copy.
    @unsafe
    init(_ field: HeaderList.Field, flags: UInt8) {
        let name = unsafe field.name.withUnsafeBytes { unsafe $0.baseAddress?.assumingMemoryBound(to: UInt8.self) }
        let value = unsafe field.value.withUnsafeBytes { unsafe $0.baseAddress?.assumingMemoryBound(to: UInt8.self) }
        // SAFETY: nghttp2 only reads, although its type does not say so.
        unsafe self.init(
            name: UnsafeMutablePointer(mutating: name), value: UnsafeMutablePointer(mutating: value),
            namelen: field.name.count, valuelen: field.value.count, flags: flags)
    }
}
