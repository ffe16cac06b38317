// SelfSigned.swift: a certificate that nobody asked for.
//
// `--auto-tls` is for the first hour with TLS: encrypted, but not verified, since the certificate is signed
// by nobody but itself. The member makes it at its first start and finds it again at the next:
//
//     <data-dir>/fixtures/client/cert.pem      P-521, SHA-512, O=etcd, one year times the given validity
//     <data-dir>/fixtures/client/key.pem       readable by its owner only
//
// The names in it are the hosts of the listeners, so that a client which does verify (with this very file
// as its CA) succeeds.

internal import COpenSSL

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Certificates made on the spot.
package enum SelfSigned {
    /// Writes a key and a certificate for `hosts` (names or addresses), valid from `now` (seconds since 1970)
    /// for `validityYears`.
    package static func write(
        certificate certificatePath: String, key keyPath: String, hosts: [String], now: Int, validityYears: Int = 1
    ) throws(TLSError) {
        // SAFETY: every object that OpenSSL makes here is owned by the wrappers or freed in `defer`.
        guard let pkey = unsafe tls_generate_p521(), let x509 = unsafe X509_new() else {
            throw TLSError(.badSetting, "OpenSSL makes no key: \(OpenSSLErrors.drain().text)")
        }
        let (key, certificate) = unsafe (PrivateKey(owning: pkey), Certificate(owning: x509))
        unsafe fill(x509, key: key.pkey, hosts: hosts, now: now, years: validityYears)
        guard unsafe X509_sign(certificate.x509, key.pkey, EVP_sha512()) > 0 else {
            throw TLSError(.badSetting, "OpenSSL signs nothing: \(OpenSSLErrors.drain().text)")
        }
        // SAFETY: the paths are C strings for the call; key and certificate are owned by this function.
        // The key first, and never readable for others, not even for a moment.
        let descriptor = unsafe open(keyPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw cannotWrite(keyPath) }
        _ = close(descriptor)
        try unsafe write(to: keyPath) { bio in unsafe PEM_write_bio_PrivateKey(bio, key.pkey, nil, nil, 0, nil, nil) }
        try unsafe write(to: certificatePath) { bio in unsafe PEM_write_bio_X509(bio, certificate.x509) }
    }

    private static func fill(_ x509: OpaquePointer, key: OpaquePointer, hosts: [String], now: Int, years: Int) {
        // SAFETY: OpenSSL fills eight bytes of `serial`; everything else is set on the certificate that the caller
        // owns, and OpenSSL copies what it is given.
        var serial: UInt64 = 0
        _ = unsafe withUnsafeMutableBytes(of: &serial) {
            unsafe RAND_bytes($0.bindMemory(to: UInt8.self).baseAddress, 8)
        }
        _ = unsafe X509_set_version(x509, 2)
        _ = unsafe ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial >> 1)
        _ = unsafe ASN1_TIME_set(X509_getm_notBefore(x509), time_t(now))
        _ = unsafe ASN1_TIME_set(X509_getm_notAfter(x509), time_t(now + years * 365 * 86_400))
        _ = unsafe X509_set_pubkey(x509, key)
        // SAFETY: the name belongs to the certificate; the text is copied.
        let name = unsafe X509_get_subject_name(x509)
        let organisation = Array("etcd".utf8)
        _ = unsafe X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, organisation, Int32(organisation.count), -1, 0)
        _ = unsafe X509_set_issuer_name(x509, name)
        let alternatives = hosts.map { (isAddress($0) ? "IP:" : "DNS:") + $0 }.joined(separator: ",")
        var extensions: [(Int32, String)] = [
            (NID_key_usage, "critical,keyEncipherment,digitalSignature,keyCertSign"),
            (NID_ext_key_usage, "serverAuth,clientAuth"), (NID_basic_constraints, "critical,CA:TRUE"),
        ]
        if !alternatives.isEmpty { extensions.append((NID_subject_alt_name, alternatives)) }
        // SAFETY: the certificate copies each extension, which is ours to free.
        for (kind, text) in extensions {
            guard let value = unsafe X509V3_EXT_conf_nid(nil, nil, kind, text) else { continue }
            _ = unsafe X509_add_ext(x509, value, -1)
            unsafe X509_EXTENSION_free(value)
        }
    }

    private static func isAddress(_ host: String) -> Bool {
        // SAFETY: what OpenSSL makes of the text is freed at once.
        guard let address = unsafe a2i_IPADDRESS(host) else { return false }
        unsafe ASN1_OCTET_STRING_free(address)
        return true
    }

    private static func write(to path: String, _ body: (OpaquePointer) -> Int32) throws(TLSError) {
        // SAFETY: the file is opened, written and closed here.
        guard let bio = unsafe BIO_new_file(path, "w") else { throw cannotWrite(path) }
        let good = unsafe body(bio) == 1
        let flushed = unsafe BIO_free(bio) == 1
        guard good, flushed else { throw cannotWrite(path) }
    }

    private static func cannotWrite(_ path: String) -> TLSError {
        TLSError(
            .unreadableFile,
            "cannot write \(path): \(OpenSSLErrors.drain().text). Does its directory exist, and may this user write there?"
        )
    }
}
