// FlagReading.swift: from words on a command line to settings, by the rules of Go's package `flag`.
//
//     -x   and   --x           the same
//     --x v   or   --x=v       a value; truths take one only behind `=`
//     a word without a dash    ends the flags; the rest is left over, and etcd wants nothing to be
//
// WHO FAILS HOW, because supervisors and tests look at it:
//
//     unknown flag, bad value      a line and the usage on standard error     exit code 2
//     -h, --help                   usage and flags                            0
//     --version                    four lines                                 0
//     left-over word, bad setting  a line of the log                          1
//
// SHOWN BY  FlagTests, ProcessTests (side by side with a real etcd)

/// What a command line comes to.
package enum CommandLineVerdict: Sendable {
    /// Go on with these.
    case start(Settings)
    /// `-h`.
    case help
    /// `--version`.
    case version
    /// Code 2, with the usage.
    case misused(String)
    /// Code 1, as a line of the log. The settings are as far as they were read.
    case refused(SettingsError, Settings)
}

/// Reads flags and environment.
package enum FlagReading {
    /// Decides about a start. `warnings` are for the log.
    package static func read(
        arguments: [String], environment: [(name: String, value: String)], warnings: inout [String]
    ) -> CommandLineVerdict {
        var settings = Settings()
        var rest = arguments[...]
        do throws(FlagFailure) {
            while let word = rest.first, word.hasPrefix("-"), word != "-" {
                rest = rest.dropFirst()
                if word == "--" { break }
                try take(word, &rest, into: &settings)
            }
        } catch {
            switch error {
            case .help: return .help
            case .text(let text): return .misused(text)
            }
        }
        if settings.showsVersion { return .version }
        do throws(SettingsError) {
            if let extra = rest.first { throw SettingsError("'\(extra)' is not a valid flag") }
            try take(environment, into: &settings, warnings: &warnings)
            try settings.refuseWhatIsNotKept()
            try settings.validate(warnings: &warnings)
        } catch { return .refused(error, settings) }
        return .start(settings)
    }

    private enum FlagFailure: Error {
        case help
        case text(String)
    }

    private static func take(
        _ word: String, _ rest: inout ArraySlice<String>, into settings: inout Settings
    ) throws(FlagFailure) {
        let body = word.hasPrefix("--") ? word.dropFirst(2) : word.dropFirst()
        guard let first = body.first, first != "-", first != "=" else { throw .text("bad flag syntax: \(word)") }
        let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        guard let flag = FlagTable.all[name] else {
            if name == "h" || name == "help" { throw .help }
            throw .text("flag provided but not defined: -\(name)")
        }
        var value = parts.count == 2 ? String(parts[1]) : nil
        if value == nil, flag.isTruth { value = "true" }
        if value == nil {
            guard let next = rest.popFirst() else { throw .text("flag needs an argument: -\(name)") }
            value = next
        }
        let text = value ?? ""
        do throws(SettingsError) {
            try settings.set(flag, to: text)
        } catch {
            if flag.isTruth { throw .text("invalid boolean value \"\(text)\" for -\(name): \(error)") }
            throw .text("invalid value \"\(text)\" for flag -\(name): \(error)")
        }
        settings.given.insert(name)
    }

    private static func take(
        _ environment: [(name: String, value: String)], into settings: inout Settings, warnings: inout [String]
    ) throws(SettingsError) {
        var known: [String: Flag] = [:]
        for flag in FlagTable.all.values { known[flag.variable] = flag }
        for (name, text) in environment where name.hasPrefix("ETCD_") && !text.isEmpty {
            guard let flag = known[name], flag.name != "version" else {
                // Ours: where tests find their things, and what lets etcd run on rarer machines.
                if name != "ETCD_UNSUPPORTED_ARCH" {
                    warnings.append("unrecognized environment variable: \(name)=\(text)")
                }
                continue
            }
            guard !settings.given.contains(flag.name) else {
                throw SettingsError(
                    "conflicting environment variable is shadowed by corresponding command-line flag (either unset "
                        + "environment variable or disable flag)): \(name)")
            }
            do throws(SettingsError) {
                try settings.set(flag, to: text)
            } catch { throw SettingsError("invalid value \"\(text)\" for \(name): \(error)") }
            settings.given.insert(flag.name)
        }
    }
}

extension Settings {
    private static let parseError = SettingsError("parse error")

    /// Gives one flag its value.
    mutating func set(_ flag: Flag, to text: String) throws(SettingsError) {
        func need<Value>(_ value: Value?) throws(SettingsError) -> Value {
            guard let value else { throw Settings.parseError }
            return value
        }
        switch flag.value {
        case .text(let place):
            if flag.name == "initial-cluster-state", !["new", "existing"].contains(text) {
                throw SettingsError("invalid value")
            }
            self[keyPath: place] = text
        case .whole(let place): self[keyPath: place] = try need(GoValues.whole(text))
        case .count(let place): self[keyPath: place] = try need(GoValues.count(text))
        case .truth(let place): self[keyPath: place] = try need(GoValues.truth(text))
        case .duration(let place): self[keyPath: place] = try need(GoValues.duration(text))
        case .urls(let place): self[keyPath: place] = try ServerURL.list(text)
        case .words(let place):
            self[keyPath: place] = text.split(separator: ",").map { String($0.drop { $0 == " " }) }
        case .anyText: unkept[flag.name] = text
        case .anyWhole: unkept[flag.name] = String(try need(GoValues.whole(text)))
        case .anyTruth: unkept[flag.name] = String(try need(GoValues.truth(text)))
        case .anyDuration:
            _ = try need(GoValues.duration(text))
            unkept[flag.name] = text
        case .anyURLs:
            if !text.isEmpty { _ = try ServerURL.list(text) }
            unkept[flag.name] = text
        }
    }

    /// A flag that would be without effect is refused, unless it asks for what is the case anyway.
    func refuseWhatIsNotKept() throws(SettingsError) {
        for (name, text) in unkept.sorted(by: { $0.key < $1.key }) {
            guard let flag = FlagTable.all[name], flag.standing == .later else { continue }
            let same: Bool =
                switch flag.value {
                case .anyDuration: GoValues.duration(text) == GoValues.duration(flag.usual)
                default: text == flag.usual
                }
            guard same else {
                throw SettingsError(
                    "--\(name)=\(text): this version knows the flag and cannot do what it asks for yet. It was not started, "
                        + "because it would not do what you expect; leave the flag out to start without it")
            }
        }
    }
}
