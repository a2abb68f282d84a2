import HostControl

/// What looks after the services of this machine, as far as autoheal needs it.
protocol UnitSupervisor: Sendable {
  /// What happens to services, from now on. Comes back by itself after the supervisor was away.
  func unitEvents() -> AsyncStream<UnitEvent>

  /// The services that are loaded.
  ///
  /// - Throws: ``SystemdError``.
  func services() async throws(SystemdError) -> [ServiceUnit]

  /// What decides whether one of them may be restarted.
  ///
  /// - Throws: ``SystemdError``.
  func traits(of name: String) async throws(SystemdError) -> ServiceTraits

  /// Forgets that it failed, and how often it was started lately.
  ///
  /// - Throws: ``SystemdError``.
  func resetFailed(_ name: String) async throws(SystemdError)

  /// Starts it when nothing stands against it, and waits for the job's end; only the waiting ends with the task. Holds up
  /// nobody who does something else to it.
  ///
  /// - Returns: The job's result: `done`, `failed`, `canceled` and so on.
  /// - Throws: ``SystemdError``.
  func start(_ name: String) async throws(SystemdError) -> String
}

extension Systemd: UnitSupervisor {}
