extension Systemd {
  /// The names of the variables that systemd sets for every service: those of `DefaultEnvironment=` in systemd-system.conf(5) and
  /// of systemctl(1) `set-environment`.
  func defaultVariables() async throws(SystemdError) -> [String] {
    let purpose = "read systemd's environment"
    let call = BusCall.managerProperty("Environment", to: purpose)
    let assignments = try await SystemBus.shared().call(call) { reader throws(BusReadFailure) in
      try reader.variant().strings ?? []
    }
    return assignments.map(Self.variableName).filter { !$0.isEmpty }
  }

  /// The name in an assignment `NAME=value`. A combining mark at the beginning of the value does not belong to the separator.
  static func variableName(of assignment: String) -> String {
    String(Substring(assignment.utf8.prefix { $0 != UInt8(ascii: "=") }))
  }

  /// Starts a transient service. Returns when its start is complete (`TransientService.Kind`).
  ///
  /// Call `ending(of:)` afterwards: until then the unit stays loaded and its name is in use.
  ///
  /// - Throws: `SystemdError`: `refused` when the program cannot be executed, a unit of that name exists, or a value is invalid.
  public func start(_ service: TransientService) async throws(SystemdError) {
    let bus = try SystemBus.shared()
    switch service.output {
    case .journal:
      try await bus.startTransient(service, descriptors: nil)
    case .descriptors(let stdout, let stderr):
      try await bus.startTransient(service, descriptors: (stdout, stderr))
    case .files(let stdout, let stderr):
      let files = try OutputFiles(stdout: stdout, stderr: stderr, for: service.name)
      try await bus.startTransient(service, descriptors: (files.stdout, files.stderr))
    }
  }

  /// Stops a service whose start was abandoned, before or after systemd has started it. Times out after 30 s. Cancelling the task
  /// has no effect.
  func withdraw(_ unit: String) async {
    await Task {
      do throws(SystemdError) {
        try await SystemBus.shared().withdraw(unit)
      } catch {
        // Without the thread of the bus no start was sent.
      }
    }.value
  }

  /// Runs a transient service until it has ended, with fewer messages than `start` and `ending`.
  ///
  /// Cancelling the task stops the service, and how it ended then is returned. The service may survive the loss of the bus: see
  /// `ending(of:)`.
  ///
  /// - Throws: `SystemdError` when the service could not be started or the bus is lost. A program that could not be executed
  ///   does not throw: it ends with `.exited(203)`.
  public func run(_ service: TransientService) async throws(SystemdError) -> ServiceEnding {
    let bus = try SystemBus.shared()
    switch service.output {
    case .journal:
      return try await bus.runTransient(service, descriptors: nil)
    case .descriptors(let stdout, let stderr):
      return try await bus.runTransient(service, descriptors: (stdout, stderr))
    case .files(let stdout, let stderr):
      let files = try OutputFiles(stdout: stdout, stderr: stderr, for: service.name)
      return try await bus.runTransient(service, descriptors: (files.stdout, files.stderr))
    }
  }

  /// Waits without a timeout until a service has ended: one that `start` started, or any other loaded one, such as one of an
  /// earlier process of this program. Its name is free afterwards.
  ///
  /// - Returns: How it ended; at once when it has ended already.
  /// - Throws: `SystemdError`: `unitNotFound` when the unit is not loaded, as after the end of a transient service without
  ///   waiters; `disconnected` when the bus is lost, and the call may be repeated then.
  public func ending(of unit: String) async throws(SystemdError) -> ServiceEnding {
    try await SystemBus.shared().ending(of: unit)
  }
}
