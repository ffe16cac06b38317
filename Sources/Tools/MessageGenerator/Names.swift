// Names.swift: how a name of a `.proto` file becomes a name in Swift.
//
// The protocol's authors wrote names in three manners (`lease_ID`, `grantedTTL`, `NOT_EQUAL`), and the names
// cannot change, since JSON shows them. Swift has one manner. So a name is cut into words and put together
// again:
//
//     lease_ID      lease, ID          leaseID
//     grantedTTL    granted, TTL       grantedTTL
//     peerURLs      peer, URLs         peerURLs
//     prev_kv       prev, kv           prevKV
//     NOT_EQUAL     NOT, EQUAL         notEqual
//     ID            ID                 id
//
// A word ends at an underscore, and where a small letter (or a digit) is followed by a capital.

/// Words that are written in capitals, unless a name begins with them.
private let capitals = ["id": "ID", "ids": "IDs", "url": "URL", "urls": "URLs", "ttl": "TTL", "kv": "KV", "kvs": "KVs"]

/// The words of a name, in small letters.
private func words(of name: String) -> [String] {
    var words: [String] = []
    var word = ""
    var previous: Character = "_"
    for character in name {
        let beginsWord = character.isUppercase && !previous.isUppercase
        if character == "_" || (beginsWord && !word.isEmpty) {
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        if character != "_" { word += character.lowercased() }
        previous = character
    }
    if !word.isEmpty { words.append(word) }
    return words
}

/// The name of a property or case.
func lowerCamel(_ name: String) -> String {
    let words = words(of: name)
    return words.prefix(1).joined() + words.dropFirst().map(capitalized).joined()
}

/// The name of a type.
func upperCamel(_ name: String) -> String { words(of: name).map(capitalized).joined() }

private func capitalized(_ word: String) -> String {
    capitals[word] ?? (word.prefix(1).uppercased() + word.dropFirst())
}

/// A name with backticks around it where Swift needs them.
func escaped(_ name: String) -> String {
    let reserved: Set = ["default", "in", "case", "return", "self", "init", "switch", "for", "is", "as", "nil", "true"]
    return reserved.contains(name) ? "`\(name)`" : name
}

/// The case of an enum for a value of a `.proto` file.
func caseName(_ value: EnumDescriptor.Value, prefix: String) -> String {
    if let given = value.swiftName { return given }
    let rest = value.name.hasPrefix(prefix) ? String(value.name.dropFirst(prefix.count)) : value.name
    return lowerCamel(rest)
}
