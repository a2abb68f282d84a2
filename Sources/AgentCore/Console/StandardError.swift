import Glibc

/// Messages for whoever started the program, before there is a log.
enum StandardError {
  static func print(_ text: String) {
    let line = Array((text + "\n").utf8)
    // Nothing is left to tell it to when this fails.
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}
