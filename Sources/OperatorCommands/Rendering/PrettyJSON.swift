import Encoding
import JSON

/// Encodes JSON for people and for `jq`. Values are unchanged; control characters are escaped.
enum PrettyJSON {
  /// A value indented over several lines.
  static func text(of value: JSONValue) -> String {
    var text = ""
    write(value, indentation: "", into: &text)
    return text
  }

  /// A value on one line.
  static func line(of value: JSONValue) -> String {
    escape(String(decoding: JSONWriter.encode(value), as: UTF8.self))
  }

  private static func write(_ value: JSONValue, indentation: String, into text: inout String) {
    let inner = indentation + "  "
    switch value {
    case .array(let elements) where !elements.isEmpty:
      text += "[\n"
      for (index, element) in elements.enumerated() {
        text += inner
        write(element, indentation: inner, into: &text)
        text += index == elements.count - 1 ? "\n" : ",\n"
      }
      text += indentation + "]"
    case .object(let object) where !object.isEmpty:
      text += "{\n"
      for (index, member) in object.members.enumerated() {
        text += inner + line(of: .string(member.key)) + ": "
        write(member.value, indentation: inner, into: &text)
        text += index == object.members.count - 1 ? "\n" : ",\n"
      }
      text += indentation + "}"
    default: text += line(of: value)
    }
  }

  /// Escapes unsafe scalars as `\uXXXX`. The writer has already escaped those below U+0020, and U+007F.
  private static func escape(_ json: String) -> String {
    guard json.unicodeScalars.contains(where: TerminalText.isUnsafe) else { return json }
    var result = ""
    for scalar in json.unicodeScalars {
      if TerminalText.isUnsafe(scalar) {
        for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
          result += "\\u" + Hexadecimal.text(unit)
        }
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
