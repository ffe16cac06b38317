// PackageRules.swift: is the package the house that the README shows?
//
// The package manager enforces its own arrows while building: a room cannot import what its row in
// Package.swift does not name. So it is enough that no row there names more than the README allows,
// that both have the same rooms in the same folders, and that every room is compiled as strictly.

import Foundation

enum PackageRules {
    /// How every Swift target is compiled.
    static let settings: Set<String> = [
        "swiftLanguageMode 6", "strictMemorySafety", "treatAllWarnings error", "enableUpcomingFeature ExistentialAny",
        "enableUpcomingFeature InternalImportsByDefault", "enableUpcomingFeature MemberImportVisibility",
    ]
    /// Folders of `Tests` that mirror no room.
    static let freeTests: Set<String> = ["Architecture", "Interop", "Benchmarks", "Fuzzing"]

    /// Everything that does not fit, one sentence each.
    static func check(_ targets: [PackageTarget], against house: House) -> [String] {
        var wrong: [String] = []
        let wrapped = Set(targets.filter { house.rooms[$0.name] == nil && isC($0) }.map(\.name))
        for target in targets where !wrapped.contains(target.name) {
            if target.kind != "test" { wrong += checkRoom(target, against: house) } else { wrong += checkTest(target) }
            let missing = settings.subtracting(target.settings)
            if !missing.isEmpty {
                wrong.append("\(target.name) is compiled without \(missing.sorted().joined(separator: ", "))")
            }
        }
        let names = Set(targets.map(\.name))
        for room in house.rooms.keys.sorted() where !names.contains(room) {
            wrong.append("the README has a room \(room) that the package does not have: it appears with its first code")
        }
        for module in wrapped.sorted() {
            let owners = house.rooms.values.filter { $0.imports.contains(module) }.map(\.name).sorted()
            if owners.count != 1 {
                wrong.append("the C module \(module) needs one wrapper; the README names \(owners)")
            }
        }
        return wrong
    }

    private static func checkRoom(_ target: PackageTarget, against house: House) -> [String] {
        guard let room = house.rooms[target.name] else {
            // What tests share lies under Tests and is no room of the house.
            if target.path.hasPrefix("Tests/") { return [] }
            return ["the package has a room \(target.name) that the README's table does not have: add its row"]
        }
        var wrong: [String] = []
        if target.path != room.folder {
            wrong.append("\(target.name) lies in \(target.path), the README says \(room.folder)")
        }
        let forbidden = target.dependencies.subtracting(room.imports)
        if !forbidden.isEmpty {
            wrong.append(
                "\(target.name) depends on \(forbidden.sorted().joined(separator: ", ")), which its row in the README does not have"
            )
        }
        return wrong
    }

    private static func checkTest(_ target: PackageTarget) -> [String] {
        let parts = target.path.split(separator: "/").map(String.init)
        if parts.count > 1, parts[0] == "Tests", freeTests.contains(parts[1]) || parts.last == target.name { return [] }
        return ["\(target.name) lies in \(target.path); tests lie in Tests/<floor>/\(target.name)"]
    }

    /// A module of C: the package manager's own kind for installed libraries, or a folder of C.
    private static func isC(_ target: PackageTarget) -> Bool {
        target.kind == "system" || (target.name.first == "C" && target.name.dropFirst().first?.isUppercase == true)
    }

    // MARK: the top level

    static let allowed: Set<String> = ["Package.swift", "Sources", "Tests", "Tutorials", "Visualizer", "README.md"]

    /// The names that do not belong there.
    static func strangers(among names: [String]) -> [String] {
        names.filter { !$0.hasPrefix(".") && !allowed.contains($0) }.sorted()
    }

    // MARK: what to install

    /// The words after `apt-get install`, over continued lines.
    static func packages(inReadme text: String) -> Set<String> {
        guard let command = text.range(of: "apt-get install") else { return [] }
        let joined = text[command.upperBound...].replacingOccurrences(of: "\\\n", with: " ")
        let line = joined.split(separator: "\n", maxSplits: 1).first ?? ""
        return Set(line.split(whereSeparator: \.isWhitespace).map(String.init).filter { !$0.hasPrefix("-") })
    }

    /// The first column of the table PACKAGES.
    static func packages(inScript text: String) -> Set<String> {
        guard let table = text.range(of: " PACKAGES <<'END'\n"),
            let end = text.range(of: "\nEND\n", range: table.upperBound..<text.endIndex)
        else { return [] }
        let rows = text[table.upperBound..<end.lowerBound]
        return Set(rows.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) })
    }
}
