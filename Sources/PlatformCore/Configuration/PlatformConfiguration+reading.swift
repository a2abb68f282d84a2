import ConfigurationFiles
import Encoding
import Logging
import NATS
import PlatformAPI
import StructuredLogging

extension PlatformConfiguration {
  /// A configuration with its warnings.
  public struct Loaded: Sendable {
    /// The configuration.
    public var configuration: PlatformConfiguration
    /// Problems that do not stop the platform.
    public var warnings: [PlatformConfigurationError]
  }

  /// Reads a `platform.yaml`. Environment variables override it: `PLUSCLOUDS_PLATFORM_` and the key
  /// (`PLUSCLOUDS_PLATFORM_NATS_URL`).
  ///
  /// - Throws: ``PlatformConfigurationError`` with file and key.
  public static func load(
    path: String, environment: [String: String]
  ) throws(PlatformConfigurationError) -> Loaded {
    let file: TextFile
    do throws(FileError) {
      file = try TextFile(path: path, limit: 1 << 20)
    } catch {
      throw PlatformConfigurationError(
        file: path, "\(error.message); `plusclouds-platform init` writes one")
    }
    var loaded = try parse(file.text, path: path, environment: environment)
    if file.mode & 0o022 != 0 {
      loaded.warnings.append(
        PlatformConfigurationError(
          file: path, "can be changed by others than its owner (mode \(octal(file.mode))): chmod 0640"))
    }
    if let problem = FileOwnership.problem(path: path, file) {
      loaded.warnings.append(PlatformConfigurationError(file: path, problem))
    }
    return loaded
  }

  /// Parses the text of a `platform.yaml`; reads no other file.
  static func parse(
    _ text: String, path: String, environment: [String: String]
  ) throws(PlatformConfigurationError) -> Loaded {
    var table = try SettingsTable(yaml: text, file: path)
    table.override(with: environment)
    let folder = AbsolutePath.parent(of: path) ?? "."
    let reader = SettingReader(
      settings: table.settings, folder: folder.isEmpty ? "/" : folder, file: path)
    var loaded = Loaded(configuration: try Self(reader, source: path), warnings: table.warnings)
    if loaded.configuration.callout.replyTTL < Callout.leastReplyTTL {
      loaded.configuration.callout.replyTTL = Callout.leastReplyTTL
      if let setting = reader.settings["callout.reply_ttl"] {
        loaded.warnings.append(
          setting.error("raised to 10m: results of longer commands would be refused where they are kept"))
      }
    }
    return loaded
  }

  private init(_ reader: SettingReader, source: String) throws(PlatformConfigurationError) {
    self.init(
      nats: try Connection(reader), callout: try Callout(reader), source: source)
    streams = try Streams(reader)
    buckets = try Buckets(reader)
    let day = Duration.seconds(86_400)
    aliveWithin = try reader.duration("fleet.alive_within", in: .seconds(5)...day, default: aliveWithin)
    commandsExpireIn = try reader.duration(
      "commands.expires_in", in: .seconds(1)...(day * 7), default: commandsExpireIn)
    // Longer than a command may wait (a week) and its result may take after that (a day), so that its end is
    // published.
    commandsKept = try reader.duration("commands.kept", in: (day * 9)...(day * 365), default: commandsKept)
    if let text = try reader.text("metrics.listen") {
      metrics = try Self.listen(text, reader)
    }
    logLevel = try reader.choice(
      "log.level", ["error": .error, "warn": .warning, "info": .info, "debug": .debug], default: logLevel)
    logFormat = try reader.choice("log.format", ["json": .json, "console": .console], default: logFormat)
  }

  private static func listen(
    _ text: String, _ reader: SettingReader
  ) throws(PlatformConfigurationError) -> ListenAddress? {
    // YAML 1.1 reads a bare `off` as false; the text is kept.
    if ["off", "false", "no"].containsExactly(text.asciiLowercased) { return nil }
    if let address = ListenAddress(text) { return address }
    let quoted = SettingReader.quoted(text)
    let message = "must be an address and a port such as 127.0.0.1:9464, or off, not \(quoted)"
    throw reader.settings["metrics.listen"]?.error(message)
      ?? PlatformConfigurationError(file: reader.file, key: "metrics.listen", message)
  }

  static func octal(_ mode: UInt32) -> String {
    let digits = String(mode & 0o777, radix: 8)
    return String(repeating: "0", count: 4 - digits.utf8.count) + digits
  }
}

extension PlatformConfiguration.Connection {
  fileprivate init(_ reader: SettingReader) throws(PlatformConfigurationError) {
    let url = try reader.required("nats.url", "give the URL of the servers, as in nats://127.0.0.1:4222")
    do throws(NATSError) {
      servers = try NATSServerAddress.list(url)
    } catch {
      throw reader.settings["nats.url"]?.error(error.message)
        ?? PlatformConfigurationError(file: reader.file, key: "nats.url", error.message)
    }
    let hint = "`plusclouds-platform init` generates the keys"
    _ = try reader.required("nats.seed_file", hint)
    _ = try reader.required("nats.system_seed_file", hint)
    seedFile = try reader.path("nats.seed_file") ?? ""
    systemSeedFile = try reader.path("nats.system_seed_file") ?? ""
    account = try reader.text("nats.account") ?? account
    tls.caFile = try reader.path("nats.tls.ca_file")
    tls.caFileSetting = "nats.tls.ca_file"
    tls.certificateFile = try reader.path("nats.tls.cert_file")
    tls.keyFile = try reader.path("nats.tls.key_file")
    guard (tls.certificateFile == nil) == (tls.keyFile == nil) else {
      let missing = tls.keyFile == nil ? "nats.tls.key_file" : "nats.tls.cert_file"
      throw PlatformConfigurationError(
        file: reader.file, key: missing, "is missing; a certificate needs its key and a key its certificate")
    }
    let switches: KeyValuePairs<String, Bool> = [
      "true": true, "false": false, "yes": true, "no": false, "on": true, "off": false,
    ]
    if try reader.choice("nats.tls.first", switches, default: false) { tls.mode = .first }
    discover = try reader.choice("nats.discover", switches, default: true)
    for item in (try reader.text("nats.tls.server_names") ?? "").split(separator: ",") {
      let name = String(item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
      guard NATSTLSConfiguration.isServerName(name) else {
        throw PlatformConfigurationError(
          file: reader.file, key: "nats.tls.server_names",
          "\(SettingReader.quoted(name)) is not a host name or an IP address")
      }
      tls.serverNames.append(name)
    }
    do throws(NATSError) {
      try tls.validate(for: servers)
    } catch {
      throw reader.settings["nats.url"]?.error(error.message)
        ?? PlatformConfigurationError(file: reader.file, key: "nats.url", error.message)
    }
  }
}

extension PlatformConfiguration.Callout {
  /// Twice the longest pause between two deliveries of a command; each of them permits the reply again.
  fileprivate static let leastReplyTTL = Duration.seconds(600)

  fileprivate init(_ reader: SettingReader) throws(PlatformConfigurationError) {
    _ = try reader.required("callout.issuer_seed_file", "`plusclouds-platform init` generates the keys")
    issuerSeedFile = try reader.path("callout.issuer_seed_file") ?? ""
    xkeySeedFile = try reader.path("callout.xkey_seed_file")
    tokenLifetime = try reader.duration(
      "callout.token_lifetime", in: .seconds(5)...(.seconds(7 * 86_400)), default: tokenLifetime)
    replyTTL = try reader.duration(
      "callout.reply_ttl", in: .seconds(1)...(.seconds(3600)), default: replyTTL)
    guessesPerMinute = try reader.integer(
      "callout.guesses_per_minute", in: 1...10_000, default: guessesPerMinute)
    clones = try reader.choice("callout.clones", ["alert": .alert, "refuse": .refuse], default: clones)
  }
}

extension PlatformConfiguration.Streams {
  fileprivate init(_ reader: SettingReader) throws(PlatformConfigurationError) {
    self.init()
    replicas = try reader.choice("streams.replicas", ["1": 1, "3": 3, "5": 5], default: replicas)
    telemetry = try Self.retention("telemetry", reader, default: telemetry)
    events = try Self.retention("events", reader, default: events)
    commands = try Self.retention("commands", reader, default: commands)
    results = try Self.retention("results", reader, default: results)
    audit = try Self.retention("audit", reader, default: audit)
  }

  private static func retention(
    _ name: String, _ reader: SettingReader, default value: PlatformConfiguration.Retention
  ) throws(PlatformConfigurationError) -> PlatformConfiguration.Retention {
    PlatformConfiguration.Retention(
      maxAge: try reader.duration(
        "streams.\(name).max_age", in: .seconds(60)...(.seconds(3_650 * 86_400)), default: value.maxAge),
      maxBytes: try reader.bytes(
        "streams.\(name).max_bytes", in: (1 << 20)...(1 << 50), default: value.maxBytes))
  }
}

extension PlatformConfiguration.Buckets {
  fileprivate init(_ reader: SettingReader) throws(PlatformConfigurationError) {
    agents = try Self.size("agents", reader)
    enrollments = try Self.size("enrollments", reader)
    operators = try Self.size("operators", reader)
    fleet = try Self.size("fleet", reader)
    commands = try Self.size("commands", reader)
    results = try Self.size("results", reader)
  }

  private static func size(
    _ name: String, _ reader: SettingReader
  ) throws(PlatformConfigurationError) -> Int64? {
    let key = "buckets.\(name).max_bytes"
    if try reader.text(key) == PlatformConfiguration.Buckets.noLimit { return nil }
    let size = try reader.bytes(key, in: (1 << 20)...(1 << 50), default: -1)
    return size < 0 ? nil : size
  }
}
