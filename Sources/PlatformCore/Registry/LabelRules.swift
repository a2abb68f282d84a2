import PlatformAPI

/// The limits of labels. They are few and short, so that every instance can cache all agents, and safe in selectors and terminals.
enum LabelRules {
  static let maximumCount = 32
  static let maximumKeyLength = 63
  static let maximumValueLength = 255

  /// Validates the labels of an agent.
  static func check(_ labels: [String: String]) throws(APIError) {
    guard labels.count <= maximumCount else {
      throw APIError(.invalid, "an agent has at most \(maximumCount) labels, not \(labels.count)")
    }
    for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
      try checkKey(key)
      guard !Selector.fields.contains(key) else {
        throw APIError(
          .invalid,
          "\(key) can't be the key of a label: in a selector it is a field of the agent")
      }
      guard value.utf8.count <= maximumValueLength else {
        throw APIError(
          .invalid,
          "the value of label \(key) has \(value.utf8.count) bytes; \(maximumValueLength) are allowed")
      }
      guard SafeText.isPrintable(value) else {
        throw APIError(.invalid, "the value of label \(key) has control characters")
      }
    }
  }

  /// Validates a label key.
  static func checkKey(_ key: String) throws(APIError) {
    let bytes = key.utf8
    guard (1...maximumKeyLength).contains(bytes.count), let first = bytes.first, isLetterOrDigit(first),
      bytes.allSatisfy({ isLetterOrDigit($0) || "-_./".utf8.contains($0) })
    else {
      throw APIError(
        .invalid,
        "\(SafeText.quoted(key)) can't be the key of a label: 1 to \(maximumKeyLength) letters, digits, "
          + "'-', '_', '.' and '/', beginning with a letter or digit")
    }
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: false
    }
  }
}
