// ServerURL.swift: where a member listens and where others find it, as operators write it.
//
//     http://127.0.0.1:2379     https://[::1]:2379     http://:2379     unix://name:7
//     ------   -------------                           every interface  a socket in the working directory
//     scheme   host and port, both needed, and nothing behind them
//
// The text matters beyond its meaning: a member's number is a hash of its peer URLs as they are written here, so two
// spellings of one address are two members. A list is sorted and loses its duplicates, as etcd's does.
//
// SHOWN BY  FlagTests

package import EventLoop

/// One address in a flag.
package struct ServerURL: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// How it is spoken to.
    package enum Scheme: String, Hashable, Sendable {
        /// TCP.
        case http
        /// TCP with TLS.
        case https
        /// A socket in the file system.
        case unix
        /// The same with TLS.
        case unixs
    }

    /// How it is spoken to.
    package let scheme: Scheme
    /// What stands behind the two slashes.
    package let place: String

    /// Reads one address; says in etcd's words what is wrong with it.
    package init(_ text: String) throws(SettingsError) {
        let trimmed = text.drop { $0 == " " }
        guard let colon = trimmed.firstIndex(of: ":"), trimmed[colon...].hasPrefix("://"),
            let scheme = Scheme(rawValue: trimmed[..<colon].lowercased())
        else {
            throw SettingsError("URL scheme must be http, https, unix, or unixs: \(text)")
        }
        let rest = trimmed[trimmed.index(colon, offsetBy: 3)...]
        let place = rest.prefix { $0 != "/" && $0 != "?" }
        self.scheme = scheme
        self.place = String(place)
        let isSocket = scheme == .unix || scheme == .unixs
        guard isSocket || Self.hasPort(self.place) else {
            throw SettingsError("URL address does not have the form \"host:port\": \(text)")
        }
        guard rest.count == place.count else { throw SettingsError("URL must not contain a path: \(text)") }
    }

    private static func hasPort(_ place: String) -> Bool {
        guard let colon = place.lastIndex(of: ":") else { return false }
        let host = place[..<colon]
        return host.hasPrefix("[") ? host.hasSuffix("]") : !host.contains(":")
    }

    /// A list, sorted and without duplicates.
    package static func list(_ text: String) throws(SettingsError) -> [ServerURL] {
        var urls: Set<ServerURL> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            urls.insert(try ServerURL(String(part)))
        }
        return urls.sorted()
    }

    /// Whether connections are encrypted.
    package var isTLS: Bool { scheme == .https || scheme == .unixs }

    /// The host, without a port.
    package var host: String {
        guard scheme == .http || scheme == .https, let colon = place.lastIndex(of: ":") else { return place }
        let host = place[..<colon]
        return String(host.hasPrefix("[") && host.hasSuffix("]") ? host.dropFirst().dropLast() : host)
    }

    /// The address for the kernel; nil when the port is none.
    package var endpoint: Endpoint? {
        switch scheme {
        case .http, .https: Endpoint(place)
        case .unix, .unixs: Endpoint("unix:" + place)
        }
    }

    /// As it is hashed and published.
    package var description: String { "\(scheme.rawValue)://\(place)" }

    /// The order of the texts.
    package static func < (left: ServerURL, right: ServerURL) -> Bool { left.description < right.description }
}
