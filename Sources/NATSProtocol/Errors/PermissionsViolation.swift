import Encoding

/// The operation that a server refused, parsed from the text of its error.
///
/// The formats are those of nats-server (`client.go`): `Permissions Violation for Publish to "x"`, `… for Publish with Reply of
/// "x"`, `… for Subscription to "x"`, `… for Subscription to "x" using queue "q"`, and after a reload that revokes a permission
/// `… for Subscription to "x" (sid "1")`. Names are quoted as by Go's `%q`.
package struct PermissionsViolation: Sendable, Equatable {
  package enum Action: Sendable {
    case publish
    case publishWithReply
    case subscription
    case unknown
  }

  package var action: Action
  package var subject: String?
  /// The queue group of a refused subscription, if the error contains it.
  package var queue: String?
  /// The ID of a removed subscription, if the error contains it.
  package var sid: UInt64?

  package init(_ text: String) {
    let lower = ASCIIText(lowercasing: text)
    if lower.contains("for publish with reply of") {
      action = .publishWithReply
    } else if lower.contains("for publish to") {
      action = .publish
    } else if lower.contains("for subscription to") {
      action = .subscription
    } else {
      action = .unknown
    }
    let (texts, between) = Self.quotedTexts(of: text)
    subject = texts.first
    guard action == .subscription, texts.count > 1 else { return }
    if between.contains("(sid") {
      sid = UInt64(texts[1])
    } else if between.contains("using queue") {
      queue = texts[1]
    }
  }

  /// Appends the bytes of an escape sequence of Go's `strconv.Quote`, of which the backslash has been read.
  private static func appendEscaped(_ bytes: inout String.UTF8View.Iterator, to content: inout [UInt8]) {
    guard let kind = bytes.next() else { return }
    func number(of digits: Int) -> UInt32? {
      var value: UInt32 = 0
      for _ in 0..<digits {
        guard let digit = bytes.next().flatMap(Hexadecimal.value(of:)) else { return nil }
        value = value << 4 | UInt32(digit)
      }
      return value
    }
    switch kind {
    case UInt8(ascii: "a"): content.append(0x07)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "v"): content.append(0x0B)
    case UInt8(ascii: "x"):
      if let value = number(of: 2) { content.append(UInt8(truncatingIfNeeded: value)) }
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let scalar = number(of: kind == UInt8(ascii: "u") ? 4 : 8).flatMap { Unicode.Scalar($0) }
      if let scalar, let encoded = UTF8.encode(scalar) { content += encoded }
    default: content.append(kind)
    }
  }

  /// Returns the first two quoted texts, unescaped, and the text between them.
  private static func quotedTexts(of text: String) -> (texts: [String], between: ASCIIText) {
    var texts: [String] = []
    var between = ASCIIText()
    var content: [UInt8] = []
    var isQuoted = false
    var bytes = text.utf8.makeIterator()
    while texts.count < 2, let byte = bytes.next() {
      switch byte {
      case UInt8(ascii: "\""):
        let part = String(decoding: content, as: UTF8.self)
        if isQuoted { texts.append(part) } else if texts.count == 1 { between = ASCIIText(lowercasing: part) }
        content.removeAll()
        isQuoted.toggle()
      case UInt8(ascii: "\\") where isQuoted:
        Self.appendEscaped(&bytes, to: &content)
      default: content.append(byte)
      }
    }
    return (texts, between)
  }
}

/// The bytes of a text with ASCII letters in lower case, for searches of words.
struct ASCIIText {
  private var bytes: [UInt8] = []

  init() {}

  init(lowercasing text: String) {
    bytes = text.utf8.map { $0.asciiLowercased }
  }

  func starts(with prefix: StaticString) -> Bool {
    starts(with: prefix, at: 0)
  }

  func contains(_ word: StaticString) -> Bool {
    bytes.indices.contains { starts(with: word, at: $0) }
  }

  private func starts(with word: StaticString, at start: Int) -> Bool {
    let count = word.utf8CodeUnitCount
    guard bytes.count - start >= count else { return false }
    for index in 0..<count where bytes[start + index] != word.utf8Start[index] { return false }
    return true
  }
}
