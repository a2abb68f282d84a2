import ArgumentParser
import PlatformAPI

/// A selector on the command line.
enum SelectorArgument {
  /// Whether it can be understood; said before the platform is asked.
  ///
  /// - Throws: for the parser.
  static func check(_ text: String?) throws {
    guard let text else { return }
    do throws(SelectorError) {
      _ = try Selector(text)
    } catch {
      throw ValidationError("--selector \(text.debugDescription): \(error)")
    }
  }
}
