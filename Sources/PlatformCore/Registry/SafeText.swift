/// Text of others, for messages and lists.
enum SafeText {
  /// The beginning of `text` in quotation marks, without control characters.
  static func quoted(_ text: String) -> String { String(text.prefix(64)).debugDescription }

  /// Whether it has no control characters, line ends and such: nothing that changes a terminal or a line of a log.
  static func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
      default: true
      }
    }
  }
}
