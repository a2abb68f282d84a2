import JSON
import TestFiles
import Testing

@testable import AgentCore

/// Names that are canonically equivalent, but differ in their bytes.
@Suite struct ConfigurationBytesTests {
  private static let composed = "caf\u{E9}"
  private static let decomposed = "cafe\u{301}"
  private static let kelvin = "\u{212A}"

  @Test func allowedOperationsAreComparedByTheirBytes() throws {
    let names = [Self.composed, Self.decomposed, "K", Self.kelvin]
    let loaded = try ConfigurationFileTests.load(
      "agent: {allowed_operations: [\(names.joined(separator: ", "))]}")
    #expect(
      loaded.configuration.agent.allowedOperations.map { Array($0.utf8) } == names.map { Array($0.utf8) })
  }

  @Test func mappingKeysAreComparedByTheirBytes() throws {
    let file = try SettingsFile(bytes: Array("\(Self.composed): 1\n\(Self.decomposed): 2\n".utf8), path: "f")
    #expect(file.warnings.count == 2)
    #expect(throws: ConfigurationError.self) {
      try SettingsFile(bytes: Array("\(Self.composed): 1\n\(Self.composed): 2\n".utf8), path: "f")
    }
  }

  @Test func settingKeysAreComparedByTheirBytes() throws {
    let loaded = try ConfigurationFileTests.load("nats: {api_\(Self.kelvin)ey: x}")
    #expect(loaded.configuration.nats.apiKey.isEmpty)
    #expect(loaded.warnings.contains { $0.message.hasPrefix("unknown key") })
  }

  @Test func keysOfAnAllowedCommandAreComparedByTheirBytes() throws {
    let node = try #require(
      try YAMLReader.read(
        Array("{\(Self.decomposed): a, K: b}".utf8), refusesDuplicateKeys: true
      ).root)
    #expect(node[Self.composed] == nil && node[Self.kelvin] == nil)
    #expect(node[Self.decomposed]?.text == "a" && node["k"]?.text == "b")
  }

  @Test func environmentNamesAreComparedByTheirBytes() {
    let settings = EnvironmentSettings(["PLUSCLOUDS_AGENT_NATS_API_\(Self.kelvin)EY": "x"])
    #expect(settings.settings.isEmpty)
    #expect(settings.warnings.count == 1)
  }

  /// A slash with a combining mark is a path separator all the same.
  @Test func allowedPathsAreSplitByTheirBytes() throws {
    let path = "/bin/../\u{301}x"
    let loaded = try ConfigurationFileTests.load("agent: {allowed_commands: ['\(path)']}")
    #expect(loaded.configuration.agent.allowedCommands == [])
    #expect(loaded.warnings.contains { $0.message.contains("..") })
  }

  @Test(arguments: ["nats://u:hunter2@\u{301}h", "nats://u:hunter2@h,\u{301}x", "ws://h/?\u{301}hunter2"])
  func credentialsBeforeCombiningMarksAreRedacted(url: String) {
    #expect(!URLText.redacted(url).contains("hunter2"))
  }

  @Test func powerRequestsAreComparedByTheirBytes() {
    func request(_ id: String) -> PowerRequest {
      PowerRequest(commandID: id, transition: .reboot, bootID: "b", requestedAt: 1)
    }
    #expect(request(Self.composed) == request(Self.composed))
    #expect(request(Self.composed) != request(Self.decomposed) && request("K") != request(Self.kelvin))
  }

  @Test(arguments: ["\u{212A}", "caf\u{E9}", "a\u{37E}b"])
  func unitNamesAreASCII(name: String) {
    #expect(UnitName(name) == nil)
    #expect(throws: Refusal.self) { try ServicePolicy.name(in: ["name": .string(name)], for: .start) }
  }
}
