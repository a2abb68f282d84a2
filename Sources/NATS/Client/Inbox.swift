/// Unguessable suffixes of inbox subjects.
enum Inbox {
  private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

  /// 22 random characters: 131 bits.
  static func unique() -> String {
    var generator = SystemRandomNumberGenerator()
    return unique(using: &generator)
  }

  static func unique(using generator: inout some RandomNumberGenerator) -> String {
    var text: [UInt8] = []
    for _ in 0..<22 { text.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]) }
    return String(decoding: text, as: UTF8.self)
  }
}
