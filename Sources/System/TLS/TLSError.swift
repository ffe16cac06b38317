// TLSError.swift: which file, which check, what to do.
//
// Nine in ten troubles of a first TLS cluster are one of a dozen mistakes, and OpenSSL describes them in
// words that only its authors understand. So an error of ours keeps OpenSSL's words at the end, for
// those who search for them, and says first what they mean and what mends it.

internal import COpenSSL

/// Something about certificates, keys or a handshake that went wrong.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of trouble it is, for whoever counts or answers it.
    package enum Kind: Hashable, Sendable {
        /// A file cannot be read.
        case unreadableFile
        /// A file is readable and not what it should be.
        case malformedFile
        /// Certificate and key do not belong together.
        case keyMismatch
        /// A setting that cannot be.
        case badSetting
        /// The other side spoke plain HTTP.
        case plainHTTP
        /// The other side speaks something that is not TLS.
        case notTLS
        /// No version or cipher suite in common.
        case nothingInCommon
        /// We refuse the other side's certificate.
        case refusedPeer
        /// The other side refuses ours, by an alert.
        case refusedByPeer
        /// The other side broke the protocol, or went away in its middle.
        case protocolViolation
    }

    /// What kind of trouble it is.
    package let kind: Kind
    /// What happened, where, what it means, what to do.
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// Takes everything off OpenSSL's error queue of this thread. The queue must be empty before a call whose
/// error is to be read from it, or an old trouble is taken for a new one.
struct OpenSSLErrors {
    /// The codes, oldest first.
    private(set) var codes: [UInt] = []

    /// Empties the queue into a value.
    static func drain() -> OpenSSLErrors {
        var errors = OpenSSLErrors()
        while case let code = ERR_get_error(), code != 0 { errors.codes.append(UInt(code)) }
        return errors
    }

    /// Forgets what is on the queue.
    static func clear() { ERR_clear_error() }

    /// The words of OpenSSL, for those who search for them.
    var text: String {
        codes.map { code in
            // SAFETY: the reason string of a code is a constant of the library, or nil.
            guard let reason = unsafe ERR_reason_error_string(code) else { return "error \(code)" }
            return unsafe String(cString: reason)
        }.joined(separator: "; ")
    }

    /// Whether some error of the SSL library has this reason.
    func has(_ reason: Int32) -> Bool {
        codes.contains { tls_error_library($0) == ERR_LIB_SSL && tls_error_reason($0) == reason }
    }

    /// The alert by which the other side refused, if it did: reasons above 1000 are alerts received.
    var alert: Int32? {
        let base = SSL_AD_REASON_OFFSET
        return codes.lazy.filter { tls_error_library($0) == ERR_LIB_SSL }
            .map { tls_error_reason($0) }.first { $0 > base && $0 < base + 256 }.map { $0 - base }
    }

    /// What a failed handshake or record means.
    func explained(_ doing: String) -> TLSError {
        if has(SSL_R_HTTP_REQUEST) || has(SSL_R_HTTPS_PROXY_REQUEST) {
            return TLSError(.plainHTTP, "\(doing): the client spoke plain HTTP on a TLS port; use https:// there")
        }
        if let alert { return Self.refusal(doing, alert: alert, words: text) }
        if has(SSL_R_NO_SHARED_CIPHER) || has(SSL_R_UNSUPPORTED_PROTOCOL) || has(SSL_R_VERSION_TOO_LOW)
            || has(SSL_R_NO_PROTOCOLS_AVAILABLE) || has(SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM)
        {
            return TLSError(
                .nothingInCommon,
                "\(doing): no TLS version or cipher suite in common; compare --tls-min-version, "
                    + "--tls-max-version and --cipher-suites with what the other side offers (\(text))")
        }
        if has(SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
            return TLSError(
                .refusedPeer,
                "\(doing): the client showed no certificate, and one is required here; give it one "
                    + "(etcdctl: --cert and --key) signed by the CA of --trusted-ca-file")
        }
        if has(SSL_R_WRONG_VERSION_NUMBER) || has(SSL_R_PACKET_LENGTH_TOO_LONG) || has(SSL_R_UNEXPECTED_MESSAGE)
            || has(SSL_R_BAD_RECORD_TYPE)
        {
            return TLSError(.notTLS, "\(doing): the other side does not speak TLS (\(text))")
        }
        return TLSError(.protocolViolation, "\(doing): \(text.isEmpty ? "the connection ended" : text)")
    }

    private static func refusal(_ doing: String, alert: Int32, words: String) -> TLSError {
        let meaning =
            switch alert {
            case SSL_AD_UNKNOWN_CA:
                "it does not trust the CA that signed our certificate; give it that CA's certificate"
            case SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE, SSL_AD_CERTIFICATE_UNKNOWN:
                "it refuses our certificate: wrong name (SAN), wrong use, or not signed by a CA that it trusts"
            case SSL_AD_CERTIFICATE_EXPIRED: "our certificate is expired, or its clock is wrong"
            case SSL_AD_CERTIFICATE_REVOKED: "our certificate is revoked"
            case SSL_AD_CERTIFICATE_REQUIRED: "it requires a client certificate and got none"
            case SSL_AD_PROTOCOL_VERSION, SSL_AD_HANDSHAKE_FAILURE: "no TLS version or cipher suite in common"
            default: "alert \(alert)"
            }
        return TLSError(.refusedByPeer, "\(doing): the other side refused: \(meaning) (\(words))")
    }
}
