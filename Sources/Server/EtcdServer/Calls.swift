// Calls.swift: who waits for which answer?
//
// The member knows nothing of connections. A call goes in with a number, and an answer comes out with that number, in the
// same turn or seconds later. Between the two the client may have gone, and its number may even belong to somebody else:
//
//     number = generation << 32 | slot          slots    0: free   1: call A, generation 7   2: call B, generation 3
//
// A slot is used again; its generation is not, so an answer to a call that is gone finds nobody.
//
// COST     an array element and two words; no dictionary and no allocation for a call.

package import Bytes
internal import EtcdAPI
package import GRPC
internal import Member

/// What became of a question that the server itself asked, for a page of its own.
package enum InnerAnswer {
    /// The encoded answer; true during the call.
    case message(ByteView)
    /// An error for clients.
    case failure(GRPCStatus)
}

/// The calls that are under way.
struct Calls {
    /// Who waits.
    enum Waiter {
        case nobody
        case client(GRPCServerCall)
        case page((InnerAnswer) -> Void)
    }

    private struct Slot {
        var generation: UInt32
        var waiter: Waiter
    }

    private var slots: [Slot] = []
    private var free: [UInt32] = []

    /// How many wait.
    var count: Int { slots.count - free.count }

    /// A number for somebody who waits. Never zero.
    mutating func add(_ waiter: Waiter) -> RequestID {
        if let place = free.popLast() {
            slots[Int(place)].waiter = waiter
            return Self.number(place, slots[Int(place)].generation)
        }
        slots.append(Slot(generation: 1, waiter: waiter))
        return Self.number(UInt32(slots.count - 1), 1)
    }

    /// Whoever waits under this number, for the last time.
    mutating func take(_ id: RequestID) -> Waiter {
        let place = UInt32(truncatingIfNeeded: id.rawValue)
        guard Int(place) < slots.count, slots[Int(place)].generation == UInt32(id.rawValue >> 32) else {
            return .nobody
        }
        var waiter = Waiter.nobody
        swap(&waiter, &slots[Int(place)].waiter)
        slots[Int(place)].generation &+= 1
        if slots[Int(place)].generation == 0 { slots[Int(place)].generation = 1 }
        free.append(place)
        return waiter
    }

    private static func number(_ place: UInt32, _ generation: UInt32) -> RequestID {
        RequestID(rawValue: UInt64(generation) << 32 | UInt64(place))
    }
}
