// CertificateWarnings.swift: what clients will hold against our certificate, said before they do.
//
// A server starts happily with a certificate that no client will accept: for another name, or not valid
// today. The client's error comes hours later, on another machine, and blames the certificate. The server
// knows at its start which hosts it advertises; so it looks then.
//
// SHOWN BY  TLSServerTests

internal import EventLoop
package import TLS

/// Looks at a server's certificate with a client's eyes.
package enum CertificateWarnings {
    /// What clients that connect to `hosts` will refuse, a sentence each; none if all is well.
    package static func about(_ context: TLSContext, advertising hosts: [String]) -> [String] {
        guard let certificate = context.certificate else { return [] }
        let file = context.files.certificate
        var warnings: [String] = []
        if let complaint = certificate.complaint(at: Int(EventLoop.calendarSeconds)) {
            warnings.append("\(file): \(complaint)")
        }
        let names = certificate.alternativeNames
        for host in hosts where !certificate.isValid(forHost: host) {
            let reason =
                names.isEmpty
                ? "it has no subject alternative name (clients ignore the common name \"\(certificate.commonName)\")"
                : "its subject alternative names are \(names.joined(separator: ", "))"
            warnings.append(
                "\(file): clients that connect to \(host) will refuse this certificate: \(reason). "
                    + "Make a new one with \(host) among its subject alternative names, or advertise a name that it has"
            )
        }
        return warnings
    }
}
