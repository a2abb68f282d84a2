import HostControl

/// What the operations on services need of the machine's service manager.
protocol ServiceSupervisor: Sendable {
  /// All loaded services.
  func services() async throws(SystemdError) -> [ServiceUnit]

  /// One service, by any of its names.
  func service(_ name: String) async throws(SystemdError) -> ServiceUnit

  /// The name under which the manager knows a unit: another one when `name` is an alias.
  func realName(of name: String) async throws(SystemdError) -> String

  /// Does it and waits for the end of the job.
  ///
  /// - Returns: The job's result, `done` when it did what was asked.
  func perform(_ action: ServiceAction, on name: String) async throws(SystemdError) -> String

  /// Has it done and does not wait for the end of the job: for what ends this agent.
  func enqueue(_ action: ServiceAction, on name: String) async throws(SystemdError)

  /// What a unit, by its real name, means for the agent's own.
  func relationToOwnUnit(of unit: String) async throws(SystemdError) -> OwnUnitRelation

  /// Has it started at boot.
  ///
  /// - Returns: What was changed, which may be nothing.
  func enable(_ name: String) async throws(SystemdError) -> UnitFileChange

  /// No longer has it started at boot.
  ///
  /// - Returns: What was changed, which may be nothing.
  func disable(_ name: String) async throws(SystemdError) -> UnitFileChange
}

extension Systemd: ServiceSupervisor {}
