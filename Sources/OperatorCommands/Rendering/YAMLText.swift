import JSON
import Yams

/// Encodes JSON as YAML. Strings that YAML could parse as another type are quoted; control characters are escaped.
enum YAMLText {
  static func text(of value: JSONValue) throws -> String {
    // libyaml considers some scalars printable that are unsafe on a terminal. Without `allowUnicode` it escapes all non-ASCII.
    let text = try Yams.serialize(
      node: node(of: value), width: -1, allowUnicode: !holdsUnsafeText(value))
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  private static func node(of value: JSONValue) -> Node {
    switch value {
    case .string(let text): Node(text, Tag(.str), style(of: text))
    case .array(let elements):
      Node(elements.map(node), Tag(.seq), elements.isEmpty ? .flow : .block)
    case .object(let object):
      Node(
        object.members.map { (Node($0.key, Tag(.str), style(of: $0.key)), node(of: $0.value)) }, Tag(.map),
        object.isEmpty ? .flow : .block)
    case .null, .bool, .integer, .unsigned, .number:
      Node(PrettyJSON.line(of: value), Tag(.implicit), .plain)
    }
  }

  private static func style(of text: String) -> Node.Scalar.Style {
    if isPlain(text) { return .plain }
    let isBlock =
      text.contains("\n") && text.first != " " && text.first != "\n"
      && text.unicodeScalars.allSatisfy { $0 == "\n" || !TerminalText.isUnsafe($0) }
    return isBlock ? .literal : .doubleQuoted
  }

  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "/") else { return false }
    let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
    return text.utf8.last != UInt8(ascii: " ") && !words.contains(text.lowercased())
      && text.utf8.allSatisfy { byte in
        isLetter(byte) || (0x30...0x39).contains(byte) || " ./_-".utf8.contains(byte)
      }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func holdsUnsafeText(_ value: JSONValue) -> Bool {
    switch value {
    case .string(let text): text.unicodeScalars.contains { $0 != "\n" && TerminalText.isUnsafe($0) }
    case .array(let elements): elements.contains(where: holdsUnsafeText)
    case .object(let object):
      object.members.contains { holdsUnsafeText(.string($0.key)) || holdsUnsafeText($0.value) }
    case .null, .bool, .integer, .unsigned, .number: false
    }
  }
}
