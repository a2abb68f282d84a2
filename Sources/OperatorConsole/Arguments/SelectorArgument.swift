import ArgumentParser
import PlatformAPI

/// Validation of a selector on the command line.
enum SelectorArgument {
  /// Validates the syntax before a request is sent.
  ///
  /// - Throws: `ValidationError`.
  static func check(_ text: String?) throws {
    guard let text else { return }
    do throws(SelectorError) {
      _ = try Selector(text)
    } catch {
      throw ValidationError("--selector \(text.debugDescription): \(error)")
    }
  }
}
