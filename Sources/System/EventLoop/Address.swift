// Address.swift: where somebody listens, as people write it and as the kernel wants it.
//
//     127.0.0.1:2379      [::1]:2379      localhost:2379      a TCP port of a host
//     unix:/run/etcd.sock     unix://name:7                   a path, or a name that looks like one
//
// A host that is a name must be looked up, which may take seconds and so never happens on the loop.

internal import CUV

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#endif

/// An address as people write it.
package enum Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// A TCP port of a host; the host is an address or a name.
    case tcp(host: String, port: UInt16)
    /// A socket in the file system.
    case unix(path: String)

    /// Reads `host:port`, `[v6]:port`, `:port` (every interface) or `unix:path`; nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let rest = text.dropFirst(5)
            let path = rest.hasPrefix("//") ? rest.dropFirst(2) : rest
            guard !path.isEmpty, path.utf8.count < 108 else { return nil }
            self = .unix(path: String(path))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        self = .tcp(host: String(host), port: port)
    }

    /// As it was written.
    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// Looks the host up, waiting for the name server: at start, or inside `EventLoop.offload`.
    package func resolve() throws(SystemError) -> [SocketAddress] {
        switch self {
        case .unix(let path): return [SocketAddress(unixPath: path)]
        case .tcp(let host, let port):
            if host.isEmpty {
                return [SocketAddress(v6: "::", port: port) ?? SocketAddress(v4: "0.0.0.0", port: port)!]
            }
            if let address = SocketAddress(v4: host, port: port) ?? SocketAddress(v6: host, port: port) {
                return [address]
            }
            return try SocketAddress.lookUp(host: host, port: port)
        }
    }
}

/// An address as the kernel wants it.
package struct SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The bytes of a sockaddr, or of a path.
    private let bytes: [UInt8]
    /// Set for a socket in the file system.
    package let unixPath: String?

    init(unixPath: String) {
        bytes = []
        self.unixPath = unixPath
    }

    /// SAFETY: the caller has `count` bytes of an address at `raw`; they are copied.
    @unsafe
    init(raw: UnsafeRawPointer, count: Int) {
        bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: raw, count: count))
        unixPath = nil
    }

    init?(v4 host: String, port: UInt16) {
        var address = sockaddr_in()
        // SAFETY: libuv reads the text until its zero and writes one address of this family.
        guard unsafe uv_ip4_addr(host, Int32(port), &address) == 0 else { return nil }
        unsafe self.init(raw: &address, count: MemoryLayout<sockaddr_in>.size)
    }

    init?(v6 host: String, port: UInt16) {
        var address = sockaddr_in6()
        // SAFETY: as above.
        guard unsafe uv_ip6_addr(host, Int32(port), &address) == 0 else { return nil }
        unsafe self.init(raw: &address, count: MemoryLayout<sockaddr_in6>.size)
    }

    /// Lends the address to a call of the kernel's.
    ///
    /// SAFETY: the pointer is true until `body` returns. Only the kernel, the resolver and libuv made these bytes, so
    /// they fit into a sockaddr_storage (a larger address would trap); the rest of it is zeros.
    @unsafe
    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { target in
            unsafe bytes.withUnsafeBytes { source in unsafe target.copyMemory(from: source) }
        }
        return unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0) }
        }
    }

    /// Asks the system's resolver; blocks.
    static func lookUp(host: String, port: UInt16) throws(SystemError) -> [SocketAddress] {
        // SAFETY: the list is getaddrinfo's until freeaddrinfo, which `defer` calls last; what is kept is copied.
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &list)
        guard status == 0 else {
            throw SystemError(call: "lookup", subject: host, code: UV_EAI_NONAME.rawValue)
        }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var entry = unsafe list
        while let info = unsafe entry {
            if let address = unsafe info.pointee.ai_addr {
                // SAFETY: getaddrinfo promises `ai_addrlen` bytes there until freeaddrinfo.
                unsafe found.append(SocketAddress(raw: address, count: Int(info.pointee.ai_addrlen)))
            }
            unsafe entry = info.pointee.ai_next
        }
        // IPv4 first: "localhost" is both, and most listeners of the world are on 127.0.0.1.
        return found.filter { $0.bytes.count == MemoryLayout<sockaddr_in>.size }
            + found.filter { $0.bytes.count != MemoryLayout<sockaddr_in>.size }
    }

    /// The host in numbers, without the port; nil for a path.
    package var host: String? {
        guard unixPath == nil, !bytes.isEmpty else { return nil }
        var text = [CChar](repeating: 0, count: 64)
        // SAFETY: libuv reads one address of the family that it names, and writes at most 64 bytes of text.
        let status = unsafe withSockaddr { unsafe uv_ip_name($0, &text, 64) }
        guard status == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The port; 0 for a path. It stands at the same place, big-endian, in both families.
    package var port: UInt16 { bytes.count < 4 ? 0 : UInt16(bytes[2]) << 8 | UInt16(bytes[3]) }

    /// As people write it.
    package var description: String {
        if let unixPath { return "unix:\(unixPath)" }
        guard let host else { return "@" }
        return Endpoint.tcp(host: host, port: port).description
    }
}
