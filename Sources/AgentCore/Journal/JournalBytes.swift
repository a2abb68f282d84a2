/// Encodes integers (little-endian), keys and short strings.
struct JournalBytesWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func write(_ key: JournalKey) {
    write(key.words.0)
    write(key.words.1)
  }

  /// Writes a string with a length byte. Strings are truncated to 255 bytes.
  mutating func write(_ text: String) {
    let utf8 = text.utf8.prefix(255)
    write(UInt8(utf8.count))
    bytes.append(contentsOf: utf8)
  }
}

/// Decodes the output of ``JournalBytesWriter``. Returns nil where the bytes end too early.
struct JournalBytesReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
    let size = MemoryLayout<Number>.size
    guard bytes.endIndex - position >= size else { return nil }
    let offset = position - bytes.startIndex
    position += size
    return bytes.withUnsafeBytes {
      Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
  }

  mutating func key() -> JournalKey? {
    guard let first = number(UInt64.self), let second = number(UInt64.self) else { return nil }
    return JournalKey(words: (first, second))
  }

  mutating func text() -> String? {
    guard let count = number(UInt8.self), bytes.endIndex - position >= Int(count) else { return nil }
    defer { position += Int(count) }
    return String(decoding: bytes[position..<(position + Int(count))], as: UTF8.self)
  }
}
