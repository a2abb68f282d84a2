import AgentProtocol
import HostControl
import JSON

/// `vm.reboot` and `vm.shutdown`, executed when no other command runs. The shutdown is delayed until the result is delivered.
struct PowerOperation: Operation {
  let entry: CatalogueEntry
  let executionMode = ExecutionMode.barrier
  private let transition: PowerTransition
  private let watch: PowerWatch

  init(_ transition: PowerTransition, watch: PowerWatch) {
    entry = CatalogueEntry(transition.rawValue, transition.description)
    self.transition = transition
    self.watch = watch
  }

  /// Both operations, in the order of the catalogue.
  static func all(_ watch: PowerWatch) -> [PowerOperation] {
    PowerTransition.allCases.map { PowerOperation($0, watch: watch) }
  }

  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    do {
      try await watch.request(transition, for: context.commandID)
      return .completed(["stdout": "", "stderr": ""])
    } catch {
      return .failed(error.resultCode, "\(error)")
    }
  }

  func wasDelivered() {
    watch.releaseDelay()
  }
}
