import AgentProtocol
import HostControl
import JSON

/// `services.start`, `stop`, `restart`, `reload`, `enable` and `disable`.
struct ServicesChange: Operation {
  /// See ``Operation``.
  let entry: CatalogueEntry
  /// See ``Operation``.
  let pace = Pace.ordered
  private let change: ServiceChange
  private let supervisor: any ServiceSupervisor

  /// The operation that makes `change`, to this machine's services.
  init(_ change: ServiceChange, supervisor: any ServiceSupervisor) {
    entry = CatalogueEntry(
      "services.\(change.verb)", change.description,
      parameters: [.init("name", .string, "Its name, with or without .service")])
    self.change = change
    self.supervisor = supervisor
  }

  /// All of them, in the order of the catalogue.
  static func all(_ supervisor: any ServiceSupervisor) -> [ServicesChange] {
    ServiceChange.allCases.map { ServicesChange($0, supervisor: supervisor) }
  }

  /// See ``Operation``.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) -> ServiceName {
    try ServicePolicy.name(in: params, for: change)
  }

  /// See ``Operation``.
  func run(_ name: ServiceName, in context: CommandContext) async -> OperationOutcome {
    do throws(SystemdError) {
      let realName = try await supervisor.realName(of: name.text)
      if let refusal = refusal(of: realName) { return .refused(refusal) }
      guard let job = change.job else {
        return .completed(output(name, success: true, try await changeBoot(name)))
      }
      let result = try await supervisor.perform(job, on: name.text)
      if result == "done" { return .completed(output(name, success: true, done(name))) }
      return failure(name, .failed, "the job to \(change.verb) \(name.text) ended with \"\(result)\"")
    } catch {
      return failure(name, error.resultCode, "\(error)")
    }
  }

  private func changeBoot(_ name: ServiceName) async throws(SystemdError) -> String {
    guard change == .enable else {
      try await supervisor.disable(name.text)
      return done(name)
    }
    return try await supervisor.enable(name.text)
      ? done(name)
      : "\(name.text) has no [Install] section: it is started by other units, and was not changed"
  }

  private func done(_ name: ServiceName) -> String { "\(name.text): \(change.verb) done" }

  /// A name that the manager gave and that is none for us is as good as any: it was checked as it was sent.
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

extension SystemdError {
  /// What it means for a result.
  var resultCode: ResultPayload.Code { code == .unavailable ? .unsupported : .failed }
}
