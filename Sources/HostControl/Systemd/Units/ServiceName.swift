import Encoding

/// The name of a service unit, as systemd.unit(5) allows it.
public struct ServiceName: Sendable, Hashable, CustomStringConvertible {
  /// The longest unit name that systemd accepts, in bytes including the suffix.
  public static let maximumLength = 255

  private static let suffix = ".service"

  /// The name with its suffix, `nginx.service`.
  public let text: String

  /// The name with its suffix.
  public var description: String { text }

  /// Validates a name, and appends `.service` to one that does not end in a unit type of systemd.
  ///
  /// `php8.2-fpm` becomes `php8.2-fpm.service`, while `reboot.target` is a unit of another type and rejected.
  ///
  /// - Throws: `ServiceNameError` for a name that is too long, has invalid characters, or is that of a unit of another type or of
  ///   a template (`getty@.service`).
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
    guard name.hasSuffix(Self.suffix) else { throw ServiceNameError(text, "it is not a .service unit") }
    let stem = name.dropLast(Self.suffix.count)
    guard let first = stem.first, first != "@" else {
      throw ServiceNameError(text, "the name before the suffix is missing")
    }
    guard stem.last != "@" else {
      throw ServiceNameError(text, "it is a template; name an instance, such as \(stem)1\(Self.suffix)")
    }
    self.text = name
  }

  /// Whether the agent rejects all actions on this unit: it shuts the machine down, suspends it, or opens a shell.
  ///
  /// Check the name that `Systemd.realName(of:)` returns too: an alias has another name than its unit.
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

/// A text is not the name of a service.
public struct ServiceNameError: Error, Equatable, CustomStringConvertible {
  /// One sentence with the text and the reason.
  public let description: String

  init(_ text: String, _ reason: String) {
    let shown = text.utf8.count > 64 ? "\(text.prefix(bytes: 64))…" : text
    description = "\"\(shown)\" is not the name of a service: \(reason)"
  }
}
