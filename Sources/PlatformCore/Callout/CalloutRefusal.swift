/// The reason for which a connection is refused. It goes to the server's log, the platform's log and the audit log. The client only
/// learns that it was refused.
public enum CalloutRefusal: String, Sendable, Hashable, CaseIterable, Error {
  /// The user name is neither a uuid in lower case nor an operator name.
  case invalidUser = "the user name is no lower-case uuid and no operator's name"
  /// The connection is not a client connection by NATS or WebSocket.
  case wrongConnectionKind = "only clients may connect, by NATS or WebSocket"
  /// The user name or the enrollment token is unknown.
  case unknown = "unknown"
  /// The agent was revoked.
  case revoked = "revoked"
  /// The token is wrong or expired.
  case wrongToken = "wrong token"
  /// The connection name does not match the type and uuid of the agent.
  case wrongAgentType = "the connection's name is not that of this agent and type"
  /// Too many failed authentications.
  case tooManyGuesses = "too many wrong tokens lately"
  /// Another connection of the agent is alive.
  case clone = "another connection of this agent lives"
  /// The registry can't be reached.
  case unavailable = "the registry cannot be reached now"

  /// The counter of this refusal.
  public var counted: PlatformCounters.Refusal {
    switch self {
    case .invalidUser, .unknown: .unknown
    case .wrongConnectionKind, .unavailable: .request
    case .revoked: .revoked
    case .wrongToken: .token
    case .wrongAgentType: .agentType
    case .tooManyGuesses: .guesses
    case .clone: .clone
    }
  }

  /// Whether the refusal may result from guessing a name or a token.
  public var isGuess: Bool { self == .unknown || self == .wrongToken || self == .revoked }
}
