import Glibc

/// Reads secrets from a file or standard input. Secrets are never arguments, which other users of the machine can read.
enum SecretFile {
  private static let maximumSize = 4096

  /// Reads the first line of a file, or of standard input if `path` is `-`.
  ///
  /// - Throws: `usage` if it cannot be read or is empty.
  static func read(_ path: String, on console: Console) throws(ConsoleError) -> String {
    if path == "-" {
      guard let line = console.ask("", false), !trimmed(line).isEmpty else {
        throw ConsoleError(.usage, "there is no token on standard input")
      }
      return trimmed(line)
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw ConsoleError(.usage, "\(path) cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: maximumSize)
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    let secret = trimmed(String(text.split(separator: "\n").first ?? ""))
    guard !secret.isEmpty else { throw ConsoleError(.usage, "there is no token in \(path)") }
    return secret
  }

  private static func trimmed(_ text: String) -> String {
    String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
