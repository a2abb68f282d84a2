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
