// Elections.swift: who leads, and how can there never be two?
//
// A follower that hears no leader for its election timeout campaigns: it starts the next term, votes for
// itself and asks the others (extended paper 5.2). Each member votes once a term, and remembers its vote
// on disk; a candidate with a majority leads. Two majorities share a member, so a term has at most one
// leader. A term may also have none (a split vote); then somebody's patience ends again.
//
//     WHY RANDOM TIMEOUTS?   If all lost patience at once, all would vote for themselves, again and again.
//                            Each draws from [T, 2T), so mostly one is first and has won before the next.
//
//     WHY LOOK AT THE LOG?   (5.4.1) A committed entry is on a majority. A candidate needs a majority, so
//                            one voter has the entry, and it refuses whoever's log is older than its own.
//                            So every leader has every committed entry.
//
//     WHY PRE-VOTE?          (thesis 9.6) A member that was cut off campaigns in vain and comes back with a
//                            high term, which deposes a healthy leader. So it first asks "would you vote
//                            for me?", in a term that nobody has to adopt. Only a majority of yes lets it
//                            campaign.
//
//     WHY A LEASE FOR VOTES? (thesis 4.2.3) A member that was removed does not know it and disturbs the
//                            others. With CheckQuorum, whoever has heard a leader within the election
//                            timeout ignores candidates, unless the leader itself sent them
//                            (`CampaignTransfer`). And a leader that hears no quorum steps down, so an
//                            ignored candidate is not ignored for ever.
//
// RULES    E1  a term never falls.
//          E2  within a term a vote is given once, and to a log at least as recent as ours.
//          E3  a term has at most one leader (follows from E2 and D3).
// READ NEXT  Replication.swift

package import Bytes
import Identifiers
import RaftMessages
import Trace

extension Raft {
    /// The words that a candidate sends when its leader wants to be replaced by it.
    package static let campaignTransfer = ByteSlice(utf8: "CampaignTransfer")

    /// A fair coin with many sides, always the same from the same seed (the SplitMix64 sequence).
    struct Lottery: Hashable, Sendable {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        /// A number from 0 to `count` - 1.
        mutating func draw(below count: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var bits = state
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((bits ^ (bits >> 31)) % UInt64(count))
        }
    }

    /// Who has answered a candidate, and what.
    struct Tally: Hashable, Sendable {
        private(set) var answers: [(member: MemberID, granted: Bool)] = []

        /// The first answer counts; a message that arrives twice changes nothing.
        mutating func record(_ member: MemberID, granted: Bool) {
            if !answers.contains(where: { $0.member == member }) { answers.append((member, granted)) }
        }

        subscript(member: MemberID) -> Bool? { answers.first { $0.member == member }?.granted }

        mutating func reset() { answers.removeAll(keepingCapacity: true) }

        static func == (left: Tally, right: Tally) -> Bool { left.answers.elementsEqual(right.answers, by: ==) }

        func hash(into hasher: inout Hasher) { hasher.combine(answers.count) }
    }

    // MARK: - Time

    mutating func handleTick(into output: inout Output) {
        if role == .leader { tickAsLeader(into: &output) } else { tickAsFollower(into: &output) }
    }

    private mutating func tickAsFollower(into output: inout Output) {
        electionElapsed += 1
        guard mayLead else { return }
        // A sole voter waits for nobody. But for its own disk, once it has asked: a slow one would be asked for one
        // more term with every tick.
        guard electionElapsed >= electionTimeout || (configuration.isAlone(id) && role == .follower) else { return }
        electionElapsed = 0
        if isTraced { trace.emit(TimeoutFired(term: term)) }
        campaign(into: &output)
    }

    private mutating func tickAsLeader(into output: inout Output) {
        heartbeatElapsed += 1
        electionElapsed += 1
        if electionElapsed >= options.electionTicks {
            electionElapsed = 0
            if options.checkQuorum { checkQuorum() }
            // The target had an election timeout to take over; now we go on ourselves (thesis 3.10).
            if role == .leader, transferee != .none { abortTransfer() }
        }
        guard role == .leader, heartbeatElapsed >= options.heartbeatTicks else { return }
        heartbeatElapsed = 0
        broadcastHeartbeats(into: &output)
    }

    mutating func drawTimeout() {
        electionTimeout = options.electionTicks + lottery.draw(below: options.electionTicks)
        if isTraced { trace.emit(TimeoutDrawn(ticks: electionTimeout)) }
    }

    /// Overrides the drawn timeout, so that a story can be told without luck.
    package mutating func setElectionTimeout(ticks: Int) { electionTimeout = ticks }

    /// A leader that nobody hears must not believe that it leads (thesis 6.2).
    private mutating func checkQuorum() {
        let answer = configuration.voters.result { member in member == id || roster.peers[member]?.isActive == true }
        if answer != .won {
            if isTraced { trace.emit(QuorumLost(term: term)) }
            becomeFollower(in: term, of: .none)
        }
        for place in roster.peers.entries.indices where roster.peers.members[place] != id {
            roster.peers.entries[place].isActive = false
        }
    }

    // MARK: - Changing roles

    /// Forgets everything that belongs to the role before.
    mutating func reset(to newTerm: Term) {
        if term != newTerm {
            term = newTerm
            vote = .none
        }
        leader = .none
        electionElapsed = 0
        heartbeatElapsed = 0
        drawTimeout()
        transferee = .none
        tally.reset()
        ownVoteAfter = nil
        pendingChange = .zero
        uncommittedBytes = 0
        refusedReads += reads.abandon(of: id)
        latest = LatestBatch()
        let limits = Inflights.Limits(messages: options.maxInflightMessages, bytes: options.maxInflightBytes)
        for place in roster.peers.entries.indices {
            let isLearner = roster.peers.entries[place].isLearner
            var fresh = Progress(next: log.last.index.next, limits: limits, isLearner: isLearner)
            // Our own copy counts as far as it is durable (D3).
            if roster.peers.members[place] == id { fresh.match = log.durable }
            roster.peers.entries[place] = fresh
        }
    }

    mutating func becomeFollower(in newTerm: Term, of newLeader: MemberID) {
        reset(to: newTerm)
        role = .follower
        leader = newLeader
        if isTraced { trace.emit(roleChanged) }
    }

    /// A follower hears of its leader.
    mutating func follow(_ newLeader: MemberID) {
        leader = newLeader
        if isTraced { trace.emit(LeaderKnown(leader: leader, term: term)) }
    }

    private mutating func becomePreCandidate() {
        // Neither term nor vote changes, and nothing is written: that is the point.
        role = .preCandidate
        leader = .none
        tally.reset()
        if isTraced { trace.emit(roleChanged) }
    }

    private mutating func becomeCandidate() {
        reset(to: term.next)
        role = .candidate
        vote = id
        // This step's write carries the new term and the vote.
        ownVoteAfter = writes.issued.next
        if isTraced { trace.emit(roleChanged) }
    }

    private mutating func becomeLeader(into output: inout Output) {
        reset(to: term)
        role = .leader
        leader = id
        if let own = roster.peers.place(of: id) {
            roster.peers.entries[own].becomeReplicate()
            roster.peers.entries[own].isActive = true
        }
        // Some entry that we do not know to be applied may be a change of membership: be careful and take
        // no other until everything up to here is.
        pendingChange = log.last.index
        if isTraced { trace.emit(roleChanged) }
        // Entries of earlier terms commit only with one of ours behind them (5.4.2), so we make one.
        _ = appendOwn([Entry()])
        broadcastAppends(into: &output)
    }

    var leadership: Leadership { Leadership(role: role, leader: leader, term: term) }

    // MARK: - Campaigning

    /// Whether we could lead: a voter whose log is not being replaced.
    package var mayLead: Bool {
        guard let own = roster.peers[id] else { return false }
        return !own.isLearner && !restoring.isActive
    }

    mutating func campaign(into output: inout Output) {
        guard role != .leader, mayLead, !hasUnappliedChange else { return }
        if options.preVote { askWhetherToCampaign(into: &output) } else { askForVotes(into: &output) }
    }

    /// Whether a committed change waits to be applied. With it we would count votes by yesterday's
    /// configuration, which may share no majority with tomorrow's.
    var hasUnappliedChange: Bool {
        var index = log.applied.next
        while index <= log.committed {
            if index > log.base.index, log[index].type != .normal { return true }
            index = index.next
        }
        return false
    }

    private mutating func askWhetherToCampaign(into output: inout Output) {
        becomePreCandidate()
        // Our own opinion binds nobody, so it counts at once.
        countVote(from: id, granted: true, into: &output)
        guard role == .preCandidate else { return }
        for member in configuration.voters.all where member != id {
            var request = message(.preVote, to: member)
            request.term = term.next
            request.index = log.last.index
            request.logTerm = log.last.term
            send(request, into: &output)
        }
    }

    mutating func askForVotes(isTransfer: Bool = false, into output: inout Output) {
        becomeCandidate()
        if options.flaws.contains(.countsOwnVoteEarly) {
            ownVoteAfter = nil
            countVote(from: id, granted: true, into: &output)
            guard role == .candidate else { return }
        }
        for member in configuration.voters.all where member != id {
            var request = message(.vote, to: member)
            request.index = log.last.index
            request.logTerm = log.last.term
            if isTransfer { request.context = Raft.campaignTransfer }
            promise(request, into: &output)
        }
    }

    /// An operator's or a shell's wish; a candidate or leader has nothing to forget.
    mutating func forgetLeader() {
        // A lease promises the leader that we elect nobody else for a while; forgetting would break it.
        guard role == .follower, options.readMode != .leaseBased, leader != .none else { return }
        follow(.none)
    }

    // MARK: - Voting

    /// Takes over the term of a message from the future. False when the message is to be ignored.
    mutating func adopt(_ message: Message) -> Bool {
        switch message.type {
        case .vote, .preVote:
            let isInLease = options.checkQuorum && leader != .none && electionElapsed < options.electionTicks
            if isInLease, message.context != Raft.campaignTransfer {
                if isTraced { trace.emit(VoteIgnored(candidate: message.from, term: message.term)) }
                return false
            }
            // Nobody adopts a term that is only asked about.
            if message.type == .vote { becomeFollower(in: message.term, of: .none) }
        case .preVoteResp where !message.reject:
            // A yes carries the term in which we would campaign; a no carries that of a wiser member.
            break
        case .app, .heartbeat, .snap:
            becomeFollower(in: message.term, of: message.from)
        default:
            becomeFollower(in: message.term, of: .none)
        }
        return true
    }

    /// A message of an earlier term changes nothing here; but whoever sent it is told our term, or it may never
    /// learn it (extended paper 5.1).
    ///
    /// NEVER? An old leader is deposed by an election, one would think, and a candidate of the past catches up by
    /// trying. But changes of membership can leave members who ask each other in one direction only:
    ///
    ///     member 3 knows voters 1 2 3, has a short log, and is refused by 1 and 2: term 588, 589, 590 ...
    ///     member 4 knows voters 3 4, has the longest log, and asks only 3:        term 480, 481, 482 ...
    ///
    /// Only 4 can win, and 3 ignores it for ever, because both count up at the same pace. In the same way a
    /// member with a higher term that nobody asks (a learner; a voter of an old configuration) would ignore a
    /// working leader for good. etcd's raft has both holes: it answers old appends and heartbeats where PreVote
    /// or CheckQuorum is on, and old votes never. (Found by seeds 34623 and 96410 of a hundred thousand.)
    mutating func answerFromThePast(_ message: Message, into output: inout Output) {
        switch message.type {
        case .app, .heartbeat, .snap:
            // We ignore the votes of others while we have a leader, so a leader of an older term might never
            // be deposed by an election, and we would never follow it. Tell it, and it steps down.
            let isToldByEtcd = (options.checkQuorum || options.preVote) && message.type != .snap
            guard isToldByEtcd || options.answersThePast else { return }
            promise(self.message(.appResp, to: message.from), into: &output)
        case .preVote:
            // A candidate with an older term and a longer log must learn ours, or nobody ever wins.
            var answer = self.message(.preVoteResp, to: message.from)
            answer.reject = true
            send(answer, into: &output)
        case .vote where options.answersThePast:
            var answer = self.message(.voteResp, to: message.from)
            answer.reject = true
            promise(answer, into: &output)
        default: break
        }
    }

    mutating func answerVote(_ request: Message, into output: inout Output) {
        let isReal = request.type == .vote
        let mayVote =
            vote == request.from  // the same again: our answer was lost
            || (vote == .none && leader == .none)
            || (!isReal && request.term > term)
        let theirs = Position(index: request.index, term: request.logTerm)
        let granted = mayVote && theirs.isAtLeastAsRecent(as: log.last)
        // A learner votes too if it is asked: the candidate's configuration may be newer than ours.
        if granted, isReal {
            electionElapsed = 0
            vote = request.from
        }
        if isTraced {
            trace.emit(
                VoteAnswered(
                    candidate: request.from, term: term, vote: vote, granted: granted, pre: !isReal,
                    lastIndex: theirs.index, lastTerm: theirs.term))
        }
        var answer = message(isReal ? .voteResp : .preVoteResp, to: request.from)
        // A yes repeats the term that was asked for, because a pre-candidate ignores other terms; a no says
        // our own.
        answer.term = granted ? request.term : term
        answer.reject = !granted
        if !granted, options.tellsCommitInVotes, let known = log.term(at: log.committed) {
            answer.commit = log.committed
            answer.logTerm = known
        }
        if isReal { promise(answer, into: &output) } else { send(answer, into: &output) }
    }

    /// Takes over what a refusal says about the commit index.
    ///
    /// WHY? A change of membership takes effect when it is applied, so a candidate counts votes by what it
    /// knows to be committed. Suppose two voters of an old configuration were removed, and of the two that
    /// remain, one has the longer log and does not know of the commit, the other knows and is shorter:
    ///
    ///                  log ends   knows committed   so it needs
    ///     6  voter        94            67           votes of the removed ones, whose logs are longer: refused
    ///     5  voter        74            73           the vote of 6, whose log is longer: refused
    ///     2, 3 removed    95            73           nothing: they do not campaign
    ///
    /// Nobody ever wins. A refusal that says "73 of term 15 is committed" ends it: 6 has that entry, so it
    /// knows it for committed (log matching), applies the change, and needs only the vote of 5. Found by the
    /// simulation as a cluster that never went on after its faults had ended; etcd has the same hole.
    private mutating func learnCommit(from answer: Message) {
        guard answer.reject, answer.commit > log.committed, answer.logTerm != .zero, role != .leader else { return }
        let claimed = Position(index: answer.commit, term: answer.logTerm)
        guard claimed.index <= log.last.index, log.contains(claimed) else { return }
        log.commit(through: claimed.index)
        if isTraced { trace.emit(CommitAdvanced(commit: claimed.index, term: term)) }
    }

    mutating func receiveVote(_ answer: Message, asked: Role, into output: inout Output) {
        learnCommit(from: answer)
        guard role == asked else { return }
        countVote(from: answer.from, granted: !answer.reject, into: &output)
    }

    mutating func countVote(from member: MemberID, granted: Bool, into output: inout Output) {
        tally.record(member, granted: granted)
        let yes = tally.answers.count { $0.granted }
        if isTraced {
            trace.emit(
                VoteCounted(
                    peer: member, granted: granted, yes: yes, no: tally.answers.count - yes, term: term,
                    pre: role == .preCandidate))
        }
        switch configuration.voters.result(flaws: options.flaws, { tally[$0] }) {
        case .pending: break
        case .lost: becomeFollower(in: term, of: .none)
        case .won:
            if role == .preCandidate { askForVotes(into: &output) } else { becomeLeader(into: &output) }
        }
    }
}
