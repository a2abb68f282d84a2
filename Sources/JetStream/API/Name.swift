import Encoding

/// Rules for the names of streams, consumers, buckets and keys, which become tokens of subjects.
enum Name {
  /// Whether it is a valid name of a stream or consumer.
  static func isAllowed(_ name: String) -> Bool {
    let bytes = name.utf8
    return !bytes.isEmpty && bytes.count <= 255
      && bytes.allSatisfy { byte in
        byte > 0x20 && byte != 0x7f && !forbidden.contains(byte)
      }
  }

  private static let forbidden = Set(".*>/\\".utf8)

  /// Whether it is a valid name of a bucket (ADR-8).
  static func isBucket(_ name: String) -> Bool {
    let bytes = name.utf8
    return !bytes.isEmpty && bytes.count <= 240
      && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
  }

  /// Whether it is a valid key (ADR-8).
  static func isKey(_ key: String) -> Bool { isTokens(key, isPattern: false) }

  /// Whether it is a valid pattern of keys, with the wildcards of subjects.
  static func isKeyPattern(_ pattern: String) -> Bool { isTokens(pattern, isPattern: true) }

  private static func isTokens(_ text: String, isPattern: Bool) -> Bool {
    guard text.utf8.count <= 2048 else { return false }
    let tokens = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    for (index, token) in tokens.enumerated() {
      if isPattern, token.count == 1, let byte = token.first {
        if byte == UInt8(ascii: "*") { continue }
        if byte == UInt8(ascii: ">") {
          guard index == tokens.count - 1 else { return false }
          continue
        }
      }
      guard !token.isEmpty, token.allSatisfy({ isAlphanumeric($0) || keyPunctuation.contains($0) }) else {
        return false
      }
    }
    return true
  }

  private static let keyPunctuation = Set("-/_=".utf8)

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }

  static func check(_ name: String, of kind: String) throws(JetStreamError) {
    guard isAllowed(name) else {
      throw JetStreamError(
        .invalidArgument, "no \(kind) can be named \(name.prefix(bytes: 100).debugDescription)")
    }
  }

  /// A random name, of about 130 bits.
  static func unique() -> String {
    var text: [UInt8] = []
    for _ in 0..<22 { text.append(alphabet[Int.random(in: 0..<alphabet.count)]) }
    return String(decoding: text, as: UTF8.self)
  }

  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
}
