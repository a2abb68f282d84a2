/// A change of the machine's power state. The raw value is the name of the operation.
enum PowerTransition: String, Sendable, CaseIterable {
  case reboot = "vm.reboot"
  case shutdown = "vm.shutdown"

  /// The description in the capabilities.
  var description: String {
    switch self {
    case .reboot: "Reboot this machine"
    case .shutdown: "Shut this machine down"
    }
  }
}
