// GRPCStatus.swift: how a call ended.
//
// An HTTP status says how the transport fared, and for gRPC that is always 200. How the call itself fared
// stands in the trailers, after the messages:
//
//     grpc-status: 5
//     grpc-message: etcdserver: requested lease not found
//
// The message is text, but header fields are not: what is not printable ASCII, and the percent sign, is
// written as %XX. A reader takes whatever it finds: a broken escape is text too.
//
// SHOWN BY  GRPCStatusTests

package import Bytes

/// The seventeen ways in which a call can end.
package enum GRPCCode: Int, Sendable, CaseIterable {
    /// It succeeded.
    case ok = 0
    /// The caller gave up.
    case cancelled = 1
    /// An error without a better code.
    case unknown = 2
    /// The request makes no sense.
    case invalidArgument = 3
    /// The deadline passed first.
    case deadlineExceeded = 4
    /// There is no such thing.
    case notFound = 5
    /// There is such a thing already.
    case alreadyExists = 6
    /// The caller may not.
    case permissionDenied = 7
    /// Something is used up: space, or the size that a message may have.
    case resourceExhausted = 8
    /// Not in this state of things.
    case failedPrecondition = 9
    /// Somebody else was faster.
    case aborted = 10
    /// Beyond what there is.
    case outOfRange = 11
    /// No such call.
    case unimplemented = 12
    /// A mistake of the server's, or a broken frame.
    case `internal` = 13
    /// Not now; try again.
    case unavailable = 14
    /// Data is lost.
    case dataLoss = 15
    /// The caller did not say who it is.
    case unauthenticated = 16

    /// The name as gRPC's tools print it.
    package var name: String {
        switch self {
        case .ok: "OK"
        case .cancelled: "Canceled"
        case .unknown: "Unknown"
        case .invalidArgument: "InvalidArgument"
        case .deadlineExceeded: "DeadlineExceeded"
        case .notFound: "NotFound"
        case .alreadyExists: "AlreadyExists"
        case .permissionDenied: "PermissionDenied"
        case .resourceExhausted: "ResourceExhausted"
        case .failedPrecondition: "FailedPrecondition"
        case .aborted: "Aborted"
        case .outOfRange: "OutOfRange"
        case .unimplemented: "Unimplemented"
        case .internal: "Internal"
        case .unavailable: "Unavailable"
        case .dataLoss: "DataLoss"
        case .unauthenticated: "Unauthenticated"
        }
    }
}

/// A code and what a person may want to know.
package struct GRPCStatus: Error, Hashable, Sendable, CustomStringConvertible {
    /// Which of the seventeen ways.
    package var code: GRPCCode
    /// In words; etcd's clients compare some of these byte by byte.
    package var message: String

    /// An end.
    package init(_ code: GRPCCode, _ message: String = "") {
        self.code = code
        self.message = message
    }

    /// Success.
    package static let ok = GRPCStatus(.ok)

    /// As Go prints it.
    package var description: String { "rpc error: code = \(code.name) desc = \(message)" }

    /// The status that a response's head means which is not gRPC's at all: a proxy, or an HTTP server.
    package static func ofHTTP(_ status: Int) -> GRPCStatus {
        let code: GRPCCode =
            switch status {
            case 400: .internal
            case 401: .unauthenticated
            case 403: .permissionDenied
            case 404: .unimplemented
            case 429, 502, 503, 504: .unavailable
            default: .unknown
            }
        return GRPCStatus(code, "unexpected HTTP status code received from server: \(status)")
    }
}

/// Texts in header fields.
package enum PercentCoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// The text with everything escaped that a field cannot hold.
    package static func encode(_ text: String) -> String {
        var result: [UInt8] = []
        for byte in text.utf8 {
            if byte >= 0x20, byte <= 0x7E, byte != UInt8(ascii: "%") {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The text that a field means; broken escapes stay as they are.
    package static func decode(_ field: ByteView) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < field.count {
            if field[index] == UInt8(ascii: "%"), index + 2 < field.count,
                let high = hexDigit(field[index + 1]), let low = hexDigit(field[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(field[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
