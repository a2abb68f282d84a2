import Logging
import NATS
import StructuredLogging

extension PlatformConfiguration {
  /// A line for each key of ``SettingKeys`` with its value. File names are absolute; seeds are named, not shown.
  var settingLines: [String] { settings.map { "\($0.key): \($0.value)" } }

  private var settings: KeyValuePairs<String, String> {
    [
      "nats.url": Self.quoted(nats.servers.map(\.description).joined(separator: ",")),
      "nats.seed_file": Self.quoted(nats.seedFile),
      "nats.system_seed_file": Self.quoted(nats.systemSeedFile),
      "nats.account": Self.quoted(nats.account),
      "nats.tls.ca_file": Self.quoted(nats.tls.caFile),
      "nats.tls.cert_file": Self.quoted(nats.tls.certificateFile),
      "nats.tls.key_file": Self.quoted(nats.tls.keyFile),
      "nats.tls.first": "\(nats.tls.mode == .first)",
      "nats.tls.server_names": Self.quoted(nats.tls.serverNames.joined(separator: ",")),
      "nats.discover": "\(nats.discover)",
      "callout.issuer_seed_file": Self.quoted(callout.issuerSeedFile),
      "callout.xkey_seed_file": Self.quoted(callout.xkeySeedFile),
      "callout.token_lifetime": MeasureText.text(callout.tokenLifetime),
      "callout.reply_ttl": MeasureText.text(callout.replyTTL),
      "callout.guesses_per_minute": "\(callout.guessesPerMinute)",
      "callout.clones": callout.clones.rawValue,
      "streams.replicas": "\(streams.replicas)",
      "streams.telemetry.max_age": MeasureText.text(streams.telemetry.maxAge),
      "streams.telemetry.max_bytes": MeasureText.text(bytes: streams.telemetry.maxBytes),
      "streams.events.max_age": MeasureText.text(streams.events.maxAge),
      "streams.events.max_bytes": MeasureText.text(bytes: streams.events.maxBytes),
      "streams.commands.max_age": MeasureText.text(streams.commands.maxAge),
      "streams.commands.max_bytes": MeasureText.text(bytes: streams.commands.maxBytes),
      "streams.results.max_age": MeasureText.text(streams.results.maxAge),
      "streams.results.max_bytes": MeasureText.text(bytes: streams.results.maxBytes),
      "streams.audit.max_age": MeasureText.text(streams.audit.maxAge),
      "streams.audit.max_bytes": MeasureText.text(bytes: streams.audit.maxBytes),
      "buckets.agents.max_bytes": Self.limit(buckets.agents),
      "buckets.enrollments.max_bytes": Self.limit(buckets.enrollments),
      "buckets.operators.max_bytes": Self.limit(buckets.operators),
      "buckets.fleet.max_bytes": Self.limit(buckets.fleet),
      "buckets.commands.max_bytes": Self.limit(buckets.commands),
      "buckets.results.max_bytes": Self.limit(buckets.results),
      "fleet.alive_within": MeasureText.text(aliveWithin),
      "commands.expires_in": MeasureText.text(commandsExpireIn),
      "commands.kept": MeasureText.text(commandsKept),
      "metrics.listen": Self.quoted(metrics?.description ?? "off"),
      "log.level": logLevel == .warning ? "warn" : logLevel.rawValue,
      "log.format": logFormat.rawValue,
    ]
  }

  private static func limit(_ bytes: Int64?) -> String {
    bytes.map { MeasureText.text(bytes: $0) } ?? Buckets.noLimit
  }

  /// A double-quoted YAML string; empty for nil.
  private static func quoted(_ text: String?) -> String {
    var quoted = "\""
    for scalar in (text ?? "").unicodeScalars {
      if scalar == "\"" || scalar == "\\" { quoted += "\\" }
      quoted.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? "?" : scalar)
    }
    return quoted + "\""
  }
}
