import Glibc

/// Scans the bytes of a file without copying them. Valid as long as the memory it was created with.
struct ByteScanner {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { position >= bytes.count }

  /// The bytes that have not been consumed.
  var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position...]) }

  /// The next line without its line feed, as a scanner of its own.
  mutating func line() -> ByteScanner? {
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
  mutating func number() -> UInt64? {
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
    guard length <= bytes.count - position, let base = bytes.baseAddress else { return false }
    return memcmp(base + position, text.utf8Start, length) == 0
  }

  mutating func skipBlanks() {
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
  }

  private func distance(to byte: UInt8) -> Int {
    let remaining = bytes.count - position
    guard remaining > 0, let start = bytes.baseAddress.map({ $0 + position }),
      let found = memchr(start, Int32(byte), remaining)
    else { return remaining }
    return UnsafeRawPointer(found) - start
  }
}

/// The largest number read from a file. It fits into the signed 64-bit integers of JSON consumers.
let largestNumber = UInt64(Int64.max)

private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

extension UnsafeRawBufferPointer {
  /// Whether the bytes equal those of the text.
  func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount, let base = baseAddress else { return false }
    return memcmp(base, text.utf8Start, count) == 0
  }
}
