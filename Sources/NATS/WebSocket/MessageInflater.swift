import CZlib
import NIOCore
import WebSocketProtocol

/// Decompresses WebSocket messages with zlib, without context takeover (RFC 7692, section 7.2.2). The output is delivered in small pieces,
/// and the size of a message is limited.
final class MessageInflater {
  enum Failure: Error, Equatable, CustomStringConvertible {
    case corrupt
    case tooLong(Int)

    var description: String {
      switch self {
      case .corrupt: "a message cannot be decompressed"
      case .tooLong(let limit): "a message is longer than \(limit) bytes when decompressed"
      }
    }
  }

  private static let tail = ByteBuffer(bytes: MessageDeflate.tail)

  private let stream: UnsafeMutablePointer<z_stream>
  private let isUsable: Bool
  private var budget: MessageDeflate.InflateBudget

  init(maximumLength: Int) {
    budget = MessageDeflate.InflateBudget(maximumLength: maximumLength)
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    isUsable = inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Decompresses a piece of a message.
  func inflate(_ piece: ByteBuffer, emit: (ByteBuffer) -> Void) throws(Failure) {
    guard isUsable else { throw .corrupt }
    var input = piece
    var outputIsFull = false
    while input.readableBytes > 0 || outputIsFull {
      var output = ByteBufferAllocator().buffer(
        capacity: MessageDeflate.pieceLength(input: input.readableBytes))
      let status = step(&input, &output, full: &outputIsFull)
      guard budget.add(output.readableBytes) else { throw .tooLong(budget.maximumLength) }
      if output.readableBytes > 0 { emit(output) }
      switch status {
      case Z_OK: break
      case Z_BUF_ERROR where input.readableBytes == 0: return
      case Z_STREAM_END:
        // A final block may precede the end of the message (section 7.2.3.4). The blocks after it are independent.
        guard inflateReset(stream) == Z_OK else { throw .corrupt }
      default: throw .corrupt
      }
    }
  }

  /// Ends a message and resets the stream for the next one.
  func endMessage(emit: (ByteBuffer) -> Void) throws(Failure) {
    try inflate(Self.tail, emit: emit)
    budget.reset()
    guard inflateReset(stream) == Z_OK else { throw .corrupt }
  }

  private func step(_ input: inout ByteBuffer, _ output: inout ByteBuffer, full: inout Bool) -> CInt {
    var status = Z_OK
    input.readWithUnsafeReadableBytes { source in
      output.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { space in
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(source.count)
        stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(space.count)
        status = CZlib.inflate(stream, Z_NO_FLUSH)
        full = stream.pointee.avail_out == 0
        return space.count - Int(stream.pointee.avail_out)
      }
      let consumed = source.count - Int(stream.pointee.avail_in)
      stream.pointee.next_in = nil
      stream.pointee.next_out = nil
      return consumed
    }
    return status
  }
}
