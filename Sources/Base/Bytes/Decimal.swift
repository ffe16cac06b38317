// Decimal.swift: numbers for people, quickly.
//
// A trace writes ten numbers a line and a million lines a second; a gateway writes every revision in decimal. So digits are
// worth some care. They come out of a number last first, two at a time (a division by 100 gives two), and are stored
// backwards at the end of room that is surely long enough, then moved to where they belong:
//
//     number 12345     [ . . . . . . . . . . . . . . . 1 2 3 4 5 ]         20 digits hold 2^64
//                        ^ the buffer's end            ^~~~~~~~~ moved down, eight bytes at a time
//
// HEX DIGITS come out all at once. The 32 bits of half a number are spread so that each byte of a word holds four of them, the
// first digit in the lowest byte; then every byte becomes its digit by the same two additions:
//
//     0x5c1f           05 0c 01 0f
//     + "0" each       35 3c 31 3f
//     + 0x27 where it was 10 or more:  35 63 31 66      "5c1f"
//
// SHOWN BY  DecimalTests

/// "00", "01", ... "99", one behind the other.
private let pairs: StaticString = """
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849505152535455\
    5657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
    """

extension ByteBuffer {
    /// An integer in decimal digits.
    public mutating func append(decimal number: UInt64) {
        // 20 bytes may lie between the end and the first digit; from there up to 24 are read.
        reserve(64)
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
            // SAFETY: pair < 100, and at most 20 digits are stored below tail + 40, for which reserve made room.
            unsafe store(pair: pair, at: place)
        }
        if rest > 0 {
            place -= 1
            // SAFETY: at most 20 digits are stored below tail + 40, for which reserve made room.
            unsafe base.storeBytes(
                of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest), toByteOffset: place, as: UInt8.self)
        }
        let length = tail + 40 - place
        // SAFETY: `place` is at most tail + 38, so that 24 bytes from there lie in the 64 that reserve made; what is moved too
        // much lies behind the new end. Each word is read before anything is stored over it: `place` is at least tail + 20,
        // and what is stored before the third read ends at tail + 16.
        unsafe move(from: place, at: 0)
        if length > 8 {
            unsafe move(from: place, at: 8)
            if length > 16 { unsafe move(from: place, at: 16) }
        }
        tail += length
    }

    /// Moves eight bytes down to `offset` behind the end.
    @inline(__always) @unsafe
    private mutating func move(from place: Int, at offset: Int) {
        // SAFETY: the caller has made room for both.
        unsafe base.storeBytes(
            of: base.loadUnaligned(fromByteOffset: place + offset, as: UInt64.self), toByteOffset: tail + offset,
            as: UInt64.self)
    }

    /// Two digits, of a number below 100, at a place for which there is room.
    @inline(__always) @unsafe
    private mutating func store(pair: UInt64, at place: Int) {
        // SAFETY: the literal has 200 digits, and the caller says that pair < 100 and that there is room.
        let two = unsafe UnsafeRawPointer(pairs.utf8Start).loadUnaligned(fromByteOffset: Int(pair) * 2, as: UInt16.self)
        unsafe base.storeBytes(of: two, toByteOffset: place, as: UInt16.self)
    }

    /// A number below a million in six digits, with zeroes in front: what stands behind the point of a clock.
    public mutating func append(sixDigits number: UInt32) {
        precondition(number < 1_000_000, "six digits hold no more")
        reserve(6)
        let (thousands, last) = number.quotientAndRemainder(dividingBy: 100)
        let (first, middle) = thousands.quotientAndRemainder(dividingBy: 100)
        // SAFETY: each is below 100, as the number is below a million; reserve made room for six.
        unsafe store(pair: UInt64(first), at: tail)
        unsafe store(pair: UInt64(middle), at: tail + 2)
        unsafe store(pair: UInt64(last), at: tail + 4)
        tail += 6
    }

    /// An integer in lowercase hexadecimal digits, without zeroes in front.
    public mutating func append(hex number: UInt64) {
        reserve(48)
        let digits = max(1, (67 - number.leadingZeroBitCount) >> 2)
        // SAFETY: reserve made room for 48 bytes: all sixteen digits lie from 16 to 32 behind the end, and 16 bytes beginning
        // at the first that counts are moved down.
        unsafe base.storeBytes(of: Self.digits(UInt32(number >> 32)), toByteOffset: tail + 16, as: UInt64.self)
        unsafe base.storeBytes(
            of: Self.digits(UInt32(truncatingIfNeeded: number)), toByteOffset: tail + 24, as: UInt64.self)
        let place = tail + 32 - digits
        unsafe move(from: place, at: 0)
        unsafe move(from: place, at: 8)
        tail += digits
    }

    /// The eight hexadecimal digits of a number, as they lie in memory.
    @inline(__always)
    private static func digits(_ number: UInt32) -> UInt64 {
        // The first digit into the lowest byte: the bytes are turned round, then each is split, its upper half first.
        var spread = UInt64(number.byteSwapped)
        spread = (spread | spread << 16) & 0x0000_FFFF_0000_FFFF
        spread = (spread | spread << 8) & 0x00FF_00FF_00FF_00FF
        spread = (spread >> 4 | spread << 8) & 0x0F0F_0F0F_0F0F_0F0F
        // Ten and more plus six reach 16: one bit for each byte that needs a letter.
        let letters = (spread &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return (spread &+ 0x3030_3030_3030_3030 &+ letters &* 0x27).littleEndian
    }

    /// `,"name":` or, without a comma, `"name":`; the name is ASCII that needs no escapes. Inlined, because the name is
    /// known where it is written, and then its bytes are two or three stores of the compiler's.
    @inlinable @inline(__always)
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
