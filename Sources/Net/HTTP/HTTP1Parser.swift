// HTTP1Parser.swift: text that must not be understood in two ways.
//
// HTTP/1.1 is lines of text, and the old attacks on it are all of one kind: two readers of the same bytes
// disagree where a request ends, and what one takes for a body the other takes for a request. So this
// reader is strict; where the RFC lets a server be generous, it refuses:
//
//     GET /version HTTP/1.1\r\n            method SP target SP version, single spaces
//     Host: localhost:2379\r\n             exactly one Host in 1.1
//     Content-Length: 12\r\n               digits only, once; never together with Transfer-Encoding
//     \r\n
//
// RULES (RFC 9112)
//     P1  lines end in CR LF; a bare LF or CR is an error, and so is a field that continues on the next line.
//     P2  a name is a token, directly followed by a colon; a value has no control characters.
//     P3  Transfer-Encoding is `chunked` or refused; with Content-Length beside it the request is refused.
//     P4  everything is bounded: the head, a chunk's size line, the trailers.
//
// COST     one pass to find the end of the head, one to take it apart. The clients that count speak HTTP/2.
// SHOWN BY  HTTP1ParserTests

package import Bytes
package import HTTP2Session

/// Why bytes are not a message, and the status that says so.
package struct HTTP1Error: Error, Hashable, Sendable {
    /// The status that says so to a client.
    package let status: Int
    /// In words.
    package let reason: String

    static func bad(_ reason: String) -> HTTP1Error { HTTP1Error(status: 400, reason: reason) }
}

/// How the end of a body is found.
package enum BodyFraming: Hashable, Sendable {
    /// There is no body.
    case none
    /// After so many bytes.
    case length(Int)
    /// After the chunk of no bytes.
    case chunked
    /// An answer without either lasts until the connection ends.
    case untilClose
}

/// What a head says about its message, apart from the fields themselves.
package struct HTTP1Head {
    /// 1.0 or 1.1.
    package var version = HTTPVersion.http11
    /// The status, of an answer.
    package var status = 0
    /// How the body's end is found.
    package var framing = BodyFraming.none
    /// Whether the connection may be used again.
    package var keepsAlive = true
    /// Whether the client waits for a word before it sends the body.
    package var expectsContinue = false

    init() {}
}

/// Finds the end of a head in bytes that arrive piece by piece, looking at each byte once.
package struct HTTP1HeadFinder {
    private var scanned = 0

    /// At the first byte.
    package init() {}

    /// Where the head ends (after the empty line), or nil if more is needed.
    package mutating func end(in bytes: ByteView, limit: Int) throws(HTTP1Error) -> Int? {
        while scanned < bytes.count {
            let byte = bytes[scanned]
            if byte == 10 {
                guard scanned > 0, bytes[scanned - 1] == 13 else { throw .bad("a line ends without CR") }
                if scanned >= 3, bytes[scanned - 2] == 10 {
                    let end = scanned + 1
                    scanned = 0
                    return end
                }
            } else if scanned > 0, bytes[scanned - 1] == 13 {
                throw .bad("a CR without LF")
            }
            scanned += 1
            if scanned > limit { throw HTTP1Error(status: 431, reason: "the header fields exceed \(limit) bytes") }
        }
        return nil
    }
}

/// Takes heads apart.
package enum HTTP1Parser {
    /// A request's head, with the empty line at its end, into `fields`.
    package static func request(_ bytes: ByteView, into fields: HeaderList) throws(HTTP1Error) -> HTTP1Head {
        var lines = HTTP1Lines(rest: bytes)
        guard let line = lines.next(), let first = line.firstIndex(of: 32) else { throw .bad("no request line") }
        let method = line.prefix(first)
        let afterMethod = line.dropFirst(first + 1)
        guard let second = afterMethod.firstIndex(of: 32) else { throw .bad("no version in the request line") }
        let target = afterMethod.prefix(second)
        var head = HTTP1Head()
        head.version = try version(afterMethod.dropFirst(second + 1))
        guard isToken(method), method.count <= 32 else { throw .bad("the method is not a token") }
        guard !target.isEmpty, isVisible(target) else { throw .bad("the target has forbidden characters") }
        fields.append(":method", method)
        let (path, authority) = try split(target, method)
        fields.append(":path", path)
        let regular = HeaderList()
        try Self.fields(&lines, into: regular)
        try interpret(regular, into: &head, isRequest: true)
        let host = regular["host"]
        if host == nil, head.version == .http11 { throw .bad("HTTP/1.1 requires a Host field") }
        if let name = authority ?? host { fields.append(":authority", name) }
        for field in regular { fields.append(name: field.name, value: field.value) }
        return head
    }

    /// An answer's head into `fields`.
    package static func response(_ bytes: ByteView, into fields: HeaderList) throws(HTTP1Error) -> HTTP1Head {
        var lines = HTTP1Lines(rest: bytes)
        guard let line = lines.next(), line.count >= 12, line[8] == 32 else { throw .bad("no status line") }
        var head = HTTP1Head()
        head.version = try version(line.prefix(8))
        let digits = line[9..<12]
        guard let status = digits.decimal, status >= 100, line.count == 12 || line[12] == 32 else {
            throw .bad("no status in the status line")
        }
        head.status = status
        fields.append(":status", digits)
        try Self.fields(&lines, into: fields)
        try interpret(fields, into: &head, isRequest: false)
        return head
    }

    /// Trailers: fields without a first line.
    static func trailers(_ bytes: ByteView) throws(HTTP1Error) -> HeaderList {
        var lines = HTTP1Lines(rest: bytes)
        let list = HeaderList()
        try fields(&lines, into: list)
        return list
    }

    private static func version(_ text: ByteView) throws(HTTP1Error) -> HTTPVersion {
        if text.equals("HTTP/1.1") { return .http11 }
        if text.equals("HTTP/1.0") { return .http10 }
        throw HTTP1Error(
            status: text.prefix(min(text.count, 5)).equals("HTTP/") ? 505 : 400, reason: "unknown HTTP version")
    }

    /// A target is a path, an absolute URL (as sent to proxies), or `*` for OPTIONS.
    private static func split(_ target: ByteView, _ method: ByteView) throws(HTTP1Error) -> (ByteView, ByteView?) {
        if target[0] == UInt8(ascii: "/") { return (target, nil) }
        if target.equals("*"), method.equals("OPTIONS") { return (target, nil) }
        for scheme in ["http://", "https://"] as [StaticString] {
            let length = scheme.utf8CodeUnitCount
            guard target.count > length, target.prefix(length).equalsIgnoringCase(scheme) else { continue }
            let rest = target.dropFirst(length)
            let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.count
            return (slash == rest.count ? ByteView(literal: "/") : rest.dropFirst(slash), rest.prefix(slash))
        }
        throw .bad("the target is neither a path nor a URL")
    }

    private static func fields(_ lines: inout HTTP1Lines, into list: HeaderList) throws(HTTP1Error) {
        var lower = ByteBuffer(capacity: 64)
        while let line = lines.next(), !line.isEmpty {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .bad("a field without a colon") }
            let name = line.prefix(colon)
            guard isToken(name) else { throw .bad("a field's name is not a token") }
            let value = trimmed(line.dropFirst(colon + 1))
            guard isFieldValue(value) else { throw .bad("a field's value has control characters") }
            lower.removeAll()
            for index in 0..<name.count {
                let byte = name[index]
                lower.append(byte >= 65 && byte <= 90 ? byte | 0x20 : byte)
            }
            list.append(name: lower.view, value: value)
        }
    }

    /// The fields that decide about framing and the connection (P3).
    private static func interpret(
        _ list: HeaderList, into head: inout HTTP1Head, isRequest: Bool
    ) throws(HTTP1Error) {
        var length: Int?
        var isChunked = false
        var hosts = 0
        head.keepsAlive = head.version == .http11
        for field in list {
            if field.name.equals("content-length") {
                guard let number = field.value.decimal else { throw .bad("Content-Length is not a number") }
                if let length, length != number { throw .bad("two different Content-Lengths") }
                length = number
            } else if field.name.equals("transfer-encoding") {
                guard field.value.equalsIgnoringCase("chunked"), !isChunked else {
                    throw HTTP1Error(status: 501, reason: "the only transfer encoding here is chunked")
                }
                guard head.version == .http11 else { throw .bad("HTTP/1.0 has no Transfer-Encoding") }
                isChunked = true
            } else if field.name.equals("host") {
                hosts += 1
            } else if field.name.equals("connection") {
                forEachToken(of: field.value) { token in
                    if token.equalsIgnoringCase("close") { head.keepsAlive = false }
                    if token.equalsIgnoringCase("keep-alive"), head.version == .http10 { head.keepsAlive = true }
                }
            } else if field.name.equals("expect"), isRequest, head.version == .http11 {
                guard field.value.equalsIgnoringCase("100-continue") else {
                    throw HTTP1Error(status: 417, reason: "the only expectation known here is 100-continue")
                }
                head.expectsContinue = true
            }
        }
        if hosts > 1 { throw .bad("more than one Host field") }
        if isChunked, length != nil { throw .bad("both Transfer-Encoding and Content-Length") }
        if isChunked {
            head.framing = .chunked
        } else if let length {
            head.framing = length == 0 ? .none : .length(length)
        } else {
            head.framing = isRequest ? .none : .untilClose
        }
    }

    /// The parts of a comma-separated list.
    static func forEachToken(of value: ByteView, _ body: (ByteView) -> Void) {
        var rest = value
        while !rest.isEmpty {
            let comma = rest.firstIndex(of: UInt8(ascii: ",")) ?? rest.count
            body(trimmed(rest.prefix(comma)))
            rest = rest.dropFirst(min(comma + 1, rest.count))
        }
    }

    /// Without blanks and tabs at both ends.
    static func trimmed(_ view: ByteView) -> ByteView {
        var low = 0
        var high = view.count
        while low < high, view[low] == 32 || view[low] == 9 { low += 1 }
        while high > low, view[high - 1] == 32 || view[high - 1] == 9 { high -= 1 }
        return view[low..<high]
    }

    private static func isToken(_ view: ByteView) -> Bool {
        for index in 0..<view.count where !isTokenByte(view[index]) { return false }
        return !view.isEmpty
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func isVisible(_ view: ByteView) -> Bool {
        for index in 0..<view.count where view[index] < 0x21 || view[index] > 0x7E { return false }
        return true
    }

    private static func isFieldValue(_ view: ByteView) -> Bool {
        for index in 0..<view.count where view[index] < 32 && view[index] != 9 || view[index] == 127 { return false }
        return true
    }
}

/// The lines of a head whose line ends were checked by HTTP1HeadFinder.
private struct HTTP1Lines {
    var rest: ByteView

    mutating func next() -> ByteView? {
        guard let end = rest.firstIndex(of: 13) else { return nil }
        let line = rest.prefix(end)
        rest = rest.dropFirst(min(end + 2, rest.count))
        return line
    }
}

/// Reads a chunked body piece by piece:  size in hex CR LF, that many bytes, CR LF, ..., 0 CR LF, trailers.
package struct ChunkDecoder {
    private enum State: Hashable {
        case size
        case sizeExtension
        case sizeLF
        case data
        case dataCR
        case dataLF
        case trailers
        case done
    }

    private static let sizeLineLimit = 256
    private static let trailerLimit = 8 * 1024
    private var state = State.size
    private var remaining = 0
    private var digits = 0
    private var lineBytes = 0
    private var trailerBytes: [UInt8] = []
    /// The trailers, once the end was reached; nil if there were none.
    package private(set) var trailers: HeaderList?

    /// Before the first chunk.
    package init() {}

    /// Whether the end was reached.
    package var isDone: Bool { state == .done }

    /// Reads from `bytes`, hands parts of the body to `body`, and says how many bytes were used: all of them,
    /// unless the end is among them.
    package mutating func decode(_ bytes: ByteView, _ body: (ByteView) -> Void) throws(HTTP1Error) -> Int {
        var position = 0
        while position < bytes.count, state != .done {
            if state == .data {
                let length = min(remaining, bytes.count - position)
                body(bytes[position..<(position + length)])
                position += length
                remaining -= length
                if remaining == 0 { state = .dataCR }
            } else {
                try step(bytes[position])
                position += 1
            }
        }
        return position
    }

    private mutating func step(_ byte: UInt8) throws(HTTP1Error) {
        switch state {
        case .size: try stepSize(byte)
        case .sizeExtension:
            lineBytes += 1
            guard lineBytes < Self.sizeLineLimit, byte != 10 else { throw .bad("a chunk's size line is too long") }
            if byte == 13 { state = .sizeLF }
        case .sizeLF:
            guard byte == 10 else { throw .bad("a chunk's size line ends without LF") }
            state = remaining == 0 ? .trailers : .data
        case .dataCR:
            guard byte == 13 else { throw .bad("a chunk is longer than its size") }
            state = .dataLF
        case .dataLF:
            guard byte == 10 else { throw .bad("a chunk ends without LF") }
            (state, remaining, digits, lineBytes) = (.size, 0, 0, 0)
        case .trailers: try stepTrailers(byte)
        case .data, .done: break
        }
    }

    private mutating func stepSize(_ byte: UInt8) throws(HTTP1Error) {
        if let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 128 {
            digits += 1
            // Twelve hex digits are 256 TiB: more than anybody sends, and no overflow.
            guard digits <= 12 else { throw .bad("a chunk's size is too large") }
            remaining = remaining << 4 | digit
        } else if digits > 0, byte == 13 {
            state = .sizeLF
        } else if digits > 0, byte == UInt8(ascii: ";") {
            state = .sizeExtension
        } else {
            throw .bad("a chunk's size is not a hexadecimal number")
        }
    }

    private mutating func stepTrailers(_ byte: UInt8) throws(HTTP1Error) {
        trailerBytes.append(byte)
        guard trailerBytes.count <= Self.trailerLimit else {
            throw HTTP1Error(status: 431, reason: "the trailers exceed \(Self.trailerLimit) bytes")
        }
        if byte == 10 {
            guard trailerBytes.dropLast().last == 13 else { throw .bad("a trailer line ends without CR") }
            if trailerBytes.count == 2 {
                state = .done
            } else if trailerBytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
                let slice = ByteSlice(trailerBytes)
                trailers = try HTTP1Parser.trailers(slice.view)
                state = .done
            }
        }
    }
}
