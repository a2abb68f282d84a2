import Glibc

/// The certificates of a private certificate authority, read from a local PEM file.
struct AuthorityFile: Sendable, Hashable {
  let path: String
  /// The certificates as PEM text. Other contents of the file, such as a private key, are excluded.
  let certificates: String

  private static let maximumSize = 1 << 20
  private static let begin = "-----BEGIN CERTIFICATE-----"
  private static let end = "-----END CERTIFICATE-----"

  /// Reads a file.
  ///
  /// - Parameter status: The exit status of the error.
  /// - Throws: If it cannot be read, or contains no certificates.
  init(path: String, otherwise status: ExitStatus) throws(ConsoleError) {
    self.path = path
    guard let text = Self.read(path) else {
      throw ConsoleError(status, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    guard let certificates = Self.certificates(in: text) else {
      throw ConsoleError(status, "\(path) contains no PEM certificates")
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

  /// The certificates of a PEM text; nil if there are none, or one is not base64.
  ///
  /// Each is wrapped into lines of 64 characters (RFC 7468) again, because the lines of the file could end a here-document early or
  /// be commands in the shell that they are pasted into.
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
