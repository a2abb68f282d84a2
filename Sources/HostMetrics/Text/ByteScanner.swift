/// Scans the bytes of a file without copying them. Valid as long as the memory it was created with.
package struct ByteScanner {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  package init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  package var isAtEnd: Bool { position >= bytes.count }

  /// The bytes that have not been consumed.
  package var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position...]) }

  /// The next line without its line feed, as a scanner of its own.
  package mutating func line() -> ByteScanner? {
    guard position < bytes.count else { return nil }
    let start = position
    let length = distance(to: 0x0a)
    position = min(start + length + 1, bytes.count)
    return ByteScanner(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
  }

  /// The next run of bytes that are neither blank nor tab.
  mutating func word() -> UnsafeRawBufferPointer? {
    skipBlanks()
    let start = position
    while position < bytes.count, !isBlank(bytes[position]) { position += 1 }
    guard position > start else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }

  /// The bytes before the next single blank, possibly none; `nil` at the end.
  mutating func field() -> UnsafeRawBufferPointer? {
    guard position < bytes.count else { return nil }
    let start = position
    let length = distance(to: 0x20)
    position = min(start + length + 1, bytes.count)
    return UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
  }

  /// The bytes before the separator, which is consumed too; `nil` without a separator.
  mutating func text(before separator: UInt8) -> UnsafeRawBufferPointer? {
    let start = position
    let length = distance(to: separator)
    guard start + length < bytes.count else { return nil }
    position = start + length + 1
    return UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
  }

  /// The next decimal number, after blanks; at most ``largestNumber``.
  package mutating func number() -> UInt64? {
    skipBlanks()
    let start = position
    var value: UInt64 = 0
    while position < bytes.count {
      let digit = bytes[position] &- 0x30
      guard digit < 10 else { break }
      if value < largestNumber / 10 {
        value = value * 10 + UInt64(digit)
      } else {
        value = largestNumber
      }
      position += 1
    }
    return position > start ? value : nil
  }

  /// The next decimal fraction (`12.34`), after blanks.
  mutating func fraction() -> Double? {
    guard let whole = number() else { return nil }
    var value = Double(whole)
    if take(0x2e) {
      var scale = 0.1
      while position < bytes.count {
        let digit = bytes[position] &- 0x30
        guard digit < 10 else { break }
        value += Double(digit) * scale
        scale /= 10
        position += 1
      }
    }
    return value
  }

  /// Consumes the byte if it is next.
  mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// Consumes the text if it is next.
  mutating func take(_ text: StaticString) -> Bool {
    guard begins(with: text) else { return false }
    position += text.utf8CodeUnitCount
    return true
  }

  /// Whether the text is next.
  func begins(with text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard length <= bytes.count - position else { return false }
    let start = text.utf8Start
    for index in 0..<length where bytes[position + index] != start[index] { return false }
    return true
  }

  mutating func skipBlanks() {
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
  }

  /// The number of bytes before the next occurrence of a byte, or before the end.
  ///
  /// Compares eight bytes at a time, so that long lines cost no more than with memchr(3), which portable code does not have.
  private func distance(to byte: UInt8) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let pattern = UInt64(byte) &* ones
    var index = position
    while index + 8 <= bytes.count {
      let difference =
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ pattern
      // The lowest bit set marks the first byte that is zero.
      let zeros = (difference &- ones) & ~difference & (ones << 7)
      if zeros != 0 { return index - position + zeros.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < bytes.count, bytes[index] != byte { index += 1 }
    return index - position
  }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

extension UnsafeRawBufferPointer {
  /// Whether the bytes equal those of the text.
  func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    let start = text.utf8Start
    for index in indices where self[index] != start[index] { return false }
    return true
  }
}
