// HTTP2Session.swift: the conversation of one HTTP/2 connection, without the connection.
//
// HTTP/2 lets a hundred requests share a connection. For that it cuts everything into frames, compresses
// headers against a table that both sides keep, and gives each stream and the connection a window that
// the receiver opens as it takes bytes. nghttp2 does all of it, and does no I/O:
//
//        bytes in                                  bytes out
//           |                                         ^
//     receive(bytes)                          produce(into:limit:)
//           v                                         |
//     +------------------------- nghttp2 ------------------------+
//     |  frames, HPACK, windows, stream states, the rules of RFC 9113  |
//     +-----------------------------------------------------------+
//           |                                         ^
//     head, body, end, closed                respond, send, finish, reset
//           v                                         |
//                    stream handlers (HTTP2Stream)
//
// ONE COPY OUT. nghttp2 could assemble DATA frames in a buffer of its own; instead it asks us to put the
// payload after the frame's head (NO_COPY), so a body is copied once, from the stream to the loop's
// scratch buffer.
//
// RULES    H1  calls into the session happen on one thread, never from within each other's callbacks except
//              those that nghttp2 allows: submitting, resetting, resuming, consuming.
//          H2  a stream is retained by the session from its first header to its closing, and told of it.
//          H3  after `abort` nothing of the peer's is looked at any more, and no DATA is sent.
//          H4  after `closeAllStreams` nghttp2 never runs again: it still knows the streams, and they are gone. So it
//              is not called from within `receive` or `produce`.
//
// COST     a GET with a fixed answer: about 1.0 us inside nghttp2, most of it header compression.
// READ NEXT  Callbacks.swift: how nghttp2 calls us. SHOWN BY  HTTP2SessionTests

package import Bytes
internal import CNGHTTP2

/// Who owns a session and hears about the connection as a whole.
package protocol HTTP2SessionDelegate: AnyObject {
    /// The peer opened a stream (server) with this head: set the stream's handler, which hears the rest.
    func session(_ session: HTTP2Session, opened stream: HTTP2Stream, head: HeaderList)
    /// Something waits to be sent.
    func sessionHasOutput(_ session: HTTP2Session)
    /// A frame begins: where floods are counted, before the frame has cost anything. DATA with bytes is not among them.
    func session(_ session: HTTP2Session, beganFrame frame: HTTP2FrameHead)
    /// A header block exceeded the limit; the stream's handler will not see its head.
    func session(_ session: HTTP2Session, exceededHeaderLimit stream: HTTP2Stream)
    /// The peer sent a PING, which nghttp2 has answered; or answered ours.
    func session(_ session: HTTP2Session, receivedPing payload: UInt64, isAnswer: Bool)
    /// The peer told us its settings.
    func sessionReceivedSettings(_ session: HTTP2Session)
    /// The peer will take no streams after `lastStream`.
    func session(
        _ session: HTTP2Session, receivedGoAway code: HTTP2ErrorCode, lastStream: Int32, debug: ByteView)
}

/// The nine bytes before every frame, as far as anybody counts them.
package struct HTTP2FrameHead: Sendable {
    /// The kinds of frames, by their numbers on the wire.
    package enum Kind: UInt8, Sendable {
        /// A part of a body.
        case data
        /// A head, or trailers.
        case headers
        /// Once meant which stream matters more; deprecated.
        case priority
        /// The end of one stream, for a reason.
        case resetStream
        /// What the sender can take.
        case settings
        /// An answer to a question that nobody asked; not used here.
        case pushPromise
        /// Are you there?
        case ping
        /// No further streams.
        case goAway
        /// More bytes may come.
        case windowUpdate
        /// More of a head.
        case continuation
    }

    /// What kind; nil for kinds that no RFC knows, which everybody ignores.
    package let kind: Kind?
    /// The flag that ends a stream, or acknowledges settings and pings: it is the same bit.
    package let hasEndOrAckFlag: Bool
    /// How long the payload is.
    package let length: Int
    /// The stream, 0 for the connection.
    package let stream: Int32
}

/// One end of one HTTP/2 connection.
///
/// SAFETY (`@safe`): `raw` is made in `init`, freed in `deinit`, and used by this object's methods only, which run
/// on one thread (H1). nghttp2 keeps three kinds of pointers of ours:
///   - this object, as user data: alive whenever nghttp2 runs, since it runs only inside our methods;
///   - streams, as their user data and as the source of their body: held until nghttp2 closes them (H2), and where
///     we let go first, nghttp2 does not run again (H4);
///   - the fields of immortal lists, which live for ever. Other fields, settings and payloads it copies.
@safe
package final class HTTP2Session {
    /// What we announce to the peer, and how much we take.
    package struct Options: Sendable {
        /// Streams that the peer may have open at once; nil for as many as it likes.
        package var maxConcurrentStreams: UInt32?
        /// Bytes that the peer may send on a stream before we take some.
        package var streamWindowBytes: Int32 = 256 * 1024
        /// The same for the connection.
        package var connectionWindowBytes: Int32 = 1024 * 1024
        /// The largest header list that we take.
        package var maxHeaderListBytes = 64 * 1024
        /// Whether this end opens streams.
        package var isClient = false

        /// The defaults.
        package init() {}
    }

    /// Who owns the session. Not counted: it is asked several times a frame.
    // SAFETY: the owner is the only one who holds the session, so it cannot be gone while a method of the session
    // runs; and it is asked from within such methods only, `deinit` excepted.
    unowned(unsafe) let delegate: any HTTP2SessionDelegate
    /// Streams that are open now.
    package private(set) var openStreams = 0
    /// Whether `abort` was called (H3).
    package private(set) var isAborted = false
    /// Whether the connection is gone (H4).
    private var isLost = false
    /// Whether nghttp2 runs at the moment.
    private var isRunning = false
    /// nghttp2's last complaint about the peer: for the log.
    package internal(set) var lastComplaint: String?

    /// Bytes of bodies that wait in all streams: what one connection's slow reader costs us.
    package internal(set) var outgoingBytes = 0
    /// Bytes of bodies that were handed to the connection so far: whether the peer takes any.
    package internal(set) var sentBodyBytes: UInt64 = 0
    /// Set when a head or a body was sent; whoever counts pings clears it.
    package var sentAnswer = false

    /// The open stream that a frame spoke of last.
    // SAFETY: cleared in `forget`, before the stream can be let go.
    var current: Unmanaged<HTTP2Stream>?
    /// Where header blocks become lists.
    var receiver: HeadReceiver
    /// Closed streams, to be used again: a few, since an idle connection must stay small.
    private var spareStreams: [HTTP2Stream] = []
    private static let spares = 16

    let raw: OpaquePointer
    /// Where nghttp2's memory comes from; nil for the system's own. Held because nghttp2 asks it until the end.
    private let memory: SessionMemory?
    let isClient: Bool
    /// The caller's buffer while `produce` runs.
    var output = ByteBuffer()
    var outputLimit = 0
    private var fields: UnsafeMutablePointer<nghttp2_nv>
    private var fieldCapacity = 16
    private var notified = false

    /// A session that has announced its settings. Those of one loop share a memory.
    package init(_ options: Options, memory: SessionMemory? = nil, delegate: any HTTP2SessionDelegate) {
        // SAFETY: the owner that makes us outlives us; see `delegate`.
        unsafe self.delegate = delegate
        isClient = options.isClient
        self.memory = memory
        receiver = HeadReceiver(limit: options.maxHeaderListBytes)
        unsafe fields = .allocate(capacity: fieldCapacity)
        var session: OpaquePointer?
        // SAFETY: callbacks and options live for ever, and nghttp2 copies both anyway, as it does with the four functions.
        let template = SessionTemplate.shared
        func make(_ functions: UnsafeMutablePointer<nghttp2_mem>?) -> Int32 {
            options.isClient
                ? unsafe nghttp2_session_client_new3(
                    &session, template.callbacks, nil, template.clientOptions, functions)
                : unsafe nghttp2_session_server_new3(
                    &session, template.callbacks, nil, template.serverOptions, functions)
        }
        var functions = unsafe nghttp2_mem()
        if let memory { unsafe functions = memory.functions() }
        let status = memory == nil ? make(nil) : unsafe make(&functions)
        precondition(status == 0, "H0: nghttp2 has no memory for a session")
        // SAFETY: it has made one, says its answer; we are alive whenever it runs.
        unsafe raw = session!
        unsafe nghttp2_session_set_user_data(raw, Unmanaged.passUnretained(self).toOpaque())
        announce(options)
    }

    deinit {
        // Freeing the session closes no streams by itself, so those that are open are let go here (H2).
        // SAFETY: the list holds what `adopt` retained. The owner may be half gone already, so nobody is told;
        // nghttp2_session_del calls nobody either, and after it there is no `raw` (H4).
        while let stream = unsafe firstStream {
            unsafe forget(stream)
            unsafe stream.release()
        }
        // What we hold of nghttp2's goes back while its memory is there.
        receiver.trim()
        unsafe nghttp2_session_del(raw)
        unsafe fields.deallocate()
    }

    /// The open streams as a list through their own links: only walked when the connection ends, since
    /// nghttp2 finds a stream by its number for us.
    // SAFETY: what is in the list is retained by `adopt`, and leaves the list in `forget` before it is released.
    private var firstStream: Unmanaged<HTTP2Stream>?

    private func announce(_ options: Options) {
        var settings: [nghttp2_settings_entry] = []
        func set(_ id: nghttp2_settings_id, _ value: UInt32) {
            settings.append(nghttp2_settings_entry(settings_id: Int32(id.rawValue), value: value))
        }
        if let streams = options.maxConcurrentStreams {
            set(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, min(streams, UInt32(Int32.max)))
        }
        set(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, UInt32(options.streamWindowBytes))
        set(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, UInt32(options.maxHeaderListBytes))
        if options.isClient { set(NGHTTP2_SETTINGS_ENABLE_PUSH, 0) }
        // SAFETY: nghttp2 copies the entries.
        unsafe settings.withUnsafeBufferPointer { entries in
            _ = unsafe nghttp2_submit_settings(raw, 0, entries.baseAddress, entries.count)
        }
        unsafe nghttp2_session_set_local_window_size(raw, 0, 0, options.connectionWindowBytes)
    }

    // MARK: Bytes in and out

    /// Takes what the peer sent. Handlers run from within. Throws when the connection cannot go on; what
    /// nghttp2 wants to say about it (a GOAWAY) still comes out of `produce`.
    package func receive(_ bytes: ByteView) throws(HTTP2Failure) {
        guard !isAborted, !isLost else { return }
        isRunning = true
        defer { isRunning = false }
        // SAFETY: nghttp2 reads the bytes during the call and keeps no pointer to them.
        let taken = unsafe bytes.withUnsafeBytes { source in
            unsafe nghttp2_session_mem_recv(
                raw, source.baseAddress?.assumingMemoryBound(to: UInt8.self), source.count)
        }
        if taken < 0, !isAborted { throw failure(Int32(taken)) }
        if unsafe nghttp2_session_want_write(raw) != 0 { hasOutput() }
    }

    /// Appends up to about `limit` bytes of frames to `buffer`; true if there is more.
    package func produce(into buffer: inout ByteBuffer, limit: Int) -> Bool {
        guard !isLost else { return false }
        swap(&output, &buffer)
        isRunning = true
        defer {
            isRunning = false
            swap(&output, &buffer)
        }
        notified = false
        outputLimit = limit
        while output.count < limit {
            var bytes: UnsafePointer<UInt8>?
            // SAFETY: nghttp2 answers with a pointer into its own buffer.
            let count = unsafe nghttp2_session_mem_send(raw, &bytes)
            guard count > 0, let start = unsafe bytes else {
                // Negative is out of memory; zero is either the end or our own "no more room".
                return output.count >= limit
            }
            // SAFETY: these bytes are true until the next call of mem_send, and are copied before it.
            output.append(unsafe ByteView(unsafeStart: start, count: count))
        }
        return true
    }

    /// Whether the conversation is over: nothing to read and nothing to write.
    package var isOver: Bool {
        // SAFETY: `raw` is ours until `deinit`.
        unsafe nghttp2_session_want_read(raw) == 0 && nghttp2_session_want_write(raw) == 0
    }

    /// Tells the owner once that `produce` would find something.
    func hasOutput() {
        guard !notified else { return }
        notified = true
        // SAFETY: we are inside a method of the session, so its owner is there; see `delegate`.
        unsafe delegate.sessionHasOutput(self)
    }

    func failure(_ status: Int32) -> HTTP2Failure {
        // SAFETY: the words for a number are a constant of the library.
        let words = unsafe String(cString: nghttp2_strerror(status))
        let isFlood = status == NGHTTP2_ERR_FLOODED.rawValue || status == NGHTTP2_ERR_TOO_MANY_SETTINGS.rawValue
        let code: HTTP2ErrorCode = isFlood ? .enhanceYourCalm : .protocolError
        return HTTP2Failure(reason: lastComplaint.map { "\(words): \($0)" } ?? words, code: code)
    }

    // MARK: Streams

    /// Opens a stream with a request's head (client).
    package func request(
        _ headers: HeaderList, hasBody: Bool, handler: any HTTP2StreamHandler
    ) throws(HTTP2Failure) -> HTTP2Stream {
        precondition(isClient, "H0: a server opens no streams")
        guard !isLost else { throw HTTP2Failure(reason: "the connection is gone", code: .cancel) }
        // SAFETY: nghttp2 keeps `context` and the provider's source, both the stream, only if it takes the request;
        // then `adopt` retains the stream until it is closed. Nothing of nghttp2's runs in between.
        let stream = HTTP2Stream(id: Int32(unsafe nghttp2_session_get_next_stream_id(raw)), session: self)
        stream.handler = handler
        var provider = unsafe dataProvider(of: stream)
        let status = unsafe withFields(of: headers) { fields, count in
            let context = unsafe Unmanaged.passUnretained(stream).toOpaque()
            if !hasBody { return unsafe nghttp2_submit_request(raw, nil, fields, count, nil, context) }
            return unsafe nghttp2_submit_request(raw, nil, fields, count, &provider, context)
        }
        guard status == stream.id else { throw failure(status) }
        if !hasBody { stream.isFinished = true }
        unsafe _ = adopt(stream)
        hasOutput()
        return stream
    }

    /// Answers with a head (server); a body follows by `send` and `finish` of the stream, unless `isEnd`.
    package func respond(on stream: HTTP2Stream, _ headers: HeaderList, isEnd: Bool) {
        // SAFETY: the fields are copied.
        _ = unsafe withFields(of: headers) { fields, count in
            unsafe respond(on: stream, fields, count, isEnd: isEnd)
            return 0
        }
    }

    /// The same with a head that is always the same.
    package func respond(on stream: HTTP2Stream, _ headers: ImmortalHeaders, isEnd: Bool) {
        // SAFETY: the fields need not be copied, and say so.
        unsafe respond(on: stream, headers.fields, headers.count, isEnd: isEnd)
    }

    /// SAFETY: fields that are true until this returns, or for ever if their flags say so.
    @unsafe
    private func respond(
        on stream: HTTP2Stream, _ fields: UnsafeMutablePointer<nghttp2_nv>, _ count: Int, isEnd: Bool
    ) {
        guard !stream.isClosed else { return }
        // SAFETY: nghttp2 keeps the provider's source, the stream, which is open and so held by us until it is
        // closed (H2).
        var provider = unsafe dataProvider(of: stream)
        let status =
            isEnd
            ? unsafe nghttp2_submit_response(raw, stream.id, fields, count, nil)
            : unsafe nghttp2_submit_response(raw, stream.id, fields, count, &provider)
        if isEnd { stream.isFinished = true }
        // A field that HTTP/2 forbids is our own mistake; the peer must not wait for ever because of it.
        if status != 0 { reset(stream, .internalError) }
        hasOutput()
    }

    /// Sends a head that is not the answer yet: 100 Continue.
    package func inform(on stream: HTTP2Stream, _ headers: ImmortalHeaders) {
        guard !stream.isClosed else { return }
        let flags = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        // SAFETY: as in `respond`.
        _ = unsafe nghttp2_submit_headers(raw, flags, stream.id, nil, headers.fields, headers.count, nil)
        hasOutput()
    }

    func submitTrailers(of stream: HTTP2Stream) -> Bool {
        if let immortal = stream.immortalTrailers {
            // SAFETY: as in `respond`.
            return unsafe nghttp2_submit_trailer(raw, stream.id, immortal.fields, immortal.count) == 0
        }
        guard let list = stream.trailers else { return false }
        // SAFETY: the fields are copied.
        return unsafe withFields(of: list) { fields, count in
            unsafe nghttp2_submit_trailer(raw, stream.id, fields, count)
        } == 0
    }

    func resume(_ stream: HTTP2Stream) {
        stream.isDeferred = false
        // SAFETY: only the stream's number is given; a stream that nghttp2 does not know is an error, and no harm.
        _ = unsafe nghttp2_session_resume_data(raw, stream.id)
        hasOutput()
    }

    func consume(_ stream: HTTP2Stream, _ count: Int) {
        // SAFETY: as in `resume`.
        _ = unsafe nghttp2_session_consume_stream(raw, stream.id, count)
        hasOutput()
    }

    func reset(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        // SAFETY: as in `resume`. The stream is closed, and let go, when the frame goes out.
        _ = unsafe nghttp2_submit_rst_stream(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code.rawValue)
        hasOutput()
    }

    /// Registers a stream and retains it until it is closed (H2). The answer is that reference.
    @unsafe
    func adopt(_ stream: consuming HTTP2Stream) -> Unmanaged<HTTP2Stream> {
        openStreams += 1
        // SAFETY: the one reference of ours that `close` gives back. Nobody else touches the list meanwhile (H1).
        let held = unsafe Unmanaged.passRetained(stream)
        let first = unsafe firstStream
        unsafe held._withUnsafeGuaranteedRef { unsafe $0.next = first }
        unsafe first?._withUnsafeGuaranteedRef { unsafe $0.previous = held }
        unsafe firstStream = held
        return unsafe held
    }

    /// Takes a stream out of the list; the reference that `adopt` took is still to be given back.
    ///
    /// SAFETY: callers ask `isClosed` first, or find the stream in the list, so this happens once for each. Neighbours are
    /// in the list too, so they are retained.
    @unsafe
    private func forget(_ held: Unmanaged<HTTP2Stream>) {
        openStreams -= 1
        // SAFETY: compared and cleared, while the stream is there. A block of its fields that is under way goes nowhere.
        if let current = unsafe current, unsafe current.toOpaque() == held.toOpaque() {
            unsafe self.current = nil
            receiver.drop()
        }
        unsafe held._withUnsafeGuaranteedRef { stream in
            stream.isClosed = true
            // SAFETY: as above.
            let (previous, next) = unsafe (stream.previous, stream.next)
            if let previous = unsafe previous {
                unsafe previous._withUnsafeGuaranteedRef { unsafe $0.next = next }
            } else {
                unsafe firstStream = next
            }
            unsafe next?._withUnsafeGuaranteedRef { unsafe $0.previous = previous }
            // SAFETY: who left the list points at nobody.
            unsafe stream.previous = nil
            unsafe stream.next = nil
        }
    }

    /// A stream is over: its handler hears of it, and we let go.
    ///
    /// SAFETY: a reference that `adopt` has answered; it is given back here, at the end, and only once, since closed
    /// streams are turned away.
    @unsafe
    func close(_ held: Unmanaged<HTTP2Stream>, _ code: HTTP2ErrorCode) {
        guard unsafe !held._withUnsafeGuaranteedRef({ $0.isClosed }) else { return }
        // SAFETY: as above.
        unsafe forget(held)
        unsafe held._withUnsafeGuaranteedRef { stream in
            outgoingBytes -= stream.outgoingBytes
            tell(stream, code)
        }
        unsafe keep(held.takeRetainedValue())
    }

    private func tell(_ stream: HTTP2Stream, _ code: HTTP2ErrorCode) {
        let handler = stream.handler
        stream.handler = nil
        handler?.stream(stream, closed: code)
    }

    /// Puts a closed stream and its list aside for the next one, unless somebody still holds them.
    private func keep(_ stream: consuming HTTP2Stream) {
        if let list = stream.head.take() { receiver.recycle(list) }
        // Whether anybody else holds it is asked when it is wanted again.
        if spareStreams.count < Self.spares, stream.outgoing.capacity <= 4096 { spareStreams.append(stream) }
    }

    /// A stream, new or used. One that somebody still holds is theirs for ever.
    func makeStream(_ id: Int32) -> HTTP2Stream {
        while var spare = spareStreams.popLast() {
            guard isKnownUniquelyReferenced(&spare) else { continue }
            spare.renew(id: id)
            return spare
        }
        return HTTP2Stream(id: id, session: self)
    }

    /// Gives the memory of spare streams back: an idle connection needs none.
    package func trim() {
        spareStreams = []
        receiver.trim()
    }

    /// Tells every open stream that the connection is gone. Called by the owner, at the end.
    package func closeAllStreams(_ code: HTTP2ErrorCode) {
        precondition(!isRunning, "H4: the streams of a connection were closed from within one of its callbacks")
        isLost = true
        // SAFETY: what is in the list is retained by us, and is not closed.
        while let stream = unsafe firstStream { unsafe close(stream, code) }
    }

    // MARK: The connection as a whole

    /// Sends a PING; the answer comes to the delegate with the same number.
    package func ping(_ payload: UInt64) {
        // SAFETY: eight bytes of a number, which nghttp2 copies.
        let bytes = unsafe withUnsafeBytes(of: payload.bigEndian) { unsafe [UInt8]($0) }
        unsafe bytes.withUnsafeBufferPointer { source in
            _ = unsafe nghttp2_submit_ping(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), source.baseAddress)
        }
        hasOutput()
    }

    /// Announces that the end is near, without refusing streams that are on their way yet.
    package func announceShutdown() {
        // SAFETY: `raw` is ours until `deinit`.
        unsafe nghttp2_submit_shutdown_notice(raw)
        hasOutput()
    }

    /// Refuses new streams; those that are open go on.
    package func goAway(_ code: HTTP2ErrorCode, debug: StaticString = "") {
        // SAFETY: a static string is immortal, and nghttp2 copies it all the same.
        let last = unsafe nghttp2_session_get_last_proc_stream_id(raw)
        unsafe nghttp2_submit_goaway(
            raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), last, code.rawValue, debug.utf8Start, debug.utf8CodeUnitCount)
        hasOutput()
    }

    /// Says why, and listens no more (H3). The owner closes the connection after the next flush.
    package func abort(_ code: HTTP2ErrorCode, debug: StaticString = "") {
        guard !isAborted else { return }
        goAway(code, debug: debug)
        isAborted = true
    }

    /// How many streams the peer lets us open at once.
    package var peerMaxConcurrentStreams: Int {
        // SAFETY: `raw` is ours until `deinit`; both ask for a number.
        Int(unsafe nghttp2_session_get_remote_settings(raw, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
    }

    /// Bytes that the peer would take on this connection now.
    package var peerWindowBytes: Int { Int(unsafe nghttp2_session_get_remote_window_size(raw)) }

    // MARK: nghttp2's form of a header list

    /// SAFETY: what `body` is given is true until it returns, and says that nghttp2 must copy it.
    @unsafe
    private func withFields(
        of list: HeaderList, _ body: (UnsafeMutablePointer<nghttp2_nv>, Int) -> Int32
    ) -> Int32 {
        if list.count > fieldCapacity {
            // SAFETY: nothing points here between two calls, and the entries are plain numbers and pointers.
            unsafe fields.deallocate()
            fieldCapacity = list.count * 2
            unsafe fields = .allocate(capacity: fieldCapacity)
        }
        var index = 0
        for field in list {
            // SAFETY: there is room for all fields; they lead into the list, which lives until `body` has returned.
            unsafe (fields + index).initialize(to: nghttp2_nv(field, flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)))
            index += 1
        }
        return withExtendedLifetime(list) { unsafe body(fields, index) }
    }

    /// SAFETY: the pointer is not counted; whoever gives it to nghttp2 argues why the stream outlives its use.
    @unsafe
    private func dataProvider(of stream: HTTP2Stream) -> nghttp2_data_provider {
        var provider = unsafe nghttp2_data_provider()
        unsafe provider.source.ptr = Unmanaged.passUnretained(stream).toOpaque()
        unsafe provider.read_callback = offerBody
        return unsafe provider
    }
}
