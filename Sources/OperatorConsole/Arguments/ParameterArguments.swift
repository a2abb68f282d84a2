import JSON

/// The parameters of an operation on the command line: `name=nginx lines=50 args='["-l"]'`. A value that is JSON is taken as
/// that, any other as text; quote a number to make it text: `name='"123"'`.
enum ParameterArguments {
  /// Reads them.
  ///
  /// - Throws: usage.
  static func parse(_ texts: [String]) throws(ConsoleError) -> JSONValue? {
    guard !texts.isEmpty else { return nil }
    var object = JSONObject()
    for text in texts {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
        throw ConsoleError(.usage, "\(text.debugDescription) is no parameter: write key=value")
      }
      let key = String(text[..<equals])
      guard object[key] == nil else { throw ConsoleError(.usage, "the parameter \(key) is given twice") }
      object[key] = value(String(text[text.index(after: equals)...]))
    }
    return .object(object)
  }

  private static func value(_ text: String) -> JSONValue {
    do { return try JSONReader.parse(Array(text.utf8)) } catch { return .string(text) }
  }
}
