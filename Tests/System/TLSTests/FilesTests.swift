// FilesTests.swift: certificates that are renewed, self-made, missing or mixed up.

import Bytes
import Foundation
import TLS
import Testing

@Suite("TLS files")
struct TLSFilesTests {
    let authority: CertificateAuthority

    init() throws { authority = try CertificateAuthority() }

    func failure(_ files: TLSFiles) -> TLSError? {
        do throws(TLSError) {
            _ = try TLSContext(.server, files: files)
            return nil
        } catch { return error }
    }

    @Test("each mistake with a file names the file and the remedy")
    func mistakes() throws {
        try authority.issue("a", commonName: "a")
        try authority.issue("b", commonName: "b")
        let (pem, key) = (authority.path("a.pem"), authority.path("a.key"))
        let missing = try #require(failure(TLSFiles(certificate: "/nowhere/cert.pem", key: key)))
        #expect(missing.kind == .unreadableFile && missing.description.contains("/nowhere/cert.pem"))
        let swapped = try #require(failure(TLSFiles(certificate: key, key: pem)))
        #expect(swapped.kind == .malformedFile && swapped.description.contains("is it the key"))
        let mixed = try #require(failure(TLSFiles(certificate: pem, key: authority.path("b.key"))))
        #expect(
            mixed.kind == .keyMismatch && mixed.description.contains("a.pem") && mixed.description.contains("b.key"))
        try authority.openssl("ec -in a.key -aes256 -passout pass:secret -out locked.key")
        let locked = try #require(failure(TLSFiles(certificate: pem, key: authority.path("locked.key"))))
        #expect(locked.description.contains("passphrase"))
        let list = try #require(failure(TLSFiles(certificate: pem, key: key, revocationList: pem)))
        #expect(list.description.contains("revocation list"))
    }

    @Test("a renewed certificate is used at the next handshake, a broken one is reported once and not used")
    func renewal() throws {
        try authority.issue("server", commonName: "first", alternatives: "DNS:server.test")
        let files = TLSFiles(certificate: authority.path("server.pem"), key: authority.path("server.key"))
        let context = try TLSContext(.server, files: files)
        guard case .unchanged = context.refresh() else {
            Issue.record("nothing has changed")
            return
        }
        let before = try context.makeSession()
        try authority.issue("server", commonName: "second", alternatives: "DNS:server.test")
        guard case .reloaded = context.refresh() else {
            Issue.record("the renewal was not seen")
            return
        }
        #expect(context.certificate?.commonName == "second")
        _ = before

        // For a moment the new certificate lies beside the old key.
        try authority.issue("third", commonName: "third")
        try replace(files.certificate, by: "third.pem")
        guard case .kept(let error) = context.refresh(), error.kind == .keyMismatch else {
            Issue.record("a certificate without its key was taken")
            return
        }
        guard case .unchanged = context.refresh() else {
            Issue.record("reported twice")
            return
        }
        #expect(context.certificate?.commonName == "second")
        try replace(files.key, by: "third.key")
        guard case .reloaded = context.refresh() else {
            Issue.record("the second half of the renewal was not seen")
            return
        }
        #expect(context.certificate?.commonName == "third")
    }

    func replace(_ path: String, by name: String) throws {
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: authority.path(name), toPath: path)
    }

    @Test("a self-made certificate is what etcd makes, and its own CA")
    func selfSigned() throws {
        let (cert, key) = (authority.path("cert.pem"), authority.path("key.pem"))
        let now = Int(Date().timeIntervalSince1970)
        try SelfSigned.write(certificate: cert, key: key, hosts: ["localhost", "10.0.0.1", "::1"], now: now)
        let text = try authority.openssl("x509 -in cert.pem -noout -text")
        #expect(text.contains("O = etcd") && text.contains("secp521r1") && text.contains("ecdsa-with-SHA512"))
        #expect(text.contains("DNS:localhost, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1"))
        let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let certificate = try #require(try Certificate.load(cert).first)
        #expect(certificate.isValid(forHost: "localhost") && certificate.isValid(forHost: "10.0.0.1"))
        #expect(!certificate.isValid(forHost: "etcd.test"))
        #expect(certificate.complaint(at: now + 10) == nil)
        #expect(certificate.complaint(at: now - 10)?.contains("not valid yet") == true)
        #expect(certificate.complaint(at: now + 366 * 86_400)?.contains("expired") == true)
        let server = try TLSContext(.server, files: TLSFiles(certificate: cert, key: key))
        let client = try TLSContext(.client, files: TLSFiles(trustedCA: cert))
        let connection = try Connection(client, server, host: "localhost")
        connection.run()
        #expect(connection.client.state == .open && connection.server.state == .open)
    }
}
