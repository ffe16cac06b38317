// WholeAnswers.swift: what members say to clients, as it arrives.
//
// An answer's age is judged at once; its content is kept for the judge (WholeClients.swift).

import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Protobuf

extension WholeCluster {
    /// An answer to a question.
    func hear(_ bytes: ByteView, for number: UInt64) {
        guard let question = questions.removeValue(forKey: number) else { return }
        do {
            let (revision, what) = try read(bytes, question)
            if isLinearizable(question.kind), revision < question.floor {
                fail(
                    BrokenPromise(
                        .answersDoNotTellThePast,
                        "member \(question.member) answered as of revision \(revision), although an answer of revision "
                            + "\(question.floor) was there before it was asked"))
            }
            floor = max(floor, revision)
            if let what { told.append(Told(what: what, revision: revision, by: question.member)) }
        } catch {
            fail(BrokenPromise(.nobodyIsAlarmed, "member \(question.member) answered what cannot be read: \(error)"))
        }
    }

    private func isLinearizable(_ kind: Question.Kind) -> Bool {
        switch kind {
        case .read(_, _, let serializable): !serializable
        case .hash: false
        case .put, .delete, .swap, .compact: true
        }
    }

    private func read(_ bytes: ByteView, _ question: Question) throws -> (revision: Int64, what: Told.What?) {
        func revision(_ header: ResponseHeader?) -> Int64 { header?.revision.rawValue ?? 0 }
        switch question.kind {
        case .put(let key, let value):
            counts.puts += 1
            return (revision(try PutResponse(decoding: bytes).header), .changed([(key, value)]))
        case .delete(let from, let to):
            counts.deletions += 1
            let answer = try DeleteRangeResponse(decoding: bytes)
            return (revision(answer.header), .deleted(from: from, to: to, count: answer.deleted))
        case .swap(let key, let modified, _):
            counts.swaps += 1
            let answer = try TxnResponse(decoding: bytes)
            return (
                revision(answer.header), .swapped(key: key, ifModified: modified, succeeded: answer.succeeded)
            )
        case .read(let from, let to, let serializable):
            if serializable { counts.localReads += 1 } else { counts.reads += 1 }
            let answer = try RangeResponse(decoding: bytes)
            let keys = answer.kvs.map { ($0.key.lossyText, KeyState($0)) }
            return (
                revision(answer.header),
                .read(from: from, to: to, Dictionary(keys, uniquingKeysWith: { _, last in last }))
            )
        case .compact:
            counts.compactions += 1
            return (revision(try CompactionResponse(decoding: bytes).header), nil)
        case .hash:
            let answer = try HashKVResponse(decoding: bytes)
            hashes[question.member] = answer.hash
            return (revision(answer.header), nil)
        }
    }

    /// A message on a watch stream.
    func hear(_ bytes: ByteView, on stream: WatchStreamID, of member: WholeMember) {
        guard let follower = followers.first(where: { $0.stream == stream }) else { return }
        if settings.flaws.contains(.losesWatchMessage), dice.happens(perMille: 20) { return }
        do {
            let message = try WatchResponse(decoding: bytes)
            if message.canceled { return stopped(follower, message) }
            try take(message.events, by: follower)
        } catch let promise as BrokenPromise { fail(promise) } catch {
            fail(BrokenPromise(.nobodyIsAlarmed, "member \(member.id) told a watcher what cannot be read: \(error)"))
        }
    }

    /// What happened up to a compaction is not told any more; the watcher is told from where on it may ask.
    private func stopped(_ follower: Follower, _ message: WatchResponse) {
        follower.stream = nil
        let first = message.compactRevision.rawValue
        guard first > follower.revision + 1 else {
            fail(
                BrokenPromise(
                    .watchersMissNothing,
                    "watcher \(follower.name), which asked from \(follower.revision + 1) on, was cancelled: \(message.cancelReason), "
                        + "compacted \(first)"))
            return
        }
        follower.holes.append((follower.revision + 1)...(first - 1))
        follower.revision = first - 1
    }

    private func take(_ events: [Event], by follower: Follower) throws {
        var place = 0
        while place < events.count {
            let revision = events[place].kv?.modRevision.rawValue ?? 0
            var changes: [KeyChange] = []
            while place < events.count, let kv = events[place].kv, kv.modRevision.rawValue == revision {
                let state = events[place].type == .put ? KeyState(kv) : nil
                changes.append(KeyChange(key: kv.key.lossyText, state: state))
                place += 1
            }
            guard revision > follower.revision, !changes.isEmpty else {
                throw BrokenPromise(
                    .watchersMissNothing,
                    "watcher \(follower.name) was told revision \(revision) after \(follower.revision)")
            }
            counts.told += changes.count
            follower.revision = revision
            follower.told += changes.map { (revision, $0) }
            if follower === followers.first { try truth.append(changes, at: revision) }
        }
    }
}
