// SignatureTests.swift: fingerprints and signatures against published values and the real `openssl`.

import Bytes
import Foundation
import TLS
import Testing

@Suite("Fingerprints and signatures")
struct SignatureTests {
    @Test(
        "published fingerprints of abc",
        arguments: [
            (Digest.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ])
    func digests(digest: Digest, hex: String) {
        #expect(digest.of(ByteView("abc")).hex == hex)
        var running = RunningDigest(digest)
        running.update(ByteView("a"))
        running.update(ByteView("bc"))
        #expect(running.finish().hex == hex)
    }

    @Test("HS256 of the example in RFC 7515, appendix A.1")
    func sharedSecret() throws {
        let key = try #require(
            Data(
                base64Encoded:
                    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="))
        let text = ByteSlice(
            utf8:
                "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                + "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ")
        let signer = try Signer(.hs256, secret: ByteSlice([UInt8](key)))
        let signature = try #require(signer.sign(text.view))
        #expect(Data(signature.array).base64EncodedString() == "dBjftJeZ4CVP+mB92K27uhbUJU1p1r/wW1gFWFOEjXk=")
        #expect(signer.isValid(signature.view, for: text.view))
        #expect(!signer.isValid(signature.view.prefix(31), for: text.view))
    }

    static let keyPairMethods = SignatureMethod.allCases.filter { !$0.rawValue.hasPrefix("HS") }

    @Test(
        "key pairs: what the private key signs, the public key accepts, and nothing else",
        arguments: SignatureTests.keyPairMethods)
    func pairs(method: SignatureMethod) throws {
        let folder = try CertificateAuthority()
        switch method {
        case .es256: try folder.openssl("ecparam -name prime256v1 -genkey -noout -out k.pem")
        case .es384: try folder.openssl("ecparam -name secp384r1 -genkey -noout -out k.pem")
        case .es512: try folder.openssl("ecparam -name secp521r1 -genkey -noout -out k.pem")
        default: try folder.openssl("genrsa -out k.pem 2048")
        }
        try folder.openssl("pkey -in k.pem -pubout -out p.pem")
        let signer = try Signer(method, privateKey: folder.path("k.pem"))
        let checker = try Signer(method, publicKey: folder.path("p.pem"))
        let text = ByteSlice("header.payload")
        let signature = try #require(signer.sign(text.view))
        #expect(checker.isValid(signature.view, for: text.view))
        #expect(!checker.isValid(signature.view, for: ByteView("header.Payload")))
        #expect(!checker.isValid(signature.view.dropFirst(1), for: text.view))
        #expect(checker.sign(text.view) == nil)
        if method.rawValue.hasPrefix("ES") {
            #expect([64, 96, 132].contains(signature.count))
        } else if method == .rs256 {
            try Data(signature.array).write(to: URL(fileURLWithPath: folder.path("sig")))
            try Data(text.array).write(to: URL(fileURLWithPath: folder.path("text")))
            let answer = try folder.openssl("dgst -sha256 -verify p.pem -signature sig text")
            #expect(answer.contains("Verified OK"))
        }
    }

    @Test("a key of the wrong kind is refused")
    func wrongKind() throws {
        let folder = try CertificateAuthority()
        #expect(throws: TLSError.self) { try Signer(.rs256, privateKey: folder.path("ca.key")) }
        #expect(throws: TLSError.self) { try Signer(.es256, secret: "secret") }
        #expect(throws: TLSError.self) { try Signer(.es256, publicKey: folder.path("ca.key")) }
    }

    @Test("randomness does not repeat")
    func randomness() {
        #expect(Randomness.bytes(16) != Randomness.bytes(16))
        #expect(Randomness.bytes(100).count == 100)
    }
}
