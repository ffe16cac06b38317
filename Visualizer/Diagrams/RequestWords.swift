// RequestWords.swift: what did a client ask? In the words that it would type.
//
//     get x --rev=7        delete a/ --prefix        compact 6        put x
//
// These are the words of etcdctl, so that whoever looks at a picture can ask the same again. A range that no word of it says
// is spelled with its two ends, `a … c`: from the first on, without the second.

import Bytes
import Identifiers
import Trace

/// The words of requests.
enum RequestWords {
    /// A request with its key, which is shortened to `limit` characters.
    static func spelled(_ request: RequestReceived, limit: Int = 20) -> String {
        let verb =
            switch request.method {
            case .range: "get"
            case .deleteRange: "delete"
            case .other: ""
            case let other: "\(other)"
            }
        var words = [verb, keys(request.key.slice, request.rangeEnd.slice, limit: limit)]
        if request.method == .compact { words.append("\(request.revision.rawValue)") }
        if request.method == .range, request.revision != .zero { words.append("--rev=\(request.revision.rawValue)") }
        return words.filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The same as a line in a list of events.
    static func asked(_ request: RequestReceived) -> String {
        let words = spelled(request, limit: 24)
        return words.isEmpty ? "a client asks something else" : "a client asks: \(words)"
    }

    /// The same, with a key as long as there is room for; `whole`: other words for it that are taken if they fit.
    static func fitted(_ request: RequestReceived, width: Double, size: Double, in whole: String? = nil) -> String {
        let whole = whole ?? spelled(request)
        if Lettering.width(whole, size: size) <= width { return whole }
        for limit in stride(from: 19, through: 4, by: -1) {
            let words = spelled(request, limit: limit)
            if Lettering.width(words, size: size) <= width { return words }
        }
        return Lettering.fitted(whole, width: width, size: size)
    }

    /// One key, or all from a first one on, up to an end.
    static func keys(_ key: ByteSlice, _ end: ByteSlice, limit: Int) -> String {
        let name = Lettering.printable(key, limit: limit)
        guard !end.isEmpty else { return name }
        let isOpen = end.count == 1 && end.view[0] == 0
        if isOpen { return key.count == 1 && key.view[0] == 0 ? "\"\" --prefix" : "\(name) --from-key" }
        return isEnd(end, ofPrefix: key) ? "\(name) --prefix" : "\(name) … \(Lettering.printable(end, limit: 12))"
    }

    /// Whether a range ends behind all keys that begin like its first one: the same bytes, the last of them one more.
    private static func isEnd(_ end: ByteSlice, ofPrefix key: ByteSlice) -> Bool {
        guard !key.isEmpty, end.count == key.count, key.view[key.count - 1] < 255 else { return false }
        let last = key.count - 1
        return end.view.prefix(last) == key.view.prefix(last) && end.view[last] == key.view[last] + 1
    }

    /// A text in lines that are at most so wide; what does not fit into the last one is left out.
    static func lines(_ text: String, width: Double, size: Double = 9, isBold: Bool = false, limit: Int = 3) -> [String]
    {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            let longer = (lines.last.map { $0 + " " } ?? "") + word
            if !lines.isEmpty, Lettering.width(longer, size: size, isBold: isBold) <= width {
                lines[lines.count - 1] = longer
            } else {
                lines.append(Lettering.fitted(String(word), width: width, size: size, isBold: isBold))
            }
        }
        guard lines.count > limit else { return lines }
        return Array(lines.prefix(limit - 1)) + [lines[limit - 1] + " …"]
    }
}
