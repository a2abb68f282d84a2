public import NKeys

/// Whether a connection is let in, and with which permissions. Pure: what the registry knows and the time come from outside.
public struct CalloutDecision: Sendable {
  /// For how long a JWT is good at most.
  public var tokenLifetime: Duration
  /// For how long an agent may reply to a command.
  public var replyTTL: Duration

  /// A decision by these limits.
  public init(tokenLifetime: Duration, replyTTL: Duration) {
    self.tokenLifetime = tokenLifetime
    self.replyTTL = replyTTL
  }

  /// What a connection gets.
  public struct Acceptance: Sendable, Hashable {
    /// The name in the JWT (``CalloutGrant``).
    public var grant: String
    /// Its permissions.
    public var claims: UserClaims
    /// When it ends, in unix seconds.
    public var expiresAt: Int64
  }

  /// What can be said before anything is looked up.
  public static func identity(of connect: ConnectRequest) throws(CalloutRefusal) -> CalloutIdentity {
    guard connect.kind == "Client", connect.type == "nats" || connect.type == "websocket" else {
      throw .wrongConnectionKind
    }
    guard let identity = CalloutIdentity(user: connect.user) else { throw .invalidUser }
    return identity
  }

  /// The name that an agent gives its connection.
  static func connectionName(of uuid: String, agentType: String) -> String {
    "plusclouds-\(agentType)-agent:\(uuid)"
  }

  /// Decides about an agent.
  ///
  /// - Parameters:
  ///   - record: what is known of it.
  ///   - now: in unix seconds.
  ///   - jitter: -1 to 1, taken as tenths of the lifetime: a fleet that connected at once must not return at once.
  public func agent(
    _ connect: ConnectRequest, _ record: AgentRecord?, now: Double, jitter: Double
  ) throws(CalloutRefusal) -> Acceptance {
    guard let record else { throw .unknown }
    guard !record.isRevoked else { throw .revoked }
    guard let token = record.validToken(connect.token, at: now) else { throw .wrongToken }
    guard connect.connectionName == Self.connectionName(of: record.uuid, agentType: record.agentType) else {
      throw .wrongAgentType
    }
    guard let claims = CalloutPermissions.agent(record.uuid, replyTTL: replyTTL) else { throw .invalidUser }
    return Acceptance(
      grant: CalloutGrant.name(agent: record.uuid, token: token), claims: claims,
      expiresAt: expiry(now: now, jitter: jitter, tokenExpiresAt: token.expiresAt))
  }

  /// Decides about an operator; parameters as for agents.
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
    // Whole seconds, and at least one: a JWT that ends now is none.
    return Int64(max(min(end, tokenExpiresAt ?? end).rounded(.down), now.rounded(.down) + 1))
  }
}
