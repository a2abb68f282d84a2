import HostControl
import JSON

/// Selects lines of the output of journalctl that fit into a result.
enum JournalLines {
  /// The last lines that fit, at least one. If the capture left out the middle of the output, lines before the gap are omitted as
  /// well, so that the result has no gap.
  ///
  /// - Parameter encodedSize: The maximum size of the lines as JSON, in bytes.
  static func last(
    of output: CapturedOutput, encodedSize: Int
  ) -> (lines: [String], isTruncated: Bool) {
    // The first line after the gap is incomplete.
    let end =
      output.isTruncated ? output.bytes[output.headCount...].drop { $0 != newline } : output.bytes[...]
    var room = encodedSize
    var lines: [String] = []
    let all = end.split(separator: newline)
    for line in all.reversed() {
      let text = String(decoding: line, as: UTF8.self)
      room -= JSONWriter.encodedSize(of: text.utf8) + 1
      guard room >= 0 || lines.isEmpty else { break }
      lines.append(text)
    }
    return (lines.reversed(), output.isTruncated || lines.count < all.count)
  }

  /// The newest lines that fit, at least one, in chronological order, from output in reverse order.
  ///
  /// - Parameter encodedSize: The maximum size of the lines as JSON, in bytes.
  static func newest(
    ofReversed output: CapturedOutput, encodedSize: Int
  ) -> (lines: [String], isTruncated: Bool) {
    // The last line before the gap is incomplete.
    let head = output.bytes[..<(output.isTruncated ? output.headCount : output.bytes.count)]
    var all = head.split(separator: newline)
    if output.isTruncated, head.last != newline { all.removeLast() }
    var room = encodedSize
    var lines: [String] = []
    for line in all {
      let text = String(decoding: line, as: UTF8.self)
      room -= JSONWriter.encodedSize(of: text.utf8) + 1
      guard room >= 0 || lines.isEmpty else { break }
      lines.append(text)
    }
    return (lines.reversed(), output.isTruncated || lines.count < all.count)
  }

  private static let newline = UInt8(ascii: "\n")
}
