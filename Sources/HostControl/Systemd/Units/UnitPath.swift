import Encoding

/// The object path of a unit on the bus: a prefix and the name, in which each byte other than letters and digits is `_` and two
/// hexadecimal digits, sd_bus_path_encode(3).
enum UnitPath {
  private static let prefix = "/org/freedesktop/systemd1/unit/"

  /// The object path of a unit. systemd loads the unit when a method is called there.
  static func encode(_ unit: String) -> String {
    var path = prefix
    for (index, byte) in unit.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
        path.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "0")...UInt8(ascii: "9") where index > 0:
        path.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        path += "_"
        path.unicodeScalars.append(Unicode.Scalar(Hexadecimal.digit(byte >> 4)))
        path.unicodeScalars.append(Unicode.Scalar(Hexadecimal.digit(byte)))
      }
    }
    return path
  }

  /// The unit with an object path; nil for the path of another object.
  static func decode(_ path: String) -> String? {
    guard path.utf8.starts(with: prefix.utf8) else { return nil }
    var name: [UInt8] = []
    var rest = path.utf8.dropFirst(prefix.utf8.count)
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "_") else {
        name.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(Hexadecimal.value),
        let low = rest.popFirst().flatMap(Hexadecimal.value)
      else {
        return nil
      }
      name.append(high << 4 | low)
    }
    return name.isEmpty ? nil : String(decoding: name, as: UTF8.self)
  }
}
