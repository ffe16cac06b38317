// Backoff.swift: how long to wait before the next try.
//
// When a server comes back, a thousand clients must not knock at the same moment, and before that none of
// them should knock all the time. So each failure lengthens the pause, and chance spreads the clients:
//
//     try 1   1.0 s      try 2   1.6 s      try 3   2.56 s  ...  at most 120 s        each +- 20 %
//
// These are gRPC's numbers.

/// Pauses between tries, in nanoseconds.
package struct Backoff: Sendable {
    /// The first pause.
    package var base: Double
    /// How much longer each is than the one before.
    package var factor: Double
    /// The longest.
    package var limit: Double
    /// By how much chance may change each.
    package var jitter: Double
    /// Failures in a row.
    package private(set) var failures = 0

    /// gRPC's numbers, unless said otherwise.
    package init(
        base: Double = 1_000_000_000, factor: Double = 1.6, limit: Double = 120_000_000_000, jitter: Double = 0.2
    ) {
        self.base = base
        self.factor = factor
        self.limit = limit
        self.jitter = jitter
    }

    /// Another failure: how long to wait now. `chance` is between 0 and 1.
    package mutating func next(chance: Double = .random(in: 0...1)) -> UInt64 {
        var pause = base
        for _ in 0..<min(failures, 100) where pause < limit { pause *= factor }
        failures += 1
        return UInt64(min(pause, limit) * (1 + jitter * (2 * chance - 1)))
    }

    /// It worked.
    package mutating func reset() { failures = 0 }
}
