// Reads.swift: how do a thousand clients read what is true now, for the price of one question?
//
// A member's own copy may be behind, even a leader's that was deposed and has not heard of it. So a linearizable
// read first asks Raft "how much was committed when I came?" (Raft/Reads.swift), waits until that much is applied here,
// and then reads. The question costs a round of heartbeats, and one question does for everybody who waits when it
// is asked:
//
//     gathering   whoever came while a question was under way                  r7 r8 r9
//                    | finishTurn, when no question is under way
//     asked       one question, one context                                    r3 r4 r5 r6
//                    | readIndex = 41
//     known       wait until 41 is applied                                     r1 r2 (at 40)
//                    | applied >= 41
//     answered
//
// WHOEVER CAME AFTER THE QUESTION must wait for the next: an answer says what was committed when it was asked.
//
// A LEADER WITHOUT OTHER VOTERS needs to ask nobody. Once an entry of its own term is committed, everything that was
// ever answered is committed here; and if all of it is applied, the read is served at once (`isCurrent`).
//
// IF NO ANSWER COMES the question is asked again every half second with a new number (it, or its answer, may be lost), and
// after the time of a request everybody who stands behind it is told so. If another leader appears meanwhile, they
// are told that: etcd's clients expect it and ask again.
//
// RULES    R1  no read is answered from a state older than the index that its question brought (M3).
//          R2  answers to questions that nobody asks any more are ignored.

import Bytes
import EtcdAPI
import Identifiers
import MVCC
import Protobuf
import Raft
import RaftMessages
import Trace

/// Reads that wait until this member has what the cluster has.
struct ReadQueue {
    /// One that waits.
    struct Reader {
        var request: RequestID
        var method: Member.Method
        /// A copy: the network's buffer is used again.
        var message: ByteSlice
        var name: EventSequence
        /// The event that reported that it waits.
        var parked: EventSequence
    }

    /// A question, and who stands behind it.
    struct Question {
        /// What it is called, in traces and as the context of its first attempt.
        var batch: UInt64
        /// The context of the last attempt.
        var context: UInt64
        /// When it was asked first, and last.
        var since: Int64
        var askedAt: Int64
        var readers: [Reader]
        var event: EventSequence
    }

    /// Readers who may go on when an index is applied.
    struct Known {
        var index: LogIndex
        var readers: [Reader]
        var event: EventSequence
    }

    /// They wait for the next question.
    var gathering: [Reader] = []
    /// The question under way.
    var asked: Question?
    /// They wait for the applying.
    var known: [Known] = []
    /// What the next question will be called.
    var nextBatch: UInt64 = 1

    /// Lets go of a client; answers the event that names its request. Nil when it did not wait here.
    mutating func forget(_ request: RequestID) -> EventSequence? {
        if let place = gathering.firstIndex(where: { $0.request == request }) {
            return gathering.remove(at: place).name
        }
        if let place = asked?.readers.firstIndex(where: { $0.request == request }) {
            return asked?.readers.remove(at: place).name
        }
        for group in known.indices {
            guard let place = known[group].readers.firstIndex(where: { $0.request == request }) else { continue }
            return known[group].readers.remove(at: place).name
        }
        return nil
    }

    /// Raft knows nobody to ask; the question is asked again in its time.
    mutating func refused(_ context: ByteSlice) {}

    /// When the question must be asked again, or be given up.
    func nextWake(_ options: Member.Options) -> Int64? {
        asked.map { min($0.askedAt + ReadQueue.retryMilliseconds, $0.since + options.requestMilliseconds) }
    }

    /// How long to wait before asking again.
    static let retryMilliseconds: Int64 = 500
}

extension Member {
    /// Whether this member has everything that was ever answered, without asking anybody.
    var isCurrent: Bool {
        isAlone && raft.role == .leader && raft.log.committed == applied
            && raft.log.term(at: raft.log.committed) == raft.term
    }

    /// A read waits for the next question.
    mutating func park(_ method: Method, _ message: ByteView, _ id: RequestID, _ name: EventSequence) {
        let parked = trace.emit(
            ReadParked(request: name, batch: reads.nextBatch, applied: applied), because: name)
        reads.gathering.append(
            .init(request: id, method: method, message: ByteSlice(copying: message), name: name, parked: parked))
    }

    /// The turn is over: whoever was gathered stands behind one question, if none is under way.
    mutating func askForReads(into output: inout Output) {
        guard reads.asked == nil, !reads.gathering.isEmpty else { return }
        var readers: [ReadQueue.Reader] = []
        swap(&readers, &reads.gathering)
        var event = EventSequence.none
        if trace.isOn {
            event = trace.emit(
                ReadIndexAsked(batch: reads.nextBatch, reads: readers.count), because: readers.prefix(16).map(\.parked))
        }
        reads.asked = .init(
            batch: reads.nextBatch, context: 0, since: now, askedAt: now, readers: readers, event: event)
        reads.nextBatch += 1
        askAgain(into: &output)
    }

    private mutating func askAgain(into output: inout Output) {
        let number = numbers.next()
        reads.asked?.context = number
        reads.asked?.askedAt = now
        trace.cause = reads.asked?.event ?? .none
        let context = ByteSlice(backward: 8) { bytes in
            for shift in stride(from: 0, to: 64, by: 8) { bytes.prepend(UInt8(truncatingIfNeeded: number >> shift)) }
        }
        raft.step(.readIndex(context: context), into: &output.raft)
        settle(&output)
        trace.cause = .none
    }

    /// Raft says how much was committed when the question was asked.
    mutating func readsMayGo(at index: LogIndex, _ context: ByteSlice, into output: inout Output) {
        // R2: an answer to an earlier attempt is as good as one to the last, but etcd's numbers are what they are.
        guard let question = reads.asked, context.count == 8, context.view.bigEndian(at: 0) == question.context
        else { return }
        reads.asked = nil
        let event = trace.emit(
            ReadIndexKnown(batch: question.batch, index: index, applied: applied), because: question.event)
        reads.known.append(.init(index: index, readers: question.readers, event: event))
        serveReadsThatMayGo(into: &output)
    }

    /// Serves whoever waited for what is applied now.
    mutating func serveReadsThatMayGo(into output: inout Output) {
        while let known = reads.known.first, known.index <= applied, failure == nil {
            reads.known.removeFirst()
            let before = trace.cause
            for reader in known.readers {
                trace.cause = known.event
                serve(reader, into: &output)
            }
            trace.cause = before
        }
    }

    private mutating func serve(_ reader: ReadQueue.Reader, into output: inout Output) {
        let message = reader.message
        do throws(WireError) {
            switch reader.method {
            case .range:
                serveRange(
                    try RangeRequest.View(decoding: message.view), reader.request, name: reader.name,
                    because: reader.parked, into: &output)
            case .txn:
                serveTxn(
                    try TxnRequest.View(decoding: message.view), reader.request, name: reader.name,
                    because: reader.parked, into: &output)
            default: serveMembers(reader.request, name: reader.name, into: &output)
            }
        } catch {
            preconditionFailure("a message that was read once cannot be read again: \(error)")
        }
        withExtendedLifetime(message) {}
    }

    // MARK: When no answer comes

    /// Everybody who stands behind the question under way is refused.
    mutating func failAskedReads(_ error: APIError, into output: inout Output) {
        guard let question = reads.asked else { return }
        reads.asked = nil
        for reader in question.readers { refuse(reader.request, error, name: reader.name, into: &output) }
    }

    /// Time has passed.
    mutating func expireReads(into output: inout Output) {
        guard let question = reads.asked else { return }
        if now >= question.since + options.requestMilliseconds {
            failAskedReads(.timeout, into: &output)
        } else if now >= question.askedAt + ReadQueue.retryMilliseconds {
            askAgain(into: &output)
        }
    }
}
