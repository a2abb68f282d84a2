import AgentProtocol
import HostControl
import JSON

/// `services.list`: all loaded services.
struct ServicesList: Operation {
  let entry = CatalogueEntry("services.list", "All loaded services and their states")
  let executionMode = ExecutionMode.immediate
  /// 5,000 units of 2.4 KB each, from the bus message to the output.
  let queryCost = QueryCost.shared(bytes: 12 << 20)
  private let supervisor: any ServiceSupervisor

  init(supervisor: any ServiceSupervisor) {
    self.supervisor = supervisor
  }

  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    do {
      let units = try await supervisor.services()
      return .completed(.array(units.sorted { $0.id < $1.id }.map(\.json)))
    } catch {
      return .failed(error.resultCode, "\(error)")
    }
  }
}

/// `services.get`: a single service.
struct ServicesGet: Operation {
  let entry = CatalogueEntry(
    "services.get", "The state of one service",
    parameters: [.init("name", .string, "Its name, with or without .service")])
  let executionMode = ExecutionMode.immediate
  /// All properties of a unit.
  let queryCost = QueryCost.shared(bytes: 64 << 10)
  private let supervisor: any ServiceSupervisor

  init(supervisor: any ServiceSupervisor) {
    self.supervisor = supervisor
  }

  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> ServiceName {
    try ServicePolicy.name(in: params, for: nil)
  }

  func run(_ name: ServiceName, in context: CommandContext) async -> OperationOutcome {
    do {
      return .completed(try await supervisor.service(name.text).json)
    } catch {
      return .failed(error.resultCode, "\(error)")
    }
  }
}
