// HandshakeTests.swift: two sessions, mouth to ear, and every reason for which one may refuse the other.

import Bytes
import Foundation
import TLS
import Testing

/// Two ends of a connection without a network.
final class Connection {
    var client: TLSSession
    var server: TLSSession
    var atClient = ByteBuffer()
    var atServer = ByteBuffer()
    var clientError: TLSError?
    var serverError: TLSError?
    var exchanged = 0

    init(_ client: TLSContext, _ server: TLSContext, host: String = "server.test") throws {
        self.client = try client.makeSession(host: host)
        self.server = try server.makeSession()
    }

    /// Carries bytes to and fro, `chunk` at a time, until nobody says anything.
    func run(chunk: Int = .max) {
        var toServer = ByteBuffer()
        var toClient = ByteBuffer()
        do throws(TLSError) { try client.receive(ByteView(), plaintext: &atClient, output: &toServer) } catch {
            clientError = error
        }
        while !toServer.isEmpty || !toClient.isEmpty {
            exchanged += toServer.count + toClient.count
            var answer = ByteBuffer()
            while !toServer.isEmpty {
                let part = ByteSlice(copying: toServer.view.prefix(min(chunk, toServer.count)))
                toServer.consume(part.count)
                guard serverError == nil else { continue }
                do { try server.receive(part.view, plaintext: &atServer, output: &answer) } catch {
                    serverError = error
                }
            }
            toClient.append(answer.view)
            while !toClient.isEmpty {
                let part = ByteSlice(copying: toClient.view.prefix(min(chunk, toClient.count)))
                toClient.consume(part.count)
                guard clientError == nil else { continue }
                do { try client.receive(part.view, plaintext: &atClient, output: &toServer) } catch {
                    clientError = error
                }
            }
        }
    }
}

@Suite("TLS handshakes")
struct HandshakeTests {
    let authority: CertificateAuthority

    init() throws {
        authority = try CertificateAuthority()
        try authority.issue("server", commonName: "server", alternatives: "DNS:server.test,IP:127.0.0.1")
        try authority.issue("client", commonName: "alice", alternatives: "DNS:alice.test")
    }

    func files(_ name: String, crl: String = "") -> TLSFiles {
        TLSFiles(
            certificate: authority.path("\(name).pem"), key: authority.path("\(name).key"),
            trustedCA: authority.path("ca.pem"), revocationList: crl)
    }

    func serverContext(_ rules: TLSRules = TLSRules(), name: String = "server", crl: String = "") throws -> TLSContext {
        try TLSContext(.server, files: files(name, crl: crl), rules: rules)
    }

    func clientContext(_ rules: TLSRules = TLSRules(), name: String? = nil) throws -> TLSContext {
        try TLSContext(
            .client, files: name.map { files($0) } ?? TLSFiles(trustedCA: authority.path("ca.pem")), rules: rules)
    }

    @Test("both agree, whatever the pieces in which bytes arrive", arguments: [Int.max, 1, 7, 1000])
    func agreement(chunk: Int) throws {
        let connection = try Connection(clientContext(), serverContext())
        connection.run(chunk: chunk)
        #expect(connection.client.state == .open && connection.server.state == .open)
        #expect(connection.client.version == "TLSv1.3" && connection.client.applicationProtocol == "h2")
        #expect(connection.server.applicationProtocol == "h2" && connection.server.serverName == "server.test")
        #expect(connection.client.peerCertificate?.alternativeNames == ["server.test", "127.0.0.1"])

        let text = ByteSlice((0..<200_000).map { UInt8(truncatingIfNeeded: $0) })
        var wire = ByteBuffer()
        try connection.client.send(text.view, output: &wire)
        #expect(wire.count > text.count && wire.view.firstIndex(of: 0x17) == 0)
        var reply = ByteBuffer()
        while !wire.isEmpty {
            let part = ByteSlice(copying: wire.view.prefix(min(chunk == .max ? wire.count : chunk * 97, wire.count)))
            wire.consume(part.count)
            try connection.server.receive(part.view, plaintext: &connection.atServer, output: &reply)
        }
        #expect(connection.atServer.slice() == text)

        connection.server.close(output: &reply)
        try connection.client.receive(reply.view, plaintext: &connection.atClient, output: &wire)
        #expect(connection.client.state == .closed)
    }

    @Test("an address is checked like a name")
    func address() throws {
        var connection = try Connection(clientContext(), serverContext(), host: "127.0.0.1")
        connection.run()
        #expect(connection.client.state == .open)
        connection = try Connection(clientContext(), serverContext(), host: "127.0.0.2")
        connection.run()
        #expect(connection.clientError?.kind == .refusedPeer)
        #expect(connection.clientError?.description.contains("SAN (it has server.test, 127.0.0.1)") == true)
        #expect(connection.serverError?.kind == .refusedByPeer, "\(String(describing: connection.serverError))")
    }

    @Test("versions and suites: in common, or an error that says so")
    func versions() throws {
        var old = TLSRules()
        old.maximumVersion = .tls12
        old.cipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]
        var connection = try Connection(clientContext(), serverContext(old))
        connection.run()
        #expect(connection.client.version == "TLSv1.2" && connection.client.state == .open)

        var new = TLSRules()
        new.minimumVersion = .tls13
        connection = try Connection(clientContext(old), serverContext(new))
        connection.run()
        #expect(connection.serverError?.kind == .nothingInCommon)
        #expect(connection.clientError?.kind == .refusedByPeer)
    }

    @Test("settings that cannot be are refused in etcd's words")
    func badSettings() {
        func refusal(_ change: (inout TLSRules) -> Void) -> String {
            var rules = TLSRules()
            change(&rules)
            do {
                _ = try serverContext(rules)
                return "accepted"
            } catch let error as TLSError { return error.description } catch { return "\(error)" }
        }
        #expect(refusal { $0.cipherSuites = ["FOO"] } == "unexpected TLS cipher suite \"FOO\"")
        #expect(
            refusal {
                $0.minimumVersion = .tls13
                $0.cipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]
            } == "cipher suites cannot be configured when only TLS1.3 is enabled")
        #expect(
            refusal {
                $0.minimumVersion = .tls13
                $0.maximumVersion = .tls12
            } == "min version (TLS1.3) is greater than max version (TLS1.2)")
        #expect(refusal { $0.cipherSuites = ["TLS_RSA_WITH_RC4_128_SHA"] }.contains("secure enough"))
    }

    @Test("who may connect: nobody unknown, nobody revoked, nobody of another name")
    func clients() throws {
        var required = TLSRules()
        required.clientCertificate = .required
        func outcome(_ rules: TLSRules, client name: String?, crl: String = "", old: Bool = false) throws -> String {
            var mine = TLSRules()
            if old { mine.maximumVersion = .tls12 }
            let connection = try Connection(clientContext(mine, name: name), serverContext(rules, crl: crl))
            connection.run()
            // In TLS 1.3 a client learns of the refusal only after its own handshake; no plaintext passes.
            if connection.serverError != nil {
                #expect(connection.clientError != nil && connection.server.state == .failed)
            }
            return connection.serverError?.description ?? "open"
        }
        #expect(try outcome(required, client: "client") == "open")
        #expect(try outcome(required, client: nil).contains("--trusted-ca-file"))
        #expect(try outcome(required, client: nil, old: true).contains("showed no certificate"))
        var optional = required
        optional.clientCertificate = .optional
        #expect(try outcome(optional, client: nil) == "open")

        var named = required
        named.allowedCommonNames = ["bob", "alice"]
        #expect(try outcome(named, client: "client") == "open")
        named.allowedCommonNames = ["bob"]
        #expect(try outcome(named, client: "client").contains("common name of certificate \"alice\""))

        var hosts = required
        hosts.allowedHostNames = ["alice.test"]
        #expect(try outcome(hosts, client: "client") == "open")
        hosts.allowedHostNames = ["bob.test"]
        #expect(try outcome(hosts, client: "client", old: true).contains("none of the hosts"))

        try authority.issue("late", commonName: "late", days: -1)
        #expect(try outcome(required, client: "late").contains("expired"))
        let stranger = try CertificateAuthority()
        try stranger.issue("client", commonName: "alice")
        for name in ["client.pem", "client.key"] {
            try FileManager.default.copyItem(atPath: stranger.path(name), toPath: authority.path("stranger-" + name))
        }
        #expect(try outcome(required, client: "stranger-client").contains("no CA in the trusted CA file"))

        try authority.revoke("client")
        #expect(try outcome(required, client: "client", crl: authority.path("crl.pem")).contains("revoked"))
        try authority.openssl("crl -in crl.pem -outform DER -out crl.der")
        #expect(try outcome(required, client: "client", crl: authority.path("crl.der")).contains("serial 66 revoked"))
    }

    @Test("a client that verifies nothing accepts everybody")
    func unverified() throws {
        var rules = TLSRules()
        rules.skipsVerification = true
        let stranger = try TLSContext(.client, files: TLSFiles(), rules: rules)
        let connection = try Connection(stranger, serverContext(), host: "somebody.else")
        connection.run()
        #expect(connection.client.state == .open)
    }

    @Test(
        "what is not TLS is told apart",
        arguments: [("GET / HTTP/1.1\r\nHost: x\r\n\r\n", true), ("SSH-2.0-OpenSSH_9.2\r\n", false)])
    func notTLS(text: String, isHTTP: Bool) throws {
        let session = try serverContext().makeSession()
        let bytes = ByteSlice(utf8: text)
        var plaintext = ByteBuffer()
        var output = ByteBuffer()
        do throws(TLSError) {
            try session.receive(bytes.view, plaintext: &plaintext, output: &output)
            Issue.record("accepted")
        } catch {
            #expect(error.kind == (isHTTP ? .plainHTTP : .notTLS), "\(error)")
        }
    }

    @Test("random bytes at any moment fail the session and nothing else", arguments: 0..<100)
    func noise(seed: UInt64) throws {
        var generator = SystemRandomNumberGenerator()
        let connection = try Connection(clientContext(), serverContext())
        if seed % 2 == 0 { connection.run() }
        let bytes = ByteSlice((0..<300).map { _ in UInt8.random(in: 0...255, using: &generator) })
        var output = ByteBuffer()
        try? connection.server.receive(bytes.view, plaintext: &connection.atServer, output: &output)
        #expect(connection.server.state != .open || connection.atServer.isEmpty)
        #expect(output.count < 1000)
    }

    @Test("two callers at once are stopped")
    func exclusive() async {
        await #expect(processExitsWith: .failure) {
            let folder = try CertificateAuthority()
            let context = try TLSContext(.client, files: TLSFiles(trustedCA: folder.path("ca.pem")))
            let session = try context.makeSession(host: "x")
            // Plaintext before the handshake is done breaks T3.
            var output = ByteBuffer()
            try session.send(ByteView("x"), output: &output)
        }
    }
}
