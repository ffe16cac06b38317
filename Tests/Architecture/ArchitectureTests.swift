// ArchitectureTests.swift: the house as it stands, against the README's table and the rules.
//
// What is wrong is listed all at once, with file and line, so that one run is enough to mend it.

import Testing

@Suite("The house")
struct ArchitectureTests {
    private func report(_ wrong: [String], at location: SourceLocation = #_sourceLocation) {
        if wrong.isEmpty { return }
        Issue.record("\(wrong.count) to mend:\n\(wrong.joined(separator: "\n"))", sourceLocation: location)
    }

    @Test("every source file keeps every rule")
    func rules() throws {
        let house = try House(readme: Checkout.text("README.md"))
        let sources = try Checkout.sources() + [SourceText(path: "Package.swift", text: Checkout.text("Package.swift"))]
        #expect(sources.count > 10, "the walk over the files found too few")
        let wrong = sources.flatMap { Rules.check($0, in: house) }
        report(wrong.map(\.description))
    }

    @Test("scripts, C and messages begin with their name too, and keep the words")
    func otherFiles() throws {
        let files = ["Sources", "Tests", "Visualizer", "Tutorials"].flatMap {
            Checkout.files(below: $0, endings: ["sh", "c", "h", "proto"])
        }
        let wrong = try files.map { SourceText(path: $0, text: try Checkout.text($0)) }
            .flatMap { Rules.head($0) + Rules.words($0) + Rules.names($0) }
        report(wrong.map(\.description))
    }

    @Test("the README's table and the package have the same rooms, arrows and settings")
    func package() throws {
        let house = try House(readme: Checkout.text("README.md"))
        let wrong = PackageRules.check(try Checkout.targets(), against: house)
        report(wrong)
    }

    @Test("nothing else stands at the top level")
    func topLevel() throws {
        let wrong = PackageRules.strangers(among: try Checkout.topLevel())
        #expect(wrong.isEmpty, "\(wrong)")
    }

    @Test("the README's apt-get line and Tests/run.sh ask for the same packages")
    func packagesToInstall() throws {
        let readme = PackageRules.packages(inReadme: try Checkout.text("README.md"))
        let script = PackageRules.packages(inScript: try Checkout.text("Tests/run.sh"))
        #expect(!script.isEmpty)
        #expect(
            readme == script,
            "only in the README: \(readme.subtracting(script)), only in run.sh: \(script.subtracting(readme))")
    }

    @Test("swift format has nothing to say")
    func format() throws {
        let folders = ["Package.swift", "Sources", "Tests", "Visualizer", "Tutorials"].filter { Checkout.exists($0) }
        let result = try Checkout.run(["swift", "format", "lint", "--strict", "--parallel", "--recursive"] + folders)
        #expect(result.status == 0, "\n\(result.errors.prefix(8_000))\nmend it with: swift format -i FILE")
    }
}
