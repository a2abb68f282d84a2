/// The captured output of one stream of a program: complete, or its beginning and its end.
public struct CapturedOutput: Sendable, Equatable {
  /// The captured bytes: the whole output, or its head followed by its tail.
  public let bytes: [UInt8]
  /// The number of `bytes` that belong to the head; all of them when the output is complete.
  public let headCount: Int
  /// The number of bytes that the program wrote.
  public let totalBytes: UInt64

  /// Describes the output of a stream.
  ///
  /// - Parameters:
  ///   - bytes: The head followed by the tail.
  ///   - headCount: The number of bytes of the head, clamped to their count.
  ///   - totalBytes: The number of bytes that were written.
  public init(bytes: [UInt8], headCount: Int, totalBytes: UInt64) {
    self.bytes = bytes
    self.headCount = min(max(headCount, 0), bytes.count)
    self.totalBytes = totalBytes
  }

  /// Whether bytes between head and tail are missing.
  public var isTruncated: Bool { omittedBytes > 0 }

  /// The number of bytes missing between head and tail.
  public var omittedBytes: UInt64 {
    totalBytes > UInt64(bytes.count) ? totalBytes - UInt64(bytes.count) : 0
  }

  /// The output as text. Invalid UTF-8 becomes U+FFFD. A character that the truncation has cut in two is left out, so that the
  /// truncation itself adds no U+FFFD.
  public var text: String {
    guard isTruncated else { return String(decoding: bytes, as: UTF8.self) }
    let head = UTF8Boundary.droppingPartialEnd(bytes[..<headCount])
    let tail = UTF8Boundary.droppingPartialStart(bytes[headCount...])
    return String(decoding: head, as: UTF8.self) + String(decoding: tail, as: UTF8.self)
  }
}

/// Trims UTF-8 to whole characters (RFC 3629).
public enum UTF8Boundary {
  /// Drops an incomplete character at the end.
  public static func droppingPartialEnd(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var start = bytes.endIndex
    while start > bytes.startIndex, bytes.endIndex - start < 4 {
      start -= 1
      let byte = bytes[start]
      if isContinuation(byte) { continue }
      return bytes.endIndex - start < length(lead: byte) ? bytes[..<start] : bytes
    }
    return bytes
  }

  /// Drops continuation bytes (at most three) of a character that began before.
  public static func droppingPartialStart(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    bytes.dropFirst(bytes.prefix(3).prefix(while: isContinuation).count)
  }

  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0b1100_0000 == 0b1000_0000 }

  private static func length(lead: UInt8) -> Int {
    switch lead {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }
}
