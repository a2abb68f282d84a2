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

  /// Has it started at boot.
  ///
  /// - Returns: Whether its unit file says when; one that does not is started by others, and not changed.
  func enable(_ name: String) async throws(SystemdError) -> Bool

  /// No longer has it started at boot.
  func disable(_ name: String) async throws(SystemdError)
}

extension Systemd: ServiceSupervisor {}
