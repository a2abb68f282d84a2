import JSON

/// The parameters of an operation on the command line: `name=nginx lines=50 args='["-l"]'`. A value that is valid JSON is parsed,
/// any other value is text. A quoted number is text: `name='"123"'`.
enum ParameterArguments {
  /// Parses the arguments.
  ///
  /// - Throws: `usage` if one is malformed or repeated.
  static func parse(_ texts: [String]) throws(ConsoleError) -> JSONValue? {
    guard !texts.isEmpty else { return nil }
    var object = JSONObject()
    for text in texts {
      guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals != text.startIndex else {
        throw ConsoleError(.usage, "\(text.debugDescription) is not a parameter: write key=value")
      }
      let key = String(text[..<equals])
      guard object[key] == nil else { throw ConsoleError(.usage, "the parameter \(key) is given twice") }
      object[key] = value(String(text[text.utf8.index(after: equals)...]))
    }
    return .object(object)
  }

  private static func value(_ text: String) -> JSONValue {
    do { return try JSONReader.parse(Array(text.utf8)) } catch { return .string(text) }
  }
}
