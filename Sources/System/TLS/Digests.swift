// Digests.swift: fingerprints and randomness that strangers cannot steer.
//
// The checksums of Bytes/Checksum.swift find accidents. These find intent:
//
//     SHA-1     the identifiers of members and clusters (a name, not a proof; etcd chose it long ago)
//     SHA-256   the tail of a saved snapshot
//     SHA-512   nothing of the formats; certificates use it
//
// and `Randomness` is the operating system's, for tokens and keys.

package import Bytes
internal import COpenSSL

/// Cryptographic fingerprints.
package enum Digest: Hashable, Sendable {
    /// 20 bytes.
    case sha1
    /// 32 bytes.
    case sha256
    /// 48 bytes.
    case sha384
    /// 64 bytes.
    case sha512

    /// The fingerprint of some bytes.
    package func of(_ bytes: ByteView) -> ByteSlice {
        var running = RunningDigest(self)
        running.update(bytes)
        return running.finish()
    }

    var method: OpaquePointer? {
        // SAFETY: these are constants of the library.
        switch self {
        case .sha1: unsafe EVP_sha1()
        case .sha256: unsafe EVP_sha256()
        case .sha384: unsafe EVP_sha384()
        case .sha512: unsafe EVP_sha512()
        }
    }
}

/// A fingerprint of bytes that come piece by piece.
///
/// SAFETY (`@safe`): owns the context, which nobody else sees.
@safe
package struct RunningDigest: ~Copyable {
    private let context: OpaquePointer

    /// Nothing read yet.
    package init(_ digest: Digest) {
        guard let context = unsafe EVP_MD_CTX_new() else { preconditionFailure("OpenSSL has no memory for a digest") }
        unsafe self.context = context
        let ready = unsafe EVP_DigestInit_ex(context, digest.method, nil)
        precondition(ready == 1, "OpenSSL does not know this digest")
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Takes some more bytes in.
    package mutating func update(_ bytes: ByteView) {
        // SAFETY: OpenSSL reads within the view.
        unsafe bytes.withUnsafeBytes { _ = unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The fingerprint of everything so far; afterwards the digest is spent.
    package consuming func finish() -> ByteSlice {
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        // SAFETY: EVP_MAX_MD_SIZE is the longest digest there is.
        let done = unsafe EVP_DigestFinal_ex(context, &bytes, &length)
        precondition(done == 1, "OpenSSL does not finish a digest")
        return ByteSlice(Array(bytes.prefix(Int(length))))
    }
}

/// Chance that cannot be foreseen.
package enum Randomness {
    /// `count` bytes from the operating system.
    package static func bytes(_ count: Int) -> ByteSlice {
        var bytes = [UInt8](repeating: 0, count: count)
        // SAFETY: OpenSSL writes `count` bytes.
        let done = unsafe RAND_bytes(&bytes, Int32(count))
        precondition(done == 1, "the operating system gives no randomness; nothing secret can be made")
        return ByteSlice(bytes)
    }
}
