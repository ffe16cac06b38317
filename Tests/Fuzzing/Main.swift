// Main.swift: one program, many decoders, and an adversary that learns.
//
// Every decoder of ours reads what strangers send: a client, a peer, a disk after a crash. Examples
// written by people test what people think of. libFuzzer changes bytes at random, watches which
// branches of the code each input reaches, keeps the inputs that reach new ones, and so finds its way
// into a format that nobody described to it.
//
//     golden bytes --> corpus --> change something --> decoder --> new branch reached? --> keep it
//                        ^                                                                 |
//                        +-----------------------------------------------------------------+
//
//     fuzz list [planted]             the names of the decoders, or of those that are broken on purpose
//     fuzz seeds FOLDER GOLDEN...     writes every golden byte string below the folders GOLDEN to FOLDER
//     fuzz run DECODER ARGUMENT...    the arguments are libFuzzer's: -max_total_time=3, a corpus folder
//     fuzz run DECODER FILE           one input again: that is how a finding is looked at
//
// A decoder passes when no input makes it trap, hang, touch memory that is not its own
// (AddressSanitizer watches), take memory out of proportion, or break the promise that its row in
// Decoders.swift checks. An error is a fine answer.
//
// NOT PART OF THE ORDINARY BUILD  The instrumentation slows everything down; the package has this
// program only when ETCD_FUZZING is set. Tests/Fuzzing/fuzz.sh does all that.
// READ NEXT  Decoders.swift, and Seeds.swift.

import Bytes
import CLibFuzzer
import Foundation

/// The decoder that this run is about. libFuzzer calls a C function, which can carry nothing along.
// SAFETY: written once before the fuzzer starts; the fuzzer runs on this thread.
nonisolated(unsafe) private var chosen = Decoder.all[0]

@main
enum Fuzz {
    static func main() throws {
        let arguments = CommandLine.arguments
        switch arguments.dropFirst().first {
        case "list":
            for decoder in arguments.count > 2 ? Decoder.planted : Decoder.all { print(decoder.name) }
        case "seeds" where arguments.count > 2:
            let count = try Seeds.write(from: Array(arguments[3...]), to: arguments[2])
            print("\(count) seeds")
        case "run" where arguments.count > 2:
            guard let decoder = (Decoder.all + Decoder.planted).first(where: { $0.name == arguments[2] }) else {
                fail("there is no decoder \(arguments[2]); `fuzz list` names them")
            }
            unsafe chosen = decoder
            exit(run(["fuzz"] + arguments[3...]))
        default:
            fail("usage: fuzz list [planted] | fuzz seeds FOLDER GOLDEN... | fuzz run DECODER ARGUMENT...")
        }
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(2)
    }

    private static func run(_ arguments: [String]) -> CInt {
        var count = CInt(arguments.count)
        // SAFETY: libFuzzer may keep the strings for as long as the process lives, so they are never freed.
        var strings: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = .allocate(capacity: arguments.count + 1)
        for (index, argument) in arguments.enumerated() { unsafe strings?[index] = strdup(argument) }
        unsafe strings?[arguments.count] = nil
        return unsafe LLVMFuzzerRunDriver(&count, &strings) { start, size in
            // SAFETY: libFuzzer lends `size` bytes for this call; no decoder may keep a view beyond it.
            if let start = unsafe start {
                unsafe chosen.decode(ByteView(unsafeStart: UnsafeRawPointer(start), count: size))
            } else {
                unsafe chosen.decode(ByteView())
            }
            return 0
        }
    }
}
