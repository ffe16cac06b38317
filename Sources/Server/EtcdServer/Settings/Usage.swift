// Usage.swift: what `--help` prints, made from the table of flags.

/// Texts for people at a terminal.
package enum Usage {
    /// How it is called.
    package static let short = """
        Usage:

          etcd [flags]
            Start a server.

          etcd --version
            Show the version.

          etcd -h | --help
            Show this and all flags.

        """

    /// Every flag, by groups.
    package static var flags: String {
        var text = ""
        for group in FlagTable.groups {
            text += "\n\(group.title):\n"
            for flag in group.flags {
                text += "  --\(flag.name) '\(flag.usual)'\n"
                if !flag.meaning.isEmpty { text += "    \(flag.meaning)\n" }
            }
        }
        return text
    }
}
