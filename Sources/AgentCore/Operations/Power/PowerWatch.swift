import AgentProtocol
import HostControl
import Locks
import Logging

/// Sees to it that a machine that was asked to go down does so, and tells what became of it.
final class PowerWatch: Sendable {
  private struct State {
    var pending: PowerRequest?
    /// Whether this agent knows that the machine has accepted. What an earlier one left may never have been asked.
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
  private let pulse = Pulse()

  /// Nothing happens while there is nothing pending.
  private static let idle = Duration.seconds(86_400)

  /// A watch.
  ///
  /// - Parameters:
  ///   - bootID: The boot that this machine is in.
  ///   - raise: Brings an alert to the platform; returns when it has arrived.
  ///   - now: Unix seconds.
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

  /// Whether the machine is on its way down: nothing should be begun any more.
  var isGoingDown: Bool { state.withLock { $0.isAccepted } }

  /// Asks the machine to go down, and holds it up until ``letGo()``, for the few seconds that it lets itself be held.
  ///
  /// - Throws: ``SystemdError`` when the machine refuses.
  func request(_ transition: PowerTransition, for commandID: String) async throws(SystemdError) {
    let request = PowerRequest(
      commandID: commandID, transition: transition, bootID: bootID, requestedAt: now())
    // Before, as afterwards there may be no time.
    keep(request)
    let delay = await delayShutdown()
    do {
      try await control.request(transition)
    } catch {
      delay?.release()
      switch error.code {
      case .timedOut, .disconnected, .cancelled:
        // It may have been heard all the same: what becomes of it is told.
        state.withLock { $0.pending = request }
        pulse.signal()
      case .unavailable, .unitNotFound, .refused: forget(request)
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
    pulse.signal()
  }

  /// The machine waits no longer.
  func letGo() {
    let delay = state.withLock { $0.delay.take() }
    delay?.release()
  }

  /// Follows the request of this run, and the one that an earlier run left, until the task is cancelled.
  func run() async {
    let kept = kept()
    state.withLock { $0.pending = $0.pending ?? kept }
    while !Task.isCancelled {
      guard let request = state.withLock({ $0.pending }) else {
        _ = await pulse.sleep(until: .now + Self.idle)
        continue
      }
      switch request.fate(now: now(), bootID: bootID) {
      case .due(let rest): _ = await pulse.sleep(until: .now + rest)
      case .happened: await end(request, happened: true)
      case .failed: await end(request, happened: false)
      }
    }
  }

  private func end(_ request: PowerRequest, happened: Bool) async {
    state.withLock { state in
      state.pending = nil
      state.isAccepted = false
    }
    letGo()
    await raise(request.alert(happened: happened))
    // Only now, as an agent that ends here must tell it when it is back.
    if !Task.isCancelled { forget(request) }
  }

  private func delayShutdown() async -> (any ShutdownDelay)? {
    do {
      return try await control.delayShutdown(why: "the answer to a command is on its way")
    } catch {
      logger.warning("the machine may go down before the result is sent", metadata: ["reason": "\(error)"])
      return nil
    }
  }

  private func kept() -> PowerRequest? {
    do {
      return try file.read()
    } catch {
      logger.warning("what the machine was asked before is not known", metadata: ["reason": "\(error)"])
      forget(nil)
      return nil
    }
  }

  private func keep(_ request: PowerRequest) {
    do {
      try file.write(request)
    } catch {
      logger.warning("no alert will follow after the boot", metadata: ["reason": "\(error)"])
    }
  }

  /// Forgets a request, unless another one has taken its place; nil = whatever is kept.
  private func forget(_ request: PowerRequest?) {
    do {
      if let request, try file.read() != request { return }
      try file.remove()
    } catch {
      logger.warning("the alert may come once more", metadata: ["reason": "\(error)"])
    }
  }
}
