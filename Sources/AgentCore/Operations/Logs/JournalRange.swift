import AgentProtocol
import JSON

/// The part of a unit's journal that `logs.tail` reads: all entries, those of the last seconds, or those after a cursor.
struct JournalRange: Sendable, Equatable {
  /// The age limit of entries; nil = none.
  var seconds: Int64?
  /// The cursor after which to read. Empty = read all entries and return a cursor; nil = return no cursor.
  var cursor: String?

  /// The maximum of `since_s`, ten years.
  static let longestSeconds: Int64 = 3_650 * 86_400
  private static let cursorMark = "-- cursor: "

  init() {}

  /// Decodes the parameters `since_s` and `cursor`.
  init(_ params: JSONObject) throws(Refusal) {
    if let value = params["since_s"], value != .null {
      guard let seconds = value.integerValue, (1...Self.longestSeconds).contains(seconds) else {
        throw Refusal(
          .invalidParams, "\"since_s\" must be a whole number from 1 to \(Self.longestSeconds)")
      }
      self.seconds = seconds
    }
    if let value = params["cursor"], value != .null {
      guard let cursor = value.stringValue, JournalCursor.isValid(cursor) else {
        throw Refusal(.invalidParams, "\"cursor\" must be a cursor of an earlier result, or empty")
      }
      self.cursor = cursor
    }
  }

  /// Whether to read in reverse order. With `--since` and `--lines`, journalctl otherwise returns the first entries of the range,
  /// not the last.
  var isReversed: Bool { seconds != nil && (cursor ?? "").isEmpty }

  /// Whether the cursor needs a separate call: in reverse order, the cursor of journalctl is that of the oldest entry.
  var needsCursorOfItsOwn: Bool { isReversed && cursor != nil }

  /// The arguments of journalctl for the separate call.
  static let cursorArguments = ["--lines=1", "--show-cursor"]

  /// The arguments of journalctl for the range.
  var arguments: [String] {
    var arguments: [String] = []
    if let seconds { arguments.append("--since=-\(seconds)s") }
    if isReversed { return arguments + ["--reverse"] }
    if let cursor {
      arguments.append("--show-cursor")
      if !cursor.isEmpty { arguments.append("--after-cursor=\(cursor)") }
    }
    return arguments
  }

  /// Removes the last line if it is a cursor, and returns the cursor.
  static func takeCursor(from lines: inout [String]) -> String? {
    guard let last = lines.last, last.hasPrefix(cursorMark) else { return nil }
    lines.removeLast()
    let cursor = String(last.dropFirst(cursorMark.count))
    return JournalCursor.isValid(cursor) ? cursor : nil
  }
}
