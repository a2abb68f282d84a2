import ConfigurationFiles
import TestFiles
import Testing

@testable import AgentCore

/// Files that were damaged while the agent runs, and files without settings.
@Suite struct ConfigurationDamageTests {
  private static let whole = """
    nats:
      agent_uuid: 7c9e6679-7425-40de-944b-e07fc1f90ae7
      api_key: the-key
    agent:
      allowed_operations: [system.info]
      allowed_commands:
        - path: /usr/bin/uptime
          args: []
    autoheal:
      enabled: false

    """

  private static func without(_ text: String) -> String {
    whole.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.contains(text) }
      .joined(separator: "\n")
  }

  static let damaged: [(name: String, bytes: [UInt8])] = [
    ("empty", []),
    ("blanks", Array(" \n\t\n\n".utf8)),
    ("comment", Array("# nothing\n".utf8)),
    ("byte order mark", [0xEF, 0xBB, 0xBF]),
    ("NUL bytes", [UInt8](repeating: 0, count: 300)),
    ("null", Array("null\n".utf8)),
    ("empty documents", Array("---\n---\n...\n---\n".utf8)),
    ("empty sections", Array("nats:\nagent:\n".utf8)),
    ("empty mapping", Array("{}\n".utf8)),
    ("no id", Array(without("agent_uuid").utf8)),
    ("no key", Array(without("api_key").utf8)),
    ("empty key", Array(whole.replacing("the-key", with: "''").utf8)),
    ("no operations", Array(without("allowed_operations").utf8)),
    ("misspelt operations", Array(whole.replacing("allowed_operations", with: "allowed_operation").utf8)),
    ("no commands", Array(whole.replacing("allowed_commands", with: "other").utf8)),
    ("no autoheal", Array(without("enabled").utf8)),
    ("cut after the identity", Array(whole.prefix { $0 != "g" }.utf8)),
    ("cut before args", Array(whole.prefix(whole.count - 42).utf8)),
    ("operations in the second document", Array(whole.replacing("agent:\n", with: "---\nagent:\n").utf8)),
  ]

  @Test(arguments: damaged.indices)
  func reloadRejectsDamagedFiles(_ index: Int) throws {
    let (name, bytes) = Self.damaged[index]
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", Self.whole)
    let loader = ConfigurationLoader(explicitPath: path, environment: [:])
    let before = try loader.load()
    try folder.write("agent.yaml", bytes)
    let identity = loader.reloadIdentity().identity
    #expect(identity == before.configuration.nats.identity, "\(name)")
    #expect(throws: ConfigurationError.self, "\(name)") { try loader.load() }
    #expect(loader.reloadIdentity().identity == before.configuration.nats.identity, "\(name)")
    // A rejected file is not remembered: the complete file is accepted again.
    try folder.write("agent.yaml", Self.whole)
    #expect(try loader.load().configuration == before.configuration)
  }

  /// No prefix of the file allows more than the complete one, so that an interrupted write is harmless.
  @Test func noTruncatedFileAllowsMore() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", Self.whole)
    let loader = ConfigurationLoader(explicitPath: path, environment: [:])
    let before = try loader.load().configuration
    let bytes = Array(Self.whole.utf8)
    for count in 0..<bytes.count {
      try folder.write("agent.yaml", Array(bytes[..<count]))
      guard let after = try? loader.load().configuration else { continue }
      #expect(after.agent == before.agent && after.autoheal == before.autoheal, "\(count) bytes")
      try folder.write("agent.yaml", bytes)
      _ = try loader.load()
    }
  }

  @Test(arguments: [
    ("allowed_operations: []", "[system.info]", "[]"), ("allowed_operations:", "[system.info]", ""),
  ])
  func emptyListReplacesTheOperations(_ name: String, _ old: String, _ new: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", Self.whole)
    let loader = ConfigurationLoader(explicitPath: path, environment: [:])
    _ = try loader.load()
    try folder.write("agent.yaml", Self.whole.replacing(old, with: new))
    let loaded = try loader.load()
    #expect(loaded.configuration.agent.allowedOperations == [])
    #expect(loaded.warnings.contains { $0.key == "agent.allowed_operations" })
  }

  @Test func reloadMayDropAnIdentityThatTheDriveProvides() throws {
    let folder = try TemporaryFolder()
    try folder.write("metadata.json", #"{"virtual_machine_id":"a-b","agent_api_key":"drive-key"}"#)
    let path = try folder.write("agent.yaml", Self.whole)
    let loader = ConfigurationLoader(
      explicitPath: path, environment: ["PLUSCLOUDS_AGENT_ISO_MOUNT_PATH": folder.path])
    _ = try loader.load()
    try folder.write("agent.yaml", Self.without("api_key"))
    #expect(try loader.load().configuration.nats.apiKey.reveal() == "drive-key")
  }

  @Test(arguments: ["", "\n", "# only a comment\n", "---\n---\n", "nats:\n"])
  func fileWithoutSettingsCausesAWarning(_ text: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", text)
    let loaded = try ConfigurationLoader(explicitPath: path, environment: [:]).load()
    #expect(loaded.warnings.contains { $0.message.contains("17 operations are allowed") })
  }

  @Test(arguments: ["---\n---\n", "---\nnull\n---\n", "# first\n---\n...\n---\n"])
  func emptyDocumentsBeforeTheSettingsAreSkipped(_ prefix: String) throws {
    let file = try SettingsFile(bytes: Array((prefix + Self.whole + "---\n").utf8), path: "f")
    #expect(file.settings["agent.allowed_operations"]?.value.items?.count == 1)
    #expect(file.warnings.isEmpty)
  }

  @Test func untrustedOwnersAndFoldersAreReported() {
    func status(_ path: String, _ owner: UInt32, _ mode: UInt32, group: UInt32 = 0) -> FileOwnership.Status {
      FileOwnership.Status(path: path, owner: owner, group: group, mode: mode)
    }
    func problem(_ file: FileOwnership.Status, _ folders: [FileOwnership.Status], user: UInt32 = 0) -> String?
    {
      FileOwnership.weakness(
        of: file, in: folders, trusting: FileOwnership.Trust(users: [0, user], groups: [0, user])
      ).map(FileOwnership.message)
    }
    let (file, root) = (status("/etc/x/f", 0, 0o600), status("/", 0, 0o755))
    #expect(problem(file, [status("/etc/x", 0, 0o755), root]) == nil)
    #expect(problem(status("/f", 1000, 0o600), [root])?.contains("user 1000") == true)
    #expect(problem(status("/f", 1000, 0o600), [root], user: 1000) == nil)
    #expect(problem(file, [status("/home/u", 1000, 0o700), root])?.contains("/home/u") == true)
    #expect(problem(file, [status("/srv", 0, 0o777)])?.contains("/srv") == true)
    #expect(problem(file, [status("/tmp", 0, 0o1777)]) == nil)
    #expect(problem(file, [status("/srv", 0, 0o775, group: 50)])?.contains("/srv") == true)
    #expect(problem(file, [status("/srv", 0, 0o775)]) == nil)
  }
}
