// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "plusclouds-agent",
  products: [
    .library(name: "JSON", targets: ["JSON"]),
    .library(name: "NATS", targets: ["NATS"]),
    .library(name: "NKeys", targets: ["NKeys"]),
    .library(name: "Clocks", targets: ["Clocks"]),
    .library(name: "AgentProtocol", targets: ["AgentProtocol"]),
    .library(name: "HostMetrics", targets: ["HostMetrics"]),
    .library(name: "LinuxMetrics", targets: ["LinuxMetrics"]),
    .library(name: "JetStream", targets: ["JetStream"]),
    .library(name: "PlatformAPI", targets: ["PlatformAPI"]),
    .library(name: "PlatformCore", targets: ["PlatformCore"]),
    .executable(name: "plusclouds-agent", targets: ["plusclouds-agent"]),
    .executable(name: "plusclouds-platform", targets: ["plusclouds-platform"]),
    .executable(name: "plsctl", targets: ["plsctl"]),
    .library(name: "XKeys", targets: ["XKeys"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // C libraries of the system
    .systemLibrary(
      name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),

    // Linux calls that Swift's Glibc module does not show
    .target(name: "CLinux"),
    .target(name: "CLinuxProcess"),
    // libsystemd, opened at run time; its headers come with libsystemd-dev
    .target(name: "CSystemd"),

    // Libraries, each knowing only those above it
    .target(name: "Locks", swiftSettings: strict),
    .target(name: "Clocks", swiftSettings: strict),
    .target(
      name: "Threads", dependencies: ["CLinux", "Clocks", "CLinuxProcess", "Locks"], swiftSettings: strict),
    .target(name: "Encoding", swiftSettings: strict),
    .target(name: "JSON", dependencies: ["Encoding"], swiftSettings: strict),
    .target(name: "NATSProtocol", dependencies: ["Encoding", "JSON"], swiftSettings: strict),
    .target(name: "WebSocketProtocol", dependencies: ["Encoding"], swiftSettings: strict),
    .target(
      name: "NATS",
      dependencies: [
        "Encoding", "Locks", "NATSProtocol", "WebSocketProtocol", "CZlib",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOTLS", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(
      name: "NKeys",
      dependencies: ["Encoding", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: strict),
    .target(name: "AgentProtocol", dependencies: ["Encoding", "JSON"], swiftSettings: strict),
    .target(
      name: "HostMetrics", dependencies: ["Encoding"], swiftSettings: strict),
    .target(
      name: "LinuxMetrics",
      dependencies: ["CLinux", "Clocks", "Encoding", "HostMetrics", "Locks", "Threads"],
      swiftSettings: strict),
    .target(
      name: "HostControl",
      dependencies: [
        "Clocks", "Encoding", "CLinuxProcess", "CSystemd", "JSON", "Locks", "Threads",
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .target(
      name: "StructuredLogging",
      dependencies: [
        "Clocks", "Encoding", "Locks", "Threads", .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(name: "ConfigurationFiles", dependencies: ["Encoding"], swiftSettings: strict),
    .target(
      name: "AgentCore",
      dependencies: [
        "Clocks", "ConfigurationFiles",
        "Encoding", "JSON", "AgentProtocol", "HostMetrics", "LinuxMetrics", "HostControl", "NATS", "CLinux",
        "CYAML", "Locks", "StructuredLogging", "Threads",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    // The platform's side. The agent knows none of it.
    .target(
      name: "JetStream",
      dependencies: [
        "Encoding", "JSON", "NATS",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),
    .target(name: "XKeys", dependencies: ["NKeys", "CSodium"], swiftSettings: strict),
    .target(name: "PlatformAPI", dependencies: ["Encoding", "JSON"], swiftSettings: strict),
    .target(
      name: "PlatformCore",
      dependencies: [
        "Clocks", "ConfigurationFiles", "Encoding", "AgentProtocol", "CLinuxProcess", "JSON", "JetStream",
        "Locks",
        "NATS", "NKeys",
        "PlatformAPI", "StructuredLogging", "XKeys",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .target(
      name: "OperatorCommands",
      dependencies: [
        "Clocks", "Encoding", "AgentProtocol", "JSON", "Locks", "NATS", "PlatformAPI",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),

    // Executables: composition only
    .executableTarget(
      name: "plusclouds-agent",
      dependencies: ["AgentCore"],
      swiftSettings: strict),
    .executableTarget(
      name: "plusclouds-platform",
      dependencies: [
        "PlatformAPI", "PlatformCore", "StructuredLogging",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "plsctl",
      dependencies: ["OperatorCommands"],
      swiftSettings: strict),

    // Tests
    .target(
      name: "NATSTesting",
      dependencies: [
        "Locks", "NATS",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/NATSTesting", swiftSettings: strict),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "AgentCore", "AgentProtocol", "CLinux", "Encoding", "HostControl", "HostMetrics", "JSON", "JetStream",
        "NATS",
        "NATSProtocol",
        "NKeys",
        "PlatformAPI", "PlatformCore", "WebSocketProtocol", "XKeys",
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      path: "Tests/FuzzTargets", swiftSettings: strict),
    .testTarget(
      name: "FuzzTests", dependencies: ["FuzzTargets"], exclude: ["Corpus"], swiftSettings: strict),
    .testTarget(
      name: "NATSProtocolTests", dependencies: ["Encoding", "JSON", "NATSProtocol", "NATSTesting"],
      swiftSettings: strict),
    .testTarget(
      name: "WebSocketProtocolTests", dependencies: ["Encoding", "NATSTesting", "WebSocketProtocol"],
      swiftSettings: strict),
    .testTarget(
      name: "NATSTests",
      dependencies: [
        "Encoding", "Locks", "NATS", "NATSProtocol", "NATSTesting", "WebSocketProtocol",
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOWebSocket", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "DequeModule", package: "swift-collections"),
      ],
      swiftSettings: strict),
    .testTarget(name: "NKeysTests", dependencies: ["Encoding", "NKeys"], swiftSettings: strict),
    .testTarget(
      name: "AgentProtocolTests", dependencies: ["Encoding", "JSON", "AgentProtocol"], swiftSettings: strict),
    .testTarget(name: "ClocksTests", dependencies: ["Clocks"], swiftSettings: strict),
    .testTarget(name: "EncodingTests", dependencies: ["Encoding"], swiftSettings: strict),
    .testTarget(name: "JSONTests", dependencies: ["Encoding", "JSON"], swiftSettings: strict),
    .testTarget(name: "HostMetricsTests", dependencies: ["Encoding", "HostMetrics"], swiftSettings: strict),
    .testTarget(name: "ThreadsTests", dependencies: ["Locks", "Threads"], swiftSettings: strict),
    .testTarget(
      name: "LinuxMetricsTests",
      dependencies: ["CLinux", "Encoding", "HostMetrics", "LinuxMetrics", "Locks", "Threads"],
      swiftSettings: strict),
    .testTarget(
      name: "HostControlTests", dependencies: ["Encoding", "HostControl", "JSON", "Locks", "Threads"],
      swiftSettings: strict),
    .target(name: "TestFiles", path: "Tests/TestFiles", swiftSettings: strict),
    .testTarget(
      name: "StructuredLoggingTests",
      dependencies: ["StructuredLogging", "TestFiles", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .testTarget(
      name: "AgentCoreTests",
      dependencies: [
        "ConfigurationFiles", "Clocks", "Encoding", "AgentCore", "Locks", "StructuredLogging", "TestFiles",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "IntegrationTests",
      dependencies: [
        "Encoding", "NATS", "NATSTesting", "NKeys",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "JetStreamTests",
      dependencies: [
        "Encoding", "JetStream", "JSON", "NATS", "NATSTesting",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(name: "XKeysTests", dependencies: ["Encoding", "NKeys", "XKeys"], swiftSettings: strict),
    .testTarget(
      name: "PlatformAPITests", dependencies: ["Encoding", "JSON", "PlatformAPI"], swiftSettings: strict),
    .testTarget(
      name: "PlatformCoreTests",
      dependencies: [
        "Clocks", "ConfigurationFiles", "Encoding", "AgentProtocol", "JSON", "JetStream", "Locks", "NATS",
        "NATSTesting", "NKeys",
        "PlatformAPI",
        "PlatformCore", "StructuredLogging", "XKeys",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "OperatorCommandsTests",
      dependencies: [
        "Encoding", "AgentProtocol", "JSON", "Locks", "NATS", "NATSTesting", "OperatorCommands",
        "PlatformAPI",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: strict),
  ]
)

// Linked with libFuzzer, which only scripts/fuzz asks for.
if Context.environment["FUZZ"] != nil {
  package.targets += [
    .target(name: "CLibFuzzer", path: "Tests/FuzzDriver/C"),
    .executableTarget(
      name: "fuzz", dependencies: ["CLibFuzzer", "FuzzTargets"], path: "Tests/FuzzDriver/Swift",
      swiftSettings: strict),
  ]
}
