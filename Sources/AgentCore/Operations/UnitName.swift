/// The name of a systemd unit of any type (systemd.unit(5)), so that it can be nothing else: no pattern, no path.
struct UnitName: Sendable, Hashable, CustomStringConvertible {
  private static let types = [
    "service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope",
  ]

  /// The whole name.
  let text: String

  /// The name, or nil when `text` cannot be one. A name without a type is a service's, as for systemctl(1).
  init?(_ text: String) {
    let hasType = Self.types.contains { text.hasSuffix(".\($0)") }
    let whole = hasType ? text : "\(text).service"
    guard whole.utf8.count <= 255, whole.utf8.first != UInt8(ascii: "."),
      whole.utf8.first != UInt8(ascii: "@"),
      whole.utf8.allSatisfy(Self.isAllowed)
    else { return nil }
    self.text = whole
  }

  /// The whole name.
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
