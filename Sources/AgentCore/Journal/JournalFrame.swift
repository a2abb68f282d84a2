import CZlib

/// How a record lies in a segment, little-endian:
///
/// ```
/// length of the record (4) │ length of the result (4) │ CRC-32 of the result (4) │ CRC-32 of the rest (4) │ record │ result
/// ```
///
/// A result is JSON and holds no zero byte, a frame always does: so no result can be taken for a frame.
struct JournalFrame {
  /// The bytes before the record.
  static let prefixSize = 16
  /// More than any record has.
  static let maximumRecord = 1_024
  /// More than any result has.
  static let maximumResult = 16 << 20

  /// The length of the record.
  let recordSize: Int
  /// The length of the result.
  let resultSize: Int
  private let resultChecksum: UInt32
  private let checksum: UInt32
  /// The checksum of the prefix, from which that of the record goes on.
  private let prefixChecksum: UInt32
  private static let checkedPrefixSize = 12

  /// The whole frame.
  var size: Int { Self.prefixSize + recordSize + resultSize }

  /// The beginning of a frame, or nil when these bytes cannot be one.
  init?(_ prefix: ArraySlice<UInt8>) {
    var reader = JournalBytesReader(prefix)
    guard let recordSize = reader.number(UInt32.self), let resultSize = reader.number(UInt32.self),
      let resultChecksum = reader.number(UInt32.self), let checksum = reader.number(UInt32.self),
      (1...UInt32(Self.maximumRecord)).contains(recordSize), resultSize <= UInt32(Self.maximumResult)
    else { return nil }
    self.recordSize = Int(recordSize)
    self.resultSize = Int(resultSize)
    self.resultChecksum = resultChecksum
    self.checksum = checksum
    prefixChecksum = CRC32.of(prefix.prefix(Self.checkedPrefixSize))
  }

  /// The bytes of a frame.
  static func encode(_ record: JournalRecord, result: [UInt8] = []) -> [UInt8] {
    let head = record.bytes
    var writer = JournalBytesWriter()
    writer.write(UInt32(head.count))
    writer.write(UInt32(result.count))
    writer.write(CRC32.of(result[...]))
    writer.write(CRC32.of(head[...], after: CRC32.of(writer.bytes[...])))
    return writer.bytes + head + result
  }

  /// The record, when these are its bytes and this prefix belongs to them.
  func record(_ bytes: ArraySlice<UInt8>) -> JournalRecord? {
    guard CRC32.of(bytes, after: prefixChecksum) == checksum else { return nil }
    return JournalRecord(bytes)
  }

  /// Whether these are the bytes of the result.
  func matches(result: ArraySlice<UInt8>) -> Bool {
    CRC32.of(result) == resultChecksum
  }
}

/// CRC-32 as in zlib.
enum CRC32 {
  /// The checksum of some bytes, going on from an earlier one.
  static func of(_ bytes: ArraySlice<UInt8>, after start: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.bindMemory(to: UInt8.self).baseAddress else { return start }
      return UInt32(truncatingIfNeeded: crc32(UInt(start), base, UInt32(clamping: buffer.count)))
    }
  }
}
