// HeadRules.swift: which requests are none?
//
// nghttp2 would ask this for us, but it asks for more than etcd's clients can answer. gRPC libraries of 2020 and before put
// their whole target into `:authority`; `etcdctl --endpoints http://10.0.0.1:2379 endpoint status` of etcd 3.4 says
//
//     :authority: http://10.0.0.1:2379          two slashes too many (RFC 9113, 8.3.1), and every Go server takes it
//
// So a server asks itself. What RFC 9113 calls malformed ends the stream with PROTOCOL_ERROR before any service hears
// of it; only what stands in `:authority` is the client's own affair.
//
//     a request's head    pseudo-fields first, each once, only the four; `:method`, `:scheme`, `:path` are there
//                         one word each: "/a b" would be two in a first line of HTTP/1.1
//     every field         a name of small letters, digits and a few signs; no control characters in the value
//     never               connection, keep-alive, proxy-connection, transfer-encoding, upgrade; te but for "trailers"
//     content-length      digits, once, and as many bytes follow
//     trailers            end the stream, and have no pseudo-fields
//
// WHY SO STRICT OTHERWISE? What one hop takes for one request and the next for two is how requests are smuggled.
//
// COST     one walk over the fields, some fifty nanoseconds; nghttp2 spends as much when it asks.
// SHOWN BY HeadRulesTests.

import Bytes

/// What a head was found to say.
enum HeadVerdict: Equatable {
    /// It breaks a rule.
    case malformed
    /// A request; so many bytes of body are announced, or nothing is said of them.
    case proper(contentLength: Int?)
}

enum HeadRules {
    /// Judges a request's head.
    static func judge(_ list: HeaderList) -> HeadVerdict {
        var seen: UInt8 = 0
        var length: Int?
        var isPastPseudo = false
        var fields = list.makeIterator()
        while let field = fields.next() {
            guard field.name.count > 0, isPrintable(field.value) else { return .malformed }
            if field.name[0] == UInt8(ascii: ":") {
                guard !isPastPseudo, let bit = pseudo(field), seen & bit == 0 else { return .malformed }
                seen |= bit
                continue
            }
            isPastPseudo = true
            guard isName(field.name), !isForbidden(field) else { return .malformed }
            if field.name.equals("content-length") {
                guard length == nil, let number = field.value.decimal else { return .malformed }
                length = number
            }
        }
        return seen & 0b111 == 0b111 ? .proper(contentLength: length) : .malformed
    }

    /// Judges trailers.
    static func areProperTrailers(_ list: HeaderList) -> Bool {
        var fields = list.makeIterator()
        while let field = fields.next() {
            guard isName(field.name), isPrintable(field.value), !isForbidden(field) else { return false }
        }
        return true
    }

    /// A bit for each of the four, of which the first three must be there; nil for any other.
    private static func pseudo(_ field: HeaderList.Field) -> UInt8? {
        switch field.name.count {
        case 7 where field.name.equals(":method"): return isOneWord(field.value) ? 1 : nil
        case 7 where field.name.equals(":scheme"): return isOneWord(field.value) ? 2 : nil
        case 5 where field.name.equals(":path"):
            // "*" is what OPTIONS asks for the server as a whole.
            guard isOneWord(field.value) else { return nil }
            return field.value[0] == UInt8(ascii: "/") || field.value.equals("*") ? 4 : nil
        case 10 where field.name.equals(":authority"): return 8
        default: return nil
        }
    }

    /// What would stand in the first line of an HTTP/1.1 request: a blank in it would begin the next word there.
    private static func isOneWord(_ value: ByteView) -> Bool {
        for index in 0..<value.count where value[index] <= 0x20 { return false }
        return value.count > 0
    }

    /// Fields that speak of a connection, which HTTP/2 does not pass on.
    private static func isForbidden(_ field: HeaderList.Field) -> Bool {
        switch field.name.count {
        case 2: field.name.equals("te") && !field.value.equalsIgnoringCase("trailers")
        case 7: field.name.equals("upgrade")
        case 10: field.name.equals("connection") || field.name.equals("keep-alive")
        case 16: field.name.equals("proxy-connection")
        case 17: field.name.equals("transfer-encoding")
        default: false
        }
    }

    /// Bytes that a name may have: a token of RFC 9110 without capitals. One bit each, for 0-63 and 64-127.
    private static let nameBytes: (low: UInt64, high: UInt64) = {
        var bits: (low: UInt64, high: UInt64) = (0, 0)
        for byte in "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".utf8 {
            if byte < 64 { bits.low |= 1 << UInt64(byte) } else { bits.high |= 1 << UInt64(byte - 64) }
        }
        return bits
    }()

    private static func isName(_ name: ByteView) -> Bool {
        guard name.count > 0 else { return false }
        let (low, high) = nameBytes
        for index in 0..<name.count {
            let byte = name[index]
            guard byte < 128, (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte & 63)) & 1 == 1 else {
                return false
            }
        }
        return true
    }

    /// No control character but the tab.
    private static func isPrintable(_ value: ByteView) -> Bool {
        for index in 0..<value.count {
            let byte = value[index]
            if byte < 0x20 && byte != 0x09 || byte == 0x7F { return false }
        }
        return true
    }
}
