// WorldTests.swift: the dice, the agenda and the network of the simulated world.

import Identifiers
import Simulation
import Testing

@Suite("The simulated world")
struct WorldTests {
    @Test("equal seeds roll equally, forks are independent of later draws")
    func dice() {
        var one = Dice(seed: 5)
        var two = Dice(seed: 5)
        #expect((0..<100).map { _ in one.roll(6) } == (0..<100).map { _ in two.roll(6) })
        var network = one.fork("network")
        var disk = two.fork("disk")
        #expect(network.next() != disk.next())
    }

    @Test("every face of the die comes up about as often")
    func fairness() {
        var dice = Dice(seed: 1)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<100_000 { counts[dice.roll(10)] += 1 }
        #expect(counts.allSatisfy { (9_500...10_500).contains($0) }, "\(counts)")
    }

    @Test("the agenda gives the earliest first, equal times in their order", arguments: 0..<20)
    func agenda(seed: UInt64) {
        var dice = Dice(seed: seed)
        var agenda = Agenda<Int>()
        var times: [Int] = []
        for number in 0..<500 {
            let delay = dice.roll(50)
            times.append(agenda.now + delay)
            agenda.plan(number, after: delay)
            if dice.roll(3) == 0 { times[agenda.take(until: 1_000_000)!] = -1 }
        }
        var last = (time: -1, number: -1)
        while let number = agenda.take(until: 1_000_000) {
            #expect(times[number] == agenda.now)
            #expect(agenda.now > last.time || (agenda.now == last.time && number > last.number))
            last = (agenda.now, number)
        }
        #expect(agenda.take(until: agenda.now + 7) == nil)
        #expect(agenda.isEmpty)
    }

    @Test("a partition cuts between its groups only, in both directions, and heals")
    func partition() {
        var network = Network(weather: .calm, dice: Dice(seed: 2))
        network.partition([[1, 2], [3]])
        let cut: [(MemberID, MemberID, Bool)] = [(1, 2, false), (1, 3, true), (3, 2, true), (2, 1, false)]
        for (from, to, expected) in cut {
            #expect((network.send(over: Link(from: from, to: to)) == .cut) == expected)
        }
        network.heal()
        network.cut(Link(from: 1, to: 2))
        #expect(network.send(over: Link(from: 1, to: 2)) == .cut)
        #expect(network.send(over: Link(from: 2, to: 1)) != .cut)
        #expect(network.counts.cut == 3)
    }

    @Test("each kind of weather is seen")
    func weather() {
        let rough = Weather(
            dropPerMille: 100, doublePerMille: 100, delay: 1...10, latePerMille: 100, lateDelay: 100...200)
        var network = Network(weather: rough, dice: Dice(seed: 3))
        var overtaken = 0
        var latest = 0
        for number in 0..<10_000 {
            if case .arrives(let after) = network.send(over: Link(from: 1, to: 2)) {
                if number + after < latest { overtaken += 1 }
                latest = max(latest, number + after)
            }
        }
        let counts = network.counts
        #expect((800...1200).contains(counts.dropped) && (700...1200).contains(counts.doubled))
        #expect((700...1300).contains(counts.late) && overtaken > 1000)
    }
}
