import NATSProtocol
import NIOCore

/// An operation that a server sends to a client.
enum ServerOperation: Sendable {
  case message(MessageFrame)
  case ping
  case pong
  case ok
  /// `-ERR`, with its text without quotes.
  case error(String)
  /// Indirect, because an INFO is large and rare.
  indirect case info(NATSServerInfo)
}

/// Reads server operations from received buffers. Messages are slices of these buffers.
struct ServerOperationReader {
  private var buffer = ByteBuffer()
  private var parser: ServerOperationParser

  init(limits: ServerOperationParser.Limits = ServerOperationParser.Limits()) {
    parser = ServerOperationParser(limits: limits)
  }

  /// Received bytes that have not been consumed yet.
  var pendingBytes: Int { buffer.readableBytes }

  /// The size of the buffer in bytes.
  var capacity: Int { buffer.capacity }

  /// Appends received bytes.
  mutating func append(_ bytes: consuming ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
    } else {
      // Otherwise consumed bytes would accumulate while no read ends at the end of an operation.
      buffer.discardReadBytes()
      buffer.writeBuffer(&bytes)
    }
  }

  /// Returns the next complete operation, or nil if more bytes are needed.
  ///
  /// - Throws: ``NATSError/Code/protocolViolation`` on bytes that violate the protocol.
  mutating func next() throws(NATSError) -> ServerOperation? {
    guard buffer.readableBytes > 0 else { return nil }
    var parser = parser
    var failure: NATSError?
    let operation = buffer.withUnsafeReadableBytes { bytes -> ServerOperationParser.Operation? in
      do throws(NATSError) {
        return try parser.next(in: bytes)
      } catch {
        failure = error
        return nil
      }
    }
    self.parser = parser
    if let failure { throw failure }
    switch operation {
    case nil: return nil
    case .message(let layout):
      guard let bytes = buffer.readSlice(length: layout.length) else { return nil }
      return .message(MessageFrame(bytes: bytes, layout: layout))
    case .ping(let length):
      buffer.moveReaderIndex(forwardBy: length)
      return .ping
    case .pong(let length):
      buffer.moveReaderIndex(forwardBy: length)
      return .pong
    case .ok(let length):
      buffer.moveReaderIndex(forwardBy: length)
      return .ok
    case .error(let text, let length):
      let text = String(decoding: bytes(in: text), as: UTF8.self)
      buffer.moveReaderIndex(forwardBy: length)
      return .error(text)
    case .info(let json, let length):
      let info = try NATSServerInfo(operation: bytes(in: json))
      buffer.moveReaderIndex(forwardBy: length)
      return .info(info)
    }
  }

  private func bytes(in range: Range<Int>) -> [UInt8] {
    buffer.withUnsafeReadableBytes { Array($0[range]) }
  }
}
