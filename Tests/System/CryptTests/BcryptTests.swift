// BcryptTests.swift: published hashes, hashes of a real etcd, and what must be refused.

import Bytes
import Crypt
import Testing

@Suite("bcrypt")
struct BcryptTests {
    @Test(
        "published examples",
        arguments: [
            ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
            ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
            ("abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"),
        ])
    func published(password: String, stored: String) {
        let (right, wrong) = (ByteSlice(utf8: password), ByteSlice(utf8: password + "x"))
        #expect(stored.utf8.count == 60)
        #expect(Bcrypt.matches(right.view, stored: stored))
        #expect(!Bcrypt.matches(wrong.view, stored: stored))
        #expect(Bcrypt.cost(of: stored) == 6)
        // One character lost in copying: refused, not guessed at.
        for place in [7, 20, 45, 59] {
            var short = stored
            short.remove(at: short.index(short.startIndex, offsetBy: place))
            #expect(!Bcrypt.matches(right.view, stored: short))
        }
    }

    @Test("what we make, we recognise; and the salt matters")
    func roundTrip() throws {
        let (one, two) = (ByteSlice([UInt8](repeating: 7, count: 16)), ByteSlice([UInt8](repeating: 8, count: 16)))
        let first = try #require(Bcrypt.hash(ByteView("secret"), cost: 4, salt: one.view))
        let second = try #require(Bcrypt.hash(ByteView("secret"), cost: 4, salt: two.view))
        #expect(first != second && first.hasPrefix("$2a$04$") && first.utf8.count == 60)
        #expect(Bcrypt.matches(ByteView("secret"), stored: first))
        #expect(!Bcrypt.matches(ByteView("Secret"), stored: first))
    }

    @Test("bad costs, salts, zeros and stored forms are refused")
    func refused() {
        let salt = ByteSlice([UInt8](repeating: 1, count: 16))
        let withZero = ByteSlice([1, 0, 2])
        #expect(Bcrypt.hash(ByteView("x"), cost: 3, salt: salt.view) == nil)
        #expect(Bcrypt.hash(ByteView("x"), cost: 32, salt: salt.view) == nil)
        #expect(Bcrypt.hash(ByteView("x"), cost: 4, salt: salt.view.prefix(15)) == nil)
        #expect(Bcrypt.hash(withZero.view, cost: 4, salt: salt.view) == nil)
        for stored in ["", "plain", "$6$rounds$abc", String(repeating: "$", count: 60)] {
            #expect(!Bcrypt.matches(ByteView("x"), stored: stored))
        }
    }
}
