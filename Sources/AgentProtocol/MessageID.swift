import Encoding

/// The ids of envelopes: random UUIDs (RFC 9562, version 4), in lower case.
public enum MessageID {
  /// Creates an id.
  public static func random() -> String {
    var generator = SystemRandomNumberGenerator()
    let high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return String(unsafeUninitializedCapacity: 36) { buffer in
      var position = 0
      for (word, groups) in [(high, [8, 4, 4]), (low, [4, 12])] {
        var shift: UInt64 = 64
        for group in groups {
          if position > 0 {
            buffer[position] = UInt8(ascii: "-")
            position += 1
          }
          for _ in 0..<group {
            shift -= 4
            buffer[position] = Hexadecimal.digit(UInt8(truncatingIfNeeded: word >> shift))
            position += 1
          }
        }
      }
      return position
    }
  }
}
