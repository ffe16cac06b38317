// StoryTests.swift: each behaviour of Raft as a story that a person can follow.
//
// A story is a script with its exact transcript in Scripts/, named after the section of Ongaro's thesis that
// it shows. ETCD_REWRITE_SCRIPTS=1 writes the transcripts anew; a person then reads what has changed.

import Foundation
import Testing

@Suite("Stories")
struct StoryTests {
    static let names: [String] = {
        let folder = Settings.folder.appending(path: "Scripts").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".txt") }.sorted()
    }()

    @Test("there is a story for each behaviour")
    func thereAreStories() {
        #expect(Self.names.count >= 25, "stories are missing from Scripts")
    }

    @Test("the story is as it was told", arguments: names)
    func story(_ name: String) throws {
        let url = Settings.folder.appending(path: "Scripts/\(name)")
        let text = try String(contentsOf: url, encoding: .utf8)
        let script = ScriptFile(text)
        let stage = Stage()
        var transcripts: [[String]] = []
        for (_, _, step) in script.steps {
            let happened = try stage.run(step)
            transcripts.append(happened)
            #expect(!happened.contains { $0.hasPrefix("BROKEN") }, "\(name), line \(step.line)")
            if !Settings.rewritesScripts {
                #expect(happened == step.expected, "\(name), line \(step.line): \(step.command)")
            }
        }
        if Settings.rewritesScripts {
            try script.text(with: transcripts).write(to: url, atomically: true, encoding: .utf8)
        }
        #expect(!script.steps.isEmpty)
    }
}
