import Glibc

/// What is said to a person outside the log: written at once, whether or not a terminal is there.
enum Terminal {
  /// Where it is said.
  enum Stream: Int32 {
    case output = 1
    case error = 2
  }

  /// Writes lines, escaped: what a server, a file or a mount point is named must not steer the terminal. A stream that cannot be
  /// written is ignored.
  static func print(_ text: String, to stream: Stream = .output) {
    write(escaped(text) + "\n", to: stream)
  }

  /// Clears a terminal and moves to its upper left corner.
  static func clear(_ stream: Stream = .output) { write("\u{1B}[H\u{1B}[2J", to: stream) }

  /// Text whose control characters but line feeds and tabs, marks of writing direction and invisible characters are written as
  /// `\u001b`: also inside of JSON, where that is the same text.
  static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// All of them have at most four hexadecimal digits.
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

  /// Whether a stream leads to a terminal, which can be drawn on.
  static func isInteractive(_ stream: Stream) -> Bool {
    isatty(stream.rawValue) == 1
  }
}
