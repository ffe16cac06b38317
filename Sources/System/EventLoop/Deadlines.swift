// Deadlines.swift: a hundred thousand timeouts for the price of one timer.
//
// Every request may carry a deadline, and nearly none of them is ever reached: the answer comes first
// and the deadline is thrown away. So setting and cancelling must cost almost nothing, and a few
// milliseconds of lateness do not matter. That is the trade of a wheel:
//
//            slot:   0     1     2     3           1023
//                 +-----+-----+-----+-----+- - -+-----+
//     8 ms each   |  o  |     | o o |     |     |  o  |        o = a deadline, in a linked list
//                 +-----+-----+-----+-----+- - -+-----+
//                          ^ hand: goes around in 8.2 seconds
//
// A deadline lies in the slot of its time modulo one round. When the hand passes a slot, it takes what
// is due and leaves what belongs to a later round: a deadline two hours away is looked at 880 times,
// at a few nanoseconds each.
//
// WHY NOT one timer of libuv's each? A heap insertion, an allocation and a close cost half as much as
// the request itself.
//
// RULES    D1  a deadline fires at most once, never early, and at most one slot late (plus the turn).
//          D2  setting and cancelling are O(1); an empty wheel does not wake the machine.
//          D3  a wheel that ends takes every deadline off itself: a deadline may outlive it, and then knows so.
//
// SHOWN BY  DeadlineTests

/// Something that will be told when its time is up; intrusive, so that arming it allocates nothing.
/// It belongs to whoever is interested; the wheel holds it while it is armed.
package final class Deadline {
    fileprivate var dueTick: UInt64 = 0
    fileprivate var slot = -1
    fileprivate var next: Deadline?
    // SAFETY: set while this one is armed, to its neighbour in the same list, which the list retains. Whoever leaves
    // the list, by `cancel` or because the wheel ends, is unlinked from its neighbours first.
    fileprivate unowned(unsafe) var previous: Deadline?
    /// What to do; set once by the owner, usually with a weak or unowned reference to itself.
    package var action: (() -> Void)?

    /// A deadline that is not armed.
    package init(_ action: (() -> Void)? = nil) { self.action = action }

    /// Whether the wheel holds it.
    package var isArmed: Bool { slot >= 0 }
}

/// The wheel of one loop.
package final class Deadlines {
    /// Nanoseconds of a slot.
    static let tick: UInt64 = 8_000_000
    private let slotCount: UInt64
    private var slots: [Deadline?]
    private unowned let loop: EventLoop
    private var hand: UInt64
    private var driver: Timer!
    /// When the driver will fire; `.max` when it sleeps.
    private var alarm = UInt64.max
    /// How many deadlines are armed.
    package private(set) var count = 0

    /// A wheel with a number of slots; tests take few, to see what happens after a round.
    package init(on loop: EventLoop, slots count: Int = 1024) {
        self.loop = loop
        slotCount = UInt64(count)
        slots = [Deadline?](repeating: nil, count: count)
        hand = loop.now / Self.tick
        driver = Timer(on: loop) { [unowned self] in turnHand() }
    }

    // One by one (D3): a deadline that somebody still holds must not remember a neighbour that is gone. And a slot's
    // list is freed link by link, where letting go of its first link would free the others by recursion.
    deinit {
        for slot in slots.indices {
            while let deadline = slots[slot] { cancel(deadline) }
        }
    }

    /// Arms `deadline` to fire after `nanoseconds`; if it was armed already, it moves.
    package func arm(_ deadline: Deadline, after nanoseconds: UInt64) {
        cancel(deadline)
        if count == 0 { hand = loop.now / Self.tick }
        // Rounded up, and one more because the current slot has begun: never early (D1).
        let due = (loop.now &+ min(nanoseconds, 1 << 62)) / Self.tick + 1
        let slot = Int(due % slotCount)
        deadline.dueTick = due
        deadline.slot = slot
        // SAFETY: the new one is first, so nobody is before it, and it is before the one that was first.
        unsafe deadline.previous = nil
        deadline.next = slots[slot]
        if let head = slots[slot] { unsafe head.previous = deadline }
        slots[slot] = deadline
        count += 1
        // The driver must wake for this slot at the latest; within one round that is its own time.
        let wake = min(due, hand + slotCount)
        if wake < alarm { setAlarm(wake) }
    }

    /// Takes a deadline off the wheel; nothing happens if it is not on it.
    package func cancel(_ deadline: Deadline) {
        guard deadline.slot >= 0 else { return }
        let next = deadline.next
        // SAFETY: this one is armed, so its neighbour is in the list and retained by it (D3).
        if let previous = unsafe deadline.previous {
            previous.next = next
        } else {
            slots[deadline.slot] = next
        }
        unsafe next?.previous = deadline.previous
        deadline.next = nil
        unsafe deadline.previous = nil
        deadline.slot = -1
        count -= 1
    }

    private func setAlarm(_ tick: UInt64) {
        alarm = tick
        let due = tick * Self.tick
        driver.start(after: due > loop.now ? due - loop.now : 0)
    }

    /// Passes every slot up to now and fires what is due.
    private func turnHand() {
        alarm = .max
        let now = loop.now / Self.tick
        let steps = min(now &- hand, slotCount)
        var due: [Deadline] = []
        for step in 0..<steps {
            var entry = slots[Int((hand + 1 + step) % slotCount)]
            while let deadline = entry {
                entry = deadline.next
                if deadline.dueTick <= now {
                    cancel(deadline)
                    due.append(deadline)
                }
            }
        }
        hand = max(hand, now)
        // Fired after the walk: an action may arm and cancel as it likes. One that another action armed
        // again meanwhile has a new time and must not fire for the old one.
        for deadline in due where !deadline.isArmed { deadline.action?() }
        guard count > 0 else { return }
        let next = (1...slotCount).first { slots[Int((hand + $0) % slotCount)] != nil }
        let wake = hand + (next ?? 1)
        if wake < alarm { setAlarm(wake) }
    }
}
