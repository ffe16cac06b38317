// Golden.swift: finds the bytes that real members wrote (see Golden/README.md).

import Bytes
import Foundation

/// The folder beside this file.
enum Golden {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden")

    static func bytes(_ name: String) throws -> ByteSlice {
        ByteSlice([UInt8](try Data(contentsOf: folder.appendingPathComponent(name))))
    }

    /// The lines of a text, without comments.
    static func lines(_ name: String) throws -> [String] {
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            .split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    /// The columns of each line.
    static func table(_ name: String) throws -> [[String]] {
        try lines(name).map { $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init) }
    }
}
