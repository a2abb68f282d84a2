/// What a program wrote to one of its output streams: all of it, or its beginning and its end.
public struct CapturedOutput: Sendable, Equatable {
  /// The kept bytes: all that was written, or the first and the last part of it joined together.
  public let bytes: [UInt8]
  /// How many of `bytes` are the beginning; the rest is the end. All of them when nothing is missing.
  public let headCount: Int
  /// How many bytes the program wrote.
  public let totalBytes: UInt64

  /// Creates the record of a stream's output.
  ///
  /// - Parameters:
  ///   - bytes: The kept bytes, the beginning followed by the end.
  ///   - headCount: How many of them are the beginning; kept between 0 and their count.
  ///   - totalBytes: How many bytes were written.
  public init(bytes: [UInt8], headCount: Int, totalBytes: UInt64) {
    self.bytes = bytes
    self.headCount = min(max(headCount, 0), bytes.count)
    self.totalBytes = totalBytes
  }

  /// Whether bytes are missing in the middle, between `headCount` and what follows.
  public var isTruncated: Bool { omittedBytes > 0 }

  /// How many bytes are missing in the middle.
  public var omittedBytes: UInt64 {
    totalBytes > UInt64(bytes.count) ? totalBytes - UInt64(bytes.count) : 0
  }

  /// The output as text. What is not UTF-8 becomes U+FFFD; a character that the cut in the middle
  /// divided is left out, so that the cut itself adds no U+FFFD.
  public var text: String {
    guard isTruncated else { return String(decoding: bytes, as: UTF8.self) }
    let head = UTF8Boundary.droppingPartialEnd(bytes[..<headCount])
    let tail = UTF8Boundary.droppingPartialStart(bytes[headCount...])
    return String(decoding: head, as: UTF8.self) + String(decoding: tail, as: UTF8.self)
  }
}
