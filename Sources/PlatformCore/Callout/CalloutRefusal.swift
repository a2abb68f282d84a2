/// Why a connection is refused. The client is told nothing but that it is; the server's log, ours and the audit record are.
public enum CalloutRefusal: String, Sendable, Hashable, CaseIterable, Error {
  /// The name is neither a uuid in lower case nor that of an operator.
  case invalidUser = "the user name is no lower-case uuid and no operator's name"
  /// It is no NATS or WebSocket connection of a client.
  case wrongConnectionKind = "only clients may connect, by NATS or WebSocket"
  /// Nobody of this name is known, or the enrolment token is none.
  case unknown = "unknown"
  /// The agent was revoked.
  case revoked = "revoked"
  /// The token is not one of its tokens, or is one no longer.
  case wrongToken = "wrong token"
  /// The connection's name is not that of an agent of its type and uuid.
  case wrongAgentType = "the connection's name is not that of this agent and type"
  /// Too many wrong tokens lately.
  case tooManyGuesses = "too many wrong tokens lately"
  /// Another connection of this agent lives.
  case clone = "another connection of this agent lives"
  /// The enrolment can't be looked up now.
  case unavailable = "the registry cannot be reached now"

  /// What it is counted under.
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

  /// Whether the client may have been guessing a name or a token.
  public var isGuess: Bool { self == .unknown || self == .wrongToken || self == .revoked }
}
