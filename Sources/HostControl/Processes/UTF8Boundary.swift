/// Trims UTF-8 to whole characters (RFC 3629).
public enum UTF8Boundary {
  /// Drops an incomplete character at the end.
  public static func droppingPartialEnd(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var start = bytes.endIndex
    while start > bytes.startIndex, bytes.endIndex - start < 4 {
      start -= 1
      let byte = bytes[start]
      if isContinuation(byte) { continue }
      return bytes.endIndex - start < length(lead: byte) ? bytes[..<start] : bytes
    }
    return bytes
  }

  /// Drops continuation bytes (at most three) of a character that began before.
  public static func droppingPartialStart(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    bytes.dropFirst(bytes.prefix(3).prefix(while: isContinuation).count)
  }

  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0b1100_0000 == 0b1000_0000 }

  private static func length(lead: UInt8) -> Int {
    switch lead {
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: 1
    }
  }
}
