// swift-tools-version: 6.2
//
// Package.swift: the house, one line a room.
//
// Which module may know which other? That question decides whether a program this size can be read
// one room at a time, so the answer stands here as a table and not as folklore: a room imports what
// its row names and nothing else of ours. Tests/Architecture reads every source file and fails on an
// arrow that the table in the README does not have.
//
// Three rows are implied everywhere: whoever is not in `Base` itself may import `Bytes`,
// `Identifiers` and `JSON`. Everything comes from the toolchain and from Debian's C libraries; no
// Swift package is fetched.

import PackageDescription

/// What Tests/Fuzzing/fuzz.sh sets: everything is compiled so that a fuzzer can watch it, and the
/// program that does so exists. Unset in every other build.
let fuzzing: [String] = Context.environment["ETCD_FUZZING"].map { ["-sanitize=\($0)"] } ?? []

/// What Tests/run.sh sets: the sanitizer under which everything is built. It has to stand before the functions of
/// libraries that are loaded, so programs then share Swift's libraries and show them their own functions.
let isSanitized = Context.environment["ETCD_TEST_SANITIZE"].map { !$0.isEmpty } ?? false

// `package` is the widest access that a declaration of ours needs, except in Bytes, Identifiers and Protobuf: what
// they offer is `public` and `@inlinable`. Swift 6.3 puts the body of a `package` function into no module's file, even
// if it is inlinable; so each byte that another room fetched was a call, and each generic function looked its types up
// at run time. Decoding a put took 123 ns so, and 37 ns with the one word changed (MessageBenchmarks).

/// How every file of ours is compiled: strict about memory, about visibility and about warnings.
let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        // Lets an owner of bytes lend them as a Span that the compiler keeps from outliving the owner.
        .enableExperimentalFeature("Lifetimes"),
    ] + (fuzzing.isEmpty ? [] : [.unsafeFlags(fuzzing)])

/// What the rooms on the way of every request add in release builds. The run-time check that nobody else
/// touches a class's property while it changes costs a tenth of a request there; debug builds, in which all
/// tests run too, keep it.
let hot: [SwiftSetting] = [
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

/// A room of the house: a module in `Sources/<floor>/<name>`.
///
/// `besides` names what lies there and is not Swift.
func room(
    _ name: String, on floor: String, may imports: [Target.Dependency] = [], besides files: [String] = []
) -> Target {
    let ground: [Target.Dependency] = floor == "Base" ? [] : ["Bytes", "Identifiers"]
    let path = floor == "Visualizer" ? "Visualizer/\(name)" : "Sources/\(floor)/\(name)"
    let settings = ["System", "Net"].contains(floor) || ["EtcdServer", "Trace"].contains(name) ? strict + hot : strict
    return .target(
        name: name, dependencies: ground + imports, path: path, exclude: files, swiftSettings: settings)
}

/// The tests of a room, in `Tests/<floor>/<name>Tests`.
func tests(
    of name: String, on floor: String, may imports: [Target.Dependency] = [], resources: [Resource] = [],
    besides files: [String] = []
) -> Target {
    var ground: [Target.Dependency] = ["Bytes", "Identifiers"]
    if name != "Bytes", name != "Identifiers" { ground.append(.init(stringLiteral: name)) }
    return .testTarget(
        name: "\(name)Tests", dependencies: ground + imports,
        path: "Tests/\(floor)/\(name)Tests", exclude: files, resources: resources, swiftSettings: strict)
}

/// A program, linked with the static standard library when it is built for release, so that it runs
/// on a machine without Swift and starts in a millisecond.
func program(_ name: String, in path: String, may imports: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: ["Bytes", "Identifiers"] + imports, path: "\(path)/\(name)",
        swiftSettings: strict,
        linkerSettings: [
            .unsafeFlags(
                isSanitized ? ["-Xlinker", "--export-dynamic"] : ["-static-stdlib"], .when(configuration: .release))
        ])
}

let base: [Target] = [
    // The checksum instruction has no spelling in Swift; the C beside Bytes is that one loop.
    .target(name: "CChecksum", path: "Sources/Base/CChecksum"),
    room("Bytes", on: "Base", may: ["CChecksum"]),
    tests(of: "Bytes", on: "Base"),
    room("Identifiers", on: "Base"),
    tests(of: "Identifiers", on: "Base"),
    room("JSON", on: "Base", may: ["Bytes"]),
    tests(of: "JSON", on: "Base"),
    room("Disk", on: "Base", may: ["Bytes"]),
    room("Trace", on: "Base", may: ["Bytes", "Identifiers", "JSON"]),
    tests(of: "Trace", on: "Base", may: ["JSON"]),
]

let wire: [Target] = [
    room("Protobuf", on: "Wire", besides: ["Protos"]),
    tests(of: "Protobuf", on: "Wire", may: ["RaftMessages"]),
    room("RaftMessages", on: "Wire", may: ["Protobuf"], besides: ["Protos"]),
    tests(of: "RaftMessages", on: "Wire", may: ["Protobuf"], besides: ["Golden"]),
    room("EtcdAPI", on: "Wire", may: ["JSON", "Protobuf"], besides: ["Protos"]),
    tests(of: "EtcdAPI", on: "Wire", may: ["Protobuf"], besides: ["Golden"]),
]

let consensus: [Target] = [
    room("Raft", on: "Consensus", may: ["RaftMessages", "Protobuf", "Trace"]),
    tests(of: "Raft", on: "Consensus", may: ["RaftMessages", "Trace"], besides: ["Scripts"]),
]

let storage: [Target] = [
    room("BoltFile", on: "Storage"),
    room("Backend", on: "Storage", may: ["BoltFile", "JSON", "RaftMessages", "Protobuf"]),
    tests(of: "Backend", on: "Storage", may: ["BoltFile", "JSON", "RaftMessages", "Protobuf"]),
    tests(of: "BoltFile", on: "Storage", may: ["Disk", "JSON", "Simulation"]),
    room("MVCC", on: "Storage", may: ["Backend", "BoltFile", "EtcdAPI", "Protobuf", "Trace"]),
    tests(
        of: "MVCC", on: "Storage",
        may: ["Backend", "BoltFile", "EtcdAPI", "JSON", "Protobuf", "RaftMessages", "Trace"], besides: ["Golden"]),
    room("WriteAheadLog", on: "Storage", may: ["Disk", "Protobuf", "RaftMessages"]),
    tests(
        of: "WriteAheadLog", on: "Storage",
        may: ["Disk", "Files", "Protobuf", "RaftMessages", "Simulation"], besides: ["Golden"]),
]

let member: [Target] = [
    room(
        "Membership", on: "Member", may: ["Backend", "BoltFile", "EtcdAPI", "JSON", "Protobuf", "RaftMessages"]),
    tests(
        of: "Membership", on: "Member",
        may: ["Backend", "BoltFile", "EtcdAPI", "JSON", "Protobuf", "RaftMessages", "TLS"], besides: ["Golden"]),
    room(
        "Member", on: "Member",
        may: [
            "Backend", "BoltFile", "Disk", "EtcdAPI", "Membership", "MVCC", "Protobuf", "Raft", "RaftMessages", "Trace",
            "WriteAheadLog",
        ]),
    tests(
        of: "Member", on: "Member",
        may: ["Backend", "BoltFile", "EtcdAPI", "Membership", "MVCC", "Protobuf", "Raft", "RaftMessages", "Trace"]),
]

let simulation: [Target] = [
    room(
        "Simulation", on: "Simulation",
        may: [
            "Backend", "BoltFile", "Disk", "EtcdAPI", "Member", "Membership", "MVCC", "Protobuf", "Raft",
            "RaftMessages",
            "Trace", "WriteAheadLog",
        ]),
    tests(
        of: "Simulation", on: "Simulation", may: ["Disk", "Raft", "RaftMessages", "Trace"],
        besides: ["Scenarios"]),
]

/// A C library from Debian: a module map and, where macros hide something, a few lines of C.
func library(_ name: String, in floor: String = "Sources/System", package: String? = nil, from debian: String) -> Target
{
    .systemLibrary(
        name: name, path: "\(floor)/\(name)", pkgConfig: package, providers: [.apt([debian])])
}

let system: [Target] = [
    // What Linux has and Swift's view of libc does not show.
    .target(name: "CFiles", path: "Sources/System/CFiles"),
    room("Files", on: "System", may: ["CFiles", "Disk"]),
    tests(of: "Files", on: "System", may: ["Disk", "Simulation"]),
    library("COpenSSL", package: "openssl", from: "libssl-dev"),
    room("TLS", on: "System", may: ["COpenSSL"]),
    tests(of: "TLS", on: "System"),
    library("CZlib", package: "zlib", from: "zlib1g-dev"),
    room("Zlib", on: "System", may: ["CZlib"]),
    tests(of: "Zlib", on: "System"),
    library("CYAML", package: "yaml-0.1", from: "libyaml-dev"),
    room("YAML", on: "System", may: ["CYAML"]),
    tests(of: "YAML", on: "System"),
    library("CCrypt", package: "libxcrypt", from: "libcrypt-dev"),
    room("Crypt", on: "System", may: ["CCrypt"]),
    tests(of: "Crypt", on: "System"),
    library("CUV", package: "libuv", from: "libuv1-dev"),
    room("EventLoop", on: "System", may: ["CUV"]),
    tests(of: "EventLoop", on: "System"),
    library("CNGHTTP2", package: "libnghttp2", from: "libnghttp2-dev"),
    room("HTTP2Session", on: "System", may: ["CNGHTTP2"]),
    tests(of: "HTTP2Session", on: "System"),
    room("TraceFiles", on: "System", may: ["Disk", "Files", "JSON", "Trace"]),
    tests(of: "TraceFiles", on: "System", may: ["Disk", "Files", "Simulation", "Trace"]),
]

let net: [Target] = [
    room("HTTP", on: "Net", may: ["EventLoop", "HTTP2Session", "TLS"]),
    // What tests of the network share: raw bytes over a real socket, and a loop that runs until something is true.
    .target(
        name: "RawClient", dependencies: ["Bytes", "EventLoop"], path: "Tests/Net/RawClient", swiftSettings: strict),
    tests(of: "HTTP", on: "Net", may: ["EventLoop", "HTTP2Session", "RawClient", "TLS"]),
    room("GRPC", on: "Net", may: ["HTTP", "EventLoop", "HTTP2Session", "TLS", "Zlib", "Protobuf"]),
    tests(of: "GRPC", on: "Net", may: ["HTTP", "EventLoop", "HTTP2Session", "RawClient", "TLS", "Zlib"]),
    // The ruler beside it: a server that does nothing. In C, so that it has nothing but its system calls.
    .executableTarget(
        name: "netfloor", path: "Tests/Interop/netfloor", swiftSettings: strict,
        linkerSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))]),
    program(
        "netserver", in: "Tests/Interop",
        may: ["GRPC", "HTTP", "EventLoop", "HTTP2Session", "TLS", "EtcdAPI", "Protobuf"]),
]

let server: [Target] = [
    room(
        "StorageThreads", on: "Server", may: ["BoltFile", "Disk", "Files", "Protobuf", "RaftMessages", "WriteAheadLog"]),
    tests(
        of: "StorageThreads", on: "Server",
        may: [
            "BoltFile", "Disk", "Files", "Protobuf", "RaftMessages", "Simulation", "WriteAheadLog",
        ], besides: ["Golden"]),
    room(
        "EtcdServer", on: "Server",
        may: [
            "Backend", "BoltFile", "Disk", "EtcdAPI", "EventLoop", "Files", "GRPC", "HTTP", "HTTP2Session", "JSON",
            "MVCC",
            "Member", "Membership", "Protobuf", "Raft", "RaftMessages", "StorageThreads", "TLS", "Trace", "TraceFiles",
            "WriteAheadLog",
        ]),
    // The program itself is found beside the tests, as `crashwriter` is.
    tests(of: "EtcdServer", on: "Server", may: ["Membership"]),
    .testTarget(
        name: "LogBenchmarks",
        dependencies: ["Bytes", "Disk", "Files", "Identifiers", "RaftMessages", "StorageThreads", "WriteAheadLog"],
        path: "Tests/Benchmarks/LogBenchmarks", swiftSettings: strict),
    // A member in miniature, made to be killed. The tests find it beside themselves; they do not depend on it, for then
    // they would be linked as a program is, with the static standard library.
    program(
        "crashwriter", in: "Tests/Server",
        may: ["BoltFile", "Disk", "Files", "Protobuf", "RaftMessages", "StorageThreads", "WriteAheadLog"]),
]

let tools: [Target] = [
    program("etcd", in: "Sources/Tools", may: ["EtcdServer", "EventLoop", "Files"]),
    program("MessageGenerator", in: "Sources/Tools", may: ["Disk", "Files", "Protobuf"]),
    .testTarget(name: "MessageGeneratorTests", path: "Tests/Tools/MessageGeneratorTests", swiftSettings: strict),
]

/// What things cost, where allocations are counted: a program of its own, because it takes the place of `malloc`.
let benchmarks: [Target] = [
    .target(name: "AllocationCounter", path: "Tests/Benchmarks/AllocationCounter", swiftSettings: strict),
    program(
        "MessageBenchmarks", in: "Tests/Benchmarks", may: ["AllocationCounter", "EtcdAPI", "Protobuf", "RaftMessages"]),
    program("loader", in: "Tests/Benchmarks", may: ["EventLoop", "GRPC", "HTTP2Session"]),
    .testTarget(
        name: "StoreBenchmarks",
        dependencies: ["Backend", "BoltFile", "Bytes", "EtcdAPI", "Identifiers", "MVCC", "Protobuf"],
        path: "Tests/Benchmarks/StoreBenchmarks", swiftSettings: strict),
    // Trees side by side. The C is the other one's side of the race, and no wrapper.
    .target(
        name: "LMDBReference", path: "Tests/Benchmarks/LMDBReference", swiftSettings: strict,
        linkerSettings: [.linkedLibrary("lmdb")]),
    .testTarget(
        name: "TreeBenchmarks",
        dependencies: ["BoltFile", "Bytes", "Disk", "Files", "LMDBReference", "StorageThreads"],
        path: "Tests/Benchmarks/TreeBenchmarks", swiftSettings: strict),
]

let visualizer: [Target] = [
    library("CGraphviz", in: "Visualizer", package: "libgvc", from: "libgraphviz-dev"),
    room("Graphviz", on: "Visualizer", may: ["CGraphviz"]),
    tests(of: "Graphviz", on: "Visualizer"),
    room("Diagrams", on: "Visualizer", may: ["Trace", "TraceModel"]),
    tests(
        of: "Diagrams", on: "Visualizer", may: ["Graphviz", "JSON", "Simulation", "Trace", "TraceModel"],
        besides: ["Golden"]),
    program(
        "visualizer", in: "Visualizer",
        may: ["Diagrams", "Disk", "Files", "Graphviz", "JSON", "Simulation", "Trace", "TraceModel"]),
    .testTarget(
        name: "visualizerTests", dependencies: ["Diagrams", "Simulation"], path: "Tests/Visualizer/visualizerTests",
        swiftSettings: strict),
    room("TraceModel", on: "Visualizer", may: ["Disk", "Files", "JSON", "Trace"]),
    tests(
        of: "TraceModel", on: "Visualizer",
        may: ["Disk", "Files", "JSON", "Raft", "RaftMessages", "Simulation", "Trace"]),
]

/// What is tested of the house itself, and no room of it.
let whole: [Target] = [
    .testTarget(name: "ArchitectureTests", path: "Tests/Architecture", swiftSettings: strict)
]

/// Every decoder under a fuzzer; see Tests/Fuzzing/Main.swift.
let fuzz: [Target] =
    fuzzing.isEmpty
    ? []
    : [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzzing/CLibFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "BoltFile", "Bytes", "CLibFuzzer", "Crypt", "Disk", "EtcdAPI", "GRPC", "HTTP", "HTTP2Session",
                "Identifiers", "JSON", "Protobuf",
                "RaftMessages", "Simulation", "Trace", "WriteAheadLog", "YAML", "Zlib",
            ],
            path: "Tests/Fuzzing", exclude: ["CLibFuzzer", "fuzz.sh", "floors.txt"], swiftSettings: strict,
            linkerSettings: [.unsafeFlags(fuzzing + ["-use-ld=lld"])]),
    ]

let package = Package(
    name: "etcd",
    targets: base + wire + consensus + storage + member + simulation + system + net + server + tools + benchmarks
        + visualizer
        + whole + fuzz
)
