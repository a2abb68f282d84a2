import Logging
import NATS
import NATSTesting
import NKeys
import StructuredLogging
import Testing

@testable import PlatformCore

@Suite struct PlatformConfigurationTests {
  static let minimal = """
    nats: { url: "nats://127.0.0.1:4222", seed_file: keys/platform.nk, system_seed_file: /k/system.nk }
    callout: { issuer_seed_file: keys/issuer.nk }
    """

  private func parse(
    _ more: String = "", environment: [String: String] = [:]
  ) throws(PlatformConfigurationError) -> PlatformConfiguration.Loaded {
    try PlatformConfiguration.parse(
      Self.minimal + "\n" + more, path: "/etc/pls/platform.yaml", environment: environment)
  }

  @Test func absentKeysHaveTheirDefaults() throws {
    let loaded = try parse()
    let configuration = loaded.configuration
    #expect(loaded.warnings.isEmpty)
    #expect(configuration.nats.seedFile == "/etc/pls/keys/platform.nk")
    #expect(configuration.nats.systemSeedFile == "/k/system.nk")
    #expect(configuration.nats.account == "FLEET")
    #expect(configuration.callout.tokenLifetime == .seconds(3600))
    #expect(configuration.callout.clones == .alert)
    #expect(configuration.streams == PlatformConfiguration.Streams())
    #expect(configuration.aliveWithin == .seconds(75))
    #expect(configuration.commandsKept == .seconds(14 * 86_400))
    #expect(configuration.metrics == ListenAddress(host: "127.0.0.1", port: 9464))
    #expect(configuration.logFormat == .json)
  }

  @Test func tlsKeysAreParsedAndValidated() throws {
    let environment = [
      "PLUSCLOUDS_PLATFORM_NATS_TLS_FIRST": "true", "PLUSCLOUDS_PLATFORM_NATS_DISCOVER": "no",
      "PLUSCLOUDS_PLATFORM_NATS_TLS_SERVER_NAMES": "nats.internal, 10.0.0.7",
    ]
    let nats = try parse(environment: environment).configuration.nats
    #expect(nats.tls.mode == .first)
    #expect(nats.tls.serverNames == ["nats.internal", "10.0.0.7"])
    #expect(!nats.discover)
    let standard = try parse().configuration.nats
    #expect(standard.tls.mode == .ifRequired)
    #expect(standard.discover)
    let wrong = #expect(throws: PlatformConfigurationError.self) {
      try parse(environment: ["PLUSCLOUDS_PLATFORM_NATS_TLS_SERVER_NAMES": "*.example"])
    }
    #expect(wrong?.description.contains("not a host name") == true)
    let plain = #expect(throws: PlatformConfigurationError.self) {
      try parse(environment: [
        "PLUSCLOUDS_PLATFORM_NATS_TLS_FIRST": "true", "PLUSCLOUDS_PLATFORM_NATS_URL": "ws://h",
      ])
    }
    #expect(plain?.description.contains("wss://") == true)
  }

  @Test func everyKeyIsParsed() throws {
    let configuration = try PlatformConfiguration.parse(
      """
      nats:
        url: tls://a:4222,tls://b:4222
        seed_file: p.nk
        system_seed_file: s.nk
        account: AGENTS
        tls: { ca_file: ca.pem, cert_file: c.pem, key_file: k.pem }
      callout:
        issuer_seed_file: i.nk
        xkey_seed_file: x.nk
        token_lifetime: 5s
        reply_ttl: 20m
        guesses_per_minute: 7
        clones: refuse
      streams:
        replicas: 3
        telemetry: { max_age: 1h, max_bytes: 512MiB }
        events: { max_age: 7d, max_bytes: 2GB }
        commands: { max_age: 90m, max_bytes: 1048576 }
      fleet: { alive_within: 90 }
      commands: { expires_in: 1h30m, kept: 240h }
      metrics: { listen: off }
      log: { level: warn, format: console }
      """, path: "platform.yaml", environment: [:]
    ).configuration
    #expect(configuration.nats.servers.map(\.host) == ["a", "b"])
    #expect(configuration.nats.account == "AGENTS")
    #expect(configuration.nats.tls.caFile == "./ca.pem")
    #expect(configuration.nats.tls.keyFile == "./k.pem")
    #expect(configuration.callout.xkeySeedFile == "./x.nk")
    #expect(configuration.callout.tokenLifetime == .seconds(5))
    #expect(configuration.callout.replyTTL == .seconds(1200))
    #expect(configuration.callout.guessesPerMinute == 7)
    #expect(configuration.callout.clones == .refuse)
    #expect(configuration.streams.replicas == 3)
    #expect(configuration.streams.telemetry.maxBytes == 512 << 20)
    #expect(configuration.streams.events == .init(maxAge: .seconds(604_800), maxBytes: 2_000_000_000))
    #expect(configuration.streams.commands == .init(maxAge: .seconds(5400), maxBytes: 1 << 20))
    #expect(configuration.aliveWithin == .seconds(90))
    #expect(configuration.commandsExpireIn == .seconds(5400))
    #expect(configuration.commandsKept == .seconds(864_000))
    #expect(configuration.metrics == nil)
    #expect(configuration.logLevel == .warning)
    #expect(configuration.logFormat == .console)
  }

  @Test func shortReplyTTLIsRaisedWithAWarning() throws {
    // The value that `init` of earlier versions wrote.
    let loaded = try PlatformConfiguration.parse(
      Self.minimal, path: "p.yaml", environment: ["PLUSCLOUDS_PLATFORM_CALLOUT_REPLY_TTL": "60s"])
    #expect(loaded.configuration.callout.replyTTL == .seconds(600))
    #expect(loaded.warnings.map(\.key) == ["PLUSCLOUDS_PLATFORM_CALLOUT_REPLY_TTL"])
  }

  @Test(arguments: [
    "buckets: { enrollments: { max_bytes: 2MiB } }", "buckets: { enrolments: { max_bytes: 2MiB } }",
    "buckets: { enrolments: { max_bytes: 3MiB }, enrollments: { max_bytes: 2MiB } }",
    "buckets: { enrollments: { max_bytes: 2MiB }, enrolments: { max_bytes: 3MiB } }",
  ])
  func formerSpellingOfAKeyIsAccepted(_ yaml: String) throws {
    let loaded = try parse(yaml)
    #expect(loaded.configuration.buckets.enrollments == 2 << 20)
    #expect(loaded.warnings.isEmpty)
  }

  @Test func formerSpellingOfAVariableIsAccepted() throws {
    let former = "PLUSCLOUDS_PLATFORM_BUCKETS_ENROLMENTS_MAX_BYTES"
    let current = "PLUSCLOUDS_PLATFORM_BUCKETS_ENROLLMENTS_MAX_BYTES"
    for environment in [[former: "2MiB"], [current: "2MiB"], [former: "3MiB", current: "2MiB"]] {
      let loaded = try parse("buckets: { enrolments: { max_bytes: 4MiB } }", environment: environment)
      #expect(loaded.configuration.buckets.enrollments == 2 << 20)
      #expect(loaded.warnings.isEmpty)
    }
  }

  @Test func errorNamesTheSpellingThatWasWritten() throws {
    let variable = "PLUSCLOUDS_PLATFORM_BUCKETS_ENROLMENTS_MAX_BYTES"
    let ofVariable = #expect(throws: PlatformConfigurationError.self) {
      try parse("", environment: [variable: "x"])
    }
    #expect(ofVariable?.key == variable)
    let ofKey = #expect(throws: PlatformConfigurationError.self) {
      try parse("buckets: { enrolments: { max_bytes: x } }")
    }
    #expect(ofKey?.key == "buckets.enrolments.max_bytes")
    #expect(
      try parse("buckets: { enrolments: { foo: 1 } }").warnings.map(\.key) == ["buckets.enrolments.foo"])
  }

  @Test(arguments: [
    ("callout: { token_lifetime: 1s }", "callout.token_lifetime"),
    ("callout: { token_lifetime: soon }", "callout.token_lifetime"),
    ("callout: { clones: maybe }", "callout.clones"),
    ("callout: { guesses_per_minute: 0 }", "callout.guesses_per_minute"),
    ("streams: { replicas: 2 }", "streams.replicas"),
    ("streams: { events: { max_bytes: 3 } }", "streams.events.max_bytes"),
    ("streams: { events: { max_bytes: 9e9 } }", "streams.events.max_bytes"),
    ("streams: 3", "streams"),
    ("fleet: { alive_within: -5s }", "fleet.alive_within"),
    ("fleet: { alive_within: [1, 2] }", "fleet.alive_within"),
    ("commands: { kept: 9999999999d }", "commands.kept"),
    ("metrics: { listen: nowhere }", "metrics.listen"),
    ("metrics: { listen: 127.0.0.1:99999 }", "metrics.listen"),
    ("log: { level: loud }", "log.level"),
  ])
  func invalidValueThrowsWithFileLineAndKey(_ yaml: String, _ key: String) throws {
    // Replaces the section of the minimal file that both have.
    var text = Self.minimal + "\n" + yaml
    if yaml.hasPrefix("callout:") {
      text = """
        nats: { url: "nats://127.0.0.1:4222", seed_file: p, system_seed_file: s }
        callout: { issuer_seed_file: i, \(yaml.dropFirst("callout: { ".count))
        """
    }
    let error = #expect(throws: PlatformConfigurationError.self) {
      try PlatformConfiguration.parse(text, path: "p.yaml", environment: [:])
    }
    #expect(error?.key == key)
    #expect(error?.file == "p.yaml")
    #expect(error?.line != nil)
    #expect(error?.description.contains("\n") == false)
  }

  @Test(arguments: ["nats.url", "nats.seed_file", "nats.system_seed_file", "callout.issuer_seed_file"])
  func missingRequiredKeyThrows(_ key: String) {
    var lines = [
      "nats.url": "  url: nats://h", "nats.seed_file": "  seed_file: p",
      "nats.system_seed_file": "  system_seed_file: s",
    ]
    lines[key] = nil
    let callout = key == "callout.issuer_seed_file" ? "" : "callout: { issuer_seed_file: i }"
    let text = "nats:\n" + lines.values.sorted().joined(separator: "\n") + "\n" + callout
    let error = #expect(throws: PlatformConfigurationError.self) {
      try PlatformConfiguration.parse(text, path: "p.yaml", environment: [:])
    }
    #expect(error?.key == key)
  }

  @Test(arguments: [
    ("stream: { replicas: 3 }", "stream", "streams"),
    ("fleet: { alive_withn: 75s }", "fleet.alive_withn", "fleet.alive_within"),
    ("log: { replicas: 1 }", "log.replicas", "streams.replicas"),
  ])
  func unknownKeyIsAWarningWithASuggestion(_ yaml: String, _ key: String, _ nearest: String) throws {
    let warning = try #require(try parse(yaml).warnings.first)
    #expect(warning.key == key)
    #expect(warning.message.contains("did you mean \(nearest)?"))
  }

  @Test func secretInAKeyIsNotRepeated() throws {
    let warning = try #require(try parse("\"seed:SUAMSECRET\": 1").warnings.first)
    #expect(!warning.description.contains("SECRET"))
  }

  @Test func environmentOverridesTheFile() throws {
    let loaded = try parse(
      "streams: { replicas: 1 }",
      environment: [
        "PLUSCLOUDS_PLATFORM_STREAMS_REPLICAS": "3", "PLUSCLOUDS_PLATFORM_NATS_URL": "nats://other:1",
        "PLUSCLOUDS_PLATFORM_STREAM_REPLICAS": "5", "OTHER": "x",
      ])
    #expect(loaded.configuration.streams.replicas == 3)
    #expect(loaded.configuration.nats.servers.map(\.host) == ["other"])
    #expect(loaded.warnings.map(\.key) == ["PLUSCLOUDS_PLATFORM_STREAM_REPLICAS"])
    #expect(loaded.warnings[0].message.contains("PLUSCLOUDS_PLATFORM_STREAMS_REPLICAS"))
    let error = #expect(throws: PlatformConfigurationError.self) {
      try parse(environment: ["PLUSCLOUDS_PLATFORM_CALLOUT_CLONES": "maybe"])
    }
    #expect(error?.file == "environment")
    #expect(error?.key == "PLUSCLOUDS_PLATFORM_CALLOUT_CLONES")
  }

  @Test(arguments: ["nats: [", "a: 1\na: 2", "- 1", "nats: {a: &x [*x]}", "\u{0}", "text"])
  func invalidYAMLThrows(_ text: String) {
    let error = #expect(throws: PlatformConfigurationError.self) {
      try PlatformConfiguration.parse(text, path: "p.yaml", environment: [:])
    }
    #expect(error?.file == "p.yaml")
  }

  @Test func seedReadableByOthersIsAWarning() throws {
    let folder = try FileTree.makeTemporary()
    defer { FileTree.remove(folder) }
    let keys = try PlatformKeys()
    try keys.write(to: folder + "/keys")
    let file = SeedFile(key: "nats.seed_file", path: folder + "/keys/platform.nk")
    #expect(try file.keyPair(.user).warning == nil)
    #expect(try file.keyPair(.user).pair.publicKey == keys.platform.publicKey)
    try FileTree.write("# a comment\n \(keys.platform.seed)\n", to: folder + "/open.nk")
    let open = SeedFile(key: "nats.seed_file", path: folder + "/open.nk")
    let warning = try #require(try open.keyPair(.user).warning)
    #expect(warning.description.contains("0600") && !warning.description.contains(keys.platform.seed))
    let wrong = #expect(throws: PlatformConfigurationError.self) { try file.keyPair(.account) }
    #expect(wrong?.key == "nats.seed_file")
    #expect(throws: PlatformConfigurationError.self) {
      try SeedFile(key: "k", path: folder + "/none").read()
    }
  }

  @Test func kelvinSignIsNoLetterOfAKeyOrVariable() throws {
    let key = "\u{212A}ept"
    let file = try parse("commands: { \(key): 10d }")
    #expect(file.configuration.commandsKept == .seconds(14 * 86_400))
    #expect(file.warnings.map(\.key) == ["commands.\(key)"])
    let variable = "PLUSCLOUDS_PLATFORM_COMMANDS_\u{212A}EPT"
    let environment = try parse(environment: [variable: "10d"])
    #expect(environment.configuration.commandsKept == .seconds(14 * 86_400))
    #expect(environment.warnings.map(\.key) == [variable])
  }

  @Test(arguments: [("2MiB", 2 << 20), ("2 mib", 2 << 20), ("2KB", 2_000), ("7", 7)] as [(String, Int64)])
  func sizeIsParsedInAnyCase(text: String, bytes: Int64) {
    #expect(MeasureText.bytes(text) == bytes)
  }

  @Test(arguments: ["2\u{212A}iB", "2\u{212A}B", "2B\u{301}", "\u{663}"])
  func sizeWithEquivalentCharactersIsInvalid(text: String) {
    #expect(MeasureText.bytes(text) == nil)
  }

  @Test func folderOfAFileWhoseNameBeginsWithACombiningMarkIsFound() throws {
    let loaded = try PlatformConfiguration.parse(Self.minimal, path: "/etc/\u{301}p.yaml", environment: [:])
    #expect(loaded.configuration.nats.seedFile == "/etc/keys/platform.nk")
  }
}
