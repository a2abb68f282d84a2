import ArgumentParser
import Encoding
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
      if let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")), equals != text.startIndex {
        let key = String(text[..<equals])
        if let index = set.index(forKey: key), !set.keys[index].hasSameBytes(as: key) {
          throw ConsoleError(
            .usage, "two label keys differ in their Unicode encoding only: \(text.debugDescription)")
        }
        set[key] = String(text[text.utf8.index(after: equals)...])
      } else if text.utf8.last == UInt8(ascii: "-"), text.utf8.count > 1,
        !text.utf8.contains(UInt8(ascii: "="))
      {
        remove.append(String(decoding: text.utf8.dropLast(), as: UTF8.self))
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
