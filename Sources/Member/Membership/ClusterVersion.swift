// ClusterVersion.swift: which etcd everybody in the cluster understands.
//
// Members of different versions may live together for a while. What one of them writes into the log all must be able to
// apply, so the cluster has a version of its own: the lowest of its members', without the patch. It stands in the
// store as "3.5.0", the zero always written.
//
// SHOWN BY  MembershipTests

/// The version that all members share.
package struct ClusterVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Before the first point.
    package let major: Int
    /// Behind it.
    package let minor: Int

    /// A version.
    package init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// From a text such as "3.5.0", "3.5" or "3.5.1-rc.0"; nil when it is no version.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]), major >= 0, minor >= 0 else {
            return nil
        }
        self.init(major: major, minor: minor)
    }

    /// What we are to the world. Never more: a directory that was once at 3.6 no real 3.5 opens again.
    package static let ours = ClusterVersion(major: 3, minor: 5)

    /// Older first.
    package static func < (left: ClusterVersion, right: ClusterVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// As it stands in the store.
    package var description: String { "\(major).\(minor).0" }
}
