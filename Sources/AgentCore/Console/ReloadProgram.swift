import Glibc

/// What the unit's `ExecReload=` runs: has the agent read its configuration again, and reports by the exit status whether it has
/// taken it. What is wrong is in the agent's log.
struct ReloadProgram: Sendable {
  /// The subcommand, which no help mentions.
  static let subcommand = "perform-reload"
  /// sysexits.h: try again.
  private static let unanswered: Int32 = 75
  /// How long the agent may take.
  private static let patience = Duration.seconds(20)
  private static let pause = Duration.milliseconds(20)

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
          "plusclouds-agent: the agent has not answered within \(Self.patience.components.seconds) s",
          to: .error)
        return Self.unanswered
      }
      return entry.isAccepted ? 0 : AgentProgram.configurationError
    }
    // The agent waits for its identity, and reads the file anyway.
    do throws(ConfigurationError) {
      _ = try ConfigurationLoader(explicitPath: configurationPath, environment: environment).load()
      return 0
    } catch {
      Terminal.print("plusclouds-agent: \(error)", to: .error)
      return AgentProgram.configurationError
    }
  }

  private func entry(of report: ReloadReport, after number: Int64) async -> ReloadReport.Entry? {
    let end = ContinuousClock.now + Self.patience
    while ContinuousClock.now < end {
      if let entry = report.read(), entry.number > number { return entry }
      do { try await Task.sleep(for: Self.pause) } catch { return nil }
    }
    return nil
  }
}
