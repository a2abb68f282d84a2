/// CRC-32 as in zlib and PNG: polynomial 0xEDB88320, reflected.
public enum CRC32 {
  /// The checksum of some bytes.
  ///
  /// - Parameter start: The checksum of the bytes before them.
  public static func of(_ bytes: ArraySlice<UInt8>, after start: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBufferPointer { bytes in
      tables.withUnsafeBufferPointer { tables in
        ~update(~start, bytes, tables)
      }
    }
  }

  /// Eight bytes a step (slicing-by-8, Intel 2006); table `n` holds the effect of a byte that `n` zero bytes follow.
  private static func update(
    _ start: UInt32, _ bytes: UnsafeBufferPointer<UInt8>, _ tables: UnsafeBufferPointer<UInt32>
  ) -> UInt32 {
    var sum = start
    var index = 0
    while index &+ 8 <= bytes.count {
      let low =
        sum ^ UInt32(bytes[index]) ^ UInt32(bytes[index &+ 1]) << 8 ^ UInt32(bytes[index &+ 2]) << 16
        ^ UInt32(bytes[index &+ 3]) << 24
      let first =
        tables[1792 &+ Int(low & 0xFF)] ^ tables[1536 &+ Int(low >> 8 & 0xFF)]
        ^ tables[1280 &+ Int(low >> 16 & 0xFF)] ^ tables[1024 &+ Int(low >> 24)]
      let second =
        tables[768 &+ Int(bytes[index &+ 4])] ^ tables[512 &+ Int(bytes[index &+ 5])]
        ^ tables[256 &+ Int(bytes[index &+ 6])] ^ tables[Int(bytes[index &+ 7])]
      sum = first ^ second
      index &+= 8
    }
    while index < bytes.count {
      sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[index])) & 0xFF)]
      index &+= 1
    }
    return sum
  }

  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var sum = UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : sum >> 1 ^ 0xEDB8_8320 }
      tables[byte] = sum
    }
    for index in 256..<tables.count {
      let shorter = tables[index - 256]
      tables[index] = shorter >> 8 ^ tables[Int(shorter & 0xFF)]
    }
    return tables
  }()
}

/// CRC-16/XMODEM: polynomial 0x1021, initial value 0, most significant bit first.
public enum CRC16 {
  /// The checksum of some bytes.
  public static func of(_ bytes: some Sequence<UInt8>) -> UInt16 {
    var sum: UInt16 = 0
    for byte in bytes {
      sum ^= UInt16(byte) << 8
      for _ in 0..<8 {
        sum = sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021
      }
    }
    return sum
  }
}

/// FNV-1a with 64 bits: a digest that is the same in every process. Not for secrets, and not collision-resistant.
public enum FNV1a {
  /// The digest of some bytes.
  @inlinable
  public static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
  }
}
