// Messages.swift: each message once, with both its ends and the moment at which it really left.
//
// A promise (a vote, an acknowledgement) is made when the member decides, and leaves when its disk has kept it:
//
//     n2    vote-answered   message-sent (after ticket 4)  ...  write-durable 4
//                                                                   \________ this is where the arrow begins
//
// A crash in between means that it never left: then there is no arrow at all, and the picture says so.

import Identifiers
package import Trace
package import TraceModel

/// One message of a history.
package struct Message: Sendable {
    /// What was said.
    package let message: TraceMessage
    /// The event that reports the sending.
    package let sending: Int
    /// The event at which it left: the sending, or the sync that it waited for; nil: it never left.
    package let departure: Int?
    /// The event that reports the first receipt; nil: nobody received it, or the receiver was not traced.
    package let receipt: Int?
    /// Whether the receiver was traced and did not receive it.
    package let isLost: Bool
    /// Whether it waited for a disk.
    package var isHeld: Bool { departure != sending }
}

/// All messages of a history.
package struct Messages: Sendable {
    /// By the event that reports the sending.
    package private(set) var bySending: [Int: Message] = [:]
    /// The messages that left at an event.
    package private(set) var byDeparture: [Int: [Int]] = [:]
    /// For receipts of messages whose sender was not traced, and for repeated ones: none of the above.
    package private(set) var repeated: Set<Int> = []

    /// Looks through a history.
    package init(_ history: CausalHistory) {
        let lost = Set(history.lostMessages)
        for lane in history.lanes {
            var waiting: [(event: Int, message: TraceMessage, ticket: UInt64)] = []
            var durable: UInt64 = 0
            for event in lane.events {
                switch history.kind(of: event) {
                case RaftMessageSent.kind.number:
                    guard case .raftMessageSent(let sent) = history.record(at: event).event else { continue }
                    if sent.afterTicket > durable {
                        waiting.append((event, sent.message, sent.afterTicket))
                    } else {
                        note(sent.message, event, leaving: event, history, lost)
                    }
                case WriteDurable.kind.number:
                    guard case .writeDurable(let write) = history.record(at: event).event else { continue }
                    durable = max(durable, write.ticket)
                    for held in waiting where held.ticket <= durable {
                        note(held.message, held.event, leaving: event, history, lost)
                    }
                    waiting.removeAll { $0.ticket <= durable }
                default: break
                }
            }
            for held in waiting { note(held.message, held.event, leaving: nil, history, lost) }
        }
        for event in 0..<history.count where history.kind(of: event) == RaftMessageReceived.kind.number {
            if let sending = history.partner(of: event), history.partner(of: sending) != event {
                repeated.insert(event)
            }
        }
    }

    private mutating func note(
        _ message: TraceMessage, _ event: Int, leaving departure: Int?, _ history: CausalHistory, _ lost: Set<Int>
    ) {
        let receipt = history.partner(of: event)
        // The message may have come although no sync was reported: a trace that was cut there. Then it left somehow.
        let leaves = departure ?? (receipt == nil ? nil : event)
        let traced = history.lanes.contains { $0.member == message.to }
        bySending[event] = Message(
            message: message, sending: event, departure: leaves, receipt: receipt,
            isLost: leaves != nil && receipt == nil && traced && (lost.contains(event) || departure != nil))
        if let leaves { byDeparture[leaves, default: []].append(event) }
    }
}
