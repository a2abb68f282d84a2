import Glibc

/// The program of the unit's `ExecReload=`: sends SIGHUP to the agent, waits for the reload, and returns its outcome as the exit
/// status. The agent logs the reason of a failure.
struct ReloadProgram: Sendable {
  /// The subcommand; not part of the usage.
  static let subcommand = "perform-reload"
  /// `EX_TEMPFAIL` of sysexits.h: the agent did not answer in time.
  private static let temporaryFailure: Int32 = 75
  /// The maximum time of a reload.
  private static let timeout = Duration.seconds(20)
  private static let pollInterval = Duration.milliseconds(20)

  let configurationPath: String?

  /// Reloads the agent whose process id systemd gives in `MAINPID`.
  ///
  /// - Returns: The exit status.
  func run(environment: [String: String] = ProcessEnvironment.current()) async -> Int32 {
    guard let pid = environment["MAINPID"].flatMap({ pid_t($0) }), pid > 1 else {
      Terminal.print(
        "plusclouds-agent: MAINPID is not set; use systemctl reload plusclouds-agent", to: .error)
      return Invocation.usageError
    }
    let report = ReloadReport(environment: environment)
    let before = report.read()
    guard kill(pid, SIGHUP) == 0 else {
      Terminal.print("plusclouds-agent: process \(pid) cannot be sent SIGHUP (errno \(errno))", to: .error)
      return 1
    }
    if let before {
      guard let entry = await entry(of: report, after: before.number) else {
        Terminal.print(
          "plusclouds-agent: the agent has not answered within \(Self.timeout.components.seconds) s",
          to: .error)
        return Self.temporaryFailure
      }
      return entry.isAccepted ? 0 : AgentProgram.configurationError
    }
    // No report: the agent waits for its identity and reads the file on its own. Only the file is checked here.
    do throws(ConfigurationError) {
      _ = try ConfigurationLoader(explicitPath: configurationPath, environment: environment).load()
      return 0
    } catch {
      Terminal.print("plusclouds-agent: \(error)", to: .error)
      return AgentProgram.configurationError
    }
  }

  private func entry(of report: ReloadReport, after number: Int64) async -> ReloadReport.Entry? {
    let end = ContinuousClock.now + Self.timeout
    while ContinuousClock.now < end {
      if let entry = report.read(), entry.number > number { return entry }
      do { try await Task.sleep(for: Self.pollInterval) } catch { return nil }
    }
    return nil
  }
}
