// Literals.swift: bytes that live as long as the program.
//
// Decoders compare what they read with words that we know at compile time. Such a word needs no copy and
// no owner: the compiler put it into the program, where it stays.

extension ByteView {
    /// The UTF-8 of a literal. True for ever, so rule V1 asks nothing of anybody.
    @inlinable
    public init(literal text: StaticString) {
        // SAFETY: a static string with UTF-8 representation is immortal; literals of one scalar (which have
        // another representation) arise only where the type is asked for by a single-character literal.
        precondition(text.hasPointerRepresentation, "V0: a literal of one scalar has no address")
        unsafe self.init(unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
