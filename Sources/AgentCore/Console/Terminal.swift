import Encoding
import Glibc

/// Unbuffered output to the user, separate from the log.
enum Terminal {
  enum Stream: Int32 {
    case output = 1
    case error = 2
  }

  /// Writes a text with ``escaped(_:)`` and a line end: names of servers, files and mount points must not control the terminal.
  /// Write errors are ignored.
  static func print(_ text: String, to stream: Stream = .output) {
    write(escaped(text) + "\n", to: stream)
  }

  /// Clears the terminal and moves the cursor home.
  static func clear(_ stream: Stream = .output) { write("\u{1B}[H\u{1B}[2J", to: stream) }

  /// Replaces control characters (except line feeds and tabs), bidirectional controls and invisible characters by escapes such
  /// as `\u001b`, which JSON reads as the same text.
  static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        result += "\\u" + Hexadecimal.text(scalar.value, width: 4)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether to escape a scalar. All of these have at most four hexadecimal digits.
  private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F...0x9F, 0xAD, 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
      0xFEFF,
      0xFFF9...0xFFFB:
      true
    default: false
    }
  }

  private static func write(_ text: String, to stream: Stream) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(stream.rawValue, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        return
      }
    }
  }

  /// Whether a stream is a terminal.
  static func isInteractive(_ stream: Stream) -> Bool {
    isatty(stream.rawValue) == 1
  }
}
