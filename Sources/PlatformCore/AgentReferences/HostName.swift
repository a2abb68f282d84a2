/// A host name by RFC 1123: at most 253 letters, digits, hyphens and dots, in labels of 1 to 63 characters that neither begin nor
/// end with a hyphen.
///
/// Operators refer to agents by their announced host names. An announced text that is not a host name is stored escaped, and
/// no reference matches it.
public struct HostName: Sendable, Hashable, CustomStringConvertible {
  /// The text as announced.
  public let text: String

  /// Validates a text; nil when it is not a host name. Underscores are not allowed.
  public init?(_ text: String) {
    guard (1...253).contains(text.utf8.count) else { return nil }
    for label in text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
      guard (1...63).contains(label.count), label.allSatisfy(Self.isAllowed),
        label.first != UInt8(ascii: "-"), label.last != UInt8(ascii: "-")
      else { return nil }
    }
    self.text = text
  }

  /// The text as announced.
  public var description: String { text }

  /// The escaped form of a text that is not a host name, at most 253 bytes; nil when it is empty.
  static func escaped(_ text: String?) -> String? {
    text.flatMap { $0.isEmpty ? nil : SafeText.escaped($0, limit: 253) }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"): true
    default: false
    }
  }
}
