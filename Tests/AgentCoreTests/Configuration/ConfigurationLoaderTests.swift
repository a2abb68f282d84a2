import Glibc
import Logging
import TestFiles
import Testing

@testable import AgentCore

@Suite struct ConfigurationLoaderTests {
  @Test func environmentOverridesFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", ConfigurationFileTests.goEra)
    let loaded = try ConfigurationLoader(
      explicitPath: path,
      environment: [
        "PLUSCLOUDS_AGENT_NATS_API_KEY": "env-key", "PLUSCLOUDS_AGENT_NATS_URL": "",
        "PLUSCLOUDS_AGENT_AGENT_ALLOWED_COMMANDS": "/bin/a, /bin/b,",
        "PLUSCLOUDS_AGENT_AGENT_ALLOWED_OPERATIONS": "exec,system.cpu",
        "PLUSCLOUDS_AGENT_NATS_TLS_CA_FILE": "/ca.pem", "PLUSCLOUDS_AGENT_ISO_FALLBACK_ENV": "x",
        "PLUSCLOUDS_AGENT_NATS_APIKEY": "typo-secret", "PLUSCLOUDS_AGENT_AUTOHEAL_EXCLUDE": "a*,b*",
        "PATH": "/bin",
      ]
    ).load()
    let configuration = loaded.configuration
    #expect(configuration.nats.apiKey.reveal() == "env-key")
    #expect(configuration.nats.url == "nats://nats.example.com:4222")
    #expect(configuration.agent.allowedCommands.map(\.path) == ["/bin/a", "/bin/b"])
    #expect(configuration.agent.allowedOperations == ["exec", "system.cpu"])
    #expect(configuration.nats.tls.caFile == "/ca.pem")
    #expect(configuration.autoheal.exclude == ["a*", "b*"])
    #expect(loaded.apiKeyOrigin == .environment)
    let warning = try #require(loaded.warnings.first)
    #expect(loaded.warnings.count == 1)
    #expect(warning.file == "environment")
    #expect(warning.message.contains("did you mean PLUSCLOUDS_AGENT_NATS_API_KEY?"))
    #expect(!warning.description.contains("typo-secret"))
  }

  @Test func tlsKeysAreDecodedAndValidated() throws {
    let prefix = "PLUSCLOUDS_AGENT_NATS_"
    func load(_ variables: [String: String]) throws -> LoadedConfiguration {
      let environment = Dictionary(uniqueKeysWithValues: variables.map { (prefix + $0.key, $0.value) })
      return try ConfigurationLoader(environment: environment, searchPaths: []).load()
    }
    let nats = try load([
      "TLS_FIRST": "true", "TLS_SERVER_NAMES": "nats.internal,10.0.0.7", "DISCOVER": "false",
    ]).configuration.nats
    #expect(nats.tls.first)
    #expect(nats.tls.serverNames == ["nats.internal", "10.0.0.7"])
    #expect(!nats.discover)
    #expect(throws: ConfigurationError.self) { try load(["TLS_SERVER_NAMES": "*.example"]) }
    for url in ["ws://h", "WS://h", "wss://h,ws://i"] {
      let error = try #require(throws: ConfigurationError.self) {
        try load(["URL": url, "TLS_CA_FILE": "/ca.pem"])
      }
      #expect(error.message.contains("wss://"))
      #expect(error.key == prefix + "TLS_CA_FILE")
    }
    // The connection type does not use this URL.
    _ = try load(["WEBSOCKET_URL": "ws://h", "TLS_CA_FILE": "/ca.pem"])
    func warnings(_ variables: [String: String]) throws -> Int {
      try load(variables).warnings.filter { $0.message.contains("clear text") }.count
    }
    #expect(try warnings(["URL": "nats://h", "API_KEY": "k"]) == 1)
    #expect(try warnings(["URL": "h,nats://i:1,tls://j", "API_KEY": "k"]) == 1)
    #expect(try warnings(["URL": "nats://h"]) == 0, "there is no key to lose")
    #expect(try warnings(["URL": "nats://h", "API_KEY": "k", "TLS_CA_FILE": "/ca.pem"]) == 0)
    #expect(try warnings(["URL": "nats://localhost", "API_KEY": "k"]) == 0)
  }

  @Test func everyKeyHasAnEnvironmentVariable() {
    for key in SettingKeys.all {
      let settings = EnvironmentSettings([SettingKeys.environmentName(key): "x"])
      #expect(settings.settings[key]?.value.text == "x")
      #expect(settings.warnings == [])
    }
  }

  @Test func errorInTheEnvironmentNamesTheVariable() throws {
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationLoader(
        environment: ["PLUSCLOUDS_AGENT_AGENT_TELEMETRY_INTERVAL": "soon"], searchPaths: []
      ).load()
    }
    #expect(error.key == "PLUSCLOUDS_AGENT_AGENT_TELEMETRY_INTERVAL")
    #expect(error.file == "environment")
    #expect(error.line == nil)
  }

  @Test func firstExistingFileIsUsed() throws {
    let folder = try TemporaryFolder()
    let second = try folder.write("second.yaml", "log: {level: debug}")
    let third = try folder.write("third.yaml", "log: {level: error}")
    let paths = [folder.path + "/first.yaml", second, third]
    let loaded = try ConfigurationLoader(environment: [:], searchPaths: paths).load()
    #expect(loaded.configuration.source == second)
    #expect(loaded.configuration.log.level == .debug)
    let none = try ConfigurationLoader(environment: [:], searchPaths: [paths[0]]).load()
    #expect(none.configuration == AgentConfiguration())
    #expect(none.configuration.source == nil)
  }

  @Test func searchPathsIncludeTheHomeFolder() {
    let system = "/etc/plusclouds/agent.yaml"
    let local = ["./configs/agent.yaml", "./agent.yaml"]
    #expect(ConfigurationLoader.defaultSearchPaths(home: nil) == [system] + local)
    #expect(ConfigurationLoader.defaultSearchPaths(home: "") == [system] + local)
    #expect(
      ConfigurationLoader.defaultSearchPaths(home: "/home/a") == [system, "/home/a/.plusclouds/agent.yaml"]
        + local)
  }

  @Test func missingExplicitFileThrows() throws {
    let error = try #require(throws: ConfigurationError.self) {
      try ConfigurationLoader(explicitPath: "/nonexistent/agent.yaml", environment: [:]).load()
    }
    #expect(error.description == "/nonexistent/agent.yaml: there is no such file")
  }

  @Test func loadThrowsWhenTheFileWasRemoved() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", "agent: {allowed_operations: [system.cpu]}")
    let loader = ConfigurationLoader(environment: [:], searchPaths: [path])
    _ = try loader.load()
    unlink(path)
    #expect(throws: ConfigurationError.self) { try loader.load() }
  }

  @Test func invalidFirstFileIsNotRemembered() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/agent.yaml"
    let loader = ConfigurationLoader(environment: [:], searchPaths: [path])
    #expect(try loader.load().configuration == AgentConfiguration())
    try folder.write("agent.yaml", "agent: {allowed_commands: [{path: /bin/ls, args: ['(']}]}")
    #expect(throws: ConfigurationError.self) { try loader.load() }
    unlink(path)
    #expect(try loader.load().configuration == AgentConfiguration())
  }

  @Test func invalidFileKeepsTheIdentity() throws {
    let folder = try TemporaryFolder()
    let environment = ["PLUSCLOUDS_AGENT_ISO_MOUNT_PATH": folder.path]
    let path = try folder.write("agent.yaml", "nats: {agent_uuid: \(Self.uuid), api_key: one}")
    let loader = ConfigurationLoader(explicitPath: path, environment: environment)
    _ = try loader.load()
    try folder.write(
      "agent.yaml",
      """
      nats: {agent_uuid: other, api_key: two}
      agent: {allowed_commands: [{path: /bin/ls, args: ['(']}]}
      """)
    #expect(throws: ConfigurationError.self) { try loader.load() }
    unlink(path)
    #expect(loader.reloadIdentity().identity == AgentIdentity(agentUUID: Self.uuid, apiKey: Secret("one")))
  }

  @Test(
    arguments: [
      (0o600, [String]()), (0o640, []), (0o644, ["everyone"]), (0o666, ["changed by others", "everyone"]),
    ] as [(mode_t, [String])])
  func keyReadableByOthersCausesAWarning(mode: mode_t, words: [String]) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("agent.yaml", "nats: {api_key: k, agent_uuid: \(Self.uuid)}", mode: mode)
    let warnings = try ConfigurationLoader(
      explicitPath: path, environment: ["PLUSCLOUDS_AGENT_ISO_MOUNT_PATH": folder.path]
    ).load().warnings
    #expect(warnings.count == words.count)
    for (warning, word) in zip(warnings, words) { #expect(warning.message.contains(word)) }
  }

  @Test func reloadIdentityKeepsTheLastValidCredentials() throws {
    let folder = try TemporaryFolder()
    let environment = ["PLUSCLOUDS_AGENT_ISO_MOUNT_PATH": folder.path + "/drive"]
    let path = try folder.write("agent.yaml", "nats: {agent_uuid: \(Self.uuid), api_key: one}")
    let loader = ConfigurationLoader(explicitPath: path, environment: environment)
    #expect(try loader.load().configuration.nats.apiKey.reveal() == "one")

    try folder.write("agent.yaml", "nats: {agent_uuid: \(Self.uuid), api_key: two}")
    #expect(loader.reloadIdentity().identity == AgentIdentity(agentUUID: Self.uuid, apiKey: Secret("two")))

    try folder.write("agent.yaml", "nats: {agent_uuid: [")
    let broken = loader.reloadIdentity()
    #expect(broken.identity.apiKey.reveal() == "two")
    #expect(broken.warnings.count == 1)
    #expect(loader.reloadIdentity().warnings == [])
    unlink(path)
    #expect(loader.reloadIdentity().identity.apiKey.reveal() == "two")

    try folder.write("agent.yaml", "nats: {agent_uuid: \(Self.uuid), api_key: three}")
    #expect(loader.reloadIdentity().identity.apiKey.reveal() == "three")
    try folder.write("agent.yaml", "nats: {agent_uuid: 'a.*'}")
    #expect(loader.reloadIdentity().warnings.count == 1)

    mkdir(folder.path + "/drive", 0o700)
    try folder.write("drive/metadata.yaml", "agent_api_key: four")
    #expect(loader.reloadIdentity().identity == AgentIdentity(agentUUID: Self.uuid, apiKey: Secret("four")))
    try folder.write("drive/metadata.yaml", "agent_api_key: [")
    let brokenDrive = loader.reloadIdentity()
    #expect(brokenDrive.identity.apiKey.reveal() == "four")
    #expect(brokenDrive.warnings.count == 1)
    #expect(loader.reloadIdentity().warnings == [])
    unlink(folder.path + "/drive/metadata.yaml")
    #expect(loader.reloadIdentity().identity.apiKey.reveal() == "four")
  }

  static let uuid = "8d8ac610-566d-4ef0-9c22-186b2a5ed793"
}
