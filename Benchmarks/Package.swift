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
  name: "benchmarks",
  dependencies: [
    .package(name: "plusclouds-agent", path: ".."),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
  ],
  targets: [
    .target(name: "Loopback", swiftSettings: strict),
    .executableTarget(
      name: "nats-benchmark",
      dependencies: [
        "Loopback",
        .product(name: "NATS", package: "plusclouds-agent"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "callout-benchmark",
      dependencies: [
        "Loopback",
        .product(name: "NATS", package: "plusclouds-agent"),
        .product(name: "NKeys", package: "plusclouds-agent"),
        .product(name: "PlatformAPI", package: "plusclouds-agent"),
        .product(name: "PlatformCore", package: "plusclouds-agent"),
        .product(name: "XKeys", package: "plusclouds-agent"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(name: "SnapshotFloor", cSettings: [.unsafeFlags(["-O2"])]),
    .executableTarget(
      name: "snapshot-benchmark",
      dependencies: ["SnapshotFloor", .product(name: "LinuxMetrics", package: "plusclouds-agent")],
      swiftSettings: strict),
    .executableTarget(name: "agent-benchmark", dependencies: ["Loopback"], swiftSettings: strict),
    .executableTarget(
      name: "delivery-benchmark",
      dependencies: [
        "Loopback",
        .product(name: "AgentProtocol", package: "plusclouds-agent"),
        .product(name: "Clocks", package: "plusclouds-agent"),
        .product(name: "JSON", package: "plusclouds-agent"),
        .product(name: "JetStream", package: "plusclouds-agent"),
        .product(name: "NATS", package: "plusclouds-agent"),
        .product(name: "PlatformAPI", package: "plusclouds-agent"),
        .product(name: "PlatformCore", package: "plusclouds-agent"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "fleet-benchmark",
      dependencies: [
        "Loopback",
        .product(name: "AgentProtocol", package: "plusclouds-agent"),
        .product(name: "Clocks", package: "plusclouds-agent"),
        .product(name: "JSON", package: "plusclouds-agent"),
        .product(name: "NATS", package: "plusclouds-agent"),
        .product(name: "NKeys", package: "plusclouds-agent"),
        .product(name: "PlatformAPI", package: "plusclouds-agent"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
  ]
)
