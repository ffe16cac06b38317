// Announcing.swift: what a member has to say to its cluster before it serves anybody.
//
// Two things are entries of the log although no client asked for them:
//
//     who we are         name and client addresses, so that clients of other members can find us
//     the version        the lowest that all members run, which decides what may be proposed
//
// Both are proposed when somebody leads and they are not known already, and again if they are lost. The version is for
// the leader to propose; when there are other members it must ask them first, which is the shell's business
// (`proposeClusterVersion`). With a single member there is nobody to ask.
//
// READY means that both are known and that an entry of the present term is committed: only then may a client be served,
// for before that the cluster may not even have agreed that we belong to it.

import Bytes
import EtcdAPI
import Identifiers
import Membership
import Raft
import Trace

extension Member {
    /// What the member has said, and what it still has to say.
    struct Announcing {
        /// Something was learnt since the last look.
        var isStale = true
        /// Our name is on its way.
        var isNaming = false
        /// The version is on its way.
        var isVersioning = false
        /// The shell has asked all members for their versions.
        var mayVersion = false
        /// Clients may be served.
        var isReady = false

        mutating func finished(_ purpose: Waiters.Purpose) {
            switch purpose {
            case .attributes: isNaming = false
            case .version: isVersioning = false
            case .client, .nobody: return
            }
            isStale = true
        }
    }

    /// Says what has to be said, if it can be said now.
    mutating func announce(into output: inout Output) {
        guard announcing.isStale, raft.leader != .none else { return }
        // A member that is not in the list yet has nothing to say: its own addition is still on its way here.
        guard membership[id] != nil, raft.log.term(at: raft.log.committed) == raft.term else { return }
        announcing.isStale = false
        let isNamed = announceName()
        let isVersioned = announceVersion()
        if isNamed, isVersioned, !announcing.isReady {
            announcing.isReady = true
            output.orders.append(.ready)
        }
    }

    private mutating func announceName() -> Bool {
        if announcing.isNaming { return false }
        let number = numbers.next()
        guard
            let command = membership.attributesCommand(
                name: options.name, clientURLs: options.clientURLs, requestID: number)
        else { return true }
        announcing.isNaming = true
        gather(command, number, .attributes)
        return false
    }

    private mutating func announceVersion() -> Bool {
        let isKnown = membership.version != nil
        // The leader's business; and it must have asked everybody, if there is anybody.
        guard raft.role == .leader, isAlone || announcing.mayVersion, !announcing.isVersioning else { return isKnown }
        let number = numbers.next()
        guard let command = membership.versionCommand(requestID: number) else { return isKnown }
        announcing.isVersioning = true
        gather(command, number, .version)
        return isKnown
    }

    private mutating func gather(_ command: ByteSlice, _ number: UInt64, _ purpose: Waiters.Purpose) {
        let waiter = Waiters.Waiter(
            request: RequestID(rawValue: 0), purpose: purpose, since: now, name: .none, proposed: .none)
        waiters.add(number, waiter)
        parked.add(command, number)
    }

    /// All members were asked, and all understand our version.
    package mutating func proposeClusterVersion(into output: inout Output) {
        announcing.mayVersion = true
        announcing.isStale = true
    }
}
