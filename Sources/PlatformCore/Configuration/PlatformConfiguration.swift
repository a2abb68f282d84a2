public import Logging
public import NATS
public import StructuredLogging

/// What `platform.yaml` says, every key with its default.
public struct PlatformConfiguration: Sendable {
  /// Where the servers are and who the platform is there.
  public struct Connection: Sendable {
    /// `nats.url`: the servers.
    public var servers: [NATSServerAddress]
    /// `nats.seed_file`: the seed of the user in ``account``.
    public var seedFile: String
    /// `nats.system_seed_file`: the seed of the user in the system account.
    public var systemSeedFile: String
    /// `nats.account`: the account that agents and operators are put into (default `FLEET`).
    public var account = "FLEET"
    /// `nats.tls`
    public var tls = NATSTLSConfiguration()
    /// `nats.discover`: whether servers that the configured ones announce are used, too (default true).
    public var discover = true

    /// The warning that nothing requires TLS on the way to a server elsewhere; nil if it is required.
    var clearTextWarning: String? {
      tls.clearTextWarning(for: servers, secret: "what agents and operators exchange")
        .map { "nats.url: " + $0 }
    }
  }

  /// How connections are let in.
  public struct Callout: Sendable {
    /// What is done when two machines use one identity.
    public enum Clones: String, Sendable, Hashable {
      /// It is told.
      case alert
      /// The second one is also kept out.
      case refuse
    }

    /// `callout.issuer_seed_file`: the seed of the account key that signs.
    public var issuerSeedFile: String
    /// `callout.xkey_seed_file`: the seed of the key that requests are encrypted for; nil: they are not.
    public var xkeySeedFile: String?
    /// `callout.token_lifetime`: how long a connection may stay before it has to come again (default 1 h; 5 s to 7 d).
    public var tokenLifetime = Duration.seconds(3600)
    /// `callout.reply_ttl`: how long an agent may answer to a message (default 1 h; 10 min to 1 h; less is raised).
    public var replyTTL = Duration.seconds(3600)
    /// `callout.guesses_per_minute`: wrong tokens for one name before it is left to wait (default 10; 1 to 10,000).
    public var guessesPerMinute = 10
    /// `callout.clones` (default alert).
    public var clones = Clones.alert
  }

  /// What a stream keeps.
  public struct Retention: Sendable, Hashable {
    /// `max_age`: for how long.
    public var maxAge: Duration
    /// `max_bytes`: how much, in bytes.
    public var maxBytes: Int64
  }

  /// What is kept, and how often.
  public struct Streams: Sendable, Hashable {
    /// `streams.replicas`: on how many servers (default 1; 1, 3 or 5).
    public var replicas = 1
    /// `streams.telemetry` (default 15 min, 1 GiB).
    public var telemetry = Retention(maxAge: .seconds(900), maxBytes: 1 << 30)
    /// `streams.events` (default 24 h, 1 GiB).
    public var events = Retention(maxAge: .seconds(86_400), maxBytes: 1 << 30)
    /// `streams.commands` (default 24 h, 256 MiB).
    public var commands = Retention(maxAge: .seconds(86_400), maxBytes: 256 << 20)
    /// `streams.results` (default 24 h, 256 MiB).
    public var results = Retention(maxAge: .seconds(86_400), maxBytes: 256 << 20)
    /// `streams.audit` (default 400 days, 1 GiB).
    public var audit = Retention(maxAge: .seconds(400 * 86_400), maxBytes: 1 << 30)
  }

  /// How much the buckets may hold, in bytes; nil: no limit, and nothing is reserved.
  public struct Buckets: Sendable, Hashable {
    /// The text for a bucket without a limit.
    static let noLimit = "none"

    /// `buckets.agents.max_bytes`
    public var agents: Int64?
    /// `buckets.enrolments.max_bytes`
    public var enrolments: Int64?
    /// `buckets.operators.max_bytes`
    public var operators: Int64?
    /// `buckets.fleet.max_bytes`
    public var fleet: Int64?
    /// `buckets.commands.max_bytes`
    public var commands: Int64?
    /// `buckets.results.max_bytes`
    public var results: Int64?
  }

  /// `nats`
  public var nats: Connection
  /// `callout`
  public var callout: Callout
  /// `streams`
  public var streams = Streams()
  /// `buckets`
  public var buckets = Buckets()
  /// `fleet.alive_within`: how long after its last heartbeat an agent counts as alive (default 75 s; 5 s to 1 d).
  public var aliveWithin = Duration.seconds(75)
  /// `commands.expires_in`: for how long a command waits for its agent, unless it says otherwise (default 1 h; 1 s to 7 d).
  public var commandsExpireIn = Duration.seconds(3600)
  /// `commands.kept`: for how long commands and results can be asked for (default 14 d; 9 d to 365 d).
  public var commandsKept = Duration.seconds(14 * 86_400)
  /// `metrics.listen`: where `/metrics` is (default 127.0.0.1:9464); nil (`off`): nowhere.
  public var metrics: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 9464)
  /// `log.level`: error, warn, info or debug (default info).
  public var logLevel = Logger.Level.info
  /// `log.format`: json or console (default json).
  public var logFormat = LogFormat.json
  /// The file that it was read from.
  public var source: String

  /// A configuration with the defaults.
  public init(nats: Connection, callout: Callout, source: String) {
    self.nats = nats
    self.callout = callout
    self.source = source
  }
}
