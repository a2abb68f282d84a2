import CZlib
import NIOCore

/// Compresses WebSocket messages without context takeover (RFC 7692, section 7.2.1).
final class MessageDeflater {
  /// The length in bytes below which messages are not compressed.
  static let minimumLength = 64
  /// The maximum length of a message before compression, in bytes. Longer messages do not compress better.
  static let maximumLength = 64 * 1024

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
    guard isUsable, length <= Self.maximumLength else { return nil }
    guard deflateReset(stream) == Z_OK else {
      isUsable = false
      return nil
    }
    // The result is used only if it is shorter than the original. The tail that is removed takes four more bytes.
    var output = ByteBufferAllocator().buffer(capacity: length + 4)
    let written = message.withUnsafeReadableBytes { input -> Int? in
      output.withUnsafeMutableWritableBytes { space -> Int? in
        stream.pointee.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = space.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let room = length + 4
        stream.pointee.avail_out = UInt32(room)
        let status = CZlib.deflate(stream, Z_SYNC_FLUSH)
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        guard status == Z_OK, stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 else { return nil }
        return room - Int(stream.pointee.avail_out)
      }
    }
    // A flush ends with an empty block, 00 00 FF FF, which the receiver appends again.
    guard let written, written > 4, written - 4 < length else { return nil }
    output.moveWriterIndex(forwardBy: written - 4)
    return output
  }
}
