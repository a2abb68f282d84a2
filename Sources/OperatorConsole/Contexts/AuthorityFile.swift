import Glibc

/// The certificates of a private authority, read from a PEM file of this machine.
struct AuthorityFile: Sendable, Hashable {
  /// Where they are.
  let path: String
  /// The certificates as PEM text, and nothing else that the file holds: a private key beside them is never printed.
  let certificates: String

  private static let maximumSize = 1 << 20
  private static let begin = "-----BEGIN CERTIFICATE-----"
  private static let end = "-----END CERTIFICATE-----"

  /// Reads a file.
  ///
  /// - Parameter status: The exit status of the error.
  /// - Throws: When it cannot be read, or holds no certificates.
  init(path: String, otherwise status: ExitStatus) throws(ConsoleError) {
    self.path = path
    guard let text = Self.read(path) else {
      throw ConsoleError(status, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    guard let certificates = Self.certificates(in: text) else {
      throw ConsoleError(status, "\(path) holds no PEM certificates")
    }
    self.certificates = certificates
  }

  private static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count < maximumSize {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The certificates of a PEM text; nil where there are none, or one of them is not base64.
  ///
  /// The text of each is broken into lines of 64 characters (RFC 7468) again: lines as the file has them may be words that mean
  /// something to the shell into which they are pasted.
  static func certificates(in text: String) -> String? {
    var lines: [String] = []
    var block: [UInt8]?
    for line in text.split(whereSeparator: \.isNewline) {
      if line == begin {
        guard block == nil else { return nil }
        block = []
      } else if line == end {
        guard let base64 = block, !base64.isEmpty, base64.allSatisfy(isBase64) else { return nil }
        lines.append(begin)
        for start in stride(from: 0, to: base64.count, by: 64) {
          lines.append(String(decoding: base64[start..<min(start + 64, base64.count)], as: UTF8.self))
        }
        lines.append(end)
        block = nil
      } else {
        block?.append(contentsOf: line.utf8)
      }
    }
    return lines.isEmpty || block != nil ? nil : lines.joined(separator: "\n")
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): true
    default: false
    }
  }
}
