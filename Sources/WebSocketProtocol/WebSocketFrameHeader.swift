/// The header of an unfragmented frame from client to server (RFC 6455, section 5.2).
package struct WebSocketFrameHeader: Sendable {
  package enum Opcode: UInt8, Sendable {
    case binary = 2
    case close = 8
    case pong = 10
  }

  /// The maximum length of an encoded header in bytes.
  package static let maximumLength = 14

  package var opcode: Opcode
  /// The length of the payload in bytes.
  package var length: Int
  package var isCompressed: Bool

  package init(opcode: Opcode, length: Int, isCompressed: Bool = false) {
    self.opcode = opcode
    self.length = length
    self.isCompressed = isCompressed
  }

  /// Encodes the header and the masking key.
  ///
  /// - Parameter bytes: memory for at least ``maximumLength`` bytes.
  /// - Returns: the number of bytes written.
  package func encode(_ mask: WebSocketMask, to bytes: UnsafeMutableRawBufferPointer) -> Int {
    bytes[0] = 0x80 | (isCompressed ? 0x40 : 0) | opcode.rawValue
    var count = 2
    func append(_ value: UInt64, bytes width: Int) {
      for shift in (0..<width).reversed() {
        bytes[count] = UInt8(truncatingIfNeeded: value >> UInt64(shift * 8))
        count += 1
      }
    }
    switch length {
    case ...125:
      bytes[1] = 0x80 | UInt8(truncatingIfNeeded: length)
    case ...0xFFFF:
      bytes[1] = 0x80 | 126
      append(UInt64(length), bytes: 2)
    default:
      bytes[1] = 0x80 | 127
      append(UInt64(length), bytes: 8)
    }
    append(UInt64(mask.key.byteSwapped), bytes: 4)
    return count
  }
}

/// The masking of client frames (RFC 6455, section 5.3).
package struct WebSocketMask: Sendable {
  /// The four bytes in network order, the first in the lowest bits.
  package let key: UInt32

  /// - Parameter key: a random number.
  package init(key: UInt32) {
    self.key = key
  }

  /// Masks bytes in place, eight at a time, because this runs over every byte sent.
  ///
  /// - Parameter offset: the offset of these bytes in the payload of the frame.
  package func apply(to bytes: UnsafeMutableRawBufferPointer, offset: Int) {
    let shift = UInt32(truncatingIfNeeded: offset & 3) * 8
    let rotated = shift == 0 ? key : key >> shift | key << (32 - shift)
    let pattern = UInt64(rotated) | UInt64(rotated) << 32
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
