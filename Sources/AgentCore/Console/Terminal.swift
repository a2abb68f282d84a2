import Glibc

/// What is said to a person outside the log: written at once, whether or not a terminal is there.
enum Terminal {
  /// Where it is said.
  enum Stream: Int32 {
    case output = 1
    case error = 2
  }

  /// Writes a line. When nobody takes it, there is nobody left to tell.
  static func print(_ text: String, to stream: Stream = .output) {
    var rest = Array((text + "\n").utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { write(stream.rawValue, $0.baseAddress, $0.count) }
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
