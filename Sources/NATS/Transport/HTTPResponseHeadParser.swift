import NIOCore

/// An incremental parser of an HTTP response head.
struct HTTPResponseHeadParser {
  /// The maximum size of a head in bytes.
  static let maximumSize = 16 * 1024

  enum Failure: Error, Equatable {
    case tooLarge
    case malformed
  }

  private var gathered = ByteBuffer()
  /// The number of bytes that have been searched for the end of the head.
  private var searched = 0

  /// Appends received bytes.
  ///
  /// - Returns: nil while the head is incomplete, otherwise the head and the bytes after it.
  mutating func take(_ bytes: ByteBuffer) throws(Failure) -> (head: HTTPResponseHead, rest: ByteBuffer)? {
    gathered.writeImmutableBuffer(bytes)
    // A peer with another protocol may never send an empty line.
    guard zip(gathered.readableBytesView, "HTTP/1.".utf8).allSatisfy({ $0 == $1 }) else { throw .malformed }
    guard let end = endOfHead() else {
      if gathered.readableBytes > Self.maximumSize { throw .tooLarge }
      searched = max(0, gathered.readableBytes - 3)
      return nil
    }
    guard end <= Self.maximumSize else { throw .tooLarge }
    guard let block = gathered.getSlice(at: gathered.readerIndex, length: end),
      let head = HTTPResponseHead(block: String(buffer: block))
    else { throw .malformed }
    gathered.moveReaderIndex(forwardBy: end + 4)
    defer { gathered = ByteBuffer() }
    return (head, gathered.slice())
  }

  private func endOfHead() -> Int? {
    gathered.withUnsafeReadableBytes { bytes in
      var index = searched
      while index &+ 3 < bytes.count {
        if bytes[index] == 0x0D, bytes[index &+ 1] == 0x0A, bytes[index &+ 2] == 0x0D,
          bytes[index &+ 3] == 0x0A
        {
          return index
        }
        index &+= 1
      }
      return nil
    }
  }
}
