import AgentProtocol
import Encoding
import HostControl
import JSON

extension ServiceOperation {
  /// `services.start`, `stop`, `restart`, `reload`, `enable` and `disable`.
  struct Change: Operation {
    let entry: CatalogueEntry
    let executionMode = ExecutionMode.ordered
    private let change: ServiceChange
    private let supervisor: any ServiceSupervisor
    private let startProblem: @Sendable () -> String?

    /// - Parameter startProblem: Returns why the agent would not start after a restart; nil = it would.
    init(
      _ change: ServiceChange, supervisor: any ServiceSupervisor,
      startProblem: @escaping @Sendable () -> String?
    ) {
      entry = CatalogueEntry(
        "services.\(change.verb)", change.description,
        parameters: [.init("name", .string, "Its name, with or without .service")])
      self.change = change
      self.supervisor = supervisor
      self.startProblem = startProblem
    }

    func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> ServiceName {
      try ServicePolicy.name(in: params, for: change)
    }

    func run(_ name: ServiceName, in context: CommandContext) async -> OperationOutcome {
      do throws(SystemdError) {
        let realName = try await supervisor.realName(of: name.text)
        if let refusal = refusal(of: realName) { return .refused(refusal) }
        let relation = try await relationToAgent(of: realName)
        do throws(Refusal) { try ServicePolicy.check(realName, is: relation, for: change) } catch {
          return .refused(error)
        }
        guard let job = change.job else { return try await changeBoot(name) }
        if change == .restart, relation != .none { return try await restartAgent(by: name) }
        let result = try await supervisor.perform(job, on: name.text)
        if result == "done" { return .completed(output(name, success: true, done(name))) }
        return failure(name, .failed, "the job to \(change.verb) \(name.text) ended with \"\(result)\"")
      } catch {
        return failure(name, error.resultCode, "\(error)")
      }
    }

    private func changeBoot(_ name: ServiceName) async throws(SystemdError) -> OperationOutcome {
      let verdict =
        change == .enable
        ? try await supervisor.enable(name.text).enabled : try await supervisor.disable(name.text).disabled
      switch verdict {
      case .done(let note):
        return .completed(output(name, success: true, note.isEmpty ? done(name) : "\(done(name)); \(note)"))
      case .already(let state):
        return .completed(output(name, success: true, "\(name.text): nothing was changed, \(state) already"))
      case .failed(let reason):
        return failure(name, .failed, "cannot \(change.verb) \(name.text): \(reason)")
      }
    }

    /// The relation of a unit to the agent's, for changes that can stop the agent.
    private func relationToAgent(of unit: String) async throws(SystemdError) -> OwnUnitRelation {
      switch change {
      case .start, .stop, .restart, .disable: try await supervisor.relationToOwnUnit(of: unit)
      case .reload, .enable: .none
      }
    }

    /// Restarts a unit whose restart restarts the agent as well. The result only confirms that systemd has accepted the job. It is
    /// delivered before the agent ends, or after its restart.
    private func restartAgent(by name: ServiceName) async throws(SystemdError) -> OperationOutcome {
      if let problem = startProblem() {
        return failure(
          name, .failed,
          "nothing was restarted: the agent would not start again: \(problem.prefix(bytes: 512))"
        )
      }
      try await supervisor.enqueue(.restart, on: name.text)
      return .completed(
        output(name, success: true, "\(name.text): restart accepted, the agent restarts with it"))
    }

    private func done(_ name: ServiceName) -> String { "\(name.text): \(change.verb) done" }

    /// Checks the primary name of the unit. The name in the command was checked by the gate.
    private func refusal(of realName: String) -> Refusal? {
      do throws(Refusal) {
        let name: ServiceName
        do throws(ServiceNameError) { name = try ServiceName(realName) } catch {
          throw Refusal(.notPermitted, "the unit is \(realName.prefix(bytes: 256)), which is no service")
        }
        try ServicePolicy.check(name, for: change)
        return nil
      } catch {
        return error
      }
    }

    private func failure(
      _ name: ServiceName, _ code: ResultPayload.Code, _ message: String
    ) -> OperationOutcome {
      .failed(code, message, output: output(name, success: false, message))
    }

    private func output(_ name: ServiceName, success: Bool, _ message: String) -> JSONValue {
      [
        "service": .string(name.text), "action": .string(change.verb), "success": .bool(success),
        "message": .string(message),
      ]
    }
  }
}

extension SystemdError {
  /// The code of the result.
  var resultCode: ResultPayload.Code { code == .unavailable ? .unsupported : .failed }
}
