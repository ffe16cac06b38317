// EventWords.swift: one event, one sentence; the words of the timeline and of what a pointer shows.
//
// The sentences are short and always built alike, who first, so that one can run an eye down a page of them. Each has a
// sign for the member's column, which says what kind of thing it is without colour.
//
//     sign   ✕ an end, a loss    ◆ a timeout    ★ a leader    ▪ a disk    + entries    ✓ committed    ○ arrived    ● sent

import Bytes
package import Identifiers
package import Trace

/// A sentence about an event.
package struct Sentence: Hashable, Sendable {
    /// The sign in the member's column.
    package var sign: Character
    /// What happened, without who.
    package var words: String
    /// Its colour on a terminal.
    package var ink: TextInk
    /// Whether it is worth a line when repetition is folded.
    package var isNews: Bool

    init(_ sign: Character, _ words: String, _ ink: TextInk = .plain, isNews: Bool = true) {
        self.sign = sign
        self.words = words
        self.ink = ink
        self.isNews = isNews
    }
}

/// Turns events into sentences.
package struct EventWords: Sendable {
    private let names: MemberNames

    /// With the names of members.
    package init(_ names: MemberNames) { self.names = names }

    /// The sentence of an event that is no message.
    package func sentence(_ record: TraceRecord) -> Sentence {
        switch record.event {
        case .gap(let gap):
            return Sentence("?", "events \(gap.first.rawValue) to \(gap.last.rawValue) were not recorded", .trouble)
        case .memberStarted(let started):
            return Sentence("▸", "starts" + (started.version.isEmpty ? "" : " (\(started.version))"), .quiet)
        case .memberStopped(let stopped): return Sentence("✕", "stops: \(stopped.reason)", .trouble)
        case .faultInjected(let fault):
            return Sentence(fault.fault.isEnd ? "▸" : "✕", self.fault(fault), fault.fault.isEnd ? .success : .trouble)
        case .raftStarted(let started):
            let last = started.first.rawValue &+ UInt64(started.entries.count) &- 1
            return Sentence(
                "▸", "remembers term \(started.term), a log up to \(last), commit \(started.commit)", .quiet)
        case .roleChanged(let changed): return role(changed)
        case .leaderKnown(let known):
            return known.leader == .none
                ? Sentence("·", "knows no leader", .quiet, isNews: false)
                : Sentence("·", "follows \(names[known.leader]) in term \(known.term)", .entry)
        case .timeoutDrawn(let drawn):
            return Sentence("·", "will wait \(drawn.ticks) ticks for a leader", .quiet, isNews: false)
        case .timeoutFired(let fired): return Sentence("◆", "election timeout, in term \(fired.term)", .vote)
        case .quorumLost(let lost): return Sentence("✕", "hears no majority and gives up term \(lost.term)", .trouble)
        default: return voting(record) ?? log(record) ?? traffic(record) ?? clients(record)
        }
    }

    private func fault(_ fault: FaultInjected) -> String {
        switch fault.fault {
        case .crash: "crash"
        case .tornWrite: "crash in the middle of a write"
        case .pause: "stands still, without knowing it"
        case .resume: "goes on"
        case .linksCut: "cut off from \(names.list(fault.unreachable))"
        case .linksMended: "reaches everybody again"
        case .diskSlow: "slow disk: \(fault.syncTime) ms a sync"
        case .diskNormal: "disk as before"
        }
    }

    private func role(_ changed: RoleChanged) -> Sentence {
        switch changed.role {
        case .leader: Sentence("★", "leads term \(changed.term)", .success)
        case .candidate: Sentence("◆", "is a candidate in term \(changed.term) and votes for itself", .vote)
        case .preCandidate: Sentence("◆", "asks whether it would be elected; still term \(changed.term)", .vote)
        case .follower:
            changed.leader == .none
                ? Sentence("·", "is a follower in term \(changed.term)", .entry)
                : Sentence("·", "follows \(names[changed.leader]) in term \(changed.term)", .entry)
        }
    }

    private func voting(_ record: TraceRecord) -> Sentence? {
        switch record.event {
        case .voteAnswered(let answer):
            if answer.candidate == record.member { return Sentence("·", "votes for itself", .vote, isNews: false) }
            let who = names[answer.candidate]
            if answer.pre {
                return Sentence("·", "would \(answer.granted ? "" : "not ")vote for \(who)", .vote)
            }
            if answer.granted { return Sentence("▪", "votes for \(who) in term \(answer.term)", .vote) }
            let why =
                answer.vote != .none && answer.vote != answer.candidate
                ? "it has voted for \(names[answer.vote])" : "its log is more recent"
            return Sentence("✕", "refuses \(who) its vote: \(why)", .trouble)
        case .voteIgnored(let ignored):
            return Sentence("✕", "ignores \(names[ignored.candidate]): it hears its leader", .trouble)
        case .voteCounted(let counted):
            return Sentence(
                "·",
                "counts \(counted.granted ? "a yes" : "a no") of \(names[counted.peer]): \(counted.yes) yes, \(counted.no) no",
                .vote)
        default: return nil
        }
    }

    private func log(_ record: TraceRecord) -> Sentence? {
        switch record.event {
        case .entriesAppended(let appended):
            let terms = Set(appended.entries.map(\.term)).sorted().map { "\($0)" }.joined(separator: ", ")
            return Sentence("+", "log: \(range(appended.first, appended.last)) of term \(terms)", .entry)
        case .entriesTruncated(let cut):
            return Sentence("✕", "throws its entries from \(cut.first) on away", .trouble)
        case .commitAdvanced(let commit): return Sentence("✓", "commits up to \(commit.commit)", .success)
        case .writeIssued(let write):
            return Sentence(
                "▪", "writes \(write.first == .zero ? "its term and vote" : range(write.first, write.last))", .quiet,
                isNews: false)
        case .writeDurable(let write): return Sentence("▪", "disk: durable up to \(write.index)", .vote, isNews: false)
        case .logSynced(let synced):
            return Sentence("▪", "disk: synced \(synced.sizeBytes) bytes, up to \(synced.index)", .vote, isNews: false)
        case .entriesHanded: return Sentence("·", "hands entries to the state machine", .quiet, isNews: false)
        case .entriesApplied(let applied):
            return Sentence("·", "has applied up to \(applied.applied)", .quiet, isNews: false)
        case .snapshotRestored(let snapshot):
            return Sentence("▪", "takes the snapshot at \(snapshot.index) in place of its log", .success)
        case .logCompacted(let log): return Sentence("▪", "forgets its log before \(log.first)", .quiet)
        case .changeProposed(let change):
            return Sentence("+", "proposes as entry \(change.index): \(changes(change))", .entry)
        case .configurationChanged(let changed):
            return Sentence("✓", "the members are now: \(configuration(changed.configuration))", .success)
        default: return nil
        }
    }

    private func traffic(_ record: TraceRecord) -> Sentence? {
        switch record.event {
        case .progressChanged(let progress):
            return Sentence(
                "·",
                "sees \(names[progress.peer]) at match \(progress.match), next \(progress.next), \(progress.mode)",
                .quiet,
                isNews: false)
        case .proposalRefused(let refused): return Sentence("✕", "refuses a proposal: \(refused.why)", .trouble)
        case .readRoundBegun(let round):
            return Sentence(
                "·",
                "asks whether it still leads, for \(round.reads) read\(round.reads == 1 ? "" : "s"), round \(round.round)",
                .read)
        case .readRoundConfirmed(let round):
            return Sentence("✓", "still leads, says a majority (round \(round.round))", .read)
        case .readAnswered(let read):
            return Sentence("✓", "lets \(names[read.peer]) read what is applied up to \(read.index)", .read)
        case .transferChanged(let transfer):
            return transfer.target == .none
                ? Sentence("·", "hands leadership over no more", .quiet, isNews: false)
                : Sentence("★", "hands leadership to \(names[transfer.target])", .success)
        default: return nil
        }
    }

    private func clients(_ record: TraceRecord) -> Sentence {
        switch record.event {
        case .requestReceived(let request):
            return Sentence("?", RequestWords.asked(request), .read)
        case .requestProposed(let proposed):
            return Sentence(
                "·", "request \(proposed.request.rawValue) is entry \(proposed.term)/\(proposed.index)", .entry,
                isNews: false)
        case .entryApplied(let applied):
            return Sentence("·", "applies entry \(applied.term)/\(applied.index)", .quiet, isNews: false)
        case .revisionWritten(let written):
            let what = written.change == .put ? "writes" : "deletes"
            return Sentence(
                "·", "\(what) \(key(written.key)) at revision \(written.main.rawValue).\(written.sub)", .entry,
                isNews: false)
        case .rangeEvaluated(let range):
            let many = range.found == 1 ? "1 key" : "\(range.found) keys"
            return Sentence(
                "·", "looks up \(key(range.key)) at revision \(range.revision.rawValue): \(many)", .read, isNews: false)
        case .answersFlushed(let flushed):
            let many = flushed.answers == 1 ? "its answer leaves" : "\(flushed.answers) answers leave together"
            return Sentence("·", many, .quiet, isNews: false)
        case .requestAnswered(let answered):
            return Sentence("!", "answers request \(answered.request.rawValue)", .success)
        case .requestRefused(let refused):
            return Sentence("✕", "refuses request \(refused.request.rawValue): \(refused.why)", .trouble)
        default:
            return Sentence("·", "\(type(of: record.event.payload).kind.name)", .quiet, isNews: false)
        }
    }

    // MARK: Parts

    /// A key as people read it.
    package func key(_ bytes: TraceBytes, limit: Int = 24) -> String {
        let slice = bytes.slice
        return Lettering.printable(slice.view, limit: limit)
    }

    /// What a request does, as short as a cell is narrow: a put is its key.
    package func command(_ request: RequestReceived) -> String {
        let key = key(request.key, limit: 9)
        switch request.method {
        case .put: return key
        case .deleteRange: return "del \(self.key(request.key, limit: 6))"
        case .txn, .compact, .lease, .auth: return "\(request.method)"
        case .memberChange: return "member"
        default: return key
        }
    }

    /// `entry 5` or `entries 5 to 7`.
    package func range(_ first: LogIndex, _ last: LogIndex) -> String {
        first == last ? "entry \(first)" : "entries \(first) to \(last)"
    }

    /// Who votes and who listens.
    package func configuration(_ configuration: TraceConfiguration) -> String {
        var text =
            configuration.outgoing.isEmpty
            ? "voters \(names.list(configuration.voters))"
            : "joint: majorities of \(names.list(configuration.outgoing)) AND of \(names.list(configuration.voters))"
        if !configuration.learners.isEmpty { text += ", learners \(names.list(configuration.learners))" }
        if !configuration.learnersNext.isEmpty { text += ", learners-to-be \(names.list(configuration.learnersNext))" }
        return text
    }

    /// What a change does, in signs: `+n4 -n2 ~n5`.
    package func changes(_ change: ChangeProposed) -> String {
        if change.changes.isEmpty { return "leave the joint configuration" }
        let list = change.changes.map { change in
            switch change.kind {
            case .addVoter: "+\(names[change.member])"
            case .addLearner: "~\(names[change.member]) (learner)"
            case .remove: "-\(names[change.member])"
            case .update: "\(names[change.member]) has another address"
            }
        }
        return list.joined(separator: " ") + (change.joint ? ", by a joint configuration" : "")
    }
}

extension TraceFault {
    /// Whether something is as it was before.
    var isEnd: Bool { self == .resume || self == .linksMended || self == .diskNormal }
}
