import NIOCore

/// The header of an unfragmented frame from client to server (RFC 6455, section 5.2).
struct WebSocketFrameHeader {
  enum Opcode: UInt8 {
    case binary = 2
    case close = 8
    case pong = 10
  }

  var opcode: Opcode
  var length: Int
  var isCompressed = false

  func encoded(_ mask: WebSocketMask) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: 14)
    buffer.writeInteger(0x80 | (isCompressed ? 0x40 : 0) | opcode.rawValue)
    switch length {
    case ...125:
      buffer.writeInteger(0x80 | UInt8(truncatingIfNeeded: length))
    case ...0xFFFF:
      buffer.writeInteger(UInt8(0x80 | 126))
      buffer.writeInteger(UInt16(truncatingIfNeeded: length))
    default:
      buffer.writeInteger(UInt8(0x80 | 127))
      buffer.writeInteger(UInt64(length))
    }
    mask.write(to: &buffer)
    return buffer
  }
}
