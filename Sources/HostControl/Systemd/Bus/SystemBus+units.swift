extension SystemBus {
  /// The loaded units whose names match a glob pattern, such as `*.service`.
  func units(matching pattern: String) async throws(SystemdError) -> [ServiceUnit] {
    let call = BusCall.manager(
      "ListUnitsByPatterns", [.strings([]), .strings([pattern])], to: "list units")
    return try await self.call(call) { reader throws(BusReadFailure) in
      try reader.array(of: "(ssssssouso)") { reader throws(BusReadFailure) in
        try reader.structure("ssssssouso") { reader throws(BusReadFailure) in
          let unit = ServiceUnit(
            id: try reader.string(), description: try reader.string(), loadState: try reader.string(),
            activeState: try reader.string(), subState: try reader.string())
          try reader.skip("souso")
          return unit
        }
      }
    }
  }

  /// All loaded services.
  func services() async throws(SystemdError) -> [ServiceUnit] {
    let units = try await units(matching: "*.service").filter { $0.loadState != "not-found" }
    // systemd cannot list these properties, so all are queried at once. Its list of unit files costs more than all these queries
    // together and lacks instances and aliases, while systemd caches the state of a unit.
    var questions: [(unit: Int, property: String)] = []
    for (index, unit) in units.enumerated() {
      questions.append((index, "StateChangeTimestamp"))
      questions.append((index, "UnitFileState"))
      if unit.activeState != "inactive" && unit.activeState != "failed" {
        questions.append((index, "MainPID"))
      }
    }
    let answers = try await calls(
      questions.map {
        .property(
          $0.property, of: $0.property == "MainPID" ? "Service" : "Unit", on: units[$0.unit].id,
          to: "list units")
      }
    ) { _, reader throws(BusReadFailure) in try reader.variant() }
    var found = units.map { _ in [String: BusValue]() }
    for (question, answer) in zip(questions, answers) {
      switch answer {
      case .success(let value): found[question.unit][question.property] = value
      // The unit may have been unloaded meanwhile.
      case .failure(let error) where error.code == .refused || error.code == .unitNotFound: continue
      case .failure(let error): throw error
      }
    }
    return zip(units, found).map { ServiceUnit($0, $1) }
  }

  /// One service.
  func service(_ name: String) async throws(SystemdError) -> ServiceUnit {
    let values = try await properties(
      of: name,
      unit: [
        "Id", "Description", "LoadState", "ActiveState", "SubState", "UnitFileState", "StateChangeTimestamp",
      ],
      service: ["MainPID"], to: "query \(name)")
    return ServiceUnit(values, name: name)
  }

  /// The properties that autoheal decides by.
  func traits(of name: String) async throws(SystemdError) -> ServiceTraits {
    let values = try await properties(
      of: name,
      unit: ServiceTraits.wanting.union([
        "Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "Transient", "TriggeredBy",
      ]),
      service: ["Type", "Result", "Restart"], to: "query \(name)")
    return ServiceTraits(values, name: name)
  }

  /// The name of the unit that a name or an alias refers to.
  func realName(of name: String) async throws(SystemdError) -> String {
    try await realName(of: name, to: "query \(name)")
  }

  private func realName(of name: String, to purpose: String) async throws(SystemdError) -> String {
    let calls: [BusCall] = ["Id", "LoadState"].map {
      .property($0, of: "Unit", on: name, to: purpose)
    }
    let answers = try await self.calls(calls) { _, reader throws(BusReadFailure) in try reader.variant() }
    guard try answers[1].get().string != "not-found", let id = try answers[0].get().string else {
      throw .notFound(name)
    }
    return id
  }

  /// Runs an action while holding the lock on a unit, which a name or an alias refers to.
  ///
  /// - Parameter body: Receives the real name of the unit, or `name` when systemd has no such unit.
  func withLock<Answer: Sendable>(
    onUnit name: String, to purpose: String, _ body: (String) async throws(SystemdError) -> Answer
  ) async throws(SystemdError) -> Answer {
    var unit = name
    do throws(SystemdError) {
      unit = try await realName(of: name, to: purpose)
    } catch {
      // The action fails too, and with a better message.
      guard error.code == .unitNotFound || error.code == .refused else { throw error }
    }
    return try await withLock(on: unit, to: purpose) { () throws(SystemdError) in try await body(unit) }
  }

  /// Performs an action on a service and waits until the job has ended.
  func perform(_ action: ServiceAction, on name: String) async throws(SystemdError) -> String {
    let purpose = "\(action.rawValue) \(name)"
    return try await withLock(onUnit: name, to: purpose) { _ throws(SystemdError) in
      try await runJob(.manager(action.method, [.string(name), .string("replace")], to: purpose))
    }
  }

  /// Enqueues an action on a service without waiting until the job has ended.
  func enqueue(_ action: ServiceAction, on name: String) async throws(SystemdError) {
    let purpose = "\(action.rawValue) \(name)"
    let call = BusCall.manager(action.method, [.string(name), .string("replace")], to: purpose)
    _ = try await self.call(call) { reader throws(BusReadFailure) in try reader.objectPath() }
  }

  func properties(
    of name: String, unit: Set<String>, service: [String], to purpose: String
  ) async throws(SystemdError) -> [String: BusValue] {
    let calls =
      [BusCall.allProperties(of: "Unit", on: name, to: purpose)]
      + service.map { .property($0, of: "Service", on: name, to: purpose) }
    let answers = try await self.calls(calls) { index, reader throws(BusReadFailure) in
      index == 0 ? try reader.properties(unit) : [service[index - 1]: try reader.variant()]
    }
    var values = try answers[0].get()
    guard values["LoadState"]?.string != "not-found" else { throw .notFound(name) }
    for answer in answers.dropFirst() {
      values.merge(try answer.get()) { _, new in new }
    }
    return values
  }
}
