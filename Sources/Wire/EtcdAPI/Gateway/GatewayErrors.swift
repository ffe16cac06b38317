// GatewayErrors.swift: how the gateway says no.
//
// A call fails with a number of gRPC's and a sentence. HTTP has numbers of its own, so both are sent: the status
// line for those who look at nothing else, the body for those who want to know.
//
//     HTTP/1.1 400 Bad Request
//     {"error":"etcdserver: key is not provided","code":3,"message":"etcdserver: key is not provided"}
//
// The sentence stands there twice: `error` is what old clients read, `message` what gRPC calls it. In the middle
// of a stream the status line is long gone; there the error is one more line:
//
//     {"result":{...}}
//     {"error":{"grpc_code":14,"http_code":503,"message":"etcdserver: no leader","http_status":"Service Unavailable"}}
//
// This is the form of 3.4 and 3.5; 3.6 leaves `error` out.

package import Bytes
import JSON

/// The failure of a call as HTTP says it.
package struct GatewayError: Hashable, Sendable {
    /// The number of gRPC, 0...16.
    package var code: Int
    /// The sentence.
    package var message: String

    /// A failure.
    package init(code: Int, message: String) {
        self.code = code
        self.message = message
    }

    /// A body that is no request: InvalidArgument (3) in a simple call, Unknown (2) in a stream.
    package init(_ refusal: GatewayRefusal, inStream: Bool) {
        self.init(code: inStream ? 2 : 3, message: refusal.description)
    }

    /// The number of the status line.
    package var status: Int { Self.statuses[code] ?? 500 }

    /// The words of the status line.
    package var reason: String { Self.reasons[status] ?? "Internal Server Error" }

    // gRPC's numbers, in order: OK, Canceled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists,
    // PermissionDenied, ResourceExhausted, FailedPrecondition, Aborted, OutOfRange, Unimplemented, Internal,
    // Unavailable, DataLoss, Unauthenticated.
    private static let statuses: [Int: Int] = [
        0: 200, 1: 408, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501,
        13: 500, 14: 503, 15: 500, 16: 401,
    ]

    private static let reasons: [Int: String] = [
        200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
        408: "Request Timeout", 409: "Conflict", 429: "Too Many Requests", 500: "Internal Server Error",
        501: "Not Implemented", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]

    /// Appends the body of a call that failed as a whole.
    package func write(into text: inout ByteBuffer) {
        var json = JSONWriter(escaping: .asGo)
        json.beginObject()
        json.key("error")
        json.string(message)
        if code != 0 {
            json.key("code")
            json.number(code)
        }
        json.key("message")
        json.string(message)
        json.endObject()
        text.append(json.buffer.view)
    }

    /// Appends the line that ends a stream which had begun well.
    package func writeLine(into text: inout ByteBuffer) {
        var json = JSONWriter(escaping: .asGo)
        json.beginObject()
        json.key("error")
        json.beginObject()
        json.key("grpc_code")
        json.number(code)
        json.key("http_code")
        json.number(status)
        json.key("message")
        json.string(message)
        json.key("http_status")
        json.string(reason)
        json.endObject()
        json.endObject()
        text.append(json.buffer.view)
        text.append(UInt8(ascii: "\n"))
    }
}
