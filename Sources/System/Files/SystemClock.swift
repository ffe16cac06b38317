// SystemClock.swift: what time is it?
//
// Two clocks, because no clock does both: the wall clock says what people want to read, and jumps when somebody sets
// it; the monotonic clock only goes forward and says nothing but how long. Neither ever orders events.
//
// COST     about 20 ns: the system answers from a page that it shares with every process, without a call.

import Glibc

/// The clocks of this machine.
package enum SystemClock {
    /// Nanoseconds since an arbitrary moment, never going back.
    package static var monotonicNanoseconds: UInt64 {
        let time = read(CLOCK_MONOTONIC)
        // Neither is negative, and the sum reaches 2^64 after 584 years; checks would be half of what is left of the cost.
        return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
    }

    /// Nanoseconds since 1970 in UTC, as far as somebody set the clock right.
    package static var wallNanoseconds: Int64 {
        let time = read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // SAFETY: clock_gettime fills the structure; it fails only for clocks that do not exist.
        unsafe _ = clock_gettime(clock, &time)
        return time
    }
}
