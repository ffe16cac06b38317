// Decimal.swift: numbers for people, quickly.
//
// A trace writes ten numbers a line and a million lines a second; a gateway writes every revision in decimal. So digits are
// worth some care: eight of them come out at once, of a number that is split in the middle, and its halves again, all halves of
// a step with one multiplication:
//
//     12345678       [   1234       |     5678    ]       two lanes of 32 bits     12345678 / 10000 and the rest
//                    [  12  |  34   |  56  |  78  ]       four of 16               each / 100 and the rest
//                    [ 1| 2 | 3| 4  | 5| 6 | 7| 8 ]       eight bytes              each / 10 and the rest
//     + "0" each     "12345678"
//
// The first digit is in the lowest byte, so the word is stored as it is; zeroes in front are shifted out before. A division by a
// constant is a multiplication and a shift, exact as far as the lanes reach: n * 10486 >> 20 is n / 100 for every n < 10000, and
// n * 103 >> 10 is n / 10 for every n < 100.
//
// HEX DIGITS likewise. The 32 bits of half a number are spread so that each byte of a word holds four of them, the
// first digit in the lowest byte; then every byte becomes its digit by the same two additions:
//
//     0x5c1f           05 0c 01 0f
//     + "0" each       35 3c 31 3f
//     + 0x27 where it was 10 or more:  35 63 31 66      "5c1f"
//
// COST     up to eight digits: some 25 instructions, and no loop.
// SHOWN BY  DecimalTests

extension ByteBuffer {
    /// An integer in decimal digits.
    public mutating func append(decimal number: UInt64) {
        if number < 10 { return append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number)) }
        if number >= 100_000_000 { return append(manyDigits: number) }
        let digits = Self.eightDigits(number)
        // At least the last digit is written.
        let zeroes = (digits | 1 << 56).trailingZeroBitCount >> 3
        store(((digits | Self.zeroes) &>> UInt64(zeroes &* 8)).littleEndian)
        tail &-= zeroes
    }

    /// More than eight digits: those before the last eight first.
    @inline(never)
    private mutating func append(manyDigits number: UInt64) {
        let (front, back) = number.quotientAndRemainder(dividingBy: 100_000_000)
        append(decimal: front)
        store((Self.eightDigits(back) | Self.zeroes).littleEndian)
    }

    /// A "0" in each byte.
    private static var zeroes: UInt64 { 0x3030_3030_3030_3030 }

    /// The digits of a number below 100,000,000, the first in the lowest byte, each as a number.
    @inline(__always)
    private static func eightDigits(_ number: UInt64) -> UInt64 {
        let (front, back) = number.quotientAndRemainder(dividingBy: 10_000)
        let halves = front | back << 32
        let hundreds = (halves &* 10_486) >> 20 & 0x0000_007F_0000_007F
        let quarters = hundreds | (halves &- hundreds &* 100) << 16
        let tens = (quarters &* 103) >> 10 & 0x000F_000F_000F_000F
        return tens | (quarters &- tens &* 10) << 8
    }

    /// Six digits over those that stand at an offset, counted from the first readable byte, with zeroes in front: what stands
    /// behind the point of a clock. The number is below a million.
    public mutating func overwrite(sixDigits number: UInt32, at offset: Int) {
        precondition(number < 1_000_000, "six digits hold no more")
        precondition(offset >= 0 && count - offset >= 6, "B1: overwriting outside the buffer")
        let digits = (Self.eightDigits(UInt64(number)) | Self.zeroes) >> 16
        // SAFETY: six readable bytes, checked above.
        unsafe base.storeBytes(
            of: UInt32(truncatingIfNeeded: digits).littleEndian, toByteOffset: head + offset, as: UInt32.self)
        unsafe base.storeBytes(
            of: UInt16(truncatingIfNeeded: digits >> 32).littleEndian, toByteOffset: head + offset + 4, as: UInt16.self)
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

    /// Moves eight bytes down to `offset` behind the end.
    @inline(__always) @unsafe
    private mutating func move(from place: Int, at offset: Int) {
        // SAFETY: the caller has made room for both.
        unsafe base.storeBytes(
            of: base.loadUnaligned(fromByteOffset: place + offset, as: UInt64.self), toByteOffset: tail + offset,
            as: UInt64.self)
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
