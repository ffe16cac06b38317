// Output.swift: how can a step say what it wants without costing more than the step?
//
// A step's effects are easiest to read as a list of values: `[Effect]`. But a message is 200 bytes with half a
// dozen references in it, and a list of such values copies each one several times: when it is made, when it
// is put into the list, when somebody takes it out. For one committed entry at three members that was half of
// all the work.
//
// So a step really writes a list of orders, and the large things lie in arrays beside it, each built in its
// place:
//
//     orders     send 0 | persist 0 | promise 1, after #7 | apply 12...12
//                  |         |            |
//     messages   [ 0 ] [ 1 ] .............+             read in place: output.messages[1].to
//     writes     [ 0 ]
//
// Whoever drives a member keeps one Output and clears it after each batch of steps: then nothing is
// allocated for what happens all the time. Whoever prefers values (tests, stories, the simulation)
// steps into an array of effects, which is made of this.
//
// COST     an order is 17 bytes; a message is written once and read in place.

import Bytes
package import Identifiers
package import RaftMessages

extension Raft {
    /// What steps ask of the world, in the order in which it must be done. To be reused.
    package struct Output: Sendable {
        /// One thing to do.
        package enum Order: Hashable, Sendable {
            /// Hand the write at this place to the log's writer.
            case persist(Int)
            /// Send the message at this place now.
            case send(Int)
            /// Send the message at this place when the write with this ticket is durable.
            case promise(Int, after: Ticket)
            /// Apply these entries; read them from `log`.
            case apply(from: LogIndex, through: LogIndex)
            /// One of the things that happen seldom.
            case seldom(Int)
        }

        /// What to do, in this order.
        package private(set) var orders: [Order] = []
        /// Messages to send.
        package internal(set) var messages: [Message] = []
        /// What the log's writer is to do.
        package internal(set) var writes: [Write] = []
        /// What happens seldom.
        package private(set) var seldom: [Effect] = []

        /// Nothing to do.
        package init() {}

        /// Forgets everything and keeps the room.
        package mutating func removeAll() {
            orders.removeAll(keepingCapacity: true)
            messages.removeAll(keepingCapacity: true)
            writes.removeAll(keepingCapacity: true)
            if !seldom.isEmpty { seldom.removeAll() }
        }

        /// Whoever held a promise back until its write was durable lets it go.
        package mutating func release(_ message: __owned Message) {
            messages.append(message)
            orders.append(.send(messages.count - 1))
        }

        /// The same as values.
        package var effects: [Effect] {
            orders.map { order in
                switch order {
                case .persist(let place): .persist(writes[place])
                case .send(let place): .send(messages[place])
                case .promise(let place, after: let ticket): .promise(messages[place], after: ticket)
                case .apply(let from, let through): .apply(from: from, through: through)
                case .seldom(let place): seldom[place]
                }
            }
        }

        // MARK: What steps use

        /// Something that happens seldom.
        mutating func append(_ effect: Effect) {
            orders.append(.seldom(seldom.count))
            seldom.append(effect)
        }

        /// A write that is only begun: fill in the rest at its place.
        @inline(__always)
        mutating func persist(after ticket: Ticket, mustSync: Bool) -> Int {
            let place = writes.count
            writes.append(Write(ticket: ticket, hardState: nil, snapshot: nil, entries: [], mustSync: mustSync))
            orders.append(.persist(place))
            return place
        }

        @inline(__always)
        mutating func apply(from: LogIndex, through: LogIndex) {
            orders.append(.apply(from: from, through: through))
        }

        /// A message that is only begun: fill in the rest at its place, and then send or promise it.
        @inline(__always)
        mutating func begin(_ type: MessageType, to: MemberID, from: MemberID, term: Term) -> Int {
            let place = messages.count
            messages.append(Message())
            messages[place].type = type
            messages[place].to = to
            messages[place].from = from
            messages[place].term = term
            return place
        }

        @inline(__always)
        mutating func send(_ place: Int) { orders.append(.send(place)) }

        @inline(__always)
        mutating func promise(_ place: Int, after ticket: Ticket) { orders.append(.promise(place, after: ticket)) }
    }

    /// Takes one input and appends what follows from it, as values.
    package mutating func step(_ input: Input, into effects: inout [Effect]) {
        var output = Output()
        swap(&output, &scratch)
        step(input, into: &output)
        effects += output.effects
        output.removeAll()
        swap(&output, &scratch)
    }
}
