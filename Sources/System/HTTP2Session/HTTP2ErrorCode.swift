// HTTP2ErrorCode.swift: the reasons that HTTP/2 knows for ending a stream or a connection (RFC 9113, 7).

/// A reason; numbers that no RFC knows are kept as they came.
package struct HTTP2ErrorCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number on the wire.
    package let rawValue: UInt32

    /// The reason of a number.
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Nothing is wrong: a graceful end.
    package static let noError = HTTP2ErrorCode(rawValue: 0)
    /// The other side broke the protocol.
    package static let protocolError = HTTP2ErrorCode(rawValue: 1)
    /// We cannot go on.
    package static let internalError = HTTP2ErrorCode(rawValue: 2)
    /// More was sent than the window allowed.
    package static let flowControlError = HTTP2ErrorCode(rawValue: 3)
    /// Settings were not acknowledged in time.
    package static let settingsTimeout = HTTP2ErrorCode(rawValue: 4)
    /// A frame came for a stream that was closed.
    package static let streamClosed = HTTP2ErrorCode(rawValue: 5)
    /// A frame has a length that its kind cannot have.
    package static let frameSizeError = HTTP2ErrorCode(rawValue: 6)
    /// Nothing was done: the request may be sent again.
    package static let refusedStream = HTTP2ErrorCode(rawValue: 7)
    /// Nobody wants the stream any more.
    package static let cancel = HTTP2ErrorCode(rawValue: 8)
    /// The header compression is out of step.
    package static let compressionError = HTTP2ErrorCode(rawValue: 9)
    /// The other side asks for too much.
    package static let enhanceYourCalm = HTTP2ErrorCode(rawValue: 11)
    /// The encryption does not satisfy.
    package static let inadequateSecurity = HTTP2ErrorCode(rawValue: 12)
    /// Speak HTTP/1.1 instead.
    package static let http11Required = HTTP2ErrorCode(rawValue: 13)

    private static let names = [
        "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
        "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
        "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
    ]

    /// The name in the RFC.
    package var description: String {
        rawValue < UInt32(Self.names.count) ? Self.names[Int(rawValue)] : "error code \(rawValue)"
    }
}

/// Why a session cannot go on: what nghttp2 says about the bytes that it was fed.
package struct HTTP2Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// nghttp2's words.
    package let reason: String
    /// The code that a GOAWAY should carry.
    package let code: HTTP2ErrorCode
    /// What happened, for the log.
    package var description: String { "the HTTP/2 connection is broken: \(reason) (\(code))" }
}
