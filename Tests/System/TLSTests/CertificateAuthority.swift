// CertificateAuthority.swift: a small CA in a temporary folder, made by the real `openssl` program.
//
// Tests need certificates that are right, wrong in one way, expired, revoked. Making them with the program
// that operators use keeps our own code from testing itself.

import Foundation
import Testing

/// A folder with a CA and whatever it has signed.
final class CertificateAuthority {
    let folder: URL
    private var serial = 100

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try openssl("ecparam -name prime256v1 -genkey -noout -out ca.key")
        try openssl("req -x509 -new -key ca.key -sha256 -days 30 -subj /CN=test-ca -out ca.pem")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Signs `name`.pem and `name`.key; a validity of less than zero days has already ended.
    func issue(_ name: String, commonName: String, alternatives: String = "", days: Int = 30) throws {
        serial += 1
        try openssl("ecparam -name prime256v1 -genkey -noout -out \(name).key")
        try openssl("req -new -key \(name).key -subj /O=test/CN=\(commonName) -out \(name).csr")
        let names = alternatives.isEmpty ? "" : "subjectAltName=\(alternatives)\n"
        try (names + "extendedKeyUsage=serverAuth,clientAuth\n")
            .write(toFile: path("\(name).ext"), atomically: true, encoding: .utf8)
        try openssl(
            "x509 -req -in \(name).csr -CA ca.pem -CAkey ca.key -set_serial \(serial) -sha256 -days \(days) "
                + "-extfile \(name).ext -out \(name).pem")
    }

    /// Writes crl.pem, in which `name` is revoked.
    func revoke(_ name: String) throws {
        let config = """
            [ca]
            default_ca = it
            [it]
            database = index.txt
            default_md = sha256
            default_crl_days = 10
            """
        try config.write(toFile: path("ca.cnf"), atomically: true, encoding: .utf8)
        try "".write(toFile: path("index.txt"), atomically: true, encoding: .utf8)
        try openssl("ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke \(name).pem")
        try openssl("ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out crl.pem")
    }

    /// Runs `openssl` in the folder.
    @discardableResult
    func openssl(_ arguments: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments): \(text)")
        return text
    }
}
