/// A value that must never be printed: every textual form of it is redacted.
///
/// `reveal()` is the one way to the text, so that a search for it shows each place that uses a secret.
struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let text: String

  /// Wraps a secret's text; an empty text means that there is none.
  init(_ text: String) {
    self.text = text
  }

  /// No secret.
  static let none = Secret("")

  /// Whether there is no secret at all.
  var isEmpty: Bool { text.isEmpty }

  /// The secret itself, for the one who sends it.
  func reveal() -> String { text }

  /// `[redacted]`, or `[none]` when there is no secret.
  var description: String { text.isEmpty ? "[none]" : "[redacted]" }

  /// The same as ``description``.
  var debugDescription: String { description }

  /// A mirror without children, so that `dump` and string interpolation of an enclosing value show nothing.
  var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}
