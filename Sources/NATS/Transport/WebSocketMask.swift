import NIOCore

/// The masking of client frames (RFC 6455, section 5.3).
struct WebSocketMask {
  /// The four bytes in network order, the first in the lowest bits.
  private let key: UInt32

  static func random() -> WebSocketMask {
    WebSocketMask(key: UInt32.random(in: .min ... .max))
  }

  init(key: UInt32) {
    self.key = key
  }

  func write(to buffer: inout ByteBuffer) {
    buffer.writeInteger(key, endianness: .little)
  }

  /// Masks the readable bytes in place, eight at a time, because this runs over every byte sent.
  ///
  /// - Parameter offset: the offset of these bytes in the payload of the frame.
  func apply(to buffer: inout ByteBuffer, offset: Int) {
    let shift = UInt32(truncatingIfNeeded: offset & 3) * 8
    let rotated = shift == 0 ? key : key >> shift | key << (32 - shift)
    let pattern = UInt64(rotated) | UInt64(rotated) << 32
    buffer.withUnsafeMutableReadableBytes { bytes in
      var index = 0
      let wholeWords = bytes.count & ~7
      while index < wholeWords {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        bytes.storeBytes(of: (word ^ pattern).littleEndian, toByteOffset: index, as: UInt64.self)
        index &+= 8
      }
      while index < bytes.count {
        bytes[index] ^= UInt8(truncatingIfNeeded: pattern >> UInt64(index & 7 &* 8))
        index &+= 1
      }
    }
  }
}
