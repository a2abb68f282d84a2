/// A text is not the name of a service.
public struct ServiceNameError: Error, Equatable, CustomStringConvertible {
  /// One sentence with the text and the reason.
  public let description: String

  init(_ text: String, _ reason: String) {
    let shown = text.utf8.count > 64 ? "\(text.prefix(64))…" : text
    description = "\"\(shown)\" is not the name of a service: \(reason)"
  }
}
