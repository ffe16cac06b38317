// Health.swift: the messages of health.proto as Swift.
//
// Made by MessageGenerator; change Protos/health.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Protobuf

/// Whose health.
package struct HealthCheckRequest: WireMessage {
    /// Empty for the server as a whole.
    package var service: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        service: String = ""
    ) {
        self.service = service
    }
}

extension HealthCheckRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, service)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, service)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: service = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// How it is.
package struct HealthCheckResponse: WireMessage {
    /// How it is.
    package var status: HealthCheckResponse.ServingStatus = .unknown

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        status: HealthCheckResponse.ServingStatus = .unknown
    ) {
        self.status = status
    }
}

extension HealthCheckResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, status)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, status)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: status = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

extension HealthCheckResponse {
    /// The states that the protocol knows.
    package enum ServingStatus: WireEnum {
        /// Nothing is known.
        case unknown
        /// Call.
        case serving
        /// Do not call now.
        case notServing
        /// In answer to `Watch` only: no such service.
        case serviceUnknown
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [ServingStatus] = [
            .unknown,
            .serving,
            .notServing,
            .serviceUnknown,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .unknown
            case 1: self = .serving
            case 2: self = .notServing
            case 3: self = .serviceUnknown
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .unknown: 0
            case .serving: 1
            case .notServing: 2
            case .serviceUnknown: 3
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: ServingStatus, right: ServingStatus) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}
