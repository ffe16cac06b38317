// ReadTests.swift: reads that must be true now, in a cluster of three.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Member
import Membership
import Protobuf
import Raft
import RaftMessages
import Testing

@Suite("Linearizable reads")
struct ReadTests {
    /// Three members with a leader who knows the cluster's version.
    static func three(_ options: Member.Options = Desk.options) throws -> (Group, leader: Desk, follower: Desk) {
        let group = try Group(3, options: options)
        let leader = try group.elect()
        leader.member.proposeClusterVersion(into: &leader.output)
        group.settle()
        for desk in group.desks.values { #expect(desk.news() == ["ready"]) }
        let follower = group.desks.values.first { !$0.member.isLeader }!
        return (group, leader, follower)
    }

    @Test("A hundred readers cost one round of heartbeats, at the leader and at a follower")
    func batched() throws {
        let (group, leader, follower) = try Self.three()
        leader.put("a", "1")
        group.settle()
        _ = leader.news()
        for desk in [leader, follower] {
            let before = group.delivered
            for _ in 0..<100 { desk.get("a") }
            #expect(desk.news() == [])
            group.settle()
            let news = desk.news()
            #expect(news.count == 100 && news.allSatisfy { $0.hasSuffix("[a=1] at 2") })
            #expect(group.delivered[.heartbeat]! - (before[.heartbeat] ?? 0) == 2, "one round, two followers")
        }
        #expect(group.delivered[.readIndex] == 1, "the follower has asked its leader once")
    }

    @Test("A follower's read waits until what was written before is applied there")
    func followerWaits() throws {
        let (group, leader, follower) = try Self.three()
        // The follower hears of the write, and its disk does not come round.
        leader.put("a", "1")
        leader.settle()
        let letters = leader.outbox
        leader.outbox = []
        for letter in letters {
            let desk = group[letter.to.rawValue]
            desk.member.received(letter, into: &desk.output)
            desk.turn()
        }
        follower.get("a", serializable: true)
        #expect(follower.news() == ["#1 [] at 1"], "a serializable read may be old")
        follower.get("a")
        #expect(follower.news() == [])
        group.settle()
        #expect(follower.news() == ["#2 [a=1] at 2"])
    }

    @Test("R1: a leader that was cut off answers nobody, whoever leads elsewhere")
    func deposed() throws {
        let (group, old, _) = try Self.three()
        old.put("a", "1")
        group.settle()
        _ = old.news()
        group.isolated = [old.member.id.rawValue]
        let new = try group.elect()
        #expect(new !== old)
        new.put("a", "2")
        group.settle()
        _ = new.news()
        old.get("a")
        old.get("a", serializable: true)
        group.wait(milliseconds: 500)
        #expect(old.news() == ["#3 [a=1] at 2"])
        // It has noticed that nobody answers, and asks again and again, until the time is up.
        group.wait(milliseconds: 7000)
        #expect(old.news() == ["#2 refused: etcdserver: request timed out"])
        new.get("a")
        group.settle()
        #expect(new.news() == ["#2 [a=2] at 3"])
    }

    @Test("Another leader: whoever waits for the answer of the old one is told")
    func leaderChanged() throws {
        let (group, old, _) = try Self.three()
        group.isolated = [old.member.id.rawValue]
        let new = try group.elect()
        old.get("a")
        group.wait(milliseconds: 300)
        #expect(old.news() == [])
        group.isolated = []
        group.wait(milliseconds: 1000)
        #expect(old.member.leader == new.member.id)
        #expect(old.news() == ["#1 refused: etcdserver: leader changed"])
    }

    @Test("A lost question is asked again after half a second")
    func askedAgain() throws {
        let (group, _, follower) = try Self.three()
        follower.get("a")
        follower.turn()
        #expect(follower.outbox.map(\.type) == [.readIndex])
        follower.outbox = []
        group.wait(milliseconds: 400)
        #expect(follower.news() == [])
        group.wait(milliseconds: 200)
        #expect(follower.news() == ["#1 [] at 1"])
    }

    @Test("A client that has gone while its read waited")
    func cancelled() throws {
        let (group, _, follower) = try Self.three()
        let gone = follower.get("a")
        follower.get("b")
        follower.member.cancel(gone)
        group.settle()
        #expect(follower.news() == ["#2 [] at 1"])
    }

    @Test("Transactions that only read, and the list of members, wait in the same queue")
    func others() throws {
        let (group, _, follower) = try Self.three()
        let get = RequestOp(request: .requestRange(RangeRequest(key: "a")))
        let quick = RequestOp(request: .requestRange(RangeRequest(key: "a", serializable: true)))
        follower.ask(.txn, TxnRequest(success: [get], failure: [quick]))
        follower.ask(.txn, TxnRequest(success: [quick], failure: [quick]))
        follower.ask(.memberList, MemberListRequest(linearizable: true))
        follower.ask(.memberList, MemberListRequest())
        let atOnce = follower.news()
        #expect(atOnce.map { $0.prefix(2) } == ["#2", "#4"])
        group.settle()
        #expect(follower.news() == ["#1 txn yes, 1 at 1", "#3 members 1:m1 2:m2 3:m3"])
    }

    @Test("Writes of a follower's clients go through the leader and are answered where they were asked")
    func forwarded() throws {
        let (group, leader, follower) = try Self.three()
        follower.put("a", "1")
        leader.put("b", "2")
        group.settle()
        #expect(follower.news().count == 1 && leader.news().count == 1)
        follower.get("a", end: "c")
        group.settle()
        #expect(follower.news()[0].contains("[a=1 b=2] at 3"))
        // The same log gives the same store.
        var hashes: Set<String> = []
        for desk in group.desks.values {
            desk.ask(.hashKV, HashKVRequest())
            desk.settle()
            hashes.insert(desk.news()[0].split(separator: " ").dropFirst().joined(separator: " "))
        }
        #expect(hashes.count == 1)
    }
}

@Suite("Requests that take too long")
struct DeadlineTests {
    @Test("Nobody leads: a write that Raft never saw, and a read")
    func nobodyLeads() throws {
        let (group, leader, follower) = try ReadTests.three()
        group.isolated = [1, 2, 3]
        group.wait(milliseconds: 3000)
        #expect(leader.member.leader == .none && follower.member.leader == .none)
        _ = leader.news()
        leader.put("a", "1")
        leader.get("a")
        leader.ask(.status, StatusRequest())
        group.wait(milliseconds: 6900)
        let early = leader.news()
        #expect(early.count == 1 && early[0].contains(#"leader=0"#) && early[0].contains("etcdserver: no leader"))
        group.wait(milliseconds: 200)
        #expect(
            leader.news().sorted() == [
                "#1 refused: context deadline exceeded", "#2 refused: etcdserver: request timed out",
            ])
        // It was thrown away: nobody will ever find it in the log.
        group.isolated = []
        _ = try group.elect()
        group.settle()
        leader.get("a")
        group.settle()
        #expect(leader.news().last?.contains("[] at 1") == true)
    }

    @Test("Entries wait for a leader and go out when there is one")
    func parkedUntilElected() throws {
        let (group, leader, follower) = try ReadTests.three()
        group.isolated = [1, 2, 3]
        group.wait(milliseconds: 3000)
        #expect(follower.member.leader == .none)
        follower.put("a", "1")
        follower.turn()
        #expect(follower.outbox.allSatisfy { $0.type != .prop })
        group.isolated = [leader.member.id.rawValue]
        _ = try group.elect()
        group.settle()
        #expect(follower.news() == ["#1 put at 2"])
    }

    @Test("Thousands who wait in vain are told in their order, and those who have gone are forgotten")
    func manyGiveUp() throws {
        let (group, leader, _) = try ReadTests.three()
        group.isolated = [1, 2, 3]
        group.wait(milliseconds: 3000)
        #expect(leader.member.leader == .none)
        var gone: Set<UInt64> = []
        for number in 0..<5000 {
            let id = leader.put("k\(number)", "v")
            if number % 3 == 0 {
                leader.member.cancel(id)
                gone.insert(id.rawValue)
            }
        }
        leader.wait(milliseconds: 7100)
        let told = (1...5000 as ClosedRange<UInt64>).filter { !gone.contains($0) }
        #expect(leader.news() == told.map { "#\($0) refused: context deadline exceeded" })
        group.isolated = []
        _ = try group.elect()
        leader.get("k", end: "l")
        group.settle()
        #expect(leader.news().last?.contains("[] at 1") == true, "none of them was ever proposed")
    }

    @Test("A leader without a quorum: an accepted write times out, and the text says what is likely")
    func withoutQuorum() throws {
        let (group, leader, _) = try ReadTests.three()
        for id in group.desks.keys where id != leader.member.id.rawValue {
            leader.member.peer(MemberID(rawValue: id), isConnected: true)
        }
        leader.wait(milliseconds: 100)
        group.isolated = [leader.member.id.rawValue]
        leader.put("a", "1")
        leader.turn()
        leader.wait(milliseconds: 7000)
        // It has stepped down by then, and knows nobody else who leads.
        #expect(leader.news() == ["#1 refused: etcdserver: request timed out"])
    }

    @Test("The connection to the leader was lost")
    func connectionLost() throws {
        let (group, leader, follower) = try ReadTests.three()
        follower.member.peer(leader.member.id, isConnected: true)
        group.wait(milliseconds: 200)
        // Its proposals are lost, the leader's heartbeats come through.
        follower.put("a", "1")
        follower.turn()
        follower.outbox = []
        follower.member.peer(leader.member.id, isConnected: false)
        group.wait(milliseconds: 7000)
        #expect(follower.news() == ["#1 refused: etcdserver: request timed out, possibly due to connection lost"])
    }

    @Test("The request began shortly before the present leader was found")
    func leaderFailure() throws {
        let (group, leader, follower) = try ReadTests.three()
        group.isolated = [leader.member.id.rawValue]
        follower.put("a", "1")
        follower.turn()
        follower.outbox = []
        _ = try group.elect()
        group.wait(milliseconds: 7000)
        #expect(
            follower.news() == ["#1 refused: etcdserver: request timed out, possibly due to previous leader failure"])
    }
}
