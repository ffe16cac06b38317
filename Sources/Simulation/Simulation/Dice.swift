// Dice.swift: where does chance come from in a world that must be replayed exactly?
//
// From one number, the seed. Everything that looks random in a simulation (which message is lost,
// which sector survives a crash, when a member pauses) is drawn from dice that were made from it; so
// the seed of a failing run is the whole bug report.
//
//     seed --> Dice --> fork("network") --> Dice of the network
//                   \-> fork("disk n1") --> Dice of that disk          independent streams
//
// WHY FORK? With one shared stream, one more draw in the network would shift every later draw of the
// disks, and a small change of a scenario would become a wholly different history. A fork has its
// own stream, named by its purpose.
//
// The generator is a counter that is stirred: the state goes up by an odd constant, and two rounds of
// multiply and shift spread each of its bits over the whole result. Every state has one successor,
// so the period is 2^64. Not for secrets.
//
// COST     about 1 ns a draw.

import Bytes

/// A stream of chance that depends on nothing but its seed.
package struct Dice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The stream of a seed.
    package init(seed: UInt64) { state = seed }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var stirred = state
        stirred = (stirred ^ stirred >> 32) &* 0xD6E8_FEB8_6659_FD93
        stirred = (stirred ^ stirred >> 32) &* 0xD6E8_FEB8_6659_FD93
        return stirred ^ stirred >> 32
    }

    /// An independent stream for one purpose. The parent's stream moves on by one draw.
    package mutating func fork(_ purpose: String) -> Dice {
        let name = ByteSlice(utf8: purpose)
        return Dice(seed: next() ^ FNV1a.checksum64(name.view))
    }

    /// A number in 0..<sides.
    package mutating func roll(_ sides: Int) -> Int {
        precondition(sides > 0, "a die needs a side")
        // The high half of the product is uniform up to a bias of sides / 2^64: nobody can see it.
        return Int(next().multipliedFullWidth(by: UInt64(sides)).high)
    }

    /// A number of the range, each as likely.
    package mutating func roll(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + roll(range.upperBound - range.lowerBound + 1)
    }

    /// True `perMille` times in a thousand.
    package mutating func happens(perMille: Int) -> Bool { roll(1000) < perMille }

    /// One of them.
    package mutating func pick<Choices: RandomAccessCollection>(_ choices: Choices) -> Choices.Element {
        choices[choices.index(choices.startIndex, offsetBy: roll(choices.count))]
    }
}
