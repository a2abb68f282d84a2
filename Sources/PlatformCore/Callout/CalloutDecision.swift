import Encoding
public import NKeys

/// Decides whether a connection is accepted, and with which permissions. No clock, no I/O.
public struct CalloutDecision: Sendable {
  /// The lifetime of a JWT.
  public var tokenLifetime: Duration
  /// The time for which an agent may reply to a command.
  public var replyTTL: Duration

  /// Creates a decision with these limits.
  public init(tokenLifetime: Duration, replyTTL: Duration) {
    self.tokenLifetime = tokenLifetime
    self.replyTTL = replyTTL
  }

  /// An accepted connection.
  public struct Acceptance: Sendable, Hashable {
    /// The name in the JWT (``CalloutGrant``).
    public var grant: String
    /// The permissions.
    public var claims: UserClaims
    /// The expiry of the JWT, in unix seconds.
    public var expiresAt: Int64
  }

  /// The identity that a client claims, checked without a lookup.
  public static func identity(of connect: ConnectRequest) throws(CalloutRefusal) -> CalloutIdentity {
    guard connect.kind == "Client", connect.type == "nats" || connect.type == "websocket" else {
      throw .wrongConnectionKind
    }
    guard let identity = CalloutIdentity(user: connect.user) else { throw .invalidUser }
    return identity
  }

  /// The connection name of an agent.
  static func connectionName(of uuid: String, agentType: String) -> String {
    "plusclouds-\(agentType)-agent:\(uuid)"
  }

  /// Decides about an agent.
  ///
  /// - Parameters:
  ///   - record: The record of the agent; nil for an unknown one.
  ///   - now: The current time, in unix seconds.
  ///   - jitter: -1 to 1, scaled to a tenth of the lifetime, so that a fleet that connected at once does not reconnect at once.
  public func agent(
    _ connect: ConnectRequest, _ record: AgentRecord?, now: Double, jitter: Double
  ) throws(CalloutRefusal) -> Acceptance {
    guard let record else { throw .unknown }
    guard !record.isRevoked else { throw .revoked }
    guard let token = record.validToken(connect.token, at: now) else { throw .wrongToken }
    guard
      connect.connectionName.hasSameBytes(
        as: Self.connectionName(of: record.uuid, agentType: record.agentType))
    else {
      throw .wrongAgentType
    }
    guard let claims = CalloutPermissions.agent(record.uuid, replyTTL: replyTTL) else { throw .invalidUser }
    return Acceptance(
      grant: CalloutGrant.name(agent: record.uuid, token: token), claims: claims,
      expiresAt: expiry(now: now, jitter: jitter, tokenExpiresAt: token.expiresAt))
  }

  /// Decides about an operator. The parameters are those for agents.
  public func `operator`(
    _ connect: ConnectRequest, _ record: OperatorRecord?, now: Double, jitter: Double
  ) throws(CalloutRefusal) -> Acceptance {
    guard let record else { throw .unknown }
    guard record.token.matches(connect.token) else { throw .wrongToken }
    guard let claims = CalloutPermissions.operator(record.name, role: record.role) else {
      throw .invalidUser
    }
    return Acceptance(
      grant: CalloutGrant.name(of: record), claims: claims,
      expiresAt: expiry(now: now, jitter: jitter, tokenExpiresAt: nil))
  }

  private func expiry(now: Double, jitter: Double, tokenExpiresAt: Double?) -> Int64 {
    let (seconds, attoseconds) = tokenLifetime.components
    let lifetime = Double(seconds) + Double(attoseconds) * 1e-18
    let end = now + lifetime * (1 + 0.1 * min(max(jitter, -1), 1))
    // Whole seconds, and at least one: an expired JWT would be rejected.
    return Int64(max(min(end, tokenExpiresAt ?? end).rounded(.down), now.rounded(.down) + 1))
  }
}
