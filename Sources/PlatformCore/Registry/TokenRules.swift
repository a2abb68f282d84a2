import PlatformAPI

/// What a token may be that somebody gives an agent instead of having one made.
enum TokenRules {
  static let lengths = 32...256

  /// Checks it; no error tells the token.
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
