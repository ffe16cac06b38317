// Graphviz.swift: a graph as a text goes in, a picture comes out; everything that Graphviz minds is an error.
//
// Graphviz is a set of programs around a library, libgvc, and we use the library: no process is started for a picture.
//
//     text --agmemread--> graph --gvLayout--> graph with places --gvRenderData--> bytes of SVG, PNG, PDF
//
// WHY IS A WARNING FATAL? Because Graphviz is polite. Ask it for a label with a mistake in its markup, and it draws the
// node's NAME instead, returns success, and prints a line to a stream that nobody reads. The picture is wrong, and looks
// right. So here whatever is said through its error channel, warning or error, throws, with its words.
//
// ONE AT A TIME. libgvc keeps its state in global variables and is not made for threads; so there is one context, it is made
// once, and a lock surrounds each rendering. (A rendering never waits for anything, so nobody can be locked in.)
//
// WHAT MUST BE INSTALLED beside the library: its plugins' list, which Debian's package `libgvc6` makes when it is installed.
// Without it there are no formats; the error then says so.
//
// RULES    G1  every graph that was read is closed, and every layout freed, also after an error.
//          G2  bytes that Graphviz gives are copied and given back before the lock is opened.
// COST     see LayoutTests, `bench`: 200 messages with their labels in some 20 ms, 5,000 in half a second.

package import Bytes
internal import CGraphviz
internal import Synchronization

/// What a picture can be.
package enum PictureFormat: String, Hashable, Sendable, CaseIterable {
    /// Scalable, with words in it.
    case svg
    /// Pixels.
    case png
    /// For printing.
    case pdf
}

/// What Graphviz had to say.
package struct GraphvizError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done.
    package let step: String
    /// Graphviz's own words.
    package let words: String

    /// For people.
    package var description: String {
        "Graphviz, \(step): \(words.isEmpty ? "it failed without a word" : words). Nothing was drawn: a picture that "
            + "Graphviz complains about may look right and be wrong."
    }
}

/// What Graphviz has said since it was last asked. It calls with pieces of a sentence.
private let complaints = Mutex<String>("")

/// The one context, made at first use. The address is only ever used within `Graphviz.render`, under the lock.
private let context = Mutex<UInt>(0)

/// Renders graphs.
package enum Graphviz {
    /// Renders a graph whose attributes say how it is laid out (`layout=...`; else as `dot` does), and appends the picture.
    package static func render(
        _ graph: String, as format: PictureFormat, into output: inout ByteBuffer
    ) throws(GraphvizError) {
        // A mutex lends its value to a closure; what is thrown comes out as a value.
        var picture = ByteBuffer()
        var failure: GraphvizError?
        context.withLock { address in
            do throws(GraphvizError) {
                if address == 0 { address = try begin() }
                try draw(graph, format, in: address, &picture)
            } catch { failure = error }
        }
        if let failure { throw failure }
        output.append(picture.view)
    }

    private static func begin() throws(GraphvizError) -> UInt {
        // SAFETY: the callback captures nothing and only reads the C string during the call.
        agseterr(AGWARN)
        _ = unsafe agseterrf { piece in
            guard let piece = unsafe piece else { return 0 }
            let words = unsafe String(cString: piece)
            complaints.withLock { $0 += words }
            return 0
        }
        guard let made = unsafe gvContext() else { throw GraphvizError(step: "at its start", words: "no context") }
        try check("at its start")
        return UInt(bitPattern: made)
    }

    /// Throws when something was said.
    private static func check(_ step: String, failed: Bool = false) throws(GraphvizError) {
        let said = complaints.withLock { text in
            let said = text
            text = ""
            return said
        }
        guard failed || !said.isEmpty else { return }
        // One line, without the line ends that its sentences carry.
        let words = said.split(whereSeparator: \.isNewline).joined(separator: " | ")
        throw GraphvizError(step: step, words: words)
    }

    private static func draw(
        _ text: String, _ format: PictureFormat, in address: UInt, _ output: inout ByteBuffer
    ) throws(GraphvizError) {
        try? check("before")
        // SAFETY: `address` is the context that `begin` made and nobody frees; the lock keeps others out of it.
        guard let context = unsafe OpaquePointer(bitPattern: address) else {
            throw GraphvizError(step: "at its start", words: "no context")
        }
        // SAFETY: agmemread copies the text. Nil means a syntax error, whose words came through the callback.
        guard let graph = unsafe agmemread(text) else {
            try check("reading the graph", failed: true)
            return
        }
        defer { _ = unsafe agclose(graph) }
        try check("reading the graph")
        // 144 dots an inch: sharp on today's screens. Only pixels are concerned.
        if format == .png { unsafe graphviz_set(graph, "dpi", "144") }
        // SAFETY: graph and context are the ones above; the layout is freed before the graph is closed.
        let laid = unsafe graphviz_layout(context, graph, "dot")
        defer { if laid == 0 { _ = unsafe gvFreeLayout(context, graph) } }
        try check("laying it out", failed: laid != 0)
        var data: UnsafeMutablePointer<CChar>?
        var count: UInt32 = 0
        // SAFETY: on success `data` holds `count` bytes, which are copied and given back here.
        let rendered = unsafe gvRenderData(context, graph, format.rawValue, &data, &count)
        defer { if let data = unsafe data { unsafe gvFreeRenderData(data) } }
        try check("rendering it as \(format.rawValue)", failed: rendered != 0)
        guard let data = unsafe data else { throw GraphvizError(step: "rendering", words: "no bytes") }
        let length = Int(count)
        unsafe output.appendUnsafely(upTo: length) { room in
            unsafe room.baseAddress?.copyMemory(from: UnsafeRawPointer(data), byteCount: length)
            return length
        }
    }
}
