// HTTP2Stream.swift: one request and its answer among many on a connection.
//
//     server:   opened --> head --> body ... --> end of request
//               respond(head) --> send ... --> finish(trailers) --> closed
//
// What is to be sent waits in `outgoing` until flow control lets it go. Nobody but the handler puts
// bytes there, so nobody but the handler can make it grow: it asks `outgoing.count` before it writes more
// and hears `drained` when the peer has taken what there was. That is how a watch that nobody reads
// stops producing instead of eating memory.
//
// In the other direction the peer may send as much as the stream's window says. Bytes that the handler
// was given count as consumed, unless it says `holdsWindow`: then the peer stops after one window until
// the handler calls `consume`.

package import Bytes

/// Who hears what happens on a stream. All calls come from within `HTTP2Session.receive` or `produce`.
package protocol HTTP2StreamHandler: AnyObject {
    /// The final response's head (client). At a server the session's delegate gets the head.
    func stream(_ stream: HTTP2Stream, receivedHead headers: HeaderList, isEnd: Bool)
    /// A part of the body; true until the call returns.
    func stream(_ stream: HTTP2Stream, receivedBody bytes: ByteView)
    /// Nothing more comes; with the trailers, where there were any.
    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HeaderList?)
    /// Everything that waited in `outgoing` was taken, and the handler has not finished yet.
    func streamDrained(_ stream: HTTP2Stream)
    /// The stream is over: `noError` after a complete exchange. Always the last call.
    func stream(_ stream: HTTP2Stream, closed code: HTTP2ErrorCode)
}

/// One stream of a session. Let go by the session when it is closed; whoever keeps it finds `isClosed`.
///
/// SAFETY (`@safe`): `session` is followed only while the stream is not closed, and the two links only by the session.
@safe
package final class HTTP2Stream {
    /// Its number on the wire: odd, since servers of ours push nothing.
    package private(set) var id: Int32
    /// The session, until the stream is closed. Not counted: it is asked several times a request.
    // SAFETY: the session lets go of every open stream in its own `deinit` at the latest, and `isClosed` is set then;
    // nothing here looks at `session` when `isClosed`.
    private let session: Unmanaged<HTTP2Session>
    /// Who hears what happens; let go when the stream is closed.
    package var handler: (any HTTP2StreamHandler)?
    /// Whether the stream is over.
    package internal(set) var isClosed = false
    /// Whether the other side may send nothing more on it.
    package internal(set) var isRemoteEnded = false

    /// Neighbours in the session's list of open streams.
    // SAFETY: who is in the list is retained by the session and leaves the list before it is released.
    var next: Unmanaged<HTTP2Stream>?
    var previous: Unmanaged<HTTP2Stream>?

    /// The head, so that its memory can serve the next stream when nobody else holds it.
    var head: HeaderList?
    var sawHead = false
    /// How many bytes of the announced body are still to come, at a server; nil when none was announced.
    var awaitedBytes: Int?
    var bodyIsComplete: Bool { awaitedBytes == nil || awaitedBytes == 0 }

    var outgoing = ByteBuffer(capacity: 256)
    var trailers: HeaderList?
    var immortalTrailers: ImmortalHeaders?
    var isFinished = false
    var isDeferred = false

    /// Set when the handler decides itself how fast the peer may send (see the head comment).
    package var holdsWindow = false

    init(id: Int32, session: HTTP2Session) {
        self.id = id
        // SAFETY: see `session`.
        unsafe self.session = .passUnretained(session)
    }

    /// Lends the session without counting it; only for a stream that is not closed.
    ///
    /// SAFETY: see `session`.
    @unsafe @inline(__always)
    private func lendSession(_ body: (HTTP2Session) -> Void) { unsafe session._withUnsafeGuaranteedRef(body) }

    /// Makes a closed stream that nobody else holds into a new one.
    func renew(id: Int32) {
        self.id = id
        (isClosed, isRemoteEnded, sawHead) = (false, false, false)
        (isFinished, isDeferred, holdsWindow) = (false, false, false)
        awaitedBytes = nil
        trailers = nil
        immortalTrailers = nil
        outgoing.removeAll()
    }

    /// Bytes that wait for the peer to take them.
    package var outgoingBytes: Int { outgoing.count }

    /// Whether `finish` was called.
    package var hasFinished: Bool { isFinished }

    /// Answers with a head (server); the body follows by `send` and `finish`, unless `isEnd`.
    package func respond(_ headers: HeaderList, isEnd: Bool) {
        // SAFETY: not closed, so the session is there.
        if !isClosed { unsafe lendSession { $0.respond(on: self, headers, isEnd: isEnd) } }
    }

    /// The same with a head that is always the same.
    package func respond(_ headers: ImmortalHeaders, isEnd: Bool) {
        // SAFETY: as above.
        if !isClosed { unsafe lendSession { $0.respond(on: self, headers, isEnd: isEnd) } }
    }

    /// Adds bytes to what is to be sent; `write` must not touch the stream otherwise.
    package func send(_ write: (inout ByteBuffer) -> Void) {
        guard !isClosed, !isFinished else { return }
        let before = outgoing.count
        write(&outgoing)
        // SAFETY: not closed, so the session is there; `write` cannot end it, being told not to touch the stream.
        let added = outgoing.count - before
        unsafe lendSession { $0.outgoingBytes += added }
        resume()
    }

    /// Adds bytes to what is to be sent.
    package func send(_ bytes: ByteView) {
        send { $0.append(bytes) }
    }

    /// Nothing more will be sent after what waits, except the trailers.
    package func finish(trailers: HeaderList? = nil) {
        guard !isClosed, !isFinished else { return }
        isFinished = true
        self.trailers = trailers
        resume()
    }

    /// The same with trailers that are always the same.
    package func finish(trailers: ImmortalHeaders) {
        guard !isClosed, !isFinished else { return }
        isFinished = true
        immortalTrailers = trailers
        resume()
    }

    private func resume() {
        // SAFETY: callers have seen that the stream is not closed, so the session is there.
        unsafe lendSession { if isDeferred { $0.resume(self) } else { $0.hasOutput() } }
    }

    /// Lets the peer send `count` more bytes, for handlers that hold the window.
    package func consume(_ count: Int) {
        guard !isClosed, count > 0 else { return }
        // SAFETY: not closed, so the session is there.
        unsafe lendSession { $0.consume(self, count) }
    }

    /// Ends the stream at once, for a reason.
    package func reset(_ code: HTTP2ErrorCode) {
        guard !isClosed else { return }
        // SAFETY: not closed, so the session is there.
        unsafe lendSession { $0.reset(self, code) }
    }
}
