/// A value whose textual forms are all redacted.
///
/// The text is only available from ``reveal()``, so that a search for this name finds every use of a secret.
struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  private let text: String

  /// Wraps a secret; an empty text means that there is none.
  init(_ text: String) {
    self.text = text
  }

  static let none = Secret("")

  var isEmpty: Bool { text.isEmpty }

  /// The secret in clear text.
  func reveal() -> String { text }

  /// `[redacted]`, or `[none]` when there is no secret.
  var description: String { text.isEmpty ? "[none]" : "[redacted]" }

  var debugDescription: String { description }

  /// Without children, so that `dump` and the interpolation of an enclosing value show nothing.
  var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }
}
