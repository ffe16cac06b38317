// HeadReceiver.swift: the same head again?
//
// A client asks thousands of times, and what stands above its questions hardly ever changes: the same method, the same host,
// the same content type. HPACK knows that, and sends such a field as one byte. It would be a pity to answer that by
// copying eight fields, judging each byte of them and looking up in them what was found there a millisecond ago: that was a
// seventh of a small read. So a session keeps the last few heads of proper requests, guesses that the next will be one
// of them, and compares each field that arrives with the field in the same place:
//
//     known       :method POST | :scheme http | :path /a | te trailers
//     arriving    :method POST | :scheme http | :path /a | te trailers       equal to the end: this very list again
//     arriving    :method POST | :scheme http | :path /b | ...
//                                               ^ here they part: maybe another known head goes on like this; if not, what
//                                                 was equal is copied in one piece, and the rest field by field
//
// EQUAL is quickly said. nghttp2 keeps each name and each value as an object that is counted and never changes, and a
// field that comes out of HPACK's table is the same object each time. We hold the objects of known heads, so the same
// address is the same bytes; where the address is another one (a path that the client does not put into the table),
// the bytes are compared.
//
// IS THAT SAFE? What is remembered of a head (the verdict of HeadRules, what gRPC read in it) follows from its bytes and from
// nothing else, and no byte is taken for another. A head that is known is shared by all its requests; so it must not
// change, and `HeaderList.append` traps on one.
//
// A HEAD THAT DIFFERS EACH TIME (`grpc-timeout: 4999874u`) is copied and judged as ever, and pushes out the oldest.
//
// COST     a known head: a dozen instructions a field. Four heads are kept, of at most a kilobyte each, and none while the
//          connection is idle (`trim`).
// SHOWN BY HeadReceiverTests

internal import Bytes
internal import CNGHTTP2

/// A head, as a list of ours and as the objects of nghttp2's that it came in.
///
/// SAFETY (`@safe`): `marks` has room for `most` entries, of which `count` are written; of the objects in them one reference is
/// ours, taken in `add` and given back in `clear`. Objects of nghttp2's know where their memory goes; that place must
/// outlive this object, for which the session cares in its `deinit`.
@safe
final class ReceivedHead {
    /// One field, and how many bytes of the list all fields take up to its end.
    @unsafe
    struct Mark {
        var name: OpaquePointer
        var value: OpaquePointer
        var end: Int
    }

    /// More fields than that have no use for being known.
    private static let most = 32
    private(set) var list = HeaderList()
    private(set) var marks: UnsafeMutablePointer<Mark>
    private(set) var count = 0

    // SAFETY: freed in `deinit`, and nowhere else.
    init() { unsafe marks = .allocate(capacity: Self.most) }

    deinit {
        forgetMarks()
        // SAFETY: allocated in `init`; what the entries held was given back above.
        unsafe marks.deallocate()
    }

    /// Whether all of it could be marked.
    var isWhole: Bool { count == list.count && list.isSmall }

    /// How many bytes of the list the first fields take.
    func end(of fields: Int) -> Int {
        precondition(fields <= count, "H6: \(fields) of \(count) fields")
        // SAFETY: as many are written.
        return fields == 0 ? 0 : unsafe marks[fields - 1].end
    }

    /// One more field.
    ///
    /// SAFETY: objects of nghttp2's, alive until this returns.
    @unsafe
    func add(_ name: OpaquePointer, _ value: OpaquePointer) {
        // SAFETY: as above; the list copies what it is shown.
        unsafe list.append(name: bytes(of: name), value: bytes(of: value))
        unsafe mark(name, value, end: list.usedBytes)
    }

    /// SAFETY: objects of nghttp2's that are alive; ours is one reference more.
    @unsafe
    private func mark(_ name: OpaquePointer, _ value: OpaquePointer, end: Int) {
        guard count < Self.most else { return }
        unsafe nghttp2_rcbuf_incref(name)
        unsafe nghttp2_rcbuf_incref(value)
        unsafe (marks + count).initialize(to: Mark(name: name, value: value, end: end))
        count += 1
    }

    /// The first fields of another head.
    func add(first fields: Int, of other: ReceivedHead) {
        list.append(firstOf: other.list, bytes: other.end(of: fields), fields: fields)
        // SAFETY: `end` has checked that so many are written there; their objects are held by `other`.
        for index in 0..<fields {
            let mark = unsafe other.marks[index]
            unsafe self.mark(mark.name, mark.value, end: mark.end)
        }
    }

    /// Makes it an empty one. The list is used again, unless somebody still holds it: then `spare` takes its place.
    func clear(_ spare: () -> HeaderList) {
        forgetMarks()
        if isKnownUniquelyReferenced(&list), list.isSmall { list.removeAll() } else { list = spare() }
    }

    private func forgetMarks() {
        for index in 0..<count {
            // SAFETY: so many are written, and each is a reference of ours.
            unsafe nghttp2_rcbuf_decref(marks[index].name)
            unsafe nghttp2_rcbuf_decref(marks[index].value)
        }
        count = 0
    }
}

/// The bytes of an object of nghttp2's.
///
/// SAFETY: true as long as somebody holds the object.
@unsafe
private func bytes(of object: OpaquePointer) -> ByteView {
    let vector = unsafe nghttp2_rcbuf_get_buf(object)
    guard let base = unsafe vector.base else { return ByteView() }
    return unsafe ByteView(unsafeStart: base, count: vector.len)
}

/// Takes the fields of one header block after another.
///
/// SAFETY (`@safe`): `latest` and `guess` are in `known`, which holds them; `marks` are those of `guess`, and `expected` of them
/// are written. A block ends (`take`, `drop`), and with it the guess, before anything is remembered or forgotten.
@safe
struct HeadReceiver {
    /// How many heads are known at most: a client's few kinds of questions.
    private static let most = 4
    /// How many lists wait for their next use at most.
    private static let spareLists = 16

    /// The largest list that is taken, as HTTP/2 counts.
    private let limit: Int
    private var known: [ReceivedHead] = []
    /// Which of them goes when another comes.
    private var oldest = 0
    /// The one that was met last: the next guess.
    private var latest: Unmanaged<ReceivedHead>?

    /// The head to which the block under way has been equal so far, in as many fields.
    private var guess: Unmanaged<ReceivedHead>?
    private var marks: UnsafeMutablePointer<ReceivedHead.Mark>?
    private var expected = 0
    private var fields = 0
    /// The block's own head, when it is like none that is known; used again for the next such block.
    private var own = ReceivedHead()
    /// Whether `own` is being written. With neither a guess nor this, the block is thrown away.
    private var isOwn = false
    private var spares: [HeaderList] = []

    init(limit: Int) { self.limit = limit }

    /// A block begins. There is one at a time (RFC 9113, 4.3).
    mutating func begin() {
        fields = 0
        isOwn = false
        // SAFETY: `latest` is in `known`.
        if let latest = unsafe latest { unsafe follow(latest) } else { writeOwn() }
    }

    /// Nobody wants the block under way any more.
    mutating func drop() {
        isOwn = false
        leaveGuess()
    }

    /// SAFETY: `head` is in `known`.
    @unsafe
    private mutating func follow(_ head: Unmanaged<ReceivedHead>) {
        unsafe guess = head
        unsafe (marks, expected) = head._withUnsafeGuaranteedRef { unsafe ($0.marks, $0.count) }
    }

    private mutating func leaveGuess() {
        unsafe guess = nil
        unsafe marks = nil
        expected = 0
    }

    private mutating func writeOwn() {
        own.clear { spares.popLast() ?? HeaderList() }
        isOwn = true
    }

    /// A field of it. Once a block has grown too large, the rest is thrown away.
    ///
    /// SAFETY: objects of nghttp2's, alive until this returns.
    @unsafe @inline(__always)
    mutating func add(_ name: OpaquePointer, _ value: OpaquePointer) {
        // SAFETY: `expected` marks are written, and none without a guess.
        if fields < expected, let mark = unsafe marks?[fields], unsafe mark.name == name, unsafe mark.value == value {
            fields += 1
        } else {
            unsafe addOther(name, value)
        }
    }

    /// A field in another object than the one expected.
    @unsafe @inline(never)
    private mutating func addOther(_ name: OpaquePointer, _ value: OpaquePointer) {
        // SAFETY: `guess` is in `known`, which does not change here.
        let isKnown = unsafe guess?._withUnsafeGuaranteedRef { left in
            unsafe goOn(from: left, with: bytes(of: name), bytes(of: value))
        }
        if isKnown == true { return }
        guard isOwn else { return }
        unsafe own.add(name, value)
        if own.list.listBytes > limit { drop() }
    }

    /// The field has the same bytes as the one expected, or as one with which another known head goes on; or else the
    /// block is like none that is known, and false.
    private mutating func goOn(from left: ReceivedHead, with name: ByteView, _ value: ByteView) -> Bool {
        let place = left.end(of: fields)
        if left.list.place(after: place, ifThereIs: name, value) == nil {
            guard let other = known.first(where: { $0.list.goesOn(like: left.list, to: place, with: name, value) })
            else {
                part(from: left)
                return false
            }
            // SAFETY: it is in `known`.
            unsafe follow(.passUnretained(other))
        }
        fields += 1
        return true
    }

    /// From here on the block is like no other.
    private mutating func part(from head: ReceivedHead) {
        writeOwn()
        own.add(first: fields, of: head)
        leaveGuess()
    }

    /// The block is complete; nil when it was too large.
    mutating func take() -> HeaderList? {
        // SAFETY: `guess` is in `known`.
        if let head = unsafe guess?.takeUnretainedValue() {
            if fields == expected {
                unsafe latest = guess
                leaveGuess()
                head.list.isRepeated = true
                return head.list
            }
            part(from: head)
        }
        defer { isOwn = false }
        return isOwn ? own.list : nil
    }

    // MARK: What is kept

    /// The list that was taken last is a proper head: the next request may have it too.
    mutating func remember(_ list: HeaderList, _ verdict: HeadVerdict) {
        guard list.verdict == nil, own.list === list, own.isWhole else { return }
        list.verdict = verdict
        // SAFETY: in the next lines it comes into `known`.
        unsafe latest = .passUnretained(own)
        if known.count < Self.most {
            known.append(own)
            own = ReceivedHead()
        } else {
            swap(&own, &known[oldest])
            oldest = (oldest + 1) % Self.most
        }
    }

    /// Nobody needs this list any more, unless somebody still holds it.
    mutating func recycle(_ list: consuming HeaderList) {
        guard spares.count < Self.spareLists, isKnownUniquelyReferenced(&list), list.isSmall else { return }
        list.removeAll()
        spares.append(list)
    }

    /// Gives all memory back, and everything of nghttp2's; not while a block is under way that somebody wants.
    mutating func trim() {
        drop()
        // SAFETY: cleared before `known` is.
        unsafe latest = nil
        known = []
        oldest = 0
        spares = []
        own = ReceivedHead()
    }
}
