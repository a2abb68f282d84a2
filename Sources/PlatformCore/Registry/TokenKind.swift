import Encoding
import NKeys
import PlatformAPI

/// The kind of a token, which its prefix shows, so that people and secret scanners recognise a misplaced token.
public enum TokenKind: String, Sendable, Hashable, CaseIterable {
  /// The password of an agent's connections.
  case agent = "plsa_"
  /// A one-time token that enrolls an agent and becomes its password.
  case enrollment = "plse_"
  /// The password of an operator's connections.
  case `operator` = "plso_"

  /// Creates a token: the prefix and 32 random bytes in base64url, 48 characters in all.
  public func makeToken() -> String {
    var generator = SystemRandomNumberGenerator()
    return rawValue + Base64.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }, .url)
  }

  /// The kind by the prefix of `token`; nil for a token without one.
  public static func of(_ token: String) -> TokenKind? {
    allCases.first { token.utf8.starts(with: $0.rawValue.utf8) }
  }
}

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
    case .enrollment: throw APIError(.invalid, "an enrollment token can't be given as an agent's token")
    case .operator: throw APIError(.invalid, "an operator's token can't be given as an agent's token")
    }
  }
}
