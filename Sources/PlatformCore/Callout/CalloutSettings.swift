public import NKeys
public import XKeys

/// The settings of the auth callout.
public struct CalloutSettings: Sendable {
  /// The treatment of a second host that connects with the identity of an agent.
  public enum Clones: String, Sendable, Hashable, CaseIterable {
    /// It is accepted and reported.
    case alert
    /// It is refused while the first connection is alive.
    case refuse
  }

  /// The signing key, whose public key is the `issuer` in the servers' configuration.
  public var issuer: NKeyPair
  /// The encryption key, whose public key is the `xkey` in the servers' configuration; nil without one.
  public var xkey: XKeyPair?
  /// The account of all agents and operators.
  public var account: String
  /// The lifetime of a JWT, ±10 %, at least one second. Then the server closes the connection and the client reconnects.
  public var tokenLifetime: Duration
  /// The time for which an agent may reply to a command.
  public var replyTTL: Duration
  /// The number of failures for one name from one address in a minute (``AuthenticationRateLimiter``).
  public var guessesPerMinute: Int
  /// The treatment of clones.
  public var clones: Clones
  /// The idle time up to which a connection counts as alive, for ``clones``. Agents publish every 30 s.
  public var aliveWithin: Duration
  /// The time that servers wait for a response, until the expiry of a first request says so. Requests that waited longer are not
  /// answered.
  public var serverTimeout: Duration
  /// The allowed difference between the clocks of servers and platform.
  public var clockTolerance: Duration
  /// The maximum number of concurrent requests. Further ones are left to other instances, or to the client's next attempt.
  public var maxPending: Int

  /// Creates settings with the defaults.
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
