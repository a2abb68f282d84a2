import HostControl

/// The part of the service manager that autoheal needs.
protocol UnitSupervisor: Sendable {
  /// The events of services from now on. The stream reconnects by itself.
  func unitEvents() -> AsyncStream<UnitEvent>

  /// The loaded services.
  ///
  /// - Throws: ``SystemdError``.
  func services() async throws(SystemdError) -> [ServiceUnit]

  /// The traits that decide whether a service may be restarted.
  ///
  /// - Throws: ``SystemdError``.
  func traits(of name: String) async throws(SystemdError) -> ServiceTraits

  /// Resets the failed state and the start counter of a service.
  ///
  /// - Throws: ``SystemdError``.
  func resetFailed(_ name: String) async throws(SystemdError)

  /// Starts a service without replacing conflicting jobs, and waits for the end of the job. Cancellation ends only the wait.
  ///
  /// - Returns: The job's result: `done`, `failed`, `canceled` and so on.
  /// - Throws: ``SystemdError``.
  func start(_ name: String) async throws(SystemdError) -> String
}

extension Systemd: UnitSupervisor {}
