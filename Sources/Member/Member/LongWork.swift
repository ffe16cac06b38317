// LongWork.swift: how does somebody read a million keys without anybody noticing?
//
// One thread owns the member. If a range over a million keys were answered in one go, a heartbeat would wait for half a
// second, and the followers would elect somebody else. So whatever may take long is a value that can be stepped, and
// each turn steps a few of them by a slice:
//
//     turn 1   get a | put b |  range, keys 1-1000      | answers a
//     turn 2   get c |       |  range, keys 1001-2000   | answers b, c
//     ...
//     turn 900                  range, keys ...-900000  | answers the range
//
// THE ANSWER IS NOT COPIED when it is long: it was written in parts, and the output hands the cursor over that has them.
//
// A RANGE STAYS AT ITS REVISION: the store keeps what an open cursor needs, so the slices show one moment, whatever is
// written in between. The same for the hash of the keys. The hash of the whole file looks at a frozen version of the
// tree (Versions.swift).
//
// FAIR. The jobs take turns; a turn steps at most four of them, so a turn has an upper bound whatever clients ask for.
//
// COMPACTION is long work too: the store removes history in slices. A client that wants to know when the file holds nothing
// of it any more (`physical`) is answered after the batch with the last removal is on the disk.

import Backend
import BoltFile
import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Protobuf
import Trace

/// A compaction whose answer waits for the file.
struct PhysicalCompaction {
    var request: RequestID
    /// The answer, as it was when the compaction was applied.
    var answer: ByteSlice
    var revision: Revision
    var name: EventSequence
    var cause: EventSequence
}

/// What is done in slices.
struct LongWork {
    enum Errand {
        /// A range over many keys.
        case range(RangeCursor)
        /// The hash of all keys at a revision.
        case keys(HashCursor)
        /// The hash of the whole file.
        case whole(WholeHash, FrozenVersion)
    }

    struct Job {
        var request: RequestID
        var errand: Errand
        var name: EventSequence
        var cause: EventSequence
    }

    var jobs: [Job] = []
    /// Compactions whose answers wait for the file.
    var physical: [PhysicalCompaction] = []

    /// How many jobs go on in one turn.
    static let jobsPerTurn = 4

    var isIdle: Bool { jobs.isEmpty }

    /// Lets go of a client; what was begun must be given up.
    mutating func forget(_ request: RequestID) -> Errand? {
        physical.removeAll { $0.request == request }
        guard let place = jobs.firstIndex(where: { $0.request == request }) else { return nil }
        return jobs.remove(at: place).errand
    }
}

extension Member {
    /// Answers a range from what this member has: at once if it is short, in slices if not.
    mutating func serveRange(
        _ request: RangeRequest.View, _ id: RequestID, name: EventSequence, because cause: EventSequence = .none,
        into output: inout Output
    ) {
        let start = output.bytes.count
        let header = header
        do throws(StoreError) {
            let cursor = try store.range(
                request, from: backend, header: header, budget: options.sliceKeys, into: &output.bytes)
            if let cursor {
                long.jobs.append(.init(request: id, errand: .range(cursor), name: name, cause: cause))
            } else {
                answer(id, since: start, name: name, because: cause, into: &output)
            }
        } catch {
            readFailed(error, id, since: start, name: name, into: &output)
        }
    }

    /// Answers a transaction that only reads.
    mutating func serveTxn(
        _ request: TxnRequest.View, _ id: RequestID, name: EventSequence, because cause: EventSequence = .none,
        into output: inout Output
    ) {
        let start = output.bytes.count
        let header = header
        do throws(StoreError) {
            try store.readTxn(request, from: backend, header: header, into: &output.bytes)
            answer(id, since: start, name: name, because: cause, into: &output)
        } catch {
            readFailed(error, id, since: start, name: name, into: &output)
        }
    }

    /// The hash of all keys is asked for.
    mutating func beginHash(
        _ request: HashKVRequest, _ id: RequestID, name: EventSequence, into output: inout Output
    ) {
        do throws(StoreError) {
            let cursor = try store.openHash(at: request.revision)
            long.jobs.append(.init(request: id, errand: .keys(cursor), name: name, cause: name))
        } catch {
            readFailed(error, id, since: output.bytes.count, name: name, into: &output)
        }
    }

    /// A read came to nothing: the client's fault, or the file's.
    private mutating func readFailed(
        _ error: StoreError, _ id: RequestID, since start: Int, name: EventSequence, into output: inout Output
    ) {
        output.bytes.truncate(to: start)
        if case .refused(let refusal) = error {
            refuse(id, refusal, name: name, into: &output)
        } else {
            fail("the database cannot be read: \(error)", into: &output)
        }
    }

    /// One slice of each of the first few jobs; then they stand behind the others.
    mutating func stepLongWork(into output: inout Output) {
        for _ in 0..<min(long.jobs.count, LongWork.jobsPerTurn) where failure == nil {
            var job = long.jobs.removeFirst()
            if !step(&job, into: &output) { long.jobs.append(job) }
        }
        stepCompaction(into: &output)
    }

    /// What is longer is not copied into the turn's output, but handed over as it is.
    private static var longAnswerBytes: Int { 1 << 20 }

    /// True when the job is over, one way or the other.
    private mutating func step(_ job: inout LongWork.Job, into output: inout Output) -> Bool {
        let start = output.bytes.count
        do throws(StoreError) {
            switch job.errand {
            case .range(let cursor):
                guard try store.step(cursor, from: backend, budget: options.sliceKeys) else { return false }
                if cursor.answerBytes > Self.longAnswerBytes {
                    answer(job.request, with: cursor, name: job.name, because: job.cause, into: &output)
                    return true
                }
                cursor.takeAnswer(into: &output.bytes)
            case .keys(let cursor):
                guard try store.step(cursor, in: backend, budget: options.sliceKeys) else { return false }
                cursor.response(header: responseHeader).encode(into: &output.bytes)
            case .whole(var hash, let version):
                guard try Self.isDone(&hash, options.sliceKeys) else {
                    job.errand = .whole(hash, version)
                    return false
                }
                HashResponse(header: responseHeader, hash: hash.hash).encode(into: &output.bytes)
                unpin(version)
            }
            answer(job.request, since: start, name: job.name, because: job.cause, into: &output)
        } catch {
            readFailed(error, job.request, since: start, name: job.name, into: &output)
        }
        return true
    }

    private static func isDone(_ hash: inout WholeHash, _ limit: Int) throws(StoreError) -> Bool {
        do throws(BoltError) { return try !hash.step(limit: limit) } catch { throw .file(error) }
    }

    /// Nobody waits for this any more.
    mutating func abandon(_ errand: LongWork.Errand) {
        switch errand {
        case .range(let cursor): store.abandon(cursor)
        case .keys(let cursor): store.abandon(cursor)
        case .whole(_, let version): unpin(version)
        }
    }

    private mutating func stepCompaction(into output: inout Output) {
        if store.isCompacting, !backend.isCongested, failure == nil {
            do throws(StoreError) {
                try store.compactionStep(in: &backend)
            } catch {
                fail("history cannot be removed from the database: \(error)", into: &output)
            }
        }
        guard !long.physical.isEmpty else { return }
        // What is removed must be on the disk before it is called removed.
        let finished = store.finishedCompaction
        for compaction in long.physical where compaction.revision <= finished {
            pages.wanted.append(.init(purpose: .compacted(compaction)))
        }
        long.physical.removeAll { $0.revision <= finished }
    }
}
