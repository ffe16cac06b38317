// Signatures.swift: who wrote this?
//
// etcd can hand out tokens that every member can check without asking: a JSON text and a signature over
// it. The names of the methods are those of RFC 7518, because `--auth-token jwt,sign-method=RS256` uses
// them:
//
//     HS256 384 512    one shared secret signs and checks (HMAC)
//     RS.. PS..        RSA, with the old and the new padding
//     ES256 384 512    elliptic curves; the signature is the two numbers r and s, each at full length
//
// WHY CONVERT ES? OpenSSL writes r and s as an ASN.1 structure, the RFC as 2n plain bytes. Both say the
// same, and the token must have the second.

package import Bytes
internal import COpenSSL

/// A way to sign, by its name in RFC 7518.
package enum SignatureMethod: String, Hashable, Sendable, CaseIterable {
    /// A shared secret and SHA-256.
    case hs256 = "HS256"
    /// A shared secret and SHA-384.
    case hs384 = "HS384"
    /// A shared secret and SHA-512.
    case hs512 = "HS512"
    /// RSA with the old padding and SHA-256.
    case rs256 = "RS256"
    /// RSA with the old padding and SHA-384.
    case rs384 = "RS384"
    /// RSA with the old padding and SHA-512.
    case rs512 = "RS512"
    /// RSA with the new padding and SHA-256.
    case ps256 = "PS256"
    /// RSA with the new padding and SHA-384.
    case ps384 = "PS384"
    /// RSA with the new padding and SHA-512.
    case ps512 = "PS512"
    /// An elliptic curve and SHA-256.
    case es256 = "ES256"
    /// An elliptic curve and SHA-384.
    case es384 = "ES384"
    /// An elliptic curve and SHA-512.
    case es512 = "ES512"

    var digest: Digest {
        switch rawValue.suffix(3) {
        case "256": .sha256
        case "384": .sha384
        default: .sha512
        }
    }

    var family: Substring { rawValue.prefix(2) }

    /// The length of each of the two numbers of an ES signature.
    var numberLength: Int {
        switch self {
        case .es256: 32
        case .es384: 48
        default: 66
        }
    }
}

/// Signs and checks with one key and one method.
///
/// SAFETY (`@safe`, `Sendable`): the key is an atomically counted object that is not changed.
@safe
package final class Signer: @unchecked Sendable {
    private let method: SignatureMethod
    private let key: Key

    private enum Key {
        case secret(ByteSlice)
        case pair(PrivateKey, canSign: Bool)
    }

    /// Signs and checks with a shared secret; only for the HS methods.
    package init(_ method: SignatureMethod, secret: ByteSlice) throws(TLSError) {
        guard method.family == "HS" else {
            throw TLSError(
                .badSetting, "\(method.rawValue) needs a key pair; a shared secret is for HS256, HS384, HS512")
        }
        self.method = method
        key = .secret(secret)
    }

    /// Signs and checks with the private key of a PEM file.
    package init(_ method: SignatureMethod, privateKey path: String) throws(TLSError) {
        self.method = method
        key = .pair(try PrivateKey.load(path), canSign: true)
        try checkKind(path)
    }

    /// Only checks, with the public key of a PEM file.
    package init(_ method: SignatureMethod, publicKey path: String) throws(TLSError) {
        let file = try PEMFile(path, whatFor: "a public key")
        // SAFETY: the key that comes back is ours.
        guard let pkey = unsafe PEM_read_bio_PUBKEY(file.bio, nil, nil, nil) else {
            throw TLSError(.malformedFile, "\(path) holds no PEM public key: \(OpenSSLErrors.drain().text)")
        }
        self.method = method
        key = .pair(unsafe PrivateKey(owning: pkey), canSign: false)
        try checkKind(path)
    }

    private func checkKind(_ path: String) throws(TLSError) {
        guard case .pair(let pair, _) = key else { return }
        // SAFETY: the key is alive and only read.
        let kind = unsafe EVP_PKEY_get_base_id(pair.pkey)
        let wanted = method.family == "ES" ? EVP_PKEY_EC : EVP_PKEY_RSA
        guard kind == wanted, method.family != "HS" else {
            throw TLSError(.keyMismatch, "the key in \(path) is not one for \(method.rawValue)")
        }
    }

    /// The signature of some bytes; nil when this signer can only check, or OpenSSL refuses.
    package func sign(_ bytes: ByteView) -> ByteSlice? {
        switch key {
        case .secret(let secret): return authenticate(bytes, secret: secret)
        case .pair(let pair, let canSign):
            // SAFETY: the context is freed below, whatever happens.
            guard canSign, let context = unsafe EVP_MD_CTX_new() else { return nil }
            defer {
                unsafe EVP_MD_CTX_free(context)
                OpenSSLErrors.clear()
            }
            var parameters: OpaquePointer?
            var length = 0
            // SAFETY: OpenSSL reads within the view and writes at most `length` bytes, as it asked for.
            return unsafe bytes.withUnsafeBytes { raw in
                let data = unsafe raw.bindMemory(to: UInt8.self)
                guard unsafe EVP_DigestSignInit(context, &parameters, method.digest.method, nil, pair.pkey) == 1,
                    unsafe setPadding(parameters),
                    unsafe EVP_DigestSign(context, nil, &length, data.baseAddress, data.count) == 1
                else { return nil }
                var signature = [UInt8](repeating: 0, count: length)
                guard unsafe EVP_DigestSign(context, &signature, &length, data.baseAddress, data.count) == 1 else {
                    return nil
                }
                signature.removeLast(signature.count - length)
                return method.family == "ES" ? plainNumbers(signature) : ByteSlice(signature)
            }
        }
    }

    /// Whether `signature` was made over `bytes` with our key.
    package func isValid(_ signature: ByteView, for bytes: ByteView) -> Bool {
        switch key {
        case .secret(let secret):
            guard let own = authenticate(bytes, secret: secret), own.count == signature.count else { return false }
            // In time that does not depend on where they differ.
            var difference: UInt8 = 0
            for index in 0..<own.count { difference |= own[index] ^ signature[index] }
            return difference == 0
        case .pair(let pair, _):
            // SAFETY: the context is freed below, whatever happens.
            guard let encoded = method.family == "ES" ? structured(signature) : signature.array,
                let context = unsafe EVP_MD_CTX_new()
            else { return false }
            defer {
                unsafe EVP_MD_CTX_free(context)
                OpenSSLErrors.clear()
            }
            var parameters: OpaquePointer?
            // SAFETY: OpenSSL reads within both runs of bytes.
            return unsafe bytes.withUnsafeBytes { raw in
                let data = unsafe raw.bindMemory(to: UInt8.self)
                return unsafe EVP_DigestVerifyInit(context, &parameters, method.digest.method, nil, pair.pkey) == 1
                    && setPadding(parameters)
                    && EVP_DigestVerify(context, encoded, encoded.count, data.baseAddress, data.count) == 1
            }
        }
    }

    private func setPadding(_ parameters: OpaquePointer?) -> Bool {
        guard method.family == "PS" else { return true }
        // SAFETY: the parameters belong to the context that is being used.
        // A salt as long as the digest, as the RFC says.
        return unsafe EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1
            && EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) == 1
    }

    private func authenticate(_ bytes: ByteView, secret: ByteSlice) -> ByteSlice? {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        // SAFETY: OpenSSL reads within both views and writes at most EVP_MAX_MD_SIZE bytes.
        let done = unsafe bytes.withUnsafeBytes { raw in
            unsafe secret.view.withUnsafeBytes { key in
                let data = unsafe raw.bindMemory(to: UInt8.self)
                return unsafe HMAC(
                    method.digest.method, key.baseAddress, Int32(key.count), data.baseAddress, data.count, &code,
                    &length)
                    != nil
            }
        }
        return done ? ByteSlice(Array(code.prefix(Int(length)))) : nil
    }

    private func plainNumbers(_ structure: [UInt8]) -> ByteSlice? {
        // SAFETY: OpenSSL reads within the array; the signature object is ours.
        let parsed = unsafe structure.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var start = bytes.baseAddress
            return unsafe d2i_ECDSA_SIG(nil, &start, bytes.count)
        }
        guard let signature = unsafe parsed else { return nil }
        defer { unsafe ECDSA_SIG_free(signature) }
        let length = method.numberLength
        var numbers = [UInt8](repeating: 0, count: 2 * length)
        // SAFETY: each number is written at its fixed length within the array.
        let done = unsafe numbers.withUnsafeMutableBufferPointer { room in
            unsafe BN_bn2binpad(ECDSA_SIG_get0_r(signature), room.baseAddress, Int32(length)) == Int32(length)
                && BN_bn2binpad(ECDSA_SIG_get0_s(signature), room.baseAddress! + length, Int32(length)) == Int32(length)
        }
        return done ? ByteSlice(numbers) : nil
    }

    private func structured(_ numbers: ByteView) -> [UInt8]? {
        // SAFETY: the signature object is ours until `defer`.
        let length = method.numberLength
        guard numbers.count == 2 * length, let signature = unsafe ECDSA_SIG_new() else { return nil }
        defer { unsafe ECDSA_SIG_free(signature) }
        let bytes = numbers.array
        // SAFETY: OpenSSL copies the numbers, and the signature takes over both copies.
        let made = unsafe bytes.withUnsafeBufferPointer { room in
            let r = unsafe BN_bin2bn(room.baseAddress, Int32(length), nil)
            let s = unsafe BN_bin2bn(room.baseAddress! + length, Int32(length), nil)
            return unsafe ECDSA_SIG_set0(signature, r, s) == 1
        }
        guard made else { return nil }
        // SAFETY: the first call measures, the second writes that many bytes into the array.
        let size = unsafe i2d_ECDSA_SIG(signature, nil)
        guard size > 0 else { return nil }
        var structure = [UInt8](repeating: 0, count: Int(size))
        _ = unsafe structure.withUnsafeMutableBufferPointer { room in
            var start = room.baseAddress
            return unsafe i2d_ECDSA_SIG(signature, &start)
        }
        return structure
    }
}
