// Replica.swift: what did a member know at a moment? Its events, replayed.
//
// Each event carries the state after it, so the state at any moment is that of the last event, or of the last one that
// spoke of it. Nothing here decides anything: whatever is shown was recorded.
//
//     raft-started            everything that the member remembers
//     role-changed, ...       role, term, vote, leader, commit
//     entries-appended, ...   the log
//     configuration-changed   who are the members
//
// A LIFE BEGINS with an older configuration than the last one ended with: the state machine reads it from its snapshot
// and takes the committed changes again. `newestConfiguration` is the one of the highest entry that was ever applied.
//
// RULES    H2  whatever the events say, nothing here traps.

package import Identifiers
package import Trace

/// One member as its events describe it.
package struct Replica: Hashable, Sendable {
    /// Who.
    package let member: MemberID
    /// What it does.
    package private(set) var role = TraceRole.follower
    /// The latest election that it knows of.
    package private(set) var term = Term.zero
    /// Whom it votes for in it.
    package private(set) var vote = MemberID.none
    /// Who leads, as far as it knows.
    package private(set) var leader = MemberID.none
    /// Up to where it knows things to be committed.
    package private(set) var commit = LogIndex.zero
    /// How far its state machine is.
    package private(set) var applied = LogIndex.zero
    /// Up to where its log is durable, as far as its writer has said.
    package private(set) var durable = LogIndex.zero
    /// The index of the first entry, or the place for it.
    package private(set) var first = LogIndex(rawValue: 1)
    /// The term of the entry before the first.
    package private(set) var baseTerm = Term.zero
    /// The entries from the first on.
    package private(set) var entries: [TraceEntry] = []
    /// Who are the members, by its own state machine.
    package private(set) var configuration = TraceConfiguration()
    /// The configuration of the highest change that this member has ever applied.
    package private(set) var newestConfiguration = TraceConfiguration()
    /// The entry that brought it.
    package private(set) var newestChange = LogIndex.zero
    /// What it knows of the others, if it leads.
    package private(set) var progress: [MemberID: ProgressChanged] = [:]

    /// A member of which nothing is known.
    package init(_ member: MemberID) { self.member = member }

    /// Where its log ends.
    package var last: LogIndex { LogIndex(rawValue: first.rawValue &- 1 &+ UInt64(entries.count)) }

    /// The term of an entry, or of the one before the first; nil for others.
    package func term(at index: LogIndex) -> Term? {
        let place = index.rawValue &- first.rawValue
        if place < UInt64(entries.count) { return entries[Int(place)].term }
        return place == UInt64.max ? baseTerm : nil
    }

    /// Takes the next event of this member.
    package mutating func apply(_ event: Event) {
        switch event {
        case .raftStarted(let started): start(started)
        case .roleChanged(let changed): change(changed)
        case .leaderKnown(let known): leader = known.leader
        case .voteAnswered(let answered): vote = answered.pre ? vote : answered.vote
        case .entriesAppended(let appended): append(appended)
        case .entriesTruncated(let truncated): truncate(from: truncated.first)
        case .commitAdvanced(let advanced): commit = advanced.commit
        case .entriesApplied(let now): applied = max(applied, now.applied)
        case .writeDurable(let write): durable = write.index
        case .progressChanged(let changed): progress[changed.peer] = changed
        case .configurationChanged(let changed): adopt(changed.configuration, at: changed.index)
        case .snapshotRestored(let snapshot): restore(snapshot)
        case .logCompacted(let compacted): compact(compacted)
        default: break
        }
    }

    private mutating func start(_ started: RaftStarted) {
        role = .follower
        leader = .none
        term = started.term
        vote = started.vote
        commit = started.commit
        applied = started.applied
        first = started.first
        baseTerm = started.baseTerm
        entries = started.entries
        durable = last
        configuration = started.configuration
        progress = [:]
        if started.applied >= newestChange, !started.configuration.voters.isEmpty {
            newestConfiguration = started.configuration
            newestChange = started.applied
        }
    }

    private mutating func change(_ changed: RoleChanged) {
        role = changed.role
        term = changed.term
        vote = changed.vote
        leader = changed.leader
        commit = changed.commit
        if changed.role != .leader { progress = [:] }
    }

    private mutating func append(_ appended: EntriesAppended) {
        truncate(from: appended.first)
        if appended.first != last.after { first = appended.first }
        entries += appended.entries
    }

    /// Forgets entries; from before the first on means all of them.
    private mutating func truncate(from index: LogIndex) {
        let keeps = index.rawValue &- first.rawValue
        if index < first || keeps > UInt64(entries.count) {
            entries = []
            first = index
        } else {
            entries.removeSubrange(Int(keeps)...)
        }
        durable = min(durable, last)
    }

    private mutating func restore(_ snapshot: SnapshotRestored) {
        first = snapshot.index.after
        baseTerm = snapshot.term
        entries = []
        commit = snapshot.index
        adopt(snapshot.configuration, at: snapshot.index)
    }

    private mutating func compact(_ compacted: LogCompacted) {
        let drops = compacted.first.rawValue &- first.rawValue
        if compacted.first >= first, drops <= UInt64(entries.count) {
            entries.removeFirst(Int(drops))
        } else {
            entries = []
        }
        first = compacted.first
        baseTerm = compacted.baseTerm
    }

    private mutating func adopt(_ new: TraceConfiguration, at index: LogIndex) {
        configuration = new
        applied = max(applied, index)
        if index >= newestChange {
            newestConfiguration = new
            newestChange = index
        }
    }
}

extension LogIndex {
    /// The next one, also behind the largest: a damaged trace must not stop its reader.
    var after: LogIndex { LogIndex(rawValue: rawValue &+ 1) }
}
