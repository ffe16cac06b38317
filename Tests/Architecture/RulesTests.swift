// RulesTests.swift: each rule is shown to fail, on a few lines that break it.
//
// A rule that never fails is not a rule. Beside each bad example stands a good one that looks like
// it, because a rule that cries wolf is switched off before long.

import Testing

/// A few lines of code, shown in a report on one line.
struct Snippet: ExpressibleByStringLiteral, CustomTestStringConvertible {
    let text: String

    init(stringLiteral text: String) { self.text = text }

    var testDescription: String { text.replacing("\n", with: " / ") }
}

@Suite("The rules of the house")
struct RulesTests {
    /// A small house: one room of each sort.
    static let readme = """
        | floor | room | what lives there | may import |
        |---|---|---|---|
        | `Sources/Base` | `Bytes` | bytes, with `unsafe` inside | `CChecksum` |
        | | `Trace` | events | |
        | `Sources/Wire` | `Protobuf` | the encoding | |
        | | `EtcdAPI` | messages | `Protobuf` |
        | `Sources/Storage` | `Backend`, `MVCC` | pages | `EtcdAPI`, `Trace` |
        | `Sources/System` | `Files`, `TLS` | wrappers | `COpenSSL` |
        | `Sources/Net` | `HTTP` | one port | `System` |
        | `Tests/` | mirrors | nothing to import | `Bytes` |
        """
    static let house = try! House(readme: readme)

    static func check(_ path: String, _ text: String) -> [Violation] {
        // Whatever else is wrong with a few lines, they have a head.
        let file = SourceText(path: path, text: text)
        return Rules.check(file, in: house).filter { $0.rule != "A4" }
    }

    @Test("the table is read: floors, shared rows, names of floors, and what is implied")
    func table() {
        #expect(
            Set(Self.house.rooms.keys) == [
                "Bytes", "Trace", "Protobuf", "EtcdAPI", "Backend", "MVCC", "Files", "TLS", "HTTP",
            ])
        #expect(Self.house.rooms["MVCC"]?.folder == "Sources/Storage/MVCC")
        #expect(Self.house.rooms["HTTP"]?.imports == ["Bytes", "Identifiers", "JSON", "Files", "TLS"])
        #expect(Self.house.rooms["Backend"]?.imports.contains("Protobuf") == true)
        #expect(throws: HouseError.self) { try House(readme: "no table here") }
        let twice = Self.readme.replacing("| | `Trace`", with: "| | `Bytes`")
        #expect(throws: HouseError.self) { try House(readme: twice) }
    }

    @Test("comments and literals are blanked, interpolations are not, lines stay")
    func blanking() {
        let text = """
            let a = "unsafe \\(b + "x//y") \\" here" // unsafe
            /* unsafe /* nested */ unsafe */ let c = #"raw \\(no) \\#(yes) "quoted" "#
            let d = \"""
                unsafe "
                \""" + e
            """
        let code = SourceText(path: "a.swift", text: text).code
        #expect(code.count == 5)
        #expect(!code.joined().contains("unsafe") && !code.joined().contains("nested") && !code[1].contains("quoted"))
        #expect(code[0].contains("\\(b + \"") && !code[0].contains("x//y"))
        #expect(code[1].contains("\\#(yes)") && !code[1].contains("no"))
        #expect(code[4].hasSuffix("\"\"\" + e"))
    }

    @Test(
        "A1: an arrow that the table does not have",
        arguments: [
            ("Sources/Storage/MVCC/A.swift", "import Backend"),
            ("Sources/Storage/MVCC/A.swift", "package import HTTP"),
            ("Sources/Storage/MVCC/A.swift", "import struct Files.File"),
            ("Sources/Storage/MVCC/A.swift", "import COpenSSL"),
            ("Sources/Storage/MVCC/A.swift", "import Glibc"),
            ("Sources/Wire/Protobuf/A.swift", "internal import EtcdAPI"),
            ("Sources/Net/HTTP/A.swift", "import COpenSSL"),
            ("Sources/Net/HTTP/A.swift", "import SomethingFetched"),
            ("Tests/Net/HTTPTests/A.swift", "@testable import HTTP"),
            ("Tests/Net/HTTPTests/A.swift", "import COpenSSL"),
        ])
    func badArrows(path: String, line: String) {
        #expect(Self.check(path, line).map(\.rule) == ["A1"])
    }

    @Test(
        "A1: arrows that it has",
        arguments: [
            ("Sources/Storage/MVCC/A.swift", "import EtcdAPI"),
            ("Sources/Storage/MVCC/A.swift", "package import Protobuf"),
            ("Sources/Storage/MVCC/A.swift", "// import Backend"),
            ("Sources/Storage/MVCC/A.swift", "import struct Trace.Event"),
            ("Sources/Base/Bytes/A.swift", "import Glibc"),
            ("Sources/System/TLS/A.swift", "import COpenSSL"),
            ("Sources/Net/HTTP/A.swift", "import TLS"),
            ("Tests/Net/HTTPTests/A.swift", "import Foundation"),
        ])
    func goodArrows(path: String, line: String) {
        #expect(Self.check(path, line).isEmpty)
    }

    @Test(
        "A2: clocks, chance, threads, locks and output in a pure room",
        arguments: [
            "let now = ContinuousClock.now", "let day = Date()", "let die = Int.random(in: 1...6)",
            "let one = all.randomElement()",
            "let mixed = all.shuffled()", "let seed = name.hashValue", "var hasher = Hasher()", "func run() async {}",
            "let task = Task { 1 }", "await run()", "actor Store {}", "let lock = Mutex(0)", "let count = Atomic(0)",
            "@MainActor func draw() {}", "let thread = Thread.current", "print(1)", "let line = readLine()",
        ])
    func impure(line: String) {
        #expect(Self.check("Sources/Storage/MVCC/A.swift", line).contains { $0.rule == "A2" })
        // The same line may stand where the world is.
        #expect(Self.check("Sources/Net/HTTP/A.swift", line).isEmpty)
    }

    @Test(
        "A2: what only looks like it",
        arguments: [
            "let die = Int.random(in: 1...6, using: &dice)", "let text = \"print the Date, await a Task\"",
            "tree.print()",
            "func hash(into hasher: inout Hasher) {}", "let taskCount = 1  // async", "let random = 4",
        ])
    func pure(line: String) {
        #expect(Self.check("Sources/Storage/MVCC/A.swift", line).isEmpty)
    }

    @Test("A2: Foundation nowhere outside of tests", arguments: ["Foundation", "FoundationEssentials", "Dispatch"])
    func foundation(module: String) {
        #expect(Self.check("Sources/Net/HTTP/A.swift", "import \(module)").contains { $0.rule == "A2" })
        #expect(Self.check("Tests/Net/HTTPTests/A.swift", "import \(module)").isEmpty)
    }

    @Test("A3: unsafe only at the doors, and with its argument")
    func memory() {
        let plain = "let a = unsafe pointer.pointee"
        let argued = "// SAFETY: the pointer is ours.\n" + plain
        for path in ["Sources/Storage/MVCC/A.swift", "Sources/Net/HTTP/A.swift", "Tests/Net/HTTPTests/A.swift"] {
            #expect(Self.check(path, argued).map(\.rule) == ["A3"])
            #expect(Self.check(path, "extension A: @unchecked Sendable {}").map(\.rule) == ["A3"])
            #expect(Self.check(path, "nonisolated(unsafe) var a = 1").map(\.rule) == ["A3"])
        }
        for path in ["Sources/Base/Bytes/A.swift", "Sources/System/TLS/A.swift", "Visualizer/Graphviz/A.swift"] {
            #expect(Self.check(path, argued).isEmpty)
            #expect(Self.check(path, plain).map(\.rule) == ["A3"])
            #expect(Self.check(path, "struct A: @unchecked Sendable {}").map(\.rule) == ["A3"])
            #expect(Self.check(path, argued + String(repeating: "\n", count: 20) + plain).map(\.line) == [22])
        }
        #expect(Self.check("Tests/Fuzzing/A.swift", plain).isEmpty)
    }

    @Test(
        "A4: a head that names the file",
        arguments: [
            "", "import Bytes", "// B.swift: another name here", "// A.swift", "// A.swift: ",
            "\n// A.swift: one line late",
        ] as [Snippet])
    func badHead(snippet: Snippet) {
        #expect(Rules.head(SourceText(path: "Sources/Net/HTTP/A.swift", text: snippet.text)).map(\.rule) == ["A4"])
    }

    @Test("A4: scripts say their path, manifests their name after the package manager's line")
    func goodHead() {
        for (path, text) in [
            ("Sources/Net/HTTP/A.swift", "// A.swift: how does one port serve two protocols?"),
            ("Tests/run.sh", "#!/usr/bin/env bash\n# Tests/run.sh: does it keep its promises?"),
            ("Package.swift", "// swift-tools-version: 6.2\n//\n// Package.swift: the house, one line a room."),
        ] {
            #expect(Rules.head(SourceText(path: path, text: text)).isEmpty)
        }
        #expect(
            !Rules.head(SourceText(path: "Tests/run.sh", text: "#!/bin/sh\n# run.sh: a name without its path")).isEmpty)
    }

    @Test(
        "A5: what others see has a comment",
        arguments: [
            "package func a() {}", "public struct A {}", "open class A {}", "package private(set) var a = 1",
            "@inlinable\npackage static func a() {}", "@frozen package enum A {\n}",
            "    package init?(a: Int) { nil }",
            "// a remark is no doc\npackage let a = 1", "/// A.\npackage enum A {\n    case b\n}",
            "/// A.\npackage protocol A {\n    func b()\n}", "package extension A {\n    func b() {}\n}",
            "/// A.\npackage struct A {\n    /// B.\n    package var b: Int { 1 }\n    package var c: Int { 2 }\n}",
            "/// A.\npackage struct A {\n    package enum B {}\n}", "package class func a() {}",
            "@available(macOS 26, *) package var a = 1",
        ] as [Snippet])
    func undocumented(snippet: Snippet) {
        #expect(Self.check("Sources/Net/HTTP/A.swift", snippet.text).map(\.rule) == ["A5"])
    }

    @Test(
        "A5: what has one, or what nobody else sees",
        arguments: [
            "/// A.\npackage func a() {}", "/// A.\n@inlinable\n@_lifetime(borrow self)\npackage func a() {}",
            "func a() {}",
            "/// A.\n// SAFETY: nothing is shared.\npackage struct A: Sendable {}", "package import Bytes",
            "private struct A {}",
            "/// A.\npackage enum A {\n    /// B.\n    case b\n    func c() { switch self {\n    case .b: 1\n    } }\n}",
            "enum A {\n    case b\n}",
            "/// A.\npackage struct A {\n    var b = 1\n    private let c = { let package = 2; return package }()\n}",
            "let text = \"\"\"\n    package func a() {}\n    \"\"\"",
        ] as [Snippet])
    func documented(snippet: Snippet) {
        #expect(Self.check("Sources/Net/HTTP/A.swift", snippet.text).isEmpty)
    }

    @Test("A6: 700 lines, unless a program wrote them")
    func length() {
        let long = String(repeating: "let a = 1\n", count: 701)
        #expect(Self.check("Sources/Net/HTTP/A.swift", long).map(\.rule) == ["A6"])
        #expect(Self.check("Sources/Net/HTTP/A.swift", String(repeating: "let a = 1\n", count: 700)).isEmpty)
        #expect(Self.check("Sources/Net/HTTP/A.swift", "// Made by MessageGenerator.\n" + long).isEmpty)
    }

    @Test(
        "A7: words",
        arguments: [
            "// TO" + "DO: later", "// FIX" + "ME", "let path = \"/ho" + "me/me/x\"",
            "@Test(.disab" + "led()) func a() {}",
        ])
    func forbiddenWords(line: String) {
        #expect(Self.check("Tests/Net/HTTPTests/A.swift", line).map(\.rule) == ["A7"])
    }

    @Test(
        "A8: names without an idea",
        arguments: [
            "Sources/Net/HTTP/StringUtils.swift", "Sources/Net/Common/A.swift", "Tests/Net/HTTPTests/Helpers.swift",
        ])
    func emptyNames(path: String) {
        #expect(Self.check(path, "let a = 1").map(\.rule) == ["A8"])
    }

    @Test(
        "A9: a view of a value that nobody holds",
        arguments: [
            "use(ByteSlice(a).view)", "use(ByteSlice(hex: b(c))!.view)", "let d = (e)?.view",
            "try encode(f).view.count", "printable(request.key.slice.view)",
        ])
    func temporaries(line: String) {
        #expect(Self.check("Tests/Net/HTTPTests/A.swift", line).map(\.rule) == ["A9"])
    }

    @Test(
        "A9: views of what has a name",
        arguments: ["use(a.view)", "use(a.prefix(3).view)", "use(a[0..<b(c)].view)", "a.viewport()", "b(c).viewer"])
    func named(line: String) {
        #expect(Self.check("Tests/Net/HTTPTests/A.swift", line).isEmpty)
    }

    @Test("the package against the table: rooms, folders, arrows, settings, wrappers")
    func package() throws {
        func target(
            _ name: String, _ path: String, _ dependencies: Set<String> = [], kind: String = "regular",
            settings: Set<String> = PackageRules.settings
        ) -> PackageTarget {
            PackageTarget(name: name, kind: kind, path: path, dependencies: dependencies, settings: settings)
        }
        let good =
            Self.house.rooms.values.map { target($0.name, $0.folder) } + [
                target("CChecksum", "Sources/Base/CChecksum", settings: []),
                target("COpenSSL", "Sources/System/COpenSSL", kind: "system", settings: []),
            ]
        // COpenSSL stands in a row of two rooms.
        #expect(PackageRules.check(good, against: Self.house).count == 1)
        let house = try House(
            readme: Self.readme.replacing(
                "`Files`, `TLS` | wrappers | `COpenSSL`", with: "`TLS` | wrappers | `COpenSSL`"))
        let fitting = good.filter { $0.name != "Files" }
        #expect(PackageRules.check(fitting, against: house).isEmpty)
        for (bad, what) in [
            (fitting + [target("Cellar", "Sources/Base/Cellar")], "room Cellar"),
            (fitting.filter { $0.name != "Trace" }, "room Trace"),
            (fitting.filter { $0.name != "HTTP" } + [target("HTTP", "Sources/HTTP")], "lies in"),
            (fitting.filter { $0.name != "HTTP" } + [target("HTTP", "Sources/Net/HTTP", ["MVCC"])], "depends on MVCC"),
            (fitting.filter { $0.name != "HTTP" } + [target("HTTP", "Sources/Net/HTTP", settings: [])], "without"),
            (fitting + [target("CZlib", "Sources/System/CZlib", kind: "system", settings: [])], "CZlib"),
            (fitting + [target("HTTPTests", "Sources/Net/HTTPTests", kind: "test")], "tests lie in"),
        ] {
            let wrong = PackageRules.check(bad, against: house)
            #expect(wrong.count == 1 && wrong[0].contains(what), "\(wrong)")
        }
    }

    @Test("the top level and the packages to install")
    func topLevel() {
        #expect(
            PackageRules.strangers(among: ["Sources", ".git", "README.md", "docs", "Makefile"]) == ["Makefile", "docs"])
        let readme = "x\n    sudo apt-get install -y liba-dev \\\n        libb-dev\nafter"
        #expect(PackageRules.packages(inReadme: readme) == ["liba-dev", "libb-dev"])
        #expect(
            PackageRules.packages(inScript: "a\nread PACKAGES <<'END'\nliba-dev | it's x\nlibc | y\nEND\nb") == [
                "liba-dev", "libc",
            ])
    }
}
