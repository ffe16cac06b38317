// Auth.swift: the messages of auth.proto as Swift.
//
// Made by MessageGenerator; change Protos/auth.proto instead, which also says what the messages are for
// and how they fit together. What the functions here do with bytes is said in Protobuf/WireMessage.swift.

package import Bytes
package import Protobuf

/// Switch it on.
package struct AuthEnableRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension AuthEnableRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// Switch it off.
package struct AuthDisableRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension AuthDisableRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// Since 3.5. Is it on?
package struct AuthStatusRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension AuthStatusRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// A name and a password for a token.
package struct AuthenticateRequest: WireMessage {
    /// The user.
    package var name: String = ""
    /// In clear: use TLS. Wrong, or no such user: InvalidArgument "etcdserver: authentication failed, invalid
    /// user ID or password".
    package var password: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = "",
        password: String = ""
    ) {
        self.name = name
        self.password = password
    }
}

extension AuthenticateRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.field(2, password)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, password)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: password = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// A user to be made.
package struct AuthUserAddRequest: WireMessage {
    /// Empty: InvalidArgument "etcdserver: user name is empty".
    package var name: String = ""
    /// In clear on its way to the member that is connected; see `hashedPassword` for what it becomes. 3.4 writes it
    /// into the log as it is.
    package var password: String = ""
    /// Since 3.4. How the user may log in.
    package var options: UserAddOptions?
    /// Since 3.5. Not for clients: the member that took the request hashes the password with bcrypt, puts the
    /// result here in base64, empties `password`, and only then lets it into the log.
    package var hashedPassword: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = "",
        password: String = "",
        options: UserAddOptions? = nil,
        hashedPassword: String = ""
    ) {
        self.name = name
        self.password = password
        self.options = options
        self.hashedPassword = hashedPassword
    }
}

extension AuthUserAddRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.field(2, password)
        size.optional(3, options)
        size.field(4, hashedPassword)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(4, hashedPassword)
        writer.optional(3, options)
        writer.field(2, password)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: password = try reader.text(field)
            case 3: try reader.merge(field, into: &options, in: owner)
            case 4: hashedPassword = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Whose roles to show.
package struct AuthUserGetRequest: WireMessage {
    /// The user.
    package var name: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = ""
    ) {
        self.name = name
    }
}

extension AuthUserGetRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Whom to remove.
package struct AuthUserDeleteRequest: WireMessage {
    /// The user.
    package var name: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = ""
    ) {
        self.name = name
    }
}

extension AuthUserDeleteRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Whose password to change.
package struct AuthUserChangePasswordRequest: WireMessage {
    /// The user.
    package var name: String = ""
    /// The new one, in clear.
    package var password: String = ""
    /// Since 3.5. Not for clients, as in AuthUserAddRequest.
    package var hashedPassword: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = "",
        password: String = "",
        hashedPassword: String = ""
    ) {
        self.name = name
        self.password = password
        self.hashedPassword = hashedPassword
    }
}

extension AuthUserChangePasswordRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.field(2, password)
        size.field(3, hashedPassword)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, hashedPassword)
        writer.field(2, password)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: password = try reader.text(field)
            case 3: hashedPassword = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Who gets which role.
package struct AuthUserGrantRoleRequest: WireMessage {
    /// The user. The field is called `user` here and `name` in its sisters.
    package var user: String = ""
    /// The role; it must exist, only `root` need not.
    package var role: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        user: String = "",
        role: String = ""
    ) {
        self.user = user
        self.role = role
    }
}

extension AuthUserGrantRoleRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, user)
        size.field(2, role)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, role)
        writer.field(1, user)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: user = try reader.text(field)
            case 2: role = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Who loses which role.
package struct AuthUserRevokeRoleRequest: WireMessage {
    /// The user.
    package var name: String = ""
    /// The role.
    package var role: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = "",
        role: String = ""
    ) {
        self.name = name
        self.role = role
    }
}

extension AuthUserRevokeRoleRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.field(2, role)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, role)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: role = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// A role to be made.
package struct AuthRoleAddRequest: WireMessage {
    /// Empty: InvalidArgument "etcdserver: role name is empty".
    package var name: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = ""
    ) {
        self.name = name
    }
}

extension AuthRoleAddRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// Which role to show.
package struct AuthRoleGetRequest: WireMessage {
    /// The role.
    package var role: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        role: String = ""
    ) {
        self.role = role
    }
}

extension AuthRoleGetRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, role)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, role)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: role = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// List the users.
package struct AuthUserListRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension AuthUserListRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// List the roles.
package struct AuthRoleListRequest: WireMessage {
    /// All fields absent.
    package init() {}
}

extension AuthRoleListRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() { try reader.skip(field) }
    }
}

/// Which role to remove.
package struct AuthRoleDeleteRequest: WireMessage {
    /// The role.
    package var role: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        role: String = ""
    ) {
        self.role = role
    }
}

extension AuthRoleDeleteRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, role)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(1, role)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: role = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// What a role may do from now on.
package struct AuthRoleGrantPermissionRequest: WireMessage {
    /// The role.
    package var name: String = ""
    /// The permission. Missing: InvalidArgument "etcdserver: permission not given". No key, or an end at or before
    /// it: InvalidArgument "etcdserver: invalid auth management" since 3.5.8.
    package var perm: AuthPermission?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        name: String = "",
        perm: AuthPermission? = nil
    ) {
        self.name = name
        self.perm = perm
    }
}

extension AuthRoleGrantPermissionRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, name)
        size.optional(2, perm)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(2, perm)
        writer.field(1, name)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: try reader.merge(field, into: &perm, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// What a role may no longer do.
package struct AuthRoleRevokePermissionRequest: WireMessage {
    /// The role.
    package var role: String = ""
    /// The first key of the permission.
    package var key: ByteSlice = ByteSlice()
    /// The end of its range. Both must be exactly as they were granted.
    package var rangeEnd: ByteSlice = ByteSlice()

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        role: String = "",
        key: ByteSlice = ByteSlice(),
        rangeEnd: ByteSlice = ByteSlice()
    ) {
        self.role = role
        self.key = key
        self.rangeEnd = rangeEnd
    }
}

extension AuthRoleRevokePermissionRequest {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.field(1, role)
        size.field(2, key)
        size.field(3, rangeEnd)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, rangeEnd)
        writer.field(2, key)
        writer.field(1, role)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: role = try reader.text(field)
            case 2: key = try reader.bytes(field, in: owner)
            case 3: rangeEnd = try reader.bytes(field, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// It is on.
package struct AuthEnableResponse: WireMessage {
    /// Who answered. Auth makes no revision of the store.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthEnableResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// It is off.
package struct AuthDisableResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthDisableResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// Since 3.5. How it stands.
package struct AuthStatusResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// It is on.
    package var enabled: Bool = false
    /// How many changes of users and roles there were, and one.
    package var authRevision: UInt64 = 0

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        enabled: Bool = false,
        authRevision: UInt64 = 0
    ) {
        self.header = header
        self.enabled = enabled
        self.authRevision = authRevision
    }
}

extension AuthStatusResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, enabled)
        size.field(3, authRevision)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(3, authRevision)
        writer.field(2, enabled)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: enabled = try reader.number(field)
            case 3: authRevision = try reader.number(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// The user is who they say.
package struct AuthenticateResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// What to send along from now on.
    package var token: String = ""

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        token: String = ""
    ) {
        self.header = header
        self.token = token
    }
}

extension AuthenticateResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.field(2, token)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.field(2, token)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: token = try reader.text(field)
            default: try reader.skip(field)
            }
        }
    }
}

/// The user exists.
package struct AuthUserAddResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthUserAddResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// A user's roles.
package struct AuthUserGetResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// Their names, sorted.
    package var roles: [String] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        roles: [String] = []
    ) {
        self.header = header
        self.roles = roles
    }
}

extension AuthUserGetResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, roles)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, roles)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &roles)
            default: try reader.skip(field)
            }
        }
    }
}

/// The user is gone.
package struct AuthUserDeleteResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthUserDeleteResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The password is changed.
package struct AuthUserChangePasswordResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthUserChangePasswordResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The user has the role. Had it before: nothing happened, without error.
package struct AuthUserGrantRoleResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthUserGrantRoleResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The user has it no more.
package struct AuthUserRevokeRoleResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthUserRevokeRoleResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The role exists, and opens nothing yet.
package struct AuthRoleAddResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthRoleAddResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// What a role opens.
package struct AuthRoleGetResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// Sorted by key. For `root` 3.5 lists nothing; 3.6 says READWRITE on everything.
    package var perm: [AuthPermission] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        perm: [AuthPermission] = []
    ) {
        self.header = header
        self.perm = perm
    }
}

extension AuthRoleGetResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, perm)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, perm)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &perm, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The roles.
package struct AuthRoleListResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// Their names, sorted.
    package var roles: [String] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        roles: [String] = []
    ) {
        self.header = header
        self.roles = roles
    }
}

extension AuthRoleListResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, roles)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, roles)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &roles)
            default: try reader.skip(field)
            }
        }
    }
}

/// The users.
package struct AuthUserListResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?
    /// Their names, sorted.
    package var users: [String] = []

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil,
        users: [String] = []
    ) {
        self.header = header
        self.users = users
    }
}

extension AuthUserListResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
        size.repeated(2, users)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.repeated(2, users)
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            case 2: try reader.append(field, to: &users)
            default: try reader.skip(field)
            }
        }
    }
}

/// The role is gone.
package struct AuthRoleDeleteResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthRoleDeleteResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The role opens it.
package struct AuthRoleGrantPermissionResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthRoleGrantPermissionResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}

/// The role opens it no more.
package struct AuthRoleRevokePermissionResponse: WireMessage {
    /// Who answered.
    package var header: ResponseHeader?

    /// All fields absent.
    package init() {}

    /// A message with these fields; the others are absent.
    package init(
        header: ResponseHeader? = nil
    ) {
        self.header = header
    }
}

extension AuthRoleRevokePermissionResponse {
    /// Adds up what the fields take.
    package func measure(into size: inout WireSize) {
        size.optional(1, header)
    }

    /// Writes the fields, the last one first.
    package func write(to writer: inout WireWriter) {
        writer.optional(1, header)
    }

    /// Takes over the fields that are there.
    package mutating func merge(from reader: inout WireReader, in owner: ByteSlice) throws(WireError) {
        while let field = try reader.next() {
            switch field.number {
            case 1: try reader.merge(field, into: &header, in: owner)
            default: try reader.skip(field)
            }
        }
    }
}
