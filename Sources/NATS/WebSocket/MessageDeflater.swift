import CZlib
import NIOCore
import WebSocketProtocol

/// Compresses WebSocket messages with zlib, without context takeover (RFC 7692, section 7.2.1).
final class MessageDeflater {
  /// Allocated on the heap, because zlib keeps a pointer to the stream.
  private let stream: UnsafeMutablePointer<z_stream>
  private var isUsable: Bool

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    isUsable =
      deflateInit2_(
        stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        CInt(MemoryLayout<z_stream>.size)) == Z_OK
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Compresses a message.
  ///
  /// - Returns: nil if the compressed message would not be shorter.
  func deflate(_ message: ByteBuffer) -> ByteBuffer? {
    let length = message.readableBytes
    guard isUsable, length <= MessageDeflate.maximumLength else { return nil }
    guard deflateReset(stream) == Z_OK else {
      isUsable = false
      return nil
    }
    let room = MessageDeflate.capacity(for: length)
    var output = ByteBufferAllocator().buffer(capacity: room)
    let written = message.withUnsafeReadableBytes { input -> Int? in
      output.withUnsafeMutableWritableBytes { space -> Int? in
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        let status = CZlib.deflate(stream, Z_SYNC_FLUSH)
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        guard status == Z_OK, stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 else { return nil }
        return room - Int(stream.pointee.avail_out)
      }
    }
    guard let written, let shorter = MessageDeflate.length(compressed: written, original: length) else {
      return nil
    }
    output.moveWriterIndex(forwardBy: shorter)
    return output
  }
}
