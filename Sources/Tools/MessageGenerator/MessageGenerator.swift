// MessageGenerator.swift: the program that writes Swift from `.proto` files.
//
// protoc reads the files, checks them and describes them; we write Swift from the description:
//
//     M=RaftMessages                                                        # then the same with M=EtcdAPI
//     protoc -I Sources/Wire/Protobuf/Protos -I Sources/Wire/$M/Protos --include_source_info \
//         -o .build/$M.descriptors Sources/Wire/$M/Protos/*.proto
//     swift run MessageGenerator $M .build/$M.descriptors Sources/Wire/$M/Generated
//
// WHY IS THE RESULT CHECKED IN, and not made by a plugin at each build? The Swift can be read without building
// anything; a change of a `.proto` file shows in a review what it does; and building needs no protoc. What a
// plugin would give, that the two never differ, a test gives as well: it runs these commands and compares
// every byte.
//
//     Descriptor.swift    what protoc says            -> Model.swift    what Swift needs to know
//     Names.swift         names                       -> MessageText, ViewText, EnumText, SchemaText
//
// The generator stops at whatever it does not understand: a message without a comment is an error.

import Bytes
import Disk
import Files
import Protobuf

/// The program.
@main
struct MessageGenerator {
    static func main() {
        do {
            try run(CommandLine.arguments)
        } catch {
            // An error that is thrown out of `main` is a crash, and Swift then starts a program that looks into ours.
            StandardStream.error.write("MessageGenerator: \(error)\n")
            StandardStream.exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws {
        guard arguments.count == 4 else {
            throw GeneratorError(description: "usage: MessageGenerator <module> <descriptors> <folder for Swift>")
        }
        let files = FileSystem()
        // The descriptors of all our messages take 200 KB; a larger input is something else.
        let descriptors = try files.contents(of: arguments[2], limit: 1 << 26)
        for file in try generate(module: arguments[1], from: descriptors) {
            let text = ByteSlice(utf8: file.text)
            try files.replace(joinPath(arguments[3], file.name), with: text.view, permissions: .shared)
        }
    }
}
