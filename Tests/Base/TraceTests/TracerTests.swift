// TracerTests.swift: numbers without gaps, causes, listeners, and what a trace point costs.

import Bytes
import Foundation
import Identifiers
import Testing
import Trace

@Suite("Reporting events")
struct TracerTests {
    static let origin = TraceOrigin(member: 7, epoch: BootEpoch(rawValue: 1))

    @Test("with nobody listening the event is not even built")
    func off() {
        /// Must not run.
        func build() -> MemberStopped {
            Issue.record("an event was built for nobody")
            return MemberStopped(reason: "")
        }
        #expect(Tracer.off.emit(build()) == .none)
        #expect(Tracer.off.emit(build(), because: [.init(rawValue: 1)]) == .none)
        Tracer.off.cause = EventSequence(rawValue: 3)
        #expect(Tracer.off.cause == .none && !Tracer.off.isOn)
    }

    @Test("numbers go up by one; the current cause, explicit ones and both are written once each")
    func causes() {
        let memory = TraceMemory()
        let tracer = Tracer(to: TraceRecorder(Self.origin, sink: memory))
        let copy = tracer
        let first = tracer.emit(MemberStopped(reason: "1"))
        let second = copy.emit(MemberStopped(reason: "2"), because: first)
        tracer.cause = second
        #expect(copy.cause == second, "all rooms of a member share one tracer")
        tracer.emit(MemberStopped(reason: "3"))
        tracer.emit(MemberStopped(reason: "4"), because: second)
        tracer.emit(MemberStopped(reason: "5"), because: first)
        tracer.emit(MemberStopped(reason: "6"), because: [first, second, .none, first])
        tracer.cause = .none
        tracer.emit(MemberStopped(reason: "7"), because: [])
        #expect(memory.records.map(\.sequence.rawValue) == [1, 2, 3, 4, 5, 6, 7])
        #expect(memory.records.map { $0.causes.map(\.rawValue) } == [[], [1], [2], [2], [2, 1], [2, 1], []])
    }

    @Test("a cause that comes later than its effect is a mistake of ours and stops the program")
    func laterCause() async {
        await #expect(processExitsWith: .failure) {
            let tracer = Tracer(to: TraceRecorder(TracerTests.origin, sink: TraceMemory()))
            tracer.emit(MemberStopped(reason: ""), because: EventSequence(rawValue: 1))
        }
    }

    @Test("a memory with a limit keeps the newest, and counts the others")
    func memoryLimit() {
        let memory = TraceMemory(limitBytes: 1000)
        let tracer = Tracer(to: TraceRecorder(Self.origin, sink: memory))
        for number in 0..<100 { tracer.emit(MemberStopped(reason: "\(number)")) }
        let numbers = memory.records.map(\.sequence.rawValue)
        #expect(numbers.last == 100 && numbers == Array((101 - UInt64(numbers.count))...100))
        #expect(memory.forgotten == 100 - numbers.count && numbers.count > 15)
        memory.removeAll()
        #expect(memory.records.isEmpty)
    }

    @Test("a simulation's clock stamps the memory's records")
    func simulatedClock() {
        var now: UInt64 = 0
        let memory = TraceMemory { TraceTime(monotonic: now, wall: -1) }
        let tracer = Tracer(to: TraceRecorder(Self.origin, sink: memory))
        for _ in 0..<3 {
            now += 10
            tracer.emit(MemberStopped(reason: ""))
        }
        #expect(memory.records.map(\.time) == [10, 20, 30].map { TraceTime(monotonic: $0, wall: -1) })
    }

    @Test("a subscriber hears every event at once, beside other listeners")
    func subscriber() {
        var heard: [Event] = []
        let memory = TraceMemory()
        let subscriber = TraceSubscriber { heard.append($0.event) }
        let tracer = Tracer(to: TraceRecorder(Self.origin, sink: TraceFanOut([memory, subscriber])))
        tracer.emit(MemberStarted(name: "a", cluster: 1, version: "3.5"))
        #expect(heard.count == 1)
        tracer.emit(MemberStopped(reason: "done"))
        #expect(heard == memory.events)
        #expect(heard.last == .memberStopped(.init(reason: "done")))
    }

    /// Forgets everything: what is left is the price of building and encoding.
    private final class Nowhere: TraceSink {
        var digest: UInt64 = 0
        func accept(_ record: ByteView, sequence: EventSequence, from origin: TraceOrigin) {
            digest = digest &* 31 &+ UInt64(record.count)
        }
    }

    /// A piece of work without a trace point in it.
    @inline(never)
    private func work(_ rounds: Int) -> UInt64 {
        var digest: UInt64 = 1
        for round in 0..<rounds { digest = digest &* 6_364_136_223_846_793_005 &+ UInt64(round) }
        return digest
    }

    /// The same work with one.
    @inline(never)
    private func work(_ rounds: Int, _ tracer: Tracer) -> UInt64 {
        var digest: UInt64 = 1
        for round in 0..<rounds {
            digest = digest &* 6_364_136_223_846_793_005 &+ UInt64(round)
            tracer.emit(
                VoteAnswered(
                    candidate: MemberID(rawValue: digest), term: Term(rawValue: UInt64(round)),
                    vote: MemberID(rawValue: digest), granted: digest & 1 == 0))
        }
        return digest
    }

    @Test("bench: a trace point")
    func bench() {
        let full = ProcessInfo.processInfo.environment["ETCD_BENCH"] == "1"
        let rounds = full ? 20_000_000 : 2_000
        let nowhere = Nowhere()
        let memory = TraceMemory(limitBytes: 1 << 20)
        var times: [Duration] = []
        var digests: [UInt64] = []
        let tracers: [Tracer?] = [
            nil, .off, Tracer(to: TraceRecorder(Self.origin, sink: nowhere)),
            Tracer(to: TraceRecorder(Self.origin, sink: memory)),
        ]
        for tracer in tracers {
            let count = tracer?.isOn == true ? rounds / 10 : rounds
            times.append(
                ContinuousClock().measure { digests.append(tracer.map { work(count, $0) } ?? work(count)) } / count)
        }
        #expect(digests[0] == digests[1] && digests[2] == digests[3])
        #expect(nowhere.digest != 0 && memory.records.last?.sequence.rawValue == UInt64(rounds / 10))
        guard full else { return }
        print(
            "bench: trace point, ns an event: work alone \(times[0]), off \(times[1]), encoded \(times[2]), into memory \(times[3]); digest \(digests)"
        )
    }
}
