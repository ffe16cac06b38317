// TLSContext.swift: what all connections of a listener, or all of a client, have in common.
//
// Certificates are renewed every few weeks, and a database is not restarted for that. So a context knows
// the files it was made from, and looks at them again before a new handshake:
//
//     new connection --> are size, time or inode of a file other than before? --no--> same SSL_CTX
//                                         | yes
//                                         v
//                       read them all, check them together --fails--> keep the old, report once
//                                         | good
//                                         v
//                                  a new SSL_CTX; old connections keep theirs
//
// WHY KEEP THE OLD ONE? Files are often replaced one after the other: for a moment the new certificate
// lies beside the old key. A server that fell over then, or refused everybody, would punish a harmless
// race. The next handshake looks again.
//
// WHO MAY CONNECT is decided in layers, each with its own error:
//     chain       signed by the CA of --trusted-ca-file (OpenSSL checks it in the handshake)
//     revocation  serial number not in the CRL file (as etcd does: any CA's serial)
//     name        the CN, or a host name in the SAN, is one of the allowed ones
//
// COST     one stat per file and new connection (a few microseconds).
// RULES    X1  a context is shared by threads; its mutable half is under one lock.
//          X2  a session never changes its SSL_CTX.

import Bytes
internal import COpenSSL
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The files from which a context is made; empty strings mean none, as with etcd's flags.
package struct TLSFiles: Hashable, Sendable {
    /// Our certificate, with its chain behind it.
    package var certificate = ""
    /// The key of our certificate.
    package var key = ""
    /// The CAs that we trust.
    package var trustedCA = ""
    /// Serial numbers that we refuse although a trusted CA signed them.
    package var revocationList = ""

    /// No files.
    package init(certificate: String = "", key: String = "", trustedCA: String = "", revocationList: String = "") {
        self.certificate = certificate
        self.key = key
        self.trustedCA = trustedCA
        self.revocationList = revocationList
    }

    var all: [String] { [certificate, key, trustedCA, revocationList].filter { !$0.isEmpty } }
}

/// What we ask of the other side, and how we speak.
package struct TLSRules: Hashable, Sendable {
    /// What a server wants to see of its clients.
    package enum ClientCertificate: Hashable, Sendable {
        /// Nothing.
        case ignored
        /// If one is shown it must be good.
        case optional
        /// One must be shown, and be good.
        case required
    }

    /// The oldest version that we speak.
    package var minimumVersion = TLSVersion.tls12
    /// The newest version that we speak; nil for the newest there is.
    package var maximumVersion: TLSVersion?
    /// TLS 1.2 suites by the names of etcd's flags; empty for the good ones.
    package var cipherSuites: [String] = []
    /// Protocols over TLS, the best first.
    package var applicationProtocols = ["h2", "http/1.1"]
    /// Servers: what clients must show.
    package var clientCertificate = ClientCertificate.ignored
    /// If not empty, the peer's common name must be one of these.
    package var allowedCommonNames: [String] = []
    /// If not empty, the peer's certificate must be good for one of these hosts.
    package var allowedHostNames: [String] = []
    /// Clients: do not check the server at all. For experiments only.
    package var skipsVerification = false

    /// Go's defaults.
    package init() {}
}

/// Makes sessions from files and rules, and keeps up with the files.
///
/// SAFETY (`@safe`, `@unchecked Sendable`): the SSL_CTX is counted atomically, and which one is current is
/// under the lock (X1).
@safe
package final class TLSContext: @unchecked Sendable {
    /// Which end of a connection we are.
    package enum Side: Hashable, Sendable {
        /// We accept connections.
        case server
        /// We make them.
        case client
    }

    /// What looking at the files again brought.
    package enum Refresh: Sendable {
        /// They are as they were.
        case unchanged
        /// New ones are in use from now on.
        case reloaded
        /// They changed and cannot be used; the old ones stay. Reported once for each change.
        case kept(TLSError)
    }

    private struct Current {
        var loaded: Loaded
        var stamps: [FileStamp]
    }

    /// Which end we are.
    package let side: Side
    /// Where certificates, keys and lists come from.
    package let files: TLSFiles
    /// What we ask and how we speak.
    package let rules: TLSRules
    private let current: Mutex<Current>

    /// Reads the files and checks that they fit together.
    package init(_ side: Side, files: TLSFiles, rules: TLSRules = TLSRules()) throws(TLSError) {
        self.side = side
        self.files = files
        self.rules = rules
        let stamps = files.all.map(FileStamp.init)
        let loaded = try Loaded(side, files: files, rules: rules)
        current = Mutex(Current(loaded: loaded, stamps: stamps))
    }

    /// Looks at the files again, and uses them if they changed and are good.
    package func refresh() -> Refresh {
        let stamps = files.all.map(FileStamp.init)
        return current.withLock { current in
            guard stamps != current.stamps else { return .unchanged }
            current.stamps = stamps
            do throws(TLSError) {
                current.loaded = try Loaded(side, files: files, rules: rules)
                return .reloaded
            } catch {
                return .kept(error)
            }
        }
    }

    /// A session for a new connection. A client names the host that it wants to reach, and checks the
    /// server's certificate against it.
    package func makeSession(host: String = "") throws(TLSError) -> TLSSession {
        let loaded = current.withLock { $0.loaded }
        return try TLSSession(loaded, side: side, rules: rules, host: host)
    }

    /// Our own certificate as it is now.
    package var certificate: Certificate? { current.withLock { $0.loaded.chain.first } }
}

/// When a file was last written, and which one it is: enough to see that it was replaced.
private struct FileStamp: Hashable {
    private var seconds = 0
    private var nanoseconds = 0
    private var inode: UInt64 = 0
    private var size = 0

    init(_ path: String) {
        var status = stat()
        // SAFETY: stat fills the structure or fails; a missing file has the stamp of zeros.
        guard unsafe stat(path, &status) == 0 else { return }
        #if canImport(Darwin)
            seconds = status.st_mtimespec.tv_sec
            nanoseconds = status.st_mtimespec.tv_nsec
        #else
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        #endif
        inode = UInt64(status.st_ino)
        size = Int(status.st_size)
    }
}

/// One reading of the files: an SSL_CTX and what must stay alive beside it.
///
/// SAFETY (`@safe`, `@unchecked Sendable`): nothing changes after `init`; OpenSSL locks inside.
@safe
final class Loaded: @unchecked Sendable {
    let context: OpaquePointer
    let chain: [Certificate]
    let revoked: RevokedSerials
    /// What ALPN answers from, in the wire's form: one length byte before each name.
    let protocolList: ByteSlice

    init(_ side: TLSContext.Side, files: TLSFiles, rules: TLSRules) throws(TLSError) {
        let chain = files.certificate.isEmpty ? [] : try Certificate.load(files.certificate)
        let revoked = try RevokedSerials(files.revocationList)
        // SAFETY: the two methods are constants of the library.
        guard let context = unsafe SSL_CTX_new(side == .server ? TLS_server_method() : TLS_client_method()) else {
            throw TLSError(.badSetting, "OpenSSL gives no context: \(OpenSSLErrors.drain().text)")
        }
        unsafe self.context = context
        self.chain = chain
        self.revoked = revoked
        var list = ByteBuffer()
        for name in rules.applicationProtocols {
            list.append(UInt8(name.utf8.count))
            list.append(name)
        }
        protocolList = list.slice()
        // SAFETY: the context is ours from here on.
        unsafe tls_ctx_set_modes(context)
        _ = unsafe tls_ctx_set_groups(context, "X25519:P-256:P-384:P-521")
        try setVersions(rules)
        try setIdentity(files)
        try setTrust(side, files, rules)
        setProtocols(side)
    }

    // SAFETY: gives up our reference; sessions have their own.
    deinit { unsafe SSL_CTX_free(context) }

    private func setVersions(_ rules: TLSRules) throws(TLSError) {
        if let maximum = rules.maximumVersion, maximum < rules.minimumVersion {
            throw TLSError(
                .badSetting,
                "min version (\(rules.minimumVersion.rawValue)) is greater than max version (\(maximum.rawValue))")
        }
        if !rules.cipherSuites.isEmpty, rules.minimumVersion == .tls13 {
            throw TLSError(.badSetting, "cipher suites cannot be configured when only TLS1.3 is enabled")
        }
        // SAFETY: settings of a context that nobody else has yet.
        _ = unsafe tls_ctx_set_min_version(context, rules.minimumVersion.wireNumber)
        _ = unsafe tls_ctx_set_max_version(context, rules.maximumVersion?.wireNumber ?? 0)
        var names: [String] = []
        for name in rules.cipherSuites {
            guard let suite = CipherSuite.named(name) else {
                throw TLSError(.badSetting, "unexpected TLS cipher suite \"\(name)\"")
            }
            if let known = suite.openSSLName { names.append(known) }
        }
        if !rules.cipherSuites.isEmpty, names.isEmpty {
            throw TLSError(
                .badSetting, "none of the cipher suites \(rules.cipherSuites) is still secure enough to be offered")
        }
        let list = names.isEmpty ? CipherSuite.openSSLDefaults : names.joined(separator: ":")
        // SAFETY: OpenSSL copies the list.
        guard unsafe SSL_CTX_set_cipher_list(context, list) == 1 else {
            throw TLSError(
                .badSetting, "OpenSSL takes none of the cipher suites \(list): \(OpenSSLErrors.drain().text)")
        }
    }

    private func setIdentity(_ files: TLSFiles) throws(TLSError) {
        guard let leaf = chain.first else { return }
        let key = try PrivateKey.load(files.key.isEmpty ? files.certificate : files.key)
        guard key.belongs(to: leaf) else {
            throw TLSError(
                .keyMismatch,
                "the key in \(files.key) is not the key of the certificate in \(files.certificate): they must be made "
                    + "together; compare `openssl x509 -in CERT -noout -pubkey` with `openssl pkey -in KEY -pubout`")
        }
        // SAFETY: OpenSSL takes its own references.
        var good = unsafe SSL_CTX_use_certificate(context, leaf.x509) == 1
        good = unsafe good && SSL_CTX_use_PrivateKey(context, key.pkey) == 1
        for issuer in chain.dropFirst() {
            good = unsafe good && tls_ctx_add_chain_certificate(context, issuer.x509) == 1
        }
        guard good else {
            throw TLSError(.malformedFile, "OpenSSL refuses \(files.certificate): \(OpenSSLErrors.drain().text)")
        }
    }

    private func setTrust(_ side: TLSContext.Side, _ files: TLSFiles, _ rules: TLSRules) throws(TLSError) {
        if !files.trustedCA.isEmpty {
            // The file is read by hand first, for an error that says more than OpenSSL's.
            let authorities = try Certificate.load(files.trustedCA)
            // SAFETY: the store belongs to the context and takes its own references.
            let store = unsafe SSL_CTX_get_cert_store(context)
            for authority in authorities {
                _ = unsafe X509_STORE_add_cert(store, authority.x509)
                if side == .server { _ = unsafe SSL_CTX_add_client_CA(context, authority.x509) }
            }
            OpenSSLErrors.clear()
        } else if side == .client || rules.clientCertificate != .ignored {
            // As Go does: with no CA named, those of the operating system.
            _ = unsafe SSL_CTX_set_default_verify_paths(context)
            OpenSSLErrors.clear()
        }
        let mode: Int32 =
            switch side {
            case .client: rules.skipsVerification ? SSL_VERIFY_NONE : SSL_VERIFY_PEER
            case .server:
                switch rules.clientCertificate {
                case .ignored: SSL_VERIFY_NONE
                case .optional: SSL_VERIFY_PEER
                case .required: SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                }
            }
        // SAFETY: the function is a constant of the program and finds its session by itself.
        unsafe SSL_CTX_set_verify(context, mode, TLSSession.verifyPeer)
    }

    private func setProtocols(_ side: TLSContext.Side) {
        guard !protocolList.isEmpty else { return }
        if side == .client {
            // SAFETY: OpenSSL copies the list.
            unsafe protocolList.view.withUnsafeBytes { bytes in
                let typed = unsafe bytes.bindMemory(to: UInt8.self)
                _ = unsafe SSL_CTX_set_alpn_protos(context, typed.baseAddress, UInt32(typed.count))
            }
            return
        }
        // SAFETY: `self` outlives the SSL_CTX, except for sessions that still hold it; those hold `self` too (X2).
        unsafe SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, length, offered, offeredLength, argument in
                let loaded = unsafe Unmanaged<Loaded>.fromOpaque(argument!).takeUnretainedValue()
                return unsafe loaded.protocolList.view.withUnsafeBytes { ours in
                    // The server's preference wins. OpenSSL's own matcher knows the wire's form.
                    let typed = unsafe ours.bindMemory(to: UInt8.self)
                    var match: UnsafeMutablePointer<UInt8>?
                    let answer = unsafe SSL_select_next_proto(
                        &match, length, typed.baseAddress, UInt32(typed.count), offered, offeredLength)
                    guard answer == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_NOACK }
                    unsafe chosen?.pointee = UnsafePointer(match)
                    return SSL_TLSEXT_ERR_OK
                }
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}

/// The serial numbers of a revocation list, PEM or DER. As etcd does, a serial is refused whoever issued
/// the certificate.
struct RevokedSerials: Sendable {
    private var serials: Set<String> = []

    init(_ path: String) throws(TLSError) {
        guard !path.isEmpty else { return }
        let file = try PEMFile(path, whatFor: "a certificate revocation list")
        // SAFETY: the list that comes back is ours.
        var list = unsafe PEM_read_bio_X509_CRL(file.bio, nil, nil, nil)
        if unsafe list == nil {
            let again = try PEMFile(path, whatFor: "a certificate revocation list")
            unsafe list = d2i_X509_CRL_bio(again.bio, nil)
        }
        OpenSSLErrors.clear()
        guard let list = unsafe list else {
            throw TLSError(.malformedFile, "\(path) is no certificate revocation list, neither PEM nor DER")
        }
        // SAFETY: freed when everything of it was copied.
        defer { unsafe X509_CRL_free(list) }
        guard let entries = unsafe X509_CRL_get_REVOKED(list) else { return }
        // SAFETY: the entries belong to the list, which lives until the end of this function.
        for place in unsafe 0..<OPENSSL_sk_num(entries) {
            guard let entry = unsafe OPENSSL_sk_value(entries, place) else { continue }
            guard let number = unsafe ASN1_INTEGER_to_BN(X509_REVOKED_get0_serialNumber(OpaquePointer(entry)), nil),
                let text = unsafe BN_bn2hex(number)
            else { continue }
            serials.insert(unsafe String(cString: text).lowercased())
            unsafe CRYPTO_free(text, nil, 0)
            unsafe BN_free(number)
        }
    }

    func contains(_ certificate: Certificate) -> Bool {
        !serials.isEmpty && serials.contains(certificate.serialNumber)
    }
}
