import NIOCore

/// Checks buffered publishes against the limits of a new server, which closes the connection of a client that exceeds them.
enum PendingPublishes {
  /// Removes the messages that exceed the limits of a server. The buffer holds complete PUB and HPUB operations.
  ///
  /// - Returns: the number of messages removed.
  static func filter(_ buffer: inout ByteBuffer, maxPayload: Int, headers: Bool) -> Int {
    var kept = ByteBuffer()
    var dropped = 0
    var index = buffer.readerIndex
    var keptFrom = index
    buffer.withUnsafeReadableBytes { bytes in
      let origin = index
      while let operation = operation(bytes, at: index - origin) {
        let refuses = operation.content > maxPayload || (operation.hasHeaders && !headers)
        if refuses {
          dropped += 1
          kept.writeBytes(bytes[(keptFrom - origin)..<(index - origin)])
          keptFrom = index + operation.length
        }
        index += operation.length
      }
      if dropped > 0 { kept.writeBytes(bytes[(keptFrom - origin)..<(index - origin)]) }
    }
    if dropped > 0 { buffer = kept }
    return dropped
  }

  private static func operation(
    _ bytes: UnsafeRawBufferPointer, at start: Int
  ) -> (length: Int, content: Int, hasHeaders: Bool)? {
    guard start < bytes.count, let lineFeed = bytes[start...].firstIndex(of: 0x0a), lineFeed > start else {
      return nil
    }
    var content = 0
    var scale = 1
    var index = lineFeed - 2
    while index > start, bytes[index] != 0x20 {
      content += Int(bytes[index] - 0x30) * scale
      scale *= 10
      index -= 1
    }
    return (lineFeed - start + 1 + content + 2, content, bytes[start] == UInt8(ascii: "H"))
  }
}
