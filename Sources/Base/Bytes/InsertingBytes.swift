// InsertingBytes.swift: what belongs in front of bytes that were written before it was known.
//
// The length of a message stands before the message. Whoever knows the message as a value writes it backward
// (BackwardWriter.swift). A transaction's answer is different: it grows while the transaction runs, read by read
// straight from the store's pages, and how long each part is shows only when it is there. So the part is written, and
// then moved up by the one to five bytes that its length takes:
//
//     ... | part part part |          insert(varint: 14, at: the part's place)
//     ... | 0e | part part part |
//
// COST     moving the part, at about 10 GB a second. For parts of parts: once for each level.

extension ByteBuffer {
    /// Puts bytes from elsewhere in front of those at `place`, counted from the first readable byte.
    public mutating func insert(_ bytes: ByteView, at place: Int) {
        precondition(place >= 0 && place <= count, "B1: inserting outside the buffer")
        reserve(bytes.count)
        guard bytes.count > 0 else { return }
        // SAFETY: reserve made room behind the readable bytes; the move stays within the block, and the gap lies
        // within the readable bytes of afterwards. The caller's bytes are elsewhere.
        unsafe moveMemory(base + head + place + bytes.count, base + head + place, count - place)
        unsafe (base + head + place).copyMemory(from: bytes.start, byteCount: bytes.count)
        tail += bytes.count
    }

    /// Puts a number, as a varint, in front of the bytes at `place`.
    public mutating func insert(varint number: UInt64, at place: Int) {
        var bytes = ShortBytes()
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
        bytes.withView { insert($0, at: place) }
    }
}
