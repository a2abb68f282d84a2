/// Whose signals count.
///
/// Everybody on the bus may send a signal to this process alone, and that one comes whatever the matches say. sd-bus cannot
/// tell it from systemd's either: a rule has systemd's well-known name, a message only its sender's unique one. That one is
/// put in by the bus, so it can be relied on; whom it belongs to is asked for, and followed, as `systemctl daemon-reexec`
/// gives systemd another.
struct SignalSource {
  enum Origin: Equatable {
    case systemd
    /// The bus itself.
    case bus
    case stranger
  }

  /// The name of the bus itself, which nobody else can have.
  static let bus = "org.freedesktop.DBus"
  /// systemd's well-known name.
  static let systemd = "org.freedesktop.systemd1"

  /// systemd's unique name, `:1.0`; nil while it is not known or there is none.
  private var owner: String?

  /// Who sent a message.
  func origin(of sender: String?) -> Origin {
    switch sender {
    case nil: .stranger
    case Self.bus: .bus
    case owner: .systemd
    default: .stranger
    }
  }

  /// The bus has said who systemd is; an empty name means that there is none.
  mutating func learn(_ name: String) {
    owner = name.isEmpty ? nil : name
  }

  /// The bus has said that a well-known name has another owner.
  mutating func ownerChanged(of name: String, to new: String) {
    if name == Self.systemd { learn(new) }
  }
}
