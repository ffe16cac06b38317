// Network.swift: what may a network do to a message?
//
// Raft promises safety on the worst of networks: one that loses, delays, doubles and overtakes, cuts
// the cluster in two, or carries messages in one direction only (section 2.1 of the thesis assumes no
// more than that a message which arrives is whole). So this one does all of that, as its weather says,
// and draws every decision from its dice.
//
//     send(m, n1 -> n2)
//        |  link cut?  ------------ lost ("cut")
//        |  dice: drop? ----------- lost ("dropped")
//        |  dice: double? --------- one more copy, with a delay of its own
//        v
//     delay = base + jitter, now and then a long one  -->  agenda: "m arrives at n2"
//
// Two messages with different delays overtake each other, so reordering needs no code of its own.
//
// A CUT LINK loses what is sent while it is cut; what was already under way arrives. That is how a
// pulled cable looks from the other side.
//
// RULES    W1  calm weather loses nothing and keeps every delay under `calm.delay.upperBound`: the
//              liveness half of a chaos run needs a time after which the network is kind.

package import Identifiers

/// How the network behaves, in thousandths and in units of simulated time.
package struct Weather: Hashable, Sendable {
    /// How many messages of a thousand are lost.
    package var dropPerMille: Int
    /// How many of a thousand arrive twice.
    package var doublePerMille: Int
    /// How long a message usually takes.
    package var delay: ClosedRange<Int>
    /// How many of a thousand are held up much longer, and overtaken by later ones.
    package var latePerMille: Int
    /// How long a held-up message takes.
    package var lateDelay: ClosedRange<Int>

    /// A quiet local network.
    package static let calm = Weather(
        dropPerMille: 0, doublePerMille: 0, delay: 1...3, latePerMille: 0, lateDelay: 1...1)

    /// Weather of these figures.
    package init(
        dropPerMille: Int, doublePerMille: Int, delay: ClosedRange<Int>, latePerMille: Int,
        lateDelay: ClosedRange<Int>
    ) {
        self.dropPerMille = dropPerMille
        self.doublePerMille = doublePerMille
        self.delay = delay
        self.latePerMille = latePerMille
        self.lateDelay = lateDelay
    }
}

/// A direction between two members.
package struct Link: Hashable, Sendable {
    /// Who sends.
    package var from: MemberID
    /// Who would receive.
    package var to: MemberID

    /// The link from one member to another.
    package init(from: MemberID, to: MemberID) {
        self.from = from
        self.to = to
    }
}

/// The network: decides about each message, remembers which links are cut, and counts what it did.
package struct Network: Sendable {
    /// What becomes of one message.
    package enum Fate: Hashable, Sendable {
        /// It arrives after so long.
        case arrives(after: Int)
        /// It arrives twice.
        case arrivesTwice(after: Int, and: Int)
        /// The dice took it.
        case dropped
        /// Its link is cut.
        case cut
    }

    /// How often each thing happened.
    package struct Counts: Hashable, Sendable {
        /// Messages handed over.
        package var sent = 0
        /// Lost to the dice.
        package var dropped = 0
        /// Lost to a cut link.
        package var cut = 0
        /// Doubled.
        package var doubled = 0
        /// Held up.
        package var late = 0
    }

    /// How it behaves now.
    package var weather: Weather
    /// Which directions carry nothing.
    package private(set) var cutLinks: Set<Link> = []
    /// What it did so far.
    package private(set) var counts = Counts()
    private var dice: Dice

    /// A network with its own dice.
    package init(weather: Weather, dice: Dice) {
        self.weather = weather
        self.dice = dice
    }

    /// Decides what becomes of a message.
    package mutating func send(over link: Link) -> Fate {
        counts.sent += 1
        if !cutLinks.isEmpty, cutLinks.contains(link) {
            counts.cut += 1
            return .cut
        }
        if dice.happens(perMille: weather.dropPerMille) {
            counts.dropped += 1
            return .dropped
        }
        if dice.happens(perMille: weather.doublePerMille) {
            counts.doubled += 1
            return .arrivesTwice(after: drawDelay(), and: drawDelay())
        }
        return .arrives(after: drawDelay())
    }

    private mutating func drawDelay() -> Int {
        guard dice.happens(perMille: weather.latePerMille) else { return dice.roll(weather.delay) }
        counts.late += 1
        return dice.roll(weather.lateDelay)
    }

    /// Cuts one direction.
    package mutating func cut(_ link: Link) { cutLinks.insert(link) }

    /// Cuts every link between members of different groups; links inside a group are mended.
    package mutating func partition(_ groups: [[MemberID]]) {
        cutLinks.removeAll()
        for (number, group) in groups.enumerated() {
            for other in groups[(number + 1)...].joined() {
                for member in group {
                    cutLinks.insert(Link(from: member, to: other))
                    cutLinks.insert(Link(from: other, to: member))
                }
            }
        }
    }

    /// Mends every link.
    package mutating func heal() { cutLinks.removeAll() }
}
