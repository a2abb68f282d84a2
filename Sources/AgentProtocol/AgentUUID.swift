/// The identity of an agent, as it stands in subjects and envelopes.
///
/// It becomes a token of NATS subjects, so it can hold nothing that has a meaning there.
public struct AgentUUID: Sendable, Hashable, CustomStringConvertible {
  /// The identity: a UUID in its canonical form, in lower case; any other text as configured.
  public let text: String

  /// An identity, or nil when `text` is empty, longer than 128 bytes, or holds anything but letters, digits, `-` and `_`.
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

  /// The identity.
  public var description: String { text }

  /// Whether an envelope's `agent_uuid` names this agent: compared without case.
  public func matches(_ other: String) -> Bool {
    other.utf8.count == text.utf8.count && other.lowercased() == text.lowercased()
  }
}
