import Encoding

/// A value of a YAML document with its line.
///
/// Scalars are untyped text; the reader of a setting decides on the type. Aliased nodes are shared, not copied. ``weight`` counts
/// each use of them, so that alias expansion can be bounded.
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
  /// The number of nodes in this tree, with aliases expanded.
  var weight: Int = 1

  /// The text of a scalar.
  var text: String? {
    if case .scalar(let text, _) = content { text } else { nil }
  }

  /// Whether a plain scalar is null, in YAML 1.1 and 1.2.
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

  /// The value of a key of a mapping. An exact match takes precedence over one that ignores the case of ASCII letters;
  /// the last of repeated keys counts.
  subscript(key: String) -> YAMLNode? {
    guard let entries else { return nil }
    if let exact = entries.last(where: { $0.key.hasSameBytes(as: key) }) { return exact.value }
    return entries.last { $0.key.hasSameBytesIgnoringASCIICase(as: key) }?.value
  }

  /// The kind of value, for messages.
  var kind: String {
    switch content {
    case .scalar: isNull ? "nothing" : "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}
