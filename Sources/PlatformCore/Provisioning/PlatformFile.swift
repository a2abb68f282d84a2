/// The `platform.yaml` that `init` and `dev` write.
struct PlatformFile: Sendable {
  /// The URLs of the servers.
  var url: String
  /// The folder of the keys, as the file names it.
  var keysFolder: String
  /// The file of the authorities that the servers' certificates are verified against.
  var caFile: String?
  /// The number of servers that store a stream.
  var replicas: Int

  /// The text of the file.
  var text: String {
    """
    # plusclouds-platform serve --config platform.yaml
    # Relative file names are relative to this file. Each key can be set in the environment instead:
    # PLUSCLOUDS_PLATFORM_ and the key in capitals, dots as underscores (PLUSCLOUDS_PLATFORM_NATS_URL).
    nats:
      url: \(url)
      seed_file: \(keysFolder)/platform.nk
      system_seed_file: \(keysFolder)/system.nk
      account: FLEET
    \(caFile.map { "  tls:\n    ca_file: \($0)\n" } ?? "")\
    callout:
      issuer_seed_file: \(keysFolder)/issuer.nk
      xkey_seed_file: \(keysFolder)/xkey.nk
      token_lifetime: 1h
      reply_ttl: 1h
      guesses_per_minute: 10
      # alert, or refuse: keep the second machine out that uses an identity
      clones: alert
    streams:
      # On how many servers: 1, or 3 in a cluster
      replicas: \(replicas)
      telemetry: { max_age: 15m, max_bytes: 1GiB }
      events: { max_age: 24h, max_bytes: 1GiB }
      commands: { max_age: 24h, max_bytes: 256MiB }
      results: { max_age: 24h, max_bytes: 256MiB }
      # Full, it refuses every change
      audit: { max_age: 400d, max_bytes: 1GiB }
    fleet:
      alive_within: 75s
    commands:
      expires_in: 1h
      kept: 336h
    metrics:
      # An address, or off
      listen: 127.0.0.1:9464
    log:
      level: info
      format: json

    """
  }
}
