// ServerVersion.swift: what we are to the world.
//
// Clients, peers and operators decide by the version what a server can do, so it is the version of the etcd whose behaviour
// we have: 3.5, with the corrections of its later patches. It is announced in `/version`, in `--version`, in the answers of
// Maintenance/Status and to peers.

/// Our version, as etcd counts.
package enum ServerVersion {
    /// The whole of it.
    package static let text = "3.5.33"

    /// What `--version` prints. etcd's first line is looked at by scripts; the others name what built it.
    package static let banner = """
        etcd Version: \(text)
        Git SHA: none
        Go Version: none, this is Swift
        Go OS/Arch: \(platform)

        """

    /// System and processor, by Go's names.
    package static let platform = "\(system)/\(processor)"

    private static var system: String {
        #if os(macOS)
            "darwin"
        #else
            "linux"
        #endif
    }

    private static var processor: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }
}
