// ElectionNotes.swift: which events of an election are worth words, and which words.
//
// Each function takes one event, gives it a height and says it. What is not here is no news in this picture; the timeline
// has everything.

import Identifiers
import Trace
import TraceModel

extension ElectionScene {
    mutating func tell(_ record: TraceRecord, _ event: Int, _ lane: Int, _ before: Replica) {
        switch record.event {
        case .raftStarted(let started): tellStart(started, lane)
        case .memberStopped(let stopped): tellEnd("stops: \(stopped.reason)", lane)
        case .faultInjected(let fault): tell(fault, event, lane)
        case .timeoutFired(let fired):
            // Who asks in vain asks again and again.
            guard actors[lane].timeoutTerm != fired.term || filter.showsAll else {
                footnotes.omit("further timeout")
                return
            }
            actors[lane].timeoutTerm = fired.term
            let y = place(lane, gap: 27)
            actors[lane].campaign = slots.last(of: lane)
            board.mark(lane, y, .diamond, Palette.vote, tooltip: "\(names[members[lane]]): election timeout")
            note(
                lane, y, "election timeout · no leader heard in term \(fired.term)", Palette.voteInk, isNumbered: true,
                symbol: "◆")
        case .roleChanged(let changed): tell(changed, lane, before)
        case .quorumLost:
            let y = place(lane, gap: 24)
            note(lane, y, "hears no majority for an election timeout", Palette.trouble, isNumbered: true, symbol: "✕")
        case .voteAnswered(let answer): tell(answer, lane, before)
        case .voteIgnored(let ignored):
            note(
                lane, place(lane, gap: 12), "ignores \(names[ignored.candidate]): it hears its leader", Palette.trouble,
                symbol: "✕")
        case .voteCounted(let counted): count(counted, lane)
        case .leaderKnown(let known):
            if known.leader != .none { tellLeader(known.leader, known.term, lane) }
        case .commitAdvanced(let advanced): tell(advanced, lane)
        case .entriesTruncated(let cut):
            note(
                lane, place(lane, gap: 12), "throws its entries from \(cut.first) on away", Palette.trouble, symbol: "✕"
            )
        case .snapshotRestored(let snapshot):
            note(
                lane, place(lane, gap: 12), "takes the snapshot at \(snapshot.index) in place of its log",
                Palette.successInk,
                isNumbered: true, symbol: "▪")
        case .transferChanged(let transfer) where transfer.target != .none:
            note(
                lane, place(lane, gap: 20), "hands leadership to \(names[transfer.target])", Palette.successInk,
                isNumbered: true, symbol: "★")
        case .changeProposed(let change):
            changes.append(change.index)
            note(
                lane, place(lane, gap: 20), "proposes, as entry \(change.index): \(words.changes(change))",
                Palette.entry,
                isNumbered: true, symbol: "+")
        case .configurationChanged(let changed): tell(changed, lane)
        default: break
        }
    }

    // MARK: Lives

    private mutating func tellStart(_ started: RaftStarted, _ lane: Int) {
        let replica = replicas[members[lane]]!
        if actors[lane].look == nil {
            actors[lane].founding = started.commit
            let y = slots.place(lane: lane, gap: 0)
            let isNobody = started.entries.isEmpty && started.configuration.voters.isEmpty
            setLook(lane, look(of: replica), named: name(of: replica), at: y)
            note(
                lane, y + 4, isNobody ? "is there, and in no configuration yet" : name(of: replica), Palette.followerInk
            )
            slots.reserve(lane: lane, 8)
        } else {
            if !actors[lane].isDown { tellEnd("ends without a word", lane) }
            actors[lane].isDown = false
            let last = started.first.rawValue &+ UInt64(started.entries.count) &- 1
            actors[lane].restart = "restarts from its disk · term \(started.term), log up to \(last)"
        }
        actors[lane].saidTerm = started.term
        actors[lane].saidLeader = .none
    }

    private mutating func tellEnd(_ words: String, _ lane: Int) {
        guard !actors[lane].isDown else { return }
        let y = place(lane, gap: 24)
        board.mark(lane, y, .cross, Palette.trouble, tooltip: "\(names[members[lane]]): \(words)")
        note(lane, y + 1, words, Palette.trouble, isNumbered: true, symbol: "✕")
        setLook(lane, Palette.down, named: "down", at: y)
        actors[lane].isDown = true
        let end = slots.last(of: lane)!
        actors[lane].end = end
        for unheard in actors[lane].unheard.values.sorted(by: { $0.sent < $1.sent }) {
            slots.wish(unheard.campaign, below: end)
        }
        actors[lane].unheard = [:]
    }

    private mutating func tell(_ fault: FaultInjected, _ event: Int, _ lane: Int) {
        let words: String
        switch fault.fault {
        case .crash:
            tellEnd("crash", lane)
            return
        case .tornWrite:
            tellEnd("crash in the middle of a write", lane)
            return
        case .pause:
            words = "the process stands still, without knowing it"
            setLook(lane, Palette.paused, named: "paused", at: place(lane, gap: 20))
        case .resume:
            words = "goes on"
            let replica = replicas[members[lane]]!
            setLook(lane, look(of: replica), named: name(of: replica), at: place(lane, gap: 20))
        case .linksCut, .linksMended:
            actors[lane].unreachable = fault.unreachable
            words =
                fault.unreachable.isEmpty
                ? "reaches everybody again" : "cut off from \(names.list(fault.unreachable))"
            changeIslands(lane, place(lane, gap: 18))
            if let moment = linkMoments[event] { linkSlots[moment, default: []].append(slots.last(of: lane)!) }
        case .diskSlow:
            words = "slow disk: \(fault.syncTime) ms a sync"
            _ = place(lane, gap: 18)
        case .diskNormal:
            words = "the disk is as before"
            _ = place(lane, gap: 18)
        }
        let isEnd = fault.fault.isEnd
        note(
            lane, slots.end(of: lane), words, isEnd ? Palette.successInk : Palette.trouble, symbol: isEnd ? "▸" : "✕")
    }

    /// Members that reach none of the others are an island; the largest group is the mainland and not drawn.
    private mutating func changeIslands(_ lane: Int, _ y: Double) {
        actors[lane].linkY = y
        let (actors, members) = (self.actors, self.members)
        let cuts = { (left: Int, right: Int) in actors[left].unreachable.contains(members[right]) }
        // The experimenter's notes come one member after the other; in between they do not fit together.
        for left in members.indices {
            for right in members.indices where cuts(left, right) != cuts(right, left) { return }
        }
        var groups: [[Int]] = []
        for lane in members.indices {
            if let place = groups.firstIndex(where: { $0.contains { !cuts($0, lane) } }) {
                groups[place].append(lane)
            } else {
                groups.append([lane])
            }
        }
        let main = groups.indices.max { (groups[$0].count, -$0) < (groups[$1].count, -$1) }
        for place in islands.indices where islands[place].to == nil && !groups.contains(Array(islands[place].lanes)) {
            islands[place].to = islands[place].lanes.map { ($0, actors[$0].linkY) }
        }
        for (number, group) in groups.enumerated() where number != main {
            guard let first = group.first, let last = group.last, last - first == group.count - 1 else { continue }
            if islands.contains(where: { $0.to == nil && $0.lanes == first...last }) { continue }
            islands.append(Island(lanes: first...last, from: group.map { ($0, actors[$0].linkY) }, to: nil))
        }
    }

    // MARK: Roles

    private mutating func tell(_ changed: RoleChanged, _ lane: Int, _ before: Replica) {
        let replica = replicas[members[lane]]!
        if changed.role == .leader || changed.role == .follower { actors[lane].campaign = nil }
        switch changed.role {
        case .preCandidate:
            guard actors[lane].name != name(of: replica) || filter.showsAll else { return }
            let y = place(lane, gap: 16)
            setLook(lane, look(of: replica), named: name(of: replica), at: y - 14)
            note(lane, y, "pre-candidate · still term \(changed.term)", Palette.voteInk, isBold: false, size: 8.5)
        case .candidate:
            tellTerm(changed.term, lane)
            let y = place(lane, gap: 20)
            setLook(lane, look(of: replica), named: name(of: replica), at: y)
            note(
                lane, y + 6, "candidate · term \(changed.term) · votes for itself", Palette.voteInk, isNumbered: true,
                symbol: "◆")
            slots.reserve(lane: lane, 10)
        case .leader:
            tellTerm(changed.term, lane)
            let y = place(lane, gap: 14)
            setLook(lane, look(of: replica), named: name(of: replica), at: y)
            board.mark(
                lane, y + 6, .star, Palette.successInk, tooltip: "\(names[members[lane]]) leads term \(changed.term)")
            note(lane, y + 8, "leader · term \(changed.term)", Palette.successInk, isNumbered: true, symbol: "★")
            slots.reserve(lane: lane, 16)
        case .follower:
            let wasMore = before.role != .follower
            let y = place(lane, gap: wasMore ? 14 : 9)
            setLook(lane, look(of: replica), named: name(of: replica), at: y)
            if before.role == .leader {
                note(lane, y + 6, "steps down · term \(changed.term)", Palette.trouble, isNumbered: true, symbol: "✕")
                slots.reserve(lane: lane, 10)
            } else if wasMore, changed.leader == .none {
                note(lane, y + 6, "follower again · term \(changed.term)", Palette.followerInk)
                slots.reserve(lane: lane, 8)
            }
            if changed.leader != .none { tellLeader(changed.leader, changed.term, lane) }
        }
    }

    /// Whoever asks for votes, or leads, names its term, and follows nobody in it. A later vote says from which term it came.
    private mutating func tellTerm(_ term: Term, _ lane: Int) {
        actors[lane].saidTerm = term
        actors[lane].saidLeader = .none
    }

    private mutating func tellLeader(_ leader: MemberID, _ term: Term, _ lane: Int) {
        guard leader != members[lane], actors[lane].saidLeader != leader || actors[lane].saidTerm != term else {
            return
        }
        actors[lane].saidLeader = leader
        actors[lane].saidTerm = term
        note(
            lane, place(lane, gap: 11), "follows \(names[leader]) · term \(term)", Palette.followerInk, isBold: false,
            size: 8.5)
    }

    // MARK: Votes

    private mutating func tell(_ answer: VoteAnswered, _ lane: Int, _ before: Replica) {
        guard answer.candidate != members[lane] else { return }
        if answer.pre {
            if answer.granted { return }
            note(
                lane, place(lane, gap: 11), "would not vote for \(names[answer.candidate]): \(reason(answer))",
                Palette.trouble, symbol: "✕")
            return
        }
        if answer.granted {
            let isNew = actors[lane].saidTerm < answer.term
            let rise = isNew ? "term \(actors[lane].saidTerm)→\(answer.term), " : ""
            actors[lane].saidTerm = answer.term
            actors[lane].saidLeader = .none
            let y = place(lane, gap: 12)
            note(
                lane, y + 3, "\(rise)votes for \(names[answer.candidate]),\nto disk BEFORE it says so",
                Palette.followerInk,
                isNumbered: true, symbol: "▪", size: 8.5)
            slots.reserve(lane: lane, 14)
        } else {
            note(
                lane, place(lane, gap: 12), "no vote for \(names[answer.candidate]): \(reason(answer))",
                Palette.trouble,
                isNumbered: true, symbol: "✕")
        }
    }

    private func reason(_ answer: VoteAnswered) -> String {
        if answer.vote != .none, answer.vote != answer.candidate {
            return "in term \(answer.term) it has voted for \(names[answer.vote])"
        }
        return "a log that ends \(answer.lastTerm)/\(answer.lastIndex) is too old"
    }

    private mutating func count(_ counted: VoteCounted, _ lane: Int) {
        let candidate = members[lane]
        let place =
            tallies.firstIndex {
                $0.candidate == candidate && $0.term == counted.term && $0.isPre == counted.pre
            }
            ?? {
                tallies.append(
                    Tally(
                        candidate: candidate, term: counted.term, isPre: counted.pre,
                        configuration: replicas[candidate]!.configuration))
                return tallies.count - 1
            }()
        tallies[place].answers[counted.peer] = counted.granted
        tallies[place].hasWon = tallies[place].halves.allSatisfy { half in
            half.filter { tallies[place].answers[$0] == true }.count > half.count / 2
        }
        if counted.peer == candidate, !counted.pre {
            let y = self.place(lane, gap: 12)
            board.mark(lane, y, .square, Palette.vote, tooltip: "\(names[candidate]): its own vote is on its disk")
            note(lane, y, "own vote is on disk: it counts", Palette.followerInk, symbol: "▪", size: 8.5)
        }
        tallies[place].y = slots.end(of: lane)
    }

    // MARK: Log and members

    private mutating func tell(_ advanced: CommitAdvanced, _ lane: Int) {
        let replica = replicas[members[lane]]!
        guard replica.role == .leader, committedTerms.insert(advanced.term).inserted else { return }
        note(
            lane, place(lane, gap: 12), "commit \(advanced.commit) (first entry of its own term)", Palette.entry,
            isNumbered: true, symbol: "✓")
    }

    private mutating func tell(_ changed: ConfigurationChanged, _ lane: Int) {
        let replica = replicas[members[lane]]!
        // The founders' own entries, and what a later life takes again, are no news.
        guard changed.index > actors[lane].founding, changed.index > actors[lane].shownChange else { return }
        actors[lane].shownChange = changed.index
        setLook(lane, look(of: replica), named: name(of: replica), at: slots.end(of: lane))
        let isAbout =
            replica.role == .leader
            || !changed.configuration.outgoing.isEmpty == false
                && changed.configuration.learners.contains(members[lane])
        guard isAbout || filter.showsAll else { return }
        let y = place(lane, gap: 14)
        note(
            lane, y + 2, words.configuration(changed.configuration), Palette.successInk,
            isNumbered: replica.role == .leader, symbol: "✓", size: 8.5)
        slots.reserve(lane: lane, 4)
    }

    /// What a client asked and was told, when the filter chooses its requests.
    mutating func tellRequest(_ record: TraceRecord, _ lane: Int) {
        switch record.event {
        case .requestReceived, .requestAnswered, .requestRefused: break
        case .commitAdvanced(let advanced):
            let isSaid = notes.last.map { $0.lane == lane && $0.words.plain.hasPrefix("commit \(advanced.commit) ") }
            guard replicas[members[lane]]?.role == .leader, isSaid != true else { return }
        default: return
        }
        let sentence = words.sentence(record)
        let color = sentence.ink == .read ? Palette.read : sentence.ink == .trouble ? Palette.trouble : Palette.entry
        note(lane, place(lane, gap: 14), sentence.words, color, symbol: "\(sentence.sign)")
    }

    // MARK: In short

    /// A headline: who led.
    var headline: String {
        let leaders = notes.filter { $0.words.plain.hasPrefix("leader · term") }.sorted {
            ($0.y, $0.lane) < ($1.y, $1.lane)
        }
        let list = leaders.prefix(3).map { "\(names[members[$0.lane]]) leads \($0.words.plain.dropFirst(9))" }
        if list.isEmpty {
            // Of a stretch in which nobody was elected, who leads all the same.
            let leader = members.indices.filter { !actors[$0].isDown }.compactMap { replicas[members[$0]] }
                .filter { $0.role == .leader }.max { $0.term < $1.term }
            return leader.map { "Election: \(names[$0.member]) leads term \($0.term)" } ?? "Election: nobody leads"
        }
        return "Election: " + list.joined(separator: ", then ") + (leaders.count > 3 ? ", and so on" : "")
    }

    /// The numbered notes as sentences.
    var story: String {
        var number = 0
        let told = notes.sorted { ($0.top, $0.lane) < ($1.top, $1.lane) }.filter(\.isNumbered).map { note -> String in
            number += 1
            return "\(number). \(names[members[note.lane]]): \(note.words.plain.replacing("\n", with: " "))."
        }
        return "A space-time diagram of \(names.list(members)). " + told.joined(separator: " ")
    }
}
