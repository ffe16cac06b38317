// YAML.swift: a configuration file as a tree.
//
// `--config-file` is YAML: nested maps, lists and plain words, indented. libyaml turns the text into a
// stream of events; here they become a tree, and that is all: what a key means is decided above.
//
//     listen-client-urls: http://a:1,http://b:2          map(
//     client-transport-security:                            "listen-client-urls": text,
//       cert-file: /etc/cert.pem                            "client-transport-security": map(...)
//     cipher-suites: [A, B]                                 "cipher-suites": list(...))
//
// WHAT IS A NUMBER? In YAML, `10`, `"10"` and `1e1` are not the same, but the kind is a matter of opinion.
// So the tree keeps the text and whether it was quoted, and whoever wants a number reads it as one.
//
// RULES    F1  every node knows its line, for the error that names it.
//          F2  a key that stands twice in a map is an error: one of the two would be lost silently.
//          F3  aliases (`*name`) are refused: a few of them can expand to more than the memory holds.
//          F4  nesting is limited to 64 levels, the text to 1 MiB: it is a configuration.

package import Bytes
internal import CYAML

/// A place in a configuration file and what stands there.
package struct YAMLNode: Hashable, Sendable {
    /// The three shapes.
    package enum Content: Hashable, Sendable {
        /// A word, a number, a quoted text; nothing (`key:` with an empty value) is the empty plain text.
        case text(String, isQuoted: Bool)
        /// `[a, b]`, or lines that begin with a dash.
        case list([YAMLNode])
        /// Keys and values, in the order of the file.
        case map([Entry])
    }

    /// One line of a map.
    package struct Entry: Hashable, Sendable {
        /// The key.
        package let key: String
        /// Its value.
        package let value: YAMLNode
    }

    /// What stands there.
    package let content: Content
    /// Its line in the file, counted from 1.
    package let line: Int

    /// The value of a key, when this is a map that has it.
    package subscript(key: String) -> YAMLNode? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// The text, when this is one.
    package var text: String? {
        guard case .text(let text, _) = content else { return nil }
        return text
    }
}

/// Why a text is no configuration.
package struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, counted from 1.
    package let line: Int
    /// What is wrong there.
    package let reason: String
    /// For people.
    package var description: String { "line \(line): \(reason)" }
}

/// Reading YAML.
package enum YAML {
    private static let depthLimit = 64
    private static let sizeLimit = 1 << 20

    /// The tree of a text; nil for a text without a document.
    package static func parse(_ bytes: ByteView) throws(YAMLError) -> YAMLNode? {
        guard bytes.count <= sizeLimit else {
            throw YAMLError(
                line: 1, reason: "the file has \(bytes.count) bytes; a configuration has at most \(sizeLimit)")
        }
        // libyaml refuses a text without an address.
        guard !bytes.isEmpty else { return nil }
        let events = try Events(bytes)
        var reader = TreeReader(events: events.all[...])
        return try reader.document()
    }

    /// One event of libyaml that matters to us.
    fileprivate enum Event {
        case text(String, isQuoted: Bool)
        case listStart
        case listEnd
        case mapStart
        case mapEnd
        case alias
    }

    /// Everything that libyaml finds in a text.
    private struct Events {
        var all: [(event: Event, line: Int)] = []

        init(_ bytes: ByteView) throws(YAMLError) {
            let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
            defer { unsafe parser.deallocate() }
            // SAFETY: the parser is initialised here, freed below, and reads within the view only.
            guard unsafe yaml_parser_initialize(parser) == 1 else { preconditionFailure("libyaml has no memory") }
            defer { unsafe yaml_parser_delete(parser) }
            let failure: YAMLError? = unsafe bytes.withUnsafeBytes { raw in
                unsafe yaml_parser_set_input_string(parser, raw.bindMemory(to: UInt8.self).baseAddress, raw.count)
                return unsafe collect(parser)
            }
            if let failure { throw failure }
        }

        @unsafe
        private mutating func collect(_ parser: UnsafeMutablePointer<yaml_parser_t>) -> YAMLError? {
            var documents = 0
            while true {
                var event = unsafe yaml_event_t()
                // SAFETY: libyaml fills the event, and its memory is freed in the same round.
                guard unsafe yaml_parser_parse(parser, &event) == 1 else { return unsafe Self.error(of: parser) }
                defer { unsafe yaml_event_delete(&event) }
                let line = unsafe Int(event.start_mark.line) + 1
                switch unsafe event.type {
                case YAML_STREAM_END_EVENT: return nil
                case YAML_DOCUMENT_START_EVENT:
                    documents += 1
                    if documents > 1 {
                        return YAMLError(line: line, reason: "a second document begins; one is expected")
                    }
                case YAML_SCALAR_EVENT:
                    // SAFETY: libyaml says how long the text is; it is copied here.
                    let scalar = unsafe event.data.scalar
                    let text = unsafe String(
                        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
                    // SAFETY: a field of the event that is being read.
                    let isQuoted = unsafe scalar.style != YAML_PLAIN_SCALAR_STYLE
                    all.append((.text(text, isQuoted: isQuoted), line))
                case YAML_SEQUENCE_START_EVENT: all.append((.listStart, line))
                case YAML_SEQUENCE_END_EVENT: all.append((.listEnd, line))
                case YAML_MAPPING_START_EVENT: all.append((.mapStart, line))
                case YAML_MAPPING_END_EVENT: all.append((.mapEnd, line))
                case YAML_ALIAS_EVENT: all.append((.alias, line))
                default: break
                }
            }
        }

        @unsafe
        private static func error(of parser: UnsafeMutablePointer<yaml_parser_t>) -> YAMLError {
            // SAFETY: the problem is a constant text of libyaml, or nil.
            let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "this is not YAML"
            return YAMLError(line: unsafe Int(parser.pointee.problem_mark.line) + 1, reason: problem)
        }
    }

    /// Builds the tree, one function a shape.
    private struct TreeReader {
        var events: ArraySlice<(event: Event, line: Int)>

        mutating func document() throws(YAMLError) -> YAMLNode? {
            events.isEmpty ? nil : try node(depth: 0)
        }

        mutating func node(depth: Int) throws(YAMLError) -> YAMLNode {
            // libyaml has checked that the events nest: there is always a next one here.
            let (event, line) = events.removeFirst()
            guard depth < depthLimit else {
                throw YAMLError(line: line, reason: "nested deeper than \(depthLimit) levels")
            }
            switch event {
            case .text(let text, let isQuoted): return YAMLNode(content: .text(text, isQuoted: isQuoted), line: line)
            case .listStart: return YAMLNode(content: .list(try items(depth)), line: line)
            case .mapStart: return YAMLNode(content: .map(try entries(depth)), line: line)
            case .alias: throw YAMLError(line: line, reason: "aliases (*name) are not supported: write the value again")
            case .listEnd, .mapEnd: preconditionFailure("libyaml's events do not nest")
            }
        }

        private mutating func items(_ depth: Int) throws(YAMLError) -> [YAMLNode] {
            var items: [YAMLNode] = []
            while let next = events.first {
                if case .listEnd = next.event { break }
                items.append(try node(depth: depth + 1))
            }
            events.removeFirst()
            return items
        }

        private mutating func entries(_ depth: Int) throws(YAMLError) -> [YAMLNode.Entry] {
            var entries: [YAMLNode.Entry] = []
            var seen: Set<String> = []
            while let next = events.first {
                if case .mapEnd = next.event { break }
                guard case .text(let key, _) = next.event else {
                    throw YAMLError(line: next.line, reason: "a key must be a plain word")
                }
                guard seen.insert(key).inserted else {
                    throw YAMLError(line: next.line, reason: "the key \"\(key)\" stands twice in this map")
                }
                events.removeFirst()
                entries.append(YAMLNode.Entry(key: key, value: try node(depth: depth + 1)))
            }
            events.removeFirst()
            return entries
        }
    }
}
