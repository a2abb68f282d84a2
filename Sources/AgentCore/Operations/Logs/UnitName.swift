/// The valid name of a systemd unit of any type (systemd.unit(5)). It is never a pattern or a path.
struct UnitName: Sendable, Hashable, CustomStringConvertible {
  private static let types = [
    "service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope",
  ]

  /// The name with its type.
  let text: String

  /// Validates a name; nil when it is invalid. `.service` is appended to a name without a type, as in systemctl(1).
  init?(_ text: String) {
    let hasType = Self.types.contains { text.hasSuffix(".\($0)") }
    let whole = hasType ? text : "\(text).service"
    guard whole.utf8.count <= 255, whole.utf8.first != UInt8(ascii: "."),
      whole.utf8.first != UInt8(ascii: "@"),
      whole.utf8.allSatisfy(Self.isAllowed)
    else { return nil }
    self.text = whole
  }

  var description: String { text }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "@"):
      true
    default: false
    }
  }
}
