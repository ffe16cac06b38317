// Main.swift: from a command line to a picture. START HERE; Options.swift has the words, Simulation/KnownScenarios.swift the stories.
//
//     --from files  --HistoryLoader-->                               +--> text (txt)
//                                       CausalHistory --PictureKind--+--> canvas --> dot
//     demo          --Scenario-------->       |                                  --> Graphviz --> svg, png, pdf
//                                             +--> lines (ndjson), TLAExport (tla)
//
// EXIT CODES   0 done   1 nothing was drawn   2 the command line   3 the specification cannot express this history

import Bytes
import Diagrams
import Disk
import Files
import Graphviz
import Identifiers
import JSON
import Simulation
import Trace
import TraceModel

/// The program.
@main
enum Visualizer {
    /// Why it ends without a result.
    struct Failure: Error {
        var reason: String
        var code: Int32 = 1
    }

    static func main() {
        StandardStream.ignoreClosedPipes()
        do throws(Failure) {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            StandardStream.error.write("visualizer: \(error.reason)\n")
            StandardStream.exit(error.code)
        }
    }

    static func run(_ arguments: [String]) throws(Failure) {
        let options: Options
        do { options = try Options(arguments) } catch {
            throw Failure(reason: "\(error.reason)\n`visualizer --help` shows what there is", code: 2)
        }
        switch options.command {
        case .help: StandardStream.output.write(Options.help)
        case .demoList:
            let widest = KnownScenario.all.map(\.name.count).max() ?? 0
            for demo in KnownScenario.all {
                StandardStream.output.write(
                    TextPage.fitted(demo.name, widest + 2) + "\(demo.title) (\(demo.picture))\n")
            }
        case .demo(let name): try show(demo: name, options)
        case .picture(let kind):
            try draw(
                kind, PictureRequest(try load(options.sources), filter: options.filter, title: options.title), options)
        case .export: try export(try load(options.sources), options.format ?? .ndjson, options)
        }
    }

    // MARK: Where histories come from

    private static func load(_ sources: [String]) throws(Failure) -> CausalHistory {
        var loader = HistoryLoader()
        let disk = FileSystem()
        for source in sources {
            do { try loader.load(source, on: disk) } catch {
                throw Failure(reason: "\(source): \(error)")
            }
        }
        if loader.count == 0 {
            let first = loader.troubles.list.first.map { " The first trouble: \($0)." } ?? ""
            throw Failure(reason: "there is no event in \(sources.joined(separator: ", ")).\(first)")
        }
        return loader.finish()
    }

    private static func show(demo name: String, _ options: Options) throws(Failure) {
        guard let demo = KnownScenario.named(name) else {
            throw Failure(
                reason: "there is no scenario `\(name)`: \(KnownScenario.all.map(\.name).joined(separator: ", "))",
                code: 2)
        }
        let history = try play(demo, seed: options.seed)
        let format = options.format ?? .txt
        guard format.isPicture else {
            try export(history, format, options)
            return
        }
        let request = PictureRequest(history, filter: options.filter, title: options.title ?? demo.title)
        try draw(options.picture ?? PictureKind(rawValue: demo.picture) ?? .timeline, request, options)
    }

    /// Carries a story out, and takes its trace the way a reader of files does: as lines.
    static func play(_ demo: KnownScenario, seed: UInt64) throws(Failure) -> CausalHistory {
        let trace = ClusterTrace()
        do { _ = try Scenario(tracingTo: trace).run(demo.script(seed: seed)) } catch {
            throw Failure(
                reason:
                    "with the seed \(seed) the story `\(demo.name)` goes otherwise: line \(error.line), \(error.reason)"
            )
        }
        var loader = HistoryLoader()
        let lines = trace.lines()
        loader.load(lines.view, named: demo.name)
        return loader.finish()
    }

    // MARK: Where pictures go

    private static func draw(_ kind: PictureKind, _ request: PictureRequest, _ options: Options) throws(Failure) {
        if let reason = kind.refusal(of: options.filter) { throw Failure(reason: reason, code: 2) }
        let isTerminal = options.output == nil && StandardStream.output.isTerminal
        let width = options.width ?? (isTerminal ? StandardStream.output.columns : nil) ?? 100
        let picture: Picture
        do { picture = try kind.draw(request, width: width) } catch { throw Failure(reason: error.reason) }
        var output = ByteBuffer()
        switch options.format ?? .txt {
        case .txt:
            let isColored = options.color == "always" || (options.color != "never" && isTerminal)
            output.append(isColored ? picture.text.colored : picture.text.plain)
        case .dot: output.append(picture.canvas.dot)
        case .svg:
            let page = try rendered(picture, .svg)
            output.append(picture.canvas.svg(finishing: page.view.lossyText))
        case .png: output = try rendered(picture, .png)
        case .pdf: output = try rendered(picture, .pdf)
        case .ndjson, .tla:
            throw Failure(reason: "a picture is svg, png, pdf, dot or txt; `export` writes traces", code: 2)
        }
        try write(output.view, options)
    }

    private static func rendered(_ picture: Picture, _ format: PictureFormat) throws(Failure) -> ByteBuffer {
        var output = ByteBuffer()
        do { try Graphviz.render(picture.canvas.dot, as: format, into: &output) } catch {
            throw Failure(reason: "\(error)")
        }
        return output
    }

    private static func export(_ history: CausalHistory, _ format: OutputFormat, _ options: Options) throws(Failure) {
        switch format {
        case .ndjson:
            var json = JSONWriter()
            for event in history.order { json.traceLine(history.record(at: Int(event))) }
            let buffer = json.finish()
            try write(buffer.view, options)
        case .tla:
            let export = TLAExport(history)
            guard export.remarks.isEmpty else {
                let list = export.remarks.map { "  \($0)" }.joined(separator: "\n")
                throw Failure(
                    reason:
                        "the public specification has no words for parts of this history; nothing was written:\n\(list)",
                    code: 3)
            }
            try write(export.text, options)
        default: throw Failure(reason: "export writes ndjson or tla, not \(format.rawValue)", code: 2)
        }
        for trouble in history.troubles.list.prefix(20) { StandardStream.error.write("visualizer: \(trouble)\n") }
    }

    private static func write(_ bytes: ByteView, _ options: Options) throws(Failure) {
        guard let path = options.output else {
            StandardStream.output.write(bytes)
            return
        }
        do {
            var how = OpenMode.replacing
            how.permissions = .shared
            try FileSystem().open(path, how).write(bytes, at: 0)
        } catch { throw Failure(reason: "\(path): \(error)") }
    }
}
