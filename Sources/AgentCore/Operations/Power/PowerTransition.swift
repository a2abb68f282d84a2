/// A way in which this machine goes down.
enum PowerTransition: String, Sendable, CaseIterable {
  /// And comes up again.
  case reboot = "vm.reboot"
  /// And stays down.
  case shutdown = "vm.shutdown"

  /// For the capabilities.
  var description: String {
    switch self {
    case .reboot: "Reboot this machine"
    case .shutdown: "Shut this machine down"
    }
  }
}
