/// A value of a YAML document with the line it stands on.
///
/// Scalars keep their text; what type it stands for is decided by the one who asks for it. A node that an alias
/// names is shared, not copied; ``weight`` counts it each time, so that an expansion can be bounded.
struct YAMLNode: Sendable, Equatable {
  indirect enum Content: Sendable, Equatable {
    case scalar(String, isPlain: Bool)
    case sequence([YAMLNode])
    case mapping([Entry])
  }

  struct Entry: Sendable, Equatable {
    var key: String
    var line: Int
    var value: YAMLNode
  }

  var content: Content
  /// Counted from 1.
  var line: Int
  /// How many nodes this one stands for, itself and those of aliases included.
  var weight: Int = 1

  /// The text of a scalar.
  var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// YAML 1.1 and 1.2 agree on these four.
  var isNull: Bool {
    guard case .scalar(let text, isPlain: true) = content else { return false }
    switch text {
    case "", "~", "null", "Null", "NULL": return true
    default: return false
    }
  }

  /// The items of a sequence.
  var items: [YAMLNode]? {
    if case .sequence(let items) = content { items } else { nil }
  }

  /// The entries of a mapping.
  var entries: [Entry]? {
    if case .mapping(let entries) = content { entries } else { nil }
  }

  /// The value of a key of a mapping, spelt this way or else with other capitals; the last one where it is repeated.
  subscript(key: String) -> YAMLNode? {
    guard let entries else { return nil }
    if let exact = entries.last(where: { $0.key == key }) { return exact.value }
    let lowered = key.lowercased()
    return entries.last { $0.key.lowercased() == lowered }?.value
  }

  /// What kind of value this is, for messages.
  var kind: String {
    switch content {
    case .scalar: isNull ? "nothing" : "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
