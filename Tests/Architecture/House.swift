// House.swift: what the README says may know what, and what the package says does.
//
// The table in the README is not a picture of the rule, it is the rule. One row:
//
//     | `Sources/Wire` | `EtcdAPI` | every message of the client API | `Protobuf` |
//       floor            rooms       prose, not read                  may import, besides what all may
//
// An empty floor means the one above. A name in the last column is a room, a C module, or a floor's
// last name (`System`), which stands for all its rooms. Three rooms may be imported by all, and
// whoever may import messages may import how they are encoded.

import Foundation

/// One room and what it may import.
struct Room: Hashable {
    let name: String
    let folder: String
    let imports: Set<String>

    /// The floor's name without the folders above it.
    var floor: String { folder.split(separator: "/").dropLast().last.map(String.init) ?? folder }
}

/// The table of the README.
struct House {
    let rooms: [String: Room]

    /// What a row need not say, because everybody may.
    static let ground: Set<String> = ["Bytes", "Identifiers", "JSON"]
    /// Rooms that compute and do nothing else.
    static let pureFloors: Set<String> = ["Base", "Wire", "Consensus", "Storage", "Member", "Simulation"]
    /// Where memory may be touched by address, as prefixes of paths.
    static let unsafePlaces = ["Sources/Base/Bytes/", "Sources/System/", "Visualizer/Graphviz/", "Tests/Fuzzing/"]

    /// Reads every row whose room stands in backticks.
    init(readme: String) throws {
        var floor = ""
        var rows: [(folder: String, name: String, imports: [String])] = []
        for line in readme.split(separator: "\n") where line.hasPrefix("|") {
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
            guard cells.count == 4 else { continue }
            let cell = cells.map { Self.quoted($0) }
            if let folder = cell[0].first { floor = folder }
            for name in cell[1] where floor.hasPrefix("Sources") || floor.hasPrefix("Visualizer") {
                rows.append((floor, name, cell[3]))
            }
        }
        guard !rows.isEmpty else { throw HouseError.noTable }
        var found: [String: Room] = [:]
        for row in rows {
            var imports = Self.ground
            for name in row.imports {
                let floor = rows.filter { $0.folder.split(separator: "/").last.map(String.init) == name }
                imports.formUnion(floor.isEmpty ? [name] : floor.map(\.name))
            }
            if imports.contains("RaftMessages") || imports.contains("EtcdAPI") { imports.insert("Protobuf") }
            imports.remove(row.name)
            if found[row.name] != nil { throw HouseError.twice(row.name) }
            found[row.name] = Room(name: row.name, folder: row.folder + "/" + row.name, imports: imports)
        }
        rooms = found
    }

    /// The words of a cell that stand in backticks.
    private static func quoted(_ cell: Substring) -> [String] {
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }

    /// The room in whose folder a file lies.
    func room(of path: String) -> Room? { rooms.values.first { path.hasPrefix($0.folder + "/") } }

    /// Whether a file belongs to a room that must not touch the world.
    func isPure(_ path: String) -> Bool {
        guard let room = room(of: path) else { return false }
        return room.folder.hasPrefix("Sources/") && Self.pureFloors.contains(room.floor)
    }
}

/// Why the README could not be read.
enum HouseError: Error {
    case noTable
    case twice(String)
}

/// One target, as `swift package dump-package` tells of it.
struct PackageTarget: Hashable {
    let name: String
    let kind: String
    let path: String
    let dependencies: Set<String>
    /// The names of its compiler settings, with their value where they have one.
    let settings: Set<String>
}

/// The checkout that these tests lie in.
enum Checkout {
    static let top = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: top.appendingPathComponent(path), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: top.appendingPathComponent(path).path)
    }

    static func topLevel() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: top.path) }

    /// All files below a folder, relative to the top, in order; nothing whose name begins with a dot.
    static func files(below folder: String, endings: Set<String>) -> [String] {
        let base = top.appendingPathComponent(folder)
        let walk = FileManager.default.enumerator(atPath: base.path)
        var found: [String] = []
        while let path = walk?.nextObject() as? String {
            let parts = path.split(separator: "/")
            if parts.contains(where: { $0.hasPrefix(".") }) { continue }
            if endings.contains(String(parts.last?.split(separator: ".").last ?? "")) {
                found.append(folder + "/" + path)
            }
        }
        return found.sorted()
    }

    /// Every source file of ours.
    static func sources() throws -> [SourceText] {
        try ["Sources", "Tests", "Visualizer", "Tutorials"]
            .flatMap { files(below: $0, endings: ["swift"]) }
            .map { SourceText(path: $0, text: try text($0)) }
    }

    /// What the package says of itself.
    static func targets() throws -> [PackageTarget] {
        // A scratch path of its own: the one of the checkout is locked by whoever runs this test.
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent("dump-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let result = try run([
            "swift", "package", "--package-path", top.path, "--scratch-path", scratch.path, "dump-package",
        ])
        guard result.status == 0, let json = result.output.firstIndex(of: "{"),
            let package = try JSONSerialization.jsonObject(with: Data(result.output[json...].utf8)) as? [String: Any],
            let targets = package["targets"] as? [[String: Any]]
        else { throw ProcessFailed(text: result.output + result.errors) }
        return targets.map { target in
            let dependencies = (target["dependencies"] as? [[String: Any]] ?? []).compactMap { dependency in
                dependency.values.compactMap { ($0 as? [Any])?.first as? String }.first
            }
            let settings = (target["settings"] as? [[String: Any]] ?? []).compactMap { setting -> String? in
                guard let kind = setting["kind"] as? [String: Any], let name = kind.keys.first else { return nil }
                let value = (kind[name] as? [String: Any])?["_0"]
                return value.map { "\(name) \($0)" } ?? name
            }
            return PackageTarget(
                name: target["name"] as? String ?? "", kind: target["type"] as? String ?? "",
                path: target["path"] as? String ?? "", dependencies: Set(dependencies), settings: Set(settings))
        }
    }

    /// Runs a program of the toolchain and waits for it.
    static func run(_ command: [String]) throws -> (status: Int32, output: String, errors: String) {
        // Output goes to files: two pipes that nobody reads meanwhile could fill up and block it.
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ["output", "errors"].map { folder.appendingPathComponent($0) }
        for file in files { try Data().write(to: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = top
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        return (
            process.terminationStatus, try String(contentsOf: files[0], encoding: .utf8),
            try String(contentsOf: files[1], encoding: .utf8)
        )
    }
}

/// A program of the toolchain that should have worked, and what it said.
struct ProcessFailed: Error {
    let text: String
}
