import PlatformAPI

/// The rules for a token that an operator chooses for an agent.
enum TokenRules {
  static let lengths = 32...256

  /// Validates a token. Errors never contain it.
  static func check(_ token: String) throws(APIError) {
    guard lengths.contains(token.utf8.count) else {
      throw APIError(
        .invalid,
        "a token has \(lengths.lowerBound) to \(lengths.upperBound) characters, not \(token.utf8.count)")
    }
    guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw APIError(.invalid, "a token has only visible ASCII characters, no spaces")
    }
    switch TokenKind.of(token) {
    case nil, .agent: return
    case .enrolment: throw APIError(.invalid, "an enrolment token can't be given as an agent's token")
    case .operator: throw APIError(.invalid, "an operator's token can't be given as an agent's token")
    }
  }
}
