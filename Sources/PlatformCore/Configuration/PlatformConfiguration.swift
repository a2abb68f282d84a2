public import Logging
public import NATS
public import StructuredLogging

/// The settings of `platform.yaml`.
public struct PlatformConfiguration: Sendable {
  /// The servers and the platform's users.
  public struct Connection: Sendable {
    /// `nats.url`: the servers.
    public var servers: [NATSServerAddress]
    /// `nats.seed_file`: the seed of the user in ``account``.
    public var seedFile: String
    /// `nats.system_seed_file`: the seed of the user in the system account.
    public var systemSeedFile: String
    /// `nats.account`: the account of agents and operators (default `FLEET`).
    public var account = "FLEET"
    /// `nats.tls`
    public var tls = NATSTLSConfiguration()
    /// `nats.discover`: whether servers that the configured ones announce are used as well (default true).
    public var discover = true

    /// The warning that nothing requires TLS for connections to other machines; nil if TLS is required.
    var clearTextWarning: String? {
      tls.clearTextWarning(for: servers, secret: "what agents and operators exchange")
        .map { "nats.url: " + $0 }
    }
  }

  /// Authentication of connections.
  public struct Callout: Sendable {
    /// The reaction to two machines with one identity.
    public enum Clones: String, Sendable, Hashable {
      /// Raise an alert.
      case alert
      /// Also refuse the second connection.
      case refuse
    }

    /// `callout.issuer_seed_file`: the seed of the account key that signs responses.
    public var issuerSeedFile: String
    /// `callout.xkey_seed_file`: the seed of the key that requests are encrypted for; nil: no encryption.
    public var xkeySeedFile: String?
    /// `callout.token_lifetime`: how long a connection may stay before it has to authenticate again (default 1 h; 5 s
    /// to 7 d).
    public var tokenLifetime = Duration.seconds(3600)
    /// `callout.reply_ttl`: how long an agent may reply to a message (default 1 h; 10 min to 1 h; less is raised).
    public var replyTTL = Duration.seconds(3600)
    /// `callout.guesses_per_minute`: wrong tokens for one name before it is throttled (default 10; 1 to 10,000).
    public var guessesPerMinute = 10
    /// `callout.clones` (default alert).
    public var clones = Clones.alert
  }

  /// Limits of a stream.
  public struct Retention: Sendable, Hashable {
    /// `max_age`: how long messages are kept.
    public var maxAge: Duration
    /// `max_bytes`: the most bytes.
    public var maxBytes: Int64
  }

  /// Streams and their replicas.
  public struct Streams: Sendable, Hashable {
    /// `streams.replicas`: the number of servers that store a stream (default 1; 1, 3 or 5).
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

  /// The limits of the buckets in bytes; nil: no limit, and no reservation.
  public struct Buckets: Sendable, Hashable {
    /// The setting of a bucket without a limit.
    static let noLimit = "none"

    /// `buckets.agents.max_bytes`
    public var agents: Int64?
    /// `buckets.enrollments.max_bytes`
    public var enrollments: Int64?
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
  /// `fleet.alive_within`: how long an agent counts as alive after its last heartbeat (default 75 s; 5 s to 1 d).
  public var aliveWithin = Duration.seconds(75)
  /// `commands.expires_in`: the lifetime of commands that do not name one (default 1 h; 1 s to 7 d).
  public var commandsExpireIn = Duration.seconds(3600)
  /// `commands.kept`: how long commands and results are kept (default 14 d; 9 d to 365 d).
  public var commandsKept = Duration.seconds(14 * 86_400)
  /// `metrics.listen`: the address of `/metrics` (default 127.0.0.1:9464); nil (`off`): none.
  public var metrics: ListenAddress? = ListenAddress(host: "127.0.0.1", port: 9464)
  /// `log.level`: error, warn, info or debug (default info).
  public var logLevel = Logger.Level.info
  /// `log.format`: json or console (default json).
  public var logFormat = LogFormat.json
  /// The path of the file that was read.
  public var source: String

  /// Creates a configuration with the defaults.
  public init(nats: Connection, callout: Callout, source: String) {
    self.nats = nats
    self.callout = callout
    self.source = source
  }
}
