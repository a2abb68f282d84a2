import NIOCore
import WebSocketProtocol

/// Reads WebSocket frames from received buffers. Payloads are slices of these buffers.
struct WebSocketFrameReader {
  enum Event: Equatable {
    /// A piece of a message.
    case data(ByteBuffer, compressed: Bool)
    /// The end of a message, after its last piece.
    case endOfMessage(compressed: Bool)
    case ping(ByteBuffer)
    case pong
    case close(code: UInt16?, reason: String)
  }

  private var buffer = ByteBuffer()
  private var parser: WebSocketFrameParser

  init(compressionAllowed: Bool, maximumFrameLength: Int) {
    parser = WebSocketFrameParser(
      compressionAllowed: compressionAllowed, maximumFrameLength: maximumFrameLength)
  }

  /// Appends received bytes.
  mutating func append(_ bytes: ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
    } else {
      buffer.discardReadBytes()
      buffer.writeImmutableBuffer(bytes)
    }
  }

  /// Returns the next event, or nil if more bytes are needed.
  mutating func next() throws(WebSocketFrameParser.Violation) -> Event? {
    var parser = parser
    var consumed = 0
    var violation: WebSocketFrameParser.Violation?
    let event = buffer.withUnsafeReadableBytes { bytes -> WebSocketFrameParser.Event? in
      do throws(WebSocketFrameParser.Violation) {
        return try parser.next(in: bytes, at: &consumed)
      } catch {
        violation = error
        return nil
      }
    }
    self.parser = parser
    if let violation { throw violation }
    // Slices are taken before the bytes are consumed, because a slice has to be readable.
    defer { buffer.moveReaderIndex(forwardBy: consumed) }
    switch event {
    case nil: return nil
    case .data(let range, let compressed): return .data(slice(range), compressed: compressed)
    case .endOfMessage(let compressed): return .endOfMessage(compressed: compressed)
    case .ping(let range): return .ping(slice(range))
    case .pong: return .pong
    case .close(let code, let reason): return .close(code: code, reason: reason)
    }
  }

  private func slice(_ range: Range<Int>) -> ByteBuffer {
    buffer.getSlice(at: buffer.readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
  }
}
