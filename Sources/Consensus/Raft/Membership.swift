// Membership.swift: how does a change of members travel through the log?
//
// A change is an entry like any other. It is proposed, committed by the members of the old configuration,
// and takes effect on each member when that member applies it (Changes.swift says why that is safe).
//
//     ConfChange      one change, as etcd 3.x proposes it
//     ConfChangeV2    any number, and how to go about it:
//         auto            one change: simple. Several: joint, left automatically
//         jointImplicit   joint, left automatically
//         jointExplicit   joint, and somebody proposes the end
//         (nothing)       the end: leave the joint configuration
//
// ONE AT A TIME. The leader takes a change only when the one before is applied. It cannot know what an
// inherited log holds, so a new leader takes none before everything it inherited is applied. What comes
// too early is not lost silently: an empty entry takes its place, and whoever proposed here is told why.
//
// LEAVING AUTOMATICALLY is the leader's duty: as soon as it has applied the entry that entered the joint
// configuration it proposes the end, again and again until it succeeds; a new leader does the same.
//
// A LEADER THAT IS REMOVED goes on until the entry that removes it is committed (thesis 4.2.2), counting
// a majority that it does not belong to, and steps down when it applies it.
//
// READ NEXT  Changes.swift

import Identifiers
import Protobuf
package import RaftMessages
import Trace

extension Raft {
    /// A change of membership as it is proposed.
    package enum Change: Hashable, Sendable {
        /// One change, in the form that every etcd understands.
        case single(ConfChange)
        /// Any number.
        case several(ConfChangeV2)

        /// From an entry of the log; nil when it is none or cannot be read.
        package init?(_ entry: Entry) {
            switch entry.type {
            case .confChange:
                guard let change = try? ConfChange(decoding: entry.data) else { return nil }
                self = .single(change)
            case .confChangeV2:
                guard let change = try? ConfChangeV2(decoding: entry.data) else { return nil }
                self = .several(change)
            case .normal, .unrecognized: return nil
            }
        }

        /// For the log.
        package var entry: Entry {
            switch self {
            case .single(let change): Entry(type: .confChange, data: change.encoded())
            case .several(let change): Entry(type: .confChangeV2, data: change.encoded())
            }
        }

        /// What it means.
        package var meaning: ConfChangeV2 {
            switch self {
            case .several(let change): return change
            case .single(let change):
                var only = ConfChangeSingle()
                only.type = change.type
                only.nodeID = change.nodeID
                var meaning = ConfChangeV2()
                meaning.changes = [only]
                meaning.context = change.context
                return meaning
            }
        }
    }

    // MARK: - At the leader

    /// Puts an empty entry in the place of each change that may not be made now.
    mutating func screenChanges(in entries: inout [Entry], from: MemberID?, into output: inout Output) {
        for place in entries.indices where entries[place].type != .normal {
            let index = log.last.index + (place + 1)
            guard let reason = refusal(of: entries[place]) else {
                pendingChange = index
                if isTraced { trace.emit(changeProposed(at: index, Change(entries[place])?.meaning ?? ConfChangeV2())) }
                continue
            }
            if isTraced { trace.emit(ProposalRefused(entries: 1, why: reason.description)) }
            if from == nil || from == id { output.append(.refused(reason, [entries[place]])) }
            entries[place] = Entry()
        }
    }

    private func refusal(of entry: Entry) -> Refusal? {
        guard let change = Change(entry)?.meaning else { return .unreadableChange }
        guard options.validatesChanges else { return nil }
        if pendingChange > log.applied { return .changePending(at: pendingChange) }
        let wantsToLeave = change.changes.isEmpty
        if configuration.voters.isJoint, !wantsToLeave { return .mustLeaveJointFirst }
        if !configuration.voters.isJoint, wantsToLeave { return .notJoint }
        return nil
    }

    /// The leader ends a joint configuration that was entered to be left automatically.
    mutating func leaveJointIfDue(into output: inout Output) {
        guard role == .leader, configuration.autoLeave, log.applied >= pendingChange else { return }
        // Not while leadership is handed over: the successor will do it, or we after it failed.
        guard transferee == .none, roster.peers.place(of: id) != nil else { return }
        var end = Entry()
        end.type = .confChangeV2
        // No data means no changes, and no limit can refuse it.
        pendingChange = log.last.index.next
        if isTraced { trace.emit(changeProposed(at: pendingChange, ConfChangeV2())) }
        _ = appendOwn([end])
        broadcastAppends(into: &output)
    }

    // MARK: - At every member

    /// The state machine has come to a change.
    mutating func apply(_ change: ConfChangeV2, at index: LogIndex, into output: inout Output) {
        let limits = Inflights.Limits(messages: options.maxInflightMessages, bytes: options.maxInflightBytes)
        let last = log.last.index
        advanceApplied(through: index)
        do {
            if change.leavesJoint {
                try roster.leaveJoint()
            } else if let autoLeave = change.entersJoint {
                try roster.enterJoint(change.changes, autoLeave: autoLeave, last: last, limits: limits)
            } else {
                try roster.applySimple(change.changes, last: last, limits: limits)
            }
        } catch {
            // Every member finds the same error at the same entry, so skipping it keeps them equal.
            alarm(.badChange(error, at: index), into: &output)
            return
        }
        if isTraced { trace.emit(ConfigurationChanged(index: index, configuration: TraceConfiguration(configuration))) }
        adoptConfiguration(into: &output)
        leaveJointIfDue(into: &output)
    }

    private mutating func adoptConfiguration(into output: inout Output) {
        guard role == .leader else { return }
        let own = roster.peers[id]
        if own == nil || own?.isLearner == true {
            if options.stepsDownOnRemoval { becomeFollower(in: term, of: .none) }
            return
        }
        if advanceCommit() {
            // Fewer voters may mean that more is committed.
            committedMore(into: &output)
        } else {
            for place in 0..<roster.peers.members.count where roster.peers.members[place] != id {
                sendAppend(to: place, evenIfEmpty: false, into: &output)
            }
        }
        if transferee != .none, !configuration.voters.contains(transferee) { abortTransfer() }
        closeRoundIfConfirmed(into: &output)
    }
}

extension ConfChangeV2 {
    /// Whether it is the end of a joint configuration. Nothing but a context may be in it.
    package var leavesJoint: Bool { transition == .auto && changes.isEmpty }

    /// Whether it goes through a joint configuration, and then whether that is left automatically.
    package var entersJoint: Bool? {
        switch transition {
        case .auto: changes.count > 1 ? true : nil
        // A way that we do not know yet: the most careful one.
        case .unrecognized: true
        case .jointImplicit: true
        case .jointExplicit: false
        }
    }
}
