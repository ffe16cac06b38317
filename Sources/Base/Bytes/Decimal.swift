// Decimal.swift: numbers for people, quickly.
//
// A trace writes ten numbers a line and a million lines a second; a gateway writes every revision in decimal. So digits are
// worth some care. They come out of a number last first, two at a time (a division by 100 gives two), and are stored
// backwards at the end of room that is surely long enough, then moved to where they belong:
//
//     number 12345     [ . . . . . . . 1 2 3 4 5 ]          20 digits hold 2^64
//                                      ^~~~~~~~~ moved down to the buffer's end
//
// SHOWN BY  BytesTests

/// "00", "01", ... "99", one behind the other.
private let pairs: StaticString = """
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849505152535455\
    5657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
    """

extension ByteBuffer {
    /// An integer in decimal digits.
    public mutating func append(decimal number: UInt64) {
        reserve(40)
        if number < 10 {
            // SAFETY: reserve made room.
            unsafe base.storeBytes(
                of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number), toByteOffset: tail, as: UInt8.self)
            tail += 1
            return
        }
        var rest = number
        var place = tail + 40
        while rest >= 10 {
            let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
            rest = quotient
            place -= 2
            // SAFETY: the literal has 200 digits, and pair < 100; at most 20 digits are stored, for which reserve made room.
            let two = unsafe UnsafeRawPointer(pairs.utf8Start).loadUnaligned(
                fromByteOffset: Int(pair) * 2, as: UInt16.self)
            unsafe base.storeBytes(of: two, toByteOffset: place, as: UInt16.self)
        }
        if rest > 0 {
            place -= 1
            unsafe base.storeBytes(
                of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest), toByteOffset: place, as: UInt8.self)
        }
        let length = tail + 40 - place
        // SAFETY: both runs lie in the room that reserve made; 20 digits and 20 bytes of room do not overlap.
        unsafe (base + tail).copyMemory(from: base + place, byteCount: length)
        tail += length
    }

    /// `,"name":` or, without a comma, `"name":`; the name is ASCII that needs no escapes.
    public mutating func append(jsonKey name: StaticString, comma: Bool) {
        let length = name.utf8CodeUnitCount
        reserve(length + 4)
        if comma {
            // SAFETY: reserve made room for four bytes and the name; a static string is immortal.
            unsafe base.storeBytes(of: UInt8(ascii: ","), toByteOffset: tail, as: UInt8.self)
            tail += 1
        }
        unsafe base.storeBytes(of: UInt8(ascii: "\""), toByteOffset: tail, as: UInt8.self)
        unsafe (base + tail + 1).copyMemory(from: name.utf8Start, byteCount: length)
        unsafe base.storeBytes(of: (0x3A22 as UInt16).littleEndian, toByteOffset: tail + length + 1, as: UInt16.self)
        tail += length + 3
    }
}
