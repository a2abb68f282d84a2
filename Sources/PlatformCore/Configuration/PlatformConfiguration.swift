public import Logging
public import NATS

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
    /// `callout.reply_ttl`: how long an agent may answer to a message (default 60 s; 1 s to 1 h).
    public var replyTTL = Duration.seconds(60)
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
  }

  /// How a log line looks.
  public enum LogFormat: String, Sendable, Hashable {
    /// An object a line.
    case json
    /// For people.
    case console
  }

  /// `nats`
  public var nats: Connection
  /// `callout`
  public var callout: Callout
  /// `streams`
  public var streams = Streams()
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
