// CipherSuites.swift: the cipher suites by the names that etcd's flags use.
//
// An operator writes `--cipher-suites TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256`: the names of the public
// registry, as Go spells them. OpenSSL has names of its own (ECDHE-RSA-AES128-GCM-SHA256). This is the
// dictionary, and it holds exactly the suites that Go knows, so that a configuration which etcd accepts
// is accepted here and one that it refuses is refused.
//
// TLS 1.3 HAS NO CHOICE: its three suites are all good and always on; a list applies to TLS 1.2 only.
//
// Suites that Go still knows but OpenSSL 3 has dropped (RC4, 3DES) are accepted as names and simply never
// agreed upon: a list that consists of nothing else is an error.

/// One TLS 1.2 cipher suite.
package struct CipherSuite: Hashable, Sendable {
    /// As Go and etcd's flags spell it.
    package let name: String
    /// As OpenSSL spells it; nil where OpenSSL has no such suite any more.
    let openSSLName: String?

    /// The suite that an operator named, or nil.
    package static func named(_ name: String) -> CipherSuite? {
        guard let entry = dictionary.first(where: { $0.0 == name }) else { return nil }
        return CipherSuite(name: name, openSSLName: entry.1)
    }

    private static let dictionary: [(String, String?)] = [
        ("TLS_RSA_WITH_RC4_128_SHA", nil),
        ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", nil),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"),
        ("TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"),
        ("TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"),
        ("TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
        ("TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
        ("TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", nil),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"),
        ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", nil),
        ("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", nil),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"),
        ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256"),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
        ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"),
        // Go's first spelling of the last two, which etcd still takes.
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"),
        ("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ]

    /// What Go offers for TLS 1.2 when nothing is configured: forward secrecy and authenticated encryption.
    static let openSSLDefaults =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
        + "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA"
}

/// The TLS versions that an operator can name.
package enum TLSVersion: String, Hashable, Sendable, Comparable, CaseIterable {
    /// RFC 5246.
    case tls12 = "TLS1.2"
    /// RFC 8446.
    case tls13 = "TLS1.3"

    var wireNumber: Int32 { self == .tls12 ? 0x0303 : 0x0304 }
    /// Older before newer.
    package static func < (left: TLSVersion, right: TLSVersion) -> Bool { left.wireNumber < right.wireNumber }
}
