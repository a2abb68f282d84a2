import Encoding

/// The encoding of a record in a segment, little-endian:
///
/// ```
/// length of the record (4) │ length of the result (4) │ CRC-32 of the result (4) │ CRC-32 of the rest (4) │ record │ result
/// ```
///
/// A result is JSON and contains no zero byte, while a frame always does. So no result can be mistaken for a frame.
struct JournalFrame {
  /// The size of the prefix, in bytes.
  static let prefixSize = 16
  /// The upper bound of a record, in bytes.
  static let maximumRecord = 1_024
  /// The upper bound of a result, in bytes.
  static let maximumResult = 16 << 20

  /// The size of the record, in bytes.
  let recordSize: Int
  /// The size of the result, in bytes.
  let resultSize: Int
  private let resultChecksum: UInt32
  private let checksum: UInt32
  /// The checksum of the prefix, which the checksum of the record continues.
  private let prefixChecksum: UInt32
  private static let checkedPrefixSize = 12

  /// The size of the frame, in bytes.
  var size: Int { Self.prefixSize + recordSize + resultSize }

  /// Decodes the prefix of a frame; nil when the bytes are not a valid prefix.
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

  /// Encodes a frame.
  static func encode(_ record: JournalRecord, result: [UInt8] = []) -> [UInt8] {
    let head = record.bytes
    var writer = JournalBytesWriter()
    writer.write(UInt32(head.count))
    writer.write(UInt32(result.count))
    writer.write(CRC32.of(result[...]))
    writer.write(CRC32.of(head[...], after: CRC32.of(writer.bytes[...])))
    return writer.bytes + head + result
  }

  /// Decodes the record; nil when the checksum does not match.
  func record(_ bytes: ArraySlice<UInt8>) -> JournalRecord? {
    guard CRC32.of(bytes, after: prefixChecksum) == checksum else { return nil }
    return JournalRecord(bytes)
  }

  /// Whether the checksum of the result matches.
  func matches(result: ArraySlice<UInt8>) -> Bool {
    CRC32.of(result) == resultChecksum
  }
}
