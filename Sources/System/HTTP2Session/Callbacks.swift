// Callbacks.swift: how nghttp2 calls us, in the order of a request's life.
//
//     begin_frame          every frame, before it costs anything         -> the owner counts floods
//     begin_headers        HEADERS of a new stream, or of the trailers
//     header               each field                                     -> the stream's list
//     frame_recv           the block is complete, or DATA with END_STREAM -> head, end
//     data_chunk_recv      a part of a body, straight from the read buffer
//     offerBody            "how much DATA have you?"
//     sendBody             "put it after this frame head"
//     frame_send           an answer ended before its request did
//     stream_close         over
//
// SAFETY of every one of them: `user` is the session, alive while nghttp2 runs; a stream's user data is an
// HTTP2Stream that the session holds from `begin_headers` (at a client: from `request`) to `stream_close` (H2);
// frames, names, values and payloads are nghttp2's, true until the callback returns, and copied when kept.

internal import Bytes
internal import CNGHTTP2

/// The callbacks and options that every session shares. Made once, never freed.
///
/// SAFETY (`@unchecked Sendable`): nothing changes after `init`.
@safe
final class SessionTemplate: @unchecked Sendable {
    static let shared = SessionTemplate()
    let callbacks: OpaquePointer
    let clientOptions: OpaquePointer
    let serverOptions: OpaquePointer

    private static func makeOptions() -> OpaquePointer {
        var option: OpaquePointer?
        // SAFETY: nghttp2 allocates the object, and nobody frees it; it has only numbers to keep.
        unsafe nghttp2_option_new(&option)
        let options = unsafe option!
        // The window opens when a handler has taken the bytes, not when they arrive.
        unsafe nghttp2_option_set_no_auto_window_update(options, 1)
        // Closed streams are of use only to priority trees, which nobody sends any more.
        unsafe nghttp2_option_set_no_closed_streams(options, 1)
        // Answers to PING and SETTINGS that the peer does not read: a flood of them ends the session.
        // SAFETY: numbers for the object that was made above, to the end of the loop below.
        unsafe nghttp2_option_set_max_outbound_ack(options, 1_000)
        unsafe nghttp2_option_set_max_settings(options, 32)
        unsafe nghttp2_option_set_max_continuations(options, 8)
        // We count resets ourselves, where they can be logged; this is the net below.
        unsafe nghttp2_option_set_stream_reset_rate_limit(options, 4_000, 2_000)
        unsafe nghttp2_option_set_peer_max_concurrent_streams(options, 100)
        // Frames of kinds that nobody knows are ignored, but they are counted like all others: nghttp2 shows
        // them only to those who claim to understand them.
        for kind in UInt8(10)...255 { unsafe nghttp2_option_set_user_recv_extension_type(options, kind) }

        return unsafe options
    }

    private init() {
        unsafe clientOptions = Self.makeOptions()
        unsafe serverOptions = Self.makeOptions()
        // Whether a request is one is asked in HeadRules.swift.
        // SAFETY: a number for an object that was just made; then an object for callbacks, which nobody frees.
        unsafe nghttp2_option_set_no_http_messaging(serverOptions, 1)
        var made: OpaquePointer?
        unsafe nghttp2_session_callbacks_new(&made)
        unsafe callbacks = made!

        // SAFETY: the functions below are constants of the program, and find their session by themselves.
        unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, frameBegan)
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, headersBegan)
        unsafe nghttp2_session_callbacks_set_on_header_callback2(callbacks, headerArrived)
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frameArrived)
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, bodyArrived)
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frameSent)
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, streamClosed)
        unsafe nghttp2_session_callbacks_set_send_data_callback(callbacks, sendBody)
        // SAFETY: as above; these two look at nothing.
        unsafe nghttp2_session_callbacks_set_unpack_extension_callback(callbacks) { _, _, _, _ in
            Int32(NGHTTP2_ERR_CANCEL.rawValue)
        }
        unsafe nghttp2_session_callbacks_set_on_extension_chunk_recv_callback(callbacks) { _, _, _, _, _ in 0 }
        // SAFETY: the words are copied before we return.
        unsafe nghttp2_session_callbacks_set_error_callback2(callbacks) { _, _, words, count, user in
            guard let words = unsafe words, let user = unsafe user else { return 0 }
            let session = unsafe Unmanaged<HTTP2Session>.fromOpaque(user).takeUnretainedValue()
            let view = unsafe ByteView(unsafeStart: words, count: min(count, 200))
            session.lastComplaint = view.lossyText
            return 0
        }
    }
}

/// Lends the session to a callback without counting it: eight callbacks a request, and each count is an atomic
/// operation there and one back.
///
/// SAFETY: `user` is the session that nghttp2 was given at its making. Whoever called into it holds the session
/// until the call returns, and every callback returns before that.
@unsafe @inline(__always)
private func lend<Result>(_ user: UnsafeMutableRawPointer?, _ body: (HTTP2Session) -> Result) -> Result {
    unsafe Unmanaged<HTTP2Session>.fromOpaque(user!)._withUnsafeGuaranteedRef { body($0) }
}

extension HTTP2Session {
    /// Lends a stream to a callback without counting it, for the reason of `lend`; nil when there is no such stream.
    ///
    /// SAFETY: the session holds a stream until nghttp2 has told that it is closed (H2), and nghttp2 tells that in a
    /// callback of its own, so not before this one returns. `closeAllStreams` traps when it is called from within (H4).
    @inline(__always)
    fileprivate func lendStream(_ id: Int32, _ body: (HTTP2Stream) -> Void) {
        // What happens to a stream happens several times in a row: its head, its body, its end.
        if let current = unsafe current, unsafe current._withUnsafeGuaranteedRef({ $0.id == id }) {
            return unsafe current._withUnsafeGuaranteedRef(body)
        }
        // SAFETY: the session set the pointer when it adopted the stream; of a stream that it closed nghttp2 has none.
        guard let data = unsafe nghttp2_session_get_stream_user_data(raw, id) else { return }
        unsafe current = Unmanaged<HTTP2Stream>.fromOpaque(data)
        unsafe Unmanaged<HTTP2Stream>.fromOpaque(data)._withUnsafeGuaranteedRef(body)
    }

    /// A server's stream begins here; trailers, and everything at a client, find it existing.
    fileprivate func beginHeaders(_ id: Int32, isNew: Bool) {
        if isNew {
            // SAFETY: the reference that `adopt` takes is true until nghttp2 has closed the stream (H2).
            let stream = unsafe adopt(makeStream(id))
            unsafe nghttp2_session_set_stream_user_data(raw, id, stream.toOpaque())
            unsafe current = stream
        }
        receiver.begin()
    }

    /// A header block is complete: a head, an interim response, or trailers.
    fileprivate func finishHeaders(_ id: Int32, isEnd: Bool) {
        lendStream(id) { stream in
            if isEnd { stream.isRemoteEnded = true }
            guard let list = receiver.take() else {
                // SAFETY: we are inside a method of the session, so its owner is there; see `delegate`.
                unsafe delegate.session(self, exceededHeaderLimit: stream)
                return
            }
            if stream.sawHead {
                finishTrailers(stream, list, isEnd: isEnd)
            } else {
                finishHead(stream, list, isEnd: isEnd)
            }
        }
    }

    private func finishTrailers(_ stream: HTTP2Stream, _ list: HeaderList, isEnd: Bool) {
        if !isClient, !isEnd || !HeadRules.areProperTrailers(list) || !stream.bodyIsComplete {
            return reset(stream, .protocolError)
        }
        if isEnd { stream.handler?.stream(stream, receivedEnd: list) }
    }

    private func finishHead(_ stream: HTTP2Stream, _ list: HeaderList, isEnd: Bool) {
        if !isClient, !isProper(stream, list, isEnd: isEnd) { return reset(stream, .protocolError) }
        if isClient, let status = list[":status"], status.count == 3, status[0] == UInt8(ascii: "1") { return }
        stream.sawHead = true
        stream.head = list
        if isClient {
            stream.handler?.stream(stream, receivedHead: list, isEnd: isEnd)
        } else {
            // SAFETY: as above.
            unsafe delegate.session(self, opened: stream, head: list)
        }
        if isEnd { stream.handler?.stream(stream, receivedEnd: nil) }
    }

    /// Whether this is a request, as far as its head tells.
    private func isProper(_ stream: HTTP2Stream, _ list: HeaderList, isEnd: Bool) -> Bool {
        let verdict = list.verdict ?? HeadRules.judge(list)
        guard case .proper(let contentLength) = verdict else { return false }
        receiver.remember(list, verdict)
        stream.awaitedBytes = contentLength
        return !isEnd || stream.bodyIsComplete
    }

    fileprivate func addBody(_ id: Int32, _ bytes: ByteView, isLast: Bool) {
        // The connection's window opens at once: one stream that nobody reads must not stop the others.
        // SAFETY: numbers only, here and below; nghttp2 permits both calls from within a callback (H1).
        _ = unsafe nghttp2_session_consume_connection(raw, bytes.count)
        lendStream(id) { stream in
            if let awaited = stream.awaitedBytes {
                stream.awaitedBytes = awaited - bytes.count
                if awaited < bytes.count { return reset(stream, .protocolError) }
            }
            stream.handler?.stream(stream, receivedBody: bytes)
            // Behind the last bytes of a stream nothing comes, so its window may stay as it is.
            if !stream.holdsWindow, !isLast { _ = unsafe nghttp2_session_consume_stream(raw, id, bytes.count) }
        }
    }

    fileprivate func endBody(_ id: Int32) {
        lendStream(id) { stream in
            stream.isRemoteEnded = true
            if !stream.bodyIsComplete { return reset(stream, .protocolError) }
            stream.handler?.stream(stream, receivedEnd: nil)
        }
    }

    fileprivate func closeStream(_ id: Int32, _ code: HTTP2ErrorCode) {
        // SAFETY: the stream is open as long as nghttp2 has not told this, so it is held; `close` lets go of it last.
        guard let data = unsafe nghttp2_session_get_stream_user_data(raw, id) else { return }
        unsafe close(Unmanaged<HTTP2Stream>.fromOpaque(data), code)
    }

    /// An answer that ends before its request ends makes the rest of the request pointless; the peer is
    /// told so, without blame (RFC 9113, 8.1).
    fileprivate func answerEnded(_ id: Int32) {
        // SAFETY: numbers only; submitting is permitted from within a callback (H1).
        guard !isClient, unsafe nghttp2_session_get_stream_remote_close(raw, id) == 0 else { return }
        _ = unsafe nghttp2_submit_rst_stream(raw, UInt8(NGHTTP2_FLAG_NONE.rawValue), id, NGHTTP2_NO_ERROR.rawValue)
    }
}

// MARK: - The functions that nghttp2 holds

private let frameBegan: nghttp2_on_begin_frame_callback = { _, head, user in
    unsafe lend(user) { session in
        // An owner that had enough stops nghttp2 right here (H3).
        if session.isAborted { return Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
        // SAFETY: nghttp2's own frame head, true until we return; its numbers are copied here.
        let head = unsafe head!.pointee
        // DATA that brings something is what a connection is for.
        if head.type == HTTP2FrameHead.Kind.data.rawValue, head.length > 0 { return 0 }
        // SAFETY: the owner outlives the session (`delegate`).
        unsafe session.delegate.session(
            session,
            beganFrame: HTTP2FrameHead(
                kind: HTTP2FrameHead.Kind(rawValue: head.type), hasEndOrAckFlag: head.flags & 1 != 0,
                length: head.length, stream: head.stream_id))
        return session.isAborted ? Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) : 0
    }
}

private let headersBegan: nghttp2_on_begin_headers_callback = { _, frame, user in
    // SAFETY: nghttp2 calls this for HEADERS only (and for PUSH_PROMISE, which neither end of ours permits), so
    // `headers` is the member of the union that was filled; two of its numbers are copied.
    let frame = unsafe frame!.pointee.headers
    let (id, isNew) = unsafe (frame.hd.stream_id, frame.cat == NGHTTP2_HCAT_REQUEST)
    unsafe lend(user) { $0.beginHeaders(id, isNew: isNew) }
    return 0
}

private let headerArrived: nghttp2_on_header_callback2 = { _, frame, name, value, _, user in
    // SAFETY: nghttp2 holds both until we return; what is kept is copied, or counted.
    unsafe lend(user) { unsafe $0.receiver.add(name!, value!) }
    return 0
}

private let frameArrived: nghttp2_on_frame_recv_callback = { _, frame, user in
    // SAFETY: every member of the union begins with the frame's head.
    let head = unsafe frame!.pointee.hd
    unsafe lend(user) { session in
        switch HTTP2FrameHead.Kind(rawValue: head.type) {
        case .headers:
            session.finishHeaders(head.stream_id, isEnd: head.flags & 1 != 0)
        case .data where head.flags & 1 != 0:
            session.endBody(head.stream_id)
        case .settings where head.flags & 1 == 0:
            unsafe session.delegate.sessionReceivedSettings(session)
        case .ping:
            // SAFETY: the type says which member of the union was filled, and a PING's payload is eight bytes, or
            // nghttp2 would have refused the frame.
            var payload: UInt64 = 0
            let bytes = unsafe frame!.pointee.ping.opaque_data
            unsafe withUnsafeBytes(of: bytes) { raw in payload = unsafe raw.loadUnaligned(as: UInt64.self) }
            unsafe session.delegate.session(
                session, receivedPing: UInt64(bigEndian: payload), isAnswer: head.flags & 1 != 0)
        case .goAway:
            // SAFETY: as above; nghttp2 shows the debug data until we return.
            let frame = unsafe frame!.pointee.goaway
            let debug = unsafe frame.opaque_data.map {
                unsafe ByteView(unsafeStart: $0, count: frame.opaque_data_len)
            }
            unsafe session.delegate.session(
                session, receivedGoAway: HTTP2ErrorCode(rawValue: frame.error_code),
                lastStream: frame.last_stream_id, debug: debug ?? ByteView())
        default: break
        }
    }
    return 0
}

private let bodyArrived: nghttp2_on_data_chunk_recv_callback = { _, flags, id, data, count, user in
    guard count > 0 else { return 0 }
    // SAFETY: these are the bytes that `receive` was given; they are true until it returns.
    let bytes = unsafe ByteView(unsafeStart: data!, count: count)
    unsafe lend(user) { $0.addBody(id, bytes, isLast: flags & 1 != 0) }
    return 0
}

private let frameSent: nghttp2_on_frame_send_callback = { _, frame, user in
    // SAFETY: every member of the union begins with the frame's head.
    let head = unsafe frame!.pointee.hd
    let isAnswer = head.type == HTTP2FrameHead.Kind.headers.rawValue || head.type == HTTP2FrameHead.Kind.data.rawValue
    guard isAnswer else { return 0 }
    // SAFETY: the session's own address, as everywhere here.
    unsafe lend(user) { session in
        session.sentAnswer = true
        if head.flags & 1 != 0 { session.answerEnded(head.stream_id) }
    }
    return 0
}

private let streamClosed: nghttp2_on_stream_close_callback = { _, id, code, user in
    unsafe lend(user) { $0.closeStream(id, HTTP2ErrorCode(rawValue: code)) }
    return 0
}

// Where the next two find their stream: in the source that `respond` or `request` gave to nghttp2. The pointer
// is true because nghttp2 asks only for streams that it has not closed (it drops the frame of a stream that was
// closed meanwhile, also between these two calls), and the session holds a stream until nghttp2 closes it (H2).
// The one case in which we let go first is the end of the connection, and after that nobody asks (H4).

/// How many bytes of DATA can be sent now? nghttp2 has already made `length` fit windows and frames.
let offerBody: nghttp2_data_source_read_callback = { _, _, _, length, flags, source, user in
    unsafe lend(user) { session in
        if session.isAborted { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
        // SAFETY: see above; nothing in here ends the stream.
        return unsafe Unmanaged<HTTP2Stream>.fromOpaque(source!.pointee.ptr)._withUnsafeGuaranteedRef { stream in
            let offered = min(length, stream.outgoingBytes)
            if offered == 0, !stream.isFinished {
                stream.isDeferred = true
                return Int(NGHTTP2_ERR_DEFERRED.rawValue)
            }
            // SAFETY: nghttp2's own place for our answer.
            unsafe flags!.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
            if stream.isFinished, offered == stream.outgoingBytes {
                unsafe flags!.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
                if session.submitTrailers(of: stream) {
                    unsafe flags!.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
                }
            }
            return offered
        }
    }
}

/// Writes a DATA frame: nine bytes of head from nghttp2, the payload from the stream.
private let sendBody: nghttp2_send_data_callback = { _, frame, head, length, source, user in
    unsafe lend(user) { session in
        if session.output.count >= session.outputLimit { return NGHTTP2_ERR_WOULDBLOCK.rawValue }
        // SAFETY: see above; a handler that has enough submits a reset, and the stream ends when it is sent.
        return unsafe Unmanaged<HTTP2Stream>.fromOpaque(source!.pointee.ptr)._withUnsafeGuaranteedRef { stream in
            // SAFETY: the head is nine bytes (RFC 9113, 4.1); we ask for no padding.
            session.output.append(unsafe ByteView(unsafeStart: head!, count: 9))
            session.output.append(stream.outgoing.view.prefix(length))
            stream.outgoing.consume(length)
            session.outgoingBytes -= length
            session.sentBodyBytes &+= UInt64(length)
            if stream.outgoing.isEmpty, !stream.isFinished {
                stream.outgoing.shrink(to: 4096)
                stream.handler?.streamDrained(stream)
            }
            return 0
        }
    }
}
