import AgentProtocol
import HostControl
import JSON

/// `vm.reboot` and `vm.shutdown`: the machine goes down, after everything that runs has ended and the result is delivered.
struct PowerOperation: Operation {
  /// See ``Operation``.
  let entry: CatalogueEntry
  /// See ``Operation``.
  let pace = Pace.last
  private let transition: PowerTransition
  private let watch: PowerWatch

  /// The operation.
  init(_ transition: PowerTransition, watch: PowerWatch) {
    entry = CatalogueEntry(transition.rawValue, transition.description)
    self.transition = transition
    self.watch = watch
  }

  /// Both of them, in the order of the catalogue.
  static func all(_ watch: PowerWatch) -> [PowerOperation] {
    PowerTransition.allCases.map { PowerOperation($0, watch: watch) }
  }

  /// See ``Operation``.
  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    do {
      try await watch.request(transition, for: context.commandID)
      return .completed(["stdout": "", "stderr": ""])
    } catch {
      return .failed(error.resultCode, "\(error)")
    }
  }

  /// See ``Operation``. The machine need not wait any longer.
  func wasDelivered() {
    watch.letGo()
  }
}
