import AgentProtocol
import Clocks
import Encoding
import HostControl
import HostMetrics
import JSON
import Logging
import Threads

/// `system.update`: updates the package lists and upgrades the installed packages, on Debian and its derivatives.
///
/// The update runs in a separate service (``UpdateWorker``), which continues after the end of this agent. This type starts it,
/// waits for it, and finds it again after a restart.
struct SystemUpdate: Operation {
  let entry = CatalogueEntry(
    "system.update", "Upgrade the installed packages (Debian, Ubuntu and derivatives)")
  let executionMode = ExecutionMode.exclusive
  let defaultTimeout: Duration? = .seconds(30 * 60)
  /// Monitors an update that continues after the result of its command was sent. Its `run()` must be called.
  let detachedUpdates: DetachedUpdateMonitor
  private let unit: any UpdateUnit
  private let folder: UpdateFolder
  private let system: @Sendable () -> System
  private let logger: Logger

  /// The maximum time of a stop before the result is sent. apt-get itself ends within 500 ms.
  private static let stopGrace = Duration.seconds(3)
  /// The number of checks whether the service was started after an ambiguous error, and the time between them.
  private static let startAttempts = 5
  private static let startPause = Duration.milliseconds(200)
  /// The minimum timeout of a resumed update.
  private static let minimumRest = Duration.seconds(60)

  /// The properties of the machine that an update depends on.
  struct System: Sendable {
    /// `ID` and `ID_LIKE` of os-release(5), for example `["ubuntu", "debian"]`.
    var family: [String]
    /// Name and version of the distribution, for example `ubuntu 24.04`.
    var name: String
    /// Whether apt-get is installed.
    var hasApt: Bool
    /// Whether the agent runs as root.
    var isRoot: Bool

    /// Why updates are not possible; nil when they are.
    var problem: OperationOutcome? {
      guard hasApt, family.contains(where: ["debian", "ubuntu"].contains) else {
        return .failed(.unsupported, "\(name) is not updated with apt-get")
      }
      return isRoot ? nil : .failed(.failed, "an update needs an agent that runs as root")
    }
  }

  init(
    unit: any UpdateUnit, folder: UpdateFolder, detachedUpdates: DetachedUpdateMonitor, logger: Logger,
    system: @escaping @Sendable () -> System
  ) {
    self.unit = unit
    self.folder = folder
    self.detachedUpdates = detachedUpdates
    self.logger = logger
    self.system = system
  }

  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) {
    guard !detachedUpdates.isPending else {
      throw Refusal(.busy, "an earlier update still runs (\(unit.name))")
    }
  }

  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    // File operations could block the thread of the caller's executor.
    await withTaskExecutorPreference(globalConcurrentExecutor) { await begin(context) }
  }

  func resume(_ run: InterruptedRun, in context: CommandContext) async -> OperationOutcome? {
    await withTaskExecutorPreference(globalConcurrentExecutor) { await resumeRun(run, context) }
  }

  private func begin(_ context: CommandContext) async -> OperationOutcome {
    if let problem = system().problem { return problem }
    do throws(UpdateUnitError) {
      guard try await !unit.isRunning() else {
        return .failed(.busy, "an earlier update still runs (\(unit.name))")
      }
    } catch {
      return .failed(.failed, "\(error)")
    }
    do throws(UpdateFolderError) {
      try folder.prepare(for: context.commandID)
    } catch {
      return .failed(.failed, "\(error); an update needs a folder to leave its outcome in")
    }
    // An unstructured task is not cancelled. A cancelled start would leave open whether the service runs. `follow` handles the
    // cancellation.
    if let error = await Task(operation: { await start() }).value { return .failed(.failed, "\(error)") }
    logger.info("update started", metadata: ["command_id": "\(context.commandID)", "unit": "\(unit.name)"])
    return await follow(context)
  }

  /// Starts the service.
  ///
  /// - Returns: Why it does not run; nil when it may run.
  private func start() async -> UpdateUnitError? {
    do throws(UpdateUnitError) {
      try await unit.start(in: folder.path)
      return nil
    } catch {
      guard error.isOutcomeUnknown, await mayRun() else { return error }
      logger.warning("update may have been started", metadata: ["reason": "\(error)"])
      return nil
    }
  }

  /// Whether the service runs, has run, or its state cannot be queried. `follow` then finds out.
  private func mayRun() async -> Bool {
    for attempt in 1...Self.startAttempts {
      do throws(UpdateUnitError) {
        if try await unit.isRunning() { return true }
      } catch {
        if attempt == Self.startAttempts { return true }
      }
      if let state = UpdateState?.reading(folder, logger), state.phase != .starting { return true }
      guard attempt < Self.startAttempts else { break }
      do { try await Task.sleep(for: Self.startPause) } catch { break }
    }
    return false
  }

  private func resumeRun(_ run: InterruptedRun, _ context: CommandContext) async -> OperationOutcome? {
    guard !run.commandID.isEmpty, let state = UpdateState?.reading(folder, logger),
      state.commandID.hasSameBytes(as: run.commandID)
    else { return nil }
    logger.info(
      "update resumed",
      metadata: ["command_id": "\(run.commandID)", "phase": "\(state.phase.rawValue)"])
    return await follow(context, until: deadline(of: run))
  }

  /// The default timeout from the start of the run, as the journal does not have the timeout of the command. At least
  /// ``minimumRest``, for wrong clocks.
  private func deadline(of run: InterruptedRun) -> ContinuousClock.Instant {
    // The start may be any value of the command.
    let (seconds, isTooLong) = UnixTime.now.subtractingReportingOverflow(run.startedAt)
    let passed = Duration.seconds(isTooLong ? Int64.max : max(0, seconds))
    let rest = (defaultTimeout ?? Self.minimumRest) - passed
    return .now + max(rest, Self.minimumRest)
  }

  /// Waits for the end of the update, and stops it at the deadline.
  private func follow(
    _ context: CommandContext, until deadline: ContinuousClock.Instant
  ) async -> OperationOutcome {
    await withTaskGroup(of: OperationOutcome?.self) { group in
      group.addTask { await follow(context) }
      group.addTask {
        // The task that ends first cancels the other.
        _ = await Deadlines.shared.wait(until: deadline)
        return nil
      }
      var outcome: OperationOutcome?
      for await ended in group {
        outcome = outcome ?? ended
        group.cancelAll()
      }
      let isLate = ContinuousClock.now >= deadline && context.stopReason() == nil
      guard case .failed(_, let message, let output, let isTruncated)? = outcome, isLate else {
        return outcome ?? .detached
      }
      return .failed(
        .timedOut, "the time-out passed: \(message)", output: output, isTruncated: isTruncated)
    }
  }

  /// Waits for the end of the update, and forwards its output.
  private func follow(_ context: CommandContext) async -> OperationOutcome {
    await withTaskGroup(of: Void.self) { group in
      if let sink = context.progress {
        group.addTask {
          var reader = UpdateOutputReader(folder, to: sink)
          await reader.run()
        }
      }
      await unit.waitUntilEnded(logger)
      group.cancelAll()
    }
    guard Task.isCancelled else { return answer(context) }
    // The agent ends and the update continues; it is resumed after the restart.
    if context.stopReason() == .interrupted {
      // A command without id is not in the journal, so the outcome is reported by an alert.
      if context.commandID.isEmpty { detachedUpdates.begin() }
      return .detached
    }
    // An unstructured task, as this one is cancelled.
    return await Task { await stop(context) }.value
  }

  private func answer(_ context: CommandContext) -> OperationOutcome {
    UpdateReport(
      distribution: system().name, state: UpdateState?.reading(folder, logger), folder: folder,
      limit: context.outputLimit
    ).outcome
  }

  /// Stops the update unless packages are being installed. An update that continues is left to ``monitor``.
  private func stop(_ context: CommandContext) async -> OperationOutcome {
    // Assumed until systemd answers.
    var isRunning = true
    do throws(UpdateUnitError) {
      try await unit.requestStop()
      let end = ContinuousClock.now + Self.stopGrace
      while ContinuousClock.now < end, UpdateState?.reading(folder, logger)?.phase != .installing {
        if try await !unit.isRunning() { break }
        do { try await Task.sleep(for: .milliseconds(50)) } catch { break }
      }
      isRunning = try await unit.isRunning()
    } catch {
      logger.warning("the update can't be stopped", metadata: ["reason": "\(error)"])
    }
    let phase = UpdateState?.reading(folder, logger)?.phase
    if phase == .done || !isRunning { return answer(context) }
    detachedUpdates.begin()
    let what =
      phase == .installing
      ? "packages are being installed, which is never stopped"
      : "the update has not stopped yet\(phase.map { " (\($0.rawValue))" } ?? "")"
    return .failed(
      .timedOut, "\(what); an alert will report its outcome",
      output: ["still_running": true, "unit": .string(unit.name)])
  }
}
