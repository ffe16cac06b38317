// LineTexts.swift: bytes and times as texts, and back.
//
// Two things have no JSON form that people can read: arbitrary bytes, and a number of nanoseconds since 1970.
//
//     bytes 66 6f 6f 00 5c        "foo\x00\\"          (in JSON each backslash is doubled once more)
//     1795169656000000250         "2026-11-20T10:14:16.000000250Z"
//
// THE CALENDAR. Days since 1970 become a date by counting in eras of 400 years (146,097 days), with years that
// begin in March so that the leap day is the last day of a year. Leap seconds do not exist in Unix time.

import Bytes
import JSON

/// Printable ASCII as it is, a backslash doubled, everything else `\xNN`.
func escape(_ bytes: ByteSlice) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    let digits = Array("0123456789abcdef".utf8)
    for index in 0..<bytes.count {
        switch bytes[index] {
        case UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
        case 0x20..<0x7F: text.append(bytes[index])
        case let byte: text += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: text, as: UTF8.self)
}

/// The bytes that `escape` made this text from; nil when it did not.
func unescape(_ text: String) -> ByteSlice? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        guard byte == UInt8(ascii: "\\") else {
            guard (0x20..<0x7F).contains(byte) else { return nil }
            bytes.append(byte)
            continue
        }
        switch rest.popFirst() {
        case UInt8(ascii: "\\"): bytes.append(byte)
        case UInt8(ascii: "x"):
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        default: return nil
        }
    }
    return ByteSlice(bytes)
}

/// A second.
let nanosecondsPerSecond: Int64 = 1_000_000_000
private let secondsPerDay: Int64 = 86_400

extension JSONWriter {
    /// Nanoseconds since 1970 as RFC 3339 in UTC. Each line has one, so it is put together without a `String`.
    mutating func string(wallClock nanoseconds: Int64) {
        let (seconds, fraction) = dividing(nanoseconds, by: nanosecondsPerSecond)
        let (days, second) = dividing(seconds, by: secondsPerDay)
        let (year, month, day) = date(daysSince1970: days)
        // 0123-56-89T12:45:78.012345678Z
        var text = InlineArray<30, UInt8>(repeating: UInt8(ascii: "-"))
        /// Puts digits that end before a column.
        func put(_ number: Int64, before column: Int, _ width: Int) {
            var rest = number
            for place in 1...width {
                text[column - place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
        }
        put(year, before: 4, 4)
        put(month, before: 7, 2)
        put(day, before: 10, 2)
        text[10] = UInt8(ascii: "T")
        put(second / 3600, before: 13, 2)
        text[13] = UInt8(ascii: ":")
        put(second / 60 % 60, before: 16, 2)
        text[16] = UInt8(ascii: ":")
        put(second % 60, before: 19, 2)
        text[19] = UInt8(ascii: ".")
        put(fraction, before: 29, 9)
        text[29] = UInt8(ascii: "Z")
        string(plain: text.span)
    }
}

/// The nanoseconds since 1970 that such a text means; nil for any other text.
func wallClock(parsing text: String) -> Int64? {
    let bytes = Array(text.utf8)
    // Digits where digits stand, and everything else as it must be.
    let form = Array("0000-00-00T00:00:00.000000000Z".utf8)
    let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard bytes.count == 30, zip(bytes, form).allSatisfy({ $1 == UInt8(ascii: "0") ? isDigit($0) : $0 == $1 }) else {
        return nil
    }
    /// The number in some columns.
    func number(_ columns: Range<Int>) -> Int64? { Int64(String(decoding: bytes[columns], as: UTF8.self)) }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
        let minute = number(14..<16), let second = number(17..<19), let fraction = number(20..<29),
        (1...12).contains(month), (1...31).contains(day), fraction >= 0
    else { return nil }
    let seconds = days(year: year, month: month, day: day) * secondsPerDay + hour * 3600 + minute * 60 + second
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: nanosecondsPerSecond)
    let (sum, more) = scaled.addingReportingOverflow(fraction)
    return overflow || more ? nil : sum
}

/// Quotient rounded down and a remainder that is never negative.
private func dividing(_ number: Int64, by divisor: Int64) -> (Int64, Int64) {
    let (quotient, rest) = number.quotientAndRemainder(dividingBy: divisor)
    return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
}

private func date(daysSince1970: Int64) -> (Int64, Int64, Int64) {
    // 719,468 days lie between 1 March of year 0 and 1 January 1970.
    let (era, dayOfEra) = dividing(daysSince1970 + 719_468, by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    // Months from March have 31, 30, 31, 30, 31 days, again and again: 153 in five.
    let marchMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

private func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let (era, yearOfEra) = dividing(month <= 2 ? year - 1 : year, by: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}
