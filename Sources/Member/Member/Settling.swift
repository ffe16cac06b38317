// Settling.swift: Raft has asked for things; which of them can be done in here, and which leave?
//
//     persist, send     leave as they are
//     promise           stays until its write is durable, then leaves as a send
//     apply             is done here (Applying.swift), and Raft is told, and may ask for more
//     answerRead        a round of reads knows its index (Reads.swift)
//     refused           the entries were not taken: they are gathered again, for whoever leads next
//     restore           leaves; the shell brings another database
//
// THE LOOP. Applying makes Raft ask again (more entries, a change of membership that takes effect), so this goes on
// until nothing is left to do here, or until the turn's share of entries is used up: a member that starts with a
// hundred thousand entries to apply must answer a heartbeat meanwhile.
//
// A BACKEND THAT CANNOT FOLLOW stops the applying: entries wait in the log, which is on disk anyway, and once the log
// is `backlogEntries` ahead, requests are refused. That is the whole of backpressure from the disk to the clients.

import Backend
import Bytes
import EtcdAPI
import Identifiers
import Raft
import RaftMessages
import Trace

extension Member {
    /// Messages that say what the disk does not have yet.
    struct Promises {
        struct Waiting {
            var message: Message
            var after: Raft.Ticket
        }
        /// In the order of their tickets.
        var waiting: [Waiting] = []
        /// Up to here the log is durable.
        var durable = Raft.Ticket.zero
    }

    /// When leadership has changed, and since when peers can be reached: what a timeout is put down to.
    struct LeadershipTimes {
        /// The last leader that was known.
        var leader = MemberID.none
        /// When it became known.
        var since: Int64?
        /// What was reported last.
        var reported = Raft.Leadership(role: .follower, leader: .none, term: .zero)
        /// Since when there is a connection to a peer.
        var connectedSince: [MemberID: Int64] = [:]
    }

    /// Carries out what Raft asks for, until nothing is left that can be done now.
    mutating func settle(_ output: inout Output) {
        repeat {
            while output.seen < output.raft.orders.count, failure == nil {
                let order = output.raft.orders[output.seen]
                output.seen += 1
                carryOut(order, &output)
            }
        } while failure == nil && applyHanded(into: &output)
    }

    private mutating func carryOut(_ order: Raft.Output.Order, _ output: inout Output) {
        switch order {
        case .persist(let place): output.orders.append(.persist(place))
        case .send(let place): output.orders.append(.send(place))
        case .promise(let place, let ticket):
            if ticket <= promises.durable {
                output.orders.append(.send(place))
            } else {
                promises.waiting.append(.init(message: output.raft.messages[place], after: ticket))
            }
        case .apply(_, let through): handed = through
        case .seldom(let place): carryOut(output.raft.seldom[place], &output)
        }
    }

    /// What happens a few times a day.
    private mutating func carryOut(_ effect: Raft.Effect, _ output: inout Output) {
        switch effect {
        case .answerRead(let index, let context): readsMayGo(at: index, context, into: &output)
        case .refusedRead(let context): reads.refused(context)
        case .refused: parked.isRefused = true
        case .leadership(let news): noteLeadership(news, into: &output)
        case .restore(let snapshot):
            output.snapshots.append(snapshot)
            output.orders.append(.restore(output.snapshots.count - 1))
        case .sendSnapshot(let message): pages.wanted.append(.init(purpose: .offer(message)))
        case .alarm(let alarm): note(alarm, into: &output)
        case .persist, .send, .promise, .apply:
            preconditionFailure("orders of every day do not come as values")
        }
    }

    private mutating func note(_ alarm: Raft.Alarm, into output: inout Output) {
        switch alarm {
        case .logLost, .badChange: fail(alarm.description, into: &output)
        // A peer's fault: the message was ignored, and the trace has it.
        case .badMessage: break
        }
    }

    private mutating func noteLeadership(_ news: Raft.Leadership, into output: inout Output) {
        leadership.reported = news
        announcing.isStale = true
        if news.leader != .none, news.leader != leadership.leader {
            leadership.leader = news.leader
            leadership.since = now
            failAskedReads(.leaderChanged, into: &output)
        }
        output.orders.append(.leadership(news))
    }

    /// What waited for the disk may leave.
    mutating func releasePromises(into output: inout Output) {
        guard let first = promises.waiting.first, first.after <= promises.durable else { return }
        let count = promises.waiting.prefix { $0.after <= promises.durable }.count
        for promise in promises.waiting[..<count] { output.raft.release(promise.message) }
        promises.waiting.removeFirst(count)
    }
}
