extension Systemd {
  /// The names of the variables that systemd gives every service: `DefaultEnvironment=` of systemd-system.conf(5), and what
  /// systemctl(1) `set-environment` has added.
  func defaultVariables() async throws(SystemdError) -> [String] {
    let purpose = "read systemd's environment"
    let call = BusCall.managerProperty("Environment", to: purpose)
    let assignments = try await SystemBus.shared().call(call) { reader throws(BusReadFailure) in
      try reader.variant().strings ?? []
    }
    return assignments.map { String($0.prefix { $0 != "=" }) }.filter { !$0.isEmpty }
  }

  /// Starts a transient service; returns when its program runs (`TransientService.Kind`).
  ///
  /// How it ends is kept for `ending(of:)`, which must be called: until then the unit stays loaded and its name is taken.
  ///
  /// - Throws: `SystemdError`: `refused` when the program cannot be executed, a unit of that name is there, or a value is not
  ///   possible.
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

  /// Ends a service whose start was given up, before or after systemd has started it. Takes up to 30 s where systemd does not
  /// answer; not cut short by a cancelled task.
  func withdraw(_ unit: String) async {
    await Task {
      do throws(SystemdError) {
        try await SystemBus.shared().withdraw(unit)
      } catch {
        // Without the bus's thread nothing was sent.
      }
    }.value
  }

  /// Runs a transient service to its end, in fewer messages than `start` and `ending` take.
  ///
  /// When the task is cancelled the service is stopped, and the answer is how it ended then. It may outlive an error of the
  /// bus: see `ending(of:)`.
  ///
  /// - Throws: `SystemdError` when it could not be started, or the bus is lost. A program that could not be executed is no
  ///   error here: it ends `.exited(203)`.
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

  /// Waits for the end of a service, however long it takes: one that `start` started, or any other that is loaded, as one that
  /// an earlier run of this program started. Its name is free afterwards.
  ///
  /// - Returns: How it ended; at once when it has ended already.
  /// - Throws: `SystemdError`: `unitNotFound` when it is not loaded, as after the end of a transient service that nobody
  ///   waited for; `disconnected` when the bus is lost meanwhile, and then it may be asked again.
  public func ending(of unit: String) async throws(SystemdError) -> ServiceEnding {
    try await SystemBus.shared().ending(of: unit)
  }
}
