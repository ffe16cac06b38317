// EventLoopTests.swift: turns, timers, deadlines, mail and work off the loop.

internal import Bytes
internal import EventLoop
internal import Synchronization
internal import Testing

#if canImport(Glibc)
    internal import Glibc
#endif

@Suite struct TimerTests {
    @Test("timers fire in the order of their times, and repeat")
    func order() {
        let loop = EventLoop()
        var fired: [String] = []
        let late = Timer(on: loop) { fired.append("late") }
        let early = Timer(on: loop) { fired.append("early") }
        var beats = 0
        let beat = Timer(on: loop) {
            beats += 1
            if beats == 3 { loop.stop() }
        }
        late.start(after: 20_000_000)
        early.start(after: 5_000_000)
        beat.start(after: 15_000_000, repeating: 15_000_000)
        loop.run()
        #expect(fired == ["early", "late"])
        loop.close()
    }

    @Test("a timer that is stopped, or forgotten, does not fire")
    func stopped() {
        let loop = EventLoop()
        var fired = 0
        let stopped = Timer(on: loop) { fired += 1 }
        stopped.start(after: 1_000_000)
        stopped.stop()
        do {
            let forgotten = Timer(on: loop) { fired += 1 }
            forgotten.start(after: 1_000_000)
        }
        let end = Timer(on: loop) { loop.stop() }
        end.start(after: 10_000_000)
        loop.run()
        #expect(fired == 0)
        loop.close()
    }
}

@Suite struct DeadlineTests {
    @Test("a deadline is never early and at most a slot and a turn late", arguments: [1, 7, 8, 9, 30, 100])
    func precision(milliseconds: Int) {
        let loop = EventLoop()
        let begin = loop.now
        var firedAt: UInt64 = 0
        let deadline = Deadline {
            firedAt = loop.now
            loop.stop()
        }
        loop.deadlines.arm(deadline, after: UInt64(milliseconds) * 1_000_000)
        #expect(deadline.isArmed)
        loop.run()
        #expect(firedAt - begin >= UInt64(milliseconds) * 1_000_000)
        #expect(!deadline.isArmed)
        #expect(loop.deadlines.count == 0)
        loop.close()
    }

    @Test("deadlines beyond one round of the wheel wait for their round")
    func rounds() {
        let loop = EventLoop()
        let wheel = Deadlines(on: loop, slots: 4)  // a round is 32 ms
        let begin = loop.now
        var fired: [(Int, UInt64)] = []
        let all = [150, 10, 90, 40].map { time in
            let deadline = Deadline { fired.append((time, loop.now - begin)) }
            wheel.arm(deadline, after: UInt64(time) * 1_000_000)
            return deadline
        }
        let end = Deadline { loop.stop() }
        wheel.arm(end, after: 200_000_000)
        loop.run()
        #expect(fired.map(\.0) == [10, 40, 90, 150])
        for (time, at) in fired { #expect(at >= UInt64(time) * 1_000_000) }
        #expect(all.allSatisfy { !$0.isArmed })
        loop.close()
    }

    @Test("deadlines that outlive their wheel are off it, and can be armed on another")
    func outliving() {
        let old = EventLoop()
        let deadlines = (0..<100_000).map { _ in Deadline() }
        for deadline in deadlines { old.deadlines.arm(deadline, after: 5_000_000_000) }
        old.close()
        #expect(deadlines.allSatisfy { !$0.isArmed })
        let loop = EventLoop()
        var fired = 0
        for deadline in deadlines.prefix(3) {
            deadline.action = {
                fired += 1
                if fired == 3 { loop.stop() }
            }
            loop.deadlines.arm(deadline, after: 1_000_000)
        }
        loop.run()
        #expect(fired == 3)
        loop.close()
    }

    @Test("a loop that nobody closed may go before its timers")
    func unclosed() {
        var timer: Timer?
        do {
            let loop = EventLoop()
            timer = Timer(on: loop) {}
            timer?.start(after: 1_000_000_000)
        }
        timer?.stop()
        timer = nil
    }

    @Test("cancelling, moving, and arming from within an action")
    func cancelling() {
        let loop = EventLoop()
        var fired: [String] = []
        let cancelled = Deadline { fired.append("cancelled") }
        let moved = Deadline { fired.append("moved") }
        let again = Deadline()
        again.action = {
            fired.append("again")
            if fired.filter({ $0 == "again" }).count < 3 { loop.deadlines.arm(again, after: 5_000_000) }
        }
        loop.deadlines.arm(cancelled, after: 10_000_000)
        loop.deadlines.arm(moved, after: 5_000_000)
        loop.deadlines.arm(moved, after: 90_000_000)
        loop.deadlines.arm(again, after: 1_000_000)
        loop.deadlines.cancel(cancelled)
        loop.deadlines.cancel(cancelled)
        let end = Timer(on: loop) { loop.stop() }
        end.start(after: 140_000_000)
        loop.run()
        #expect(fired == ["again", "again", "again", "moved"])
        loop.close()
    }
}

@Suite struct MailboxTests {
    @Test("mail of several threads arrives once and in each sender's order, many in a batch")
    func order() {
        let loop = EventLoop()
        let each = 20_000
        var last = [-1, -1, -1]
        var total = 0
        var batches = 0
        let box = Mailbox<(Int, Int)>(on: loop) { batch in
            batches += 1
            for (sender, number) in batch {
                #expect(number == last[sender] + 1)
                last[sender] = number
                total += 1
            }
            if total == 3 * each { loop.stop() }
        }
        let threads = (0..<3).map { _ in LoopThread() }
        for (sender, thread) in threads.enumerated() {
            thread.run { _ in
                for number in 0..<each { box.post((sender, number)) }
            }
        }
        loop.run()
        #expect(total == 3 * each)
        #expect(batches < total)
        for thread in threads { thread.stop() }
        box.close()
        box.post((0, 0))
        loop.close()
    }

    @Test("a box that another thread forgets is closed by the loop's thread, and lets go of its receiver there")
    func forgottenElsewhere() {
        final class Witness {
            static let endedOn = Mutex<pthread_t?>(nil)
            func hear(_ batch: [Int]) {}
            deinit { Self.endedOn.withLock { $0 = pthread_self() } }
        }
        let loop = EventLoop()
        let thread = LoopThread()
        do {
            let witness = Witness()
            // The thread's job holds the last reference and drops it there.
            let box = Mailbox<Int>(on: loop) { witness.hear($0) }
            thread.run { _ in
                usleep(20_000)
                box.post(1)
            }
        }
        let endedOn = { Witness.endedOn.withLock { $0 } }
        let end = Timer(on: loop) { if endedOn() != nil { loop.stop() } }
        end.start(after: 1_000_000, repeating: 1_000_000)
        loop.run()
        #expect(endedOn() == pthread_self())
        thread.stop()
        loop.close()
    }

    @Test("work off the loop comes back to it, and does not hold it up")
    func offload() {
        let loop = EventLoop()
        var turnsMeanwhile = 0
        let beat = Timer(on: loop) { turnsMeanwhile += 1 }
        beat.start(after: 1_000_000, repeating: 1_000_000)
        var sum = 0
        loop.offload {
            usleep(50_000)
            return (0..<1000).reduce(0, +)
        } then: { result in
            sum = result
            loop.stop()
        }
        loop.run()
        #expect(sum == 499_500)
        #expect(turnsMeanwhile > 5)
        loop.close()
    }

    @Test("a loop on a thread of its own answers")
    func loopThread() {
        let thread = LoopThread()
        #expect(thread.sync { $0.turns > 0 } == true)
        thread.stop()
        thread.stop()
    }
}

@Suite struct SignalTests {
    @Test("a signal is heard in the loop")
    func hangup() {
        let loop = EventLoop()
        var heard = 0
        let watch = SignalWatch(.hangup, on: loop) {
            heard += 1
            loop.stop()
        }
        let send = Timer(on: loop) { kill(getpid(), SIGHUP) }
        send.start(after: 1_000_000)
        withExtendedLifetime(watch) { loop.run() }
        #expect(heard == 1)
        loop.close()
    }
}

@Suite struct EndpointTests {
    @Test(
        "endpoints as people write them",
        arguments: [
            ("127.0.0.1:2379", "127.0.0.1:2379"), ("localhost:1", "localhost:1"), ("[::1]:2379", "[::1]:2379"),
            (":80", ":80"), ("unix:/tmp/x.sock", "unix:/tmp/x.sock"), ("unix:///tmp/x", "unix:/tmp/x"),
            ("nothing", nil), ("::1:80", nil), ("h:65536", nil), ("h:", nil), ("unix:", nil),
        ] as [(String, String?)])
    func parse(text: String, expected: String?) {
        #expect(Endpoint(text)?.description == expected)
    }

    @Test("numbers and localhost resolve; a name that cannot exist is an error that says so")
    func resolve() throws {
        #expect(try Endpoint("127.0.0.1:80")!.resolve()[0].description == "127.0.0.1:80")
        #expect(try Endpoint("[::1]:80")!.resolve()[0].description == "[::1]:80")
        #expect(try Endpoint("localhost:80")!.resolve()[0].port == 80)
        #expect(throws: SystemError.self) { try Endpoint("no-such-host.invalid:80")!.resolve() }
    }
}
