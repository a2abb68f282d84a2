/// The keys of `platform.yaml`, dotted and in lower case.
enum SettingKeys {
  /// The prefix of the environment variables. The key follows in upper case, with underscores for dots.
  static let environmentPrefix = "PLUSCLOUDS_PLATFORM_"

  /// The file name of settings from the environment.
  static let environment = "environment"

  static let all: [String] = [
    "nats.url", "nats.seed_file", "nats.system_seed_file", "nats.account",
    "nats.tls.ca_file", "nats.tls.cert_file", "nats.tls.key_file", "nats.tls.first",
    "nats.tls.server_names", "nats.discover",
    "callout.issuer_seed_file", "callout.xkey_seed_file", "callout.token_lifetime", "callout.reply_ttl",
    "callout.guesses_per_minute", "callout.clones",
    "streams.replicas", "streams.telemetry.max_age", "streams.telemetry.max_bytes", "streams.events.max_age",
    "streams.events.max_bytes", "streams.commands.max_age", "streams.commands.max_bytes",
    "streams.results.max_age", "streams.results.max_bytes",
    "streams.audit.max_age", "streams.audit.max_bytes",
    "buckets.agents.max_bytes", "buckets.enrollments.max_bytes", "buckets.operators.max_bytes",
    "buckets.fleet.max_bytes", "buckets.commands.max_bytes", "buckets.results.max_bytes",
    "fleet.alive_within", "commands.expires_in", "commands.kept", "metrics.listen", "log.level", "log.format",
  ]

  static let sections: Set<String> = [
    "nats", "nats.tls", "callout", "streams", "streams.telemetry", "streams.events", "streams.commands",
    "streams.results", "streams.audit",
    "buckets", "buckets.agents", "buckets.enrollments", "buckets.operators", "buckets.fleet",
    "buckets.commands",
    "buckets.results",
    "fleet", "commands", "metrics", "log",
  ]

  /// Former spellings, which are still read, with the current ones.
  private static let aliases: [(former: String, current: String)] = [
    ("buckets.enrolments", "buckets.enrollments")
  ]

  /// The current spelling of a key or section.
  static func current(_ key: String) -> String {
    for alias in aliases where key == alias.former || key.hasPrefix(alias.former + ".") {
      return alias.current + key.dropFirst(alias.former.count)
    }
    return key
  }

  /// The former spelling of a key; nil if it has none.
  static func former(_ key: String) -> String? {
    aliases.first { key.hasPrefix($0.current + ".") }.map { $0.former + key.dropFirst($0.current.count) }
  }

  /// The key of a bucket's limit.
  static func limit(ofBucket bucket: String) -> String {
    current("buckets.\(bucket.dropFirst("pls-".count)).max_bytes")
  }

  static func environmentName(_ key: String) -> String {
    environmentPrefix + String(key.uppercased().map { $0 == "." ? "_" : $0 })
  }
}
