import AgentProtocol
import HostControl
import JSON

/// `services.list`: every service that is loaded.
struct ServicesList: Operation {
  /// See ``Operation``.
  let entry = CatalogueEntry("services.list", "All loaded services and their states")
  /// See ``Operation``.
  let pace = Pace.immediate
  /// 5,000 units of 2.4 KB each, from the bus to the output.
  let queryCost = QueryCost.shared(bytes: 12 << 20)
  private let supervisor: any ServiceSupervisor

  /// The operation, for this machine's services.
  init(supervisor: any ServiceSupervisor) {
    self.supervisor = supervisor
  }

  /// See ``Operation``.
  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    do {
      let units = try await supervisor.services()
      return .completed(.array(units.sorted { $0.id < $1.id }.map(\.json)))
    } catch {
      return .failed(error.resultCode, "\(error)")
    }
  }
}

/// `services.get`: one of them.
struct ServicesGet: Operation {
  /// See ``Operation``.
  let entry = CatalogueEntry(
    "services.get", "The state of one service",
    parameters: [.init("name", .string, "Its name, with or without .service")])
  /// See ``Operation``.
  let pace = Pace.immediate
  /// All properties of one unit.
  let queryCost = QueryCost.shared(bytes: 64 << 10)
  private let supervisor: any ServiceSupervisor

  /// The operation, for this machine's services.
  init(supervisor: any ServiceSupervisor) {
    self.supervisor = supervisor
  }

  /// See ``Operation``.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> ServiceName {
    try ServicePolicy.name(in: params, for: nil)
  }

  /// See ``Operation``.
  func run(_ name: ServiceName, in context: CommandContext) async -> OperationOutcome {
    do {
      return .completed(try await supervisor.service(name.text).json)
    } catch {
      return .failed(error.resultCode, "\(error)")
    }
  }
}
