// TLSSession.swift: TLS without a socket.
//
// OpenSSL likes to read and write sockets by itself. Ours belong to the event loop, which gathers what all
// of them have to say and flushes each once a turn. So a session is a machine between two pairs of bytes:
//
//       ciphertext from the socket ---> +---------+ ---> plaintext to the protocol
//                                       | session |
//       ciphertext to the socket  <---  +---------+ <--- plaintext from the protocol
//
// OpenSSL reaches the outside through a BIO, an object with a read and a write function. Ours reads from
// the view that is being received and writes into the buffer that is being filled; it holds no memory of
// its own. That is the trick behind small idle connections: the BIOs that come with OpenSSL keep their
// largest size for ever (16 KiB and more, twice), ours keep nothing, and SSL_MODE_RELEASE_BUFFERS lets
// OpenSSL give up its record buffers between records too.
//
// STATES
//     handshaking --(both sides agreed, and our rules accept the peer)--> open --(close_notify)--> closed
//          \------------------- any error: an alert is in the output -----------------> failed
//
// A HANDSHAKE IS SLOW (a signature: up to a millisecond), so it may be done on another thread: nothing here
// is tied to a thread, only to one caller at a time.
//
// RULES    T1  one caller at a time; a second one traps.
//          T2  after an error the output may hold an alert: send it, then close.
//          T3  no plaintext comes out before the peer passed every rule.
//
// COST     per record one copy in and one copy out, which the cipher makes anyway.

package import Bytes
internal import COpenSSL
internal import Synchronization

/// One end of one TLS connection.
///
/// SAFETY (`@safe`, `@unchecked Sendable`): the SSL object and its BIO are owned here, and `busy` makes sure
/// that only one caller at a time is inside (T1).
@safe
package final class TLSSession: @unchecked Sendable {
    /// How far the session is.
    package enum State: Hashable, Sendable {
        /// Agreeing on keys.
        case handshaking
        /// Plaintext flows.
        case open
        /// The other side said goodbye.
        case closed
        /// Something went wrong; nothing flows any more.
        case failed
    }

    /// How far the session is.
    package private(set) var state = State.handshaking
    private let ssl: OpaquePointer
    private let loaded: Loaded
    private let rules: TLSRules
    private let side: TLSContext.Side
    private let host: String
    private let pipe = Pipe()
    /// Why our own rules refused the peer, once they did.
    private var refusal: TLSError?
    /// The peer's certificate, when OpenSSL refused it.
    private var refused: Certificate?
    private let busy = Atomic(false)

    init(_ loaded: Loaded, side: TLSContext.Side, rules: TLSRules, host: String) throws(TLSError) {
        // SAFETY: SSL_new takes its own reference of the context; the BIO's reference of the pipe is the
        // session's own, which outlives the SSL that owns the BIO.
        guard let ssl = unsafe SSL_new(loaded.context), let bio = unsafe Pipe.makeBIO() else {
            throw TLSError(.badSetting, "OpenSSL gives no session: \(OpenSSLErrors.drain().text)")
        }
        unsafe self.ssl = ssl
        self.loaded = loaded
        self.side = side
        self.rules = rules
        self.host = host
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(pipe).toOpaque())
        unsafe SSL_set_bio(ssl, bio, bio)
        // The verification below finds its session here; it runs only inside a call of the session.
        _ = unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        // SAFETY: settings of a session that nobody else has yet.
        switch side {
        case .server: unsafe SSL_set_accept_state(ssl)
        case .client:
            unsafe SSL_set_connect_state(ssl)
            try expectHost()
        }
    }

    // SAFETY: frees the BIO too, which is the SSL's own.
    deinit { unsafe SSL_free(ssl) }

    /// A client tells the server whom it wants, and OpenSSL whose certificate to accept.
    private func expectHost() throws(TLSError) {
        guard !host.isEmpty else { return }
        // SAFETY: the parameters belong to the session; OpenSSL copies the texts.
        let parameters = unsafe SSL_get0_param(ssl)
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, host) == 1 { return }
        OpenSSLErrors.clear()
        unsafe X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        let good = unsafe tls_set_server_name(ssl, host) == 1 && X509_VERIFY_PARAM_set1_host(parameters, host, 0) == 1
        guard good else { throw TLSError(.badSetting, "\"\(host)\" is no host name: \(OpenSSLErrors.drain().text)") }
    }

    // MARK: Bytes in, bytes out

    /// Takes what the socket delivered; plaintext is appended to `plaintext`, and what must be sent back
    /// (handshake, alerts) to `output`. A client calls it once with nothing to begin.
    package func receive(
        _ ciphertext: ByteView, plaintext: inout ByteBuffer, output: inout ByteBuffer
    ) throws(TLSError) {
        enter()
        pipe.input = ciphertext
        swap(&pipe.output, &output)
        defer {
            swap(&pipe.output, &output)
            pipe.input = ByteView()
            leave()
        }
        if state == .handshaking { try advanceHandshake() }
        if state == .open { try readAll(into: &plaintext) }
    }

    /// Encrypts `plaintext` into `output`. Only when open.
    package func send(_ plaintext: ByteView, output: inout ByteBuffer) throws(TLSError) {
        guard plaintext.count > 0 else { return }
        precondition(state == .open || state == .closed, "T3: nothing is sent before the handshake is done")
        enter()
        swap(&pipe.output, &output)
        defer {
            swap(&pipe.output, &output)
            leave()
        }
        OpenSSLErrors.clear()
        var done = 0
        while done < plaintext.count {
            var written = 0
            // SAFETY: OpenSSL reads within the view and keeps no pointer: our BIO takes every byte at once.
            let result = unsafe plaintext.dropFirst(done).withUnsafeBytes { bytes in
                unsafe SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &written)
            }
            guard result == 1 else { throw fail("sending over TLS") }
            done += written
        }
    }

    /// Says goodbye: the other side can then tell an end from a cut.
    package func close(output: inout ByteBuffer) {
        guard state == .open || state == .closed else { return }
        enter()
        swap(&pipe.output, &output)
        // SAFETY: our own session, writing through our pipe.
        _ = unsafe SSL_shutdown(ssl)
        OpenSSLErrors.clear()
        swap(&pipe.output, &output)
        state = .closed
        leave()
    }

    private func advanceHandshake() throws(TLSError) {
        OpenSSLErrors.clear()
        // SAFETY: the handshake reads and writes through our pipe only.
        let result = unsafe SSL_do_handshake(ssl)
        guard result == 1 else {
            if unsafe SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ { return }
            throw fail("TLS handshake")
        }
        state = .open
    }

    private func readAll(into plaintext: inout ByteBuffer) throws(TLSError) {
        OpenSSLErrors.clear()
        while true {
            var count = 0
            var result: Int32 = 0
            // SAFETY: OpenSSL writes at most the room it is told of.
            unsafe plaintext.appendUnsafely(upTo: 16_384) { room in
                result = unsafe SSL_read_ex(ssl, room.baseAddress, room.count, &count)
                return result == 1 ? count : 0
            }
            if result == 1 { continue }
            // SAFETY: asks about the call just made.
            switch unsafe SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ: return
            case SSL_ERROR_ZERO_RETURN:
                state = .closed
                return
            default: throw fail("receiving over TLS")
            }
        }
    }

    private func fail(_ doing: String) -> TLSError {
        state = .failed
        if let refusal {
            OpenSSLErrors.clear()
            return refusal
        }
        // SAFETY: a number of our own session.
        let verdict = unsafe SSL_get_verify_result(ssl)
        let errors = OpenSSLErrors.drain()
        if verdict != X509_V_OK, errors.has(SSL_R_CERTIFICATE_VERIFY_FAILED) {
            return refusedChain(doing, verdict: verdict)
        }
        return errors.explained(doing)
    }

    // MARK: Whom we accept

    private func refusedChain(_ doing: String, verdict: Int) -> TLSError {
        // SAFETY: the words of a verdict are constants of the library.
        let words = unsafe String(cString: X509_verify_cert_error_string(verdict))
        let other =
            side == .server ? "the client's certificate" : "the certificate of \(host.isEmpty ? "the server" : host)"
        let meaning =
            switch Int32(verdict) {
            case X509_V_ERR_CERT_HAS_EXPIRED: "it is expired, or this machine's clock is ahead"
            case X509_V_ERR_CERT_NOT_YET_VALID: "it is not valid yet, or this machine's clock is behind"
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
                "it is not made for that name: add the name or address to its SAN "
                    + "(it has \(refused?.alternativeNames.joined(separator: ", ") ?? "none"))"
            case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
                X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
                "no CA in the trusted CA file signed it"
            case X509_V_ERR_INVALID_PURPOSE:
                "its extended key usage does not allow this use (servers need serverAuth, clients clientAuth)"
            default: "it does not pass"
            }
        return TLSError(.refusedPeer, "\(doing): \(other) is refused: \(meaning) (\(words))")
    }

    /// OpenSSL asks this for each certificate of the chain, the peer's own last. We have a say at the end:
    /// inside the handshake, so that a refused peer learns of it by an alert and sees no plaintext (T3).
    ///
    /// SAFETY: the session is found through the SSL object that is being verified, which it owns.
    static let verifyPeer: @convention(c) (Int32, OpaquePointer?) -> Int32 = { isGood, store in
        guard unsafe X509_STORE_CTX_get_error_depth(store) == 0,
            let ssl = unsafe X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let data = unsafe SSL_get_ex_data(OpaquePointer(ssl), 0)
        else { return isGood }
        let session = unsafe Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
        guard isGood == 1 else {
            // OpenSSL forgets a certificate that it refuses; the error that we make wants to speak of it.
            if let x509 = unsafe X509_STORE_CTX_get0_cert(store), unsafe X509_up_ref(x509) == 1 {
                session.refused = unsafe Certificate(owning: x509)
            }
            return isGood
        }
        // SAFETY: the list belongs to the verification that is under way.
        let stack = unsafe X509_STORE_CTX_get0_chain(store)
        let chain = unsafe (0..<tls_chain_count(stack)).compactMap { place in
            // Each certificate of the borrowed list gets a reference of ours.
            unsafe tls_chain_at(stack, place).map { x509 in
                _ = unsafe X509_up_ref(x509)
                return unsafe Certificate(owning: x509)
            }
        }
        session.refusal = session.refusal(of: chain)
        guard session.refusal != nil else { return 1 }
        unsafe X509_STORE_CTX_set_error(store, Int32(X509_V_ERR_APPLICATION_VERIFICATION))
        return 0
    }

    /// Our own rules, after OpenSSL has accepted the chain; the peer's own certificate comes first.
    private func refusal(of chain: [Certificate]) -> TLSError? {
        guard let peer = chain.first else { return nil }
        let who = "certificate \"\(peer.commonName)\" (SAN \(peer.alternativeNames.joined(separator: ", ")))"
        if let serial = chain.first(where: loaded.revoked.contains)?.serialNumber {
            return TLSError(
                .refusedPeer, "TLS handshake: certificate serial \(serial) revoked (in the chain of \(who))")
        }
        if !rules.allowedCommonNames.isEmpty, !rules.allowedCommonNames.contains(peer.commonName) {
            return TLSError(
                .refusedPeer, "TLS handshake: the common name of \(who) is none of \(rules.allowedCommonNames)")
        }
        if !rules.allowedHostNames.isEmpty, !rules.allowedHostNames.contains(where: peer.isValid(forHost:)) {
            return TLSError(
                .refusedPeer, "TLS handshake: \(who) is good for none of the hosts \(rules.allowedHostNames)")
        }
        return nil
    }

    /// What the other side showed, after the handshake.
    package var peerCertificate: Certificate? {
        // SAFETY: get1 gives us a reference of our own.
        unsafe SSL_get1_peer_certificate(ssl).map { unsafe Certificate(owning: $0) }
    }

    // MARK: What was agreed

    /// The protocol that ALPN chose.
    package var applicationProtocol: String? {
        var bytes: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        // SAFETY: the name belongs to the session and is copied here.
        unsafe SSL_get0_alpn_selected(ssl, &bytes, &length)
        guard let bytes = unsafe bytes, length > 0 else { return nil }
        return unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: Int(length)), as: UTF8.self)
    }

    /// The version in words, like `TLSv1.3`.
    package var version: String { unsafe String(cString: SSL_get_version(ssl)) }

    /// The host name that the client asked for.
    package var serverName: String? {
        // SAFETY: the text belongs to the session and is copied here.
        unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { unsafe String(cString: $0) }
    }

    private func enter() {
        let entered = busy.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
        precondition(entered, "T1: two callers in one TLS session")
    }

    private func leave() { busy.store(false, ordering: .releasing) }
}

/// What OpenSSL sees as its connection: the view that is being received, and the buffer being filled.
private final class Pipe {
    var input = ByteView()
    var output = ByteBuffer()

    /// The kind of BIO, made once for the process.
    ///
    /// SAFETY: the functions find their pipe through the BIO's data, which the session set and which lives as
    /// long as the session; they run only inside a call of the session.
    nonisolated(unsafe) private static let method: OpaquePointer? = {
        guard let method = unsafe BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pipe") else { return nil }
        unsafe BIO_meth_set_write_ex(
            method,
            { bio, bytes, count, written in
                guard let data = unsafe BIO_get_data(bio), let bytes = unsafe bytes else { return 0 }
                let pipe = unsafe Unmanaged<Pipe>.fromOpaque(data).takeUnretainedValue()
                unsafe pipe.output.append(ByteView(unsafeStart: bytes, count: count))
                // SAFETY: OpenSSL's own place for the answer.
                unsafe written?.pointee = count
                unsafe tls_bio_no_retry(bio)
                return 1
            })
        unsafe BIO_meth_set_read_ex(
            method,
            { bio, room, size, count in
                guard let data = unsafe BIO_get_data(bio), let room = unsafe room else { return 0 }
                let pipe = unsafe Unmanaged<Pipe>.fromOpaque(data).takeUnretainedValue()
                // SAFETY: `taken` bytes are there to read and fit into OpenSSL's `size`.
                let taken = min(size, pipe.input.count)
                unsafe count?.pointee = taken
                guard taken > 0 else {
                    // Nothing more at the moment, which is not the end.
                    unsafe tls_bio_retry_read(bio)
                    return 0
                }
                unsafe pipe.input.withUnsafeBytes {
                    unsafe UnsafeMutableRawPointer(room).copyMemory(from: $0.baseAddress!, byteCount: taken)
                }
                pipe.input = pipe.input.dropFirst(taken)
                unsafe tls_bio_no_retry(bio)
                return 1
            })
        // SAFETY: both functions need nothing but the BIO that they are given.
        unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        unsafe BIO_meth_set_create(method) { bio in
            unsafe BIO_set_init(bio, 1)
            return 1
        }
        return unsafe method
    }()

    static func makeBIO() -> OpaquePointer? { unsafe method.flatMap { unsafe BIO_new($0) } }
}
