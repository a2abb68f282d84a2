import AgentProtocol
import Clocks
import HostControl
import Locks
import Logging

/// Requests reboots and shutdowns, and reports their outcome by an alert.
final class PowerWatch: Sendable {
  private struct State {
    var pending: PowerRequest?
    /// Whether this agent knows that the request was accepted. A persisted request may not have been.
    var isAccepted = false
    var delay: (any ShutdownDelay)?
  }

  private let control: any PowerControl
  private let file: PowerRequestFile
  private let bootID: String
  private let raise: @Sendable (AlertPayload) async -> Void
  private let now: @Sendable () -> Int64
  private let logger: Logger
  private let state = Locked(State())
  private let timer = WakeableTimer()

  /// The sleep while no request is pending.
  private static let idle = Duration.seconds(86_400)

  /// - Parameters:
  ///   - bootID: The id of the current boot.
  ///   - now: Returns the time in unix seconds.
  ///   - raise: Publishes an alert; returns when it is delivered.
  init(
    control: any PowerControl, file: PowerRequestFile, bootID: String,
    now: @escaping @Sendable () -> Int64 = { UnixTime.now }, logger: Logger,
    raise: @escaping @Sendable (AlertPayload) async -> Void
  ) {
    self.control = control
    self.file = file
    self.bootID = bootID
    self.now = now
    self.logger = logger
    self.raise = raise
  }

  /// Whether a reboot or shutdown is accepted. No further commands should be started then.
  var isGoingDown: Bool { state.withLock { $0.isAccepted } }

  /// Requests a reboot or shutdown, and delays it until ``releaseDelay()`` as far as logind allows.
  ///
  /// - Throws: ``SystemdError`` when the request is rejected.
  func request(_ transition: PowerTransition, for commandID: String) async throws(SystemdError) {
    let request = PowerRequest(
      commandID: commandID, transition: transition, bootID: bootID, requestedAt: now())
    // Persisted first, as there may be no time afterwards.
    persist(request)
    let delay = await delayShutdown()
    do {
      try await control.request(transition)
    } catch {
      delay?.release()
      switch error.code {
      case .timedOut, .disconnected, .cancelled:
        // The request may have been received, so that its outcome has to be reported.
        state.withLock { $0.pending = request }
        timer.signal()
      case .unavailable, .unitNotFound, .refused: remove(request)
      }
      throw error
    }
    logger.notice(
      "machine is going down",
      metadata: ["command_id": "\(commandID)", "operation": "\(transition.rawValue)"])
    state.withLock { state in
      state.pending = request
      state.isAccepted = true
      state.delay = delay
    }
    timer.signal()
  }

  /// Lets a delayed shutdown proceed.
  func releaseDelay() {
    let delay = state.withLock { $0.delay.take() }
    delay?.release()
  }

  /// Monitors the request of this agent, or that of an earlier one, until the task is cancelled.
  func run() async {
    let persisted = persisted()
    state.withLock { $0.pending = $0.pending ?? persisted }
    while !Task.isCancelled {
      guard let request = state.withLock({ $0.pending }) else {
        _ = await timer.sleep(until: .now + Self.idle)
        continue
      }
      switch request.status(now: now(), bootID: bootID) {
      case .pending(let rest): _ = await timer.sleep(until: .now + rest)
      case .completed: await finish(request, isCompleted: true)
      case .failed: await finish(request, isCompleted: false)
      }
    }
  }

  private func finish(_ request: PowerRequest, isCompleted: Bool) async {
    state.withLock { state in
      state.pending = nil
      state.isAccepted = false
    }
    releaseDelay()
    await raise(request.alert(isCompleted: isCompleted))
    // Removed last: an agent that ends before this point reports the outcome after its restart.
    if !Task.isCancelled { remove(request) }
  }

  private func delayShutdown() async -> (any ShutdownDelay)? {
    do {
      return try await control.delayShutdown(why: "the result of a command is being delivered")
    } catch {
      logger.warning("the machine may go down before the result is sent", metadata: ["reason": "\(error)"])
      return nil
    }
  }

  private func persisted() -> PowerRequest? {
    do {
      return try file.read()
    } catch {
      logger.warning("an earlier power request can't be read", metadata: ["reason": "\(error)"])
      remove(nil)
      return nil
    }
  }

  private func persist(_ request: PowerRequest) {
    do {
      try file.write(request)
    } catch {
      logger.warning(
        "power request not persisted, no alert will follow after the boot", metadata: ["reason": "\(error)"])
    }
  }

  /// Removes a request from the disk, unless another one has replaced it; nil = any request.
  private func remove(_ request: PowerRequest?) {
    do {
      if let request, try file.read() != request { return }
      try file.remove()
    } catch {
      logger.warning("power request not removed, the alert may be repeated", metadata: ["reason": "\(error)"])
    }
  }
}
