import Testing

@testable import PlatformCore

/// `check --settings` prints the settings in effect.
@Suite struct SettingLinesTests {
  private static let required = """
    nats: { url: "nats://a:4222", seed_file: /p.nk, system_seed_file: /s.nk }
    callout: { issuer_seed_file: /i.nk }
    """

  private static func lines(_ yaml: String, _ environment: [String: String] = [:]) throws -> [String] {
    try PlatformConfiguration.parse(yaml, path: "/p.yaml", environment: environment).configuration
      .settingLines
  }

  private static func variables(_ lines: [String]) -> [String: String] {
    var variables: [String: String] = [:]
    for line in lines {
      let key = String(line.prefix { $0 != ":" })
      let value = line.dropFirst(key.count + 2)
      variables[SettingKeys.environmentName(key)] =
        value.hasPrefix("\"") ? String(value.dropFirst().dropLast()) : String(value)
    }
    return variables
  }

  @Test func everyKeyIsPrinted() throws {
    let keys = try Self.lines(Self.required).map { String($0.prefix { $0 != ":" }) }
    #expect(keys == SettingKeys.all)
  }

  @Test func printedDefaultsParseAsTheDefaults() throws {
    let lines = try Self.lines(Self.required)
    #expect(try Self.lines("", Self.variables(lines)) == lines)
  }

  @Test func printedValuesParseAsThemselves() throws {
    let values: [String: String] = [
      "nats.url": "tls://b:1", "nats.seed_file": "/1", "nats.system_seed_file": "/2", "nats.account": "A",
      "nats.tls.ca_file": "/3", "nats.tls.cert_file": "/4", "nats.tls.key_file": "/5",
      "nats.tls.first": "true",
      "nats.tls.server_names": "c.example", "nats.discover": "false", "callout.issuer_seed_file": "/6",
      "callout.xkey_seed_file": "/7", "callout.token_lifetime": "5s", "callout.reply_ttl": "20m",
      "callout.guesses_per_minute": "7", "callout.clones": "refuse", "streams.replicas": "3",
      "fleet.alive_within": "90s", "commands.expires_in": "1500ms", "commands.kept": "10d",
      "metrics.listen": "off",
      "log.level": "warn", "log.format": "console",
    ]
    var variables: [String: String] = [:]
    for key in SettingKeys.all {
      let stream = key.hasSuffix(".max_age") ? "2d" : "3MiB"
      variables[SettingKeys.environmentName(key)] = values[key] ?? stream
    }
    let lines = try Self.lines("", variables)
    #expect(Self.variables(lines) == variables)
    let defaults = try Self.lines(Self.required)
    for (line, other) in zip(lines, defaults) { #expect(line != other) }
  }
}
