// PlantedBugs.swift: would the fuzzer notice?
//
// Three decoders that are wrong in the three ways that matter, each only for an input that chance alone
// would not find in years: it must begin with the four letters of "etcd". The fuzzer finds it within
// seconds, because each right letter reaches a new branch, and it keeps what reaches new branches.
//
//     planted-trap       stops the process             as a failed precondition would
//     planted-overread   reads one byte too many       AddressSanitizer sees it; no check of ours does
//     planted-memory     believes a length             takes 3 GiB for a message of eight bytes

import Bytes

extension Decoder {
    /// What must be found.
    static var planted: [Decoder] {
        [
            Decoder("planted-trap") { input in
                if startsWithName(input) { fatalError("the planted trap") }
            },
            Decoder("planted-overread") { input in
                if startsWithName(input) {
                    // SAFETY: none. That is the point.
                    let beyond = unsafe input.withUnsafeBytes { bytes in
                        unsafe bytes.baseAddress?.load(fromByteOffset: bytes.count, as: UInt8.self) ?? 0
                    }
                    // The byte must matter, or the optimiser never reads it.
                    if beyond == 1 { print("the byte beyond the end is 1") }
                }
            },
            Decoder("planted-memory") { input in
                if startsWithName(input) {
                    let promised = [UInt8](repeating: 0, count: 3 << 30)
                    precondition(promised.count > input.count)
                }
            },
        ]
    }

    /// Letter by letter, as a parser would.
    private static func startsWithName(_ input: ByteView) -> Bool {
        var cursor = ByteCursor(input)
        for letter in "etcd".utf8 {
            guard let byte = try? cursor.readByte(), byte == letter else { return false }
        }
        return true
    }
}
