import HostControl
import Locks
import Logging

/// Restarts failed services and raises alerts about them. Carries out the actions of ``AutohealPolicy``.
final class Autoheal: Sendable {
  private struct State {
    var policy: AutohealPolicy
    var raisesAlerts: Bool
    /// Whether the system bus is connected; nil before the first connection event.
    var isConnected: Bool?
  }

  private let supervisor: any UnitSupervisor
  private let outbox: AlertOutbox
  private let logger: Logger
  private let startLimit: Duration
  private let state: Locked<State>
  private let timer = WakeableTimer()
  private let work: AsyncStream<AutohealPolicy.Action>
  private let queue: AsyncStream<AutohealPolicy.Action>.Continuation

  /// The time without a connection event after which the machine counts as having no system bus.
  private static let busTimeout = Duration.seconds(10)

  /// Creates the service.
  ///
  /// - Parameters:
  ///   - raisesAlerts: Whether alerts are raised.
  ///   - startLimit: The time to wait for a start job. A start that never ends must not block the few concurrent restarts.
  init(
    _ settings: AutohealSettings, raisesAlerts: Bool, supervisor: any UnitSupervisor, outbox: AlertOutbox,
    logger: Logger, startLimit: Duration = .seconds(300)
  ) {
    self.startLimit = startLimit
    self.supervisor = supervisor
    self.outbox = outbox
    self.logger = logger
    state = Locked(State(policy: AutohealPolicy(settings), raisesAlerts: raisesAlerts))
    (work, queue) = AsyncStream<AutohealPolicy.Action>.makeStream()
  }

  /// Applies a reloaded configuration.
  func configure(_ settings: AutohealSettings, raisesAlerts: Bool) {
    state.withLock { $0.raisesAlerts = raisesAlerts }
    handle(.configured(settings))
  }

  /// Watches the services until the task is cancelled. Call this once.
  func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await self.watchEvents() }
      group.addTask { await self.handleDeadlines() }
      group.addTask { await self.reportMissingBus() }
      for await action in work {
        switch action {
        case .list: group.addTask { await self.listServices() }
        case .inspect(let unit): group.addTask { await self.inspect(unit) }
        case .restart(let unit): group.addTask { await self.restart(unit) }
        case .raise(let alert): if state.withLock({ $0.raisesAlerts }) { outbox.raise(alert) }
        case .log(let message, let unit): logger.info("\(message)", metadata: ["unit": "\(unit)"])
        }
      }
    }
  }

  private func watchEvents() async {
    for await event in supervisor.unitEvents() {
      switch event {
      case .connected: logConnection(isConnected: true)
      case .disconnected: logConnection(isConnected: false)
      case .changed, .jobQueued, .jobRemoved: break
      }
      handle(.event(event))
    }
  }

  private func reportMissingBus() async {
    do { try await Task.sleep(for: Self.busTimeout) } catch { return }
    if state.withLock({ $0.isConnected == nil }) { logConnection(isConnected: false) }
  }

  /// Logs the loss and the return of the system bus once each.
  private func logConnection(isConnected: Bool) {
    let before = state.withLock { state in
      defer { state.isConnected = isConnected }
      return state.isConnected
    }
    guard isConnected != (before ?? true) else { return }
    if isConnected {
      logger.info("services are watched again")
    } else {
      logger.warning("services are not watched, there is no system bus or no systemd on it")
    }
  }

  private func handleDeadlines() async {
    while !Task.isCancelled {
      let deadline = state.withLock { $0.policy.deadline }
      if await timer.sleep(until: deadline ?? .now + .seconds(3_600)) { continue }
      handle(.timePassed)
    }
  }

  private func handle(_ input: AutohealPolicy.Input) {
    let hasNewDeadline = state.withLock { state in
      let before = state.policy.deadline
      for action in state.policy.handle(input, at: .now) { queue.yield(action) }
      return state.policy.deadline != before
    }
    if hasNewDeadline { timer.signal() }
  }

  /// Lists the services, and retries after errors. Without the list, no failure counts as new. A new connection lists again.
  private func listServices() async {
    while !Task.isCancelled {
      do throws(SystemdError) {
        return handle(.listed(try await supervisor.services()))
      } catch {
        guard error.code == .timedOut || error.code == .refused else { return }
        logger.warning("services cannot be listed", metadata: ["reason": "\(error)"])
      }
      do { try await Task.sleep(for: .seconds(30)) } catch { return }
    }
  }

  private func inspect(_ unit: String) async {
    do throws(SystemdError) {
      handle(.inspected(unit, .success(try await supervisor.traits(of: unit))))
    } catch {
      handle(.inspected(unit, .failure(error)))
    }
  }

  /// Starts a failed unit. Its failures are reset first, as systemd refuses to start a unit beyond its start limit. It is started and
  /// not restarted, as an operator may just have started it.
  private func restart(_ unit: String) async {
    logger.info("restarting a unit that failed", metadata: ["unit": "\(unit)"])
    do throws(SystemdError) {
      try await supervisor.resetFailed(unit)
      if let result = try await start(unit) {
        handle(.restarted(unit, .success(result)))
      } else {
        handle(.restartUnfinished(unit))
      }
    } catch {
      logger.warning("unit not restarted", metadata: ["unit": "\(unit)", "reason": "\(error)"])
      handle(.restarted(unit, .failure(error)))
    }
  }

  /// Starts a unit and waits for its job.
  ///
  /// - Returns: The job's result; nil after ``startLimit``, while the job continues.
  private func start(_ unit: String) async throws(SystemdError) -> String? {
    let result = await withTaskGroup(of: Result<String, SystemdError>?.self) { group in
      group.addTask {
        do throws(SystemdError) { return .success(try await self.supervisor.start(unit)) } catch {
          // Cancelled by the timeout below.
          return error.code == .cancelled ? nil : .failure(error)
        }
      }
      group.addTask {
        // Cancelled when the job ends first.
        do { try await Task.sleep(for: self.startLimit) } catch { return nil }
        return nil
      }
      var result: Result<String, SystemdError>?
      for await answer in group {
        result = result ?? answer
        group.cancelAll()
      }
      return result
    }
    return try result?.get()
  }
}
