import AgentProtocol
import HostControl
import HostMetrics
import JSON
import Logging

/// `system.update`: fetches the lists of packages and upgrades what is installed, on Debian and what derives from it.
///
/// The work is done in a service of its own (``UpdateWorker``), which outlives this agent: here it is started, waited for, and
/// found again.
struct SystemUpdate: Operation {
  /// See ``Operation``.
  let entry = CatalogueEntry(
    "system.update", "Upgrade the installed packages (Debian, Ubuntu and derivatives)")
  /// See ``Operation``.
  let pace = Pace.beside
  /// See ``Operation``.
  let defaultTimeout: Duration? = .seconds(30 * 60)
  /// What follows when a command was answered before its update is over; somebody has to run it.
  let detachedUpdates: DetachedUpdateMonitor
  private let unit: any UpdateUnit
  private let folder: UpdateFolder
  private let system: @Sendable () -> System
  private let logger: Logger

  /// How long a stop may take until the command is answered all the same: apt itself is ended within 500 ms.
  private static let stopGrace = Duration.seconds(3)
  /// How often it is looked for a service that may have been started, and the time between.
  private static let startAttempts = 5
  private static let startPause = Duration.milliseconds(200)
  /// What an update that is found again gets at least.
  private static let leastRest = Duration.seconds(60)

  /// What must be known of the machine.
  struct System: Sendable {
    /// What it is and what it derives from, `["ubuntu", "debian"]`.
    var family: [String]
    /// What it is called, `ubuntu 24.04`.
    var name: String
    /// Whether there is apt-get.
    var hasApt: Bool
    /// Whether this agent may do anything at all.
    var isRoot: Bool

    /// Why no update is possible; nil when it is.
    var problem: OperationOutcome? {
      guard hasApt, family.contains(where: ["debian", "ubuntu"].contains) else {
        return .failed(.unsupported, "\(name) is not updated with apt-get")
      }
      return isRoot ? nil : .failed(.failed, "an update needs an agent that runs as root")
    }
  }

  /// The operation.
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

  /// See ``Operation``.
  func parameters(from params: JSONObject, under policy: CommandPolicy) throws(Refusal) {
    guard !detachedUpdates.isPending else {
      throw Refusal(.busy, "an earlier update still runs (\(unit.name))")
    }
  }

  /// See ``Operation``.
  func run(_ parameters: Void, in context: CommandContext) async -> OperationOutcome {
    // Files are written and read, which could block the caller's thread.
    await withTaskExecutorPreference(globalConcurrentExecutor) { await begin(context) }
  }

  /// See ``Operation``.
  func resume(_ run: InterruptedRun, in context: CommandContext) async -> OperationOutcome? {
    await withTaskExecutorPreference(globalConcurrentExecutor) { await takeUp(run, context) }
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
    // Out of reach of a cancellation, which would leave open whether it runs; `follow` sees it then.
    if let error = await Task(operation: { await start() }).value { return .failed(.failed, "\(error)") }
    logger.info("update started", metadata: ["command_id": "\(context.commandID)", "unit": "\(unit.name)"])
    return await follow(context)
  }

  /// Starts the service; returns why it does not run.
  private func start() async -> UpdateUnitError? {
    do throws(UpdateUnitError) {
      try await unit.start(in: folder.path)
      return nil
    } catch {
      guard error.isOutcomeUnknown, await mayRun() else { return error }
      logger.warning("update started, as it seems", metadata: ["reason": "\(error)"])
      return nil
    }
  }

  /// Whether a service that may have been started runs, has run, or can't be asked, which shows when it is followed.
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

  private func takeUp(_ run: InterruptedRun, _ context: CommandContext) async -> OperationOutcome? {
    guard !run.commandID.isEmpty, let state = UpdateState?.reading(folder, logger),
      state.commandID == run.commandID
    else { return nil }
    logger.info(
      "update found again",
      metadata: ["command_id": "\(run.commandID)", "phase": "\(state.phase.rawValue)"])
    return await follow(context, until: deadline(of: run))
  }

  /// The journal does not know what the command asked for: half an hour from its start, as far as the clock can be trusted.
  private func deadline(of run: InterruptedRun) -> ContinuousClock.Instant {
    // The time may come from the command, and be any.
    let (seconds, isTooLong) = UnixTime.now.subtractingReportingOverflow(run.startedAt)
    let passed = Duration.seconds(isTooLong ? Int64.max : max(0, seconds))
    let rest = (defaultTimeout ?? Self.leastRest) - passed
    return .now + max(rest, Self.leastRest)
  }

  /// Follows the update, and stops it at the deadline.
  private func follow(
    _ context: CommandContext, until deadline: ContinuousClock.Instant
  ) async -> OperationOutcome {
    await withTaskGroup(of: OperationOutcome?.self) { group in
      group.addTask { await follow(context) }
      group.addTask {
        // Passed or given up, the one that ends first ends the other.
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
        return outcome ?? .goesOn
      }
      return .failed(
        .timedOut, "the time-out passed: \(message)", output: output, isTruncated: isTruncated)
    }
  }

  /// Waits for the end, and passes on what is put out.
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
    // The agent ends and the update goes on; whoever comes next takes it up.
    if context.stopReason() == .interrupted {
      // Without an id no journal has it, and its end is news.
      if context.commandID.isEmpty { detachedUpdates.begin() }
      return .goesOn
    }
    // This task is cancelled, and could not wait for anything.
    return await Task { await stop(context) }.value
  }

  private func answer(_ context: CommandContext) -> OperationOutcome {
    UpdateReport(
      distribution: system().name, state: UpdateState?.reading(folder, logger), folder: folder,
      limit: context.outputLimit
    ).outcome
  }

  /// Stops the update if that does no harm; else leaves it to the monitor.
  private func stop(_ context: CommandContext) async -> OperationOutcome {
    // As long as nothing else is known.
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
      logger.warning("the update can't be asked to stop", metadata: ["reason": "\(error)"])
    }
    let phase = UpdateState?.reading(folder, logger)?.phase
    if phase == .done || !isRunning { return answer(context) }
    detachedUpdates.begin()
    let what =
      phase == .installing
      ? "packages are being installed, which is never stopped"
      : "the update has not stopped yet\(phase.map { " (\($0.rawValue))" } ?? "")"
    return .failed(
      .timedOut, "\(what); how it ends comes as an alert",
      output: ["still_running": true, "unit": .string(unit.name)])
  }
}
