import AgentProtocol
import HostControl
import JSON

/// The operations `services.*`.
enum ServiceOperation {
  /// All operations, in the order of the catalogue.
  ///
  /// - Parameter startProblem: Returns why the agent would not start after a restart; nil = it would.
  static func all(
    _ supervisor: any ServiceSupervisor, startProblem: @escaping @Sendable () -> String?
  ) -> [any Operation] {
    [List(supervisor: supervisor), Get(supervisor: supervisor)]
      + ServiceChange.allCases.map { Change($0, supervisor: supervisor, startProblem: startProblem) }
  }

  /// `services.list`: all loaded services.
  struct List: Operation {
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
  struct Get: Operation {
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
}

extension ServiceUnit {
  /// The unit in the results of `services.list` and `services.get`.
  var json: JSONValue {
    var object: JSONObject = [
      "name": .string(id), "description": .string(description), "state": .string(state),
      "sub_state": .string(subState), "enabled": .bool(isEnabled),
    ]
    object.append("pid", ifPresent: mainPID.map { .integer(Int64($0)) })
    object.append("since", ifPresent: since.map(JSONValue.integer))
    return .object(object)
  }

  /// The permanent states of the protocol; transitions are `unknown`.
  private var state: String {
    switch activeState {
    case "active", "inactive", "failed": activeState
    default: "unknown"
    }
  }
}
