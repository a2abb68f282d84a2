import Encoding
import Glibc

/// The content of a `.creds` file: a user JWT and the seed of its key.
public struct UserCredentials: Sendable, CustomStringConvertible, CustomReflectable {
  /// Maximum size of a file in bytes.
  public static let maximumSize = 64 * 1024

  /// The JWT for CONNECT.
  public let jwt: String

  /// The key that signs the server's nonce.
  public let key: NKeyPair

  /// Parses the text of a credentials file.
  ///
  /// - Throws: `NKeyError` with code `invalidCredentials`, or that of the JWT or the seed in it.
  public init(_ text: String) throws(NKeyError) {
    guard text.utf8.count <= Self.maximumSize else {
      throw NKeyError(.invalidCredentials, "the credentials are larger than \(Self.maximumSize) bytes")
    }
    let blocks = CredentialsText(text)
    guard let jwt = blocks.block(labelled: "JWT"), !jwt.isEmpty else {
      throw NKeyError(.invalidCredentials, "the credentials contain no user JWT")
    }
    guard let seed = blocks.block(labelled: "NKEY SEED"), !seed.isEmpty else {
      throw NKeyError(.invalidCredentials, "the credentials contain no user seed")
    }
    let key = try NKeyPair(seed: seed)
    guard key.publicKey.kind == .user else {
      throw NKeyError(
        .wrongKind, "the seed in the credentials belongs to \(key.publicKey.kind), not to a user")
    }
    let subject = try NATSToken.subject(of: jwt)
    guard subject.hasSameBytes(as: key.publicKey.description) else {
      throw NKeyError(.invalidCredentials, "the JWT was issued for \(subject), the seed is that of \(key)")
    }
    self.jwt = jwt
    self.key = key
  }

  /// Reads a credentials file.
  ///
  /// - Throws: `NKeyError` with code `invalidCredentials`, or that of the JWT or the seed in it.
  public init(contentsOfFile path: String) throws(NKeyError) {
    try self.init(try Self.read(path))
  }

  /// The public key.
  public var description: String { "credentials of \(key)" }

  /// Only the public key.
  public var customMirror: Mirror { Mirror(self, children: ["key": key]) }

  private static func read(_ path: String) throws(NKeyError) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw NKeyError(.invalidCredentials, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: maximumSize + 1)
    var count = 0
    while count < bytes.count {
      let length = bytes.withUnsafeMutableBytes { buffer in
        Glibc.read(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
      }
      if length == 0 { break }
      guard length > 0 || errno == EINTR else {
        throw NKeyError(.invalidCredentials, "cannot read \(path): \(String(cString: strerror(errno)))")
      }
      count += max(length, 0)
    }
    guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
      throw NKeyError(.invalidCredentials, "\(path) is not a text file")
    }
    return text
  }
}

/// The blocks of text between lines such as `-----BEGIN NATS USER JWT-----` and `------END NATS USER JWT------`.
struct CredentialsText {
  private let blocks: [(label: String, content: String)]

  init(_ text: String) {
    var blocks: [(label: String, content: String)] = []
    var open: (label: String, content: String)?
    for line in text.split(whereSeparator: \.isNewline) {
      let line = Self.trim(String(line))
      if line.hasPrefix("---"), line.hasSuffix("---") {
        let label = Self.trim(line.split(separator: "-").joined(separator: "-"))
        if label.hasPrefix("BEGIN ") {
          open = (String(label.dropFirst(6)), "")
        } else if label.hasPrefix("END ") {
          if let open { blocks.append(open) }
          open = nil
        }
      } else if open != nil {
        open?.content += line
      }
    }
    self.blocks = blocks
  }

  /// The content of the first block whose label has a suffix.
  func block(labelled suffix: String) -> String? {
    blocks.first { $0.label.hasSuffix(suffix) }?.content
  }

  static func trim(_ text: String) -> String {
    var trimmed = Substring(text)
    while let first = trimmed.first, first.isWhitespace { trimmed = trimmed.dropFirst() }
    while let last = trimmed.last, last.isWhitespace { trimmed = trimmed.dropLast() }
    return String(trimmed)
  }
}
