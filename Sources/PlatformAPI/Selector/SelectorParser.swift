/// Parser of the text of a ``Selector``.
struct SelectorParser {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) {
    bytes = Array(text.utf8)
  }

  mutating func parse() throws(SelectorError) -> [SelectorRequirement] {
    guard bytes.count <= Selector.maximumLength else {
      throw SelectorError(.tooLong, at: Selector.maximumLength)
    }
    skipSpaces()
    guard next != nil else { throw SelectorError(.empty, at: 0) }
    var requirements: [SelectorRequirement] = []
    while true {
      guard requirements.count < Selector.maximumRequirements else {
        throw SelectorError(.tooManyRequirements, at: position)
      }
      skipSpaces()
      let start = position
      let requirement = try requirement()
      try Self.checkValues(of: requirement, at: start)
      requirements.append(requirement)
      skipSpaces()
      guard next != nil else { return requirements }
      guard take(",") else { throw SelectorError(.noComma, at: position) }
    }
  }

  /// Checks the values of fields that have few. A value that a field never has is a misspelling.
  private static func checkValues(
    of requirement: SelectorRequirement, at offset: Int
  ) throws(SelectorError) {
    guard let allowed = Selector.fieldValues[requirement.key] else { return }
    let patterns =
      switch requirement.condition {
      case .isOneOf(let patterns), .isNoneOf(let patterns): patterns
      case .exists, .absent: [SelectorPattern]()
      }
    for pattern in patterns where !allowed.contains(where: pattern.matches) {
      throw SelectorError(
        .unknownValue(pattern.text.debugDescription, of: requirement.key, allowed: allowed), at: offset)
    }
  }

  private mutating func requirement() throws(SelectorError) -> SelectorRequirement {
    skipSpaces()
    if take("!") {
      skipSpaces()
      return SelectorRequirement(try key(), .absent)
    }
    let key = try key()
    skipSpaces()
    if take("!") {
      guard take("=") else { throw SelectorError(.unexpected("!"), at: position - 1) }
      return SelectorRequirement(key, .isNoneOf([try value()]))
    }
    if take("=") {
      _ = take("=")
      return SelectorRequirement(key, .isOneOf([try value()]))
    }
    let start = position
    switch word(while: Self.isKeyByte) {
    case "in": return SelectorRequirement(key, .isOneOf(try list()))
    case "notin": return SelectorRequirement(key, .isNoneOf(try list()))
    case "": return SelectorRequirement(key, .exists)
    default: throw SelectorError(.noComma, at: start)
    }
  }

  private mutating func key() throws(SelectorError) -> String {
    let start = position
    guard let first = next, first != UInt8(ascii: ",") else { throw SelectorError(.noKey, at: start) }
    guard Self.isAlphanumeric(first) else {
      if "=!()".utf8.contains(first) { throw SelectorError(.noKey, at: start) }
      throw SelectorError(.unexpected(Self.character(in: bytes[start...])), at: start)
    }
    return try bounded(word(while: Self.isKeyByte), from: start)
  }

  private mutating func list() throws(SelectorError) -> [SelectorPattern] {
    skipSpaces()
    let start = position
    guard take("(") else { throw SelectorError(.noList, at: start) }
    var values: [SelectorPattern] = []
    while true {
      guard values.count < Selector.maximumValues else { throw SelectorError(.tooManyValues, at: position) }
      values.append(try value())
      skipSpaces()
      if take(")") { return values }
      guard next != nil, take(",") else { throw SelectorError(.unclosedList, at: position) }
    }
  }

  private mutating func value() throws(SelectorError) -> SelectorPattern {
    skipSpaces()
    let start = position
    for quote in [UInt8(ascii: "\""), UInt8(ascii: "'")] where next == quote {
      position += 1
      let text = word { $0 != quote }
      guard next == quote else { throw SelectorError(.unclosedQuote, at: start) }
      position += 1
      return SelectorPattern(try bounded(text, from: start))
    }
    let text = word(while: Self.isValueByte)
    guard !text.isEmpty else { throw SelectorError(.noValue, at: start) }
    return SelectorPattern(try bounded(text, from: start))
  }

  private func bounded(_ word: String, from start: Int) throws(SelectorError) -> String {
    guard word.utf8.count <= Selector.maximumWord else { throw SelectorError(.wordTooLong, at: start) }
    return word
  }

  // MARK: Bytes

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpaces() {
    while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { position += 1 }
  }

  private mutating func word(while belongs: (UInt8) -> Bool) -> String {
    let start = position
    while let byte = next, belongs(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || "-_./".utf8.contains(byte)
  }

  private static func isValueByte(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte != 0x7F && !",()=!\"'".utf8.contains(byte)
  }

  /// The first character, quoted and escaped for terminals.
  private static func character(in bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix(4), as: UTF8.self).prefix(1).debugDescription
  }
}
