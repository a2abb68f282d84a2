import Encoding
import Glibc

/// The format of a journal file: a header, followed by frames.
struct JournalSegment {
  /// The size of the header, in bytes: magic (6), version (1), a zero, watermark (8), zeros (12), CRC-32 (4).
  static let headerSize = 32
  /// The format that this agent writes.
  static let version: UInt8 = 1
  private static let name = Array("PCJRNL".utf8)

  /// A decoded header.
  enum Header: Equatable {
    /// Unknown commands that were made up to this time may have run and are rejected.
    case watermark(Int64)
    /// The format of another version of the agent.
    case foreign(version: UInt8)
    /// Not a valid header.
    case damaged
  }

  /// Encodes a header.
  static func header(watermark: Int64) -> [UInt8] {
    var writer = JournalBytesWriter()
    for byte in name { writer.write(byte) }
    writer.write(version)
    writer.write(UInt8(0))
    writer.write(watermark)
    writer.write(UInt64(0))
    writer.write(UInt32(0))
    writer.write(CRC32.of(writer.bytes[...]))
    return writer.bytes
  }

  /// Decodes a header.
  static func header(_ bytes: ArraySlice<UInt8>) -> Header {
    let covered = bytes.prefix(headerSize - 4)
    var rest = JournalBytesReader(bytes.dropFirst(headerSize - 4))
    guard bytes.count == headerSize, bytes.starts(with: name), rest.number() == CRC32.of(covered) else {
      return .damaged
    }
    var reader = JournalBytesReader(covered.dropFirst(name.count))
    guard let version = reader.number(UInt8.self), reader.number(UInt8.self) != nil,
      let watermark = reader.number(Int64.self)
    else { return .damaged }
    return version == Self.version ? .watermark(watermark) : .foreign(version: version)
  }

  /// The result of a scan.
  struct Scan: Equatable {
    /// The end of the last valid frame.
    var end: Int
    /// Whether invalid bytes precede a valid frame.
    var hasGap: Bool
  }

  /// Visits all valid frames. Invalid bytes are skipped, so that damage affects only the records it hit.
  ///
  /// - Parameters:
  ///   - size: The size of the file, in bytes.
  ///   - checksResults: Whether to verify the checksums of results as well.
  ///   - visit: Receives each record with the offset and the length of its frame.
  static func scan(
    _ descriptor: Int32, size: Int, checksResults: Bool,
    visit: (_ record: JournalRecord, _ offset: Int, _ length: Int) -> Void
  ) -> Scan {
    var window = FileWindow(descriptor)
    var scan = Scan(end: headerSize, hasGap: false)
    var position = headerSize
    while position + JournalFrame.prefixSize <= size {
      guard let (record, length) = frame(at: position, in: &window, size, checksResults: checksResults) else {
        position += 1
        continue
      }
      if position > scan.end { scan.hasGap = true }
      visit(record, position, length)
      position += length
      scan.end = position
    }
    return scan
  }

  /// Whether the file contains a valid frame.
  static func hasFrames(_ descriptor: Int32, size: Int) -> Bool {
    scan(descriptor, size: size, checksResults: true) { _, _, _ in }.end > headerSize
  }

  private static func frame(
    at position: Int, in window: inout FileWindow, _ size: Int, checksResults: Bool
  ) -> (record: JournalRecord, length: Int)? {
    guard let prefix = window.read(JournalFrame.prefixSize, at: position),
      let frame = JournalFrame(prefix), position + frame.size <= size,
      let bytes = window.read(frame.recordSize, at: position + JournalFrame.prefixSize),
      let record = frame.record(bytes)
    else { return nil }
    if checksResults, frame.resultSize > 0 {
      let offset = position + JournalFrame.prefixSize + frame.recordSize
      guard let result = window.read(frame.resultSize, at: offset), frame.matches(result: result) else {
        return nil
      }
    }
    return (record, frame.size)
  }
}

/// A buffered forward reader that reads only the requested parts of a file.
private struct FileWindow {
  private static let size = 64 << 10

  private let descriptor: Int32
  private var start = 0
  private var bytes: [UInt8] = []

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Reads bytes; nil beyond the end of the file.
  mutating func read(_ count: Int, at offset: Int) -> ArraySlice<UInt8>? {
    if offset < start || offset + count > start + bytes.count {
      start = offset
      bytes = JournalFile.read(descriptor, max(count, Self.size), at: offset)
    }
    guard offset + count <= start + bytes.count else { return nil }
    return bytes[(offset - start)..<(offset - start + count)]
  }
}
