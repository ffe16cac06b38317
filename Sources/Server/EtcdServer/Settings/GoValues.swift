// GoValues.swift: numbers, truths and durations as Go's flags take them.
//
// Scripts that start etcd were written against Go's package `flag`: `--x=1`, `--x=T`, `--x=1h30m`. So the same spellings are
// read here, and the same are refused.
//
//     whole     12   -3   0x1f   0b11   0o17   1_000     (base by prefix)
//     truth     1 0 t f T F true false TRUE FALSE True False
//     duration  1h30m   100ms   1.5s   0   -5s           (a number and a unit, any number of times)
//
// SHOWN BY  FlagTests

/// Spellings of Go.
enum GoValues {
    /// A whole number with a sign.
    static func whole(_ text: String) -> Int? {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative || text.hasPrefix("+") ? String(text.dropFirst()) : text
        guard let magnitude = count(digits) else { return nil }
        if isNegative { return magnitude <= UInt64(Int.max) + 1 ? Int(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int(exactly: magnitude)
    }

    /// A whole number without one.
    static func count(_ text: String) -> UInt64? {
        var digits = text.lowercased()[...]
        var radix = 10
        for (prefix, base) in [("0x", 16), ("0b", 2), ("0o", 8)] where digits.hasPrefix(prefix) {
            digits = digits.dropFirst(2)
            radix = base
        }
        if radix == 10, digits.count > 1, digits.hasPrefix("0") { radix = 8 }
        let plain = digits.filter { $0 != "_" }
        guard !plain.hasPrefix("-"), !plain.hasPrefix("+"), !digits.hasPrefix("_"), !digits.hasSuffix("_") else {
            return nil
        }
        return UInt64(plain, radix: radix)
    }

    /// True or false.
    static func truth(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }

    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// A duration in nanoseconds.
    static func duration(_ text: String) -> Int64? {
        var rest = text[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var sum = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            guard digits.contains(where: \.isNumber), let number = Double("0" + digits + "0") else { return nil }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { !$0.isNumber && $0 != "." }
            guard let unit = units.first(where: { $0.name == letters }) else { return nil }
            // "0" behind the digits keeps "1." a number; it also made a whole number ten times as large.
            sum += (digits.contains(".") ? number : number / 10) * unit.nanoseconds
            rest = rest.dropFirst(letters.count)
        }
        guard sum < 9.2e18 else { return nil }
        return isNegative ? -Int64(sum) : Int64(sum)
    }
}
