// Permissions.swift: the messages of permissions.proto as Swift.
//
// Made by MessageGenerator; change Protos/permissions.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Protobuf

/// Since 3.4. How a user may prove who they are.
package struct UserAddOptions: WireMessage {
    /// true: the name in a TLS certificate is the only way; a password is refused.
    package var noPassword: Bool = false

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        noPassword: Bool = false
    ) {
        self.noPassword = noPassword
    }
}

extension UserAddOptions {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, noPassword)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, noPassword)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: noPassword = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// A user on record.
package struct AuthUser: WireMessage {
    /// The name.
    package var name: ByteSlice = ByteSlice()
    /// What bcrypt made of the password, as text ("$2a$10$..."); empty if there is none.
    package var password: ByteSlice = ByteSlice()
    /// The names of the roles, sorted.
    package var roles: [String] = []
    /// Since 3.4. Present for each user that 3.5 added, even when empty.
    package var options: UserAddOptions?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: ByteSlice = ByteSlice(),
        password: ByteSlice = ByteSlice(),
        roles: [String] = [],
        options: UserAddOptions? = nil
    ) {
        self.name = name
        self.password = password
        self.roles = roles
        self.options = options
    }
}

extension AuthUser {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.field(2, password)
        size.repeated(3, roles)
        size.optional(4, options)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(4, options)
        writer.repeated(3, roles)
        writer.field(2, password)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.bytes(field, in: owner)
            case 2: password = try reader.bytes(field, in: owner)
            case 3: try reader.append(field, to: &roles)
            case 4: try reader.merge(field, into: &options, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Leave to use a range of keys.
package struct AuthPermission: WireMessage {
    /// What is allowed. A number that is not in the list is stored by 3.5 and allows nothing.
    package var permType: AuthPermission.Kind = .read
    /// The first key.
    package var key: ByteSlice = ByteSlice()
    /// Where the range ends, as in kv.proto: empty for one key, the byte 00 for everything from `key` on.
    package var rangeEnd: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        permType: AuthPermission.Kind = .read,
        key: ByteSlice = ByteSlice(),
        rangeEnd: ByteSlice = ByteSlice()
    ) {
        self.permType = permType
        self.key = key
        self.rangeEnd = rangeEnd
    }
}

extension AuthPermission {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, permType)
        size.field(2, key)
        size.field(3, rangeEnd)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, rangeEnd)
        writer.field(2, key)
        writer.field(1, permType)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: permType = try reader.number(field)
            case 2: key = try reader.bytes(field, in: owner)
            case 3: rangeEnd = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

extension AuthPermission {
    /// What is allowed. Writing does not include reading.
    package enum Kind: WireEnum {
        /// Range, watch, compare.
        case read
        /// Put, delete.
        case write
        /// Both.
        case readwrite
        /// A number that has no name here. `init(rawValue:)` makes it only of such numbers.
        case unrecognized(Int32)

        /// The cases that have names.
        package static let named: [Kind] = [
            .read,
            .write,
            .readwrite,
        ]

        /// The case for a number of the wire; every number has one.
        @inlinable
        package init(rawValue: Int32) {
            switch rawValue {
            case 0: self = .read
            case 1: self = .write
            case 2: self = .readwrite
            default: self = .unrecognized(rawValue)
            }
        }

        /// The number on the wire.
        @inlinable package var rawValue: Int32 {
            switch self {
            case .read: 0
            case .write: 1
            case .readwrite: 2
            case .unrecognized(let number): number
            }
        }

        /// Equal when the numbers are.
        @inlinable package static func == (left: Kind, right: Kind) -> Bool {
            left.rawValue == right.rawValue
        }

        /// Hashes the number.
        package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }
}

/// A role on record.
package struct AuthRole: WireMessage {
    /// The name.
    package var name: ByteSlice = ByteSlice()
    /// What it opens, sorted by key.
    package var keyPermission: [AuthPermission] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: ByteSlice = ByteSlice(),
        keyPermission: [AuthPermission] = []
    ) {
        self.name = name
        self.keyPermission = keyPermission
    }
}

extension AuthRole {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.repeated(2, keyPermission)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, keyPermission)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.bytes(field, in: owner)
            case 2: try reader.append(field, to: &keyPermission, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
