import HostControl

/// The functions of the service manager that service operations use.
protocol ServiceSupervisor: Sendable {
  /// All loaded services.
  func services() async throws(SystemdError) -> [ServiceUnit]

  /// A service by any of its names.
  func service(_ name: String) async throws(SystemdError) -> ServiceUnit

  /// The primary name of a unit, which differs from `name` for an alias.
  func realName(of name: String) async throws(SystemdError) -> String

  /// Performs an action and waits for the end of its job.
  ///
  /// - Returns: The result of the job, `done` on success.
  func perform(_ action: ServiceAction, on name: String) async throws(SystemdError) -> String

  /// Enqueues a job without waiting for its end, for actions that stop this agent.
  func enqueue(_ action: ServiceAction, on name: String) async throws(SystemdError)

  /// The relation of a unit, by its primary name, to the agent's unit.
  func relationToOwnUnit(of unit: String) async throws(SystemdError) -> OwnUnitRelation

  /// Enables a service.
  ///
  /// - Returns: The changes, which may be empty.
  func enable(_ name: String) async throws(SystemdError) -> UnitFileChange

  /// Disables a service.
  ///
  /// - Returns: The changes, which may be empty.
  func disable(_ name: String) async throws(SystemdError) -> UnitFileChange
}

extension Systemd: ServiceSupervisor {}
