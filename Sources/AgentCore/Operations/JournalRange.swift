import AgentProtocol
import JSON

/// Which part of a unit's journal `logs.tail` reads: everything, the last seconds, or what follows an entry that was read before.
struct JournalRange: Sendable, Equatable {
  /// Only entries of so many last seconds; nil: of any time.
  var seconds: Int64?
  /// The place after which entries count; empty: all count, and the place after the last one is wanted; nil: it is not.
  var cursor: String?

  /// Ten years.
  static let longestSeconds: Int64 = 3_650 * 86_400
  private static let cursorMark = "-- cursor: "

  init() {}

  /// Reads the parameters `since_s` and `cursor`.
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

  /// Whether the newest entry is read first. With `--since` alone, journalctl ends after the first entries since then.
  var isReversed: Bool { seconds != nil && (cursor ?? "").isEmpty }

  /// Whether the place after the last entry has to be asked for by itself: read in reverse, the last one is the oldest.
  var needsCursorOfItsOwn: Bool { isReversed && cursor != nil }

  /// What journalctl is given for the place after the last entry.
  static let cursorArguments = ["--lines=1", "--show-cursor"]

  /// What journalctl is given.
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

  /// Takes the cursor, which journalctl writes as the last line, out of the lines.
  static func takeCursor(from lines: inout [String]) -> String? {
    guard let last = lines.last, last.hasPrefix(cursorMark) else { return nil }
    lines.removeLast()
    let cursor = String(last.dropFirst(cursorMark.count))
    return JournalCursor.isValid(cursor) ? cursor : nil
  }
}
