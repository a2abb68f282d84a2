import ArgumentParser
import PlatformAPI

/// Labels on the command line: `key=value` sets, `key-` removes.
enum LabelArguments {
  /// Parses the arguments.
  ///
  /// - Throws: `usage` if one is not a label.
  static func parse(_ texts: [String]) throws(ConsoleError) -> (set: [String: String], remove: [String]) {
    var set: [String: String] = [:]
    var remove: [String] = []
    for text in texts {
      if let equals = text.firstIndex(of: "="), equals != text.startIndex {
        set[String(text[..<equals])] = String(text[text.index(after: equals)...])
      } else if text.hasSuffix("-"), text.count > 1, !text.contains("=") {
        remove.append(String(text.dropLast()))
      } else {
        throw ConsoleError(
          .usage, "\(text.debugDescription) is not a label: write key=value to set one, key- to remove one")
      }
    }
    return (set, remove)
  }

  /// The labels sorted by key, as in `env=prod,tier=web`.
  static func text(_ labels: [String: String]) -> String {
    labels.sorted { $0.key < $1.key }.map { $0.value.isEmpty ? $0.key : "\($0.key)=\($0.value)" }
      .joined(separator: ",")
  }
}

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
