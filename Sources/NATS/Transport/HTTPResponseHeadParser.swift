import NIOCore

/// Gathers bytes until a response head is complete; takes them in any split.
struct HTTPResponseHeadParser {
  /// The largest head that is accepted, in bytes.
  static let maximumSize = 16 * 1024

  enum Failure: Error, Equatable {
    case tooLarge
    case malformed
  }

  private var gathered = ByteBuffer()
  /// How far the gathered bytes have been searched for the end.
  private var searched = 0

  /// Takes more bytes.
  ///
  /// - Returns: nil while the head is not complete, else the head and the bytes that came after it.
  mutating func take(_ bytes: ByteBuffer) throws(Failure) -> (head: HTTPResponseHead, rest: ByteBuffer)? {
    gathered.writeImmutableBuffer(bytes)
    // A peer that speaks something else may never send an empty line.
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
