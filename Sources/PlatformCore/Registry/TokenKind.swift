import NKeys

/// What a token opens. The first letters of a token tell, so that one in the wrong place is known for what it is, in a file or
/// by a scanner of secrets.
public enum TokenKind: String, Sendable, Hashable, CaseIterable {
  /// An agent's own: the password of its connections.
  case agent = "plsa_"
  /// Enrols one agent, and is its own from then on.
  case enrolment = "plse_"
  /// An operator's own.
  case `operator` = "plso_"

  /// A new token: the letters of the kind and 32 random bytes in base64url, 48 characters in all.
  public func makeToken() -> String {
    var generator = SystemRandomNumberGenerator()
    return rawValue + Base64URL.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }

  /// The kind that the first letters of `token` name; nil for one that was given by hand.
  public static func of(_ token: String) -> TokenKind? {
    allCases.first { token.hasPrefix($0.rawValue) }
  }
}
