public import NKeys
public import XKeys

/// How connections are authenticated.
public struct CalloutSettings: Sendable {
  /// What happens when a second machine connects with the identity of an agent.
  public enum Clones: String, Sendable, Hashable, CaseIterable {
    /// It is let in and noted.
    case alert
    /// It is refused while the first one lives.
    case refuse
  }

  /// Signs: the account key whose public half is the `issuer` of the servers' configuration.
  public var issuer: NKeyPair
  /// Decrypts: the key whose public half is the `xkey` of the servers' configuration; nil where there is none.
  public var xkey: XKeyPair?
  /// The name of the account that everybody is put into.
  public var account: String
  /// For how long a JWT is good, ±10 %; then the server ends the connection and the client connects again. One second at least.
  public var tokenLifetime: Duration
  /// For how long an agent may reply to a command.
  public var replyTTL: Duration
  /// Wrong tokens for one name from one address in a minute (``AuthenticationRateLimiter``).
  public var guessesPerMinute: Int
  /// What happens to clones.
  public var clones: Clones
  /// How long ago a connection must have been active to live, for ``clones``. Agents tell something every 30 s.
  public var aliveWithin: Duration
  /// After how long a server gives up waiting, until one has told (its requests run out then): what waited for longer is not
  /// answered.
  public var serverTimeout: Duration
  /// How far the clocks of servers and platform may differ.
  public var clockTolerance: Duration
  /// How many requests may be in work at once; more are left to other instances, or to the client's next connect.
  public var maxPending: Int

  /// Settings with the defaults.
  public init(issuer: NKeyPair, xkey: XKeyPair? = nil, account: String = "FLEET") {
    self.issuer = issuer
    self.xkey = xkey
    self.account = account
    tokenLifetime = .seconds(3600)
    replyTTL = .seconds(3600)
    guessesPerMinute = 10
    clones = .alert
    aliveWithin = .seconds(45)
    serverTimeout = .seconds(2)
    clockTolerance = .seconds(60)
    maxPending = 8192
  }
}
