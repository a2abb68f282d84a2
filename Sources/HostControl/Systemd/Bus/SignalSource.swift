import Encoding

/// Identifies the sender of a signal.
///
/// Any client of the bus may send a unicast signal to this process, which arrives regardless of the match rules. sd-bus does not
/// filter it: a rule has systemd's well-known name, a message only the unique name of its sender. The bus daemon sets the unique
/// name, so it can be trusted. Its owner is queried and tracked, as `systemctl daemon-reexec` gives systemd a new one.
struct SignalSource {
  enum Origin: Equatable {
    case systemd
    /// The bus daemon.
    case bus
    case other
  }

  /// The reserved name of the bus daemon.
  static let bus = "org.freedesktop.DBus"
  /// systemd's well-known name.
  static let systemd = "org.freedesktop.systemd1"

  /// systemd's unique name, such as `:1.0`; nil while it is unknown or has no owner.
  private var owner: String?

  /// The origin of a message with this unique name as its sender.
  func origin(of sender: String?) -> Origin {
    guard let sender else { return .other }
    if let owner, sender.hasSameBytes(as: owner) { return .systemd }
    if sender.hasSameBytes(as: Self.bus) { return .bus }
    return .other
  }

  /// Records systemd's unique name; an empty name means that it has no owner.
  mutating func learn(_ name: String) {
    owner = name.isEmpty ? nil : name
  }

  /// Records that a well-known name has another owner.
  mutating func ownerChanged(of name: String, to new: String) {
    if name.hasSameBytes(as: Self.systemd) { learn(new) }
  }
}
