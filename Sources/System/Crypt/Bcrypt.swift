// Bcrypt.swift: passwords that are slow to guess.
//
// What is stored of a password must be useless to whoever steals the file. bcrypt is deliberately slow
// (cost c means 2^c rounds; at etcd's default of 10 about 50 ms), so that a thief tries a few thousand
// words a minute instead of a billion:
//
//     $2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy
//      |   | +--------------------++-----------------------------+
//      |   cost   salt, 16 bytes            hash, 23 bytes
//      version: 2a as Go writes; 2b and 2y are the same function
//
// NEVER ON THE EVENT LOOP: fifty milliseconds would be fifty milliseconds for everybody.
//
// RULES    Y1  the salt comes from outside (random bytes are an input); this room draws none.
//          Y2  a comparison takes the same time wherever the texts differ.

package import Bytes
internal import CCrypt

/// The bcrypt function of the system's libxcrypt.
package enum Bcrypt {
    /// The cheapest cost that etcd takes.
    package static let minimumCost = 4
    /// The dearest.
    package static let maximumCost = 31
    /// What etcd uses when nothing is said.
    package static let defaultCost = 10

    /// The stored form of a password, with a salt of 16 random bytes (Y1). Nil when cost or salt are not
    /// what they should be, or the password holds a zero byte, which C cannot carry.
    package static func hash(_ password: ByteView, cost: Int, salt: ByteView) -> String? {
        guard (minimumCost...maximumCost).contains(cost), salt.count == 16 else { return nil }
        let setting = "$2a$" + (cost < 10 ? "0\(cost)" : "\(cost)") + "$" + encode(salt)
        return crypt(password, setting: setting)
    }

    /// Whether `password` is the one from which `stored` was made.
    package static func matches(_ password: ByteView, stored: String) -> Bool {
        guard cost(of: stored) != nil, let again = crypt(password, setting: stored) else { return false }
        let (ours, theirs) = (Array(again.utf8), Array(stored.utf8))
        guard ours.count == theirs.count else { return false }
        return zip(ours, theirs).reduce(UInt8(0)) { $0 | $1.0 ^ $1.1 } == 0
    }

    /// The cost in a stored form; nil when it is not bcrypt.
    package static func cost(of stored: String) -> Int? {
        let bytes = Array(stored.utf8)
        guard bytes.count == 60, stored.hasPrefix("$2"), bytes[3] == UInt8(ascii: "$"), bytes[6] == UInt8(ascii: "$"),
            let cost = Int(String(decoding: bytes[4..<6], as: UTF8.self)),
            (minimumCost...maximumCost).contains(cost)
        else { return nil }
        return cost
    }

    private static func crypt(_ password: ByteView, setting: String) -> String? {
        // A text of C ends at its first zero: with one inside, two passwords would be the same.
        guard password.firstIndex(of: 0) == nil else { return nil }
        let phrase = password.array.map { CChar(bitPattern: $0) } + [0]
        // The working memory of one call: 32 KiB, too large for a stack that is small.
        let scratch = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        defer { unsafe scratch.deallocate() }
        unsafe scratch.initialize(to: crypt_data())
        // SAFETY: both texts end with a zero; the result lies in `scratch` and is copied before it is freed.
        guard let result = unsafe crypt_r(phrase, setting, scratch) else { return nil }
        let text = unsafe String(cString: result)
        return text.hasPrefix("$2") ? text : nil
    }

    /// bcrypt's own base 64: another alphabet, no padding, 22 characters for 16 bytes.
    private static func encode(_ salt: ByteView) -> String {
        let alphabet = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for index in 0..<salt.count {
            bits = bits << 8 | UInt32(salt[index])
            count += 8
            while count >= 6 {
                text.append(alphabet[Int(bits >> UInt32(count - 6) & 63)])
                count -= 6
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }
}
