/// What the JWT of a user allows: the `nats` part of the claims, version 2.
///
/// A connection whose publish **and** subscribe permissions are both empty is allowed everything, so a user that is to do
/// nothing needs a denial.
public struct UserClaims: Codable, Sendable, Hashable {
  /// Subjects that are allowed and denied. A denial wins.
  public struct Permission: Codable, Sendable, Hashable {
    /// Allowed subjects, with wildcards; nil or empty = all.
    public var allow: [String]?
    /// Denied subjects.
    public var deny: [String]?

    /// A permission.
    public init(allow: [String]? = nil, deny: [String]? = nil) {
      self.allow = allow
      self.deny = deny
    }
  }

  /// Permission to publish to the reply subject of what was received.
  public struct ReplyPermission: Codable, Sendable, Hashable {
    /// How many replies to one message.
    public var max: Int
    /// For how long after the message, in nanoseconds.
    public var ttl: Int64

    /// A permission.
    public init(max: Int, ttl: Duration) {
      self.max = max
      let (seconds, attoseconds) = ttl.components
      let (nanoseconds, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
      self.ttl = overflows ? .max : nanoseconds &+ attoseconds / 1_000_000_000
    }
  }

  /// What may be published.
  public var pub: Permission
  /// What may be subscribed to.
  public var sub: Permission
  /// Whether what was received may be replied to.
  public var resp: ReplyPermission?
  /// How many subscriptions; -1 = any number.
  public var subs: Int64 = -1
  /// How many bytes in all; -1 = any number.
  public var data: Int64 = -1
  /// The largest message in bytes; -1 = the server's own limit.
  public var payload: Int64 = -1
  /// The kinds of connection that may use it, as `STANDARD` and `WEBSOCKET`; nil = all.
  public var allowedConnectionTypes: [String]?
  /// Words that the server shows with the connection.
  public var tags: [String]?
  /// `user`.
  public var type = "user"
  /// 2.
  public var version = 2

  enum CodingKeys: String, CodingKey {
    case pub, sub, resp, subs, data, payload, tags, type, version
    case allowedConnectionTypes = "allowed_connection_types"
  }

  /// Claims without limits.
  public init(pub: Permission, sub: Permission, resp: ReplyPermission? = nil) {
    self.pub = pub
    self.sub = sub
    self.resp = resp
  }
}
