/// The permissions and limits of a user: the `nats` part of the claims, version 2.
///
/// A user with empty permissions for both publish **and** subscribe is allowed everything. A user without any permission
/// therefore needs a denial.
public struct UserClaims: Codable, Sendable, Hashable {
  /// Allowed and denied subjects. A denial takes precedence.
  public struct Permission: Codable, Sendable, Hashable {
    /// Allowed subjects, possibly with wildcards; nil or empty for all.
    public var allow: [String]?
    /// Denied subjects.
    public var deny: [String]?

    /// Creates a permission.
    public init(allow: [String]? = nil, deny: [String]? = nil) {
      self.allow = allow
      self.deny = deny
    }
  }

  /// Permission to reply to received messages.
  public struct ReplyPermission: Codable, Sendable, Hashable {
    /// Maximum number of replies to a message.
    public var max: Int
    /// Duration of the permission after the message, in nanoseconds.
    public var ttl: Int64

    /// Creates a permission.
    public init(max: Int, ttl: Duration) {
      self.max = max
      let (seconds, attoseconds) = ttl.components
      let (nanoseconds, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
      self.ttl = overflows ? .max : nanoseconds &+ attoseconds / 1_000_000_000
    }
  }

  /// The subjects that may be published to.
  public var pub: Permission
  /// The subjects that may be subscribed to.
  public var sub: Permission
  /// The permission to reply to received messages; nil for none.
  public var resp: ReplyPermission?
  /// Maximum number of subscriptions; -1 for no limit.
  public var subs: Int64 = -1
  /// Maximum number of bytes in total; -1 for no limit.
  public var data: Int64 = -1
  /// Maximum size of a message in bytes; -1 for the server's limit.
  public var payload: Int64 = -1
  /// The allowed types of connections, such as `STANDARD` and `WEBSOCKET`; nil for all.
  public var allowedConnectionTypes: [String]?
  /// Tags that the server reports with the connection.
  public var tags: [String]?
  /// `user`.
  public var type = "user"
  /// 2.
  public var version = 2

  enum CodingKeys: String, CodingKey {
    case pub, sub, resp, subs, data, payload, tags, type, version
    case allowedConnectionTypes = "allowed_connection_types"
  }

  /// Creates claims without limits.
  public init(pub: Permission, sub: Permission, resp: ReplyPermission? = nil) {
    self.pub = pub
    self.sub = sub
    self.resp = resp
  }
}
