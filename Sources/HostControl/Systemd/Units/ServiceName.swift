/// The name of a service unit, as systemd.unit(5) allows it.
public struct ServiceName: Sendable, Hashable, CustomStringConvertible {
  /// The longest unit name that systemd takes, in bytes with the suffix.
  public static let maximumLength = 255

  private static let suffix = ".service"

  /// The whole name, `nginx.service`.
  public let text: String

  /// The name.
  public var description: String { text }

  /// Checks a name; one without a suffix gets `.service`.
  ///
  /// A bare name is one that does not end in a unit type of systemd: `php8.2-fpm` becomes `php8.2-fpm.service`, while
  /// `reboot.target` is another kind of unit and refused.
  ///
  /// - Throws: `ServiceNameError` when it is too long, has characters that no unit name has, names another kind of unit
  ///   or the template of an instance (`getty@.service`) instead of an instance.
  public init(_ text: String) throws(ServiceNameError) {
    guard !text.isEmpty else { throw ServiceNameError(text, "it is empty") }
    let isBare = !Self.unitTypes.contains { text.hasSuffix($0) }
    let name = isBare ? text + Self.suffix : text
    guard name.utf8.count <= Self.maximumLength else {
      throw ServiceNameError(text, "it is longer than \(Self.maximumLength) bytes")
    }
    guard name.utf8.allSatisfy(Self.isValid) else {
      throw ServiceNameError(text, "a unit name has letters, digits and :-_.\\@ only")
    }
    guard name.hasSuffix(Self.suffix) else { throw ServiceNameError(text, "it is no .service unit") }
    let stem = name.dropLast(Self.suffix.count)
    guard let first = stem.first, first != "@" else {
      throw ServiceNameError(text, "there is no name before the suffix")
    }
    guard stem.last != "@" else {
      throw ServiceNameError(text, "it is a template; name an instance, such as \(stem)1\(Self.suffix)")
    }
    self.text = name
  }

  /// Whether nobody may act on this unit by way of the agent: it takes the machine down, puts it to sleep, or opens a shell.
  ///
  /// An alias has another name than its unit: check the name that `Systemd.realName(of:)` gives too.
  public var isProtected: Bool { Self.protected.contains(text) }

  private static let unitTypes = [
    ".service", ".socket", ".target", ".device", ".mount", ".automount", ".swap", ".timer", ".path", ".slice",
    ".scope", ".snapshot", ".busname",
  ]

  private static let protected: Set<String> = [
    "systemd-reboot.service", "systemd-poweroff.service", "systemd-halt.service", "systemd-kexec.service",
    "systemd-soft-reboot.service", "systemd-exit.service", "systemd-suspend.service",
    "systemd-hibernate.service",
    "systemd-hybrid-sleep.service", "systemd-suspend-then-hibernate.service", "debug-shell.service",
    "emergency.service", "rescue.service",
  ]

  private static func isValid(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default:
      ":-_.\\@".utf8.contains(byte)
    }
  }
}
