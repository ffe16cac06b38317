// Invariants.swift: what must be true, whatever happens?
//
// A protocol is a set of promises about every possible history. Here they all stand in one place: a
// letter, a sentence, and a check that a machine can make. Three kinds of look find three kinds of fault:
//
//     one member, one moment      Is this state possible at all?             S rules   `check(_:)`
//     one member, one step        Could this follow from that?               D rules   `check(from:to:)`
//     all members, all times      Do they agree with each other?             X rules   `Witness`
//
// WHO RUNS THEM. The cheap ones run at the end of every step, in release too, and stop the process: a
// member that has broken a rule must not speak any more. Tests and simulation run all of them after every
// step. The five properties that the extended paper promises (Figure 3) are X1, D4, X2, X3 and X4.
//
// A RULE THAT NEVER FIRES proves nothing. Flaws.swift plants bugs; each must be caught by one of these.
//
// COST     the cheap ones are some comparisons of integers; a Witness does work for each new entry once.

import Bytes
package import Identifiers
package import RaftMessages

extension Raft {
    /// A promise about every history.
    package enum Rule: String, CaseIterable, Hashable, Sendable {
        /// One member, one moment: indexes follow each other and terms never fall.
        case logIsWellFormed = "S1"
        /// base <= committed <= last, applied <= handed <= committed, durable <= last.
        case marksAreInOrder = "S2"
        /// Whoever leads knows it, and whoever campaigns votes for itself.
        case roleFitsState = "S3"
        /// What a leader knows of followers is consistent with its own log.
        case progressIsPossible = "S4"
        /// The configuration does not contradict itself.
        case configurationIsValid = "S5"
        /// One member, one step: a term never falls.
        case termNeverFalls = "D1"
        /// Within a term a vote is given once.
        case oneVoteATerm = "D2"
        /// What is committed or applied stays so.
        case commitNeverFalls = "D3"
        /// A leader never removes or replaces its own entries (leader append-only).
        case leaderOnlyAppends = "D4"
        /// Committed entries never change.
        case committedNeverChanges = "D5"
        /// No reply before durability: what is sent at once binds nobody.
        case noReplyBeforeDurable = "D6"
        /// All members: a term has at most one leader (election safety).
        case oneLeaderATerm = "X1"
        /// Two entries with the same index and term are equal, and so is everything before (log matching).
        case logsMatch = "X2"
        /// A leader has every entry that was committed before it was elected (leader completeness).
        case leadersAreComplete = "X3"
        /// No two members ever commit different entries at the same index (state machine safety).
        case stateMachinesAgree = "X4"

        /// The rule in words.
        package var sentence: String {
            switch self {
            case .logIsWellFormed: "in a log, indexes follow each other and terms never fall"
            case .marksAreInOrder: "the marks of a log are in order"
            case .roleFitsState: "whoever leads knows it, and whoever campaigns votes for itself"
            case .progressIsPossible: "what a leader knows of its followers fits its own log"
            case .configurationIsValid: "a configuration does not contradict itself"
            case .termNeverFalls: "a term never falls"
            case .oneVoteATerm: "within a term a vote is given once"
            case .commitNeverFalls: "what is committed or applied stays so"
            case .leaderOnlyAppends: "a leader never removes or replaces entries of its own log"
            case .committedNeverChanges: "committed entries never change"
            case .noReplyBeforeDurable: "nobody is told what a crash could still take back"
            case .oneLeaderATerm: "a term has at most one leader"
            case .logsMatch: "entries with equal index and term are equal, and so is everything before them"
            case .leadersAreComplete: "a leader has every entry that was committed before it was elected"
            case .stateMachinesAgree: "no two members commit different entries at one index"
            }
        }
    }

    /// A broken promise.
    package struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
        /// Which.
        package var rule: Rule
        /// What was seen.
        package var what: String
        /// Both.
        package init(_ rule: Rule, _ what: String) {
            self.rule = rule
            self.what = what
        }

        /// The letter, the sentence, and what was seen instead.
        package var description: String { "\(rule.rawValue): \(rule.sentence); but \(what)" }
    }

    /// As much of a member as the rules about change need.
    package struct Sighting: Hashable, Sendable {
        var term = Term.zero
        var vote = MemberID.none
        var role = Role.follower
        var last = Position(index: .zero, term: .zero)
        var committed = LogIndex.zero
        var applied = LogIndex.zero
    }

    /// Looks at this member now.
    @inline(__always)
    package func sight() -> Sighting {
        Sighting(
            term: term, vote: vote, role: role, last: log.last, committed: log.committed, applied: log.applied)
    }

    // MARK: - Cheap: at the end of every step, in release too

    mutating func checkCheaply() {
        let hasNewRole = term != sighting.term || role != sighting.role || vote != sighting.vote
        // Most steps change neither term nor role.
        if hasNewRole { checkNewRole() }
        let isFine =
            log.committed >= sighting.committed && log.applied >= sighting.applied && areMarksInOrder
            && (hasNewRole || role != .leader || log.last.index >= sighting.last.index)
        if !isFine { reportViolation() }
        sighting.last = log.last
        sighting.committed = log.committed
        sighting.applied = log.applied
    }

    private mutating func checkNewRole() {
        let isFine =
            term >= sighting.term && doesRoleFit
            && (term > sighting.term || sighting.vote == .none || vote == sighting.vote)
        if !isFine { reportViolation() }
        sighting.term = term
        sighting.role = role
        sighting.vote = vote
    }

    @inline(never)
    private mutating func reportViolation() {
        guard let violation = Raft.change(from: sighting, to: sight()) ?? marks() else { return }
        // With a flaw planted on purpose the simulation wants to see it caught, and go on.
        guard !options.flaws.isEmpty else { preconditionFailure(violation.description) }
        if self.violation == nil { self.violation = violation }
    }

    /// The rules about one step (D1 to D4).
    private static func change(from was: Sighting, to now: Sighting) -> Violation? {
        if now.term < was.term {
            return Violation(.termNeverFalls, "it fell from \(was.term) to \(now.term)")
        }
        if now.term == was.term, was.vote != .none, now.vote != was.vote {
            return Violation(.oneVoteATerm, "in term \(now.term) it went to \(was.vote) and to \(now.vote)")
        }
        if now.committed < was.committed || now.applied < was.applied {
            return Violation(
                .commitNeverFalls,
                "committed went from \(was.committed) to \(now.committed), applied from \(was.applied) to \(now.applied)"
            )
        }
        if was.role == .leader, now.role == .leader, was.term == now.term, now.last.index < was.last.index {
            return Violation(.leaderOnlyAppends, "the end went from \(was.last.index) back to \(now.last.index)")
        }
        return nil
    }

    /// S2.
    private var areMarksInOrder: Bool {
        @inline(__always) get {
            log.base.index <= log.committed && log.committed <= log.last.index && log.handed <= log.committed
                && log.applied <= log.handed && log.durable <= log.last.index
        }
    }

    /// S3.
    private var doesRoleFit: Bool {
        @inline(__always) get { (role == .leader) == (leader == id) && (role != .candidate || vote == id) }
    }

    private func marks() -> Violation? {
        if !areMarksInOrder {
            return Violation(
                .marksAreInOrder,
                "base \(log.base.index), applied \(log.applied), handed \(log.handed), committed \(log.committed), "
                    + "durable \(log.durable), last \(log.last.index)")
        }
        if !doesRoleFit {
            return Violation(
                .roleFitsState, "\(id) is \(role.rawValue) in term \(term), leader \(leader), vote \(vote)")
        }
        return nil
    }

    // MARK: - Thorough: one member

    /// Every rule about one state (S1 to S5).
    package func check() throws(Violation) {
        if let violation = marks() { throw violation }
        try checkLog()
        do {
            if !configuration.voters.incoming.isEmpty { try roster.validate() }
        } catch {
            throw Violation(.configurationIsValid, error.description)
        }
        guard role == .leader else { return }
        for (member, progress) in roster.peers.all { try check(progress, of: member) }
    }

    private func checkLog() throws(Violation) {
        var before = log.base
        for entry in log.all {
            if entry.index != before.index.next || entry.term < before.term {
                throw Violation(
                    .logIsWellFormed,
                    "entry \(entry.index) of term \(entry.term) follows \(before.index) of \(before.term)")
            }
            before = Position(index: entry.index, term: entry.term)
        }
        if before != log.last {
            throw Violation(.logIsWellFormed, "the log ends at \(before.index), not at \(log.last.index)")
        }
    }

    private func check(_ progress: Progress, of member: MemberID) throws(Violation) {
        if progress.match >= progress.next || progress.match > log.last.index || progress.next > log.last.index.next {
            throw Violation(
                .progressIsPossible,
                "match \(progress.match), next \(progress.next) of \(member), end \(log.last.index)")
        }
        let inFlight = progress.inflights.indexes
        let isInOrder = zip(inFlight, inFlight.dropFirst()).allSatisfy { $0 < $1 }
        let isInWindow = inFlight.allSatisfy { $0 > progress.match && $0 < progress.next }
        if !isInOrder || !isInWindow || (progress.mode != .replicate && !inFlight.isEmpty) {
            throw Violation(.progressIsPossible, "in flight to \(member): \(inFlight), mode \(progress.mode)")
        }
        if member == id, progress.match > log.durable {
            throw Violation(
                .noReplyBeforeDurable, "our own copy counts to \(progress.match), durable is \(log.durable)")
        }
    }

    /// The rule about what a step asks of the world (D6), to be called with the effects of that step.
    package func check(_ effects: [Effect]) throws(Violation) {
        for effect in effects {
            switch effect {
            case .send(let message):
                guard message.binds, !writes.isIdle else { continue }
                throw Violation(.noReplyBeforeDurable, "a \(message.type) to \(message.to) did not wait for the disk")
            case .promise(let message, after: let ticket):
                guard ticket < writes.issued else { continue }
                throw Violation(
                    .noReplyBeforeDurable,
                    "a \(message.type) waits for write \(ticket.rawValue), not for \(writes.issued.rawValue)")
            default: continue
            }
        }
    }

    /// Every rule about what one step may change (D1 to D5), from the whole state before.
    package static func check(from was: Raft, to now: Raft) throws(Violation) {
        if let violation = change(from: was.sight(), to: now.sight()) { throw violation }
        var index = max(was.log.first, now.log.first)
        let isStillLeader = was.role == .leader && now.role == .leader && was.term == now.term
        let end = isStillLeader ? was.log.last.index : was.log.committed
        while index <= end {
            guard now.log.term(at: index) == was.log.term(at: index), now.log[index] == was.log[index] else {
                throw Violation(
                    isStillLeader && index > was.log.committed ? .leaderOnlyAppends : .committedNeverChanges,
                    "entry \(index) of \(now.id) is another than before")
            }
            index = index.next
        }
    }
}

extension Message {
    /// Whether it tells somebody what we must not forget: it may not overtake the disk.
    package var binds: Bool {
        switch type {
        case .vote: true
        case .voteResp: !reject
        case .appResp: !reject && index > .zero
        default: false
        }
    }
}

// MARK: - All members, all times

extension Raft {
    /// Somebody who watches all members at once, and remembers what no member may forget. It lives in tests
    /// and simulation only: no member could know so much.
    package struct Witness: Sendable {
        private struct Seen: Hashable, Sendable {
            var previousTerm: Term
            var type: Int32
            var data: UInt32
        }

        private var leaders: [Term: MemberID] = [:]
        private var entries: [Position: Seen] = [:]
        private var committed: [LogIndex: Term] = [:]
        private var lastCommitted = Position(index: .zero, term: .zero)
        private var checked: [MemberID: Position] = [:]
        private var checkedCommit: [MemberID: LogIndex] = [:]

        /// Has seen nothing.
        package init() {}

        /// How many terms had a leader.
        package var elections: Int { leaders.count }
        /// The last entry that anybody has committed.
        package var committedThrough: LogIndex { lastCommitted.index }

        /// A member was restarted: what it has must be looked at again.
        package mutating func forget(_ member: MemberID) {
            checked[member] = nil
            checkedCommit[member] = nil
        }

        /// Looks at a member after a step of it.
        package mutating func observe(_ raft: Raft) throws(Violation) {
            if let violation = raft.violation { throw violation }
            try observeEntries(raft)
            try observeCommits(raft)
            try observeLeader(raft)
        }

        /// X2 by induction: if the predecessor of a position is always the same, so is everything before it.
        private mutating func observeEntries(_ raft: Raft) throws(Violation) {
            let log = raft.log
            if checked[raft.id] == log.last { return }
            var known = checked[raft.id] ?? log.base
            if !log.contains(known) || known.index < log.base.index {
                // Its end was replaced; what is committed was not.
                known = Position(index: log.committed, term: log.term(at: log.committed) ?? .zero)
                if known.index < log.base.index { known = log.base }
                if known.index > log.last.index { known = log.base }
            }
            var previous = known
            while previous.index < log.last.index {
                let entry = log[previous.index.next]
                let position = Position(index: entry.index, term: entry.term)
                let seen = Seen(
                    previousTerm: previous.term, type: entry.type.rawValue, data: CRC32C.checksum(entry.data.view))
                if let other = entries[position] {
                    if other != seen {
                        throw Violation(
                            .logsMatch, "member \(raft.id) has another entry \(entry.index) of term \(entry.term)")
                    }
                } else {
                    entries[position] = seen
                }
                previous = position
            }
            checked[raft.id] = log.last
        }

        /// X4: what one member commits, all commit.
        private mutating func observeCommits(_ raft: Raft) throws(Violation) {
            let log = raft.log
            var index = max(
                checkedCommit[raft.id] ?? .zero, log.base.index.rawValue > 0 ? log.base.index.previous : .zero)
            if index >= log.committed { return }
            while index < log.committed {
                index = index.next
                guard let term = log.term(at: index) else { continue }
                if let other = committed[index] {
                    if other != term {
                        throw Violation(
                            .stateMachinesAgree,
                            "at \(index) member \(raft.id) commits term \(term), another member term \(other)")
                    }
                } else {
                    committed[index] = term
                }
                if index > lastCommitted.index { lastCommitted = Position(index: index, term: term) }
            }
            checkedCommit[raft.id] = index
        }

        /// X1 and X3, when a member is first seen leading a term.
        private mutating func observeLeader(_ raft: Raft) throws(Violation) {
            guard raft.role == .leader else { return }
            if let other = leaders[raft.term] {
                if other != raft.id {
                    throw Violation(.oneLeaderATerm, "term \(raft.term) has leaders \(other) and \(raft.id)")
                }
                return
            }
            leaders[raft.term] = raft.id
            // By X2 it is enough to look at the last entry that was committed.
            guard lastCommitted.term < raft.term, lastCommitted.index > raft.log.base.index else { return }
            if !raft.log.contains(lastCommitted) {
                throw Violation(
                    .leadersAreComplete,
                    "\(raft.id) leads term \(raft.term) without entry \(lastCommitted.index) of term \(lastCommitted.term)"
                )
            }
        }
    }
}
