import HostControl
import JSON

/// The lines that journalctl has put out.
enum JournalLines {
  /// The last lines that fit. What was cut out of the middle of the output is missing at the beginning instead, so that the
  /// lines are in one piece; one line comes in any case.
  ///
  /// - Parameter encodedSize: The most bytes that they may take as JSON.
  static func last(
    of output: CapturedOutput, encodedSize: Int
  ) -> (lines: [String], isTruncated: Bool) {
    // The first line after the cut has no beginning.
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

  /// The newest lines that fit, oldest first, of output that has the newest first; one line comes in any case.
  ///
  /// - Parameter encodedSize: The most bytes that they may take as JSON.
  static func newest(
    ofReversed output: CapturedOutput, encodedSize: Int
  ) -> (lines: [String], isTruncated: Bool) {
    // The last line before the cut has no end.
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
