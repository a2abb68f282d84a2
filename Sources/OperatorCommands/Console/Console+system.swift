import Clocks
import Glibc
import UnixSignals

extension Console {
  /// The console of this process.
  public static func system() -> Console {
    Console(
      write: { stream, bytes in write(bytes, to: stream == .output ? STDOUT_FILENO : STDERR_FILENO) },
      terminal: { size(of: $0 == .output ? STDOUT_FILENO : STDERR_FILENO) },
      canAsk: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
      ask: ask,
      environment: variables(),
      now: { WallClock.now },
      interruption: {
        for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
      })
  }

  /// Writes all bytes. Errors other than EPIPE and EINTR end the write: there is no other stream to report them on.
  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        rest = rest.dropFirst(written)
      } else if errno == EPIPE {
        // The reader has closed the pipe, as `head` does.
        exit(0)
      } else if errno != EINTR {
        return
      }
    }
  }

  private static func size(of descriptor: Int32) -> Size? {
    guard isatty(descriptor) == 1 else { return nil }
    var window = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
      return Size(columns: 80, rows: 24)
    }
    return Size(columns: Int(window.ws_col), rows: Int(window.ws_row))
  }

  private static func ask(_ question: String, isSecret: Bool) -> String? {
    if !question.isEmpty { write(Array(question.utf8), to: STDERR_FILENO) }
    var before = termios()
    let hides = isSecret && tcgetattr(STDIN_FILENO, &before) == 0
    if hides {
      var without = before
      without.c_lflag &= ~tcflag_t(ECHO)
      tcsetattr(STDIN_FILENO, TCSAFLUSH, &without)
    }
    defer {
      if hides {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
        write([UInt8(ascii: "\n")], to: STDERR_FILENO)
      }
    }
    return readLine(strippingNewline: true)
  }

  private static func variables() -> [String: String] {
    var entries: [String] = []
    var entry = environ
    while let text = entry.pointee {
      entries.append(String(cString: text))
      entry += 1
    }
    return variables(from: entries)
  }

  /// The variables of an environment whose names are ASCII.
  ///
  /// Others are no settings, but could be canonically equivalent to one: U+212A KELVIN SIGN equals K.
  ///
  /// - Parameter entries: `NAME=value`.
  static func variables(from entries: [String]) -> [String: String] {
    var variables: [String: String] = [:]
    for entry in entries {
      guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")),
        entry[..<equals].utf8.allSatisfy({ $0 < 0x80 })
      else { continue }
      variables[String(entry[..<equals])] = String(entry[entry.utf8.index(after: equals)...])
    }
    return variables
  }
}
