// EnumText.swift: the Swift of one enum.
//
// One case for each value, and one for all numbers that have no name here: a newer etcd may send them, and a
// member must be able to pass on what it does not understand. A switch over such an enum has to say what it does
// with them, which is exactly what one should have to say.

extension Enumeration {
    /// The name without the types around it.
    private var shortName: String { String(swiftName.split(separator: ".").last ?? "") }
    /// The types around it, or "".
    private var scope: String { swiftName.split(separator: ".").dropLast().joined(separator: ".") }

    /// Writes the enum.
    func write(to text: inout SwiftText) {
        if scope.isEmpty {
            writeEnum(to: &text)
        } else {
            text.block("extension \(scope) {") { text in writeEnum(to: &text) }
        }
    }

    private func writeEnum(to text: inout SwiftText) {
        text.document(comment)
        text.block("package enum \(shortName): WireEnum {") { text in
            for value in cases {
                text.document(value.comment)
                text.line("case \(escaped(value.name))")
            }
            text.line("/// A number that has no name here. `init(rawValue:)` makes it only of such numbers.")
            text.line("case unrecognized(Int32)")
            text.line()
            text.line("/// The cases that have names.")
            text.line("package static let named: [\(shortName)] = [")
            for value in cases { text.line("    .\(value.name),") }
            text.line("]")
            text.line()
            writeNumbers(to: &text)
        }
    }

    private func writeNumbers(to text: inout SwiftText) {
        text.line("/// The case for a number of the wire; every number has one.")
        text.line("@inlinable")
        text.block("package init(rawValue: Int32) {") { text in
            text.line("switch rawValue {")
            for value in cases { text.line("case \(value.number): self = .\(value.name)") }
            text.line("default: self = .unrecognized(rawValue)")
            text.line("}")
        }
        text.line()
        text.line("/// The number on the wire.")
        text.line("@inlinable package var rawValue: Int32 {")
        text.line("    switch self {")
        for value in cases { text.line("    case .\(escaped(value.name)): \(value.number)") }
        text.line("    case .unrecognized(let number): number")
        text.line("    }")
        text.line("}")
        text.line()
        text.line("/// Equal when the numbers are.")
        text.line("@inlinable package static func == (left: \(shortName), right: \(shortName)) -> Bool {")
        text.line("    left.rawValue == right.rawValue")
        text.line("}")
        text.line()
        text.line("/// Hashes the number.")
        text.line("package func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }")
    }
}
