// Certificate.swift: what a certificate says, and reading it from a file.
//
// A certificate is a signed sentence: "the holder of this key is called so, from then until then". Three
// of its parts decide whether a cluster comes up:
//
//     subject     CN=n1, O=etcd                who it is; etcd's auth can take the CN as user name
//     SAN         DNS:n1.example, IP:10.0.0.1  for which addresses it may answer: clients check only these
//     validity    notBefore ... notAfter       when; a wrong clock looks exactly like an expired certificate
//
// WHY WARN ABOUT A MISSING SAN? Go's clients (etcdctl among them) have ignored the common name as an
// address for years. A certificate without a SAN for the advertised host starts a server that no client
// will talk to, and the client's error blames the certificate, not the person who made it.

internal import COpenSSL

/// One X.509 certificate.
///
/// SAFETY (`@safe`, `Sendable`): owns one reference of an immutable, atomically counted X509 object.
@safe
package final class Certificate: @unchecked Sendable {
    let x509: OpaquePointer

    /// Takes over one reference.
    init(owning x509: OpaquePointer) { unsafe self.x509 = x509 }
    deinit { unsafe X509_free(x509) }

    /// All certificates of a PEM file, at least one.
    package static func load(_ path: String) throws(TLSError) -> [Certificate] {
        let file = try PEMFile(path, whatFor: "a certificate")
        var certificates: [Certificate] = []
        // SAFETY: the file is open; each X509 that comes back is ours.
        while let x509 = unsafe PEM_read_bio_X509(file.bio, nil, nil, nil) {
            certificates.append(unsafe Certificate(owning: x509))
        }
        OpenSSLErrors.clear()
        guard !certificates.isEmpty else {
            throw TLSError(
                .malformedFile,
                "\(path) holds no PEM certificate (-----BEGIN CERTIFICATE-----); is it the key, or DER? "
                    + "`openssl x509 -in \(path) -noout -text` shows what it is")
        }
        return certificates
    }

    /// The common name of the subject; empty when it has none.
    package var commonName: String {
        // SAFETY: the name belongs to the certificate; OpenSSL writes at most `count` bytes, with a zero.
        var text = [CChar](repeating: 0, count: 256)
        let length = unsafe X509_NAME_get_text_by_NID(
            X509_get_subject_name(x509), NID_commonName, &text, Int32(text.count))
        return length > 0 ? String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    }

    /// The host names and addresses for which the certificate may answer.
    package var alternativeNames: [String] {
        // SAFETY: the list that comes back is ours until it is freed below.
        guard let raw = unsafe X509_get_ext_d2i(x509, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(raw)
        defer { unsafe tls_names_free(names) }
        return unsafe (0..<tls_names_count(names)).compactMap { unsafe Self.text(tls_names_at(names, $0)) }
    }

    private static func text(_ name: UnsafePointer<GENERAL_NAME>?) -> String? {
        guard let name = unsafe name?.pointee else { return nil }
        // SAFETY: for these two kinds the union holds an ASN.1 string, whose bytes live as long as the name.
        switch unsafe name.type {
        case GEN_DNS:
            let length = unsafe Int(ASN1_STRING_length(name.d.dNSName))
            guard let bytes = unsafe ASN1_STRING_get0_data(name.d.dNSName) else { return nil }
            return unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: length), as: UTF8.self)
        case GEN_IPADD:
            let length = unsafe Int(ASN1_STRING_length(name.d.iPAddress))
            guard let bytes = unsafe ASN1_STRING_get0_data(name.d.iPAddress) else { return nil }
            return unsafe addressText([UInt8](UnsafeBufferPointer(start: bytes, count: length)))
        default: return nil
        }
    }

    private static func addressText(_ bytes: [UInt8]) -> String? {
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
        guard bytes.count == 16 else { return nil }
        return stride(from: 0, to: 16, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }.joined(separator: ":")
    }

    /// Whether a client that asked for `host` (a name or an address) would accept this certificate.
    package func isValid(forHost host: String) -> Bool {
        // SAFETY: both functions only read the certificate and the zero-terminated text.
        if unsafe X509_check_ip_asc(x509, host, 0) == 1 { return true }
        return unsafe X509_check_host(x509, host, 0, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT), nil) == 1
    }

    /// The serial number in hex, as revocation lists speak of it.
    package var serialNumber: String {
        // SAFETY: the serial belongs to the certificate; number and text are ours to free.
        guard let number = unsafe ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), nil) else { return "" }
        defer { unsafe BN_free(number) }
        guard let text = unsafe BN_bn2hex(number) else { return "" }
        defer { unsafe CRYPTO_free(text, nil, 0) }
        return unsafe String(cString: text).lowercased()
    }

    /// Whether `now` (seconds since 1970) lies outside its validity; and how.
    package func complaint(at now: Int) -> String? {
        var now = time_t(now)
        // SAFETY: the times belong to the certificate.
        if unsafe X509_cmp_time(X509_get0_notBefore(x509), &now) > 0 {
            return "is not valid yet (or this clock is behind)"
        }
        if unsafe X509_cmp_time(X509_get0_notAfter(x509), &now) < 0 { return "is expired (or this clock is ahead)" }
        return nil
    }
}

/// A file of PEM blocks, open for reading.
@safe
struct PEMFile: ~Copyable {
    let bio: OpaquePointer

    init(_ path: String, whatFor purpose: String) throws(TLSError) {
        OpenSSLErrors.clear()
        // SAFETY: OpenSSL copies the path.
        guard let bio = unsafe BIO_new_file(path, "r") else {
            let words = OpenSSLErrors.drain().text
            throw TLSError(
                .unreadableFile,
                "cannot read \(path), which should hold \(purpose): \(words). Does the file exist, and may this user read it?"
            )
        }
        unsafe self.bio = bio
    }

    deinit { _ = unsafe BIO_free(bio) }
}

/// A private key.
///
/// SAFETY (`@safe`, `Sendable`): owns one reference of an atomically counted EVP_PKEY that is not changed.
@safe
package final class PrivateKey: @unchecked Sendable {
    let pkey: OpaquePointer

    init(owning pkey: OpaquePointer) { unsafe self.pkey = pkey }
    deinit { unsafe EVP_PKEY_free(pkey) }

    /// The key of a PEM file. A key with a passphrase is refused: nobody is there to type it.
    package static func load(_ path: String) throws(TLSError) -> PrivateKey {
        let file = try PEMFile(path, whatFor: "a private key")
        // SAFETY: the callback answers "no passphrase" instead of asking on the terminal; the key is ours.
        let pkey = unsafe PEM_read_bio_PrivateKey(file.bio, nil, { _, _, _, _ in -1 }, nil)
        guard let pkey = unsafe pkey else {
            let words = OpenSSLErrors.drain().text
            throw TLSError(
                .malformedFile,
                "\(path) holds no PEM private key that can be used without a passphrase (\(words)); "
                    + "`openssl pkey -in \(path) -noout` tries the same")
        }
        return unsafe PrivateKey(owning: pkey)
    }

    /// Whether this is the key of the certificate.
    package func belongs(to certificate: Certificate) -> Bool {
        // SAFETY: both are read only.
        let answer = unsafe X509_check_private_key(certificate.x509, pkey) == 1
        OpenSSLErrors.clear()
        return answer
    }
}
