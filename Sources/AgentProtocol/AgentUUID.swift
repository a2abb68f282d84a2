import Encoding

/// The identity of an agent in subjects and envelopes.
///
/// It is a token of NATS subjects, and therefore has no character with a meaning there.
public struct AgentUUID: Sendable, Hashable, CustomStringConvertible {
  /// A UUID in its canonical form, in lower case, or any other text as configured.
  public let text: String

  /// Creates an identity.
  ///
  /// - Returns: nil when `text` is empty, longer than 128 bytes, or has other characters than ASCII letters, digits, `-` and `_`.
  public init?(_ text: String) {
    let isToken = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isToken, (1...128).contains(text.utf8.count) else { return nil }
    self.text = UUIDText.canonical(text) ?? text
  }

  /// The text.
  public var description: String { text }

  /// Whether the `agent_uuid` of an envelope is this identity. ASCII letters compare without case.
  public func matches(_ other: String) -> Bool {
    text.hasSameBytesIgnoringASCIICase(as: other)
  }
}
